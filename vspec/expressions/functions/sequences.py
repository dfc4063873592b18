"""Functions of lists, columns and rows."""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Iterator
from typing import cast

import numpy as np

from vspec.expressions.access import flat_rows, item, sliced, whole
from vspec.expressions.arithmetic import combine, extent, lengths_differ, operand, overflow
from vspec.expressions.columns import INT_MAX, INT_MIN, column_kind, column_of, gathered, kind_of
from vspec.expressions.comparison import rows_of, truths
from vspec.expressions.functions.numbers import numeric
from vspec.expressions.functions.registry import Call, Function, table
from vspec.expressions.masks import merged, one_each
from vspec.expressions.sites import MAX_OBJECTS, Site
from vspec.expressions.tables import Table
from vspec.expressions.values import Column, Rows, Value

RUN_COLUMNS = ("start", "stop")
"""The columns of the rows that `runs` gives."""


def _sequence(call: Call, value: Value, part: int = 0) -> list[Value] | Column:
    if isinstance(value, (list, np.ndarray)):
        return value
    raise call.refuse(part, value, "a list or a column")


def _len(call: Call, values: list[Value]) -> Value:
    value = values[0]
    if kind_of(value) in ("list", "column", "text", "bytes", "table", "rows"):
        return len(cast("Rows", value))
    help = "none has no length: ask first, len(x) if x != none else 0" if value is None else None
    raise call.refuse(0, value, "a list, a column, rows, a table or a text", help)


def _mask(call: Call, value: Value) -> Column:
    flags = truths(value, Site(call.site.parts[0]))
    return np.array([flags]) if isinstance(flags, bool) else flags


def _any(call: Call, values: list[Value]) -> Value:
    return bool(_mask(call, values[0]).any())


def _all(call: Call, values: list[Value]) -> Value:
    return bool(_mask(call, values[0]).all())


def _count(call: Call, values: list[Value]) -> Value:
    return int(np.count_nonzero(_mask(call, values[0])))


