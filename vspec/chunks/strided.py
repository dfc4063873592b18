"""Planning of arrays whose bytes lie in strides: references where possible, copies where not."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from vspec.chunks.extent import Frame, Survey, choose, frame, nearest_divisor
from vspec.chunks.geometry import Geometry
from vspec.chunks.model import ArrayPlan, ChunkOptions, Content, Gathered, Place, PlannedAxis, Tail
from vspec.chunks.normal_form import incoherent, normal_form
from vspec.chunks.references import Table, absent, units
from vspec.errors import Problem, VspecError
from vspec.layout import ArrayLayout, Strided

_FEW_REFERENCES = 16
_MOST_CHECKED_UNITS = 10_000_000


@dataclass(frozen=True, slots=True)
class Sources:
    """The files of a data set as planning sees them: sizes in bytes, names for messages."""

    sizes: Sequence[int]
    names: Sequence[str] = ()

    def name(self, file: int) -> str:
        """Return a file's name, or its number where no name was given."""
        return self.names[file] if file < len(self.names) else f"file {file}"


def plan_strided(layout: ArrayLayout, source: Strided, files: Sources, options: ChunkOptions) -> ArrayPlan:
    """Plan an array of at least one element. Raises `VspecError` (V0330 to V0333)."""
    geometry = normal_form(layout, source)
    if (geometry.runs.file >= len(files.sizes)).any():
        raise incoherent(layout, f"it lies in file {geometry.runs.file.max()} of {len(files.sizes)}")
    if not geometry.axes:
        return _scalar(layout, geometry, files, options)
    found = frame(geometry, options.chunk_bytes)
    best = None
    if not _cheaper_to_copy(found, 1 if found.segments >= found.size else found.size, options):
        best = choose(found, files.sizes, options)
    if best is None or _cheaper_to_copy(found, best.extent, options):
        if found.nbytes > options.copy_bytes:
            raise VspecError([_too_many_references(layout, found, options)])
        return checked(copied_whole(layout, geometry_axes(geometry), Gathered(geometry), options), files)
    _check_ends(layout, best, files)
    if best.copied_bytes > options.copy_limit(found.nbytes):
        raise VspecError([_too_much_to_copy(layout, best, options)])
    plan = ArrayPlan(
        layout,
        _planned_axes(geometry, best.located.chunks),
        map_dtype(layout),
        best.located,
        Gathered(geometry),
        copies=np.union1d(best.straddling, best.padded),
        copied_to=_place(best.copied_bytes, options),
    )
    return checked(replace(plan, tail=_rung(found, best, options, plan)), files)


def map_dtype(layout: ArrayLayout) -> np.dtype[np.generic]:
    """Return the dtype that Zarr stores: complex numbers become pairs of floats."""
    dtype = layout.dtype
    if dtype.kind == "c":
        return np.dtype(f"{dtype.str[0]}f{dtype.itemsize // 2}")
    return dtype


def geometry_axes(geometry: Geometry) -> tuple[PlannedAxis, ...]:
    """Return the axes of a geometry, not yet cut."""
    return tuple(PlannedAxis(a.name, a.size, a.size, a.reversed) for a in geometry.axes)


def _planned_axes(geometry: Geometry, chunks: Sequence[int]) -> tuple[PlannedAxis, ...]:
    pairs = zip(geometry_axes(geometry), chunks, strict=True)
    return tuple(replace(axis, chunk=chunk) for axis, chunk in pairs)


