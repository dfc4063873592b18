"""Texts that end at a terminator, which is taken with them."""

from __future__ import annotations

import math

import numpy as np

from vspec.card.model import Field
from vspec.datatypes import TEXTS, Endian
from vspec.errors import Problem, VspecError, fail
from vspec.header.elements import Spot, View, past_end

MAX_TEXTS = 10**6
FIRST_LOOK = 4096
MAX_BYTES = 4 * 2**20
"""Bytes that the texts of one field may have, terminators included."""


def place(field: Field, offset: int, endian: Endian, axes: tuple[tuple[str, int], ...], view: View) -> Spot:
    """Return the texts of a field where they lie, one behind the other.

    Raises V0352 where a terminator is missing within `MAX_BYTES`, V0301 where the file ends before them.
    """
    kind = TEXTS[field.type.word or ""]
    encoding = kind.encoding or "latin-1"
    width = 1
    if encoding == "utf-16":
        encoding, width = f"utf-16-{'le' if endian == 'little' else 'be'}", 2
    mark = (field.type.terminator or "").encode(encoding)
    count = math.prod(size for _, size in axes)
    if offset + count * len(mark) > view.bytes.size:
        raise past_end(view, offset, count * len(mark), field)
    if count > MAX_TEXTS:
        message = f"'{field.name}' would be {count} texts: more than {MAX_TEXTS}"
        raise fail("V0920", message, field.place, help="is a count wrong?")
    ends: list[int] = []
    cursor = offset
    for _ in range(count):
        found = _find(view, mark, cursor, width)
        if found is None or found + len(mark) - offset > MAX_BYTES:
            raise _missing(field, offset, cursor, view)
        cursor = found + len(mark)
        ends.append(cursor)
    return Spot(field, kind, 0, endian, offset, axes, tuple(ends), len(mark))


def _find(view: View, mark: bytes, start: int, width: int) -> int | None:
    """Return where a terminator stands, at whole characters of ``width`` bytes from ``start`` on."""
    if width == 1:
        return view.bytes.find(mark, start)
    reach, limit = FIRST_LOOK, min(MAX_BYTES, view.bytes.size - start)
    while True:
        reach = min(reach, limit)
        units = np.frombuffer(view.bytes.read(start, reach // 2 * 2), np.uint16)
        wanted = np.frombuffer(mark, np.uint16)
        if len(units) >= len(wanted):
            found = np.lib.stride_tricks.sliding_window_view(units, len(wanted))
            places = np.flatnonzero((found == wanted).all(axis=1))
            if places.size:
                return start + 2 * int(places[0])
        if reach >= limit:
            return None
        reach *= 8


def _missing(field: Field, offset: int, cursor: int, view: View) -> VspecError:
    problem = Problem(
        "V0352",
        f"{view.name}: '{field.name}' has no end",
        field.type.place,
        data_file=view.name,
        offset=cursor,
        expected=f"{field.type.terminator!r} within {MAX_BYTES} bytes from byte {offset}",
        found=f"none in the {view.bytes.size - cursor} bytes up to the end of the file"
        if view.bytes.size - offset <= MAX_BYTES
        else "none there",
        help="does the text end otherwise, is its place right, or is the file cut short?",
    )
    return VspecError([problem])
