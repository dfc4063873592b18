"""``vspec info``: what a map says of itself."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from vspec.commands.apply_report import ArrayReport
from vspec.commands.reports import AxisReport, InfoArray, InfoReport, SourceStatus
from vspec.layout import Json
from vspec.profile.arrays import MapArray
from vspec.profile.readers import needs
from vspec.readers import map_file
from vspec.readers.map_file import MapDocument


def info(map_path: str | Path) -> InfoReport:
    """Return arrays, axes, sources and card of a map; no source is opened."""
    document = map_file.load(Path(map_path))
    origin = document.origin
    card = _mapping(origin.get("card"))
    data = _mapping(card.get("data"))
    counts = _counts(document)
    return InfoReport(
        map=str(document.path),
        title=str(data.get("title") or ""),
        card=str(card.get("id") or ""),
        card_version=str(card.get("version") or ""),
        vspec_version=str(origin.get("vspec") or ""),
        profile=str(origin.get("profile") or ""),
        root=document.root,
        sources=tuple(SourceStatus(s.path, "recorded", s.size, None) for s in document.sources),
        arrays=tuple(_array(array, counts.get(array.path, 0)) for array in document.arrays),
        groups=tuple(sorted(key.rpartition("/")[0] for key in document.refs if key.endswith("/.zgroup"))),
        params=_mapping(origin.get("params")),
    )


def _array(array: MapArray, refs: int) -> InfoArray:
    """Return an array in the order of its card, as far as its attributes tell."""
    stored = array.attrs.get("_ARRAY_DIMENSIONS")
    names = [str(name) for name in stored] if isinstance(stored, list) else []
    own = _mapping(array.attrs.get("vspec"))
    asked = own.get("dims")
    dims = [str(name) for name in asked] if isinstance(asked, list) else names
    order = [names.index(name.removeprefix("-")) for name in dims]
    wanted = needs(array.metadata["filters"], array.metadata["compressor"])
    report = ArrayReport(
        path=array.path,
        dims=tuple(dims),
        shape=tuple(array.shape[k] for k in order),
        dtype=array.dtype.str,
        chunks=tuple(array.chunks[k] for k in order),
        refs=refs,
        copied_bytes=0,
        tail="none",
        stored=tuple(names),
        profile="packed" if wanted.readers == "vspec" else "portable",
        materialized="materialized" in own,
        needs=wanted,
    )
    sizes = zip(dims, report.shape, strict=True)
    return InfoArray(report, tuple(_axis(array.attrs, name, size) for name, size in sizes))


def _axis(attrs: Mapping[str, Json], asked: str, size: int) -> AxisReport:
    """Return what an array's attributes say of an axis; one that is reversed is turned round."""
    own, name = _mapping(attrs.get("vspec")), asked.removeprefix("-")
    line = _mapping(_mapping(own.get("axes")).get(name))
    start, step = _number(line.get("start")), _number(line.get("step"))
    if asked.startswith("-") and start is not None and step is not None:
        start, step = start + (size - 1) * step, -step
    labels = _mapping(own.get("labels")).get(name)
    return AxisReport(
        name=name,
        size=size,
        start=start,
        step=step,
        units=_text(line.get("units")),
        epoch=_text(line.get("epoch")),
        labels=len(labels) if isinstance(labels, list) else 0,
    )


def _number(value: Json) -> float | None:
    return float(value) if isinstance(value, (int, float)) and not isinstance(value, bool) else None


def _text(value: Json) -> str | None:
    return value if isinstance(value, str) else None


def _mapping(value: Json) -> dict[str, Json]:
    return value if isinstance(value, dict) else {}


def _counts(document: MapDocument) -> dict[str, int]:
    """Return the number of references into files, by array."""
    counts: dict[str, int] = {}
    for key, value in document.refs.items():
        if not isinstance(value, str):
            path = key.rpartition("/")[0]
            counts[path] = counts.get(path, 0) + 1
    return counts
