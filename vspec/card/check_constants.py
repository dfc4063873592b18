"""The check of ``= CONST``: a constant that its field can never hold is a slip of the card."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from vspec.card.model import Field
from vspec.datatypes import NUMBERS, TEXTS
from vspec.errors import Problem


def check_constant(field: Field) -> Iterator[Problem]:
    """Yield the problem of a constant, written as such, that no file can have (V0187)."""
    value = None if field.constant is None else field.constant.literal
    word = field.type.word or ""
    if field.constant is None or value is None:
        return
    found = None
    if word in TEXTS:
        found = _text(field, value)
    elif word in NUMBERS:
        found = _number(word, value)
    if found is not None:
        what, help = found
        yield Problem("V0187", f"'{field.name}' can never be {what}", field.constant.text.place, help=help)


def _text(field: Field, value: str | float) -> tuple[str, str] | None:
    """Return what is wrong with the constant of a text field, and what to write."""
    number = field.convert in ("int", "float")
    if isinstance(value, str) == number:
        return (
            (f"the text {value!r}: 'as {field.convert}' gives a number", "write the number without quotes")
            if number
            else (f"the number {value}: it is a text", f"write '{value}' in quotes, or read it 'as int'")
        )
    if number or not isinstance(value, str):
        return None
    word, length = field.type.word or "", None if field.type.length is None else field.type.length.literal
    try:
        size = len(value.encode((TEXTS[word].encoding or "latin-1").replace("utf-16", "utf-16-le")))
    except UnicodeEncodeError:
        return f"{value!r}: {word} has no such letters", "e.g. utf8(n) has all letters"
    if isinstance(length, int) and size > length:
        return f"{value!r}: its {size} bytes do not fit into {length}", f"e.g. {word}({size})"
    if field.type.terminator is not None and field.type.terminator in value:
        return (
            f"{value!r}: the text ends before {field.type.terminator!r}",
            "leave the end out of the constant",
        )
    return None


def _number(word: str, value: str | float) -> tuple[str, str] | None:
    """Return what is wrong with the constant of a field of numbers, and what to write."""
    if isinstance(value, str):
        return f"the text {value!r}: it is a number", f"a text of {len(value)} bytes is ascii({len(value)})"
    kind = NUMBERS[word].dtype("little")
    if kind.kind in "iu":
        limits = np.iinfo(kind.name)
        if not limits.min <= value <= limits.max:
            return f"{value}: {word} ends at {limits.max}", "take a larger type, or mend the constant"
        if value != int(value):
            return f"{value}: {word} has whole numbers only", "take a float type, or mend the constant"
    if kind.kind == "f":
        with np.errstate(over="ignore"):
            stored = float(np.array(value).astype(kind))
        if stored != value:
            help = f"write what the file has, {stored!r}, or a check: that: abs(x - {value}) < 1e-6"
            return f"{value}: {word} has not so many digits", help
    return None
