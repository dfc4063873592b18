"""Slots that are partly filled, recordings with gaps, and blocks of unequal length, through a map."""

from __future__ import annotations

import struct

import numpy as np
import pytest

from tests.cards.maps import read
from vspec.commands.apply import apply
from vspec.commands.options import ApplyOptions
from vspec.commands.verify import verify

HEAD = """\
vspec: 1
title: made up
files:
  f:
    match: "{name}.f"
    endian: little
    layout:
      fields:
        record:
          repeat: rest
          fields:
            time: uint64
            n: uint16
            samples: int16[sample=n of 8, channel=2]
arrays:
  raw:
    from: f.record.samples
    dims: record sample channel -> time=(record sample) channel
"""
GAPS = (
    HEAD
    + "    time: {step: 1 / 10, units: s, start: 2}\n    gaps: {at: f.record.time, step: 100, tolerance: 5"
)


def record(time, n, first):
    """Return a record of eight slots of two channels, of which n hold the numbers from ``first`` on."""
    slots = np.full((8, 2), -7, "<i2")
    slots[:n] = np.arange(first, first + 2 * n).reshape(n, 2)
    return struct.pack("<QH", time, n) + slots.tobytes()


def mapped(tmp_path, card, content, **options):
    (tmp_path / "card.yaml").write_text(card)
    (tmp_path / "a.f").write_bytes(content)
    report = apply(tmp_path / "card.yaml", tmp_path / "a.f", tmp_path, options=ApplyOptions(**options))
    if report.problems:
        return report.problems
    assert [one.problems for one in verify(tmp_path / "a.vspec.json").maps] == [()]
    return read(tmp_path / "a.vspec.json")


@pytest.mark.parametrize("profile", (None, "portable", "packed"))
@pytest.mark.parametrize("counts", ((8, 8, 8), (8, 8, 3), (8, 1, 8), (0, 8), (0,), (5,), ()))
def test_only_what_is_filled_counts(tmp_path, counts, profile):
    starts = np.cumsum([0, *counts]) * 2
    content = b"".join(record(0, n, first) for n, first in zip(counts, starts, strict=False))
    found = mapped(tmp_path, HEAD, content, profile=profile)
    total = sum(counts)
    np.testing.assert_array_equal(found["raw"].values, np.arange(2 * total).reshape(total, 2))


PARTS = HEAD.replace('"{name}.f"', '"{name}_{part:int}.f"\n    over: part').replace(
    "dims: record sample channel -> time=(record sample) channel",
    "dims: part record sample channel -> part time=(record sample) channel",
)


def of_parts(tmp_path, *parts):
    (tmp_path / "data").mkdir()
    for k, counts in enumerate(parts):
        content = b"".join(record(0, n, 100 * k + 10 * i) for i, n in enumerate(counts))
        (tmp_path / "data" / f"a_{k}.f").write_bytes(content)
    (tmp_path / "card.yaml").write_text(PARTS)
    return apply(tmp_path / "card.yaml", tmp_path / "data", tmp_path)


@pytest.mark.parametrize("parts", (((8, 3), (8, 4)), ((8, 3, 2), (8, 3, 1)), ((0, 0), (0, 1))))
def test_files_kept_apart_must_hold_as_much_as_each_other(tmp_path, parts):
    (problem,) = of_parts(tmp_path, *parts).problems
    least, most = sorted(sum(part) for part in parts)
    assert problem.code == "V0323"
    assert "along 'part'" in problem.message
    assert problem.expected == "a join: sample=(part record sample)"
    assert problem.found == f"sizes {least} to {most}"


def test_files_kept_apart_may_hold_as_much_in_other_slots(tmp_path):
    report = of_parts(tmp_path, (8, 3), (5, 6))
    assert not report.problems
    found = read(tmp_path / "a.vspec.json")["raw"].values
    expected = [
        np.concatenate([np.arange(0, 16), np.arange(10, 16)]).reshape(11, 2),
        np.concatenate([np.arange(100, 110), np.arange(110, 122)]).reshape(11, 2),
    ]
    np.testing.assert_array_equal(found, expected)


