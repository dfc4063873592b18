"""Static analysis: whether every instance of a record has the same size, and what it carries over.

Decided from the card alone, never by a trial read: a record is fixed when nothing that decides
its size depends on its own bytes or on where it stands.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace

from vspec.card.model import EndianSpec, Field, Record, StructType, TypeRef
from vspec.datatypes import NUMBERS
from vspec.expressions import Expression

POSITION = frozenset({"here", "start", "prev", "rest"})

Types = Mapping[str, StructType]


@dataclass(frozen=True, slots=True)
class Inside:
    """What an expression inside a record must not lead to, and the lets on the way.

    ``within`` are the types whose fields are being looked at: one that holds itself has no fixed size.
    """

    unsteady: frozenset[str]
    lets: Mapping[str, Expression]
    types: Types
    within: frozenset[str] = frozenset()

    @classmethod
    def of(cls, record: Record, types: Types) -> Inside:
        """Return what an expression in one of the rows of ``record`` must not lead to."""
        return cls(POSITION, {}, types).enter(record)

    def type(self, name: str, arguments: tuple[Expression, ...]) -> Inside:
        """Return the same for the fields of a type that stands here with these arguments."""
        struct = self.types[name]
        varying = {
            param.value
            for param, argument in zip(struct.params, arguments, strict=False)
            if depends(argument, self)
        }
        return Inside(POSITION | varying, {}, self.types, self.within | {name})

    def enter(self, record: Record) -> Inside:
        """Return the same with the names of ``record`` added."""
        own = {f.name for f in record.fields} | {let.name for let in record.lets}
        if record.repeat is not None and record.repeat.variable is not None:
            own.add(record.repeat.variable)
        lets = {**self.lets, **{let.name: let.value for let in record.lets}}
        return replace(self, unsteady=self.unsteady | own, lets=lets)


def is_fixed(record: Record, types: Types) -> bool:
    """Tell whether all instances of ``record`` have one size and place their fields alike.

    The rows of ``repeat: s in ...`` may differ from one another by ``s``: then they are not fixed,
    though a record around all of them still may be.
    """
    return fields_steady(record, Inside.of(record, types))


def fields_steady(record: Record, inside: Inside) -> bool:
    """Tell whether the fields of a record lie alike in all its instances, and are read in one byte order."""
    if own_order(record.endian, inside):
        return False
    if record.of is not None:
        return steady_type(record.of, inside)
    if record.size is not None and depends(record.size, inside):
        return False
    return all(is_steady(field, inside) for field in record.fields)


def own_order(endian: EndianSpec, inside: Inside) -> bool:
    """Tell whether a byte order differs from instance to instance."""
    return isinstance(endian, Expression) and depends(endian, inside)


def is_steady(field: Field | Record, inside: Inside) -> bool:
    """Tell whether a field takes as many bytes in every instance of the record that it stands in."""
    if field.condition is not None and depends(field.condition, inside):
        return False
    if isinstance(field, Record):
        return not field.codec and (field.at is not None or _steady_record(field, inside))
    if own_order(field.endian, inside):
        return False
    return field.offset is not None or _steady_extent(field, inside)


def steady_extent(field: Field, record: Record, types: Types) -> bool:
    """Tell whether a field of ``record`` takes as many bytes in every instance, wherever it lies."""
    return _steady_extent(field, Inside.of(record, types))


def _steady_extent(field: Field, inside: Inside) -> bool:
    if any(axis.size is None or depends(axis.size, inside) for axis in field.axes):
        return False
    return steady_type(field.type, inside)


def _steady_record(record: Record, inside: Inside) -> bool:
    """Tell the same of a record inside; its rows may differ by what they are repeated over."""
    repeat = record.repeat
    if repeat is not None:
        if repeat.is_rest or repeat.until is not None or repeat.next is not None:
            return False
        if any(e is not None and depends(e, inside) for e in (repeat.count, repeat.items)):
            return False
    own = inside.enter(record)
    if repeat is not None and repeat.variable is not None:
        own = replace(own, unsteady=own.unsteady - {repeat.variable})
    return fields_steady(record, own)


def steady_type(ref: TypeRef, inside: Inside) -> bool:
    """Tell whether a type has one size, whatever the record around it holds."""
    if ref.terminator is not None:
        return False
    if any(e is not None and depends(e, inside) for e in (ref.length, ref.value)):
        return False
    if ref.word is not None:
        return ref.word not in inside.types or _fixed_struct(ref.word, ref.arguments, inside)
    return all(_fixed_struct(name, (), inside) for name in _choices(ref.value, inside.types))


def _choices(value: Expression | None, types: Types) -> Iterator[str]:
    """Yield the types of the card that an expression may give: all, unless it chooses between some."""
    chosen = value.chosen if value is not None else None
    return iter(types if chosen is None or not chosen <= {*types, *NUMBERS} else chosen & set(types))


def _fixed_struct(name: str, arguments: tuple[Expression, ...], inside: Inside) -> bool:
    if name in inside.within:
        return False
    record = inside.types[name].record
    return fields_steady(record, inside.type(name, arguments).enter(record))


def depends(expression: Expression, inside: Inside) -> bool:
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


# --- what a row takes from the one before it


def carried(record: Record) -> frozenset[str]:
    """Return the fields and lets whose values depend on the row before (``prev``)."""
    needs = {let.name: set(let.value.names) for let in record.lets}
    for field in record.fields:
        needs[field.name] = {name for e in expressions(field) for name in e.names}
    found = {name for name, mentioned in needs.items() if "prev" in mentioned}
    grown = True
    while grown:
        more = {name for name, mentioned in needs.items() if mentioned & found} - found
        found |= more
        grown = bool(more)
    return frozenset(found)


def looks_back(record: Record, types: Types) -> bool:
    """Tell whether the rows of a record mention the row before anywhere."""
    if record.of is not None:
        names = [record.of.word] if record.of.word is not None else list(types)
        return any(looks_back(types[n].record, {}) for n in names if n in types) or _ends_back(record)
    return bool(carried(record)) or _ends_back(record)


def _ends_back(record: Record) -> bool:
    repeat = record.repeat
    ends = (repeat.until, repeat.next) if repeat is not None else ()
    own = (*ends, record.size)
    return any(e is not None and "prev" in e.names for e in own)


def expressions(field: Field | Record) -> Iterator[Expression]:
    """Yield the expressions of a field, and of the records in it that are not repeated."""
    if isinstance(field, Record):
        yield from _given(field.condition, field.at, field.size, field.to, field.encoded)
        if field.repeat is not None:
            yield from _given(field.repeat.count, field.repeat.items)
            return
        yield from (let.value for let in field.lets)
        for inner in field.fields:
            yield from expressions(inner)
        return
    yield from _given(field.condition, field.default, field.offset, field.to)
    yield from _given(field.type.length, field.type.value, *field.type.arguments)
    yield from _given(*(axis.size for axis in field.axes))


def _given(*found: Expression | None) -> Iterator[Expression]:
    return (e for e in found if e is not None)
