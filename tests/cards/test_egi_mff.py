"""EGI MFF: what MNE-Python makes of the parts of a folder, and folders written here by hand."""

from __future__ import annotations

import hashlib
import json
import struct
from pathlib import Path

import numpy as np
import pytest

import vspec
from tests.cards.maps import card, gains, read, units

START = "2020-01-29T06:19:39.202537-08:00"


def mapped(data, out):
    report = vspec.apply(card("egi/mff"), data, out)
    assert not report.problems, report.problems
    return read(Path(report.maps[0].map))


def block(values, version=1, rate=250, depth=32, spread=0):
    """Return a block of float32 values along channel and sample; ``spread`` moves the offset of the last channel."""
    data = values.astype("<f4").tobytes()
    if version == 0:
        return struct.pack("<i", 0) + data
    n, samples = values.shape
    offsets = np.arange(n, dtype="<i4") * 4 * samples
    offsets[-1] += spread
    head = struct.pack("<3i", 20 + 8 * n + 24, len(data), n) + offsets.tobytes()
    head += np.full(n, rate << 8 | depth, "<u4").tobytes() + struct.pack("<iiqqi", 24, 1, 1, samples, n)
    return struct.pack("<i", 1) + head + data


def xml(where, name, root, space, content):
    """Write an XML file with its root element in its namespace."""
    text = f'<?xml version="1.0" encoding="UTF-8"?>\n<{root} xmlns="http://www.egi.com/{space}">{content}</{root}>'
    (where / name).write_text(text, encoding="utf-8")


def elements(row):
    return "".join(f"<{name}>{value}</{name}>" for name, value in row.items())


def folder(where, blocks, epochs, *, calibrations="", record_time=START, sensors=3):
    """Write an .mff folder with one EEG signal; ``epochs`` are begin, end, first and last block."""
    where.mkdir(parents=True)
    (where / "signal1.bin").write_bytes(b"".join(blocks))
    kind = "<generalInformation><fileDataType><EEG><EEGFile/></EEG></fileDataType></generalInformation>"
    xml(where, "info1.xml", "dataInfo", "info_n_mff", f"{kind}<calibrations>{calibrations}</calibrations>")
    said = elements({"mffVersion": 3, "recordTime": record_time})
    xml(where, "info.xml", "fileInfo", "info_mff", said)
    names = ("beginTime", "endTime", "firstBlock", "lastBlock")
    rows = [f"<epoch>{elements(dict(zip(names, row, strict=True)))}</epoch>" for row in epochs]
    xml(where, "epochs.xml", "epochs", "epochs_mff", "".join(rows))
    numbers = range(1, sensors + 1)
    rows = [f"<sensor>{elements({'name': '', 'number': k, 'type': 0})}</sensor>" for k in numbers]
    xml(where, "sensorLayout.xml", "sensorLayout", "sensorLayout_mff", f"<sensors>{''.join(rows)}</sensors>")
    return where


def calibration(kind, *pairs):
    ch = "".join(f'<ch n="{n}">{gain}</ch>' for n, gain in pairs)
    return f"<calibration><beginTime>0</beginTime><type>{kind}</type><channels>{ch}</channels></calibration>"


def values(samples, seed):
    return np.random.default_rng(seed).normal(size=(3, samples)).astype("<f4")


def test_blocks_of_unequal_length_follow_each_other_and_epochs_are_apart(tmp_path):
    parts = [values(n, seed) for seed, n in enumerate((7, 7, 4, 5))]
    blocks = [block(part, version) for part, version in zip(parts, (1, 0, 1, 1), strict=True)]
    epochs = [(0, 72_000, 1, 3), (100_000, 120_000, 4, 4)]
    found = mapped(folder(tmp_path / "a.mff", blocks, epochs), tmp_path)
    first, second = found["EEG/epoch_0/samples"], found["EEG/epoch_1/samples"]
    assert first.dims == ("channel", "time")
    np.testing.assert_array_equal(first.values, np.concatenate(parts[:3], axis=1))
    np.testing.assert_array_equal(second.values, parts[3])
    assert first.axes["time"] == {"start": 0.0, "step": 0.004, "units": "s", "epoch": START}
    assert second.axes["time"]["start"] == 0.1
    assert first.labels["channel"] == ["E1", "E2", "E3"]
    assert first.attrs["units"] == "uV"


@pytest.mark.parametrize("given", ("a.mff", "."))
def test_the_folder_or_the_one_around_it(given, tmp_path):
    folder(tmp_path / "data/a.mff", [block(values(7, 1))], [(0, 28_000, 1, 1)])
    found = mapped(tmp_path / "data" / given, tmp_path)
    np.testing.assert_array_equal(found["EEG/epoch_0/samples"].values, values(7, 1))


def test_nine_decimals_mean_nanoseconds(tmp_path):
    data = folder(
        tmp_path / "a.mff",
        [block(values(5, 1))],
        [(8_000_000, 28_000_000, 1, 1)],
        record_time="2017-09-20T09:55:44.072000000Z",
    )
    assert mapped(data, tmp_path)["EEG/epoch_0/samples"].axes["time"]["start"] == 0.008


def test_the_last_gain_calibration_counts(tmp_path):
    pairs = [(1, 0.5), (2, 1.25), (3, 2.0)]
    zeros = [(1, 7.0), (2, 7.0), (3, 7.0)]
    said = [("GCAL", zeros), ("ZCAL", zeros), ("GCAL", pairs), ("ICAL", zeros)]
    text = "".join(calibration(kind, *rows) for kind, rows in said)
    data = folder(tmp_path / "a.mff", [block(values(5, 1))], [(0, 20_000, 1, 1)], calibrations=text)
    assert gains(mapped(data, tmp_path), "EEG/epoch_0/samples").tolist() == [0.5, 1.25, 2.0]


