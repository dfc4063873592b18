"""Rows inside rows: brackets mean the inner ones, ``flat`` gives one table, whether they are strided or walked."""

from __future__ import annotations

import struct

import numpy as np
import pytest

from tests.unit.layouts import card
from tests.unit.opening import codes, header, planned, value
from vspec.errors import Place, Text, VspecError
from vspec.expressions import parse

WALKED = """
g:
  repeat: rest
  fields:
    id: ascii('\\0')
    n: uint8
    ch:
      repeat: n
      fields: {kind: uint8, x: uint16, y: 'int16[s=2]'}
      let: {double: 2 * x}
"""
STRIDED = """
m: uint8
g:
  repeat: rest
  fields:
    id: ascii(2)
    ch:
      repeat: m
      fields: {kind: uint8, x: uint16, y: 'int16[s=2]'}
      let: {double: 2 * x}
"""
KIND = np.dtype([("kind", "u1"), ("x", "<u2"), ("y", "<i2", (2,))])


def tables(counts: list[int]) -> list[np.ndarray]:
    rng = np.random.default_rng(sum(counts) + len(counts))
    made = [np.frombuffer(rng.bytes(KIND.itemsize * n), KIND).copy() for n in counts]
    for table in made:
        table["kind"] %= 3
    return made


def walked(counts: list[int]) -> tuple[str, bytes, list[np.ndarray]]:
    made = tables(counts)
    return WALKED, b"".join(b"g\0" + bytes([len(t)]) + t.tobytes() for t in made), made


def strided(counts: list[int]) -> tuple[str, bytes, list[np.ndarray]]:
    made = tables(counts)
    return STRIDED, bytes([counts[0]]) + b"".join(b"ab" + t.tobytes() for t in made), made


def array(made, folder, source: str, dims: str = "") -> np.ndarray:
    fields, data, _ = made
    opened, plan = planned(card(fields, source=source, dims=dims), folder, {"x.bin": data})
    return value(opened, plan.arrays[0])


def evaluated(made, folder, text: str) -> object:
    fields, data, _ = made
    opened = header(
        card(fields, source="f.g.n" if "n: uint8\n    ch" in fields else "f.m"), folder, {"x.bin": data}
    )
    return parse(Text(text, Place("e", 1, 1, len(text), text))).evaluate(opened)


BOTH = pytest.mark.parametrize("make", (walked, strided))
EVEN = [3, 3, 3, 3]
UNEVEN = [2, 0, 5, 1]


@BOTH
def test_all_inner_rows_of_all_outer_ones(make, tmp_path):
    made = make(EVEN)
    assert np.array_equal(array(made, tmp_path / "a", "f.g.ch.x"), [t["x"] for t in made[2]])
    assert np.array_equal(array(made, tmp_path / "b", "f.g.ch.y"), [t["y"] for t in made[2]])
    joined = array(made, tmp_path / "c", "f.g.ch.y", "g ch s -> t=(g ch s)")
    assert np.array_equal(joined, np.concatenate([t["y"].ravel() for t in made[2]]))


@BOTH
def test_brackets_mean_the_inner_rows(make, tmp_path):
    made = make(EVEN)
    x = np.array([t["x"] for t in made[2]])
    assert np.array_equal(array(made, tmp_path / "a", "f.g.ch[1].x"), x[:, 1])
    assert np.array_equal(array(made, tmp_path / "b", "f.g.ch[-1].x"), x[:, -1])
    assert np.array_equal(array(made, tmp_path / "c", "f.g.ch[1:].x"), x[:, 1:])
    assert np.array_equal(array(made, tmp_path / "d", "f.g.ch[[2, 0]].x"), x[:, [2, 0]])
    assert np.array_equal(array(made, tmp_path / "e", "f.g[2].ch.x"), x[2])
    assert np.array_equal(array(made, tmp_path / "f", "f.g[1:3].ch[0].x"), x[1:3, 0])
    mask = "[true, false, true]"
    assert np.array_equal(array(made, tmp_path / "g", f"f.g.ch[{mask}].x"), x[:, [0, 2]])


