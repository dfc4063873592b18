"""Where the bytes of an array lie, as HDF5 can say it: boxes, each in stretches of files that follow."""

from __future__ import annotations

import base64
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise
from math import prod
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from vspec.errors import Problem, VspecError
from vspec.profile.arrays import MapArray
from vspec.readers.local_places import Places

Int64 = NDArray[np.int64]
Box = tuple[slice, ...]

MOST_SEGMENTS = 2000
"""Stretches of one data set: their list must fit into an object header of 64 KiB, at 24 bytes for each
(HDF5 File Format Specification 3.0, IV.A.2.h, the Data Storage - External Data Files message)."""
MOST_PIECES = 8192
"""Boxes of a virtual data set: all are looked at whenever some of it is read."""
MOST_CHUNKS = 10_000_000


@dataclass(frozen=True, slots=True)
class Segment:
    """A stretch of a file, in bytes."""

    path: Path
    offset: int
    nbytes: int


@dataclass(frozen=True, slots=True)
class Piece:
    """A box of an array, and the data set that has it: of ``shape``, of which ``pick`` is the box.

    The elements of the data set lie one after the other in the segments; without segments they are ``held``.
    """

    box: Box
    shape: tuple[int, ...]
    pick: Box
    segments: tuple[Segment, ...] = ()
    held: bytes = b""


class NoWayError(ValueError):
    """HDF5 cannot point to the bytes of an array; the message says why."""


def pieces(array: MapArray, places: Places) -> tuple[Piece, ...]:
    """Return an array as boxes. Raises `NoWayError`, and `VspecError` for files that end too early."""
    if array.encoded:
        raise NoWayError("its bytes are encoded, and external storage has no filters")
    whole = tuple(slice(0, size) for size in array.shape)
    if not prod(array.shape):
        return (Piece(whole, array.shape, whole),)
    if not array.shape:
        return (_single_value(array, places),)
    if prod(array.grid) > MOST_CHUNKS:
        raise NoWayError(f"it has {prod(array.grid)} references; {MOST_CHUNKS} are looked at")
    table = _Table.of(array, places)
    axis = max((k for k, n in enumerate(array.shape) if array.chunks[k] != n), default=0)
    if any(chunk != 1 for chunk in array.chunks[:axis]):
        found = list(_tiles(array, table)) if len(table.file) <= MOST_PIECES else []
    else:
        lines = _Lines(array, axis, table)
        single = lines.single()
        found = [single] if single is not None else list(lines.pieces())
    if not 0 < len(found) <= MOST_PIECES:
        raise NoWayError(
            f"it lies in too many places ({len(found) or len(table.file)}) for a virtual data set"
        )
    _check_ends(array, table.files, found)
    return tuple(found)


def _single_value(array: MapArray, places: Places) -> Piece:
    """Return an array without axes: from external files HDF5 reads a zero in its place."""
    place, text = places.find(f"{array.path}/0"), places.text(f"{array.path}/0")
    held = np.zeros(array.dtype.itemsize, np.uint8)
    if place is not None:
        places.fill(place, 0, held)
        return Piece((), (), (), held=held.tobytes())
    if text is None:
        raise NoWayError("its value is in no file: a fill value stands for it")
    return Piece((), (), (), held=base64.b64decode(text.removeprefix("base64:")))


