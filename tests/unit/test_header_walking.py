"""Rows that are found one after the other: to the end, up to a sentinel, along a chain; and ``prev``."""

from __future__ import annotations

import struct

import numpy as np
import pytest

from tests.unit.layouts import bounded, card
from tests.unit.opening import codes, header, planned, value
from vspec.errors import VspecError
from vspec.header.fixed_rows import FixedRows
from vspec.header.rows import ListRows

UNTIL = "r: {repeat: {until: t == 0}, fields: {t: uint8, x: uint16}}\nafter: uint8"
VARYING = "r: {repeat: {until: n == 0}, fields: {n: uint8, x: 'uint8[k=n]'}}\nafter: uint8"
CHAIN = """
first: uint16
r:
  at: first
  repeat: {next: link if link > 0 else none}
  fields: {link: uint16, x: uint16}
after: uint8
"""
REST = "r: {repeat: rest, fields: {n: uint8, x: 'uint8[k=n]'}}"
SUMS = """
r:
  repeat: rest
  fields: {x: uint8}
  let:
    total: x + (prev.total if prev != none else 0)
"""


def rows(fields: str, data: bytes, folder, **options):
    return header(card(fields, **options), folder, {"x.bin": data}).get("f").get("r")


def array(fields: str, data: bytes, folder, **options) -> list[object]:
    opened, plan = planned(card(fields, **options), folder, {"x.bin": data})
    return value(opened, plan.arrays[0]).tolist()


def refusal(fields: str, data: bytes, folder, **options):
    with pytest.raises(VspecError) as caught, bounded():
        planned(card(fields, **options), folder, {"x.bin": data})
    (problem,) = caught.value.problems
    assert problem.place is not None
    return problem


# --- until


@pytest.mark.parametrize("count", (1, 2, 997, 20_011))
def test_until_includes_its_last_row_and_stays_strided(tmp_path, count):
    kind = np.dtype([("t", "u1"), ("x", "<u2")])
    table = np.zeros(count, kind)
    table["t"][:-1] = 1
    table["x"] = np.arange(count)
    data = table.tobytes() + b"\7" + b"\1" * 30
    opened = header(card(UNTIL), tmp_path, {"x.bin": data})
    found = opened.get("f").get("r")
    assert isinstance(found, FixedRows)
    assert len(found) == count
    assert np.array_equal(found.column("x"), table["x"])
    assert opened.get("f").get("after") == 7
    assert array(UNTIL, data, tmp_path / "again") == table["x"].tolist()


def test_until_with_rows_of_varying_size(tmp_path):
    data = bytes([2, 8, 9, 1, 7, 0, 42])
    opened = header(card(VARYING), tmp_path, {"x.bin": data})
    assert isinstance(opened.get("f").get("r"), ListRows)
    assert opened.get("f").get("after") == 42
    assert array(VARYING, data, tmp_path / "b", dims="r k -> t=(r k)") == [8, 9, 7]


@pytest.mark.parametrize(
    "until",
    ("here >= 7", "start == 6", "t in [9, 0]", "t == f.stop", "t == 0 or t == f.stop", "sum([t, t]) == 0"),
)
def test_what_ends_the_rows_sees_their_fields_places_and_what_is_around(tmp_path, until):
    fields = f"stop: uint8\nr: {{repeat: {{until: '{until}'}}, fields: {{t: uint8, x: uint16}}}}"
    data = struct.pack("<B BH BH BH", 0, 1, 10, 2, 20, 0, 30)
    expected = [10, 20] if until in ("here >= 7", "start == 4") else [10, 20, 30]
    fields = fields.replace("start == 6", "start == 7").replace("f.stop", "stop")
    assert array(fields, data, tmp_path) == expected


def test_until_that_never_holds(tmp_path):
    data = struct.pack("<BHBH", 1, 10, 2, 20) + b"\3"
    problem = refusal(UNTIL, data, tmp_path)
    assert (problem.code, problem.data_file, problem.offset) == ("V0350", "x.bin", 6)
    warned = header(card(UNTIL.replace("repeat:", "partial: warn, repeat:")), tmp_path / "w", {"x.bin": data})
    assert warned.get("f").get("r").column("x").tolist() == [10, 20]
    assert [p.code for p in warned.warnings] == ["V0350"]
    dropped = header(
        card(UNTIL.replace("repeat:", "partial: drop, repeat:")), tmp_path / "d", {"x.bin": data}
    )
    assert dropped.get("f").get("r").column("x").tolist() == [10, 20]
    assert dropped.warnings == []


