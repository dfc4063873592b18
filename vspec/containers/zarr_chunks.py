"""Where the chunks of an array in a store lie: whole values, or inner chunks by the index of a shard.

Source: Zarr core specification, version 3, and ZEP 2: an index has a row of offset and length, as
little-endian uint64, for each inner chunk in C order; two times 2^64 - 1 is an absent one.
"""

from __future__ import annotations

from math import prod

import numpy as np
from numpy.typing import NDArray

from vspec.containers.model import ContainerFile
from vspec.containers.zarr_described import Described, Shards
from vspec.containers.zarr_store import Pieces, Store
from vspec.errors import fail
from vspec.layout import Int64

_SPARSE = 1000
_FEW = 10**6
_ROW = 16


def cells(store: Store, path: str, array: Described) -> NDArray[np.int64]:
    """Return file, offset and length of each cell: a row each, on the grid of the stored axes.

    Cells that are nowhere have file -1. Files whose names are no keys of the grid are not looked at, as
    other readers do. Raises V0361 for a damaged shard, V0362 for a grid that is nearly all holes.
    """
    stored = tuple(array.shape[at] for at in array.order)
    chunk = tuple(array.chunk[at] for at in array.order)
    grid = _counts(stored, chunk)
    found = store.pieces(path, array.keys.prefix.count("/") + max(0, len(grid) - 1))
    rows, places = _places(found, array, grid)
    inner = array.shards.chunk if array.shards is not None else chunk
    _require_dense(path, prod(_counts(stored, inner)), len(rows) * (prod(chunk) // prod(inner)))
    table = np.zeros((3, prod(grid)), np.int64)
    table[0] = -1
    table[:, places] = np.stack([found.file, found.offset, found.nbytes])[:, rows]
    if array.shards is None:
        return table.reshape(3, *grid)
    split = _split(store.file, table, array.shards, chunk)
    whole = split.reshape(3, *grid, *(all_ // part for all_, part in zip(chunk, inner, strict=True)))
    count = len(grid)
    paired = whole.transpose(0, *(at for k in range(count) for at in (1 + k, 1 + count + k)))
    total = [outer * (all_ // part) for outer, all_, part in zip(grid, chunk, inner, strict=True)]
    kept = tuple(slice(n) for n in _counts(stored, inner))
    cut = paired.reshape(3, *total)[:, *kept]
    return np.ascontiguousarray(cut.transpose(0, *(1 + at for at in array.inner_order)))


def _counts(shape: tuple[int, ...], chunk: tuple[int, ...]) -> tuple[int, ...]:
    return tuple(-(-size // part) for size, part in zip(shape, chunk, strict=True))


def _require_dense(path: str, total: int, present: int) -> None:
    """Refuse a grid whose table would be far larger than what is there."""
    if total > max(_FEW, _SPARSE * present):
        raise fail(
            "V0362",
            f"array '{path}' has a grid of {total} chunks, of which at most {present} are there",
            expected=f"at most {_SPARSE} cells for each chunk that is there",
            found=f"{total} cells",
            help="is the store complete? if so, its grid is too large for a map of references",
        )


def _places(found: Pieces, array: Described, grid: tuple[int, ...]) -> tuple[Int64, Int64]:
    """Return rows of the values that are chunks, and their places on the stored grid in C order."""
    keys, count = array.keys, len(grid)
    if count == 0:
        rows = [row for row, key in enumerate(found.keys) if key == keys.scalar]
        return np.array(rows, np.int64), np.zeros(len(rows), np.int64)
    rows, numbers = [], []
    start = len(keys.prefix)
    for row, key in enumerate(found.keys):
        parts = key[start:].split(keys.separator)
        if len(parts) == count and key.startswith(keys.prefix) and all(map(_is_number, parts)):
            rows.append(row)
            numbers.append(parts)
    # Numbers have at most 18 digits, so that they fit.
    at = np.array(numbers, np.str_).astype(np.int64).reshape(-1, count)[:, list(array.order)]
    inside = (at < np.array(grid)).all(axis=1)
    places = np.ravel_multi_index(tuple(at[inside].T), grid) if inside.any() else np.zeros(0, np.int64)
    return np.array(rows, np.int64)[inside], places.astype(np.int64)


def _is_number(text: str) -> bool:
    return text.isascii() and text.isdigit() and (text[0] != "0" or text == "0") and len(text) <= 18


def _split(file: ContainerFile, table: Int64, shards: Shards, chunk: tuple[int, ...]) -> NDArray[np.int64]:
    """Return the places of inner chunks: shape (3, shards, inner chunks)."""
    inner = prod(chunk) // prod(shards.chunk)
    found = np.zeros((3, table.shape[1], inner), np.int64)
    found[0] = -1
    for place in np.flatnonzero(table[0] >= 0).tolist():
        owner = ContainerFile(file.files, int(table[0, place]))
        offset, nbytes = int(table[1, place]), int(table[2, place])
        rows = _index(owner, offset, nbytes, shards, inner)
        present = (rows != np.uint64(2**64 - 1)).any(axis=1)
        rows[~present] = 0
        if (rows > np.uint64(nbytes)).any() or (rows.sum(axis=1) > np.uint64(nbytes)).any():
            row = int(
                np.argmax((rows > np.uint64(nbytes)).any(axis=1) | (rows.sum(axis=1) > np.uint64(nbytes)))
            )
            raise owner.problem(
                "V0361",
                f"the index of a shard leads outside it: inner chunk {row}",
                _start(offset, nbytes, shards, inner) + _ROW * row,
                expected=f"offset and length within {nbytes} bytes",
                found=f"{rows[row, 1]} bytes at {rows[row, 0]}",
            )
        found[0, place, present] = owner.index
        found[1, place, present] = rows[present, 0].astype(np.int64) + offset
        found[2, place, present] = rows[present, 1].astype(np.int64)
    return found


def _start(offset: int, nbytes: int, shards: Shards, inner: int) -> int:
    """Return where a shard's index begins."""
    length = _ROW * inner + 4 * shards.checksum
    return offset if shards.at_start else offset + nbytes - length


def _index(owner: ContainerFile, offset: int, nbytes: int, shards: Shards, inner: int) -> NDArray[np.uint64]:
    """Return the rows of a shard's index, with its checksum verified."""
    length = _ROW * inner + 4 * shards.checksum
    if length > nbytes:
        raise owner.problem(
            "V0361",
            "a shard is shorter than its index",
            offset,
            expected=f"{length} bytes",
            found=f"{nbytes}",
        )
    start = _start(offset, nbytes, shards, inner)
    raw = owner.reader.read(start, length)
    if shards.checksum:
        _require_checksum(owner, start, raw)
    return np.frombuffer(raw, "<u8", 2 * inner).reshape(-1, 2).astype(np.uint64)


def _require_checksum(owner: ContainerFile, start: int, raw: bytes) -> None:
    try:
        from google_crc32c import value
    except ImportError:
        raise owner.problem(
            "V0363", "the index of a shard has a checksum that needs the package google-crc32c"
        ) from None
    stated, found = int.from_bytes(raw[-4:], "little"), int(value(raw[:-4]))
    if stated != found:
        raise owner.problem(
            "V0361",
            "the index of a shard does not have the checksum that it states",
            start + len(raw) - 4,
            expected=f"{stated:#010x}",
            found=f"{found:#010x}",
            help="the shard is damaged, or still being written: fetch it again",
        )
