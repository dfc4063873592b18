"""How a TIFF or BigTIFF file writes numbers, and its index of pages as numpy sees it.

Source: TIFF revision 6.0 (Adobe, 1992), section 2; BigTIFF as libtiff describes it.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from vspec.containers.model import ContainerFile
from vspec.errors import VspecError
from vspec.layout import Int64

MOST_TAGS = 4096
"""Tags of one page; more are taken for damage."""

TYPE_CODES = {
    1: "u1", 2: "S", 3: "u2", 4: "u4", 5: "u4", 6: "i1", 7: "V", 8: "i2", 9: "i4",
    10: "i4", 11: "f4", 12: "f8", 13: "u4", 16: "u8", 17: "i8", 18: "u8",
}  # fmt: skip
"""numpy's code of each type of a tag; rationals (5 and 10) are two numbers."""

FRACTIONS = (5, 10)

TYPE_SIZES = {
    1: 1, 2: 1, 3: 2, 4: 4, 5: 8, 6: 1, 7: 1, 8: 2, 9: 4, 10: 8, 11: 4, 12: 8, 13: 4, 16: 8, 17: 8, 18: 8,
}  # fmt: skip

_NEAR = 2048
"""Pieces that lie closer than this on average are read together with what is between them."""
_WINDOW = 8 << 20
FAR = 16 << 10
"""Tables that lie closer than this are looked at in the file itself, where the system allows that."""

Table = NDArray[np.void]
"""IFDs with as many tags, a row each: ``number``, ``tags`` (id, kind, count, value), ``next``."""


@dataclass(frozen=True, slots=True)
class Words:
    """Byte order (``<`` or ``>``) and size of the words of a file."""

    order: str
    big: bool

    @property
    def word(self) -> np.dtype[np.generic]:
        """The type of an offset."""
        return np.dtype(self.order + ("u8" if self.big else "u4"))

    @property
    def number(self) -> np.dtype[np.generic]:
        """The type of the number of tags of a page."""
        return np.dtype(self.order + ("u8" if self.big else "u2"))

    @property
    def room(self) -> int:
        """Bytes of a value that stand in the tag itself."""
        return self.word.itemsize

    def table(self, tags: int) -> np.dtype[np.void]:
        """Return the type of a page's index of so many tags."""
        return _table(self.order, self.big, tags)


@lru_cache(maxsize=64)
def _table(order: str, big: bool, tags: int) -> np.dtype[np.void]:  # noqa: FBT001 -- an argument of a cache
    words = Words(order, big)
    short = order + "u2"
    tag = [("id", short), ("kind", short), ("count", words.word), ("value", words.word)]
    return np.dtype([("number", words.number), ("tags", tag, (tags,)), ("next", words.word)])


def damaged(file: ContainerFile, message: str, offset: int, **more: str) -> VspecError:
    """Return the problem that the index of a file is wrong at a byte."""
    more.setdefault("help", "the file is damaged, cut short, or still being written: fetch it again")
    return file.problem("V0361", message, offset, **more)


def opened(file: ContainerFile) -> tuple[Words, int]:
    """Return how a file writes numbers, and the offset of its first page. Raises V0360 and V0361."""
    reader = file.reader
    head = reader.read(0, min(16, reader.size))
    order = {b"II": "<", b"MM": ">"}.get(head[:2])
    version = int(np.frombuffer(head[2:4], f"{order}u2")[0]) if order and len(head) >= 4 else 0
    if order is None or version not in (42, 43):
        raise file.problem(
            "V0360",
            "the file does not begin as a TIFF file does",
            0,
            expected="II or MM, then 42 (43 in a BigTIFF file)",
            found=" ".join(f"{byte:02x}" for byte in head[:4]) or "an empty file",
            help="narrow the pattern of the role's files",
        )
    words, at = Words(order, version == 43), 8 if version == 43 else 4
    if len(head) < at + words.room:
        raise damaged(file, "the file ends within its header", len(head))
    if words.big and head[4:8] != np.array([8, 0], f"{order}u2").tobytes():
        raise damaged(file, "a BigTIFF file has offsets of 8 bytes", 4, found=head[4:8].hex(" "))
    return words, int(np.frombuffer(head, words.word, 1, at)[0])


def require(file: ContainerFile, offset: int, nbytes: int, what: str) -> None:
    """Raise V0361 unless a file has ``nbytes`` bytes from ``offset`` on."""
    size = file.reader.size
    if offset < 0 or nbytes < 0 or offset + nbytes > size:
        raise damaged(
            file,
            f"{what} is not in the file",
            min(max(offset, 0), size),
            expected=f"{nbytes} bytes from {offset} on",
            found=f"a file of {size} bytes",
        )


def strided(file: ContainerFile, start: int, step: int, rows: tuple[int, np.dtype[np.void]]) -> Table:
    """Return ``rows[0]`` tables at ``start``, ``start + step`` ...; all of them must be in the file.

    They are not to be kept: nobody can write the file meanwhile.
    """
    count, dtype = rows
    low = min(start, start + step * (count - 1))
    span = abs(step) * (count - 1) + dtype.itemsize
    raw = None
    if abs(step) <= max(_NEAR, dtype.itemsize):
        raw = file.reader.view(low, span)
    elif abs(step) <= FAR:
        raw = file.reader.lend(low, span)
    if raw is not None:
        return np.ndarray((count,), dtype, raw, start - low, (step,))
    places = [start + step * k for k in range(count)]
    return file.reader.pieces(places, dtype.itemsize).reshape(-1).view(dtype)


def gathered(file: ContainerFile, offsets: Int64, nbytes: int, what: str) -> NDArray[np.uint8]:
    """Return ``nbytes`` bytes at each offset, a row each. Raises V0361 where they are not in the file."""
    if not len(offsets) or not nbytes:
        return np.empty((len(offsets), nbytes), np.uint8)
    order = np.argsort(offsets, kind="stable")
    places = offsets[order]
    require(file, int(places[0]), 0, what)
    require(file, int(places[-1]), nbytes, what)
    table = np.empty((len(offsets), nbytes), np.uint8)
    start = 0
    while start < len(places):
        stop = int(np.searchsorted(places, int(places[start]) + max(_WINDOW, nbytes) - nbytes, "right"))
        begin, span = int(places[start]), int(places[stop - 1]) - int(places[start])
        if span > max(_NEAR, 2 * nbytes) * (stop - start):
            table[order[start:stop]] = file.reader.pieces(places[start:stop].tolist(), nbytes)
        else:
            raw = file.reader.view(begin, span + nbytes)
            every = np.ndarray((span + 1, nbytes), np.uint8, raw, 0, (1, 1))
            table[order[start:stop]] = every[places[start:stop] - begin]
        start = stop
    return table


def most_of(file: ContainerFile, step: int, start: int, nbytes: int) -> int:
    """Return how many rows of ``nbytes`` bytes fit into a file at ``start``, ``start + step`` ..."""
    end = file.reader.size - nbytes
    if not 0 <= start <= end:
        return 0
    return (end - start) // step + 1 if step > 0 else start // -step + 1
