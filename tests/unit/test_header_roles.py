"""Roles whose files a header names: found by the names as the card computes them."""

from __future__ import annotations

import numpy as np
import pytest

from tests.unit.opening import codes, header, planned, value
from vspec.errors import VspecError

CARD = r"""
vspec: 1
files:
  h: {match: "{name}.h", format: lines, fields: {row: {each: "{file} {n:int}"}}}
  w: {named: unique(h.row.file)}
arrays:
  part:
    each: r in h.row
    name: "{{ r.n }}/data"
    from: "w[r.file]"
    dtype: uint8
    shape: {t: auto}
"""
FILES = {"a.w": b"\1\2\3", "b/c.w": b"\4\5"}
NAMES = b"./a.w 1\nb/c.w 2\n.\\b\\\\c.w 3\nb/./c.w 4\n"


@pytest.mark.parametrize("folder", ("", "sub/", "sub/deeper/"))
def test_files_are_found_by_name_wherever_the_anchor_lies(tmp_path, folder):
    contents = {f"{folder}{name}": data for name, data in {**FILES, "x.h": NAMES}.items()}
    opened, made = planned(CARD, tmp_path, contents)
    found = {layout.path: value(opened, layout).tolist() for layout in made.arrays}
    assert found == {"1/data": [1, 2, 3], "2/data": [4, 5], "3/data": [4, 5], "4/data": [4, 5]}
    rows = opened.get("w")
    assert list(rows.keys()) == ["a.w", "b/c.w", "b/c.w", "b/c.w"]
    assert [rows.has(name) for name in ("a.w", "././a.w", "sub/a.w", "c.w")] == [True, True, False, False]
    chosen = rows.choose(np.array([".\\b/c.w", "a.w"], object))
    assert [row.view.name for row in chosen] == [f"{folder}b/c.w", f"{folder}a.w"]


def test_a_name_that_is_not_in_the_list_is_an_error_with_the_names(tmp_path):
    card = CARD.replace("w[r.file]", "w['c.w']")
    with pytest.raises(VspecError) as caught:
        planned(card, tmp_path, {f"sub/{name}": data for name, data in {**FILES, "x.h": NAMES}.items()})
    assert set(codes(caught.value)) == {"V0222"}
    assert "b/c.w" in (caught.value.problems[0].help or "")
    opened = header(card, tmp_path / "b", {"q/x.h": b"a.w 1\n", "q/a.w": b"1"})
    with pytest.raises(KeyError):
        opened.get("w").row("q/a.w")


OWN_NAME = """
vspec: 1
files:
  h: {match: "{name}.h", format: lines, fields: {row: {each: "{file} {channels:int}"}}}
  w:
    named: unique(h.row.file)
    over: path
    layout:
      fields:
        sample:
          repeat: rest
          fields: {x: "uint8[channel=channels]"}
      let:
        channels: h.row[file == path].channels[0]
arrays:
  part:
    each: p in unique(h.row.file)
    name: "{{ p }}/data"
    from: w[p].sample.x
"""


def test_the_layout_of_a_named_file_knows_its_name(tmp_path):
    contents = {"x.h": b"a.w 3\nb/c.w 2\n", "a.w": bytes([1, 2, 3, 4, 5, 6]), "b/c.w": bytes([7, 8])}
    opened, made = planned(OWN_NAME, tmp_path, contents)
    found = {layout.path: value(opened, layout).tolist() for layout in made.arrays}
    assert found == {"a.w/data": [[1, 2, 3], [4, 5, 6]], "b_c.w/data": [[7, 8]]}
