"""Every example line of docs/patterns.md."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from vspec.errors import Place, Text
from vspec.patterns import parse_path, parse_text

PAGE = (Path(__file__).parents[2] / "docs" / "patterns.md").read_text(encoding="utf-8")
BLOCKS = re.findall(r"^```\n(.*?)^```$", PAGE, re.MULTILINE | re.DOTALL)
FILES, LINES = (block.splitlines() for block in BLOCKS)


def parts(example):
    pattern, _, given = example.rpartition(" -> ")[0].partition(" | ")
    return Text(pattern, Place("page", 1, 1, len(pattern), pattern)), given, example.rpartition(" -> ")[2]


def shown(found):
    if found is None:
        return "no match"
    return " ".join(f"{name}={value!r}" for name, value in found.items()) or "nothing captured"


@pytest.mark.parametrize("example", FILES)
def test_file_example(example):
    pattern, given, wanted = parts(example)
    assert shown(parse_path(pattern).match_path(given)) == wanted


@pytest.mark.parametrize("example", LINES)
def test_line_example(example):
    pattern, given, wanted = parts(example)
    assert shown(parse_text(pattern).match(given)) == wanted


def test_the_page_has_examples():
    assert len(FILES) >= 10
    assert len(LINES) >= 7