@BOTH
def test_flat_is_one_table(make, tmp_path):
    made = make(EVEN)
    every = np.concatenate(made[2])
    assert np.array_equal(array(made, tmp_path / "a", "flat(f.g.ch).x"), every["x"])
    assert np.array_equal(
        array(made, tmp_path / "b", "flat(f.g.ch)[kind == 1].y"), every["y"][every["kind"] == 1]
    )
    assert np.array_equal(array(made, tmp_path / "c", "flat(f.g.ch)[7].y"), every["y"][7])
    assert np.array_equal(
        array(made, tmp_path / "d", "sort_by(flat(f.g.ch), flat(f.g.ch).x).x"), np.sort(every["x"])
    )
    assert np.array_equal(array(made, tmp_path / "e", "reverse(flat(f.g.ch)).x"), every["x"][::-1])
    assert evaluated(made, tmp_path / "f", "len(flat(f.g.ch))") == len(every)
    assert np.array_equal(
        evaluated(made, tmp_path / "g", "flat(f.g.ch).double"), every["x"].astype(np.int64) * 2
    )
    kinds = list(dict.fromkeys(every["kind"].tolist()))
    assert evaluated(made, tmp_path / "h", "unique(flat(f.g.ch).kind)").tolist() == kinds
    assert evaluated(made, tmp_path / "i", "count(flat(f.g.ch).kind == 0)") == (every["kind"] == 0).sum()


@BOTH
def test_a_mask_of_all_inner_rows_picks_in_each(make, tmp_path):
    made = make(EVEN)
    picked = [t["x"][t["kind"] == 1] for t in made[2]]
    found = array(made, tmp_path, "f.g.ch[kind == 1].x", "g ch -> t=(g ch)")
    assert np.array_equal(found, np.concatenate(picked))


@BOTH
def test_columns_and_sizes(make, tmp_path):
    made = make(EVEN)
    assert np.array_equal(evaluated(made, tmp_path / "a", "f.g.ch.kind"), [t["kind"] for t in made[2]])
    assert evaluated(made, tmp_path / "b", "len(f.g.ch)") == 3
    assert np.array_equal(
        evaluated(made, tmp_path / "c", "f.g.ch[1].double"), [int(t["x"][1]) * 2 for t in made[2]]
    )
    assert np.array_equal(
        np.diff(evaluated(made, tmp_path / "d", "at(flat(f.g.ch).x)"))[:2], [KIND.itemsize] * 2
    )


def test_unequal_numbers_are_joined_or_refused(tmp_path):
    made = walked(UNEVEN)
    every = np.concatenate(made[2])
    assert np.array_equal(array(made, tmp_path / "a", "f.g.ch.x", "g ch -> t=(g ch)"), every["x"])
    joined = array(made, tmp_path / "b", "f.g.ch.y", "g ch s -> s t=(g ch)")
    assert np.array_equal(joined, every["y"].T)
    assert np.array_equal(array(made, tmp_path / "c", "flat(f.g.ch).y"), every["y"])
    for name, source, dims in (
        ("d", "f.g.ch.y", ""),
        ("e", "f.g.ch.y", "g ch s -> ch g s"),
        ("f", "f.g.ch.x", "g ch -> ch g"),
    ):
        with pytest.raises(VspecError) as caught:
            array(made, tmp_path / name, source, dims)
        assert codes(caught.value) == ["V0323"]
    with pytest.raises(VspecError) as caught:
        array(made, tmp_path / "g", "f.g.ch.y", "g ch=(a:2 b) s -> g a b s")
    assert codes(caught.value) == ["V0316"]


def test_unequal_numbers_in_expressions(tmp_path):
    made = walked(UNEVEN)
    found = evaluated(made, tmp_path / "a", "f.g.ch.kind")
    assert [list(part) for part in found] == [t["kind"].tolist() for t in made[2]]
    for name, text in (("b", "len(f.g.ch)"), ("c", "f.g.ch[[true, false]].x")):
        with pytest.raises(VspecError) as caught:
            evaluated(made, tmp_path / name, text)
        assert codes(caught.value) == ["V0304"]
    with pytest.raises(VspecError) as caught:
        evaluated(made, tmp_path / "d", "f.g.ch[4].x")
    assert codes(caught.value) in (["V0223"], ["V0304"])
    assert evaluated(made, tmp_path / "e", "get(f.g[9].n, -1)") == -1
    assert evaluated(made, tmp_path / "f", "f.g[first(where(f.g.n == 5, range(4), -1)[f.g.n == 5])].n") == 5


