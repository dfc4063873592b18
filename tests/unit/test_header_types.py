"""Types of the card: with parameters, in rows, chosen by a value; and texts up to a terminator."""

from __future__ import annotations

import struct

import numpy as np
import pytest

from tests.unit.layouts import bounded, card
from tests.unit.opening import codes, header, planned, value
from vspec.errors import VspecError
from vspec.header.constants import check_constants
from vspec.header.fixed_rows import FixedRows
from vspec.header.rows import ListRows

TYPES = """
types:
  point: {fields: {x: uint8, y: uint16}}
  line: {fields: {a: point, x: uint8}}
  block: {params: [n, kind], fields: {length: uint8, x: "kind[k=n]"}}
  grid: {params: [n], fields: {cell: "block(n, int16)", after: "point[i=n]"}}
  word: {fields: {n: uint8, s: ascii(n)}, value: s}
  tree: {fields: {n: uint8, below: "tree[i=n]"}}
tables:
  kinds: {1: point, 2: line, 3: word, 9: nothing}
"""


def opened(fields: str, data: bytes, folder, **options):
    return header(card(fields, top=TYPES, source="f.z", **options), folder, {"x.bin": data}).get("f")


def array(fields: str, data: bytes, folder, source: str = "f.r.x", dims: str = "") -> list[object]:
    found, plan = planned(card(fields, top=TYPES, source=source, dims=dims), folder, {"x.bin": data})
    return value(found, plan.arrays[0]).tolist()


# --- parameters


@pytest.mark.parametrize("endian", ("little", "big"))
def test_parameters_are_numbers_and_types(tmp_path, endian):
    sign = "<" if endian == "little" else ">"
    data = struct.pack(sign + "BB2hB", 2, 0, -5, 300, 7)
    text = card("n: uint8\nb: block(n, int16)\nz: uint8", top=TYPES, source="f.b.x", endian=endian)
    found, plan = planned(text, tmp_path, {"x.bin": data})
    assert value(found, plan.arrays[0]).tolist() == [-5, 300]
    assert found.get("f").get("z") == 7


def test_parameters_are_handed_on(tmp_path):
    data = struct.pack("<B2h BHBH B", 0, 1, 2, 3, 4, 5, 6, 9)
    assert array("g: grid(2)\nz: uint8", data, tmp_path, "f.g.cell.x") == [1, 2]
    assert array("g: grid(2)\nz: uint8", data, tmp_path / "b", "f.g.after.y") == [4, 6]


@pytest.mark.parametrize(
    ("code", "expected"), ((4, [7, 8, 9]), (5, [0x0807, 0x0A09, 0x0C0B])), ids=("bytes", "words")
)
def test_a_type_of_a_table_takes_values(tmp_path, code, expected):
    more = "  short: {params: [n], fields: {x: 'uint8[k=n]'}}\n  long: {params: [n], fields: {x: 'uint16[k=n]'}}\n"
    top = TYPES.replace("9: nothing", "4: short, 5: long, 6: int8").replace("tables:", f"{more}tables:")
    data = bytes([code, 3, *range(7, 7 + 3 * (code - 3)), *range(50, 90)])
    for fields in (
        "c: uint8\nn: uint8\nr: kinds[c](n)",
        "c: uint8\nn: uint8\nr: (short if c == 4 else long)(n)",
    ):
        found, plan = planned(
            card(fields, top=top, source="f.r.x"), tmp_path / fields[-9:-3], {"x.bin": data}
        )
        assert value(found, plan.arrays[0]).tolist() == expected
    rows = "c: uint8\nn: uint8\nr: kinds[c](n)[i=2]\nz: uint8"
    found = header(card(rows, top=top, source="f.z"), tmp_path / "rows", {"x.bin": data}).get("f")
    assert found.get("z") == data[2 + 6 * (code - 3)]
    for fields, told in (
        ("r: kinds[6](3)", "V0196"),
        ("r: kinds[4]()", "V0196"),
        ("r: kinds[4](1, 2)", "V0196"),
    ):
        with pytest.raises(VspecError) as caught:
            header(card(fields, top=top, source="f.r"), tmp_path / "bad", {"x.bin": data}).get("f").get(
                "r"
            ).get("x")
        assert codes(caught.value) == [told]


def test_a_type_sees_nothing_but_its_own(tmp_path):
    top = "types:\n  bad: {fields: {x: 'uint8[k=outer]'}}\n"
    with pytest.raises(VspecError) as caught:
        header(card("outer: uint8\nb: bad", top=top, source="f.b.x"), tmp_path, {"x.bin": b"\1\2"})
    assert codes(caught.value) == ["V0172"]


