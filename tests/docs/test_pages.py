"""Every block of README.md and docs/ does what the page shows."""

from __future__ import annotations

import pytest

from tests.docs.pages import ROOT, page, pages
from tests.docs.session import Session, install

# Pages whose blocks another test runs, line by line.
ELSEWHERE = {
    "docs/expressions.md": "tests/unit/test_expressions_page.py",
    "docs/patterns.md": "tests/unit/test_patterns_page.py",
}
# How many blocks of a page are not run; each says why, in a comment before it.
NOT_RUN = {
    "docs/how-to/read-in-javascript.md": 2,
    "README.md": 1,
    "docs/how-to/read-a-map.md": 1,
    "docs/how-to/serve-a-map.md": 3,
    "docs/how-to/set-up-an-editor.md": 1,
    "docs/reference/codecs.md": 3,
}
# Pages of pieces, of which no block is run; each says why at its head.
PIECES = ("docs/reference/errors.md",)
PAGES = {found.name: found for found in pages() if found.name not in (*ELSEWHERE, *PIECES)}


@pytest.fixture(scope="session")
def programs(tmp_path_factory):
    folder = tmp_path_factory.mktemp("programs")
    install(folder)
    return folder


@pytest.mark.parametrize("name", [name for name, page in PAGES.items() if page.blocks()])
def test_page(name, tmp_path, programs, monkeypatch):
    monkeypatch.setenv("MPLBACKEND", "Agg")
    Session(tmp_path, programs).run(PAGES[name].blocks())


def test_blocks_that_are_not_run_are_counted():
    counts = {name: sum(b.reason is not None for b in page.blocks()) for name, page in PAGES.items()}
    assert {name: count for name, count in counts.items() if count} == NOT_RUN


def test_most_blocks_are_run():
    blocks = [block for page in PAGES.values() for block in page.blocks()]
    assert len(blocks) > 60
    assert sum(block.reason is None for block in blocks) > 0.9 * len(blocks)


@pytest.mark.parametrize("name", PIECES)
def test_a_page_of_pieces_says_why_it_is_not_run(name):
    blocks = page(name).blocks()
    assert blocks
    assert all(block.reason for block in blocks)


@pytest.mark.parametrize("name", ELSEWHERE)
def test_a_page_that_is_run_elsewhere_is_named_there(name):
    assert name.rpartition("/")[2] in (ROOT / ELSEWHERE[name]).read_text(encoding="utf-8")
