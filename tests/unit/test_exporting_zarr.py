"""Real Zarr stores: what zarr and xarray read is what plain numpy reads from the files, after kills too."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import xarray as xr
import zarr

from tests.unit.exports import mapped, one_and_none, rig
from tests.unit.opening import codes
from vspec.commands import ExportOptions, export
from vspec.errors import VspecError
from vspec.exporting import chunking, zarr_copy

ROOT = Path(__file__).resolve().parents[2]
FORMATS = pytest.mark.parametrize("form", (2, 3))


def problems(*arguments, **options):
    with pytest.raises(VspecError) as caught:
        export(*arguments, options=ExportOptions(**options))
    return caught.value


@FORMATS
def test_a_copy_holds_values_coordinates_and_attributes(tmp_path, form):
    made, raw = rig(tmp_path)
    report = export(made, "zarr", tmp_path / "a.zarr", ExportOptions(format=form))
    assert {array.path: array.copied_bytes for array in report.arrays}["raw"] == raw.nbytes
    root = zarr.open_group(tmp_path / "a.zarr", mode="r")
    assert root.metadata.zarr_format == form
    assert np.array_equal(root["raw"][:], raw)
    assert root["raw"].dtype == np.dtype("<i2")
    assert np.array_equal(root["time"][:], 2 + 0.001 * np.arange(1009))
    assert root["header/counters"][:].tolist() == [0, 1, 2, 3, 4, 5, 6, 7]
    assert root["raw"].attrs["nested"] == {"a": [1, None]}
    assert root["raw"].attrs["long_name"] == ["a", "b"]
    assert root.attrs["vspec"]["sources"][0]["path"] == "s1.dat"
    with xr.open_datatree(tmp_path / "a.zarr", engine="zarr") as tree:
        assert tree["raw"].dims == ("time", "channel")
        assert set(tree["raw"].coords) == {"time", "channel", "channel_gain", "channel_units"}
        assert tree["raw"].dtype == np.int16
        assert np.array_equal(tree["raw"].sel(channel="B1"), raw[:, 2])
        assert float(tree["raw"].sel(time=2.003)[0]) == raw[3, 0]
        assert tree["header/counters"].dims == ("counter",)
    assert [path.name for path in tmp_path.glob(".*")] == []


@FORMATS
def test_the_cards_order_and_complex_numbers_of_either_byte_order(tmp_path, form):
    stored = np.arange(5 * 211 * 2, dtype=">f4").reshape(5, 211, 2).view(">c8")[..., 0]
    card = """\
    vspec: 1
    files: "{n}.rec"
    arrays:
      s: {dtype: complex64, endian: big, shape: {c: 5, y: 211}, dims: c y -> -y c, axes: {y: {start: 10, step: 2}}}
    """
    made = mapped(tmp_path, card, {"a.rec": stored.tobytes()})
    export(made, "zarr", tmp_path / "a.zarr", ExportOptions(format=form))
    with xr.open_zarr(tmp_path / "a.zarr") as found:
        assert found["s"].dims == ("y", "c")
        assert np.array_equal(found["s"], stored.T[::-1])
        assert np.array_equal(found["y"], 10 + 2 * np.arange(211))


@FORMATS
def test_packed_samples_and_zeros_are_values_like_others(tmp_path, form):
    data = np.random.default_rng(3).integers(0, 256, 30011 * 3, dtype=np.uint8)
    data[:60000] = 0
    card = "vspec: 1\nfiles: '{n}.dat'\narrays:\n  s: {dtype: uint24, shape: {t: auto}}\n"
    made = mapped(tmp_path, card, {"a.dat": data.tobytes()}, profile="packed")
    export(made, "zarr", tmp_path / "a.zarr", ExportOptions(format=form))
    wide = np.zeros((30011, 4), np.uint8)
    wide[:, :3] = data.reshape(-1, 3)
    with xr.open_zarr(tmp_path / "a.zarr") as found:
        assert found["s"].dtype == np.uint32
        assert np.array_equal(found["s"], wide.view("<u4")[:, 0])


@pytest.mark.parametrize("dtype", ("bool", "float16", "float64", "uint64"))
def test_types_and_odd_values(tmp_path, dtype):
    raw = (np.arange(3001) % 2).astype(dtype)
    if raw.dtype.kind == "f":
        raw[:4] = [np.nan, np.inf, -0.0, 1]
    card = f"vspec: 1\nfiles: '{{n}}.dat'\narrays:\n  s: {{dtype: {dtype}, shape: {{t: auto}}}}\n"
    made = mapped(tmp_path, card, {"a.dat": raw.tobytes()})
    export(made, "zarr", tmp_path / "a.zarr")
    assert zarr.open_group(tmp_path / "a.zarr", mode="r")["s"][:].tobytes() == raw.tobytes()


def test_one_value_and_none(tmp_path):
    made = one_and_none(tmp_path)
    export(made, "zarr", tmp_path / "a.zarr")
    root = zarr.open_group(tmp_path / "a.zarr", mode="r")
    assert root["one"][()] == 2.5
    assert root["none"].shape == (0, 3)


@FORMATS
def test_many_chunks(tmp_path, monkeypatch, form):
    monkeypatch.setattr(chunking.chunks_of, "__defaults__", (512,))
    made, raw = rig(tmp_path, 10007)
    report = export(made, "zarr", tmp_path / "a.zarr", ExportOptions(format=form))
    (how,) = [array.how for array in report.arrays if array.path == "raw"]
    assert how == ("chunks of 40x4 in shards of 1280x4" if form == 3 else "chunks of 40x4")
    assert np.array_equal(zarr.open_group(tmp_path / "a.zarr", mode="r")["raw"][:], raw)


@pytest.mark.parametrize(
    ("shape", "itemsize", "chunks", "shards"),
    (
        ((50009, 4), 2, (50009, 4), None),
        ((10_000_019, 64), 2, (4883, 64), (156256, 64)),
        ((), 8, (), None),
        ((0, 3), 2, (1, 3), None),
        ((1,), 8, (1,), None),
    ),
)
def test_chunks_are_of_a_size_that_readers_like(shape, itemsize, chunks, shards):
    found = chunking.chunks_of(shape, itemsize)
    assert found == chunks
    assert chunking.shards_of(shape, found) == shards


def test_boxes_fill_an_array_exactly_once():
    seen = np.zeros((7, 5), int)
    for box in chunking.boxes((7, 5), (3, 2)):
        seen[box] += 1
    assert (seen == 1).all()


KILLED = """\
import os, sys
from vspec.commands import ExportOptions, export
from vspec.exporting import chunking, journal
chunking.chunks_of.__defaults__ = (512,)
finish, left = journal.Journal.finish, [int(sys.argv[3])]
def dying(self, name):
    finish(self, name)
    left[0] -= 1
    if left[0] == 0:
        os._exit(9)
