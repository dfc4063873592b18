"""The metadata of a map as those of an ordinary store, of Zarr format 2 or 3."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from sys import float_info

from vspec.errors import Problem, VspecError
from vspec.layout import Json
from vspec.profile.arrays import MapArray
from vspec.readers.map_file import MapDocument
from vspec.serving.handing import FORMATS, Format, handing

_PLACES = ("root", "sidecar")
"""What a map says of itself that leads to folders of this machine: it stays here."""

_NOT_FINITE = ("NaN", "Infinity", "-Infinity")


def documents(document: MapDocument, format: Format) -> dict[str, bytes]:
    """Return all metadata documents by key, as JSON.

    Raises `VspecError` V0705 for a fill value that is none of its array's type.
    """
    problems = [_no_fill(document, array) for array in document.arrays if not _is_fill(array)]
    if problems:
        raise VspecError(problems)
    found = _format_2(document) if format == FORMATS[0] else _format_3(document)
    return {key: _text(value) for key, value in found.items()}


def groups(document: MapDocument) -> tuple[str, ...]:
    """Return the paths of all groups, parents first; the root is the empty path."""
    paths = {key.removesuffix(".zgroup").rstrip("/") for key in document.refs if key.endswith(".zgroup")}
    nodes = [*paths, *(array.path for array in document.arrays)]
    between = {
        "/".join(parts[:n]) for node in nodes for parts in [node.split("/")] for n in range(len(parts))
    }
    return tuple(sorted({"", *paths, *between}, key=lambda path: (path.count("/"), path)))


def _format_2(document: MapDocument) -> dict[str, Json]:
    found: dict[str, Json] = {}
    for path in groups(document):
        found[_join(path, ".zgroup")] = {"zarr_format": 2}
        found[_join(path, ".zattrs")] = _attrs(document, path)
    for array in document.arrays:
        codec = handing(array, 2).codec
        stated = {**array.metadata, "filters": None, "compressor": None if codec is None else dict(codec)}
        found[_join(array.path, ".zarray")] = stated
        found[_join(array.path, ".zattrs")] = dict(array.attrs)
    for path in groups(document):
        below: dict[str, Json] = dict(_below(path, found.items()))
        whole: dict[str, Json] = {"metadata": below, "zarr_consolidated_format": 1}
        found[_join(path, ".zmetadata")] = whole
    return found


def _format_3(document: MapDocument) -> dict[str, Json]:
    nodes: dict[str, dict[str, Json]] = {}
    for path in groups(document):
        nodes[path] = {"zarr_format": 3, "node_type": "group", "attributes": _attrs(document, path)}
    nodes |= {array.path: _array(array) for array in document.arrays}
    found: dict[str, Json] = {}
    for path, node in nodes.items():
        stated = dict(node)
        if node["node_type"] == "group":
            below: dict[str, Json] = {key: value for key, value in _below(path, nodes.items()) if key}
            whole: dict[str, Json] = {"kind": "inline", "must_understand": False, "metadata": below}
            stated["consolidated_metadata"] = whole
        found[_join(path, "zarr.json")] = stated
    return found


def _array(array: MapArray) -> dict[str, Json]:
    codec = handing(array, 3).codec
    order = "big" if array.dtype.byteorder == ">" else "little"
    elements: dict[str, Json] = {"name": "bytes", "configuration": {"endian": order}}
    grid: dict[str, Json] = {"name": "regular", "configuration": {"chunk_shape": list(array.chunks)}}
    names = array.attrs["_ARRAY_DIMENSIONS"]
    return {
        "zarr_format": 3,
        "node_type": "array",
        "shape": list(array.shape),
        "data_type": array.dtype.newbyteorder("=").name,
        "chunk_grid": grid,
        "chunk_key_encoding": {"name": "default", "configuration": {"separator": "/"}},
        "fill_value": _fill(array),
        "codecs": [elements, *([dict(codec)] if codec is not None else [])],
        "dimension_names": names,
        "attributes": {key: value for key, value in array.attrs.items() if key != "_ARRAY_DIMENSIONS"},
        "storage_transformers": [],
    }


def _fill(array: MapArray) -> Json:
    """Return the fill value as format 3 wants it, which always has one."""
    value, kind = array.metadata["fill_value"], array.dtype.kind
    if kind == "b":
        return bool(value)
    if kind == "f":
        return value if value in _NOT_FINITE else float(value or 0)  # type: ignore[arg-type]  # see _is_fill
    return int(value or 0)  # type: ignore[arg-type]  # a number: see _is_fill


def _is_fill(array: MapArray) -> bool:
    """Tell whether a fill value is one of the array's type."""
    value, dtype = array.metadata["fill_value"], array.dtype
    if value is None:
        return True
    if dtype.kind == "f" and value in _NOT_FINITE:
        return True
    if not isinstance(value, bool | int | float) or not abs(value) <= float_info.max:
        return False
    if dtype.kind == "b":
        return value in (0, 1)
    if dtype.kind == "f":
        return True
    bits = 8 * dtype.itemsize - (dtype.kind == "i")
    return value == int(value) and (-(1 << bits) if dtype.kind == "i" else 0) <= value < 1 << bits


def _no_fill(document: MapDocument, array: MapArray) -> Problem:
    value = json.dumps(array.metadata["fill_value"])[:80]
    message = f"array '{array.path}' of {document.path.name} has a fill value that is none of {array.dtype}"
    help = "make the map again"
    return Problem("V0705", message, data_file=str(document.path), found=value, help=help)


def _attrs(document: MapDocument, path: str) -> Json:
    """Return the attributes of a group, those of the root without the places that they lead to."""
    if path:
        text = document.refs.get(f"{path}/.zattrs")
        found: Json = json.loads(text) if isinstance(text, str) else {}
        return found
    origin = {key: value for key, value in document.origin.items() if key not in _PLACES}
    return {**document.attrs, "vspec": origin}


def _below(path: str, nodes: Iterable[tuple[str, Json]]) -> Iterable[tuple[str, Json]]:
    """Return what lies in a group, by its key within the group."""
    found = [(key.removeprefix(f"{path}/"), value) for key, value in nodes if key.startswith(f"{path}/")]
    # zarr 3.1 loses arrays of a group that do not stand together.
    return sorted(found if path else nodes, key=lambda node: node[0])


def _join(path: str, name: str) -> str:
    return f"{path}/{name}" if path else name


def _text(value: Json | Mapping[str, Json]) -> bytes:
    return json.dumps(value, separators=(",", ":"), allow_nan=False).encode()
