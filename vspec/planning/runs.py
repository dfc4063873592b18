"""The runs that located bytes consist of: as few as a look at neighbours finds."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace
from itertools import pairwise

import numpy as np

from vspec.card.model import JoinAxis
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


def run_axis_last(located: Located, joins: Sequence[JoinAxis]) -> Located:
    """Return rows of unequal sizes with the lead axis last that their elements are joined with.

    So ``block channel sample -> channel time=(block sample)`` takes the rows of each channel, one block after
    the other, whatever number of samples a block has.
    """
    if located.counts is None or located.levels:
        return located
    names = [name for name, _ in located.lead]
    inner = located.inner[0].name
    before = next((one for join in joins for one, after in pairwise(join.parts) if after == inner), None)
    if before not in names or before == names[-1]:
        return located
    k = names.index(before)
    sizes = [size for _, size in located.lead]

    def moved(column: Int64) -> Int64:
        return np.moveaxis(column.reshape(sizes), k, -1).reshape(-1)

    return replace(
        located,
        lead=(*located.lead[:k], *located.lead[k + 1 :], located.lead[k]),
        file=moved(located.file),
        first=moved(located.first),
        counts=moved(located.counts),
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
