"""``from: field[...]``: what is picked of a field's own axes is located, and is what numpy picks."""

from __future__ import annotations

import numpy as np
import pytest

from tests.unit.opening import codes, planned, value
from vspec.errors import VspecError

CARD = """
vspec: 1
files:
  f:
    match: "{name}.dat"
    layout:
      fields:
        n: uint8
        data: uint8[x=7, y=3, z=2]
        r: {repeat: 5, fields: {id: uint8, d: "int16[k=3, j=2]"}}
        ragged: {repeat: i in range(3), fields: {m: uint8, v: "uint8[s=m, c=2]"}}
arrays:
  raw: {from: "PICK"}
"""

DATA = np.arange(42, dtype=np.uint8).reshape(7, 3, 2)
ROWS = np.zeros(5, [("id", "u1"), ("d", "<i2", (3, 2))])
ROWS["d"] = 1000 + np.arange(30).reshape(5, 3, 2)
ROWS["id"] = 9
RAGGED = b"\2abcd" + b"\3efghij" + b"\2klmn"
RAW = b"\2" + DATA.tobytes() + ROWS.tobytes() + RAGGED
D = ROWS["d"]


def located(pick, folder, raw=RAW):
    opened, made = planned(CARD.replace("PICK", pick), folder, {"a.dat": raw})
    (layout,) = made.arrays
    return layout, value(opened, layout)


@pytest.mark.parametrize(
    ("pick", "expected"),
    (
        ("f.data[2:5]", DATA[2:5]),
        ("f.data[f.n:]", DATA[2:]),
        ("f.data[:-3]", DATA[:-3]),
        ("f.data[3:3]", DATA[3:3]),
        ("f.data[5:2]", DATA[5:2]),
        ("f.data[0:99]", DATA),
        ("f.data[1]", DATA[1]),
        ("f.data[-1]", DATA[-1]),
        ("f.data[-1][1:]", DATA[-1][1:]),
        ("f.data[6][2][1]", DATA[6][2][1]),
        ("f.data[[6, 0, -2]]", DATA[[6, 0, -2]]),
        ("f.data[range(7) % 3 == 1]", DATA[[1, 4]]),
        ("f.data[[6, 0]][0]", DATA[6]),
        ("f.r.d[1:4]", D[1:4]),
        ("f.r.d[3]", D[3]),
        ("f.r.d[[4, 1]]", D[[4, 1]]),
        ("f.r[2].d[1:]", D[2][1:]),
        ("f.r[1:3].d[1][0]", D[2][0]),
        ("f.data[0:2] if f.n == 2 else f.data", DATA[0:2]),
        ("f.ragged.v[1]", np.frombuffer(b"efghij", np.uint8).reshape(3, 2)),
        ("f.ragged.v[[0, 2]]", np.frombuffer(b"abcdklmn", np.uint8).reshape(2, 2, 2)),
        ("f.ragged.v[2][1:]", np.frombuffer(b"mn", np.uint8).reshape(1, 2)),
    ),
)
def test_what_is_picked_is_what_numpy_picks(tmp_path, pick, expected):
    layout, found = located(pick, tmp_path)
    assert layout.shape == expected.shape
    np.testing.assert_array_equal(found, expected)


@pytest.mark.parametrize(
    ("pick", "code"),
    (
        ("f.data[7]", "V0223"),
        ("f.data[-8]", "V0223"),
        ("f.data[[0, 7]]", "V0223"),
        ("f.data[[true, false]]", "V0229"),
        ("f.data['x']", "V0226"),
        ("f.data[0.5]", "V0226"),
        ("f.data[true]", "V0226"),
        ("f.data[0.5:2]", "V0233"),
        ("f.n[0]", "V0226"),
    ),
)
def test_what_is_not_there_is_refused(tmp_path, pick, code):
    with pytest.raises(VspecError) as caught:
        located(pick, tmp_path)
    assert codes(caught.value) == [code]


def test_data_that_no_header_could_hold_are_not_read(tmp_path):
    card = CARD.replace("x=7", "x=40000000").replace("PICK", "f.data[39999990:]")
    path = tmp_path / "a.dat"
    with path.open("wb") as file:
        file.truncate(1 + 240_000_000)
    card = card[: card.index("        r:")] + card[card.index("arrays:") :]
    _, made = planned(card, tmp_path, {})
    (layout,) = made.arrays
    assert layout.shape == (10, 3, 2)
