"""What an array holds, read straight from the files by numpy's strides: the judge of every map.

It shares no code with chunk planning, manifests, writers or readers, so that no fault of theirs
can hide here. A window is read run by run, then arranged as the card asks.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import product
from math import prod
from types import EllipsisType
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from vspec.datatypes import Coding
from vspec.errors import Problem, VspecError, fail
from vspec.layout import ArrayLayout, Axis, Chunked, Coded, Derived, Inline, InnerAxis, Strided, Unpack

Array = NDArray[np.generic]
Range = tuple[int, int]

_SPAN = 64 << 20
_NEAR = 64 << 10
_SPARSE = 8
"""Bytes that lie apart are read together within `_NEAR`, or while they are one in `_SPARSE`."""


class Viewable(Protocol):
    """An open source file."""

    @property
    def size(self) -> int:
        """Bytes in the file."""

    def view(self, offset: int, n: int) -> NDArray[np.uint8]:
        """Return ``n`` bytes from ``offset``."""


OpenFile = Callable[[int], Viewable]
Peer = Callable[[ArrayLayout, OpenFile, tuple[slice, ...]], Array]
"""An independent reader: gives a window of an array that numpy alone cannot read."""


def read(layout: ArrayLayout, open_file: OpenFile, peers: Mapping[str, Peer] | None = None) -> Array:
    """Return the whole array in the card's order. Raises as `window` does."""
    return window(layout, open_file, tuple(slice(None) for _ in layout.axes), peers)


def window(
    layout: ArrayLayout,
    open_file: OpenFile,
    selection: Sequence[slice],
    peers: Mapping[str, Peer] | None = None,
) -> Array:
    """Return a window (one slice without a step for each axis) in the card's order.

    Raises `VspecError`: V0331 where a file lacks bytes, V0723 where no peer reads this array.
    """
    ranges = [_positions(axis, part) for axis, part in zip(layout.axes, selection, strict=True)]
    if any(start >= stop for start, stop in ranges):
        return np.empty([max(0, stop - start) for start, stop in ranges], layout.dtype)
    match layout.source:
        case Strided() as source:
            return _strided_or_cut(layout, source, open_file, ranges)
        case Coded(inside=source):
            return _strided_or_cut(layout, source, open_file, ranges)
        case Inline(values):
            turned = np.asarray(values, layout.dtype)[_turn(layout)]
            part: tuple[slice | EllipsisType, ...] = (*(slice(*span) for span in ranges), ...)
            return turned[part]
        case Chunked(peer=name) | Derived(peer=name) if peers is not None and name in peers:
            return peers[name](layout, open_file, tuple(slice(*part) for part in ranges))
        case _:
            raise fail("V0723", f"no independent reader is at hand for array '{layout.path}'")


def place(layout: ArrayLayout, index: Sequence[int]) -> tuple[int, int] | None:
    """Return file and byte offset of the element at ``index`` (card's order), if it lies in strides."""
    source = layout.source
    if not isinstance(source, Strided) or source.unpack is not None:
        return None
    stored = _StoredBox.of(layout, source, [(at, at + 1) for at in index])
    lead = [stored.ranges[name][0] for name, _ in source.lead]
    cell = int(np.ravel_multi_index(lead, [size for _, size in source.lead])) if lead else 0
    (row, first, _, _), *_ = _steps(source, cell, stored.ranges[source.outer])
    offset = int(source.runs.offset[row]) + first * int(source.runs.stride[row])
    for axis in source.inner:
        at = stored.ranges[axis.name][0]
        offset += at * axis.stride if axis.offsets is None else int(axis.offsets[at])
    return int(source.runs.file[row]), offset


def _positions(axis: Axis, part: slice) -> Range:
    start, stop, step = part.indices(axis.size)
    if step != 1:
        raise ValueError("the oracle reads windows without a step")
    return start, stop


@dataclass(frozen=True, slots=True)
class _StoredBox:
    """The ranges along stored axes that hold a window, and how far into each axis the window begins."""

    ranges: Mapping[str, Range]
    skips: tuple[int, ...]

    @classmethod
    def of(cls, layout: ArrayLayout, source: Strided, ranges: Sequence[Range]) -> _StoredBox:
        sizes = _sizes(source)
        found: dict[str, Range] = dict.fromkeys(sizes, (0, 1))
        begin = {trim.axis: trim.start for trim in source.trims}
        skips = []
        for axis, (start, stop) in zip(layout.axes, ranges, strict=True):
            low, high = (axis.size - stop, axis.size - start) if axis.reverse else (start, stop)
            low, high = low + begin.get(axis.name, 0), high + begin.get(axis.name, 0)
            parts, skip = _part_ranges([sizes[part] for part in axis.parts], low, high)
            found |= dict(zip(axis.parts, parts, strict=True))
            skips.append(skip)
        return cls(found, tuple(skips))


