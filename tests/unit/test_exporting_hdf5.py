"""HDF5 over the original bytes: what h5py and netCDF-4 read is what plain numpy reads from the files."""

from __future__ import annotations

import json
import shutil

import h5py
import netCDF4
import numpy as np
import pytest

from tests.unit.exports import mapped, one_and_none, rig
from tests.unit.opening import codes
from vspec.commands import ApplyOptions, ExportOptions, apply, export
from vspec.errors import VspecError
from vspec.exporting import hdf5, hdf5_scales

RECORDS = """\
vspec: 1
files:
  rec: {{match: "{{n}}.rec", layout: {{fields: {{block: {{repeat: rest, fields: {{h: "bytes({head})", s: "{type}"}}}}}}}}}}
arrays:
  s: {{from: rec.block.s, dims: "{dims}"}}
"""


def records(folder, count, head, dtype="<i2", per=128):
    """Return a map of records with a header each, and the samples."""
    wanted = (np.arange(count * per).reshape(count, per) % 30011).astype(dtype)
    file = np.zeros((count, head + per * wanted.itemsize), np.uint8)
    file[:, :head] = 0xEE
    file[:, head:] = wanted.view(np.uint8).reshape(count, -1)
    kind = {"<i2": "int16", "<f8": "float64"}[dtype]
    card = RECORDS.format(head=head, type=f"{kind}[k={per}]", dims="block k -> time=(block k)")
    return mapped(folder, card, {"a.rec": file.tobytes()}, chunk_bytes=1024), wanted.ravel()


def problems(*arguments, **options):
    with pytest.raises(VspecError) as caught:
        export(*arguments, options=ExportOptions(**options))
    return caught.value


def test_an_array_is_read_where_it_lies(tmp_path):
    made, raw = rig(tmp_path)
    report = export(made, "hdf5", tmp_path / "a.h5")
    assert [(a.path, a.how, a.copied_bytes) for a in report.arrays] == [
        ("raw", "1 external segment", 0),
        ("header/counters", "1 external segment", 0),
        ("channel_gain", "copied", 32),
    ]
    source = tmp_path / "data" / "s1.dat"
    with h5py.File(tmp_path / "a.h5") as file:
        assert file["raw"].external == [(str(source), 137, raw.nbytes)]
        assert file["raw"].dtype == np.dtype("<i2")
        assert np.array_equal(file["raw"][:], raw)
        assert file["header/counters"].dtype == np.dtype(">u4")
        assert file["header/counters"][:].tolist() == [0, 1, 2, 3, 4, 5, 6, 7]
    with source.open("r+b") as data:
        data.seek(137)
        data.write(b"\x07\x00")
    with h5py.File(tmp_path / "a.h5") as file:
        assert file["raw"][0, 0] == 7


def test_netcdf_reads_dimensions_coordinates_and_attributes(tmp_path):
    made, raw = rig(tmp_path)
    export(made, "hdf5", tmp_path / "a.h5")
    with netCDF4.Dataset(tmp_path / "a.h5") as file:
        assert {name: dim.size for name, dim in file.dimensions.items()} == {"time": 1009, "channel": 4}
        held = file["raw"]
        assert held.dimensions == ("time", "channel")
        assert np.array_equal(held[:], raw)
        assert np.array_equal(file["time"][:], 2 + 0.001 * np.arange(1009))
        assert file["time"].units == "s"
        assert file["channel"][:].tolist() == ["A1", "A2", "B1", "B2"]
        assert file["channel_units"][:].tolist() == ["uV"] * 4
        assert file["channel_gain"].dimensions == ("channel",)
        assert file["channel_gain"][:].tolist() == [0.195, 0.195, 0.39, 0.195]
        assert held.coordinates == "channel_gain"
        assert (held.long_name, held.bits, held.gains.tolist()) == (["a", "b"], 16, [1.0, 2.5])
        assert (held.nested, held.ok) == ('{"a": [1, null]}', "true")
        assert json.loads(file.vspec)["sources"][0]["path"] == "s1.dat"
        assert file["header"]["counters"].dimensions == ("counter",)


def test_xarray_reads_it(tmp_path):
    import xarray

    made, raw = rig(tmp_path, 211)
    export(made, "hdf5", tmp_path / "a.h5")
    with xarray.open_dataset(tmp_path / "a.h5", engine="netcdf4") as found:
        assert found["raw"].dims == ("time", "channel")
        assert np.array_equal(found["raw"].sel(channel="B1"), raw[:, 2])
        assert float(found["raw"].sel(time=2.003)[0]) == raw[3, 0]


