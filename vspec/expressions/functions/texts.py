"""Functions of texts, and conversions between texts and numbers; element by element on columns."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from functools import lru_cache

import numpy as np

from vspec.datatypes import ElementType
from vspec.errors import Text
from vspec.expressions.access import whole
from vspec.expressions.columns import (
    INT_MAX,
    INT_MIN,
    column_of,
    described,
    gathered,
    kind_of,
    objects,
    settled,
)
from vspec.expressions.functions.registry import Call, Function, table
from vspec.expressions.sites import Site
from vspec.expressions.values import Value
from vspec.patterns import Pattern, parse_text

_DIGITS = {2: "[01]+", 8: "[0-7]+", 10: "[0-9]+", 16: "(?:0[xX])?[0-9a-fA-F]+"}
_FLOAT = re.compile(
    r"[+-]?(?:(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]+)?|inf|infinity|nan)", re.IGNORECASE
)


def each(call: Call, value: Value, function: Callable[[Value], Value]) -> Value:
    """Return ``function(value)``, or for a list or column the column of what it gives."""
    if isinstance(value, np.ndarray):
        call.site.check_objects(value.size)
        results = list(_bounded(call, map(function, value.ravel().tolist())))
        column = column_of(results) if results else value
        return results if column is None else column.reshape(value.shape)
    if isinstance(value, list):
        call.site.check_objects(len(value))
        return gathered(list(_bounded(call, (each(call, v, function) for v in value))))
    return function(value)


def _bounded(call: Call, results: Iterable[Value]) -> Iterator[Value]:
    """Yield results; raises V0903 and V0904 as soon as they take too much room together."""
    length = count = 0
    for result in results:
        if isinstance(result, str):
            length += len(result)
            call.site.check_texts(length)
        elif isinstance(result, (list, np.ndarray)):
            count += len(result)
            call.site.check_objects(count)
        yield result


def textual(call: Call, value: Value, part: int = 0) -> str:
    """Return a value that must be a text."""
    if isinstance(value, str):
        return value
    help = "text(...) reads bytes as text" if isinstance(value, bytes) else "str(...) writes a number as text"
    raise call.refuse(part, value, "a text", help)


def _on_text(function: Callable[..., Value]) -> Callable[[Call, list[Value]], Value]:
    """Make a function of one text and further texts work on columns of the first."""

    def run(call: Call, values: list[Value]) -> Value:
        others = [textual(call, v, part) for part, v in enumerate(values[1:], 1)]
        return each(call, values[0], lambda v: function(textual(call, v), *others))

    return run


def _prefix(function: Callable[[str, str], bool]) -> Callable[[Call, list[Value]], Value]:
    """Make a question about a text and a part; a list of parts asks for any of them.

    Two columns are refused: row by row, or any of them? Only the card's author knows.
    """

    def run(call: Call, values: list[Value]) -> Value:
        text, part = values
        if isinstance(part, np.ndarray):
            if isinstance(text, (list, np.ndarray)):
                help = "give one part, or a written list of parts: ['a', 'b']"
                raise call.refuse(1, part, "one part (or a list of parts) for a column of texts", help)
            part = part.ravel().tolist()
        parts = [textual(call, v, 1) for v in (part if isinstance(part, list) else [part])]
        return each(call, text, lambda v: any(function(textual(call, v), p) for p in parts))

    return run


def _split(call: Call, values: list[Value]) -> Value:
    separator = textual(call, values[1], 1) if len(values) > 1 else None
    if separator == "":
        raise call.site.fail("V0227", "split needs a separator of at least one character", part=1)
    return each(call, values[0], lambda v: _pieces(call, textual(call, v), separator))


def _pieces(call: Call, text: str, separator: str | None) -> Value:
    pieces: list[Value] = list(text.split(separator))
    call.site.check_elements(len(pieces))
    return pieces


def _replace(call: Call, values: list[Value]) -> Value:
    old, new = textual(call, values[1], 1), textual(call, values[2], 2)
    if not old:
        raise call.site.fail("V0227", "replace needs a text of at least one character to look for", part=1)

    def replaced(value: Value) -> Value:
        text = textual(call, value)
        call.site.check_text(len(text) + text.count(old) * (len(new) - len(old)))
        return text.replace(old, new)

    return each(call, values[0], replaced)


def _text(call: Call, values: list[Value]) -> Value:
    def decoded(value: Value) -> Value:
        if isinstance(value, bytes):
            return value.decode("latin-1").rstrip("\0 \t\r\n")
        return textual(call, value)

    value = settled(values[0])
    if isinstance(value, np.ndarray) and value.dtype.kind == "i" and value.ndim == 1:
        if value.size and not (value.min() >= 0 and value.max() < 256):
            raise call.refuse(0, value, "bytes, or numbers from 0 to 255")
        return decoded(bytes(value.tolist()))
    return each(call, value, decoded)


def _int(call: Call, values: list[Value]) -> Value:
    base = whole(values[1], call.site, 1) if len(values) > 1 else 10
    if base not in _DIGITS:
        raise call.site.fail("V0227", f"int reads numbers of base 2, 8, 10 and 16, not {base}", part=1)
    value = values[0]
    if isinstance(value, np.ndarray) and value.dtype.kind in "bi":
        return value.astype(np.int64)
    return each(call, value, lambda v: _read_int(call, v, base))


def _read_int(call: Call, value: Value, base: int) -> int:
    if not isinstance(value, str):
        if value is None or isinstance(value, (int, float)):
            return whole(value, call.site, 0)
        raise call.refuse(0, value, "a number or a text")
    text = value.strip()
    hexadecimal = base == 10 and text.lstrip("+-")[:2].lower() == "0x"
    digits = _DIGITS[16 if hexadecimal else base]
    if not re.fullmatch(rf"[+-]?{digits}", text) or len(text) > 80:
        help = (
            "float(...) reads decimals" if _FLOAT.fullmatch(text) else "get rid of what is not a digit first"
        )
        raise call.site.fail(
            "V0236", f"{call.site.name(0)} is {described(value)}: not a whole number", help, 0
        )
    number = int(text, 16 if hexadecimal else base)
    if not INT_MIN <= number <= INT_MAX:
        raise call.site.fail("V0230", f"{text} does not fit in 64 bits", part=0)
    return number


def _float(call: Call, values: list[Value]) -> Value:
    value = values[0]
    if isinstance(value, np.ndarray) and value.dtype.kind in "bif":
        return value.astype(np.float64)
    return each(call, value, lambda v: _read_float(call, v))


def _read_float(call: Call, value: Value) -> float:
    if isinstance(value, (int, float)):
        return float(value)
    if not isinstance(value, str):
        raise call.refuse(0, value, "a number or a text")
    text = value.strip()
    if not _FLOAT.fullmatch(text):
        help = "a decimal comma is turned with replace(x, ',', '.')" if "," in text else None
        raise call.site.fail("V0236", f"{call.site.name(0)} is {described(value)}: not a number", help, 0)
    return float(text)


def written(value: Value, site: Site) -> str:
    """Return a scalar as text: whole numbers plain, floats as short as they read back the same."""
    if isinstance(value, str):
        return value
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, (int, float)):
        return repr(value)
    if isinstance(value, ElementType):
        return value.name
    if value is None:
        return "none"
    kind = kind_of(value)
    help = "text(...) reads bytes as text" if kind == "bytes" else "take one field of it"
    raise site.fail("V0242", f"{site.name(0)} is {described(value)}: it cannot be written as text", help)


def _str(call: Call, values: list[Value]) -> Value:
    value = values[0]
    if isinstance(value, np.ndarray) and value.dtype != object:
        call.site.check_objects(value.size)
        return objects([written(v, call.site) for v in value.ravel().tolist()]).reshape(value.shape)
    return each(call, value, lambda v: written(v, call.site))


@lru_cache(maxsize=256)
def _pattern(text: Text) -> Pattern:
    return parse_text(text)


def _capture(call: Call, values: list[Value]) -> Value:
    place = call.site.parts[1].place
    pattern = _pattern(Text(textual(call, values[1], 1), place, exact=False))

    def captured(value: Value) -> Value:
        text = textual(call, value)
        found = pattern.match(text)
        if found is None:
            message = f"{described(text)} does not match '{pattern.text.value}'"
            raise call.site.absent("V0238", message, "get(capture(...).x, default) allows for that", 0)
        return {c.name: found.get(c.name) for c in pattern.captures}

    return each(call, values[0], captured)


def as_bytes(text: str) -> bytes | None:
    """Return the bytes that a text of ``find`` looks for, one a character; None for others."""
    return text.encode("latin-1") if all(ord(c) < 256 for c in text) else None


FUNCTIONS = table(
    Function("int", "int(value)  or  int(text, base)", _int, 1, 2, elementwise=True, rowwise=1),
    Function("float", "float(value)", _float, elementwise=True),
    Function("str", "str(value)", _str, elementwise=True),
    Function("text", "text(bytes)", _text, elementwise=False),
    Function("lower", "lower(text)", _on_text(str.lower), elementwise=True),
    Function("upper", "upper(text)", _on_text(str.upper), elementwise=True),
    Function(
        "strip", "strip(text)  or  strip(text, characters)", _on_text(str.strip), 1, 2, elementwise=True
    ),
    Function("split", "split(text)  or  split(text, separator)", _split, 1, 2),
    Function("replace", "replace(text, old, new)", _replace, 3, 3, elementwise=True, rowwise=1),
    Function(
        "startswith", "startswith(text, part)", _prefix(str.startswith), 2, 2, elementwise=True, rowwise=1
    ),
    Function("endswith", "endswith(text, part)", _prefix(str.endswith), 2, 2, elementwise=True, rowwise=1),
    Function(
        "contains", "contains(text, part)", _prefix(str.__contains__), 2, 2, elementwise=True, rowwise=1
    ),
    Function("capture", "capture(text, 'PATTERN')", _capture, 2, 2),
)
