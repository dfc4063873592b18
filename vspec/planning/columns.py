"""Columns of tables in text in front of the arrays section: one is an axis of rows, several have one more."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import TypeGuard

import numpy as np

from vspec.errors import Place, fail
from vspec.expressions import Column
from vspec.header.text_columns import TextColumn
from vspec.layout import ArrayLayout, Axis, Derived, Origin
from vspec.planning.held import Held

REASON = "it is text"
_ROW, _COLUMN = "row", "column"


def are_columns(source: object) -> TypeGuard[TextColumn | list[TextColumn]]:
    """Tell whether a source is a column of a text, or a list of nothing else."""
    listed = source if isinstance(source, list) else [source]
    return bool(listed) and all(isinstance(one, TextColumn) for one in listed)


def values_of(source: TextColumn | Sequence[TextColumn], place: Place) -> Column:
    """Return the values, of several columns a row each. Raises V0319 where they differ in length or kind."""
    if isinstance(source, TextColumn):
        return source.values
    sizes = {len(one.values) for one in source}
    kinds = {one.values.dtype for one in source}
    if len(sizes) > 1 or len(kinds) > 1:
        told = "length" if len(sizes) > 1 else "type"
        found = ", ".join(f"{c.name}: {c.values.dtype.name} x {len(c.values)}" for c in source[:8])
        message = f"these columns are not of one {told}, and cannot be one array"
        raise fail("V0319", message, place, found=found, help="give them one type, or an array each")
    return np.stack([one.values for one in source])


def held_columns(source: TextColumn | Sequence[TextColumn], values: Column, place: Place) -> Held:
    """Return columns as an array that is copied; ``values`` are theirs in the dtype of the array."""
    if isinstance(source, TextColumn):
        axes: tuple[Axis, ...] = (Axis(_ROW, len(values), (_ROW,)),)
        origins: tuple[Origin, ...] = (source.origin,)
    else:
        names = tuple(one.name for one in source)
        axes = (Axis(_COLUMN, len(names), (_COLUMN,), labels=names), Axis(_ROW, values.shape[1], (_ROW,)))
        origins = tuple(replace(one.origin, corner=(k, 0)) for k, one in enumerate(source))
    stored = tuple((axis.name, axis.size) for axis in axes)
    derived = Derived(stored, "csv", origins, REASON, values=values)
    layout = ArrayLayout("", axes, values.dtype, derived, place=place)
    return Held((layout,), place, None, axes)
