"""The chunk index of a dataset, read straight into columns."""

from __future__ import annotations

from array import array
from math import prod

import numpy as np
from numpy.typing import NDArray

from vspec.containers.blosc_heads import require_whole_blosc
from vspec.containers.hdf5_filters import Filter, NoCodec, chain, pipeline
from vspec.containers.hdf5_library import FAULTS
from vspec.containers.hdf5_stored import MOST_CELLS, NoFill, Stored
from vspec.errors import VspecError
from vspec.layout import Chunked, Codecs, Derived, Int64, Json
from vspec.sources import PastEnd

_SPARSEST = 16
_MOST_TRIED = 64
_MOST_READ = 4 << 20


def chunks_of(it: Stored) -> Chunked | Derived:
    """Return where the chunks of a dataset lie, and how each of them is decoded.

    Raises V0361 for an index that contradicts itself, V0362 for a grid with too many cells that are not
    there.
    """
    rank = len(it.dataset.shape)
    extents = tuple(map(int, it.creation.get_chunk()))
    inner = tuple(size for size, _ in it.member.axes)
    counts = tuple(-(-size // extent) for size, extent in zip(it.dataset.shape, extents, strict=True))
    rows = _in_order(it, _rows(it, rank), extents)
    cells, rows = _cells(it, rows, extents, counts)
    _look_up(it, rows)
    nbytes = prod((*extents, *inner)) * it.dtype.itemsize
    try:
        masks, chains = _chains(it, rows, nbytes)
        if _plain_edges(it, rows, extents, nbytes):
            masks = np.where(_at_edge(it, rows, extents), len(chains), masks)
            chains = (*chains, ())
        for number, one in enumerate(chains):
            own = rows[masks == number] if len(chains) > 1 else rows
            places = (np.full(len(own), it.file.index, np.int64), own[:, -2], own[:, -1])
            require_whole_blosc(it.file, it.path, one, places, nbytes if len(one) == 1 else None)
        fill = _fill(it) if len(rows) < prod(counts) else None
    except (NoCodec, NoFill) as error:
        return it.derived(str(error))
    total = prod(counts)
    file, offset, length = (np.zeros(total, np.int64) for _ in range(3))
    file -= 1
    file[cells], offset[cells], length[cells] = it.file.index, rows[:, rank + 1], rows[:, rank + 2]
    codecs = None
    if len(chains) > 1:
        codecs = np.zeros(total, np.int64)
        codecs[cells] = masks
    columns = (file, offset, length)
    return it.chunked((*extents, *inner), columns, chains=chains, cell_codecs=codecs, fill=fill)


def _fill(it: Stored) -> Json:
    """Return what unwritten chunks hold. Raises `NoFill`, also where the file leaves that open."""
    fill = it.fill()
    if fill is None:
        raise NoFill("the file leaves open what its unwritten parts hold")
    return fill


def _rows(it: Stored, rank: int) -> Int64:
    """Return a row a chunk: its corner, its filter mask, its offset and its length."""
    found = array("q")
    extend = found.extend

    def take(chunk: tuple[tuple[int, ...], int, int, int]) -> None:
        corner, mask, offset, nbytes = chunk
        extend((*corner, mask, offset, nbytes))

    it.dataset.id.chunk_iter(take)
    return np.array(found, np.int64).reshape(-1, rank + 3)


def _in_order(it: Stored, rows: Int64, extents: tuple[int, ...]) -> Int64:
    """Return the rows with their corners.

    The index of an array that may grow along one axis, not its first, counts that axis slowest. The library
    (2.0.0, `H5D__earray_idx_iterate_cb`) lists its chunks as if it was counted where it stands, without
    an end: the rest of an array appears behind its end. Which of the two it is, is told by looking chunks
    up by their place, for which the library does not need the list.
    """
    growing = [at for at, size in enumerate(it.dataset.maxshape) if size is None]
    if len(growing) != 1 or growing[0] == 0 or not len(rows):
        return rows
    rank, axis = len(extents), growing[0]
    if rows[:, :axis].any():
        return rows
    turned = _counted_slowest(it, rows, axis, extents)
    telling = np.flatnonzero((turned[:, :rank] != rows[:, :rank]).any(axis=1))
    if not len(telling):
        return rows
    tried = telling[np.unique(np.linspace(0, len(telling) - 1, _MOST_TRIED).astype(np.intp))]
    if all(_is_there(it, rows[at]) for at in tried):
        return rows
    if all(_is_there(it, turned[at]) for at in tried):
        return turned
    raise _contradiction(it, "its chunks are not where they are listed")


def _counted_slowest(it: Stored, rows: Int64, axis: int, extents: tuple[int, ...]) -> Int64:
    """Return rows whose corners were listed in one order, as they are in the other."""
    rank = len(extents)
    most = [size or 0 for size in it.dataset.maxshape]
    counts = [-(-size // extent) for size, extent in zip(most, extents, strict=True)]
    place = rows[:, :rank] // np.array(extents, np.int64)
    number = place[:, axis].copy()
    for at in range(axis + 1, rank):
        number = number * counts[at] + place[:, at]
    turned = rows.copy()
    for at in [*range(rank - 1, axis, -1), *range(axis - 1, -1, -1)]:
        turned[:, at] = number % counts[at] * extents[at]
        number //= counts[at]
    turned[:, axis] = number * extents[axis]
    return turned


def _is_there(it: Stored, row: Int64) -> bool:
    """Tell whether the chunk that is found at a row's corner is the one at its offset."""
    try:
        mask, raw = it.dataset.id.read_direct_chunk(tuple(map(int, row[:-3])))
        stored = it.file.reader.read(int(row[-2]), int(row[-1]))
    except (*FAULTS, PastEnd):
        return False
    return int(row[-3]) == mask and bytes(raw) == stored


def _cells(
    it: Stored, rows: Int64, extents: tuple[int, ...], counts: tuple[int, ...]
) -> tuple[NDArray[np.intp], Int64]:
    """Return the cell of each row; rows behind the ends of the array are left out, as the library does."""
    total, rank = prod(counts), len(counts)
    if total > max(MOST_CELLS, _SPARSEST * len(rows)):
        raise it.file.problem(
            "V0362",
            f"array '{it.path}' has {total} chunks, of which {len(rows)} are in the file",
            expected=f"at most {MOST_CELLS} chunks, or one in {_SPARSEST} in the file",
            help="select a part of the array with the library, and map that",
        )
    corner = rows[:, :rank]
    inside = (corner < np.array(it.dataset.shape, np.int64)).all(axis=1)
    if not inside.all():
        rows, corner = rows[inside], corner[inside]
    extent = np.array(extents, np.int64)
    place = corner // extent
    if (corner < 0).any() or (place * extent != corner).any():
        raise _contradiction(it, "a chunk does not begin where chunks begin")
    weights = np.array([prod(counts[at + 1 :]) for at in range(rank)], np.int64)
    cells = (place @ weights).astype(np.intp)
    if (np.bincount(cells, minlength=1) > 1).any():
        raise _contradiction(it, "two chunks have one place")
    return cells, rows


def _look_up(it: Stored, rows: Int64) -> None:
    """Look for some chunks by their place, as reading does; all of them where they are few.

    A damaged index may list what is not found in it. Raises V0361.
    """
    small = rows[rows[:, -1] <= _MOST_READ // _MOST_TRIED]
    tried = (
        small[np.unique(np.linspace(0, max(0, len(small) - 1), _MOST_TRIED).astype(np.intp))]
        if len(small)
        else small
    )
    for row in tried:
        corner = tuple(map(int, row[:-3]))
        try:
            mask, raw = it.dataset.id.read_direct_chunk(corner)
        except FAULTS:
            raise _contradiction(it, f"the chunk at {corner} is listed, and is not found there") from None
        if (mask, len(raw)) != (int(row[-3]), int(row[-1])):
            raise _contradiction(it, f"the chunk at {corner} is another one when it is looked for")


def _contradiction(it: Stored, found: str) -> VspecError:
    message = f"the index of the chunks of array '{it.path}' contradicts itself"
    return it.file.problem("V0361", message, 0, found=found, help="the file is damaged: fetch it again")


def _chains(it: Stored, rows: Int64, nbytes: int) -> tuple[Int64, tuple[Codecs, ...]]:
    """Return the chains of codecs, and which of them each chunk has, by the filters that it skipped."""
    filters: tuple[Filter, ...] = pipeline(it.creation)
    mask = rows[:, -3] & ((1 << len(filters)) - 1)
    if not mask.any():
        return mask, (chain(filters, 0, nbytes),)
    used, which = np.unique(mask, return_inverse=True)
    return which.astype(np.int64).ravel(), tuple(chain(filters, int(one), nbytes) for one in used)


def _at_edge(it: Stored, rows: Int64, extents: tuple[int, ...]) -> NDArray[np.bool_]:
    """Tell which chunks reach over the end of an axis."""
    corner = rows[:, : len(extents)]
    over = corner + np.array(extents, np.int64) > np.array(it.dataset.shape, np.int64)
    return np.asarray(over.any(axis=1))


def _plain_edges(it: Stored, rows: Int64, extents: tuple[int, ...], nbytes: int) -> bool:
    """Tell whether chunks at the edges were left unfiltered: the library does not say, so it is tried out.

    An option of datasets says so for all of them at once; each then has the length of a whole chunk.
    """
    if not it.creation.get_nfilters() or not len(rows):
        return False
    edge = rows[_at_edge(it, rows, extents) & (rows[:, -3] == 0)]
    if not len(edge) or (edge[:, -1] != nbytes).any():
        return False
    for row in edge[:_MOST_TRIED]:
        corner = tuple(map(int, row[: len(extents)]))
        _, raw = it.dataset.id.read_direct_chunk(corner)
        inner = tuple(size for size, _ in it.member.axes)
        whole = np.frombuffer(raw, it.dtype).reshape(*extents, *inner)
        ends = zip(corner, extents, it.dataset.shape, strict=True)
        box = tuple(slice(at, min(at + extent, size)) for at, extent, size in ends)
        found = np.asarray(it.dataset[box], it.dtype)
        cut = whole[tuple(slice(0, part.stop - part.start) for part in box)]
        if cut.tobytes() != found.tobytes():
            return False
        if len(set(found.tobytes())) > 1:
            return True
    return False
