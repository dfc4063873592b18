"""Gaps between rows whose samples, or which themselves, are split by an arrow: how many samples a row has."""

from __future__ import annotations

import numpy as np
import pytest

from tests.unit.opening import planned, value
from vspec.errors import VspecError

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


FILES = """
vspec: 1
files:
  f:
    match: "{name}_{part:int}.dat"
    over: part
    layout:
      fields:
        r: {repeat: rest, fields: {t: uint8, x: "uint8[sample=2]"}}
arrays:
  raw:
    from: f.r.x
    dims: part r sample -> time=(part r sample)
    gaps: {at: f.r.t, step: 1, as: segment}
"""
FLAT = FILES.replace("from: f.r.x", "from: flat(f.r).x").replace("at: f.r.t", "at: flat(f.r.t)")
FLAT = FLAT.replace("part r sample -> time=(part r sample)", "r sample -> time=(r sample)")


def two_files(first, second):
    raw = [b"".join(bytes([t, 10 * t, 10 * t + 1]) for t in times) for times in (first, second)]
    return {"a_1.dat": raw[0], "a_2.dat": raw[1]}


def test_records_of_several_files_are_cut_where_they_are_counted_through(tmp_path):
    opened, found = planned(FLAT, tmp_path, two_files((0, 2, 6), (8, 12)))
    segments = {layout.path: value(opened, layout).tolist() for layout in found.arrays}
    assert segments == {
        "segment_0/raw": [0, 1, 20, 21],
        "segment_1/raw": [60, 61, 80, 81],
        "segment_2/raw": [120, 121],
    }


@pytest.mark.parametrize(
    ("times", "code", "found"),
    (
        (((0, 2, 4), (6, 8)), "V0319", "2 lists of unequal length"),
        (((0, 2, 4), (6, 8, 10)), "V0318", "3"),
    ),
)
def test_times_inside_rows_are_refused_with_what_to_write(tmp_path, times, code, found):
    with pytest.raises(VspecError) as caught:
        planned(FILES, tmp_path, two_files(*times))
    (problem,) = caught.value.problems
    assert (problem.code, problem.found) == (code, found)
    assert "flat(" in problem.help


def test_times_of_the_samples_of_uneven_rows_are_refused(tmp_path):
    fields = '{n: uint8, t: "uint8[sample=n]", x: "uint8[sample=n]"}'
    card = CARD.replace(
        'repeat: 4, fields: {t: uint8, x: "uint8[sample=6]"}', f"repeat: rest, fields: {fields}"
    )
    card = card.replace("ARROW", "r sample -> time=(r sample)").replace("STEP", "1")
    with pytest.raises(VspecError) as caught:
        planned(card, tmp_path, {"a.dat": bytes([2, 0, 1, 7, 7, 1, 2, 7])})
    assert [problem.code for problem in caught.value.problems] == ["V0319"]


@pytest.mark.parametrize("times", ("f.r.t * 2", "1 + f.r.t", "-f.r.t", "4 in f.r.t"))
def test_lists_of_unequal_length_are_no_numbers(tmp_path, times):
    with pytest.raises(VspecError) as caught:
        planned(FILES.replace("at: f.r.t", f'at: "{times}"'), tmp_path, two_files((0, 2, 4), (6, 8)))
    (problem,) = caught.value.problems
    assert (problem.code, "flat(" in problem.help) == ("V0226", True)
