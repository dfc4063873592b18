"""Stores as the Zarr library writes them are equal through a map; damaged ones are an error or equal."""

from __future__ import annotations

import os
import tempfile
import zlib
from pathlib import Path

import numcodecs
import numpy as np
import pytest
import zarr
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from zarr.codecs import (
    BloscCodec,
    BytesCodec,
    Crc32cCodec,
    GzipCodec,
    ShardingCodec,
    TransposeCodec,
    ZstdCodec,
)

from vspec.errors import VspecError
from vspec.layout import Derived
from vspec.peers.zarr import read_zarr
from vspec.testing.delegates import opened
from vspec.testing.layouts import dtypes, values

SETTINGS = settings(
    max_examples=int(os.environ.get("VSPEC_EXAMPLES", "60")),
    deadline=None,
    suppress_health_check=list(HealthCheck),
)
SIZES = st.sampled_from([1, 2, 3, 5, 7])
pytestmark = pytest.mark.filterwarnings("ignore")


def same(left: np.ndarray, right: np.ndarray) -> bool:
    if right.dtype.kind == "c" and left.dtype.kind == "c":
        left = np.stack([left.real, left.imag], axis=-1)
    if right.dtype.kind == "c":
        right = np.stack([right.real, right.imag], axis=-1)
    if right.dtype.kind == "b":
        return np.array_equal(left, right)
    little = right.dtype.newbyteorder("<")
    return left.shape == right.shape and left.astype(little).tobytes() == right.astype(little).tobytes()


@st.composite
def version_2(draw: st.DrawFn, folder: Path) -> tuple[np.ndarray, tuple[int, ...], str]:
    """Write an array of version 2; return it, the order of its stored axes, and its metadata file."""
    kind = draw(dtypes())
    shape = tuple(draw(st.lists(SIZES, max_size=3)))
    chunks = tuple(draw(st.integers(1, size + 1)) for size in shape)
    order = draw(st.sampled_from("CF"))
    filters = []
    if kind.kind in "iu" and draw(st.booleans()):
        filters.append(numcodecs.Delta(dtype=kind.str))
    if draw(st.booleans()):
        filters.append(numcodecs.Shuffle(kind.itemsize))
    compressor = draw(
        st.sampled_from(
            [None, numcodecs.Zlib(1), numcodecs.Blosc(), numcodecs.LZ4(), numcodecs.Zstd(), numcodecs.BZ2()]
        )
    )
    array = zarr.create_array(
        folder / "s.zarr",
        shape=shape,
        chunks=chunks,
        dtype=kind,
        order=order,
        filters=filters,
        compressors=compressor,
        fill_value=draw(st.sampled_from([0, 1])),
        chunk_key_encoding={"name": "v2", "separator": draw(st.sampled_from("./"))},
        zarr_format=2,
        config={"write_empty_chunks": draw(st.booleans())},
    )
    _fill(draw, array, kind, shape, chunks)
    axes = tuple(range(len(shape)))
    return array[...], axes[::-1] if order == "F" else axes, "s.zarr/.zarray"


def _fill(draw: st.DrawFn, array: zarr.Array, kind: np.dtype, shape: tuple[int, ...], chunks) -> None:
    """Write some chunks of an array, or all of it."""
    whole = values(kind, shape, draw(st.integers(0, 2**32)))
    if draw(st.booleans()) or not shape:
        array[...] = whole
    else:
        window = tuple(slice(0, draw(st.integers(1, chunk))) for chunk in chunks)
        array[window] = whole[window]


