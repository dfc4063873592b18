"""References of an array: in closed form for what lies in strides, as columns for a container's cells."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from math import prod

import numpy as np

from vspec.chunks.geometry import Geometry, contiguous, locate
from vspec.chunks.model import ArrayPlan, Gathered, Rows
from vspec.layout import Int64

BLOCK = 1 << 18
"""Rows that are worked on at once: large enough for numpy's speed, small enough for any memory."""


@dataclass(frozen=True, slots=True, eq=False)
class Located:
    """Chunks of ``chunks`` elements, each of ``nbytes`` bytes from the place of its first element."""

    geometry: Geometry
    chunks: tuple[int, ...]
    nbytes: int

    def __len__(self) -> int:
        return prod(map(int, self.grid))

    @property
    def grid(self) -> tuple[int, ...]:
        """Chunks along each axis."""
        return tuple(-(-size // chunk) for size, chunk in zip(self.geometry.shape, self.chunks, strict=True))

    def corners(self, cell: Int64) -> list[Int64]:
        """Return the position of the first element of each of the chunks ``cell``, by axis."""
        if not self.chunks:
            return []
        index = np.unravel_index(cell, self.grid)
        return [np.asarray(at, np.int64) * chunk for at, chunk in zip(index, self.chunks, strict=True)]

    def rows(self, start: int, stop: int) -> Rows:
        cell = np.arange(start, stop, dtype=np.int64)
        spots = locate(self.geometry, self.corners(cell))
        columns = np.broadcast_arrays(spots.file, spots.offset, np.int64(self.nbytes), cell)
        return Rows(*columns[:3])


@dataclass(frozen=True, slots=True, eq=False)
class Table:
    """One row a chunk, written out."""

    file: Int64
    offset: Int64
    nbytes: Int64

    def __len__(self) -> int:
        return len(self.file)

    def rows(self, start: int, stop: int) -> Rows:
        return Rows(self.file[start:stop], self.offset[start:stop], self.nbytes[start:stop])


def absent(count: int) -> Table:
    """Return ``count`` chunks without a reference, in no memory."""
    zero, none = np.zeros(1, np.int64), np.full(1, -1, np.int64)
    return Table(*(np.broadcast_to(column, (count,)) for column in (none, zero, zero)))


@dataclass(frozen=True, slots=True, eq=False)
class Units:
    """Stretches of ``nbytes`` contiguous bytes that make a chunk: unit ``at`` of it lies at a place."""

    at: Int64
    file: Int64
    offset: Int64
    nbytes: int


def units(plan: ArrayPlan, content: Gathered, cell: int) -> Iterator[Units]:
    """Yield, in blocks, where the bytes of a copied chunk come from; what is not named is padding."""
    geometry = content.geometry
    apart, unit = _apart(plan, geometry)
    corner = np.unravel_index(cell, plan.grid) if plan.grid else ()
    first = [int(at) * chunk for at, chunk in zip(corner, plan.chunks, strict=True)][:apart]
    box = tuple(
        min(chunk, size - start) for chunk, size, start in zip(plan.chunks, plan.shape, first, strict=False)
    )
    count = prod(map(int, box))
    rest = [np.zeros(1, np.int64)] * (len(plan.shape) - apart)
    for start in range(0, count, BLOCK):
        flat = np.arange(start, min(count, start + BLOCK), dtype=np.int64)
        inside = np.unravel_index(flat, box) if box else ()
        at = np.ravel_multi_index(inside, plan.chunks[:apart]) if box else flat
        where = [np.asarray(index) + corner_at for index, corner_at in zip(inside, first, strict=True)]
        spots = locate(geometry, [*where, *rest])
        file, offset, _ = np.broadcast_arrays(spots.file, spots.offset, flat)
        yield Units(np.asarray(at, np.int64), file, offset, unit)


def _apart(plan: ArrayPlan, geometry: Geometry) -> tuple[int, int]:
    """Return how many leading axes a chunk must be walked along, and the bytes of each step."""
    unit, apart = geometry.item, len(geometry.axes)
    while apart:
        axis, chunk = geometry.axes[apart - 1], plan.chunks[apart - 1]
        if not contiguous(axis, unit) or chunk != axis.size:
            break
        unit *= axis.size
        apart -= 1
    return apart, unit