def copied_whole(
    layout: ArrayLayout, axes: tuple[PlannedAxis, ...], content: Content, options: ChunkOptions
) -> ArrayPlan:
    """Plan an array of which every chunk is copied, so that any extents will do."""
    dtype = map_dtype(layout)
    unit, chunks = dtype.itemsize, [1] * len(axes)
    tail: Tail = "none"
    for number in range(len(axes) - 1, -1, -1):
        size = axes[number].size
        chunks[number] = max(1, size)
        if unit * size > 2 * options.chunk_bytes:
            target = max(1, options.chunk_bytes // unit)
            chunks[number] = nearest_divisor(size, target) or target
            tail = "none" if size % chunks[number] == 0 else "padded-sidecar"
            break
        unit *= size
    cut = tuple(replace(axis, chunk=chunk) for axis, chunk in zip(axes, chunks, strict=True))
    nothing = np.zeros(0, np.int64)
    plan = ArrayPlan(layout, cut, dtype, absent(0), content, nothing)
    count = int(np.prod(plan.grid, dtype=object))
    copies = np.arange(count, dtype=np.int64)
    place = _place(count * plan.chunk_bytes, options)
    if tail != "none":
        tail = "padded-inline" if place == "inline" else "padded-sidecar"
    return replace(plan, references=absent(count), copies=copies, copied_to=place, tail=tail)


def checked(plan: ArrayPlan, files: Sources) -> ArrayPlan:
    """Return the plan after a look at the ends of what is copied. Raises `VspecError` V0331."""
    if not isinstance(plan.content, Gathered):
        return plan
    left = _MOST_CHECKED_UNITS
    for cell in plan.copies.tolist():
        for block in units(plan, plan.content, cell):
            limit = np.asarray(files.sizes, np.int64)[block.file]
            outside = (block.offset < 0) | (block.offset + block.nbytes > limit)
            if outside.any():
                row = int(np.argmax(outside))
                raise VspecError([past_end(plan.layout, files, int(block.file[row]), int(block.offset[row]))])
            left -= len(block.at)
        if left < 0:
            break
    return plan


def past_end(layout: ArrayLayout, files: Sources, file: int, offset: int) -> Problem:
    """Return the problem of bytes from ``offset`` on that do not all lie in their file."""
    offset = max(offset, files.sizes[file]) if offset >= 0 else offset
    return Problem(
        "V0331",
        f"array '{layout.path}' needs bytes from {offset} (0x{max(offset, 0):x}) on that are not in"
        f" {files.name(file)}",
        layout.place,
        data_file=files.name(file),
        offset=offset,
        found=f"a file of {files.sizes[file]} bytes",
        help="is the recording truncated, or is a count, an offset or the dtype of the card wrong?",
    )


def _cheaper_to_copy(found: Frame, extent: int, options: ChunkOptions) -> bool:
    """Tell whether references of this extent cost more than the bytes that they point to."""
    chunk, count = extent * found.unit, len(found.located(extent))
    if count <= _FEW_REFERENCES:
        return False
    tiny = chunk <= options.reference_bytes and found.nbytes <= options.copy_bytes
    small = options.inline and chunk < options.small_chunk and found.nbytes <= options.inline_bytes
    return tiny or small


def _scalar(layout: ArrayLayout, geometry: Geometry, files: Sources, options: ChunkOptions) -> ArrayPlan:
    plan = copied_whole(layout, (), Gathered(geometry), options)
    checked(plan, files)
    block = next(units(plan, Gathered(geometry), 0))
    one = Table(block.file, block.offset, np.full(1, block.nbytes, np.int64))
    return replace(plan, references=one, copies=np.zeros(0, np.int64))


def _check_ends(layout: ArrayLayout, best: Survey, files: Sources) -> None:
    if best.past < 0:
        return
    row = best.located.rows(best.past, best.past + 1)
    raise VspecError([past_end(layout, files, int(row.file[0]), int(row.offset[0]))])


def _place(nbytes: int, options: ChunkOptions) -> Place:
    return "inline" if options.inline and nbytes <= options.inline_bytes else "sidecar"


def _rung(found: Frame, best: Survey, options: ChunkOptions, plan: ArrayPlan) -> Tail:
    if found.size % best.extent:
        last = -(-found.size // best.extent) - 1
        if not (np.unravel_index(plan.copies, plan.grid)[found.split] == last).any():
            return "overhang"
        return "padded-inline" if plan.copied_to == "inline" else "padded-sidecar"
    target = max(1, options.chunk_bytes // found.unit)
    if best.extent in (1, target) or found.size <= target:
        return "none"
    return "single" if best.extent == found.size else "divisor"


def _too_many_references(layout: ArrayLayout, found: Frame, options: ChunkOptions) -> Problem:
    return Problem(
        "V0333",
        f"array '{layout.path}' of {found.nbytes} bytes would need more than {options.max_references}"
        f" references: only {found.unit} bytes follow each other",
        expected=f"at most {options.max_references} references",
        help="map whole records (raw bytes, or the fields that lie side by side as one axis),"
        " or map fewer files",
    )


def _too_much_to_copy(layout: ArrayLayout, best: Survey, options: ChunkOptions) -> Problem:
    count = len(best.straddling) + len(best.padded)
    return Problem(
        "V0332",
        f"array '{layout.path}': {count} chunks of {best.located.nbytes} bytes lie across the ends of files"
        " or runs and would have to be copied",
        expected=f"at most {options.copy_limit(_nbytes(best))} copied bytes",
        found=f"{best.copied_bytes} bytes",
        help="map each file or run as a segment, an array of its own (`each:`),"
        " or ask for smaller chunks (--chunk-bytes)",
    )


def _nbytes(best: Survey) -> int:
    geometry = best.located.geometry
    return int(np.prod(geometry.shape, dtype=object)) * geometry.item
