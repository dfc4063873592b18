"""Generated pages are what their generators make; `make docs` writes them."""

from __future__ import annotations

import importlib.util
import re
import sys

import pytest

from tests.docs.pages import ROOT, page
from vspec.card.keys import SHAPES
from vspec.errors import CODES


@pytest.fixture(scope="module")
def generate():
    """The program docs/generate.py, as a module."""
    spec = importlib.util.spec_from_file_location("generate", ROOT / "docs" / "generate.py")
    module = importlib.util.module_from_spec(spec)
    sys.modules["generate"] = module
    spec.loader.exec_module(module)
    return module


@pytest.mark.parametrize(
    "name",
    (
        "README.md",
        "docs/formats.md",
        "docs/explanation/unserved.md",
        "docs/reference/card.md",
        "docs/reference/errors.md",
        "docs/reference/cli.md",
    ),
)
def test_a_generated_page_is_up_to_date(generate, name):
    assert page(name).text == generate.PAGES[name](), "run: make docs"


def test_these_are_all_generated_pages(generate):
    assert len(generate.PAGES) == 6


def test_the_card_reference_has_every_key():
    text = page("docs/reference/card.md").text
    for shape in SHAPES.values():
        assert [key.name for key in shape.keys if f"`{key.name}`" not in text] == []


def test_the_errors_have_every_code():
    headings = {line.removeprefix("### ") for line in page("docs/reference/errors.md").text.splitlines()}
    assert sorted(set(CODES) - headings) == []


def test_the_limits_name_every_word_of_later_versions_and_no_other():
    table = re.findall(r"^\| (`.*?) \|", page("docs/explanation/limits.md").text, re.MULTILINE)
    named = {word for cell in table for word in re.findall(r"`(\w+)`", cell)}
    later = {word for shape in SHAPES.values() for word in shape.later}
    assert named == later
