"""Tables as values, and what the names of a card mean that are the same for every file."""

from __future__ import annotations

from collections.abc import Mapping as MappingOf

from vspec.card.model import Card, Constant, Library
from vspec.card.yaml_nodes import Mapping, Node, Scalar, Sequence
from vspec.datatypes import NUMBERS, NamedType
from vspec.expressions import Value


def constant(node: Node) -> Constant:
    """Return a value of a table; keys that look like integers are integers."""
    match node:
        case Scalar():
            return node.value
        case Sequence():
            return tuple(constant(item) for item in node.items)
        case Mapping():
            return {_table_key(entry.key.value): constant(entry.value) for entry in node.entries}


class LookUp(dict[object, Value]):
    """A table of a card: a text finds what is written under it, though keys that look whole are numbers.

    The card in a map is JSON, where every key is a text; so ``"12"`` and ``12`` cannot be two keys.

    >>> LookUp({12: "a"})["12"], "12" in LookUp({12: "a"}), "012" in LookUp({12: "a"})
    ('a', True, False)
    """

    def __contains__(self, key: object) -> bool:
        return super().__contains__(_table_key(key) if isinstance(key, str) else key)

    def __getitem__(self, key: object) -> Value:
        return super().__getitem__(_table_key(key) if isinstance(key, str) else key)


def _table_key(key: str) -> int | str:
    try:
        return int(key, 0)
    except ValueError:
        return key


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
