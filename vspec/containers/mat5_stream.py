"""The bytes of a MATLAB 5 variable: as they lie in the file, or once its zlib stream is inflated."""

from __future__ import annotations

import zlib
from dataclasses import dataclass

import numpy as np

from vspec.containers.model import ContainerFile
from vspec.errors import VspecError

_STEP = 64 << 10
_MOST_FOLD = 1100
"""Deflate makes at most 1032 bytes of one."""


@dataclass(frozen=True, slots=True)
class Tag:
    """An element: its type, and its bytes from ``begin`` to ``end``; the next one is at ``after``."""

    kind: int
    begin: int
    end: int
    after: int

    @property
    def nbytes(self) -> int:
        """Bytes of the element's data."""
        return self.end - self.begin


class Stream:
    """Bytes from 0 to ``size`` that are read from front to back; ``origin`` is where they begin in the file.

    Raises V0361 for what would lead beyond ``size``.
    """

    def __init__(self, file: ContainerFile, order: str, origin: int, size: int) -> None:
        self.file = file
        self.order = order
        self.origin = origin
        self.size = size

    @property
    def verbatim(self) -> bool:
        """Whether bytes lie in the file as they are read here."""
        return True

    def damaged(self, message: str, at: int, **more: str) -> VspecError:
        """Return the problem that what is at ``at`` is wrong."""
        more.setdefault("help", "the file is damaged, cut short, or still being written: fetch it again")
        return self.file.problem("V0361", message, self.origin + (at if self.verbatim else 0), **more)

    def read(self, at: int, n: int) -> bytes:
        """Return ``n`` bytes; never before those that were read already."""
        if n < 0 or at + n > self.size:
            raise self.damaged(
                "an element does not fit", at, expected=f"{n} bytes", found=f"{self.size - at}"
            )
        return self._read(at, n)

    def _read(self, at: int, n: int) -> bytes:
        return self.file.reader.read(self.origin + at, n)

    def tag(self, at: int, end: int) -> Tag:
        """Return the element at ``at``, which lies before ``end``: in 8 bytes, or behind them and padded."""
        if at + 8 > end:
            raise self.damaged("an element is missing", at, expected="8 bytes", found=f"{end - at}")
        first, second = np.frombuffer(self.read(at, 8), f"{self.order}u4").tolist()
        kind, nbytes, begin, after = first, second, at + 8, at + 8 + second + -second % 8
        if first >> 16:
            kind, nbytes, begin, after = first & 0xFFFF, first >> 16, at + 4, at + 8
            if nbytes > 4:
                raise self.damaged("a small element has more than 4 bytes", at, found=f"{nbytes}")
        if begin + nbytes > end:
            raise self.damaged(
                "an element reaches beyond what holds it",
                at,
                expected=f"at most {end - begin} bytes",
                found=f"{nbytes}",
            )
        return Tag(kind, begin, begin + nbytes, min(after, max(end, begin + nbytes)))

    def numbers(self, tag: Tag, code: str, most: int) -> list[int]:
        """Return the whole numbers of an element, at most ``most``."""
        item = np.dtype(self.order + code)
        if tag.nbytes > most * item.itemsize or tag.nbytes % item.itemsize:
            raise self.damaged("an element has a wrong length", tag.begin, found=f"{tag.nbytes} bytes")
        found: list[int] = np.frombuffer(self.read(tag.begin, tag.nbytes), item).tolist()
        return found


class Inflated(Stream):
    """What a zlib stream of ``nbytes`` from ``origin`` on gives; ``size`` is what its first tag says."""

    def __init__(self, file: ContainerFile, order: str, origin: int, nbytes: int) -> None:
        super().__init__(file, order, origin, 8)
        self.nbytes = nbytes
        self._next = origin
        self._inflater = zlib.decompressobj()
        self._start = 0
        self._held = b""
        kind, size = np.frombuffer(self.read(0, 8), f"{order}u4").tolist()
        self.size = 8 + size if not kind >> 16 else 8
        if self.size > _MOST_FOLD * max(nbytes, 64):
            raise self.damaged(
                "a compressed element claims too much",
                0,
                expected=f"{_MOST_FOLD} times {nbytes} bytes",
                found=f"{self.size}",
            )

    @property
    def verbatim(self) -> bool:
        return False

    def _read(self, at: int, n: int) -> bytes:
        if at < self._start:  # What lies before the last step of the inflater is gone.
            raise self.damaged("a compressed element leads backwards", at)
        while self._start + len(self._held) < at + n:
            more = self._more()
            have = self._start + len(self._held)
            if have <= at:
                self._start, self._held = have, more
            else:
                self._held = self._held[max(0, at - self._start) :] + more
                self._start = max(at, self._start)
        return self._held[at - self._start : at - self._start + n]

    def _more(self) -> bytes:
        inflater, end = self._inflater, self.origin + self.nbytes
        try:
            while not inflater.eof:
                packed = inflater.unconsumed_tail
                if not packed:
                    step = min(_STEP, end - self._next)
                    if step <= 0:
                        break
                    packed = self.file.reader.read(self._next, step)
                    self._next += step
                found = inflater.decompress(packed, 16 * _STEP)
                if found:
                    return found
        except zlib.error as error:
            raise self.damaged(f"a compressed element cannot be inflated ({error})", 0) from None
        raise self.damaged("a compressed element ends too early", 0, expected=f"{self.size} bytes")
