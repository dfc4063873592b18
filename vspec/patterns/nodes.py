"""What a pattern is made of, after parsing."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Kind = Literal["text", "word", "int", "float", "rest", "path", "choice"]
Captured = int | float | str


@dataclass(frozen=True, slots=True)
class Capture:
    """A named hole of a pattern.

    ``required`` is false when the capture may be absent: it has a ``default``, or it stands in an
    optional piece (then an absent one without a default has no entry in the result).
    """

    name: str
    kind: Kind
    default: Captured | None = None
    required: bool = True
    choices: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Verbatim:
    """Characters that stand for themselves; ``folded`` ones in any case."""

    text: str
    folded: bool = False


@dataclass(frozen=True, slots=True)
class Blanks:
    """A run of blanks and tabs; with ``or_end`` also nothing, at the end of the text."""

    or_end: bool = False


@dataclass(frozen=True, slots=True)
class Slot:
    """A capture, a ``{:kind}`` (empty name), a ``*`` (``wild``), or a ``**/`` (``wild`` path).

    ``empty`` slots take no character at least; ``sign`` tells whether a number may carry one;
    ``bounded`` numbers may not begin inside a longer number.
    """

    name: str
    kind: Kind
    default: Captured | None = None
    choices: tuple[str, ...] = ()
    empty: bool = False
    wild: bool = False
    folded: bool = False
    sign: bool = True
    bounded: bool = False


@dataclass(frozen=True, slots=True)
class Piece:
    """``[...]``: all of it, or nothing."""

    nodes: tuple[Node, ...]


Node = Verbatim | Blanks | Slot | Piece


class WrittenInt(int):
    """A captured whole number that remembers how it was written (``007``)."""

    written: str


class WrittenFloat(float):
    """A captured number that remembers how it was written (``1.50``)."""

    written: str


class WrittenText(str):
    """A captured alternative, in the card's case, that remembers the file's (``TIF``)."""

    __slots__ = ("written",)
    written: str


def written(value: Captured) -> str:
    """Return the characters from which a captured value was read, or those it would be written with."""
    if isinstance(value, (WrittenInt, WrittenFloat, WrittenText)):
        return value.written
    return value if isinstance(value, str) else repr(value)