@pytest.mark.parametrize(
    ("count", "head", "dtype", "how"),
    (
        (7, 20, "<i2", "7 external segments"),
        (1999, 20, "<i2", "1999 external segments"),
        (
            2503,
            20,
            "<i2",
            "virtual, 2 parts",
        ),  # a record is a whole number of samples: one data set and its last row
        (5003, 21, "<i2", "virtual, 3 parts"),  # it is not: 2000 records in each
        (2503, 4, "<f8", "virtual, 2 parts"),
    ),
)
def test_records_with_headers_between_them(tmp_path, count, head, dtype, how):
    made, wanted = records(tmp_path, count, head, dtype)
    report = export(made, "hdf5", tmp_path / "a.h5")
    assert [a.how for a in report.arrays] == [how]
    with h5py.File(tmp_path / "a.h5") as file:
        assert np.array_equal(file["s"][:], wanted)
        assert np.array_equal(file["s"][129 : len(wanted) : 131], wanted[129::131])
    with netCDF4.Dataset(tmp_path / "a.h5") as file:
        assert np.array_equal(file["s"][:], wanted)


def test_channels_that_take_turns_in_records(tmp_path):
    count, wanted = 2111, np.arange(2111 * 3 * 64).reshape(2111, 3, 64).astype("<i2")
    file = np.zeros((count, 8 + 3 * 128), np.uint8)
    file[:, 8:] = wanted.view(np.uint8).reshape(count, -1)
    card = RECORDS.format(
        head=8, type="int16[channel=3, k=64]", dims="block channel k -> time=(block k) channel"
    )
    made = mapped(tmp_path, card, {"a.rec": file.tobytes()}, chunk_bytes=1024)
    assert export(made, "hdf5", tmp_path / "a.h5").arrays[0].how == "virtual, 6 parts"
    with h5py.File(tmp_path / "a.h5") as found:
        assert found["s"].shape == (3, count * 64)
        assert np.array_equal(found["s"][:], wanted.transpose(1, 0, 2).reshape(3, -1))


def test_axes_stay_in_stored_order_and_keep_their_names(tmp_path):
    values = np.arange(5 * 3001 * 2, dtype="<f4").reshape(5, 3001, 2)
    card = """\
    vspec: 1
    files: "{n}.rec"
    arrays:
      s: {dtype: complex64, shape: {c: 5, y: 3001}, dims: c y -> -y c, axes: {y: {start: 10, step: 2}}}
    """
    made = mapped(tmp_path, card, {"a.rec": values.tobytes()})
    export(made, "hdf5", tmp_path / "a.h5")
    with netCDF4.Dataset(tmp_path / "a.h5") as file:
        assert file["s"].dimensions == ("c", "y", "complex")
        assert np.array_equal(file["s"][:], values)
        assert np.array_equal(file["y"][:], 10 + 2 * np.arange(3000, -1, -1))
        assert file["complex"][:].tolist() == ["real", "imag"]


def test_a_tail_that_the_map_holds_itself_and_several_files(tmp_path):
    raw = np.arange(40009 * 3, dtype=">u2").reshape(-1, 3)
    card = """\
    vspec: 1
    files:
      dat: {match: "{day}_{part:int}.dat", over: part}
    arrays:
      s: {dtype: uint16, endian: big, shape: {t: auto, c: 3}, dims: part t c -> t=(part t) c}
    """
    parts = {"a_1.dat": raw[:20000].tobytes(), "a_2.dat": raw[20000:].tobytes()}
    made = mapped(tmp_path, card, parts, chunk_bytes=6000)
    (report,) = export(made, "hdf5", tmp_path / "a.h5").arrays
    assert report.how.startswith("virtual")
    assert 0 < report.copied_bytes < 6100
    with h5py.File(tmp_path / "a.h5") as file:
        assert file["s"].dtype == np.dtype(">u2")
        assert np.array_equal(file["s"][:], raw)


def test_a_tail_in_the_sidecar_is_pointed_to(tmp_path):
    raw = np.arange(40009, dtype="<i4")
    card = "vspec: 1\nfiles: '{n}.dat'\narrays:\n  s: {dtype: int32, shape: {t: auto}}\n"
    made = mapped(tmp_path, card, {"a.dat": raw.tobytes()}, chunk_bytes=4096, inline=False)
    (report,) = export(made, "hdf5", tmp_path / "a.h5").arrays
    assert (report.how, report.copied_bytes) == ("2 external segments", 0)
    with h5py.File(tmp_path / "a.h5") as file:
        assert [name.rpartition(".")[2] for name, _, _ in file["s"].external] == ["dat", "bin"]
        assert np.array_equal(file["s"][:], raw)


