"""Reading a container's header from front to back: what is not there is a problem with a code."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from vspec.containers.model import ContainerFile
from vspec.errors import VspecError


class Cursor:
    """A position in a file, between ``at`` and ``end``; every step is checked against ``end``.

    Raises V0361, with the byte where it happened, for what would lead beyond.
    """

    def __init__(self, file: ContainerFile, at: int = 0, end: int | None = None) -> None:
        self.file = file
        self.at = at
        self.end = file.reader.size if end is None else min(end, file.reader.size)

    @property
    def left(self) -> int:
        """Bytes from here to the end."""
        return self.end - self.at

    def damaged(self, message: str, at: int | None = None, **more: str) -> VspecError:
        """Return the problem that the file's index is wrong at byte ``at``, or here."""
        more.setdefault("help", "the file is damaged, cut short, or still being written: fetch it again")
        return self.file.problem("V0361", message, self.at if at is None else at, **more)

    def require(self, n: int, what: str) -> None:
        """Raise V0361 unless ``n`` more bytes are there."""
        if not 0 <= n <= self.left:
            raise self.damaged(
                f"{what} does not fit into the file",
                expected=f"{n} bytes",
                found=f"{max(self.left, 0)} bytes",
            )

    def take(self, n: int, what: str) -> bytes:
        """Return the next ``n`` bytes."""
        self.require(n, what)
        found = self.file.reader.read(self.at, n)
        self.at += n
        return found

    def skip(self, n: int, what: str) -> None:
        """Leave out ``n`` bytes."""
        self.require(n, what)
        self.at += n

    def number(self, dtype: str, what: str) -> int:
        """Return the next whole number of a numpy dtype such as ``>u4``."""
        kind = np.dtype(dtype)
        return int(np.frombuffer(self.take(kind.itemsize, what), kind)[0])

    def numbers(self, dtype: np.dtype[np.generic], count: int, what: str) -> NDArray[np.generic]:
        """Return the next ``count`` numbers."""
        return np.frombuffer(self.take(count * dtype.itemsize, what), dtype)
