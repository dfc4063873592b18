"""Byte layouts: fields are placed by the card's order, read lazily, and bounded by the file."""

from __future__ import annotations

import struct
from pathlib import Path

import numpy as np
import pytest

from tests.unit.opening import codes, header, planned
from vspec.errors import VspecError
from vspec.header.constants import check_constants

CARD = """
vspec: 1
files:
  f:
    match: "{{name}}.bin"
    {endian}
    layout:
      fields:
{fields}
{lets}
arrays:
  a: {{values: "[1]", dims: [x]}}
"""


def card(fields: str, *, endian: str = "endian: little", lets: str = "") -> str:
    body = "\n".join(f"        {line}" for line in fields.strip("\n").splitlines())
    extra = "" if not lets else "      let:\n" + "\n".join(f"        {line}" for line in lets.splitlines())
    return CARD.format(fields=body, endian=endian, lets=extra)


def get(fields: str, data: bytes, folder: Path, name: str, **options: str) -> object:
    return header(card(fields, **options), folder, {"x.bin": data}).get("f").get(name)


def test_fields_follow_each_other(tmp_path: Path) -> None:
    data = struct.pack("<HbI", 515, -7, 70000)
    assert get("a: uint16\nb: int8\nc: uint32", data, tmp_path, "c") == 70000


PAIR = 'types: {pair: {packed: 3, values: ["0..11", "12..23"]}}\nfiles:'


@pytest.mark.parametrize(("field", "found"), (("pair[t=1]", 1), ("pair", 1), ("pair[t=3, c=5]", 15)))
def test_packed_samples_fill_whole_words(field: str, found: int, tmp_path: Path) -> None:
    text = card(f'n: "{field}"\nx: uint8').replace("files:", PAIR, 1)
    with pytest.raises(VspecError) as error:
        header(text, tmp_path, {"x.bin": bytes(99)}).get("f").get("x")
    assert codes(error.value) == ["V0326"]
    assert error.value.problems[0].found == str(found)


@pytest.mark.parametrize(
    ("field", "shape"), (("t=rest", [8]), ("t=rest, c=2", [4, 2]), ("t=2, c=rest", [2, 4]))
)
def test_the_rest_is_counted_in_samples_and_not_in_words(
    field: str, shape: list[int], tmp_path: Path
) -> None:
    text = card(f'n: "pair[{field}]"').replace("files:", PAIR, 1)
    value = header(text, tmp_path, {"x.bin": bytes([1, 0x20, 0]) * 4}).get("f").get("n")
    assert value.shape == tuple(shape)
    assert value.ravel().tolist() == [1, 2] * 4


def test_a_rest_that_ends_inside_a_word_is_told(tmp_path: Path) -> None:
    text = card('n: "pair[t=rest, c=3]"').replace("files:", PAIR, 1)
    assert header(text, tmp_path, {"x.bin": bytes(18)}).get("f").get("n").shape == (4, 3)
    for size in (12, 17, 19):
        with pytest.raises(VspecError) as error:
            header(text, tmp_path, {"x.bin": bytes(size)}).get("f").get("n")
        assert codes(error.value) == ["V0309"]


@pytest.mark.parametrize(("order", "sign"), (("little", "<"), ("big", ">")))
def test_both_byte_orders(tmp_path: Path, order: str, sign: str) -> None:
    data = struct.pack(sign + "hfq", -2, 0.5, 2**40)
    fields = "a: int16\nb: float32\nc: int64"
    opened = header(card(fields, endian=f"endian: {order}"), tmp_path, {"x.bin": data})
    assert [opened.get("f").get(n) for n in "abc"] == [-2, 0.5, 2**40]
    assert opened.get("f").get("endian") == order


@pytest.mark.parametrize("sign", ("<", ">"))
def test_byte_order_by_test(tmp_path: Path, sign: str) -> None:
    data = struct.pack(sign + "ih", 348, 7)
    fields = "n: int32\nb: int16"
    assert get(fields, data, tmp_path, "b", endian="endian: {test: int32 @ 0 = 348}") == 7


