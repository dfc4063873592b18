"""Text headers of cards: values, long strings, commentary, the end, and what is said of faults."""

from __future__ import annotations

import pytest

from tests.unit.text_reading import problem, read

FIELDS = """
format: cards
fields:
  simple: {key: SIMPLE, type: bool}
  bits: {key: BITPIX, type: int}
  naxis: {key: "NAXIS{n:int}", type: int, default: []}
  observer: {key: OBSERVER, default: ""}
  exposure: {key: EXPTIME, type: float, default: 0}
  notes: {each: "HISTORY {text}", default: []}
  slow: {key: ESO DET NAME, default: ""}
"""


def cards(*lines, width=80, end=True):
    return "".join(line.ljust(width) for line in (*lines, *(["END"] if end else [])))


FIRST = ("SIMPLE  =                    T / conforms", "BITPIX  =                  -32 / bits")


def test_values_by_key():
    head = read(
        FIELDS,
        cards(
            *FIRST,
            "NAXIS1  =                   11",
            "NAXIS2  =                   13 / rows",
            "OBSERVER= 'O''Hara / Smith  '   / who",
            "EXPTIME =             1.5D+02",
            "COMMENT = no value at all",
            "HISTORY flat field",
            "HISTORY = dark",
            "HIERARCH ESO  DET NAME = 'ccd 4' / long",
        ),
    )
    assert head.get("simple") is True
    assert head.get("bits") == -32
    assert head.get("naxis").columns["n"].tolist() == [1, 2]
    assert head.get("naxis").columns["value"].tolist() == [11, 13]
    assert head.get("observer") == "O'Hara / Smith"
    assert head.get("exposure") == 150.0
    assert head.get("notes").columns["text"].tolist() == ["flat field", "= dark"]
    assert head.get("slow") == "ccd 4"
    assert head.origin("naxis") == "run.txt line 3"


def test_absent_keys_have_defaults():
    head = read(FIELDS, cards(*FIRST))
    assert (head.get("observer"), head.get("exposure")) == ("", 0.0)
    assert list(head.get("naxis").names()) == ["n", "value"]
    assert len(head.get("naxis")) == 0


def test_long_strings_go_on():
    whole = "a" * 60 + "b" * 60 + "it's c"
    head = read(
        FIELDS,
        cards(
            *FIRST,
            f"OBSERVER= '{whole[:60]}&'",
            f"CONTINUE  '{whole[60:120]}&' / part",
            "CONTINUE  'it''s c'",
        ),
    )
    assert head.get("observer") == whole


def test_an_ampersand_that_goes_nowhere_stays():
    assert read(FIELDS, cards(*FIRST, "OBSERVER= 'A&'", "COMMENT x")).get("observer") == "A&"


def test_an_empty_string_and_no_value():
    assert read(FIELDS, cards(*FIRST, "OBSERVER= ''")).get("observer") == ""
    assert read(FIELDS, cards(*FIRST, "EXPTIME =  / unknown")).get("exposure") == 0.0


def test_what_follows_the_end_may_be_anything():
    assert read(FIELDS, cards(*FIRST).encode() + b"\xff\x00" * 500).get("bits") == -32


@pytest.mark.parametrize("end", ("\n", "\r\n"))
def test_cards_in_lines(end):
    text = end.join([*FIRST, "OBSERVER= 'me'", "END", ""])
    assert read(FIELDS, text).get("observer") == "me"


def test_the_last_card_is_missing():
    found = problem(FIELDS, cards(*FIRST, "NAXIS   =                    0", end=False), offset=2880)
    assert found.code == "V0527"
    assert found.offset == 2880
    assert "240 bytes from byte 2880" in found.message


def test_an_open_string():
    found = problem(FIELDS, cards(*FIRST, "OBSERVER= 'O'Hara", "EXPTIME = 'open"), offset=100)
    assert found.code == "V0526"
    assert found.message == "run.txt line 4: 'EXPTIME' has no closing quote"
    assert found.offset == 100 + 3 * 80


def test_a_key_in_any_case():
    text = cards(*FIRST, "Observer= 'me'")
    assert read(FIELDS, text).get("observer") == ""
    assert read(FIELDS.replace("fields:", "keys: any_case\nfields:"), text).get("observer") == "me"


def test_a_truth_that_is_none():
    found = problem(FIELDS, cards("SIMPLE  =                    X", FIRST[1]))
    assert (found.code, found.expected, found.found) == ("V0505", "true or false", "'X'")
