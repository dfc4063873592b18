"""One array put together from blocks of others: as runs, or as cells of a common grid."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import gcd, prod

import numpy as np

from vspec.containers.hdf5_stored import MOST_CELLS, NoFill, Stored, same
from vspec.layout import Chunked, Codecs, Derived, InnerAxis, Int64, Json, Runs, Source, Strided

_LARGEST_CUT = 4 << 20
_SPARSEST = 16


class NoMosaic(Exception):  # noqa: N818 -- it says why an array cannot be read in place
    """Raised where the blocks are no runs and no cells; its text follows "because"."""


@dataclass(frozen=True, slots=True)
class Box:
    """A block of an array: its first corner and its sizes."""

    start: tuple[int, ...]
    sizes: tuple[int, ...]

    @property
    def stop(self) -> tuple[int, ...]:
        """The corner behind its last element."""
        return tuple(at + size for at, size in zip(self.start, self.sizes, strict=True))

    def meets(self, other: Box) -> bool:
        """Tell whether two blocks have an element in common."""
        low = map(max, self.start, other.start)
        return all(a < b for a, b in zip(low, map(min, self.stop, other.stop), strict=True))

    def within(self, shape: Sequence[int]) -> bool:
        """Tell whether the block lies in an array of ``shape``."""
        ends = zip(self.stop, shape, strict=False)
        return len(shape) == len(self.start) and all(stop <= size for stop, size in ends)


@dataclass(frozen=True, slots=True, eq=False)
class Piece:
    """A block of the whole, and the block of a source that it is; nothing where the source is missing."""

    box: Box
    source: Stored | None
    layout: Source | None
    cut: Box | None


@dataclass(frozen=True, slots=True, eq=False)
class _Part:
    """A piece that is there; ``axes`` tells for each axis of the whole which one of the source it is."""

    box: Box
    source: Stored
    layout: Strided | Chunked
    cut: Box
    axes: tuple[int | None, ...]


def mosaic(it: Stored, pieces: Sequence[Piece]) -> Source:
    """Return the whole as runs or as cells of its sources. Raises `NoMosaic` where it is neither."""
    if it.member.axes or not it.axes:
        raise NoMosaic("its elements are no single numbers")
    if not all(piece.box.within(it.shape) for piece in pieces):
        raise NoMosaic("a block of it lies outside of it")
    parts = [part for piece in pieces if (part := _part(it, piece)) is not None]
    if not parts:
        return it.absent()
    found = _strided(it, parts) if len(parts) == len(pieces) else None
    return found or _cells(it, parts, [piece.box for piece in pieces if piece.source is None])


def _part(it: Stored, piece: Piece) -> _Part | None:
    if piece.source is None or piece.cut is None:
        return None
    if piece.source.dtype != it.dtype:
        raise NoMosaic("a source has numbers of another type")
    if isinstance(piece.layout, Derived):
        raise NoMosaic(f"one of its sources cannot be read in place: {piece.layout.reason}")
    if not isinstance(piece.layout, (Strided, Chunked)):
        raise NoMosaic("a source is kept in a header")
    if not piece.cut.within(piece.source.shape):
        raise NoMosaic("a block lies outside its source")
    axes = _matched(piece.box.sizes, piece.cut.sizes)
    return _Part(piece.box, piece.source, piece.layout, piece.cut, axes)


def _matched(whole: Sequence[int], source: Sequence[int]) -> tuple[int | None, ...]:
    """Return which axis of the source each axis of the whole is; raises `NoMosaic` for another shape."""
    if tuple(whole) == tuple(source):
        return tuple(range(len(whole)))
    wide = [at for at, size in enumerate(whole) if size != 1]
    own = [at for at, size in enumerate(source) if size != 1]
    if [whole[at] for at in wide] != [source[at] for at in own]:
        raise NoMosaic("a block has another shape than in its source")
    found: list[int | None] = [None] * len(whole)
    for at, one in zip(wide, own, strict=True):
        found[at] = one
    return tuple(found)


def _strided(it: Stored, parts: Sequence[_Part]) -> Strided | None:
    """Return runs, where the parts follow each other along one axis and have the same strides."""
    axis = _tiled(it, parts)
    if axis is None or prod(it.shape[:axis]) * len(parts) > MOST_CELLS:
        return None
    ordered = sorted(parts, key=lambda part: part.box.start[axis])
    steps = [_steps(part) for part in ordered]
    inner = steps[0][axis + 1 :] if steps[0] is not None else ()
    lead = np.indices(it.shape[:axis], np.int64).reshape(axis, prod(it.shape[:axis]))
    columns: list[Int64] = []
    for part, step in zip(ordered, steps, strict=True):
        if step is None or _differ(step[axis + 1 :], inner, it.shape[axis + 1 :]):
            return None
        assert isinstance(part.layout, Strided), "it has steps"
        offset = _first(part) + np.asarray(step[:axis], np.int64) @ lead
        file, count = int(part.layout.runs.file[0]), part.box.sizes[axis]
        columns.append(np.stack([np.full_like(offset, file), offset, np.full_like(offset, count)]))
        columns[-1] = np.vstack([columns[-1], np.full_like(offset, step[axis]), np.arange(len(offset))])
    table = np.stack(columns, axis=-1).reshape(5, -1)
    return Strided(
        Runs(*(np.ascontiguousarray(column) for column in table)),
        it.dtype,
        it.axes[:axis],
        it.axes[axis][0],
        tuple(
            InnerAxis(name, size, step) for (name, size), step in zip(it.axes[axis + 1 :], inner, strict=True)
        ),
    )


def _tiled(it: Stored, parts: Sequence[_Part]) -> int | None:
    """Return the axis along which the parts cover the whole without gaps; None where there is none."""
    cut = [
        at
        for at, size in enumerate(it.shape)
        if any((part.box.start[at], part.box.sizes[at]) != (0, size) for part in parts)
    ]
    if len(cut) > 1 or (not cut and len(parts) > 1):
        return None
    axis, at = (cut[0] if cut else 0), 0
    for part in sorted(parts, key=lambda part: part.box.start[axis]):
        if part.box.start[axis] != at:
            return None
        at += part.box.sizes[axis]
    return axis if at == it.shape[axis] else None


def _differ(left: Sequence[int], right: Sequence[int], sizes: Sequence[int]) -> bool:
    return any(a != b and size > 1 for a, b, size in zip(left, right, sizes, strict=True))


def _own_steps(part: _Part) -> tuple[int, ...] | None:
    """Return the strides of a source's own axes, if it is one run."""
    layout = part.layout
    if not isinstance(layout, Strided) or len(layout.runs.file) != 1 or layout.lead:
        return None
    return (int(layout.runs.stride[0]), *(axis.stride for axis in layout.inner))


