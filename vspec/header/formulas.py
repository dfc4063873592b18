"""Whole-number expressions over many rows at once, including rows that may not be rows at all.

The engine of `vspec.expressions` stops at the first row that has no value. A walk looks ahead, at
places that are perhaps no records: there an expression must give a value where it has one and say
where it has none. A `Formula` does this for the part of the language that gives sizes: whole numbers,
their arithmetic, comparisons, choices and look-ups. What is not in that part has no formula, and what a
formula gives is what the expression gives; the tests hold them against each other.
"""

from __future__ import annotations

import operator
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

Ints = Any
"""An int64 column, or one whole number for all rows."""

Flags = Any
"""A bool column, or one truth value for all rows."""

Columns = Sequence[NDArray[np.int64]]
Row = Sequence[int]
Rowwise = Callable[[Row], int]

MOST = 2**62


class NoFormula(Exception):  # noqa: N818  # a finding: the expression is evaluated row by row then
    """Raised for an expression outside the part of the language that formulas know."""


@dataclass(frozen=True, slots=True)
class Formula:
    """What an expression gives, from the inputs of a row.

    ``columns`` returns values and where they hold; elsewhere they are arbitrary, but within ``low`` and
    ``high``. ``row`` returns one value, or raises `ArithmeticError` or `LookupError`. ``inputs`` are those
    that it looks at; ``linear`` has the factor of each, and of 1 under -1, where that is all there is to it.
    """

    columns: Callable[[Columns], tuple[Ints, Flags]]
    row: Rowwise
    low: int
    high: int
    inputs: frozenset[int]
    is_truth: bool = False
    linear: Mapping[int, int] | None = None

    @property
    def is_constant(self) -> bool:
        """Whether it is the same for all rows."""
        return not self.inputs


def constant(value: int, *, is_truth: bool = False) -> Formula:
    """Return the formula of a value that is the same in all rows."""
    found = _bounded(lambda _: (value, True), lambda _: value, (value, value), frozenset())
    return replace(found, is_truth=True) if is_truth else replace(found, linear={-1: value})


def nowhere() -> Formula:
    """Return a formula that holds nowhere."""

    def row(_: Row) -> int:
        raise LookupError

    return _bounded(lambda _: (0, False), row, (0, 0), frozenset())


def given(i: int, low: int, high: int) -> Formula:
    """Return input ``i``, which lies between ``low`` and ``high``."""
    found = _bounded(lambda c: (c[i], True), operator.itemgetter(i), (low, high), frozenset({i}))
    return replace(found, linear={i: 1})


def _bounded(
    columns: Callable[[Columns], tuple[Ints, Flags]],
    row: Rowwise,
    bounds: tuple[int, int],
    inputs: frozenset[int],
) -> Formula:
    low, high = bounds
    if low < -MOST or high > MOST:
        raise NoFormula
    return Formula(columns, row, low, high, inputs)


def both(a: Flags, b: Flags) -> Flags:
    """Return where both hold, at little cost where one of them holds everywhere."""
    return b if a is True else a if b is True else a & b


# --- arithmetic


def combine(symbol: str, a: Formula, b: Formula) -> Formula:
    """Return ``a symbol b`` for an operator of whole numbers."""
    if a.is_truth and b.is_truth and symbol in "&|^":
        raise NoFormula
    if symbol in ("//", "%"):
        return _divided(symbol, a, b)
    if symbol in ("<<", ">>") and not (b.is_constant and 0 <= b.low <= 62):
        raise NoFormula
    if symbol not in _OPERATORS:
        raise NoFormula
    do, bounds = _OPERATORS[symbol]
    left, right, first, second = a.columns, b.columns, a.row, b.row

    def columns(c: Columns) -> tuple[Ints, Flags]:
        (x, x_holds), (y, y_holds) = left(c), right(c)
        return do(_number(x), _number(y)), both(x_holds, y_holds)

    limits = bounds(a.low, a.high, b.low, b.high)
    linear = _linear(symbol, a.linear, b.linear)
    found = _bounded(columns, lambda r: do(int(first(r)), int(second(r))), limits, a.inputs | b.inputs)
    return found if linear is None else _simplified(replace(found, linear=linear), linear)


