"""How gathering copies: as few strided copies as the axes allow, each as wide as numpy can copy."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import product
from math import prod

import numpy as np
from numpy.typing import NDArray

from vspec.codecs.axes import Axis, Listed, Records, Step
from vspec.codecs.findings import Bytes

_MOST_COPIES = 1 << 16
_BLOCK = 1 << 18
_FEW = 4


@dataclass(frozen=True, slots=True)
class Run:
    """Elements ``first`` to ``first + count`` of an axis, at bytes ``at + i * stride``."""

    first: int
    count: int
    at: int
    stride: int


@dataclass(frozen=True, slots=True, eq=False)
class Picking:
    """The copies that make a chunk. ``low`` to ``high`` are the bytes that are used of a record.

    ``runs`` has a tuple of runs for each axis of the output, whose sizes are ``sizes``; axis ``outer`` is
    that of the records. Axes that lie as they come out are part of the ``item``. Where ``order`` is given,
    the last axis is copied with everything that lies between its elements, then taken in this order.
    """

    offset: int
    item: int
    runs: tuple[tuple[Run, ...], ...]
    sizes: tuple[int, ...]
    outer: int
    records: Records
    low: int
    high: int
    order: NDArray[np.intp] | None = None

    @classmethod
    def of(cls, offset: int, item: int, axes: Sequence[Axis]) -> Picking:
        """Work out the copies for axes that have been checked."""
        runs = [(Run(0, 1, 0, 0),) if isinstance(a, Records) else _runs(a) for a in axes]
        low = offset + sum(_least(part) for part in runs)
        high = offset + sum(_most(part) for part in runs) + item
        outer, records = next((i, axis) for i, axis in enumerate(axes) if isinstance(axis, Records))
        while len(runs) > outer + 1 and (width := _adjoining(runs[-1], item)):
            item *= width
            runs.pop()
        sizes = tuple(axis.size for axis in axes[: len(runs)])
        order, last = None, axes[len(runs) - 1]
        if isinstance(last, Listed) and len(runs[-1]) > _FEW:
            order, runs[-1] = _ordered(last, item, runs[-1])
        elif isinstance(last, Step) and last.size <= _FEW and prod(len(part) for part in runs) == 1:
            runs[-1] = _apart(runs[-1][0])
        return cls(offset, item, tuple(runs), sizes, outer, records, low, high, order)

    def pick(self, data: Bytes, count: int) -> Bytes:
        """Return the elements of ``count`` records, padded with zeros to a whole chunk."""
        nbytes = prod(self.sizes) * self.item
        if count == self.records.size and self._verbatim():
            return data[self.offset : self.offset + nbytes]
        out = np.zeros(nbytes, np.uint8) if count < self.records.size else np.empty(nbytes, np.uint8)
        self.pick_into(data, count, out)
        return out

    def pick_into(self, data: Bytes, count: int, out: Bytes) -> None:
        """Write the elements of ``count`` records; ``out`` has room for so many, or for a whole chunk."""
        target = out.view(f"u{self.item}" if self.item in (1, 2, 4, 8) else f"V{self.item}")
        target = target.reshape(*self.sizes[: self.outer], -1, *self.sizes[self.outer + 1 :])
        block = self._block(count)
        for start in range(0, count, block):
            self._copy(data, target, (start, min(start + block, count)), count)

    def _verbatim(self) -> bool:
        rest = [part for i, part in enumerate(self.runs) if i != self.outer]
        even = self.records.stride == self.item and not self.records.reverse
        nowhere = all(part == (Run(0, 1, 0, 0),) for part in rest)
        return nowhere and (even or self.records.size == 1)

    def _block(self, count: int) -> int:
        """Return the records to copy at once, so that their bytes stay in the cache for every run."""
        copies = prod(len(part) for part in self.runs)
        if copies == 1 and self.order is None:
            return count
        near = max(1, _BLOCK // self.records.stride)
        return max(near, -(-count * copies // _MOST_COPIES))

    def _copy(self, data: Bytes, target: NDArray[np.generic], span: tuple[int, int], count: int) -> None:
        start, stop = span
        stride = -self.records.stride if self.records.reverse else self.records.stride
        base = self.offset + (self.records.stride * (count - 1) if self.records.reverse else 0)
        rows = (Run(start, stop - start, start * stride, stride),)
        for runs in product(*self.runs[: self.outer], rows, *self.runs[self.outer + 1 :]):
            source: NDArray[np.generic] = np.ndarray(
                [run.count for run in runs],
                target.dtype,
                data.data,
                base + sum(run.at for run in runs),
                # The stride of a single element leads nowhere, but numpy holds it against the buffer.
                [run.stride if run.count > 1 else 0 for run in runs],
            )
            where = tuple(slice(run.first, run.first + run.count) for run in runs)
            if self.order is None:
                target[where] = source
            else:
                target[where[:-1]] = source.take(self.order, axis=-1)


def _runs(axis: Step | Listed) -> tuple[Run, ...]:
    """Return the fewest stretches of even steps, taken from the left."""
    if isinstance(axis, Step):
        return (Run(0, axis.size, 0, axis.stride if axis.size > 1 else 0),)
    found, offsets, first = [], axis.offsets, 0
    while first < len(offsets):
        stop = first + 1
        stride = offsets[stop] - offsets[first] if stop < len(offsets) else 0
        while stop < len(offsets) and offsets[stop] - offsets[stop - 1] == stride:
            stop += 1
        found.append(Run(first, stop - first, offsets[first], stride))
        first = stop
    return tuple(found)


def _apart(run: Run) -> tuple[Run, ...]:
    return tuple(Run(run.first + i, 1, run.at + i * run.stride, 0) for i in range(run.count))


def _least(part: tuple[Run, ...]) -> int:
    return min(run.at + min(0, (run.count - 1) * run.stride) for run in part)


def _most(part: tuple[Run, ...]) -> int:
    return max(run.at + max(0, (run.count - 1) * run.stride) for run in part)


def _adjoining(part: tuple[Run, ...], item: int) -> int:
    """Return how many items of the axis follow each other without a gap; 0 where they do not."""
    if len(part) == 1 and part[0].at == 0 and (part[0].stride == item or part[0].count == 1):
        return part[0].count
    return 0


def _ordered(
    axis: Listed, item: int, runs: tuple[Run, ...]
) -> tuple[NDArray[np.intp] | None, tuple[Run, ...]]:
    """Return an order to take, and the run to take from, where it has little beside the elements."""
    low, high = min(axis.offsets), max(axis.offsets)
    if any((offset - low) % item for offset in axis.offsets) or high - low >= _FEW * item * axis.size:
        return None, runs
    order = np.asarray([(offset - low) // item for offset in axis.offsets], np.intp)
    return order, (Run(0, (high - low) // item + 1, low, item),)
