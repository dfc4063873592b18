"""The HDF5 library at the border: loaded late, handed bounded files, its faults told as problems."""

from __future__ import annotations

import posixpath
from collections import OrderedDict
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING
from weakref import WeakKeyDictionary

from vspec.containers.model import ContainerFile
from vspec.errors import VspecError, fail
from vspec.sources import Files, confine, data_file

if TYPE_CHECKING:
    import h5py

FAULTS = (
    OSError,
    RuntimeError,
    LookupError,
    ValueError,
    TypeError,
    AttributeError,
    ArithmeticError,
    MemoryError,
    SystemError,
)
"""What the library raises on files that are damaged, or of a kind that it does not know."""

SIGNATURE = b"\x89HDF\r\n\x1a\n"
_FIRST_GUESS = 512
_MOST_FREE = 8
_FREE: WeakKeyDictionary[Files, OrderedDict[int, h5py.File]] = WeakKeyDictionary()
AGAIN = "the file is damaged, cut short, or still open for writing: close it there, or fetch it again"


@contextmanager
def border(file: ContainerFile, what: str) -> Iterator[None]:
    """Turn whatever the library raises within into V0361, in words about ``what``."""
    try:
        yield
    except FAULTS as error:
        message = f"the HDF5 library cannot read {what}"
        raise file.problem("V0361", message, 0, found=said(error), help=AGAIN) from None


def said(error: Exception) -> str:
    """Return what the library said, on one line of bounded length."""
    words = str(error.args[0]) if error.args else type(error).__name__
    return " ".join(words.split())[:300] or type(error).__name__


@contextmanager
def opened(file: ContainerFile) -> Iterator[h5py.File]:
    """Open a file for reading. Raises V0360 for other files, V0361, V0363.

    A few files stay open for the next time, until their table is closed.
    """
    free = _FREE.get(file.files)
    if free is None:
        free = _FREE[file.files] = OrderedDict()
        file.files.when_closed(lambda: _close(free))
    handle = free.pop(file.index, None) or _open(file)
    try:
        yield handle
    except BaseException:
        handle.close()
        raise
    free[file.index] = handle
    while len(free) > _MOST_FREE:
        _, oldest = free.popitem(last=False)
        oldest.close()


def _close(free: OrderedDict[int, h5py.File]) -> None:
    while free:
        free.popitem()[1].close()


def _open(file: ContainerFile) -> h5py.File:
    _require_signature(file)
    try:
        import h5py
    except ImportError:
        help = "pip install 'vspec-maps[hdf5]'"
        raise fail(
            "V0363", "HDF5 files are read with the package h5py, which is not here", help=help
        ) from None
    with border(file, "the file"):
        try:
            return h5py.File(str(file.path), "r")
        except OSError as error:
            # Some file systems know no locks; where they do, somebody writes.
            if "lock" not in str(error) or "errno = 11" in str(error):
                raise
            return h5py.File(str(file.path), "r", locking=False)


def _require_signature(file: ContainerFile) -> None:
    """Raise V0360 unless a superblock begins where one may: at 0, 512, 1024 and so on, doubling."""
    at, size = 0, file.reader.size
    while at + len(SIGNATURE) <= size:
        if file.reader.read(at, len(SIGNATURE)) == SIGNATURE:
            return
        at = 2 * at or _FIRST_GUESS
    raise file.problem(
        "V0360",
        "the file is not HDF5",
        0,
        expected=f"the signature {SIGNATURE!r}, at 0, 512, 1024, ...",
        found=repr(file.reader.read(0, min(size, len(SIGNATURE)))),
    )


def named_file(file: ContainerFile, name: str) -> ContainerFile:
    """Return a file that ``file`` names: relative to its folder, or absolute; never outside the data root.

    An absolute name that leads nowhere stands for a file of that name beside, as the library has it.
    Raises V0410 to V0418 where it leads elsewhere, V0430 where there is none.
    """
    root, folder = file.files.root, file.name.rpartition("/")[0]
    below = posixpath.normpath(posixpath.join(folder, name))
    if posixpath.isabs(name):
        inside = f"{root.as_posix()}/"
        below = posixpath.normpath(name)
        if below.startswith(inside):
            below = below.removeprefix(inside)
        elif not posixpath.exists(name):
            below = posixpath.join(folder, posixpath.basename(name))
    return ContainerFile(file.files, file.files.add(data_file(below, confine(root, below))))


def is_missing(error: VspecError) -> bool:
    """Tell whether an error of `named_file` says only that there is no such file."""
    return all(problem.code == "V0430" for problem in error.problems)
