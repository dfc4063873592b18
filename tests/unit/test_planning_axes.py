"""Axes: affine coordinates, labels, gains, units; and CF's scalar attributes where all agree."""

from __future__ import annotations

import numpy as np
import pytest

from tests.unit.opening import codes, planned
from vspec.errors import VspecError
from vspec.layout import Affine

CARD = """
vspec: 1
files: "*.dat"
let:
  names: "['a', 'b', 'c']"
  gains: "[0.5, 0.5, 0.25]"
  even: "[0.5, 0.5, 0.5]"
  three: "3"
arrays:
  raw:
    dtype: int16
    shape: {time: auto, channel: 3}
"""


def made(folder, *lines, card=CARD, size=42, params=None):
    text = card + "".join(f"    {line}\n" for line in lines)
    (layout,) = planned(text, folder, {"a.dat": bytes(size)}, params)[1].arrays
    return layout


def refused(folder, *lines, card=CARD, size=42):
    with pytest.raises(VspecError) as caught:
        made(folder, *lines, card=card, size=size)
    return caught.value.problems


def axis(layout, name):
    return next(a for a in layout.axes if a.name == name)


def coordinates(layout, name):
    return {c.name: c.values.tolist() for c in axis(layout, name).coordinates}


def test_time_is_two_numbers(tmp_path):
    layout = made(tmp_path, "time: {start: 2, step: 1 / 30000, units: s, epoch: '2024-05-01T12:00:00'}")
    assert axis(layout, "time").affine == Affine(2.0, 1 / 30000, "s", "2024-05-01T12:00:00")
    assert axis(layout, "channel").affine is None


def test_time_and_axes_are_one(tmp_path):
    one = made(tmp_path, "time: {step: 0.5, units: s}")
    other = made(tmp_path, "axes: {time: {step: 0.5, units: s}}")
    assert axis(one, "time") == axis(other, "time")


@pytest.mark.parametrize("given", ("start: 5", "step: 5"))
def test_start_and_step_have_defaults(tmp_path, given):
    affine = axis(made(tmp_path, f"time: {{{given}}}"), "time").affine
    assert affine == (Affine(5.0, 1.0) if given.startswith("start") else Affine(0.0, 5.0))


@pytest.mark.parametrize("step", ("'names'", "names", "\"'fast'\"", "1 == 1"))
def test_a_step_that_is_no_number(tmp_path, step):
    assert [p.code for p in refused(tmp_path, f"time: {{step: {step}}}")] == ["V0319"]


@pytest.mark.parametrize(
    "moment",
    (
        "2024-05-01",
        "2024-05-01 12:00",
        "2024-05-01T12:00:00.25",
        "2024-05-01T12:00:00Z",
        "1999-12-31T23:59:60+01:00",
    ),
)
def test_an_epoch_stays_as_it_is_written(tmp_path, moment):
    layout = made(tmp_path, f"time: {{step: 1, epoch: '{moment}'}}")
    assert axis(layout, "time").affine == Affine(0.0, 1.0, None, moment)


@pytest.mark.parametrize(
    "moment", ("01.05.2024 12:00", "2024-05-01T12", "20240501", "May 2024", "{{ three }}")
)
def test_an_epoch_that_is_no_moment(tmp_path, moment):
    (problem,) = refused(tmp_path, f"time: {{step: 1, epoch: '{moment}'}}")
    assert (problem.code, problem.found) == ("V0319", moment.replace("{{ three }}", "3"))


def test_an_epoch_from_which_nothing_is_counted(tmp_path):
    (problem,) = refused(tmp_path, "axes: {channel: {depth: '[1, 2, 3]', epoch: '2024-05-01'}}")
    assert (problem.code, problem.place.line) == ("V0319", 13)


def test_labels(tmp_path):
    assert axis(made(tmp_path, "axes: {channel: {labels: names}}"), "channel").labels == ("a", "b", "c")
    assert axis(made(tmp_path, "axes: {channel: {labels: 'range(3)'}}"), "channel").labels == ("0", "1", "2")


@pytest.mark.parametrize(
    "line",
    (
        "axes: {channel: {labels: names[0:2]}}",
        "axes: {channel: {gain: gains[0:2]}}",
        "axes: {channel: {offset: 'range(4)'}}",
        "axes: {channel: {impedance: 'range(4)'}}",
        "axes: {channel: {units: '{{ names[0:2] }}'}}",
    ),
)
def test_a_list_must_be_as_long_as_its_axis(tmp_path, line):
    line = line.replace("names[0:2]", "'names[0:2]'").replace("''", "'").replace("gains[0:2]", "'gains[0:2]'")
    line = line.replace("'{{ 'names[0:2]' }}'", '"{{ names[0:2] }}"')
    (problem,) = refused(tmp_path, line)
    assert (problem.code, problem.expected) == ("V0318", "3")
    assert "'channel'" in problem.message


