"""GRIB, editions 1 and 2: each message is a group with an array ``values``.

Simply packed values of whole bytes, or rows of them, are the packed numbers, with ``scale_factor`` and
``add_offset``; all others are copied. What messages are about is told by ecCodes, which has the tables.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from math import lcm
from types import ModuleType

import numpy as np

from vspec.containers.attributes import Attributes
from vspec.containers.grib_messages import Message, Packing, messages
from vspec.containers.model import Container, ContainerFile, Entry, Lost
from vspec.containers.verbatim import Block
from vspec.datatypes import Bits, ElementType
from vspec.datatypes import Packing as Words
from vspec.layout import Affine, ArrayLayout, Axis, Derived, Json, Origin, Source, Strided, Unpack

PEER = "grib"
_KEYS = (
    ("shortName", str),
    ("name", str),
    ("units", str),
    ("cfName", str),
    ("paramId", int),
    ("typeOfLevel", str),
    ("level", int),
    ("dataDate", int),
    ("dataTime", int),
    ("stepRange", str),
    ("stepType", str),
    ("number", int),
    ("centre", str),
    ("edition", int),
    ("gridType", str),
    ("packingType", str),
    ("bitsPerValue", int),
    ("numberOfDataPoints", int),
    ("Ni", int),
    ("Nj", int),
    ("latitudeOfFirstGridPointInDegrees", float),
    ("longitudeOfFirstGridPointInDegrees", float),
    ("latitudeOfLastGridPointInDegrees", float),
    ("longitudeOfLastGridPointInDegrees", float),
    ("iDirectionIncrementInDegrees", float),
    ("jDirectionIncrementInDegrees", float),
    ("iScansNegatively", int),
    ("jScansPositively", int),
    ("jPointsAreConsecutive", int),
    ("alternativeRowScanning", int),
)
_LARGEST_WORD = 8


def open_grib(file: ContainerFile) -> Container:
    """Open a file. Raises V0360 for another kind of file, V0361 for a damaged one, V0363 without ecCodes."""
    entries: dict[str, Entry] = {}
    groups: dict[str, Mapping[str, Json]] = {"": {}}
    lost: list[Lost] = []
    facts = _Facts(_library(file))
    number = -1
    for number, message in enumerate(messages(file)):
        group = f"message_{number}"
        if message.fields != 1:
            lost.append(Lost(group, f"it is a message of {message.fields} fields"))
            continue
        kept = Attributes(group, lost)
        for name, value in facts.of(file, message).items():
            kept.put(name, value)
        groups[group] = kept.found
        field = _Field(file, message, f"{group}/values", kept.found)
        entries[field.path] = field.entry()
    if number < 0:
        raise file.problem(
            "V0360", f"{file.name} has no GRIB message", 0, expected="GRIB", help="narrow the role's match"
        )
    return Container(entries, groups, tuple(lost))


def _library(file: ContainerFile) -> ModuleType:
    # Else the library ends the process where a message is damaged in some ways.
    os.environ.setdefault("ECCODES_NO_ABORT", "1")
    try:
        import eccodes
    except (ImportError, RuntimeError):
        raise file.problem(
            "V0363", "the package eccodes is not installed", help="pip install eccodes"
        ) from None
    found: ModuleType = eccodes
    return found


@dataclass(frozen=True, slots=True)
class _Facts:
    """Asks ecCodes about messages."""

    library: ModuleType

    def of(self, file: ContainerFile, message: Message) -> dict[str, Json]:
        """Return what a message says of itself, by ecCodes' names."""
        raw = file.reader.read(message.at, message.nbytes)
        try:
            handle = self.library.codes_new_from_message(raw)
        except self.library.CodesInternalError as error:
            raise file.problem(
                "V0361", "a message cannot be decoded", message.at, found=str(error) or "an error of ecCodes"
            ) from None
        try:
            found = {name: self._one(handle, name, kind) for name, kind in _KEYS}
        finally:
            self.library.codes_release(handle)
        return {name: value for name, value in found.items() if value is not None}

    def _one(self, handle: int, name: str, kind: Callable[[str], Json]) -> Json:
        try:
            if self.library.codes_is_missing(handle, name):
                return None
            found = self.library.codes_get(handle, name, kind)
        except (self.library.CodesInternalError, ValueError, UnicodeDecodeError):
            return None
        return found if isinstance(found, (str, int, float)) and found not in ("unknown", "undef") else None