def test_byte_order_that_no_reading_gives(tmp_path: Path) -> None:
    with pytest.raises(VspecError) as caught:
        get("n: int32", b"\1\2\3\4", tmp_path, "n", endian="endian: {test: int32 @ 0 = 348}")
    (problem,) = caught.value.problems
    assert problem.code == "V0602"
    assert problem.offset == 0
    assert "67305985 read as little, 16909060 read as big" in str(problem.found)


def test_byte_order_that_both_readings_give(tmp_path: Path) -> None:
    with pytest.raises(VspecError) as caught:
        get("n: int16", b"\1\1", tmp_path, "n", endian="endian: {test: int16 @ 0 = 257}")
    assert codes(caught.value) == ["V0602"]


def test_byte_order_by_a_field_of_text(tmp_path: Path) -> None:
    fields = "order: ascii(2)\nn: uint16"
    endian = "endian: big if order == 'MM' else little"
    assert get(fields, b"MM\0\7", tmp_path, "n", endian=endian) == 7
    assert get(fields, b"II\7\0", tmp_path / "b", "n", endian=endian) == 7


def test_byte_order_that_needs_itself(tmp_path: Path) -> None:
    with pytest.raises(VspecError) as caught:
        get(
            "order: uint16\nn: uint16",
            b"\0\1\0\7",
            tmp_path,
            "n",
            endian="endian: big if order == 1 else little",
        )
    assert codes(caught.value) == ["V0311"]


def test_expression_that_gives_no_byte_order(tmp_path: Path) -> None:
    with pytest.raises(VspecError) as caught:
        get("order: uint8\nn: uint16", b"\1\0\7", tmp_path, "n", endian="endian: order")
    assert codes(caught.value) == ["V0603"]


def test_placement_does_not_move_the_cursor(tmp_path: Path) -> None:
    data = bytes(range(16))
    fields = "a: uint8\nlater: uint8 @ (8 + a)\nb: uint8"
    assert get(fields, data, tmp_path, "b") == 1
    assert get(fields, data, tmp_path, "later") == 8


def test_offsets_from_the_end(tmp_path: Path) -> None:
    data = bytes(100) + struct.pack("<q", 42)
    assert get("trailer: int64 @ size(f) - 8", data, tmp_path, "trailer") == 42


def test_conditions_and_defaults(tmp_path: Path) -> None:
    fields = "version: uint8\nextra: uint8 if version > 1 else 99\nlast: uint8\nmaybe: uint8 if version > 1"
    assert [get(fields, b"\1\5\6", tmp_path, n) for n in ("extra", "last", "maybe")] == [99, 5, None]
    other = tmp_path / "two"
    assert [get(fields, b"\2\5\6\7", other, n) for n in ("extra", "last", "maybe")] == [5, 6, 7]


def test_text_is_cut_at_nul_and_stripped(tmp_path: Path) -> None:
    fields = "a: ascii(8)\nb: ascii(4) as int\nc: ascii(3)[2]\nd: utf16(4)\ne: latin1(1)"
    data = b"ab\0junk " + b" 42 " + b"x  yz\0" + "hi".encode("utf-16-le") + b"\xb5"
    opened = header(card(fields), tmp_path, {"x.bin": data}).get("f")
    assert opened.get("a") == "ab"
    assert opened.get("b") == 42
    assert list(opened.get("c")) == ["x", "yz"]
    assert opened.get("d") == "hi"
    assert opened.get("e") == "µ"


def test_text_that_is_not_ascii(tmp_path: Path) -> None:
    with pytest.raises(VspecError) as caught:
        get("first: uint8\na: ascii(4)", b"\0a\xb5bc", tmp_path, "a")
    (problem,) = caught.value.problems
    assert (problem.code, problem.offset, problem.data_file) == ("V0306", 2, "x.bin")


