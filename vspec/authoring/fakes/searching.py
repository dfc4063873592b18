"""What a layout that is being written holds, as far as it is known, in the order of the layout.

The length of a text may be what is searched for. Where it is, the text is taken as long as what the
example gives for it, and what follows it in the card as lying right behind.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Generator
from dataclasses import dataclass

import numpy as np

from vspec.authoring.fakes.leaves import Leaf
from vspec.authoring.fakes.many_rows import ManyRows
from vspec.authoring.fakes.records import Part, Projected, Struct
from vspec.authoring.fakes.spots import Absent
from vspec.authoring.fakes.tables import Rows
from vspec.card.model import Field
from vspec.card.model import Record as RecordSpec
from vspec.errors import VspecError

CIRCLE = "V0855"
MAX_LOOKED = 256 * 2**20
"""Bytes up to which a field is looked into; one that is larger has a size that is not known yet."""

Pieces = Generator[tuple[int, bytes], None, int]
"""Bytes with their offsets; what is returned is where the next field begins."""


def find(struct: Struct, needle: bytes, start: int) -> int | None:
    """Return where ``needle`` stands first from ``start`` on; None where nothing that is known holds it."""
    at, held = 0, b""
    try:
        for offset, raw in Search(needle, start).of_struct(struct, struct.offset):
            if offset != at + len(held):
                at, held = offset, b""
            held += raw
            found = held.find(needle, max(0, start - at))
            if found >= 0:
                return at + found
            keep = min(len(held), len(needle) - 1)
            at, held = at + len(held) - keep, held[len(held) - keep :]
    except VspecError as error:
        if not is_circle(error):
            raise
    return None


def under(struct: Struct, leaf: Leaf) -> bytes:
    """Return what the fields of a layout, without ``leaf`` itself, write in its place; NUL elsewhere."""
    first = leaf.struct.offset_of(leaf.field.name)
    found = np.zeros(leaf.slot.nbytes, np.uint8)
    try:
        for offset, raw in Search(None, first).of_struct(struct, struct.offset):
            start, end = max(first, offset), min(first + len(found), offset + len(raw))
            if start < end:  # what nothing gives is 0, and what two fields give agrees
                found[start - first : end - first] |= np.frombuffer(raw, np.uint8)[
                    start - offset : end - offset
                ]
    except VspecError as error:
        if not is_circle(error):
            raise
    return found.tobytes()


def is_circle(error: VspecError) -> bool:
    """Tell whether a value is missing only because it is being looked for."""
    return error.problems[0].code == CIRCLE


@dataclass(frozen=True, slots=True)
class Search:
    """Yields what a layout writes from ``start`` on; parsed texts without ``needle`` are given it."""

    needle: bytes | None
    start: int

    def of_struct(self, struct: Struct, base: int) -> Pieces:
        """Yield the pieces of a record that begins at ``base``, field after field."""
        if struct.spec.codec:
            return (yield from _coded(struct, base))
        cursor = base
        for field in struct.spec.fields:
            part = struct.present(field.name)
            if isinstance(part, Absent):
                continue
            if not _is_placed(field):
                cursor = yield from self._of_part(part, cursor)
                continue
            offset = _tried(struct, field.name)
            if offset is not None:
                yield from self._of_part(part, offset)
        if struct.spec.size is not None:
            return base + struct.nbytes
        return cursor

    def _of_part(self, part: Part, base: int) -> Pieces:
        if isinstance(part, Leaf):
            return self._of_leaf(part, base)
        if isinstance(part, Projected):
            return self.of_struct(part.struct, base)
        if isinstance(part, Rows):
            return self._of_rows(part, base)
        if isinstance(part, ManyRows):
            return _passed(base + part.nbytes)
        assert isinstance(part, Struct)
        return self.of_struct(part, base)

    def _of_rows(self, rows: Rows, base: int) -> Pieces:
        first = 0
        if not rows.apart and rows.starts[:1] == [base]:
            first = max(0, bisect_right(rows.starts, self.start) - 1)
        cursor = base if first == 0 else rows.starts[first]
        for row in rows.made[first:]:
            assert isinstance(row, Struct)
            after = yield from self.of_struct(row, row.offset if rows.apart else cursor)
            cursor = cursor if rows.apart else after
        return cursor

    def _of_leaf(self, leaf: Leaf, base: int) -> Pieces:
        if leaf.is_placed and base + leaf.nbytes + len(leaf.tail) <= self.start:
            return base + leaf.nbytes
        text = leaf.natural
        if text is not None and base + len(text) >= self.start:
            yield base, text
            if self.needle is not None and leaf.mark(self.needle):
                yield base, leaf.natural or b""
        try:
            size = leaf.nbytes
        except VspecError as error:
            if text is None or not is_circle(error):
                raise
            return base + len(text)
        if size <= MAX_LOOKED and base + size > self.start:
            yield from self._whole(leaf, base)
        return base + size

    def _whole(self, leaf: Leaf, base: int) -> Generator[tuple[int, bytes], None, None]:
        try:
            raw = leaf.raw
        except VspecError as error:
            if not is_circle(error):
                raise
            return
        yield base, raw + leaf.tail


def _coded(struct: Struct, base: int) -> Pieces:
    """Look into encoded bytes as they stand in the file."""
    yield base, struct.encoded
    return base + len(struct.encoded)


def _passed(end: int) -> Pieces:
    """Look into nothing."""
    yield from ()
    return end


def _is_placed(field: Field | RecordSpec) -> bool:
    return (field.offset if isinstance(field, Field) else field.at) is not None


def _tried(struct: Struct, name: str) -> int | None:
    """Return where a field with an offset of its own begins; None where that is what is searched for."""
    try:
        return struct.offset_of(name)
    except VspecError as error:
        if not is_circle(error):
            raise
        return None
