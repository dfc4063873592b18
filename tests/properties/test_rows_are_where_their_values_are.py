"""Located over all rows, a field lies where each row by itself has it: values and places agree."""

from __future__ import annotations

import struct

import numpy as np
import pytest

from tests.unit.opening import planned, value

CARD = """
vspec: 1
files:
  rec:
    match: "{{n}}.dat"
    endian: little
    layout:
      fields:
{fields}
arrays:
  a:
    from: {source}
"""


def read(folder, fields, source, data):
    body = "\n".join(f"        {line}" for line in fields.strip().splitlines())
    opened, plan = planned(CARD.format(fields=body, source=source), folder, {"x.dat": data})
    return value(opened, plan.arrays[0]).tolist()


KEYED = "block: {repeat: rest, fields: {chan: {repeat: 2, key: id, fields: {id: uint16, v: 'int16[s=3]'}}}}"
NESTED = "row: {repeat: 2, fields: {inner: {fields: {off: uint16, x: 'int16[s=2] @ off'}}}}\npool: int16[6]"
DEEP = "row: {repeat: 2, fields: {off: uint16, deep: {at: off, fields: {x: 'int16[s=2]'}}}}\npool: int16[6]"
PICK = (
    "row:\n  repeat: 2\n  fields:\n    inner:\n      fields: {sel: uint16, a: 'int16[s=2]', b: 'int16[s=2]'}\n"
    "      let: {pick: a if sel == 0 else b}"
)
CHANNELS = (
    "block: {repeat: 2, fields: {chan: {repeat: 2, fields: {off: uint16, x: 'int16 @ off'}}}}\npool: int16[4]"
)
POOL = struct.pack("<6h", 1, 2, 3, 4, 5, 6)


@pytest.mark.parametrize(
    ("fields", "source", "data", "expected"),
    (
        (
            KEYED,
            "rec.block.chan[7].v",
            struct.pack("<16h", 7, 70, 71, 72, 8, 80, 81, 82, 8, 80, 81, 82, 7, 70, 71, 72),
            [[70, 71, 72], [70, 71, 72]],
        ),
        (NESTED, "rec.row.inner.x", struct.pack("<2H", 4, 8) + POOL, [[1, 2], [3, 4]]),
        (DEEP, "rec.row.deep.x", struct.pack("<2H", 4, 8) + POOL, [[1, 2], [3, 4]]),
        (
            PICK,
            "rec.row.inner.pick",
            struct.pack("<10h", 0, 1, 2, 3, 4, 1, 5, 6, 7, 8),
            [[1, 2], [7, 8]],
        ),
        (
            CHANNELS,
            "rec.block.chan.x",
            struct.pack("<4H", 8, 10, 12, 8) + struct.pack("<4h", 1, 2, 3, 4),
            [[1, 2], [3, 1]],
        ),
    ),
    ids=("by key", "@ inside a record", "at: of a record", "a let that chooses", "@ inside rows"),
)
def test_what_varies_by_row_is_looked_for_in_each(fields, source, data, expected, tmp_path):
    assert read(tmp_path, fields, source, data) == expected


def test_places_over_fixed_rows_are_columns(tmp_path):
    fields = "row: {repeat: 3, fields: {k: uint16, x: 'int16[s=2]'}}"
    text = CARD.format(fields="        " + fields, source="rec.row.x")
    text += "let:\n  begins: at(rec.row.x)\n  ends: end(rec.row.x)\n  some: 'at(rec.row[[0, 2]].x)'\n"
    opened, _ = planned(text, tmp_path, {"x.dat": bytes(18)})
    assert np.asarray(opened.get("begins")).tolist() == [2, 8, 14]
    assert np.asarray(opened.get("ends")).tolist() == [6, 12, 18]
    assert np.asarray(opened.get("some")).tolist() == [2, 14]


def test_a_let_over_rows_means_what_it_means_in_each(tmp_path):
    fields = "row: {repeat: 3, fields: {a: uint16}, let: {y: a + three}}"
    text = CARD.format(fields="        " + fields, source="rec.row.a") + 'let:\n  three: "[100, 200, 300]"\n'
    opened, _ = planned(text, tmp_path, {"x.dat": struct.pack("<3H", 10, 20, 30)})
    rows = opened.get("rec").get("row")
    assert [np.asarray(row.get("y")).tolist() for row in rows] == np.asarray(rows.column("y")).tolist()
