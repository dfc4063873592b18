"""Rows of records that are being written, as expressions see them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Protocol

import numpy as np

from vspec.authoring.fakes.known import Dense, Known, emptied, stacked
from vspec.authoring.fakes.scopes import EndScope
from vspec.authoring.fakes.usage import spine
from vspec.card.model import Record as RecordSpec
from vspec.card.model import StructType
from vspec.errors import Place, fail
from vspec.expressions import Column, Expression, Record, Scope, UnknownName, Value
from vspec.expressions.tables import column as plain_column
from vspec.header.extents import is_fixed

MAX_GROWN = 10**4


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

    def choose(self, index: Column) -> RowsLike:
        """Return the rows of a column of keys, or of positions where they have no keys."""
        keys = self.keys()
        if isinstance(keys, range):
            return self.take(index)
        listed = list(keys)
        missing = [key for key in index.tolist() if key not in listed]
        if missing:
            raise KeyError(missing[0])
        return self.pick([listed.index(key) for key in index.tolist()])

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


class Linked(Record, Protocol):
    """A row that is being written, as its table needs it."""

    before: Callable[[], Value] | None
    links: tuple[str, Callable[[], int]] | None
    value: Expression | None

    @property
    def scope(self) -> Scope: ...

    @property
    def offset(self) -> int: ...

    @property
    def nbytes(self) -> int: ...

    @property
    def end(self) -> int: ...


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
            return Nested(tables, self.name)
        if values and all(isinstance(value, Record) for value in values):
            return Table(values, self.name, self.place, None, None)  # type: ignore[arg-type]  # just asked
        return gathered(values)

    def known(self, name: str) -> Known | None:
        parts = [row.locate(name).known() for row in self.rows]  # type: ignore[attr-defined]  # records of this room
        sample = self.sample.locate(name).known() if self.sample is not None and not parts else None  # type: ignore[attr-defined]  # the same
        return together(parts, sample, self.name, self.place)

    def flat(self) -> Table:
        """Return itself: its rows are not nested."""
        return self


class Rows(Table):
    """A repeated record: a row begins where the one before it ends, or where ``at:`` or ``next:`` says."""

    def __init__(
        self,
        spec: RecordSpec,
        types: Mapping[str, StructType],
        outers: Sequence[Scope],
        make: Callable[[int, Callable[[], int], Scope | None], Linked],
        offset: Callable[[], int],
    ) -> None:
        self._spec = spec
        self._outers = outers
        self._first = offset
        self.starts: list[int] = []
        self._make = make
        looped = spec.repeat is not None and spec.repeat.items is not None
        self._absolute = spec.at is not None and looped
        self.made: list[Linked] = []
        for outer in outers:
            self._add(outer)
        sample = None
        if not looped and is_fixed(spec, types) and spec.repeat is not None and spec.repeat.next is None:
            sample = self.made[0] if self.made else make(0, offset, None)
        super().__init__(self.made, spec.axis or spec.name, spec.place, spec.key, sample)

    def _add(self, outer: Scope) -> Linked:
        i = len(self.made)
        row = self._make(i, lambda: self.start(i), outer)
        last = self.made[-1] if self.made else None
        row.before = None if last is None else lambda: last
        self.made.append(row)
        return row

    def grow(self, outer: Scope, wanted: Callable[[str], int]) -> None:
        """Add rows up to the one that ends them: by ``until:``, or by what ``next:`` gives.

        Where the card's links are a plain field, as many rows as ``wanted`` of the name follow each other.
        """
        repeat = self._spec.repeat
        assert repeat is not None
        if repeat.next is not None:
            self._chain(repeat.next, outer, wanted)
            return
        assert repeat.until is not None
        while len(self.made) < MAX_GROWN:
            if repeat.until.truth(EndScope(self._add(outer), outer)):
                return
        help = "give the values that end them in the example, one for each row"
        raise fail("V0855", f"no row of '{self._spec.name}' is the last one", self._spec.place, help=help)

    def _chain(self, after: Expression, outer: Scope, wanted: Callable[[str], int]) -> None:
        names = {name for (name, *_) in spine(after)}
        count = max(1, wanted(self._spec.name))
        while len(self.made) < MAX_GROWN:
            row = self._add(outer)
            own = sorted(names & set(row.names()))
            if len(own) == 1:
                row.links = own[0], lambda row=row: row.end if len(self.made) < count else 0
            scope = EndScope(row, outer)
            if after.evaluate(scope) is None:
                return
            self.starts = [self.start(0), *self.starts[1 : len(self.made)], after.integer(scope)]
        raise fail("V0855", f"the chain '{self._spec.name}' does not end", self._spec.place)

    @property
    def apart(self) -> bool:
        """Whether rows say themselves where they begin, instead of following each other."""
        return self._absolute or (self._spec.repeat is not None and self._spec.repeat.next is not None)

    def start(self, i: int) -> int:
        """Return the first byte of row ``i``."""
        if self._absolute:
            assert self._spec.at is not None
            return self._spec.at.integer(self._outers[i])
        while len(self.starts) <= i:
            k = len(self.starts)
            before = self._first() if k == 0 else self.starts[k - 1] + self._size(k - 1)
            self.starts.append(before)
        return self.starts[i]

    def _size(self, i: int) -> int:
        return self.made[i].nbytes

    @property
    def nbytes(self) -> int:
        """Bytes of all rows, where they follow each other."""
        if self._spec.repeat is not None and self._spec.repeat.next is not None:
            return 0
        return sum(self._size(i) for i in range(len(self.made)))

    def seen(self) -> Value:
        """Return the rows as an expression sees them: themselves, or what each of them is worth."""
        worth = [row.value.evaluate(row.scope) for row in self.made if row.value is not None]
        return gathered(worth) if worth else self


class Nested(RowsLike):
    """Rows inside each row of others: indices, slices and ``len`` mean the inner rows."""

    def __init__(self, tables: Sequence[RowsLike], outer: str) -> None:
        first = tables[0]
        super().__init__(first.name, first.place, first.key)
        self.tables = tables
        self.outer = outer

    def mask_lengths(self) -> set[int]:
        """Return how many truth values a mask may have."""
        lengths = [len(table) for table in self.tables]
        return {sum(lengths), *([lengths[0]] if len(set(lengths)) == 1 else [])}

    def __len__(self) -> int:
        lengths = {len(table) for table in self.tables}
        if len(lengths) == 1:
            return lengths.pop()
        message = f"the rows of '{self.outer}' hold different numbers of '{self.name}'"
        raise fail("V0304", message, self.place, help="flat(...) makes one table of them")

    def at(self, i: int) -> Value:
        return self._across([table.at(i) for table in self.tables])

    def row(self, key: int | str) -> Value:
        return self._across([table.row(key) for table in self.tables])

    def _across(self, found: list[Value]) -> Value:
        if all(isinstance(one, RowsLike) for one in found):
            return Nested(found, self.outer)  # type: ignore[arg-type]  # just asked
        return Table(found, self.outer, self.place, None, None)  # type: ignore[arg-type]  # rows are records

    def keys(self) -> Iterable[object]:
        return self.tables[0].keys()

    def names(self) -> Iterable[str]:
        return next((table for table in self.tables if len(table)), self.tables[0]).names()

    def choose(self, index: Column) -> RowsLike:
        return Nested([table.choose(index) for table in self.tables], self.outer)

    def take(self, index: Column | slice) -> RowsLike:
        lengths = [len(table) for table in self.tables]
        parts = [index] * len(lengths)
        if isinstance(index, np.ndarray) and index.dtype == bool and set(lengths) != {len(index)}:
            parts = list(np.split(index, np.cumsum(lengths)[:-1]))
        return Nested([table.take(part) for table, part in zip(self.tables, parts, strict=True)], self.outer)

    def pick(self, index: Sequence[int]) -> Nested:
        return Nested([table.pick(index) for table in self.tables], self.outer)

    def column(self, name: str) -> Value:
        values = [table.column(name) for table in self.tables]
        if all(isinstance(value, RowsLike) for value in values):
            return Nested(values, self.outer)  # type: ignore[arg-type]  # just asked
        return gathered(values)

    def known(self, name: str) -> Known | None:
        parts = [table.known(name) for table in self.tables]
        whole = next((part for part in parts if part is not None), None)
        if whole is not None:
            filled = zip(parts, self.tables, strict=True)
            parts = [part if len(table) or part is not None else emptied(whole) for part, table in filled]
        return together(parts, None, self.outer, self.place)

    def flat(self) -> Table:
        """Return the inner rows of all tables, one after the other."""
        inner = [table.flat() if isinstance(table, Nested) else table for table in self.tables]
        if len(inner) == 1 and isinstance(inner[0], Table):
            return inner[0]  # which may have more rows than can be made at once
        rows: list[Record] = [row for table in inner for row in table]  # type: ignore[misc]  # rows are records
        return Table(rows, self.name, self.place, self.key, None)


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
