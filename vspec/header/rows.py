"""Repeated records: columns by name, records by index, places over all rows."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

import numpy as np

from vspec.card.model import Record as RecordSpec
from vspec.errors import Place, fail
from vspec.expressions import Column, Extent, Record, Value
from vspec.header import located
from vspec.header.aligned import aligned
from vspec.header.home import Absent
from vspec.header.instances import Instance
from vspec.header.located import Located
from vspec.layout import Int64


class KeyedRows:
    """What all kinds of rows do alike: finding rows by index, key, mask and slice."""

    is_steady = False
    """Whether all rows are alike, so that a column is cheaper than its rows."""

    def __init__(self, name: str, place: Place, key: str | None = None) -> None:
        self.name = name
        self.place = place
        self.key = key

    def __len__(self) -> int:
        raise NotImplementedError

    @property
    def total(self) -> int:
        """Number of rows; of rows inside rows, of all of them."""
        return len(self)

    def at(self, i: int) -> Value:
        """Return row ``i``, counted from 0."""
        raise NotImplementedError

    def column(self, name: str) -> Value:
        """Return one value per row; raises `UnknownName`."""
        raise NotImplementedError

    def locate(self, name: str) -> object:
        """Return where a column lies, over all rows; raises `UnknownName`."""
        raise NotImplementedError

    def names(self) -> Iterable[str]:
        """Return the names of the columns."""
        raise NotImplementedError

    def __iter__(self) -> Iterator[Value]:
        return (self.at(i) for i in range(len(self)))

    def row(self, key: int | str) -> Value:
        """Return a row by key where the rows have one, else by index (negative from the end)."""
        if self.key is not None:
            keys = list(self.keys())
            if key not in keys:
                raise KeyError(key)
            return self.at(keys.index(key))
        n = len(self)
        if not isinstance(key, int) or not -n <= key < n:
            raise IndexError(key)
        return self.at(key % n)

    def keys(self) -> Iterable[object]:
        """Return the keys by which `row` finds rows."""
        if self.key is None:
            return range(len(self))
        column = self.column(self.key)
        return column.tolist() if isinstance(column, np.ndarray) else list(column)  # type: ignore[arg-type]  # a column

    def has(self, key: object) -> bool:
        """Tell whether `row` would find ``key``."""
        return key in list(self.keys())

    def take(self, index: Column | slice) -> KeyedRows:
        """Return the rows of an integer column, a mask, or a slice."""
        if isinstance(index, slice):
            rows = np.arange(len(self), dtype=np.int64)[index]
        elif index.dtype == bool:
            rows = np.flatnonzero(index).astype(np.int64)
        else:
            rows = index.astype(np.int64)
        return PickedRows(self, rows)

    def choose(self, index: Column) -> KeyedRows:
        """Return the rows of a column of keys, or of positions where they have no keys.

        Raises `KeyError` or `IndexError` for the first that there is not.
        """
        keys = self.keys()
        if not isinstance(keys, range):
            return self.take(positions(list(keys), index))
        wrong = [i for i in index.tolist() if not isinstance(i, int) or not -len(keys) <= i < len(keys)]
        if wrong:
            raise IndexError(wrong[0])
        return self.take(index)


def positions(keys: list[object], index: Column) -> Int64:
    """Return where each of some keys stands first; raises `KeyError` for one that does not."""
    found: dict[object, int] = {}
    for i, key in enumerate(keys):
        found.setdefault(key, i)
    return np.array([found[key] for key in index.tolist()], np.int64)


class PickedRows(KeyedRows):
    """Some rows of others, in any order."""

    def __init__(self, base: KeyedRows, index: Int64) -> None:
        super().__init__(base.name, base.place, base.key)
        n = len(base)
        if len(index) and not (-n <= index.min() and index.max() < n):
            raise IndexError(int(index.min() if index.min() < -n else index.max()))
        self.base = base
        self.index = index % n if n else index

    def __len__(self) -> int:
        return len(self.index)

    def at(self, i: int) -> Value:
        return self.base.at(int(self.index[i]))

    def names(self) -> Iterable[str]:
        return self.base.names()

    def column(self, name: str) -> Value:
        if not self.base.is_steady:
            return gather([self.at(i).get(name) for i in range(len(self))], self)  # type: ignore[union-attr]  # rows are records
        column = self.base.column(name)
        if isinstance(column, np.ndarray):
            return column[self.index]
        if isinstance(column, KeyedRows):
            return gather([self.at(i).get(name) for i in range(len(self))], self)  # type: ignore[union-attr]  # rows are records
        return [column[i] for i in self.index.tolist()]  # type: ignore[index]  # a list otherwise

    def locate(self, name: str) -> object:
        if not self.base.is_steady and not len(self.base):
            return self.base.locate(name)
        if not self.base.is_steady and not len(self):
            none = PickedRows(self.base, np.zeros(1, np.int64)).locate(name)
            return located.nothing(none, self.name) if isinstance(none, Located) else none
        if not self.base.is_steady:
            return stack([self.at(i).locate(name) for i in range(len(self))], name, self)  # type: ignore[union-attr]  # rows are records
        whole = self.base.locate(name)
        if isinstance(whole, Located):
            return located.take(whole, self.base.name, self.index)
        if isinstance(whole, Extent) and isinstance(whole.offset, np.ndarray):
            return Extent(whole.offset[self.index], np.asarray(whole.nbytes)[self.index])
        return whole


class ListRows(KeyedRows):
    """One or more rows that were walked one by one."""

    def __init__(self, spec: RecordSpec, offset: int, rows: Sequence[Instance], nbytes: int) -> None:
        super().__init__(spec.axis or spec.name, spec.place, spec.key)
        self.offset = offset
        self.nbytes = nbytes
        self._rows = rows

    def __len__(self) -> int:
        return len(self._rows)

    def at(self, i: int) -> Record:
        return self._rows[i]

    def names(self) -> Iterable[str]:
        return self._rows[0].names()

    def column(self, name: str) -> Value:
        return gather([row.get(name) for row in self._rows], self)

    def locate(self, name: str) -> object:
        return stack([row.locate(name) for row in self._rows], name, self)


class AcrossRows(KeyedRows):
    """A record that each row of others holds: as many rows as those have, along their axis."""

    def __init__(self, records: Sequence[Record], outer: KeyedRows) -> None:
        super().__init__(outer.name, outer.place)
        self._records = records

    def __len__(self) -> int:
        return len(self._records)

    def at(self, i: int) -> Record:
        return self._records[i]

    def names(self) -> Iterable[str]:
        return self._records[0].names() if self._records else []

    def column(self, name: str) -> Value:
        return gather([record.get(name) for record in self._records], self)

    def locate(self, name: str) -> object:
        return stack([record.locate(name) for record in self._records], name, self)


class NestedRows(KeyedRows):
    """Rows inside each row of others: keys, indices, slices and ``len`` mean the inner rows.

    A column lies along the outer rows first; ``flat()`` gives all inner rows one after the other. A
    mask has one truth value for each inner row, or for each row of ``flat()``.
    """

    def __init__(self, tables: Sequence[KeyedRows], outer: KeyedRows) -> None:
        first = tables[0]
        super().__init__(first.name, first.place, first.key)
        self.tables = tables
        self._outer = outer

    @property
    def total(self) -> int:
        return sum(table.total for table in self.tables)

    def __len__(self) -> int:
        lengths = {len(table) for table in self.tables}
        if len(lengths) == 1:
            return lengths.pop()
        raise fail(
            "V0304",
            f"the rows of '{self._outer.name}' hold different numbers of '{self.name}'",
            self.place,
            found=f"{min(lengths)} to {max(lengths)}",
            help="flat(...) makes one table of them; what a row tells of its own is named in the record, "
            f"let: {{n: len({self.name})}}",
        )

    def mask_lengths(self) -> set[int]:
        """Return how many truth values a mask may have."""
        inner = {n for table in self.tables for n in _mask_lengths(table)}
        return {self.total} | (inner if len(inner) == 1 else set())

    def at(self, i: int) -> Value:
        return self._across([table.at(i) for table in self.tables])

    def row(self, key: int | str) -> Value:
        return self._across([table.row(key) for table in self.tables])

    def _across(self, found: list[Value]) -> Value:
        if all(isinstance(one, KeyedRows) for one in found):
            return NestedRows(found, self._outer)  # type: ignore[arg-type]  # just asked
        return AcrossRows(found, self._outer)  # type: ignore[arg-type]  # rows are records

    def keys(self) -> Iterable[object]:
        return self.tables[0].keys()

    def has(self, key: object) -> bool:
        return all(table.has(key) for table in self.tables)

    def take(self, index: Column | slice) -> NestedRows:
        if isinstance(index, slice) or index.dtype != bool:
            return NestedRows([table.take(index) for table in self.tables], self._outer)
        if all(len(index) in _mask_lengths(table) for table in self.tables):
            return NestedRows([table.take(index) for table in self.tables], self._outer)
        parts = np.split(index, np.cumsum([table.total for table in self.tables])[:-1])
        taken = [table.take(part) for table, part in zip(self.tables, parts, strict=True)]
        return NestedRows(taken, self._outer)

    def names(self) -> Iterable[str]:
        return next((table for table in self.tables if table.total), self.tables[0]).names()

    def choose(self, index: Column) -> NestedRows:
        return NestedRows([table.choose(index) for table in self.tables], self._outer)

    def column(self, name: str) -> Value:
        return gather([table.column(name) for table in self.tables], self._outer)

    def locate(self, name: str) -> object:
        parts = [table.locate(name) for table in self.tables]
        whole = next((part for part in parts if isinstance(part, Located)), None)
        if whole is not None and not all(table.is_steady for table in self.tables):
            none = located.nothing(whole, self.name)
            parts = [
                self._explicit(part) if table.total else none
                for part, table in zip(parts, self.tables, strict=True)
            ]
        return stack(parts, name, self._outer)

    def _explicit(self, part: object) -> object:
        return located.explicit(part, self.name) if isinstance(part, Located) else part

    def flat(self) -> FlatRows:
        """Return the inner rows of all outer rows, one after the other."""
        return FlatRows(self.tables)


class FlatRows(KeyedRows):
    """Rows of several tables, one after the other, along one axis."""

    def __init__(self, tables: Sequence[KeyedRows]) -> None:
        inner = [table.flat() if isinstance(table, NestedRows) else table for table in tables]
        super().__init__(inner[0].name, inner[0].place, inner[0].key)
        self._tables = inner
        self._ends = np.cumsum([len(t) for t in inner], dtype=np.int64)

    def __len__(self) -> int:
        return int(self._ends[-1])

    def at(self, i: int) -> Value:
        k = int(np.searchsorted(self._ends, i, side="right"))
        before = int(self._ends[k - 1]) if k else 0
        return self._tables[k].at(i - before)

    def names(self) -> Iterable[str]:
        return next((table for table in self._tables if len(table)), self._tables[0]).names()

    def column(self, name: str) -> Value:
        parts = [table.column(name) for table in self._tables if len(table)]
        arrays = [part for part in parts if isinstance(part, np.ndarray)]
        if not parts:
            return self._tables[0].column(name)
        if len(arrays) == len(parts) and len({(a.shape[1:], a.dtype == object) for a in arrays}) == 1:
            return np.concatenate(arrays)
        return gather([self.at(i).get(name) for i in range(len(self))], self)  # type: ignore[union-attr]  # rows are records

    def locate(self, name: str) -> object:
        parts = [table.locate(name) for table in self._tables if len(table)]
        if not parts:
            return self._tables[0].locate(name)
        if all(isinstance(part, Located) for part in parts):
            return located.concatenate(parts, self.name, self.place)  # type: ignore[arg-type]  # just asked
        return stack([self.at(i).locate(name) for i in range(len(self))], name, self)  # type: ignore[union-attr]  # rows are records

    def flat(self) -> FlatRows:
        """Return itself: its rows are already one after the other."""
        return self


def _mask_lengths(rows: KeyedRows) -> set[int]:
    return rows.mask_lengths() if isinstance(rows, NestedRows) else {len(rows)}


def gather(values: Sequence[Value], outer: KeyedRows) -> Value:
    """Return one value per row of ``outer``: rows, a column where they are alike, else a list."""
    if not values:
        return np.zeros(0, np.int64)
    head = values[0]
    if all(isinstance(v, KeyedRows) for v in values):
        return NestedRows(values, outer)  # type: ignore[arg-type]  # all are rows
    if all(isinstance(v, str) for v in values):
        return np.array(values, dtype=object)
    if all(isinstance(v, (bool, int, float)) for v in values):
        return np.array(values)
    if all(isinstance(v, Record) for v in values):
        return AcrossRows(values, outer)  # type: ignore[arg-type]  # all are records
    if isinstance(head, np.ndarray) and all(
        isinstance(v, np.ndarray) and v.shape == head.shape for v in values
    ):
        return np.stack(values)  # type: ignore[arg-type]  # all are arrays of one shape
    return list(values)


def stack(parts: Sequence[object], name: str, rows: KeyedRows) -> object:
    """Return where a field lies over rows that were located one by one."""
    if not parts:
        return Absent()
    if all(isinstance(p, Located) for p in parts):
        return located.stack(aligned(parts), rows.name, rows.place)  # type: ignore[arg-type]  # all are located
    if all(isinstance(p, Absent) for p in parts):
        return parts[0]
    if any(isinstance(p, (Located, Absent)) for p in parts):
        raise fail(
            "V0304",
            f"not every row of '{rows.name}' has '{name}'",
            rows.place,
            help="select the rows that have it",
        )
    offsets = np.array([p.offset for p in parts], np.int64)  # type: ignore[attr-defined]  # placed objects
    nbytes = np.array([p.nbytes for p in parts], np.int64)  # type: ignore[attr-defined]  # placed objects
    return Extent(offsets, nbytes)
