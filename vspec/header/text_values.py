"""Text to values: numbers, lists, and columns of what patterns captured."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import replace

from vspec.card.model import Constant, TextField
from vspec.errors import Problem, VspecError
from vspec.expressions import Value
from vspec.expressions.tables import Table, column
from vspec.header.text_source import Line, Source
from vspec.patterns import Captured, Pattern

_INT = re.compile(r"[+-]?[0-9]+")
_FLOAT = re.compile(
    r"[+-]?(?:(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]+)?|nan|inf(?:inity)?)", re.IGNORECASE
)
_ITEMS = re.compile(r"[,\s]+")
_EXPECTED = {"int": "a whole number", "float": "a number"}


class Unfit(Exception):  # noqa: N818 -- it says what the value is
    """Raised for a value that is not of the type asked for: ``code`` is V0505 or V0509."""

    def __init__(self, code: str, expected: str, found: str) -> None:
        self.code, self.expected, self.found = code, expected, found
        super().__init__(expected)


def scalar(text: str, kind: str) -> int | float | str:
    """Return a text as int, float or str; raises `Unfit`.

    >>> scalar("+63", "int"), scalar("1e3", "float"), scalar("a b", "str")
    (63, 1000.0, 'a b')
    """
    if kind == "str":
        return text
    if not (_INT if kind == "int" else _FLOAT).fullmatch(text):
        raise Unfit("V0505", _EXPECTED[kind], repr(text))
    if kind == "float":
        number = float(text)
        if math.isinf(number) and "inf" not in text.lower():
            raise Unfit("V0509", "a number of at most 1.8e308", text[:40])
        return number
    if len(text.lstrip("+-0")) > 19 or not -(2**63) <= int(text) < 2**63:
        raise Unfit("V0509", "a whole number of 64 bits", text[:40])
    return int(text)


def typed(text: str, kind: str) -> Value:
    """Return a text as a scalar, or as a column for ``int[]``, ``float[]`` and ``str[]``; raises `Unfit`."""
    if not kind.endswith("[]"):
        return scalar(text, kind)
    items = [item for item in _ITEMS.split(text) if item]
    return column([scalar(item, kind[:-2]) for item in items], kind[:-2])


def value(source: Source, field: TextField, text: str, line: Line) -> Value:
    """Return the value of a field that is written as ``text``; raises V0505 or V0509 at its line."""
    if not text and not field.required and not field.type.startswith("str"):
        return default(field)
    try:
        return typed(text, field.type)
    except Unfit as unfit:
        raise VspecError([misfit(source, field, unfit, line)]) from None


def misfit(source: Source, field: TextField, unfit: Unfit, line: Line | None = None) -> Problem:
    """Return the problem of a value that has not the type of its field."""
    told = source.problem(unfit.code, f"'{field.name}' should be {unfit.expected}", field.place, line)
    help = "correct the type in the card, or give a 'default:' for files that leave it empty"
    return replace(told, expected=unfit.expected, found=unfit.found, help=help)


def default(field: TextField) -> Value:
    """Return the value that stands for an absent one: an empty table for ``[]`` and ``none`` of a table."""
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


def table(pattern: Pattern, rows: Sequence[Mapping[str, Captured]]) -> Table:
    """Return a table with a column for each capture; one that is absent in a row is ``none`` there."""
    return Table({c.name: column([bare(row.get(c.name)) for row in rows], c.kind) for c in pattern.captures})


def bare(captured: Captured | None) -> Value:
    """Return a captured value without the memory of how it was written."""
    for plain in (int, float, str):
        if isinstance(captured, plain):
            return plain(captured)
    return captured
