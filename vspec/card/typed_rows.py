"""``point[item=n]``: a field of a type of the card with a size is as many rows."""

from __future__ import annotations

from vspec.card.model import Field, Record, Repeat


def rows_of_type(field: Field) -> Record:
    """Return the rows of a field whose type is one of the card and that has a size."""
    axis = field.axes[0]
    return Record(
        field.name,
        (),
        field.place,
        repeat=Repeat(axis.place, count=axis.size),
        condition=field.condition,
        at=field.offset,
        endian=field.endian,
        to=field.to,
        partial=field.partial,
        of=field.type,
        axis=axis.name,
    )
