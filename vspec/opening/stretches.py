"""Where the bytes of an array lie, as few strided stretches of whole files."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from math import prod

import numpy as np
from numpy.typing import NDArray

from vspec.profile.arrays import MapArray
from vspec.readers.map_file import Reference

MOST_CHUNKS = 100_000
"""References that are looked at; an array of more is read chunk by chunk."""
MOST_STRETCHES = 4096
Int64 = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Stretch:
    """Some of an array along one axis, ``start`` to ``stop``: plain strides in one file, or bytes in the map.

    ``key`` is the reference of its first chunk, ``offset`` that of its first element; strides are in bytes.
    """

    start: int
    stop: int
    key: str
    offset: int
    strides: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Stretches:
    """All of an array, along one axis."""

    axis: int
    parts: tuple[Stretch, ...]


def stretches(array: MapArray, refs: Mapping[str, Reference]) -> Stretches | None:
    """Return an array as stretches; None where it is encoded, or where chunk by chunk is the better way."""
    grid = array.grid
    if array.encoded or not 0 < prod(grid) <= MOST_CHUNKS:
        return None
    placed = _placed(array, refs)
    if placed is None:
        return None
    found = [parts for axis in range(max(1, len(grid))) if (parts := _along(axis, array, placed)) is not None]
    return min(found, key=lambda parts: len(parts.parts), default=None)


@dataclass(frozen=True, slots=True, eq=False)
class _Placed:
    """The file (a number; below zero: in the map) and the offset of each chunk, shaped like the grid."""

    file: Int64
    offset: Int64
    keys: list[str]


def _placed(array: MapArray, refs: Mapping[str, Reference]) -> _Placed | None:
    """Return where the chunks are; None where one of them is not stated."""
    shape = array.grid or (1,)
    keys = [f"{array.path}/{'.'.join(map(str, index))}" for index in np.ndindex(*shape)]
    numbers: dict[str, int] = {}
    files, offsets = np.empty(len(keys), np.int64), np.zeros(len(keys), np.int64)
    for k, key in enumerate(keys):
        value = refs.get(key)
        if value is None:
            return None
        if isinstance(value, str):
            files[k] = -1 - k
        else:
            files[k] = numbers.setdefault(str(value[0]), len(numbers))
            offsets[k] = value[1]
    return _Placed(files.reshape(shape), offsets.reshape(shape), keys)


def _along(axis: int, array: MapArray, placed: _Placed) -> Stretches | None:
    """Cut an array along one axis; None where there are too many pieces, or other axes are irregular."""
    strides = _strides(array)
    chunks = array.chunks or (1,)
    files, offsets = np.moveaxis(placed.file, axis, 0), np.moveaxis(placed.offset, axis, 0)
    others = [k for k in range(offsets.ndim) if k != axis]
    steps = list(strides)
    for place, other in enumerate(others, 1):
        if offsets.shape[place] < 2:
            continue
        gaps = np.diff(offsets, axis=place)
        step = int(gaps.flat[0])
        if (gaps != step).any() or (chunks[other] > 1 and step != chunks[other] * strides[other]):
            return None
        steps[other] = step // chunks[other] if chunks[other] > 1 else step
    rows = files.reshape(len(files), -1)
    if (rows != rows[:, :1]).any():
        return None
    parts = list(_parts(axis, array, placed, (rows[:, 0], offsets.reshape(len(files), -1)[:, 0], steps)))
    return Stretches(axis, tuple(parts)) if len(parts) <= MOST_STRETCHES else None


def _parts(
    axis: int, array: MapArray, placed: _Placed, lined: tuple[Int64, Int64, list[int]]
) -> Iterator[Stretch]:
    """Yield the longest runs of chunks whose distance along the axis is the same."""
    file, offset, steps = lined
    chunk = (array.chunks or (1,))[axis]
    size = (array.shape or (1,))[axis]
    keys = np.moveaxis(np.arange(len(placed.keys)).reshape(placed.file.shape), axis, 0).reshape(len(file), -1)
    first, count = 0, len(file)
    while first < count:
        last, step = first, chunk * steps[axis]
        while last + 1 < count and file[last + 1] == file[first] >= 0:
            gap = int(offset[last + 1] - offset[last])
            if chunk == 1 and last == first:
                step = gap
            if gap != step:
                break
            last += 1
        own = [*steps]
        if chunk == 1 and last > first:
            own[axis] = step
        stop = min(size, (last + 1) * chunk)
        yield Stretch(first * chunk, stop, placed.keys[int(keys[first, 0])], int(offset[first]), tuple(own))
        first = last + 1


def _strides(array: MapArray) -> list[int]:
    """Return the strides within a chunk, in bytes."""
    chunks = array.chunks or (1,)
    return [array.dtype.itemsize * prod(chunks[axis + 1 :]) for axis in range(len(chunks))]
