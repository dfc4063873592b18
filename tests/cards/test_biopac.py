"""BIOPAC: markers of real files, their places, texts and channels as a hex dump shows them."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

import vspec
from tests.cards.maps import card, read

pytestmark = pytest.mark.corpus
BREATHING = [
    (0, "Segment 1"),
    (0x21AA, "Breathe In"),
    (0x2FA7, "Breathe Out"),
    (0x3017, "Deep Breath 1"),
    (0x4AC2, "EDA Peak"),
    (0x4AC2, "EDA Peak"),
    (0x8248, "Deep Breath 2"),
    (0x87F7, "EDA Trough"),
    (0x87F7, "EDA Trough"),
    (0x11F3C, "Deep Breath 3"),
]
ONE = [(0, "Segment 1")]


@pytest.mark.parametrize(
    ("name", "markers", "channel"),
    (
        ("physio-3.9.1", BREATHING, -1),
        ("nojournal-3.8.1", ONE, -1),
        ("nojournal-4.1.0", ONE, -1),
        ("nojournal-4.4.0", ONE, -1),
    ),
)
def test_markers_are_events(name, markers, channel, corpus, tmp_path):
    report = vspec.apply(card("biopac/acq"), corpus / f"biopac_acq/{name}.acq", tmp_path)
    assert not report.problems, report.problems
    found = read(Path(report.maps[0].map))
    onset = found["events/onset"]
    assert onset.labels["event"] == [text for _, text in markers]
    axes = [array.axes["time"] for path, array in found.items() if path.endswith("/samples")]
    start, step = axes[0]["start"], min(axis["step"] for axis in axes)
    np.testing.assert_allclose(onset.values, [start + sample * step for sample, _ in markers], rtol=1e-12)
    assert found["events/channel"].values.tolist() == [channel] * len(markers)


def test_a_version_whose_markers_are_unknown_has_no_events(corpus, tmp_path):
    report = vspec.apply(card("biopac/acq"), corpus / "biopac_acq/r35_test.acq", tmp_path)
    assert not [path for path in read(Path(report.maps[0].map)) if path.startswith("events/")]


@pytest.mark.parametrize(("name", "markers"), (("nojournal-4.2.0-c", ONE), ("physio-4.4.0-c", BREATHING)))
def test_compressed_files_have_markers_too(name, markers, corpus, tmp_path):
    report = vspec.apply(card("biopac/acq-compressed"), corpus / f"biopac_acq_zlib/{name}.acq", tmp_path)
    assert not report.problems, report.problems
    onset = read(Path(report.maps[0].map))["events/onset"]
    assert onset.labels["event"] == [text for _, text in markers]


def test_each_card_refuses_the_files_of_the_other(corpus, tmp_path):
    for id, name in (
        ("biopac/acq", "biopac_acq_zlib/physio-4.4.0-c"),
        ("biopac/acq-compressed", "biopac_acq/nojournal-4.4.0"),
        ("biopac/acq-compressed", "biopac_acq/r35_test"),
    ):
        report = vspec.apply(card(id), corpus / f"{name}.acq", tmp_path)
        assert report.problems
        assert not [entry for entry in report.maps if entry.map is not None]