def test_more_than_there_is_room_for_is_an_error_with_its_place(tmp_path):
    problems = mapped(tmp_path, HEAD, record(0, 8, 0) + record(0, 8, 16)[:8] + b"\x09\x00" + bytes(32))
    assert [(p.code, p.data_file, p.offset) for p in problems] == [("V0327", "a.f", 42 + 10)]


def test_a_slot_is_read_as_far_as_it_is_filled(tmp_path):
    card = (
        HEAD + '    attrs: {first: "{{ f.record[1].samples[0] }}", all: "{{ len(f.record[1].samples) }}"}\n'
    )
    found = mapped(tmp_path, card, record(0, 8, 0) + record(0, 3, 16))
    assert found["raw"].attrs["all"] == 3
    assert found["raw"].attrs["first"] == [16, 17]


def times(*starts):
    return b"".join(record(start, 8, 16 * k) for k, start in enumerate(starts))


def test_a_gap_is_an_error_until_the_card_allows_it(tmp_path):
    (problem,) = mapped(tmp_path, GAPS + "}\n", times(1000, 1800, 2900, 3700, 9000))
    assert problem.code == "V0328"
    assert "2 gaps" in problem.message
    assert "before row 2" in problem.message
    assert (problem.expected, problem.found) == ("800 after row 1", "1100 after it")
    assert (problem.data_file, problem.offset) == ("a.f", 2 * 42)


@pytest.mark.parametrize(
    ("at", "offset"),
    (
        ("f.record.time", 3 * 42),
        ("f.record[0:4].time", 3 * 42),
        ("when", 3 * 42),
        ("f.later", 3 * 42),
        ("own[0:4]", 3 * 42 + 8),
        ("range(4) * 700", None),
    ),
)
def test_the_time_after_a_gap_has_a_place_also_where_it_is_computed(at, offset, tmp_path):
    """A sum lies where the first number of it does, the number of samples here."""
    card = GAPS.replace("at: f.record.time", f'at: "{at}"')
    lets = "      let: {later: record.time * 1 + 5}\nlet: {when: 1 * moment, moment: f.record.time}\n"
    card = card.replace("arrays:", lets + "arrays:")
    card = card.replace("    from:", "    let: {own: 2 * f.record.n + f.record.time}\n    from:")
    (problem,) = mapped(tmp_path, card + "}\n", times(1000, 1800, 2600, 3500))
    assert (problem.code, problem.data_file, problem.offset) == ("V0328", "a.f", offset)


def test_times_within_the_tolerance_are_no_gap(tmp_path):
    found = mapped(tmp_path, GAPS + "}\n", times(1000, 1805, 2600))
    assert found["raw"].values.shape == (24, 2)


def test_each_stretch_without_gaps_becomes_a_group_with_its_start(tmp_path):
    found = mapped(tmp_path, GAPS + ", as: segment}\n", times(1000, 1800, 2900))
    first, second = found["segment_0/raw"], found["segment_1/raw"]
    np.testing.assert_array_equal(first.values, np.arange(32).reshape(16, 2))
    np.testing.assert_array_equal(second.values, np.arange(32, 48).reshape(8, 2))
    # 100 units last one sample of 1/10 s: 1000 units are 1 s, 2900 are 2.9 s, and the axis begins at 2 s
    starts = [array.attrs["vspec"]["axes"]["time"]["start"] for array in (first, second)]
    assert starts == pytest.approx([3.0, 4.9], rel=1e-15)


@pytest.mark.parametrize(
    ("condition", "paths"), (("1 > 2", {"raw"}), ("2 > 1", {"segment_0/raw", "segment_1/raw"}))
)
def test_gaps_count_only_where_their_condition_holds(condition, paths, tmp_path):
    card = GAPS + f", as: segment, if: {condition}}}\n"
    found = mapped(tmp_path, card, times(1000, 1800, 2900))
    arrays = [found[path].values for path in sorted(paths)]
    assert set(found) == paths
    np.testing.assert_array_equal(np.concatenate(arrays), np.arange(48).reshape(24, 2))


