"""The rows of the tables in reference/notation.md mean what they say."""

from __future__ import annotations

import re

import pytest

from tests.docs.pages import page
from vspec.card.dims import parse_arrow
from vspec.card.fields import parse_field
from vspec.datatypes import NUMBERS, RESERVED, TEXTS
from vspec.errors import Place, Text

TEXT = page("docs/reference/notation.md").text


def rows(head):
    """Return the cells of the table with a heading, code without its backticks."""
    (table,) = re.findall(rf"^\| {re.escape(head)} \|\n\|[-|]+\|\n((?:\|.*\|\n)+)", TEXT, re.MULTILINE)
    cells = [re.split(r"(?<!\\)\|", line)[1:-1] for line in table.splitlines()]
    return [tuple(cell.strip().strip("`").replace(r"\|", "|") for cell in row) for row in cells]


def text(value):
    return Text(value, Place("page", 1, 1, len(value), value))


@pytest.mark.parametrize(("field", "_meaning"), rows("field | meaning"))
def test_fields(field, _meaning):
    found = parse_field(text(field), {"point"})
    assert found.type.place.text == field


def test_axes_of_fields():
    fields = {field: parse_field(text(field), {"point"}) for field, _ in rows("field | meaning")}
    assert [axis.name for axis in fields["int16[channel=n, sample=128]"].axes] == ["channel", "sample"]
    assert fields["float32[sample=rest]"].axes[0].size is None
    assert fields["uint16 if version >= 2 else 1"].default is not None


@pytest.mark.parametrize(("arrow", "_meaning"), rows("arrow | meaning"))
def test_arrows(arrow, _meaning):
    left, _, right = arrow.partition(" -> ")
    found = parse_arrow(text(arrow))
    assert len(found.left) == len(re.split(r" (?![^(]*\))", left))
    assert len(found.right) == len(re.split(r" (?![^(]*\))", right))


def test_every_built_in_type_and_word_is_named():
    ranges = {"int16", "int32", "uint16", "uint32", "float32"}  # "int8 to int64" and so on
    types = TEXT[TEXT.index("\nTypes:") : TEXT.index("\nWords of the language:")]
    words = TEXT[TEXT.index("\nWords of the language:") :]
    assert [name for name in {*NUMBERS, *TEXTS} - ranges if f"`{name}`" not in types] == []
    assert [name for name in RESERVED if f"`{name}`" not in words] == []
