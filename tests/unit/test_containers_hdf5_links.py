"""Links of HDF5 files: an array is found by each of its names, and what a link leads to is what h5py reads."""

from __future__ import annotations

from pathlib import Path

import h5py
import numpy as np
import pytest

from tests.cards import maps
from vspec import commands
from vspec.containers.model import Container
from vspec.errors import VspecError
from vspec.testing.delegates import opened

A, B = np.arange(35, dtype="<i2").reshape(5, 7), np.arange(100, 111, dtype=">f4")
CARD = """\
vspec: 1
id: lab/links
title: links
version: 1.0.0
files:
  h: {{match: "{{name}}.h5", format: hdf5{more}}}
arrays:
  x: {{from: "h['{path}']"{attrs}}}
"""


def real(folder, path):
    return opened("hdf5", folder, "x.h5").container.real(path)


@pytest.fixture
def linked(tmp_path):
    with h5py.File(tmp_path / "x.h5", "w") as file:
        file["g/sub/a"], file["b"] = A, B
        file["link"] = h5py.SoftLink("/g/sub/a")
        file["near"] = h5py.SoftLink("g/./sub//a")
        file["group"] = h5py.SoftLink("/g")
        file["g/beside"] = h5py.SoftLink("sub/a")
        file["g/sub/up"] = h5py.SoftLink("/b")
        file["chain"] = h5py.SoftLink("/group/beside")
        file["hard"] = file["g/sub/a"]
        file["loop"] = h5py.SoftLink("/pool")
        file["pool"] = h5py.SoftLink("/loop")
        file["nowhere"] = h5py.SoftLink("/not/there")
    return tmp_path


def written(folder, path, more=""):
    card = folder / "links.vspec.yaml"
    card.write_text(CARD.format(path=path, more=more, attrs=""))
    report = commands.apply(card, folder, folder / "maps")
    if report.problems:
        raise VspecError(report.problems)
    (made,) = report.maps
    return made


@pytest.mark.parametrize(
    "path",
    ("/link", "/near", "/group/sub/a", "/g/beside", "/chain", "/hard", "/group/beside", "/group/sub/up"),
)
def test_an_array_is_found_by_a_link_and_is_what_the_library_reads_there(linked, path):
    made = written(linked, path)
    with h5py.File(linked / "x.h5") as file:
        expected = file[path][()]
    found = maps.read(Path(made.map))["x"].values
    assert found.dtype == expected.dtype
    np.testing.assert_array_equal(found, expected)


@pytest.mark.parametrize("path", ("/loop", "/nowhere", "/pool"))
def test_a_link_that_leads_nowhere_is_no_array(linked, path):
    with pytest.raises(VspecError) as caught:
        written(linked, path)
    assert path in str(caught.value)


def test_links_do_not_come_twice_among_the_arrays(linked):
    assert list(opened("hdf5", linked, "x.h5").container.entries) == ["b", "g/sub/a"]


def test_links_to_groups_have_the_attributes_of_those(linked):
    with h5py.File(linked / "x.h5", "a") as file:
        file["g"].attrs["rate"] = 17
    card = linked / "links.vspec.yaml"
    rate = ", attrs: {rate: \"{{ h['/group'].attrs['rate'] }}\"}"
    card.write_text(CARD.format(path="/link", more="", attrs=rate))
    (made,) = commands.apply(card, linked, linked / "maps").maps
    assert maps.read(Path(made.map))["x"].attrs["rate"] == 17


def test_each_file_of_a_stack_follows_its_own_link(tmp_path):
    for k, name in enumerate(("p", "q", "r")):
        with h5py.File(tmp_path / f"x{k}.h5", "w") as file:
            file[f"{name}/v"] = A + k
            file["latest"] = h5py.SoftLink(f"/{name}/v")
    card = tmp_path / "links.vspec.yaml"
    card.write_text(
        CARD.format(path="/latest", more=", over: t", attrs="").replace('"{name}.h5"', '"x{t:int}.h5"')
    )
    report = commands.apply(card, tmp_path, tmp_path / "maps")
    assert report.problems == ()
    np.testing.assert_array_equal(
        maps.read(Path(report.maps[0].map))["x"].values, np.stack([A, A + 1, A + 2])
    )


def test_links_over_and_in_other_files_lead_where_those_lead(tmp_path):
    with h5py.File(tmp_path / "other.h5", "w") as file:
        file["g/d"], file["a"] = A, B
        file["g/own"] = h5py.SoftLink("/g/d")
        file["g/near"] = h5py.SoftLink("d")
        file["g/out"] = h5py.SoftLink("/a")
    with h5py.File(tmp_path / "x.h5", "w") as file:
        file["a"] = A * 2
        file["there"] = h5py.ExternalLink("other.h5", "/g")
        file["soft"] = h5py.SoftLink("/there/d")
    for path in ("/there/own", "/there/near", "/soft"):
        assert real(tmp_path, path) == "there/d"
    # The other file's own '/a' is not in the tree: never the array of that name here.
    assert real(tmp_path, "/there/out") == "there/out"


def test_paths_of_other_containers_stay_as_they_are():
    assert Container({}).real("/a/b/") == "a/b"
    assert Container({}).real("/") == ""


def test_very_long_ways_end():
    links = {f"l{k}": f"/l{k + 1}" for k in range(20)}
    assert Container({}, links=links).real("/l4") == "l20"
    assert Container({}, links=links).real("/l3") == "l3"
    assert Container({}, links={"d": "/d/d/d"}).real("/d/x") == "d/x"
