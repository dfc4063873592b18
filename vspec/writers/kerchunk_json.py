"""Writes a manifest as Kerchunk JSON, version 1, in the portable profile; streaming and atomically."""

from __future__ import annotations

import base64
import json
import os
import tempfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

import numpy as np

from vspec.chunks import Rows
from vspec.layout import Int64, Json
from vspec.manifest import ArrayEntry, Manifest, blocks, documents
from vspec.profile.addresses import sidecar_name
from vspec.sidecar import Part, digest_of
from vspec.writers.digits import render
from vspec.writers.replacing import alone

_SLICE = 1 << 14
_FEW = 32
"""Rows that are written sooner one by one."""


def write(manifest: Manifest, path: Path, part: Part | None = None) -> None:
    """Write the map to ``path``, and the sidecar of ``part`` beside it under the manifest's name.

    Everything is written and flushed under temporary names first; then the sidecar gets the name
    that only these bytes have, then the map takes the place of the old one, whose sidecar goes
    last. So a run that is killed, or another at the same time, leaves one map or the other, with
    the sidecar that it leads to. Raises `VspecError` (V0330, V0339, V0343) before anything is
    written, and `OSError`.
    """
    metadata = documents(manifest)
    handle, name = tempfile.mkstemp(prefix=f".{path.name}.", suffix=".part", dir=path.parent)
    temporary = Path(name)
    try:
        with os.fdopen(handle, "wb") as file:
            for piece in pieces(manifest, metadata):
                file.write(piece)
            file.flush()
            os.fsync(file.fileno())
        temporary.chmod(0o666 & ~_umask())
        _put_in_place(manifest, path, temporary, part)
    finally:
        temporary.unlink(missing_ok=True)


def is_map(path: Path) -> bool:
    """Tell whether a file is a map that vspec wrote: only such a one may be replaced."""
    return _origin(path) is not None


def owned_sidecar(path: Path) -> Path | None:
    """Return the sidecar of the map at ``path`` where it is certain that vspec wrote it with that map."""
    origin = _origin(path)
    match origin.get("sidecar") if origin is not None else None:
        case {"path": str(name), "digest": str(digest)} if name == sidecar_name(path.name, digest):
            found = path.with_name(name)
        case _:
            return None
    try:
        plain = found.is_file() and not found.is_symlink()
        return found if plain and digest_of(found) == digest else None
    except OSError:
        return None


def _origin(path: Path) -> dict[str, Json] | None:
    """Return what the map at ``path`` says of itself, or None where there is none."""
    try:
        found = json.loads(json.loads(path.read_bytes())["refs"][".zattrs"])["vspec"]
    except (OSError, ValueError, KeyError, TypeError):
        return None
    return found if isinstance(found, dict) else None


def _umask() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return mask


def _put_in_place(manifest: Manifest, path: Path, temporary: Path, part: Part | None) -> None:
    with alone(path.parent):
        old, new = owned_sidecar(path), None
        if part is not None and manifest.sidecar is not None:
            new = path.with_name(manifest.sidecar.name)
            part.path.chmod(0o666 & ~_umask())
            part.path.replace(new)
            _flush(path.parent)
        temporary.replace(path)
        _flush(path.parent)
        if old is not None and old != new:
            old.unlink(missing_ok=True)


def _flush(folder: Path) -> None:
    """Make renames in a folder durable, where the system knows how."""
    if os.name == "posix":
        handle = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)


def pieces(manifest: Manifest, metadata: Mapping[str, Json] | None = None) -> Iterator[bytes]:
    """Yield the text of the map. The same manifest gives the same bytes."""
    metadata = documents(manifest) if metadata is None else metadata
    texts = [(key, _compact(document)) for key, document in metadata.items()]
    consolidated: dict[str, Json] = {"metadata": _siblings_together(metadata), "zarr_consolidated_format": 1}
    texts.insert(1, (".zmetadata", _compact(consolidated)))
    yield b'{"version":1,"refs":{' + ",".join(f"{_compact(k)}:{_compact(t)}" for k, t in texts).encode()
    urls = [_compact(url) for url in manifest.urls]
    for entry in manifest.arrays:
        yield from _references(entry, urls, len(manifest.sources))
    yield b"}}\n"


def _siblings_together(metadata: Mapping[str, Json]) -> dict[str, Json]:
    """Return the documents ordered by the group that a node is in.

    zarr-python 3.1 loses children of a group whose siblings do not stand next to each other.
    """
    return {
        key: metadata[key]
        for key in sorted(metadata, key=lambda key: key.rpartition("/")[0].rpartition("/")[0])
    }


def _compact(value: Json) -> str:
    return json.dumps(value, separators=(",", ":"), allow_nan=False)


@dataclass(frozen=True, slots=True, eq=False)
class _Block:
    """Some rows of an array's references, with the indices of their cells along each grid axis."""

    rows: Rows
    index: tuple[Int64, ...]


def _references(entry: ArrayEntry, urls: list[str], sidecar: int) -> Iterator[bytes]:
    key = _compact(f"{entry.path}/")[1:-1]
    for start, rows in blocks(entry, sidecar):
        for low in range(0, len(rows.file), _SLICE):
            high = min(len(rows.file), low + _SLICE)
            cell = np.arange(start + low, start + high, dtype=np.int64)
            grid = entry.grid or (1,)
            index = tuple(np.asarray(at, np.int64) for at in np.unravel_index(cell, grid))
            part = Rows(rows.file[low:high], rows.offset[low:high], rows.nbytes[low:high])
            yield from _rendered(_Block(part, index), key, urls)
    for cell, chunk in zip(entry.placement.cells.tolist(), entry.placement.inline, strict=False):
        index = np.unravel_index(cell, entry.grid) if entry.grid else (0,)
        name = ".".join(str(int(at)) for at in index)
        yield f',"{key}{name}":"base64:'.encode() + base64.b64encode(chunk) + b'"'


def _rendered(block: _Block, key: str, urls: list[str]) -> Iterator[bytes]:
    """Yield the members of a block, a run of rows of one file at a time."""
    file = block.rows.file
    cuts = np.flatnonzero(np.diff(file)) + 1
    if len(file) < _FEW or len(cuts) > len(file) // 8:
        yield _one_by_one(block, key, urls)
        return
    edges = [0, *cuts.tolist(), len(file)]
    for low, high in pairwise(edges):
        number = int(file[low])
        if number < 0:
            continue
        parts: list[bytes | Int64] = [f',"{key}'.encode()]
        for depth, column in enumerate(block.index):
            parts += [b"."] if depth else []
            parts.append(column[low:high])
        parts += [f'":[{urls[number]},'.encode(), block.rows.offset[low:high], b","]
        parts += [block.rows.nbytes[low:high], b"]"]
        yield render(parts)


def _one_by_one(block: _Block, key: str, urls: list[str]) -> bytes:
    rows = block.rows
    names = zip(*(column.tolist() for column in block.index), strict=True)
    columns = zip(names, rows.file.tolist(), rows.offset.tolist(), rows.nbytes.tolist(), strict=True)
    return "".join(
        f',"{key}{".".join(map(str, name))}":[{urls[file]},{offset},{nbytes}]'
        for name, file, offset, nbytes in columns
        if file >= 0
    ).encode()
