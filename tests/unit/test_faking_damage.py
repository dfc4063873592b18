"""Damaged files: every kind changes what it says, and the card refuses it."""

from __future__ import annotations

import pytest

from vspec.authoring.faking import DAMAGES, FakeOptions, damages, fake
from vspec.card.load import loads
from vspec.errors import VspecError

CARD = """
vspec: 1
files:
  rec:
    match: "{name}.rec"
    endian: {test: uint16 @ 4 = 1}
    layout:
      fields:
        magic: ascii(4) = 'REC1'
        order: uint16
        n: uint16
        where: uint32
        block:
          at: where
          repeat: n
          fields: {x: "int32[c=3]"}
  note: {match: "{name}.txt"}
checks:
  - that: size(rec) == 12 + 12 * rec.n
    else: "{{ size(rec) }} bytes"
arrays:
  x: {from: rec.block.x}
  note: {from: note, dtype: uint8, shape: {byte: auto}}
examples:
  - name: tiny
    make: {rec.n: 5, auto: {byte: 2}}
"""


def test_this_card_notices_every_kind():
    assert damages(loads(CARD, "card.yaml")) == DAMAGES


@pytest.mark.parametrize(
    ("kind", "refused"),
    (
        ("truncated", {"V0604", "V0301"}),
        ("extended", {"V0604"}),
        ("magic", {"V0601"}),
        ("count", {"V0604", "V0301"}),
        ("pointer", {"V0302", "V0301"}),
        ("missing", {"V0421"}),
        ("byte-order", {"V0602"}),
    ),
)
def test_each_kind(tmp_path, kind, refused):
    card = loads(CARD, "card.yaml")
    whole = fake(card, tmp_path / "whole")
    spoilt = fake(card, tmp_path / "spoilt", FakeOptions(damage=kind))
    assert spoilt.damage == kind
    assert set(spoilt.refused) <= refused
    assert spoilt.refused
    before = {path.name: path.read_bytes() for path in whole.files}
    after = {path.name: path.read_bytes() for path in spoilt.files}
    changed = [name for name, content in before.items() if after.get(name) != content]
    assert len(changed) == 1
    if kind == "missing":
        assert set(before) - set(after) == {"name.txt"}
    else:
        [name] = changed
        sizes = len(after[name]) - len(before[name])
        assert (sizes < 0, sizes > 0) == (kind == "truncated", kind == "extended")


def test_a_kind_that_the_card_cannot_notice_is_refused_with_those_it_does(tmp_path):
    text = 'vspec: 1\nfiles: "{name}.dat"\narrays: {x: {dtype: int16, shape: {t: auto}}}\n'
    with pytest.raises(VspecError) as error:
        fake(loads(text, "card.yaml"), tmp_path / "new" / "folder", FakeOptions(damage="magic"))
    [problem] = error.value.problems
    assert problem.code == "V0860"
    assert problem.help == "it notices: truncated, extended"
    assert list(tmp_path.iterdir()) == []


def test_a_kind_that_does_not_exist(tmp_path):
    with pytest.raises(VspecError) as error:
        fake(loads(CARD, "card.yaml"), tmp_path, FakeOptions(damage="truncate"))
    [problem] = error.value.problems
    assert problem.code == "V0860"
    assert "truncated" in (problem.help or "")


def test_folders_that_hold_something_else_stay(tmp_path):
    (tmp_path / "kept").mkdir()
    text = 'vspec: 1\nfiles: "{name}.dat"\narrays: {x: {dtype: int16, shape: {t: auto}}}\n'
    with pytest.raises(VspecError):
        fake(loads(text, "card.yaml"), tmp_path / "kept", FakeOptions(damage="magic"))
    assert [path.name for path in tmp_path.iterdir()] == ["kept"]
