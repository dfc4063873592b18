"""DICOM: one file is one container, with the array ``pixels`` or arrays ``waveform_0`` ...

The axes are ``frame`` (if there are several), ``row``, ``column`` and ``sample`` (if there are several),
in the order in which they are stored. Attributes are those that say how the pixels came about and
where they lie, and unique identifiers; nothing that names or describes a person is carried.

Source: DICOM PS3.3 (image pixel, modality LUT and waveform modules), PS3.5 (encoding), PS3.10 (files).
"""

from __future__ import annotations

import zlib
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from vspec.containers.attributes import Attributes
from vspec.containers.dicom_frames import Pixels
from vspec.containers.dicom_pixels import Image
from vspec.containers.dicom_tags import (
    IMPLICIT,
    PIXELS,
    VALUE_KINDS,
    Data,
    Element,
    Syntax,
    elements,
    inside,
    items,
    shown,
)
from vspec.containers.dicom_values import TECHNICAL, Values
from vspec.containers.dicom_waves import waveforms
from vspec.containers.model import Container, ContainerFile, Entry, Lost
from vspec.errors import VspecError
from vspec.layout import Json

_DEFLATED = frozenset({"1.2.840.10008.1.2.1.99"})
_BIG = "1.2.840.10008.1.2.2"
_IMPLICIT = "1.2.840.10008.1.2"
_LARGEST = 1 << 30
_TOLD = 40
_AGAIN = "the file is damaged, cut short, or still being written: fetch it again"
_WAVES = 0x54000100
_SHARED, _PER_FRAME, _MEASURES, _TRANSFORMATION = 0x52009229, 0x52009230, 0x00289110, 0x00289145


@dataclass(frozen=True, slots=True, eq=False)
class _DataSet:
    """The elements of a data set by tag, and how they are written."""

    data: Data
    found: Mapping[int, Element]
    syntax: str
    deflated: bool


def open_dicom(file: ContainerFile) -> Container:
    """Open a file. Raises V0360 for another kind of file and V0361 for a damaged one."""
    read = _data_set(file)
    lost: list[Lost] = []
    entries: dict[str, Entry] = {}
    values = Values(read.data, read.found)
    kept = _attributes(values, lost) | _position(values)
    pixels = next((read.found[tag] for tag in sorted(PIXELS) if tag in read.found), None)
    if pixels is not None:
        scale = _scale(values)
        image = Image(file, values, pixels, read.syntax, read.deflated)
        entries["pixels"] = image.entry(_described(values), {**kept, **scale})
    if not read.deflated:
        entries |= {entry.path: entry for entry in waveforms(file, values, lost)}
    elif _WAVES in read.found:
        lost.append(Lost("waveform_0", "the whole data set is one deflated stream"))
    _tell(read, lost)
    return Container(entries, {"": kept}, tuple(lost))


def _data_set(file: ContainerFile) -> _DataSet:
    """Read the elements of a file's data set, up to its pixels."""
    reader = file.reader

    def damaged(message: str, at: int) -> VspecError:
        return file.problem("V0361", message, at, help=_AGAIN)

    data = Data(reader.read, reader.size, damaged)
    start = 132 if reader.size >= 132 and reader.read(128, 4) == b"DICM" else 0
    meta, at = _meta(data, start)
    syntax = Values(data, meta).words(0x00020010)
    stated = Values(data, meta).count(0x00020000, b"UL")
    if meta and not syntax and stated is not None and stated != at - meta[0x00020000].end:
        message = "the file's own elements are not as long as they say, and state no transfer syntax"
        raise damaged(message, start)
    if start == 0 and not meta and not _plausible(data):
        raise file.problem(
            "V0360",
            f"{file.name} is not a DICOM file",
            0,
            expected="'DICM' at byte 128, or a data set from byte 0 on",
            help="narrow the role's match",
        )
    if syntax in _DEFLATED:
        data, at = _inflated(file, at), 0
    written = _written(data, at, syntax)
    found = {element.tag: element for element in elements(data, at, data.size, written)}
    return _DataSet(data, found, syntax, syntax in _DEFLATED)


def _plausible(data: Data) -> bool:
    """Tell whether a file without a preamble may begin with a data set."""
    if data.size < 8:
        return False
    group = int.from_bytes(data.read(0, 2), "little")
    return group in (2, 8) and data.read(2, 2)[1:] == b"\0"


def _meta(data: Data, at: int) -> tuple[dict[int, Element], int]:
    """Read the elements of group 2, which are explicit and little-endian always."""
    found: dict[int, Element] = {}
    while data.size - at >= 8 and data.read(at, 2) == b"\2\0":
        element = next(elements(data, at, data.size, Syntax(explicit=True, order="<")))
        found[element.tag] = element
        at = element.end
    return found, at


def _written(data: Data, at: int, syntax: str) -> Syntax:
    """Return how the data set is written; writers that leave kinds of values out do not always say so."""
    if syntax == _IMPLICIT or (data.size - at >= 8 and data.read(at + 4, 2) not in VALUE_KINDS):
        return IMPLICIT
    return Syntax(explicit=True, order=">" if syntax == _BIG else "<")


