"""Windows of a container's array, put together from what an independent reader returns of each file."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from math import prod
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from vspec.errors import fail
from vspec.layout import ArrayLayout, Axis, Chunked, Derived, Origin
from vspec.peers.registry import reader

Array = NDArray[np.generic]
PathOf = Callable[[int], Path]
"""The path on this machine of a file of the table."""
Box = dict[str, tuple[int, int]]


def window(layout: ArrayLayout, path_of: PathOf, selection: Sequence[slice]) -> Array:
    """Return a window of an array in the card's order, as the peer of its source reads it.

    ``selection`` has one slice with both ends for each axis. Raises V0723 where no origin is known, and
    what the reader raises.
    """
    source = layout.source
    if not isinstance(source, (Chunked, Derived)) or not source.origins:
        raise fail("V0723", f"no independent reader is at hand for array '{layout.path}'")
    sizes = dict(source.stored)
    box: Box = {name: (0, size) for name, size in source.stored}
    for axis, part in zip(layout.axes, selection, strict=True):
        _narrow(box, sizes, axis, part)
    stored = _read(source, layout.dtype, path_of, box)
    return _arranged(layout, source, stored, (box, tuple(selection)))


def _stored_range(axis: Axis, part: slice) -> tuple[int, int]:
    return (axis.size - part.stop, axis.size - part.start) if axis.reverse else (part.start, part.stop)


def _narrow(box: Box, sizes: dict[str, int], axis: Axis, part: slice) -> None:
    """Narrow the box to what a range of one axis needs: exactly, or along its slowest part."""
    if not axis.parts:
        return
    low, high = _stored_range(axis, part)
    inner = prod(sizes[name] for name in axis.parts[1:])
    box[axis.parts[0]] = (low // inner, -(-high // inner)) if inner else (0, 0)


def _read(source: Chunked | Derived, dtype: np.dtype[np.generic], path_of: PathOf, box: Box) -> Array:
    read = reader(source.peer)
    lows = [low for low, _ in box.values()]
    whole = np.zeros([high - low for low, high in box.values()], dtype)
    for origin in source.origins:
        spans = _overlap(origin, list(box.values()))
        if spans is None:
            continue
        outer = len(origin.corner) - len(origin.shape)
        own = [slice(a - c, b - c) for (a, b), c in zip(spans, origin.corner, strict=True)][outer:]
        into = tuple(slice(a - low, b - low) for (a, b), low in zip(spans, lows, strict=True))
        values = read(path_of(origin.file), origin.path, tuple(own))
        whole[into] = np.asarray(values).reshape(whole[into].shape)
    return whole


def _overlap(origin: Origin, box: Sequence[tuple[int, int]]) -> list[tuple[int, int]] | None:
    outer = len(origin.corner) - len(origin.shape)
    shape = (*(1,) * outer, *origin.shape)
    spans = [
        (max(low, at), min(high, at + size))
        for (low, high), at, size in zip(box, origin.corner, shape, strict=True)
    ]
    return None if any(low >= high for low, high in spans) else spans


def _arranged(
    layout: ArrayLayout, source: Chunked | Derived, stored: Array, asked: tuple[Box, tuple[slice, ...]]
) -> Array:
    """Bring a box in stored order into the card's order, cut to what was asked for."""
    box, selection = asked
    names = [name for name, _ in source.stored]
    used = [part for axis in layout.axes for part in axis.parts]
    unused = [name for name in names if name not in used]
    turned = stored.transpose([names.index(name) for name in (*unused, *used)])
    shape = [prod(box[part][1] - box[part][0] for part in axis.parts) for axis in layout.axes]
    turned = turned.reshape(shape)
    sizes = dict(source.stored)
    for number, (axis, part) in enumerate(zip(layout.axes, selection, strict=True)):
        low, high = _stored_range(axis, part)
        inner = prod(sizes[name] for name in axis.parts[1:])
        first = box[axis.parts[0]][0] * inner if axis.parts else 0
        cut: list[slice] = [slice(None)] * turned.ndim
        cut[number] = slice(low - first, high - first)
        turned = turned[tuple(cut)]
        if axis.reverse:
            turned = np.flip(turned, number)
    return np.asarray(turned, order="C")
