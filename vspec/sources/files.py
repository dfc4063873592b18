"""The files of a data set: a table of them, and bounded reading.

A file is mapped into memory only where it cannot become shorter meanwhile (`vspec.sources.mapped`):
elsewhere that is then an error, not the end of the process.
"""

from __future__ import annotations

import os
import stat
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from io import FileIO
from pathlib import Path
from threading import Lock

import numpy as np
from numpy.typing import NDArray

from vspec.errors import Problem, VspecError
from vspec.sources.apart import pieces
from vspec.sources.mapped import mapped
from vspec.sources.paths import display

FIND_LIMIT = 4 * 2**20
"""Bytes that `Reader.find` searches unless told otherwise."""

_PAGE = 4 << 10
_WINDOW = 16 << 10
_LARGEST_BLOCK = 1 << 20
LEAST_LENT = 256 << 10
"""Fewer bytes are copied faster than they are mapped."""


@dataclass(frozen=True, slots=True)
class DataFile:
    """A file below the data root: ``path`` with ``/``, relative to the root; ``size`` in bytes."""

    path: str
    absolute: Path
    size: int


class PastEnd(Exception):  # noqa: N818 -- it says where the read would go
    """Raised by a read that would leave the file; whoever reads turns it into a problem."""

    def __init__(self, offset: int, n: int, size: int) -> None:
        self.offset, self.n, self.size = offset, n, size
        super().__init__(f"{n} bytes from {offset}, but the file ends at {size}")


class Reader:
    """Read-only access to the first ``size`` bytes of one file, opened when first needed.

    ``size`` is what the file had when it was found, so a file that grows is seen as it was then.
    Every read may raise V0430 (gone), V0431 (unreadable) or V0432 (shorter than it was). Small
    reads that lie together are served from one window of the file.
    """

    def __init__(self, file: DataFile, opened: Callable[[], None] | None = None) -> None:
        self._file = file
        self._opened = opened
        self._handle: FileIO | None = None
        self._window: tuple[int, bytes] = (0, b"")
        # A seek and the read behind it belong together.
        self._lock = Lock()

    def __del__(self) -> None:
        self.close()

    @property
    def path(self) -> str:
        """Path relative to the data root."""
        return self._file.path

    @property
    def absolute(self) -> Path:
        """Path on this machine, for libraries that open files themselves."""
        return self._file.absolute

    @property
    def size(self) -> int:
        """Size in bytes."""
        return self._file.size

    @property
    def is_stream(self) -> bool:
        """Whether its bytes come from a decoder, one after the other: no."""
        return False

    def read(self, offset: int, n: int) -> bytes:
        """Return ``n`` bytes from ``offset`` on; raises `PastEnd`."""
        self._require(offset, n)
        if n > _WINDOW - _PAGE:
            return self._taken(offset, n).tobytes()
        start, held = self._window
        if offset < start or offset + n > start + len(held):
            # Who goes on where the window ends will go on; who leaps will leap again.
            reach = _WINDOW if start <= offset <= start + len(held) + _PAGE else n + _PAGE
            start = offset - offset % _PAGE
            held = self._taken(start, min(reach, self.size - start)).tobytes()
            self._window = (start, held)
        return held[offset - start : offset - start + n]

    def view(self, offset: int, n: int) -> NDArray[np.uint8]:
        """Return ``n`` bytes from ``offset`` on as an array that cannot be written; raises `PastEnd`.

        It is a copy in memory: whoever asks keeps ``n`` bounded.
        """
        if n <= _WINDOW - _PAGE:
            return np.frombuffer(self.read(offset, n), np.uint8)
        self._require(offset, n)
        taken = self._taken(offset, n)
        taken.flags.writeable = False
        return taken

    def pieces(self, offsets: Sequence[int], n: int) -> NDArray[np.uint8]:
        """Return ``n`` bytes at each offset, a row each, of places that lie far apart; raises `PastEnd`.

        It is a copy in memory: whoever asks keeps ``n`` times the number of offsets bounded.
        """
        for outermost in (min(offsets, default=0), max(offsets, default=0)):
            self._require(outermost, n)
        with self._lock:
            handle = self._open()
            try:
                joined = pieces(handle, offsets, n)
                held = os.fstat(handle.fileno()).st_size
            except OSError as error:
                raise VspecError([unreadable(self._file.path, self._file.absolute, error)]) from None
        if len(joined) != n * len(offsets):
            raise VspecError([_shrunk(self._file, held)])
        return np.frombuffer(joined, np.uint8).reshape(len(offsets), n)

    def lend(self, offset: int, n: int) -> NDArray[np.uint8] | None:
        """Return ``n`` bytes from ``offset`` on without copying them, or None where that cannot be had.

        Nobody can write the file while an array of them is there: it is to be gone soon. Raises `PastEnd`.
        """
        self._require(offset, n)
        if n < LEAST_LENT:
            return None
        with self._lock:
            return mapped(self._open().fileno(), offset, n)

    def find(self, needle: bytes, start: int, limit: int = FIND_LIMIT) -> int | None:
        """Return the offset of the first ``needle`` that begins within ``limit`` bytes of ``start``."""
        self._require(start, 0)
        stop = min(self.size, start + limit + len(needle) - 1)
        block = max(_PAGE, 2 * len(needle))
        while stop - start >= len(needle):
            n = min(block, stop - start)
            found = self.read(start, n).find(needle)
            if found >= 0:
                return start + found
            start += n - len(needle) + 1
            block = min(4 * block, max(_LARGEST_BLOCK, 2 * len(needle)))
        return None

    def close(self) -> None:
        """Close the file; the next read opens it again."""
        if self._handle is not None:
            self._handle.close()
        self._handle = None
        self._window = (0, b"")

    def _require(self, offset: int, n: int) -> None:
        if offset < 0 or n < 0 or offset + n > self.size:
            raise PastEnd(offset, n, self.size)

    def _taken(self, offset: int, n: int) -> NDArray[np.uint8]:
        """Return bytes that the file has; raises V0432 where they are no longer there."""
        taken = np.empty(n, np.uint8)
        with self._lock:
            handle = self._open()
            try:
                handle.seek(offset)
                filled = 0
                while filled < n and (got := handle.readinto(taken[filled:].data)):
                    filled += got
                if filled < n:
                    raise VspecError([_shrunk(self._file, os.fstat(handle.fileno()).st_size)])
            except OSError as error:
                raise VspecError([unreadable(self._file.path, self._file.absolute, error)]) from None
        return taken

    def _open(self) -> FileIO:
        handle = self._handle
        if handle is None:
            self._handle = handle = _open(self._file)
            if self._opened is not None:
                self._opened()
        return handle


