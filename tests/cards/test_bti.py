"""BTi: MNE-Python sorts the channels by name; in that order every scaled value is the same."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

import numpy as np
import pytest

import vspec
from tests.cards.maps import card, read

FILES = ("bti/4Dsim/c,rfDC", "bti/solaris/test_pdf_solaris")


def by_name(names):
    """Return the order in which MNE-Python has channels: sensors by number, then the others as stored."""
    sensors = [i for i, name in enumerate(names) if name.startswith("A")]
    others = [i for i, name in enumerate(names) if not name.startswith("A")]
    return sorted(sensors, key=lambda i: int(names[i][1:])) + others


@pytest.mark.corpus
@pytest.mark.parametrize("name", FILES)
def test_scaled_values_are_those_of_mne(name, corpus, tmp_path):
    said = json.loads((corpus / "ORACLE.json").read_text(encoding="utf-8"))[name]
    report = vspec.apply(card("bti/pdf"), (corpus / name).parent, tmp_path)
    assert not report.problems, report.problems
    arrays = read(Path(report.maps[0].map))
    samples, gains = arrays["samples"], arrays["channel_gain"].values
    order = by_name(samples.labels["channel"])
    scaled = (samples.values.astype(np.float64) * gains[:, np.newaxis])[order]
    assert [samples.labels["channel"][i] for i in order][:8] == said["extra"]["ch_names"]
    assert 1 / samples.axes["time"]["step"] == pytest.approx(said["extra"]["sfreq"], rel=1e-7)
    wanted = said["arrays"]["data_SI_scaled"]
    assert list(scaled.shape) == wanted["shape"]
    assert hashlib.sha256(np.ascontiguousarray(scaled).tobytes()).hexdigest() == wanted["sha256_le_c"]
