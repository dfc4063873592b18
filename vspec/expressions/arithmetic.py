"""Checked arithmetic: whole numbers within 64 bits, on scalars and on columns alike."""

from __future__ import annotations

import operator
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from vspec.expressions.columns import INT_MAX, INT_MIN, column_kind, described, objects, settled
from vspec.expressions.sites import Site
from vspec.expressions.values import Column, Value

Number = int | float
Operand = Number | Column

_EXACT = 2**53
_PLAIN = "calculate with numbers, or with columns of numbers"
_CONVERT = "convert it first: int(...) or float(...)"


@dataclass(frozen=True, slots=True)
class Operation:
    """An operator: ``scalar`` is Python's, in which numpy's columns take part.

    ``bounds`` gives the smallest and largest result from those of the operands, in Python's
    unbounded integers. ``whole`` operators take whole numbers only.
    """

    symbol: str
    scalar: Callable[[int, int], int]
    bounds: Callable[[int, int, int, int], tuple[int, int]]
    whole: bool = False


def _corners(a: int, b: int, c: int, d: int) -> tuple[int, int]:
    products = (a * c, a * d, b * c, b * d)
    return min(products), max(products)


def _shifted(a: int, b: int, c: int, d: int) -> tuple[int, int]:
    return min(a << c, a << d), max(b << c, b << d)


def _within(a: int, b: int, c: int, d: int) -> tuple[int, int]:
    return min(a, c), max(b, d)


def _quotients(a: int, b: int, _c: int, _d: int) -> tuple[int, int]:
    return min(a, -b), max(b, -a)


OPERATIONS: dict[str, Operation] = {
    o.symbol: o
    for o in (
        Operation("+", operator.add, lambda a, b, c, d: (a + c, b + d)),
        Operation("-", operator.sub, lambda a, b, c, d: (a - d, b - c)),
        Operation("*", operator.mul, _corners),
        Operation("//", operator.floordiv, _quotients),
        Operation("%", operator.mod, _within),
        Operation("<<", operator.lshift, _shifted, whole=True),
        Operation(">>", operator.rshift, lambda a, b, _c, _d: (min(a, 0), max(b, 0)), whole=True),
        Operation("&", operator.and_, _within, whole=True),
        Operation("|", operator.or_, _within, whole=True),
        Operation("^", operator.xor, _within, whole=True),
    )
}


def combine(symbol: str, left: Value, right: Value, site: Site) -> Value:
    """Return ``left symbol right``; raise `VspecError` with the place of ``site``."""
    if symbol == "+" and (joined := _joined(left, right, site)) is not None:
        return joined
    if symbol in "&|^" and _are_truths(left, right):
        return _truth_bits(symbol, left, right, site)
    a, b = operand(left, site, 0), operand(right, site, 1)
    check_shapes(a, b, site)
    if symbol in ("/", "//", "%"):
        _refuse_zero(b, site)
    if symbol == "/":
        return _divide(a, b, site)
    operation = OPERATIONS[symbol]
    if _is_whole(a) and _is_whole(b):
        return _on_ints(operation, a, b, site)
    if operation.whole:
        bad = 1 if _is_whole(a) else 0
        raise site.fail(
            "V0233", f"'{symbol}' takes whole numbers, {site.name(bad)} is {described((a, b)[bad])}", part=bad
        )
    return _on_floats(operation, a, b, site)


def operand(value: Value, site: Site, part: int) -> Operand:
    """Return a value as something to calculate with; truth values count as 0 and 1."""
    if isinstance(value, bool):
        return int(value)
    if isinstance(value, (int, float)):
        return value
    column = settled(value)
    if isinstance(column, np.ndarray):
        if column.dtype.kind == "b":
            return column.astype(np.int64)
        if column.dtype.kind in "if" or not column.size:
            return column if column.size else np.empty(column.shape, np.int64)
    raise _not_number(column, site, part)


def _not_number(value: Value, site: Site, part: int) -> Exception:
    name = site.name(part)
    elements = value if isinstance(value, list) else []
    absent = next((k for k, element in enumerate(elements) if element is None), None)
    if value is None or absent is not None:
        which = name if absent is None else f"element {absent} of {name}"
        help = "give it a value with 'else', or ask first: x if x != none else 0"
        return site.fail("V0225", f"{which} is none (absent) and cannot be calculated with", help, part)
    textual = isinstance(value, str) or (isinstance(value, np.ndarray) and column_kind(value) == "text")
    nested = any(isinstance(element, (list, np.ndarray)) for element in elements)
    plain = "flat(...) makes one column of lists that differ in length" if nested else _PLAIN
    help = _CONVERT if textual else plain
    return site.fail("V0226", f"{name} is {described(value)}, not a number", help, part)