# --- rows of a type


@pytest.mark.parametrize("count", (0, 1, 2, 997))
@pytest.mark.parametrize(
    "form", ("r: point[i=n]", "r: {type: point, repeat: n}", "r: {type: point, repeat: rest, to: 2 + 3 * n}")
)
def test_rows_of_a_type_are_strided(tmp_path, count, form):
    kind = np.dtype([("x", "u1"), ("y", "<u2")])
    table = np.frombuffer(np.random.default_rng(count).bytes(3 * count), kind)
    data = struct.pack("<H", count) + table.tobytes() + b"\5"
    found = opened(f"n: uint16\n{form}\nz: uint8", data, tmp_path)
    assert isinstance(found.get("r"), FixedRows)
    assert np.array_equal(found.get("r").column("y"), table["y"])
    assert found.get("z") == 5
    expected = "i" if "[i=" in form else "r"
    text = card(f"n: uint16\n{form}\nz: uint8", top=TYPES, source="f.r.y")
    again, plan = planned(text, tmp_path / "b", {"x.bin": data})
    assert [a.name for a in plan.arrays[0].axes] == [expected]
    assert value(again, plan.arrays[0]).tolist() == table["y"].tolist()


def test_rows_of_a_type_with_a_value_are_its_values(tmp_path):
    found = opened("q: {type: word, repeat: 3}\nz: uint8", b"\1a\2bc\0\7", tmp_path)
    assert list(found.get("q")) == ["a", "bc", ""]
    assert found.get("z") == 7


def test_rows_of_a_type_by_key_and_up_to_a_sentinel(tmp_path):
    fields = "r: {type: point, repeat: {until: y == 0}, key: x}\nz: uint8"
    found = opened(fields, struct.pack("<BHBHBHB", 5, 50, 7, 70, 9, 0, 1), tmp_path)
    assert found.get("r").row(7).get("y") == 70
    assert len(found.get("r")) == 3


def test_rows_of_a_type_in_another_byte_order(tmp_path):
    fields = "r: {type: point, repeat: 2, endian: big}\nz: uint8"
    assert array(fields, struct.pack(">BHBHB", 1, 2, 3, 4, 0), tmp_path, "f.r.y") == [2, 4]


def test_a_type_that_holds_rows_of_itself(tmp_path):
    data = bytes([2, 1, 0, 0, 42])
    found = opened("t: tree\nz: uint8", data, tmp_path)
    assert found.get("z") == 42
    with pytest.raises(VspecError) as caught, bounded():
        opened("t: tree\nz: uint8", b"\1" * 500, tmp_path / "b").get("z")
    assert codes(caught.value) == ["V0922"]


# --- types as values


def test_a_whole_layout_by_version(tmp_path):
    fields = "version: uint8\nbody: kinds[version]\nz: uint8"
    first = opened(fields, bytes([1, 7, 1, 0, 99]), tmp_path)
    assert (first.get("body").get("y"), first.get("z")) == (1, 99)
    second = opened(fields, bytes([2, 7, 1, 0, 8, 99]), tmp_path / "b")
    assert (second.get("body").get("a").get("y"), second.get("body").get("x")) == (1, 8)
    third = opened(fields, b"\3\2hi\x63", tmp_path / "c")
    assert (third.get("body"), third.get("z")) == ("hi", 99)


@pytest.mark.parametrize("form", ("r: kinds[v][i=2]", "r: {type: 'kinds[v]', repeat: 2}"))
def test_rows_of_a_computed_type(tmp_path, form):
    found = opened(f"v: uint8\n{form}\nz: uint8", bytes([1, 1, 2, 0, 3, 4, 0, 9]), tmp_path)
    assert isinstance(found.get("r"), FixedRows)
    assert found.get("r").column("y").tolist() == [2, 4]
    assert found.get("z") == 9


def test_a_type_by_item(tmp_path):
    fields = "v: uint8[2]\nr: {type: 'kinds[k]', repeat: k in v}\nz: uint8"
    found = opened(fields, bytes([2, 1, 1, 2, 0, 3, 4, 5, 0, 9]), tmp_path)
    assert isinstance(found.get("r"), ListRows)
    assert found.get("r").column("x").tolist() == [3, 4]
    assert found.get("z") == 9


