"""Comparisons, membership and truth, on scalars and element by element."""

from __future__ import annotations

import operator
from collections.abc import Callable, Mapping, Sequence
from typing import Any, cast

import numpy as np

from vspec.datatypes import ElementType
from vspec.expressions.arithmetic import extent, lengths_differ
from vspec.expressions.columns import column_kind, described, kind_of, settled
from vspec.expressions.sites import Site
from vspec.expressions.values import Column, Record, Rows, Value

_COMPARE: dict[str, Callable[[Any, Any], Any]] = {
    "==": operator.eq,
    "!=": operator.ne,
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
}
Truths = bool | Column
"""A truth value, or a column of them."""

_NUMERIC = frozenset({"bool", "int", "float", "number"})
_EXACT = 2**53


def compare(symbol: str, left: Value, right: Value, site: Site) -> bool | Column:
    """Return ``left symbol right``: a truth value, or a column of them."""
    a, b = settled(left), settled(right)
    if isinstance(a, list) or isinstance(b, list):
        return _listwise(symbol, a, b, site)
    if any(isinstance(v, np.ndarray) and not v.size for v in (a, b)):
        return _of_nothing(a, b, site)
    first, second = _family(a), _family(b)
    equality = symbol in ("==", "!=")
    if equality and "none" in (first, second):
        return _spread(a, b, truth=(first == second) == (symbol == "=="))
    for part, family in ((0, first), (1, second)):
        if family == "none":
            help = "give it a value with 'else', or ask first: x != none"
            raise site.fail("V0225", f"{site.name(part)} is none (absent) and has no order", help, part)
    if first != second or first == "other" or (first == "type" and not equality):
        raise _unlike(symbol, a, b, site)
    if isinstance(a, np.ndarray) and isinstance(b, np.ndarray) and a.shape != b.shape:
        raise lengths_differ(a, b, site)
    if first == "number" and (isinstance(a, np.ndarray) or isinstance(b, np.ndarray)):
        a, b = _exact(a, b)
    result = _COMPARE[symbol](a, b)
    return result.astype(np.bool_) if isinstance(result, np.ndarray) else bool(result)


def _family(value: Value) -> str:
    kind = kind_of(value)
    if getattr(value, "is_absent", False):
        return "none"
    if isinstance(value, np.ndarray):
        of = column_kind(value)
        return "number" if of in _NUMERIC else of
    if kind in _NUMERIC:
        return "number"
    return kind if kind in ("none", "text", "bytes", "type") else "other"


def _of_nothing(a: Value, b: Value, site: Site) -> Column:
    """Compare an empty column: with a single value or another empty column."""
    if isinstance(a, np.ndarray) and isinstance(b, np.ndarray) and a.shape != b.shape:
        raise lengths_differ(a, b, site)
    shape = a.shape if isinstance(a, np.ndarray) else cast("Column", b).shape
    return np.zeros(shape, np.bool_)


def _spread(a: Value, b: Value, *, truth: bool) -> bool | Column:
    for value in (a, b):
        if isinstance(value, np.ndarray):
            return np.full(value.shape, truth)
    return truth


def _listwise(symbol: str, a: Value, b: Value, site: Site) -> Column:
    """Compare a mixed list element by element."""
    lengths = {len(v) for v in (a, b) if isinstance(v, (list, np.ndarray))}
    if len(lengths) > 1:
        message = f"{site.name(0)} and {site.name(1)} are not equally long"
        raise site.fail("V0229", message, "lists are compared element by element")
    count = lengths.pop()
    pairs = [[_element(v, i) for i in range(count)] for v in (a, b)]
    results = [compare(symbol, x, y, site) for x, y in zip(*pairs, strict=True)]
    if not all(isinstance(result, bool) for result in results):
        message = f"'{symbol}' cannot compare lists within lists"
        raise site.fail("V0228", message, "flat(...) makes one list of them")
    return np.array(results, np.bool_)


def _element(value: Value, index: int) -> Value:
    if isinstance(value, np.ndarray):
        element: Value = value[index].item() if value.dtype != object and value.ndim == 1 else value[index]
        return element
    return value[index] if isinstance(value, list) else value


def _exact(a: Value, b: Value) -> tuple[Value, Value]:
    """Keep numpy from rounding large whole numbers when the other side is a float."""
    whole = [
        not isinstance(v, float) and not (isinstance(v, np.ndarray) and v.dtype.kind == "f") for v in (a, b)
    ]
    if all(whole) or not any(whole):
        return a, b
    ints = a if whole[0] else b
    if not isinstance(ints, (np.ndarray, int)) or max(abs(v) for v in extent(ints)) <= _EXACT:
        return a, b
    left, right = (v.astype(object) if isinstance(v, np.ndarray) else v for v in (a, b))
    return left, right


