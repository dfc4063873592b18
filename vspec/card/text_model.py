"""Text headers in a card after loading: how a text is cut, and what is taken from it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from vspec.errors import Place, Text
from vspec.patterns import Pattern

Constant = None | bool | int | float | str | Mapping["int | str", "Constant"] | tuple["Constant", ...]
"""A value of a table; a text that is the name of a built-in type means that type."""


@dataclass(frozen=True, slots=True)
class TextField:
    """One thing to take from a text.

    ``key`` alone: the value of that key (a path in json and xml, a heading in csv); ``line``: the
    first line that matches; ``each``: a table, one row a match (inside the value of ``key`` when
    both are given), or with ``fields`` one row for each element of an xml path, which is then the
    text of the pattern. ``at_line`` (from 1) names a line by its number, ``column`` (from 1) a column
    of csv, ``columns`` the first and the last character of a line. ``type`` is int, float, str,
    bool, int[], float[] or str[]. ``required`` is false where ``default`` was written.
    """

    name: str
    place: Place
    key: Text | None = None
    line: Pattern | None = None
    each: Pattern | None = None
    fields: tuple[TextField, ...] = ()
    section: Text | None = None
    between: tuple[str, str] | None = None
    at_line: int | None = None
    column: int | None = None
    columns: tuple[int, int] | None = None
    skip: int = 0
    type: str = "str"
    default: Constant = None
    required: bool = True


TextKind = Literal["pairs", "lines", "cards", "delimited", "csv", "xml", "json"]


@dataclass(frozen=True, slots=True)
class TextFormat:
    """How a text is cut, with what each format needs to know.

    ``separator`` is empty where the text itself says it (delimited). ``otherwise`` are encodings
    to try, in order, where the text is not in ``encoding``; with ``declared`` the encoding that an
    xml text declares counts before them. ``quotes`` are pairs of an opening and a closing character.
    """

    format: TextKind
    place: Place
    fields: tuple[TextField, ...] = ()
    separator: str = "="
    comment: str | None = None
    end: str | None = None
    encoding: str = "utf-8"
    otherwise: tuple[str, ...] = ()
    declared: bool = False
    decimal: str = "."
    quotes: tuple[tuple[str, str], ...] = ()
    any_case: bool = False
    prefix: str | None = None
    width: int | None = None
    skip: int = 0
