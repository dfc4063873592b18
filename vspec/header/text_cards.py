"""Text as cards of 80 characters: ``KEYWORD = value / comment``."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace

from vspec.card.text_model import TextField
from vspec.errors import VspecError
from vspec.header.text_keyed import Entry
from vspec.header.text_source import Line, Source

_MARK = "= "
_LONG_KEY = "HIERARCH "
_MORE = "CONTINUE"
_STRING = re.compile(r"\s*'(?P<text>(?:[^']|'')*)'(?P<rest>.*)", re.DOTALL)
_EXPONENT = re.compile(r"[+-]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)[dD][+-]?[0-9]+")


def entries(source: Source, _: TextField) -> list[Entry]:
    """Return the cards that have a value; commentary is passed over.

    Strings lose their quotes and the blanks at their end; one that ends with ``&`` goes on in the
    CONTINUE cards that follow. A ``D`` exponent is written as ``E``. Raises V0526 for a string
    without its closing quote.
    """
    found: list[Entry] = []
    open_string = False
    for line in source.lines:
        if open_string and line.text.startswith(_MORE):
            text, open_string = _string(source, line, line.text[len(_MORE) :])
            found[-1] = replace(found[-1], value=found[-1].value.removesuffix("&") + text)
            continue
        open_string = False
        for key, written in _cut(line.text):
            if written.lstrip().startswith("'"):
                text, open_string = _string(source, line, written)
            else:
                text = _bare(written)
            found.append(Entry(key, text, line))
    return found


def _cut(card: str) -> Iterator[tuple[str, str]]:
    """Yield the keyword of a card and what follows the mark, if there is a value."""
    if card[8:10] == _MARK or card[8:].rstrip() == _MARK.strip():
        yield card[:8].rstrip(), card[10:]
    elif card.startswith(_LONG_KEY) and "=" in card:
        key, _, written = card[len(_LONG_KEY) :].partition("=")
        yield " ".join(key.split()), written


def _bare(written: str) -> str:
    text = written.partition("/")[0].strip()
    return text.replace("D", "E").replace("d", "e") if _EXPONENT.fullmatch(text) else text


def _string(source: Source, line: Line, written: str) -> tuple[str, bool]:
    """Return a string, and whether it goes on in the next card."""
    found = _STRING.match(written)
    if found is None:
        told = source.problem(
            "V0526", f"'{line.text[:8].rstrip()}' has no closing quote", source.form.place, line
        )
        raise VspecError(
            [replace(told, expected="a text in single quotes", found=repr(written.strip()[:60]))]
        )
    text = found["text"].replace("''", "'").rstrip()
    return text, text.endswith("&")
