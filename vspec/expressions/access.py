"""Going into a value: fields, keys, indices, slices, masks."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import cast

import numpy as np

from vspec.errors import VspecError, did_you_mean
from vspec.expressions.arithmetic import operand
from vspec.expressions.columns import (
    INT_MAX,
    INT_MIN,
    admitted,
    described,
    gathered,
    kind_of,
    settled,
)
from vspec.expressions.comparison import rows_of
from vspec.expressions.masks import Masked
from vspec.expressions.sites import Absent, Site, shortened
from vspec.expressions.values import Column, Record, Rows, Scope, UnknownName, Value

_Index = int | str | float | bool | Column


class RowScope:
    """Inside the brackets of rows: names mean their columns first, then what they mean outside.

    Of a scope with ``given`` names, those keep their meaning: to a file that is given its place among others,
    its captures are its own.
    """

    def __init__(self, rows: Rows, outer: Scope, site: Site) -> None:
        self._rows = rows
        self._outer = outer
        self._columns = frozenset(rows.names())
        self._site = site

    def names(self) -> Iterable[str]:
        return [*self._columns, *self._outer.names()]

    def owns(self, name: str) -> bool:
        """Tell whether a name is a column of these rows, or of those around their brackets."""
        return (name in self._columns and name not in given(self._outer)) or _owns(self._outer, name)

    @property
    def given(self) -> frozenset[str]:
        """The names that keep their meaning inside these brackets, too."""
        return given(self._outer)

    def get(self, name: str) -> Value:
        if name not in self._columns or name in given(self._outer):
            return self._outer.get(name)
        if name in self._outer.names():
            message = f"'{name}' is a column of {self._site.name(0)} and also a name outside the brackets"
            help = (
                f"rename one of them, or name the outer one under let: and write {self._site.name(0)}.{name}"
            )
            raise self._site.fail("V0224", message, help)
        return flat_rows(self._rows).column(name)

    def locate(self, name: str) -> object:
        return self._outer.locate(name)

    def find(self, needle: bytes, start: int | None) -> int:
        return self._outer.find(needle, start)


def given(scope: Scope) -> frozenset[str]:
    """Return the names that mean the same inside all brackets."""
    found: frozenset[str] = getattr(scope.whole if isinstance(scope, Masked) else scope, "given", frozenset())
    return found


def _owns(scope: Scope, name: str) -> bool:
    inner = scope.whole if isinstance(scope, Masked) else scope
    return isinstance(inner, RowScope) and inner.owns(name)


def refuse_own_rows(scope: Scope, value: Value, site: Site) -> None:
    """Raise V0243 for a position in a column that stands in the brackets of its rows and has more axes.

    There it picks a row, where a component is mostly meant; what is compared of it is one value for
    each component, and may by chance be as long as a mask of the rows.
    """
    name = site.name(0)
    if not (_is_deep(value) and _owns(scope, name)):
        return
    shape = (
        f"{described(value)}, the rows first" if isinstance(value, np.ndarray) else "one list for each row"
    )
    message = f"'{site.text.value}' picks from the rows, not from each row: here '{name}' is {shape}"
    help = (
        "give the component a field of its own (x: float32 @ start), or pick the row outside of the brackets"
    )
    raise site.fail("V0243", message, help)


def _is_deep(value: Value) -> bool:
    """Tell whether a column has several values in each row."""
    if isinstance(value, np.ndarray):
        return value.ndim > 1
    return isinstance(value, list) and any(isinstance(row, (list, np.ndarray)) for row in value)


def own_item(scope: Scope, value: Value, index: Value, site: Site) -> Value:
    """Return ``value[index]``, but see `refuse_own_rows`; a mask picks rows as everywhere."""
    chosen = settled(index)
    if not (isinstance(chosen, np.ndarray) and chosen.dtype.kind == "b"):
        refuse_own_rows(scope, value, site)
    return item(value, index, site)


def flat_rows(rows: Rows) -> Rows:
    """Return rows inside rows one after the other; other rows as they are."""
    flat: Rows = rows.flat() if hasattr(rows, "flat") else rows
    return flat


def attribute(value: Value, name: str, site: Site) -> Value:
    """Return ``value.name``. Raises `Absent` when there is no such field, column or key."""
    kind = kind_of(value)
    if kind == "table":
        return _key(cast("Mapping[object, Value]", value), name, site)
    if kind in ("rows", "record"):
        holder = cast("Record", value)
        try:
            found = holder.get(name) if kind == "record" else cast("Rows", value).column(name)
        except UnknownName:
            raise _no_field(name, holder.names(), site) from None
        return admitted(found, site.text.place)
    if isinstance(value, list) and value and all(kind_of(v) in ("table", "record") for v in value):
        return gathered([attribute(v, name, site) for v in value])
    if value is None:
        message = f"{site.name(0)} is none (absent): it has no field '{name}'"
        raise site.absent("V0221", message, f"get({site.text.value}, default) allows for that")
    message = f"{site.name(0)} is {described(value)}: it has no fields"
    help = "an index or a mask picks elements: x[0]" if kind in ("column", "list", "text") else None
    raise site.fail("V0226", message, help, 0)


def _no_field(name: str, names: Iterable[str], site: Site) -> Exception:
    message = f"no field '{name}' in {site.name(0)}"
    return site.absent("V0221", message, did_you_mean(name, names, "it has"), 1)


def _key(table: Mapping[object, Value], key: object, site: Site) -> Value:
    if key in table:
        return admitted(table[key], site.text.place)
    raise site.absent("V0222", f"{site.name(0)} has no key {key!r}", _keys(table, key), 1)


def _keys(table: Mapping[object, Value], key: object) -> str | None:
    return did_you_mean(str(key), [shortened(str(k)) for k in table], "its keys")


def item(value: Value, index: Value, site: Site) -> Value:
    """Return ``value[index]``. Raises `Absent` for a missing key or an index outside."""
    chosen = _settled_index(index)
    kind = kind_of(value)
    if kind == "table":
        return _looked_up(cast("Mapping[object, Value]", value), chosen, site)
    if (rows := rows_of(value)) is not None:
        return _row(rows, chosen, site)
    if kind == "record" and isinstance(chosen, str):
        return attribute(value, chosen, site)
    if isinstance(value, (list, np.ndarray, str, bytes)):
        return _element(value, chosen, site)
    if value is None:
        raise site.absent("V0221", f"{site.name(0)} is none (absent): it has no elements", part=0)
    raise site.fail("V0226", f"{site.name(0)} is {described(value)}: it cannot be indexed", part=0)


def _settled_index(index: Value) -> Value:
    index = settled(index)
    if isinstance(index, float) and index.is_integer():
        return int(index)
    return index


def _looked_up(table: Mapping[object, Value], key: Value, site: Site) -> Value:
    if isinstance(key, np.ndarray):
        return _all_looked_up(table, key, site)
    if isinstance(key, list):
        return gathered([_looked_up(table, k, site) for k in key])
    if kind_of(key) not in ("int", "text", "float", "bool", "none"):
        raise site.fail("V0226", f"{described(key)} cannot be a key of {site.name(0)}", part=1)
    return _key(table, key, site)


def _all_looked_up(table: Mapping[object, Value], keys: Column, site: Site) -> Value:
    """Look up a column of keys, each distinct one once. A missing one is no absent path but an error."""
    distinct = list(dict.fromkeys(keys.ravel().tolist()))
    missing = next((key for key in distinct if key not in table), None)
    if missing is not None:
        message = f"{site.name(0)} has no key {missing!r}"
        what = f"{site.name(0)}[{site.name(1)}]"
        advice = f"for keys that may be absent: {what} if {site.name(1)} in {site.name(0)} else ..."
        raise site.fail("V0222", message, f"{_keys(table, missing)}; {advice}", 1)
    found = {key: admitted(table[key], site.text.place) for key in distinct}
    short = gathered(list(found.values()))
    if isinstance(short, np.ndarray) and short.ndim == 1 and keys.dtype != object:
        order = np.argsort(distinct)
        return short[order[np.searchsorted(np.array(distinct)[order], keys)]]
    values = gathered([found[key] for key in keys.ravel().tolist()])
    return values.reshape(keys.shape) if isinstance(values, np.ndarray) else values


def _row(rows: Rows, index: Value, site: Site) -> Value:
    if isinstance(index, np.ndarray):
        if index.dtype.kind == "b":
            _check_mask_of_rows(rows, index, site)
            return _taken(rows, index, site)
        if index.dtype.kind != "i" and not (index.dtype == object and hasattr(rows, "choose")):
            raise _bad_index(index, site)
        return _chosen(rows, index, site)
    if isinstance(index, bool) or not isinstance(index, (int, str)):
        raise _bad_index(index, site)
    try:
        return rows.row(index)
    except (KeyError, IndexError, UnknownName):
        raise _no_row(rows, index, site) from None


def _chosen(rows: Rows, index: Column, site: Site) -> Value:
    """Return the rows of a column of keys; where rows have no keys, of their positions."""
    if not hasattr(rows, "choose"):
        return _taken(rows, index, site)
    try:
        chosen: Value = rows.choose(index)
    except (KeyError, IndexError) as error:
        raise VspecError(_no_row(rows, error.args[0], site).problems) from None
    return chosen


def _taken(rows: Rows, index: Column, site: Site) -> Value:
    try:
        return rows.take(index)
    except (KeyError, IndexError, UnknownName):
        outside = index[(index < -len(rows)) | (index >= len(rows))]
        key = int(outside.flat[0]) if outside.size else int(index.flat[0])
        raise VspecError(_no_row(rows, key, site).problems) from None


def _no_row(rows: Rows, index: int | str, site: Site) -> Absent:
    keys = [str(k) for k in rows.keys()]  # noqa: SIM118  # the protocol's keys, not a mapping's
    message = f"{site.name(0)} has no row {index!r}"
    if isinstance(index, int) and keys == [str(i) for i in range(len(rows))]:
        return site.absent(
            "V0223", f"{message}: it has {len(rows)}", "rows count from 0, and from the end with -1", 1
        )
    return site.absent("V0222", message, did_you_mean(str(index), keys, "its keys"), 1)


def _element(value: list[Value] | Column | str | bytes, index: Value, site: Site) -> Value:
    if isinstance(index, np.ndarray):
        return _selected(value, index, site)
    if isinstance(index, bool) or not isinstance(index, int):
        raise _bad_index(index, site)
    count = len(value)
    if not -count <= index < count:
        raise _no_element(index, count, site)
    return admitted(value[index], site.text.place)


def _selected(value: list[Value] | Column | str | bytes, index: Column, site: Site) -> Value:
    if isinstance(value, (str, bytes)) or index.dtype.kind not in "bi":
        raise _bad_index(index, site)
    count = len(value)
    if index.dtype.kind == "b":
        _check_mask(count, index, site)
        places = np.flatnonzero(index)
    else:
        outside = (index < -count) | (index >= count)
        if outside.any():
            bad = int(index[outside].flat[0])
            raise site.fail("V0223", f"{site.name(0)} has no element {bad}: it has {count}", part=1)
        places = index
    if isinstance(value, np.ndarray):
        return value[places]
    return gathered([value[i] for i in places.flat])


def _check_mask_of_rows(rows: Rows, mask: Column, site: Site) -> None:
    """Refuse a mask that has not one truth value for each row (inside others: for each of them all)."""
    allowed: set[int] | None = rows.mask_lengths() if hasattr(rows, "mask_lengths") else None
    if allowed is None or mask.ndim != 1 or mask.size not in allowed:
        _check_mask(len(rows), mask, site)


def _check_mask(count: int, mask: Column, site: Site) -> None:
    if mask.shape != (count,):
        size = " x ".join(map(str, mask.shape))
        message = f"the mask {site.name(1)} has {size} elements, {site.name(0)} has {count}"
        help = (
            "a mask has one truth value for each element; inside the brackets of rows, x[0] of a column x is "
            "its first row: give a component a field of its own (x: float32 @ start)"
        )
        raise site.fail("V0229", message, help, 1)


def _bad_index(index: Value, site: Site) -> Exception:
    message = f"{site.name(0)} cannot be indexed with {described(index)}"
    return site.fail("V0226", message, "an index is a whole number, a mask, or a column of whole numbers", 1)


def sliced(value: Value, start: Value, stop: Value, site: Site) -> Value:
    """Return ``value[start:stop]``; ends outside are moved to the ends, as in Python."""
    bounds = slice(*(None if v is None else whole(v, site, 1) for v in (start, stop)))
    if isinstance(value, list):
        return value[bounds]
    if isinstance(value, (np.ndarray, str, bytes)):
        return value[bounds]
    if (rows := rows_of(value)) is not None:
        return rows.take(bounds)
    raise site.fail("V0226", f"{site.name(0)} is {described(value)}: it cannot be sliced", part=0)


def positions(count: int, index: Value, site: Site) -> int | Column:
    """Return which of ``count`` positions ``[index]`` picks, counted from 0: one of them, or many."""
    chosen = _settled_index(index)
    if isinstance(chosen, np.ndarray):
        if chosen.dtype.kind == "b":
            _check_mask(count, chosen, site)
            return np.flatnonzero(chosen)
        if chosen.dtype.kind == "i" and chosen.ndim == 1:
            outside = chosen[(chosen < -count) | (chosen >= count)]
            if outside.size:
                raise _no_element(int(outside[0]), count, site)
            return chosen % max(count, 1)
    if isinstance(chosen, bool) or not isinstance(chosen, int):
        raise _bad_index(chosen, site)
    if not -count <= chosen < count:
        raise _no_element(chosen, count, site)
    return chosen % count


def _no_element(index: int, count: int, site: Site) -> Absent:
    message = f"{site.name(0)} has no element {index}: it has {count}"
    return site.absent("V0223", message, "elements count from 0, and from the end with -1", 1)


def bounds(count: int, start: Value, stop: Value, site: Site) -> tuple[int, int]:
    """Return where ``[start:stop]`` begins and ends among ``count`` positions, as in Python."""
    ends = slice(*(None if v is None else whole(v, site, 1) for v in (start, stop)))
    first, last, _ = ends.indices(count)
    return first, max(first, last)


def whole(value: Value, site: Site, part: int) -> int:
    """Return a scalar as a whole number (3.0 is one, 3.5 is an error)."""
    if isinstance(value, bool):
        return int(value)
    if isinstance(value, int):
        return value
    if isinstance(value, float):
        if value.is_integer() and INT_MIN <= value <= INT_MAX:
            return int(value)
        help = "use floor(...), ceil(...) or round(...)" if abs(value) < INT_MAX else None
        raise site.fail("V0233", f"{site.name(part)} must be whole, is {value}", help, part)
    number = operand(value, site, part)
    raise site.fail("V0226", f"{site.name(part)} must be one whole number, is {described(number)}", part=part)
