"""Reads a map as what it is, a file from anywhere: bounded, checked, and confined to its data."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from vspec.errors import Problem, VspecError
from vspec.layout import Json
from vspec.profile.arrays import DOCUMENTS, MapArray, array_of
from vspec.profile.limits import MapLimits
from vspec.readers.addresses import MapSidecar, MapSource, check_addresses, sidecar_of, sources_of
from vspec.readers.metadata import check_consolidated
from vspec.readers.references import check_references

Reference = str | list["int | str"]


@dataclass(frozen=True, slots=True, eq=False)
class MapDocument:
    """A map that was read and found sound.

    ``refs`` is what fsspec's reference file system takes; ``origin`` is the root attribute
    ``vspec`` (card, params, options ...), whose sources and sidecar are given beside it.
    """

    path: Path
    refs: Mapping[str, Reference]
    attrs: Mapping[str, Json]
    origin: Mapping[str, Json]
    root: str
    sources: tuple[MapSource, ...]
    sidecar: MapSidecar | None
    arrays: tuple[MapArray, ...]


def load(path: Path, limits: MapLimits | None = None) -> MapDocument:
    """Read and check a map. Raises `VspecError` (V0701 to V0709) with all that is wrong with it."""
    limits = limits or MapLimits()
    refs = _references(path, _parse(path, _text(path, limits)), limits)
    documents = _documents(path, refs, limits)
    attrs = documents.get(".zattrs")
    origin = attrs.get("vspec") if attrs is not None else None
    root = origin.get("root") if isinstance(origin, dict) else None
    if attrs is None or not isinstance(origin, dict) or not isinstance(root, str):
        raise _no_map(path, "its root attributes have no key 'vspec' with a root")
    problems: list[Problem] = []
    sources = sources_of(path, origin, problems)
    sidecar = sidecar_of(path, origin, problems)
    check_addresses(path, root, sources, sidecar, problems)
    arrays = _arrays(path, documents, limits, problems)
    check_consolidated(path, documents, problems)
    if problems:
        raise VspecError(problems)
    check_references(path, refs, {array.path: array for array in arrays}, _ends(root, sources, sidecar))
    return MapDocument(path, refs, attrs, origin, root, sources, sidecar, arrays)


def _ends(root: str, sources: tuple[MapSource, ...], sidecar: MapSidecar | None) -> dict[str, int]:
    """Return the size of every file that a reference may name, by URL."""
    found = {source.url(root): source.size for source in sources}
    if sidecar is not None:
        found[sidecar.url] = sidecar.size
    return found


def _text(path: Path, limits: MapLimits) -> bytes:
    if path.is_dir():
        problem = Problem("V0701", f"{path} is a folder, not a map", data_file=str(path), help=_inside(path))
        raise VspecError([problem])
    try:
        size = path.stat().st_size
        if size > limits.file_bytes:
            raise VspecError([_too_large(path, f"a file of {size} bytes", f"{limits.file_bytes} bytes")])
        if not path.is_file():
            raise _no_map(path, "it is not a file")
        return path.read_bytes()
    except OSError as error:
        problem = Problem("V0701", f"the map {path.name} cannot be read", data_file=str(path))
        raise VspecError([_with(problem, found=error.strerror or str(error))]) from None


def _inside(folder: Path) -> str:
    """Return what to give instead of a folder."""
    names = sorted(path.name for path in folder.iterdir() if path.name.endswith(".vspec.json"))
    more = f" or {len(names) - 3} others" if len(names) > 3 else ""
    return f"give one of its maps: {', '.join(names[:3])}{more}" if names else "it holds no map"


def _with(problem: Problem, *, found: str) -> Problem:
    return Problem(problem.code, problem.message, data_file=problem.data_file, found=found)


def _too_large(path: Path, found: str, allowed: str) -> Problem:
    message = f"the map {path.name} is larger than allowed"
    return Problem("V0702", message, data_file=str(path), expected=f"at most {allowed}", found=found)


def _no_map(path: Path, why: str) -> VspecError:
    message = f"{path.name} is no map of vspec: {why}"
    return VspecError([Problem("V0703", message, data_file=str(path), help="make it with `vspec apply`")])


class _RefusedError(ValueError):
    """Raised while parsing JSON for what JSON's own rules allow or leave open, and maps do not."""


def _object(pairs: list[tuple[str, Json]]) -> dict[str, Json]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise _RefusedError("a key stands there twice")
    return found


