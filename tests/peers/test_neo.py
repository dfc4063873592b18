"""Neo reads the same samples, gains, names and rates as the maps of made-up files."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import numpy as np
import pytest
from neo.rawio import BrainVisionRawIO, OpenEphysBinaryRawIO, RawBinarySignalRawIO, SpikeGLXRawIO

import vspec
from tests.cards.maps import card, gains, read, units
from vspec.authoring.faking import FakeOptions, fake

pytestmark = [
    pytest.mark.peer,
    pytest.mark.filterwarnings("ignore::DeprecationWarning"),
    pytest.mark.filterwarnings("ignore::UserWarning"),
]
SEEDS = range(3)


def made(id, example, seed, folder):
    return fake(card(id), folder, FakeOptions(seed=seed, example=example))


def mapped(id, folder, out, params=None):
    report = vspec.apply(card(id), folder, out, params)
    assert not report.problems, report.problems
    (one,) = report.maps
    return read(Path(one.map))


def opened(reader):
    reader.parse_header()
    return reader


def samples(reader, stream):
    return reader.get_analogsignal_chunk(0, 0, stream_index=stream)


def channels(reader, stream):
    """Return Neo's table of the channels of one stream."""
    table = reader.header["signal_channels"]
    return table[table["stream_id"] == reader.header["signal_streams"][stream]["id"]]


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize(
    ("id", "example", "name"),
    (
        ("spikeglx/imec", "neuropixels 1.0, saved subset", "ap"),
        ("spikeglx/imec", "neuropixels 2.0", "ap"),
        ("spikeglx/nidq", "four kinds of channels", "nidq"),
        ("spikeglx/obx", "two analog channels", "obx"),
    ),
)
def test_spikeglx(id, example, name, seed, tmp_path):
    made(id, example, seed, tmp_path / "data")
    arrays = mapped(id, tmp_path / "data", tmp_path / "maps")
    reader = opened(SpikeGLXRawIO(tmp_path / "data"))
    (info,) = reader.signals_info_list
    found = arrays[name]
    assert info["sample_length"] == len(found.values)
    assert info["sampling_rate"] == found.attrs["sampling_rate"]
    assert info["channel_names"] == found.labels["channel"]
    assert units(found) == {info["units"]}
    columns = reader.header["signal_channels"]
    for at, stream in enumerate(reader.header["signal_streams"]):
        own = columns[columns["stream_id"] == stream["id"]]
        places = [found.labels["channel"].index(str(one).split("#")[-1]) for one in own["name"]]
        assert np.array_equal(samples(reader, at), found.values[:, places])
    # Neo takes the first rows of ~imroTbl, whatever channels were saved.
    if "subset" not in example:
        assert gains(arrays, name) == pytest.approx(info["channel_gains"], rel=1e-14)


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("example", ("multiplexed", "vectorized"))
def test_brainvision(example, seed, tmp_path):
    known = made("brain-products/brainvision", example, seed, tmp_path / "data")
    if example == "vectorized":  # Neo knows no big-endian samples and no $b
        pytest.skip("Neo does not read this variant")
    arrays = mapped("brain-products/brainvision", tmp_path / "data", tmp_path / "maps")
    reader = opened(BrainVisionRawIO(str(known.files[0])))
    found = arrays["samples"]
    assert np.array_equal(samples(reader, 0).T, found.values)
    assert reader.get_signal_sampling_rate() == pytest.approx(1 / found.axes["time"]["step"])
    table = channels(reader, 0)
    assert [name.replace("\\1", ",") for name in table["name"]] == found.labels["channel"]
    assert gains(arrays, "samples") == pytest.approx(table["gain"])
    own_units = found.texts["channel"]["units"]
    written = [unit.replace("u", "µ") for unit in table["units"]]
    assert own_units == ["µV", "µV", "mV"]
    assert all(own.startswith(unit) for own, unit in zip(own_units, written, strict=True)), "Neo cuts µV to u"
    _, _, labels = reader.get_event_timestamps(0, 0, 1)
    assert "S  1" in labels.tolist()
    assert "S  1" in arrays["events/onset"].labels["event"]


@pytest.mark.parametrize("seed", SEEDS)
def test_open_ephys(seed, tmp_path):
    made("open-ephys/binary", "two streams, events", seed, tmp_path / "made")
    recording = tmp_path / "data" / "Record Node 101" / "experiment1" / "recording1"
    shutil.copytree(tmp_path / "made", recording)
    arrays = mapped("open-ephys/binary", recording, tmp_path / "maps")
    for name in ("sample_numbers", "timestamps"):
        for stream in ("Acq-100.Data", "Acq-100.ADC"):
            values = np.load(recording / "continuous" / stream / f"{name}.npy")
            assert np.array_equal(values, arrays[f"continuous/{stream}/{name.removesuffix('s')}"].values)
    structure = recording / "structure.oebin"
    said = json.loads(structure.read_text(encoding="utf-8")) | {"events": [], "spikes": []}
    structure.write_text(json.dumps(said), encoding="utf-8")
    reader = opened(OpenEphysBinaryRawIO(str(tmp_path / "data")))
    streams = [str(stream["name"]) for stream in reader.header["signal_streams"]]
    assert len(streams) == 2
    for at, stream in enumerate(streams):
        # ADC channels have streams of their own in Neo.
        path = f"continuous/{stream.split('#')[-1].removesuffix('_ADC')}"
        found = arrays[f"{path}/samples"]
        table = channels(reader, at)
        assert np.array_equal(samples(reader, at), found.values)
        assert reader.get_signal_sampling_rate(at) == pytest.approx(1 / found.axes["time"]["step"])
        assert table["name"].tolist() == found.labels["channel"]
        assert found.texts["channel"]["units"] == table["units"].tolist()
        assert gains(arrays, f"{path}/samples") == pytest.approx(table["gain"])


@pytest.mark.parametrize("seed", SEEDS)
def test_raw(seed, tmp_path):
    known = made("generic/raw", "interleaved", seed, tmp_path / "data")
    arrays = mapped("generic/raw", tmp_path / "data", tmp_path / "maps", known.params)
    reader = opened(
        RawBinarySignalRawIO(
            str(known.files[0]), dtype="int16", sampling_rate=30000.0, nb_channel=5, signal_gain=0.195
        )
    )
    found = arrays["samples"]
    assert np.array_equal(samples(reader, 0), found.values)
    assert found.attrs["scale_factor"] == 0.195
    assert found.axes["time"]["step"] == 1 / 30000.0
