"""MNE-Python reads made-up FIF and KIT files as the map does, and the map reads the FIF that MNE-Python writes."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pytest

import vspec
from tests.cards.maps import attributes, card, gains, read
from vspec.authoring.faking import FakeOptions, fake

mne = pytest.importorskip("mne", reason="MNE-Python is not installed")
pytestmark = [pytest.mark.peer, pytest.mark.filterwarnings("ignore")]


def mapped(path, folder, id="neuromag/fif"):
    """Apply a card to a file; return the map."""
    report = vspec.apply(card(id), path, folder)
    assert not report.problems, report.problems
    return Path(report.maps[0].map)


def compared(arrays, raw):
    """Hold every segment against MNE-Python's samples at the time where it starts; return their samples."""
    values, covered = raw.get_data(), []
    for path in sorted(name for name in arrays if name.endswith("/samples")):
        found = arrays[path]
        axis = found.axes["time"]
        assert axis["step"] == pytest.approx(1 / raw.info["sfreq"], rel=1e-7)
        begin = round(axis["start"] / axis["step"]) - raw.first_samp
        samples = range(begin, begin + found.values.shape[1])
        scaled = found.values * gains(arrays, path)[:, np.newaxis]
        assert np.ptp(scaled) > 0
        np.testing.assert_allclose(scaled, values[:, begin : samples.stop], rtol=1e-12)
        assert found.labels["channel"] == raw.ch_names
        bad = arrays[f"{path.removesuffix('samples')}channel_bad"].values
        assert [name for name, is_bad in zip(raw.ch_names, bad, strict=True) if is_bad] == raw.info["bads"]
        covered += samples
    return covered


@pytest.mark.parametrize("seed", range(3))
def test_a_skip_begins_a_segment_where_mne_has_zeros(seed, tmp_path):
    known = fake(card("neuromag/fif"), tmp_path / "data", FakeOptions(seed=seed, example="a skip"))
    raw = mne.io.read_raw_fif(known.files[0], verbose="error")
    arrays = read(mapped(known.files[0], tmp_path))
    covered = compared(arrays, raw)
    assert covered == [*range(22), *range(32, 37)]
    skipped = raw.get_data()[:, 22:32]
    assert skipped.shape == (3, 10)
    assert not skipped.any()
    assert raw.first_samp == 250
    assert raw.info["meas_date"] == datetime(2014, 10, 27, 14, 12, 58, 250000, tzinfo=UTC)
    assert arrays["segment_1/samples"].axes["time"]["epoch"] == "2014-10-27T14:12:58.25"


def test_long_names_and_bad_channels(tmp_path):
    example = "floats, a long name, a bad channel"
    known = fake(card("neuromag/fif"), tmp_path / "data", FakeOptions(seed=4, example=example))
    raw = mne.io.read_raw_fif(known.files[0], verbose="error")
    assert compared(read(mapped(known.files[0], tmp_path)), raw) == list(range(7))
    assert raw.ch_names == ["EEG of the laboratory", "Cz"]
    assert raw.info["bads"] == ["Cz"]


@pytest.mark.parametrize("form", ("single", "double", "int", "short"))
def test_what_mne_writes(form, tmp_path):
    rng = np.random.default_rng(11)
    names = ["MEG of the left hemisphere", "EEG 1", "STI"]
    info = mne.create_info(names, 601.0, ["mag", "eeg", "stim"], verbose="error")
    samples = rng.normal(size=(3, 1009)) * np.array([[1e-12], [1e-5], [3]])
    written = mne.io.RawArray(samples, info, first_samp=307, verbose="error")
    written.info["bads"] = ["EEG 1"]
    written.set_meas_date(1_700_000_000)
    with written.info._unlock():
        written.info["highpass"], written.info["lowpass"], written.info["line_freq"] = 0.5, 100.0, 50.0
    path = tmp_path / "made_raw.fif"
    written.save(path, fmt=form, buffer_size_sec=0.25, verbose="error")
    made = mapped(path, tmp_path / "maps")
    arrays = read(made)
    assert compared(arrays, mne.io.read_raw_fif(path, verbose="error")) == list(range(1009))
    found = arrays["segment_0/samples"]
    size = {"single": ">f4", "double": ">f8", "int": ">i4", "short": ">i2"}[form]
    assert found.values.dtype == np.dtype(size)
    assert found.texts["channel"]["units"] == ["T", "V", "V"]
    assert found.axes["time"]["epoch"] == "2023-11-14T22:13:20"
    said = {"highpass": 0.5, "lowpass": 100.0, "line_frequency": 50.0}
    assert said.items() <= attributes(made).items()


def test_averages_are_refused(tmp_path):
    info = mne.create_info(["Cz"], 100.0, "eeg", verbose="error")
    path = tmp_path / "made-ave.fif"
    mne.write_evokeds(path, mne.EvokedArray(np.ones((1, 20)), info, verbose="error"), verbose="error")
    report = vspec.apply(card("neuromag/fif"), path, tmp_path / "maps")
    assert [problem.code for problem in report.problems] == ["V0604"]
    assert "no raw data" in report.problems[0].message


@pytest.mark.parametrize("seed", range(3))
def test_kit_recording(seed, tmp_path):
    options = FakeOptions(seed=seed, example="continuous, 16 bits")
    known = fake(card("ricoh/kit"), tmp_path / "data", options)
    raw = mne.io.read_raw_kit(known.files[0], stim=None, verbose="error")
    arrays = read(mapped(known.files[0], tmp_path, "ricoh/kit"))
    found = arrays["samples"]
    scaled = found.values * gains(arrays, "samples")[:, np.newaxis]
    assert (np.ptp(scaled, axis=1) > 0).all()
    np.testing.assert_allclose(scaled, raw.get_data(), rtol=1e-12)
    names = ["LF31", "MEG 002", "TRIGGER 001", "Cz", "ECG 001", "MISC 001"]
    assert found.labels["channel"] == raw.ch_names == names
    assert found.texts["channel"]["units"] == ["T", "T", "V", "V", "V", "V"]
    assert 1 / found.axes["time"]["step"] == raw.info["sfreq"] == 2000
    assert found.axes["time"]["epoch"] == "2013-04-30T15:00:00"
    assert raw.info["meas_date"] == datetime(2013, 4, 30, 15, 0, tzinfo=UTC)
    assert arrays["sensors"].labels["sensor"] == names[:2]


@pytest.mark.parametrize("seed", range(3))
def test_kit_epochs(seed, tmp_path):
    known = fake(card("ricoh/kit"), tmp_path / "data", FakeOptions(seed=seed, example="epochs, 32 bits"))
    events = np.array([[number, 0, 1] for number in range(5)])
    epochs = mne.read_epochs_kit(known.files[0], events, verbose="error")
    arrays = read(mapped(known.files[0], tmp_path, "ricoh/kit"))
    found = arrays["samples"]
    assert found.dims == ("epoch", "channel", "time")
    scaled = found.values * gains(arrays, "samples")[:, np.newaxis]
    np.testing.assert_allclose(scaled, epochs.get_data(), rtol=1e-12)
    assert found.labels["channel"] == epochs.ch_names == ["MEG 001", "MEG 002", "go"]
    # MNE-Python leaves it to its caller to say how long before the trigger an epoch begins; the file says 3 samples.
    axis = found.axes["time"]
    times = axis["start"] + axis["step"] * np.arange(13)
    np.testing.assert_allclose(times, epochs.times - 3 / 500, atol=1e-12)
