"""The choice of the chunk extent along the one axis that is cut, and what it costs: the tail ladder."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from math import gcd, isqrt, prod

import numpy as np

from vspec.chunks.geometry import Geometry, Linear, Outer, contiguous, locate
from vspec.chunks.model import ChunkOptions
from vspec.chunks.references import BLOCK, Located
from vspec.layout import Int64

_MOST_TRIALS = 10_000_000
_COST_OF_REFERENCE = 64
_COST_OF_COPYING = 4


@dataclass(frozen=True, slots=True)
class Frame:
    """Which axis is cut: positions along ``split`` are ``unit`` bytes, all axes before it have extent 1.

    ``borders`` is the greatest common divisor of the places where contiguous bytes end along the
    axis (0: nowhere), ``segments`` how many such stretches there are at most.
    """

    geometry: Geometry
    split: int
    unit: int
    borders: int
    segments: int

    @property
    def size(self) -> int:
        """Positions along the axis that is cut."""
        return self.geometry.axes[self.split].size

    @property
    def nbytes(self) -> int:
        """Bytes of the whole array."""
        return prod(map(int, self.geometry.shape)) * self.geometry.item

    def located(self, extent: int) -> Located:
        """Return the references for a chunk extent."""
        shape = self.geometry.shape
        chunks = (*(1 for _ in shape[: self.split]), extent, *shape[self.split + 1 :])
        return Located(self.geometry, chunks, extent * self.unit)


@dataclass(frozen=True, slots=True, eq=False)
class Survey:
    """What an extent comes to: chunks that straddle a break, chunks that need padding at the end.

    ``past`` is the first cell whose own bytes are not all in the file, -1 if there is none.
    """

    extent: int
    located: Located
    straddling: Int64
    padded: Int64
    past: int

    @property
    def straddled_bytes(self) -> int:
        """Bytes of the chunks that straddle."""
        return len(self.straddling) * self.located.nbytes

    @property
    def padded_bytes(self) -> int:
        """Bytes of the chunks that are padded."""
        return len(self.padded) * self.located.nbytes

    @property
    def copied_bytes(self) -> int:
        """Bytes that must be copied."""
        return self.straddled_bytes + self.padded_bytes


def frame(geometry: Geometry, target: int) -> Frame:
    """Find the axis to cut: axes inside it are contiguous and at most ``2 * target`` bytes together."""
    unit = geometry.item
    split = len(geometry.axes) - 1
    while split > 0:
        axis = geometry.axes[split]
        if not contiguous(axis, unit) or unit * axis.size > 2 * target:
            break
        unit *= axis.size
        split -= 1
    borders, segments = _breaks(geometry, split, unit)
    return Frame(geometry, split, unit, borders, segments)


def _breaks(geometry: Geometry, split: int, unit: int) -> tuple[int, int]:
    axis = geometry.axes[split]
    match axis.digits[-1:]:
        case ():
            return 0, 1
        case (Linear(size, stride),) if stride == unit:
            if axis.first % size + axis.size <= size:
                return 0, 1
            return gcd(size, axis.first), axis.size // size + 2
        case (Outer(size),) if (geometry.runs.stride == unit).any():
            runs = geometry.runs
            cell = runs.start // geometry.steps
            stop = runs.stop - cell * geometry.steps
            if len(axis.digits) == 1:
                stop = stop[stop != size]
            runs_a_cell = int(np.bincount(cell - cell[0]).max())
            borders = int(np.gcd.reduce(stop)) if len(stop) else 0
            rounds = axis.size // size + 2 if len(axis.digits) > 1 else 1
            return gcd(borders, axis.first), runs_a_cell * rounds
        case _:
            return 1, axis.size


def survey(frame: Frame, extent: int, sizes: Sequence[int]) -> Survey:
    """Look at every chunk of an extent, in blocks."""
    located, table = frame.located(extent), np.asarray(sizes, np.int64)
    straddling, padded, past = [], [], -1
    for start in range(0, len(located), BLOCK):
        cell = np.arange(start, min(len(located), start + BLOCK), dtype=np.int64)
        corners = located.corners(cell)
        spots = locate(frame.geometry, corners, frame.split, frame.unit)
        valid = np.minimum(extent, frame.size - corners[frame.split])
        limit = table[spots.file]
        near = spots.offset + np.minimum(valid, spots.room) * frame.unit
        outside = (spots.offset < 0) | (near > limit)
        if past < 0 and outside.any():
            past = int(cell[np.argmax(outside)])
        broken = spots.room < valid
        straddling.append(cell[broken])
        padded.append(cell[~broken & (spots.offset + located.nbytes > limit)])
    return Survey(extent, located, np.concatenate(straddling), np.concatenate(padded), past)


def nearest_divisor(number: int, target: int, most: int | None = None) -> int | None:
    """Return the divisor of ``number`` nearest to ``target``, within a factor of two, at most ``most``."""
    found = _divisors(number, -(-target // 2), 2 * target if most is None else min(2 * target, most))
    return int(found[np.argmin(np.abs(np.log(found / target)))]) if len(found) else None


def _divisors(number: int, low: int, high: int) -> Int64:
    """Return the divisors between ``low`` and ``high``; none where they are too dear to find."""
    low, high, root = max(1, low), min(high, number), isqrt(number)
    if min(high - low, root) > _MOST_TRIALS:
        return np.zeros(0, np.int64)
    if high - low < root:
        trial = np.arange(low, high + 1, dtype=np.int64)
        return np.extract(number % trial == 0, trial)
    trial = np.arange(1, root + 1, dtype=np.int64)
    small = trial[number % trial == 0]
    both = np.unique(np.concatenate([small, number // small]))
    return np.extract((both >= low) & (both <= high), both)


def choose(frame: Frame, sizes: Sequence[int], options: ChunkOptions) -> Survey | None:
    """Return the survey of the best extent; None if every extent asks for too many references."""
    seen: dict[int, Survey] = {}

    def look(extent: int) -> Survey | None:
        if len(frame.located(extent)) > options.max_references:
            return None
        if extent not in seen:
            seen[extent] = survey(frame, extent, sizes)
        return seen[extent]

    for extent in _without_copies(frame, options):
        found = look(extent)
        if found is not None and found.copied_bytes == 0:
            return found
    share = int(frame.nbytes * options.copy_share)
    for extent in _smaller_and_smaller(frame, options):
        found = look(extent)
        small_tail = found is not None and found.padded_bytes <= max(share, options.chunk_bytes)
        if found is not None and small_tail and found.straddled_bytes <= share:
            return found
    last = [look(extent) for extent in _at_any_price(frame, options)]
    limit = options.copy_limit(frame.nbytes)

    def cost(found: Survey) -> tuple[bool, int]:
        references = _COST_OF_REFERENCE * len(found.located)
        return found.copied_bytes > limit, _COST_OF_COPYING * found.copied_bytes + references

    return min((found for found in last if found is not None), key=cost, default=None)


def _target(frame: Frame, options: ChunkOptions) -> int:
    return max(1, options.chunk_bytes // frame.unit)


def _without_copies(frame: Frame, options: ChunkOptions) -> Iterator[int]:
    """Yield the extents that may come without any copy, in the order of the tail ladder."""
    target, size, borders = _target(frame, options), frame.size, frame.borders
    if borders:
        for number in (gcd(borders, size), borders):
            divisor = nearest_divisor(number, target)
            if divisor is not None:
                yield divisor
        return
    if size <= target:
        yield size
        return
    divisor = target if size % target == 0 else nearest_divisor(size, target, size // 2)
    if divisor is not None:
        yield divisor
    yield target
    if size < 2 * target:
        yield size


def _smaller_and_smaller(frame: Frame, options: ChunkOptions) -> Iterator[int]:
    """Yield extents from the target downwards, as far as they may keep copies within the share."""
    extent = min(_target(frame, options), frame.size)
    least = max(1, options.small_chunk // frame.unit)
    while extent >= least:
        if not frame.borders or frame.segments * extent <= 4 * options.copy_share * frame.size:
            yield extent
        if extent == 1:
            return
        extent //= 2


def _at_any_price(frame: Frame, options: ChunkOptions) -> Iterator[int]:
    """Yield a small extent that copies little, and one that copies nothing at breaks."""
    target = _target(frame, options)
    if frame.segments < frame.size:
        yield max(1, min(options.small_chunk // frame.unit, target, frame.size))
    if frame.borders:
        yield int(_divisors(frame.borders, 1, 2 * target).max(initial=1))
    else:
        yield min(target, frame.size)
