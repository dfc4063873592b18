"""The tree of a YAML text, every key and value with the place where it is written."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import TypeVar

from vspec.errors import Place, Text

T = TypeVar("T")
ScalarValue = None | bool | int | float | str


@dataclass(frozen=True, slots=True, eq=False)
class Scalar:
    """A value of a card: ``text`` as written (without quotes), ``value`` as YAML 1.2 core reads it."""

    text: Text
    value: ScalarValue

    @property
    def place(self) -> Place:
        """Where the text stands; inside the quotes, if it has any."""
        return self.text.place


@dataclass(frozen=True, slots=True, eq=False)
class Entry:
    """One ``key: value`` of a mapping; ``quoted`` tells that the key stands in quotes, unless all must."""

    key: Text
    value: Node
    quoted: bool = False

    @property
    def place(self) -> Place:
        """The key together with its value when both stand on one line, else the key."""
        start, last = self.key.place, self.value.place
        if last.line != start.line or last.column < start.column:
            return start
        length = last.column + last.length - start.column
        return Place(start.file, start.line, start.column, length, start.text)


@dataclass(frozen=True, slots=True, eq=False)
class Mapping:
    """Keys in the order of the text; no key stands twice."""

    entries: tuple[Entry, ...]
    place: Place

    def find(self, key: str) -> Entry | None:
        """Return the entry of a key, or None."""
        return next((entry for entry in self.entries if entry.key.value == key), None)

    def get(self, key: str) -> Node | None:
        """Return the value of a key, or None where the key is absent."""
        entry = self.find(key)
        return None if entry is None else entry.value

    def keys(self) -> Iterator[str]:
        """Yield the keys as text."""
        return (entry.key.value for entry in self.entries)


@dataclass(frozen=True, slots=True, eq=False)
class Sequence:
    """The items of a list."""

    items: tuple[Node, ...]
    place: Place


Node = Scalar | Mapping | Sequence


def plain(node: Node) -> object:
    """Return a node as plain data ready for JSON: dicts with text keys, lists, scalars."""
    match node:
        case Scalar():
            return node.value
        case Sequence():
            return [plain(item) for item in node.items]
        case Mapping():
            return {entry.key.value: plain(entry.value) for entry in node.entries}


def entries(node: Node | None) -> tuple[Entry, ...]:
    """Return the entries of a mapping; none of an absent one."""
    return node.entries if isinstance(node, Mapping) else ()


def items(node: Node | None) -> tuple[Node, ...]:
    """Return the items of a list; none of an absent one."""
    return node.items if isinstance(node, Sequence) else ()


def text(node: Mapping, key: str, default: str = "") -> str:
    """Return the text behind a key."""
    value = node.get(key)
    return value.text.value if isinstance(value, Scalar) else default


def texts(node: Mapping, key: str) -> tuple[str, ...]:
    """Return the list of texts behind a key."""
    return tuple(item.text.value for item in items(node.get(key)) if isinstance(item, Scalar))


def optional(read: Callable[[Node], T], node: Node | None) -> T | None:
    """Read a node if it is there."""
    return None if node is None else read(node)


def put(node: Mapping, key: Text, value: Node) -> Mapping:
    """Return a mapping with the entry ``key`` replaced, or added at the end."""
    new = Entry(key, value)
    if node.find(key.value) is None:
        return Mapping((*node.entries, new), node.place)
    return Mapping(tuple(new if e.key.value == key.value else e for e in node.entries), node.place)
