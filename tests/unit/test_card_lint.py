"""Warnings about cards that are right, and how `check` shows them."""

from __future__ import annotations

import pytest

from vspec.card.lint import lint
from vspec.card.load import loads
from vspec.commands.check import check
from vspec.errors.rendering import render

CARD = """vspec: 1
params: {rate: {type: int, default: 3}}
tables:
  kinds: {1: point, 2: int16}
  spare: {1: int16}
types:
  point: {fields: {x: int16}}
  plane: {fields: {p: "point[i=2]"}}
files:
  f:
    match: "{run}.dat"
    layout:
      fields:
        code: uint8
        n: uint8
        r: {repeat: n, fields: {v: uint8}, let: {twice: v * 2, thrice: v * 3}}
        z: kinds[code]
let:
  half: f.n // 2
  again: again_not + 1
  again_not: 3
arrays:
  "raw/{run}":
    from: f.r.v
    let: {mine: f.code, other: 1}
    attrs: {a: "{run} of {{ run }}", b: "{x} {f.n} {{ f.r.twice }}", c: "{{ mine }}", d: [{e: "{ rate }"}]}
"""


def test_left_overs_and_single_braces():
    found = lint(loads(CARD, "card.yaml"))
    assert [(p.code, p.place.line, p.place.column, p.level) for p in found] == [
        ("V0198", 5, 3, "warn"),
        ("V0198", 8, 3, "warn"),
        ("V0198", 16, 64, "warn"),
        ("V0198", 19, 3, "warn"),
        ("V0198", 20, 3, "warn"),
        ("V0189", 23, 8, "warn"),
        ("V0198", 25, 25, "warn"),
        ("V0189", 26, 17, "warn"),
        ("V0189", 26, 46, "warn"),
        ("V0189", 26, 96, "warn"),
    ]
    told = [p.message for p in found]
    assert told[0] == "the table 'spare' is never used"
    assert told[1] == "the type 'plane' is never used"
    assert told[2] == "the derived value 'thrice' is never used"
    assert render(found[7]) == (
        "card.yaml:26:17: warning[V0189]: '{run}' computes nothing: it stays in the text as it is written\n"
        '   26 |     attrs: {a: "{run} of {{ run }}", b: "{x} {f.n} {{ f.r.twice }}", c: "{{ mine }}", d: [{e: "{ r…\n'
        "      |                 ^^^^^\n"
        "  help: '{{ run }}' is the value of 'run'"
    )


@pytest.mark.parametrize(
    "used",
    (
        'attrs: {a: "{{ get(spare, 1, 0) }}"}',
        "checks: [{that: 1 in spare, else: no}]",
        "let: {q: 'spare[1]'}\nattrs: {q: '{{ q }}'}",
    ),
)
def test_what_is_used_is_no_left_over(used):
    text = (
        "vspec: 1\ntables: {spare: {1: 2}}\nfiles: '{n}.dat'\n"
        f"{used}\narrays: {{raw: {{dtype: int16, shape: {{t: auto}}}}}}\n"
    )
    assert lint(loads(text, "card.yaml")) == []


def test_check_warns_and_the_card_is_right_all_the_same(tmp_path):
    (tmp_path / "card.yaml").write_text(CARD)
    report = check(tmp_path / "card.yaml")
    assert {p.code for p in report.problems} == {"V0189", "V0198"}
    assert {p.level for p in report.problems} == {"warn"}
