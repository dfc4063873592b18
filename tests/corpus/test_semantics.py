"""The rules for facts: what agrees, what differs, and what the map does not say."""

from __future__ import annotations

import numpy as np
import pytest

from tests.corpus.parts import Axis, Part
from tests.corpus.semantics import compare
from tests.corpus.stated import Stated

RAW = np.arange(20, dtype=np.int16).reshape(10, 2)
NAMES = ("Fp1", "Fp2", "STATUS")


def data(path="raw", values=RAW, dims=("time", "channel"), **meaning):
    return Part(path, dims, values, **meaning)


def timed(step=0.002, units="s", **more):
    return data(axes={"time": Axis(0.0, step, units)}, **more)


def fact(kind, *values, units=""):
    return Stated(kind, kind, values, units)


def result(stated, *parts):
    (compared,) = compare([stated], parts)
    return compared.result


# --- rates, steps, lengths ---


@pytest.mark.parametrize(
    ("step", "units"),
    ((0.002, "s"), (2.0, "ms"), (2000, "us"), (2000.0, "µs"), (0.002, "seconds"), (0.002, "")),
)
def test_a_rate_is_one_over_the_step_of_time(step, units):
    assert result(fact("rate", 500.0), timed(step, units)) == "agree"
    assert result(fact("step", 0.002), timed(step, units)) == "agree"


@pytest.mark.parametrize(
    ("step", "units"), ((0.002 * (1 + 1e-5), "s"), (0.002, "ms"), (500.0, "s"), (-0.002, "s"))
)
def test_another_rate_differs(step, units):
    assert result(fact("rate", 500.0), timed(step, units)) == "differs"
    assert result(fact("step", 0.002), timed(step, units)) == "differs"


def test_a_rate_in_single_precision_agrees():
    assert result(fact("rate", 100.0), timed(float(np.float32(0.01)))) == "agree"


def test_without_a_regular_axis_of_time_a_rate_is_unsaid():
    assert result(fact("rate", 500.0), data()) == "unsaid"
    assert result(fact("rate", 500.0), data(axes={"x": Axis(0.0, 0.002, "mm")})) == "unsaid"
    assert result(fact("rate", 500.0), data(axes={"x": Axis(0.0, 0.002)})) == "unsaid"
    assert result(fact("rate", 500.0), data(axes={"time": Axis(0.0, None, "s")})) == "unsaid"


def test_each_of_several_rates_must_be_there():
    slow = data("slow", RAW[:5], axes={"time": Axis(0.0, 0.004, "s")})
    assert result(fact("rate", 500.0, 250.0, 500.0), timed(), slow) == "agree"
    assert result(fact("rate", 500.0, 250.0, 125.0), timed(), slow) == "differs"


def test_both_values_are_shown():
    (compared,) = compare([fact("rate", 500.0)], [timed(0.001)])
    assert (compared.stated, compared.said) == ("500", "1000 Hz")


def test_an_attribute_or_coordinate_may_say_a_rate_but_an_axis_comes_first():
    assert result(fact("rate", 500.0), data(attrs={"sampling_rate": 500})) == "agree"
    assert result(fact("rate", 500.0), data(attrs={"sampling_rate": 250})) == "differs"
    assert result(fact("rate", 500.0), timed(0.004, attrs={"sampling_rate": 500})) == "differs"
    rates = data("channel_sample_rate", np.array([500.0, 250.0]), ("channel",))
    assert result(fact("rate", 500.0, 250.0), data(), rates) == "agree"
    assert result(fact("rate", 500.0, 500.0), data(), rates) == "differs"


def test_a_length_is_that_of_an_axis_of_time():
    assert result(fact("length", 10.0), timed()) == "agree"
    assert result(fact("length", 2.0), timed()) == "differs"
    assert result(fact("length", 10.0), data()) == "unsaid"


# --- names ---


def test_names_are_labels_in_their_order_and_may_leave_some_out():
    labelled = data(labels={"channel": NAMES})
    assert result(fact("names", "Fp1", "Fp2"), labelled) == "agree"
    assert result(fact("names", "Fp1", "STATUS"), labelled) == "agree"
    assert result(fact("names", "Fp1 ", "Fp2"), labelled) == "agree"


@pytest.mark.parametrize("names", (("Fp2", "Fp1"), ("Fp1", "Fpz"), ("fp1", "Fp2", "STATUS"), ("Fp1", "Fp1")))
def test_other_names_and_another_order_differ(names):
    assert result(fact("names", *names), data(labels={"channel": NAMES})) == "differs"


def test_names_may_be_those_of_arrays_or_spread_over_groups():
    apart = [data("EEG_Fp1", RAW[:, 0], ("time",)), data("b", labels={"channel": ("EEG Fp2", "x")})]
    assert result(fact("names", "EEG Fp1", "EEG Fp2"), *apart) == "agree"
    assert result(fact("names", "EEG Fp1", "EEG Fp9"), *apart) == "differs"


def test_labels_of_events_are_no_names_of_channels():
    events = data("onset", np.arange(2.0), ("event",), labels={"event": ("a", "b")})
    assert result(fact("names", "Fp1"), data(), events) == "unsaid"


def test_pieces_of_an_identifier_are_found_anywhere_or_unsaid():
    station = data(attrs={"network": "XA", "station": "S12"}, labels={"channel": ("LPX", "LPY")})
    assert result(fact("ids", "XA.S12..LPX", "XA.S12..LPY"), station) == "agree"
    assert result(fact("ids", "XA.S13..LPX"), station) == "unsaid"


# --- units, gains, offsets ---


