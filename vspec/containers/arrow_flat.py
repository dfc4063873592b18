"""FlatBuffers as far as Arrow's metadata need them: every position is checked, and nothing is copied.

Source: FlatBuffers internals (tables, vtables, vectors, offsets).
"""

from __future__ import annotations

import struct
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Int64 = NDArray[np.int64]
_MOST = 10**7


class Malformed(Exception):  # noqa: N818 -- the caller knows the file, and makes the problem
    """Raised for a position outside the buffer; ``at`` is a byte of it."""

    def __init__(self, at: int) -> None:
        self.at = at
        super().__init__(f"byte {at} of the metadata leads outside them")


@dataclass(frozen=True, slots=True)
class Table:
    """A table at ``at``; fields are counted as the schema does, and have their defaults where missing."""

    raw: bytes
    at: int

    def _unpack(self, form: str, at: int) -> int:
        if at < 0 or at + struct.calcsize(form) > len(self.raw):
            raise Malformed(at)
        (found,) = struct.unpack_from(form, self.raw, at)
        return int(found)

    def _place(self, field: int) -> int | None:
        """Return where a field's value stands."""
        vtable = self.at - self._unpack("<i", self.at)
        size = self._unpack("<H", vtable)
        if self.at % 4 or vtable % 2 or size % 2 or size < 4 or vtable + size > len(self.raw):
            raise Malformed(self.at)
        if 4 + 2 * field >= size:
            return None
        offset = self._unpack("<H", vtable + 4 + 2 * field)
        return self.at + offset if offset else None

    def _follow(self, place: int) -> int:
        return place + self._unpack("<I", place)

    def number(self, field: int, form: str, default: int = 0) -> int:
        """Return a number stored as ``struct`` writes ``form``."""
        place = self._place(field)
        if place is not None and place % struct.calcsize(form):
            raise Malformed(place)
        return default if place is None else self._unpack(f"<{form}", place)

    def table(self, field: int) -> Table | None:
        """Return a table, or the table of a union."""
        place = self._place(field)
        return None if place is None else Table(self.raw, self._follow(place))

    def text(self, field: int) -> str | None:
        """Return a string."""
        place = self._place(field)
        if place is None:
            return None
        at = self._follow(place)
        count = self._unpack("<I", at)
        if at + 4 + count >= len(self.raw) or self.raw[at + 4 + count]:
            raise Malformed(at)
        return self.raw[at + 4 : at + 4 + count].decode("utf-8", "replace")

    def name(self, field: int) -> str | None:
        """Return a string that must be text."""
        found = self.text(field)
        if found is not None and "\ufffd" in found:
            raise Malformed(self.at)
        return found

    def tables(self, field: int) -> list[Table]:
        """Return a vector of tables."""
        at, count = self._vector(field, 4)
        return [Table(self.raw, self._follow(at + 4 * k)) for k in range(count)]

    def structs(self, field: int, kind: np.dtype[np.void]) -> NDArray[np.void]:
        """Return a vector of structs."""
        at, count = self._vector(field, kind.itemsize)
        return np.frombuffer(self.raw, kind, count, at) if count else np.zeros(0, kind)

    def _vector(self, field: int, item: int) -> tuple[int, int]:
        place = self._place(field)
        if place is None:
            return 0, 0
        at = self._follow(place)
        count = self._unpack("<I", at)
        if count > _MOST or at + 4 + count * item > len(self.raw):
            raise Malformed(at)
        return at + 4, count


def root(raw: bytes) -> Table:
    """Return the table that a buffer begins with."""
    if len(raw) < 4:
        raise Malformed(0)
    return Table(raw, int.from_bytes(raw[:4], "little"))
