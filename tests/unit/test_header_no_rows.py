"""A repeated record that is absent, or stands nowhere, has no rows and keeps its columns and axes."""

from __future__ import annotations

import numpy as np
import pytest

from tests.unit.layouts import card
from tests.unit.opening import codes, header, planned, value
from vspec.errors import VspecError

ABSENT = """
n: uint8
v:
  if: n > 5
  at: 1000 * n
  repeat: n
  key: k
  endian: big
  fields:
    k: uint8
    x: int16[s=k]
    label: ascii(4)
    g: {fields: {y: "float32[c=3]"}}
    h: {repeat: k, fields: {z: "uint8[q=2]"}}
  let: {twice: 2 * k}
w:
  if: n > 5
  repeat: n
  fields: {a: uint8, x: "int16[c=3]", p: "pair[e=2]", one: pair}
last: uint8
chain:
  at: 5
  if: n > 5
  repeat: {next: "link if link > 0 else none"}
  fields: {link: uint8, x: "int16[n]"}
"""
TOP = "types: {pair: {fields: {u: uint8, t: float64}}}"


def opened(tmp_path, fields=ABSENT):
    return header(card(fields, source="f.w.x", top=TOP), tmp_path, {"x.bin": bytes([3, 42])})


@pytest.mark.parametrize("rows", ("v", "w", "chain"))
def test_there_are_none_and_the_cursor_stays(rows, tmp_path):
    found = opened(tmp_path).get("f")
    assert len(found.get(rows)) == 0
    assert list(found.get(rows)) == []
    assert found.get("last") == 42


@pytest.mark.parametrize(
    ("expression", "expected"),
    (
        ("len(f.v)", 0),
        ("f.v == none", True),
        ("f.v != none", False),
        ("get(f.v, 7)", 7),
        ("get(f.w[0].a, 9)", 9),
        ("get(f.v[1].x, 9)", 9),
        ("3 in f.v", False),
        ("f.w[a > 3].a", []),
        ("f.v.twice", []),
        ("f.v.label", []),
        ("f.v.g.y", []),
        ("len(f.v.h)", 0),
        ("f.w.one.u", []),
        ("sum(f.w.a)", 0),
    ),
)
def test_what_is_asked_of_them(expression, expected, tmp_path):
    text = card(ABSENT, source="f.w.x", top=f'{TOP}\nlet: {{asked: "{expression}"}}')
    found = header(text, tmp_path, {"x.bin": bytes([3, 42])}).get("asked")
    assert (found.tolist() if isinstance(found, np.ndarray) else found) == expected


@pytest.mark.parametrize(
    ("source", "dims", "shape", "dtype"),
    (
        ("f.v.x", "v s -> t=(v s)", (0,), ">i2"),
        ("f.v.g.y", "", (0, 3), ">f4"),
        ("f.v.h.z", "v h q -> q r=(v h)", (2, 0), "|u1"),
        ("f.w.x", "", (0, 3), "<i2"),
        ("f.w[a > 3].x", "w c -> c w", (3, 0), "<i2"),
        ("f.w.p.t", "", (0, 0), "<f8"),
        ("f.w.one.t", "", (0,), "<f8"),
        ("f.w.a", "", (0,), "|u1"),
    ),
)
def test_arrays_of_them_keep_their_axes(source, dims, shape, dtype, tmp_path):
    text = card(ABSENT, source=source, dims=dims, top=TOP)
    head, made = planned(text, tmp_path, {"x.bin": bytes([3, 42])})
    (layout,) = made.arrays
    assert layout.shape == shape
    assert layout.dtype == np.dtype(dtype)
    assert value(head, layout).shape == shape


def test_a_table_of_no_rows_of_any_size_keeps_its_axes_too(tmp_path):
    fields = "n: uint8\nr:\n  repeat: n\n  fields: {k: uint8, x: 'int16[c=2, s=k]'}"
    text = card(fields, dims="r c s -> c t=(r s)")
    (layout,) = planned(text, tmp_path, {"x.bin": bytes(1)})[1].arrays
    assert layout.shape == (2, 0)


def test_what_absent_rows_do_not_have(tmp_path):
    for expression, code in (("f.v.nothing", "V0173"), ("at(f.v)", "V0225"), ("f.v[3].x", "V0223")):
        text = card(ABSENT, source="f.w.x", top=f'{TOP}\nlet: {{asked: "{expression}"}}')
        with pytest.raises(VspecError) as caught:
            header(text, tmp_path, {"x.bin": bytes([3, 42])}).get("asked")
        assert codes(caught.value) == [code]


def test_absent_in_some_rows_only(tmp_path):
    fields = (
        "r:\n  repeat: 3\n  fields:\n    n: uint8\n    q: {if: n > 0, repeat: n, fields: {x: 'uint8[c=2]'}}"
    )
    data = bytes([1, 5, 6, 0, 2, 7, 8, 9, 10])
    text = card(fields, source="f.r.q.x", dims="r q c -> t=(r q) c")
    head, made = planned(text, tmp_path, {"x.bin": data})
    np.testing.assert_array_equal(value(head, made.arrays[0]), [[5, 6], [7, 8], [9, 10]])
    assert [len(row.get("q")) for row in head.get("f").get("r")] == [1, 0, 2]


def test_a_single_absent_record_is_none(tmp_path):
    fields = "n: uint8\nv: {if: n > 5, fields: {x: uint8}}"
    assert header(card(fields, source="f.n"), tmp_path, {"x.bin": bytes(1)}).get("f").get("v") is None
