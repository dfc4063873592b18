"""The pixels of a DICOM file as an array: verbatim, in frames behind a codec, or neither.

Source: DICOM PS3.3, C.7.6.3 (image pixel module); PS3.5, section 8 and annex A.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from math import prod

import numpy as np

from vspec.containers.dicom_checks import require_described
from vspec.containers.dicom_frames import Pixels, codec, frames, is_encapsulated
from vspec.containers.dicom_tags import Element
from vspec.containers.dicom_unused import REASON, are_plain
from vspec.containers.dicom_values import Values
from vspec.containers.model import ContainerFile, Entry
from vspec.containers.verbatim import Block
from vspec.datatypes import ElementType, Packing
from vspec.errors import VspecError
from vspec.layout import (
    Affine,
    ArrayLayout,
    Axis,
    Chunked,
    Codecs,
    Derived,
    Json,
    Origin,
    Source,
    Strided,
    Unpack,
)

PEER = "dicom"
_FLOATS = {0x7FE00008: "f4", 0x7FE00009: "f8"}
_BIG = "1.2.840.10008.1.2.2"
_RUNS = "1.2.840.10008.1.2.5"
_BITS = Packing(1, tuple(((bit, bit),) for bit in range(8)), "unsigned")
_RGB_INSIDE = frozenset({"YBR_RCT", "YBR_ICT"})
_MOST = 2**62
_USUAL = ("frame", "row", "column", "sample")


@dataclass(frozen=True, slots=True, eq=False)
class Image:
    """The pixel data of a file: an element, and the transfer syntax that it is written in."""

    file: ContainerFile
    values: Values
    element: Element
    syntax: str
    deflated: bool

    def entry(self, pixels: Pixels, attrs: Mapping[str, Json]) -> Entry:
        """Return the array ``pixels``; V0361 where the data set's own numbers cannot be."""
        if min(pixels.rows, pixels.columns, pixels.samples, pixels.frames) < 1:
            raise self._wrong(pixels, "at least one row, column, sample and frame")
        encapsulated = is_encapsulated(self.element)
        require_described(self.file, self.values, self.element, self.syntax, encapsulated=encapsulated)
        kind = self._kind(pixels)
        axes = self._axes(pixels, attrs)
        attrs = dict(attrs)
        if pixels.photometric in _RGB_INSIDE:
            attrs["PhotometricInterpretation"] = "RGB"
        found = _Pixels(self, pixels, kind, axes, attrs)
        shape, names = tuple(axis.size for axis in axes), tuple(axis.name for axis in axes)
        return Entry("pixels", shape, kind, names, found.layout, attrs)

    def _wrong(self, pixels: Pixels, expected: str) -> VspecError:
        return self.file.problem(
            "V0361",
            "the pixels are described in a way that cannot be",
            None if self.deflated else self.element.at,
            expected=expected,
            found=f"{pixels.rows} rows, {pixels.columns} columns, {pixels.frames} frames,"
            f" {pixels.samples} samples of {pixels.allocated} bits",
        )

    def _kind(self, pixels: Pixels) -> np.dtype[np.generic]:
        order = ">" if self.syntax == _BIG else "<"
        if self.element.tag in _FLOATS:
            return np.dtype(order + _FLOATS[self.element.tag])
        if pixels.allocated == 1:
            return np.dtype("u1")
        if pixels.allocated not in (8, 16, 32, 64):
            raise self._wrong(pixels, "1, 8, 16, 32 or 64 bits allocated")
        return np.dtype(f"{order}{'i' if pixels.signed else 'u'}{pixels.allocated // 8}")

    def _axes(self, pixels: Pixels, attrs: Mapping[str, Json]) -> tuple[Axis, ...]:
        """Return the stored axes; run lengths keep the samples of a frame apart whatever is stated."""
        step = self._spacing(attrs)
        plane = (_spaced("row", pixels.rows, step[0]), _spaced("column", pixels.columns, step[1]))
        sample = (self._samples(pixels),) if pixels.samples > 1 else ()
        apart = self.syntax == _RUNS or (pixels.planar and not is_encapsulated(self.element))
        inner = (*sample, *plane) if apart else (*plane, *sample)
        if pixels.frames == 1:
            return inner
        time = self.values.number(0x00181063, b"DS")
        affine = Affine(0.0, time, "ms") if time is not None and time > 0 else None
        return (Axis("frame", pixels.frames, ("frame",), affine=affine), *inner)

    @staticmethod
    def _samples(pixels: Pixels) -> Axis:
        words = {"RGB": "RGB", "YBR_FULL": "YBR", "YBR_RCT": "RGB", "YBR_ICT": "RGB"}.get(
            pixels.photometric, ""
        )
        labels = tuple(words) if len(words) == pixels.samples else None
        return Axis("sample", pixels.samples, ("sample",), labels=labels)

    @staticmethod
    def _spacing(attrs: Mapping[str, Json]) -> tuple[float | None, float | None]:
        """Return millimetres from row to row and from column to column."""
        found = attrs.get("PixelSpacing")
        if isinstance(found, list) and len(found) == 2:
            row, column = found
            if isinstance(row, float) and isinstance(column, float) and row > 0 and column > 0:
                return row, column
        return None, None


