"""Planning of strides inside regions of encoded bytes: each region is decoded as a whole, for one chunk."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from math import prod

import numpy as np

from vspec.chunks.container import plan_container
from vspec.chunks.model import ArrayPlan, ChunkOptions
from vspec.chunks.strided import Sources
from vspec.codecs.findings import LARGEST_CHUNK
from vspec.errors import fail
from vspec.layout import ArrayLayout, Chunked, Codecs, Coded, InnerAxis, Int64, Json, Runs, Strided

_ALL = 1 << 52
"""A stride beyond the end of what any region decodes to: all of it is one record."""


def plan_coded(layout: ArrayLayout, source: Coded, files: Sources, options: ChunkOptions) -> ArrayPlan:
    """Plan an array whose bytes are encoded in regions. Raises V0347 where a region is no chunk of it."""
    found = cells(layout, source)
    return replace(plan_container(replace(layout, source=found), found, files, options), layout=layout)


@dataclass(frozen=True, slots=True, eq=False)
class _Picked:
    """One run of each region: ``within`` are the leading axes that do not leave a region."""

    runs: Runs
    lead: tuple[tuple[str, int], ...]
    within: tuple[InnerAxis, ...]


def cells(layout: ArrayLayout, source: Coded) -> Chunked:
    """Return the regions as the cells of a grid: one step of each axis of regions, all else whole."""
    inside = source.inside
    if inside.unpack is not None:
        raise _refused(layout, "its samples are packed as well")
    if any(trim.start for trim in inside.trims):
        raise _refused(layout, "its first samples are left out")
    picked = _picked(inside)
    runs = picked.runs
    extent = int(runs.count.max(initial=1))
    short = runs.count < extent
    last = np.append(np.diff(runs.cell) != 0, True)
    if (short & ~last).any():
        raise _refused(layout, "the regions differ in size along the axis that runs through them")
    per_cell = np.bincount(runs.cell, minlength=1)
    if (per_cell != per_cell[0]).any() or len(per_cell) != max(1, prod(size for _, size in picked.lead)):
        raise _refused(layout, "its rows have different numbers of regions")
    total = int(runs.count[runs.cell == 0].sum())
    whole = tuple((axis.name, axis.size) for axis in (*picked.within, *inside.inner))
    at = len(picked.within)
    stored = (*picked.lead, *whole[:at], (inside.outer, total), *whole[at:])
    region = runs.file - source.base
    chains, own = _chains(layout, source, picked)
    return Chunked(
        stored,
        (*(1 for _ in picked.lead), *(n for _, n in whole[:at]), extent, *(n for _, n in whole[at:])),
        inside.item,
        source.file[region],
        source.offset[region],
        source.nbytes[region],
        chains=chains,
        cell_codecs=own if len(chains) > 1 else None,
        ragged=bool(short.any()),
        peer="",
    )


def _picked(inside: Strided) -> _Picked:
    """Take the leading axes that stay within a region, rows of it, as axes inside the region."""
    runs, lead, within = inside.runs, list(inside.lead), list[InnerAxis]()
    while lead and lead[-1][1] > 0 and len(runs.cell) == prod(size for _, size in lead):
        name, size = lead[-1]
        rows = [column.reshape(-1, size) for column in (runs.file, runs.offset, runs.count, runs.stride)]
        steps = rows[1] - rows[1][:, :1]
        alike = all((column == column[:, :1]).all() for column in (rows[0], rows[2], rows[3]))
        if not alike or not (steps == steps[0]).all() or (size == 1 and len(lead) == 1):
            break
        file, offset, count, stride = (np.ascontiguousarray(column[:, 0]) for column in rows)
        runs = Runs(file, offset, count, stride, np.arange(len(file), dtype=np.int64))
        within.insert(0, InnerAxis(name, size, offsets=steps[0]))
        lead.pop()
    return _Picked(runs, tuple(lead), tuple(within))


def _chains(layout: ArrayLayout, source: Coded, picked: _Picked) -> tuple[tuple[Codecs, ...], Int64]:
    """Return the chains of the cells: those of their regions, and what picks an array out of the bytes."""
    runs = picked.runs
    keys = np.stack([source.chain[runs.file - source.base], runs.offset, runs.stride, runs.count], axis=1)
    kinds, own = np.unique(keys, axis=0, return_inverse=True)
    chains = []
    for chain, offset, stride, extent in kinds.tolist():
        picking = _picking(source, (*picked.within, InnerAxis("", extent, stride)), offset)
        chunk = (
            source.inside.item.itemsize
            * extent
            * prod(a.size for a in (*picked.within, *source.inside.inner))
        )
        if picking is not None and chunk > LARGEST_CHUNK:
            raise _too_large(layout, chunk)
        chains.append((*(() if picking is None else (picking,)), *source.chains[chain]))
    return tuple(chains), own.reshape(-1).astype(np.int64)


def _picking(source: Coded, outer: tuple[InnerAxis, ...], offset: int) -> Mapping[str, Json] | None:
    """Return the codec that picks an array out of decoded bytes; None where it is all of them, in order."""
    item = source.inside.item.itemsize
    whole = (*outer, *source.inside.inner)
    if offset == 0 and _is_plain(whole, item):
        wanted = item * prod(axis.size for axis in whole)
        if source.decoded in (None, wanted):
            return None
    axes: list[Json] = [{"records": 1, "stride": _ALL}]
    for axis in whole:
        if axis.offsets is not None:
            axes.append({"offsets": axis.offsets.tolist()})
        else:
            axes.append({"size": axis.size, "stride": axis.stride})
    return {"id": "vspec.gather", "item": item, "offset": offset, "axes": axes}


def _too_large(layout: ArrayLayout, nbytes: int) -> Exception:
    return fail(
        "V0347",
        f"array '{layout.path}' cannot be mapped: all of it is in one region, which would be one chunk",
        layout.place,
        expected=f"at most {LARGEST_CHUNK} bytes in a chunk, among others",
        found=f"{nbytes} bytes",
        help="decompress the file and map what comes out: reading any part of it decodes all of it anyway",
    )


def _is_plain(axes: tuple[InnerAxis, ...], item: int) -> bool:
    """Tell whether axes lie in C order without holes."""
    step = item
    for axis in reversed(axes):
        if axis.offsets is not None or (axis.stride != step and axis.size > 1):
            return False
        step *= axis.size
    return True


def _refused(layout: ArrayLayout, why: str) -> Exception:
    return fail(
        "V0347",
        f"array '{layout.path}' cannot be mapped chunk by chunk: {why}",
        layout.place,
        help="keep the axis of the regions apart, or map each region as an array of its own",
    )
