"""How problems look."""

from __future__ import annotations

import unicodedata

import pytest

from vspec.errors import Place, Problem
from vspec.errors.catalog import CODES
from vspec.errors.rendering import WIDTH, render, to_json

LINE = "    shape: {time: auto, channel: 63}"


def problem(place: Place | None = None, **more) -> Problem:
    return Problem("V0102", "a message", place, **more)


def caret(line: str, column: int, length: int) -> tuple[str, str]:
    """Return the source line as shown and the caret line, without their gutters."""
    lines = render(problem(Place("c.yaml", 7, column, length, line))).split("\n")
    assert lines[1].startswith("    7 |")
    assert lines[2].startswith("      | ")
    return lines[1][8:], lines[2][8:]


def test_the_form_of_the_standard():
    shown = render(
        Problem(
            "V0102",
            "a.dat holds 640000 data bytes",
            Place("rig3.yaml", 7, 13, 10, LINE),
            data_file="a.dat",
            help="nearest fits: 64, 50, 80, 40",
        )
    )
    assert shown == (
        "rig3.yaml:7:13: error[V0102]: a.dat holds 640000 data bytes\n"
        "    7 |     shape: {time: auto, channel: 63}\n"
        "      |             ^^^^^^^^^^\n"
        "  help: nearest fits: 64, 50, 80, 40"
    )


def test_everything_at_once():
    shown = render(
        problem(
            Place("c.yaml", 12345, 3, 2, "  ab"),
            data_file="x.nii",
            offset=348,
            expected="00 00 01 5c",
            found="5c 01 00 00",
            help="try this",
            chain=("n_ch = 63", 'meta.nSavedChans "63" (run.meta line 12)'),
            level="warn",
        )
    )
    assert shown == (
        "c.yaml:12345:3: warning[V0102]: a message\n"
        "12345 |   ab\n"
        "      |   ^^\n"
        "  x.nii @ byte 348 (0x15c)\n"
        "  expected: 00 00 01 5c\n"
        "  found: 5c 01 00 00\n"
        "  because: n_ch = 63\n"
        '  because: meta.nSavedChans "63" (run.meta line 12)\n'
        "  help: try this"
    )


def test_without_a_place_in_the_card():
    assert render(problem()) == "error[V0102]: a message"
    assert render(problem(data_file="x.nii", offset=0)) == "error[V0102]: a message\n  x.nii @ byte 0 (0x0)"
    assert render(problem(data_file="x.nii")) == "error[V0102]: a message\n  in x.nii"


@pytest.mark.parametrize(
    ("line", "column", "length", "before", "marks"),
    (
        ("ab: c", 5, 1, 4, 1),
        ("日本: x", 5, 1, 6, 1),
        ("x: 日本", 4, 2, 3, 4),
        ("e\u0301: x", 5, 1, 3, 1),
        ("a:\tb", 4, 1, 3, 1),
        ("ab", 3, 1, 2, 1),
        ("ab", 9, 4, 2, 1),
        ("abc", 2, 40, 1, 2),
        ("", 1, 1, 0, 1),
    ),
)
def test_the_caret_stands_below_what_it_means(line, column, length, before, marks):
    _, below = caret(line, column, length)
    assert below == " " * before + "^" * marks


def width(text: str) -> int:
    return sum(2 if unicodedata.east_asian_width(char) in "WF" else 1 for char in text)


@pytest.mark.parametrize("column", (1, 2, 50, 300, 597, 600))
@pytest.mark.parametrize("filler", ("x", "語"))
def test_long_lines_are_cut_around_the_caret(column, filler):
    line = filler * (column - 1) + "MARK" + filler * (600 - column)
    shown, below = caret(line, column, 4)
    assert width(shown) <= WIDTH
    start = width(shown[: shown.index("MARK")])
    assert below == " " * start + "^^^^"
    whole = shown.strip("…")
    assert whole in line
    assert shown.startswith("…") == (not line.startswith(whole))
    assert shown.endswith("…") == (not line.endswith(whole))


def test_a_caret_longer_than_the_window_is_cut():
    shown, below = caret("x" * 50 + "y" * 500, 51, 500)
    assert "y" in shown
    assert len(below) <= WIDTH
    assert below.strip("^ ") == ""


@pytest.mark.parametrize("sign", ("\x1b[31m", "\x07", "\x9b", "\u202e", "\u2028", "\n", "\ud800"))
def test_control_characters_are_shown_as_escapes(sign):
    hostile = f"key{sign}x"
    shown = render(
        problem(Place("c.yaml", 1, 1, 3, hostile), data_file=hostile, offset=1, found=hostile, help=hostile)
    )
    assert sign[0] not in shown.replace("\n", "" if sign == "\n" else "\n")
    assert len(shown.split("\n")) == 6
    assert shown.encode("utf-8")


def test_json_has_every_part():
    place = Place("c.yaml", 7, 13, 10, LINE)
    full = problem(place, data_file="a", offset=3, expected="b", found="c", help="d")
    assert to_json(full) == {
        "code": "V0102",
        "message": "a message",
        "file": "c.yaml",
        "line": 7,
        "column": 13,
        "data_file": "a",
        "offset": 3,
        "expected": "b",
        "found": "c",
        "help": "d",
        "level": "error",
    }
    assert set(to_json(problem()).values()) == {"V0102", "a message", "error", None}


@pytest.mark.parametrize("code", [c for c in CODES.values() if int(c.id[1:]) < 150])
def test_codes_explain_themselves(code):
    assert code.explanation.endswith(".")
    assert bool(code.wrong) == bool(code.right)
