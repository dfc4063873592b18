"""The built-in types of the card language, and how they stand in a file."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np

Endian = Literal["little", "big"]
Coding = Literal["unsigned", "twos-complement", "offset-binary", "ibm"]
"""How the bits of a packed value make a number: two's complement, offset binary, hexadecimal float."""

Bits = tuple[tuple[int, int], ...]
"""First and last bit of each piece of a value, its low piece first; bit 0 is a word's least significant."""


@dataclass(frozen=True, slots=True)
class Packing:
    """How values stand in words of ``nbytes`` bytes: the bits of each value of a word, in their order."""

    nbytes: int
    values: tuple[Bits, ...]
    coding: Coding

    @property
    def per_word(self) -> int:
        """Values in one word."""
        return len(self.values)

    def span(self, count: int, endian: Endian) -> int:
        """Return the bytes of ``count`` values: of a last word that is not full, those with their bits."""
        words, rest = divmod(count, self.per_word)
        bits = [bit for value in self.values[:rest] for piece in value for bit in piece]
        ends = [bit // 8 + 1 if endian == "little" else self.nbytes - bit // 8 for bit in bits]
        return words * self.nbytes + max(ends, default=0)

    def held(self, nbytes: int, endian: Endian) -> int | None:
        """Return how many values end just there, the most if that is so of several; None where none do."""
        words, cut = divmod(nbytes, self.nbytes)
        rests = [n for n in range(self.per_word) if self.span(n, endian) == cut]
        return words * self.per_word + rests[-1] if rests else None


@dataclass(frozen=True, slots=True)
class ElementType:
    """A number type by its name in a card, e.g. ``int16``; ``code`` is numpy's without order.

    A packed type has a ``packing``; ``code`` is then what a reader gets.
    """

    name: str
    code: str
    packing: Packing | None = None

    @property
    def nbytes(self) -> int:
        """Bytes of one element in the file; of a packed type those of a word."""
        return int(self.code[1:]) if self.packing is None else self.packing.nbytes

    @property
    def per_word(self) -> int:
        """Elements in ``nbytes`` bytes: 1 but for packed types."""
        return 1 if self.packing is None else self.packing.per_word

    def span(self, count: int, endian: Endian) -> int:
        """Return the bytes that ``count`` elements take, up to the last one that has bits of theirs."""
        return count * self.nbytes if self.packing is None else self.packing.span(count, endian)

    def held(self, nbytes: int, endian: Endian) -> int | None:
        """Return how many elements end just there; None where none do."""
        if self.packing is not None:
            return self.packing.held(nbytes, endian)
        return None if nbytes % self.nbytes else nbytes // self.nbytes

    def dtype(self, endian: Endian) -> np.dtype[np.generic]:
        """Return numpy's dtype for an element stored in byte order ``endian``.

        Packed elements become little-endian numbers when they are unpacked, whatever their file's order.
        """
        little = endian == "little" or self.packing is not None
        return np.dtype(("<" if little else ">") + self.code)


@dataclass(frozen=True, slots=True)
class TextType:
    """A run of bytes with a length in the card: text of an encoding, raw bytes, or padding."""

    name: str
    encoding: str | None


@dataclass(frozen=True, slots=True)
class NamedType:
    """A type of the card as a value: its name among the card's ``types:``."""

    name: str


NUMBERS: dict[str, ElementType] = {
    name: ElementType(name, code)
    for name, code in {
        "bool": "b1",
        "int8": "i1",
        "int16": "i2",
        "int32": "i4",
        "int64": "i8",
        "uint8": "u1",
        "uint16": "u2",
        "uint32": "u4",
        "uint64": "u8",
        "float16": "f2",
        "float32": "f4",
        "float64": "f8",
        "complex64": "c8",
        "complex128": "c16",
    }.items()
}

# ``ibm32`` is the hexadecimal float of System/360.
_WHOLE: tuple[tuple[str, str, int, Coding], ...] = (
    ("int24", "i4", 3, "twos-complement"),
    ("uint24", "u4", 3, "unsigned"),
    ("ibm32", "f4", 4, "ibm"),
)

NUMBERS |= {
    name: ElementType(name, code, Packing(nbytes, (((0, 8 * nbytes - 1),),), coding))
    for name, code, nbytes, coding in _WHOLE
}

TEXTS: dict[str, TextType] = {
    t.name: t
    for t in (
        TextType("ascii", "ascii"),
        TextType("latin1", "latin-1"),
        TextType("cp1252", "cp1252"),
        TextType("utf8", "utf-8"),
        TextType("utf16", "utf-16"),
        TextType("bytes", None),
        TextType("pad", None),
    )
}

RESERVED = frozenset({"here", "start", "rest", "auto", "prev", "none", "true", "false", "little", "big"})
"""Bare words of the language; no field, let or capture may be called so."""
