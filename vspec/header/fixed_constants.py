"""Which of many rows hold a wrong constant: their bytes are compared with rows that were looked at."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from vspec.card.model import Field, Record, TypeRef
from vspec.header import extents, scattered
from vspec.header.elements import FAR_APART, MAX_READ, Spot, View
from vspec.header.extents import Inside, Types
from vspec.header.fixed_rows import FixedRows
from vspec.header.formulas import NoFormula
from vspec.header.home import Home
from vspec.header.instances import Instance
from vspec.header.row_fields import RowFields
from vspec.header.row_names import found, record
from vspec.header.walked_rows import WalkedRows
from vspec.layout import Int64
from vspec.sources import PastEnd

KINDS = 8
"""Different contents of constants that are told apart by comparing bytes."""

MOST_ASKED = 10_000
"""Rows of yet other contents that are asked one by one."""

Place = tuple[int, int]
"""Where a constant lies in its row (of rows of one size: in the first one), and its bytes."""

Unlike = Callable[[int], NDArray[np.bool_]]
"""Returns which rows have other bytes than one of them where the constants are."""


@dataclass(frozen=True, slots=True)
class Wrong:
    """The rows that hold a wrong constant; there may be more where not ``is_all``."""

    rows: Int64
    is_all: bool


def wrong_rows(rows: FixedRows | WalkedRows, home: Home, holds: Callable[[int], bool]) -> Wrong | None:
    """Return the rows in which a constant does not hold, by asking (``holds``) one row of each kind.

    None where that says nothing: a constant that differs from row to row, or that is not at one place.
    """
    unlike = _comparison(rows, home)
    if unlike is None:
        return None
    differ = unlike(0)
    left = np.flatnonzero(differ)
    wrong = [left[:0] if holds(0) else np.flatnonzero(~differ)]
    for _ in range(KINDS):
        if not len(left):
            break
        differ = unlike(int(left[0]))[left]
        if not holds(int(left[0])):
            wrong.append(left[~differ])
        left = left[differ]
    asked = left[:MOST_ASKED]
    wrong.append(np.array([i for i in asked.tolist() if not holds(i)], np.int64))
    return Wrong(np.sort(np.concatenate(wrong)), len(asked) == len(left))


def _comparison(rows: FixedRows | WalkedRows, home: Home) -> Unlike | None:
    if not len(rows):
        return None
    view = home.view
    try:
        if isinstance(rows, WalkedRows):
            places = list(_leading(rows.fields()))
            tables = [_gathered(rows.found.starts + place, nbytes, view) for place, nbytes in places]
            return (lambda i: _differing(tables, i)) if places else None
        first = rows.first
        places = list(_places(first, Inside.of(first.spec, home.types)))
    except (NoFormula, PastEnd):
        return None
    return (lambda i: _unlike(places, rows, view, i)) if places and rows.stride > 0 else None


def _leading(fields: RowFields) -> Iterator[Place]:
    """Yield where the constants of walked rows lie, each at the same place in every row."""
    for item in fields.frame.spec.fields:
        if isinstance(item, Field) and item.constant is not None:
            if extents.depends(item.constant, fields.frame.inside):
                raise NoFormula
            yield fields.place(item.name)
        elif constant_inside(item, fields.home.types, frozenset()):
            yield from _leading(fields.inner(item.name))


def _gathered(offsets: Int64, nbytes: int, view: View) -> NDArray[np.uint8]:
    if len(offsets) * nbytes > MAX_READ:
        raise NoFormula
    return scattered.gathered(view, offsets, nbytes)


def _differing(tables: list[NDArray[np.uint8]], i: int) -> NDArray[np.bool_]:
    unlike = np.zeros(len(tables[0]), np.bool_)
    for table in tables:
        unlike |= _differ(table.reshape(-1), table[i], (0, table.shape[1]), (len(table), table.shape[1]))
    return unlike


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


def _unlike(places: list[Place], rows: FixedRows, view: View, reference: int) -> NDArray[np.bool_]:
    """Return for each row whether its bytes at some of the places are others than in one of the rows."""
    begin = min(offset for offset, _ in places)
    span = max(offset + nbytes for offset, nbytes in places) - begin
    unlike = np.zeros(len(rows), np.bool_)
    wanted = np.array(view.bytes.view(begin + reference * rows.stride, span))
    reach = (len(rows) - 1) * rows.stride + span
    start = 0
    while start < len(rows):
        at = start * rows.stride
        most = reach - at if rows.stride <= FAR_APART else span
        raw = scattered.window(view, begin + at, most, span)
        count = (len(raw) - span) // rows.stride + 1
        for offset, nbytes in places:
            differ = _differ(
                raw, wanted[offset - begin :][:nbytes], (offset - begin, nbytes), (count, rows.stride)
            )
            unlike[start : start + count] |= differ
        start += count
    return unlike


def _differ(
    raw: NDArray[np.uint8], wanted: NDArray[np.uint8], place: Place, rows: Place
) -> NDArray[np.bool_]:
    """Return in which of the rows (number, stride) the bytes at a place are not those that are wanted."""
    (offset, nbytes), (count, stride) = place, rows
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
