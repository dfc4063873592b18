"""Lists written out along an axis whose size stands in the card, too."""

from __future__ import annotations

import pytest

from vspec.card.load import loads
from vspec.errors import VspecError

CARD = """vspec: 1
files: "{{name}}.dat"
params: {{n: {{type: int, default: 2}}}}
arrays:
  raw:
    dtype: int16
    shape: {{time: auto, side: {size}}}
    {more}
    axes:
      side: {{{entry}}}
"""


def codes(size, entry, more="attrs: {}"):
    try:
        loads(CARD.format(size=size, entry=entry, more=more), "card.yaml")
    except VspecError as error:
        return [problem.code for problem in error.problems]
    return []


@pytest.mark.parametrize("entry", ("labels: [left]", "gain: [1, 2, 3]", "offset: [0]", "depth: [1, 2, 3, 4]"))
def test_a_list_of_another_length_is_refused(entry):
    assert codes(2, entry) == ["V0188"]


@pytest.mark.parametrize(
    "entry", ("labels: [left, right]", "gain: [1, 2]", "gain: 0.5", "labels: 'range(3)'")
)
def test_a_list_that_fits_and_what_is_no_list_pass(entry):
    assert codes(2, entry) == []


def test_what_depends_on_a_file_is_not_judged():
    assert codes("n", "labels: [left]") == []
    assert codes(2, "if: n > 2, labels: [left]") == []
    assert codes(2, "labels: [left]", "if: n > 2") == []
    assert codes(2, "labels: [left]", "dims: time side -> side=(time side)") == []