def test_a_choice_between_types(tmp_path):
    fields = "v: uint8\nbody: (point if v == 1 else line)\nz: uint8"
    assert opened(fields, bytes([1, 7, 1, 0, 99]), tmp_path).get("z") == 99
    assert opened(fields, bytes([0, 7, 1, 0, 8, 99]), tmp_path / "b").get("z") == 99
    in_let = (
        "v: uint8\nr: {repeat: 1, fields: {body: form}, let: {form: point if v == 1 else line}}\nz: uint8"
    )
    assert opened(in_let, bytes([0, 7, 1, 0, 8, 99]), tmp_path / "c").get("z") == 99


@pytest.mark.parametrize(("v", "code"), ((9, "V0305"), (8, "V0222")))
def test_what_is_no_type(tmp_path, v, code):
    with pytest.raises(VspecError) as caught:
        opened("v: uint8\nbody: kinds[v]\nz: uint8", bytes([v, 1, 2, 3]), tmp_path).get("z")
    assert codes(caught.value) == [code]


def test_a_type_with_parameters_cannot_be_a_value_alone(tmp_path):
    with pytest.raises(VspecError) as caught:
        opened("v: uint8\nbody: (block if v else point)\nz: uint8", b"\1\2\3\4\5", tmp_path).get("z")
    assert codes(caught.value) == ["V0196"]


def test_numbers_are_not_repeated_like_a_type(tmp_path):
    with pytest.raises(VspecError) as caught:
        opened("r: {type: uint8, repeat: 2}\nz: uint8", b"\1\2\3", tmp_path)
    assert codes(caught.value) == ["V0109"]


def test_a_constant_in_rows_of_a_type(tmp_path):
    top = "types:\n  mark: {fields: {magic: uint8 = 7, x: uint8}}\n"
    text = card("r: {type: mark, repeat: rest}", top=top)
    problems = check_constants(header(text, tmp_path, {"x.bin": bytes([7, 1, 8, 2])}))
    assert [(p.code, p.offset) for p in problems] == [("V0601", 2)]


# --- constants


@pytest.mark.parametrize(
    ("field", "data", "holds"),
    (
        ("ascii(4) = 'ABF '", b"ABF ", True),
        ("ascii(4) = 'ABF '", b"ABF\0", False),
        ("ascii(4) = 'ABF'", b"ABF ", True),
        ("ascii(4) = 'ABF'", b"ABF\0", True),
        (r"latin1(5) = 'File\n'", b"File\n", True),
        (r"latin1(5) = 'File\n'", b"File ", False),
        ("bytes(2) = 'ab'", b"ab", True),
        ("bytes(2) = 'ab'", b"ac", False),
        ("uint8[2] = [3, 4]", b"\3\4", True),
        ("uint8[2] = [3, 4]", b"\3\5", False),
        (r"ascii('\n') = 'P5'", b"P5\n", True),
        (r"ascii('\n') = 'P5'", b"P6\n", False),
    ),
)
def test_a_text_that_fills_its_field_is_held_against_every_byte(tmp_path, field, data, holds):
    text = card(f'm: "{field}"'.replace("\\n", "\\\\n") + "\nz: uint8", source="f.z")
    problems = check_constants(header(text, tmp_path, {"x.bin": data + b"\1"}))
    assert [p.code for p in problems] == ([] if holds else ["V0601"])


# --- texts up to a terminator

TEXTS = r"""
a: ascii('\0')
b: latin1('\r\n') as float
c: utf8('--')[2]
d: utf16('\0')
z: uint8
"""


@pytest.mark.parametrize("endian", ("little", "big"))
def test_texts_take_their_terminator_with_them(tmp_path, endian):
    code = "utf-16-le" if endian == "little" else "utf-16-be"
    data = b"hello \0 4.5\r\n" + "µ--".encode() + b"--" + "aĀ\0".encode(code) + b"\7"
    found = opened(TEXTS, data, tmp_path, endian=endian)
    assert [found.get(name) for name in "abdz"] == ["hello", 4.5, "aĀ", 7]
    assert list(found.get("c")) == ["µ", ""]


def test_a_utf16_terminator_stands_at_whole_characters(tmp_path):
    data = "Āā".encode("utf-16-be") + b"\0\0"
    assert data.find(b"\0\0") == 4
    data = b"\x01\0\0\x02" * 3000 + b"\0\0\x09"
    found = opened("a: utf16('\\0')\nz: uint8", data, tmp_path)
    assert len(found.get("a")) == 6000
    assert found.get("z") == 9


