"""The short form of a field."""

from __future__ import annotations

import pytest

from vspec.card.fields import parse_field
from vspec.errors import Place, Text, VspecError


def text(value: str, column: int = 9) -> Text:
    line = " " * (column - 1) + value
    return Text(value, Place("c.yaml", 3, column, len(value), line))


def written(expression) -> str | None:
    return None if expression is None else expression.text.value.strip()


def pieces(value: str, types=("point",)):
    field = parse_field(text(value), types)
    ref = field.type
    return {
        key: item
        for key, item in {
            "word": ref.word,
            "length": written(ref.length),
            "value": written(ref.value),
            "axes": [(axis.name, written(axis.size)) for axis in field.axes],
            "as": field.convert,
            "if": written(field.condition),
            "else": written(field.default),
            "@": written(field.offset),
            "=": written(field.constant),
        }.items()
        if item not in (None, [])
    }


@pytest.mark.parametrize(
    ("value", "expected"),
    (
        ("int16", {"word": "int16"}),
        ("int16[8]", {"word": "int16", "axes": [("", "8")]}),
        ("float32[3, 4] @ 280", {"word": "float32", "axes": [("", "3"), ("", "4")], "@": "280"}),
        ("int16[channel=n, sample=128]", {"word": "int16", "axes": [("channel", "n"), ("sample", "128")]}),
        ("int16[x=rest]", {"word": "int16", "axes": [("x", None)]}),
        ("int16[x=n if n > 0 else rest]", {"word": "int16", "axes": [("x", "n if n > 0 else rest")]}),
        ("ascii(8)[ns] as float", {"word": "ascii", "length": "8", "axes": [("", "ns")], "as": "float"}),
        ("bytes(end - here)", {"word": "bytes", "length": "end - here"}),
        ("point[item=n]", {"word": "point", "axes": [("item", "n")]}),
        ("stored[t=spr[s]]", {"value": "stored", "axes": [("t", "spr[s]")]}),
        ("kinds[k][channel=n]", {"value": "kinds[k]", "axes": [("channel", "n")]}),
        ("kinds[k]", {"value": "kinds[k]"}),
        ("hdr.kind[y=hdr.ny]", {"value": "hdr.kind", "axes": [("y", "hdr.ny")]}),
        ("(uint8 if c else uint16)[y=h]", {"value": "(uint8 if c else uint16)", "axes": [("y", "h")]}),
        ("(a if f == 3 else b)[f // 2]", {"value": "(a if f == 3 else b)[f // 2]"}),
        ("uint32 = 0xC6912702", {"word": "uint32", "=": "0xC6912702"}),
        ("ascii(4) = 'a = b @ c'", {"word": "ascii", "length": "4", "=": "'a = b @ c'"}),
        ("int16 if version >= 101 else 0", {"word": "int16", "if": "version >= 101", "else": "0"}),
        ("int16 if a == b", {"word": "int16", "if": "a == b"}),
        ("int16 if a else b if c else d", {"word": "int16", "if": "a", "else": "b if c else d"}),
        ("word @ (8 if v == 43 else 4)", {"value": "word", "@": "(8 if v == 43 else 4)"}),
        (
            "ascii(4)[2] as int if a else -1 @ start + 4 = 7",
            {
                "word": "ascii",
                "length": "4",
                "axes": [("", "2")],
                "as": "int",
                "if": "a",
                "else": "-1",
                "@": "start + 4",
                "=": "7",
            },
        ),
    ),
)
def test_clauses(value, expected):
    assert pieces(value) == expected


def test_places_of_the_pieces():
    field = parse_field(text("ascii(len)[ch=n, x=3] if c @ 8", column=5), ())
    columns = {
        "length": field.type.length.text.place.column,
        "type": (field.type.place.column, field.type.place.length),
        "axis": [(axis.place.column, axis.place.length) for axis in field.axes],
        "size": field.axes[0].size.text.place.column,
        "if": field.condition.text.place.column,
        "@": field.offset.text.place.column,
    }
    assert columns == {
        "length": 11,
        "type": (5, 10),
        "axis": [(16, 4), (22, 3)],
        "size": 19,
        "if": 30,
        "@": 34,
    }


@pytest.mark.parametrize(
    ("value", "code", "column", "length"),
    (
        ("ascii", "V0114", 9, 5),
        ("ascii()", "V0114", 9, 5),
        ("int16[a=1][b=2]", "V0110", 19, 5),
        ("int16(3)", "V0110", 14, 3),
        ("int16[a=]", "V0112", 15, 2),
        ("int16[]", "V0112", 15, 1),
        ("int16[a=1, a=2]", "V0112", 20, 3),
        ("int16[2a=1]", "V0112", 15, 4),
        ("point[3]", "V0112", 9, 8),
        (">int16", "V0110", 9, 1),
        ("int16[channel=2, x=n of 512]", "V0112", 26, 10),
        ("int16 as integer", "V0105", 18, 7),
        ("int16 @ 4 as int", "V0113", 19, 2),
        ("int16 = 1 @ 4", "V0113", 19, 1),
        ("int16 @ 4 @ 8", "V0113", 19, 1),
        ("int16 else 3", "V0113", 15, 4),
        ("int16 @ 4 if c else 8", "V0121", 19, 2),
        ("int16 = 4 if c else 8", "V0121", 19, 2),
        ("int16 if a if b else c else d", "V0121", 20, 2),
        ("int16[x=(3]", "V0110", 19, 1),
        ("int16[x=3", "V0110", 14, 1),
        ("int16 @", "V0110", 9, 7),
        ("@ 4", "V0110", 9, 3),
    ),
)
def test_what_is_refused(value, code, column, length):
    with pytest.raises(VspecError) as caught:
        parse_field(text(value), ("point",))
    problem = caught.value.problems[0]
    assert (problem.code, problem.place.column, problem.place.length) == (code, column, length)


def test_every_wrong_clause_is_reported():
    with pytest.raises(VspecError) as caught:
        parse_field(text("ascii if a + else 3 @ * 4"), ())
    assert len(caught.value.problems) == 3
