"""Gaps between rows whose samples, or which themselves, are split by an arrow: how many samples a row has."""

from __future__ import annotations

import numpy as np
import pytest

from tests.unit.opening import planned, value

CARD = """
vspec: 1
files:
  f:
    match: "{name}.dat"
    layout:
      fields:
        r: {repeat: 4, fields: {t: uint8, x: "uint8[sample=6]"}}
arrays:
  raw:
    from: f.r.x
    dims: "ARROW"
    gaps: {at: f.r.t, step: STEP, as: segment}
"""
SAMPLES = np.arange(24, dtype=np.uint8).reshape(4, 6)


def made(folder, arrow, times, step=1):
    raw = np.column_stack([np.array(times, np.uint8), SAMPLES]).tobytes()
    text = CARD.replace("ARROW", arrow).replace("STEP", str(step))
    opened, found = planned(text, folder, {"a.dat": raw})
    return {layout.path: value(opened, layout).tolist() for layout in found.arrays}


@pytest.mark.parametrize(
    "arrow",
    (
        "r sample -> time=(r sample)",
        "r sample=(p:2 q) -> time=(r p q)",
        "r=(a:2 b) sample -> time=(a b sample)",
        "r=(a:2 b) sample=(p q:3) -> time=(a b p q)",
    ),
)
def test_rows_of_six_samples_follow_each_other(tmp_path, arrow):
    assert made(tmp_path, arrow, [0, 6, 12, 18]) == {"segment_0/raw": list(range(24))}


def test_what_is_kept_apart_is_no_time(tmp_path):
    # three samples of two channels in each row
    arrow = "r sample=(p:3 c) -> time=(r p) c"
    found = made(tmp_path, arrow, [0, 3, 6, 9])
    assert found == {"segment_0/raw": SAMPLES.reshape(12, 2).tolist()}


def test_a_gap_between_split_rows_is_still_found(tmp_path):
    found = made(tmp_path, "r sample=(p:2 q) -> time=(r p q)", [0, 6, 20, 26])
    assert found == {"segment_0/raw": list(range(12)), "segment_1/raw": list(range(12, 24))}