@pytest.mark.parametrize("dtype", ("bool", "uint8", "float16", "uint64"))
def test_types(tmp_path, dtype):
    raw = (np.arange(30011) % 2).astype(dtype)
    card = f"vspec: 1\nfiles: '{{n}}.dat'\narrays:\n  s: {{dtype: {dtype}, shape: {{t: auto}}}}\n"
    made = mapped(tmp_path, card, {"a.dat": raw.tobytes()})
    report = export(made, "hdf5", tmp_path / "a.h5")
    with h5py.File(tmp_path / "a.h5") as file:
        assert np.array_equal(file["s"][:].astype(dtype), raw)
        assert file["s"].dtype == (np.uint8 if dtype == "bool" else np.dtype(dtype))
        assert file["s"].attrs.get("dtype") == ("bool" if dtype == "bool" else None)
    assert len(report.notes) == (dtype == "bool")


def test_one_value_and_none(tmp_path):
    made = one_and_none(tmp_path)
    export(made, "hdf5", tmp_path / "a.h5")
    with h5py.File(tmp_path / "a.h5") as file:
        assert file["one"][()] == 2.5
        assert file["none"].shape == (0, 3)


def test_a_long_regular_axis_is_attributes_and_a_dimension(tmp_path, monkeypatch):
    monkeypatch.setattr(hdf5_scales, "MOST_VALUES", 100)
    made, _ = rig(tmp_path)
    report = export(made, "hdf5", tmp_path / "a.h5")
    assert report.notes == ("time: 1009 regular coordinates are start and step in attributes, not values",)
    with netCDF4.Dataset(tmp_path / "a.h5") as file:
        assert "time" not in file.variables
        assert file.dimensions["time"].size == 1009
        held = file["raw"]
        assert (held.time_start, held.time_step, held.time_units) == (2.0, 0.001, "s")


def test_axes_of_one_name_that_differ_get_names_of_their_own(tmp_path):
    card = """\
    vspec: 1
    files: "{n}.dat"
    arrays:
      a: {dtype: uint8, shape: {t: 5}, axes: {t: {labels: [a, b, c, d, e]}}}
      b: {dtype: uint8, shape: {t: 5}, offset: 5, axes: {t: {labels: [f, g, h, i, j]}}}
      x: {dtype: uint8, shape: {x: 3, y: 2}, offset: 10}
    """
    made = mapped(tmp_path, card, {"a.dat": bytes(range(16))})
    export(made, "hdf5", tmp_path / "a.h5")
    with netCDF4.Dataset(tmp_path / "a.h5") as file:
        sizes = {name: dim.size for name, dim in file.dimensions.items()}
        assert sizes == {"t": 5, "t_b": 5, "x_x": 3, "y": 2}
        assert file["b"].dimensions == ("t_b",)
        assert file["t_b"][:].tolist() == ["f", "g", "h", "i", "j"]
        assert file["x"][:].tolist() == [[10, 11], [12, 13], [14, 15]]


def test_what_cannot_be_pointed_to_is_refused_all_at_once_and_copied_on_request(tmp_path):
    card = """\
    vspec: 1
    files: "{n}.dat"
    arrays:
      plain: {dtype: uint8, shape: {t: 100003}}
      odd: {dtype: uint24, shape: {s: 30001, c: 2}, offset: 100003}
      other: {dtype: uint24, shape: {u: 30000}, offset: 280009, attrs: {NAME: x}}
    """
    data = np.random.default_rng(1).integers(0, 256, 100003 + 180006 + 90000, dtype=np.uint8)
    made = mapped(tmp_path, card, {"a.dat": data.tobytes()}, profile=None)
    error = problems(made, "hdf5", tmp_path / "a.h5")
    assert codes(error) == ["V0876"] * 3
    assert [p.message.split("'")[1] for p in error.problems] == ["odd", "other", "other"]
    assert sorted(path.name for path in tmp_path.iterdir()) == ["card.yaml", "data", "maps"]

    some = export(made, "hdf5", tmp_path / "a.h5", ExportOptions(only=("plain",)))
    assert some.left_out == ("odd", "other")
    assert [fault.path for fault in some.not_expressed] == ["odd", "other", "other"]
    with h5py.File(tmp_path / "a.h5") as file:
        assert set(file) == {"plain", "t"}

    export(made, "hdf5", tmp_path / "b.h5", ExportOptions(only=("plain", "odd"), copy=True))
    wide = np.zeros((30001, 2, 4), np.uint8)
    wide[..., :3] = data[100003:280009].reshape(30001, 2, 3)
    with h5py.File(tmp_path / "b.h5") as file:
        assert np.array_equal(file["odd"][:], wide.view("<u4")[..., 0])
        assert file["plain"].external is not None


