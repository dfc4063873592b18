"""One array over several containers: beside each other along a new axis, or one after the other."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from itertools import accumulate

import numpy as np

from vspec.errors import Place, fail
from vspec.header.containers import common
from vspec.layout import ArrayLayout, Chunked, Codecs, Derived, Inline, Int64, Json, Origin

Grid = Chunked | Inline | Derived
"""Sources that are no strides: their axes are as they are, but may be joined over files."""

MEANING = (
    *("units", "unit", "scale_factor", "add_offset", "conversion", "offset"),
    *("_FillValue", "missing_value", "calendar"),
)
"""Attributes without which the numbers mean something else."""


def require_alike(layouts: Sequence[ArrayLayout], names: Sequence[str], place: Place) -> None:
    """Raise V0365 where files differ in what an array's numbers are, or mean."""
    first = layouts[0]
    for layout, name in zip(layouts, names, strict=True):
        pairs: list[tuple[str, object, object]] = [("dtype", first.dtype, layout.dtype)]
        pairs += [(key, first.attrs.get(key), layout.attrs.get(key)) for key in MEANING]
        pairs.append(("number of axes", len(first.axes), len(layout.axes)))
        for what, wanted, found in pairs:
            if wanted != found:
                message = f"array '{layout.path}' of {name} differs from that of {names[0]} in its {what}"
                help = "map the files of each kind apart, by a pattern or a card of their own"
                raise fail("V0365", message, place, expected=f"{wanted}", found=f"{found}", help=help)


def stored_axes(layout: ArrayLayout) -> tuple[tuple[str, int], ...]:
    """Return the stored axes of a source that is no strides."""
    if isinstance(layout.source, (Chunked, Derived)):
        return layout.source.stored
    return tuple((axis.name, axis.size) for axis in layout.axes)


def stacked(layouts: Sequence[ArrayLayout], over: str, place: Place) -> Grid:
    """Return the arrays beside each other along a new slowest axis ``over``; V0365 where they differ."""
    sources = [layout.source for layout in layouts]
    _require_sizes(layouts, None, place)
    if all(isinstance(source, Inline) for source in sources):
        return Inline(np.stack([source.values for source in sources if isinstance(source, Inline)]))
    if all(isinstance(source, Derived) for source in sources):
        found = [source for source in sources if isinstance(source, Derived)]
        origins = [replace(o, corner=(k, *o.corner)) for k, s in enumerate(found) for o in s.origins]
        stored = ((over, len(found)), *found[0].stored)
        return replace(found[0], stored=stored, origins=tuple(origins))
    cells = _chunked(layouts, place)
    one = cells[0]
    origins = [replace(o, corner=(k, *o.corner)) for k, s in enumerate(cells) for o in s.origins]
    return _joined(
        replace(one, stored=((over, len(cells)), *one.stored), chunk=(1, *one.chunk)),
        cells,
        origins,
        np.concatenate,
    )


def concatenated(layouts: Sequence[ArrayLayout], axis: str, place: Place) -> Grid:
    """Return the arrays one after the other along their stored axis ``axis``.

    Raises V0365 where they differ, and V0342 where chunks would not meet.
    """
    at = [name for name, _ in stored_axes(layouts[0])].index(axis)
    _require_sizes(layouts, at, place)
    layouts = [layout for layout in layouts if stored_axes(layout)[at][1] > 0] or layouts[:1]
    sources = [layout.source for layout in layouts]
    sizes = [stored_axes(layout)[at][1] for layout in layouts]
    if all(isinstance(source, Inline) for source in sources):
        return Inline(np.concatenate([s.values for s in sources if isinstance(s, Inline)], axis=at))
    starts = [0, *accumulate(sizes)][:-1]
    stored = tuple((n, sum(sizes) if n == axis else size) for n, size in stored_axes(layouts[0]))
    if all(isinstance(source, Derived) for source in sources):
        found = [source for source in sources if isinstance(source, Derived)]
        return replace(found[0], stored=stored, origins=_moved(found, at, starts))
    cells = _chunked(layouts, place)
    extent = cells[0].chunk[at]
    if any(size % extent for size in sizes[:-1]):
        raise fail(
            "V0342",
            f"chunks of {extent} along '{axis}' do not meet where one file ends and the next begins",
            place,
            expected=f"a multiple of {extent} in each file but the last",
            found=", ".join(map(str, sizes[:6])),
            help="keep the axis of the files apart, or make an array of each file with 'each:'",
        )
    grids = [_grid(source) for source in cells]

    def along(columns: Sequence[Int64]) -> Int64:
        parts = [column.reshape(grid) for column, grid in zip(columns, grids, strict=True)]
        return np.concatenate(parts, axis=at).ravel()

    return _joined(replace(cells[0], stored=stored), cells, _moved(cells, at, starts), along)