def _inflated(file: ContainerFile, at: int) -> Data:
    """Return a deflated data set; V0361 for a broken stream, V0362 for one of more than 1 GiB."""
    stream = zlib.decompressobj(-zlib.MAX_WBITS)
    try:
        raw = stream.decompress(file.reader.read(at, file.reader.size - at), _LARGEST)
    except zlib.error as error:
        raise file.problem(
            "V0361", "the deflated data set is broken", at, found=str(error), help=_AGAIN
        ) from None
    if stream.unconsumed_tail:
        raise file.problem("V0362", f"the data set has more than {_LARGEST} bytes when it is inflated", at)

    def read(offset: int, n: int) -> bytes:
        return raw[offset : offset + n]

    def damaged(message: str, place: int) -> VspecError:
        return file.problem("V0361", f"{message} (byte {place} of the inflated data set)", at, help=_AGAIN)

    return Data(read, len(raw), damaged)


def _attributes(values: Values, lost: list[Lost]) -> dict[str, Json]:
    """Return the values of technical tags by name."""
    kept = Attributes("", lost)
    for tag, (name, kind) in TECHNICAL.items():
        if tag in values.found:
            try:
                found = values.many(tag, kind)
            except ValueError as error:
                kept.lose(name, f"its value is no number: {error}")
                continue
            if found:
                kept.put(name, found[0] if len(found) == 1 else found)
    return kept.found


def _position(values: Values) -> dict[str, Json]:
    """Return how far along its own normal a slice lies, in mm: what the files of a series are ordered by.

    The normal is the cross product of the rows' and the columns' directions (PS3.3, C.7.6.2.1.1).
    """
    corner, turned = values.numbers(0x00200032), values.numbers(0x00200037)
    if len(corner) != 3 or len(turned) != 6:
        return {}
    normal = np.cross(turned[:3], turned[3:])
    return {"slice_position": float(np.dot(normal, corner))} if np.isfinite(normal).all() else {}


def _described(values: Values) -> Pixels:
    """Return what the data set says of its pixels; missing sizes are 0."""
    frames = values.count(0x00280008, b"IS")
    return Pixels(
        frames=1 if frames is None else frames,
        rows=values.count(0x00280010) or 0,
        columns=values.count(0x00280011) or 0,
        samples=values.count(0x00280002) or 1,
        planar=values.count(0x00280006) == 1,
        allocated=values.count(0x00280100) or 0,
        stored=values.count(0x00280101) or values.count(0x00280100) or 0,
        signed=values.count(0x00280103) == 1,
        photometric=values.words(0x00280004),
    )


def _shared(values: Values, group: int) -> Values:
    """Return what all frames of an enhanced image share in one functional group."""
    here: Mapping[int, Element] = values.found
    for tag in (_SHARED, group):
        if tag not in here:
            return Values(values.data, {})
        first = next(items(values.data, here[tag]), None)
        here = inside(values.data, first) if first is not None else {}
    return Values(values.data, here)


def _scale(values: Values) -> dict[str, Json]:
    """Return how pixels become real values: CF's ``scale_factor`` and ``add_offset``; also spacing."""
    own = values if 0x00281053 in values.found else _shared(values, _TRANSFORMATION)
    slope, intercept = own.number(0x00281053, b"DS"), own.number(0x00281052, b"DS")
    dose = values.number(0x3004000E, b"DS")
    found: dict[str, Json] = {}
    if slope is None and dose is not None:
        found["scale_factor"] = dose
    if slope is not None and intercept is not None and (slope, intercept) != (1, 0):
        found |= {"scale_factor": slope, "add_offset": intercept}
    spacing = _shared(values, _MEASURES).numbers(0x00280030)
    if len(spacing) == 2 and 0x00280030 not in values.found:
        found["PixelSpacing"] = [*spacing]
    return found


def _tell(read: _DataSet, lost: list[Lost]) -> None:
    """Say what of the data set is not carried: tags alone, never values."""
    told = TECHNICAL.keys() | PIXELS | {_WAVES}
    others = [tag for tag in sorted(read.found) if tag not in told and tag & 0xFFFF]
    overlays = [tag for tag in others if tag >> 24 == 0x60 and tag & 0xFFFF == 0x3000]
    lost += [Lost(f"overlay {tag >> 16:04X}", "an overlay is a plane of single bits") for tag in overlays]
    if _PER_FRAME in read.found:
        lost.append(
            Lost("PerFrameFunctionalGroupsSequence", "what differs from frame to frame is not carried")
        )
    if others:
        more = "" if len(others) <= _TOLD else f" and {len(others) - _TOLD} more"
        names = ", ".join(shown(tag) for tag in others[:_TOLD])
        lost.append(Lost("tags", f"not among the technical tags that are carried: {names}{more}"))
