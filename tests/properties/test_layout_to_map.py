"""Random layouts become files, maps, and again arrays: equal to what the generator wrote."""

from __future__ import annotations

import json
import os
import tempfile
from pathlib import Path

import numpy as np
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from vspec import oracle
from vspec.chunks import ChunkOptions
from vspec.errors import VspecError
from vspec.readers.zarr_store import open_group
from vspec.testing.containers import chunked, inline
from vspec.testing.layouts import Sample, strided, unpacks
from vspec.testing.maps import Memory, Written, write_map
from vspec.verification import Truth, compare_array

OPTIONS = st.builds(
    ChunkOptions,
    chunk_bytes=st.sampled_from([1, 8, 24, 40, 64, 100, 256, 1000]),
    inline=st.booleans(),
    inline_bytes=st.sampled_from([16, 64 << 10]),
    small_chunk=st.sampled_from([1, 16, 4096]),
    reference_bytes=st.sampled_from([0, 0, 8]),
)
SETTINGS = settings(
    max_examples=int(os.environ.get("VSPEC_EXAMPLES", "200")),
    deadline=None,
    suppress_health_check=list(HealthCheck),
)


def as_asked(array) -> np.ndarray:
    """Bring an array of a map into the card's order, by its attributes alone."""
    stored, asked = list(array.attrs["_ARRAY_DIMENSIONS"]), list(array.attrs["vspec"]["dims"])
    found = np.asarray(array[...])
    found = found.transpose([stored.index(name.removeprefix("-")) for name in asked])
    return found[tuple(slice(None, None, -1 if name.startswith("-") else 1) for name in asked)]


def same(left: np.ndarray, right: np.ndarray) -> bool:
    if right.dtype.kind == "c":
        right = np.stack([right.real, right.imag], axis=-1)
    order = right.dtype.newbyteorder("<")
    return left.shape == right.shape and left.astype(order).tobytes() == right.astype(order).tobytes()


def every_reference_is_one_chunk(written: Written) -> bool:
    refs = json.loads(written.path.read_text())["refs"]
    sizes = {f"{n}.bin": file.size for n, file in enumerate(written.files)}
    sizes |= {path.name: path.stat().st_size for path in written.path.parent.glob("map.*.vspec.bin")}
    chunk = written.plans[0].chunk_bytes
    places = [value for value in refs.values() if isinstance(value, list)]
    return all(n == chunk and at >= 0 and at + n <= sizes[url.rpartition("/")[2]] for url, at, n in places)


@SETTINGS
@given(strided(), OPTIONS)
def test_a_map_gives_what_the_generator_wrote(sample: Sample, options: ChunkOptions):
    with tempfile.TemporaryDirectory() as folder:
        written = write_map(Path(folder), [sample.layout], sample.files, options)
        array = open_group(written.path)["array"]
        assert same(as_asked(array), sample.expected)
        assert every_reference_is_one_chunk(written)
        truth = Truth(written.files.__getitem__)
        assert compare_array(sample.layout, array, truth) == []


PACKED = st.builds(
    ChunkOptions,
    chunk_bytes=st.sampled_from([1, 8, 24, 40, 64, 100, 256, 1000]),
    inline=st.booleans(),
    profile=st.sampled_from(["packed", None]),
    many_references=st.just(0),
)


@SETTINGS
@given(strided(), PACKED)
def test_a_packed_map_gives_what_the_generator_wrote(sample: Sample, options: ChunkOptions):
    with tempfile.TemporaryDirectory() as folder:
        written = write_map(Path(folder), [sample.layout], sample.files, options)
        array = open_group(written.path)["array"]
        assert same(as_asked(array), sample.expected)
        assert compare_array(sample.layout, array, Truth(written.files.__getitem__)) == []


@SETTINGS
@given(unpacks().flatmap(lambda unpack: strided(unpack=unpack)), PACKED)
def test_packed_samples_are_unpacked(sample: Sample, options: ChunkOptions):
    with tempfile.TemporaryDirectory() as folder:
        try:
            written = write_map(Path(folder), [sample.layout], sample.files, options)
        except VspecError as error:
            refused = error.problems
        else:
            refused = ()
        if refused:
            assert {problem.code for problem in refused} == {"V0336"}
            assert all("cannot be packed either" in str(problem.help) for problem in refused)
            return
        array = open_group(written.path)["array"]
        assert same(as_asked(array), sample.expected)
        assert compare_array(sample.layout, array, Truth(written.files.__getitem__)) == []


@SETTINGS
@given(st.one_of(strided(), unpacks().flatmap(lambda unpack: strided(unpack=unpack))), st.data())
def test_the_oracle_gives_what_the_generator_wrote(sample: Sample, data):
    files = [Memory(content) for content in sample.files]
    whole = oracle.read(sample.layout, files.__getitem__)
    assert whole.dtype == sample.layout.dtype
    assert whole.shape == sample.expected.shape
    assert whole.tobytes() == sample.expected.tobytes()
    window = []
    for size in sample.expected.shape:
        start = data.draw(st.integers(0, size))
        window.append(slice(start, data.draw(st.integers(start, size))))
    part = oracle.window(sample.layout, files.__getitem__, window)
    assert part.tobytes() == sample.expected[*window, ...].tobytes()


@SETTINGS
@given(st.one_of(chunked(), inline()), OPTIONS)
def test_containers_and_values_give_what_the_generator_wrote(sample: Sample, options: ChunkOptions):
    with tempfile.TemporaryDirectory() as folder:
        written = write_map(Path(folder), [sample.layout], sample.files, options)
        array = open_group(written.path)["array"]
        assert same(as_asked(array), sample.expected)
        peers = {"numcodecs": lambda _layout, _files, window: sample.expected[window]}
        assert compare_array(sample.layout, array, Truth(written.files.__getitem__, peers=peers)) == []
