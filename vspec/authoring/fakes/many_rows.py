"""Rows that are too many to be made: of a recording of hours that is zero outside of a few windows."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence

from vspec.authoring.fakes.known import Known, UnkeptError
from vspec.authoring.fakes.options import KEEP_LIMIT, Windows
from vspec.authoring.fakes.tables import Linked, RowsLike, Table
from vspec.card.model import Record as RecordSpec
from vspec.card.model import StructType
from vspec.expressions import Record, Value
from vspec.header.extents import is_fixed

SPARSE_FROM = 1000
"""Rows, or positions along the slowest axis, from which data is sparse where that is asked for."""

MOST = 10**8
MOST_KEPT = 10**5
MOST_MADE = 4096
"""Rows that are kept once they are made."""


def within(windows: Windows, count: int) -> Iterable[range]:
    """Yield the positions below ``count`` that hold data, each once and in order."""
    done = 0
    for first, stop in sorted(windows):
        found = range(max(first, done), min(stop, count))
        if found:
            yield found
            done = found.stop


def is_many(spec: RecordSpec, count: int, types: Mapping[str, StructType]) -> bool:
    """Tell whether rows are too many to be made, and of one size."""
    return SPARSE_FROM <= count <= MOST and spec.of is None and is_fixed(spec, types)


class _Made(Sequence[Record]):
    """Rows of one size, made when they are asked for."""

    def __init__(self, count: int, make: Callable[[int], Linked]) -> None:
        self._count = count
        self._make = make
        self._rows: dict[int, Linked] = {}

    def __len__(self) -> int:
        return self._count

    def __getitem__(self, i: int) -> Linked:  # type: ignore[override]  # no slices: a table picks rows one by one
        i = range(self._count)[i]
        if i not in self._rows:
            if len(self._rows) >= MOST_MADE:
                self._rows.clear()
            self._rows[i] = row = self._make(i)
            row.before = None if i == 0 else lambda: self[i - 1]
        return self._rows[i]


class ManyRows(Table):
    """``count`` (one or more) rows of one size that follow each other."""

    def __init__(
        self, spec: RecordSpec, count: int, make: Callable[[int, Callable[[], int]], Linked], first: int
    ) -> None:
        start = make(0, lambda: first)
        self.spec = spec
        self.stride = start.nbytes
        self.offset = first
        rows = _Made(count, lambda i: make(i, lambda: first + i * self.stride))
        super().__init__(rows, spec.axis or spec.name, spec.place, spec.key, None)

    @property
    def nbytes(self) -> int:
        """Bytes of all rows."""
        return len(self) * self.stride

    def known(self, name: str) -> Known | None:
        """Return the contents of a column; raises `UnkeptError`."""
        self._require_few()
        return super().known(name)

    def column(self, name: str) -> Value:
        """Return one value for each row; raises `UnkeptError` for too many rows or records."""
        if isinstance(self.rows[0].get(name), (RowsLike, Record)):
            self._require_few()
        return super().column(name)

    def _require_few(self) -> None:
        if self.nbytes > KEEP_LIMIT or len(self) > MOST_KEPT:
            raise UnkeptError(self.name, self.place)

    def seen(self) -> Value:
        """Return the rows as an expression sees them."""
        return self
