"""A file in which HDF5's library does not stay for good: what it reads is looked at for damaged heaps.

Records with texts are never read without their texts, and a heap with free space of no size holds the
library (2.0.0) up. Source: HDF5 file format specification, "Disk Format: Level 1E - Global Heap".
"""

from __future__ import annotations

import io
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import h5py

_MARK = b"GCOL\x01"


class Guarded(io.FileIO):
    """A file for reading; ``width`` are the bytes of a length in it. Reads may raise `OSError`."""

    def __init__(self, path: Path, width: int) -> None:
        self._width = width
        self._good = set[int]()
        super().__init__(path, "rb")

    def readinto(self, buffer: memoryview) -> int:  # type: ignore[override]  # any buffer, for the library
        """Read bytes; a heap that has no way through it is an error."""
        at, edge = self.tell(), len(_MARK) - 1
        got = super().readinto(buffer) or 0
        self.seek(max(0, at - edge))
        around = self.read(at + got + edge - self.tell())
        place = around.find(_MARK)
        while place >= 0:
            self._walk(max(0, at - edge) + place)
            place = around.find(_MARK, place + 1)
        self.seek(at + got)
        return got

    def _walk(self, heap: int) -> None:
        if heap in self._good:
            return
        head = 16 if self._width == 8 else -(-(8 + self._width) // 8) * 8
        end = heap + self._number(heap + 8)
        at, objects = heap + head, 0
        while end - at >= head:
            index, size = self._number(at, 2), self._number(at + 8)
            step = head + (size + 7) // 8 * 8 if index else size
            objects += 1
            if step < head or at + step > end or objects > 1 << 16:
                raise OSError(f"the heap at {heap} is damaged")
            at += step
        self._good.add(heap)

    def _number(self, at: int, width: int = 0) -> int:
        self.seek(at)
        raw = self.read(width or self._width)
        if len(raw) < (width or self._width):
            raise OSError("a heap is longer than the file")
        return int.from_bytes(raw, "little")


def has_lists(kind: h5py.h5t.TypeID) -> bool:
    """Tell whether values of a type have parts of no fixed length."""
    from h5py import h5t

    if kind.get_class() == h5t.COMPOUND:
        return any(has_lists(kind.get_member_type(at)) for at in range(kind.get_nmembers()))
    if kind.get_class() == h5t.ARRAY:
        return has_lists(kind.get_super())
    return bool(kind.detect_class(h5t.VLEN) or (kind.get_class() == h5t.STRING and kind.is_variable_str()))


@contextmanager
def guarded(dataset: h5py.Dataset, path: Path) -> Iterator[h5py.Dataset]:
    """Give a dataset: again, from its file as it is guarded, where a part of its values needs that.

    What virtual datasets hold lies in other files: they are given as they are.
    """
    import h5py

    if dataset.is_virtual or not has_lists(dataset.id.get_type()):
        yield dataset
        return
    _, width = dataset.file.id.get_create_plist().get_sizes()
    with Guarded(path, width) as raw, h5py.File(raw, "r") as again:
        reference = h5py.h5r.create(dataset.id, b".", h5py.h5r.OBJECT)
        yield h5py.Dataset(h5py.h5r.dereference(reference, again.id))
