"""Neo reads the same samples, times, gains and names as the maps of made-up files made of records."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from neo.rawio import BlackrockRawIO, NeuralynxRawIO, OpenEphysRawIO, SpikeGadgetsRawIO

import vspec
from tests.cards.maps import card, gains, read, units
from vspec.authoring.faking import FakeOptions, fake

pytestmark = [
    pytest.mark.peer,
    pytest.mark.filterwarnings("ignore::DeprecationWarning"),
    pytest.mark.filterwarnings("ignore::UserWarning"),
]
SEEDS = range(3)
WHOLE = (0.0, 10.0)
"""Times around all spikes, in seconds: Neo's own bounds are samples."""
SAMPLED = "-HardwareSubSystemType DigitalLynxSX\n-NumADChannels 1\n-ADChannel 7\n-InputRange 1000\n"


def made(id, example, seed, folder, change=None):
    """Return what was made, and the arrays of its map; the first file may be changed before."""
    known = fake(card(id), folder, FakeOptions(seed=seed, example=example))
    if change is not None:
        change(known.files[0])
    report = vspec.apply(card(id), folder, folder.parent / f"{folder.name}-maps")
    assert not report.problems, report.problems
    (one,) = report.maps
    return known, read(Path(one.map))


def as_sampled(path):
    """Add the lines without which Neo takes no header."""
    data = path.read_bytes()
    head = data[:16384].rstrip(b"\0 ") + b'-ApplicationName Cheetah "6.3.2 "\n' + SAMPLED.encode()
    path.write_bytes(head.ljust(16384, b"\0") + data[16384:])


def as_events(path):
    """The same for events; and their texts are texts."""
    data = bytearray(path.read_bytes())
    head = data[:16384].rstrip(b"\0 ") + b'-ApplicationName Cheetah "6.3.2 "\n'
    for k, text in enumerate((b"Starting Recording", b"TTL Input on port 0", b"a note")):
        at = 16384 + 184 * k + 56
        data[at : at + 128] = text.ljust(128, b"\0")
    path.write_bytes(head.ljust(16384, b"\0") + data[16384:])


def opened(reader):
    reader.parse_header()
    return reader


def channels(reader, stream):
    """Return Neo's table of the channels of one stream."""
    table = reader.header["signal_channels"]
    return table[table["stream_id"] == reader.header["signal_streams"][stream]["id"]]


def same_segments(reader, arrays, stream=0):
    """Hold every segment of a stream against the arrays of the map: samples, start, rate, gain."""
    table = channels(reader, stream)
    assert reader.segment_count(0) == sum(path.endswith("/samples") for path in arrays)
    for k in range(reader.segment_count(0)):
        found = arrays[f"segment_{k}/samples"]
        samples = reader.get_analogsignal_chunk(0, k, stream_index=stream)
        assert np.array_equal(samples.reshape(found.values.shape), found.values)
        assert reader.get_signal_t_start(0, k, stream) == pytest.approx(found.axes["time"]["start"])
        assert reader.get_signal_sampling_rate(stream) == pytest.approx(1 / found.axes["time"]["step"])
        if "channel" in found.dims:
            assert gains(arrays, f"segment_{k}/samples") == pytest.approx(table["gain"])
            assert found.labels["channel"] == table["name"].tolist()


@pytest.mark.parametrize("seed", SEEDS)
def test_neuralynx(seed, tmp_path):
    example = "a gap and records that are not full"
    _, arrays = made("neuralynx/ncs", example, seed, tmp_path / "data", as_sampled)
    reader = opened(NeuralynxRawIO(str(tmp_path / "data"), gap_tolerance_ms=0.1, keep_original_times=True))
    same_segments(reader, arrays)
    (channel,) = channels(reader, 0)
    assert channel["gain"] == pytest.approx(arrays["segment_0/samples"].attrs["scale_factor"] * 1e6)


