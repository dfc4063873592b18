"""Stores that are folders are given to ``vspec apply`` themselves; maps are called after them."""

from __future__ import annotations

import numpy as np
import pytest
import zarr

from tests.cards import maps
from vspec import commands

VALUES = np.arange(77, dtype="<i4").reshape(7, 11)
CARD = "zarr-developers/zarr"


def write(path, version, *, group=True):
    options = {"shape": VALUES.shape, "chunks": (3, 4), "dtype": "<i4"}
    if group:
        array = zarr.open_group(store=str(path), mode="w", zarr_format=version).create_array("a", **options)
    else:
        array = zarr.create_array(store=str(path), zarr_format=version, **options)
    array[:] = VALUES


@pytest.mark.parametrize("version", (2, 3))
@pytest.mark.parametrize("group", (True, False))
@pytest.mark.parametrize("name", ("x.zarr", "x.zspy"))
def test_a_store_is_given_itself_and_the_map_has_its_name(tmp_path, version, group, name):
    if name.endswith("zspy") and not group:
        pytest.skip("such stores are groups")
    store = tmp_path / "data" / name
    write(store, version, group=group)
    report = commands.apply(CARD, store, tmp_path / "maps")
    assert report.problems == ()
    assert [made.name for made in (tmp_path / "maps").iterdir()] == ["x.vspec.json"]
    (found,) = maps.read(tmp_path / "maps" / "x.vspec.json").values()
    np.testing.assert_array_equal(found.values, VALUES)
    assert all(source.startswith(f"{name}/") for source in report.maps[0].sources)


def test_the_folder_of_stores_and_several_of_them_give_a_map_each(tmp_path):
    data = tmp_path / "data"
    for version, name in ((2, "x.zarr"), (3, "y.zarr"), (3, "z.zarr")):
        write(data / name, version)
    everything = commands.apply(CARD, data, tmp_path / "all").maps
    assert [made.dataset for made in everything] == ["x", "y", "z"]
    two = commands.apply(CARD, [data / "x.zarr", data / "z.zarr"], tmp_path / "two").maps
    assert [made.dataset for made in two] == ["x", "z"]


def test_a_relative_store_with_a_slash_behind(tmp_path, monkeypatch):
    write(tmp_path / "x.zarr", 3)
    for folder, given in ((tmp_path, "x.zarr/"), (tmp_path / "x.zarr", ".")):
        monkeypatch.chdir(folder)
        (made,) = commands.apply(CARD, given, tmp_path / "maps").maps
        assert made.dataset == "x"
