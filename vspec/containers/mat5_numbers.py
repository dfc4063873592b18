"""The numbers of one element of a MATLAB 5 file: where they lie, be it in a compressed stream."""

from __future__ import annotations

from collections.abc import Mapping
from math import prod

import numpy as np

from vspec.containers.attributes import as_json
from vspec.containers.derived import Converted, origin
from vspec.containers.mat5_stream import Inflated, Stream, Tag
from vspec.containers.model import Entry
from vspec.containers.verbatim import Block, Verbatim, plain
from vspec.layout import ArrayLayout, Axis, Chunked, Codecs, Inline, Json

TYPES: Mapping[int, str] = {
    1: "i1",
    2: "u1",
    3: "i2",
    4: "u2",
    5: "i4",
    6: "u4",
    7: "f4",
    9: "f8",
    12: "i8",
    13: "u8",
}
_SMALL = 4 << 10
_LARGEST = 1 << 28
_CHEAP = 16 << 20
"""Inflated bytes that may be read for any array; for more of them it must be a sixteenth of them at least."""


class Numbers:
    """An array called ``path`` of the numbers of an element; without ``axes`` it is a list of them.

    Its dtype is what is stored, which may be narrower than the array's class: MATLAB packs whole doubles as
    small integers. Raises V0361 where the element is not as long as it must be.
    """

    def __init__(
        self, stream: Stream, tag: Tag, path: str, axes: tuple[Axis, ...] | None, attrs: Mapping[str, object]
    ) -> None:
        if tag.kind not in TYPES:
            raise stream.damaged(
                f"the numbers of '{path}' are of an unknown type", tag.begin, found=f"{tag.kind}"
            )
        item: np.dtype[np.generic] = np.dtype(stream.order + TYPES[tag.kind])
        leaf = path.replace("/", "_")
        if axes is None:
            axes = (plain(f"{leaf}_element", tag.nbytes // item.itemsize),)
        count = prod(axis.size for axis in axes)
        if count * item.itemsize != tag.nbytes:
            raise stream.damaged(
                f"the numbers of '{path}' do not fill its shape",
                tag.begin,
                expected=f"{count * item.itemsize} bytes",
                found=f"{tag.nbytes} bytes",
            )
        self._stream, self._tag, self._path, self._item = stream, tag, path, item
        self._axes = axes
        self._attrs: dict[str, Json] = {name: as_json(value) for name, value in attrs.items()}

    def entry(self) -> Entry:
        """Return the entry."""
        if not isinstance(self._stream, Inflated):
            block = Block(self._stream.file, self._tag.begin, self._item, self._axes)
            return Verbatim(self._path, block, self._attrs).entry()
        if self._tag.nbytes <= _SMALL:
            return self._small()
        total = self._stream.size
        if total > _LARGEST or (total > _CHEAP and total > 16 * self._tag.nbytes):
            reason = "it is a part of a long compressed stream"
            return Converted(
                self._stream.file, self._path, self._item, self._axes, "mat", reason, self._attrs
            ).entry()
        return self._entry(self._chunk(self._stream))

    def _entry(self, source: Chunked | Inline) -> Entry:
        layout = ArrayLayout(self._path, self._axes, self._item, source, self._attrs)
        names = tuple(axis.name for axis in self._axes)
        return Entry(self._path, layout.shape, self._item, names, lambda: layout, self._attrs)

    def _small(self) -> Entry:
        raw = self._stream.read(self._tag.begin, self._tag.nbytes)
        shape = [axis.size for axis in self._axes]
        return self._entry(Inline(np.frombuffer(raw, self._item).reshape(shape)))

    def _chunk(self, stream: Inflated) -> Chunked:
        """Return the whole stream as one chunk, of which the numbers are cut out once it is inflated."""
        count = self._tag.nbytes // self._item.itemsize
        cut: Mapping[str, Json] = {
            "id": "vspec.gather",
            "item": self._item.itemsize,
            "offset": self._tag.begin,
            "axes": [{"records": 1, "stride": stream.size}, {"size": count, "stride": self._item.itemsize}],
        }
        chain: Codecs = (cut, {"id": "zlib", "level": 1})
        shape = tuple(axis.size for axis in self._axes)
        place = (stream.file.index, stream.origin, stream.nbytes)
        file, offset, nbytes = (np.array([value], np.int64) for value in place)
        return Chunked(
            tuple((axis.name, axis.size) for axis in self._axes),
            shape,
            self._item,
            file,
            offset,
            nbytes,
            chains=(chain,),
            peer="mat",
            origins=(origin(stream.file, self._path, shape),),
        )
