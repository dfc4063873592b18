"""EGI MFF: mffpy reads folders written by hand as the map does, and the map reads what mffpy writes."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pytest

from tests.cards.maps import gains
from tests.cards.test_egi_mff import block, calibration, folder, mapped, values

mffpy = pytest.importorskip("mffpy", reason="mffpy is not installed")
pytestmark = [pytest.mark.peer, pytest.mark.filterwarnings("ignore")]


def epochs(path):
    """Return the samples and the start of each epoch of the EEG, as mffpy sees them."""
    reader = mffpy.Reader(str(path))
    found = [reader.get_physical_samples_from_epoch(epoch) for epoch in reader.epochs]
    return [(each["EEG"][0], epoch.t0) for each, epoch in zip(found, reader.epochs, strict=True)]


def compared(path, out):
    arrays = mapped(path, out)
    seen = epochs(path)
    assert len(seen) == len([name for name in arrays if name.endswith("/samples")])
    for k, (samples, start) in enumerate(seen):
        array = arrays[f"EEG/epoch_{k}/samples"]
        calibrated = f"EEG/epoch_{k}/channel_gain" in arrays
        scale = gains(arrays, f"EEG/epoch_{k}/samples") if calibrated else np.ones(1)
        np.testing.assert_allclose(array.values * scale[:, np.newaxis], samples, rtol=1e-6)
        assert array.axes["time"]["start"] == pytest.approx(start, rel=1e-12)
    return arrays


def test_blocks_of_unequal_length_with_gains(tmp_path):
    parts = [values(n, seed) for seed, n in enumerate((7, 7, 4, 5))]
    blocks = [block(part, version) for part, version in zip(parts, (1, 0, 1, 1), strict=True)]
    gain = calibration("GCAL", (1, 0.5), (2, 1.25), (3, 2.0))
    times = [(0, 72_000, 1, 3), (100_000, 120_000, 4, 4)]
    compared(folder(tmp_path / "a.mff", blocks, times, calibrations=gain), tmp_path)


def test_what_mffpy_writes(tmp_path):
    from mffpy.bin_writer import BinWriter
    from mffpy.writer import Writer

    parts = [np.random.default_rng(n).normal(size=(33, n)).astype("<f4") for n in (11, 7, 5)]
    signal = BinWriter(sampling_rate=500, data_type="EEG")
    for part, offset in zip(parts, (0, 0, 100_000), strict=True):
        signal.add_block(part, offset_us=offset)
    path = Path(tmp_path / "written.mff")
    writer = Writer(str(path))
    writer.addxml("fileInfo", recordTime=datetime(2020, 1, 2, 3, 4, 5, 678901, tzinfo=UTC))
    writer.add_coordinates_and_sensor_layout("HydroCel GSN 32 1.0")
    writer.addbin(signal)
    writer.write()
    arrays = compared(path, tmp_path)
    for k, part in enumerate(parts):
        array = arrays[f"EEG/epoch_{k}/samples"]
        np.testing.assert_array_equal(array.values, part)
        assert array.axes["time"]["epoch"] == "2020-01-02T03:04:05.678901+00:00"
        assert array.axes["time"]["step"] == 0.002