def test_a_copy_is_in_stored_order_too(tmp_path, monkeypatch):
    values = np.random.default_rng(2).standard_normal((3, 40009, 2), dtype=np.float32)
    card = """\
    vspec: 1
    files: "{n}.dat"
    arrays:
      s: {dtype: complex64, shape: {c: 3, t: 40009}, dims: c t -> -t c}
    """
    made = mapped(tmp_path, card, {"a.dat": values.tobytes()})

    def nowhere(*_):
        raise hdf5.NoWayError("for no reason")

    monkeypatch.setattr(hdf5, "pieces", nowhere)
    report = export(made, "hdf5", tmp_path / "a.h5", ExportOptions(copy=True))
    assert [(a.how, a.copied_bytes) for a in report.arrays] == [("copied: for no reason", values.nbytes)]
    with h5py.File(tmp_path / "a.h5") as file:
        assert np.array_equal(file["s"][:], values)


def test_sources_that_changed_are_refused(tmp_path):
    made, _ = rig(tmp_path)
    source = tmp_path / "data" / "s1.dat"
    source.write_bytes(source.read_bytes()[:-1])
    assert codes(problems(made, "hdf5", tmp_path / "a.h5")) == ["V0742"]
    source.unlink()
    assert codes(problems(made, "hdf5", tmp_path / "a.h5")) == ["V0741"]
    assert not (tmp_path / "a.h5").exists()


def test_moved_sources_are_found(tmp_path):
    made, raw = rig(tmp_path)
    shutil.move(tmp_path / "data", tmp_path / "elsewhere")
    export(made, "hdf5", tmp_path / "a.h5", ExportOptions(root=tmp_path / "elsewhere"))
    with h5py.File(tmp_path / "a.h5") as file:
        assert np.array_equal(file["raw"][:], raw)


def test_another_machine_is_refused(tmp_path):
    rig(tmp_path)
    options = ApplyOptions(base_url="https://data.example.org/rig")
    apply(tmp_path / "card.yaml", tmp_path / "data", tmp_path / "far", options=options)
    error = problems(tmp_path / "far" / "s1.vspec.json", "hdf5", tmp_path / "a.h5")
    assert codes(error) == ["V0876"] * 3


def test_nothing_is_ever_replaced_by_accident(tmp_path):
    made, raw = rig(tmp_path)
    source = tmp_path / "data" / "s1.dat"
    before = source.read_bytes(), made.read_bytes()
    (tmp_path / "linked.h5").hardlink_to(source)
    for place in (source, made, tmp_path / "linked.h5"):
        assert codes(problems(made, "hdf5", place, force=True)) == ["V0872"]
    (tmp_path / "a.h5").write_bytes(b"mine")
    assert codes(problems(made, "hdf5", tmp_path / "a.h5")) == ["V0873"]
    assert codes(problems(made, "hdf5", tmp_path / "no" / "a.h5")) == ["V0821"]
    assert (tmp_path / "a.h5").read_bytes() == b"mine"
    assert (source.read_bytes(), made.read_bytes()) == before
    export(made, "hdf5", tmp_path / "a.h5", ExportOptions(force=True))
    with h5py.File(tmp_path / "a.h5") as file:
        assert np.array_equal(file["raw"][:], raw)


def test_a_run_that_breaks_off_leaves_what_was_there(tmp_path, monkeypatch):
    made, _ = rig(tmp_path)
    (tmp_path / "a.h5").write_bytes(b"mine")

    def broken(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(hdf5, "_compare", broken)
    assert codes(problems(made, "hdf5", tmp_path / "a.h5", force=True)) == ["V0828"]
    assert (tmp_path / "a.h5").read_bytes() == b"mine"
    assert [path.name for path in tmp_path.glob(".*")] == []


def test_other_bytes_than_those_of_the_map_are_never_left_behind(tmp_path, monkeypatch):
    made, _ = rig(tmp_path)
    right = hdf5.pieces

    def shifted(array, places):
        (piece,) = right(array, places)
        (part,) = piece.segments or (None,)
        if part is None:
            return (piece,)
        moved = type(part)(part.path, part.offset + 1, part.nbytes)
        return (type(piece)(piece.box, piece.shape, piece.pick, (moved,)),)

    monkeypatch.setattr(hdf5, "pieces", shifted)
    assert codes(problems(made, "hdf5", tmp_path / "a.h5")) == ["V0875"]
    assert not (tmp_path / "a.h5").exists()


def test_wrong_words(tmp_path, monkeypatch):
    made, _ = rig(tmp_path)
    assert codes(problems(made, "netcdf5", tmp_path / "a.h5")) == ["V0870"]
    error = problems(made, "hdf5", tmp_path / "a.h5", only=("rwa", "nothing", "raw"))
    assert codes(error) == ["V0871", "V0871"]
    assert error.problems[0].help == "did you mean 'raw'?"
    monkeypatch.setattr("vspec.exporting.run.find_spec", lambda _name: None)
    assert codes(problems(made, "hdf5", tmp_path / "a.h5")) == ["V0874"]
