"""Planning of packed arrays: many records in one chunk, whose elements a codec of vspec's own picks out."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from vspec.chunks.combs import Comb, NotInRecordsError, comb
from vspec.chunks.geometry import Geometry, Linear, Listed, inside_item, left_in_run, locate
from vspec.chunks.model import ArrayPlan, ChunkOptions, Piece, PlannedAxis, Rows, Stretched
from vspec.chunks.normal_form import incoherent, normal_form
from vspec.chunks.references import BLOCK
from vspec.chunks.strided import Sources, map_dtype, past_end
from vspec.codecs import Gather, Records, Step, unpacker
from vspec.codecs import Listed as Listing
from vspec.errors import VspecError
from vspec.layout import ArrayLayout, Int64, Json, Strided, Unpack


@dataclass(frozen=True, slots=True, eq=False)
class Stretches:
    """References of a packed array: of each chunk the bytes from its first record to its last one."""

    comb: Comb

    def __len__(self) -> int:
        return int(np.prod(self.grid, dtype=object))

    @property
    def grid(self) -> tuple[int, ...]:
        """Chunks along each axis."""
        shape = self.comb.geometry.shape
        return tuple(-(-size // extent) for size, extent in zip(shape, self.comb.extents, strict=True))

    def first(self, cell: Int64) -> list[Int64]:
        """Return the position of the first element of each chunk, by axis."""
        index = np.unravel_index(cell, self.grid)
        return [np.asarray(at, np.int64) * n for at, n in zip(index, self.comb.extents, strict=True)]

    def records(self, cell: Int64) -> Int64:
        """Return how many records each chunk has."""
        at = np.unravel_index(cell, self.grid)[self.comb.split]
        return np.minimum(self.comb.records, self.comb.total - np.asarray(at, np.int64) * self.comb.records)

    def rows(self, start: int, stop: int) -> Rows:
        cell = np.arange(start, stop, dtype=np.int64)
        spots = locate(self.comb.geometry, self.first(cell))
        nbytes = (self.records(cell) - 1) * self.comb.stride + self.comb.reach
        columns = np.broadcast_arrays(spots.file, spots.offset + self.comb.low, nbytes)
        return Rows(*columns)

    @property
    def nbytes(self) -> int:
        """Bytes that all references name together."""
        lines = self.grid[self.comb.split]
        along = (self.comb.total - lines) * self.comb.stride + lines * self.comb.reach
        return along * (len(self) // lines)


@dataclass(frozen=True, slots=True, eq=False)
class _Regrouped:
    """Says what copied chunks are put together of."""

    stretches: Stretches
    sizes: tuple[int, ...]

    def nbytes(self, cell: Int64) -> Int64:
        """Return the bytes of copied chunks before they are decoded."""
        found = self.stretches.comb
        return np.asarray((self.stretches.records(cell) - 1) * found.stride + found.reach, np.int64)

    def pieces(self, cell: int) -> Iterator[Piece]:
        """Yield the pieces of a chunk; what lies behind the end of a file is left out."""
        found, one = self.stretches.comb, np.array([cell], np.int64)
        count = int(self.stretches.records(one)[0])
        first = [int(at[0]) for at in self.stretches.first(one)]
        for start in range(0, count, BLOCK):
            number = np.arange(start, min(count, start + BLOCK), dtype=np.int64)
            where = [np.full(len(number), at, np.int64) for at in first]
            where[found.split] = where[found.split] + number * found.rest
            spots = locate(found.geometry, where)
            offsets, files, _ = np.broadcast_arrays(spots.offset, spots.file, number)
            follows = (np.diff(offsets) == found.stride) & (np.diff(files) == 0)
            borders = np.flatnonzero(np.concatenate([[True], ~follows, [True]])).tolist()
            for a, b in pairwise(borders):
                offset, file = int(offsets[a]) + found.low, int(files[a])
                nbytes = min((b - a - 1) * found.stride + found.reach, self.sizes[file] - offset)
                yield Piece(int(number[a]) * found.stride, file, offset, nbytes)


def plan_packed(layout: ArrayLayout, source: Strided, files: Sources, options: ChunkOptions) -> ArrayPlan:
    """Plan an array of at least one element in the packed profile.

    Raises `NotInRecordsError` where its elements do not lie in records, and `VspecError` (V0330 to V0333).
    """
    geometry = normal_form(layout, source)
    if (geometry.runs.file >= len(files.sizes)).any():
        raise incoherent(layout, f"it lies in file {geometry.runs.file.max()} of {len(files.sizes)}")
    found = comb(layout, geometry, options.chunk_bytes)
    stretches = Stretches(found)
    if len(stretches) > options.max_references:
        raise NotInRecordsError(f"it would still need {len(stretches)} references")
    copies = _copies(layout, stretches, files)
    if len(copies) == len(stretches) > 0 and source.unpack is None:
        raise NotInRecordsError("every chunk lies across the ends of runs and would be copied")
    regrouped = _Regrouped(stretches, tuple(files.sizes))
    content = Stretched(regrouped.nbytes(copies), regrouped.pieces)
    copied = int(content.nbytes.sum())
    if copied > options.copy_limit(stretches.nbytes):
        raise NotInRecordsError(
            f"{copied} bytes of chunks that lie in two files or runs would have to be copied"
        )
    axes = tuple(
        PlannedAxis(axis.name, axis.size, extent, axis.reversed)
        for axis, extent in zip(found.geometry.axes, found.extents, strict=True)
    )
    return ArrayPlan(
        layout,
        axes,
        map_dtype(layout),
        stretches,
        content,
        copies,
        copied_to="inline" if options.inline and copied <= options.inline_bytes else "sidecar",
        filters=_filters(source.unpack),
        compressor=_gather(found),
        profile="packed",
    )


def _filters(unpack: Unpack | None) -> tuple[Mapping[str, Json], ...]:
    return () if unpack is None else (unpacker(unpack.element, unpack.endian).config(),)


def _copies(layout: ArrayLayout, stretches: Stretches, files: Sources) -> Int64:
    """Return the chunks that no reference can serve: across runs, or with a last record cut off."""
    found, sizes, copies = stretches.comb, np.asarray(files.sizes, np.int64), list[Int64]()
    for start in range(0, len(stretches), BLOCK):
        cell = np.arange(start, min(len(stretches), start + BLOCK), dtype=np.int64)
        rows = stretches.rows(start, int(cell[-1]) + 1)
        broken = left_in_run(found.geometry, stretches.first(cell)) < stretches.records(cell)
        if len(found.geometry.runs) == 1:
            broken = np.zeros(len(cell), bool)
        if broken.any() and found.reach > found.stride:
            raise NotInRecordsError("records overlap where runs meet")
        outside = ~broken & ((rows.offset < 0) | (rows.offset + rows.nbytes > sizes[rows.file]))
        for row in np.flatnonzero(outside).tolist():
            _require_inside(layout, stretches, int(cell[row]), files)
        copies.append(cell[broken | outside])
    return np.concatenate(copies)


def _require_inside(layout: ArrayLayout, stretches: Stretches, cell: int, files: Sources) -> None:
    """Raise V0331 unless the elements of a chunk all lie in the file, though its last record may not."""
    found = stretches.comb
    spans = [
        np.arange(at, min(axis.size, at + extent))
        for at, axis, extent in zip(
            (int(at[0]) for at in stretches.first(np.array([cell], np.int64))),
            found.geometry.axes,
            found.extents,
            strict=True,
        )
    ]
    low = high = 0
    last, apart = list[Int64](), True
    base = [span[:1] for span in spans]
    origin = locate(found.geometry, base)
    file, first = int(origin.file.flat[0]), int(origin.offset.flat[0])
    for number, span in enumerate(spans):
        where = [*base[:number], span, *base[number + 1 :]]
        reach = locate(found.geometry, where).offset - first
        low, high = low + int(reach.min()), high + int(reach.max())
        last.append(span[np.broadcast_to(reach == reach.max(), span.shape)])
        apart &= not ((reach < reach.max()) & (reach > reach.max() - found.geometry.item)).any()
    need = _needed(layout, found.geometry, last) if apart else found.geometry.item
    if first + low < 0 or first + high + need > files.sizes[file]:
        raise VspecError([past_end(layout, files, file, first + high)])


def _needed(layout: ArrayLayout, geometry: Geometry, last: Sequence[Int64]) -> int:
    """Return the bytes of the last item that hold its values at positions ``last`` (a column an axis)."""
    unpack = layout.source.unpack if isinstance(layout.source, Strided) else None
    if unpack is None:
        return geometry.item
    value = sum(int(inside_item(geometry, number, where).max()) for number, where in enumerate(last))
    return unpack.element.span(value + 1, unpack.endian)


def _gather(found: Comb) -> Mapping[str, Json]:
    """Return the configuration of the codec that picks a chunk's elements out of its bytes."""
    last = found.total % found.records
    records = Records(found.records, max(1, found.stride), last or None)
    axes: list[Step | Listing | Records] = []
    for number, digits in enumerate(found.inner):
        axes += [records] if number == found.split else []
        axes += [_gather_axis(digit) for digit in digits if isinstance(digit, (Linear, Listed))]
    return Gather(found.geometry.item, tuple(axes), -found.low).config()


def _gather_axis(digit: Linear | Listed) -> Step | Listing:
    match digit:
        case Linear(size, stride):
            return Step(size, stride)
        case Listed(offsets=offsets):
            return Listing(tuple(offsets.tolist()))
