"""NumPy's own file of one array: called ``data``, or ``data/<member>`` where it is of records."""

from __future__ import annotations

from math import prod

from vspec.containers.cursor import Cursor
from vspec.containers.model import Container, ContainerFile, Entry, Lost
from vspec.containers.npy_header import FIRST, MAGIC, BadHeader, NpyHeader, parse, text_place
from vspec.containers.npy_members import few_texts, members, stored_axes, texts
from vspec.containers.turned import turned
from vspec.containers.verbatim import Block, Verbatim
from vspec.layout import Json

ARRAY = "data"


def open_npy(file: ContainerFile) -> Container:
    """Open a file. Raises V0360 for another kind of file, V0361 where damaged, V0362 for pickled objects."""
    magic = file.reader.read(0, min(6, file.reader.size))
    if magic != MAGIC:
        raise file.problem(
            "V0360",
            f"{file.name} is no array of NumPy",
            0,
            expected=r"'\x93NUMPY' at its beginning",
            found=repr(magic)[1:] if magic else "an empty file",
            help="archives of several arrays are `format: npz`"
            if magic[:2] == b"PK"
            else "check the pattern",
        )
    header = read_header(file, 0, file.reader.size)
    if header.dtype.hasobject:
        raise file.problem(
            "V0362",
            f"{file.name} holds Python objects, which are programs and are not run",
            0,
            expected="numbers",
            found=f"descr {header.dtype}",
            help="write the array again as numbers",
        )
    found = Plain(file, header)
    found.add(ARRAY, "")
    used = header.begin + prod(header.shape) * header.dtype.itemsize
    if used < file.reader.size:
        found.lost.append(Lost("", f"the bytes from {used} on, after the array"))
    return Container(found.entries, {"": found.texts}, tuple(found.lost))


def read_header(file: ContainerFile, begin: int, end: int) -> NpyHeader:
    """Read the header of an array that lies between two bytes of a file. Raises V0361."""
    cursor = Cursor(file, begin, end)
    try:
        first = cursor.take(min(FIRST, max(cursor.left, 0)), "the header")
        start, length = text_place(first)
        cursor.at = begin + start
        raw = cursor.take(length, "the header")
        return parse(raw, cursor.at)
    except BadHeader as error:
        raise cursor.damaged(error.message, begin, expected=error.expected, found=error.found) from None


class Plain:
    """Collects the arrays that lie in a file as they are, each behind a header of its own."""

    def __init__(self, file: ContainerFile, header: NpyHeader | None = None) -> None:
        self._file = file
        self._header = header
        self.entries: dict[str, Entry] = {}
        self.texts: dict[str, Json] = {}
        self.lost: list[Lost] = []

    def add(self, path: str, prefix: str, header: NpyHeader | None = None) -> None:
        """Add an array as ``path``, or its members below that; ``prefix`` begins the names of its axes."""
        header = header or self._header
        if header is None:
            return
        if few_texts(header):
            nbytes = prod(header.shape) * header.dtype.itemsize
            raw = Cursor(self._file, header.begin).take(nbytes, f"array '{path}'")
            self.texts[path] = texts(raw, header)
            return
        axes = stored_axes(header, prefix)
        outer = Block(self._file, 0, header.dtype, axes).steps
        for member in members(header.dtype, path):
            if member.item is None:
                self.lost.append(Lost(member.path, member.reason))
                continue
            inner = Block(self._file, 0, member.item, member.axes).steps
            place = header.begin + member.offset
            block = Block(self._file, place, member.item, (*axes, *member.axes), (*outer, *inner))
            entry = Verbatim(member.path, block, dict(member.attrs)).entry()
            self.entries[member.path] = turned(entry, len(axes) if header.fortran else 0)
