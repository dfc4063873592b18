"""info, identify, and folders of maps: what is said of axes, of parts, and of what is no map."""

from __future__ import annotations

import json

import pytest

from tests.unit.recordings import CARD, write_rig
from tests.unit.test_cli import call
from vspec.commands import apply, fake, identify, info, status, verify
from vspec.errors import VspecError

AXES = """\
vspec: 1
files: "{name}.dat"
arrays:
  raw:
    dtype: int16
    shape: {time: auto, y: 3, channel: 2}
    dims: time y channel -> time -y channel
    time: {step: 1 / 4, start: -1, units: s, epoch: "2024-05-01T09:30:00"}
    axes:
      y: {start: 10, step: 2, units: mm}
      channel: {labels: [A, B]}
"""


@pytest.fixture
def mapped(tmp_path, monkeypatch):
    (tmp_path / "axes.yaml").write_text(AXES)
    (tmp_path / "a.dat").write_bytes(bytes(5 * 3 * 2 * 2))
    monkeypatch.chdir(tmp_path)
    assert apply("axes.yaml", "a.dat", "maps").problems == ()
    return tmp_path


def test_info_tells_the_axes_in_the_order_of_the_card(mapped):
    (raw,) = info("maps/a.vspec.json").to_json()["arrays"]
    assert raw["dims"] == ["time", "-y", "channel"]
    none = {"start": None, "step": None, "units": None, "epoch": None, "labels": 0}
    assert raw["axes"] == [
        none
        | {
            "name": "time",
            "size": 5,
            "start": -1.0,
            "step": 0.25,
            "units": "s",
            "epoch": "2024-05-01T09:30:00",
        },
        none | {"name": "y", "size": 3, "start": 10.0, "step": 2.0, "units": "mm"},
        none | {"name": "channel", "size": 2, "labels": 2},
    ]


def test_info_shows_the_axes(mapped):
    code, out, _ = call("info", "maps/a.vspec.json")
    assert code == 0
    assert out.splitlines()[-3:] == [
        "    time: step 0.25 s from -1.0 s since 2024-05-01T09:30:00",
        "    y: step 2.0 mm from 10.0 mm",
        "    channel: 2 labels",
    ]


@pytest.mark.parametrize("folder", (".", "maps"))
def test_info_names_the_folder_that_is_no_map(mapped, folder):
    code, _, err = call("info", folder)
    assert code == 3
    assert f"{folder} is a folder, not a map" in err
    assert ("a.vspec.json" in err) == (folder == "maps")


def test_a_folder_stands_for_its_maps(tmp_path):
    card = write_rig(tmp_path, CARD, names=("a", "b"))
    apply(card, tmp_path / "data", tmp_path / "maps")
    (tmp_path / "maps" / "other.json").write_text("{}")
    (tmp_path / "maps" / "below").mkdir()
    names = ["a.vspec.json", "b.vspec.json"]
    for command in (verify, status):
        found = command(tmp_path / "maps")
        assert [one.map for one in found.maps] == [str(tmp_path / "maps" / name) for name in names]
        assert found.problems == ()
        with pytest.raises(VspecError) as error:
            command(tmp_path / "maps" / "below")
        (problem,) = error.value.problems
        assert problem.code == "V0701"
        assert "below holds no map" in problem.message


def test_a_file_of_a_recording_is_part_of_it(tmp_path):
    """An array file inside a recording folder fits two cards; the smaller says where it belongs."""
    fake("open-ephys/binary", tmp_path)
    (tmp_path / "elsewhere.npy").write_bytes(next(tmp_path.rglob("timestamps.npy")).read_bytes())
    found = {match.dataset: match.to_json() for match in identify(tmp_path).matches}
    whole = found.pop("structure")
    assert (whole["card"], whole["part_of"]) == ("open-ephys/binary", [])
    assert found.pop("elsewhere")["part_of"] == []
    assert len(found) == 7
    for match in found.values():
        assert match["card"] == "numpy/npy"
        assert match["part_of"] == [{"card": "open-ephys/binary", "dataset": "structure"}]


def test_parts_are_shown_behind_what_they_are_part_of(tmp_path):
    fake("open-ephys/binary", tmp_path)
    code, out, _ = call("identify", tmp_path)
    first, *rest = out.splitlines()
    assert code == 0
    assert first.startswith("structure: open-ephys/binary  (name fits")
    assert rest
    assert all(": numpy/npy  (part of structure: open-ephys/binary; name fits" in line for line in rest)
    assert json.loads(call("identify", tmp_path, "--json")[1])["matches"][-1].keys() >= {"part_of", "why"}
