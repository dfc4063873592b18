"""The columns of FITS tables, as their headers describe them (FITS 4.0, section 7)."""

from __future__ import annotations

import re
from dataclasses import dataclass
from math import prod

import numpy as np

from vspec.containers.fits_cards import Cards

ITEMS = {
    "L": "u1",
    "X": "u1",
    "B": "u1",
    "I": ">i2",
    "J": ">i4",
    "K": ">i8",
    "A": "S1",
    "E": ">f4",
    "D": ">f8",
    "C": ">c8",
    "M": ">c16",
    "P": ">i4",
    "Q": ">i8",
}
_FORM = re.compile(r"\s*(\d{0,18})([LXBIJKAEDCMPQ])(.*)", re.DOTALL)
_HEAPED = re.compile(r"\s*([LXBIJKAEDCM])")
_ASCII = re.compile(r"\s*([AIFED])\s*(\d{1,9})")
_MOST_COLUMNS = 999


@dataclass(frozen=True, slots=True)
class Column:
    """A column: ``number`` from 1, first byte in a row, letter, elements in a row, and its form as written.

    ``heaped`` is the letter of what a column of descriptors points to. ``inner`` are the sizes within a
    row, slowest first.
    """

    number: int
    name: str
    begin: int
    code: str
    repeat: int
    inner: tuple[int, ...] = ()
    heaped: str = ""

    @property
    def item(self) -> np.dtype[np.generic]:
        """The element, in the byte order of the file; of descriptors one of their two numbers."""
        return np.dtype(ITEMS[self.code])

    @property
    def nbytes(self) -> int:
        """Bytes in a row."""
        if self.code == "X":
            return -(-self.repeat // 8)
        return self.item.itemsize * self.repeat * (2 if self.code in "PQ" else 1)


@dataclass(frozen=True, slots=True)
class Table:
    """The rows and columns of a table."""

    rows: int
    row_bytes: int
    columns: tuple[Column, ...]

    @classmethod
    def of(cls, cards: Cards, rows: int, row_bytes: int, *, text: bool) -> Table:
        """Read the columns of a header. Raises V0361 for what cannot be."""
        count = cards.whole("TFIELDS")
        if count > _MOST_COLUMNS:
            raise cards.damaged(f"TFIELDS is {count}", expected=f"0 to {_MOST_COLUMNS}")
        columns: list[Column] = []
        at = 0
        for number in range(1, count + 1):
            column = _ascii(cards, number) if text else _binary(cards, number, at)
            at += 0 if text else column.nbytes
            columns.append(column)
        if not text and at != row_bytes:
            raise cards.damaged(
                "the columns do not fill a row", expected=f"NAXIS1 = {row_bytes} bytes", found=f"{at} bytes"
            )
        return cls(rows, row_bytes, tuple(columns))


def _binary(cards: Cards, number: int, begin: int) -> Column:
    form = cards.string(f"TFORM{number}")
    found = _FORM.fullmatch(form)
    if found is None:
        raise cards.damaged(f"TFORM{number} is not what it must be", found=repr(form))
    repeat, code = int(found[1] or 1), found[2]
    heaped = ""
    if code in "PQ":
        kind = _HEAPED.match(found[3])
        if kind is None or repeat > 1:
            raise cards.damaged(f"TFORM{number} is not what it must be", found=repr(form))
        heaped = kind[1]
    inner = _inner(cards.string(f"TDIM{number}"), repeat) if code not in "XPQ" else ()
    name = cards.string(f"TTYPE{number}")
    if code == "X":
        inner = (-(-repeat // 8),)
    return Column(number, name, begin, code, repeat, inner, heaped)


def _inner(dims: str, repeat: int) -> tuple[int, ...]:
    """Return the sizes of TDIM, slowest first, where they fit; else the repeat count, none for 1."""
    words = re.fullmatch(r"\s*\(\s*(\d{1,18}(?:\s*,\s*\d{1,18})*)\s*\)\s*", dims)
    if words is not None:
        sizes = tuple(int(word) for word in words[1].split(","))[::-1]
        if prod(sizes) == repeat:
            return sizes
    return () if repeat == 1 else (repeat,)


def _ascii(cards: Cards, number: int) -> Column:
    form = cards.string(f"TFORM{number}")
    found = _ASCII.match(form)
    if found is None:
        raise cards.damaged(f"TFORM{number} is not what it must be", found=repr(form))
    begin = cards.whole(f"TBCOL{number}", least=1) - 1
    return Column(number, cards.string(f"TTYPE{number}"), begin, found[1], int(found[2]))