@pytest.mark.parametrize(
    "line", ("axes: {channel: {labels: three}}", "axes: {channel: {impedance: '[[1], [2], [3]]'}}")
)
def test_a_value_that_is_no_list(tmp_path, line):
    assert [p.code for p in refused(tmp_path, line)] == ["V0319"]


def test_an_axis_that_the_array_does_not_have(tmp_path):
    (problem,) = refused(tmp_path, "axes: {chanel: {labels: names}}")
    assert problem.code == "V0175"
    assert "'channel'" in problem.help


def test_one_gain_for_all(tmp_path):
    layout = made(tmp_path, "axes: {channel: {gain: 0.195, units: uV}}")
    assert coordinates(layout, "channel") == {"units": ["uV"] * 3}
    assert layout.attrs == {"scale_factor": 0.195, "units": "uV"}


def test_gains_that_differ_are_no_scalar(tmp_path):
    layout = made(tmp_path, "axes: {channel: {gain: gains, units: uV}}")
    assert coordinates(layout, "channel") == {"gain": [0.5, 0.5, 0.25], "units": ["uV"] * 3}
    assert "units" not in layout.attrs
    assert "scale_factor" not in layout.attrs
    assert "add_offset" not in layout.attrs


def test_gains_that_agree_are_a_scalar_and_nothing_beside_it(tmp_path):
    layout = made(tmp_path, "axes: {channel: {gain: even, offset: 3}}")
    assert (layout.attrs["scale_factor"], layout.attrs["add_offset"]) == (0.5, 3.0)
    # Whoever multiplied by a coordinate after a reader of CF has scaled would scale twice.
    assert coordinates(layout, "channel") == {}


@pytest.mark.parametrize(("gain", "offset"), (("even", "'[1, 2, 3]'"), ("gains", "3")))
def test_half_a_scaling_would_be_a_wrong_one(tmp_path, gain, offset):
    layout = made(tmp_path, f"axes: {{channel: {{gain: {gain}, offset: {offset}}}}}")
    assert "scale_factor" not in layout.attrs
    assert "add_offset" not in layout.attrs


def test_units_for_each_channel(tmp_path):
    layout = made(tmp_path, "axes: {channel: {gain: even, units: '{{ names }}'}}")
    assert coordinates(layout, "channel") == {"gain": [0.5] * 3, "units": ["a", "b", "c"]}
    assert "units" not in layout.attrs
    assert "scale_factor" not in layout.attrs


def test_what_the_card_writes_wins_over_what_follows(tmp_path):
    layout = made(tmp_path, "axes: {channel: {gain: 2, units: uV}}", "attrs: {units: mV}")
    assert layout.attrs == {"scale_factor": 2.0, "units": "mV"}


def test_further_coordinates(tmp_path):
    layout = made(tmp_path, "axes: {channel: {x: '[1, 2, 3]', site: names, depth: 7}}")
    assert coordinates(layout, "channel") == {"x": [1, 2, 3], "site": ["a", "b", "c"], "depth": [7, 7, 7]}


def test_an_entry_counts_only_where_its_condition_holds(tmp_path):
    card = CARD.replace("{time: auto, channel: 3}", "'[7, 3]'\n    dims: \"['time', 'channel']\"")
    layout = made(tmp_path, "axes: {z: {if: three > 3, step: 2}, time: {if: three == 3, step: 5}}", card=card)
    assert axis(layout, "time").affine == Affine(0.0, 5.0)


def test_an_empty_axis_has_empty_coordinates(tmp_path):
    card = CARD.replace("channel: 3", "channel: 3 - three").replace("time: auto", "time: 2")
    layout = made(tmp_path, "axes: {channel: {gain: 2, labels: 'names[0:0]'}}", card=card)
    assert coordinates(layout, "channel") == {"gain": []}
    assert axis(layout, "channel").labels == ()
    assert "scale_factor" not in layout.attrs


def test_coordinates_of_a_joined_axis_count_its_positions(tmp_path):
    card = CARD.replace(
        "shape: {time: auto, channel: 3}", "shape: {b: 7, c: 3}\n    dims: 'b c -> flat=(b c)'"
    )
    layout = made(tmp_path, "axes: {flat: {step: 2, id: 'range(21)'}}", card=card)
    assert coordinates(layout, "flat")["id"] == list(range(21))


