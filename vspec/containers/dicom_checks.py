"""What a DICOM image must say of its pixels: without it, or with a word that nobody knows, it is damaged.

Source: DICOM PS3.3, C.7.6.3 (image pixel module; also terms that are retired); PS3.5, sections 8 and 10;
PS3.6, annex A (transfer syntaxes).
"""

from __future__ import annotations

from collections.abc import Iterator

from vspec.containers.dicom_tags import Element, shown
from vspec.containers.dicom_values import Values
from vspec.containers.model import ContainerFile

_PHOTOMETRIC = frozenset(
    {"MONOCHROME1", "MONOCHROME2", "PALETTE COLOR", "RGB", "HSV", "ARGB", "CMYK"}
    | {"YBR_FULL", "YBR_FULL_422", "YBR_PARTIAL_422", "YBR_PARTIAL_420", "YBR_ICT", "YBR_RCT"}
)
_VERBATIM = frozenset({"", *(f"1.2.840.10008.1.2{end}" for end in ("", ".1", ".1.99", ".2"))})
_WHOLE_NUMBERS = 0x7FE00010
_SAMPLES, _PLANAR, _ALLOCATED, _STORED, _SIGNED = 0x00280002, 0x00280006, 0x00280100, 0x00280101, 0x00280103
_WORDS = 0x00280004


def require_described(
    file: ContainerFile, values: Values, pixels: Element, syntax: str, *, encapsulated: bool
) -> None:
    """Raise V0361 unless a data set says all that its pixels are read by, in words that are known.

    ``syntax`` is the transfer syntax, "" for a file that states none.
    """
    faults = list(_faults(values, pixels))
    if not encapsulated and syntax not in _VERBATIM:
        known = "that of an element that holds its pixels themselves"
        faults.append(((0x00020010, "the transfer syntax"), repr(syntax), known))
    if faults:
        raise file.problem(
            "V0361",
            "what the data set says of its pixels is missing, or is nothing that is known",
            pixels.at if pixels.at < file.reader.size else None,
            expected="; ".join(f"{shown(tag)} {name}: {expected}" for (tag, name), _, expected in faults),
            found="; ".join(f"{shown(tag)}: {found}" for (tag, _), found, _ in faults),
            help="the file is damaged, or was written wrong: fetch it again",
        )


def _faults(values: Values, pixels: Element) -> Iterator[tuple[tuple[int, str], str, str]]:
    """Yield tag and name, what is found, and what is expected."""
    words = values.words(_WORDS)
    if words not in _PHOTOMETRIC:
        yield (_WORDS, "the photometric interpretation"), repr(words), "one of the standard's"
    samples = values.count(_SAMPLES)
    if samples not in (1, 3):
        yield (_SAMPLES, "samples of a pixel"), _said(samples), "1 or 3"
    planar = values.count(_PLANAR)
    if samples == 3 and planar not in (0, 1):
        yield (_PLANAR, "the planar configuration"), _said(planar), "0 or 1"
    if pixels.tag == _WHOLE_NUMBERS:
        allocated, stored = values.count(_ALLOCATED) or 0, values.count(_STORED)
        if stored is None or not 1 <= stored <= max(1, allocated):
            yield (_STORED, "bits stored"), _said(stored), f"1 to {allocated}"
        signed = values.count(_SIGNED)
        if signed not in (0, 1):
            yield (_SIGNED, "the pixel representation"), _said(signed), "0 or 1"


def _said(value: int | None) -> str:
    return "nothing" if value is None else str(value)
