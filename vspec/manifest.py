"""A map before it is written: Zarr metadata, references as columns, and where they come from.

It knows no card and no header; what the card has to say about a map arrives as ready JSON.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from urllib.parse import quote

import numpy as np

from vspec.chunks import BLOCK, ArrayPlan, PlannedAxis, References, Rows, stored_values
from vspec.errors import Problem, VspecError
from vspec.layout import Axis, Derived, Int64, Json

RESERVED = ("vspec", "_ARRAY_DIMENSIONS")
"""Attributes that only the map itself writes."""


@dataclass(frozen=True, slots=True, eq=False)
class Placement:
    """Where an array's copied chunks went: columns over ``cells``, or their bytes in ``inline``.

    ``offset`` and ``nbytes`` are positions in the sidecar; they are empty where ``inline`` is used.
    """

    cells: Int64
    offset: Int64
    nbytes: Int64
    inline: tuple[bytes, ...] = ()


@dataclass(frozen=True, slots=True, eq=False)
class ArrayEntry:
    """One array: its metadata documents, a reference for each cell of ``grid``, and its copies."""

    path: str
    metadata: Mapping[str, Json]
    attrs: Mapping[str, Json]
    grid: tuple[int, ...]
    references: References
    placement: Placement


@dataclass(frozen=True, slots=True)
class SourceEntry:
    """A file that references point into: its path below the root, size in bytes, and seal."""

    path: str
    size: int
    seal: Json = None


@dataclass(frozen=True, slots=True)
class SidecarEntry:
    """The file that holds what had to be copied: name, URL, size in bytes and blake2b digest."""

    name: str
    url: str
    size: int
    digest: str


@dataclass(frozen=True, slots=True, eq=False)
class Manifest:
    """All that a writer needs. References' ``file`` indexes ``sources``.

    ``root`` is the URL below which the sources lie. ``root_attrs`` go to the root group beside the
    key ``vspec``, whose value is ``provenance`` (card, params, options, version ...) followed by
    root, sources and sidecar.
    """

    arrays: tuple[ArrayEntry, ...]
    root: str
    sources: tuple[SourceEntry, ...]
    provenance: Mapping[str, Json] = field(default_factory=dict)
    root_attrs: Mapping[str, Json] = field(default_factory=dict)
    groups: Mapping[str, Mapping[str, Json]] = field(default_factory=dict)
    sidecar: SidecarEntry | None = None

    @property
    def urls(self) -> tuple[str, ...]:
        """URLs by file index; the sidecar's, if there is one, follows the sources'."""
        found = tuple(source_url(self.root, source.path) for source in self.sources)
        return (*found, self.sidecar.url) if self.sidecar is not None else found


def source_url(root: str, path: str) -> str:
    """Return the URL of ``path`` below ``root``: as it is, but percent-encoded for http.

    >>> source_url("file:///data", "run 1/a.bin"), source_url("https://x.org/d", "run 1/a.bin")
    ('file:///data/run 1/a.bin', 'https://x.org/d/run%201/a.bin')
    """
    base = root if root.endswith("/") else f"{root}/"
    return base + (quote(path) if root.startswith(("http://", "https://")) else path)


def array_entry(plan: ArrayPlan, placement: Placement, coordinates: Sequence[str] = ()) -> ArrayEntry:
    """Return a plan as an entry of a manifest; ``coordinates`` are names of arrays in its group."""
    metadata: dict[str, Json] = {
        "chunks": list(plan.chunks),
        "compressor": _json(plan.compressor),
        "dtype": plan.dtype.str,
        "fill_value": _fill(plan.fill_value),
        "filters": [dict(codec) for codec in plan.filters] or None,
        "order": "C",
        "shape": list(plan.shape),
        "zarr_format": 2,
    }
    attrs: dict[str, Json] = {"_ARRAY_DIMENSIONS": [axis.name for axis in plan.axes]}
    attrs |= {key: value for key, value in plan.layout.attrs.items() if key not in RESERVED}
    if coordinates:
        stated = attrs.get("coordinates")
        words = [*(stated.split() if isinstance(stated, str) else ()), *coordinates]
        attrs["coordinates"] = " ".join(dict.fromkeys(words))
    attrs["vspec"] = _axes_json(plan)
    return ArrayEntry(plan.layout.path, metadata, attrs, plan.grid, plan.references, placement)


def _json(codec: Mapping[str, Json] | None) -> Json:
    return None if codec is None else dict(codec)


def _fill(value: Json) -> Json:
    if isinstance(value, float) and not math.isfinite(value):
        return "NaN" if math.isnan(value) else ("Infinity" if value > 0 else "-Infinity")
    return value


def _axes_json(plan: ArrayPlan) -> dict[str, Json]:
    """Return what Zarr cannot say of the axes: the order asked for, and values in stored order."""
    stored = {axis.name: axis for axis in plan.axes}
    logical = plan.layout.axes
    named = {axis.name for axis in logical}
    dims: list[Json] = [("-" if stored[axis.name].reversed else "") + axis.name for axis in logical]
    dims += [axis.name for axis in plan.axes if axis.name not in named]
    found: dict[str, Json] = {"dims": dims}
    axes: dict[str, Json] = {a.name: _affine(a, stored[a.name]) for a in logical if a.affine is not None}
    labels: dict[str, Json] = {
        axis.name: list(axis.labels[::-1] if stored[axis.name].reversed else axis.labels)
        for axis in logical
        if axis.labels is not None
    }
    labels |= {axis.name: ["real", "imag"] for axis in plan.axes if axis.name not in named}
    texts: dict[str, Json] = {
        axis.name: text for axis in logical if (text := _texts(axis, stored[axis.name]))
    }
    source = plan.layout.source
    reason = source.reason if isinstance(source, Derived) else None
    parts: dict[str, Json] = {"axes": axes, "labels": labels, "coordinates": texts, "materialized": reason}
    return found | {key: value for key, value in parts.items() if value}


def _affine(axis: Axis, stored: PlannedAxis) -> Json:
    assert axis.affine is not None
    start, step = axis.affine.start, axis.affine.step
    if stored.reversed:
        start, step = start + (axis.size - 1) * step, -step
    found: dict[str, Json] = {"start": start, "step": step}
    if axis.affine.units is not None:
        found["units"] = axis.affine.units
    if axis.affine.epoch is not None:
        found["epoch"] = axis.affine.epoch
    return found


def _texts(axis: Axis, stored: PlannedAxis) -> dict[str, Json]:
    """Return the coordinates that are text: they stay attributes, since strings are no portable arrays."""
    return {
        coordinate.name: [str(value) for value in stored_values(stored, coordinate.values).tolist()]
        for coordinate in axis.coordinates
        if coordinate.values.dtype.kind not in "biuf"
    }


def documents(manifest: Manifest) -> dict[str, Json]:
    """Return the metadata of every node by its key, in the order in which a map holds them.

    Raises `VspecError` (V0330, V0339, V0343) with everything that is wrong with them.
    """
    found: dict[str, Json] = {}
    problems = list(_reserved(manifest))
    for group in _group_paths(manifest):
        prefix = f"{group}/" if group else ""
        found[f"{prefix}.zgroup"] = {"zarr_format": 2}
        attrs = {**manifest.groups.get(group, {}), **({} if group else _root_attrs(manifest))}
        if attrs:
            found[f"{prefix}.zattrs"] = attrs
    for entry in manifest.arrays:
        if f"{entry.path}/.zarray" in found or f"{entry.path}/.zgroup" in found:
            problems.append(Problem("V0330", f"'{entry.path}' names two arrays, or an array and a group"))
        found[f"{entry.path}/.zarray"] = dict(entry.metadata)
        found[f"{entry.path}/.zattrs"] = dict(entry.attrs)
    problems += _not_json(found)
    if problems:
        raise VspecError(problems)
    return found


def _root_attrs(manifest: Manifest) -> dict[str, Json]:
    sources: list[Json] = [
        {"path": source.path, "size": source.size, "seal": source.seal} for source in manifest.sources
    ]
    origin: dict[str, Json] = {**manifest.provenance, "root": manifest.root, "sources": sources}
    if manifest.sidecar is not None:
        sidecar = manifest.sidecar
        origin["sidecar"] = {
            "path": sidecar.name,
            "url": sidecar.url,
            "size": sidecar.size,
            "digest": sidecar.digest,
        }
    return {**manifest.root_attrs, "vspec": origin}


def _group_paths(manifest: Manifest) -> list[str]:
    """Return every group, parents first, in a fixed order."""
    paths = {""}
    for path in [*manifest.groups, *(entry.path.rpartition("/")[0] for entry in manifest.arrays)]:
        parts = path.split("/") if path else []
        paths |= {"/".join(parts[: depth + 1]) for depth in range(len(parts))}
    return sorted(paths)


def _reserved(manifest: Manifest) -> Iterator[Problem]:
    for path, attrs in {"": manifest.root_attrs, **manifest.groups}.items():
        for key in RESERVED:
            if key in attrs:
                yield reserved_attribute(path or "the root group", key)


def reserved_attribute(owner: str, key: str) -> Problem:
    """Return the problem of an attribute that only the map itself writes."""
    return Problem("V0339", f"{owner} has an attribute '{key}', which the map writes itself")


def _not_json(found: Mapping[str, Json]) -> Iterator[Problem]:
    for key, document in found.items():
        for where, value in _leaves(document):
            if isinstance(value, float) and not math.isfinite(value):
                node = key.rpartition("/")[0] or "the root group"
                message = f"attribute '{where}' of {node} is {value}, which JSON cannot hold"
                yield Problem("V0343", message, expected="a finite number, text, true, false or null")


def _leaves(value: Json, where: str = "") -> Iterator[tuple[str, Json]]:
    if isinstance(value, Mapping):
        for key, inner in value.items():
            yield from _leaves(inner, f"{where}.{key}" if where else str(key))
    elif isinstance(value, (list, tuple)):
        for number, inner in enumerate(value):
            yield from _leaves(inner, f"{where}[{number}]")
    else:
        yield where, value


def blocks(entry: ArrayEntry, sidecar: int) -> Iterator[tuple[int, Rows]]:
    """Stream an array's references: the first cell, and rows in which copies point at the sidecar.

    ``sidecar`` is the file index that stands for it. Inlined cells have file -1, as absent ones.
    """
    placed = entry.placement
    for start in range(0, len(entry.references), BLOCK):
        stop = min(len(entry.references), start + BLOCK)
        rows = entry.references.rows(start, stop)
        low, high = np.searchsorted(placed.cells, [start, stop])
        if low == high:
            yield start, rows
            continue
        at = placed.cells[low:high] - start
        file, offset, nbytes = (column.copy() for column in (rows.file, rows.offset, rows.nbytes))
        if placed.inline:
            file[at] = -1
        else:
            file[at], offset[at], nbytes[at] = sidecar, placed.offset[low:high], placed.nbytes[low:high]
        yield start, Rows(file, offset, nbytes)