def negate(value: Value, site: Site) -> Value:
    """Return ``-value``."""
    return combine("-", 0, value, site) if _all_whole(value) else _scaled(value, site)


def invert(value: Value, site: Site) -> Value:
    """Return ``~value``, the bits of a whole number turned over."""
    if _are_truths(value, value):
        raise site.fail("V0226", f"'~' on {described(value)} turns over bits", "write not ...")
    number = operand(value, site, 0)
    if not _is_whole(number):
        raise site.fail("V0233", f"'~' takes whole numbers, {site.name(0)} is {described(number)}")
    return ~number  # type: ignore[operator]  # whole, as just asked


def _scaled(value: Value, site: Site) -> Value:
    number = operand(value, site, 0)
    return -number


def _all_whole(value: Value) -> bool:
    return not isinstance(value, float) and not (isinstance(value, np.ndarray) and value.dtype.kind == "f")


def _is_whole(value: Operand) -> bool:
    return value.dtype.kind == "i" if isinstance(value, np.ndarray) else isinstance(value, int)


def check_shapes(a: Operand, b: Operand, site: Site) -> None:
    """Refuse two columns of different lengths."""
    if isinstance(a, np.ndarray) and isinstance(b, np.ndarray) and a.shape != b.shape:
        raise lengths_differ(a, b, site)


def lengths_differ(a: Column, b: Column, site: Site) -> Exception:
    """Return the error that two columns do not go together."""
    sizes = [" x ".join(str(n) for n in x.shape) for x in (a, b)]
    message = f"{site.name(0)} has {sizes[0]} elements, {site.name(1)} has {sizes[1]}"
    return site.fail("V0229", message, "columns are combined element by element: they must be equally long")


def extent(value: Operand) -> tuple[int, int]:
    """Return the smallest and the largest element of whole numbers, as Python integers."""
    if isinstance(value, np.ndarray):
        return (int(value.min()), int(value.max())) if value.size else (0, 0)
    return int(value), int(value)


def _on_ints(operation: Operation, a: Operand, b: Operand, site: Site) -> Value:
    (low, high), (small, large) = extent(a), extent(b)
    if operation.symbol in ("<<", ">>") and not 0 <= small <= large <= 63:
        amount = small if small < 0 else large
        raise site.fail("V0232", f"a shift by {amount}: the amount must lie between 0 and 63", part=1)
    if not isinstance(a, np.ndarray) and not isinstance(b, np.ndarray):
        result = operation.scalar(int(a), int(b))
        if not INT_MIN <= result <= INT_MAX:
            raise overflow(f"{a} {operation.symbol} {b}", result, site)
        return result
    least, most = operation.bounds(low, high, small, large)
    if operation.symbol in ("&", "|", "^", "%", ">>") or INT_MIN <= least <= most <= INT_MAX:
        return operation.scalar(a, b)  # type: ignore[arg-type]  # numpy takes part in operators
    return _exactly(operation, a, b, site)


def _exactly(operation: Operation, a: Operand, b: Operand, site: Site) -> Column:
    """Return the result by Python's integers: taken when the bounds alone cannot tell."""
    left, right = np.broadcast_arrays(a, b)
    result = np.empty(left.shape, np.int64)
    for index, (x, y) in enumerate(zip(left.flat, right.flat, strict=True)):
        exact = operation.scalar(int(x), int(y))
        if not INT_MIN <= exact <= INT_MAX:
            raise overflow(f"element {index}: {x} {operation.symbol} {y}", exact, site)
        result.flat[index] = exact
    return result


def overflow(what: str, result: float, site: Site) -> Exception:
    """Return the error that a whole number needs more than 64 bits."""
    size = f" = {result}" if abs(result) < 2**200 else ""
    help = "is a value from the file wrong (type, byte order)? float(...) calculates without this bound"
    return site.fail("V0230", f"{what}{size} does not fit in 64 bits", help)


