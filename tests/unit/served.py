"""Stores as a reader sees them who was handed nothing but the specification of Zarr: keys, JSON, bytes."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from itertools import product
from math import prod

import numcodecs
import numpy as np

from vspec.layout import ArrayLayout, Axis, Chunked
from vspec.testing.layouts import columns

Get = Callable[[str], bytes | None]


def bytes_of(value) -> bytes | None:
    """Return all bytes of what a store answers."""
    if value is None:
        return None
    found = b"".join(bytes(piece) for piece in value.pieces(0, value.size))
    assert len(found) == value.size
    return found


def getter(store) -> Get:
    """Return the way to the bytes of a store's keys."""
    return lambda key: bytes_of(store.get(key))


def document(get: Get, key: str) -> dict:
    """Return a metadata document."""
    found = get(key)
    assert found is not None, key
    return json.loads(found)


def read(get: Get, path: str, format: int) -> np.ndarray:
    """Return an array, put together from its chunks as the specification says."""
    return _read_2(get, path) if format == 2 else _read_3(get, path)


def _read_2(get: Get, path: str) -> np.ndarray:
    about = document(get, f"{path}/.zarray")
    assert about["zarr_format"] == 2
    assert about["order"] == "C"
    chain = [*(about["filters"] or []), *([about["compressor"]] if about["compressor"] else [])]
    chunks = (
        (index, get(f"{path}/{'.'.join(map(str, index)) or '0'}"))
        for index in _grid(about["shape"], about["chunks"])
    )
    return _assembled(about, about["chunks"], np.dtype(about["dtype"]), _decoded(chunks, chain))


def _read_3(get: Get, path: str) -> np.ndarray:
    about = document(get, f"{path}/zarr.json")
    assert about["zarr_format"] == 3
    assert about["node_type"] == "array"
    assert about["chunk_key_encoding"] == {"name": "default", "configuration": {"separator": "/"}}
    sizes = about["chunk_grid"]["configuration"]["chunk_shape"]
    elements, *rest = about["codecs"]
    assert elements["name"] == "bytes"
    order = {"big": ">", "little": "<"}[elements["configuration"]["endian"]]
    chain = [{"id": codec["name"], **_known(codec)} for codec in rest]
    chunks = ((index, get("/".join([path, "c", *map(str, index)]))) for index in _grid(about["shape"], sizes))
    dtype = np.dtype(about["data_type"]).newbyteorder(order)
    assert about["fill_value"] is not None
    return _assembled(about, sizes, dtype, _decoded(chunks, chain))


def _known(codec: dict) -> dict:
    """Return the settings of a codec of format 3 that numcodecs has, too."""
    assert codec["name"] in ("gzip", "zstd", "blosc")
    return {} if codec["name"] == "blosc" else {"level": codec["configuration"]["level"]}


def _grid(shape: list[int], chunks: list[int]) -> Iterator[tuple[int, ...]]:
    return product(*(range(-(-size // chunk)) for size, chunk in zip(shape, chunks, strict=True)))


def _decoded(chunks, chain) -> Iterator[tuple[tuple[int, ...], bytes | None]]:
    for index, chunk in chunks:
        found = chunk
        for config in reversed(chain if chunk is not None else []):
            found = bytes(memoryview(np.ascontiguousarray(numcodecs.get_codec(config).decode(found))))
        yield index, found


def _assembled(about: dict, sizes: list[int], dtype: np.dtype, chunks) -> np.ndarray:
    shape = about["shape"]
    whole = np.full([-(-n // c) * c for n, c in zip(shape, sizes, strict=True)], 77).astype(dtype)
    for index, chunk in chunks:
        part = tuple(slice(i * c, (i + 1) * c) for i, c in zip(index, sizes, strict=True))
        if chunk is None:
            assert about["fill_value"] is not None
            whole[part] = float(about["fill_value"]) if dtype.kind == "f" else about["fill_value"]
        else:
            assert len(chunk) == prod(sizes) * dtype.itemsize, "every chunk is whole"
            whole[part] = np.frombuffer(chunk, dtype).reshape(sizes)
    return whole[tuple(slice(n) for n in shape)]


def chunked(chain, values, chunk=5, **more):
    """A container's array of one axis; chunks are encoded with a chain of numcodecs."""
    files, places = bytearray(), []
    for start in range(0, len(values), chunk):
        part = np.zeros(chunk, values.dtype)
        part[: len(values[start : start + chunk])] = values[start : start + chunk]
        data: object = part
        for config in chain:
            data = numcodecs.get_codec(config).encode(data)
        data = bytes(memoryview(np.ascontiguousarray(data)).cast("B"))
        places.append((0, len(files), len(data)))
        files += data
    file, offset, nbytes = columns(*zip(*places, strict=True))
    source = Chunked(
        (("i", len(values)),), (chunk,), values.dtype, file, offset, nbytes, (tuple(chain),), **more
    )
    return ArrayLayout("array", (Axis("i", len(values), ("i",)),), values.dtype, source), bytes(files)
