"""Values of data elements: numbers and texts, and the tags whose values a map carries.

Source: DICOM PS3.5, section 6.2, and PS3.6.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from vspec.containers.attributes import text
from vspec.containers.dicom_tags import UNDEFINED, Data, Element
from vspec.layout import Json

_LONGEST = 1 << 16
_BINARY = {
    b"US": "u2",
    b"SS": "i2",
    b"UL": "u4",
    b"SL": "i4",
    b"FL": "f4",
    b"FD": "f8",
    b"UV": "u8",
    b"SV": "i8",
}

TECHNICAL: Mapping[int, tuple[str, bytes]] = {
    0x00080008: ("ImageType", b"CS"),
    0x00080016: ("SOPClassUID", b"UI"),
    0x00080018: ("SOPInstanceUID", b"UI"),
    0x00080060: ("Modality", b"CS"),
    0x00080070: ("Manufacturer", b"LO"),
    0x00081090: ("ManufacturerModelName", b"LO"),
    0x00180015: ("BodyPartExamined", b"CS"),
    0x00180020: ("ScanningSequence", b"CS"),
    0x00180021: ("SequenceVariant", b"CS"),
    0x00180023: ("MRAcquisitionType", b"CS"),
    0x00180050: ("SliceThickness", b"DS"),
    0x00180060: ("KVP", b"DS"),
    0x00180080: ("RepetitionTime", b"DS"),
    0x00180081: ("EchoTime", b"DS"),
    0x00180082: ("InversionTime", b"DS"),
    0x00180083: ("NumberOfAverages", b"DS"),
    0x00180084: ("ImagingFrequency", b"DS"),
    0x00180085: ("ImagedNucleus", b"SH"),
    0x00180086: ("EchoNumbers", b"IS"),
    0x00180087: ("MagneticFieldStrength", b"DS"),
    0x00180088: ("SpacingBetweenSlices", b"DS"),
    0x00180091: ("EchoTrainLength", b"IS"),
    0x00180095: ("PixelBandwidth", b"DS"),
    0x00181063: ("FrameTime", b"DS"),
    0x00181110: ("DistanceSourceToDetector", b"DS"),
    0x00181150: ("ExposureTime", b"IS"),
    0x00181151: ("XRayTubeCurrent", b"IS"),
    0x00181164: ("ImagerPixelSpacing", b"DS"),
    0x00181310: ("AcquisitionMatrix", b"US"),
    0x00181314: ("FlipAngle", b"DS"),
    0x00185100: ("PatientPosition", b"CS"),
    0x0020000D: ("StudyInstanceUID", b"UI"),
    0x0020000E: ("SeriesInstanceUID", b"UI"),
    0x00200011: ("SeriesNumber", b"IS"),
    0x00200012: ("AcquisitionNumber", b"IS"),
    0x00200013: ("InstanceNumber", b"IS"),
    0x00200032: ("ImagePositionPatient", b"DS"),
    0x00200037: ("ImageOrientationPatient", b"DS"),
    0x00200052: ("FrameOfReferenceUID", b"UI"),
    0x00200100: ("TemporalPositionIdentifier", b"IS"),
    0x00201041: ("SliceLocation", b"DS"),
    0x00280002: ("SamplesPerPixel", b"US"),
    0x00280004: ("PhotometricInterpretation", b"CS"),
    0x00280006: ("PlanarConfiguration", b"US"),
    0x00280008: ("NumberOfFrames", b"IS"),
    0x00280010: ("Rows", b"US"),
    0x00280011: ("Columns", b"US"),
    0x00280030: ("PixelSpacing", b"DS"),
    0x00280034: ("PixelAspectRatio", b"IS"),
    0x00280100: ("BitsAllocated", b"US"),
    0x00280101: ("BitsStored", b"US"),
    0x00280102: ("HighBit", b"US"),
    0x00280103: ("PixelRepresentation", b"US"),
    0x00281050: ("WindowCenter", b"DS"),
    0x00281051: ("WindowWidth", b"DS"),
    0x00281052: ("RescaleIntercept", b"DS"),
    0x00281053: ("RescaleSlope", b"DS"),
    0x00281054: ("RescaleType", b"LO"),
    0x3004000E: ("DoseGridScaling", b"DS"),
    0x30040002: ("DoseUnits", b"CS"),
    0x3004000C: ("GridFrameOffsetVector", b"DS"),
}
"""Tags that say how pixels came about and where they lie, by name and kind of value: no person's data."""


@dataclass(frozen=True, slots=True, eq=False)
class Values:
    """The elements of one item or data set, by tag, as values."""

    data: Data
    found: Mapping[int, Element]

    def many(self, tag: int, kind: bytes) -> list[Json]:
        """Return all values of an element; none where it is missing, empty, or too long to be one of them.

        Raises `ValueError` for a text that is no number where one is due.
        """
        element = self.found.get(tag)
        if element is None or element.length == UNDEFINED or not 0 < element.length <= _LONGEST:
            return []
        raw = self.data.read(element.at, element.length)
        kind = element.kind if element.kind in _BINARY and kind in _BINARY else kind
        if kind in _BINARY:
            dtype = np.dtype(element.syntax.order + _BINARY[kind])
            return [*np.frombuffer(raw, dtype, len(raw) // dtype.itemsize).tolist()]
        parts = [part.strip(" \0") for part in text(raw).split("\\")]
        if kind == b"DS":
            return [float(part) for part in parts if part]
        if kind == b"IS":
            return [_whole(part) for part in parts if part]
        return [*parts] if any(parts) else []

    def one(self, tag: int, kind: bytes) -> Json:
        """Return the first value, or None where there is none or it is no number."""
        try:
            found = self.many(tag, kind)
        except ValueError:
            return None
        return found[0] if found else None

    def number(self, tag: int, kind: bytes) -> float | None:
        """Return the first value if it is a finite number."""
        found = self.one(tag, kind)
        return found if isinstance(found, (int, float)) and math.isfinite(found) else None

    def count(self, tag: int, kind: bytes = b"US") -> int | None:
        """Return the first value if it is a whole number."""
        found = self.number(tag, kind)
        return int(found) if found is not None and found % 1 == 0 else None

    def numbers(self, tag: int, kind: bytes = b"DS") -> list[float]:
        """Return all values where they are finite numbers, else none."""
        try:
            found = self.many(tag, kind)
        except ValueError:
            return []
        numbers = [value for value in found if isinstance(value, (int, float)) and math.isfinite(value)]
        return numbers if len(numbers) == len(found) else []

    def words(self, tag: int) -> str:
        """Return the first text, or an empty one."""
        found = self.one(tag, b"LO")
        return found if isinstance(found, str) else ""


def _whole(part: str) -> int | float:
    """Return an integer string; some writers give it a decimal point."""
    try:
        return int(part)
    except ValueError:
        return float(part)