def _sizes(source: Strided) -> dict[str, int]:
    cells = prod(size for _, size in source.lead)
    total = int(source.runs.count.sum())
    sizes = dict(source.lead)
    sizes[source.outer] = total // cells
    sizes |= {axis.name: axis.size for axis in source.inner}
    return sizes | dict(source.unpack.axes if source.unpack is not None else ())


def _part_ranges(sizes: Sequence[int], low: int, high: int) -> tuple[list[Range], int]:
    """Return the ranges of a joined axis's parts that cover positions ``low`` to ``high``."""
    if not sizes:
        return [], low
    inner = prod(sizes[1:])
    first, last = low // inner, (high - 1) // inner
    if first == last:
        ranges, skip = _part_ranges(sizes[1:], low - first * inner, high - first * inner)
        return [(first, first + 1), *ranges], skip
    return [(first, last + 1), *((0, size) for size in sizes[1:])], low - first * inner


@dataclass(frozen=True, slots=True)
class _Padded:
    """A file with ``more`` bytes of one value behind its end."""

    file: Viewable
    more: int
    value: int

    @property
    def size(self) -> int:
        return self.file.size + self.more

    def view(self, offset: int, n: int) -> NDArray[np.uint8]:
        here = max(0, min(n, self.file.size - offset))
        behind = np.full(n - here, self.value, np.uint8)
        return np.concatenate([self.file.view(offset, here), behind]) if here else behind


def _strided_or_cut(
    layout: ArrayLayout, source: Strided, open_file: OpenFile, ranges: Sequence[Range]
) -> Array:
    """Return a window of which the file may lack bytes that no value of it is made of.

    Packed values may end within a word: whatever stood behind the end of the file, they would be the same.
    """
    try:
        return _strided(layout, source, open_file, ranges)
    except VspecError as error:
        if source.unpack is None:
            raise
        lacking = error
    readings = []
    for value in (0, 255):
        behind = partial(_padded, open_file, source.item.itemsize - 1, value)
        try:
            readings.append(_strided(layout, source, behind, ranges))
        except VspecError:
            raise lacking from None
    if readings[0].tobytes() != readings[1].tobytes():
        raise lacking
    return readings[0]


def _padded(open_file: OpenFile, more: int, value: int, file: int) -> Viewable:
    return _Padded(open_file(file), more, value)


def _strided(layout: ArrayLayout, source: Strided, open_file: OpenFile, ranges: Sequence[Range]) -> Array:
    stored = _StoredBox.of(layout, source, ranges)
    names = [*(name for name, _ in source.lead), source.outer, *(axis.name for axis in source.inner)]
    raw = np.empty([stop - start for start, stop in (stored.ranges[name] for name in names)], source.item)
    lead = [range(*stored.ranges[name]) for name, _ in source.lead]
    for index in product(*lead):
        cell = int(np.ravel_multi_index(index, [size for _, size in source.lead])) if lead else 0
        target = raw[tuple(at - part.start for at, part in zip(index, lead, strict=True))]
        for row, first, count, at in _steps(source, cell, stored.ranges[source.outer]):
            run = _Run(layout, source, row, first)
            _read_run(run, open_file, target[at : at + count], stored.ranges)
    if source.unpack is not None:
        names += [name for name, _ in source.unpack.axes]
        inside = (slice(*stored.ranges[name]) for name, _ in source.unpack.axes)
        window: tuple[slice | EllipsisType, ...] = (..., *inside)
        raw = _unpacked(raw, source.unpack, layout.dtype)[window]
    used = [part for axis in layout.axes for part in axis.parts]
    order = [names.index(name) for name in (*used, *(name for name in names if name not in used))]
    joined = raw.transpose(order).reshape(
        [prod(stored.ranges[part][1] - stored.ranges[part][0] for part in axis.parts) for axis in layout.axes]
    )
    exact = (slice(s, s + stop - start) for s, (start, stop) in zip(stored.skips, ranges, strict=True))
    cut: tuple[slice | EllipsisType, ...] = (*exact, ...)
    return joined[cut][_turn(layout)]


def _unpacked(raw: Array, unpack: Unpack, dtype: np.dtype[np.generic]) -> Array:
    """Return the values of packed items, bit by bit: slow, and written apart from every codec."""
    packing, shape = unpack.element.packing, [size for _, size in unpack.axes]
    assert packing is not None, "an element that is unpacked has a packing"
    words = np.ascontiguousarray(raw).reshape(-1).view(np.uint8).reshape(-1, packing.nbytes)
    if unpack.endian == "big":
        words = words[:, ::-1]
    bits = np.unpackbits(np.ascontiguousarray(words), axis=1, bitorder="little").astype(np.int64)
    columns = []
    for pieces in packing.values:
        taken = [bit for first, last in pieces for bit in range(first, last + 1)]
        value = (bits[:, taken] << np.arange(len(taken))).sum(axis=1)
        columns.append(_coded(value, len(taken), packing.coding))
    return np.stack(columns, axis=1).astype(dtype).reshape(*raw.shape, *shape)


