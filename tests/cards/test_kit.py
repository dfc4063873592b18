"""KIT MEG: MNE-Python adds a channel that it makes of triggers; with it every scaled value is the same."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

import numpy as np
import pytest

import vspec
from tests.cards.maps import card, gains, read

FILES = {
    "010409_Motor_task_coregist-export_tiny_1s.con": 151,
    "Example_PQA160C_1001-export_anonymyze.con": 160,
    "Example_RICOH160-1_10020-export_anonymyze.con": 160,
    "MQKIT_125_2sec.con": 128,
}
"""The first of the eight channels of triggers."""


def with_triggers(scaled, first):
    """Add MNE-Python's channel: a bit for each of eight channels that is below 1 V."""
    low = scaled[first : first + 8] < 1
    codes = (low * 2.0 ** np.arange(8)[:, np.newaxis]).sum(axis=0)
    return np.vstack([scaled, codes])


@pytest.mark.corpus
@pytest.mark.parametrize("name", FILES)
def test_scaled_values_are_those_of_mne(name, corpus, tmp_path):
    said = json.loads((corpus / "ORACLE.json").read_text(encoding="utf-8"))[f"kit/{name}"]
    report = vspec.apply(card("ricoh/kit"), corpus / "kit" / name, tmp_path)
    assert not report.problems, report.problems
    arrays = read(Path(report.maps[0].map))
    samples = arrays["samples"]
    scaled = with_triggers(samples.values * gains(arrays, "samples")[:, np.newaxis], FILES[name])
    wanted = said["arrays"]["data_SI_scaled"]
    assert list(scaled.shape) == wanted["shape"]
    assert hashlib.sha256(np.ascontiguousarray(scaled).tobytes()).hexdigest() == wanted["sha256_le_c"]
    assert samples.labels["channel"][:8] == said["extra"]["ch_names"]
    assert 1 / samples.axes["time"]["step"] == pytest.approx(said["extra"]["sfreq"], rel=1e-12)
