"""The table of a data set's files, and of the regions of them that are encoded."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable
from pathlib import Path
from types import TracebackType
from typing import Self

from vspec.layout import Int64
from vspec.sources.files import DataFile, Reader
from vspec.sources.regions import FIRST_REGION, DecodedReader, RegionTable

_MOST_OPEN = 128
_MOST_DECODED = 4


class Files:
    """The table of a data set's files below ``root``; closes them all at the end of a ``with`` block.

    At most ``most_open`` are open at a time: the one used longest ago gives way.
    """

    def __init__(self, root: Path, most_open: int = _MOST_OPEN) -> None:
        self.root = root
        self._most_open = most_open
        self._readers: list[Reader] = []
        self._index: dict[Path, int] = {}
        self._open: OrderedDict[int, Reader] = OrderedDict()
        self.regions = RegionTable.empty()
        self._decoded: OrderedDict[int, DecodedReader] = OrderedDict()
        self._closing: list[Callable[[], None]] = []

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

    @staticmethod
    def is_region(file: Int64) -> bool:
        """Tell whether some of these indices are regions."""
        return len(file) > 0 and int(file.max()) >= FIRST_REGION

    def inside(self, index: int) -> Reader | DecodedReader:
        """Return the reader of a file, or of the inside of a region of one."""
        if index < FIRST_REGION:
            return self.reader(index)
        if index not in self._decoded:
            region = self.regions.region(index)
            self._decoded[index] = DecodedReader(region, self.inside(region.file))
        self._decoded.move_to_end(index)
        while len(self._decoded) > _MOST_DECODED:
            self._decoded.popitem(last=False)
        return self._decoded[index]

    def reader(self, index: int) -> Reader:
        """Return the reader of a file of the table."""
        if index in self._open:
            self._open.move_to_end(index)
        return self._readers[index]

    def when_closed(self, close: Callable[[], None]) -> None:
        """Have ``close`` called when the files are closed, for libraries that open them themselves."""
        self._closing.append(close)

    def close(self) -> None:
        """Close every file."""
        for close in self._closing:
            close()
        for reader in self._open.values():
            reader.close()
        self._open.clear()

    def _keep(self, index: int) -> None:
        self._open[index] = self._readers[index]
        self._open.move_to_end(index)
        while len(self._open) > self._most_open:
            _, oldest = self._open.popitem(last=False)
            oldest.close()