def _range(call: Call, values: list[Value]) -> Value:
    bounds = [whole(v, call.site, part) for part, v in enumerate(values)]
    if len(bounds) == 3 and bounds[2] == 0:
        raise call.site.fail("V0227", "range needs a step other than 0", _usage(call), 2)
    numbers = range(*bounds)
    start, stop, step = numbers.start, numbers.stop, numbers.step
    count = max(0, (stop - start + step - (1 if step > 0 else -1)) // step)
    call.site.check_elements(count)
    return np.arange(count, dtype=np.int64) * step + start


def _steps(call: Call, values: list[Value]) -> Value:
    start, step = (operand(value, call.site, part) for part, value in enumerate(values[:2]))
    for part, number in enumerate((start, step)):
        if isinstance(number, np.ndarray):
            raise call.refuse(part, number, "one number")
    count = whole(values[2], call.site, 2)
    if count < 0:
        raise call.site.fail("V0227", f"steps gives 0 or more values, not {count}", _usage(call), 2)
    call.site.check_elements(count)
    moved = combine("*", np.arange(count, dtype=np.int64), step, call.site)
    return combine("+", moved, start, call.site)


def _usage(call: Call) -> str:
    return f"usage: {call.function.usage}"


def _reverse(call: Call, values: list[Value]) -> Value:
    value = values[0]
    if (rows := rows_of(value)) is not None:
        return rows.take(np.arange(len(rows) - 1, -1, -1))
    if isinstance(value, str):
        return value[::-1]
    return _sequence(call, value)[::-1]


def _cumsum(call: Call, values: list[Value]) -> Value:
    column = numeric(call, values[0])
    if column.dtype.kind == "f":
        return np.cumsum(column)
    low, high = extent(column)
    if max(abs(low), abs(high)) * max(1, column.size) <= INT_MAX:
        return np.cumsum(column)
    sums = np.empty(len(column), np.int64)
    for index, value in enumerate(itertools.accumulate(map(int, column))):
        if not INT_MIN <= value <= INT_MAX:
            raise overflow(f"the sum up to element {index}", value, call.site)
        sums[index] = value
    return sums


def _diff(call: Call, values: list[Value]) -> Value:
    column = numeric(call, values[0])
    return combine("-", column[1:], column[:-1], call.site)


def _unique(call: Call, values: list[Value]) -> Value:
    sequence = _sequence(call, values[0])
    column = column_of(sequence) if isinstance(sequence, list) else sequence.ravel()
    if column is None:
        return gathered(list(dict.fromkeys(_hashable(call, sequence))))
    if column.dtype == object:
        return gathered(list(dict.fromkeys(column.tolist()))) if column.size else column
    first = np.unique(column, return_index=True)[1]
    return column[np.sort(first)]


def _hashable(call: Call, values: Iterable[Value]) -> Iterator[Value]:
    for value in values:
        if kind_of(value) not in ("none", "bool", "int", "float", "text", "bytes", "type"):
            raise call.refuse(0, value, "single values")
        yield value


def _flat(call: Call, values: list[Value]) -> Value:
    value = values[0]
    if (rows := rows_of(value)) is not None:
        return flat_rows(rows)
    if isinstance(value, np.ndarray) and value.dtype != object:
        return value.ravel()
    sequence = _sequence(call, value)
    numbers = [part for part in sequence if isinstance(part, np.ndarray) and part.dtype.kind in "if"]
    if isinstance(sequence, list) and sequence and len(numbers) == len(sequence):
        call.site.check_elements(sum(part.size for part in numbers))
        return np.concatenate([part.ravel() for part in numbers])
    found = list(itertools.islice(_leaves(sequence), MAX_OBJECTS + 1))
    call.site.check_objects(len(found))
    return gathered(found)


def _leaves(value: Value) -> Iterator[Value]:
    if isinstance(value, np.ndarray):
        yield from (
            value.ravel().tolist() if value.dtype != object else itertools.chain(*map(_leaves, value.flat))
        )
    elif isinstance(value, list):
        yield from itertools.chain.from_iterable(map(_leaves, value))
    elif (rows := rows_of(value)) is not None:
        yield from rows
    else:
        yield value


def _end(place: int) -> Function:
    def run(call: Call, values: list[Value]) -> Value:
        value = values[0]
        if kind_of(value) not in ("list", "column", "text", "rows", "bytes"):
            raise call.refuse(0, value, "a list, a column, rows or a text")
        count = len(cast("Rows", value))
        if not count:
            help = "ask first: ... if len(x) > 0 else ..."
            raise call.site.absent(
                "V0237", f"{call.function.name} of nothing: {call.site.name(0)} is empty", help, 0
            )
        if (rows := rows_of(value)) is None:
            return item(value, place, call.site)
        return next(iter(cast("Rows", sliced(rows, count - 1 if place else 0, None, call.site))))

    name = "last" if place else "first"
    return Function(name, f"{name}(values)", run)


def _where(call: Call, values: list[Value]) -> Value:
    condition, yes, no = values
    mask = truths(condition, call.site)
    if isinstance(mask, bool):
        return yes if mask else no
    one_each(mask, mask, call.site)
    for value in (yes, no):
        if isinstance(value, (list, np.ndarray)) and len(value) != len(mask):
            other = value if isinstance(value, np.ndarray) else np.empty(len(value))
            raise lengths_differ(mask, other, call.site)
    return merged(mask, _under(yes, mask), _under(no, ~mask), call.site)


def _under(value: Value, mask: Column) -> Value:
    if isinstance(value, np.ndarray):
        return value[mask]
    return list(itertools.compress(value, mask)) if isinstance(value, list) else value


def _sort_by(call: Call, values: list[Value]) -> Value:
    keys = column_of(values[1]) if isinstance(values[1], list) else values[1]
    if not isinstance(keys, np.ndarray) or keys.ndim != 1 or column_kind(keys) == "other":
        raise call.refuse(1, values[1], "a column of keys, one for each element")
    order = np.argsort(keys, kind="stable")
    value, rows = values[0], rows_of(values[0])
    count = len(rows) if rows is not None else len(_sequence(call, value))
    if count != len(keys):
        message = f"{call.site.name(0)} has {count} elements, {call.site.name(1)} has {len(keys)}"
        raise call.site.fail("V0229", message, "one key for each element is needed", 1)
    return rows.take(order) if rows is not None else item(value, order, call.site)


def _runs(call: Call, values: list[Value]) -> Value:
    joined = _mask(call, values[0]).ravel()
    count = whole(values[1], call.site, 1) if len(values) > 1 else len(joined) + 1
    if len(joined) != max(0, count - 1):
        message = f"{count} rows have {max(0, count - 1)} joints, {call.site.name(0)} has {len(joined)}"
        raise call.site.fail(
            "V0229", message, "element i of the mask tells whether row i + 1 continues row i"
        )
    if count <= 0:
        return Table({name: np.empty(0, np.int64) for name in RUN_COLUMNS})
    breaks = np.flatnonzero(~joined) + 1
    start = np.concatenate([np.zeros(1, np.int64), breaks])
    stop = np.concatenate([breaks, np.full(1, count, np.int64)])
    return Table(dict(zip(RUN_COLUMNS, (start, stop), strict=True)))


FUNCTIONS = table(
    Function("len", "len(values)", _len),
    Function("any", "any(condition)", _any),
    Function("all", "all(condition)", _all),
    Function("count", "count(condition)", _count),
    Function("range", "range(stop)  or  range(start, stop)  or  range(start, stop, step)", _range, 1, 3),
    Function("steps", "steps(start, step, count)", _steps, 3, 3),
    Function("reverse", "reverse(values)", _reverse),
    Function("cumsum", "cumsum(numbers)", _cumsum),
    Function("diff", "diff(numbers)", _diff),
    Function("unique", "unique(values)", _unique),
    Function("flat", "flat(values)", _flat),
    _end(0),
    _end(-1),
    Function("where", "where(condition, yes, no)", _where, 3, 3, elementwise=True),
    Function("sort_by", "sort_by(values, keys)", _sort_by, 2, 2),
    Function("runs", "runs(continues)  or  runs(continues, rows)", _runs, 1, 2),
)
