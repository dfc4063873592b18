"""Repeated records: columns by name, records by index, places over all rows."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Protocol

import numpy as np

from vspec.card.model import Field, Let
from vspec.card.model import Record as RecordSpec
from vspec.errors import Place, fail
from vspec.expressions import Column, Extent, Record, Scope, UnknownName, Value
from vspec.header import located
from vspec.header.home import Absent
from vspec.header.located import Located
from vspec.layout import Int64


class Instance(Protocol):
    """One record, as the rows need it (`vspec.header.structs.Struct`)."""

    spec: RecordSpec
    scope: Scope

    @property
    def offset(self) -> int: ...

    @property
    def nbytes(self) -> int: ...

    def names(self) -> Iterable[str]: ...

    def get(self, name: str) -> Value: ...

    def locate(self, name: str) -> object: ...

    def place(self, name: str) -> object: ...

    def field(self, name: str) -> Field | RecordSpec | None: ...

    def let(self, name: str) -> Let | None: ...


class KeyedRows:
    """What all kinds of rows do alike: finding rows by index, key, mask and slice."""

    def __init__(self, name: str, place: Place, key: str | None = None) -> None:
        self.name = name
        self.place = place
        self.key = key

    def __len__(self) -> int:
        raise NotImplementedError

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


class PickedRows(KeyedRows):
    """Some rows of others, in any order."""

    def __init__(self, base: KeyedRows, index: Int64) -> None:
        super().__init__(base.name, base.place, base.key)
        n = len(base)
        if len(index) and not (-n <= index.min() and index.max() < n):
            raise IndexError(int(index.min() if index.min() < -n else index.max()))
        self._base = base
        self._index = index % n if n else index

    def __len__(self) -> int:
        return len(self._index)

    def at(self, i: int) -> Value:
        return self._base.at(int(self._index[i]))

    def names(self) -> Iterable[str]:
        return self._base.names()

    def column(self, name: str) -> Value:
        column = self._base.column(name)
        if isinstance(column, np.ndarray):
            return column[self._index]
        if isinstance(column, KeyedRows):
            return gather([self.at(i).get(name) for i in range(len(self))], name, self.place)  # type: ignore[union-attr]  # rows are records
        return [column[i] for i in self._index.tolist()]  # type: ignore[index]  # a list otherwise

    def locate(self, name: str) -> object:
        if isinstance(self._base, ListRows):
            return stack([self.at(i).locate(name) for i in range(len(self))], name, self)  # type: ignore[union-attr]  # rows are records
        whole = self._base.locate(name)
        if isinstance(whole, Located):
            return located.take(whole, self._base.name, self._index)
        return whole


class ListRows(KeyedRows):
    """Rows that were walked one by one."""

    def __init__(self, spec: RecordSpec, offset: int, rows: Sequence[Instance], nbytes: int) -> None:
        super().__init__(spec.name, spec.place, spec.key)
        self._spec = spec
        self.offset = offset
        self.nbytes = nbytes
        self._rows = rows

    def __len__(self) -> int:
        return len(self._rows)

    def at(self, i: int) -> Record:
        return self._rows[i]

    def names(self) -> Iterable[str]:
        return [f.name for f in self._spec.fields] + [let.name for let in self._spec.lets]

    def column(self, name: str) -> Value:
        if not self._rows and name not in list(self.names()):
            raise UnknownName(name)
        return gather([row.get(name) for row in self._rows], name, self.place)

    def locate(self, name: str) -> object:
        if not self._rows and name not in list(self.names()):
            raise UnknownName(name)
        return stack([row.locate(name) for row in self._rows], name, self)

    def flat(self) -> ListRows:
        """Return itself: the rows are not nested."""
        return self


class JoinedRows(KeyedRows):
    """Rows of several tables (a repeated record inside a repeated one), one after the other."""

    def __init__(self, tables: Sequence[KeyedRows], name: str, place: Place) -> None:
        super().__init__(name, place, tables[0].key if tables else None)
        self._tables = tables
        self._ends = np.cumsum([len(t) for t in tables], dtype=np.int64)

    def __len__(self) -> int:
        return int(self._ends[-1]) if len(self._ends) else 0

    def at(self, i: int) -> Value:
        k = int(np.searchsorted(self._ends, i, side="right"))
        before = int(self._ends[k - 1]) if k else 0
        return self._tables[k].at(i - before)

    def names(self) -> Iterable[str]:
        return self._tables[0].names() if self._tables else []

    def column(self, name: str) -> Value:
        return gather([row.get(name) for row in self], name, self.place)  # type: ignore[union-attr]  # rows are records

    def locate(self, name: str) -> object:
        return stack([row.locate(name) for row in self], name, self)  # type: ignore[union-attr]  # rows are records

    def flat(self) -> JoinedRows:
        """Return itself: its rows are already one after the other."""
        return self


class FiledRows(JoinedRows):
    """Rows of the files of a role: a column lies along the files first, then along the rows of each."""

    def locate(self, name: str) -> object:
        return stack([table.locate(name) for table in self._tables], name, self)


def gather(values: Sequence[Value], name: str, place: Place) -> Value:
    """Return one value per row: a column where the rows hold alike scalars or shapes, else a list."""
    if not values:
        return np.zeros(0, np.int64)
    head = values[0]
    if all(isinstance(v, KeyedRows) for v in values):
        return JoinedRows(values, name, place)  # type: ignore[arg-type]  # all are rows
    if all(isinstance(v, str) for v in values):
        return np.array(values, dtype=object)
    if all(isinstance(v, (bool, int, float)) for v in values):
        return np.array(values)
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
        return located.stack(parts, rows.name, rows.place)  # type: ignore[arg-type]  # all are located
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
