"""What deserves a warning in a card that is right: left-overs, and texts that look computed and are not."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

from vspec.card.check_layout import all_records
from vspec.card.check_names import looked_through
from vspec.card.members import record_members
from vspec.card.model import Card, Field, Let, Record, TypeRef
from vspec.card.references import references
from vspec.errors import Place, Problem
from vspec.expressions import Expression, Template

_WORD = re.compile(r"[A-Za-z_]\w*")


def lint(card: Card) -> list[Problem]:
    """Return the warnings about a card, in the order of the text: V0189, V0198 and V0199."""
    check = looked_through(card)
    found = [*check.warnings, *_unused(card, _Words(check.seen, card)), *_piled(card)]
    return sorted(
        found, key=lambda problem: (problem.place.line, problem.place.column) if problem.place else (0, 0)
    )


class _Words:
    """The words of all expressions of a card, and of what else may name a table or type."""

    def __init__(self, sources: list[Expression | Template], card: Card) -> None:
        self._by_source = [(source, _words_of(source)) for source in sources]
        self._others = {word for table in card.tables.values() for word in _texts(table)}
        self._others |= {word for record in all_records(card) for word in _types(record)}

    def has(self, name: str, apart: Expression | None = None) -> bool:
        """Tell whether a name is mentioned anywhere but in the expression ``apart``."""
        return name in self._others or any(
            name in words for source, words in self._by_source if source is not apart
        )


def _words_of(source: Expression | Template) -> frozenset[str]:
    parts = (source,) if isinstance(source, Expression) else source.expressions
    return frozenset(word for part in parts for word in _WORD.findall(part.text.value))


def _texts(constant: object) -> Iterator[str]:
    """Yield the texts of a table: each may be the name of a type."""
    if isinstance(constant, str):
        yield constant
    elif isinstance(constant, Mapping):
        for value in constant.values():
            yield from _texts(value)
    elif isinstance(constant, tuple):
        for value in constant:
            yield from _texts(value)


def _types(record: Record) -> Iterator[str]:
    """Yield the names of types that fields of a record are made of, and its key."""
    refs: list[TypeRef] = [item.type for item in record.fields if isinstance(item, Field)]
    refs += [item.of for item in record.fields if isinstance(item, Record) and item.of is not None]
    yield from (ref.word for ref in refs if ref.word is not None)
    if record.key is not None:
        yield record.key


def _unused(card: Card, words: _Words) -> Iterator[Problem]:
    for name in card.tables:
        if not words.has(name):
            yield _left_over("table", name, card.table_places.get(name))
    for name, struct in card.types.items():
        if not struct.library and not words.has(name):
            yield _left_over("type", name, struct.record.place)
    for let in _lets(card):
        if not words.has(let.name, let.value):
            yield _left_over("derived value", let.name, let.place)


def _lets(card: Card) -> Iterator[Let]:
    yield from card.lets
    yield from (let for array in card.arrays for let in array.lets)
    yield from (
        let
        for role in card.roles
        if role.layout is not None
        for record in (role.layout, *_inside(role.layout))
        for let in record.lets
    )


def _inside(record: Record) -> Iterator[Record]:
    for item in record.fields:
        if isinstance(item, Record):
            yield item
            yield from _inside(item)


def _left_over(what: str, name: str, place: Place | None) -> Problem:
    return Problem("V0198", f"the {what} '{name}' is never used", place, level="warn")


def _piled(card: Card) -> Iterator[Problem]:
    """Yield the warning of each record that lies at one place for all items of its list."""
    for record in all_records(card):
        repeat, at = record.repeat, record.at
        if repeat is None or repeat.variable is None or at is None:
            continue
        own = {"start", "here", "prev", *record_members(record)}
        varies = at.names & own or any(r.called and r.name.value == "align" for r in references(at))
        item = _made_of(repeat.variable, record)
        if varies or record.of is not None or any(e.names & item for e in (at, *_within(record))):
            continue
        message = f"'at' does not depend on '{repeat.variable}': all rows of '{record.name}' lie at one place"
        help = f"let 'at' use '{repeat.variable}', or write 'repeat: len(...)' for rows one after the other"
        yield Problem("V0199", message, at.text.place, help=help, level="warn")


def _made_of(variable: str, record: Record) -> set[str]:
    """Return the names of a record that differ from item to item: of the item, and of what needs it."""
    found = {variable}
    for _ in record.lets:
        found |= {let.name for let in record.lets if let.value.names & found}
    return found


def _within(record: Record) -> Iterator[Expression]:
    """Yield what says where and whether the fields of a record lie, but no record's own 'at'."""
    for item in record.fields:
        place = item.offset if isinstance(item, Field) else item.at
        kind = item.type if isinstance(item, Field) else item.of
        sizes = [axis.size for axis in item.axes] if isinstance(item, Field) else []
        if isinstance(item, Record):
            yield from _within(item)
            sizes = [item.size, *((item.repeat.count, item.repeat.items) if item.repeat else ())]
            yield from (let.value for let in item.lets)
        if kind is not None:
            sizes += [kind.length, kind.value, *kind.arguments]
        yield from (e for e in (place, item.condition, item.to, *sizes) if e is not None)