def _open(file: DataFile) -> FileIO:
    try:
        handle = file.absolute.open("rb", buffering=0)
        held = os.fstat(handle.fileno()).st_size
    except OSError as error:
        raise VspecError([unreadable(file.path, file.absolute, error)]) from None
    if held < file.size:
        handle.close()
        raise VspecError([_shrunk(file, held)])
    return handle


def _shrunk(file: DataFile, held: int) -> Problem:
    return Problem(
        "V0432",
        f"{file.path} has become shorter while it was read",
        data_file=file.path,
        expected=f"{file.size} bytes, as when it was found",
        found=f"{held} bytes",
        help="is it being copied or recorded? wait until that is done",
    )


def unreadable(path: str, absolute: Path, error: OSError) -> Problem:
    """Return the problem of a file that the system does not let us read: V0430 or V0431."""
    if isinstance(error, FileNotFoundError):
        what = "is a link to a file that is not there" if absolute.is_symlink() else "is gone"
        help = "fetch or restore the file" if absolute.is_symlink() else "was it moved or deleted?"
        return Problem("V0430", f"{path} {what}", data_file=path, found=display(absolute), help=help)
    return Problem(
        "V0431",
        f"{path} cannot be read",
        data_file=path,
        found=error.strerror or type(error).__name__,
        help="check the permissions of the file and whether another program holds it",
    )


def data_file(path: str, absolute: Path) -> DataFile:
    """Return a file with its size; V0430, V0431, or V0433 when it is no regular file."""
    try:
        facts = absolute.stat()
    except OSError as error:
        raise VspecError([unreadable(path, absolute, error)]) from None
    if not stat.S_ISREG(facts.st_mode):
        raise VspecError([Problem("V0433", f"{path} is not a regular file", data_file=path)])
    return DataFile(path, absolute, facts.st_size)
