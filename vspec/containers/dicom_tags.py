"""Data elements of a DICOM data set, walked one by one; what their values are is not looked at here.

Source: DICOM PS3.5, sections 7 (data sets, items, delimiters) and A.4 (encapsulation).
"""

from __future__ import annotations

import struct
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from vspec.errors import VspecError

UNDEFINED = 0xFFFFFFFF
ITEM, ITEM_END, SEQUENCE_END = 0xFFFEE000, 0xFFFEE00D, 0xFFFEE0DD
PIXELS = frozenset({0x7FE00008, 0x7FE00009, 0x7FE00010})
_LONG = frozenset({b"OB", b"OD", b"OF", b"OL", b"OV", b"OW", b"SQ", b"SV", b"UC", b"UN", b"UR", b"UT", b"UV"})
_SHORT = frozenset(
    b"AE AS AT CS DA DS DT FD FL IS LO LT PN SH SL SS ST TM UI UL US".split()  # the rest of PS3.5, 6.2
)
VALUE_KINDS = _LONG | _SHORT
_DEEPEST = 64


@dataclass(frozen=True, slots=True)
class Syntax:
    """How elements are written: with their kind of value or without, in which byte order."""

    explicit: bool
    order: str


IMPLICIT = Syntax(explicit=False, order="<")


@dataclass(frozen=True, slots=True)
class Element:
    """A data element: its value is ``length`` bytes at ``at`` (or `UNDEFINED`), ``end`` is behind it."""

    tag: int
    kind: bytes
    at: int
    length: int
    end: int
    syntax: Syntax


@dataclass(frozen=True, slots=True, eq=False)
class Data:
    """Bytes with a size, and the problem to raise about one of them."""

    read: Callable[[int, int], bytes]
    size: int
    damaged: Callable[[str, int], VspecError]


def shown(tag: int) -> str:
    """Return a tag as the standard writes it."""
    return f"({tag >> 16:04X},{tag & 0xFFFF:04X})"


def elements(data: Data, at: int, end: int, syntax: Syntax, depth: int = 0) -> Iterator[Element]:
    """Yield elements up to ``end``; the last is pixel data or a delimiter of items, if one comes."""
    while end - at >= 8:
        found = _element(data, at, end, syntax, depth)
        yield found
        if found.tag in PIXELS and depth == 0:
            return
        if found.tag == ITEM_END:
            return
        at = found.end
    if at != end and depth == 0 and data.read(at, end - at).strip(b"\0"):
        raise data.damaged(f"{end - at} bytes are left that are no data element", at)


def _element(data: Data, at: int, end: int, syntax: Syntax, depth: int) -> Element:
    order = syntax.order
    group, number = struct.unpack(f"{order}HH", data.read(at, 4))
    tag = group << 16 | number
    kind, start, length = b"", at + 8, 0
    if not syntax.explicit or group == 0xFFFE:
        (length,) = struct.unpack(f"{order}I", data.read(at + 4, 4))
    else:
        kind = data.read(at + 4, 2)
        if kind in _LONG:
            start = at + 12
            if start > end:
                raise data.damaged(f"the header of element {shown(tag)} is cut off", at)
            (length,) = struct.unpack(f"{order}I", data.read(at + 8, 4))
        elif kind in _SHORT:
            (length,) = struct.unpack(f"{order}H", data.read(at + 6, 2))
        else:
            raise data.damaged(f"element {shown(tag)} has no known kind of value: {kind!r}", at)
    if length == UNDEFINED and tag in PIXELS and depth == 0:
        return Element(tag, kind, start, length, end, syntax)
    inner = IMPLICIT if kind == b"UN" else syntax
    behind = _end_of_items(data, start, end, inner, depth) if length == UNDEFINED else start + length
    if behind > end:
        raise data.damaged(f"element {shown(tag)} of {length} bytes reaches beyond {end}", at)
    return Element(tag, kind, start, length, behind, inner)


def _end_of_items(data: Data, at: int, end: int, syntax: Syntax, depth: int) -> int:
    """Return where a sequence of undefined length ends, which only a walk through it can tell."""
    for item in items(data, Element(0, b"SQ", at, UNDEFINED, end, syntax), depth):
        at = item.end
        stop = item.at + item.length
        inner = item.at
        for element in elements(data, inner, stop, syntax, depth + 1) if stop == at else ():
            inner = element.end
        if stop == at and inner != stop:
            raise data.damaged("an item of a sequence ends in the middle of an element", inner)
    return at + 8


def items(data: Data, sequence: Element, depth: int = 0) -> Iterator[Element]:
    """Yield the items of a sequence, each as an element without its delimiter in ``length``."""
    if depth > _DEEPEST:
        raise data.damaged(f"sequences lie more than {_DEEPEST} deep in each other", sequence.at)
    at, syntax = sequence.at, sequence.syntax
    end = sequence.end if sequence.length == UNDEFINED else sequence.at + sequence.length
    while at < end:
        if end - at < 8:
            raise data.damaged("a sequence is cut off", at)
        group, number, length = struct.unpack(f"{syntax.order}HHI", data.read(at, 8))
        tag = group << 16 | number
        if tag == SEQUENCE_END:
            return
        if tag != ITEM:
            raise data.damaged(f"{shown(tag)} stands where an item of a sequence should begin", at)
        if length == UNDEFINED:
            stop, behind = _end_of_item(data, at + 8, end, syntax, depth)
        else:
            stop = behind = at + 8 + length
        if behind > end:
            raise data.damaged(f"an item of {length} bytes reaches beyond its sequence", at)
        yield Element(ITEM, b"", at + 8, stop - at - 8, behind, syntax)
        at = behind
    if sequence.length == UNDEFINED:
        raise data.damaged("a sequence has no end", at)


def _end_of_item(data: Data, at: int, end: int, syntax: Syntax, depth: int) -> tuple[int, int]:
    for element in elements(data, at, end, syntax, depth + 1):
        if element.tag == ITEM_END:
            return element.at - 8, element.at
    raise data.damaged("an item of a sequence has no end", at)


def inside(data: Data, item: Element, depth: int = 1) -> dict[int, Element]:
    """Return the elements of an item by tag; of two of one tag the last."""
    found = elements(data, item.at, item.at + item.length, item.syntax, depth)
    return {element.tag: element for element in found}
