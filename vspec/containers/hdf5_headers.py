"""The bytes of an HDF5 object's header, as far as they say whether a dataset may be virtual.

Source: HDF5 file format specification, "Data Object Headers", "Data Layout Message",
"Object Header Continuation Message".
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from vspec.containers.model import ContainerFile
from vspec.sources import PastEnd

_VIRTUAL_LAYOUT = b"\x04\x03"
_CONTINUED = 0x10
_LARGEST = 1 << 20
_TIMES, _PHASES, _ORDERED = 0x20, 0x10, 0x04


@dataclass(frozen=True, slots=True)
class Headers:
    """The headers of a file: the bytes of an address and of a length in it, and where it begins to count."""

    file: ContainerFile
    widths: tuple[int, int]
    base: int

    def may_be_virtual(self, address: int) -> bool:
        """Tell whether the header at an address may state a virtual layout; true where it cannot be told."""
        try:
            return any(_VIRTUAL_LAYOUT in block for block in self._blocks(self.base + address))
        except (PastEnd, IndexError, ValueError):
            return True

    def _blocks(self, at: int) -> Iterator[bytes]:
        """Yield the parts of a header: where one says that another follows, that too."""
        head = self.file.reader.read(at, 16)
        second = head[:4] == b"OHDR"
        if second:
            flags, width = head[5], 1 << (head[5] & 3)
            begin = 6 + (16 if flags & _TIMES else 0) + (4 if flags & _PHASES else 0)
            size = int.from_bytes(self.file.reader.read(at + begin, width), "little")
            begin, prefix = begin + width, 6 if flags & _ORDERED else 4
        else:
            size, begin, prefix = int.from_bytes(head[8:12], "little"), 16, 8
        pending, left = [(at + begin, size)], _LARGEST
        while pending:
            place, size = pending.pop()
            left -= max(size, 1)
            if left < 0:
                raise ValueError("the header has no end")
            block = self.file.reader.read(place, size)
            yield block
            mark = bytes(
                (_CONTINUED, sum(self.widths), 0) if second else (_CONTINUED, 0, sum(self.widths), 0)
            )
            if mark in block:
                pending += self._continuations(block, prefix, second=second)

    def _continuations(self, block: bytes, prefix: int, *, second: bool) -> Iterator[tuple[int, int]]:
        """Yield where further parts lie; those of the second version have a signature and a checksum."""
        at, (first, _), both = 0, self.widths, sum(self.widths)
        while at + prefix <= len(block):
            kind = block[at] if second else int.from_bytes(block[at : at + 2], "little")
            size = int.from_bytes(block[at + 1 : at + 3] if second else block[at + 2 : at + 4], "little")
            body = block[at + prefix : at + prefix + size]
            if kind == _CONTINUED and len(body) >= both:
                offset = self.base + int.from_bytes(body[:first], "little")
                length = int.from_bytes(body[first:both], "little")
                if length < 8:
                    raise ValueError("a part of the header has no size")
                yield (offset + 4, length - 8) if second else (offset, length)
            at += prefix + size
