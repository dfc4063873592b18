"""The last zarr 2 reads the maps too: kerchunk 0.2.7, xarray 2024.11, in an environment without vspec."""

from __future__ import annotations

import os
import subprocess

import numpy as np
import pytest

from vspec.commands import ApplyOptions, apply

CARD = """\
vspec: 1
title: A made-up recorder
files: "*.dat"
arrays:
  raw:
    dtype: int16
    offset: 48
    shape: {time: auto, channel: 5}
    attrs: {units: uV, scale_factor: 0.195}
    time: {step: 1 / 30000, units: s}
  aux/big:
    dtype: int32
    endian: big
    offset: 4
    shape: {row: 3, column: 3}
"""
READ = """\
import sys
import fsspec, numpy as np, xarray, zarr

assert zarr.__version__.startswith("2.18"), zarr.__version__
path, folder = sys.argv[1:]
group = zarr.open_group(fsspec.filesystem("reference", fo=path).get_mapper(""), mode="r")
for name in ("raw", "aux/big"):
    np.save(f"{folder}/{name.replace('/', '-')}.npy", group[name][...])
print(sorted(name for name, _ in group["aux"].arrays()))
dataset = xarray.open_dataset(path, engine="kerchunk", mask_and_scale=False)
assert dataset["raw"].dims == ("time", "channel"), dataset
assert np.array_equal(dataset["raw"].values, group["raw"][...])
"""
SAMPLES = 20_011  # a prime: the last chunk is never whole


@pytest.fixture
def zarr2():
    python = os.environ.get("VSPEC_ZARR2_PYTHON")
    if not python:
        reason = "no environment with zarr 2: VSPEC_ZARR2_PYTHON names its Python (.ci/run makes one)"
        if os.environ.get("CI"):
            pytest.fail(reason)
        pytest.skip(reason)
    return python


@pytest.mark.peer
@pytest.mark.parametrize("inline", (True, False))
def test_zarr_2_and_its_xarray_read_a_map(zarr2, tmp_path, inline):
    rng = np.random.default_rng(2)
    head = rng.integers(0, 256, 48, dtype=np.uint8).tobytes()
    raw = rng.integers(-(2**15), 2**15, (SAMPLES, 5)).astype("<i2")
    (tmp_path / "card.yaml").write_text(CARD)
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "a.dat").write_bytes(head + raw.tobytes())
    report = apply(
        tmp_path / "card.yaml", tmp_path / "data", tmp_path, options=ApplyOptions(16_384, inline=inline)
    )
    assert report.problems == ()
    assert max(array.refs for array in report.maps[0].arrays) > 2
    done = subprocess.run(
        [zarr2, "-W", "ignore", "-c", READ, str(tmp_path / "a.vspec.json"), str(tmp_path)],
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.strip() == "['big']"
    np.testing.assert_array_equal(np.load(tmp_path / "raw.npy"), raw)
    big = np.frombuffer(head, dtype=">i4", count=9, offset=4).reshape(3, 3)
    np.testing.assert_array_equal(np.load(tmp_path / "aux-big.npy"), big)
