"""status and relocate: sources that grew, changed, went away, or moved together."""

from __future__ import annotations

import json
import shutil
import tempfile

import numpy as np
import pytest

from tests.cards import maps
from tests.unit.recordings import CARD, origin, refs, samples, write_rig
from vspec.commands import ApplyOptions, apply, relocate, status, verify
from vspec.commands.reports import exit_code
from vspec.errors import VspecError

TWO = """\
vspec: 1
files:
  one: "{run}.dat"
  two: "{run}.aux"
arrays:
  raw: {from: one, dtype: int16, shape: [1009, 8], dims: [time, channel]}
  aux: {from: two, dtype: uint8, shape: [100], dims: [byte]}
"""
BESIDE = ApplyOptions(chunk_bytes=1600, inline=False)


@pytest.fixture
def pair(tmp_path):
    """A map of two sources, and their paths."""
    card = write_rig(tmp_path, TWO)
    (tmp_path / "data" / "a.aux").write_bytes(bytes(range(100)))
    report = apply(card, tmp_path / "data", tmp_path, options=BESIDE)
    assert report.problems == ()
    return tmp_path / "a.vspec.json", tmp_path / "data" / "a.dat", tmp_path / "data" / "a.aux"


def states(path):
    (one,) = status(path).maps
    return one.state, {source.path: source.state for source in one.sources}


def test_untouched_sources_are_the_same(pair):
    assert states(pair[0]) == ("same", {"a.dat": "same", "a.aux": "same"})


def test_a_source_that_grew_is_named_and_no_error(pair):
    with pair[1].open("ab") as file:
        file.write(bytes(500))
    assert states(pair[0]) == ("grew", {"a.dat": "grew", "a.aux": "same"})
    (problem,) = status(pair[0]).problems
    assert (problem.code, problem.level, problem.data_file) == ("V0743", "warn", "a.dat")
    assert problem.offset == 1009 * 16
    assert exit_code([problem]) == 0


def test_a_changed_source_is_named_with_its_place(pair):
    pair[2].write_bytes(bytes(range(1, 101)))
    assert states(pair[0]) == ("changed", {"a.dat": "same", "a.aux": "changed"})
    (problem,) = status(pair[0]).problems
    assert (problem.code, problem.data_file, problem.offset) == ("V0742", "a.aux", 0)
    assert exit_code([problem]) == 4


def test_a_source_that_shrank_has_changed(pair):
    pair[1].write_bytes(samples(0).tobytes()[:-1])
    assert states(pair[0])[0] == "changed"


def test_a_missing_source_is_named(pair):
    pair[2].unlink()
    assert states(pair[0]) == ("missing", {"a.dat": "same", "a.aux": "missing"})
    (problem,) = status(pair[0]).problems
    assert (problem.code, problem.data_file) == ("V0741", "a.aux")
    assert "relocate" in problem.help


def test_a_folder_in_the_place_of_a_source_is_a_missing_source(pair):
    pair[2].unlink()
    pair[2].mkdir()
    assert states(pair[0])[1]["a.aux"] == "missing"


def test_times_do_not_count(pair):
    for path in pair[1:]:
        path.touch()
    assert states(pair[0])[0] == "same"


def test_the_report_is_as_documented(pair):
    pair[2].unlink()
    (one,) = json.loads(json.dumps(status(pair[0]).to_json()))["maps"]
    (problem,) = one.pop("problems")
    assert one == {
        "map": str(pair[0]),
        "state": "missing",
        "sources": [
            {"path": "a.dat", "state": "same", "size": 16144, "found": 16144, "offset": None},
            {"path": "a.aux", "state": "missing", "size": 100, "found": None, "offset": None},
        ],
    }
    assert problem["code"] == "V0741"


def test_a_map_that_cannot_be_read_leaves_the_others_their_say(pair, tmp_path):
    (tmp_path / "b.vspec.json").write_text("[]")
    report = status([tmp_path / "b.vspec.json", pair[0]])
    assert [one.state for one in report.maps] == ["unreadable", "same"]
    assert [p.code for p in report.problems] == ["V0703"]


def sidecar(folder):
    (found,) = folder.glob("a.*.vspec.bin")
    return found


@pytest.fixture
def moved(pair, tmp_path):
    """The data and the map, sidecar included, in another place."""
    (tmp_path / "archive").mkdir()
    for name in ("data", "a.vspec.json", sidecar(tmp_path).name):
        shutil.move(tmp_path / name, tmp_path / "archive" / name)
    return tmp_path / "archive" / "a.vspec.json", tmp_path / "archive" / "data"