def _unlike(symbol: str, a: Value, b: Value, site: Site) -> Exception:
    message = f"'{symbol}' cannot compare {_named(site.name(0), a)} with {_named(site.name(1), b)}"
    families = {_family(a), _family(b)}
    help = "compare numbers with numbers, texts with texts"
    if families == {"number", "text"}:
        help = "convert one of them: int(...) or float(...) reads a text, str(...) writes a number"
    elif families == {"bytes", "text"}:
        help = "text(...) reads bytes as text"
    elif families == {"type", "text"}:
        help = "write the type without quotes, e.g. int16"
    return site.fail("V0228", message, help)


def _named(name: str, value: Value) -> str:
    what = described(value)
    return what if name in what else f"{name} ({what})"


def joined(a: Truths, b: Truths, site: Site, *, is_and: bool) -> Truths:
    """Return ``a and b``, or ``a or b``, of truth values already computed."""
    if isinstance(a, np.ndarray) and isinstance(b, np.ndarray) and a.shape != b.shape:
        raise lengths_differ(a, b, site)
    result = np.logical_and(a, b) if is_and else np.logical_or(a, b)
    return result if isinstance(result, np.ndarray) else bool(result)


def contains(item: Value, container: Value, site: Site) -> bool | Column:
    """Return ``item in container``."""
    kind = kind_of(container)
    items = settled(item)
    if isinstance(container, (list, np.ndarray)):
        if isinstance(container, list) and any(isinstance(value, (list, np.ndarray)) for value in container):
            help = "flat(...) makes one column of them"
            raise site.fail("V0226", f"'in' cannot look inside {site.name(1)}, lists in a list", help, 1)
        return _among(items, container, site)
    if kind in ("rows", "table", "record"):
        has = _finder(container)
        keys = (
            [_element(items, i) for i in range(len(items))]
            if isinstance(items, (list, np.ndarray))
            else [items]
        )
        if not all(_hashable(key) for key in keys):
            raise site.fail("V0226", f"{site.name(0)} is {described(item)}: it cannot be a key", part=0)
        flags = [has(key) for key in keys]
        return np.array(flags, np.bool_) if isinstance(items, (list, np.ndarray)) else flags[0]
    help = (
        "contains(text, part) looks inside a text"
        if kind == "text"
        else "'in' looks in lists, columns and tables"
    )
    raise site.fail(
        "V0226", f"'in' cannot look inside {site.name(1)}, which is {described(container)}", help, 1
    )


def _finder(container: Value) -> Callable[[object], bool]:
    if isinstance(container, Mapping):
        return lambda key: key in container
    if kind_of(container) == "rows":
        return cast("Rows", container).has
    names = frozenset(cast("Record", container).names())
    return lambda key: key in names


def _hashable(key: object) -> bool:
    return isinstance(key, (int, float, str, bytes, ElementType, type(None)))


def _among(items: Value, container: list[Value] | Column, site: Site) -> bool | Column:
    if isinstance(container, np.ndarray) and not isinstance(items, (list, np.ndarray)):
        return bool(np.any(compare("==", items, container, site))) if container.size else False
    found = _spread(items, items, truth=False)
    if isinstance(items, list):
        found = np.zeros(len(items), np.bool_)
    for value in _distinct(container):
        same = compare("==", items, value, site)
        found = found | same
    return found if isinstance(found, np.ndarray) else bool(found)


def _distinct(container: list[Value] | Column) -> Sequence[Value]:
    if isinstance(container, list):
        return container
    if container.dtype == object:
        return list(dict.fromkeys(container.ravel().tolist()))
    distinct: list[Value] = np.unique(container).tolist()
    return distinct


def related(symbol: str, left: Value, right: Value, site: Site) -> bool | Column:
    """Return a comparison or a membership."""
    if symbol == "in":
        return contains(left, right, site)
    if symbol == "not in":
        found = contains(left, right, site)
        return not found if isinstance(found, bool) else ~found
    return compare(symbol, left, right, site)


def truth(value: Value, site: Site) -> bool:
    """Return a scalar as a truth value; numbers count as true unless they are 0."""
    if isinstance(value, (bool, int, float)):
        return bool(value)
    raise not_truth(value, site)


def not_truth(value: Value, site: Site) -> Exception:
    """Return the error that a value is neither true nor false."""
    kind = kind_of(value)
    helps = {
        "column": "all(...) or any(...) makes one truth value of a column",
        "list": "all(...) or any(...) makes one truth value of a list; len(...) > 0 asks whether it is empty",
        "text": "compare it: ... != ''",
        "none": "compare it: ... != none",
        "rows": "len(...) > 0 asks whether there are any",
    }
    message = f"{site.shown()} is {described(value)}: neither true nor false"
    return site.fail("V0234", message, helps.get(kind, "compare it with something"))


def truths(value: Value, site: Site) -> bool | Column:
    """Return a truth value or a column of them."""
    flags = settled(value)
    if isinstance(flags, np.ndarray) and (flags.dtype.kind in "bif" or not flags.size):
        return flags.astype(np.bool_)
    return truth(value, site)


def rows_of(value: Value) -> Rows | None:
    """Return a value that has rows, typed; None for others."""
    return cast("Rows", value) if kind_of(value) == "rows" else None
