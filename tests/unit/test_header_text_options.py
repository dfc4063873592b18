"""What all text formats share: lines by number, decimal commas, quotes, keys in any case, encodings."""

from __future__ import annotations

import numpy as np
import pytest

from tests.unit.opening import header
from tests.unit.text_reading import problem, read

LINES = """
format: lines
fields:
  title: {at_line: 1}
  rate: {at_line: 4, type: float}
  when: {at_line: 3, line: "{day}/{month:int}"}
  place: {at_line: 5, columns: [3, 5], type: int}
  name: {at_line: 7, each: "{x}"}
  second: {at_line: 7, each: "{x}", skip: 1}
  more: {at_line: 12, type: int, default: -1}
"""
TEXT = "my title\n\n7/11\n 250.5 \nab 12cd\n\nFz\nCz\n\nPz\n"


def test_lines_by_number():
    head = read(LINES, TEXT)
    assert (head.get("title"), head.get("rate")) == ("my title", 250.5)
    assert (head.get("place"), head.get("more")) == (12, -1)
    assert (head.get("when").get("day"), head.get("when").get("month")) == ("7", 11)
    assert head.get("name").columns["x"].tolist() == ["Fz", "Cz"]
    assert head.get("second").columns["x"].tolist() == ["Cz"]
    assert head.origin("rate") == "run.txt line 4"


def test_a_line_behind_the_end():
    found = problem("format: lines\nfields: {x: {at_line: 11}}", TEXT, offset=3)
    assert found.code == "V0520"
    assert (found.expected, found.found, found.offset) == ("at least 11 lines", "10", 3)


def test_a_line_that_does_not_match():
    assert problem("format: lines\nfields: {x: {at_line: 1, line: '{n:int}'}}", TEXT).code == "V0506"
    assert problem("format: lines\nfields: {x: {at_line: 1, each: '{n:int}'}}", TEXT).code == "V0506"
    assert problem("format: lines\nfields: {x: {at_line: 1, type: int}}", TEXT).code == "V0505"


def test_lines_are_counted_from_the_start_of_a_section():
    options = (
        "format: pairs\nfields: {x: {at_line: 2, type: int, section: b}, y: {at_line: 1, section: [c, d]}}"
    )
    head = read(options, "[a]\n1\n[b]\n\n5\nc\nhere\nd\n")
    assert (head.get("x"), head.get("y")) == (5, "here")


def test_a_section_between_patterns():
    options = 'format: pairs\nfields: {x: {each: "{n:int}", section: ["LIST {k:int}{:rest}", END]}}'
    assert read(options, "1\nLIST 1 # no edit\n2\n3\nEND\n4\n").get("x").columns["n"].tolist() == [2, 3]
    assert problem(options, "1\nLIST\n2\nEND\n").code == "V0508"


def test_lines_of_one_width():
    options = "format: lines\nwidth: 10\nencoding: cp037\nfields: {c: {at_line: 2}, d: {line: 'C 3 {x}'}}"
    raw = "".join(f"{line:<10}" for line in ("C 1 a", "C 2 b", "C 3 c d")).encode("cp037")
    head = read(options, raw, offset=3200)
    assert (head.get("c"), head.get("d")) == ("C 2 b", "c d")
    assert problem(options.replace("C 3", "C 4"), raw).code == "V0506"


def test_decimal_commas():
    options = """
    format: pairs
    decimal: ","
    fields:
      gain: float
      many: float[]
      n: int
      unit: {line: "scale {x:float} {unit}"}
      row: {each: "p {x:float} {y:float}"}
    """
    head = read(options, "gain=0,195\nmany=1,5; 2 3,25\nn=4\nscale 1,5 uV\np 1,5 2\np -0,5 3,5\n")
    assert head.get("gain") == 0.195
    assert head.get("many").tolist() == [1.5, 2.0, 3.25]
    assert head.get("unit").get("x") == 1.5
    assert head.get("row").columns["y"].tolist() == [2.0, 3.5]
    assert problem("format: pairs\ndecimal: ','\nfields: {gain: float}", "gain=1.5").found == "'1.5'"


QUOTED = """
format: pairs
quotes: ["<>", '"']
fields:
  a: str
  b: str
  c: str[]
  d: {type: int}
  e: {type: "int[]"}
"""


def test_quotes():
    head = read(QUOTED, 'a=<x y>\nb="say ""go"""\nc="p, q" <r> s\nd="5"\ne="1" 2,3\n')
    assert (head.get("a"), head.get("b"), head.get("d")) == ("x y", 'say "go"', 5)
    assert head.get("c").tolist() == ["p, q", "r", "s"]
    assert head.get("e").tolist() == [1, 2, 3]