@pytest.mark.parametrize(("text", "found"), ((b"12a ", "'12a'"), (b"    ", "blanks")))
def test_text_that_is_no_number(tmp_path: Path, text: bytes, found: str) -> None:
    with pytest.raises(VspecError) as caught:
        get("a: ascii(4) as int", text, tmp_path, "a")
    (problem,) = caught.value.problems
    assert (problem.code, problem.found, problem.offset) == ("V0307", found, 0)


def test_arrays_are_columns_in_their_shape(tmp_path: Path) -> None:
    data = np.arange(6, dtype=">i2").tobytes()
    found = get("m: int16[2, 3]", data, tmp_path, "m", endian="endian: big")
    assert np.array_equal(found, np.arange(6).reshape(2, 3))
    assert found.dtype == np.int64


def test_types_from_tables_and_conditions(tmp_path: Path) -> None:
    text = card("code: uint8\nx: kinds[code][k=2]\ny: (uint8 if code == 2 else uint16)").replace(
        "files:", "tables:\n  kinds: {1: int8, 2: float32}\nfiles:"
    )
    opened = header(text, tmp_path, {"x.bin": b"\2" + struct.pack("<ffB", 1.5, -2.0, 9)}).get("f")
    assert list(opened.get("x")) == [1.5, -2.0]
    assert opened.get("y") == 9


def test_a_type_that_is_none(tmp_path: Path) -> None:
    text = card("code: uint8\nx: kinds[code]").replace("files:", "tables:\n  kinds: {1: in8}\nfiles:")
    with pytest.raises(VspecError) as caught:
        header(text, tmp_path, {"x.bin": b"\1\0"}).get("f").get("x")
    (problem,) = caught.value.problems
    assert problem.code == "V0305"
    assert "int8" in str(problem.help)


def test_locations(tmp_path: Path) -> None:
    fields = "a: uint8\nb: uint16[3]\nc: uint8"
    lets = "where: at(b)\nbehind: end(b)\nlong: nbytes(b)"
    opened = header(card(fields, lets=lets), tmp_path, {"x.bin": bytes(8)}).get("f")
    assert [opened.get(n) for n in ("where", "behind", "long")] == [1, 7, 6]


def test_here_and_start(tmp_path: Path) -> None:
    fields = (
        "a: uint8\nr:\n  repeat: 2\n  fields:\n    x: uint8\n    again: uint8 @ start\n    y: uint8 @ here"
    )
    rows = header(card(fields), tmp_path, {"x.bin": bytes([9, 1, 2, 3])}).get("f").get("r")
    assert list(rows.column("x")) == [1, 2]
    assert list(rows.column("again")) == [1, 2]
    assert list(rows.column("y")) == [2, 3]


def test_a_file_that_ends_too_early(tmp_path: Path) -> None:
    with pytest.raises(VspecError) as caught:
        get("a: uint32\nb: uint32", b"\1\0\0\0\2\0", tmp_path, "b")
    (problem,) = caught.value.problems
    assert (problem.code, problem.offset, problem.data_file) == ("V0301", 4, "x.bin")
    assert problem.expected == "4 bytes at byte 4"
    assert problem.place is not None
    assert problem.place.text.strip() == "b: uint32"


def test_offset_outside_the_file(tmp_path: Path) -> None:
    with pytest.raises(VspecError) as caught:
        get("p: uint32\nx: uint8 @ p", struct.pack("<I", 10**9), tmp_path, "x")
    assert codes(caught.value) == ["V0302"]


@pytest.mark.parametrize(
    "fields", ("n: int8\nx: uint8[n]", "n: int8\nx: ascii(n)", "n: int8\nr: {repeat: n, fields: {y: uint8}}")
)
def test_negative_counts(tmp_path: Path, fields: str) -> None:
    name = fields.splitlines()[1].split(":")[0]
    with pytest.raises(VspecError) as caught:
        get(fields, b"\xff\0", tmp_path, name)
    assert codes(caught.value) == ["V0308"]