def _simplified(found: Formula, linear: Mapping[int, int]) -> Formula:
    """Return the same with less to do where it is ``base + factor * input``."""
    base = linear.get(-1, 0)
    terms = [(i, factor) for i, factor in linear.items() if i >= 0 and factor != 0]
    if not terms and not found.inputs:
        return constant(base)
    if len(terms) != 1 or len(found.inputs) != 1:
        return found
    ((i, factor),) = terms
    if factor == 1:
        return replace(found, columns=lambda c: (c[i] + base, True), row=lambda r: r[i] + base)
    return replace(found, columns=lambda c: (c[i] * factor + base, True), row=lambda r: r[i] * factor + base)


def _number(x: Ints) -> Ints:
    """Return truth values as 0 and 1."""
    if isinstance(x, np.ndarray):
        return x.astype(np.int64) if x.dtype == bool else x
    return int(x)


def _product(a: int, b: int, c: int, d: int) -> tuple[int, int]:
    corners = (a * c, a * d, b * c, b * d)
    return min(corners), max(corners)


def _bits(a: int, b: int, c: int, d: int) -> tuple[int, int]:
    width = max(abs(a), abs(b), abs(c), abs(d)).bit_length()
    return (0 if min(a, c) >= 0 else -(2**width)), 2**width - 1


_Bounds = Callable[[int, int, int, int], tuple[int, int]]
_OPERATORS: Mapping[str, tuple[Callable[[Any, Any], Any], _Bounds]] = {
    "+": (operator.add, lambda a, b, c, d: (a + c, b + d)),
    "-": (operator.sub, lambda a, b, c, d: (a - d, b - c)),
    "*": (operator.mul, _product),
    "&": (operator.and_, _bits),
    "|": (operator.or_, _bits),
    "^": (operator.xor, _bits),
    "<<": (operator.lshift, lambda a, b, c, _: (min(a << c, a), max(b << c, b))),
    ">>": (operator.rshift, lambda a, b, _c, _d: (min(a, 0), max(b, 0))),
}


def _linear(symbol: str, a: Mapping[int, int] | None, b: Mapping[int, int] | None) -> dict[int, int] | None:
    if a is None or b is None or symbol not in ("+", "-", "*"):
        return None
    if symbol == "*":
        if set(a) - {-1} and set(b) - {-1}:
            return None
        factor, terms = (a.get(-1, 0), b) if not set(a) - {-1} else (b.get(-1, 0), a)
        return {k: v * factor for k, v in terms.items()}
    sign = 1 if symbol == "+" else -1
    return {k: a.get(k, 0) + sign * b.get(k, 0) for k in {*a, *b}}


def _divided(symbol: str, a: Formula, b: Formula) -> Formula:
    whole = symbol == "//"
    do: Callable[[Any, Any], Any] = operator.floordiv if whole else operator.mod
    left, right, first, second = a.columns, b.columns, a.row, b.row

    def columns(c: Columns) -> tuple[Ints, Flags]:
        (x, x_holds), (y, y_holds) = left(c), right(c)
        x, y, holds = _number(x), _number(y), both(x_holds, y_holds)
        if not isinstance(y, np.ndarray):
            return (do(x, y), holds) if y else (x * 0, False)
        return do(x, np.where(y == 0, 1, y)), both(holds, y != 0)

    most = max(abs(a.low), abs(a.high))
    bounds = (-most, most) if whole else (min(b.low, 0), max(b.high, 0))
    if whole and a.low >= 0 and b.low >= 0:
        bounds = (0, most)
    return _bounded(columns, lambda r: do(int(first(r)), int(second(r))), bounds, a.inputs | b.inputs)


def inverted(a: Formula) -> Formula:
    """Return ``~a``."""
    if a.is_truth:
        raise NoFormula

    def columns(c: Columns) -> tuple[Ints, Flags]:
        x, holds = a.columns(c)
        return ~x, holds

    return _bounded(columns, lambda r: ~a.row(r), (~a.high, ~a.low), a.inputs)


def extreme(a: Formula, b: Formula, *, largest: bool) -> Formula:
    """Return the smaller or the larger of two numbers."""
    if a.is_truth or b.is_truth:
        raise NoFormula
    do, one = (np.maximum, max) if largest else (np.minimum, min)

    def columns(c: Columns) -> tuple[Ints, Flags]:
        (x, x_holds), (y, y_holds) = a.columns(c), b.columns(c)
        return do(x, y), both(x_holds, y_holds)

    bounds = one(a.low, b.low), one(a.high, b.high)
    return _bounded(columns, lambda r: one(a.row(r), b.row(r)), bounds, a.inputs | b.inputs)


# --- truth


