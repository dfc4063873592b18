"""The rules of the harness: what is equal, what is scaled, and what is neither."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.corpus.made_up import facts, part
from tests.corpus.matching import Verdict, judge
from tests.corpus.parts import si_factor

RAW = np.array([[-3, 10], [40, -5000], [600, 7], [8, 90], [1234, -17]], dtype=np.int16)
COUNT = np.arange(4 * 5 * 6, dtype=np.int32).reshape(4, 5, 6) * 7 % 101 - 50


def results(verdicts: list[Verdict]) -> list[str]:
    return [verdict.result for verdict in verdicts]


def alone(oracle, *parts) -> Verdict:
    (verdict,) = judge([facts("x", oracle)], parts)
    return verdict


# --- equal ---


def test_the_same_array_is_equal():
    assert alone(RAW, part("raw", RAW)) == Verdict("x", "equal", "raw")


@pytest.mark.parametrize("dtype", (">i2", "<i4", ">f8", "<f4"))
def test_another_type_that_holds_the_same_values_is_equal(dtype):
    assert alone(RAW, part("raw", RAW.astype(dtype))).result == "equal"


def test_axes_of_length_one_do_not_count():
    assert alone(RAW[:, None, :], part("raw", RAW)).result == "equal"
    assert alone(RAW[:, 0], part("raw", RAW[None, :, :1])).result == "equal"


def test_nan_is_equal_to_nan():
    values = np.array([np.nan, 1.5, np.nan], dtype=">f4")
    assert alone(values, part("v", values.astype("<f4"))).result == "equal"


def test_empty_arrays_are_equal_when_their_shapes_are():
    empty = np.zeros((0, 3), dtype=np.float32)
    assert alone(empty, part("v", empty)).result == "equal"
    assert alone(empty, part("v", np.zeros((0, 4), dtype=np.float32))).result == "unserved"
    assert alone(empty, part("v", np.zeros((3, 0), dtype=np.float32))).result == "unserved"


@pytest.mark.parametrize("true", (1, 255))
def test_booleans_are_equal_whatever_byte_a_reader_stores_for_true(true):
    bits = np.array([[0, 1, 0], [1, 1, 0]], dtype=np.uint8)
    oracle = (bits * np.uint8(true)).view(np.bool_)
    assert alone(oracle, part("bits", bits)).result == "equal"
    assert alone(oracle, part("bits", 1 - bits)).result == "unserved"
    other = bits.copy()
    other[0, 2] = 1
    assert alone(oracle, part("bits", other)).result == "unserved"


def test_a_single_value_without_axes_is_equal():
    assert alone(np.float64(2.5), part("v", np.array([2.5], dtype=np.float32))).result == "equal"


def test_complex_numbers_are_pairs_in_a_map():
    values = np.array([1 + 2j, -3 + 0.5j, 0 - 1j], dtype=np.complex64)
    pairs = values.view(np.float32).reshape(3, 2).astype(">f4")
    assert alone(values, part("v", pairs)).result == "equal"
    assert alone(values, part("v", pairs[:, ::-1])).result == "unserved"


def test_complex_numbers_may_be_pairs_of_integers_in_a_file():
    pairs = np.array([[1, 2], [-3, 0], [40000, -1]], dtype=">i4")
    values = pairs[:, 0] + 1j * pairs[:, 1]
    assert alone(values, part("v", pairs)).result == "equal"
    assert alone(values, part("v", pairs[:, ::-1])).result == "unserved"


def test_complex_numbers_may_be_two_arrays_of_a_group():
    real, imaginary = np.array([1.0, -3.0, 0.5]), np.array([2.0, 0.25, -1.0])
    pair = part("a/x/real", real), part("a/x/imag", imaginary)
    assert alone(real + 1j * imaginary, *pair) == Verdict("x", "equal", "a/x")
    assert alone(imaginary + 1j * real, *pair).result == "unserved"
    assert alone(real + 1j * imaginary, pair[0], part("b/imag", imaginary)).result == "unserved"


def test_texts_are_bytes_in_a_map():
    names = np.array([b"Fe", b"Cu", b"O"], dtype="S3")
    assert alone(names, part("v", names.view(np.uint8).reshape(3, 3))).result == "equal"


def test_truth_values_may_be_bytes_of_zero_and_one_but_not_of_two():
    truth = np.array([True, False, True])
    assert alone(truth, part("v", truth.astype(np.uint8))).result == "equal"
    assert alone(truth, part("v", truth.astype(np.uint8) * 2)).result == "unserved"


# --- selections ---


def test_one_index_of_an_axis_is_a_selection():
    verdict = alone(RAW[:, 1], part("raw", RAW))
    assert (verdict.result, verdict.part) == ("equal", "raw[:, 1]")


def test_a_slice_of_an_axis_is_a_selection():
    assert alone(COUNT[:, 1:4], part("c", COUNT)).part == "c[:, 1:4, :]"
    assert alone(COUNT[1:, :, ::2], part("c", COUNT)).part == "c[1:4, :, 0:5:2]"


def test_a_piece_at_either_end_of_an_axis_is_a_selection_and_one_inside_is_not():
    row = COUNT.reshape(-1)
    assert alone(row[:30], part("v", row)).part == "v[0:30]"
    assert alone(row[-30:], part("v", row)).part == "v[90:120]"
    assert alone(row[40:70], part("v", row)).result == "unserved"


def test_a_row_may_be_all_values_of_an_array_in_the_cards_order_of_axes():
    assert alone(COUNT.reshape(-1), part("v", COUNT)) == Verdict("x", "equal", "v in one row")
    assert alone(COUNT.transpose(0, 2, 1).reshape(-1), part("v", COUNT)).result == "unserved"


def test_channels_one_by_one_are_selections_of_one_array():
    channels = [facts(f"ch{k}", RAW[:, k].copy()) for k in range(2)]
    assert [v.part for v in judge(channels, [part("raw", RAW)])] == ["raw[:, 0]", "raw[:, 1]"]


def test_a_reversed_axis_is_no_selection():
    assert alone(RAW[::-1].copy(), part("raw", RAW)).result == "unserved"


def test_two_arrays_are_not_put_together():
    assert alone(RAW, part("a", RAW[:, 0]), part("b", RAW[:, 1])).result == "unserved"


@st.composite
def selected(draw):
    """An array of a map, and a selection along its axes that says enough to be recognised."""
    shape = draw(st.lists(st.integers(2, 5), min_size=1, max_size=4))
    kept = draw(st.integers(0, len(shape) - 1))
    shape[kept] = draw(st.sampled_from((29, 31, 36)))
    seed = draw(st.integers(0, 99))
    values = np.random.default_rng(seed).integers(-999, 999, shape, dtype=np.int32)
    keys = []
    for axis, size in enumerate(shape):
        start = draw(st.integers(0, size // 2))
        half = slice(start, draw(st.integers(start + (size + 1) // 2, size)))
        sliced = st.sampled_from((half, slice(None), slice(start % 2, None, 2)))
        keys.append(draw(sliced if axis == kept else st.one_of(sliced, st.integers(0, size - 1))))
    return values, np.array(values[tuple(keys)])


@given(selected(), st.data())
def test_any_selection_is_found_and_one_changed_sample_is_not(case, data):
    values, wanted = case
    assert alone(wanted, part("v", values)).result == "equal"
    wanted.flat[data.draw(st.integers(0, wanted.size - 1))] = 1001
    assert alone(wanted, part("v", values)).result == "unserved"


def test_what_the_reader_itself_put_side_by_side_needs_each_of_its_arrays():
    columns = [RAW[:, 0], RAW[:, 1], RAW[:, 0] // 2]
    said = [facts(f"tr{k}", column) for k, column in enumerate(columns)]
    said.append(facts("stacked[n,3]:tr0..tr2", np.stack(columns, axis=1)))
    parts = [part(f"p{k}", column) for k, column in enumerate(columns)]
    assert results(judge(said, parts)) == ["equal"] * 4
    assert results(judge(said, parts[:2])) == ["equal", "equal", "unserved", "unserved"]
    said[3] = facts("stacked[n,3]:tr0..tr2", np.stack(columns[::-1], axis=1))
    assert results(judge(said, parts)) == ["equal"] * 3 + ["unserved"]


def test_a_value_somewhere_in_an_array_is_no_selection_of_it():
    assert alone(np.array([7], dtype=np.int16), part("raw", RAW)).result == "unserved"
    assert alone(np.array([1, 1, 1]), part("v", np.ones((1000, 3), dtype=np.int64))).result == "unserved"
    assert alone(np.array([4, 5, 6]), part("v", np.arange(1000))).result == "unserved"


# --- what must be noticed ---


@pytest.mark.parametrize("wrong", ("u2", ">i2", "f2"))
def test_a_wrong_dtype_is_noticed(wrong):
    verdict = alone(RAW, part("raw", RAW.view(wrong)))
    assert verdict.result == "unserved"
    assert "raw" in verdict.note


def test_a_cast_that_changes_a_value_is_no_cast():
    wide = np.array([1, 2, 3, (1 << 53) + 1, 5], dtype=np.int64)
    assert alone(wide.astype(np.float64), part("v", wide)).result == "unserved"
    assert alone(np.array([0.5, 1.5]).astype(int), part("v", np.array([0.5, 1.5]))).result == "unserved"


@pytest.mark.parametrize(
    "wrong",
    (
        RAW.T,
        np.ascontiguousarray(RAW.T),
        RAW.reshape(2, 5),
    ),
)
def test_a_swapped_axis_is_noticed(wrong):
    verdict = alone(RAW, part("raw", wrong))
    assert verdict.result == "unserved"
    assert "another order" in verdict.note


def test_a_swapped_axis_of_a_square_is_noticed():
    square = RAW[:2]
    assert alone(square, part("raw", square.T)).result == "unserved"


@pytest.mark.parametrize("order", ((0, 2, 1), (2, 1, 0), (1, 2, 0)))
def test_a_swapped_axis_of_three_is_noticed(order):
    assert alone(COUNT, part("c", COUNT.transpose(order))).result == "unserved"


@pytest.mark.parametrize("at", (0, 4, 5, 9))
def test_one_sample_off_is_noticed(at):
    wrong = RAW.copy()
    wrong.reshape(-1)[at] += 1
    verdict = alone(RAW, part("raw", wrong))
    assert verdict.result == "unserved"
    assert verdict.note.startswith("raw <i2 has this shape")


def test_one_sample_off_is_not_excused_as_scaled_by_one():
    wanted = RAW.astype(np.float64)
    wrong = RAW.copy()
    wrong[2, 1] += 1
    assert alone(wanted, part("raw", wrong)).result == "unserved"
    assert alone(wanted, part("raw", wrong, gain=np.ones(2), offset=np.zeros(2))).result == "unserved"


def test_a_missing_array_is_noticed():
    verdicts = judge([facts("a", RAW), facts("b", COUNT)], [part("raw", RAW)])
    assert results(verdicts) == ["equal", "unserved"]
    assert "nothing has shape (4, 5, 6)" in verdicts[1].note


def test_a_map_without_arrays_serves_nothing():
    assert alone(RAW).note == "the map holds no array"


# --- views of one thing ---


def test_views_of_one_thing_may_share_a_part():
    same = [facts("a", RAW), facts("again", RAW.copy()), facts("wide", RAW.astype(np.float64))]
    assert results(judge(same, [part("raw", RAW)])) == ["equal", "equal", "equal"]


def test_a_view_in_another_axis_order_counts_beside_one_in_the_cards_order():
    both = [facts("mne", RAW.T.copy()), facts("neo", RAW)]
    verdicts = judge(both, [part("raw", RAW)])
    assert [(v.result, v.part) for v in verdicts] == [("equal", "raw transposed"), ("equal", "raw")]


def test_a_row_in_the_cards_order_says_nothing_about_the_order_of_axes():
    both = [facts("row", RAW[:, 0].copy()), facts("swapped", RAW)]
    assert results(judge(both, [part("raw", RAW.T)])) == ["equal", "unserved"]


def test_scaled_values_in_another_axis_order_count_beside_raw_ones_in_the_cards():
    both = [facts("raw", RAW), facts("volts", RAW.T * 0.25)]
    assert results(judge(both, [part("raw", RAW, gain=np.array([0.25, 0.25]))])) == ["equal", "scaled"]
    assert results(judge(both[1:], [part("raw", RAW, gain=np.array([0.25, 0.25]))])) == ["unserved"]


def test_integers_times_a_power_of_two_are_scaled():
    verdict = alone(RAW.astype(np.int32) << 8, part("raw", RAW))
    assert (verdict.result, verdict.note) == ("scaled", "times 2^8")
    down = alone(RAW, part("raw", RAW.astype(np.int32) << 3))
    assert (down.result, down.note) == ("scaled", "times 2^-3")


def test_integers_times_a_power_of_two_but_for_one_are_not():
    wrong = RAW.astype(np.int32) << 8
    wrong[2, 1] += 256
    assert alone(wrong, part("raw", RAW)).result == "unserved"
    assert alone(RAW.astype(np.int32) * 3, part("raw", RAW)).result == "unserved"


# --- scaled ---

GAIN, OFFSET = np.array([0.5, 0.195]), np.array([0.0, -3.0])


def test_the_maps_own_gain_and_offset_give_scaled_values():
    verdict = alone(RAW * GAIN + OFFSET, part("raw", RAW, gain=GAIN, offset=OFFSET))
    assert (verdict.result, verdict.part, verdict.note) == ("scaled", "raw", "scaled")


def test_scaled_values_in_single_precision_are_scaled():
    wanted = (RAW * GAIN + OFFSET).astype(np.float32)
    assert alone(wanted, part("raw", RAW, gain=GAIN, offset=OFFSET)).result == "scaled"


def test_units_may_differ_by_their_prefix():
    micro = part("raw", RAW, gain=GAIN, to_si=np.asarray(si_factor("uV")))
    assert alone(RAW * GAIN * 1e-6, micro).note == "scaled, in SI units"
    assert alone(RAW * GAIN * 1e-3, micro).result == "unserved"


def test_raw_values_in_other_units_are_scaled_without_a_gain():
    floats = RAW.astype(np.float32)
    assert alone(floats * np.float64(1e-9), part("raw", floats, to_si=np.asarray(1e-9))).result == "scaled"


def test_one_channel_of_scaled_values_is_a_selection():
    wanted = [facts(f"ch{k}", RAW[:, k] * GAIN[k]) for k in range(2)]
    verdicts = judge(wanted, [part("raw", RAW, gain=GAIN)])
    assert [(v.result, v.part) for v in verdicts] == [("scaled", "raw[:, 0]"), ("scaled", "raw[:, 1]")]


@pytest.mark.parametrize("factor", (1 + 1e-5, 1 - 1e-5, 1000.0, -1.0))
def test_a_wrong_gain_is_noticed(factor):
    assert alone(RAW * GAIN, part("raw", RAW, gain=GAIN * factor)).result == "unserved"


def test_a_wrong_offset_is_noticed():
    assert alone(RAW * GAIN + 1, part("raw", RAW, gain=GAIN)).result == "unserved"


def test_a_maximum_inside_is_compared_too():
    wrong = RAW.copy()
    wrong[2, 0], wrong[2, 1] = 9999, 7
    assert alone(RAW * GAIN, part("raw", wrong, gain=GAIN)).result == "unserved"


def test_values_found_verbatim_in_the_file_cannot_be_scaled_ones():
    (verdict,) = judge([facts("x", RAW * GAIN, verbatim=True)], [part("raw", RAW, gain=GAIN)])
    assert verdict.result == "unserved"


def test_two_things_that_look_alike_need_two_parts():
    one = np.array([0, 0, 0, 0, 9, -9, 3, 0, 0, 0, 0], dtype=np.int16)
    other = np.array([0, 0, 0, 0, -9, 9, 3, 0, 0, 0, 0], dtype=np.int16)
    wanted = [facts("one", one * 0.5), facts("other", other * 0.5)]
    first, second = (part(name, raw, gain=np.asarray(0.5)) for name, raw in (("a", one), ("b", other)))
    assert sorted(results(judge(wanted, [first]))) == ["scaled", "unserved"]
    verdicts = judge(wanted, [first, second])
    assert {v.part for v in verdicts} == {"a", "b"}


def test_integers_are_not_scaled_values():
    assert alone(RAW * 3, part("raw", RAW, gain=np.asarray(3.0))).result == "unserved"


# --- structured ---

POINTS = np.array(
    [(1, [0.5, 1.5], -7), (2, [2.5, 3.5], 8), (3, [4.5, 5.5], 9)],
    dtype=[("id", "<u2"), ("xy", "<f4", (2,)), ("flag", ">i4")],
)


def test_a_structured_array_is_put_together_by_field():
    fields = [part(name, POINTS[name].copy()) for name in ("flag", "xy", "id")]
    verdict = alone(POINTS, *fields)
    assert (verdict.result, verdict.part) == ("equal", "id, xy, flag")


def test_a_structured_array_with_one_field_off_is_noticed():
    wrong = POINTS["xy"].copy()
    wrong[1, 1] += 1
    assert (
        alone(POINTS, part("id", POINTS["id"]), part("xy", wrong), part("flag", POINTS["flag"])).result
        == "unserved"
    )
    assert alone(POINTS, part("id", POINTS["id"]), part("xy", POINTS["xy"])).result == "unserved"


LONG = np.zeros(3, dtype=[("id", "<u2"), ("corners", "<f4", (3, 3))])
LONG["id"] = 5, 6, 7
LONG["corners"] = np.arange(27).reshape(3, 3, 3)


def test_of_long_fields_the_recorded_start_is_enough():
    wanted = facts("x", LONG)
    first, last = ([[int(id), corners.ravel().tolist()[:8]] for id, corners in LONG] for _ in range(2))
    wanted = replace(wanted, first=tuple(first), last=tuple(last))
    parts = [part("id", LONG["id"].copy()), part("corners", LONG["corners"].copy())]
    assert results(judge([wanted], parts)) == ["equal"]
    parts[1].values[2, 2, 2] += 1
    assert results(judge([wanted], parts)) == ["unserved"]


CROSSING = np.array([[-20000, 3], [2000, 1999], [2001, 20000]], dtype=np.int16)


@pytest.mark.parametrize("dtype", ("f4", "f8"))
def test_near_zero_a_value_may_be_off_by_one_step_of_the_largest(dtype):
    wanted = (CROSSING * 0.1 - 200.0).astype(dtype)
    scaled = part("raw", CROSSING, gain=np.asarray(0.1), offset=np.asarray(-200.0))
    assert (np.abs(wanted).max(), wanted[1, 0]) == (2200, 0)
    wanted[1, 0] = 0.9 * 2200 * np.spacing(np.ones((), dtype))
    assert alone(wanted, scaled).result == "scaled"
    wanted[0, 1] *= 1 + 1e-5
    assert alone(wanted, scaled).result == "unserved"


def test_near_zero_a_double_that_is_off_by_a_ten_millionth_of_the_range_is_noticed():
    quarter = part("raw", np.array([0, 4000, 2000, 1001], dtype=np.int16), gain=np.asarray(0.25))
    assert alone(np.array([0.0, 1000.0, 500.0, 250.25]), quarter).result == "scaled"
    assert alone(np.array([0.0, 1000.0001, 500.0, 250.25]), quarter).result == "scaled"
    assert alone(np.array([0.0001, 1000.0, 500.0, 250.25]), quarter).result == "unserved"


@pytest.mark.parametrize(
    ("units", "factor"),
    (
        ("uV", 1e-6),
        ("µV", 1e-6),
        ("mV", 1e-3),
        ("nV", 1e-9),
        ("V", 1.0),
        ("pA", 1e-12),
        ("s", 1.0),
        ("ms", 1e-3),
        ("kHz", 1e3),
        ("m", 1.0),
        ("counts", 1.0),
        ("", 1.0),
    ),
)
def test_units_with_a_prefix_have_a_factor(units, factor):
    assert si_factor(units) == factor


def test_scaled_values_may_be_a_row_too():
    grid = np.arange(20, dtype=np.int16).reshape(4, 5) ** 2
    wanted = grid.reshape(-1) * 0.37 + 3
    found = part("v", grid, gain=np.full(5, 0.37), offset=np.full(5, 3.0))
    assert alone(wanted, found).result == "scaled"
    assert alone(wanted[::-1], found).result == "unserved"
