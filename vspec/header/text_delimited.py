"""Text in which keys and values alternate, each ended by the character with which the text begins."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from vspec.card.text_model import TextField
from vspec.errors import Problem, VspecError
from vspec.header.text_keyed import Entry
from vspec.header.text_source import Line, Source

_PADDING = " \t\r\n\0"

Piece = tuple[str, int]
"""A key or a value, and its first character in the text."""


def entries(source: Source, _: TextField) -> list[Entry]:
    """Return the keys with their values; a doubled delimiter stands for itself.

    Raises V0521 for a text that does not begin with its delimiter, does not end with it, or has a
    key without a value.
    """
    text = source.text
    delimiter = source.form.separator or text[:1]
    if not delimiter or not text.startswith(delimiter) or delimiter == "\0" or delimiter.isalnum():
        message = "the text does not begin with a delimiter"
        raise VspecError([_problem(source, message, (text[:20], 0))])
    pieces = list(_pieces(text, delimiter))
    left_over, at = pieces.pop()
    if left_over.strip(_PADDING):
        message = f"the text does not end with its delimiter '{delimiter}'"
        raise VspecError([_problem(source, message, (left_over, at))])
    if len(pieces) % 2:
        message = "the last key has no value: is a delimiter inside a value not doubled?"
        raise VspecError([_problem(source, message, pieces[-1])])
    return [
        Entry(key.strip(), value.strip(), Line(0, start, key))
        for (key, start), (value, _) in zip(pieces[::2], pieces[1::2], strict=True)
    ]


def _pieces(text: str, delimiter: str) -> Iterator[Piece]:
    """Yield every piece behind a delimiter; the last one is what follows the last delimiter."""
    start = position = len(delimiter)
    parts: list[str] = []
    while (stop := text.find(delimiter, position)) >= 0:
        after = stop + len(delimiter)
        if text.startswith(delimiter, after):
            parts.append(text[position:after])
            position = after + len(delimiter)
            continue
        yield "".join([*parts, text[position:stop]]), start
        start = position = after
        parts = []
    yield "".join([*parts, text[position:]]), start


def _problem(source: Source, message: str, piece: Piece) -> Problem:
    written, start = piece
    told = source.problem("V0521", message, source.form.place, Line(0, start, written))
    return replace(told, found=repr(written[:40]) if written else "nothing")
