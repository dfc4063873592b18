"""Made-up texts of every form: what is written is what is read."""

from __future__ import annotations

from pathlib import Path

import pytest

from vspec.authoring.faking import FakeOptions, fake
from vspec.card.load import loads

HEAD = """
vspec: 1
files:
  data: "{name}.bin"
  head:
    match: "{name}.txt"
"""
ARRAYS = """
arrays:
  x: {from: data, dtype: uint8, shape: {time: auto, channel: head.n}}
examples:
  - name: tiny
    make:
      captures: {name: s1}
      auto: {time: 3}
      head:
"""


def made(folder: Path, form: str, values: str, checks: str = "") -> str:
    """Write the example and return its text; the card reads it back on the way."""
    indented = "".join(f"    {line}\n" for line in form.strip().splitlines())
    given = "".join(f"        {line}\n" for line in values.strip().splitlines())
    listed = "".join(f"  - that: {line}\n    else: wrong\n" for line in checks.strip().splitlines())
    text = HEAD + indented + ("checks:\n" + listed if listed else "") + ARRAYS + given
    faked = fake(loads(text, "card.yaml"), folder, FakeOptions())
    assert faked.arrays["x"].tobytes() == (folder / "s1.bin").read_bytes()
    return (folder / "s1.txt").read_bytes().decode("utf-8")


def test_delimited(tmp_path):
    form = """
format: delimited
fields:
  n: {key: $PAR, type: int}
  names: {key: "$P{i:int}N"}
  pairs: {key: $E, each: "{a:int}:{b:int}"}
  note: str
  empty: str
"""
    values = "n: 2\nnames: [{i: 1, value: a}, {i: 2, value: b|c}]\npairs: [[1, 2], [3, 4]]\nnote: x | y"
    checks = (
        "head.names.value[1] == 'b|c' and head.note == 'x | y'\nsum(head.pairs.b) == 6 and head.empty == ''"
    )
    text = made(tmp_path, form, values, checks)
    assert text == "|$PAR|2|$P1N|a|$P2N|b||c|$E|1:2 3:4|note|x || y|empty| |"


def test_cards(tmp_path):
    form = """
format: cards
fields:
  simple: {key: SIMPLE, type: bool}
  n: {key: NAXIS1, type: int}
  who: {key: OBSERVER}
  step: {key: CDELT1, type: float}
  long: {key: LONGSTR}
  far: {key: ESO DET ID}
  notes: {each: "HISTORY {text}"}
"""
    long = "it's " * 30 + "end"
    values = f"simple: true\nn: 2\nwho: O'Hara\nstep: 0.5\nlong: {long}\nfar: d\nnotes: [a b, c]"
    checks = 'head.simple and head.who == "O\'Hara" and head.step == 0.5 and len(head.notes) == 2\n'
    text = made(tmp_path, form, values, checks + "len(head.long) == 153 and head.far == 'd'")
    lines = [text[i : i + 80] for i in range(0, len(text), 80)]
    assert len(text) % 80 == 0
    assert lines[0] == "SIMPLE  =                    T".ljust(80)
    assert lines[1] == "NAXIS1  =                    2".ljust(80)
    assert lines[2] == "OBSERVER= 'O''Hara '".ljust(80)
    assert lines[-1] == "END".ljust(80)
    assert sum(line.startswith("CONTINUE  '") for line in lines) >= 1


CSV = """
format: csv
separator: ";"
decimal: ","
skip: 1
fields:
  name: {key: Channel name}
  gain: float
  code: {type: int, default: -1}
"""


def test_csv(tmp_path):
    chan = "".join(f"    {line}\n" for line in ("match: '{name}.csv'", *CSV.strip().splitlines()))
    card = (
        HEAD.replace("  head:", f"  chan:\n{chan}  head:")
        + "    format: lines\n    fields: {n: '{n:int} channels'}\n"
        + "checks:\n  - that: chan[1].name == 'C; z' and sum(chan.gain) == 2.5 and chan.code[0] == -1\n"
        + "    else: wrong\n"
        + ARRAYS.replace("examples:", "  gain:\n    values: chan.gain\n    dims: [channel]\nexamples:")
        + "        n: 2\n      chan:\n        name: [Fz, C; z]\n        gain: [0.5, 2]\n"
        + "        code: [null, 3]\n"
    )
    faked = fake(loads(card, "card.yaml"), tmp_path, FakeOptions())
    assert (tmp_path / "s1.csv").read_text(encoding="utf-8") == (
        'line 1\nChannel name;gain;code\nFz;0,5;\n"C; z";2;3\n'
    )
    assert faked.arrays["gain"].tolist() == [0.5, 2.0]


