"""Random layouts, read by vspec's own way and by anybody's: any selection is what numpy would give."""

from __future__ import annotations

import os
import tempfile
from unittest import mock

import numpy as np
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.properties.written import written
from vspec.chunks import ChunkOptions
from vspec.readers import local_chunks
from vspec.readers.local_zarr import DirectPipeline
from vspec.readers.map_file import load
from vspec.readers.zarr_store import group, plain_group
from vspec.testing.containers import chunked, inline
from vspec.testing.layouts import Sample, strided, unpacks

VERBATIM = st.one_of(strided(), chunked(), inline())
RECORDS = st.one_of(strided(), unpacks().flatmap(lambda unpack: strided(unpack=unpack)))
PORTABLE = st.builds(
    ChunkOptions,
    chunk_bytes=st.sampled_from([24, 100, 256, 1000]),
    inline=st.booleans(),
    small_chunk=st.sampled_from([1, 16]),
    reference_bytes=st.sampled_from([0, 8]),
)
PACKED = st.builds(
    ChunkOptions,
    chunk_bytes=st.sampled_from([24, 100, 256, 1000]),
    inline=st.booleans(),
    profile=st.sampled_from(["packed", None]),
    many_references=st.just(0),
)
BLOCKS = st.sampled_from([1, 50, 300, 2 << 20])
SETTINGS = settings(
    max_examples=int(os.environ.get("VSPEC_EXAMPLES", "200")),
    deadline=None,
    suppress_health_check=list(HealthCheck),
)


def stored(expected: np.ndarray, array) -> np.ndarray:
    """Bring what the generator wrote into the order in which the map stores it."""
    if expected.dtype.kind == "c":
        expected = np.stack([expected.real, expected.imag], axis=-1)
    names, asked = list(array.attrs["_ARRAY_DIMENSIONS"]), list(array.attrs["vspec"]["dims"])
    turned = expected[tuple(slice(None, None, -1 if name.startswith("-") else 1) for name in asked)]
    plain = [name.removeprefix("-") for name in asked]
    return turned.transpose([plain.index(name) for name in names])


def same(left, right: np.ndarray) -> bool:
    left, right = np.asarray(left), np.asarray(right)
    order = right.dtype.newbyteorder("<")
    return left.shape == right.shape and left.astype(order).tobytes() == right.astype(order).tobytes()


def draw_basic(draw, shape: tuple[int, ...]) -> tuple[int | slice, ...]:
    """Draw a selection of slices, with steps too, and single positions."""
    found: list[int | slice] = []
    for size in shape:
        start = draw(st.integers(0, size))
        part = slice(start, draw(st.integers(start, size)), draw(st.sampled_from([1, 1, 1, 2, 3])))
        kind = draw(st.sampled_from(["part", "part", "one", "all"]))
        one = draw(st.integers(0, size - 1)) if size and kind == "one" else part
        found.append(slice(None) if kind == "all" else one)
    return tuple(found)


@SETTINGS
@given(VERBATIM, PORTABLE, st.data())
def test_any_selection_of_a_portable_map(sample: Sample, options: ChunkOptions, data):
    check(sample, options, 1, data)


@SETTINGS
@given(RECORDS, PACKED, BLOCKS, st.data())
def test_any_selection_of_a_packed_map(sample: Sample, options: ChunkOptions, block: int, data):
    check(sample, options, block, data)


def check(sample: Sample, options: ChunkOptions, block: int, data) -> None:
    """Hold a map, read both ways, against what the generator wrote: all of it, and a few selections."""
    with tempfile.TemporaryDirectory() as folder, mock.patch.object(local_chunks, "_BLOCK", block):
        path = written(folder, sample, options)
        if path is None:
            return
        document = load(path)
        array, plain = group(document)["array"], plain_group(document)["array"]
        assert type(array.async_array.codec_pipeline) is DirectPipeline
        whole = stored(sample.expected, array)
        assert same(array[...], whole)
        assert same(plain[...], whole)
        for _ in range(3):
            selection = draw_basic(data.draw, whole.shape)
            assert same(array[selection], whole[selection])
        if whole.size:
            picked = [
                np.sort(data.draw(st.lists(st.integers(0, size - 1), min_size=1, max_size=5, unique=True)))
                for size in whole.shape
            ]
            assert not whole.shape or same(array.oindex[tuple(picked)], whole[np.ix_(*picked)])
            row = data.draw(st.integers(0, whole.shape[0] - 1)) if whole.shape else 0
            if whole.ndim > 1:
                assert same(array.oindex[(row, *picked[1:])], whole[row][np.ix_(*picked[1:])])
            mask = np.random.default_rng(data.draw(st.integers(0, 99))).random(whole.shape) < 0.3
            assert not whole.shape or same(array.vindex[mask], whole[mask])