def _steps(part: _Part) -> tuple[int, ...] | None:
    """Return a stride for each axis of the whole; along axes of one position it is as good as any."""
    own = _own_steps(part)
    if own is None:
        return None
    return tuple(part.source.dtype.itemsize if at is None else own[at] for at in part.axes)


def _first(part: _Part) -> int:
    """Return the offset of the first element of a part."""
    own = _own_steps(part)
    assert own is not None, "it is one run"
    assert isinstance(part.layout, Strided), "it is one run"
    reach = sum(at * step for at, step in zip(part.cut.start, own, strict=False))
    return int(part.layout.runs.offset[0]) + reach


def _cells(it: Stored, parts: Sequence[_Part], missing: Sequence[Box]) -> Chunked | Derived:
    """Return cells, where every part is whole chunks of one size, on one grid; ``missing`` are filled."""
    if any(box.meets(part.box) for box in missing for part in parts):
        raise NoMosaic("its blocks overlap")
    grids = [_as_chunked(part, parts) for part in parts]
    chunk = _chunk(parts[0], grids[0])
    counts = [-(-size // extent) for size, extent in zip(it.shape, chunk, strict=True)]
    stored = sum(len(grid.file) for grid in grids)
    if prod(counts) > max(MOST_CELLS, _SPARSEST * stored):
        raise NoMosaic("only few of its blocks have a source")
    table = np.zeros((4, *counts), np.int64)
    table[0] = -1
    taken = np.zeros(counts, bool)
    chains: list[Codecs] = []
    for part, grid in zip(parts, grids, strict=True):
        if _chunk(part, grid) != chunk:
            raise NoMosaic("its sources have chunks of different sizes")
        place = _placed(part.box, chunk, it.shape)
        if taken[place].any():
            raise NoMosaic("its blocks overlap")
        taken[place] = True
        table[(slice(None), *place)] = _columns(part, grid, chains, taken[place].shape)
    holes = not taken.all()
    try:
        fills: list[Json] = [it.fill()] if holes else []
    except NoFill as error:
        raise NoMosaic(str(error)) from None
    fills += [grid.fill for grid in grids if (grid.file < 0).any()]
    if any(not same(fill, fills[0]) for fill in fills):
        raise NoMosaic("its unwritten parts hold no single number")
    columns = (table[0].ravel(), table[1].ravel(), table[2].ravel())
    codecs = table[3].ravel() if len(chains) > 1 else None
    fill = fills[0] if fills else None
    return it.chunked(chunk, columns, chains=tuple(chains), cell_codecs=codecs, fill=fill)


def _columns(
    part: _Part, grid: Chunked, chains: list[Codecs], shape: tuple[int, ...]
) -> np.ndarray[tuple[int, ...], np.dtype[np.int64]]:
    """Return file, offset, length and chain of the chunks of a part; ``chains`` gathers the chains."""
    for chain in grid.chains:
        if chain not in chains:
            chains.append(chain)
    own = np.array([chains.index(chain) for chain in grid.chains], np.int64)
    codecs = own[grid.cell_codecs if grid.cell_codecs is not None else np.zeros(len(grid.file), np.int64)]
    counts = [-(-size // extent) for (_, size), extent in zip(grid.stored, grid.chunk, strict=True)]
    place = _placed(part.cut, grid.chunk, None)
    columns = np.stack([grid.file, grid.offset, grid.nbytes, codecs]).reshape(4, *counts)
    return columns[(slice(None), *place)].reshape(4, *shape)


def _placed(box: Box, chunk: Sequence[int], shape: Sequence[int] | None) -> tuple[slice, ...]:
    """Return the cells that a block is; raises `NoMosaic` where it begins or ends within one.

    It may end within a cell at the end of ``shape``; without a shape the other side of it is checked.
    """
    found = []
    for at, (start, stop, extent) in enumerate(zip(box.start, box.stop, chunk, strict=True)):
        if start % extent or (shape is not None and stop % extent and stop != shape[at]):
            raise NoMosaic("its blocks are no whole chunks of their sources")
        found.append(slice(start // extent, -(-stop // extent)))
    return tuple(found)


def _chunk(part: _Part, grid: Chunked) -> tuple[int, ...]:
    """Return the chunk of a source along the axes of the whole."""
    used = {at for at in part.axes if at is not None}
    if any(extent != 1 for at, extent in enumerate(grid.chunk) if at not in used):
        raise NoMosaic("its blocks are no whole chunks of their sources")
    return tuple(1 if at is None else grid.chunk[at] for at in part.axes)


def _as_chunked(part: _Part, parts: Sequence[_Part]) -> Chunked:
    """Return a source as cells: its own, or those into which a contiguous one can be cut."""
    if isinstance(part.layout, Chunked):
        return part.layout
    own, shape = _own_steps(part), part.source.shape
    item = part.source.dtype.itemsize
    whole = tuple(item * prod(shape[at + 1 :]) for at in range(len(shape)))
    if own is None or (shape and _differ(own, whole, shape)):
        raise NoMosaic("its sources are neither chunks nor runs that follow each other")
    assert isinstance(part.layout, Strided), "it is one run"
    chunk = _common(part, parts)
    rows = shape[0] // chunk[0] if shape else 1
    nbytes = prod(chunk) * item
    if chunk[1:] != shape[1:] or (shape and shape[0] % chunk[0]):
        raise NoMosaic("its sources have chunks of different sizes")
    runs = part.layout.runs
    offset = int(runs.offset[0]) + nbytes * np.arange(rows, dtype=np.int64)
    columns = (np.full(rows, runs.file[0], np.int64), offset, np.full(rows, nbytes, np.int64))
    return part.source.chunked(chunk, columns)


def _common(part: _Part, parts: Sequence[_Part]) -> tuple[int, ...]:
    """Return a chunk of a contiguous source: as others have it, or rows that meet all ends."""
    shape = part.source.shape
    for other in parts:
        if isinstance(other.layout, Chunked) and len(other.layout.chunk) == len(shape):
            return other.layout.chunk
    if not shape:
        return ()
    rows = 0
    for other in parts:
        axis = other.axes.index(0) if 0 in other.axes else None
        starts = (0 if axis is None else other.box.start[axis], *other.cut.start[:1])
        rows = gcd(rows, *starts, *other.source.shape[:1])
    most = max(1, _LARGEST_CUT // (prod(shape[1:]) * part.source.dtype.itemsize))
    fits = next((n for n in range(min(rows, most), 0, -1) if rows % n == 0), 1)
    return (fits, *shape[1:])
