"""The constants of rows of one size: which rows hold other bytes there than the first row."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from vspec.card.model import Field, Record, TypeRef
from vspec.header import extents
from vspec.header.elements import FAR_APART, Spot, View
from vspec.header.extents import Inside, Types
from vspec.header.fixed_rows import FixedRows
from vspec.header.formulas import NoFormula
from vspec.header.instances import Instance
from vspec.header.row_names import found, record
from vspec.layout import Int64

WINDOW = 2**20

Place = tuple[int, int]
"""Where a constant lies in its row, and its bytes."""


def unlike_the_first(rows: FixedRows, types: Types, view: View) -> Int64 | None:
    """Return the rows in which a constant has other bytes than in row 0, where it is the same constant.

    None where that says nothing: a constant that differs from row to row, or that is not at one place.
    """
    try:
        places = list(_places(rows.first, Inside.of(rows.first.spec, types)))
    except NoFormula:
        return None
    if not len(rows) or not places or rows.stride <= 0:
        return None
    return np.flatnonzero(_unlike(places, rows, view)).astype(np.int64)


def _places(row: Instance, inside: Inside) -> Iterator[Place]:
    for item in row.spec.fields:
        if isinstance(item, Field) and item.constant is not None:
            if item.offset is not None or extents.depends(item.constant, inside):
                raise NoFormula
            if not extents.is_steady(item, inside):
                raise NoFormula
            placed = found(row, item.name)
            if isinstance(placed, Spot):
                yield placed.offset, placed.nbytes
        elif isinstance(item, Record) and item.repeat is None and item.at is None and item.of is None:
            if item.condition is not None or not extents.is_steady(item, inside):
                raise NoFormula
            yield from _places(record(row, item.name), inside.enter(item))
        elif constant_inside(item, inside.types, frozenset()):
            raise NoFormula


def _unlike(places: list[Place], rows: FixedRows, view: View) -> NDArray[np.bool_]:
    """Return for each row whether its bytes at some of the places (of row 0) are others."""
    begin = min(offset for offset, _ in places)
    span = max(offset + nbytes for offset, nbytes in places) - begin
    wrong = np.zeros(len(rows), np.bool_)
    first = view.bytes.view(begin, span)
    step = max(1, WINDOW // rows.stride) if rows.stride <= FAR_APART else 1
    for start in range(0, len(rows), step):
        count = min(step, len(rows) - start)
        raw = view.bytes.view(begin + start * rows.stride, (count - 1) * rows.stride + span)
        for offset, nbytes in places:
            wrong[start : start + count] |= _differ(
                raw, first, (offset - begin, nbytes), (count, rows.stride)
            )
    return wrong


def _differ(
    raw: NDArray[np.uint8], first: NDArray[np.uint8], place: Place, rows: tuple[int, int]
) -> NDArray[np.bool_]:
    """Return in which of the rows (number, stride) the bytes at a place differ from the first ones."""
    (offset, nbytes), (count, stride) = place, rows
    wanted = first[offset : offset + nbytes]
    differing: NDArray[np.bool_]
    if nbytes in (1, 2, 4, 8):
        column = np.ndarray((count,), f"u{nbytes}", raw, offset, (stride,))
        differing = column != wanted.view(f"u{nbytes}")[0]
    else:
        table = np.ndarray((count, nbytes), np.uint8, raw, offset, (stride, 1))
        differing = (table != wanted).any(axis=1)
    return differing


# --- which records have constants


def has_constants(record: Record, types: Types, seen: frozenset[str]) -> bool:
    """Tell whether a record, or a type that it is made of, has a constant anywhere."""
    return any(constant_inside(field, types, seen) for field in record.fields)


def constant_inside(field: Field | Record, types: Types, seen: frozenset[str]) -> bool:
    """Tell the same of a field, or of a record inside."""
    if isinstance(field, Record):
        named = field.of is not None and _constant_in_type(field.of, types, seen)
        return named or has_constants(field, types, seen)
    return field.constant is not None or _constant_in_type(field.type, types, seen)


def _constant_in_type(ref: TypeRef, types: Types, seen: frozenset[str]) -> bool:
    """Tell the same of what a field is made of; a computed type may be any of the card's."""
    names = [ref.word] if ref.word is not None else list(types)
    new = [name for name in names if name in types and name not in seen]
    return any(has_constants(types[name].record, types, seen | {name}) for name in new)
