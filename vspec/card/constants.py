"""Tables as values, and what the names of a card mean that are the same for every file."""

from __future__ import annotations

import re
from collections.abc import Iterator
from collections.abc import Mapping as MappingOf

from vspec.card.model import Card, Library
from vspec.card.text_model import Constant
from vspec.card.yaml_nodes import Entry, Mapping, Node, Scalar, Sequence, entries, items, plain
from vspec.datatypes import NUMBERS, NamedType
from vspec.errors import Problem
from vspec.expressions import Value

_NUMBER = re.compile(r"[-+]?(0|[1-9][0-9]*)|0x[0-9a-fA-F]+|0o[0-7]+")
_MARKED = re.compile(rf'("+)({_NUMBER.pattern})\1')


def constant(node: Node) -> Constant:
    """Return a value of a table; keys that look like integers are integers, unless they stand in quotes."""
    match node:
        case Scalar():
            return node.value
        case Sequence():
            return tuple(constant(item) for item in node.items)
        case Mapping():
            return {_key(entry): constant(entry.value) for entry in node.entries}


def twice(node: Node | None) -> Iterator[Problem]:
    """Yield the problem of each key of a table that is the same number as one before it."""
    for item in items(node):
        yield from twice(item)
    seen: dict[int | str, int] = {}
    for entry in entries(node):
        key, line = _key(entry), entry.key.place.line
        if key in seen:
            message = f"duplicate key '{entry.key.value}': {key} stands in line {seen[key]}"
            yield Problem("V0008", message, entry.key.place)
        seen.setdefault(key, line)
        yield from twice(entry.value)


def card_data(card: Mapping) -> dict[str, object]:
    r"""Return a card as plain data ready for JSON, which `parse_yaml` reads as the same card.

    A quoted key of a table that looks like a number keeps a pair of quotes: ``{"\"12\"": 1}``.
    """
    found: dict[str, object] = {}
    for entry in card.entries:
        name, value = entry.key.value, entry.value
        if name == "tables":
            found[name] = _table_data(value)
        elif name == "use" and isinstance(value, Mapping):
            found[name] = {
                e.key.value: card_data(e.value) if isinstance(e.value, Mapping) else plain(e.value)
                for e in value.entries
            }
        else:
            found[name] = plain(value)
    return found


def _table_data(node: Node) -> object:
    match node:
        case Sequence():
            return [_table_data(item) for item in node.items]
        case Mapping():
            return {_written(entry): _table_data(entry.value) for entry in node.entries}
    return node.value


def _written(entry: Entry) -> str:
    key = entry.key.value
    return f'"{key}"' if entry.quoted and (_NUMBER.fullmatch(key) or _MARKED.fullmatch(key)) else key


def _key(entry: Entry) -> int | str:
    key = entry.key.value
    if entry.quoted:
        return key
    return key[1:-1] if _MARKED.fullmatch(key) else _number(key)


class LookUp(dict[object, Value]):
    """A table of a card: a text finds what is written under it, or under the number that it writes.

    >>> LookUp({12: "a"})["12"], "12" in LookUp({12: "a"}), "012" in LookUp({12: "a"})
    ('a', True, False)
    >>> LookUp({"12": "a"})["12"], 12 in LookUp({"12": "a"})
    ('a', False)
    """

    def __contains__(self, key: object) -> bool:
        return super().__contains__(key) or (isinstance(key, str) and super().__contains__(_number(key)))

    def __getitem__(self, key: object) -> Value:
        other = isinstance(key, str) and not super().__contains__(key)
        return super().__getitem__(_number(key) if other and isinstance(key, str) else key)


def _number(key: str) -> int | str:
    return int(key, 0) if _NUMBER.fullmatch(key) else key


def constants(card: Card) -> dict[str, Value]:
    """Return the tables and types of a card by name; what it uses of others is a table by its name."""
    own = {name: name for name, struct in card.types.items() if not struct.library}
    return _values(card.tables, own, card.used)


def library_constants(card: Card) -> dict[tuple[str, ...], dict[str, Value]]:
    """Return what the types of each used card see: its own tables and types; by the way to it."""
    found: dict[tuple[str, ...], dict[str, Value]] = {}
    todo: list[tuple[tuple[str, ...], Library]] = [((name,), library) for name, library in card.used.items()]
    while todo:
        way, library = todo.pop()
        found[way] = _values(library.tables, library.types, library.used)
        todo += [((*way, name), inner) for name, inner in library.used.items()]
    return found


def _values(
    tables: MappingOf[str, Constant], types: MappingOf[str, str], used: MappingOf[str, Library]
) -> dict[str, Value]:
    named: dict[str, Value] = {name: NamedType(called) for name, called in types.items()}
    found: dict[str, Value] = {name: _meaning(table, types) for name, table in tables.items()}
    libraries: dict[str, Value] = {
        name: _values(library.tables, library.types, library.used) for name, library in used.items()
    }
    return {**named, **found, **libraries}


def _meaning(constant: Constant, types: MappingOf[str, str]) -> Value:
    """Return the value of a table's entry: a text that is the name of a type is that type."""
    if isinstance(constant, str):
        if constant in types:
            return NamedType(types[constant])
        return NUMBERS.get(constant, constant)
    if isinstance(constant, MappingOf):
        return LookUp({key: _meaning(value, types) for key, value in constant.items()})
    if isinstance(constant, tuple):
        return [_meaning(value, types) for value in constant]
    return constant
