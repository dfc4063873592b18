"""What a card or a file may ask for: results, rows and texts beyond a bound are refused before memory is full."""

from __future__ import annotations

import tracemalloc

import numpy as np
import pytest

from tests.unit.opening import codes, header, planned, value
from tests.unit.scopes import Nothing
from vspec.errors import Place, Text, VspecError
from vspec.expressions import parse
from vspec.header import text_source, text_values

MOST = 256 << 20


def evaluate(text):
    return parse(Text(text, Place("card.yaml", 1, 1, len(text), text))).evaluate(Nothing())


@pytest.mark.parametrize(
    ("text", "code"),
    (
        ("str(range(10000000))", "V0903"),
        ("str(range(1000001))", "V0903"),
        ("pow(range(10000000), 2)", "V0903"),
        ("pow(2, range(10000000))", "V0903"),
        ("date(range(10000000), '%s')", "V0903"),
        ("round(range(10000000) * 0.5, 2)", "V0903"),
        ("flat([[range(1000000)], ['a', 'b']])", "V0903"),
        ("flat([range(9999999), range(2)])", "V0903"),
        ("[range(10000000), range(10000000), range(10000000), range(10000000), range(10000000)]", "V0903"),
        ("prod(range(1, 10000000))", "V0230"),
        ("replace(str(range(100000)), '1', '%s')" % ("a" * 1900), "V0904"),
    ),
)
def test_a_result_that_is_too_large_is_refused_in_little_memory(text, code):
    tracemalloc.start()
    try:
        with pytest.raises(VspecError) as error:
            evaluate(text)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert codes(error.value) == [code]
    assert peak < MOST


def test_results_within_the_bounds():
    assert evaluate("flat([range(5000000), range(3)])")[-4:].tolist() == [4999999, 0, 1, 2]
    assert evaluate("flat([range(2), [range(2), 7]])").tolist() == [0, 1, 0, 1, 7]
    assert evaluate("flat([range(2), range(2) / 4])").tolist() == [0.0, 1.0, 0.0, 0.25]
    assert evaluate("str(range(100000))")[-1] == "99999"
    assert evaluate("pow(range(5), 2)").tolist() == [0, 1, 4, 9, 16]
    assert evaluate("lcm([4, 6, 4])") == 12
    assert evaluate("lcm(range(1, 11))") == 2520


HOLLOW = """
vspec: 1
files:
  rec:
    match: "a.bin"
    layout:
      fields:
        n: uint8
        outer:
          repeat: COUNT
          fields:
            inner:
              repeat: COUNT
              fields: {{x: {{type: uint8, if: n > 0, else: 1}}}}
arrays:
  raw: {{from: rec.n}}
"""


def test_rows_without_bytes_are_counted(tmp_path):
    text = HOLLOW.format().replace("COUNT", "{}")
    small = header(text.replace("{}", "30"), tmp_path, {"a.bin": bytes(7)})
    assert np.sum(small.get("rec").get("outer").column("inner").column("x")) == 900
    for count in ("3000", "1000000000"):
        with pytest.raises(VspecError) as error:
            header(text.replace("{}", count), tmp_path, {}).get("rec").get("outer").column("inner").column(
                "x"
            )
        assert codes(error.value) == ["V0921"]


LINES = """
vspec: 1
files:
  meta:
    match: "a.txt"
    format: lines
    fields: {rows: {each: "{a:int} {b:int}"}}
  data: {match: "a.bin"}
arrays:
  raw: {from: data, dtype: uint8, shape: {x: auto}}
"""


def test_rows_of_a_pattern_are_counted(tmp_path, monkeypatch):
    monkeypatch.setattr(text_values, "CELL_LIMIT", 10)
    for count, fits in ((5, True), (6, False)):
        text = "".join(f"{k} {k}\n" for k in range(count)).encode()
        opened = header(LINES, tmp_path, {"a.txt": text, "a.bin": b"x"})
        if fits:
            assert opened.get("meta").get("rows").column("b").tolist() == list(range(5))
            continue
        with pytest.raises(VspecError) as error:
            opened.get("meta").get("rows")
        assert codes(error.value) == ["V0915"]


def test_lines_of_a_text_are_counted(tmp_path, monkeypatch):
    monkeypatch.setattr(text_source, "LINE_LIMIT", 5)
    opened = header(LINES, tmp_path, {"a.txt": b"1 1\n" * 6, "a.bin": b"x"})
    with pytest.raises(VspecError) as error:
        opened.get("meta").get("rows")
    assert codes(error.value) == ["V0915"]


ROWS = """
vspec: 1
files:
  rec:
    match: "a.bin"
    endian: big
    layout:
      fields:
        row:
          repeat: rest
          fields:
            a: uint16[x=2]
            gap: uint8[y=PAD]
            b: int32
arrays:
  b: {from: rec.row.b}
"""


@pytest.mark.parametrize("pad", (0, 3, 4087, 8179, 8184, 8185, 100_003))
def test_columns_of_rows_however_far_apart(tmp_path, pad):
    """Rows are read in windows, or one by one: the numbers are the same."""
    kind = np.dtype([("a", ">u2", (2,)), ("pad", "u1", (pad,)), ("b", ">i4")])
    count = 1_000_003 if pad == 0 else 997 if pad < 5000 else 101
    made = np.frombuffer(np.random.default_rng(pad).bytes(kind.itemsize * count), kind)
    text = ROWS.replace(
        "            gap: uint8[y=PAD]\n", "" if not pad else f"            gap: uint8[y={pad}]\n"
    )
    opened, plan = planned(text, tmp_path, {"a.bin": made.tobytes()})
    row = opened.get("rec").get("row")
    np.testing.assert_array_equal(row.column("a"), made["a"])
    np.testing.assert_array_equal(row.column("b"), made["b"])
    np.testing.assert_array_equal(value(opened, plan.arrays[0]), made["b"])