def _refuse_zero(divisor: Operand, site: Site) -> None:
    if isinstance(divisor, np.ndarray):
        zero = divisor == 0
        if zero.any():
            row = int(np.argmax(zero))
            help = f"ask first: ... if {site.name(1)} != 0 else ..."
            raise site.fail("V0231", f"division by zero: element {row} of {site.name(1)} is 0", help, 1)
    elif divisor == 0:
        raise site.fail("V0231", f"division by zero: {site.name(1)} is 0", part=1)


def _divide(a: Operand, b: Operand, site: Site) -> Value:
    columns = isinstance(a, np.ndarray) or isinstance(b, np.ndarray)
    whole = columns and _is_whole(a) and _is_whole(b)
    if whole and max(abs(v) for v in (*extent(a), *extent(b))) > _EXACT:
        left, right = np.broadcast_arrays(a, b)
        quotients = [int(x) / int(y) for x, y in zip(left.flat, right.flat, strict=True)]
        return np.array(quotients, np.float64).reshape(left.shape)
    return _finite("/", operator.truediv, a, b, site)


def _on_floats(operation: Operation, a: Operand, b: Operand, site: Site) -> Value:
    return _finite(operation.symbol, operation.scalar, a, b, site)


def _finite(symbol: str, function: Callable[..., Value], a: Operand, b: Operand, site: Site) -> Value:
    if isinstance(a, np.ndarray) or isinstance(b, np.ndarray):
        with np.errstate(all="ignore"):
            result = function(a, b)
        refuse_infinite(result, (a, b), f"'{symbol}'", site)
        return result
    try:
        quotient = function(a, b)
    except OverflowError as error:
        raise site.fail("V0240", f"{a} {symbol} {b} is too large for a float") from error
    refuse_infinite(quotient, (a, b), f"'{symbol}'", site)
    return quotient


def refuse_infinite(result: Value, operands: tuple[Operand, ...], what: str, site: Site) -> None:
    """Raise when finite numbers gave one that is not (an overflow, or no real number)."""
    good = np.isfinite(result)  # type: ignore[arg-type]  # a float or a column of floats
    if good is True or np.all(good):
        return
    for value in operands:
        good = good | ~np.isfinite(value)
    if not np.all(good):
        raise site.fail("V0240", f"{what} gives no finite number here", "are values from the file sensible?")


def _are_truths(left: Value, right: Value) -> bool:
    return all(
        isinstance(v, bool) or (isinstance(v, np.ndarray) and v.dtype.kind == "b") for v in (left, right)
    )


def _truth_bits(symbol: str, left: Value, right: Value, site: Site) -> Value:
    if isinstance(left, np.ndarray) and isinstance(right, np.ndarray) and left.shape != right.shape:
        raise lengths_differ(left, right, site)
    result: Value = OPERATIONS[symbol].scalar(left, right)  # type: ignore[arg-type]  # truth values
    return result


def _joined(left: Value, right: Value, site: Site) -> Value:
    """Return the join of texts, element by element where one is a column; None for no texts."""
    if isinstance(left, str) and isinstance(right, str):
        site.check_text(len(left) + len(right))
        return left + right
    if isinstance(left, list) and isinstance(right, list):
        help = "flat([a, b]) joins two lists; to add element by element, take columns"
        raise site.fail("V0226", "'+' of two lists could mean two things", help)
    a, b = _texts(left), _texts(right)
    if a is None or b is None:
        return None
    if isinstance(a, np.ndarray) and isinstance(b, np.ndarray):
        if not a.size and not b.size:
            return None
        if a.shape != b.shape:
            raise lengths_differ(a, b, site)
    rows = np.broadcast_arrays(np.asarray(a, object), np.asarray(b, object))
    site.check_objects(rows[0].size)
    site.check_texts(sum(len(x) + len(y) for x, y in zip(rows[0].flat, rows[1].flat, strict=True)))
    joined = objects([x + y for x, y in zip(rows[0].flat, rows[1].flat, strict=True)])
    site.check_text(max((len(text) for text in joined), default=0))
    return joined


def _texts(value: Value) -> str | Column | None:
    """Return a text or a column of texts (an empty column is one, too); None for anything else."""
    if isinstance(value, str):
        return value
    column = settled(value)
    if not isinstance(column, np.ndarray) or (column.size and column_kind(column) != "text"):
        return None
    return column
