"""The files of a data set: a table of them, and bounded, memory-mapped reading."""

from __future__ import annotations

import mmap
import os
import stat
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Self

import numpy as np
from numpy.typing import NDArray

from vspec.errors import Problem, VspecError
from vspec.sources.paths import display

FIND_LIMIT = 4 * 2**20
"""Bytes that `Reader.find` searches unless told otherwise."""

_MOST_OPEN = 128


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
    """Read-only access to the first ``size`` bytes of one file, mapped when first needed.

    ``size`` is what the file had when it was found, so a file that grows is seen as it was then.
    Every read may raise V0430 (gone), V0431 (unreadable) or V0432 (shorter than it was).
    """

    def __init__(self, file: DataFile, opened: Callable[[], None] | None = None) -> None:
        self._file = file
        self._opened = opened
        self._map: mmap.mmap | bytes | None = None

    @property
    def path(self) -> str:
        """Path relative to the data root."""
        return self._file.path

    @property
    def size(self) -> int:
        """Size in bytes."""
        return self._file.size

    def read(self, offset: int, n: int) -> bytes:
        """Return ``n`` bytes from ``offset`` on, copied; raises `PastEnd`."""
        self._require(offset, n)
        return bytes(self._mapped()[offset : offset + n])

    def view(self, offset: int, n: int) -> NDArray[np.uint8]:
        """Return ``n`` bytes from ``offset`` on as a read-only array on the file; raises `PastEnd`."""
        self._require(offset, n)
        return np.frombuffer(self._mapped(), np.uint8, n, offset) if n else np.empty(0, np.uint8)

    def find(self, needle: bytes, start: int, limit: int = FIND_LIMIT) -> int | None:
        """Return the offset of the first ``needle`` that begins within ``limit`` bytes of ``start``."""
        self._require(start, 0)
        found = self._mapped().find(needle, start, min(self.size, start + limit + len(needle) - 1))
        return found if found >= 0 else None

    def close(self) -> None:
        """Let the map go; views keep it alive, and the next read opens it again."""
        self._map = None

    def _require(self, offset: int, n: int) -> None:
        if offset < 0 or n < 0 or offset + n > self.size:
            raise PastEnd(offset, n, self.size)

    def _mapped(self) -> mmap.mmap | bytes:
        mapped = self._map
        if mapped is None:
            self._map = mapped = _open(self._file)
            if self._opened is not None:
                self._opened()
        return mapped


def _open(file: DataFile) -> mmap.mmap | bytes:
    try:
        with file.absolute.open("rb", buffering=0) as handle:
            held = os.fstat(handle.fileno()).st_size
            if held < file.size:
                raise VspecError([_shrunk(file, held)])
            # An empty file cannot be mapped.
            return mmap.mmap(handle.fileno(), file.size, access=mmap.ACCESS_READ) if file.size else b""
    except OSError as error:
        raise VspecError([unreadable(file.path, file.absolute, error)]) from None


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


class Files:
    """The table of a data set's files below ``root``; closes them all at the end of a ``with`` block.

    At most ``most_open`` are mapped at a time: the one used longest ago gives way.
    """

    def __init__(self, root: Path, most_open: int = _MOST_OPEN) -> None:
        self.root = root
        self._most_open = most_open
        self._readers: list[Reader] = []
        self._index: dict[Path, int] = {}
        self._open: OrderedDict[int, Reader] = OrderedDict()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def __len__(self) -> int:
        return len(self._readers)

    @property
    def paths(self) -> tuple[str, ...]:
        """Paths relative to the data root, by index."""
        return tuple(reader.path for reader in self._readers)

    def add(self, file: DataFile) -> int:
        """Return the index of a file, a new one unless the file is in the table already."""
        index = self._index.setdefault(file.absolute, len(self._readers))
        if index == len(self._readers):
            self._readers.append(Reader(file, lambda: self._keep(index)))
        return index

    def reader(self, index: int) -> Reader:
        """Return the reader of a file of the table."""
        if index in self._open:
            self._open.move_to_end(index)
        return self._readers[index]

    def close(self) -> None:
        """Let go of every map."""
        for reader in self._open.values():
            reader.close()
        self._open.clear()

    def _keep(self, index: int) -> None:
        self._open[index] = self._readers[index]
        self._open.move_to_end(index)
        while len(self._open) > self._most_open:
            _, oldest = self._open.popitem(last=False)
            oldest.close()
