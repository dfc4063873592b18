"""Chunks of local files, put straight where a reader wants them.

Each byte is copied from the file once, and elements that lie in records once more, out of the cache.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from math import prod
from types import EllipsisType

import numpy as np
from numpy.typing import NDArray

from vspec.codecs import Codec, Gather, from_config
from vspec.layout import Json
from vspec.profile.arrays import OWN_CODECS, MapArray

Bytes = NDArray[np.uint8]
Array = NDArray[np.generic]
Index = tuple[int | slice | EllipsisType | NDArray[np.intp] | NDArray[np.bool], ...]
Fill = Callable[[int, Bytes], None]
"""Reads from a byte of the encoded chunk on, as many bytes as there is room for."""

_BLOCK = 2 << 20
"""Bytes of records that are read at once: they stay in the cache until they are picked."""


class Scratch:
    """Memory that one thread uses for one chunk after the other: new memory costs more than a copy."""

    def __init__(self) -> None:
        self._held: dict[str, Bytes] = {}

    def take(self, use: str, nbytes: int) -> Bytes:
        """Return memory for one use; it is gone with the next call for it."""
        held = self._held.get(use)
        if held is None or len(held) < nbytes:
            held = self._held[use] = np.empty(nbytes, np.uint8)
        return held[:nbytes]


@dataclass(frozen=True, slots=True)
class Wanted:
    """What a reader wants of a chunk: ``selection`` of it in ``out[where]``, after ``squeeze`` of axes.

    They are what zarr gives, and mean what numpy's indexing means.
    """

    selection: Index
    out: Array
    where: Index
    squeeze: tuple[int, ...]


@dataclass(frozen=True, slots=True, eq=False)
class ChunkReading:
    """How the chunks of an array are read: ``gather`` picks out of their bytes, ``filters`` decode them."""

    shape: tuple[int, ...]
    dtype: np.dtype[np.generic]
    gather: Gather | None
    filters: tuple[Codec, ...]

    @classmethod
    def of(cls, array: MapArray) -> ChunkReading | None:
        """Return the reading of an array; None where it needs codecs that are not vspec's own."""
        compressor, listed = array.metadata["compressor"], array.metadata["filters"]
        filters = listed if isinstance(listed, list) else []
        found = [_own(config) for config in (*filters, *([compressor] if compressor else []))]
        codecs = [codec for codec in found if codec is not None]
        if len(codecs) < len(found) or (compressor and not isinstance(codecs[-1], Gather)):
            return None
        last = codecs.pop() if compressor else None
        gather = last if isinstance(last, Gather) else None
        if gather is not None and not codecs and gather.nbytes != array.chunk_bytes:
            return None
        return cls(array.chunks, array.dtype, gather, tuple(codecs))

    def read(self, nbytes: int, fill: Fill, wanted: Wanted, scratch: Scratch) -> None:
        """Put what is wanted of a chunk of ``nbytes`` encoded bytes where it is wanted.

        Raises what ``fill`` and the codecs raise; ``ValueError`` where a chunk is not as long as its array
        says.
        """
        start, stop, selection = self._rows(wanted.selection)
        rest = prod(self.shape[1:]) * self.dtype.itemsize
        span = (start * rest, stop * rest)
        target = self._whole(wanted, selection, stop - start)
        direct = target is not None
        if target is None:
            target = scratch.take("elements", span[1] - span[0])
        decoded = self._decoded(nbytes, fill, span, (target, scratch))
        if not direct or decoded is not target:
            rows = decoded.view(self.dtype).reshape(stop - start, *self.shape[1:])
            part = rows[selection] if self.shape else rows.reshape(())
            wanted.out[wanted.where] = part.squeeze(wanted.squeeze) if wanted.squeeze else part

    def _rows(self, selection: Index) -> tuple[int, int, Index]:
        """Return the first row that is wanted, the end of them, and the selection within them."""
        rows = self.shape[0] if self.shape else 1
        if len(selection) != len(self.shape) or not selection:
            return 0, rows, selection
        first, *others = selection
        if isinstance(first, slice):
            start, stop, step = first.indices(rows)
            if step > 0 and start < stop:
                return start, stop, (slice(0, stop - start, step), *others)
        elif isinstance(first, int | np.integer) and 0 <= first < rows:
            return int(first), int(first) + 1, (0, *others)
        return 0, rows, selection

    def _whole(self, wanted: Wanted, selection: Index, rows: int) -> Bytes | None:
        """Return the memory that the rows can be decoded into, where all of them are wanted as they are."""
        sizes = (rows, *self.shape[1:])
        if not self.shape or wanted.out.dtype != self.dtype:
            return None
        if not all(_all(part, size) for part, size in zip(selection, sizes, strict=True)):
            return None
        if not all(isinstance(part, slice) for part in wanted.where):
            return None
        room = wanted.out[wanted.where]
        if room.shape != sizes or not room.flags.c_contiguous:
            return None
        return room.reshape(-1).view(np.uint8)

    def _decoded(
        self, nbytes: int, fill: Fill, span: tuple[int, int], memory: tuple[Bytes, Scratch]
    ) -> Bytes:
        """Return the decoded bytes of a span of the chunk, in the memory given unless that cannot be."""
        target, scratch = memory
        if self.gather is None and not self.filters:
            fill(span[0], target)
            return target
        if self.gather is not None and not self.filters:
            count = self.gather.count(nbytes)
            if span[1] <= count * self.gather.by_record:
                _records(self.gather, fill, span, memory)
                return target
        data = scratch.take("encoded", nbytes)
        fill(0, data)
        for codec in (*((self.gather,) if self.gather else ()), *reversed(self.filters)):
            data = codec.decode(data)
        whole = prod(self.shape) * self.dtype.itemsize
        if len(data) != whole:
            raise ValueError(f"a chunk has {len(data)} bytes when it is decoded, not {whole}")
        return data[span[0] : span[1]]


def _records(gather: Gather, fill: Fill, span: tuple[int, int], memory: tuple[Bytes, Scratch]) -> None:
    """Decode a span of a chunk out of no more than the records that hold it."""
    target, scratch = memory
    each, stride = gather.by_record, gather.records.stride
    first, last = span[0] // each, -(-span[1] // each)
    step = max(1, _BLOCK // max(stride, each))
    for begin in range(first, last, step):
        count = min(step, last - begin)
        data = scratch.take("encoded", gather.span(count))
        fill(begin * stride, data)
        low, high = begin * each - span[0], (begin + count) * each - span[0]
        if low >= 0 and high <= len(target):
            gather.decode_into(data, count, target[low:high])
            continue
        decoded = scratch.take("records", count * each)
        gather.decode_into(data, count, decoded)
        inside = max(low, 0), min(high, len(target))
        target[inside[0] : inside[1]] = decoded[inside[0] - low : inside[1] - low]


def _own(config: Json) -> Codec | None:
    named = isinstance(config, Mapping) and config.get("id") in OWN_CODECS
    return from_config(config) if named and isinstance(config, Mapping) else None


def _all(part: object, size: int) -> bool:
    return isinstance(part, slice) and part.indices(size) == (0, size, 1)