def test_hostile_counts_are_refused_before_anything_is_made(tmp_path: Path) -> None:
    huge = struct.pack("<I", 0xFFFFFFFF)
    with pytest.raises(VspecError) as caught:
        get("n: uint32\nr: {repeat: n, fields: {y: uint32}}", huge, tmp_path, "r")
    assert codes(caught.value) == ["V0301"]
    with pytest.raises(VspecError) as caught:
        get("n: uint32\nx: float64[n, n]", huge, tmp_path / "b", "x")
    assert codes(caught.value) == ["V0920"]


def test_a_let_that_needs_itself(tmp_path: Path) -> None:
    with pytest.raises(VspecError) as caught:
        get("n: uint8", b"\1", tmp_path, "a", lets="a: b + n\nb: a - n")
    assert codes(caught.value) in (["V0311"], ["V0184"], ["V0176"])


def test_constants(tmp_path: Path) -> None:
    fields = "magic: ascii(4) = 'RIG3'\nversion: uint16 = 2"
    good = header(card(fields), tmp_path, {"x.bin": b"RIG3\2\0"})
    assert check_constants(good) == []
    bad = header(card(fields), tmp_path / "b", {"x.bin": b"RIG4\3\0"})
    problems = check_constants(bad)
    assert [(p.code, p.offset, p.expected, p.found) for p in problems] == [
        ("V0601", 0, "RIG3", "RIG4"),
        ("V0601", 4, "2", "3"),
    ]
    assert problems[0].help == "bytes there: 52 49 47 34"


def test_a_text_constant_may_end_in_what_is_cut_off(tmp_path: Path) -> None:
    fields = "a: ascii(4) = 'ABF '\nb: ascii(8) = 'ABF '\nc: ascii(6) = 'ABF\\0'\nd: latin1('!') = 'ABF '"
    fields += "\ntwo: ascii(4)[2] = 'ABF '\nfive: ascii(5)[2] = 'ABF'"
    data = b"ABF " + b"ABF     " + b"ABF\0\0\0" + b"ABF !" + b"ABF ABF " + b"ABF  ABF\0\0"
    good = header(card(fields), tmp_path, {"x.bin": data})
    assert check_constants(good) == []
    for k, at in {0: 0, 3: 0, 4: 4, 12: 12, 18: 18, 21: 18, 27: 23, 30: 23, 35: 31}.items():
        wrong = data[:k] + b"x" + data[k + 1 :]
        bad = header(card(fields), tmp_path / str(k), {"x.bin": wrong})
        assert [(p.code, p.offset) for p in check_constants(bad)] == [("V0601", at)], k


def test_constants_of_rows_are_probed_then_checked_in_full(tmp_path: Path) -> None:
    fields = "r: {repeat: rest, fields: {mark: uint8 = 0x55, x: uint8}}"
    data = bytearray(b"\x55\0" * 1000)
    data[2 * 777] = 0x56
    opened = header(card(fields), tmp_path, {"x.bin": bytes(data)})
    assert check_constants(opened) == []
    assert [p.offset for p in check_constants(opened, every_row=True)] == [2 * 777]
    data[0] = 0
    first = header(card(fields), tmp_path / "b", {"x.bin": bytes(data)})
    assert [p.offset for p in check_constants(first)] == [0]


