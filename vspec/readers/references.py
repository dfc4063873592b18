"""The references of a map, each held against its array's grid and the files that may be named."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Mapping, Sequence
from math import prod
from pathlib import Path

from vspec.errors import Problem, VspecError
from vspec.profile.arrays import DOCUMENTS, MapArray

_INLINE = "base64:"
_MOST_PROBLEMS = 20


def check_references(
    path: Path,
    refs: Mapping[str, str | Sequence[int | str]],
    arrays: Mapping[str, MapArray],
    ends: Mapping[str, int],
) -> None:
    """Check every reference; ``ends`` has the size of each file that may be named, by URL.

    Raises `VspecError` (V0704, V0706, V0709) with the first twenty that are wrong.
    """
    problems: list[Problem] = []
    counts = dict.fromkeys(arrays, 0)
    for key, value in refs.items():
        node, _, name = key.rpartition("/")
        if name in DOCUMENTS:
            continue
        if len(problems) >= _MOST_PROBLEMS:
            raise VspecError(problems)
        array = arrays.get(node)
        if array is None or not _on_grid(name, array.grid):
            problems.append(_problem("V0704", path, key, "is for a chunk that no array has"))
            continue
        counts[node] += 1
        if isinstance(value, str):
            problems += _inlined(path, key, value, array)
        else:
            problems += _place(path, key, value, array, ends)
    problems += [
        _incomplete(path, array, counts[array.path]) for array in arrays.values() if _lacks(array, counts)
    ]
    if problems:
        raise VspecError(problems)


def _lacks(array: MapArray, counts: Mapping[str, int]) -> bool:
    """Tell whether chunks are missing that no fill value stands for: readers would make them up."""
    return array.metadata["fill_value"] is None and counts[array.path] < prod(array.grid)


def _incomplete(path: Path, array: MapArray, count: int) -> Problem:
    message = f"array '{array.path}' of {path.name} lacks chunks and has no fill value"
    expected, found = f"{prod(array.grid)} chunks", f"{count}"
    hint = "make the map again"
    return Problem("V0704", message, data_file=str(path), expected=expected, found=found, help=hint)


def _problem(code: str, path: Path, key: str, why: str) -> Problem:
    return Problem(code, f"the reference '{key[:200]}' of {path.name} {why}", data_file=str(path))


def _on_grid(name: str, grid: tuple[int, ...]) -> bool:
    parts = name.split(".")
    if len(parts) != max(1, len(grid)):
        return False
    for part, count in zip(parts, grid or (1,), strict=True):
        plain = part.isascii() and part.isdigit() and len(part) <= 19 and (part == "0" or part[0] != "0")
        if not plain or int(part) >= count:
            return False
    return True


def _inlined(path: Path, key: str, value: str, array: MapArray) -> list[Problem]:
    if not value.startswith(_INLINE):
        return [_problem("V0704", path, key, "holds text that is not base64")]
    try:
        chunk = base64.b64decode(value[len(_INLINE) :], validate=True)
    except (binascii.Error, ValueError):
        return [_problem("V0704", path, key, "holds text that is not base64")]
    if not array.encoded and len(chunk) != array.chunk_bytes:
        return [_problem("V0709", path, key, f"holds {len(chunk)} bytes, not {array.chunk_bytes}")]
    return []


def _place(
    path: Path, key: str, value: Sequence[int | str], array: MapArray, ends: Mapping[str, int]
) -> list[Problem]:
    url, offset, nbytes = value
    end = ends.get(str(url))
    if end is None:
        why = f"leads to '{str(url)[:200]}', which is none of the map's sources"
        return [_problem("V0706", path, key, why)]
    assert isinstance(offset, int)
    assert isinstance(nbytes, int)
    if offset < 0 or nbytes <= 0 or offset + nbytes > end:
        why = f"wants {nbytes} bytes from {offset} of a source of {end} bytes"
        return [_problem("V0709", path, key, why)]
    if not array.encoded and nbytes != array.chunk_bytes:
        return [_problem("V0709", path, key, f"has {nbytes} bytes, not {array.chunk_bytes}")]
    return []
