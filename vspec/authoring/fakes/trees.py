"""JSON trees: values at paths such as ``continuous[0].rate``, and what expressions see of them."""

from __future__ import annotations

import re
from collections.abc import Mapping
from itertools import pairwise
from typing import cast

from vspec.authoring.fakes.examples import Given
from vspec.authoring.fakes.sheets import MISSING
from vspec.expressions import Column, Value
from vspec.expressions.tables import Row, Table, column

_STEP = re.compile(r"\[(-?\d+)\]|\.?([^.\[\]]+)")


def steps(path: str) -> list[int | str]:
    """Return the steps of a path.

    >>> steps("continuous[0].rate")
    ['continuous', 0, 'rate']
    """
    return [int(m[1]) if m[1] is not None else m[2] for m in _STEP.finditer(path)]


def follow(tree: Given, path: str) -> Given:
    """Return the value at a path, `MISSING` without one; a name behind a list gives that of every item."""
    found = tree
    for step in steps(path):
        if isinstance(step, int):
            if not isinstance(found, list) or not -len(found) <= step < len(found):
                return MISSING
            found = found[step]
        elif isinstance(found, Mapping):
            found = found.get(step, MISSING)
        elif isinstance(found, list) and found and all(isinstance(item, Mapping) for item in found):
            found = [item.get(step) for item in found]
        else:
            return MISSING
        if found is MISSING:
            return MISSING
    return found


def plant(tree: dict[str, Given], path: str, value: Given) -> None:
    """Put a value at a path; objects and lists on the way are made."""
    way = steps(path)
    node: Given = tree
    for step, following in pairwise(way):
        node = _inside(node, step, [] if isinstance(following, int) else {})
    _inside(node, way[-1], value)


def _inside(node: Given, step: int | str, fresh: Given) -> Given:
    if isinstance(node, dict) and isinstance(step, str):
        return node.setdefault(step, fresh)
    if isinstance(node, list) and isinstance(step, int):
        while len(node) <= step:
            node.append(fresh)
        return node[step]
    return fresh


def as_value(given: Given) -> Value:
    """Return a tree as expressions see it: objects are records, lists of objects tables, lists columns."""
    if isinstance(given, Mapping):
        return Row({str(key): as_value(item) for key, item in given.items()})
    if not isinstance(given, (list, tuple)):
        return cast("Value", given)
    if given and all(isinstance(item, Mapping) for item in given):
        names = dict.fromkeys(str(key) for item in given for key in item)
        return Table({name: _cells([as_value(item.get(name)) for item in given]) for name in names})
    values = [as_value(item) for item in given]
    plain = all(value is None or isinstance(value, (bool, int, float, str)) for value in values)
    return column(values) if plain else values


def _cells(values: list[Value]) -> Column:
    return column(values)