def test_a_quote_inside_a_text_is_part_of_it():
    assert read('format: pairs\nquotes: "\'"\nfields: {a: str}', "a='x' or 'y'").get("a") == "'x' or 'y'"


def test_a_quote_that_is_not_closed():
    found = problem(QUOTED, "a=<x\nb=y\nc=z\nd=1\ne=2\n")
    assert (found.code, found.expected, found.offset) == ("V0526", "a closing >", 0)


def test_values_that_go_on():
    options = """
    format: pairs
    prefix: "##"
    quotes: "<>"
    fields:
      td: {key: $TD, type: int}
      delays: {key: $D, type: "float[]", skip: 1}
      text: {key: TITLE}
    """
    head = read(options, "##TITLE= <a\nb>\n##$D= (0..3)\n0 1.5\n2 3\n##$TD= 16\n")
    assert head.get("td") == 16
    assert head.get("delays").tolist() == [0.0, 1.5, 2.0, 3.0]
    assert head.get("text") == "a\nb"
    assert head.origin("td") == "run.txt line 6"


def test_keys_in_any_case():
    options = 'format: pairs\nkeys: any_case\nfields: {rate: int, ch: {key: "Ch{n:int}"}}'
    head = read(options, "RATE=5\nCH1=a\nch2=b\n")
    assert head.get("rate") == 5
    assert head.get("ch").columns["value"].tolist() == ["a", "b"]
    assert problem(options, "RATE=5\nrate=6\nch1=a").code == "V0504"


@pytest.mark.parametrize(
    "encoding",
    ("utf-16", "utf-16-le", "utf-32-be", "cp1252", "shift_jis", "euc-kr", "gb18030", "koi8-r", "cp500"),
)
def test_encodings(encoding):
    letters = {"cp1252": "µ", "koi8-r": "я", "shift_jis": "電", "euc-kr": "한", "gb18030": "微", "cp500": "ä"}
    unit = letters.get(encoding, "µΩ電")
    raw = f"a=1\nunit={unit}\nend\nmore=2\n".encode(encoding)
    options = f"format: pairs\nencoding: {encoding}\nend: end\nfields: {{unit: str, more: {{default: none}}}}"
    head = read(options, raw)
    assert head.get("unit") == unit
    assert head.get("more") == "none"


@pytest.mark.parametrize(
    ("written", "truth"),
    (("T", True), ("yes", True), ("ON", True), ("1", True), ("false", False), ("N", False)),
)
def test_truths(written, truth):
    assert read("format: pairs\nfields: {x: bool}", f"x={written}").get("x") is truth


@pytest.mark.parametrize("written", ("2", "", "tru", "-1", "none"))
def test_what_is_no_truth(written):
    assert problem("format: pairs\nfields: {x: bool}", f"x={written}").code == "V0505"


def test_truths_of_json():
    assert (
        read("format: json\nfields: {x: bool, y: {type: bool}}", '{"x": true, "y": "no"}').get("y") is False
    )
    assert problem("format: json\nfields: {x: bool}", '{"x": 2}').code == "V0505"


INSIDE = """
vspec: 1
files:
  bin:
    match: "{name}.bin"
    layout:
      fields:
        begin: ascii(8) as int
        end: ascii(8) as int
        head:
          type: bytes(end - begin) @ begin
          parse: FORM
        data: uint8[x=4]
let:
  wanted: VALUE
arrays:
  a: {from: bin.data}
"""


@pytest.mark.parametrize(
    ("form", "what", "text"),
    (
        ("{format: delimited, fields: {n: int}}", "bin.head.n", "|n|5|"),
        ("{format: xml, fields: {n: int}}", "bin.head.n", "<t><n>5</n></t>"),
        (
            "{format: cards, fields: {n: {key: N, type: int}}}",
            "bin.head.n",
            f"{'N       = 5':<80}{'END':<80}",
        ),
        ("{format: csv, fields: {n: int}}", "bin.head.n[1]", "n\n4\n5\n"),
        ("{format: csv, fields: {n: int}}", "bin.head[1].n", "n\n4\n5\n"),
        ("{format: csv, fields: {n: int}}", "sum(bin.head[n > 4].n)", "n\n4\n5\n"),
        ("{format: lines, fields: {n: {at_line: 2, type: int}}}", "bin.head.n", "x\n5\n"),
    ),
)
def test_texts_inside_binary_files(tmp_path, form, what, text):
    raw = f"{30:>8}{30 + len(text):>8}".encode() + bytes(range(14)) + text.encode()
    card = INSIDE.replace("FORM", form).replace("VALUE", what)
    opened = header(card, tmp_path, {"a.bin": raw})
    assert opened.get("wanted") == 5
    assert np.asarray(opened.get("bin").get("data")).tolist() == [0, 1, 2, 3]
