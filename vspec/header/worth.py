"""What rows are worth whose type has a ``value:``."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Protocol, runtime_checkable

from vspec.expressions import Expression, Scope, Value
from vspec.header.rows import KeyedRows, gather


@runtime_checkable
class Valued(Protocol):
    """A record whose type may project to one value."""

    value: Expression | None

    @property
    def scope(self) -> Scope: ...


def worth(rows: KeyedRows) -> Value:
    """Return rows, or what they are worth where their type has a ``value:``."""
    first: object = rows.at(0) if len(rows) else None
    if getattr(first, "value", None) is None or not isinstance(first, Valued):
        return rows
    every: Iterable[object] = rows
    found = (row for row in every if isinstance(row, Valued))
    return gather([row.value.evaluate(row.scope) for row in found if row.value is not None], rows)
