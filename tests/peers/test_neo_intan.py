"""Neo reads the same samples, gains, names and rates of made-up RHD and RHS recordings as their maps give."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from neo.rawio import IntanRawIO

import vspec
from tests.cards.maps import card, read
from vspec.authoring.faking import FakeOptions, fake
from vspec.commands.apply import ApplyOptions

pytestmark = [
    pytest.mark.peer,
    pytest.mark.filterwarnings("ignore::DeprecationWarning"),
    pytest.mark.filterwarnings("ignore::UserWarning"),
]
SEEDS = range(3)
STREAMS = {
    "RHD2000 amplifier channel": "amplifier",
    "RHS2000 amplifier channel": "amplifier",
    "RHD2000 auxiliary input channel": "auxiliary",
    "RHD2000 supply voltage channel": "supply",
    "USB board ADC input channel": "adc",
    "USB board ADC output channel": "dac",
    "USB board digital input channel": "digital_in",
    "USB board digital output channel": "digital_out",
    "DC Amplifier channel": "dc_amplifier",
    "Stim channel": "stim",
}


def mapped(id, data, out, profile=None):
    report = vspec.apply(card(id), data, out, options=ApplyOptions(profile=profile))
    assert not report.problems, report.problems
    (one,) = report.maps
    return {name.rpartition("/")[2]: found for name, found in read(Path(one.map)).items()}


def opened(path):
    reader = IntanRawIO(str(path))
    reader.parse_header()
    return reader


def channels(reader, stream):
    """Return Neo's table of the channels of one stream."""
    table = reader.header["signal_channels"]
    return table[table["stream_id"] == reader.header["signal_streams"][stream]["id"]]


def current(words):
    """Return magnitude and sign of the words of a stimulation as signed numbers."""
    magnitude = (words & 0xFF).astype(np.int16)
    return np.where(words & 0x100, -magnitude, magnitude)


def bits(words, masks):
    """Return the channels of digital words, 0 or 1 each."""
    return np.stack([(words & mask != 0).astype(np.uint16) for mask in masks], axis=1)


def compare(readers, arrays):
    """Compare all streams of recordings that follow each other with one map; return the arrays seen."""
    seen = set()
    for stream, row in enumerate(readers[0].header["signal_streams"]):
        name = STREAMS[str(row["name"])]
        seen.add(name)
        found, table = arrays[name], channels(readers[0], stream)
        theirs = np.concatenate(
            [reader.get_analogsignal_chunk(0, 0, stream_index=stream) for reader in readers]
        )
        ours = found.values
        if name == "stim":
            ours = current(ours)
        if ours.ndim == 1:
            ours = bits(ours, found.attrs["flag_masks"])
            assert found.attrs["flag_meanings"] == table["id"].tolist()
        assert ours.dtype == theirs.dtype
        assert np.array_equal(ours, theirs), name
        about(name, found, table)
    return seen


def about(name, found, table):
    """Compare names, gains and offsets of a stream."""
    for axis, labels in found.labels.items():
        assert [id.replace("_DC", "").replace("_STIM", "") for id in table["id"]] == labels
        assert found.texts.get(axis, {}).get("custom_name", table["name"].tolist()) == table["name"].tolist()
    if name == "stim":
        assert (table["gain"] == found.attrs["step_size"]).all()
    elif name == "dc_amplifier":
        # The maker's program writes round(volts / -0.01923) + 512; Neo leaves out the sign.
        assert (table["units"] == "mV").all()
        assert table["gain"] == pytest.approx(-1000 * found.attrs["scale_factor"])
        assert table["offset"] == pytest.approx(-1000 * found.attrs["add_offset"])
    elif "scale_factor" in found.attrs:
        assert (table["units"] == found.attrs["units"]).all()
        assert table["gain"] == pytest.approx(found.attrs["scale_factor"], rel=1e-12)
        assert table["offset"] == pytest.approx(found.attrs.get("add_offset", 0.0), rel=1e-12)


def rates(reader):
    """Return Neo's sampling rates by the names of arrays."""
    streams = [STREAMS[str(row["name"])] for row in reader.header["signal_streams"]]
    return {name: reader.get_signal_sampling_rate(stream) for stream, name in enumerate(streams)}


