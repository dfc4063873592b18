"""Rows of records that are being written, as expressions see them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Protocol

import numpy as np

from vspec.authoring.fakes.known import Dense, Known, stacked
from vspec.card.model import Record as RecordSpec
from vspec.card.model import StructType
from vspec.errors import Place, fail
from vspec.expressions import Column, Record, Scope, UnknownName, Value
from vspec.expressions.tables import column as plain_column
from vspec.header.extents import is_fixed


class Located(Protocol):
    """What ``locate`` of a record gives."""

    @property
    def offset(self) -> int: ...

    @property
    def nbytes(self) -> int: ...

    def known(self) -> Known | None: ...


class RowsLike:
    """What tables, and tables inside tables, have in common."""

    def __init__(self, name: str, place: Place, key: str | None) -> None:
        self.name = name
        self.place = place
        self.key = key

    def __len__(self) -> int:
        raise NotImplementedError

    def at(self, i: int) -> Value:
        """Return row ``i``, counted from 0."""
        raise NotImplementedError

    def column(self, name: str) -> Value:
        """Return one value per row."""
        raise NotImplementedError

    def names(self) -> Iterable[str]:
        """Return the names of the columns."""
        raise NotImplementedError

    def known(self, name: str) -> Known | None:
        """Return the contents of a column with their axes; None where no row has it."""
        raise NotImplementedError

    def pick(self, index: Sequence[int]) -> RowsLike:
        """Return some rows."""
        raise NotImplementedError

    def __iter__(self) -> Iterator[Value]:
        return (self.at(i) for i in range(len(self)))

    def row(self, key: int | str) -> Value:
        """Return a row by key where the rows have one, else by index."""
        if self.key is not None:
            keys = list(self.keys())
            if key not in keys:
                raise KeyError(key)
            return self.at(keys.index(key))
        if not isinstance(key, int) or not -len(self) <= key < len(self):
            raise IndexError(key)
        return self.at(key % len(self))

    def keys(self) -> Iterable[object]:
        """Return the keys by which `row` finds rows."""
        if self.key is None:
            return range(len(self))
        column = self.column(self.key)
        return column.tolist() if isinstance(column, np.ndarray) else list(column)  # type: ignore[arg-type]  # a column

    def has(self, key: object) -> bool:
        """Tell whether `row` would find ``key``."""
        return key in list(self.keys())

    def take(self, index: Column | slice) -> RowsLike:
        """Return the rows of an integer column, a mask, or a slice."""
        return self.pick(np.arange(len(self))[index].tolist())

    def locate(self, name: str) -> object:
        """Return where a column lies, and for ``known`` its contents."""
        if name not in set(self.names()):
            raise UnknownName(name)
        return ColumnSpot(self, name)


class ColumnSpot:
    """A column as expressions locate it."""

    def __init__(self, rows: RowsLike, name: str) -> None:
        self._rows = rows
        self._name = name

    @property
    def offset(self) -> Column:
        return np.array([spot.offset for spot in self._spots()], np.int64)

    @property
    def nbytes(self) -> Column:
        return np.array([spot.nbytes for spot in self._spots()], np.int64)

    def _spots(self) -> list[Located]:
        return [row.locate(self._name) for row in self._rows]  # type: ignore[union-attr,misc]  # rows are records

    def known(self) -> Known | None:
        """Return the contents with their axes."""
        return self._rows.known(self._name)


class Table(RowsLike):
    """Records, one a row. ``fixed`` rows all have one size; ``sample`` stands in where there are none."""

    def __init__(
        self, rows: Sequence[Record], name: str, place: Place, key: str | None, sample: Record | None
    ) -> None:
        super().__init__(name, place, key)
        self.rows = rows
        self.sample = sample

    def __len__(self) -> int:
        return len(self.rows)

    def at(self, i: int) -> Value:
        return self.rows[i]

    def names(self) -> Iterable[str]:
        first = next(iter(self.rows), self.sample)
        return first.names() if first is not None else []

    def pick(self, index: Sequence[int]) -> Table:
        return Table([self.rows[i] for i in index], self.name, self.place, self.key, self.sample)

    def column(self, name: str) -> Value:
        values = [row.get(name) for row in self.rows]
        if values and all(isinstance(value, RowsLike) for value in values):
            tables: list[RowsLike] = values  # type: ignore[assignment]  # just asked
            nested = Nested(tables, self.name)
            return nested if self.sample is not None else nested.flat()
        if values and all(isinstance(value, Record) for value in values):
            return Across(values, self.name, self.place)  # type: ignore[arg-type]  # just asked
        return gathered(values)

    def known(self, name: str) -> Known | None:
        parts = [row.locate(name).known() for row in self.rows]  # type: ignore[attr-defined]  # records of this room
        sample = self.sample.locate(name).known() if self.sample is not None and not parts else None  # type: ignore[attr-defined]  # the same
        return together(parts, sample, self.name, self.place)

    def flat(self) -> Table:
        """Return itself: its rows are not nested."""
        return self


class Rows(Table):
    """A repeated record: row ``i`` begins where the one before it ends, or where ``at:`` says."""

    def __init__(
        self,
        spec: RecordSpec,
        types: Mapping[str, StructType],
        outers: Sequence[Scope],
        make: Callable[[int, Callable[[], int], Scope], Record],
        offset: Callable[[], int],
    ) -> None:
        self._spec = spec
        self._outers = outers
        self._first = offset
        self._starts: list[int] = []
        looped = spec.repeat is not None and spec.repeat.items is not None
        self._absolute = spec.at is not None and looped
        rows = [make(i, lambda i=i: self.start(i), outer) for i, outer in enumerate(outers)]  # type: ignore[misc]  # i is bound now
        steady = not looped and is_fixed(spec, types)
        sample = None
        if steady:
            sample = rows[0] if rows else make(0, offset, _outer_of(outers))
        super().__init__(rows, spec.name, spec.place, spec.key, sample)

    def start(self, i: int) -> int:
        """Return the first byte of row ``i``."""
        if self._absolute:
            assert self._spec.at is not None
            return self._spec.at.integer(self._outers[i])
        while len(self._starts) <= i:
            k = len(self._starts)
            before = self._first() if k == 0 else self._starts[k - 1] + self._size(k - 1)
            self._starts.append(before)
        return self._starts[i]

    def _size(self, i: int) -> int:
        size: int = self.rows[i].nbytes  # type: ignore[attr-defined]  # a record of this room
        return size

    @property
    def nbytes(self) -> int:
        """Bytes of all rows, where they follow each other."""
        return sum(self._size(i) for i in range(len(self.rows)))

    def seen(self) -> Value:
        """Return the rows as an expression sees them: themselves."""
        return self


def _outer_of(outers: Sequence[Scope]) -> Scope:
    return outers[0]


class Nested(RowsLike):
    """Rows inside each row of fixed tables; indices, masks and slices mean the inner rows."""

    def __init__(self, tables: Sequence[RowsLike], outer: str) -> None:
        first = tables[0]
        super().__init__(first.name, first.place, first.key)
        self.tables = tables
        self.outer = outer

    def __len__(self) -> int:
        return len(self.tables[0])

    def at(self, i: int) -> Value:
        return Across([table.at(i) for table in self.tables], self.outer, self.place)  # type: ignore[misc]  # rows are records

    def names(self) -> Iterable[str]:
        return self.tables[0].names()

    def pick(self, index: Sequence[int]) -> Nested:
        return Nested([table.pick(index) for table in self.tables], self.outer)

    def column(self, name: str) -> Value:
        return gathered([table.column(name) for table in self.tables])

    def known(self, name: str) -> Known | None:
        return together([table.known(name) for table in self.tables], None, self.outer, self.place)

    def flat(self) -> RowsLike:
        """Return the inner rows of all tables, one after the other."""
        return Joined(self.tables, self.outer)


class Joined(Table):
    """Rows of several tables one after the other; their contents keep the axis of the tables."""

    def __init__(self, tables: Sequence[RowsLike], outer: str) -> None:
        rows: list[Record] = [row for table in tables for row in table]  # type: ignore[misc]  # rows are records
        super().__init__(rows, tables[0].name, tables[0].place, tables[0].key, None)
        self._tables = tables
        self._outer = outer

    def known(self, name: str) -> Known | None:
        return together([table.known(name) for table in self._tables], None, self._outer, self.place)


class Across:
    """A record of every row: its values are columns."""

    def __init__(self, records: Sequence[Record], outer: str, place: Place) -> None:
        self._records = records
        self._outer = outer
        self._place = place

    def names(self) -> Iterable[str]:
        return self._records[0].names()

    def get(self, name: str) -> Value:
        return gathered([record.get(name) for record in self._records])

    def locate(self, name: str) -> object:
        return AcrossSpot([record.locate(name) for record in self._records], self._outer, self._place)  # type: ignore[misc]  # records of this room


class AcrossSpot:
    """A field of a record of every row, as expressions locate it."""

    def __init__(self, spots: Sequence[Located], outer: str, place: Place) -> None:
        self._spots = spots
        self._outer = outer
        self._place = place

    @property
    def offset(self) -> Column:
        return np.array([spot.offset for spot in self._spots], np.int64)

    @property
    def nbytes(self) -> Column:
        return np.array([spot.nbytes for spot in self._spots], np.int64)

    def known(self) -> Known | None:
        """Return the contents with their axes."""
        return together([spot.known() for spot in self._spots], None, self._outer, self._place)


def together(parts: Sequence[Known | None], sample: Known | None, name: str, place: Place) -> Known | None:
    """Return contents of rows along a new axis; without rows, as many axes as ``sample`` has."""
    if not parts and isinstance(sample, Dense):
        return Dense((name, *sample.names), np.empty((0, *sample.values.shape), sample.values.dtype))
    present = [part for part in parts if part is not None]
    if not present:
        return None
    if len(present) < len(parts):
        raise fail(
            "V0856", f"not every row of '{name}' has the data", place, help="select the rows that have it"
        )
    return stacked(name, present)


def gathered(values: Sequence[Value]) -> Value:
    """Return one value per row as expressions want it: a column where the rows are alike, else a list."""
    if not values:
        return np.zeros(0, np.int64)
    head = values[0]
    if all(isinstance(v, (bool, int, float, str)) for v in values):
        return plain_column(values)
    if isinstance(head, np.ndarray) and all(
        isinstance(v, np.ndarray) and v.shape == head.shape for v in values
    ):
        return np.stack(values)  # type: ignore[arg-type]  # all are arrays of one shape
    return list(values)
