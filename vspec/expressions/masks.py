"""Rows that a condition lets through: values under a mask, and the way back."""

from __future__ import annotations

from collections.abc import Callable, Iterable

import numpy as np

from vspec.expressions.columns import admitted, column_of, gathered
from vspec.expressions.sites import Site
from vspec.expressions.values import Column, Scope, Value

Evaluator = Callable[[Scope], Value]
"""A compiled expression."""


class Masked:
    """A scope seen under a mask: columns show only its rows. ``site`` is the condition."""

    def __init__(self, whole: Scope, mask: Column, site: Site) -> None:
        self.whole = whole
        self.mask = mask
        self.site = site

    def names(self) -> Iterable[str]:
        return self.whole.names()

    def get(self, name: str) -> Value:
        return clipped(admitted(self.whole.get(name)), self.mask, self.site)

    def locate(self, name: str) -> object:
        return self.whole.locate(name)

    def find(self, needle: bytes, start: int | None) -> int:
        return self.whole.find(needle, start)


def masked(scope: Scope, mask: Column, site: Site) -> Masked:
    """Return the scope under a mask, which counts the rows that ``scope`` shows."""
    if not isinstance(scope, Masked):
        return Masked(scope, mask, site)
    inner = np.zeros(scope.mask.shape, np.bool_)
    inner[np.flatnonzero(scope.mask)[mask]] = True
    return Masked(scope.whole, inner, scope.site)


def unmasked(evaluator: Evaluator) -> Evaluator:
    """Return an evaluator that sees all rows, under a mask too."""
    return lambda scope: evaluator(scope.whole if isinstance(scope, Masked) else scope)


def clipping(evaluator: Evaluator) -> Evaluator:
    """Return an evaluator that sees all rows, and lets the mask apply to its result."""

    def run(scope: Scope) -> Value:
        if not isinstance(scope, Masked):
            return evaluator(scope)
        return clipped(evaluator(scope.whole), scope.mask, scope.site)

    return run


def clipped(value: Value, mask: Column, site: Site) -> Value:
    """Return the elements of a column (or list) under a mask; a single value as it is.

    Raises `VspecError` for a column of another length: under a mask it could pass for a fitting one.
    """
    if isinstance(value, np.ndarray) and value.ndim:
        check_rows(value, mask, site)
        return value[mask]
    if isinstance(value, list):
        check_rows(value, mask, site)
        return [v for v, keep in zip(value, mask, strict=True) if keep]
    return value


def check_rows(value: Column | list[Value], mask: Column, site: Site) -> None:
    """Refuse a column that has not one element for each row of a condition."""
    if len(value) != len(mask):
        message = f"{site.shown()} decides {len(mask)} rows, a value beside it has {len(value)} elements"
        raise site.fail("V0229", message, "columns beside a condition have one element for each of its rows")


def one_each(flags: Column, mask: Column, site: Site) -> None:
    """Refuse truth values that are not one for each row of a condition."""
    if flags.ndim > 1:
        shape = " x ".join(map(str, flags.shape))
        message = f"{site.shown()} has {shape} truth values where one for each row is wanted"
        raise site.fail("V0229", message, "any(...) or all(...) makes one truth value of what a row has")
    check_rows(flags, mask, site)


def repeated(value: Value, count: int) -> Column | list[Value]:
    """Return a single value once for each row."""
    column = column_of([value])
    return [value] * count if column is None else np.repeat(column, count)


def merged(mask: Column, yes: Value, no: Value, site: Site) -> Value:
    """Return, row by row, the next of ``yes`` where ``mask`` holds, else the next of ``no``."""
    parts = [(mask, _filled(yes, int(mask.sum()), site)), (~mask, _filled(no, int((~mask).sum()), site))]
    kinds = {v.dtype.kind if isinstance(v, np.ndarray) else "list" for _, v in parts}
    tails = {v.shape[1:] if isinstance(v, np.ndarray) else () for _, v in parts}
    if len(tails) > 1 or not (kinds <= {"i", "f"} or kinds == {"b"}):
        rows: list[Value] = [None] * len(mask)
        for chosen, values in parts:
            for row, value in zip(np.flatnonzero(chosen), values, strict=True):
                rows[row] = admitted(value)
        return gathered(rows)
    kind = np.result_type(*[v for _, v in parts if isinstance(v, np.ndarray)])
    result = np.empty((len(mask), *tails.pop()), kind)
    for chosen, values in parts:
        result[chosen] = values
    return result


def _filled(value: Value, count: int, site: Site) -> Column | list[Value]:
    if isinstance(value, (np.ndarray, list)):
        if len(value) != count:
            raise site.fail("V0229", f"a branch has {len(value)} elements for {count} rows", None)
        column = column_of(value) if isinstance(value, list) else value
        return value if column is None else column
    return repeated(value, count)
