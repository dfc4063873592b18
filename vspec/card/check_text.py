"""The checks of text formats: which options and which fields suit which format."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from vspec.card import yaml_nodes
from vspec.card.element_paths import parse_element_path
from vspec.card.text_model import TextField
from vspec.card.yaml_nodes import Entry, Node, Scalar, items
from vspec.errors import Place, Problem, Text, VspecError

_EVERYWHERE = frozenset({"format", "fields", "encoding"})
_LINES = frozenset({"comment", "end", "decimal", "width"})
_OPTIONS: Mapping[str, frozenset[str]] = {
    "pairs": _EVERYWHERE | _LINES | {"separator", "quotes", "keys", "prefix"},
    "lines": _EVERYWHERE | _LINES,
    "cards": _EVERYWHERE | {"keys"},
    "delimited": _EVERYWHERE | {"separator", "decimal", "keys"},
    "csv": _EVERYWHERE | {"separator", "comment", "end", "decimal", "quotes", "keys", "skip"},
    "xml": _EVERYWHERE | {"decimal", "keys"},
    "json": _EVERYWHERE | {"end"},
}
_TAKEN = frozenset({"type", "default"})
_PLACED = frozenset({"line", "each", "at_line", "columns", "section", "skip"})
_ALLOWED: Mapping[str, frozenset[str]] = {
    "pairs": _TAKEN | _PLACED | {"key"},
    "lines": _TAKEN | _PLACED,
    "cards": _TAKEN | {"key", "line", "each", "skip"},
    "delimited": _TAKEN | {"key", "each", "skip"},
    "csv": _TAKEN | {"key", "column", "columns"},
    "xml": _TAKEN | {"key", "each", "fields", "skip"},
    "json": _TAKEN | {"key", "each", "skip"},
}
_EXAMPLE: Mapping[str, str] = {
    "pairs": "e.g. {key: nSavedChans, type: int}",
    "lines": "a field of lines has 'line' or 'each' with a pattern, e.g. {line: \"{n:int} channels\"},"
    " or 'at_line'",
    "cards": "e.g. {key: NAXIS1, type: int}",
    "delimited": "e.g. {key: $TOT, type: int}",
    "csv": "a field of csv is a column, e.g. {key: onset, type: float}; without headings {column: 1}",
    "xml": "e.g. {key: a/b@unit}, or a table: {each: a/b, fields: {gain: float}}",
    "json": "a field of json has a key and a type, e.g. {key: recording.rate, type: float}",
}
_OF_THE_FILE = frozenset(
    {"match", "named", "over", "order", "missing", "optional", "any_case", "compression"}
)


def check_container(word: str, node: yaml_nodes.Mapping) -> Iterator[Problem]:
    """Yield the options of texts, and a compression of the whole file, beside a container (V0141)."""
    for entry in node.entries:
        if entry.key.value == "compression":
            message = f"'compression' means nothing for format '{word}', whose files are not compressed whole"
            help = "decompress the file first; of chunks that it compresses inside, it tells itself"
            yield Problem("V0141", message, entry.key.place, help=help)
        elif entry.key.value != "format" and entry.key.value not in _OF_THE_FILE:
            message = f"'{entry.key.value}' means nothing for format '{word}': the file says it itself"
            yield Problem("V0141", message, entry.key.place)


def check_text_format(kind: str, node: yaml_nodes.Mapping) -> Iterator[Problem]:
    """Yield what is wrong with the options of a text; V0141, V0143, V0120 and V0186."""
    for entry in node.entries:
        if entry.key.value not in _OPTIONS[kind] | _OF_THE_FILE:
            fitting = ", ".join(sorted(k for k, names in _OPTIONS.items() if entry.key.value in names))
            message = f"'{entry.key.value}' means nothing for format '{kind}'"
            yield Problem("V0141", message, entry.key.place, help=f"it belongs to: {fitting}")
    if kind != "json" and node.get("fields") is None:
        message = f"a text of format '{kind}' needs 'fields'"
        yield Problem("V0120", message, node.place, help=_EXAMPLE[kind])
    yield from _check_characters(kind, node)
    yield from _check_number(node, "width", 1)
    yield from _check_number(node, "skip", 0)
    if kind == "csv":
        yield from _check_places(node)


def _check_characters(kind: str, node: yaml_nodes.Mapping) -> Iterator[Problem]:
    separator = node.get("separator")
    if isinstance(separator, Scalar):
        written = separator.text.value
        decimal = node.get("decimal")
        if not written or (kind == "delimited" and len(written) != 1):
            what = "one character" if kind == "delimited" else "not empty"
            help = 'a blank, " ", stands for any run of blanks'
            if kind == "delimited":
                help = "without it, the text says it: its first character"
            yield Problem("V0143", f"'separator' of {kind} is {what}", separator.place, help=help)
        elif kind == "csv" and isinstance(decimal, Scalar) and decimal.text.value == written:
            message = f"'{written}' cannot be the separator and stand before decimals"
            yield Problem("V0143", message, decimal.place, help='e.g. separator: ";"')
    elif kind == "csv" and isinstance(node.get("decimal"), Scalar) and _is_comma(node.get("decimal")):
        message = "',' is the separator of csv, unless another one is given"
        yield Problem("V0143", message, _place_of(node.get("decimal"), node), help='e.g. separator: ";"')
    quotes = node.get("quotes")
    for scalar in (quotes, *items(quotes)):
        if isinstance(scalar, Scalar) and len(scalar.text.value) not in (1, 2):
            message = f"'{scalar.text.value}' is neither a quote nor an opening and a closing one"
            yield Problem("V0143", message, scalar.place, help='e.g. quotes: "<>"')


def _is_comma(node: Node | None) -> bool:
    return isinstance(node, Scalar) and node.text.value == ","


def _place_of(node: Node | None, around: yaml_nodes.Mapping) -> Place:
    return around.place if node is None else node.place


def _check_number(node: yaml_nodes.Mapping, name: str, least: int) -> Iterator[Problem]:
    found = node.get(name)
    if isinstance(found, Scalar) and isinstance(found.value, int) and found.value < least:
        told = "cannot be negative" if least == 0 else f"is at least {least}"
        yield Problem("V0186", f"'{name}' is {found.value}; it {told}", found.place)


def _check_places(node: yaml_nodes.Mapping) -> Iterator[Problem]:
    """Yield the problem of csv whose cells are cut at places of the line for some columns only."""
    given = yaml_nodes.entries(node.get("fields"))
    cut = [e for e in given if isinstance(e.value, yaml_nodes.Mapping) and e.value.get("columns")]
    if cut and len(cut) < len(given):
        other = next(entry for entry in given if entry not in cut)
        message = f"'{cut[0].key.value}' is cut from the line by 'columns', '{other.key.value}' is not"
        help = "all columns of a text have a place in the line, or none"
        yield Problem("V0120", message, other.key.place, help=help)


# --- fields ---------------------------------------------------------------------------------


def check_text_field(kind: str, field: TextField, entry: Entry) -> Iterator[Problem]:
    """Yield what is wrong with one field; V0120, V0142 and V0144."""
    if isinstance(entry.value, yaml_nodes.Mapping):
        for inner in entry.value.entries:
            if inner.key.value not in _ALLOWED[kind]:
                message = f"'{inner.key.value}' does not suit format '{kind}'"
                yield Problem("V0120", message, inner.key.place, help=_EXAMPLE[kind])
        yield from _check_line(kind, field, entry.value)
        yield from _check_skip(field, entry.value)
    elif field.line is not None and kind != "lines":
        message = f"a pattern alone does not suit format '{kind}'"
        yield Problem("V0120", message, entry.value.place, help=_EXAMPLE[kind])
    if kind == "lines" and field.line is None and field.each is None and field.at_line is None:
        written = f"{field.name}: {field.type}" if isinstance(entry.value, Scalar) else field.name
        yield Problem("V0120", f"'{written}' gives no pattern", entry.value.place, help=_EXAMPLE[kind])
    if kind == "xml":
        yield from _check_paths(field, entry)


def _check_line(kind: str, field: TextField, node: yaml_nodes.Mapping) -> Iterator[Problem]:
    for name, value in (("at_line", field.at_line), ("column", field.column)):
        if value is not None and value < 1:
            message = f"'{name}' is {value}; it counts from 1"
            yield Problem("V0144", message, _place_of(node.get(name), node))
    columns = node.get("columns")
    if columns is None:
        return
    if field.columns is None or not 1 <= field.columns[0] <= field.columns[1]:
        message = "'columns' are the first and the last character, from 1"
        yield Problem("V0144", message, columns.place, help="e.g. columns: [9, 16]")
    if kind in ("pairs", "lines") and field.at_line is None:
        message = "'columns' needs 'at_line' here: which line is cut?"
        help = "for a table of such lines write format: csv with 'columns' for each field"
        yield Problem("V0120", message, columns.place, help=help)


def _check_skip(field: TextField, node: yaml_nodes.Mapping) -> Iterator[Problem]:
    """Yield the problem of ``skip`` where a single value is taken, which has nothing to leave out."""
    skip = node.find("skip")
    many = field.each is not None or field.type.endswith("[]") or (field.key and "{" in field.key.value)
    if skip is None or many:
        return
    message = f"'skip' means nothing for '{field.name}', which takes one value"
    help = "a type with [] or 'each' takes many: skip leaves out the first ones"
    if field.line is not None:
        help = f'for a later line take a table and one of its rows: each: "{field.line.text.value}", then [1]'
    yield Problem("V0109", message, skip.key.place, help=help)


def _check_paths(field: TextField, entry: Entry) -> Iterator[Problem]:
    if field.each is not None and not field.fields and field.key is None:
        message = f"'{field.name}' has no 'fields': what to take from each element?"
        yield Problem("V0120", message, entry.value.place, help=_EXAMPLE["xml"])
    if field.fields and field.key is not None:
        message = "'key' does not go with 'fields': 'each' is the path of the elements"
        yield Problem("V0120", message, field.key.place, help=_EXAMPLE["xml"])
    if field.key is not None:
        yield from _path_problems(field.key, elements=False)
    elif field.each is not None and field.fields:
        yield from _path_problems(field.each.text, elements=True)


def _path_problems(path: Text, *, elements: bool) -> Iterator[Problem]:
    try:
        parsed = parse_element_path(path)
    except VspecError as error:
        yield from error.problems
        return
    if elements and (parsed.attribute is not None or not parsed.steps):
        message = f"'{path.value}' leads to no elements: 'each' is a path of elements"
        yield Problem("V0142", message, path.place, help="e.g. each: channels/channel")