def _coded(value: NDArray[np.int64], width: int, coding: Coding) -> Array:
    """Return numbers for patterns of ``width`` bits."""
    half = 1 << (width - 1)
    match coding:
        case "unsigned":
            return value
        case "twos-complement":
            return np.asarray(np.where(value >= half, value - 2 * half, value))
        case "offset-binary":
            return value - half
        case "ibm":
            fraction, exponent = value & 0xFFFFFF, (value >> 24) & 0x7F
            signed: NDArray[np.float64] = np.where(value >= half, -1.0, 1.0) * fraction
            return np.asarray(np.ldexp(signed, 4 * (exponent - 64) - 24))


def _turn(layout: ArrayLayout) -> tuple[EllipsisType | slice, ...]:
    """Return the index that reverses the reversed axes (and never makes a scalar of an array)."""
    return (*(slice(None, None, -1 if axis.reverse else 1) for axis in layout.axes), ...)


def _steps(source: Strided, cell: int, wanted: Range) -> list[tuple[int, int, int, int]]:
    """Return run, its first step, how many, and their place in the wanted range, for one cell."""
    begin, end = np.searchsorted(source.runs.cell, [cell, cell + 1])
    stops = np.cumsum(source.runs.count[begin:end])
    low, high = wanted
    found = []
    for number in range(int(np.searchsorted(stops, low, side="right")), len(stops)):
        start = int(stops[number]) - int(source.runs.count[begin + number])
        if start >= high:
            break
        first, last = max(low, start), min(high, int(stops[number]))
        if first < last:
            found.append((int(begin) + number, first - start, last - first, first - low))
    return found


@dataclass(frozen=True, slots=True, eq=False)
class _Run:
    """A run from one of its steps on."""

    layout: ArrayLayout
    source: Strided
    row: int
    first: int


def _read_run(run: _Run, open_file: OpenFile, target: Array, ranges: Mapping[str, Range]) -> None:
    """Copy steps of a run; an axis with a list of offsets is walked, all others are strides."""
    runs, inner = run.source.runs, run.source.inner
    stride = int(runs.stride[run.row])
    base = int(runs.offset[run.row]) + run.first * stride
    reader = open_file(int(runs.file[run.row]))
    strides, walks = [stride], []
    for axis in inner:
        start, stop = ranges[axis.name]
        strides.append(axis.stride if axis.offsets is None else 0)
        base += start * axis.stride if axis.offsets is None else 0
        walks.append(range(1) if axis.offsets is None else range(start, stop))
    for walk in product(*walks):
        offset = base + sum(_listed(axis, at) for axis, at in zip(inner, walk, strict=True))
        window = (slice(None), *(_walked(axis, at, ranges) for axis, at in zip(inner, walk, strict=True)))
        _copy(run, reader, target[window], (offset, tuple(strides)))


def _listed(axis: InnerAxis, at: int) -> int:
    return 0 if axis.offsets is None else int(axis.offsets[at])


def _walked(axis: InnerAxis, at: int, ranges: Mapping[str, Range]) -> slice:
    if axis.offsets is None:
        return slice(None)
    at -= ranges[axis.name][0]
    return slice(at, at + 1)


def _copy(run: _Run, reader: Viewable, target: Array, where: tuple[int, tuple[int, ...]]) -> None:
    """Copy what lies in strides from an offset on; halved while its reach is much more than its bytes."""
    offset, strides = where
    reach = [(size - 1) * stride for size, stride in zip(target.shape, strides, strict=True)]
    low = offset + sum(min(0, far) for far in reach)
    high = offset + sum(max(0, far) for far in reach) + run.source.item.itemsize
    if low < 0 or high > reader.size:
        raise VspecError([_missing(run, reader, low, high)])
    if high - low > min(_SPAN, max(_NEAR, _SPARSE * target.nbytes)):
        axis = int(np.argmax(np.abs(reach)))
        middle = target.shape[axis] // 2
        for start, stop in ((0, middle), (middle, target.shape[axis])):
            part = (*(slice(None),) * axis, slice(start, stop))
            _copy(run, reader, target[part], (offset + start * strides[axis], strides))
        return
    buffer = reader.view(low, high - low)
    target[...] = np.ndarray(target.shape, run.source.item, buffer.data, offset - low, strides)


def _missing(run: _Run, reader: Viewable, low: int, high: int) -> Problem:
    name = getattr(reader, "path", f"file {run.source.runs.file[run.row]}")
    return Problem(
        "V0331",
        f"array '{run.layout.path}' needs the bytes {low} to {high} of {name}",
        run.layout.place,
        offset=low,
        found=f"a file of {reader.size} bytes",
        help="is the recording truncated, or is a count, an offset or the dtype of the card wrong?",
    )
