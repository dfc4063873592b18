"""Fields of many rows at once, where the card tells from leading numbers how they lie in each row.

What is said here of all rows is what each row would say of itself; where that is not certain (a number
that is too large, a field that is not in every row, a place beyond the file) there is `NoFormula`, and
the rows are asked one by one.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from vspec.card.model import Field
from vspec.datatypes import ElementType
from vspec.expressions import Extent, Value, as_column
from vspec.header import elements, extents, formulas, located, scattered
from vspec.header.elements import Spot
from vspec.header.formulas import Formula, NoFormula
from vspec.header.found_rows import FoundRows
from vspec.header.home import Home
from vspec.header.located import Located
from vspec.header.row_names import Frame, Leaf, Leaves, Names, found
from vspec.header.row_rules import bytes_of, frame_of, typed
from vspec.header.slots import slot_of
from vspec.layout import Int64

MOST_HEAD = 64
"""Bytes of a row's beginning that are read at once for the numbers in it."""


@dataclass(frozen=True, slots=True)
class RowFields:
    """The fields of a record that stands in every row (``frame``, by the first of the rows)."""

    starts: Int64
    home: Home
    frame: Frame
    names: Names
    first: int

    @classmethod
    def of(cls, rows: FoundRows, home: Home) -> RowFields:
        """Return the fields of rows; raises `NoFormula` where there are none."""
        if not len(rows):
            raise NoFormula
        row = rows[0]
        names = Names(Leaves(row.offset, 2**40))
        return cls(rows.starts, home, frame_of(row, home.types), names, row.offset)

    def inner(self, name: str) -> RowFields:
        """Return the fields of a record that leads in this one, or of an instance of a type."""
        item = self.frame.row.field(name)
        if not isinstance(item, Field):
            return replace(self, frame=self.names.inner(name, self.frame))
        kind = self.home.types.get(item.type.word or "")
        if kind is None or kind.value is not None or item.condition is not None or item.axes:
            raise NoFormula
        if extents.own_order(item.endian, self.frame.inside) or not self._leads(item):
            raise NoFormula
        return replace(self, frame=typed(item, item.type, self.frame, self.names))

    def _leads(self, item: Field) -> bool:
        return self.frame.leads(self.frame.spec.fields.index(item))

    def column(self, name: str) -> Value | list[Value]:
        """Return one value for each row: a column, or (of texts) a list."""
        let = self.frame.row.let(name)
        if let is not None:
            return self._values(self.names.formula(let.value, self.frame)).copy()
        spot = self._steady(name)
        if spot.field.parse is not None or slot_of(spot.field) is not None:
            raise NoFormula
        offsets = self._offsets(name)
        self._within(offsets, spot.nbytes)
        if not isinstance(spot.kind, ElementType):
            return self._texts(spot, offsets)
        view = self.home.view
        elements.require_readable(spot, view, len(offsets))
        column = elements.decoded(scattered.gathered(view, offsets, spot.nbytes), spot)
        if column.dtype.kind == "c":
            raise NoFormula
        return as_column(column, spot.field.place)

    def _texts(self, spot: Spot, offsets: Int64) -> list[Value]:
        if spot.field.default is not None or spot.ends is not None:
            raise NoFormula
        view = self.home.view
        return [elements.read(replace(spot, offset=offset), view) for offset in offsets.tolist()]

    def is_number(self, name: str) -> bool:
        """Tell whether a field has one number in each row."""
        try:
            spot = self._steady(name)
        except NoFormula:
            return False
        return isinstance(spot.kind, ElementType) and not spot.axes

    def locate(self, name: str, axis: str) -> Located | Extent:
        """Return where a field lies in each row; the rows are the axis ``axis``."""
        item = self.frame.row.field(name)
        placed = found(self.frame.row, name) if item is not None else None
        if not isinstance(item, Field) or not isinstance(placed, Spot) or slot_of(item) is not None:
            raise NoFormula
        if placed.ends is not None:
            raise NoFormula
        offsets = self._offsets(name)
        counts = None if extents.is_steady(item, self.frame.inside) else self._counts(item, placed)
        if not isinstance(placed.kind, ElementType):
            if counts is not None:
                raise NoFormula
            return Extent(offsets, np.full(len(offsets), placed.nbytes, np.int64))
        head = elements.locate(placed, self.home.view)
        file = np.full(len(offsets), self.home.view.index, np.int64)
        whole = replace(head, lead=((axis, len(offsets)),), file=file, first=offsets)
        return whole if counts is None else located.ragged(whole, counts)

    def place(self, name: str) -> tuple[int, int]:
        """Return where a field lies in each row, and its bytes, if that is the same in all of them."""
        spot, place = self._steady(name), self._place(name)
        if not place.is_constant:
            raise NoFormula
        return place.low, spot.nbytes

    # --- how it is done

    def _steady(self, name: str) -> Spot:
        """Return a field of the first row, which is of the same kind and size in all rows."""
        item = self.frame.row.field(name)
        if not isinstance(item, Field) or not extents.is_steady(item, self.frame.inside):
            raise NoFormula
        placed = found(self.frame.row, name)
        if not isinstance(placed, Spot):
            raise NoFormula
        return placed

    def _place(self, name: str) -> Formula:
        """Return where a field begins, from the start of the row."""
        spec, inside = self.frame.spec, self.frame.inside
        item = self.frame.row.field(name)
        if item is None or extents.own_order(spec.endian, inside):
            raise NoFormula
        if (item.offset if isinstance(item, Field) else item.at) is not None:
            raise NoFormula
        total = formulas.constant(self.frame.row.offset - self.first)
        for before in spec.fields[: spec.fields.index(item)]:
            if (before.offset if isinstance(before, Field) else before.at) is None:
                total = formulas.combine("+", total, bytes_of(before, self.frame, self.names))
        return total

    def _offsets(self, name: str) -> Int64:
        return self.starts + self._integers(self._place(name))

    def _counts(self, item: Field, spot: Spot) -> Int64:
        """Return the size of a field's first axis in each row, where nothing else of it varies."""
        inside = self.frame.inside
        first, others = item.axes[:1], item.axes[1:]
        if not first or first[0].size is None or not isinstance(spot.kind, ElementType):
            raise NoFormula
        varies = any(axis.size is None or extents.depends(axis.size, inside) for axis in others)
        if varies or spot.kind.per_word != 1 or not extents.steady_type(item.type, inside):
            raise NoFormula
        if item.condition is not None and extents.depends(item.condition, inside):
            raise NoFormula
        if extents.own_order(item.endian, inside):
            raise NoFormula
        return self._integers(self.names.natural(first[0].size, self.frame))

    def _within(self, offsets: Int64, nbytes: int) -> None:
        """Raise `NoFormula` where a row has no such bytes: it says so itself."""
        if int(offsets.min()) < 0 or int(offsets.max()) + nbytes > self.home.view.bytes.size:
            raise NoFormula

    def _integers(self, formula: Formula) -> Int64:
        return self._values(formula).astype(np.int64)

    def _values(self, formula: Formula) -> NDArray[np.generic]:
        """Return what a formula gives in each row; raises `NoFormula` where it holds in some rows only."""
        count = len(self.starts)
        kind = np.bool_ if formula.is_truth else np.int64
        if formula.is_constant:
            values, holds = formula.columns([])
            if holds is False:
                raise NoFormula
            return np.full(count, values, kind)
        values, holds = formula.columns([self.starts, *self._leaves(formula)])
        if not np.all(holds):
            raise NoFormula
        return np.broadcast_to(np.asarray(values, kind), (count,))

    def _leaves(self, formula: Formula) -> list[Int64]:
        """Return the leading numbers that a formula needs, of all rows."""
        every = self.names.leaves.found
        needed = [leaf for i, leaf in enumerate(every, 1) if i in formula.inputs]
        if not needed:
            return []
        begin = min(leaf.place for leaf in needed)
        span = max(leaf.place + leaf.dtype.itemsize for leaf in needed) - begin
        if span > MOST_HEAD:
            raise NoFormula
        self._within(self.starts + begin, span)
        raw = scattered.gathered(self.home.view, self.starts + begin, span)
        return [_numbers(leaf, raw, leaf.place - begin) if leaf in needed else self.starts for leaf in every]


def _numbers(leaf: Leaf, raw: NDArray[np.uint8], place: int) -> Int64:
    """Return a leading number of all rows, from a table of their bytes."""
    stored = np.ndarray((len(raw),), leaf.dtype, raw, place, (raw.shape[1],))
    if leaf.is_bounded and not ((stored >= leaf.low) & (stored <= leaf.high)).all():
        raise NoFormula
    return stored.astype(np.int64)
