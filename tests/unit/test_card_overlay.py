"""``--with``: an overlay corrects metadata in the card's own tree, and nothing that places bytes."""

from __future__ import annotations

from pathlib import Path

import pytest

from vspec.card.load import load
from vspec.errors import VspecError

CARD = """\
vspec: 1
files: "*.dat"
params:
  rate: {type: float, default: 30000}
  n: {type: int}
attrs: {subject: unknown, rig: 3}
arrays:
  raw:
    dtype: int16
    shape: {time: auto, channel: n}
    attrs: {units: uV}
    time: {step: 1 / rate, units: s}
"""


def loaded(folder: Path, overlay: str):
    (folder / "card.yaml").write_text(CARD)
    (folder / "more.yaml").write_text(overlay)
    return load(folder / "card.yaml", folder / "more.yaml")


def test_params_attributes_and_coordinates_are_replaced(tmp_path):
    overlay = """\
params: {n: 4, rate: 25000}
attrs: {subject: mouse 7, day: 2}
arrays:
  raw:
    attrs: {units: mV, note: "{{ n }} channels"}
    time: {units: ms}
    axes: {channel: {labels: [a, b, c, d]}}
"""
    card = loaded(tmp_path, overlay)
    assert {p.name: p.default for p in card.params} == {"rate": 25000, "n": 4}
    assert {k: v.text.value if hasattr(v, "text") else v for k, v in card.attrs.items()} == {
        "subject": "mouse 7",
        "rig": 3,
        "day": 2,
    }
    (array,) = card.arrays
    axes = {axis.name: axis for axis in array.axes}
    assert axes["time"].step.text.value == "1 / rate"
    assert axes["time"].units.text.value == "ms"
    assert axes["channel"].labels is not None
    assert card.data["arrays"]["raw"]["attrs"] == {"units": "mV", "note": "{{ n }} channels"}


def test_a_wrong_value_is_shown_where_the_overlay_writes_it(tmp_path):
    with pytest.raises(VspecError) as caught:
        loaded(tmp_path, "arrays:\n  raw:\n    time: {step: 1 / rat}\n")
    (problem,) = caught.value.problems
    assert problem.code == "V0172"
    assert (Path(problem.place.file).name, problem.place.line) == ("more.yaml", 3)


@pytest.mark.parametrize(
    ("overlay", "line"),
    (
        ("files: '*.bin'", 1),
        ("arrays:\n  raw: {dtype: int32}", 2),
        ("arrays:\n  raw: {shape: {time: 3}}", 2),
        ("attrs: [1, 2]", 1),
        ("arrays:\n  raw: 3", 2),
    ),
)
def test_what_an_overlay_may_not_change(tmp_path, overlay, line):
    with pytest.raises(VspecError) as caught:
        loaded(tmp_path, overlay)
    (problem,) = caught.value.problems
    assert (problem.code, problem.place.line) == ("V0190", line)


@pytest.mark.parametrize("overlay", ("arrays:\n  row: {attrs: {a: 1}}", "params: {m: 3}"))
def test_what_the_card_does_not_have(tmp_path, overlay):
    with pytest.raises(VspecError) as caught:
        loaded(tmp_path, overlay)
    (problem,) = caught.value.problems
    assert problem.code == "V0191"
    assert problem.help in ("did you mean 'raw'?", "its params: n, rate")
