"""The runs that located bytes consist of: as few as a look at neighbours finds."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from vspec.header.located import Located
from vspec.layout import InnerAxis, Int64, Runs


def regular(located: Located) -> Located:
    """Return ``located`` with rows that lie evenly apart in one file as its first inner axis: as one run.

    Rows of several files, of segments or of choices are listed one by one, also where that was not needed.
    """
    if len(located.lead) != 1 or located.counts is not None or len(located.first) < 2:
        return located
    (name, size), gap = located.lead[0], np.diff(located.first)
    if gap[0] <= 0 or (gap != gap[0]).any() or (located.file != located.file[0]).any():
        return located
    rows = InnerAxis(name, size, int(gap[0]))
    return replace(
        located,
        lead=(),
        levels=(),
        file=located.file[:1],
        first=located.first[:1],
        inner=(rows, *located.inner),
        rows=located.rows + 1,
    )


def runs_of(located: Located, lead: Sequence[tuple[str, int]]) -> Runs:
    """Return the runs in the cells of the leading axes that are left, along the first inner axis."""
    n = len(located.first)
    cells = math.prod(size for _, size in lead)
    cell: Int64 = np.repeat(np.arange(cells, dtype=np.int64), n // cells if cells else 0)
    if located.inner:
        axis = located.inner[0]
        count = located.counts if located.counts is not None else _constant(axis.size, n)
        return merged(Runs(located.file, located.first, count, _constant(axis.stride, n), cell))
    return merged(Runs(located.file, located.first, _constant(1, n), _constant(located.item, n), cell))


def merged(runs: Runs) -> Runs:
    """Return the same steps in as few runs as a comparison of neighbours finds.

    Rows of one step each that lie evenly apart become one run; a run that begins where the one
    before it ends, with the same stride, is joined to it.
    """
    n = len(runs.offset)
    if n < 2:
        return runs
    single = bool((runs.count == 1).all())
    gap = np.diff(runs.offset)
    same = (np.diff(runs.file) == 0) & (np.diff(runs.cell) == 0)
    if single and bool((gap == gap[0]).all()):
        stride = _constant(int(gap[0]), n)
        follows = same
    else:
        stride = runs.stride
        follows = same & (np.diff(stride) == 0) & (gap == runs.count[:-1] * stride[:-1])
    if not follows.any():
        return replace(runs, stride=stride)
    starts = np.concatenate([[0], np.flatnonzero(~follows) + 1])
    count = np.add.reduceat(runs.count, starts)
    return Runs(runs.file[starts], runs.offset[starts], count, stride[starts], runs.cell[starts])


def _constant(value: int, n: int) -> Int64:
    """Return a column that takes the memory of one number."""
    return np.broadcast_to(np.int64(value), n)
