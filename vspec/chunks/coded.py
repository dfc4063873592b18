"""Planning of strides inside regions of encoded bytes: each region is decoded as a whole, for one chunk."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from math import prod

import numpy as np

from vspec.chunks.container import plan_container
from vspec.chunks.model import ArrayPlan, ChunkOptions
from vspec.chunks.strided import Sources
from vspec.errors import fail
from vspec.layout import ArrayLayout, Chunked, Codecs, Coded, InnerAxis, Int64, Json

_ALL = 1 << 52
"""A stride beyond the end of what any region decodes to: all of it is one record."""


def plan_coded(layout: ArrayLayout, source: Coded, files: Sources, options: ChunkOptions) -> ArrayPlan:
    """Plan an array whose bytes are encoded in regions. Raises V0347 where a region is no chunk of it."""
    found = cells(layout, source)
    return replace(plan_container(replace(layout, source=found), found, files, options), layout=layout)


def cells(layout: ArrayLayout, source: Coded) -> Chunked:
    """Return the regions as the cells of a grid: one step of every leading axis each, all else whole."""
    inside, runs = source.inside, source.inside.runs
    if inside.unpack is not None:
        raise _refused(layout, "its samples are packed as well")
    extent = int(runs.count.max(initial=1))
    short = runs.count < extent
    last = np.append(np.diff(runs.cell) != 0, True)
    if (short & ~last).any():
        raise _refused(layout, "the regions differ in size along the axis that runs through them")
    per_cell = np.bincount(runs.cell, minlength=1)
    if (per_cell != per_cell[0]).any() or len(per_cell) != max(1, prod(size for _, size in inside.lead)):
        raise _refused(layout, "its rows have different numbers of regions")
    total = int(runs.count[runs.cell == 0].sum())
    stored = (*inside.lead, (inside.outer, total), *((axis.name, axis.size) for axis in inside.inner))
    chunk = (*(1 for _ in inside.lead), extent, *(axis.size for axis in inside.inner))
    region = runs.file - source.base
    chains, own = _chains(layout, source, region)
    return Chunked(
        stored,
        chunk,
        inside.item,
        source.file[region],
        source.offset[region],
        source.nbytes[region],
        chains=chains,
        cell_codecs=own if len(chains) > 1 else None,
        ragged=bool(short.any()),
        peer="",
    )


def _chains(layout: ArrayLayout, source: Coded, region: Int64) -> tuple[tuple[Codecs, ...], Int64]:
    """Return the chains of the cells: those of their regions, and what picks an array out of the bytes."""
    runs = source.inside.runs
    keys = np.stack([source.chain[region], runs.offset, runs.stride], axis=1)
    kinds, own = np.unique(keys, axis=0, return_inverse=True)
    extent = int(runs.count.max(initial=1))
    chains = []
    for chain, offset, stride in kinds.tolist():
        picking = _picking(source, extent, offset, stride)
        chains.append((*(() if picking is None else (picking,)), *source.chains[chain]))
    if len(chains) > 1 and any(len(chain) == 0 for chain in chains):
        raise _refused(layout, "some of its regions are encoded, and others not")
    return tuple(chains), own.reshape(-1).astype(np.int64)


def _picking(source: Coded, extent: int, offset: int, stride: int) -> Mapping[str, Json] | None:
    """Return the codec that picks an array out of decoded bytes; None where it is all of them, in order."""
    item = source.inside.item.itemsize
    inner = source.inside.inner
    whole = (InnerAxis("", extent, stride), *inner)
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
