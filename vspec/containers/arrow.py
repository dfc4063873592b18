"""Arrow IPC: files (Feather version 2 too) and streams; each column of numbers is an array over all batches.

Values under a null are what the file holds there; ``<column>_valid`` tells nulls apart, where there are
any. Numbers in structs have paths; lists of a fixed size are inner axes.

Source: Arrow columnar format.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from math import prod

import numpy as np

from vspec.containers.arrow_messages import MAGIC, Batches, batches
from vspec.containers.arrow_schema import Column
from vspec.containers.model import Container, ContainerFile, Entry, Lost
from vspec.errors import VspecError
from vspec.layout import (
    ArrayLayout,
    Axis,
    Chunked,
    Codecs,
    Derived,
    InnerAxis,
    Int64,
    Json,
    Origin,
    Runs,
    Source,
    Strided,
)

PEER = "arrow"
_CODECS: Mapping[int, Codecs] = {
    -1: (),
    0: ({"id": "imagecodecs_lz4f"},),
    1: ({"id": "zstd", "level": 1},),
}
_PREFIX = 8
_WORD = 64
_MOST = 2**62
_AGAIN = "the file is damaged, cut short, or still being written: fetch it again"


def open_arrow(file: ContainerFile) -> Container:
    """Open a file or a stream. Raises V0360 for another kind of file and V0361 for a damaged one."""
    head = file.reader.read(0, min(8, file.reader.size))
    if head[:6] != MAGIC and not (len(head) == 8 and _begins_stream(head, file.reader.size)):
        raise file.problem(
            "V0360",
            f"{file.name} is not an Arrow file or stream",
            0,
            expected="ARROW1, or the length of a first message",
            found=repr(head),
            help="Feather version 1 and Parquet are other formats; narrow the role's match",
        )
    lost: list[Lost] = []
    found = batches(file, lost)
    entries: dict[str, Entry] = {}
    for column in found.schema.columns:
        one = _Column(file, found, column)
        _put(entries, one.entry(), lost)
        if one.has_nulls:
            _put(entries, one.validity(), lost)
    groups = {path.rpartition("/")[0] for path in entries if "/" in path}
    return Container(entries, {"": found.schema.attrs, **{path: {} for path in groups}}, tuple(lost))


def _begins_stream(head: bytes, size: int) -> bool:
    """Tell whether a stream may begin so: with a sign that it goes on, or as before with a length."""
    first, second = int.from_bytes(head[:4], "little"), int.from_bytes(head[4:], "little")
    return 0 < (second if first == 0xFFFFFFFF else first) < size


def _put(entries: dict[str, Entry], entry: Entry, lost: list[Lost]) -> None:
    if entry.path in entries:
        lost.append(Lost(entry.path, "another array has its name"))
    else:
        entries[entry.path] = entry


@dataclass(frozen=True, slots=True, eq=False)
class _Column:
    """A column over all batches of a file."""

    file: ContainerFile
    batches: Batches
    column: Column

    @property
    def shape(self) -> tuple[int, ...]:
        """Rows, and the sizes of lists in them."""
        return (int(self.batches.length.sum()), *self.column.inner)

    @property
    def has_nulls(self) -> bool:
        """Tell whether any value, or a record or list around it, is null."""
        return any(bool((self.batches.nodes[:, node, 1] > 0).any()) for node, _ in self.column.validity)

    @property
    def axes(self) -> tuple[Axis, ...]:
        """The rows, which all columns share, and lists."""
        leaf = self.column.path.rpartition("/")[2]
        names = ("row", *(f"{leaf}_axis_{k + 1}" for k in range(len(self.column.inner))))
        return tuple(Axis(name, size, (name,)) for name, size in zip(names, self.shape, strict=True))

    def entry(self) -> Entry:
        """Return the array of the values."""
        column, names = self.column, tuple(axis.name for axis in self.axes)
        attrs = dict(column.attrs)
        if self.has_nulls:
            attrs["ancillary_variables"] = f"{column.path.rpartition('/')[2]}_valid"
        return Entry(column.path, self.shape, column.item, names, lambda: self._values(attrs), attrs)

    def validity(self) -> Entry:
        """Return the array that is false where there is no value."""
        path = f"{self.column.path}_valid"
        rows, kind = self.axes[0], np.dtype(bool)
        attrs: dict[str, Json] = {"long_name": f"whether {self.column.path.rpartition('/')[2]} has a value"}
        axes = self.axes if len(self.column.nodes) > 1 else (rows,)
        shape, names = tuple(axis.size for axis in axes), tuple(axis.name for axis in axes)

        def layout() -> ArrayLayout:
            source = self._derived(path, axes, "nulls are single bits, which begin anew with each batch")
            return ArrayLayout(path, axes, kind, source, attrs)

        return Entry(path, shape, kind, names, layout, attrs)

    def _derived(self, path: str, axes: tuple[Axis, ...], reason: str) -> Derived:
        shape = tuple(axis.size for axis in axes)
        origin = Origin(self.file.index, path, (0,) * len(shape), shape)
        return Derived(tuple((axis.name, axis.size) for axis in axes), PEER, (origin,), reason)

    def _values(self, attrs: Mapping[str, Json]) -> ArrayLayout:
        column = self.column
        return ArrayLayout(column.path, self.axes, column.item, self._source(), attrs)

    def _source(self) -> Source:
        column = self.column
        if prod(max(1, size) for size in self.shape) > _MOST:
            raise self._damaged(0, f"at most {_MOST} values", "more")
        self._require_lengths()
        if column.bits:
            return self._derived(column.path, self.axes, "its values are single bits")
        full = np.flatnonzero(self.batches.length > 0)
        if (self.batches.codec[full] >= 0).any():
            return self._compressed(full)
        return self._plain(full)

    def _require_lengths(self) -> None:
        """Raise V0361 where a batch's parts have other lengths than the batch, or lists other sizes."""
        expected = self.batches.length.copy()
        for node, size in zip(self.column.nodes, (*self.column.inner, 1), strict=True):
            wrong = np.flatnonzero(self.batches.nodes[:, node, 0] != expected)
            if len(wrong):
                row = int(wrong[0])
                raise self._damaged(row, f"{expected[row]} values", f"{self.batches.nodes[row, node, 0]}")
            expected = expected * size

    def _damaged(self, batch: int, expected: str, found: str) -> VspecError:
        return self.file.problem(
            "V0361",
            f"batch {batch} of column '{self.column.path}' is not as the schema says",
            int(self.batches.buffers[batch, self.column.buffer, 0]),
            expected=expected,
            found=found,
            help=_AGAIN,
        )

    def _plain(self, full: Int64) -> Source:
        """Return verbatim buffers: a run for each batch."""
        column = self.column
        steps = [column.item.itemsize]
        for size in reversed(column.inner):
            steps.append(steps[-1] * size)
        count = self.batches.length[full]
        offset, nbytes = self.batches.buffers[full, column.buffer].T
        short = np.flatnonzero(nbytes < count * steps[-1])
        if len(short):
            row = int(short[0])
            raise self._damaged(int(full[row]), f"{count[row] * steps[-1]} bytes", f"{nbytes[row]}")
        index, cell = np.full(len(full), self.file.index, np.int64), np.zeros(len(full), np.int64)
        stride = np.full(len(full), steps[-1], np.int64)
        inner = zip(self.axes[1:], steps[-2::-1], strict=True)
        return Strided(
            Runs(index, np.ascontiguousarray(offset), count, stride, cell),
            column.item,
            outer="row",
            inner=tuple(InnerAxis(axis.name, axis.size, step) for axis, step in inner),
        )

    def _compressed(self, full: Int64) -> Source:
        """Return compressed buffers as chunks, if batches are equally long and codecs known."""
        column = self.column
        count, codec = self.batches.length[full], self.batches.codec[full]
        if (count[:-1] != count[0]).any() or count[-1] > count[0]:
            return self._derived(column.path, self.axes, "its batches are compressed, and not equally long")
        if (codec < 0).any():
            return self._derived(column.path, self.axes, "some of its batches are compressed, others not")
        offset, nbytes = (np.ascontiguousarray(part) for part in self.batches.buffers[full, column.buffer].T)
        step = column.item.itemsize * prod(column.inner)
        stated = np.array(
            [self._stated(at, n) for at, n in zip(offset.tolist(), nbytes.tolist(), strict=True)]
        )
        offset, nbytes = offset + _PREFIX, nbytes - _PREFIX
        # Buffers may be padded to whole words, also before they are compressed.
        surplus = np.where(stated < 0, nbytes, stated) - count * step
        nbytes = np.where(stated < 0, nbytes - surplus, nbytes)
        if (surplus < 0).any():
            row = int(np.argmin(surplus))
            raise self._damaged(int(full[row]), f"{count[row] * step} bytes", f"{stated[row]}")
        rows = int(count[0])
        if len(full) == 1 and surplus[0] > 0 and stated[0] >= 0:
            # A chunk may reach over the end of its array; where no row fits the padding, it is cut off.
            rows = max(rows + 1, int(stated[0]) // step)
        ends = surplus[:-1] if count[-1] < rows else surplus
        if (ends[stated[: len(ends)] >= 0] > 0).any() or surplus[-1] > _WORD:
            return self._derived(column.path, self.axes, "its buffers are padded before they are compressed")
        return Chunked(
            tuple((axis.name, axis.size) for axis in self.axes),
            (rows, *column.inner),
            column.item,
            np.full(len(full), self.file.index, np.int64),
            offset,
            nbytes,
            chains=tuple(_CODECS.values()),
            cell_codecs=np.where(stated < 0, 0, codec + 1).astype(np.int64),
            ragged=len(full) > 1 or rows * step != int(stated[0]),
            surplus=_WORD,
            peer=PEER,
            origins=(Origin(self.file.index, column.path, (0,) * len(self.shape), self.shape),),
        )

    def _stated(self, at: int, n: int) -> int:
        """Return how long a compressed buffer says it is; -1 if it is not compressed after all."""
        if n < _PREFIX:
            raise self.file.problem(
                "V0361",
                "a compressed buffer is too short for its length",
                at,
                expected="8 bytes",
                found=str(n),
            )
        return int.from_bytes(self.file.reader.read(at, _PREFIX), "little", signed=True)