@dataclass(frozen=True, slots=True, eq=False)
class _Table:
    """The file (a number; below zero: in the map) and the offset of each chunk, in C order of the grid."""

    file: Int64
    offset: Int64
    files: tuple[tuple[str, Path], ...]
    texts: tuple[str, ...]

    @classmethod
    def of(cls, array: MapArray, places: Places) -> _Table:
        count = max(1, prod(array.grid))
        file, offset = np.empty(count, np.int64), np.zeros(count, np.int64)
        numbers: dict[tuple[str, Path], int] = {}
        texts: list[str] = []
        for k, index in enumerate(np.ndindex(*(array.grid or (1,)))):
            key = f"{array.path}/{'.'.join(map(str, index))}"
            place = places.find(key)
            if place is not None:
                file[k] = numbers.setdefault((place.name, place.path), len(numbers))
                offset[k] = place.offset
            elif (text := places.text(key)) is not None:
                texts.append(text)
                file[k] = -len(texts)
            else:
                raise NoWayError("some of its chunks are in no file: a fill value stands for them")
        return cls(file, offset, tuple(numbers), tuple(texts))

    def held(self, cell: int) -> bytes:
        """Return the bytes of a chunk that the map holds itself."""
        return base64.b64decode(self.texts[-1 - int(self.file[cell])].removeprefix("base64:"))

    def segments(self, cells: range, nbytes: Int64) -> tuple[Segment, ...]:
        """Return chunks that follow each other as segments; those that adjoin become one."""
        starts = cells.start + np.flatnonzero(self.breaks(cells, nbytes))
        edges = [*starts.tolist(), cells.stop]
        return tuple(
            Segment(self.files[int(self.file[low])][1], int(self.offset[low]), int(nbytes[low:high].sum()))
            for low, high in pairwise(edges)
        )

    def breaks(self, cells: range, nbytes: Int64) -> NDArray[np.bool_]:
        """Return for each chunk whether a new segment begins with it."""
        part = slice(cells.start, cells.stop)
        file, offset, size = self.file[part], self.offset[part], nbytes[part]
        begins = np.ones(len(file), bool)
        begins[1:] = (file[1:] != file[:-1]) | (offset[1:] != offset[:-1] + size[:-1])
        return begins