@pytest.mark.parametrize(
    ("fields", "text"),
    (
        ("{n: {column: 3, type: int}, x: {column: 1}}", "a,,2\nb,,3\n"),
        ("{n: {columns: [5, 8], type: int}, x: {columns: [1, 2]}}", " a     2\n b     3\n"),
    ),
)
def test_columns_by_number_and_by_place(tmp_path, fields, text):
    arrays = ARRAYS.replace("head.n}", "'head.n[0]'}")
    card = f"{HEAD}    format: csv\n    fields: {fields}\n{arrays}        n: [2, 3]\n        x: [a, b]\n"
    fake(loads(card, "card.yaml"), tmp_path, FakeOptions())
    assert (tmp_path / "s1.txt").read_text(encoding="utf-8") == text


def test_xml(tmp_path):
    form = """
format: xml
fields:
  n: {key: hardware@channels, type: int}
  rate: {key: hardware/rate, type: float}
  who: {key: //operator, default: ""}
  chan: {each: list/channel, fields: {i: {key: "@i", type: int}, gain: float, label: {default: none}}}
"""
    values = "n: 2\nrate: 250.5\nwho: a & b\nchan: [{i: 1, gain: 0.5, label: x}, {i: 2, gain: 1.5}]"
    checks = "head.chan[1].label == 'none' and sum(head.chan.gain) == 2\n"
    checks += "head.who == 'a & b' and head.rate == 250.5"
    text = made(tmp_path, form, values, checks)
    assert '<hardware channels="2">' in text
    assert "<operator>a &amp; b</operator>" in text


def test_lines_by_number(tmp_path):
    form = """
format: lines
decimal: ","
fields:
  title: {at_line: 1}
  n: {at_line: 4, columns: [3, 5], type: int}
  m: {at_line: 4, columns: [8, 9], type: int}
  rate: {at_line: 2, line: "{r:float} Hz"}
  names: {at_line: 5, each: "{x}"}
"""
    values = "title: rig\nn: 2\nm: 7\nrate: 2.5\nnames: [Fz, Cz]"
    text = made(tmp_path, form, values, "head.names.x[1] == 'Cz' and head.rate == 2.5 and head.m == 7")
    assert text == "rig\n2,5 Hz\n\n  2    7\nFz\nCz\n"


def test_pairs_with_quotes_prefix_and_decimals(tmp_path):
    form = """
format: pairs
prefix: "##"
quotes: "<>"
decimal: ","
fields:
  n: {key: $N, type: int}
  who: {key: WHO}
  d: {key: $D, type: "float[]", skip: 1}
"""
    text = made(tmp_path, form, "n: 2\nwho: me\nd: [0.5, 2.0]", "head.who == 'me' and sum(head.d) == 2.5")
    assert text == "##$N=2\n##WHO=<me>\n##$D=0; 0,5; 2,0\n"


@pytest.mark.parametrize("form", ("delimited", "cards", "xml", "pairs"))
def test_texts_of_which_the_example_says_nothing(tmp_path, form):
    fields = "fields: {n: int, m: float, s: str}"
    text = made(tmp_path, f"format: {form}\nkeys: any_case\n{fields}", "n: 3")
    assert "3" in text


@pytest.mark.parametrize(
    ("form", "field"),
    (
        ("delimited", "{key: $N, type: int}"),
        ("cards", "{key: NAXIS, type: int}"),
        ("xml", '{key: "a@n", type: int}'),
        ("lines", "{at_line: 3, type: int}"),
    ),
)
def test_a_damaged_count_is_noticed(tmp_path, form, field):
    check = "checks:\n  - that: size(data) == 3 * head.n\n    else: another size\n"
    text = HEAD + f"    format: {form}\n    fields: {{n: {field}}}\n" + check + ARRAYS + "        n: 7\n"
    spoilt = fake(loads(text, "card.yaml"), tmp_path, FakeOptions(damage="count"))
    assert spoilt.damage == "count"
    assert spoilt.refused
    assert set(spoilt.refused) <= {"V0604", "V0312"}
