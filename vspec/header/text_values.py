"""Text to values: numbers, lists, and columns of what patterns captured."""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace

from vspec.card.text_model import Constant, TextField, TextFormat
from vspec.errors import Problem, VspecError, fail
from vspec.expressions import Value
from vspec.expressions.tables import Table, column
from vspec.header.text_source import CELL_LIMIT, ROW_LIMIT, Line, Source
from vspec.patterns import Captured, Pattern

_INT = re.compile(r"[+-]?[0-9]+")
_FLOAT = re.compile(
    r"[+-]?(?:(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]+)?|nan|inf(?:inity)?)", re.IGNORECASE
)
_ITEMS = {".": re.compile(r"[,\s]+"), ",": re.compile(r"[;\s]+")}
_SWAPPED = {ord(","): ".", ord("."): ","}
_DECIMAL_COMMA = re.compile(r"(?<=[0-9]),(?=[0-9])")
_EXPECTED = {"int": "a whole number", "float": "a number", "bool": "true or false"}
TRUTHS = {
    **dict.fromkeys(("true", "t", "yes", "y", "on", "1"), True),
    **dict.fromkeys(("false", "f", "no", "n", "off", "0"), False),
}


class Unfit(Exception):  # noqa: N818 -- it says what the value is
    """Raised for a value that is not of the type asked for: ``code`` is V0505, V0509 or V0526."""

    def __init__(self, code: str, expected: str, found: str) -> None:
        self.code, self.expected, self.found = code, expected, found
        super().__init__(expected)


def scalar(text: str, kind: str, decimal: str = ".") -> bool | int | float | str:
    """Return a text as int, float, bool or str; raises `Unfit`.

    >>> scalar("+63", "int"), scalar("1e3", "float"), scalar("0,5", "float", ","), scalar("a b", "str")
    (63, 1000.0, 0.5, 'a b')
    """
    if kind == "str":
        return text
    if kind == "bool":
        if text.lower() not in TRUTHS:
            raise Unfit("V0505", _EXPECTED[kind], repr(text))
        return TRUTHS[text.lower()]
    pointed = text.translate(_SWAPPED) if kind == "float" and decimal == "," else text
    if not (_INT if kind == "int" else _FLOAT).fullmatch(pointed):
        raise Unfit("V0505", _EXPECTED[kind], repr(text))
    if kind == "float":
        number = float(pointed)
        if math.isinf(number) and "inf" not in text.lower():
            raise Unfit("V0509", "a number of at most 1.8e308", text[:40])
        return number
    if len(text.lstrip("+-0")) > 19 or not -(2**63) <= int(text) < 2**63:
        raise Unfit("V0509", "a whole number of 64 bits", text[:40])
    return int(text)


def typed(text: str, kind: str, form: TextFormat, skip: int = 0) -> Value:
    """Return a text as a scalar, or as a column for ``int[]``, ``float[]`` and ``str[]``; raises `Unfit`.

    Quotes around the text, or around the items of a list, are taken away where ``form`` has quotes;
    the first ``skip`` items of a list are left out.
    """
    if not kind.endswith("[]"):
        return scalar(unquoted(text, form), kind, form.decimal)
    items = split(text, form)[skip:]
    return column([scalar(item, kind[:-2], form.decimal) for item in items], kind[:-2])


def split(text: str, form: TextFormat) -> list[str]:
    """Return the items of a list, separated by blanks or commas; quoted ones may hold both."""
    between = _ITEMS[form.decimal]
    items: list[str] = []
    start = 0
    while start < len(text):
        quoted = _quoted_end(text, start, form)
        gap = between.search(text, start if quoted is None else quoted)
        stop = len(text) if gap is None else gap.start()
        if stop > start:
            items.append(unquoted(text[start:stop], form))
        start = len(text) if gap is None else gap.end()
    return items


