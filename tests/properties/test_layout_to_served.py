"""Random layouts, served: both stores give what the generator wrote, to a plain reader and to zarr."""

from __future__ import annotations

import os
import tempfile

import numpy as np
import zarr
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.properties.written import written
from tests.unit.served import bytes_of, getter, read
from vspec.chunks import ChunkOptions
from vspec.readers.map_file import load
from vspec.serving.handing import FORMATS
from vspec.serving.store import Store
from vspec.testing.containers import chunked, inline
from vspec.testing.layouts import Sample, strided, unpacks

SAMPLES = st.one_of(strided(), chunked(), inline(), unpacks().flatmap(lambda unpack: strided(unpack=unpack)))
OPTIONS = st.builds(
    ChunkOptions,
    chunk_bytes=st.sampled_from([24, 100, 256, 1000]),
    inline=st.booleans(),
    small_chunk=st.sampled_from([1, 16]),
    reference_bytes=st.sampled_from([0, 8]),
    profile=st.sampled_from(["packed", None]),
    many_references=st.sampled_from([0, 10_000]),
)


def stored(expected: np.ndarray, attrs) -> np.ndarray:
    """Bring what the generator wrote into the order in which the map stores it."""
    if expected.dtype.kind == "c":
        expected = np.stack([expected.real, expected.imag], axis=-1)
    names, asked = list(attrs["_ARRAY_DIMENSIONS"]), list(attrs["vspec"]["dims"])
    turned = expected[tuple(slice(None, None, -1 if name.startswith("-") else 1) for name in asked)]
    plain = [name.removeprefix("-") for name in asked]
    return turned.transpose([plain.index(name) for name in names])


def same(left: object, right: np.ndarray) -> bool:
    left = np.asarray(left)
    order = right.dtype.newbyteorder("<")
    return left.shape == right.shape and left.astype(order).tobytes() == right.astype(order).tobytes()


def keys(store: Store, array) -> list[str]:
    """Return the keys of all chunks of an array."""
    indices = [tuple(map(str, index)) for index in np.ndindex(array.grid)]
    if store.format == 2:
        return [f"{array.path}/{'.'.join(index) or '0'}" for index in indices]
    return ["/".join([array.path, "c", *index]) for index in indices]


def opened(store: Store, array) -> zarr.Array:
    """Return the array as zarr reads a copy of the store."""
    copy = {key: bytes_of(store.get(key)) for key in (*store.documents, *keys(store, array))}
    held = {
        key: zarr.core.buffer.cpu.Buffer.from_bytes(data) for key, data in copy.items() if data is not None
    }
    return zarr.open_group(zarr.storage.MemoryStore(held, read_only=True), mode="r")[array.path]


@settings(
    max_examples=int(os.environ.get("VSPEC_EXAMPLES", "100")),
    deadline=None,
    suppress_health_check=list(HealthCheck),
)
@given(SAMPLES, OPTIONS)
def test_any_layout_is_served(sample: Sample, options: ChunkOptions):
    with tempfile.TemporaryDirectory() as folder:
        path = written(folder, sample, options)
        if path is None:
            return
        document = load(path)
        (array,) = document.arrays
        expected = stored(sample.expected, array.attrs)
        for format in FORMATS:
            store = Store(document, format)
            assert same(read(getter(store), array.path, format), expected)
            assert same(opened(store, array)[...], expected)
            store.close()
