"""Functions of numbers."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable
from typing import cast

import numpy as np

from vspec.expressions.access import whole
from vspec.expressions.arithmetic import Operand, check_shapes, extent, operand, overflow, refuse_infinite
from vspec.expressions.columns import INT_MAX, INT_MIN, column_of
from vspec.expressions.comparison import compare
from vspec.expressions.functions.registry import MANY, Call, Function, table
from vspec.expressions.values import Column, Value


def numeric(call: Call, value: Value, part: int = 0) -> Column:
    """Return a list or column of numbers as a flat column; refuse anything else."""
    column = column_of(value) if isinstance(value, list) else value
    if not isinstance(column, np.ndarray) or column.dtype.kind not in "bif":
        raise call.refuse(part, value, "a list or column of numbers")
    flat = column.ravel()
    return flat.astype(np.int64) if flat.dtype.kind == "b" else flat


def _sum(call: Call, values: list[Value]) -> Value:
    column = numeric(call, values[0])
    if column.dtype.kind == "f":
        return float(math.fsum(column)) if np.isfinite(column).all() else float(column.sum())
    low, high = extent(column)
    if max(abs(low), abs(high)) * max(1, column.size) <= INT_MAX:
        return int(column.sum())
    return _in_range(sum(map(int, column)), "the sum", call)


def _in_range(value: int, what: str, call: Call) -> int:
    if not INT_MIN <= value <= INT_MAX:
        raise overflow(what, value, call.site)
    return value


def _prod(call: Call, values: list[Value]) -> Value:
    column = numeric(call, values[0])
    if column.dtype.kind == "f":
        with np.errstate(all="ignore"):
            result = float(column.prod())
        refuse_infinite(result, (column,) if column.size else (), "the product", call.site)
        return result
    if column.size and not column.all():
        return 0
    product = 1
    for factor in map(int, column[np.abs(column) != 1]):
        product = _in_range(product * factor, "the product", call)
    return -product if np.count_nonzero(column == -1) % 2 else product


def _extreme(pick: Callable[[Column], Value], symbol: str) -> Callable[[Call, list[Value]], Value]:
    def run(call: Call, values: list[Value]) -> Value:
        if len(values) > 1:
            best = values[0]
            for part in range(1, len(values)):
                best = _better(call, symbol, best, values[part], part)
            return best
        column = numeric(call, values[0])
        if not column.size:
            help = "ask first: ... if len(x) > 0 else ..."
            raise call.site.fail(
                "V0237", f"{call.function.name} of nothing: {call.site.name(0)} is empty", help, 0
            )
        best_of: Value = cast("np.generic", pick(column)).item()
        return best_of

    return run


def _better(call: Call, symbol: str, best: Value, value: Value, part: int) -> Value:
    left, right = operand(best, call.site, part - 1), operand(value, call.site, part)
    wins = compare(symbol, left, right, call.site)
    if isinstance(wins, bool):
        return left if wins else right
    return np.where(wins, left, right)


def _rounding(
    scalar: Callable[[float], int], column: Callable[[Column], Column]
) -> Callable[[Call, list[Value]], Value]:
    def run(call: Call, values: list[Value]) -> Value:
        number = operand(values[0], call.site, 0)
        if len(values) == 2:
            return _to_digits(call, number, whole(values[1], call.site, 1))
        if isinstance(number, np.ndarray):
            return number if number.dtype.kind == "i" else _whole_column(call, column(number))
        if isinstance(number, int):
            return number
        _refuse_unbounded(call, not math.isfinite(number) or abs(number) >= 2**63)
        return scalar(number)

    return run


def _to_digits(call: Call, number: Operand, digits: int) -> Value:
    if not 0 <= digits <= 15:
        raise call.site.fail(
            "V0227", f"round keeps 0 to 15 decimals, not {digits}", f"usage: {call.function.usage}", 1
        )
    if isinstance(number, np.ndarray):
        call.site.check_objects(number.size)
        return np.array([round(float(v), digits) for v in number.flat]).reshape(number.shape)
    return round(float(number), digits)


def _whole_column(call: Call, column: Column) -> Column:
    _refuse_unbounded(call, bool(column.size) and not bool((np.abs(column) < 2.0**63).all()))
    return column.astype(np.int64)


def _refuse_unbounded(call: Call, bad: bool) -> None:  # noqa: FBT001  # asked at two places in two ways
    if bad:
        message = f"{call.site.name(0)} is too large for a whole number, or no number"
        raise call.site.fail("V0230", message, "are values from the file sensible?", 0)


def _abs(call: Call, values: list[Value]) -> Value:
    number = operand(values[0], call.site, 0)
    if extent(number)[0] == INT_MIN if not _is_float(number) else False:
        raise overflow(f"abs({INT_MIN})", -INT_MIN, call.site)
    return (
        np.abs(number)
        if isinstance(number, np.ndarray)
        else abs(float(number))
        if isinstance(number, float)
        else abs(number)
    )


def _is_float(number: Operand) -> bool:
    return number.dtype.kind == "f" if isinstance(number, np.ndarray) else isinstance(number, float)


def _pow(call: Call, values: list[Value]) -> Value:
    base, exponent = (operand(v, call.site, i) for i, v in enumerate(values))
    if not isinstance(base, np.ndarray) and not isinstance(exponent, np.ndarray):
        return power(call, base, exponent)
    check_shapes(base, exponent, call.site)
    call.site.check_objects(max(np.size(base), np.size(exponent)))
    left, right = np.broadcast_arrays(base, exponent)
    results = [power(call, x, y) for x, y in zip(left.ravel().tolist(), right.ravel().tolist(), strict=True)]
    kind = np.float64 if any(isinstance(r, float) for r in results) else np.int64
    return np.array(results, kind).reshape(left.shape)


def power(call: Call, base: float, exponent: float) -> int | float:
    """Return a power: whole for whole numbers, refused when it does not fit, without computing it."""
    if isinstance(base, int) and isinstance(exponent, int) and exponent >= 0:
        if abs(base) > 1 and (abs(base).bit_length() - 1) * exponent > 63:
            raise overflow(f"pow({base}, {exponent})", 2**300, call.site)
        if abs(base) <= 1:
            exponent = min(exponent, 2 + exponent % 2)
        return _in_range(int(base**exponent), f"pow({base}, {exponent})", call)
    if base == 0 and exponent < 0:
        raise call.site.fail("V0231", f"division by zero: pow(0, {exponent})", part=0)
    try:
        result = math.pow(base, exponent)
    except OverflowError:
        result = math.inf
    except ValueError:
        raise call.site.fail("V0240", f"pow({base}, {exponent}) is not a real number", part=0) from None
    refuse_infinite(result, (float(base), float(exponent)), "the power", call.site)
    return result


def _lcm(call: Call, values: list[Value]) -> Value:
    flat: Iterable[Value] = values
    if len(values) == 1 and _many(values[0]):
        flat = (number.item() for number in numeric(call, values[0]))
    result = 1
    for part, value in enumerate(flat):
        result = math.lcm(result, whole(value, call.site, part if len(values) > 1 else 0))
        _in_range(result, "the least common multiple", call)
    return result


def _many(value: Value) -> bool:
    return isinstance(value, (list, np.ndarray))


FUNCTIONS = table(
    Function("sum", "sum(numbers)", _sum),
    Function("prod", "prod(numbers)", _prod),
    Function("min", "min(numbers)  or  min(a, b, ...)", _extreme(np.min, "<="), 1, MANY),
    Function("max", "max(numbers)  or  max(a, b, ...)", _extreme(np.max, ">="), 1, MANY),
    Function("abs", "abs(number)", _abs, elementwise=True),
    Function(
        "round",
        "round(number)  or  round(number, decimals)",
        _rounding(round, np.rint),
        1,
        2,
        elementwise=True,
    ),
    Function("ceil", "ceil(number)", _rounding(math.ceil, np.ceil), elementwise=True),
    Function("floor", "floor(number)", _rounding(math.floor, np.floor), elementwise=True),
    Function("pow", "pow(base, exponent)", _pow, 2, 2, elementwise=True),
    Function("lcm", "lcm(numbers)  or  lcm(a, b, ...)", _lcm, 1, MANY),
)