def compared(symbol: str, a: Formula, b: Formula) -> Formula:
    """Return the truth of a comparison of two numbers."""
    if a.is_truth or b.is_truth or symbol not in _COMPARISONS:
        raise NoFormula
    do = _COMPARISONS[symbol]

    def columns(c: Columns) -> tuple[Ints, Flags]:
        (x, x_holds), (y, y_holds) = a.columns(c), b.columns(c)
        return do(x, y), both(x_holds, y_holds)

    first, second, fixed = a.row, b.row, b.low
    row: Rowwise = (lambda r: do(first(r), fixed)) if b.is_constant else (lambda r: do(first(r), second(r)))
    return _truth(columns, row, a.inputs | b.inputs)


_COMPARISONS: Mapping[str, Callable[[Any, Any], Any]] = {
    "==": operator.eq,
    "!=": operator.ne,
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
}


def _truth(columns: Callable[[Columns], tuple[Ints, Flags]], row: Rowwise, inputs: frozenset[int]) -> Formula:
    return Formula(columns, row, 0, 1, inputs, is_truth=True)


def among(a: Formula, values: Sequence[int], *, negated: bool) -> Formula:
    """Return whether a number is one of some others (or none of them)."""
    if a.is_truth:
        raise NoFormula
    held, column = frozenset(values), np.array(sorted(values), np.int64)

    def columns(c: Columns) -> tuple[Ints, Flags]:
        x, holds = a.columns(c)
        return np.isin(x, column, invert=negated), holds

    return _truth(columns, lambda r: (a.row(r) in held) != negated, a.inputs)


def truth(a: Formula) -> Formula:
    """Return a number as true or false."""
    if a.is_truth:
        return a

    def columns(c: Columns) -> tuple[Ints, Flags]:
        x, holds = a.columns(c)
        return x != 0, holds

    return _truth(columns, lambda r: a.row(r) != 0, a.inputs)


def negated(a: Formula) -> Formula:
    """Return ``not a``."""
    flags = truth(a)

    def columns(c: Columns) -> tuple[Ints, Flags]:
        x, holds = flags.columns(c)
        return np.logical_not(x), holds

    return _truth(columns, lambda r: not flags.row(r), a.inputs)


def joined(a: Formula, b: Formula, *, is_and: bool) -> Formula:
    """Return ``a and b`` or ``a or b``: where the first decides, the second need not hold."""
    a, b = truth(a), truth(b)
    do = np.logical_and if is_and else np.logical_or

    def columns(c: Columns) -> tuple[Ints, Flags]:
        (x, x_holds), (y, y_holds) = a.columns(c), b.columns(c)
        decided = np.logical_not(x) if is_and else x
        return do(x, y), x_holds if y_holds is True else both(x_holds, y_holds | decided)

    row: Rowwise = (lambda r: a.row(r) and b.row(r)) if is_and else (lambda r: a.row(r) or b.row(r))
    return _truth(columns, row, a.inputs | b.inputs)


# --- choices


def chosen(test: Formula, yes: Formula, no: Formula) -> Formula:
    """Return ``yes if test else no``: only what is chosen need hold."""
    if yes.is_truth != no.is_truth:
        raise NoFormula
    test = truth(test)

    def columns(c: Columns) -> tuple[Ints, Flags]:
        flags, known = test.columns(c)
        (x, x_holds), (y, y_holds) = yes.columns(c), no.columns(c)
        if y_holds is False:
            return x, both(both(known, flags), x_holds)
        holds = known
        if x_holds is not True or y_holds is not True:
            holds = both(known, np.where(flags, x_holds, y_holds))
        return np.where(flags, x, y), holds

    bounds = min(yes.low, no.low), max(yes.high, no.high)
    inputs = test.inputs | yes.inputs | no.inputs
    found = _bounded(columns, lambda r: yes.row(r) if test.row(r) else no.row(r), bounds, inputs)
    return replace(found, is_truth=yes.is_truth)


def looked_up(table: Mapping[int, int], key: Formula) -> Formula:
    """Return ``table[key]``; it does not hold for other keys."""
    if key.is_truth or not table:
        raise NoFormula
    if key.is_constant:
        return constant(table[key.low]) if key.low in table else nowhere()
    held = dict(sorted(table.items()))
    keys, values = np.array(list(held), np.int64), np.array(list(held.values()), np.int64)

    def columns(c: Columns) -> tuple[Ints, Flags]:
        x, holds = key.columns(c)
        at = np.minimum(np.searchsorted(keys, x), len(keys) - 1)
        return values[at], both(holds, keys[at] == x)

    bounds = min(held.values()), max(held.values())
    return _bounded(columns, lambda r: held[key.row(r)], bounds, key.inputs)
