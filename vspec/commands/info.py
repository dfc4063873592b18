"""``vspec info``: what a map says of itself."""

from __future__ import annotations

from pathlib import Path

from vspec.commands.reports import ArrayReport, InfoReport, SourceStatus
from vspec.layout import Json
from vspec.readers import map_file
from vspec.readers.map_file import MapDocument
from vspec.readers.metadata import MapArray


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


def _array(array: MapArray, refs: int) -> ArrayReport:
    """Return an array in the order of its card, as far as its attributes tell."""
    stored = array.attrs.get("_ARRAY_DIMENSIONS")
    names = [str(name) for name in stored] if isinstance(stored, list) else []
    asked = _mapping(array.attrs.get("vspec")).get("dims")
    dims = [str(name) for name in asked] if isinstance(asked, list) else names
    order = [names.index(name.removeprefix("-")) for name in dims]
    return ArrayReport(
        path=array.path,
        dims=tuple(dims),
        shape=tuple(array.shape[k] for k in order),
        dtype=array.dtype.str,
        chunks=tuple(array.chunks[k] for k in order),
        refs=refs,
        copied_bytes=0,
        tail="none",
    )


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