def test_a_file_without_times_need_not_say_any(tmp_path):
    card = GAPS.replace("time: uint64", "time: uint64 if size(f) > 1000") + ", if: size(f) > 1000}\n"
    content = b"".join(record(0, 8, 16 * k)[8:] for k in range(3))
    assert mapped(tmp_path, card, content)["raw"].values.shape == (24, 2)


def test_a_recording_without_gaps_is_one_segment(tmp_path):
    assert mapped(tmp_path, GAPS + ", as: segment}\n", times(0, 800))["segment_0/raw"].values.shape == (16, 2)


def test_short_records_make_the_next_one_due_earlier(tmp_path):
    content = record(0, 8, 0) + record(800, 3, 16) + record(1100, 8, 22)
    assert mapped(tmp_path, GAPS + "}\n", content)["raw"].values.shape == (19, 2)


def test_the_largest_times_do_not_wrap(tmp_path):
    far = 2**63 - 4000
    assert mapped(tmp_path, GAPS + "}\n", times(far, far + 800))["raw"].values.shape == (16, 2)


def test_a_time_that_is_no_number_is_a_gap(tmp_path):
    card = GAPS.replace("time: uint64", "time: float64") + "}\n"
    rows = [struct.pack("<d", t) + times(0)[8:] for t in (0.0, float("nan"), 1600.0)]
    (problem,) = mapped(tmp_path, card, b"".join(rows))
    assert problem.code == "V0328"


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize("time", (float("nan"), float("inf"), float("-inf")))
def test_a_stretch_without_a_start_is_an_error_with_its_place(time, tmp_path):
    card = GAPS.replace("time: uint64", "time: float64") + ", as: segment}\n"
    rows = [struct.pack("<d", t) + times(0)[8:] for t in (0.0, 800.0, time, time, 1600.0)]
    (problem,) = mapped(tmp_path, card, b"".join(rows))
    assert (problem.code, problem.found) == ("V0328", str(time))
    assert (problem.data_file, problem.offset) == ("a.f", 2 * len(rows[0]))


def test_gaps_between_all_of_many_rows_are_an_error(tmp_path):
    card = GAPS.replace("step: 100", "step: 1") + ", as: segment}\n"
    (problem,) = mapped(tmp_path, card, times(*range(0, 800 * 10_001, 800)))
    assert (problem.code, problem.expected, problem.found) == ("V0328", "8 after row 0", "800 after it")
    assert "same units" in problem.help


def test_a_difference_beyond_64_bits_is_a_gap(tmp_path):
    card = GAPS.replace("time: uint64", "time: int64") + "}\n"
    rows = [
        struct.pack("<q", t) + times(0)[8:] for t in (2**63 - 1, -(2**63) + 799)
    ]  # 800 later, if it wrapped
    (problem,) = mapped(tmp_path, card, b"".join(rows))
    assert problem.code == "V0328"


def test_no_tolerance_at_all(tmp_path):
    card = GAPS.replace("tolerance: 5", "tolerance: 0") + "}\n"
    assert mapped(tmp_path, card, times(0, 800))["raw"].values.shape == (16, 2)
    (problem,) = mapped(tmp_path, card, times(0, 801))
    assert problem.code == "V0328"
    (problem,) = mapped(tmp_path, GAPS.replace("tolerance: 5", "tolerance: -1") + "}\n", times(0, 800))
    assert (problem.code, "0 or more" in problem.message) == ("V0319", True)


def test_a_segment_keeps_its_start_where_the_axis_has_no_step(tmp_path):
    card = GAPS.replace("    time: {step: 1 / 10, units: s, start: 2}\n", "") + ", as: segment}\n"
    found = mapped(tmp_path, card, times(1000, 2900))
    axes = [found[f"segment_{k}/raw"].attrs["vspec"]["axes"]["time"] for k in (0, 1)]
    assert axes == [{"start": 1000.0, "step": 100.0}, {"start": 2900.0, "step": 100.0}]