def _constant(name: str) -> Json:
    raise _RefusedError(f"{name} is not JSON")


def _json(text: bytes | str) -> Json:
    """Parse JSON. Raises `ValueError` for whatever is wrong, nesting without end included."""
    try:
        value: Json = json.loads(text, object_pairs_hook=_object, parse_constant=_constant)
        if (b"\\u" if isinstance(text, bytes) else "\\u") in text:  # type: ignore[operator]  # of one kind
            json.dumps(value, ensure_ascii=False).encode()
    except RecursionError:
        raise _RefusedError("it is nested too deeply") from None
    except UnicodeEncodeError:
        raise _RefusedError("an escape is half a character") from None
    return value


def _parse(path: Path, text: bytes) -> Json:
    try:
        return _json(text)
    except ValueError as error:
        message = f"the map {path.name} is not JSON: {error}"
        raise VspecError([Problem("V0701", message, data_file=str(path), help="was it cut short?")]) from None


def _references(path: Path, document: Json, limits: MapLimits) -> dict[str, Reference]:
    if not isinstance(document, dict) or set(document) != {"version", "refs"}:
        keys = ", ".join(sorted(document)[:8]) if isinstance(document, dict) else "no object"
        raise _no_map(path, f"it must hold 'version' and 'refs' and nothing else, and holds {keys}")
    refs = document["refs"]
    if document["version"] != 1 or not isinstance(refs, dict):
        raise _no_map(path, f"its version is {document['version']!r}, not 1, or its 'refs' are no object")
    if len(refs) > limits.references:
        raise VspecError([_too_large(path, f"{len(refs)} references", f"{limits.references}")])
    checked: dict[str, Reference] = {}
    for key, value in refs.items():
        if isinstance(value, str):
            checked[key] = value
        elif isinstance(value, list) and len(value) == 3 and _is_place(value):
            checked[key] = value  # type: ignore[assignment]  # a URL and two integers, just looked at
        else:
            raise VspecError([_malformed(path, key, "is neither text nor [url, offset, length]")])
    return checked


def _is_place(value: list[Json]) -> bool:
    url, offset, nbytes = value
    return isinstance(url, str) and type(offset) is int and type(nbytes) is int


def _malformed(path: Path, key: str, why: str) -> Problem:
    return Problem("V0704", f"the reference '{key[:200]}' of {path.name} {why}", data_file=str(path))


def _documents(path: Path, refs: Mapping[str, Reference], limits: MapLimits) -> dict[str, dict[str, Json]]:
    """Return the metadata documents by key."""
    found: dict[str, dict[str, Json]] = {}
    for key, text in _node_texts(refs):
        if not isinstance(text, str):
            raise VspecError([_malformed(path, key, "is metadata and must be text")])
        if len(text) > limits.document_bytes:
            raise VspecError(
                [_too_large(path, f"'{key[:200]}' of {len(text)} bytes", f"{limits.document_bytes}")]
            )
        try:
            value = _json(text)
        except ValueError as error:
            raise VspecError([_bad_document(path, key, f"is not JSON: {error}")]) from None
        if not isinstance(value, dict):
            raise VspecError([_bad_document(path, key, "is no JSON object")])
        found[key] = value
    return found


def _node_texts(refs: Mapping[str, Reference]) -> Iterator[tuple[str, Reference]]:
    return ((key, value) for key, value in refs.items() if key.rpartition("/")[2] in DOCUMENTS)


def _bad_document(path: Path, key: str, why: str) -> Problem:
    return Problem("V0705", f"'{key[:200]}' of {path.name} {why}", data_file=str(path))


def _arrays(
    path: Path, documents: Mapping[str, dict[str, Json]], limits: MapLimits, problems: list[Problem]
) -> tuple[MapArray, ...]:
    found = []
    for key, document in documents.items():
        node, _, name = key.rpartition("/")
        if name == ".zgroup" and document != {"zarr_format": 2}:
            problems.append(_bad_document(path, key, "must be {'zarr_format': 2}"))
        if name != ".zarray":
            continue
        try:
            found.append(array_of(node, document, documents.get(f"{node}/.zattrs", {}), limits.chunk_bytes))
        except ValueError as error:
            problems.append(_bad_document(path, key, str(error)))
        except VspecError as error:
            problems += error.problems
    return tuple(found)