def _moved(sources: Sequence[Chunked | Derived], at: int, starts: Sequence[int]) -> tuple[Origin, ...]:
    return tuple(
        replace(o, corner=(*o.corner[:at], o.corner[at] + start, *o.corner[at + 1 :]))
        for source, start in zip(sources, starts, strict=True)
        for o in source.origins
    )


def _grid(source: Chunked) -> tuple[int, ...]:
    return tuple(-(-size // chunk) for (_, size), chunk in zip(source.stored, source.chunk, strict=True))


def _chunked(layouts: Sequence[ArrayLayout], place: Place) -> list[Chunked]:
    """Return the sources, all chunks of one shape. Raises V0365."""
    found = []
    for layout in layouts:
        source, first = layout.source, layouts[0].source
        if not isinstance(source, Chunked) or not isinstance(first, Chunked):
            message = f"array '{layout.path}' is kept in chunks in some files, and otherwise in others"
            raise fail("V0365", message, place, help="map the files of each kind apart")
        if (source.chunk, source.ragged) != (first.chunk, first.ragged):
            message = f"the chunks of array '{layout.path}' differ between the files"
            expected, other = f"chunks of {first.chunk}", f"{source.chunk}"
            help = "map the files of each kind apart, or make an array of each file with 'each:'"
            raise fail("V0365", message, place, expected=expected, found=other, help=help)
        if source.fill != first.fill and any((one.file < 0).any() for one in (source, first)):
            message = f"array '{layout.path}' leaves out chunks, and the files fill them otherwise"
            raise fail("V0365", message, place, expected=f"{first.fill}", found=f"{source.fill}")
        found.append(source)
    return found


def _joined(
    model: Chunked,
    cells: Sequence[Chunked],
    origins: Sequence[Origin],
    along: Callable[[Sequence[Int64]], Int64],
) -> Chunked:
    """Return one source with the columns of all; chains that differ are told apart by cell."""
    chains: list[Codecs] = []
    rows: list[Int64] = []
    for source in cells:
        numbers = np.array([_number(chains, chain) for chain in source.chains], np.int64)
        own = source.cell_codecs if source.cell_codecs is not None else np.zeros(len(source.file), np.int64)
        rows.append(numbers[own])
    return replace(
        model,
        file=along([source.file for source in cells]),
        offset=along([source.offset for source in cells]),
        nbytes=along([source.nbytes for source in cells]),
        chains=tuple(chains),
        cell_codecs=along(rows) if len(chains) > 1 else None,
        origins=tuple(origins),
    )


def _number(chains: list[Codecs], chain: Codecs) -> int:
    """Return where a chain stands in the list, at its end if it is new."""
    if chain not in chains:
        chains.append(chain)
    return chains.index(chain)


def _require_sizes(layouts: Sequence[ArrayLayout], but: int | None, place: Place) -> None:
    """Raise V0365 unless the stored axes of all have the same names and sizes, but for axis ``but``."""
    first = stored_axes(layouts[0])
    for layout in layouts[1:]:
        own = stored_axes(layout)
        if [s for k, s in enumerate(own) if k != but] != [s for k, s in enumerate(first) if k != but]:
            raise fail(
                "V0365",
                f"array '{layout.path}' has other sizes in other files",
                place,
                expected=", ".join(f"{name}={size}" for name, size in first),
                found=", ".join(f"{name}={size}" for name, size in own),
                help='join the files along the axis that grows, e.g. dims: "file time -> time=(file time)"',
            )


def common_attrs(layouts: Sequence[ArrayLayout]) -> tuple[dict[str, Json], list[str]]:
    """Return the attributes that all have alike, and the names of those that differ or are not in all."""
    every = dict.fromkeys(key for layout in layouts for key in layout.attrs)
    alike = dict(common([layout.attrs for layout in layouts]))
    return alike, [key for key in every if key not in alike]