def test_constants_inside_named_types(tmp_path: Path) -> None:
    types = "types:\n  stamp:\n    fields: {magic: ascii(2) = 'XY', n: uint8}\n  pair: {fields: {left: stamp, right: stamp}}\nfiles:"
    text = card("p: pair\nr: {repeat: 2, fields: {s: stamp}}").replace("files:", types)
    good = header(text, tmp_path, {"x.bin": b"XY1XY2XY3XY4"})
    assert check_constants(good) == []
    for data, at in {b"XZ1XZ2XY3ZZ4": [0], b"XY1XZ2XY3ZZ4": [3], b"XY1XY2ZY3ZZ4": [6, 9]}.items():
        bad = header(text, tmp_path / data.decode(), {"x.bin": data})
        assert [(p.code, p.offset) for p in check_constants(bad)] == [("V0601", offset) for offset in at]


def test_behind_a_wrong_constant_of_any_file_nothing_is_walked(tmp_path: Path) -> None:
    text = """
        vspec: 1
        types: {head: {fields: {magic: "ascii(2) = 'XY'", n: uint32}}}
        files:
          a:
            match: "{name}.a"
            layout:
              fields:
                h: head
                r: {repeat: h.n, fields: {k: uint8, m: uint8 = 7, d: "uint8[x=k]"}}
          b: {match: "{name}.b", layout: {fields: {h: head}}}
        arrays: {raw: {from: a.r.m}}
    """
    rows = b"\0\7" * 50
    wrong = {"own": (b"XZ", b"XY", b"\7"), "other": (b"XY", b"XZ", b"\7"), "none": (b"XY", b"XY", b"\x08")}
    for name, (first, second, mark) in wrong.items():
        size = (50).to_bytes(4, "little")
        contents = {"x.a": first + size + rows[:-1] + mark, "x.b": second + size}
        opened = header(text, tmp_path / name, contents)
        (problem,) = check_constants(opened)
        expected = {"own": ("x.a", 0), "other": ("x.b", 0), "none": ("x.a", 105)}[name]
        assert (problem.data_file, problem.offset) == expected
        walked = opened.get("a").content._placed  # what was placed is the only trace of a walk
        assert (1 in walked) == (name == "none")


def test_text_is_no_array_and_complex_numbers_are_no_header_values(tmp_path: Path) -> None:
    text = card("title: ascii(4)\nz: complex64[n=2]").replace('values: "[1]", dims: [x]', "from: f.title")
    with pytest.raises(VspecError) as caught:
        planned(text, tmp_path, {"x.bin": bytes(20)})
    assert codes(caught.value) == ["V0303"]
    opened = header(card("title: ascii(4)\nz: complex64[n=2]"), tmp_path / "b", {"x.bin": bytes(20)})
    with pytest.raises(VspecError) as caught:
        opened.get("f").get("z")
    assert codes(caught.value) == ["V0303"]


ALIGNED = bytes([1, 3, 65, 66, 67, 9, 9, 9, 200, 7, 8, 250])
"""At 5 a text of 3 bytes ends, at 8 begins a number, at 9 another gap."""


@pytest.mark.parametrize("gap", ("align(4)", "pad(align(4))", "pad(align(4) - here)"))
def test_a_gap_up_to_the_next_multiple_in_the_file(gap: str, tmp_path: Path) -> None:
    fields = f"a: uint8\nn: uint8\ntext: ascii(n)\ngap: {gap}\nb: uint8"
    assert get(fields, ALIGNED, tmp_path, "b") == 200
    fields = f"a: uint8\nn: uint8[2]\ngap: {gap.replace('4', '3')}\nb: uint8"
    assert get(fields, ALIGNED, tmp_path, "b") == 66  # byte 3 is a multiple already: no gap


def test_a_place_and_a_length_up_to_the_next_multiple(tmp_path: Path) -> None:
    assert get("a: uint8[9]\nb: uint8 @ align(2)", ALIGNED, tmp_path, "b") == 8
    assert get("a: uint8[9]\nb: uint8 @ (align(2) + 1)", ALIGNED, tmp_path, "b") == 250
    assert get("a: uint8[2]\ntext: ascii(align(5))\nb: uint8", ALIGNED, tmp_path, "text") == "ABC"