journal.Journal.finish = dying
export(sys.argv[1], "zarr", sys.argv[2])
"""


def test_a_killed_export_is_gone_on_with(tmp_path, monkeypatch):
    monkeypatch.setattr(chunking.chunks_of, "__defaults__", (512,))
    made, raw = rig(tmp_path, 10007)
    program = [sys.executable, "-c", KILLED, str(made), str(tmp_path / "a.zarr"), "4"]
    done = subprocess.run(program, env=os.environ | {"PYTHONPATH": str(ROOT)}, check=False, timeout=100)
    assert done.returncode == 9
    assert not (tmp_path / "a.zarr").exists()
    part = tmp_path / ".a.zarr.part"
    names = (part / ".vspec-export.done").read_text().splitlines()
    assert names[0] == "metadata"
    assert 4 <= len(names) < 12
    written = []
    write = zarr_copy._Copy.write
    monkeypatch.setattr(
        zarr_copy._Copy, "write", lambda copy, box: (written.append(copy.path), write(copy, box))
    )
    export(made, "zarr", tmp_path / "a.zarr")
    everything = 8 + 8 + 4  # shards of raw and of time, and four small arrays
    assert len(written) == everything + 1 - len(names)
    assert np.array_equal(zarr.open_group(tmp_path / "a.zarr", mode="r")["raw"][:], raw)
    assert not part.exists()


def test_parts_of_another_export_are_not_taken(tmp_path):
    made, raw = rig(tmp_path)
    part = tmp_path / ".a.zarr.part"
    (part / "store" / "raw").mkdir(parents=True)
    (part / "store" / "raw" / "zarr.json").write_text("{}")
    assert codes(problems(made, "zarr", tmp_path / "a.zarr")) == ["V0873"]
    assert (part / "store" / "raw" / "zarr.json").exists()
    (part / ".vspec-export.json").write_text(json.dumps({"key": "of another map"}))
    (part / ".vspec-export.done").write_text("metadata\nraw 0,0\n")
    export(made, "zarr", tmp_path / "a.zarr")
    assert np.array_equal(zarr.open_group(tmp_path / "a.zarr", mode="r")["raw"][:], raw)


def test_damage_before_the_end_is_mended(tmp_path, monkeypatch):
    made, raw = rig(tmp_path)
    write, first = zarr_copy._Copy.write, []

    def damaged(copy, box):
        write(copy, box)
        if copy.path == "raw" and not first:
            first.append(box)
            copy.into[5, 2] = 77

    monkeypatch.setattr(zarr_copy._Copy, "write", damaged)
    export(made, "zarr", tmp_path / "a.zarr")
    assert first
    assert np.array_equal(zarr.open_group(tmp_path / "a.zarr", mode="r")["raw"][:], raw)


def test_what_stays_wrong_never_gets_the_name(tmp_path, monkeypatch):
    made, _ = rig(tmp_path)
    write = zarr_copy._Copy.write

    def damaged(copy, box):
        write(copy, box)
        if copy.path == "raw":
            copy.into[5, 2] = 77

    monkeypatch.setattr(zarr_copy._Copy, "write", damaged)
    assert codes(problems(made, "zarr", tmp_path / "a.zarr")) == ["V0875"]
    assert not (tmp_path / "a.zarr").exists()


def test_some_arrays(tmp_path):
    made, _ = rig(tmp_path)
    report = export(made, "zarr", tmp_path / "a.zarr", ExportOptions(only=("header/counters",)))
    assert report.left_out == ("raw", "channel_gain")
    assert [array.path for array in report.arrays] == ["header/counters"]
    assert set(zarr.open_group(tmp_path / "a.zarr", mode="r").group_keys()) == {"header"}


def test_nothing_is_ever_replaced_by_accident(tmp_path):
    made, raw = rig(tmp_path)
    for place in (made, tmp_path / "data", tmp_path / "data" / "s1.dat"):
        target = place if place.is_file() else tmp_path / "data.zarr"
        if place.is_dir():
            target.symlink_to(place)
        assert codes(problems(made, "zarr", target, force=True)) == ["V0872"]
    (tmp_path / "mine.zarr").mkdir()
    (tmp_path / "mine.zarr" / "letters.txt").write_text("dear")
    assert codes(problems(made, "zarr", tmp_path / "mine.zarr", force=True)) == ["V0873"]
    export(made, "zarr", tmp_path / "a.zarr")
    assert codes(problems(made, "zarr", tmp_path / "a.zarr")) == ["V0873"]
    export(made, "zarr", tmp_path / "a.zarr", ExportOptions(force=True, format=2))
    assert zarr.open_group(tmp_path / "a.zarr", mode="r").metadata.zarr_format == 2
    assert np.array_equal(np.fromfile(tmp_path / "data" / "s1.dat", "<i2", offset=137).reshape(-1, 4), raw)
    assert [path.name for path in tmp_path.glob(".*")] == []


def test_names_that_format_3_keeps_for_itself(tmp_path):
    card = "vspec: 1\nfiles: '{n}.dat'\narrays:\n  __s: {dtype: uint8, shape: {t: auto}}\n"
    made = mapped(tmp_path, card, {"a.dat": bytes(7)})
    assert codes(problems(made, "zarr", tmp_path / "a.zarr")) == ["V0876"]
    export(made, "zarr", tmp_path / "a.zarr", ExportOptions(format=2))
    assert zarr.open_group(tmp_path / "a.zarr", mode="r")["__s"].shape == (7,)
