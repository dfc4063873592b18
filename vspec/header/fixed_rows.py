"""Rows of one size, one after the other: columns by one strided access, and what lies inside them."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable

import numpy as np

from vspec.card.model import Field
from vspec.card.model import Record as RecordSpec
from vspec.expressions import Column, Expression, Extent, Record, Scope, Value
from vspec.header import elements, extents, located
from vspec.header.elements import Blank, Spot, View
from vspec.header.elementwise import Columns, is_elementwise
from vspec.header.extents import Types
from vspec.header.home import Absent
from vspec.header.instances import Fielded, Instance
from vspec.header.located import Located
from vspec.header.rows import FlatRows, KeyedRows, ListRows, NestedRows, PickedRows, gather, stack
from vspec.header.slots import fill_rows, slot_of

_BEHIND_START = re.compile(r"start(?:\s*\+\s*[0-9]+)?")


class FixedRows(KeyedRows):
    """Rows of one size, one after the other: a column is one strided access, no row is made for it."""

    is_steady = True

    def __init__(
        self, spec: RecordSpec, view: View, types: Types, count: int, make: Callable[[int], Instance]
    ) -> None:
        super().__init__(spec.axis or spec.name, spec.place, spec.key)
        self._view = view
        self._types = types
        self._count = count
        self._make = make
        self.first = make(0)
        self.offset = self.first.offset
        self.stride = self.first.nbytes

    @property
    def nbytes(self) -> int:
        """Bytes of all rows."""
        return self._count * self.stride

    def __len__(self) -> int:
        return self._count

    def at(self, i: int) -> Instance:
        return self._make(i)

    def names(self) -> Iterable[str]:
        return self.first.names()

    def column(self, name: str) -> Value:
        placed = self._steady(name)
        if isinstance(placed, Spot) and placed.field.parse is None:
            blank = self._blank(placed.field)
            if blank is None or not self._varies(name):
                return elements.strided(placed, self._view, self._count, self.stride, blank)
        if isinstance(placed, Absent) and not self._varies(name):
            return gather([placed.default] * self._count, self)
        let = self.first.let(name)
        if let is not None and is_elementwise(let.value, self):
            return let.value.evaluate(Columns(self, self.first.scope))
        return over(self, lambda row: _record(row).get(name), steady=placed is not None)

    def _blank(self, field: Field) -> Blank:
        """Return what blanks are worth in all rows, where that does not vary."""
        default = field.default if field.convert in ("int", "float") else None
        return None if default is None else lambda: default.evaluate(self.first.scope)

    def _varies(self, name: str) -> bool:
        """Tell whether the ``else`` of an absent field may differ from row to row."""
        field = self.first.field(name)
        default = field.default if isinstance(field, Field) else None
        return default is not None and bool(default.names & {"start", "here", *self.names()})

    def elementwise(self, condition: Expression, outer: Scope) -> Column | None:
        """Return where a condition holds, by columns; None where it has to be asked of each row."""
        if not is_elementwise(condition, self):
            return None
        flags = condition.evaluate(Columns(self, outer))
        return np.broadcast_to(np.asarray(flags) != 0, (self._count,))

    def is_number(self, name: str) -> bool:
        """Tell whether a field has one value in each row, so that its column has one axis."""
        placed = self._steady(name)
        return (isinstance(placed, Spot) and not placed.axes) or isinstance(placed, Absent)

    def has_steady(self, name: str) -> bool:
        """Tell whether every row has a field at the same place in the row."""
        return self._steady(name) is not None

    def _steady(self, name: str) -> object:
        """Return where row 0 has a field, when every row has it at the same place in the row."""
        field = self.first.field(name)
        if field is None or slot_of(field) is not None:
            return None
        return self.first.place(name) if self._lies_alike(field) else None

    def _lies_alike(self, field: Field | RecordSpec) -> bool:
        """Tell whether a field lies at the same place in every row, and takes as many bytes there."""
        if isinstance(field, RecordSpec) or field.offset is None:
            return isinstance(field, Field) or field.at is None
        return _goes_along(field.offset) and extents.steady_extent(field, self.first.spec, self._types)

    def _slots(self, name: str) -> Located | None:
        """Return where the filled positions of slots lie, where all rows have one at the same place."""
        field = self.first.field(name)
        filled, scope = slot_of(field), self.first.scope
        if filled is None or not isinstance(field, Field) or not self._lies_alike(field):
            return None
        spot = self.first.place(name)
        if not isinstance(spot, Spot) or not is_elementwise(filled, self):
            return None
        counts = np.broadcast_to(np.asarray(filled.evaluate(Columns(self, scope))), (self._count,))
        if counts.dtype.kind not in "iu":
            return None
        whole = located.repeat(elements.locate(spot, self._view), self.name, self._count, self.stride)
        return fill_rows(whole, spot, counts.astype(np.int64), self._beginning(spot), self._view)

    def _beginning(self, spot: Spot) -> Callable[[int], int]:
        return lambda row: spot.offset + row * self.stride

    def locate(self, name: str) -> object:
        slots = self._slots(name)
        if slots is not None:
            return slots
        placed = self._steady(name)
        if placed is None:
            return stack([self.at(i).locate(name) for i in range(self._count)], name, self)
        return self.spread(self.first.locate(name))

    def spread(self, first: object) -> object:
        """Return where something lies over all rows, from where it lies in row 0."""
        if isinstance(first, Absent):
            return first
        if isinstance(first, Located):
            return located.repeat(first, self.name, self._count, self.stride)
        steps = np.arange(self._count, dtype=np.int64) * self.stride
        nbytes = np.full(self._count, first.nbytes, np.int64)  # type: ignore[attr-defined]  # a placed object
        return Extent(first.offset + steps, nbytes)  # type: ignore[attr-defined]  # a placed object


class OverRecord(KeyedRows):
    """A record in each row of a fixed table: as many rows, along the same axis."""

    is_steady = True

    def __init__(self, rows: FixedRows, pick: Callable[[Value], Value], *, steady: bool) -> None:
        super().__init__(rows.name, rows.place)
        self._rows = rows
        self._pick = pick
        self._steady = steady
        self._first = _record(pick(rows.first))

    def __len__(self) -> int:
        return len(self._rows)

    def at(self, i: int) -> Value:
        return self._pick(self._rows.at(i))

    def names(self) -> Iterable[str]:
        return self._first.names()

    def column(self, name: str) -> Value:
        steady = self._steady and _is_plain(self._first, name)
        return over(self._rows, lambda row: _record(self._pick(row)).get(name), steady=steady)

    def locate(self, name: str) -> object:
        if self._steady and _is_plain(self._first, name):
            return self._rows.spread(self._first.locate(name))
        return stack([_record(self._pick(row)).locate(name) for row in self._rows], name, self._rows)


class OverRows(KeyedRows):
    """Rows inside each row of a fixed table: as `NestedRows`, but none is made before it is asked for."""

    is_steady = True

    def __init__(self, rows: FixedRows, pick: Callable[[Value], Value], *, steady: bool) -> None:
        self._rows = rows
        self._pick = pick
        self._steady = steady
        self._inner = _rows(pick(rows.first))
        super().__init__(self._inner.name, self._inner.place, self._inner.key)

    def __len__(self) -> int:
        return len(self._inner)

    def mask_lengths(self) -> set[int]:
        """Return how many truth values a mask may have."""
        return {len(self._inner), len(self._inner) * len(self._rows)}

    def at(self, i: int) -> Value:
        return _spread(self._rows, lambda row: _rows(self._pick(row)).at(i), steady=self._steady)

    def row(self, key: int | str) -> Value:
        self._inner.row(key)
        steady = self._steady and self.key is None
        return _spread(self._rows, lambda row: _rows(self._pick(row)).row(key), steady=steady)

    def take(self, index: Column | slice) -> KeyedRows:
        if isinstance(index, np.ndarray) and index.dtype == bool and len(index) != len(self._inner):
            return self.nested().take(index)
        return OverRows(self._rows, lambda row: _rows(self._pick(row)).take(index), steady=self._steady)

    def choose(self, index: Column) -> KeyedRows:
        self._inner.choose(index)
        steady = self._steady and self.key is None
        return OverRows(self._rows, lambda row: _rows(self._pick(row)).choose(index), steady=steady)

    def names(self) -> Iterable[str]:
        return self._inner.names()

    def column(self, name: str) -> Value:
        steady = self._steady and _is_plain(self._inner, name)
        return over(self._rows, lambda row: _rows(self._pick(row)).column(name), steady=steady)

    def locate(self, name: str) -> object:
        if self._steady and _is_plain(self._inner, name):
            return self._rows.spread(self._inner.locate(name))
        return stack([_rows(self._pick(row)).locate(name) for row in self._rows], name, self._rows)

    def nested(self) -> NestedRows:
        """Return the same with the inner rows of each outer one at hand."""
        return NestedRows([_rows(self._pick(row)) for row in self._rows], self._rows)

    def flat(self) -> FlatRows:
        """Return the inner rows of all outer rows, one after the other."""
        return self.nested().flat()


def over(rows: FixedRows, pick: Callable[[Value], Value], *, steady: bool) -> Value:
    """Return what ``pick`` finds in each row of a fixed table, as one value.

    ``steady`` tells that it lies at the same place in every row: only then may the places in row 0
    stand for those in the others.
    """
    if len(rows) == 0:
        return np.zeros(0, np.int64)
    first = pick(rows.first)
    if isinstance(first, KeyedRows):
        return OverRows(rows, pick, steady=steady)
    if isinstance(first, Record):
        return OverRecord(rows, pick, steady=steady)
    return gather([pick(row) for row in rows], rows)


def _spread(rows: FixedRows, pick: Callable[[Value], Value], *, steady: bool) -> OverRows | OverRecord:
    """Return one of the inner rows over all outer ones; of rows inside rows that is again rows."""
    if isinstance(pick(rows.first), KeyedRows):
        return OverRows(rows, pick, steady=steady)
    return OverRecord(rows, pick, steady=steady)


def _is_plain(inner: object, name: str) -> bool:
    """Tell whether a name is a field that stands where the fields before it put it, and nothing else.

    A let, a field with ``@`` and a record with ``at:`` may lie elsewhere in every row.
    """
    if isinstance(inner, FixedRows):
        return inner.has_steady(name)
    if isinstance(inner, PickedRows):
        return _is_plain(inner.base, name)
    if isinstance(inner, ListRows):
        return len(inner) > 0 and all(_is_plain(row, name) for row in inner)
    if isinstance(inner, Fielded):
        field = inner.field(name)
        if slot_of(field) is not None:
            return False
        return field is not None and (field.offset if isinstance(field, Field) else field.at) is None
    return False


def _goes_along(place: Expression) -> bool:
    """Tell whether ``@`` is the first byte of the row, or a fixed number of bytes behind it."""
    return _BEHIND_START.fullmatch(place.text.value.strip("() ")) is not None


def _record(value: Value) -> Record:
    """Return a value that is a record by the way it was picked."""
    assert isinstance(value, Record)
    return value


def _rows(value: Value) -> KeyedRows:
    """Return a value that is rows by the way it was picked."""
    assert isinstance(value, KeyedRows)
    return value
