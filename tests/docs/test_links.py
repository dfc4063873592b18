"""Every page is linked from docs/index.md, and every link leads somewhere."""

from __future__ import annotations

import posixpath

import pytest

from tests.docs.pages import ROOT, page, pages

NAMES = [found.name for found in pages()]
LINKED = [*NAMES, "CONTRIBUTING.md", "formats/README.md"]


def targets(name):
    """Return the links of a page that stay in the checkout, as a path below it and an anchor."""
    for link in page(name).links():
        if not link.startswith(("http://", "https://")):
            path, _, anchor = link.partition("#")
            yield posixpath.normpath(posixpath.join(posixpath.dirname(name), path)) if path else name, anchor


@pytest.mark.parametrize("name", LINKED)
def test_links_lead_somewhere(name):
    found = list(targets(name))
    assert [path for path, _ in found if not (ROOT / path).exists()] == []
    anchored = [(path, anchor) for path, anchor in found if anchor and path.endswith(".md")]
    assert [f"{path}#{anchor}" for path, anchor in anchored if anchor not in page(path).anchors()] == []


def test_every_page_is_linked_from_the_index():
    linked = {path for path, _ in targets("docs/index.md")}
    assert sorted(set(NAMES) - linked - {"docs/index.md"}) == []


def test_the_readme_leads_to_the_index():
    assert ("docs/index.md", "") in set(targets("README.md"))


@pytest.mark.parametrize("name", NAMES)
def test_a_page_has_one_title_and_no_machine_of_its_own(name):
    text = page(name).text
    prose = page(name).prose()
    assert [line for line in prose.splitlines() if line.startswith("# ")][1:] == []
    assert "/tmp/" not in text
