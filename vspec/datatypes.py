"""The built-in types of the card language, and how they stand in a file."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np

Endian = Literal["little", "big"]


@dataclass(frozen=True, slots=True)
class ElementType:
    """A number type by its name in a card, e.g. ``int16``; ``code`` is numpy's without order."""

    name: str
    code: str

    @property
    def nbytes(self) -> int:
        """Bytes of one element in the file."""
        return int(self.code[1:])

    def dtype(self, endian: Endian) -> np.dtype[np.generic]:
        """Return numpy's dtype for an element stored in byte order ``endian``."""
        return np.dtype(("<" if endian == "little" else ">") + self.code)


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
