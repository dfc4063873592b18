"""Columns of rows that were found one after the other, without making a row for each value."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace

import numpy as np

from vspec.card.model import Field
from vspec.card.model import Record as RecordSpec
from vspec.expressions import Column, Extent, Value
from vspec.header.found_rows import FoundRows
from vspec.header.home import Home
from vspec.header.instances import Instance
from vspec.header.row_fields import RowFields
from vspec.header.row_names import NoFormula
from vspec.header.rows import KeyedRows, ListRows, PickedRows, gather, stack


class WalkedRows(ListRows):
    """Rows by where they begin: what lies alike in all of them is read at once, the rest row by row."""

    def __init__(self, spec: RecordSpec, offset: int, rows: FoundRows, nbytes: int, home: Home) -> None:
        super().__init__(spec, offset, rows, nbytes)
        self._found = rows
        self._home = home

    @property
    def starts(self) -> Column:
        """Where each row begins."""
        return self._found.starts

    def fields(self) -> RowFields:
        """Return what is known of the fields of all rows; raises `NoFormula` where there are no rows."""
        return RowFields.of(self._found, self._home)

    def column(self, name: str) -> Value:
        return _column(self, name, ())

    def locate(self, name: str) -> object:
        return _locate(self, name, ())

    def take(self, index: Column | slice) -> KeyedRows:
        picked = super().take(index)
        if not len(picked) or not isinstance(picked, PickedRows):
            return picked
        some = FoundRows(self._found.starts[picked.index], self._found.make)
        return WalkedRows(self._spec, self.offset, some, self.nbytes, self._home)


class WalkedRecord(KeyedRows):
    """A record at the beginning of each row that was found: as many rows, along the same axis."""

    def __init__(self, rows: WalkedRows, path: tuple[str, ...]) -> None:
        super().__init__(rows.name, rows.place)
        self._rows = rows
        self._path = path

    def __len__(self) -> int:
        return len(self._rows)

    def at(self, i: int) -> Value:
        return _inside(self._rows.at(i), self._path)

    def names(self) -> Iterable[str]:
        return _inside(self._rows.at(0), self._path).names()

    def column(self, name: str) -> Value:
        return _column(self._rows, name, self._path)

    def locate(self, name: str) -> object:
        return _locate(self._rows, name, self._path)
