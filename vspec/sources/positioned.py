"""Reads at any place of many files, by several threads at once, into memory that the reader brings.

Nothing is mapped: a file that becomes shorter is seen by how many bytes came (`vspec.sources.mapped` says
what a mapping would do).
"""

from __future__ import annotations

import os
import stat
import sys
from collections import OrderedDict
from io import FileIO
from pathlib import Path
from threading import Lock

import numpy as np
from numpy.typing import NDArray

_MOST_OPEN = 128


class Positioned:
    """Files that are opened when first read; at most ``most_open`` are kept open."""

    def __init__(self, most_open: int = _MOST_OPEN) -> None:
        self._most_open = most_open
        self._held: OrderedDict[Path, _Handle] = OrderedDict()
        self._lock = Lock()

    def __reduce__(self) -> tuple[type[Positioned], tuple[int]]:
        # Another process opens files of its own.
        return Positioned, (self._most_open,)

    def fill(self, path: Path, offset: int, into: NDArray[np.uint8]) -> int:
        """Read bytes from ``offset`` on into adjoining bytes of memory; return how many there were.

        Fewer than asked for means that the file ends there. Raises `OSError`, `IsADirectoryError` also for
        whatever else is no regular file.
        """
        return self._handle(path).fill(offset, into.data)

    def close(self) -> None:
        """Close every file that no thread is reading; the next read opens it again."""
        with self._lock:
            self._held.clear()

    def _handle(self, path: Path) -> _Handle:
        with self._lock:
            found = self._held.get(path)
            if found is None:
                found = self._held[path] = _Handle(path)
            self._held.move_to_end(path)
            while len(self._held) > self._most_open:
                self._held.popitem(last=False)
        return found


class _Handle:
    """One open file. It is closed with its last user, so that none loses it in the middle of a read."""

    def __init__(self, path: Path) -> None:
        self._lock = Lock()
        self._file = FileIO(path, opener=_opened)
        if not stat.S_ISREG(os.fstat(self._file.fileno()).st_mode):
            raise IsADirectoryError(f"{path.name} is not a regular file")

    def __del__(self) -> None:
        if hasattr(self, "_file"):
            self._file.close()

    def fill(self, offset: int, into: memoryview) -> int:
        filled = 0
        while filled < len(into) and (got := self._some(offset + filled, into[filled:])):
            filled += got
        return filled

    if sys.platform == "win32":

        def _some(self, offset: int, into: memoryview) -> int:
            with self._lock:
                self._file.seek(offset)
                return self._file.readinto(into) or 0
    else:

        def _some(self, offset: int, into: memoryview) -> int:
            return os.preadv(self._file.fileno(), [into], offset)


def _opened(path: str, flags: int) -> int:
    # A pipe that nobody writes to would keep us waiting before we see that it is one.
    return os.open(path, flags | getattr(os, "O_NONBLOCK", 0))
