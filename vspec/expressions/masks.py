"""Rows that a condition lets through: values under a mask, and the way back."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import cast

import numpy as np

from vspec.expressions.columns import admitted, column_of, gathered, objects
from vspec.expressions.sites import Site
from vspec.expressions.values import Column, Scope, Value

Evaluator = Callable[[Scope], Value]
"""A compiled expression."""


class Masked:
    """A scope seen under a mask: the columns as long as the mask show only its rows."""

    def __init__(self, whole: Scope, mask: Column) -> None:
        self.whole = whole
        self.mask = mask

    def names(self) -> Iterable[str]:
        return self.whole.names()

    def get(self, name: str) -> Value:
        return clipped(admitted(self.whole.get(name)), self.mask)

    def locate(self, name: str) -> object:
        return self.whole.locate(name)

    def find(self, needle: bytes, start: int | None) -> int:
        return self.whole.find(needle, start)


def masked(scope: Scope, mask: Column) -> Masked:
    """Return the scope under a mask, which counts the rows that ``scope`` shows."""
    if not isinstance(scope, Masked):
        return Masked(scope, mask)
    inner = np.zeros(scope.mask.shape, np.bool_)
    inner[np.flatnonzero(scope.mask)[mask]] = True
    return Masked(scope.whole, inner)


def unmasked(evaluator: Evaluator) -> Evaluator:
    """Return an evaluator that sees all rows, under a mask too."""
    return lambda scope: evaluator(scope.whole if isinstance(scope, Masked) else scope)


def clipping(evaluator: Evaluator) -> Evaluator:
    """Return an evaluator that sees all rows, and lets the mask apply to its result."""

    def run(scope: Scope) -> Value:
        if not isinstance(scope, Masked):
            return evaluator(scope)
        return clipped(evaluator(scope.whole), scope.mask)

    return run


def clipped(value: Value, mask: Column) -> Value:
    """Return the elements of a column (or list) under a mask; anything else as it is."""
    if isinstance(value, np.ndarray) and value.ndim and len(value) == len(mask):
        return value[mask]
    if isinstance(value, list) and len(value) == len(mask):
        return [v for v, keep in zip(value, mask, strict=True) if keep]
    return value


def merged(mask: Column, yes: Value, no: Value, site: Site) -> Value:
    """Return, row by row, the next of ``yes`` where ``mask`` holds, else the next of ``no``."""
    result = [
        _filled(value, count, site) for value, count in ((yes, int(mask.sum())), (no, int((~mask).sum())))
    ]
    if all(isinstance(r, np.ndarray) and r.dtype.kind in "if" for r in result):
        merged = np.empty(mask.shape, np.result_type(*cast("list[Column]", result)))
    elif all(isinstance(r, np.ndarray) and r.dtype.kind == "b" for r in result):
        merged = np.empty(mask.shape, np.bool_)
    else:
        merged = objects([None] * len(mask))
    for chosen, values in ((mask, result[0]), (~mask, result[1])):
        merged[chosen] = values if isinstance(values, np.ndarray) else objects(values)
    return gathered(merged.tolist()) if merged.dtype == object else merged


def _filled(value: Value, count: int, site: Site) -> Column | list[Value]:
    if isinstance(value, (np.ndarray, list)):
        if len(value) != count:
            raise site.fail("V0229", f"a branch has {len(value)} elements for {count} rows", None)
        column = column_of(value) if isinstance(value, list) else value
        return value if column is None else column
    column = column_of([value])
    return [value] * count if column is None else np.repeat(column, count)