def test_texts_in_rows(tmp_path):
    data = b"ab\0\1\0\2c\0\3"
    found = opened("r: {repeat: 3, fields: {s: ascii('\\0'), x: uint8}}\nz: uint8 @ 0", data, tmp_path)
    assert list(found.get("r").column("s")) == ["ab", "", "c"]
    assert found.get("r").column("x").tolist() == [1, 2, 3]


def test_a_text_that_is_parsed(tmp_path):
    fields = "h: {type: ascii('\\0'), parse: {format: pairs, fields: {n: int}}}\nx: uint8[k=h.n]\nz: uint8"
    assert array(fields, b"n=2\nm=3\n\0\5\6\7", tmp_path, "f.x") == [5, 6]


@pytest.mark.parametrize(
    ("fields", "data", "code", "offset"),
    (
        ("a: ascii('\\0')", b"abc", "V0352", 0),
        ("a: ascii('\\0')[3]", b"a\0b\0cd", "V0352", 4),
        ("a: ascii('\\0')[9]", b"a\0", "V0301", 0),
        ("a: utf16('\\0')", b"a\0\0b\0c\0", "V0352", 0),
        ("a: ascii('\\0')", b"", "V0301", 0),
        ("a: ascii('\\0')", b"\xb5\0", "V0306", 0),
        ("a: ascii('\\0') as int", b"x\0", "V0307", 0),
    ),
)
def test_texts_that_do_not_end(tmp_path, fields, data, code, offset):
    with pytest.raises(VspecError) as caught, bounded():
        opened(f"{fields}\nz: uint8 @ 0", data, tmp_path).get("a")
    (problem,) = caught.value.problems
    assert (problem.code, problem.offset, problem.data_file) == (code, offset, "x.bin")


def test_a_text_that_ends_too_late(tmp_path):
    from vspec.header.terminated import MAX_BYTES

    for name, length, fits in (("a", MAX_BYTES - 1, True), ("b", MAX_BYTES, False)):
        found = opened("a: latin1('\\0')\nz: uint8", b"x" * length + b"\0\1", tmp_path / name)
        if fits:
            assert len(found.get("a")) == length
            continue
        with pytest.raises(VspecError) as caught, bounded():
            found.get("a")
        assert codes(caught.value) == ["V0352"]


# --- flags and tables of sections, by expressions


def test_flags_are_taken_out_of_a_number(tmp_path):
    fields = "r: {repeat: rest, fields: {flags: uint8}, let: {bad: flags & 1 == 1, gain: (flags >> 4) & 7}}\nz: uint8 @ 0"
    table = opened(
        fields.replace("flags & 1 == 1", "(flags & 1) == 1"), bytes([0x31, 0x72, 0x01]), tmp_path
    ).get("r")
    assert table.column("bad").tolist() == [True, False, True]
    assert table.column("gain").tolist() == [3, 7, 0]


def test_sections_lie_relative_to_a_base_or_the_end(tmp_path):
    fields = """
base: uint8
section:
  repeat: 2
  key: id
  fields: {id: ascii(2), from_: int8, n: uint8}
first: uint16[k=section['AA'].n] @ (base + section['AA'].from_)
last: uint8[k=section['ZZ'].n] @ (size(f) + section['ZZ'].from_)
z: uint8
"""
    data = struct.pack("<B 2sbB 2sbB B x 2H 3B", 8, b"AA", 3, 2, b"ZZ", -3, 3, 42, 500, 600, 7, 8, 9)
    assert array(fields, data, tmp_path, "f.first") == [500, 600]
    assert array(fields, data, tmp_path / "b", "f.last") == [7, 8, 9]


def test_a_text_finds_a_key_that_looks_like_a_number(tmp_path):
    top = 'tables: {d: {"444": 7, 5: 8, "x": 9}}\nlet:\n'
    wanted = {
        "d[f.a]": 7,
        "d[f.b]": 8,
        "d['444']": 7,
        "get(d, f.a, 0)": 7,
        "d['x']": 9,
        "1 if f.a in d else 0": 1,
        "get(d, '05', -1)": -1,
    }
    top += "".join(f'  v{k}: "{text}"\n' for k, text in enumerate(wanted))
    text = card("a: ascii(3)\nb: uint8\nz: uint8", top=top, source="f.z")
    found = header(text, tmp_path, {"x.bin": b"444\5\1"})
    assert [found.get(f"v{k}") for k in range(len(wanted))] == list(wanted.values())
