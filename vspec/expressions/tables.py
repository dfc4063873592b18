"""Rows over plain columns: what text headers and ``runs()`` give."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import cast

import numpy as np

from vspec.expressions.values import Column, UnknownName, Value


@dataclass(frozen=True, slots=True)
class Row:
    """Named values that lie nowhere in particular: one row of a table, the captures of a line."""

    values: Mapping[str, Value]

    def names(self) -> Iterable[str]:
        return self.values

    def get(self, name: str) -> Value:
        if name not in self.values:
            raise UnknownName(name)
        return self.values[name]

    def locate(self, name: str) -> object:
        raise UnknownName(name)


@dataclass(frozen=True, slots=True, eq=False)
class Table:
    """Columns of one length: numpy arrays, of ``object`` where they hold text or ``none``.

    >>> table = Table({"n": np.array([3, 4]), "unit": column(["uV", "mV"])})
    >>> table.row(-1).get("unit")
    'mV'
    """

    columns: Mapping[str, Column]

    def __len__(self) -> int:
        return len(next(iter(self.columns.values()), ()))

    def __iter__(self) -> Iterator[Row]:
        return (self.row(i) for i in range(len(self)))

    def names(self) -> Iterable[str]:
        return self.columns

    def column(self, name: str) -> Column:
        if name not in self.columns:
            raise UnknownName(name)
        return self.columns[name]

    def locate(self, name: str) -> object:
        raise UnknownName(name)

    def row(self, key: int | str) -> Row:
        if isinstance(key, str):
            raise KeyError(key)
        return Row({name: plain(values[key]) for name, values in self.columns.items()})

    def take(self, index: Column | slice) -> Table:
        return Table({name: values[index] for name, values in self.columns.items()})

    def keys(self) -> Iterable[object]:
        return range(len(self))

    def has(self, key: object) -> bool:
        return isinstance(key, int) and not isinstance(key, bool) and -len(self) <= key < len(self)


def plain(cell: object) -> Value:
    """Return one cell of a column as an ordinary Python value."""
    return cast("Value", cell.item() if isinstance(cell, np.generic) else cell)


def column(values: Sequence[Value], kind: str | None = None) -> Column:
    """Return values as a column: int64, float64 or bool where all are such, else of ``object``.

    ``kind`` (int or float) decides for an empty one. Whole numbers must have 64 bits.
    """
    types = {type(value) for value in values} or {{"int": int, "float": float}.get(kind or "", str)}
    if types == {bool}:
        return np.array(values, np.bool_)
    if all(issubclass(t, int) and t is not bool for t in types):
        return np.array(values, np.int64)
    if all(issubclass(t, (int, float)) and t is not bool for t in types):
        return np.array(values, np.float64)
    made: Column = np.empty(len(values), object)
    for i, value in enumerate(values):  # a slice would take columns of one length apart
        made[i] = value
    return made
