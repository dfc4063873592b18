"""The ten-line card's map opens equal in every reader that is installed here; zarr 2 is in test_zarr2.py.

No reader sees vspec: each gets the map's file, as anyone would give it.
"""

from __future__ import annotations

import importlib.metadata
import json

import numpy as np
import pytest

from vspec.commands import ApplyOptions, apply

CARD = """\
vspec: 1
title: Rig 3, NI-DAQ dump
files: "*.dat"
arrays:
  raw:
    dtype: int16
    shape: {time: auto, channel: 64}
    attrs: {units: uV, scale_factor: 0.195}
    time: {step: 1 / 30000, units: s}
"""
GROUPED = """\
vspec: 1
files: "*.dat"
arrays:
  ephys/raw:
    dtype: int16
    endian: big
    shape: {time: 20011, channel: 5}
    axes: {channel: {gain: [1, 2, 3, 4, 5]}}
  events/code:
    dtype: uint8
    offset: 200110
    shape: {event: 7}
"""
SAMPLES = 20_011  # a prime: the last chunk is never whole
pytestmark = pytest.mark.peer


@pytest.fixture(params=(True, False), ids=("inline", "no-inline"))
def inline(request):
    return request.param


@pytest.fixture
def ten_lines(tmp_path, inline):
    """The map of the ten-line card, and its samples."""
    samples = np.random.default_rng(1).integers(-(2**15), 2**15, (SAMPLES, 64)).astype("<i2")
    (tmp_path / "a.dat").write_bytes(samples.tobytes())
    return made(tmp_path, CARD, inline), samples


@pytest.fixture
def grouped(tmp_path, inline):
    """A map with groups, and its two arrays."""
    raw = np.random.default_rng(2).integers(-(2**15), 2**15, (SAMPLES, 5)).astype(">i2")
    (tmp_path / "a.dat").write_bytes(raw.tobytes() + bytes(range(1, 8)))
    return made(tmp_path, GROUPED, inline), raw


def made(folder, card, inline):
    (folder / "card.yaml").write_text(card)
    # A small target, so that there are many chunks and a padded tail (inlined, or in the sidecar).
    options = ApplyOptions(chunk_bytes=40_000, inline=inline)
    report = apply(folder / "card.yaml", folder / "a.dat", folder, options=options)
    assert report.problems == ()
    path = folder / "a.vspec.json"
    text = path.read_text()
    assert ("base64:" in text) is inline
    assert len(json.loads(text)["refs"]) > 8
    return path


def filesystem(path):
    import fsspec

    return fsspec.filesystem(
        "reference",
        fo=str(path),
        remote_protocol="file",
        remote_options={"asynchronous": True},
        asynchronous=True,
        skip_instance_cache=True,
    )


def zarr_group(path):
    import zarr

    return zarr.open_group(
        zarr.storage.FsspecStore(filesystem(path), read_only=True, path=""), mode="r", zarr_format=2
    )


def test_fsspec_and_zarr(ten_lines):
    path, samples = ten_lines
    array = zarr_group(path)["raw"]
    assert array.dtype == samples.dtype
    assert array.attrs["_ARRAY_DIMENSIONS"] == ["time", "channel"]
    np.testing.assert_array_equal(array[...], samples)
    np.testing.assert_array_equal(array[-1], samples[-1])


def test_zarr_with_groups(grouped):
    path, raw = grouped
    group = zarr_group(path)
    assert sorted(name for name, _ in group.groups()) == ["ephys", "events"]
    assert sorted(name for name, _ in group["ephys"].arrays()) == ["channel_gain", "raw"]
    np.testing.assert_array_equal(group["ephys/raw"][...], raw)
    np.testing.assert_array_equal(group["ephys"]["channel_gain"][...], [1, 2, 3, 4, 5])
    np.testing.assert_array_equal(group["events/code"][...], range(1, 8))


def test_xarray_by_the_kerchunk_engine(ten_lines):
    import xarray

    path, samples = ten_lines
    with xarray.open_dataset(str(path), engine="kerchunk", mask_and_scale=False) as found:
        assert found["raw"].dims == ("time", "channel")
        assert found["raw"].attrs["units"] == "uV"
        np.testing.assert_array_equal(found["raw"].values, samples)
    with xarray.open_dataset(str(path), engine="kerchunk") as scaled:
        np.testing.assert_allclose(scaled["raw"].values, samples * 0.195)


def test_xarray_by_the_zarr_engine_with_groups(grouped):
    import xarray
    import zarr

    path, raw = grouped
    store = zarr.storage.FsspecStore(filesystem(path), read_only=True, path="")
    options = {"engine": "zarr", "zarr_format": 2, "mask_and_scale": False}
    with xarray.open_dataset(store, group="ephys", **options) as found:
        assert found["raw"].dims == ("time", "channel")
        assert list(found.coords) == ["channel_gain"]
        np.testing.assert_array_equal(found["raw"].values, raw)
    tree = xarray.open_datatree(store, **options)
    assert sorted(tree.children) == ["ephys", "events"]
    np.testing.assert_array_equal(tree["events/code"].values, range(1, 8))
    tree.close()


def virtual_store(path):
    from obspec_utils.registry import ObjectStoreRegistry
    from obstore.store import LocalStore
    from virtualizarr.parsers import KerchunkJSONParser

    registry = ObjectStoreRegistry({"file://": LocalStore()})
    return KerchunkJSONParser()(path.as_uri(), registry=registry)


def test_virtualizarr(ten_lines, inline):
    import xarray

    path, samples = ten_lines
    version = tuple(int(part) for part in importlib.metadata.version("virtualizarr").split(".")[:2])
    if inline and version < (2, 8):
        # What --no-inline is for: older generations refuse inlined chunks. They do not misread them.
        with pytest.raises((NotImplementedError, ValueError, TypeError)):
            virtual_store(path)
        return
    with xarray.open_zarr(
        virtual_store(path), consolidated=False, zarr_format=3, mask_and_scale=False
    ) as found:
        assert found["raw"].dims == ("time", "channel")
        np.testing.assert_array_equal(found["raw"].values, samples)
