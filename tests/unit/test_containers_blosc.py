"""Chunks of Blosc that are cut short, or say another length than they have, are refused before they are decoded."""

from __future__ import annotations

import struct
from pathlib import Path

import h5py
import numcodecs
import numpy as np
import pytest
import zarr

from vspec.errors import VspecError
from vspec.testing.delegates import opened

NUMBERS = np.arange(77, dtype="<i4").reshape(7, 11)


def stored(folder: Path) -> Path:
    """Write a Zarr array of two chunks; return the file of the first."""
    array = zarr.create_array(
        folder / "s.zarr",
        shape=NUMBERS.shape,
        chunks=(4, 11),
        dtype="<i4",
        compressors=numcodecs.Blosc(cname="lz4"),
        zarr_format=2,
    )
    array[...] = NUMBERS
    return folder / "s.zarr" / "0.0"


def refused(folder: Path) -> tuple[str, str | None]:
    with pytest.raises(VspecError) as caught:
        opened("zarr", folder, "s.zarr/.zarray").layout("data")
    (problem,) = caught.value.problems
    return problem.code, problem.data_file


@pytest.mark.filterwarnings("ignore")
def test_a_whole_chunk_is_read(tmp_path: Path):
    stored(tmp_path)
    store = opened("zarr", tmp_path, "s.zarr/.zarray")
    assert np.array_equal(store.mapped(tmp_path, ["data"])["data"], NUMBERS)


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("left", (1, 15, 16, 17, -1))
def test_a_chunk_that_is_cut_short(left: int, tmp_path: Path):
    chunk = stored(tmp_path)
    chunk.write_bytes(chunk.read_bytes()[:left])
    assert refused(tmp_path) == ("V0361", "s.zarr/0.0")


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize(("at", "value"), ((4, 175), (4, 177), (4, 2**31), (8, 0), (12, 15), (12, 2**32 - 1)))
def test_a_chunk_whose_own_sizes_are_wrong(at: int, value: int, tmp_path: Path):
    """It has 4 x 11 x 4 = 176 bytes of values."""
    chunk = stored(tmp_path)
    raw = bytearray(chunk.read_bytes())
    assert struct.unpack_from("<I", raw, 4) == (176,)
    assert struct.unpack_from("<I", raw, 12) == (len(raw),)
    struct.pack_into("<I", raw, at, value)
    chunk.write_bytes(raw)
    assert refused(tmp_path) == ("V0361", "s.zarr/0.0")


@pytest.mark.parametrize("wrong", (False, True))
def test_a_chunk_in_hdf5(tmp_path: Path, *, wrong: bool):
    hdf5plugin = pytest.importorskip("hdf5plugin")
    with h5py.File(tmp_path / "x.h5", "w") as file:
        made = file.create_dataset("a", data=NUMBERS, chunks=(4, 11), **hdf5plugin.Blosc(cname="lz4"))
        place = made.id.get_chunk_info(1)
    raw = bytearray((tmp_path / "x.h5").read_bytes())
    raw[place.byte_offset + 12] += wrong
    (tmp_path / "x.h5").write_bytes(raw)
    store = opened("hdf5", tmp_path, "x.h5")
    if not wrong:
        assert np.array_equal(store.mapped(tmp_path, ["a"])["a"], NUMBERS)
        return
    with pytest.raises(VspecError, match="V0361") as caught:
        store.layout("a")
    assert caught.value.problems[0].offset == place.byte_offset