def _spaced(name: str, size: int, step: float | None) -> Axis:
    return Axis(name, size, (name,), affine=None if step is None else Affine(0.0, step, "mm"))


@dataclass(frozen=True, slots=True, eq=False)
class _Pixels:
    """The array of an image, whose source is found when it is asked for."""

    image: Image
    pixels: Pixels
    kind: np.dtype[np.generic]
    axes: tuple[Axis, ...]
    attrs: Mapping[str, Json]

    def layout(self) -> ArrayLayout:
        """Find out where the pixels lie."""
        usual = sorted(self.axes, key=lambda axis: _USUAL.index(axis.name))
        return ArrayLayout("pixels", tuple(usual), self.kind, self._source(), self.attrs)

    @property
    def _shape(self) -> tuple[int, ...]:
        return tuple(axis.size for axis in self.axes)

    def _derived(self, reason: str) -> Derived:
        stored = tuple((axis.name, axis.size) for axis in self.axes)
        origin = Origin(self.image.file.index, "pixels", (0,) * len(self.axes), self._shape)
        return Derived(stored, PEER, (origin,), reason)

    def _source(self) -> Source:
        image, pixels = self.image, self.pixels
        if prod(self._shape) > _MOST:
            raise image.file.problem("V0361", "the pixels are more than can be", image.element.at)
        if image.deflated:
            return self._derived("the whole data set is one deflated stream")
        if is_encapsulated(image.element):
            return self._encapsulated()
        self._require_length()
        if pixels.photometric.endswith("_422"):
            return self._derived("its colours are stored for every second column only")
        swapped = image.syntax == _BIG and pixels.allocated == 8 and image.element.kind == b"OW"
        if swapped:
            return self._derived("its bytes lie in swapped pairs")
        if pixels.allocated == 1 and image.element.tag not in _FLOATS:
            return self._bits()
        if not are_plain(image.file, image.element.at, prod(self._shape), self.kind, pixels):
            return self._derived(REASON)
        return Block(image.file, image.element.at, self.kind, self.axes).source()

    def _require_length(self) -> None:
        """Raise V0361 unless all the pixels are there, and no more frames than are stated."""
        bits = 1 if self.pixels.allocated == 1 else 8 * self.kind.itemsize
        count = prod(self._shape)
        if self.pixels.photometric.endswith("_422"):
            count = count // 3 * 2
        least, element = -(-count * bits // 8), self.image.element
        if element.length < least:
            raise self.image.file.problem(
                "V0361",
                "there are fewer pixels than the data set states",
                element.at,
                expected=f"{least} bytes of {' x '.join(map(str, self._shape))} pixels",
                found=f"{element.length} bytes",
                help="the file was cut short, or is still being written",
            )
        frame = max(1, -(-count * bits // (8 * self.pixels.frames)))
        if element.length - least > 1 and element.length // frame > self.pixels.frames:
            raise self.image.file.problem(
                "V0361",
                "there are more frames of pixels than the data set states",
                element.at,
                expected=f"{least} bytes, the frames that (0028,0008) states: {self.pixels.frames}",
                found=f"{element.length} bytes, room for {element.length // frame}",
                help="the number of frames, or of rows or columns, is damaged or was written wrong",
            )

    def _bits(self) -> Source:
        """Return single bits: eight pixels of a row lie in a byte, the first in its lowest bit."""
        columns = self.axes[-1]
        if columns.name != "column" or columns.size % 8:
            return self._derived("its rows of single bits do not begin with a byte")
        item = np.dtype(f"V{columns.size // 8}")
        block = Block(self.image.file, self.image.element.at, item, self.axes[:-1]).source()
        unpack = Unpack(ElementType("bit", "u1", _BITS), "little", ((columns.name, columns.size),))
        return Strided(block.runs, item, outer=block.outer, inner=block.inner, unpack=unpack)

    def _encapsulated(self) -> Source:
        image, pixels = self.image, self.pixels
        found = frames(image.values.data, image.element, pixels.frames)
        if found.reason:
            return self._derived(found.reason)
        if image.syntax == _RUNS and pixels.signed and pixels.stored < pixels.allocated:
            return self._derived("its run lengths hold signed pixels of fewer bits than their cells")
        chosen = codec(image.values.data, found, pixels, image.syntax)
        if isinstance(chosen, str):
            return self._derived(chosen)
        chains: tuple[Codecs, ...] = ((chosen,),)
        whole = self._shape[1:] if pixels.frames > 1 else self._shape
        return Chunked(
            tuple((axis.name, axis.size) for axis in self.axes),
            (1, *whole) if pixels.frames > 1 else whole,
            self.kind,
            np.full(pixels.frames, image.file.index, np.int64),
            found.offset,
            found.nbytes,
            chains=chains,
            peer=PEER,
            origins=(Origin(image.file.index, "pixels", (0,) * len(self.axes), self._shape),),
        )
