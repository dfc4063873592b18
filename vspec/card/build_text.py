"""The text formats of a card: of a role, or in the ``parse:`` of a field."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import cast

from vspec.card.check_text import check_text_field, check_text_format
from vspec.card.leaves import Leaves
from vspec.card.text_model import Constant, TextField, TextFormat, TextKind
from vspec.card.yaml_nodes import Entry, Mapping, Node, Scalar, Sequence, entries, items, optional, text
from vspec.errors import Problem, Text

_SEPARATORS = {"csv": ",", "delimited": ""}


def build_text(key: Text, node: Mapping, leaves: Leaves) -> TextFormat:
    """Return how a text is cut; what does not suit the format goes to ``leaves.problems``."""
    kind = cast("TextKind", text(node, "format"))
    leaves.problems += check_text_format(kind, node)
    encodings = _encodings(node.get("encoding"), leaves)
    return TextFormat(
        kind,
        key.place,
        fields=tuple(_fields(kind, node, leaves)),
        separator=text(node, "separator", _SEPARATORS.get(kind, "=")),
        comment=text(node, "comment") or None,
        end=text(node, "end") if node.get("end") is not None else None,
        encoding=encodings[0],
        otherwise=encodings[1:],
        declared=kind == "xml" and node.get("encoding") is None,
        decimal=text(node, "decimal", "."),
        quotes=_quotes(kind, node.get("quotes")),
        any_case=text(node, "keys") == "any_case",
        prefix=text(node, "prefix") or None,
        width=_whole(node, "width") or (80 if kind == "cards" else None),
        skip=_whole(node, "skip") or 0,
    )


def _encodings(node: Node | None, leaves: Leaves) -> tuple[str, ...]:
    """Return the encodings to try, in order; those that there are not go to ``leaves.problems``."""
    given = [item for item in (node, *items(node)) if isinstance(item, Scalar)]
    for scalar in given:
        name = scalar.text.value
        try:
            "".encode(name)
        except LookupError:
            help = "e.g. utf-8, latin-1, cp1252, utf-16"
            leaves.problems.append(Problem("V0105", f"unknown encoding '{name}'", scalar.place, help=help))
    return tuple(scalar.text.value for scalar in given) or ("utf-8",)


def _quotes(kind: str, node: Node | None) -> tuple[tuple[str, str], ...]:
    """Return opening and closing characters: of csv the double quote, if nothing else is said."""
    if node is None:
        return (('"', '"'),) if kind == "csv" else ()
    given = [item.text.value for item in (node, *items(node)) if isinstance(item, Scalar)]
    return tuple((written[0], written[-1]) for written in given if written)


def _whole(node: Mapping, key: str) -> int | None:
    found = node.get(key)
    return found.value if isinstance(found, Scalar) and isinstance(found.value, int) else None


# --- fields ---------------------------------------------------------------------------------


def _fields(kind: str, node: Mapping, leaves: Leaves) -> Iterator[TextField]:
    for entry in entries(node.get("fields")):
        if isinstance(entry.value, Scalar):
            field = _short(entry, leaves)
        elif isinstance(entry.value, Mapping):
            field = _long(kind, entry, entry.value, leaves)
        else:
            continue
        leaves.problems += check_text_field(kind, field, entry)
        yield field


def _short(entry: Entry, leaves: Leaves) -> TextField:
    value = leaves.text_field(entry.value)
    if isinstance(value, str):
        return TextField(entry.key.value, entry.place, key=entry.key, type=value)
    return TextField(entry.key.value, entry.place, line=value)


def _long(kind: str, entry: Entry, node: Mapping, leaves: Leaves) -> TextField:
    default = node.get("default")
    section = node.get("section")
    return TextField(
        entry.key.value,
        entry.key.place,
        key=_key(entry, node),
        line=optional(leaves.line_pattern, node.get("line")),
        each=optional(leaves.line_pattern, node.get("each")),
        fields=tuple(_fields(kind, node, leaves)),
        section=section.text if isinstance(section, Scalar) else None,
        between=_between(section),
        at_line=_whole(node, "at_line"),
        column=_whole(node, "column"),
        columns=_columns(node.get("columns")),
        skip=_skip(node, leaves),
        type=text(node, "type", "str"),
        default=_default(default, text(node, "type", "str")),
        required=default is None,
    )


def _key(entry: Entry, node: Mapping) -> Text | None:
    """Return the key as written, else the name of the field where nothing else says what is meant."""
    key = node.get("key")
    if isinstance(key, Scalar):
        return key.text
    placed = ("line", "each", "at_line", "column", "columns")
    return None if any(node.get(name) is not None for name in placed) else entry.key


def _between(section: Node | None) -> tuple[str, str] | None:
    if not isinstance(section, Sequence):
        return None
    first, last = (item.text.value for item in section.items if isinstance(item, Scalar))
    return first, last


def _columns(node: Node | None) -> tuple[int, int] | None:
    numbers = [i.value for i in items(node) if isinstance(i, Scalar) and isinstance(i.value, int)]
    return (numbers[0], numbers[1]) if len(numbers) == 2 else None


def _skip(node: Mapping, leaves: Leaves) -> int:
    skip = _whole(node, "skip") or 0
    if skip < 0:
        place = cast("Scalar", node.get("skip")).place
        leaves.problems.append(Problem("V0186", f"'skip' is {skip}; it cannot be negative", place))
    return skip


def _default(node: Node | None, kind: str) -> Constant:
    """Return the default as written; ``nan`` of a float is a number, which YAML has no portable word for."""
    value = _plain(node)
    return math.nan if kind == "float" and value == "nan" else value


def _plain(node: Node | None) -> Constant:
    match node:
        case Scalar():
            return node.value
        case Sequence():
            return tuple(_plain(item) for item in node.items)
        case Mapping():
            return {entry.key.value: _plain(entry.value) for entry in node.entries}
        case None:
            return None