def test_moved_data_are_missing_until_the_map_follows(moved):
    path, folder = moved
    assert states(path)[0] == "missing"
    (one,) = relocate(path, folder).maps
    assert one.state == "same"
    assert verify(path).problems == ()
    np.testing.assert_array_equal(maps.read(path)["raw"].values, samples(0))
    assert maps.read(path)["aux"].values.tolist() == list(range(100))


def test_a_relocated_map_is_the_one_that_apply_would_make_there(moved, tmp_path):
    path, folder = moved
    relocate(path, folder)
    (tmp_path / "again").mkdir()
    shutil.copytree(folder, tmp_path / "again" / "data")
    relocated = path.read_bytes(), sidecar(path.parent).read_bytes()
    apply(tmp_path / "rig.yaml", folder, path.parent, options=BESIDE)
    assert (path.read_bytes(), sidecar(path.parent).read_bytes()) == relocated


def test_there_and_back_is_the_same_map(pair, tmp_path):
    path = pair[0]
    before = path.read_bytes()
    shutil.copytree(tmp_path / "data", tmp_path / "copy")
    relocate(path, tmp_path / "copy")
    assert path.read_bytes() != before
    relocate(path, tmp_path / "data")
    assert path.read_bytes() == before


def test_relocate_takes_a_relative_folder(moved, monkeypatch):
    path, folder = moved
    monkeypatch.chdir(folder.parent)
    relocate("a.vspec.json", "data")
    assert origin(path)["root"] == f"file://{folder}"
    assert states(path)[0] == "same"


def test_relocate_says_what_is_not_there(pair, tmp_path):
    (tmp_path / "empty").mkdir()
    before = pair[0].read_bytes()
    (one,) = relocate(pair[0], tmp_path / "empty").maps
    assert one.state == "missing"
    assert [p.code for p in one.problems] == ["V0741", "V0741", "V0747"]
    assert pair[0].read_bytes() == before
    assert states(pair[0])[0] == "same"


def test_relocate_leaves_a_map_whose_data_are_others_there(pair, tmp_path):
    before = pair[0].read_bytes()
    shutil.copytree(tmp_path / "data", tmp_path / "other")
    path = next((tmp_path / "other").iterdir())
    path.write_bytes(bytes([path.read_bytes()[0] ^ 1]) + path.read_bytes()[1:])
    (one,) = relocate(pair[0], tmp_path / "other").maps
    assert [p.code for p in one.problems] == ["V0742", "V0747"]
    assert pair[0].read_bytes() == before


def test_relocate_to_the_root_of_a_disk_is_refused(pair):
    before = pair[0].read_bytes()
    with pytest.raises(VspecError) as caught:
        relocate(pair[0], "/")
    assert [p.code for p in caught.value.problems] == ["V0746"]
    assert pair[0].read_bytes() == before


def test_relocate_in_a_folder_that_cannot_be_written(pair, tmp_path, monkeypatch):
    def refuse(*arguments, **more):
        raise PermissionError(13, "Permission denied")

    shutil.copytree(tmp_path / "data", tmp_path / "copy")
    before = pair[0].read_bytes()
    monkeypatch.setattr(tempfile, "mkstemp", refuse)
    with pytest.raises(VspecError) as caught:
        relocate(pair[0], tmp_path / "copy")
    (problem,) = caught.value.problems
    assert (problem.code, problem.message) == ("V0822", f"cannot write {pair[0]}: Permission denied")
    assert pair[0].read_bytes() == before


def test_relocate_needs_a_folder(pair):
    before = pair[0].read_bytes()
    with pytest.raises(VspecError) as caught:
        relocate(pair[0], pair[1])
    assert [p.code for p in caught.value.problems] == ["V0746"]
    assert pair[0].read_bytes() == before


def test_a_remote_map_comes_home(pair, tmp_path):
    options = ApplyOptions(chunk_bytes=1600, inline=False, base_url="https://data.lab.org/rig3")
    apply(tmp_path / "rig.yaml", tmp_path / "data", tmp_path, options=options)
    assert refs(pair[0])["raw/0.0"][0].startswith("https://data.lab.org/rig3/")
    (one,) = relocate(pair[0], tmp_path / "data").maps
    assert one.state == "same"
    assert verify(pair[0]).problems == ()


def test_data_with_unusual_names_move_too(tmp_path):
    card = write_rig(tmp_path, CARD, names=())
    name = "ü 1%20 #x"
    (tmp_path / "data" / f"{name}.dat").write_bytes(samples(0).tobytes())
    apply(card, tmp_path / "data", tmp_path, options=BESIDE)
    path = tmp_path / f"{name}.vspec.json"
    np.testing.assert_array_equal(maps.read(path)["raw"].values, samples(0))
    (tmp_path / "data").rename(tmp_path / "d 2")
    relocate(path, tmp_path / "d 2")
    assert verify(path).problems == ()
    np.testing.assert_array_equal(maps.read(path)["raw"].values, samples(0))