def our_rates(arrays):
    """Return the rates of the axes that have a step, by the names of arrays."""
    stepped = {
        name: [axis["step"] for axis in a.axes.values() if "step" in axis] for name, a in arrays.items()
    }
    return {name: 1 / steps[0] for name, steps in stepped.items() if steps}


@pytest.mark.parametrize("profile", (None, "packed"))
@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize(
    "case",
    (
        ("intan/rhd", "version 3.1, two files", 6),
        ("intan/rhd", "version 1.3, blocks of 60 samples", 6),
        ("intan/rhd", "64 channels", 6),
        ("intan/rhs", "version 3.1, two files", 7),
        ("intan/rhs", "version 1.0, without DC amplifiers", 6),
    ),
)
def test_traditional(case, seed, profile, tmp_path):
    id, example, count = case
    known = fake(card(id), tmp_path / "data", FakeOptions(seed=seed, example=example))
    arrays = mapped(id, tmp_path / "data", tmp_path / "maps", profile)
    readers = [opened(path) for path in known.files]
    assert len(compare(readers, arrays)) == count
    found = our_rates(arrays)
    for name, rate in rates(readers[0]).items():
        assert found[name] == pytest.approx(rate), name
    if "two files" in example:
        assert arrays["amplifier"].axes["time"]["epoch"] == "2024-01-02T15:05:03"
    stamps = np.concatenate([reader.get_intan_timestamps() for reader in readers])
    assert np.array_equal(arrays["timestamp"].values, stamps)


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize(
    ("id", "count"),
    (
        ("intan/rhd-signals", 6),
        ("intan/rhd-channels", 6),
        ("intan/rhs-signals", 7),
        ("intan/rhs-channels", 7),
    ),
)
def test_files_of_signals_and_channels(id, count, seed, tmp_path):
    known = fake(card(id), tmp_path / "data", FakeOptions(seed=seed))
    arrays = mapped(id, tmp_path / "data", tmp_path / "maps")
    reader = opened(next(path for path in known.files if path.stem == "info"))
    assert len(compare([reader], arrays)) == count
    assert np.array_equal(arrays["timestamp"].values, reader.get_intan_timestamps())
    found = our_rates(arrays)
    for name, rate in rates(reader).items():
        # Samples of slow streams are repeated in these files, up to the rate of the amplifiers.
        expected = 20000.0 if name in ("auxiliary", "supply") else rate
        assert found[name] == pytest.approx(expected), name
    assert arrays["amplifier"].axes["time"]["start"] == pytest.approx(-100 / 20000)


def test_gaps_make_segments_that_begin_at_their_time_stamps(tmp_path):
    known = fake(card("intan/rhd"), tmp_path / "data", FakeOptions(seed=5, example="64 channels"))
    raw = bytearray(known.files[0].read_bytes())
    block = 128 * 4 + 64 * 256 + 3 * 64 + 2 + 2 * 256 + 2 * 256
    begin = len(raw) - 3 * block
    stamps = np.arange(128, dtype="<i4")
    for row, first in enumerate((-256, -128, 1000)):
        raw[begin + row * block : begin + row * block + 512] = (stamps + first).tobytes()
    known.files[0].write_bytes(raw)
    report = vspec.apply(card("intan/rhd"), tmp_path / "data", tmp_path / "maps")
    assert not report.problems
    arrays = read(Path(report.maps[0].map))
    whole = known.arrays["segment_0/amplifier"]
    for segment, rows, start in (
        ("segment_0", slice(0, 256), -256 / 30000),
        ("segment_1", slice(256, 384), 1000 / 30000),
    ):
        found = arrays[f"{segment}/amplifier"]
        assert np.array_equal(found.values, whole[rows])
        assert found.axes["time"]["start"] == pytest.approx(start)
        assert arrays[f"{segment}/auxiliary"].axes["auxiliary_time"]["start"] == pytest.approx(start)
        assert arrays[f"{segment}/supply"].axes["block_time"]["start"] == pytest.approx(start)
