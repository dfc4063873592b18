"""Putting values into a file one after the other, and noticing when two claim the same bytes."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from vspec.authoring.fakes.constants import Constants
from vspec.authoring.fakes.leaves import Leaf
from vspec.authoring.fakes.many_rows import ManyRows
from vspec.authoring.fakes.records import Projected, Struct
from vspec.authoring.fakes.tables import Rows
from vspec.card.model import ByteOrderTest, Field, Role
from vspec.datatypes import NUMBERS, Endian
from vspec.errors import Place, fail
from vspec.expressions import Chain

MAX_BYTES = 256 * 2**20
"""Bytes that a file with a layout may have; raw files may be larger."""

MAX_TRIED = 1000


@dataclass(frozen=True, slots=True)
class Written:
    """A field where it was written, for those who want to damage it."""

    path: str
    offset: int
    nbytes: int
    leaf: Leaf


def leaves(struct: Struct) -> Iterator[Written]:
    """Yield every field of numbers or text that stands in the file as it is, in the order of the card."""
    if not struct.spec.codec:
        yield from _leaves(struct)


def _leaves(struct: Struct) -> Iterator[Written]:
    for field in struct.spec.fields:
        part = struct.part(field.name)
        if isinstance(part, Leaf):
            yield Written(f"{struct.where.use}.{field.name}", struct.offset_of(field.name), part.nbytes, part)
        elif isinstance(part, Projected):
            yield from leaves(part.struct)
        elif isinstance(part, Struct):
            yield from leaves(part)
        elif isinstance(part, Rows):
            for row in part.rows:
                assert isinstance(row, Struct)
                yield from leaves(row)


def extent(struct: Struct) -> int:
    """Return where the last byte of a record and of everything in it ends."""
    end = struct.offset + struct.nbytes
    return end if struct.spec.codec else _extent(struct, end)


def _extent(struct: Struct, end: int) -> int:
    for field in struct.spec.fields:
        part = struct.part(field.name)
        if isinstance(part, Leaf):
            end = max(end, struct.offset_of(field.name) + part.nbytes + len(part.tail))
        elif isinstance(part, Projected):
            end = max(end, extent(part.struct))
        elif isinstance(part, Struct):
            end = max(end, extent(part))
        elif isinstance(part, Rows):
            end = max([end, *(extent(row) for row in part.rows if isinstance(row, Struct))])
        elif isinstance(part, ManyRows):
            end = max(end, part.offset + part.nbytes)
    return end


def decoded(struct: Struct) -> bytes:
    """Return what the bytes of a coded record decode to."""
    size = _extent(struct, struct.cursor_before(""))
    canvas = Canvas.blank(size, struct.sheet.role)
    canvas.paint(struct)
    return bytes(canvas.content)


def coded(struct: Struct) -> Iterator[Struct]:
    """Yield the coded records inside of a record, but not those that are inside of others."""
    for field in struct.spec.fields:
        part = struct.part(field.name)
        rows = part.rows if isinstance(part, Rows) else [part.struct if isinstance(part, Projected) else part]
        for row in rows:
            if isinstance(row, Struct):
                yield from [row] if row.spec.codec else coded(row)


def texts_of(struct: Struct) -> Iterator[Leaf]:
    """Yield the texts with fields of their own that stand in a record, outside of repeats."""
    for field in struct.spec.fields:
        if (
            isinstance(field, Field)
            and field.parse is None
            and field.type.word not in struct.sheet.plan.card.types
        ):
            continue
        if isinstance(field, Field) or field.repeat is None:
            part = struct.part(field.name)
            if isinstance(part, Leaf):
                yield part
            elif isinstance(part, Projected):
                yield from texts_of(part.struct)
            elif isinstance(part, Struct):
                yield from texts_of(part)


class Canvas:
    """The bytes of one file; bytes that were written firmly may only be written again alike."""

    def __init__(self, size: int, holes: Sequence[range] = ()) -> None:
        self._size = size
        self._holes = sorted(holes, key=lambda hole: hole.start)
        held = size - sum(map(len, self._holes))
        self.content = bytearray(held)
        self._firm = np.zeros(held, np.bool_)

    @classmethod
    def blank(cls, size: int, role: Role, holes: Sequence[range] = ()) -> Canvas:
        """Return an empty file, in whose ``holes`` others write; raises V0857 for one that is too large."""
        held = size - sum(map(len, holes))
        if held > MAX_BYTES:
            message = f"the file of '{role.name}' would have {held} bytes"
            raise fail("V0857", message, role.place, expected=f"at most {MAX_BYTES}")
        return cls(size, holes)

    def save(self, path: Path) -> None:
        """Write the file; its holes are left out."""
        with path.open("wb") as handle:
            cursor, done = 0, 0
            for hole in [*self._holes, range(self._size, self._size)]:
                handle.seek(cursor)
                handle.write(self.content[done : done + hole.start - cursor])
                cursor, done = hole.stop, done + hole.start - cursor
            handle.truncate(self._size)

    def _place(self, name: str, start: int, end: int, place: Place) -> slice:
        """Return where bytes of the file stand in ``content``; raises V0857 and V0858."""
        if end > self._size:
            help = f"the example says that the file has {self._size} bytes"
            raise fail("V0857", f"'{name}' would end at byte {end}", place, help=help)
        inside = [hole for hole in self._holes if start < hole.stop and hole.start < end]
        if inside:
            raise fail("V0858", f"'{name}' lies among rows that are written as a whole", place)
        before = sum(len(hole) for hole in self._holes if hole.stop <= start)
        return slice(start - before, end - before)

    def paint(self, struct: Struct) -> None:
        """Write all fields of a record as they are decoded; raises V0857 and V0858 as `put` does."""
        for inner in coded(struct):
            self.put(inner.where.path, inner.offset, inner.encoded, inner.spec.place)
        for written in _leaves(struct):
            leaf = written.leaf
            raw = leaf.raw + leaf.tail
            at = self._place(written.path, written.offset, written.offset + len(raw), leaf.field.place)
            taken = self._firm[at]
            if leaf.is_drawn and len(taken) and taken.all():
                leaf.adopt(bytes(self.content[at]))
            elif leaf.firm:
                self.put(written.path, written.offset, raw[: len(raw) - leaf.padding], leaf.field.place)

    def put(self, name: str, start: int, raw: bytes, place: Place) -> None:
        """Write bytes; raises V0857 behind the end of the file, V0858 over others that differ."""
        at = self._place(name, start, start + len(raw), place)
        taken = self._firm[at]
        differ = taken & (np.frombuffer(self.content[at], np.uint8) != np.frombuffer(raw, np.uint8))
        if differ.any():
            byte = start + int(np.flatnonzero(differ)[0])
            found = f"'{name}' would write over what is there"
            help = "where fields overlap, the example gives values that agree"
            raise fail("V0858", f"two values want byte {byte}", place, found=found, help=help)
        self.content[at] = raw
        self._firm[at] = True

    def stamp(self, role: Role, order: Endian) -> None:
        """Write the number by which the byte order is told, where nothing was written before."""
        test = role.endian
        if not isinstance(test, ByteOrderTest):
            return
        kind = NUMBERS[test.type]
        if self._firm[self._place("endian", test.offset, test.offset + kind.nbytes, test.place)].any():
            return
        value = test.equals if test.equals is not None else _fitting(test)
        self.put("endian", test.offset, np.array(value).astype(kind.dtype(order)).tobytes(), test.place)


def _fitting(test: ByteOrderTest) -> int:
    """Return the smallest number for which the test holds in one byte order only."""
    assert test.that is not None
    kind = NUMBERS[test.type]
    for n in range(MAX_TRIED):
        swapped = np.array(n).astype(kind.dtype("little")).view(kind.dtype("big"))[()].item()
        if _holds(test, n) and not _holds(test, swapped):
            return n
    raise fail(
        "V0855", "no number below 1000 tells the byte order", test.place, help="give the field in the example"
    )


def _holds(test: ByteOrderTest, value: float) -> bool:
    assert test.that is not None
    return test.that.truth(Chain({"test": value}, Constants({})))
