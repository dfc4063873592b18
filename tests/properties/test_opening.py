"""Random layouts as somebody opens them: any index of any array is what numpy gives of what was written."""

from __future__ import annotations

import os
import pickle
import tempfile
from unittest import mock

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.properties.written import written
from vspec.chunks import ChunkOptions
from vspec.commands.open import open_arrays
from vspec.opening import stretches
from vspec.opening.direct import DirectArray
from vspec.testing.containers import chunked, inline
from vspec.testing.layouts import Sample, strided, unpacks

xr = pytest.importorskip("xarray")

LAYOUTS = st.one_of(strided(), strided(), chunked(), inline(), unpacks().flatmap(lambda u: strided(unpack=u)))
OPTIONS = st.builds(
    ChunkOptions,
    chunk_bytes=st.sampled_from([24, 100, 256, 1000]),
    inline=st.booleans(),
    small_chunk=st.sampled_from([1, 16]),
    reference_bytes=st.sampled_from([0, 8]),
    profile=st.sampled_from(["portable", "packed", None]),
    many_references=st.sampled_from([0, 10_000]),
)
SETTINGS = settings(
    max_examples=int(os.environ.get("VSPEC_EXAMPLES", "40")),
    deadline=None,
    suppress_health_check=list(HealthCheck),
)


def names(layout) -> list[str]:
    """Return the names of a layout's axes in the card's order."""
    return [axis.name for axis in layout.axes]


def same(found, expected: np.ndarray) -> bool:
    """Tell whether values are the same, bit for bit, whatever their byte order."""
    found = np.asarray(found)
    plain = expected.dtype.newbyteorder("<")
    return (
        found.shape == expected.shape
        and found.dtype.newbyteorder("<") == plain
        and found.astype(plain).tobytes() == expected.astype(plain).tobytes()
    )


def draw_key(draw, shape: tuple[int, ...], *, lists: int) -> tuple:
    """Draw an index for each axis: slices with steps of either sign, numbers from either end, a few lists."""
    found: list = []
    for size in shape:
        kind = draw(st.sampled_from(["part", "part", "back", "one", "all", "list"]))
        start, stop = draw(st.integers(-size - 1, size + 1)), draw(st.integers(-size - 1, size + 1))
        if kind == "list" and lists and size:
            lists -= 1
            found.append(draw(st.lists(st.integers(-size, size - 1), max_size=5)))
        elif kind == "one" and size:
            found.append(draw(st.integers(-size, size - 1)))
        elif kind == "part":
            found.append(slice(start, stop, draw(st.sampled_from([None, 1, 2, 3]))))
        elif kind == "back":
            # xarray takes a start before the first element for the last one, whoever holds the array.
            first = draw(st.one_of(st.none(), st.integers(-size, size - 1))) if size else None
            found.append(slice(first, None, draw(st.sampled_from([-1, -2]))))
        else:
            found.append(slice(None))
    return tuple(found)


def outer(values: np.ndarray, key: tuple) -> np.ndarray:
    """Return what an index for each axis picks, axis by axis."""
    for axis in reversed(range(values.ndim)):
        picked = np.moveaxis(values, axis, 0)[key[axis]]
        values = picked if isinstance(key[axis], int) else np.moveaxis(picked, 0, axis)
    return values


@SETTINGS
@given(LAYOUTS, OPTIONS, st.booleans(), st.data())
def test_any_index_of_an_array(sample: Sample, options: ChunkOptions, memory_map: bool, data):
    with tempfile.TemporaryDirectory() as folder:
        path = written(folder, sample, options)
        if path is None:
            return
        opened = open_arrays(path, memory_map=memory_map)
        array, expected = opened["array"], sample.expected
        assert not (isinstance(array, DirectArray) and not memory_map)
        assert (array.dims, array.shape) == (tuple(names(sample.layout)), expected.shape)
        assert same(array, expected)
        for _ in range(4):
            key = draw_key(data.draw, expected.shape, lists=1)
            assert same(array[key], outer(expected, key)), key
            cut = key[: data.draw(st.integers(0, len(key)))]
            assert same(array[cut], outer(expected, (*cut, *[slice(None)] * (expected.ndim - len(cut)))))
        again = pickle.loads(pickle.dumps(opened))
        assert type(again["array"]) is type(array)
        assert same(again["array"], expected)


@SETTINGS
@given(LAYOUTS, OPTIONS, st.booleans(), st.data())
def test_any_index_of_a_variable(sample: Sample, options: ChunkOptions, memory_map: bool, data):
    with tempfile.TemporaryDirectory() as folder:
        path = written(folder, sample, options)
        if path is None:
            return
        variable = xr.open_dataset(path, engine="vspec", memory_map=memory_map, cache=False)["array"]
        expected = sample.expected
        assert (list(variable.dims), variable.shape) == (names(sample.layout), expected.shape)
        assert same(variable.values, expected)
        for _ in range(3):
            key = draw_key(data.draw, expected.shape, lists=9)
            assert same(variable[key].values, outer(expected, key)), key
            more = draw_key(data.draw, (shape := outer(expected, key)).shape, lists=9)
            assert same(variable[key][more].values, outer(shape, more)), (key, more)


@SETTINGS
@given(strided(), OPTIONS, st.integers(1, 3), st.data())
def test_many_pieces_are_read_chunk_by_chunk(sample: Sample, options: ChunkOptions, most: int, data):
    with tempfile.TemporaryDirectory() as folder, mock.patch.object(stretches, "MOST_STRETCHES", most):
        path = written(folder, sample, options)
        if path is None:
            return
        array = open_arrays(path)["array"]
        key = draw_key(data.draw, sample.expected.shape, lists=1)
        assert same(array[key], outer(sample.expected, key))
