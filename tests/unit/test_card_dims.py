"""The arrow of ``dims``."""

from __future__ import annotations

import pytest

from vspec.card.dims import parse_arrow
from vspec.errors import Place, Text, VspecError


def text(value: str) -> Text:
    return Text(value, Place("c.yaml", 1, 8, len(value), 'dims: "' + value + '"'))


def size(expression) -> str | None:
    return None if expression is None else expression.text.value


def left(value: str):
    axes = parse_arrow(text(value)).left
    return [(a.name, [(name, size(n)) for name, n in a.parts]) for a in axes]


def right(value: str):
    axes = parse_arrow(text(value)).right
    return [(a.name, a.parts, a.reverse, size(a.size)) for a in axes]


def test_join_of_stored_axes():
    arrow = "block channel sample -> time=(block sample) channel"
    assert left(arrow) == [("block", []), ("channel", []), ("sample", [])]
    assert right(arrow) == [
        ("time", ("block", "sample"), False, None),
        ("channel", ("channel",), False, None),
    ]


def test_split_crop_and_reverse():
    arrow = "tile=(ty:p.ny tx:(n // 2)) y x -> -y:h=(ty y) x:w=(tx x)"
    assert left(arrow) == [("tile", [("ty", "p.ny"), ("tx", "(n // 2)")]), ("y", []), ("x", [])]
    assert right(arrow) == [("y", ("ty", "y"), True, "h"), ("x", ("tx", "x"), False, "w")]


def test_rename_and_reverse_alone():
    assert right("t ch -> channel=ch -t") == [("channel", ("ch",), False, None), ("t", ("t",), True, None)]


def test_a_split_axis_keeps_one_size_open():
    assert left("a=(b c:3) -> b c") == [("a", [("b", None), ("c", "3")])]


@pytest.mark.parametrize(
    ("value", "code", "column", "length"),
    (
        ("a b", "V0115", 8, 3),
        ("a -> b -> c", "V0115", 8, 11),
        (" -> a", "V0115", 8, 5),
        ("a ->", "V0115", 8, 4),
        ("a 2b -> a", "V0115", 10, 2),
        ("a b -> c=(a, b)", "V0115", 18, 2),
        ("a b -> c=()", "V0115", 17, 2),
        ("a b -> c=[a b]", "V0115", 17, 5),
        ("a a -> a", "V0116", 10, 1),
        ("a=(b b) -> b", "V0116", 8, 7),
        ("a b -> a", "V0116", 8, 8),
        ("a b -> a c", "V0116", 17, 1),
        ("a b -> a b c=a", "V0116", 19, 3),
        ("a b -> c=a c=b", "V0116", 19, 3),
    ),
)
def test_what_is_refused(value, code, column, length):
    with pytest.raises(VspecError) as caught:
        parse_arrow(text(value))
    problem = caught.value.problems[0]
    assert (problem.code, problem.place.column, problem.place.length) == (code, column, length)


def test_every_misuse_is_reported():
    with pytest.raises(VspecError) as caught:
        parse_arrow(text("a b c -> a a d"))
    assert len(caught.value.problems) == 3