@dataclass(frozen=True, slots=True, eq=False)
class _Field:
    """The values of a message."""

    file: ContainerFile
    message: Message
    path: str
    facts: Mapping[str, Json]

    def entry(self) -> Entry:
        """Return the array of a message: packed numbers where they can be read in place, else values."""
        self._require_told()
        axes, words = self._axes(), self._words()
        attrs = {name: self.facts[name] for name in ("units", "name", "shortName") if name in self.facts}
        if "name" in attrs:
            attrs["long_name"] = attrs.pop("name")
        packing = self.message.packing
        if words is not None and packing is not None:
            attrs |= {"scale_factor": packing.scale, "add_offset": packing.offset}
        elif "bitmap" in self.message.reason:
            attrs["missing_value"] = 9999.0
        kind = np.dtype("f8") if words is None else words
        shape, names = tuple(axis.size for axis in axes), tuple(axis.name for axis in axes)

        def layout() -> ArrayLayout:
            return ArrayLayout(self.path, axes, kind, self._source(axes, words), attrs)

        return Entry(self.path, shape, kind, names, layout, attrs)

    def _require_told(self) -> None:
        """Raise V0361 where ecCodes cannot follow the message to its values, or finds others than we do."""
        packing, facts = self.message.packing, self.facts
        wanted = {"packingType": facts.get("packingType") or "one that is known"}
        if self._number("Ni") and self._number("Nj"):
            wanted["jPointsAreConsecutive"] = 1 if facts.get("jPointsAreConsecutive") else 0
        if packing is not None and not self.message.reason:
            wanted |= {"packingType": "grid_simple", "bitsPerValue": packing.bits}
            if packing.bits:
                wanted["numberOfDataPoints"] = self.message.values
        wrong = [name for name, value in wanted.items() if facts.get(name) != value]
        if wrong:
            raise self.file.problem(
                "V0361",
                "the sections of a message do not agree with each other, or are of no known kind",
                self.message.at,
                expected=", ".join(f"{name} {wanted[name]}" for name in wrong),
                found=", ".join(f"{name} {facts.get(name, 'unknown')}" for name in wrong),
                help="the file is damaged: fetch it again",
            )

    def _number(self, name: str) -> int:
        found = self.facts.get(name)
        return found if isinstance(found, int) else 0

    def _axes(self) -> tuple[Axis, ...]:
        """Return rows and columns of a grid, or the one axis of anything else."""
        count, ni, nj = (self._number(name) for name in ("numberOfDataPoints", "Ni", "Nj"))
        if count < 1:
            raise self.file.problem("V0361", "a message has no values", self.message.at)
        if ni < 1 or nj < 1 or ni * nj != count:
            return (Axis("value", count, ("value",)),)
        angles = str(self.facts.get("gridType")) in ("regular_ll", "regular_gg")
        rows = Axis(
            "latitude" if angles else "y", nj, ("latitude" if angles else "y",), affine=self._affine("j")
        )
        columns = Axis(
            "longitude" if angles else "x", ni, ("longitude" if angles else "x",), affine=self._affine("i")
        )
        return (columns, rows) if self._number("jPointsAreConsecutive") else (rows, columns)

    def _affine(self, axis: str) -> Affine | None:
        """Return coordinates where the grid is of equal steps in degrees."""
        kind = self.facts.get("gridType")
        if kind not in ("regular_ll", "regular_gg") or (kind, axis) == ("regular_gg", "j"):
            return None
        word = "latitude" if axis == "j" else "longitude"
        first = self.facts.get(f"{word}OfFirstGridPointInDegrees")
        step = self.facts.get(f"{axis}DirectionIncrementInDegrees")
        if (
            not isinstance(first, float)
            or not isinstance(step, float)
            or self._number("alternativeRowScanning")
        ):
            return None
        back = not self._number("jScansPositively") if axis == "j" else bool(self._number("iScansNegatively"))
        return Affine(first, -step if back else step, "degrees_north" if axis == "j" else "degrees_east")

    def _words(self) -> np.dtype[np.generic] | None:
        """Return the dtype of packed numbers that can be read in place; None where they cannot."""
        packing, message = self.message.packing, self.message
        if packing is None or message.reason or not 0 < packing.bits <= 32:
            return None
        if not all(np.isfinite((packing.scale, packing.offset))) or packing.scale == 0:
            return None
        if message.data_bytes * 8 < packing.bits * self._number("numberOfDataPoints"):
            raise self.file.problem(
                "V0361",
                "a message has fewer packed values than points",
                message.data,
                expected=f"{self._number('numberOfDataPoints')} of {packing.bits} bits",
                found=f"{message.data_bytes} bytes",
            )
        if packing.bits in (8, 16, 32):
            return np.dtype(f">u{packing.bits // 8}")
        word = lcm(packing.bits, 8) // 8
        if word > _LARGEST_WORD or self._axes()[-1].size % (8 * word // packing.bits):
            return None
        return _unpacked(packing).dtype("little")

    def _source(self, axes: tuple[Axis, ...], words: np.dtype[np.generic] | None) -> Source:
        packing = self.message.packing
        if words is None or packing is None:
            shape = tuple(axis.size for axis in axes)
            origin = Origin(self.file.index, self.path, (0,) * len(shape), shape)
            reason = self.message.reason or "its packed values do not fill whole bytes, row by row"
            return Derived(tuple((axis.name, axis.size) for axis in axes), PEER, (origin,), reason)
        if packing.bits in (8, 16, 32):
            return Block(self.file, self.message.data, words, axes).source()
        *outer, last = axes
        item = np.dtype(f"V{last.size * packing.bits // 8}")
        block = Block(self.file, self.message.data, item, tuple(outer)).source()
        unpack = Unpack(_unpacked(packing), "big", ((last.name, last.size),))
        return Strided(block.runs, item, outer=block.outer, inner=block.inner, unpack=unpack)


def _unpacked(packing: Packing) -> ElementType:
    """Return the element of a big-endian stream of bits, its first value in the highest bits of a word."""
    nbytes = lcm(packing.bits, 8) // 8
    count = 8 * nbytes // packing.bits
    values: list[Bits] = [
        (((count - 1 - k) * packing.bits, (count - k) * packing.bits - 1),) for k in range(count)
    ]
    code = "u1" if packing.bits <= 8 else "u2" if packing.bits <= 16 else "u4"
    return ElementType("packed", code, Words(nbytes, tuple(values), "unsigned"))
