"""Tables in text: headings, quotes, columns by number or place, types, and what is said of faults."""

from __future__ import annotations

import numpy as np
import pytest

from tests.unit.opening import header, planned, value
from tests.unit.text_reading import problem, problems, read
from vspec.expressions import Rows, UnknownName
from vspec.header import text_csv

FIELDS = """
format: csv
fields:
  onset: float
  label: {key: Event label}
  code: {type: int, default: -1}
"""
TEXT = 'onset,Event label,code\n0.5,left,1\n\n1.25,"right, slow",\n2,"say ""go""",3\n'


def test_columns_by_heading():
    table = read(FIELDS, TEXT)
    assert isinstance(table, Rows)
    assert table.column("onset").tolist() == [0.5, 1.25, 2.0]
    assert table.column("onset").dtype == np.float64
    assert table.column("label").tolist() == ["left", "right, slow", 'say "go"']
    assert table.column("code").tolist() == [1, -1, 3]
    assert table.row(-1).get("label") == 'say "go"'
    assert table.origin("code") == "run.txt line 1"
    with pytest.raises(UnknownName):
        table.column("Event label")


def test_quoted_cells_over_several_lines():
    table = read(FIELDS, 'onset,Event label,code\r\n1,"a\r\nb\r\n\r\nc",2\r\n3,d,4\r\n')
    assert table.column("label").tolist() == ["a\nb\n\nc", "d"]
    assert table.column("onset").tolist() == [1.0, 3.0]


def test_an_absent_column_with_a_default():
    assert read(FIELDS, "Event label,onset\nx,1\ny,2\n").column("code").tolist() == [-1, -1]


def test_no_rows():
    table = read(FIELDS, "onset,Event label,code\n")
    assert len(table) == 0
    assert table.column("onset").dtype == np.float64


def test_columns_by_number_have_no_headings():
    options = "format: csv\nseparator: ' '\nfields: {x: {column: 1, type: int}, y: {column: 3}}"
    table = read(options, "  1 2  a\n3   4 b \n")
    assert table.column("x").tolist() == [1, 3]
    assert table.column("y").tolist() == ["a", "b"]


def test_columns_by_place_in_the_line():
    options = "format: csv\nskip: 1\nfields: {x: {columns: [1, 5], type: float}, name: {columns: [6, 12]}}"
    table = read(options, "  pos name\n  1.5 Fz, a\n-22.5Cz\n    3\n")
    assert table.column("x").tolist() == [1.5, -22.5, 3.0]
    assert table.column("name").tolist() == ["Fz, a", "Cz", ""]


def test_decimal_commas_comments_tabs_and_skipped_lines():
    options = """
    format: csv
    separator: "\\t"
    decimal: ","
    comment: "#"
    skip: 2
    fields: {v: float, w: "float[]", ok: bool}
    """
    table = read(options, "made by\n\tx\n# c\nv\tw\tok\n1,5\t1,5;2\tyes\n# d\n-2\t3\tF\n")
    assert table.column("v").tolist() == [1.5, -2.0]
    assert [w.tolist() for w in table.column("w")] == [[1.5, 2.0], [3.0]]
    assert table.column("ok").tolist() == [True, False]


def test_a_point_is_no_decimal_comma():
    found = problem("format: csv\nseparator: ';'\ndecimal: ','\nfields: {v: float}", "v\n1.500\n")
    assert (found.code, found.found) == ("V0505", "'1.500'")


def test_the_text_may_end_early():
    options = "format: csv\nend: '[Data]'\nfields: {a: int}"
    assert read(options, b"a\n1\n[Data]\n\xff\xfe").column("a").tolist() == [1]


def test_other_quotes():
    options = 'format: csv\nquotes: "\'"\nfields: {a: str, b: str}'
    assert read(options, "a,b\n'x,y',\"z\n").column("a").tolist() == ["x,y"]
    assert read(options, "a,b\n'x,y',\"z\n").column("b").tolist() == ['"z']


def test_headings_in_any_case():
    assert {p.code for p in problems(FIELDS, "Onset,event label\n1,x\n")} == {"V0503"}
    table = read(FIELDS.replace("fields:", "keys: any_case\nfields:"), "Onset,EVENT label\n1,x\n")
    assert table.column("label").tolist() == ["x"]


