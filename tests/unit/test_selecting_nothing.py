"""Selections that leave no rows: what each of them would hold is still known, so its axes keep their sizes."""

from __future__ import annotations

import numpy as np
import pytest

from tests.cards.maps import read
from tests.unit.opening import planned, value
from vspec.commands.apply import apply
from vspec.commands.options import ApplyOptions
from vspec.commands.verify import verify

FIELDS = 'k: uint8, x: "uint8[a=2, b=3]", s: {repeat: 2, fields: {q: uint8, y: "uint8[c=4]"}}'
CARD = """
vspec: 1
title: rows
files:
  f:
    match: "{name}.dat"
    layout: {fields: {r: {repeat: 3, fields: {FIELDS}}}}
arrays:
  raw: {from: "PICK", MORE}
"""
ROW = bytes(range(17))
FORMS = (FIELDS, FIELDS + ', j: uint8, g: "pad(j)"')
RAW = (ROW * 3, b"".join(ROW + bytes([j]) + bytes(j) for j in (2, 0, 3)))


def shape(pick, form, folder, more="attrs: {}"):
    text = CARD.replace("FIELDS", FORMS[form]).replace("PICK", pick).replace("MORE", more)
    opened, found = planned(text, folder, {"a.dat": RAW[form]})
    return value(opened, found.arrays[0]).shape


@pytest.mark.parametrize("form", (0, 1))
@pytest.mark.parametrize(
    ("pick", "wanted"),
    (
        ("f.r[k > 0].x", (0, 2, 3)),
        ("f.r[3:3].x", (0, 2, 3)),
        ("f.r[0:2][1:1].x", (0, 2, 3)),
        ("f.r[0:1].x[0:0]", (0, 2, 3)),
        ("f.r.x[0:0]", (0, 2, 3)),
        ("f.r.x[1][2:2]", (0, 3)),
        ("f.r.s[2:2].y", (3, 0, 4)),
        ("f.r.s[[false, false]].y", (3, 0, 4)),
        ("f.r[1:3].s[1:1].y", (2, 0, 4)),
        ("f.r[0:3].k[3:3]", (0,)),
    ),
)
def test_axes_behind_no_rows_keep_their_sizes(tmp_path, pick, wanted, form):
    assert shape(pick, form, tmp_path) == wanted


@pytest.mark.parametrize("form", (0, 1))
def test_labels_of_an_axis_behind_no_rows_fit(tmp_path, form):
    assert shape("f.r[k > 0].x", form, tmp_path, "axes: {b: {labels: [p, q, r]}}") == (0, 2, 3)


@pytest.mark.parametrize("form", (0, 1))
def test_a_map_of_no_rows_is_read(tmp_path, form):
    text = CARD.replace("FIELDS", FORMS[form]).replace("PICK", "f.r[k > 0].x").replace("MORE", "attrs: {}")
    (tmp_path / "card.yaml").write_text(text)
    (tmp_path / "a.dat").write_bytes(RAW[form])
    report = apply(tmp_path / "card.yaml", tmp_path / "a.dat", tmp_path, options=ApplyOptions())
    assert report.problems == ()
    assert [one.problems for one in verify(tmp_path / "a.vspec.json").maps] == [()]
    found = read(tmp_path / "a.vspec.json")["raw"].values
    assert (found.shape, found.dtype) == ((0, 2, 3), np.uint8)