def test_units_agree_with_their_prefix():
    assert result(fact("units", "uV"), data(units=("µV",))) == "agree"
    assert result(fact("units", "uV", "V"), data(units=("uV", "V"))) == "agree"
    assert result(fact("units", "furlong"), data(units=("furlong",))) == "agree"
    assert result(fact("units", "uV"), data(units=("mV",))) == "differs"
    assert result(fact("units", "uV"), data()) == "unsaid"
    assert result(fact("units", "uV"), data(), data("onset", RAW[:, 0], ("event",), units=("s",))) == "unsaid"


GAIN = np.array([0.5, 0.195])


def test_gains_stand_along_an_axis():
    scaled = data(gain=np.broadcast_to(GAIN, RAW.shape), offset=np.broadcast_to(GAIN * 4, RAW.shape))
    assert result(fact("gain", 0.5, 0.195), scaled) == "agree"
    assert result(fact("gain", 0.5), scaled) == "agree"
    assert result(fact("offset", 2.0, 0.78), scaled) == "agree"
    assert result(fact("gain", 0.195, 0.5), scaled) == "differs"
    assert result(fact("gain", 0.5, 0.195 * (1 + 1e-5)), scaled) == "differs"
    assert result(fact("gain", 0.5, 0.195, 0.1), scaled) == "differs"
    assert result(fact("offset", 2.0, 0.0), scaled) == "differs"


def test_a_gain_may_belong_to_a_whole_array():
    one, other = data(gain=np.asarray(0.5)), data("b", gain=np.asarray(0.25))
    assert result(fact("gain", 0.5), one) == "agree"
    assert result(fact("gain", 0.5, 0.5), one) == "agree"
    assert result(fact("gain", 0.5, 0.25, 0.5), one, other) == "agree"
    assert result(fact("gain", 0.5, 0.2), one, other) == "differs"


def test_a_gain_with_units_is_compared_in_si():
    micro = data(gain=np.asarray(500.0), to_si=np.asarray(1e-6), units=("uV",))
    assert result(fact("gain", 0.5, units="mV"), micro) == "agree"
    assert result(fact("gain", 500.0, units="uV"), micro) == "agree"
    assert result(fact("gain", 500.0, units="mV"), micro) == "differs"
    assert result(fact("gain", 500.0), micro) == "agree"
    assert result(fact("gain", 5e-4), micro) == "agree"


def test_a_map_without_scaling_says_no_gain():
    assert result(fact("gain", 0.5), data()) == "unsaid"
    assert result(fact("offset", 2.0), data()) == "unsaid"


def test_no_scaling_stated_counts_only_where_the_map_agrees():
    assert result(fact("gain", 1.0), data()) == "agree"
    assert result(fact("offset", 0.0), data()) == "agree"
    assert compare([fact("gain", 1.0)], [data(gain=np.asarray(0.5))]) == []
    assert compare([fact("gain", 1.0)], []) == []


# --- space and time ---

IMAGE = np.zeros((4, 5, 6, 7))


def image(*steps, units="mm"):
    axes = {dim: Axis(0.0, step, units) for dim, step in zip("zyx", steps, strict=True)}
    return data(values=IMAGE, dims=("time", "z", "y", "x"), axes={"time": Axis(0.0, 2.0, "s"), **axes})


def test_pixel_sizes_are_steps_of_axes_in_order_or_the_other_way_round():
    assert result(fact("spacing", 3.0, 2.0, 1.0), image(3.0, 2.0, 1.0)) == "agree"
    assert result(fact("spacing", 1.0, 2.0, 3.0), image(3.0, -2.0, 1.0)) == "agree"
    assert result(fact("spacing", 1.0, 2.0), image(3.0, 2.0, 1.0)) == "agree"
    assert result(fact("spacing", 1.0, 2.0, 3.0, 2.0), image(3.0, 2.0, 1.0)) == "agree"
    assert result(fact("spacing", 1.0, 2.0, 3.0), image(3e-3, 2e-3, 1e-3, units="m")) == "agree"


def test_other_pixel_sizes_differ():
    assert result(fact("spacing", 2.0, 1.0, 3.0), image(3.0, 2.0, 1.0)) == "differs"
    assert result(fact("spacing", 3.0, 2.0, 1.00001), image(3.0, 2.0, 1.0)) == "differs"
    assert result(fact("spacing", 1.0, 2.0, 3.0), timed()) == "unsaid"


def test_a_word_is_no_pixel_size():
    assert result(fact("spacing", 2.0), data(attrs={"spacing": "regular__"})) == "unsaid"
    assert result(fact("spacing", 2.0), data(attrs={"spacing": 3.0})) == "differs"


def test_a_start_is_the_epoch_and_the_first_coordinate():
    begun = data(axes={"time": Axis(10.0, 1.0, "s", "1978-07-18T08:00:00")})
    assert result(fact("start", "1978-07-18T08:00:10Z"), begun) == "agree"
    assert result(fact("start", "1978-07-18T10:00:10+02:00"), begun) == "agree"
    assert result(fact("start", "1978-07-18T08:00:00"), begun) == "differs"
    assert result(fact("start", "1978-07-18T08:00:10.002"), begun) == "differs"
    assert result(fact("start", 10.0), begun) == "agree"
    assert result(fact("start", 0.0), begun) == "differs"
    assert result(fact("start", "1978-07-18T08:00:10"), timed()) == "unsaid"
    assert result(fact("start", "some day"), begun) == "differs"


def test_a_map_without_arrays_says_nothing():
    kinds = ("rate", "step", "length", "names", "ids", "units", "gain", "offset", "spacing", "start")
    found = compare([fact(kind, "a" if kind in {"names", "ids", "units"} else 2.5) for kind in kinds], [])
    assert [compared.result for compared in found] == ["unsaid"] * len(kinds)
