"""The recipes: each is in the table of docs/recipes.md, and has a card and its bytes."""

from __future__ import annotations

import re

import pytest

from tests.docs.pages import page, pages

RECIPES = [found.name for found in pages() if found.name.startswith("docs/recipes/")]
INDEX = page("docs/recipes.md")
MIN_RECIPES = 40


def recipes(name):
    """Return the recipes of a page by their headings, with their text."""
    parts = re.split(r"^## (.+)$", page(name).text, flags=re.MULTILINE)[1:]
    return dict(zip(parts[::2], parts[1::2], strict=True))


@pytest.mark.parametrize("name", RECIPES)
def test_every_recipe_is_in_the_table(name):
    short = name.removeprefix("docs/")
    wanted = {f"{short}#{slug(heading)}" for heading in recipes(name)}
    assert {link for link in INDEX.links() if link.startswith(f"{short}#")} == wanted


def slug(heading):
    return re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-")


@pytest.mark.parametrize("name", RECIPES)
def test_every_recipe_is_a_card_that_is_run(name):
    for heading, text in recipes(name).items():
        assert "```yaml\n# file: " in text, heading
        assert "$ vspec apply " in text, heading


def test_there_is_one_for_each_trick():
    assert len({link for link in INDEX.links() if "#" in link}) >= MIN_RECIPES