def test_a_track_without_events_has_onsets_of_seconds(tmp_path):
    data = folder(tmp_path / "a.mff", [block(values(5, 1))], [(0, 20_000, 1, 1)])
    event = {"beginTime": "2020-01-29T15:19:39.302537+01:00", "duration": 1000, "code": "DIN1"}
    xml(data, "Events_DIN 1.xml", "eventTrack", "event_mff", f"<event>{elements(event)}</event>")
    xml(data, "Events_none.xml", "eventTrack", "event_mff", "<name>none</name>")
    found = mapped(data, tmp_path)
    assert found["events/DIN 1/onset"].values.tolist() == [0.1]
    assert found["events/none/onset"].values.dtype == np.float64
    assert found["events/none/onset"].values.shape == (0,)


BAD = {
    "another rate": ([block(values(5, 1), rate=500)], [(0, 20_000, 1, 1)], {}),
    "a rate that changes": ([block(values(5, 1)), block(values(5, 1), rate=500)], [(0, 40_000, 1, 2)], {}),
    "16 bits": ([block(values(5, 1), depth=16)], [(0, 20_000, 1, 1)], {}),
    "other offsets": ([block(values(5, 1), spread=4)], [(0, 20_000, 1, 1)], {}),
    "a block that is no epoch's": ([block(values(5, 1))] * 2, [(0, 20_000, 1, 1)], {}),
    "an epoch without blocks": ([block(values(5, 1))], [(0, 20_000, 1, 1), (20_000, 40_000, 2, 2)], {}),
    "microseconds for nanoseconds": ([block(values(5, 1))], [(0, 20_000_000, 1, 1)], {}),
    "too few sensors": ([block(values(5, 1))], [(0, 20_000, 1, 1)], {"sensors": 2}),
    "gains of other channels": (
        [block(values(5, 1))],
        [(0, 20_000, 1, 1)],
        {"calibrations": calibration("GCAL", (1, 1.0), (3, 1.0), (2, 1.0))},
    ),
    "too few gains": (
        [block(values(5, 1))],
        [(0, 20_000, 1, 1)],
        {"calibrations": calibration("GCAL", (1, 1.0), (2, 1.0))},
    ),
    "no first header": ([block(values(5, 1), version=0)], [(0, 20_000, 1, 1)], {}),
}


@pytest.mark.parametrize("what", BAD)
def test_what_does_not_fit_is_refused(what, tmp_path):
    blocks, epochs, more = BAD[what]
    data = folder(tmp_path / "a.mff", blocks, epochs, **more)
    report = vspec.apply(card("egi/mff"), data, tmp_path)
    assert not report.maps
    assert report.problems


def digest(array):
    return hashlib.sha256(np.ascontiguousarray(array).tobytes()).hexdigest()


def joined(found, signal):
    """Return the epochs of a signal in a row, and its gains as the reader has them, in 32 bits."""
    paths = sorted(path for path in found if path.startswith(f"{signal}/") and path.endswith("/samples"))
    gain = gains(found, paths[0]) if f"{signal}/epoch_0/channel_gain" in found else np.ones(1)
    samples = np.concatenate([found[path].values for path in paths], axis=1)
    return samples * gain.astype("f4")[:, np.newaxis], found[paths[0]]


@pytest.mark.corpus
@pytest.mark.parametrize("name", ("test_egi_pns", "test_egi_evoked"))
def test_put_together_as_mne_does_all_values_are_the_same(name, corpus, tmp_path):
    said = json.loads((corpus / "ORACLE.json").read_text(encoding="utf-8"))[f"egi_mff/{name}.mff"]
    found = mapped(corpus / f"egi_mff/{name}.mff", tmp_path)
    (eeg, of_eeg), (pns, of_pns) = joined(found, "EEG"), joined(found, "PNSData")
    kept = [k for k, label in enumerate(of_pns.labels["channel"]) if not label.startswith("PNS")]
    unit = of_pns.texts["channel"]["units"] if "units" in of_pns.texts.get("channel", {}) else None
    volts = np.array([1e-6 if unit is None or unit[k] == "uV" else 1.0 for k in kept])[:, np.newaxis]
    states = np.zeros((1, eeg.shape[1]))
    for path, array in found.items():
        if path.startswith("events/"):
            states[0, np.rint(array.values * said["extra"]["sfreq"]).astype(int)] = 1
    wanted = said["arrays"]["data_SI_scaled"]
    scaled = np.concatenate([eeg.astype("f8") * 1e-6, states, pns[kept].astype("f8") * volts])
    assert list(scaled.shape) == wanted["shape"]
    assert digest(scaled) == wanted["sha256_le_c"]
    assert of_eeg.labels["channel"][:8] == said["extra"]["ch_names"]
    assert 1 / of_eeg.axes["time"]["step"] == said["extra"]["sfreq"]


@pytest.mark.corpus
def test_events_and_units_of_a_real_folder(corpus, tmp_path):
    found = mapped(corpus / "egi_mff/test_egi_pns.mff", tmp_path)
    onset = found["events/Calibration/onset"]
    np.testing.assert_allclose(onset.values, [1.097], rtol=1e-15)
    assert onset.labels["event"] == ["sync"]
    assert onset.texts["event"]["description"] == ["112171"]
    assert units(found["PNSData/epoch_0/samples"]) == {"uV", "mbar", ""}
    assert found["PNSData/epoch_0/samples"].labels["channel"][-2:] == ["EMG-Leg", "PNS8"]