@pytest.mark.parametrize("seed", SEEDS)
def test_neuralynx_events(seed, tmp_path):
    _, arrays = made("neuralynx/nev", "a start and a pulse", seed, tmp_path / "data", as_events)
    reader = opened(NeuralynxRawIO(str(tmp_path / "data"), keep_original_times=True))
    seen = []
    for at, name in enumerate(reader.header["event_channels"]["name"].tolist()):
        times, _, labels = reader.get_event_timestamps(0, 0, at)
        numbers = [int(part.partition("=")[2]) for part in name.split()[-2:]]
        seen += [(int(t), *numbers, str(label)) for t, label in zip(times, labels, strict=True)]
    texts = arrays["events/onset"].texts["event"]["text"]
    columns = (arrays[f"events/{key}"].values.tolist() for key in ("onset", "event_id", "ttl"))
    assert sorted(seen) == sorted(zip(*columns, texts, strict=True))


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize(
    "example",
    (
        "version 2.3 with a pause",
        "version 3.0",
        "version 3.0 with a time stamp for each sample",
    ),
)
def test_blackrock(example, seed, tmp_path):
    known, arrays = made("blackrock/nsx", example, seed, tmp_path / "data")
    reader = opened(BlackrockRawIO(str(known.files[0]), gap_tolerance_ms=1))
    same_segments(reader, arrays)
    assert units(arrays["segment_0/samples"]) == set(channels(reader, 0)["units"])
    if "stamp" in example:
        stamps = [reader._get_blackrock_timestamps(0, k, None, None, 0) for k in range(2)]
        for k, times in enumerate(stamps):
            assert np.array_equal(arrays[f"segment_{k}/timestamp"].values / 1e9, times)


@pytest.mark.parametrize("seed", SEEDS)
def test_blackrock_2_1(seed, tmp_path):
    known, arrays = made("blackrock/nsx", "version 2.1 with gains", seed, tmp_path / "data")
    reader = opened(BlackrockRawIO(str(known.files[0]), load_nev=False))
    found = arrays["segment_0/samples"]
    samples = reader.get_analogsignal_chunk(0, 0, stream_index=0)
    assert np.array_equal(samples, found.values[:-1]), "Neo leaves the last row out"
    assert found.labels["channel"] == channels(reader, 0)["name"].tolist() == ["chan1", "chan7", "ainp2"]
    assert gains(arrays, "segment_0/samples").tolist() == [0.25, 1.0, 152.592547]


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("example", ("spikes, inputs and comments", "version 3.0"))
def test_blackrock_events(example, seed, tmp_path):
    known, arrays = made("blackrock/nev", example, seed, tmp_path / "data")
    reader = opened(BlackrockRawIO(str(known.files[0])))
    spikes = {key: arrays[f"spikes/{key}"].values for key in ("onset", "electrode_id", "unit", "waveform")}
    for at, unit in enumerate(reader.header["spike_channels"]):
        electrode, number = (int(text.lstrip("ch")) for text in str(unit["name"]).split("#"))
        mask = (spikes["electrode_id"] == electrode) & (spikes["unit"] == number)
        times = reader.get_spike_timestamps(0, 0, at)
        assert np.array_equal(times, spikes["onset"][mask])
        assert np.array_equal(reader.get_spike_raw_waveforms(0, 0, at)[:, 0], spikes["waveform"][mask])
        if electrode != 2:  # Neo takes 21516 as it stands
            assert gains(arrays, "spikes/waveform", "spike")[mask] == pytest.approx(float(unit["wf_gain"]))
    names = reader.header["event_channels"]["name"].tolist()
    reasons = {"digital_input_port": 1, "serial_input_port": 129}
    for name, reason in reasons.items():
        times, _, labels = reader.get_event_timestamps(0, 0, names.index(name))
        mask = arrays["events/reason"].values == reason
        assert np.array_equal(times, arrays["events/onset"].values[mask])
        assert labels.astype(int).tolist() == arrays["events/value"].values[mask].tolist()
    times, _, _ = reader.get_event_timestamps(0, 0, names.index("comments"))
    assert np.array_equal(times, arrays["comments/onset"].values)