def test_rows_that_end_at_multiples_of_the_file(tmp_path: Path) -> None:
    data = bytes([77, 2, 5, 6, 3, 1, 2, 3, 9, 1, 8])
    fields = 'a: uint8\nr:\n  repeat: 3\n  fields: {n: uint8, v: "uint8[x=n]", g: align(3)}'
    with pytest.raises(VspecError):
        header(card(fields), tmp_path, {"x.bin": data}).get("f").get("r")
    rows = header(card(fields), tmp_path, {"x.bin": data + b"."}).get("f").get("r")
    assert [row.get("n") for row in rows] == [2, 2, 1]  # at 1, 6 and 9


@pytest.mark.parametrize(
    ("fields", "code"),
    (("a: align(4)[x=2]", "V0112"), ("a: pad(align(4))[2]", "V0112"), ("a: align()", "V0209")),
)
def test_gaps_that_are_none(fields: str, code: str, tmp_path: Path) -> None:
    with pytest.raises(VspecError) as caught:
        get(fields, ALIGNED, tmp_path, "a")
    assert codes(caught.value) == [code]


def test_align_needs_a_byte_to_count_from(tmp_path: Path) -> None:
    with pytest.raises(VspecError) as caught:
        get("a: align(0)", ALIGNED, tmp_path, "a")
    assert codes(caught.value) == ["V0227"]
    text = card("a: uint8") + "attrs: {n: '{{ align(4) }}'}\n"
    with pytest.raises(VspecError) as caught:
        header(text, tmp_path, {"x.bin": ALIGNED})
    assert codes(caught.value) == ["V0177"]


@pytest.mark.parametrize(
    "field",
    (
        "b: ascii(2) as int else 4",
        "b: ascii(2) as int if true else 4",
        "b: {type: ascii(2) as int, else: 4}",
        "b: ascii(2) as float else c - 5",
    ),
)
def test_blanks_are_worth_what_else_says(field: str, tmp_path: Path) -> None:
    fields = f"a: uint8\n{field}\nc: uint8"
    assert get(fields, b"\x01  \x09", tmp_path, "b") == 4
    assert get(fields, b"\x01 7\x09", tmp_path, "b") == 7
    with pytest.raises(VspecError) as caught:
        get(fields, b"\x01x \x09", tmp_path, "b")
    assert codes(caught.value) == ["V0307"]


def test_blanks_among_many(tmp_path: Path) -> None:
    assert get("b: ascii(2)[4] as int else -1", b"12  \0\x003 ", tmp_path, "b").tolist() == [12, -1, -1, 3]
    rows = 'r:\n  repeat: 3\n  fields: {n: uint8, t: "ascii(2) as int else n", u: ascii(1) as float else 0.5}'
    opened = header(card(rows), tmp_path, {"x.bin": b"\x09  1\x0812 \x07  2"})
    assert opened.get("f").get("r").column("t").tolist() == [9, 12, 7]
    assert opened.get("f").get("r").column("u").tolist() == [1, 0.5, 2]


def test_what_blanks_cannot_be_worth(tmp_path: Path) -> None:
    for default in ("none", "'a'", "0.5"):
        with pytest.raises(VspecError) as caught:
            get(f"b: ascii(2) as int else {default}", b"  ", tmp_path, "b")
        assert codes(caught.value) == ["V0307"]
    assert get("b: ascii(2) as int if false else none", b"  ", tmp_path, "b") is None


@pytest.mark.parametrize(
    "field",
    (
        "a: uint8 as str",
        "a: bytes(2) as int",
        "a: uint8 else 4",
        "a: ascii(2) as str else 'x'",
        "a: {type: uint8, else: 4}",
    ),
)
def test_clauses_that_mean_nothing(field: str, tmp_path: Path) -> None:
    with pytest.raises(VspecError) as caught:
        get(field, b"  ", tmp_path, "a")
    assert codes(caught.value) == ["V0113"]