def test_until_ends_before_the_byte_of_to(tmp_path):
    fields = UNTIL.replace("repeat:", "to: 6, repeat:")
    assert refusal(fields, struct.pack("<BHBHBHB", 1, 1, 1, 2, 0, 3, 4), tmp_path).code == "V0350"


# --- chains


def test_a_chain_goes_where_each_row_says_and_does_not_move_the_cursor(tmp_path):
    data = struct.pack("<H B x HH HH HH", 8, 77, 0, 3, 12, 1, 4, 2)
    opened, plan = planned(card(CHAIN), tmp_path, {"x.bin": data})
    assert value(opened, plan.arrays[0]).tolist() == [1, 2, 3]
    assert opened.get("f").get("after") == 77


def test_a_chain_that_begins_nowhere_has_no_rows(tmp_path):
    fields = CHAIN.replace("at: first", "at: first if first > 0 else none")
    assert len(rows(fields, struct.pack("<HB", 0, 1), tmp_path)) == 0


def test_a_chain_in_its_own_order_with_rows_of_varying_size(tmp_path):
    fields = "r: {repeat: {next: here if link == 0 else link if link != 255 else none},"
    fields += " fields: {link: uint8, n: uint8, x: 'uint8[k=n]'}}"
    data = bytes([0, 2, 8, 9, 9, 1, 7, 1, 2, 255, 2, 5, 6])
    assert array(fields, data, tmp_path, dims="r k -> t=(r k)") == [8, 9, 7, 5, 6]


