"""State that is carried from record to record: ``merge``, the byte order of a record by its own field, uneven joins."""

from __future__ import annotations

import struct

import numpy as np
import pytest

from tests.unit.layouts import card
from tests.unit.opening import codes, header, planned, value
from tests.unit.scopes import Nothing
from vspec.errors import Place, Text, VspecError
from vspec.expressions import Chain, parse
from vspec.expressions.tables import Table, column

OLD = Table({"id": np.array([7, 9]), "n": column([1, 2]), "unit": column(["mV", "V"])})
NEW = Table({"id": np.array([9, 4, 9]), "n": column([None, 5, 6]), "unit": column([None, "A", None])})


def evaluate(text, **values):
    scope = Chain({"old": OLD, "new": NEW, **values}, Nothing())
    found = parse(Text(text, Place("card.yaml", 1, 1, len(text), text))).evaluate(scope)
    return found.tolist() if isinstance(found, np.ndarray) else found


@pytest.mark.parametrize(
    ("text", "expected"),
    (
        ("merge(old, new, 'id').id", [7, 9, 4]),
        ("merge(old, new, 'id').n", [1, 6, 5]),
        ("merge(old, new, 'id').unit", ["mV", "V", "A"]),
        ("merge(none, old, 'id').n", [1, 2]),
        ("merge(old, none, 'unit').id", [7, 9]),
        ("merge(old, new[0:1], 'id').n", [1, 2]),
        ("merge(old, new, 'id')[4].n", 5),
        ("merge(old, new, 'id')[[4, 7]].n", [5, 1]),
        ("merge(old, new, 'id')[n > 1].id", [9, 4]),
        ("merge(old, new, 'id')[1:3].id", [9, 4]),
        ("4 in merge(old, new, 'id')", True),
        ("5 in merge(old, new, 'id')", False),
        ("len(merge(none, none, 'id'))", 0),
        ("last(merge(old, new, 'id')).n", 5),
        ("get(merge(old, new, 'id')[5].n, 0)", 0),
    ),
)
def test_merge(text, expected):
    assert evaluate(text) == expected


@pytest.mark.parametrize(
    ("text", "code"),
    (
        ("merge(old, new, 'kind')", "V0221"),
        ("merge(old, new, 3)", "V0227"),
        ("merge(3, new, 'id')", "V0227"),
        ("merge(old, new)", "V0209"),
        ("merge(new, old, 'n')", "V0227"),
    ),
)
def test_a_merge_that_cannot_be(text, code):
    with pytest.raises(VspecError) as error:
        evaluate(text)
    assert codes(error.value) == [code]


STATE = """
g:
  repeat: rest
  fields:
    m: uint8
    entry:
      repeat: m
      fields:
        id: uint8
        told: uint8
        n: uint8 if told == 1
    part:
      repeat: e in now
      fields: {x: 'uint8[t=e.n]'}
      let: {who: e.id}
  let:
    now: "merge(prev.now if prev != none else none, entry, 'id')"
"""


def test_what_is_not_said_again_stays_over_many_records(tmp_path):
    first = bytes([2, 7, 1, 3, 9, 1, 2]) + bytes([1, 2, 3, 41, 42])
    silent = bytes([0]) + bytes([4, 5, 6, 43, 44])
    same = bytes([1, 9, 0]) + bytes([7, 8, 9, 45, 46])
    other = bytes([1, 7, 1, 1]) + bytes([10, 47, 48])
    last = bytes([1, 5, 1, 1]) + bytes([11, 49, 50, 99])
    many = 1500
    data = first + silent + same + other + bytes([0, 12, 51, 52]) * many + last
    opened, plan = planned(
        card(STATE, source="f.g.part[who == 7].x", dims="g part t -> time=(g part t)"),
        tmp_path,
        {"x.bin": data},
    )
    expected = [*range(1, 11), *[12] * many, 11]
    assert value(opened, plan.arrays[0]).tolist() == expected


def test_a_record_whose_byte_order_is_in_one_of_its_fields(tmp_path):
    fields = """
    g:
      repeat: rest
      endian: "'big' if flags == 1 else 'little'"
      fields:
        flags: {type: uint16, endian: little}
        n: uint16
    """
    data = struct.pack("<HH", 0, 258) + struct.pack("<H", 1) + struct.pack(">H", 515)
    opened = header(card(fields, source="f.g.n"), tmp_path, {"x.bin": data})
    found = opened.get("f").get("g").column("n")
    assert found.tolist() == [258, 515]


PATTERNS = """
n: uint8
part:
  repeat: q in range(2)
  fields:
    pattern:
      repeat: n if q == 0 else 1
      fields:
        cell:
          repeat: k in range(5)
          fields: {v: 'int16[x=1 if q == 0 or k in [1, 2] else 0]'}
"""


@pytest.mark.parametrize(
    ("cells", "tail"),
    (("[0, 2, 4]", [1]), ("[1, 3]", [0]), ("[0, 3]", []), ("[1, 2]", [0, 1]), ("[4]", [])),
)
@pytest.mark.parametrize("n", (1, 2, 7))
def test_whole_patterns_and_what_is_left_of_one_are_joined(tmp_path, n, cells, tail):
    whole = np.arange(n * 5, dtype="<i2").reshape(n, 5)
    data = bytes([n]) + whole.tobytes() + np.array([1000, 1001], "<i2").tobytes()
    text = card(
        PATTERNS,
        source=f"f.part.pattern.cell[{cells}].v",
        dims="part pattern cell x -> time=(part pattern cell x)",
    )
    opened, plan = planned(text, tmp_path, {"x.bin": data})
    wanted = whole[:, [int(c) for c in cells.strip("[]").split(",")]].ravel().tolist() + [
        1000 + k for k in tail
    ]
    assert value(opened, plan.arrays[0]).tolist() == wanted


TICKS = """
n: uint8
pattern:
  repeat: n
  fields:
    tick:
      repeat: t in range(4)
      fields:
        ch:
          repeat: c in range(2)
          fields: {v: 'int16[x=1 if t % (c + 1) == 0 else 0]'}
"""


@pytest.mark.parametrize("c", (0, 1))
def test_one_of_the_rows_inside_rows_inside_rows(tmp_path, c):
    whole = np.arange(5 * 6, dtype="<i2").reshape(5, 6)  # ticks hold 2, 1, 2 and 1 samples
    text = card(TICKS, source=f"f.pattern.tick.ch[{c}].v", dims="pattern tick x -> time=(pattern tick x)")
    opened, plan = planned(text, tmp_path, {"x.bin": bytes([5]) + whole.tobytes()})
    places = [0, 2, 3, 5] if c == 0 else [1, 4]
    assert value(opened, plan.arrays[0]).tolist() == whole[:, places].ravel().tolist()
