"""The text formats of a card: of a role, or in the ``parse:`` of a field."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Literal, cast

from vspec.card.leaves import Leaves
from vspec.card.model import Constant, TextField, TextFormat
from vspec.card.yaml_nodes import Entry, Mapping, Node, Scalar, Sequence, entries, items, optional, text
from vspec.errors import Problem, Text

_ALLOWED = {
    "pairs": frozenset({"key", "line", "each", "section", "skip", "type", "default"}),
    "lines": frozenset({"line", "each", "section", "skip", "type", "default"}),
    "json": frozenset({"key", "each", "skip", "type", "default"}),
}
_EXAMPLE = {
    "pairs": "e.g. {key: nSavedChans, type: int}",
    "lines": "a field of lines has 'line' or 'each' with a pattern, e.g. {line: \"{n:int} channels\"}",
    "json": "a field of json has a key and a type, e.g. {key: recording.rate, type: float}",
}


def build_text(key: Text, node: Mapping, leaves: Leaves) -> TextFormat:
    """Return how a text is cut; fields that do not suit the format go to ``leaves.problems``."""
    word = cast("Literal['pairs', 'lines', 'json']", text(node, "format"))
    encodings = _encodings(node.get("encoding"), leaves)
    return TextFormat(
        word,
        key.place,
        fields=tuple(_fields(word, node, leaves)),
        separator=text(node, "separator", "="),
        comment=text(node, "comment") or None,
        end=text(node, "end") if node.get("end") is not None else None,
        encoding=encodings[0],
        otherwise=encodings[1:],
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


def _fields(word: str, node: Mapping, leaves: Leaves) -> Iterator[TextField]:
    for entry in entries(node.get("fields")):
        if isinstance(entry.value, Scalar):
            yield _short(word, entry, leaves)
        elif isinstance(entry.value, Mapping):
            yield _long(word, entry, entry.value, leaves)


def _short(word: str, entry: Entry, leaves: Leaves) -> TextField:
    value = leaves.text_field(entry.value)
    if isinstance(value, str):
        if word == "lines":
            _misfit(word, f"'{entry.key.value}: {value}' gives no pattern", entry.value, leaves)
        return TextField(entry.key.value, entry.place, key=entry.key, type=value)
    if word != "lines":
        _misfit(word, f"a pattern alone does not suit format '{word}'", entry.value, leaves)
    return TextField(entry.key.value, entry.place, line=value)


def _long(word: str, entry: Entry, node: Mapping, leaves: Leaves) -> TextField:
    for inner in node.entries:
        if inner.key.value not in _ALLOWED[word]:
            message = f"'{inner.key.value}' does not suit format '{word}'"
            leaves.problems.append(Problem("V0120", message, inner.key.place, help=_EXAMPLE[word]))
    line = optional(leaves.line_pattern, node.get("line"))
    each = optional(leaves.line_pattern, node.get("each"))
    if word == "lines" and line is None and each is None:
        _misfit(word, f"'{entry.key.value}' gives no pattern", entry.value, leaves)
    key = node.get("key")
    section = node.get("section")
    default = node.get("default")
    return TextField(
        entry.key.value,
        entry.key.place,
        key=_key(entry, key, patterns=line is not None or each is not None),
        line=line,
        each=each,
        section=section.text if isinstance(section, Scalar) else None,
        between=_between(section),
        skip=_skip(node, leaves),
        type=text(node, "type", "str"),
        default=_plain(default),
        required=default is None,
    )


def _key(entry: Entry, key: Node | None, *, patterns: bool) -> Text | None:
    if isinstance(key, Scalar):
        return key.text
    return None if patterns else entry.key


def _between(section: Node | None) -> tuple[str, str] | None:
    if not isinstance(section, Sequence):
        return None
    first, last = (item.text.value for item in section.items if isinstance(item, Scalar))
    return first, last


def _skip(node: Mapping, leaves: Leaves) -> int:
    skip = node.get("skip")
    if not isinstance(skip, Scalar) or not isinstance(skip.value, int):
        return 0
    if skip.value < 0:
        leaves.problems.append(Problem("V0186", f"'skip' is {skip.value}; it cannot be negative", skip.place))
    return skip.value


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


def _misfit(word: str, message: str, node: Node, leaves: Leaves) -> None:
    leaves.problems.append(Problem("V0120", message, node.place, help=_EXAMPLE[word]))