@pytest.mark.parametrize(("links", "first"), (([4], 4), ([8, 4], 4), ([8, 12, 8], 4), ([12, 4, 8], 8)))
def test_a_chain_that_comes_back_names_both_rows(tmp_path, links, first):
    data = struct.pack("<HBx", first, 1) + b"".join(struct.pack("<HH", link, 5) for link in links)
    problem = refusal(CHAIN, data, tmp_path)
    assert problem.code == "V0351"
    visited, at = [], first
    while at not in visited:
        visited.append(at)
        at = links[at // 4 - 1]
    assert f"row {len(visited) - 1} leads to row {visited.index(at)}" in problem.message
    assert problem.offset == at


def test_a_chain_that_leaves_the_file(tmp_path):
    assert refusal(CHAIN, struct.pack("<HBxHH", 4, 1, 4000, 5), tmp_path).code == "V0302"
    assert refusal(CHAIN, struct.pack("<HBxHHxx", 4, 1, 9, 5), tmp_path / "b").code == "V0301"


def test_a_chain_ends_with_none_not_with_0(tmp_path):
    fields = CHAIN.replace("link if link > 0 else none", "link")
    problem = refusal(fields, struct.pack("<HBxHH", 0, 1, 0, 5), tmp_path)
    assert problem.code == "V0351"
    assert "none" in str(problem.help)


# --- rest


def test_rest_of_varying_size(tmp_path):
    assert array(REST, bytes([2, 1, 2, 0, 1, 7]), tmp_path, dims="r k -> t=(r k)") == [1, 2, 7]


@pytest.mark.parametrize("tail", (b"\4", b"\4abc", b"\xff"))
def test_a_last_row_that_is_cut_off(tmp_path, tail):
    data = bytes([2, 1, 2, 0]) + tail
    refused = refusal(REST, data, tmp_path, dims="r k -> t=(r k)")
    assert refused.code == "V0301"
    assert "'partial: warn'" in str(refused.help)
    assert "count" not in str(refused.help)
    warned = header(card(REST.replace("rest,", "rest, partial: warn,")), tmp_path / "w", {"x.bin": data})
    assert len(warned.get("f").get("r")) == 2
    assert [(p.code, p.offset) for p in warned.warnings] == [("V0309", 4)]
    assert warned.warnings[0].help == "they are left out, as 'partial: warn' says"
    dropped = header(card(REST.replace("rest,", "rest, partial: drop,")), tmp_path / "d", {"x.bin": data})
    assert len(dropped.get("f").get("r")) == 2
    assert dropped.warnings == []


def test_partial_swallows_nothing_else(tmp_path):
    fields = "r: {repeat: rest, partial: drop, fields: {n: uint8, x: 'uint8[k=n - 3]'}}"
    assert refusal(fields, bytes([3, 4, 9, 1]), tmp_path, dims="r k -> t=(r k)").code == "V0308"


@pytest.mark.parametrize(("n", "expected"), ((0, [1, 2, 3]), (2, [1, 2])))
def test_rest_as_one_side_of_a_choice(tmp_path, n, expected):
    fields = "n: uint8\nr: {repeat: n if n > 0 else rest, fields: {x: uint8}}"
    assert array(fields, bytes([n, 1, 2, 3]), tmp_path) == expected
    fields = "n: uint8\nx: uint8[k=n if n > 0 else rest]"
    assert array(fields, bytes([n, 1, 2, 3]), tmp_path / "b", source="f.x") == expected


def test_rest_ends_where_to_says(tmp_path):
    data = bytes([5, 1, 2, 3, 4, 99])
    assert array("n: uint8\nr: {repeat: rest, to: n, fields: {x: uint8}}\nafter: uint8", data, tmp_path) == [
        1,
        2,
        3,
        4,
    ]
    fields = "n: uint8\nx: {type: 'uint16[k=rest]', to: n}\nafter: uint8"
    opened, plan = planned(card(fields, source="f.x"), tmp_path / "b", {"x.bin": data})
    assert value(opened, plan.arrays[0]).tolist() == [0x0201, 0x0403]
    assert opened.get("f").get("after") == 99


def test_rest_of_varying_size_ends_where_to_says(tmp_path):
    fields = REST.replace("rest,", "rest, to: 4,")
    assert array(fields, bytes([2, 1, 2, 0, 9, 9]), tmp_path, dims="r k -> t=(r k)") == [1, 2]
    problem = refusal(fields, bytes([2, 1, 2, 3, 9, 9, 9]), tmp_path / "b", dims="r k -> t=(r k)")
    assert (problem.code, problem.offset) == ("V0309", 3)


@pytest.mark.parametrize("to", (100, 0))
def test_a_byte_of_to_outside_of_what_it_ends(tmp_path, to):
    fields = "n: uint8\nr: {repeat: rest, to: n, fields: {x: uint8}}"
    assert refusal(fields, bytes([to, 1, 2]), tmp_path).code == "V0302"


def test_left_over_bytes_of_an_axis(tmp_path):
    fields = "x: {type: 'uint16[k=rest]', partial: POLICY}"
    data = bytes(7)
    assert refusal(fields.replace("POLICY", "error"), data, tmp_path, source="f.x").code == "V0309"
    warned, plan = planned(
        card(fields.replace("POLICY", "warn"), source="f.x"), tmp_path / "w", {"x.bin": data}
    )
    assert plan.arrays[0].axes[0].size == 3
    assert [(p.code, p.offset) for p in warned.warnings] == [("V0309", 6)]


def test_rows_without_bytes_never_end(tmp_path):
    for name, repeat in (("a", "rest"), ("b", "{until: f.n > 3}")):
        fields = f"n: uint8 @ 0\nr: {{repeat: {repeat}, fields: {{x: 'uint8[k=z]', z: uint8 @ 0}}}}".replace(
            "f.n", "n"
        )
        assert refusal(fields, b"\0\0", tmp_path / name, dims="r k -> t=(r k)").code == "V0310"


# --- prev


def test_prev_is_none_in_the_first_row(tmp_path):
    steps = np.random.default_rng(1).integers(0, 255, 5003)
    table = rows(SUMS, steps.astype(np.uint8).tobytes(), tmp_path)
    assert table.column("total").tolist() == np.cumsum(steps).tolist()


def test_a_late_row_is_reached_without_the_stack(tmp_path):
    table = rows(SUMS, bytes([1]) * 50_000, tmp_path)
    assert table.row(-1).get("total") == 50_000


def test_prev_carries_a_field_that_is_not_there(tmp_path):
    fields = """
r:
  repeat: rest
  fields:
    flag: uint8
    n: uint8 if flag == 1 else prev.n
    x: uint8[k=n]
"""
    data = bytes([1, 2, 10, 11, 0, 12, 13, 1, 1, 14, 0, 15])
    assert array(fields, data, tmp_path, dims="r k -> t=(r k)") == [10, 11, 12, 13, 14, 15]
    problem = refusal(fields, bytes([0, 1]), tmp_path / "b", dims="r k -> t=(r k)")
    assert problem.code == "V0221"


def test_prev_in_two_values_that_lean_on_each_other(tmp_path):
    fields = """
r:
  repeat: rest
  fields: {x: uint8}
  let:
    a: x + (prev.b if prev != none else 1)
    b: 2 * x if prev == none else prev.a % 1000
"""
    data = bytes(np.random.default_rng(2).integers(0, 9, 3001).astype(np.uint8))
    a, b, expected = None, None, []
    for d in data:
        a, b = (d + 1, 2 * d) if a is None else (d + b, a % 1000)
        expected.append(a)
    assert rows(fields, data, tmp_path).column("a").tolist() == expected


def test_prev_ends_a_repeat(tmp_path):
    fields = "r: {repeat: {until: prev != none and x < prev.x}, fields: {x: uint8}}\nafter: uint8"
    assert array(fields, bytes([1, 2, 5, 3, 9]), tmp_path) == [1, 2, 5, 3]


# --- the sizes stay exact


@pytest.mark.parametrize(
    ("inner", "fixed"),
    (
        ("{m: uint8, q: {repeat: n, fields: {y: uint8}}}", True),
        ("{m: uint8, q: {repeat: m, fields: {y: uint8}}}", False),
        ("{m: uint8, q: {repeat: rest, fields: {y: uint8}}}", False),
        ("{m: uint8, q: {repeat: {until: y == 0}, fields: {y: uint8}}}", False),
        ("{m: uint8, q: {at: 0, repeat: {next: none}, fields: {y: uint8}}}", True),
        ("{m: uint8, q: ascii('\\0')}", False),
        ("{m: uint8, q: 'uint8[k=rest]'}", False),
        ("{m: uint8, q: uint16, o: uint8}", True),
        ("{m: uint8, q: pair(n)}", True),
        ("{m: uint8, q: pair(m)}", False),
        ("{m: uint8, q: named(m)}", True),
        ("{m: uint8, q: 'point[i=n]'}", True),
        ("{m: uint8, q: 'point[i=m]'}", False),
        ("{m: uint8, q: word}", False),
        ("{m: uint8, q: 'kinds[n]'}", False),
        ("{m: uint8, q: point if n > 0 else other}", False),
        ("{m: uint8, q: (point if n > 0 else other)}", True),
        ("{m: uint8, q: (point if m > 0 else other)}", False),
        ("{m: uint8, q: endless}", False),
        ("{m: uint8, q: 'uint8[k=n if n > 0 else rest]'}", False),
    ),
)
def test_which_rows_have_one_size(inner, fixed):
    from vspec.card.load import loads
    from vspec.header.extents import is_fixed

    top = """
types:
  point: {fields: {x: uint8, y: uint16}}
  other: {fields: {x: uint8}}
  pair: {params: [k], fields: {x: "uint8[c=k]"}}
  named: {params: [k], fields: {x: uint8}, let: {twice: 2 * k}}
  word: {fields: {n: uint8, s: ascii(n)}, value: s}
  endless: {fields: {x: uint8, deeper: endless}}
tables: {kinds: {1: point, 2: other}}
"""
    if inner.endswith("else other}") and "(" not in inner:
        inner = "{m: uint8, q: ascii(m)}"
    text = card(f"n: uint8\nr: {{repeat: 2, fields: {inner}}}", top=top, source="f.n")
    loaded = loads(text, "card.yaml")
    (record,) = [f for f in loaded.roles[0].layout.fields if f.name == "r"]
    assert is_fixed(record, loaded.types) is fixed


def test_the_byte_order_of_a_row_may_be_its_own(tmp_path):
    fields = "r: {repeat: rest, endian: big if o == 1 else little, fields: {o: uint8, x: uint16}}"
    table = rows(fields, bytes([1, 0, 5, 0, 6, 0]), tmp_path)
    assert table.column("x").tolist() == [5, 6]
    with pytest.raises(VspecError) as caught:
        array(fields, bytes([1, 0, 5, 0, 6, 0]), tmp_path / "b")
    assert codes(caught.value) == ["V0304"]


def test_rows_of_one_size_whose_fields_lie_elsewhere_in_each(tmp_path):
    fields = "r: {repeat: rest, size: 4, fields: {n: uint8, s: 'uint8[k=n]', x: uint8}}"
    data = bytes([0, 5, 0, 0, 1, 9, 6, 0, 2, 9, 9, 7])
    assert rows(fields, data, tmp_path).column("x").tolist() == [5, 6, 7]
    assert array(fields, data, tmp_path / "b") == [5, 6, 7]


def test_what_stands_in_for_an_absent_field_may_differ_by_row(tmp_path):
    fields = "v: uint8\nr: {repeat: rest, fields: {x: uint8, more: uint8 if v > 1 else x + 1}}"
    assert rows(fields, bytes([1, 3, 5, 7]), tmp_path).column("more").tolist() == [4, 6, 8]


# --- hostile


@pytest.mark.parametrize(
    ("fields", "data", "code"),
    (
        ("n: uint32\nr: {repeat: n, fields: {m: uint8, x: 'uint8[k=m]'}}", b"\xff\xff\xff\xff\1\2", "V0921"),
        ("n: uint32\nr: {repeat: n, fields: {x: uint32}}", b"\xff\xff\xff\xff\1\2", "V0301"),
        (
            "n: uint32\nr: {repeat: n, fields: {m: uint8, x: 'uint8[k=m]'}}",
            b"\x40\x42\x0f\0\1\2\1\2",
            "V0301",
        ),
        ("n: uint64\nr: {repeat: n, fields: {x: uint32}}", b"\xff" * 8, "V0230"),
        ("n: int32\nr: {repeat: n, fields: {x: uint32}}", b"\xff" * 8, "V0308"),
        ("n: uint32\nr: point[k=n]", b"\xff" * 8, "V0301"),
        (
            "n: uint32\ns: ascii('\\0')[k=n]\nr: {repeat: 1, fields: {x: 'uint8[k=nbytes(s)]'}}",
            b"\xff" * 8,
            "V0301",
        ),
        ("n: uint32\nr: {repeat: k in range(n), fields: {x: uint8}}", b"\xff" * 8, "V0903"),
        ("r: {repeat: {next: start}, fields: {x: uint8}}", b"\xff" * 8, "V0351"),
        ("r: {repeat: {next: start - 1}, fields: {x: uint8}}", b"\xff" * 8, "V0302"),
        ("t: nest\nr: {repeat: 1, fields: {x: 'uint8[k=nbytes(t)]'}}", b"\1" * 200, "V0922"),
    ),
)
def test_hostile_counts_and_pointers(tmp_path, fields, data, code):
    top = "types:\n  point: {fields: {x: uint32}}\n  nest: {fields: {n: uint8, in_: nest if n > 0}}\n"
    problem = refusal(fields, data, tmp_path, top=top, dims="")
    assert problem.code == code


def test_a_type_that_points_to_itself_twice_is_looked_at_once_a_place(tmp_path):
    from vspec.header.constants import check_constants

    top = "types:\n  node:\n    fields:\n      n: uint8 = 1\n      left: node if n > 0 @ (start + 1)\n      right: node if n > 0 @ (start + 1)\n"
    opened = header(card("t: node\nx: uint8 @ 0", source="f.x", top=top), tmp_path, {"x.bin": b"\1" * 40})
    with bounded():
        problems = check_constants(opened)
    assert {p.code for p in problems} == {"V0922"}
