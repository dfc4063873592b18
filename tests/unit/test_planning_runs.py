"""Rows that lie evenly apart in one file are one run; all others stay as they are."""

from __future__ import annotations

import numpy as np
import pytest

from vspec.datatypes import ElementType
from vspec.errors import Place
from vspec.header.located import Located
from vspec.layout import InnerAxis
from vspec.planning.runs import regular, runs_of

PLACE = Place("card.yaml", 1, 1, 1, "")


def rows(first, file=None, counts=None):
    """Return rows of three numbers, four bytes apart, at these offsets."""
    first = np.array(first, np.int64)
    files = np.zeros(len(first), np.int64) if file is None else np.array(file, np.int64)
    return Located(
        ElementType("int16", "i2"),
        "little",
        files,
        first,
        PLACE,
        (("row", len(first)),),
        (InnerAxis("x", 3, 4),),
        None if counts is None else np.array(counts, np.int64),
    )


def places(located):
    """Return file and offset of every element, by the words of `Located` and `Runs`."""
    runs = runs_of(located, located.lead)
    found = []
    for file, offset, count, stride in zip(runs.file, runs.offset, runs.count, runs.stride, strict=True):
        steps = [int(offset + k * stride) for k in range(count)]
        for axis in located.inner[1:]:
            steps = [at + k * axis.stride for at in steps for k in range(axis.size)]
        found += [(int(file), at) for at in steps]
    return found


def test_even_rows_are_one_run():
    found = regular(rows([7, 24, 41, 58, 75]))
    assert found.lead == ()
    assert found.axes == (("row", 5), ("x", 3))
    assert len(runs_of(found, ()).offset) == 1
    assert places(found) == [(0, 7 + 17 * row + 4 * k) for row in range(5) for k in range(3)]


@pytest.mark.parametrize(
    "located",
    (
        rows([7, 24, 41, 59]),
        rows([7, 24, 41], file=[0, 0, 1]),
        rows([41, 24, 7]),
        rows([7, 7, 7]),
        rows([7, 24, 41], counts=[3, 2, 3]),
        rows([7]),
        rows([]),
    ),
    ids=("uneven", "two files", "backwards", "one place", "ragged", "one row", "none"),
)
def test_other_rows_stay_as_they_are(located):
    assert regular(located) is located


def test_uneven_rows_are_a_run_each():
    assert places(rows([7, 24, 59])) == [(0, at + 4 * k) for at in (7, 24, 59) for k in range(3)]


def test_rows_that_follow_each_other_in_a_cell_are_one_run():
    runs = runs_of(rows([7, 19, 31, 50]), ())
    assert (runs.offset.tolist(), runs.count.tolist(), runs.stride.tolist()) == ([7, 50], [9, 3], [4, 4])
