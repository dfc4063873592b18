"""Planning of arrays that no reference can serve: copied as values, or refused with the reason."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from vspec.chunks.model import ArrayPlan, ChunkOptions, Peered, PlannedAxis, Values
from vspec.chunks.normal_form import complex_axis
from vspec.chunks.strided import copied_whole, map_dtype
from vspec.errors import fail
from vspec.layout import ArrayLayout, Derived, Json

COMPRESSOR: dict[str, Json] = {"id": "zlib", "level": 1}
"""Of copied values, which were compressed in their file mostly: one that every reader has."""


def plan_derived(layout: ArrayLayout, source: Derived, options: ChunkOptions) -> ArrayPlan:
    """Plan an array as a copy of its values. Raises `VspecError` V0335 where nobody asked for a large one."""
    nbytes = int(np.prod(layout.shape, dtype=object)) * layout.dtype.itemsize
    small = nbytes <= options.inline_bytes
    if not (options.materialize or small):
        raise fail(
            source.code,
            f"array '{layout.path}' cannot be read in place, because {source.reason}",
            layout.place,
            help=f"--materialize copies its values ({nbytes} bytes) into a file beside the map; or leave the"
            " array out of the card",
        )
    axes = tuple(PlannedAxis(axis.name, axis.size, max(1, axis.size), axis.reverse) for axis in layout.axes)
    if layout.dtype.kind == "c":
        axes = (*axes, PlannedAxis(complex_axis(layout), 2, 2))
    content = Peered(source) if source.values is None else Values(_in_order(layout, source.values, source))
    plan = copied_whole(layout, axes, content, options)
    return plan if plan.copied_to == "inline" else replace(plan, compressor=COMPRESSOR)


def is_materialized(plan: ArrayPlan) -> bool:
    """Tell whether an array's values were copied because no reference can serve them."""
    return isinstance(plan.layout.source, Derived)


def _in_order(layout: ArrayLayout, values: NDArray[np.generic], source: Derived) -> NDArray[np.generic]:
    """Return values in stored order as the map has them: its axes one after the other, none turned round."""
    names = [name for name, _ in source.stored]
    used = [part for axis in layout.axes for part in axis.parts]
    unused = [name for name in names if name not in used]
    turned = values.transpose([names.index(name) for name in (*unused, *used)])
    whole = turned.reshape(layout.shape)
    if layout.dtype.kind == "c":
        return np.ascontiguousarray(whole).reshape(*whole.shape, 1).view(map_dtype(layout))
    return whole
