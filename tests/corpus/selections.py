"""Selections along the axes of an array that have a wanted shape: whole, by index, by slice.

Which of them holds wanted values is asked of the two corners first, for all selections of a family at
once, so that a search over a million of them costs two fancy indexings.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from tests.corpus.parts import Array

MOST_CHOICES = 4_000_000
MOST_BYTES = 1 << 31

Corner = Callable[[Array], NDArray[np.bool_]]
"""Tells of values at a corner of many selections which of them agree with the wanted one."""


@dataclass(frozen=True, slots=True)
class Choice:
    """Ways to select along one axis: each from ``start`` to ``last`` in steps; or one index (dropped)."""

    start: NDArray[np.int64]
    last: NDArray[np.int64]
    step: NDArray[np.int64]
    dropped: bool

    def key(self, row: int) -> int | slice:
        """Return choice ``row`` as an index for numpy."""
        if self.dropped:
            return int(self.start[row])
        return slice(int(self.start[row]), int(self.last[row]) + 1, int(self.step[row]))

    def text(self, row: int, size: int) -> str:
        """Return choice ``row`` as it is written in brackets."""
        if self.dropped:
            return str(self.start[row])
        start, last, step = int(self.start[row]), int(self.last[row]), int(self.step[row])
        if (start, last, step) == (0, size - 1, 1):
            return ":"
        return f"{start}:{last + 1}" + (f":{step}" if step > 1 else "")


Family = tuple[Choice, ...]


@dataclass(frozen=True, slots=True)
class Selection:
    """A selection that has the wanted shape; ``complete`` when it drops no axis longer than one."""

    text: str
    values: Array
    complete: bool


def families(shape: tuple[int, ...], wanted: tuple[int, ...], *, strided: bool) -> Iterator[Family]:
    """Give the families of selections from ``shape`` that come out as ``wanted``, simplest first.

    Axes of length one do not count on either side. The order of the axes stays: a swapped axis is
    found nowhere. ``strided`` allows slices that take every second, third ... position.

    A few values are found somewhere in any large array, so a family counts only where ``wanted`` has
    an element for each doubling of the number of selections; a single value is no selection.
    """
    sizes = tuple(size for size in wanted if size != 1)
    long = [axis for axis, size in enumerate(shape) if size != 1]
    fitting: list[tuple[int, int, Family]] = []
    for kept in itertools.combinations(long, len(sizes)):
        target = dict(zip(kept, sizes, strict=True))
        if any(shape[axis] < size or (size == 0) != (shape[axis] == 0) for axis, size in target.items()):
            continue
        choices = [_choices(size, target.get(axis), strided=strided) for axis, size in enumerate(shape)]
        family = tuple(choice for choice in choices if len(choice.start))
        count = math.prod(len(choice.start) for choice in family)
        if len(family) < len(shape) or count > MOST_CHOICES or math.log2(count) > math.prod(wanted):
            continue
        sliced = sum(shape[axis] != size for axis, size in target.items())
        if count == 1 or sizes:
            fitting.append((sliced, len(long) - len(kept), family))
    yield from (family for _, _, family in sorted(fitting, key=lambda item: item[:2]))


def _choices(size: int, wanted: int | None, *, strided: bool) -> Choice:
    """Return the ways to take ``wanted`` of ``size`` positions; with None, to take one and drop the axis.

    A slice takes at least half of an axis in one piece, less at either end of it (arrays that the file
    holds piece by piece are joined in a map), or every k-th position over all of it.
    """
    if wanted is None:
        every = np.arange(size, dtype=np.int64)
        return Choice(every, every, np.ones_like(every), dropped=True)
    if wanted == size:
        return Choice(np.array([0]), np.array([size - 1]), np.array([1]), dropped=False)
    pieces = [np.arange(size - wanted + 1) if 2 * wanted >= size else np.array([0, size - wanted])]
    gaps = [1]
    if strided and wanted > 1:
        for step in range(2, (size - 1) // (wanted - 1) + 1):
            if math.ceil(size / step) == wanted or size // step == wanted:
                pieces.append(np.arange(min(step, size - step * (wanted - 1))))
                gaps.append(step)
    start = np.concatenate(pieces).astype(np.int64)
    steps = np.repeat(np.array(gaps, np.int64), [len(piece) for piece in pieces])
    return Choice(start, start + steps * (wanted - 1), steps, dropped=False)


def selections(
    values: Array,
    wanted: tuple[int, ...],
    first: Corner,
    last: Corner,
    *,
    strided: bool = True,
) -> Iterator[Selection]:
    """Give the selections of ``values`` with shape ``wanted`` whose first and last value agree.

    The search ends silently after two gigabytes of candidates: then nothing was found.
    """
    budget = MOST_BYTES
    for family in families(values.shape, wanted, strided=strided):
        if values.size:
            begin = values[np.ix_(*(choice.start for choice in family))]
            end = values[np.ix_(*(choice.last for choice in family))]
            rows = np.argwhere(first(begin) & last(end))
        else:
            rows = np.zeros((1, len(family)), dtype=np.int64)
        complete = not any(c.dropped and size > 1 for c, size in zip(family, values.shape, strict=True))
        for row in rows:
            picks = [(choice, int(at)) for choice, at in zip(family, row, strict=True)]
            chosen = values[tuple(choice.key(at) for choice, at in picks)].reshape(wanted)
            budget -= chosen.nbytes
            if budget < 0:
                return
            inside = ", ".join(c.text(at, n) for (c, at), n in zip(picks, values.shape, strict=True))
            whole = all(
                piece == ":" or n == 1 for piece, n in zip(inside.split(", "), values.shape, strict=False)
            )
            yield Selection("" if whole else f"[{inside}]", chosen, complete)
