"""Values that mean the same over all rows at once as in each of them."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Protocol

import numpy as np

from vspec.expressions import Expression, Scope, UnknownName, Value
from vspec.header.instances import Instance
from vspec.header.rows import KeyedRows


class Columnar(Protocol):
    """Rows that have columns."""

    @property
    def first(self) -> Instance: ...

    def names(self) -> Iterable[str]: ...

    def column(self, name: str) -> Value: ...

    def locate(self, name: str) -> object: ...

    def is_number(self, name: str) -> bool:
        """Tell whether a field has one value in each row, so that its column has one axis."""


def is_elementwise(value: Expression, rows: Columnar) -> bool:
    """Tell whether an expression means the same over all rows at once as in each of them."""
    around = value.names - set(rows.names())
    if not value.elementwise_with(around) or value.names & {"start", "here", "prev"}:
        return False
    own = value.names - around
    return all(_is_one_number(name, rows) for name in own) and all(_is_scalar(n, rows.first) for n in around)


def _is_one_number(name: str, rows: Columnar) -> bool:
    let = rows.first.let(name)
    return rows.is_number(name) if let is None else is_elementwise(let.value, rows)


def _is_scalar(name: str, row: Instance) -> bool:
    """Tell whether an outer name is one value, or a table to look up in."""
    try:
        value = row.scope.get(name)
    except UnknownName:
        return False
    return not isinstance(value, (list, np.ndarray, KeyedRows))


class Columns:
    """The scope of an expression over all rows at once: own names are columns."""

    def __init__(self, rows: Columnar, outer: Scope) -> None:
        self._rows = rows
        self._outer = outer

    def names(self) -> Iterable[str]:
        return [*self._rows.names(), *self._outer.names()]

    def get(self, name: str) -> Value:
        if name in set(self._rows.names()):
            return self._rows.column(name)
        return self._outer.get(name)

    def locate(self, name: str) -> object:
        return self._rows.locate(name)

    def find(self, needle: bytes, start: int | None) -> int:
        return self._outer.find(needle, start)