def test_times_of_every_sample(tmp_path):
    card = """\
vspec: 1
title: made up
files:
  f:
    match: "{name}.f"
    endian: little
    layout:
      fields:
        record: {repeat: rest, fields: {time: "int32[sample=4]", x: "uint8[sample=4]"}}
arrays:
  raw:
    from: f.record.x
    dims: record sample -> time=(record sample)
    gaps: {at: f.record.time, step: 1, as: segment}
"""

    def block(times, first):
        return np.array(times, "<i4").tobytes() + bytes(range(first, first + 4))

    found = mapped(
        tmp_path, card, block([0, 1, 2, 3], 0) + block([4, 5, 6, 7], 4) + block([9, 10, 11, 12], 8)
    )
    assert found["segment_0/raw"].values.tolist() == list(range(8))
    assert found["segment_1/raw"].values.tolist() == [8, 9, 10, 11]
    (problem,) = mapped(tmp_path, card, block([0, 1, 5, 6], 0))
    assert (problem.code, "inside" in problem.message) == ("V0328", True)
    assert (problem.data_file, problem.offset) == ("a.f", 2 * 4)
    (problem,) = mapped(tmp_path, card, block([0, 1, 2, 3], 0) + block([4, 5, 6, 8], 4))
    assert problem.offset == 20 + 3 * 4


def test_one_time_for_each_row(tmp_path):
    (problem,) = mapped(
        tmp_path, GAPS.replace("at: f.record.time", 'at: "f.record.time[1:]"') + "}\n", times(0, 8)
    )
    assert (problem.code, problem.expected, problem.found) == ("V0318", "2", "1")


def test_blocks_of_unequal_length_become_arrays_of_their_own(tmp_path):
    card = """\
vspec: 1
title: made up
files:
  f:
    match: "{name}.f"
    endian: big
    layout:
      fields:
        block: {repeat: rest, fields: {n: uint8, x: "int16[time=n, channel=3]"}}
arrays:
  raw: {from: f.block.x, blocks: segment}
"""
    content = b"".join(bytes([n]) + np.arange(3 * n, dtype=">i2").tobytes() for n in (2, 5, 1))
    found = mapped(tmp_path, card, content)
    for k, n in enumerate((2, 5, 1)):
        np.testing.assert_array_equal(found[f"block_{k}/raw"].values, np.arange(3 * n).reshape(n, 3))
    problems = mapped(tmp_path, card.replace(", blocks: segment", ""), content)
    assert [problem.code for problem in problems] == ["V0323"]


PLACED = """\
vspec: 1
title: made up
files:
  f:
    match: "{name}.f"
    endian: little
    layout:
      fields:
        wide: uint8
        record:
          repeat: rest
          size: 12
          fields:
            n: uint8
            samples: int16[sample=n of 4] if wide == 2 @ start + 4
            bytes_: int8[sample=n of 8] if wide == 1 @ start + 4
arrays:
  raw:
    if: f.wide == 2
    from: f.record.samples
    dims: record sample -> time=(record sample)
  small:
    if: f.wide == 1
    from: f.record.bytes_
    dims: record sample -> time=(record sample)
"""


@pytest.mark.parametrize("profile", (None, "portable", "packed"))
@pytest.mark.parametrize("counts", ((4, 2, 3), (0, 4), (1,)))
@pytest.mark.parametrize("wide", (1, 2))
def test_slots_with_a_place_and_a_condition(tmp_path, counts, profile, wide):
    name, kind = ("raw", "<i2") if wide == 2 else ("small", "i1")
    rows = [bytes([n, 0, 0, 0, *range(9 * n, 9 * n + 8)]) for n in counts]
    found = mapped(tmp_path, PLACED, bytes([wide]) + b"".join(rows), profile=profile)
    wanted = b"".join(row[4 : 4 + n * wide] for n, row in zip(counts, rows, strict=True))
    assert set(found) == {name}
    assert np.array_equal(found[name].values, np.frombuffer(wanted, kind))
