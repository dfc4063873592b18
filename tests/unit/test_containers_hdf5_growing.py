"""Arrays that may grow along one axis: where the library lists their chunks in another order than they have."""

from __future__ import annotations

import itertools

import numpy as np
import pytest

from vspec.testing.delegates import opened

h5py = pytest.importorskip("h5py", reason="h5py writes the files")

SHAPES = (
    ((2, 1), (2, None), (1, 1)),
    ((5, 7), (5, None), (2, 3)),
    ((5, 7), (11, None), (2, 3)),
    ((5, 7), (None, 7), (2, 3)),
    ((5, 7), (None, None), (2, 3)),
    ((5, 7), (8, 9), (2, 3)),
    ((1, 50), (4, None), (1, 7)),
    ((4, 5, 6), (4, 5, None), (3, 2, 1)),
    ((4, 5, 6), (4, None, 6), (3, 2, 1)),
    ((4, 5, 6), (9, None, 13), (3, 2, 2)),
    ((4, 5, 6), (9, 13, None), (3, 2, 2)),
)
EVERY = list(itertools.product(SHAPES, (0, 512), (None, "gzip")))


def through_a_map(folder):
    (folder / "out").mkdir()
    return opened("hdf5", folder, "x.h5").mapped(folder / "out", ["d"])["d"]


@pytest.mark.parametrize(("sizes", "block", "filters"), EVERY)
@pytest.mark.parametrize("values", ("different", "nearly the same"))
def test_a_whole_array(sizes, block, filters, values, tmp_path):
    shape, most, chunks = sizes
    written = np.arange(np.prod(shape)).reshape(shape) + 1
    if values == "nearly the same":
        written = np.where((written == 1) | (written == written.size), 9, 3)
    with h5py.File(tmp_path / "x.h5", "w", libver="latest", userblock_size=block) as file:
        file.create_dataset("d", data=written, maxshape=most, chunks=chunks, compression=filters)
    assert np.array_equal(through_a_map(tmp_path), written)


@pytest.mark.parametrize(("sizes", "block", "filters"), EVERY)
def test_an_array_with_chunks_left_out(sizes, block, filters, tmp_path):
    shape, most, chunks = sizes
    written = np.full(shape, -4)
    with h5py.File(tmp_path / "x.h5", "w", libver="latest", userblock_size=block) as file:
        made = file.create_dataset(
            "d", shape, "i8", maxshape=most, chunks=chunks, compression=filters, fillvalue=-4
        )
        for target in (made, written):
            target[..., -1] = 7
            target[-1] = 5
    found = through_a_map(tmp_path)
    assert np.array_equal(found[..., -1], written[..., -1])
    with h5py.File(tmp_path / "x.h5") as file:
        assert np.array_equal(found, file["d"][...])


def test_an_axis_that_grew_in_one_chunk(tmp_path):
    written = np.arange(30).reshape(5, 6)
    with h5py.File(tmp_path / "x.h5", "w") as file:
        file.create_dataset("d", data=written, maxshape=(5, None), chunks=(5, 6))
    assert np.array_equal(through_a_map(tmp_path), written)
