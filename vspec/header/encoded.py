"""A coded record, as a record of the file and as a record of what its bytes decode to."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace

from vspec.card.model import ByteOrderTest, EndianSpec, Field, FieldAxis, Record, StructType, TypeRef
from vspec.card.references import references
from vspec.expressions import Expression

HIDDEN = "encoded bytes"
"""The name of the field that the encoded bytes are: none that a card can write."""


def outside(spec: Record) -> Record:
    """Return a coded record as it stands in the file: one run of bytes."""
    assert spec.encoded is not None, "the structure was checked"
    axis = FieldAxis("byte", spec.encoded, spec.place)
    hidden = Field(HIDDEN, TypeRef(spec.place, "uint8"), spec.place, axes=(axis,))
    return replace(spec, fields=(hidden,), codec=(), encoded=None, lets=(), endian=None)


def inside(spec: Record) -> Record:
    """Return a coded record as it stands in the decoded bytes: its fields alone."""
    return replace(spec, repeat=None, condition=None, at=None, to=None, codec=(), encoded=None)


def is_alike(spec: Record, variable: str | None, types: Mapping[str, StructType]) -> bool:
    """Tell whether nothing in a coded record depends on its row, or on a byte order found in its bytes.

    A test of the byte order is true once for a file, but anew for each region.
    """
    kinds = [spec, *(struct.record for struct in types.values())]
    if any(isinstance(order, ByteOrderTest) for kind in kinds for order in _orders(kind)):
        return False
    own = {variable, *_lets(spec)}
    mentioned = (reference.name.value for e in _expressions(spec) for reference in references(e))
    return not any(name in own for name in mentioned)


def _orders(spec: Record) -> Iterator[EndianSpec]:
    yield spec.endian
    for item in spec.fields:
        if isinstance(item, Record):
            yield from _orders(item)
        else:
            yield item.endian


def _lets(spec: Record) -> Iterator[str]:
    yield from (let.name for let in spec.lets)
    for item in spec.fields:
        if isinstance(item, Record):
            yield from _lets(item)


def _expressions(spec: Record) -> Iterator[Expression]:
    """Yield every expression that decides where the fields of a record lie, and what they are."""
    found: list[EndianSpec] = [spec.endian, spec.at, spec.size, spec.condition, spec.to]
    if spec.repeat is not None:
        found += [spec.repeat.count, spec.repeat.items, spec.repeat.until, spec.repeat.next]
    if spec.of is not None:
        found += [spec.of.length, spec.of.value, *spec.of.arguments]
    for item in spec.fields:
        if isinstance(item, Record):
            yield from _expressions(item)
            continue
        kind = item.type
        found += [item.endian, item.offset, item.condition, item.to, kind.length, kind.value, *kind.arguments]
        for axis in item.axes:
            found += [axis.size, axis.filled]
    yield from (e for e in found if isinstance(e, Expression))
