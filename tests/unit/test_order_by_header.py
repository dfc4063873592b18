"""Files ordered by what their headers say, and other findings about data that name their place in the card."""

from __future__ import annotations

import math
import struct

import numpy as np
import pytest

from tests.unit.opening import codes, header, planned, value
from vspec import compiler
from vspec.errors import VspecError

CARD = """
vspec: 1
files:
  p:
    match: "{{stem}}_{{k:int}}.bin"
    over: k
    order: "{order}"
    layout: {{fields: {{c: uint8, x: "uint8[s=2]"}}}}
arrays:
  a: {{from: p.x, dims: "k s -> t=(k s)"}}
"""
FILES = {"q_1.bin": b"\x07ab", "q_2.bin": b"\x05cd", "q_3.bin": b"\x06ef"}


@pytest.mark.parametrize(
    ("order", "expected"),
    (
        ("c", b"cdefab"),
        ("0 - c", b"abefcd"),
        ("k * 0 + c", b"cdefab"),
        ("0 - k", b"efcdab"),
        ("p[k].c", b"cdefab"),
        ("p[k].x[1] if k in p else 0", b"abcdef"),
    ),
)
def test_files_in_the_order_of_a_field_of_each(order, expected, tmp_path):
    opened, made = planned(CARD.format(order=order), tmp_path, FILES)
    assert value(opened, made.arrays[0]).tobytes() == expected
    first = {b"c": 2, b"a": 1, b"e": 3}[expected[:1]]
    assert opened.get("p").row(first).get("x").tolist() == list(expected[:2])


def test_files_in_the_order_of_the_files_beside_them(tmp_path):
    text = """
        vspec: 1
        files:
          f: {match: "{stem}_{k:int}.dat", over: k, order: "p[k].row[1].w", layout: {fields: {v: uint8}}}
          p:
            match: "{stem}_{k:int}.par"
            over: k
            layout: {fields: {c: uint8, row: {repeat: 2, fields: {w: uint8}}}}
        arrays: {a: {from: f.v}}
    """
    data = {"q_1.dat": b"a", "q_2.dat": b"b", "q_3.dat": b"c"}
    beside = {"q_1.par": b"\0\0\x01", "q_2.par": b"\0\0\x02", "q_3.par": b"\0\0\x00"}
    opened, made = planned(text, tmp_path, {**data, **beside})
    assert value(opened, made.arrays[0]).tobytes() == b"cab"


@pytest.mark.parametrize(("order", "code"), (("c * 0", "V0426"), ("x", "V0425")))
def test_values_that_give_no_order(order, code, tmp_path):
    with pytest.raises(VspecError) as caught:
        header(CARD.format(order=order), tmp_path, FILES).get("p")
    assert codes(caught.value) == [code]


LINES = """
vspec: 1
files:
  raw: {match: "{stem}.bin"}
  h:
    match: "{stem}.txt"
    format: lines
    comment: "#"
    fields:
      v: {each: "v {n:int}", section: V}
      all: {each: "v {n:int}"}
arrays:
  a: {from: raw, dtype: uint8, shape: {x: auto}}
"""


@pytest.mark.parametrize(
    ("text", "count"), (("[V]\nv 1\nv b\n\n# c\nv 3\nw\n", 2), ("x\n[V]\nv 1\nv 2\n", 0))
)
def test_lines_of_a_section_that_are_no_rows_are_counted(text, count, tmp_path):
    opened = header(LINES, tmp_path, {"q.bin": b"a", "q.txt": text.encode()})
    opened.get("h").get("v")
    assert [p.code for p in opened.warnings] == ["V0528"] * (count > 0)
    if count:
        (told,) = opened.warnings
        assert (told.level, told.offset, told.found) == ("warn", 8, "'v b'")
        assert f"{count} lines" in told.message


def test_missing_bytes_name_the_field_and_what_led_there(tmp_path):
    card = """
        vspec: 1
        files:
          f:
            match: "{stem}.bin"
            layout:
              fields: {n: uint8, s: "int16[time=many, c=2]"}
              let: {many: 10 * n}
        arrays:
          v: {from: f.s}
        """
    opened, made = planned(card, tmp_path, {"q.bin": b"\x03abcd"})
    with pytest.raises(VspecError) as caught:
        compiler.chunk(compiler.Read(opened, made, ()), compiler.Options())
    (problem,) = caught.value.problems
    assert problem.code == "V0331"
    assert problem.place is not None
    assert problem.place.line == 7
    assert problem.chain == ("f.many = 30",)


def test_a_step_that_no_map_can_hold_has_a_place(tmp_path):
    card = """
        vspec: 1
        files: {f: {match: "{stem}.bin", layout: {fields: {r: float32, s: "uint8[time=rest]"}}}}
        arrays:
          v: {from: f.s, time: {step: f.r}}
        """
    for number in (math.nan, math.inf):
        with pytest.raises(VspecError) as caught:
            planned(card, tmp_path, {"q.bin": struct.pack("<f", number) + b"abc"})
        assert codes(caught.value) == ["V0343"]
        assert caught.value.problems[0].place is not None


def test_an_array_called_like_a_group(tmp_path):
    card = 'vspec: 1\nfiles: "{stem}.bin"\narrays:\n'
    for path in ("a", "a/b"):
        card += f"  {path}: {{dtype: uint8, shape: {{x: auto}}}}\n"
    with pytest.raises(VspecError) as caught:
        planned(card, tmp_path, {"q.bin": np.arange(3, dtype="u1").tobytes()})
    assert codes(caught.value) == ["V0330"]
    assert caught.value.problems[0].place is not None


@pytest.mark.parametrize(
    ("key", "code", "help"),
    (("dtype: np.int16", "V0111", "int16"), ("dtype: int16, order: fortran", "V0105", "write F")),
)
def test_words_of_other_programs(key, code, help, tmp_path):
    card = f'vspec: 1\nfiles: "{{stem}}.bin"\narrays:\n  a: {{{key}, shape: {{x: auto}}}}\n'
    with pytest.raises(VspecError) as caught:
        planned(card, tmp_path, {"q.bin": b"ab"})
    assert codes(caught.value) == [code]
    assert help in (caught.value.problems[0].help or "")
