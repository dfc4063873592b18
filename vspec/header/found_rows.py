"""Rows by where they begin: each is made when it is asked for, and a leading column without making any."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import overload

import numpy as np

from vspec.header.instances import Instance
from vspec.layout import Int64


class FoundRows(Sequence[Instance]):
    """Rows in the order in which they were found."""

    def __init__(self, starts: Int64, make: Callable[[int], Instance]) -> None:
        self.starts = starts
        self.make = make

    def __len__(self) -> int:
        return len(self.starts)

    @overload
    def __getitem__(self, i: int) -> Instance: ...

    @overload
    def __getitem__(self, i: slice) -> Sequence[Instance]: ...

    def __getitem__(self, i: int | slice) -> Instance | Sequence[Instance]:
        if isinstance(i, slice):
            return FoundRows(self.starts[i], self.make)
        return self.make(int(self.starts[i]))

    def __iter__(self) -> Iterator[Instance]:
        return (self.make(start) for start in self.starts.tolist())


class Finding:
    """Rows as they are found: made ones, and (once there are any) places of rows that were not made."""

    def __init__(self) -> None:
        self.made: list[Instance] = []
        self._parts: list[Int64] = []
        self._count = 0

    def __len__(self) -> int:
        return self._count + len(self.made)

    def add(self, row: Instance) -> None:
        """Add a row that was made."""
        self.made.append(row)

    def drop(self) -> None:
        """Take back the row that was added last."""
        self.made.pop()

    def extend(self, parts: Sequence[Int64]) -> int:
        """Add rows that were not made, and return how many."""
        self._settle()
        self._parts += parts
        count = sum(map(len, parts))
        self._count += count
        return count

    @property
    def last(self) -> Instance | None:
        """The row that was added last, if it was made."""
        return self.made[-1] if self.made else None

    def starts(self) -> Int64:
        """Return where each row begins."""
        if not self._parts:
            return np.array([row.offset for row in self.made], np.int64)
        self._settle()
        if len(self._parts) > 1:
            self._parts = [np.concatenate(self._parts)]
        return self._parts[0]

    def sequence(self, make: Callable[[int], Instance]) -> Sequence[Instance]:
        """Return the rows: those that were made, or (where not all were) such as are made when asked for."""
        return FoundRows(self.starts(), make) if self._parts else self.made

    def _settle(self) -> None:
        if self.made:
            self._parts.append(np.array([row.offset for row in self.made], np.int64))
            self._count += len(self.made)
            self.made = []
