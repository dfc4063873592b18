"""The runner of pages: a page that shows something else than what happens fails."""

from __future__ import annotations

import pytest

from tests.docs.pages import Page
from tests.docs.session import PageError, Session, install, matches, transcript


def run(tmp_path, text):
    install(tmp_path / "programs")
    folder = tmp_path / "page"
    folder.mkdir()
    session = Session(folder, tmp_path / "programs")
    session.run(Page("page.md", text).blocks())
    return session


@pytest.mark.parametrize(
    ("shown", "found", "same"),
    (
        ("a\nb\n", "a\nb\n", True),
        ("a\n", "a   \n\n", True),
        ("a\n", "b\n", False),
        ("a\n", "a\nb\n", False),
        ("a\n...\n", "a\n", True),
        ("a\n...\nd\n", "a\nb\nc\nd\n", True),
        ("a ... c\n", "a b c\n", True),
        ("a ... c\n", "a\nc\n", False),
        ("(x) [y] $z\n", "(x) [y] $z\n", True),
        ("", "", True),
        ("", "a\n", False),
    ),
)
def test_what_is_shown_is_compared(shown, found, same):
    assert matches(shown, found) is same


def test_a_transcript_holds(tmp_path):
    run(
        tmp_path,
        "```console\n$ echo one \\\n> two\none two\n$ printf 'no end of line'\nno end of line\n```\n",
    )


def test_status_and_folder_last_from_one_command_to_the_next(tmp_path):
    run(tmp_path, "```console\n$ mkdir a && cd a && false\n$ echo $?\n1\n$ basename $PWD\na\n```\n")


@pytest.mark.parametrize(
    ("text", "message"),
    (
        ("```console\n$ echo one\ntwo\n```\n", r"page\.md:1: \$ echo one(.|\n)*-two\n\+one"),
        ("```console\n$ ls nothing-of-that-name\n```\n", "nothing-of-that-name"),
        ("```console\necho one\n```\n", "begins with a command"),
        ("```python\nprint(1)\n```\n```text\n2\n```\n", r"-2\n\+1"),
        ("```python\nprint(1)\n```\n", "does not show"),
        ("```python\nprint(1)\n```\n```console\n$ true\n```\n```text\n1\n```\n", "does not show"),
        ("```text\n1\n```\n", "nothing was printed"),
        ("```yaml\na: 1\n```\n", "neither run nor a file"),
        ("```\na\n```\n", "neither run nor a file"),
        ("```console\n$ exit 3\n```\n", "stopped early"),
    ),
)
def test_a_page_that_does_not_hold_fails(tmp_path, text, message):
    with pytest.raises(PageError, match=message):
        run(tmp_path, text)


def test_an_error_in_python_is_no_secret(tmp_path):
    with pytest.raises(ZeroDivisionError):
        run(tmp_path, "```python\n1 / 0\n```\n")


FILES = """\
```yaml
# file: deep/a.yaml
a: 1
```
```python
from pathlib import Path
b = Path("deep/a.yaml").read_text()
```
```python
c = b * 2
```
"""


def test_files_are_written_as_they_stand_and_names_are_kept(tmp_path):
    assert run(tmp_path, FILES).namespace["c"] == "# file: deep/a.yaml\na: 1\n" * 2


def test_a_marked_block_is_not_run(tmp_path):
    text = "<!-- not run: it would fail -->\n\n```console\n$ false && echo never\nnever\n```\n"
    (block,) = Page("page.md", text).blocks()
    assert block.reason == "it would fail"
    run(tmp_path, text)


def test_a_marked_page_is_not_run():
    text = "<!-- no block of this page is run: pieces -->\n```yaml\na: 1\n```\n```yaml\nb: 1\n```\n"
    assert [block.reason for block in Page("page.md", text).blocks()] == ["pieces", "pieces"]


@pytest.mark.parametrize("text", ("```python\nx\n", "- a list\n  ```python\n  x\n  ```\n"))
def test_a_fence_that_cannot_be_read_is_an_error(text):
    with pytest.raises(ValueError, match="fence"):
        Page("page.md", text).blocks()


def test_commands_of_a_transcript():
    (block,) = Page("page.md", "```console\n$ a\n1\n2\n$ b\n```\n").blocks()
    assert list(transcript(block)) == [("a", "1\n2\n"), ("b", "")]


def test_links_and_anchors():
    found = Page(
        "page.md",
        "# A: b, c\n## `d` E\n## `d` E\n[x](a.md#b) `[no](link)` ![p](p.png)\n```text\n[n](o)\n```\n",
    )
    assert found.links() == ["a.md#b", "p.png"]
    assert found.anchors() == {"a-b-c", "d-e", "d-e-1"}