# --- attributes --------------------------------------------------------------------------------


def test_attributes_keep_their_types(tmp_path):
    attrs = {
        "text": "'{{ three }} channels'",
        "number": "'{{ three }}'",
        "ratio": "'{{ 1 / three }}'",
        "list": "'{{ names }}'",
        "plain": "5",
        "flag": "true",
        "nested": "{deep: '{{ gains }}', more: [1, '{{ three }}']}",
        "nothing": "'{{ none }}'",
    }
    lines = [f"  {key}: {value}" for key, value in attrs.items()]
    layout = made(tmp_path, "attrs:", *lines)
    assert layout.attrs == {
        "text": "3 channels",
        "number": 3,
        "ratio": 1 / 3,
        "list": ["a", "b", "c"],
        "plain": 5,
        "flag": True,
        "nested": {"deep": [0.5, 0.5, 0.25], "more": [1, 3]},
    }
    assert [type(layout.attrs[k]) for k in ("number", "ratio", "plain", "flag")] == [int, float, int, bool]


HEADER = """
vspec: 1
files:
  f:
    match: "*.dat"
    layout:
      fields:
        gain: float32
        n: uint8
        rec:
          repeat: 2
          fields: {a: uint8}
        data: uint8[x=4]
attrs:
  device: rig 3
  serial: "{{ f.n }}"
  /aux: {what: "n is {{ f.n }}"}
  /aux/deep: {level: 2}
arrays:
  aux/deep/raw:
    from: f.data
    attrs:
      gain: "{{ f.gain }}"
"""


@pytest.mark.parametrize(("gain", "text"), ((np.nan, "nan"), (np.inf, "inf"), (-np.inf, "-inf")))
def test_numbers_that_json_does_not_know_become_text(tmp_path, gain, text):
    data = np.float32(gain).tobytes() + bytes([7, 1, 2, 0, 1, 2, 3])
    plan = planned(HEADER, tmp_path, {"a.dat": data})[1]
    assert plan.arrays[0].attrs == {"gain": text}


def test_attributes_of_groups(tmp_path):
    data = np.float32(1).tobytes() + bytes([7, 1, 2, 0, 1, 2, 3])
    plan = planned(HEADER, tmp_path, {"a.dat": data})[1]
    assert plan.groups == {
        "": {"device": "rig 3", "serial": 7},
        "aux": {"what": "n is 7"},
        "aux/deep": {"level": 2},
    }


def test_a_record_is_no_attribute(tmp_path):
    text = HEADER.replace('"{{ f.gain }}"', '"{{ f.rec }}"')
    with pytest.raises(VspecError) as caught:
        planned(text, tmp_path, {"a.dat": bytes(11)})
    assert codes(caught.value) == ["V0319"]


def test_gains_along_two_axes_stay_coordinates(tmp_path):
    layout = made(tmp_path, "axes: {channel: {gain: even}, time: {gain: 2}}")
    assert coordinates(layout, "channel") == {"gain": [0.5] * 3}
    assert set(coordinates(layout, "time")["gain"]) == {2}
    assert "scale_factor" not in layout.attrs


@pytest.mark.parametrize("attrs", ("attrs: {scale_factor: 3}", "attrs: {add_offset: 1}"))
def test_two_scales_are_refused(tmp_path, attrs):
    with pytest.raises(VspecError) as caught:
        made(tmp_path, "axes: {channel: {gain: 2, offset: 1}}", attrs)
    assert codes(caught.value) == ["V0325"]
    assert [p.code for p in refused(tmp_path, "axes: {channel: {gain: gains}}", attrs)] == ["V0325"]


@pytest.mark.parametrize("key", ("vspec", "_ARRAY_DIMENSIONS"))
def test_names_that_the_map_itself_writes(tmp_path, key):
    with pytest.raises(VspecError) as caught:
        made(tmp_path, "axes: {channel: {x: 1}}", f"attrs: {{{key}: 3}}")
    assert codes(caught.value) == ["V0339"]


@pytest.mark.parametrize("key", ("gain", "offset"))
@pytest.mark.parametrize("given", ("\"['1', '1', '1']\"", "names", '"[true, true, true]"', "\"[1, 2, 'x']\""))
def test_a_scale_is_made_of_numbers(tmp_path, key, given):
    (problem,) = refused(tmp_path, f"axes: {{channel: {{{key}: {given}}}}}")
    assert problem.code == "V0319"
    assert "float(...)" in problem.help
