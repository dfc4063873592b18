"""Planning of a container's own chunks: its cells as they are, on the map's grid."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from vspec.chunks.model import ArrayPlan, ChunkOptions, PlannedAxis, Recoded
from vspec.chunks.normal_form import check_parts, complex_axis, incoherent, stored_order
from vspec.chunks.references import Table
from vspec.chunks.strided import Sources, map_dtype
from vspec.errors import Problem, VspecError, fail
from vspec.layout import ArrayLayout, Chunked, Codecs, Int64, Json

_FILTERS = frozenset(
    {
        "vspec.gather",
        "delta",
        "fixedscaleoffset",
        "astype",
        "quantize",
        "bitround",
        "packbits",
        "categorize",
        "shuffle",
    }
    | {f"imagecodecs_{name}" for name in ("delta", "floatpred", "packints", "bitorder", "byteshuffle", "xor")}
)
"""Codecs that Zarr v2 keeps in ``filters``; any other last codec of a chain is the ``compressor``."""

_BY_NUMBER = frozenset({"delta", "fixedscaleoffset", "astype", "quantize", "bitround"})
"""Codecs that work on numbers, so that a complex number may not be taken for two floats."""


@dataclass(frozen=True, slots=True, eq=False)
class _Cells:
    """The map's axes, and the container's cell for each cell of the map."""

    axes: tuple[PlannedAxis, ...]
    cells: Int64


def plan_container(layout: ArrayLayout, source: Chunked, files: Sources, options: ChunkOptions) -> ArrayPlan:
    """Plan an array of a container's chunks. Raises `VspecError` (V0330, V0331, V0337, V0338, V0342)."""
    grid = _cells(layout, source)
    chunk_bytes = int(np.prod(source.chunk, dtype=object)) * source.item.itemsize
    chain = _majority(source)
    _check_cells(layout, source, files, chunk_bytes)
    present = source.file >= 0
    ragged = _ragged(source) if source.ragged else np.zeros(len(present), bool)
    other = source.cell_codecs != chain if source.cell_codecs is not None else np.zeros(len(present), bool)
    copied = present & (ragged | other)
    filters, compressor = _zarr_codecs(layout, source.chains[chain])
    plan = ArrayPlan(
        layout,
        grid.axes,
        map_dtype(layout),
        Table(source.file[grid.cells], source.offset[grid.cells], source.nbytes[grid.cells]),
        Recoded(source, chain, grid.cells),
        np.flatnonzero(copied[grid.cells]).astype(np.int64),
        filters=filters,
        compressor=compressor,
        fill_value=_fill(layout, source),
    )
    if plan.copied_bytes > options.copy_limit(len(source.file) * chunk_bytes):
        raise fail(
            "V0332",
            f"array '{layout.path}': {len(plan.copies)} cells differ in codec or shape from the others and"
            " would have to be copied",
            expected=f"at most {options.copy_limit(len(source.file) * chunk_bytes)} copied bytes",
            found=f"{plan.copied_bytes} bytes",
            help="map the cells of each kind as arrays of their own",
        )
    inline = options.inline and plan.copied_bytes <= options.inline_bytes
    return replace(plan, copied_to="inline" if inline else "sidecar")