@dataclass(frozen=True, slots=True, eq=False)
class _Lines:
    """An array whose chunks follow each other in C order.

    The axes before one are cut into single elements, those behind it are whole.
    """

    array: MapArray
    axis: int
    table: _Table

    @property
    def row(self) -> int:
        """Bytes of one element of the axis."""
        return self.array.dtype.itemsize * prod(self.array.shape[self.axis + 1 :])

    @property
    def nbytes(self) -> Int64:
        """Bytes of each chunk that belong to the array: the last one of a line may be longer than that."""
        size, chunk = self.array.shape[self.axis], self.array.chunks[self.axis]
        line = np.minimum(chunk, size - chunk * np.arange(self.array.grid[self.axis])) * self.row
        return np.tile(line, len(self.table.file) // len(line))

    def single(self) -> Piece | None:
        """Return the array as one piece, where it is one."""
        every, table, whole = range(len(self.table.file)), self.table, self._whole(0)
        if len(every) == 1 and table.file[0] < 0:
            held = table.held(0)[: int(self.nbytes[0])]
            return Piece(whole, self.array.shape, whole, held=held)
        if (table.file < 0).any() or int(table.breaks(every, self.nbytes).sum()) > MOST_SEGMENTS:
            return None
        return Piece(whole, self.array.shape, whole, table.segments(every, self.nbytes))

    def pieces(self) -> Iterator[Piece]:
        """Yield the pieces of each line; too many of them are not all yielded."""
        count = self.array.grid[self.axis]
        nbytes, found = self.nbytes, 0
        for number, before in enumerate(np.ndindex(*self.array.shape[: self.axis])):
            first = number * count
            for cells in self._runs(range(first, first + count)):
                for piece in self._run(before, cells, first, nbytes):
                    yield piece
                    found += 1
                    if found > MOST_PIECES:
                        return

    def _runs(self, cells: range) -> Iterator[range]:
        """Cut a line where the file changes; what the map holds stands alone."""
        file = self.table.file[cells.start : cells.stop]
        cuts = np.flatnonzero((file[1:] < 0) | (file[:-1] < 0)) + 1
        edges = [0, *cuts.tolist(), len(file)]
        return (range(cells.start + low, cells.start + high) for low, high in pairwise(edges))

    def _run(self, before: tuple[int, ...], cells: range, first: int, nbytes: Int64) -> Iterator[Piece]:
        if self.table.file[cells.start] < 0:
            shape = self._shape(before, cells, first)
            held = self.table.held(cells.start)[: int(nbytes[cells.start])]
            yield Piece(self._box(before, cells, first), shape, _all(shape), held=held)
            return
        many = int(self.table.breaks(cells, nbytes).sum()) > MOST_SEGMENTS
        if many and (step := self._step(cells, nbytes)) is not None:
            own = int(nbytes[cells.start]) // self.array.dtype.itemsize
            rows = range(cells.start, cells.stop - 1)
            start = Segment(self._path(cells), int(self.table.offset[cells.start]), len(rows) * step)
            shape = (len(rows), step // self.array.dtype.itemsize)
            pick = (slice(0, len(rows)), slice(0, own))
            yield Piece(self._box(before, rows, first), shape, pick, (start,))
            cells = range(cells.stop - 1, cells.stop)
        number = (np.cumsum(self.table.breaks(cells, nbytes)) - 1) // MOST_SEGMENTS
        edges = [0, *(np.flatnonzero(np.diff(number)) + 1).tolist(), len(cells)]
        for low, high in pairwise(edges):
            part = range(cells.start + low, cells.start + high)
            shape = self._shape(before, part, first)
            box = self._box(before, part, first)
            yield Piece(box, shape, _all(shape), self.table.segments(part, nbytes))

    def _step(self, cells: range, nbytes: Int64) -> int | None:
        """Return the bytes from chunk to chunk, where they are the same and a data set can have them."""
        part = slice(cells.start, cells.stop)
        gaps, file = np.diff(self.table.offset[part]), self.table.file[part]
        step, own = int(gaps[0]), int(nbytes[cells.start])
        regular = (gaps == step).all() and (file == file[0]).all() and (nbytes[part][:-1] == own).all()
        return step if regular and step >= own and step % self.array.dtype.itemsize == 0 else None

    def _path(self, cells: range) -> Path:
        return self.table.files[int(self.table.file[cells.start])][1]

    def _span(self, cells: range, first: int) -> slice:
        size, chunk = self.array.shape[self.axis], self.array.chunks[self.axis]
        return slice((cells.start - first) * chunk, min(size, (cells.stop - first) * chunk))

    def _box(self, before: tuple[int, ...], cells: range, first: int) -> Box:
        single = (slice(at, at + 1) for at in before)
        return (*single, self._span(cells, first), *self._whole(self.axis + 1))

    def _shape(self, before: tuple[int, ...], cells: range, first: int) -> tuple[int, ...]:
        return tuple(part.stop - part.start for part in self._box(before, cells, first))

    def _whole(self, axis: int) -> Box:
        return _all(self.array.shape[axis:])


def _all(shape: tuple[int, ...]) -> Box:
    return tuple(slice(0, size) for size in shape)


def _tiles(array: MapArray, table: _Table) -> Iterator[Piece]:
    """Yield each chunk as a piece of its own."""
    for cell, index in enumerate(np.ndindex(*array.grid)):
        corner = [at * chunk for at, chunk in zip(index, array.chunks, strict=True)]
        sizes = zip(corner, array.chunks, array.shape, strict=True)
        box = tuple(slice(at, min(at + chunk, size)) for at, chunk, size in sizes)
        pick = tuple(slice(0, part.stop - part.start) for part in box)
        number = int(table.file[cell])
        if number < 0:
            yield Piece(box, array.chunks, pick, held=table.held(cell))
        else:
            segment = Segment(table.files[number][1], int(table.offset[cell]), array.chunk_bytes)
            yield Piece(box, array.chunks, pick, (segment,))


def _check_ends(array: MapArray, files: tuple[tuple[str, Path], ...], found: list[Piece]) -> None:
    """Raise V0742 for a file that ends before what it is to give: HDF5 would read zeros there."""
    ends: dict[Path, int] = {}
    for piece in found:
        for segment in piece.segments:
            ends[segment.path] = max(ends.get(segment.path, 0), segment.offset + segment.nbytes)
    problems = []
    for name, path in files:
        size = path.stat().st_size if path.is_file() else 0
        if path in ends and size < ends[path]:
            message = f"{name} is not what the map was made from: it ends within array '{array.path}'"
            expected, has = f"{ends[path]} bytes", f"{size} bytes"
            help = "make the map again, or bring the original back"
            problems.append(
                Problem(
                    "V0742", message, data_file=name, offset=size, expected=expected, found=has, help=help
                )
            )
    if problems:
        raise VspecError(problems)
