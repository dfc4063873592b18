"""A page of Markdown: its blocks, headings and links, and why a block is not run."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]

_FENCE = re.compile(r"^(?P<indent> *)```(?P<language>[\w+-]*)\s*$")
_MARKER = re.compile(r"^<!-- not run: (?P<reason>.+) -->$")
_PAGE_MARKER = re.compile(r"^<!-- no block of this page is run: (?P<reason>.+) -->$", re.MULTILINE)
_LINK = re.compile(r"!?\[[^\]]*\]\((?P<target>[^)\s]+)\)")
_CODE = re.compile(r"`[^`\n]*`")


@dataclass(frozen=True, slots=True)
class Block:
    """A fenced block; ``line`` is that of the fence, ``reason`` says why it is not run."""

    page: str
    line: int
    language: str
    text: str
    reason: str | None = None

    @property
    def place(self) -> str:
        return f"{self.page}:{self.line}"


@dataclass(frozen=True, slots=True)
class Page:
    """A page by its path below the checkout, with ``/``."""

    name: str
    text: str

    def blocks(self) -> list[Block]:
        """Return the fenced blocks in order; raises `ValueError` for an indented or open fence."""
        found: list[Block] = []
        lines = self.text.splitlines()
        whole = _PAGE_MARKER.search(self.text)
        start = 0
        while start < len(lines):
            fence = _FENCE.match(lines[start])
            if fence is None:
                start += 1
                continue
            if fence["indent"]:
                raise ValueError(f"{self.name}:{start + 1}: a fence must stand at the left margin")
            stop = _closing(lines, start + 1)
            if stop is None:
                raise ValueError(f"{self.name}:{start + 1}: the fence is not closed")
            marker = _MARKER.match(_before(lines, start))
            reason = marker["reason"] if marker else whole["reason"] if whole else None
            text = "".join(f"{line}\n" for line in lines[start + 1 : stop])
            found.append(Block(self.name, start + 1, fence["language"], text, reason))
            start = stop + 1
        return found

    def prose(self) -> str:
        """Return the text without its fenced blocks and without code between backticks."""
        kept: list[str] = []
        inside = False
        for line in self.text.splitlines():
            if _FENCE.match(line):
                inside = not inside
            elif not inside:
                kept.append(_CODE.sub("``", line))
        return "\n".join(kept)

    def links(self) -> list[str]:
        """Return the targets of links and pictures."""
        return [found["target"] for found in _LINK.finditer(self.prose())]

    def anchors(self) -> set[str]:
        """Return the anchors that a forge makes of the headings."""
        found: set[str] = set()
        for heading in re.findall(r"^#+ +(.+?) *$", self.text, re.MULTILINE):
            slug = re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-")
            number = sum(
                name == slug or re.fullmatch(rf"{re.escape(slug)}-\d+", name) is not None for name in found
            )
            found.add(f"{slug}-{number}" if number else slug)
        return found


def _closing(lines: list[str], start: int) -> int | None:
    return next((n for n in range(start, len(lines)) if lines[n].rstrip() == "```"), None)


def _before(lines: list[str], start: int) -> str:
    """Return the last line before ``start`` that is not empty."""
    return next((line for line in reversed(lines[:start]) if line.strip()), "")


def page(name: str) -> Page:
    """Return a page by its path below the checkout."""
    return Page(name, (ROOT / name).read_text(encoding="utf-8"))


def pages() -> list[Page]:
    """Return README.md and every page of docs/."""
    names = ["README.md", *sorted(p.relative_to(ROOT).as_posix() for p in (ROOT / "docs").rglob("*.md"))]
    return [page(name) for name in names]