def _cells(layout: ArrayLayout, source: Chunked) -> _Cells:
    """Bring the container's axes into map order, joining axes where whole chunks follow each other."""
    if len(source.stored) != len(source.chunk) or any(extent < 1 for extent in source.chunk):
        raise incoherent(layout, f"its {len(source.stored)} stored axes have chunks {source.chunk}")
    check_parts(layout, source.stored)
    names = [name for name, _ in source.stored]
    sizes, chunks = dict(source.stored), dict(zip(names, source.chunk, strict=True))
    counts = [-(-sizes[name] // chunks[name]) for name in names]
    total = int(np.prod(counts, dtype=object))
    columns = (source.file, source.offset, source.nbytes)
    if any(len(column) != total for column in columns):
        raise incoherent(layout, f"its grid has {total} cells, its columns {[len(c) for c in columns]}")
    order = [layout.axes[number] for number in stored_order(layout, source.stored)]
    axes = tuple(
        PlannedAxis(axis.name, axis.size, _joined_chunk(layout, axis.parts, sizes, chunks), axis.reverse)
        for axis in order
    )
    for axis, planned in zip(order, axes, strict=True):
        whole = int(np.prod([sizes[part] for part in axis.parts], dtype=object))
        if not (axis.size <= whole and -(-axis.size // planned.chunk) == -(-whole // planned.chunk)):
            message = (
                f"axis '{axis.name}' of size {axis.size} is not the product of its parts, cropped or not"
            )
            raise incoherent(layout, message)
    used = [part for axis in order for part in axis.parts]
    unused = [name for name in names if name not in used]
    wide = [name for name in used if chunks[name] > 1]
    if wide != [name for name in names if name in wide] or any(chunks[name] > 1 for name in unused):
        raise _not_a_grid(layout, "its chunks hold the axes in another order")
    table = np.arange(total, dtype=np.int64).reshape(counts)
    moved = table.transpose([names.index(name) for name in (*unused, *used)])
    if layout.dtype.kind == "c":
        axes = (*axes, PlannedAxis(complex_axis(layout), 2, 2))
    return _Cells(axes, np.ascontiguousarray(moved).ravel())


def _joined_chunk(
    layout: ArrayLayout, parts: Sequence[str], sizes: Mapping[str, int], chunks: Mapping[str, int]
) -> int:
    """Return the chunk along an axis: parts in steps of one, then one cut into chunks, then whole ones."""
    if not parts:
        return 1
    cut = len(parts) - 1
    while cut > 0 and chunks[parts[cut]] == sizes[parts[cut]]:
        cut -= 1
    name, outer, inner = parts[cut], parts[:cut], parts[cut + 1 :]
    wide = next((part for part in outer if chunks[part] != 1), None)
    if wide is not None:
        raise _not_a_grid(layout, f"'{wide}' is cut into chunks of more than one")
    if sizes[name] % chunks[name] and any(sizes[part] > 1 for part in outer):
        raise _not_a_grid(layout, f"chunks of {chunks[name]} do not divide '{name}' of size {sizes[name]}")
    return chunks[name] * int(np.prod([sizes[part] for part in inner], dtype=object))


def _not_a_grid(layout: ArrayLayout, why: str) -> VspecError:
    return fail(
        "V0342",
        f"the chunks of array '{layout.path}' cannot be joined in this way: {why}",
        help="keep the axis of the container apart, or map its files or pages as arrays of their own",
    )


def _majority(source: Chunked) -> int:
    if source.cell_codecs is None:
        return 0
    present = source.file >= 0
    whole = present & ~_ragged(source) if source.ragged else present
    used = source.cell_codecs[whole if whole.any() else present]
    return int(np.argmax(np.bincount(used, minlength=len(source.chains))))


def _ragged(source: Chunked) -> np.ndarray[tuple[int, ...], np.dtype[np.bool_]]:
    """Tell which cells reach over the end of an axis."""
    counts = [-(-size // chunk) for (_, size), chunk in zip(source.stored, source.chunk, strict=True)]
    over = np.zeros(counts, bool)
    for number, ((_, size), chunk) in enumerate(zip(source.stored, source.chunk, strict=True)):
        if size % chunk:
            over[(slice(None),) * number + (-1,)] = True
    return over.ravel()


def _check_cells(layout: ArrayLayout, source: Chunked, files: Sources, chunk_bytes: int) -> None:
    """Refuse cells outside their files, empty ones, and verbatim ones of the wrong length."""
    present = source.file >= 0
    codecs = source.cell_codecs
    if codecs is not None and (len(codecs) != len(present) or not _within(codecs, len(source.chains))):
        raise incoherent(layout, "its column of codec chains does not fit its cells")
    if (source.file >= len(files.sizes)).any():
        raise incoherent(layout, f"it lies in file {source.file.max()} of {len(files.sizes)}")
    limit = np.asarray([*files.sizes, 0], np.int64)[source.file]
    outside = present & ((source.offset < 0) | (source.nbytes > limit - source.offset))
    if outside.any():
        row = int(np.argmax(outside))
        raise VspecError([_cell_problem("V0331", layout, source, files, row)])
    plain = np.asarray([len(chain) == 0 for chain in source.chains], bool)
    verbatim: NDArray[np.bool_] = np.atleast_1d(plain[codecs if codecs is not None else 0])
    whole: NDArray[np.bool_] = ~_ragged(source) if source.ragged else np.ones(len(present), bool)
    wrong = present & ((source.nbytes <= 0) | (verbatim & whole & (source.nbytes != chunk_bytes)))
    if wrong.any():
        row = int(np.argmax(wrong))
        problem = _cell_problem("V0337", layout, source, files, row)
        raise VspecError([replace(problem, expected=f"{chunk_bytes} bytes" if verbatim.any() else None)])


def _within(column: Int64, count: int) -> bool:
    return len(column) == 0 or (int(column.min()) >= 0 and int(column.max()) < count)


def _cell_problem(code: str, layout: ArrayLayout, source: Chunked, files: Sources, row: int) -> Problem:
    name, offset = files.name(int(source.file[row])), int(source.offset[row])
    why = "is not in the file" if code == "V0331" else "has a length that cannot be"
    return Problem(
        code,
        f"chunk {row} of array '{layout.path}' {why}",
        layout.place,
        data_file=name,
        offset=offset,
        found=f"{source.nbytes[row]} bytes at {offset} (0x{max(offset, 0):x}) in a file of"
        f" {files.sizes[int(source.file[row])]} bytes",
        help="is the file truncated, or still being written?",
    )


def _fill(layout: ArrayLayout, source: Chunked) -> Json:
    if (source.file >= 0).all():
        return None
    if source.fill is None:
        raise fail(
            "V0338",
            f"array '{layout.path}' has {(source.file < 0).sum()} chunks that are in no file, and no fill"
            " value that says what they hold",
            help="the container must state its fill value",
        )
    return source.fill


def _zarr_codecs(
    layout: ArrayLayout, chain: Codecs
) -> tuple[tuple[Mapping[str, Json], ...], Mapping[str, Json] | None]:
    """Return Zarr v2's filters and compressor for a chain."""
    numeric = [str(codec["id"]) for codec in chain if codec["id"] in _BY_NUMBER]
    if layout.dtype.kind == "c" and numeric:
        raise fail(
            "V0334",
            f"array '{layout.path}' holds complex numbers behind the codec '{numeric[0]}', which no portable"
            " map can express",
            help="materialise the array",
        )
    if chain and str(chain[-1]["id"]) not in _FILTERS:
        return chain[:-1], chain[-1]
    return chain, None
