"""Columns of rows that were found one after the other, without making a row for each value."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import numpy as np

from vspec.card.model import Record as RecordSpec
from vspec.errors import VspecError
from vspec.expressions import Column, Record, Value
from vspec.header.elementwise import Columns, is_elementwise
from vspec.header.formulas import NoFormula
from vspec.header.found_rows import FoundRows
from vspec.header.home import Home
from vspec.header.instances import Instance
from vspec.header.row_fields import RowFields
from vspec.header.rows import KeyedRows, ListRows, PickedRows, gather, stack


class WalkedRows(ListRows):
    """Rows by where they begin: what lies alike in all of them is read at once, the rest row by row."""

    def __init__(self, spec: RecordSpec, offset: int, rows: FoundRows, nbytes: int, home: Home) -> None:
        super().__init__(spec, offset, rows, nbytes)
        self.found = rows
        self._record = spec
        self.home = home

    @property
    def first(self) -> Instance:
        """The first row; there is one."""
        return self.found[0]

    def fields(self) -> RowFields:
        """Return the fields of all rows."""
        return RowFields.of(self.found, self.home)

    def is_number(self, name: str) -> bool:
        """Tell whether a field has one number in each row, which needs no row to be made."""
        return self.fields().is_number(name)

    def column(self, name: str) -> Value:
        try:
            return self._quick(name)
        except (NoFormula, VspecError):
            return super().column(name)

    def _quick(self, name: str) -> Value:
        """Return a column without making the rows; raises `NoFormula`, or what is wrong with a value."""
        fields = self.fields()
        try:
            found = fields.column(name)
        except NoFormula:
            let = self.first.let(name)
            if let is not None and is_elementwise(let.value, self):
                return self._spread(let.value.evaluate(Columns(self, self.first.scope)))
            fields.inner(name)
            return WalkedRecord(self, (name,))
        return gather(found, self) if isinstance(found, list) else found

    def _spread(self, value: Value) -> Value:
        """Return a value as a column: one that no field is in is the same in all rows."""
        return value if isinstance(value, np.ndarray) else gather([value] * len(self), self)

    def locate(self, name: str) -> object:
        try:
            return self.fields().locate(name, self.name)
        except NoFormula:
            return super().locate(name)

    def take(self, index: Column | slice) -> KeyedRows:
        picked = super().take(index)
        if not len(picked) or not isinstance(picked, PickedRows):
            return picked
        some = FoundRows(self.found.starts[picked.index], self.found.make)
        return WalkedRows(self._record, self.offset, some, self.nbytes, self.home)


class WalkedRecord(KeyedRows):
    """A record at the beginning of each row that was found: as many rows, along the same axis."""

    def __init__(self, rows: WalkedRows, path: tuple[str, ...]) -> None:
        super().__init__(rows.name, rows.place)
        self._rows = rows
        self._path = path

    def __len__(self) -> int:
        return len(self._rows)

    def at(self, i: int) -> Record:
        record: Value = self._rows.at(i)
        for name in self._path:
            assert isinstance(record, Record), "a path leads through records"
            record = record.get(name)
        assert isinstance(record, Record), "a path leads to a record"
        return record

    def names(self) -> Iterable[str]:
        return self.at(0).names()

    def _fields(self) -> RowFields:
        fields = self._rows.fields()
        for name in self._path:
            fields = fields.inner(name)
        return fields

    def column(self, name: str) -> Value:
        try:
            return self._quick(name)
        except (NoFormula, VspecError):
            return gather([self.at(i).get(name) for i in range(len(self))], self)

    def _quick(self, name: str) -> Value:
        fields = self._fields()
        try:
            found = fields.column(name)
        except NoFormula:
            fields.inner(name)
            return WalkedRecord(self._rows, (*self._path, name))
        return gather(found, self) if isinstance(found, list) else found

    def locate(self, name: str) -> object:
        try:
            return self._fields().locate(name, self.name)
        except NoFormula:
            return stack([self.at(i).locate(name) for i in range(len(self))], name, self)

    def take(self, index: Column | slice) -> KeyedRows:
        taken = self._rows.take(index)
        return WalkedRecord(taken, self._path) if isinstance(taken, WalkedRows) else super().take(index)


def walked(spec: RecordSpec, offset: int, rows: Sequence[Instance], nbytes: int, home: Home) -> ListRows:
    """Return rows as they were found: where they were not made, their columns do not make them either."""
    if isinstance(rows, FoundRows):
        return WalkedRows(spec, offset, rows, nbytes, home)
    return ListRows(spec, offset, rows, nbytes)