def test_a_heading_that_is_not_there():
    found = problem(FIELDS, "onsett,Event label\n1,x\n")
    assert found.code == "V0503"
    assert found.message == "run.txt has no column 'onset'"
    assert found.help == "it has 'onsett'; 2 columns present"


def test_a_heading_that_stands_twice():
    found = problem(FIELDS, "onset,Event label,onset\n1,a,2\n")
    assert found.code == "V0504"
    assert found.offset == 0


def test_cells_of_another_type_are_told_together():
    found = problems(FIELDS, "onset,Event label,code\n1,a,x\n?,b,2\n", offset=40)
    assert [p.code for p in found] == ["V0505", "V0505"]
    assert found[0].message == "run.txt line 3: 'onset' should be a number"
    assert found[0].offset == 40 + len("onset,Event label,code\n1,a,x\n")
    assert found[1].message.startswith("run.txt line 2: 'code'")


@pytest.mark.parametrize("row", ("1,2,3,4", "1,2", "1"))
def test_rows_that_do_not_fit_the_headings(row):
    found = problem("format: csv\nfields: {a: int, b: int, c: int}", f"a,b,c\n1,2,3\n{row}\n")
    assert found.code == "V0525"
    assert found.expected == "3 headings"
    assert found.message.startswith("run.txt line 3")


def test_separators_at_the_end_of_lines():
    assert read("format: csv\nfields: {a: int, b: int}", "a,b\n1,2,\n3,4,,\n").column("b").tolist() == [2, 4]


def test_an_open_quote():
    found = problem(FIELDS, 'onset,Event label,code\n1,a,2\n3,"b,4\n5,c,6\n')
    assert found.code == "V0526"
    assert found.offset == len("onset,Event label,code\n1,a,2\n")


def test_too_many_rows(monkeypatch):
    monkeypatch.setattr(text_csv, "ROW_LIMIT", 3)
    assert problem("format: csv\nfields: {a: int}", "a\n1\n2\n3\n").code == "V0915"


CARD = """
vspec: 1
files:
  bin: "{name}.bin"
  chan: {match: "{name}_channels.csv", format: csv, fields: {name: str, gain: float, use: bool}}
  ev: {match: "{name}_events.csv", format: csv, separator: ";", fields: {onset: float, code: int}}
let:
  used: chan[use]
  n: len(chan)
arrays:
  raw:
    dtype: int16
    shape: {time: auto, channel: n}
    axes: {channel: {labels: chan.name, gain: chan.gain}}
  onset: {values: "ev[code > 1].onset", dims: [event]}
  "row_{{ c.name }}": {each: c in chan, values: "[c.gain]", dims: [one]}
"""


def test_a_table_in_expressions(tmp_path):
    contents = {
        "a.bin": np.arange(6, dtype="<i2").tobytes(),
        "a_channels.csv": b"name,gain,use\nFz,0.5,yes\nCz,2,no\n",
        "a_events.csv": b"onset;code\n0.1;1\n0.2;2\n0.3;5\n",
    }
    opened, plan = planned(CARD, tmp_path, contents)
    arrays = {array.path: value(opened, array).tolist() for array in plan.arrays}
    assert opened.get("n") == 2
    assert opened.get("used").column("name").tolist() == ["Fz"]
    assert opened.get("chan").row(1).get("gain") == 2.0
    assert arrays["onset"] == [0.2, 0.3]
    assert (arrays["row_Fz"], arrays["row_Cz"]) == ([0.5], [2.0])


def test_captures_of_a_table_go_by_name(tmp_path):
    card = """
    vspec: 1
    files:
      bin: "{name}.bin"
      t: {match: "{name}_{part:int}.csv", over: part, format: csv, fields: {a: int}}
    let: {first: "t[1].a", parts: t.part}
    arrays:
      raw: {dtype: int8, shape: {time: auto}}
    """
    opened = header(card, tmp_path, {"x.bin": b"1", "x_1.csv": b"a\n5\n6\n", "x_2.csv": b"a\n7\n"})
    assert opened.get("first").tolist() == [5, 6]
    assert opened.get("parts").tolist() == [1, 2]