def unquoted(text: str, form: TextFormat) -> str:
    """Return a text without the quotes around it, doubled closing ones inside as one; raises `Unfit`."""
    if not text or not form.quotes or _quoted_end(text, 0, form) != len(text):
        return text
    closing = next(close for opening, close in form.quotes if text[0] == opening)
    return text[1:-1].replace(closing * 2, closing)


def _quoted_end(text: str, start: int, form: TextFormat) -> int | None:
    """Return where the quoted text that begins at ``start`` ends, None for one without quotes."""
    closing = next((close for opening, close in form.quotes if text[start] == opening), None)
    if closing is None:
        return None
    stop = text.find(closing, start + 1)
    while stop >= 0 and text[stop : stop + 2] == closing * 2:
        stop = text.find(closing, stop + 2)
    if stop < 0:
        raise Unfit("V0526", f"a closing {closing}", repr(text[start : start + 40]))
    return stop + 1


def captured(pattern: Pattern, text: str, form: TextFormat) -> dict[str, Captured] | None:
    """Return what a pattern captures of a line; decimal commas count as points where the text has them."""
    return pattern.match(_DECIMAL_COMMA.sub(".", text) if form.decimal == "," else text)


def every_capture(pattern: Pattern, text: str, form: TextFormat) -> Iterator[dict[str, Captured]]:
    """Yield what a pattern captures at each place of a text where it matches."""
    return pattern.each(_DECIMAL_COMMA.sub(".", text) if form.decimal == "," else text)


def value(source: Source, field: TextField, text: str, line: Line | None) -> Value:
    """Return the value of a field that is written as ``text``; raises V0505, V0509, V0526 at its line."""
    if not text and not field.required and not field.type.startswith("str"):
        return default(field)
    try:
        return typed(text, field.type, source.form, field.skip)
    except Unfit as unfit:
        raise VspecError([misfit(source, field, unfit, line)]) from None


def misfit(source: Source, field: TextField, unfit: Unfit, line: Line | None = None) -> Problem:
    """Return the problem of a value that has not the type of its field."""
    told = source.problem(unfit.code, f"'{field.name}' should be {unfit.expected}", field.place, line)
    help = "correct the type in the card, or give a 'default:' for files that leave it empty"
    return replace(told, expected=unfit.expected, found=unfit.found, help=help)


def default(field: TextField) -> Value:
    """Return the value that stands for an absent one: an empty table for ``[]`` and ``none`` of a table."""
    if field.fields and field.default in (None, ()):
        return Table({inner.name: column([], inner.type) for inner in field.fields})
    if field.each is not None and field.default in (None, ()):
        return table(field.each, ())
    return _plain(field.default, field.type)


def _plain(constant: Constant, kind: str) -> Value:
    if isinstance(constant, tuple):
        items = [_plain(item, "") for item in constant]
        return column(items, kind[:-2]) if kind.endswith("[]") else items
    if isinstance(constant, Mapping):
        return {key: _plain(item, "") for key, item in constant.items()}
    if kind == "float" and isinstance(constant, int) and not isinstance(constant, bool):
        return float(constant)
    return constant


def table(pattern: Pattern, rows: Iterable[Mapping[str, Captured]]) -> Table:
    """Return a table with a column for each capture; one that is absent in a row is ``none`` there.

    Raises V0915 as soon as there are too many rows, or cells.
    """
    most = min(ROW_LIMIT, CELL_LIMIT // max(1, len(pattern.captures)))
    cells: list[tuple[str, list[Value]]] = [(c.name, []) for c in pattern.captures]
    for number, row in enumerate(rows):
        if number == most:
            help = "samples in text are converted once, not mapped"
            message = f"more than {most} rows of '{pattern.text.value}'"
            raise fail("V0915", message, pattern.text.place, help=help)
        for name, held in cells:
            held.append(bare(row.get(name)))
    return Table({c.name: column(held, c.kind) for c, (_, held) in zip(pattern.captures, cells, strict=True)})


def bare(captured: Captured | None) -> Value:
    """Return a captured value without the memory of how it was written."""
    for plain in (int, float, str):
        if isinstance(captured, plain):
            return plain(captured)
    return captured