def test_three_levels(tmp_path):
    fields = "a: {repeat: rest, fields: {n: uint8, b: {repeat: n, fields: {m: uint8, c: {repeat: m, fields: {x: uint8}}}}}}"
    data = bytes([2, 1, 10, 2, 11, 12, 0, 1, 3, 13, 14, 15])
    source = {
        "a": ("f.a.b.c.x", "a b c -> t=(a b c)"),
        "b": ("flat(f.a.b).c.x", "b c -> t=(b c)"),
        "c": ("flat(f.a.b.c).x", ""),
    }
    for name, (text, dims) in source.items():
        opened, plan = planned(card(fields, source=text, dims=dims), tmp_path / name, {"x.bin": data})
        assert value(opened, plan.arrays[0]).tolist() == [10, 11, 12, 13, 14, 15]


def test_one_array_for_each_inner_row(tmp_path):
    made = walked(UNEVEN)
    text = card(made[0], source="c.y").replace(
        "  a:\n", "  a:\n    each: c in flat(f.g.ch)\n    name: 'ch_{{ c.x }}'\n"
    )
    opened, plan = planned(text, tmp_path, {"x.bin": made[1]})
    assert [value(opened, layout).tolist() for layout in plan.arrays] == np.concatenate(made[2])["y"].tolist()


def test_one_array_for_each_pair_of_rows(tmp_path):
    fields = "n: uint8\ncode: uint8[n]\nr: {repeat: n, fields: {x: 'uint8[k=code[0]]'}}"
    text = card(fields, source="f.r[i].x").replace(
        "  a:\n", "  a:\n    each: i in range(len(f.r))\n    name: 'r_{{ f.code[i] }}'\n"
    )
    opened, plan = planned(text, tmp_path, {"x.bin": bytes([2, 1, 5, 8, 9])})
    assert [layout.path for layout in plan.arrays] == ["r_1", "r_5"]
    assert [value(opened, layout).tolist() for layout in plan.arrays] == [[8], [9]]


def test_a_record_in_each_row(tmp_path):
    fields = "r: {repeat: rest, fields: {n: uint8, h: {fields: {x: uint16, y: uint8}}, s: 'uint8[k=n]'}}"
    data = struct.pack("<BHB BHBB", 0, 7, 1, 1, 8, 2, 9)
    opened, plan = planned(card(fields, source="f.r.h.x"), tmp_path, {"x.bin": data})
    assert value(opened, plan.arrays[0]).tolist() == [7, 8]
    assert opened.get("f").get("r").column("h").column("y").tolist() == [1, 2]
    assert opened.get("f").get("r").column("h").row(1).get("y") == 2


def test_no_rows_at_all(tmp_path):
    opened = header(card(WALKED, source="f.g.n"), tmp_path, {"x.bin": b""})
    assert len(opened.get("f").get("g")) == 0
    assert len(opened.get("f").get("g").column("ch")) == 0


def test_files_of_a_role_are_the_outermost_axis(tmp_path):
    text = """
vspec: 1
files:
  f:
    match: "{id}_{part:int}.bin"
    over: part
    layout: {fields: {r: {repeat: rest, fields: {n: uint8, x: uint16}}}}
arrays:
  a: {from: f.r.x, dims: "part r -> t=(part r)"}
  b: {from: flat(f.r).x, dims: [t]}
  c: {from: "f.r[n == 1].x", dims: "part r -> u=(part r)"}
"""
    parts = {
        f"x_{k}.bin": b"".join(struct.pack("<BH", i % 2, 10 * k + i) for i in range(n))
        for k, n in enumerate([3, 1, 2])
    }
    opened, plan = planned(text, tmp_path, parts)
    assert value(opened, plan.arrays[0]).tolist() == [0, 1, 2, 10, 20, 21]
    assert value(opened, plan.arrays[1]).tolist() == [0, 1, 2, 10, 20, 21]
    assert value(opened, plan.arrays[2]).tolist() == [1, 21]
