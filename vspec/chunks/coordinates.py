"""Coordinates along axes (a gain for each channel) as small arrays beside the arrays they belong to."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from vspec.chunks.model import ArrayPlan, ChunkOptions, PlannedAxis
from vspec.chunks.planning import plan
from vspec.layout import ArrayLayout, Axis, Coordinate, Inline, Json


@dataclass(frozen=True, slots=True, eq=False)
class Coordinates:
    """Coordinate arrays of a data set; ``names`` lists, for each array's path, those in its group."""

    plans: tuple[ArrayPlan, ...]
    names: Mapping[str, tuple[str, ...]]


def coordinate_plans(plans: Sequence[ArrayPlan], options: ChunkOptions | None = None) -> Coordinates:
    """Plan ``<axis>_<coordinate>`` arrays, in stored order, one for all arrays of a group that agree.

    Where arrays of a group differ, the later one's is called ``<array>_<axis>_<coordinate>``. Text
    is no array: it stays in the attributes of the array that it belongs to.
    """
    taken = {found.layout.path for found in plans}
    made: dict[str, ArrayLayout] = {}
    names: dict[str, tuple[str, ...]] = {}
    for found in plans:
        axes = {axis.name: axis for axis in found.axes}
        own = []
        for axis in found.layout.axes:
            for coordinate in axis.coordinates:
                if coordinate.values.dtype.kind in "biuf":
                    layout = _layout(found, axis, coordinate, axes[axis.name])
                    own.append(_settle(layout, found, made, taken))
        names[found.layout.path] = tuple(own)
    return Coordinates(tuple(plan(layout, (), options) for layout in made.values()), names)


def stored_values(axis: PlannedAxis, values: NDArray[np.generic]) -> NDArray[np.generic]:
    """Return a logical axis's values in stored order."""
    return values[::-1] if axis.reversed else values


def _layout(found: ArrayPlan, axis: Axis, coordinate: Coordinate, stored: PlannedAxis) -> ArrayLayout:
    group = found.layout.path.rpartition("/")[0]
    name = f"{axis.name}_{coordinate.name}"
    values = np.ascontiguousarray(stored_values(stored, coordinate.values))
    attrs: dict[str, Json] = dict(coordinate.attrs)
    along = Axis(axis.name, axis.size, (axis.name,))
    path = f"{group}/{name}" if group else name
    return ArrayLayout(path, (along,), values.dtype, Inline(values), attrs)


def _settle(layout: ArrayLayout, found: ArrayPlan, made: dict[str, ArrayLayout], taken: set[str]) -> str:
    """Find the name under which a coordinate is kept, and keep it."""
    group, _, name = layout.path.rpartition("/")
    array = found.layout.path.rpartition("/")[2]
    number, candidate = 1, name
    while True:
        path = f"{group}/{candidate}" if group else candidate
        if path in made and _agree(made[path], layout):
            return candidate
        if path not in made and path not in taken:
            made[path] = ArrayLayout(path, layout.axes, layout.dtype, layout.source, layout.attrs)
            return candidate
        candidate = f"{array}_{name}" if number == 1 else f"{array}_{name}_{number}"
        number += 1


def _agree(left: ArrayLayout, right: ArrayLayout) -> bool:
    if not (isinstance(left.source, Inline) and isinstance(right.source, Inline)):
        return False
    same = left.dtype == right.dtype and left.axes == right.axes and left.attrs == right.attrs
    return same and left.source.values.tobytes() == right.source.values.tobytes()
