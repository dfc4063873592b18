"""Data that a dataset keeps in raw files beside its own."""

from __future__ import annotations

from bisect import bisect_right
from itertools import accumulate
from math import prod

import numpy as np

from vspec.containers.hdf5_library import named_file
from vspec.containers.hdf5_stored import MOST_CELLS, Stored
from vspec.errors import VspecError
from vspec.layout import Derived, InnerAxis, Runs, Strided

_UNLIMITED = (1 << 64) - 1
_Segment = tuple[int, int, int]
"""File, offset, and bytes."""


def external(it: Stored) -> Strided | Derived:
    """Return where the elements lie in the raw files, which follow each other.

    Raises V0410 to V0418 for a file elsewhere, V0430 for one that is not there, V0361 where they are too
    short for the array.
    """
    need = it.record * prod(map(int, it.dataset.shape))
    segments = _segments(it, need)
    edges = list(accumulate((nbytes for _, _, nbytes in segments), initial=0))
    if edges[-1] < need:
        raise _too_short(it, need, edges[-1])
    axis = _axis(it, edges[1:-1])
    cells = prod(it.shape[:axis]) if axis is not None else 0
    if axis is None or cells > MOST_CELLS:
        return it.derived("its elements lie across the ends of raw files")
    step = it.strides[axis] if it.axes else it.record
    rows: list[tuple[int, int, int, int, int]] = []
    count = it.shape[axis] if it.axes else 1
    for cell in range(cells):
        begin, left = cell * step * count, count
        while left:
            number = bisect_right(edges, begin) - 1
            file, offset, _ = segments[number]
            fits = min(left, (edges[number + 1] - begin) // step)
            rows.append((file, offset + begin - edges[number] + it.member.offset, fits, step, cell))
            begin, left = begin + fits * step, left - fits
    columns = np.array(rows, np.int64).reshape(-1, 5).T
    inner = zip(it.axes[axis + 1 :], it.strides[axis + 1 :], strict=True)
    return Strided(
        Runs(*(np.ascontiguousarray(column) for column in columns)),
        it.dtype,
        it.axes[:axis],
        it.axes[axis][0] if it.axes else "_",
        tuple(InnerAxis(name, size, at) for (name, size), at in inner),
    )


def _segments(it: Stored, need: int) -> list[_Segment]:
    """Return the raw files up to the end of the array; an open end is the end of the file."""
    found: list[_Segment] = []
    creation, have = it.creation, 0
    for at in range(creation.get_external_count()):
        name, offset, size = creation.get_external(at)
        if have >= need:
            break
        file = named_file(
            it.file, name.decode("utf-8", "surrogateescape") if isinstance(name, bytes) else name
        )
        room = max(0, file.reader.size - int(offset))
        held = min(room if int(size) == _UNLIMITED or int(size) < 0 else int(size), need - have)
        if held > room:
            raise _too_short(it, need, have + room)
        if held:
            found.append((file.index, int(offset), held))
        have += held
    return found


def _axis(it: Stored, edges: list[int]) -> int | None:
    """Return the slowest axis of the dataset whose steps end wherever a raw file ends."""
    rank = len(it.dataset.shape)
    if not rank:
        return 0 if not edges else None
    return next((at for at in range(rank) if not any(edge % it.strides[at] for edge in edges)), None)


def _too_short(it: Stored, need: int, have: int) -> VspecError:
    return it.file.problem(
        "V0361",
        f"the raw files of array '{it.path}' are too short for it",
        0,
        expected=f"{need} bytes",
        found=f"{have} bytes",
        help="is one of them cut short, or still being written?",
    )
