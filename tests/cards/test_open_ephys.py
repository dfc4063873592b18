"""Open Ephys: folders as different versions of the GUI leave them."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

import vspec
from tests.cards.maps import attributes, card, gains, read

CARD = "open-ephys/binary"
DATA = np.arange(-9, 9, dtype="<i2").reshape(6, 3)


def stream(folder, **more):
    channels = [{"channel_name": f"CH{k}", "bit_volts": 0.195, "units": "uV"} for k in (1, 2, 3)]
    return {"folder_name": folder, "sample_rate": 30000, "num_channels": 3, "channels": channels} | {
        "source_processor_name": "Board",
        **more,
    }


def place(folder, streams, files):
    """Write structure.oebin and, for each path, an array: .dat verbatim, .npy as numpy writes it."""
    folder.mkdir(parents=True, exist_ok=True)
    structure = {"GUI version": "0.6.7", "continuous": streams, "events": [], "spikes": []}
    (folder / "structure.oebin").write_text(json.dumps(structure), encoding="utf-8")
    for name, values in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        if path.suffix == ".npy":
            np.save(path, values)
        else:
            path.write_bytes(values.tobytes())


def mapped(folder, out):
    report = vspec.apply(card(CARD), folder, out)
    assert not report.problems, report.problems
    (made,) = report.maps
    return read(Path(made.map)), made


def test_a_recording_of_today(tmp_path):
    files = {
        "continuous/Board-100.A/continuous.dat": DATA,
        "continuous/Board-100.A/sample_numbers.npy": np.arange(900, 906),
        "continuous/Board-100.A/timestamps.npy": np.arange(6) / 30000.0 + 0.5,
        "events/Board-100.A/TTL/states.npy": np.array([1, -1, 2], np.int16),
        "events/Board-100.A/TTL/sample_numbers.npy": np.array([901, 902, 905]),
        "events/Board-100.A/TTL/timestamps.npy": np.array([0.51, 0.52, 0.55]),
        "events/Board-100.A/TTL/full_words.npy": np.array([1, 0, 2], np.uint8),
        "events/MessageCenter/text.npy": np.array([b"hello"]),
    }
    place(tmp_path / "rec", [stream("Board-100.A/")], files)
    arrays, made = mapped(tmp_path / "rec", tmp_path / "maps")
    samples = arrays["continuous/Board-100.A/samples"]
    assert np.array_equal(samples.values, DATA)
    assert samples.axes["time"] == {"start": 900 / 30000, "step": 1 / 30000, "units": "s"}
    assert samples.labels["channel"] == ["CH1", "CH2", "CH3"]
    for path, name in (
        ("continuous/Board-100.A/sample_number", "continuous/Board-100.A/sample_numbers.npy"),
        ("continuous/Board-100.A/timestamp", "continuous/Board-100.A/timestamps.npy"),
        ("events/Board-100.A/state", "events/Board-100.A/TTL/states.npy"),
        ("events/Board-100.A/sample_number", "events/Board-100.A/TTL/sample_numbers.npy"),
        ("events/Board-100.A/timestamp", "events/Board-100.A/TTL/timestamps.npy"),
    ):
        assert arrays[path].values.dtype == files[name].dtype
        assert np.array_equal(arrays[path].values, files[name])
    assert not made.warnings
    assert attributes(Path(made.map))["gui_version"] == "0.6.7"


def test_a_recording_before_gui_0_6(tmp_path):
    files = {
        "continuous/Rhythm-100.0/continuous.dat": DATA,
        "continuous/Rhythm-100.0/timestamps.npy": np.arange(70, 76),
        "events/Rhythm-100.0/TTL_1/channel_states.npy": np.array([3, -3], np.int16),
        "events/Rhythm-100.0/TTL_1/timestamps.npy": np.array([71, 75]),
    }
    place(tmp_path / "rec", [stream("Rhythm-100.0/")], files)
    arrays, _ = mapped(tmp_path / "rec", tmp_path / "maps")
    assert arrays["continuous/Rhythm-100.0/samples"].axes["time"]["start"] == 70 / 30000
    assert arrays["continuous/Rhythm-100.0/timestamp"].values.tolist() == list(range(70, 76))
    assert arrays["events/Rhythm-100.0/state"].values.tolist() == [3, -3]
    assert arrays["events/Rhythm-100.0/timestamp"].values.tolist() == [71, 75]


def test_folders_in_another_case_and_streams_that_are_not_there(tmp_path):
    files = {"continuous/board-100.a/continuous.dat": DATA}
    place(tmp_path / "rec", [stream("Board-100.A/"), stream("Gone-101.B/")], files)
    arrays, made = mapped(tmp_path / "rec", tmp_path / "maps")
    assert np.array_equal(arrays["continuous/board-100.a/samples"].values, DATA)
    assert len(arrays) == 1 + sum("channel_" in name for name in arrays)
    assert ["Gone-101.B/" in warning.message for warning in made.warnings] == [True]


def test_a_stream_that_is_not_listed_is_refused(tmp_path):
    files = {f"continuous/{name}/continuous.dat": DATA for name in ("A-1.x", "B-2.y")}
    place(tmp_path / "rec", [stream("A-1.x/")], files)
    report = vspec.apply(card(CARD), tmp_path / "rec", tmp_path / "maps")
    assert not report.maps
    assert any(p.code == "V0604" and "B-2.y" in p.message for p in report.problems)


def test_one_map_for_each_recording(tmp_path):
    for k in (1, 2):
        folder = tmp_path / "Record Node 101" / "experiment1" / f"recording{k}"
        place(folder, [stream("A-1.x/")], {"continuous/A-1.x/continuous.dat": DATA[k:]})
    report = vspec.apply(card(CARD), tmp_path, tmp_path / "maps")
    assert not report.problems
    sizes = [len(read(Path(made.map))["continuous/A-1.x/samples"].values) for made in report.maps]
    assert sorted(sizes) == [4, 5]


@pytest.mark.parametrize("version", ((1, 0), (2, 0), (3, 0)))
@pytest.mark.parametrize("code", ("<i8", ">i8", "<f8", ">f4", "|u1", "<u2"))
def test_npy_versions_and_types(version, code, tmp_path):
    values = np.arange(1, 7).astype(code)
    place(tmp_path / "rec", [stream("A-1.x/")], {"continuous/A-1.x/continuous.dat": DATA})
    with (tmp_path / "rec" / "continuous" / "A-1.x" / "timestamps.npy").open("wb") as file:
        np.lib.format.write_array(file, values, version)
    found = mapped(tmp_path / "rec", tmp_path / "maps")[0]["continuous/A-1.x/timestamp"].values
    assert found.dtype == values.dtype
    assert np.array_equal(found, values)


def test_a_vector_of_another_length_is_refused(tmp_path):
    files = {"continuous/A-1.x/continuous.dat": DATA, "continuous/A-1.x/timestamps.npy": np.arange(5)}
    place(tmp_path / "rec", [stream("A-1.x/")], files)
    report = vspec.apply(card(CARD), tmp_path / "rec", tmp_path / "maps")
    assert [problem.code for problem in report.problems] == ["V0317"]


def test_what_is_no_npy_is_refused(tmp_path):
    place(tmp_path / "rec", [stream("A-1.x/")], {"continuous/A-1.x/continuous.dat": DATA})
    (tmp_path / "rec" / "continuous" / "A-1.x" / "timestamps.npy").write_bytes(b"\x93NUMPX" + bytes(200))
    report = vspec.apply(card(CARD), tmp_path / "rec", tmp_path / "maps")
    assert any(problem.code == "V0601" for problem in report.problems)


@pytest.mark.corpus
def test_a_real_structure_with_made_up_samples(corpus, tmp_path):
    name = "openephys_oebin_header/OE_OneBox-NP2014-binary/structure.oebin"
    said = json.loads((corpus / name).read_text(encoding="utf-8"))
    place(tmp_path / "rec", [], {})
    (tmp_path / "rec" / "structure.oebin").write_bytes((corpus / name).read_bytes())
    samples = {}
    for number, one in enumerate(said["continuous"]):
        folder = one["folder_name"].rstrip("/")
        rng = np.random.default_rng(number)
        samples[folder] = rng.integers(-2000, 2000, (11, one["num_channels"]), dtype="<i2")
        path = tmp_path / "rec" / "continuous" / folder
        path.mkdir(parents=True)
        samples[folder].tofile(path / "continuous.dat")
    arrays, _ = mapped(tmp_path / "rec", tmp_path / "maps")
    for one in said["continuous"]:
        folder = one["folder_name"].rstrip("/")
        found = arrays[f"continuous/{folder}/samples"]
        channels = one["channels"]
        assert np.array_equal(found.values, samples[folder])
        assert found.axes["time"]["step"] == 1 / one["sample_rate"]
        assert found.labels["channel"] == [channel["channel_name"] for channel in channels]
        assert not any(channel["units"] for channel in channels)
        unit = "V" if "ADC" in folder else "uV"
        assert found.texts["channel"]["units"] == [unit] * len(channels)
        gain = gains(arrays, f"continuous/{folder}/samples")
        assert gain.tolist() == [channel["bit_volts"] for channel in channels]