@st.composite
def version_3(draw: st.DrawFn, folder: Path) -> tuple[np.ndarray, tuple[int, ...], str]:
    """Write an array of version 3, in shards or not; return it, its stored axes, its metadata file."""
    kind = draw(dtypes()).newbyteorder("<")
    shape = tuple(draw(st.lists(SIZES, max_size=3)))
    axes = tuple(range(len(shape)))
    chunks = tuple(draw(st.integers(1, size + 1)) for size in shape)
    inner, order = _codecs(draw, axes)
    codecs = inner
    if shape and draw(st.booleans()):
        parts = chunks
        chunks = tuple(part * draw(st.integers(1, 3)) for part in chunks)
        outer, moved = draw(st.permutations(axes)), draw(st.booleans())
        if moved:
            # The library compares shapes before and after the transposition: only cubes pass.
            parts, chunks = (parts[0],) * len(axes), (chunks[0],) * len(axes)
            order = tuple(outer[at] for at in order)
        location = draw(st.sampled_from(["start", "end"]))
        shards = ShardingCodec(chunk_shape=parts, codecs=inner, index_location=location)
        codecs = [*([TransposeCodec(order=tuple(outer))] if moved else []), shards]
    array = zarr.create(
        store=folder / "s.zarr",
        shape=shape,
        chunks=chunks,
        dtype=kind,
        codecs=codecs,
        fill_value=draw(st.sampled_from([0, 1])),
        chunk_key_encoding=draw(
            st.sampled_from([("default", "/"), ("default", "."), ("v2", "."), ("v2", "/")])
        ),
        zarr_format=3,
        config={"write_empty_chunks": draw(st.booleans())},
    )
    _fill(draw, array, kind, shape, chunks)
    return array[...], order, "s.zarr/zarr.json"


def _codecs(draw: st.DrawFn, axes: tuple[int, ...]) -> tuple[list[object], tuple[int, ...]]:
    order = axes
    codecs: list[object] = []
    if draw(st.booleans()):
        order = tuple(draw(st.permutations(axes)))
        codecs.append(TransposeCodec(order=order))
    codecs.append(BytesCodec(endian=draw(st.sampled_from(["little", "big"]))))
    codecs += draw(
        st.sampled_from(
            [
                [],
                [GzipCodec(level=1)],
                [ZstdCodec(level=1, checksum=True)],
                [BloscCodec(cname="lz4", typesize=4, shuffle="bitshuffle")],
                [Crc32cCodec()],
                [GzipCodec(level=1), Crc32cCodec()],
            ]
        )
    )
    return codecs, order


@SETTINGS
@given(st.data())
def test_stores_are_equal_through_a_map(data: st.DataObject):
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        strategy = data.draw(st.sampled_from([version_2, version_3]))
        expected, order, metadata = data.draw(strategy(folder))
        store = opened("zarr", folder, metadata)
        assert store.container.lost == ()
        entry = store.container.entries["data"]
        stored = np.asarray(expected).transpose(order)
        assert entry.shape == stored.shape
        if isinstance(source := store.layout("data").source, Derived):
            assert "two different parts" in source.reason
        else:
            assert same(store.mapped(folder, ["data"])["data"], stored)
        window = tuple(
            slice(at := data.draw(st.integers(0, n - 1)), data.draw(st.integers(at + 1, n)))
            for n in stored.shape
        )
        assert same(read_zarr(folder / metadata, "data", window), stored[window])


@SETTINGS
@given(st.data())
def test_damaged_stores_are_an_error_or_equal_to_their_library(data: st.DataObject):
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        strategy = data.draw(st.sampled_from([version_2, version_3]))
        _, _, metadata = data.draw(strategy(folder))
        files = sorted(path for path in (folder / "s.zarr").rglob("*") if path.is_file())
        victim = data.draw(st.sampled_from(files))
        raw = bytearray(victim.read_bytes())
        if data.draw(st.booleans()) and raw:
            at = data.draw(st.integers(0, len(raw) - 1))
            raw[at] ^= 1 << data.draw(st.integers(0, 7))
        else:
            del raw[data.draw(st.integers(0, len(raw))) :]
        victim.write_bytes(raw)
        found = through_a_map(folder, metadata)
        if found is not None:
            assert same(
                found, read_zarr(folder / metadata, "data", (slice(None),) * found_axes(folder, metadata))
            )


def found_axes(folder: Path, metadata: str) -> int:
    return len(opened("zarr", folder, metadata).container.entries["data"].axes)


def through_a_map(folder: Path, metadata: str) -> np.ndarray | None:
    """Return the array by way of a map; None where that is a coded error, or the codec's own."""
    try:
        store = opened("zarr", folder, metadata)
        if "data" not in store.container.entries or isinstance(store.layout("data").source, Derived):
            return None
        # A chunk whose bytes its codec refuses is an error of whoever reads the map.
        return store.mapped(folder, ["data"])["data"]
    except (
        VspecError,
        RuntimeError,
        ValueError,
        OSError,
        EOFError,
        TypeError,
        MemoryError,
        SystemError,
        zlib.error,
    ):
        return None
