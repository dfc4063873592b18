"""Text headers in which keys and values alternate between delimiters."""

from __future__ import annotations

import pytest

from tests.unit.text_reading import problem, problems, read

FIELDS = """
format: delimited
fields:
  total: {key: $TOT, type: int}
  name: {key: "$P{n:int}N", default: []}
  note: {key: note, default: ""}
"""


@pytest.mark.parametrize("mark", ("|", "/", "\\", "\x0c", "!", "\x1e"))
def test_the_first_character_delimits(mark):
    text = mark.join(["", "$TOT", "200", "$P1N", "FSC A", "note", f"a{mark * 2}b", ""])
    head = read(FIELDS, text)
    assert head.get("total") == 200
    assert head.get("name").columns["value"].tolist() == ["FSC A"]
    assert head.get("note") == f"a{mark}b"


def test_doubled_delimiters_in_keys_and_at_ends():
    head = read("format: delimited\nfields: {x: {key: 'a/b'}, y: str}", "/a//b/1///y/2///")
    assert (head.get("x"), head.get("y")) == ("1/", "2/")


def test_a_run_of_delimiters_is_read_in_pairs():
    head = read("format: delimited\nfields: {x: str}", "/x/a////b/")
    assert head.get("x") == "a//b"


def test_places_are_bytes_of_the_file():
    head = read(FIELDS, "|note|x|$TOT|200|", offset=256)
    assert head.origin("total") == "run.txt byte 264"
    found = problem(FIELDS, "|note|x|$TOT|2.5|", offset=256)
    assert (found.code, found.offset) == ("V0505", 264)
    assert found.message.startswith("run.txt byte 264: 'total' should be")


def test_padding_behind_the_last_delimiter():
    assert read(FIELDS, b"|$TOT|7|  \r\n\0\0").get("total") == 7


@pytest.mark.parametrize(
    ("text", "words"),
    (
        ("TOT|200|", "does not begin with a delimiter"),
        ("", "does not begin with a delimiter"),
        ("|$TOT|200", "does not end with its delimiter '|'"),
        ("|$TOT|200|$PAR|", "the last key has no value"),
    ),
)
def test_texts_that_are_not_delimited(text, words):
    (found,) = problems(FIELDS, text, offset=58)
    assert found.code == "V0521"
    assert words in found.message
    assert found.offset >= 58


def test_keys_in_any_case():
    text = "|$tot|200|$P1n|a|$p2N|b|"
    assert problem(FIELDS, text).code == "V0503"
    head = read(FIELDS.replace("fields:", "keys: any_case\nfields:"), text)
    assert head.get("total") == 200
    assert head.get("name").columns["n"].tolist() == [1, 2]


def test_two_keys_that_differ_in_case_only():
    options = FIELDS.replace("fields:", "keys: any_case\nfields:")
    assert read(options, "|$tot|200|$TOT|200|").get("total") == 200
    found = problem(options, "|$tot|200|$TOT|201|", offset=10)
    assert found.code == "V0504"
    assert found.found == "'200' in byte 11, '201' in byte 20"


def test_tuples_inside_a_value():
    options = 'format: delimited\nfields: {e: {key: "$P{n:int}E", each: "{a:float},{b:float}"}}'
    table = read(options, "|$P1E|4.0,1|$P2E|0,0|").get("e")
    assert table.columns["a"].tolist() == [4.0, 0.0]


def test_a_delimiter_that_the_card_says():
    options = 'format: delimited\nseparator: ";"\nfields: {a: int}'
    assert read(options, ";a;1;").get("a") == 1
    assert problem(options, "|a|1|").code == "V0521"