@pytest.mark.parametrize("seed", SEEDS)
def test_open_ephys(seed, tmp_path):
    _, arrays = made("open-ephys/continuous", "a gap and a second recording", seed, tmp_path / "data")
    reader = opened(OpenEphysRawIO(str(tmp_path / "data")))
    first = arrays["segment_0/samples"]
    whole = reader.get_analogsignal_chunk(0, 0, i_stop=12072 + 1024 - 5000, stream_index=0)
    parts = [arrays[f"segment_{k}/samples"].values for k in range(2)]
    gap = np.zeros((9000 - 6024 - 1024, 3), np.int16)  # Neo fills it
    assert np.array_equal(whole, np.concatenate([parts[0], gap, parts[1]]))
    assert reader.get_signal_t_start(0, 0, 0) == pytest.approx(first.axes["time"]["start"])
    table = channels(reader, 0)
    assert first.labels["channel"] == table["name"].tolist()
    assert gains(arrays, "segment_0/samples") == pytest.approx(table["gain"])
    assert units(first) == set(table["units"])


@pytest.mark.parametrize("seed", SEEDS)
def test_open_ephys_events_and_spikes(seed, tmp_path):
    made("open-ephys/continuous", "a gap and a second recording", seed, tmp_path / "data")
    _, events = made("open-ephys/events", "two pulses", seed, tmp_path / "events")
    _, spikes = made("open-ephys/spikes", "a tetrode", seed, tmp_path / "spikes")
    for folder in ("events", "spikes"):
        for path in (tmp_path / folder).iterdir():
            path.rename(tmp_path / "data" / path.name)
    reader = opened(OpenEphysRawIO(str(tmp_path / "data")))
    times, _, labels = reader.get_event_timestamps(0, 0, 0)
    columns = [events[f"events/{key}"].values for key in ("onset", "type", "processor", "channel")]
    wanted = [row for row in zip(*map(np.ndarray.tolist, columns), strict=True) if row[0] <= 5000 + 16024]
    assert [f"{kind}#{processor}#{channel}" for _, kind, processor, channel in wanted] == labels.tolist()
    assert [row[0] for row in wanted] == times.tolist()
    for at, unit in enumerate(reader.header["spike_channels"]):
        mask = spikes["spikes/unit"].values == int(str(unit["name"]).split("#")[1])
        assert np.array_equal(
            reader.get_spike_timestamps(0, 0, at, *WHOLE), spikes["spikes/onset"].values[mask]
        )
        assert np.array_equal(
            reader.get_spike_raw_waveforms(0, 0, at, *WHOLE), spikes["spikes/waveform"].values[mask]
        )


@pytest.mark.parametrize("seed", SEEDS)
def test_spikegadgets(seed, tmp_path):
    known, arrays = made(
        "spikegadgets/rec", "two chips, a device with analog channels", seed, tmp_path / "data"
    )
    path = known.files[0]
    path.write_bytes(path.read_bytes().replace(b' interleavedDataIDByte="no"', b""))
    reader = opened(SpikeGadgetsRawIO(str(path)))
    assert reader.header["signal_streams"]["name"].tolist() == ["ECU", "trodes"]
    assert np.array_equal(reader.get_analogsignal_chunk(0, 0, stream_index=0), arrays["analog"].values)
    assert arrays["analog"].labels["input"] == channels(reader, 0)["name"].tolist()
    found, table = arrays["samples"], channels(reader, 1)
    assert np.array_equal(reader.get_analogsignal_chunk(0, 0, stream_index=1), found.values)
    assert found.labels["channel"] == table["name"].tolist()
    assert gains(arrays, "samples") == pytest.approx(table["gain"])
    assert units(found) == set(table["units"])
    assert reader.get_signal_sampling_rate(1) == pytest.approx(1 / found.axes["time"]["step"])
