"""Static analysis: whether every instance of a record has the same size.

Decided from the card alone, never by a trial read: a record is fixed when nothing that decides
its size depends on its own bytes or on where it stands.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from vspec.card.model import Field, Record, StructType
from vspec.expressions import Expression

_POSITION = frozenset({"here", "start"})


@dataclass(frozen=True, slots=True)
class _Inside:
    """What an expression inside a record must not lead to, and the lets on the way."""

    unsteady: frozenset[str]
    lets: Mapping[str, Expression]
    types: Mapping[str, StructType]

    def enter(self, record: Record) -> _Inside:
        """Return the same with the names of ``record`` added."""
        own = {f.name for f in record.fields} | {let.name for let in record.lets}
        lets = {**self.lets, **{let.name: let.value for let in record.lets}}
        return _Inside(self.unsteady | own, lets, self.types)


def is_fixed(record: Record, types: Mapping[str, StructType]) -> bool:
    """Tell whether all instances of ``record`` have one size and place their fields alike.

    The rows of ``repeat: s in ...`` may differ from one another by ``s``: then they are not fixed,
    though a record around all of them still may be.
    """
    inside = _Inside(_POSITION, {}, types).enter(record)
    if record.repeat is not None and record.repeat.variable is not None:
        inside = _Inside(inside.unsteady | {record.repeat.variable}, inside.lets, types)
    if record.size is not None:
        return not _depends(record.size, inside)
    return all(_steady(field, inside) for field in record.fields)


def _steady(field: Field | Record, inside: _Inside) -> bool:
    if any(_depends(expression, inside) for expression in _deciders(field)):
        return False
    if isinstance(field, Record):
        return field.at is not None or all(_steady(f, inside.enter(field)) for f in field.fields)
    word = field.type.word
    return word is None or word not in inside.types or is_fixed(inside.types[word].record, inside.types)


def _deciders(field: Field | Record) -> Iterator[Expression]:
    """Yield the expressions that decide how many bytes a field takes in its record."""
    if field.condition is not None:
        yield field.condition
    if isinstance(field, Record):
        if field.at is not None:
            return
        if field.size is not None:
            yield field.size
        if field.repeat is not None:
            yield from (e for e in (field.repeat.count, field.repeat.items) if e is not None)
        return
    if field.offset is not None:
        return
    yield from (e for e in (field.type.length, field.type.value) if e is not None)
    yield from (axis.size for axis in field.axes if axis.size is not None)


def _depends(expression: Expression, inside: _Inside) -> bool:
    """Tell whether an expression leads, through lets, to bytes of the record or its position."""
    seen: set[str] = set()
    todo = set(expression.names)
    while todo:
        name = todo.pop()
        if name in inside.lets:
            if name not in seen:
                seen.add(name)
                todo |= inside.lets[name].names
        elif name in inside.unsteady:
            return True
    return False
