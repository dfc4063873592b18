"""SAC: obspy reads the same samples, times and names as the map, on made-up and on real files."""

from __future__ import annotations

import datetime as dt
import shutil
from pathlib import Path

import numpy as np
import pytest

import vspec
from tests.cards.maps import attributes, card, read
from vspec.authoring.faking import FakeOptions, fake

obspy = pytest.importorskip("obspy", reason="obspy is not installed")
pytestmark = [
    pytest.mark.peer,
    pytest.mark.filterwarnings("ignore::DeprecationWarning"),
    pytest.mark.filterwarnings("ignore::UserWarning"),
]
NAMES = {"network": "knetwk", "station": "kstnm", "location": "khole", "channel": "kcmpnm"}
REAL = (
    "LMOW.BHE.SAC",
    "interpolation_test_random_waveform_delta_0.01_npts_50.sac",
    "null_terminated.sac",
    "test.sac.swap",
)


def compare(file, out):
    report = vspec.apply(card("iris/sac"), file, out)
    assert not report.problems, report.problems
    (made,) = report.maps
    found, attrs = read(Path(made.map))["data"], attributes(Path(made.map))
    (trace,) = obspy.read(str(file), format="SAC")
    stats, time = trace.stats, found.axes["time"]
    assert np.array_equal(found.values, trace.data)
    assert time["step"] == pytest.approx(stats.delta, rel=1e-7)
    for name, own in NAMES.items():
        said = str(stats.sac.get(own, "")).strip().replace("-12345", "")
        assert attrs[name] == said == stats[name]
    if "epoch" in time:
        began = dt.datetime.fromisoformat(time["epoch"]) + dt.timedelta(seconds=time["start"])
        assert abs(stats.starttime.datetime - began) < dt.timedelta(milliseconds=1)


@pytest.mark.corpus
@pytest.mark.parametrize("name", REAL)
def test_real_files(name, corpus, tmp_path):
    shutil.copy(corpus / "sac" / name, tmp_path)
    compare(tmp_path / name, tmp_path / "maps")


@pytest.mark.parametrize("seed", range(4))
def test_made_up_files(seed, tmp_path):
    made = fake(card("iris/sac"), tmp_path, FakeOptions(seed=seed, example="velocity"))
    compare(made.files[0], tmp_path / "maps")
