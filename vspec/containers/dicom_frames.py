"""Encapsulated pixel data: where the frames lie, and by which codec they become the pixels.

Sources: DICOM PS3.5, A.4 and annex G; ITU-T T.81 (JPEG), T.87 (JPEG-LS) and T.800 (JPEG 2000) for the
headers of frames.
"""

from __future__ import annotations

import struct
from collections.abc import Mapping
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from vspec.containers.dicom_tags import UNDEFINED, Data, Element, items
from vspec.layout import Int64, Json

_JPEG = frozenset({"50", "51", "57", "70"})
_HEADER = 4096
_ITEM = 8
_RUN_HEADER, _MOST_SEGMENTS = 64, 15


@dataclass(frozen=True, slots=True)
class Pixels:
    """What a data set says of its pixels."""

    frames: int
    rows: int
    columns: int
    samples: int
    planar: bool
    allocated: int
    stored: int
    signed: bool
    photometric: str


@dataclass(frozen=True, slots=True, eq=False)
class Frames:
    """Offset and length of each frame, one fragment each; or a reason why that cannot be said."""

    offset: Int64
    nbytes: Int64
    reason: str = ""


def frames(data: Data, element: Element, count: int) -> Frames:
    """Walk through the fragments of encapsulated pixel data."""
    found = [(item.at, item.length) for item in items(data, element)]
    if not found:
        raise data.damaged(
            "encapsulated pixel data begin with an item of offsets, and there is none", element.at
        )
    fragments = np.array(found[1:], np.int64).reshape(-1, 2)
    _require_table(data, found[0], fragments[:, 0] - _ITEM, count)
    offset, nbytes = np.ascontiguousarray(fragments[:, 0]), np.ascontiguousarray(fragments[:, 1])
    if len(offset) < count:
        raise data.damaged(f"{count} frames are stated, and there are {len(offset)} fragments", element.at)
    reason = "" if len(offset) == count else "its frames are cut into several fragments"
    if not reason and (nbytes == 0).any():
        raise data.damaged("a frame is empty", int(offset[np.argmin(nbytes)]))
    return Frames(offset, nbytes, reason)


def _require_table(data: Data, table: tuple[int, int], starts: Int64, count: int) -> None:
    """Raise V0361 unless the first item is empty, or says where each frame's first fragment begins."""
    at, length = table
    if not length:
        return
    wanted = np.frombuffer(data.read(at, length - length % 4), "<u4").astype(np.int64)
    begin = starts[0] if len(starts) else at + length
    inside = np.isin(wanted + begin, starts).all() and (np.diff(wanted) > 0).all()
    if length != 4 * count or not inside or wanted[0] != 0:
        raise data.damaged(f"the table of offsets of {count} frames does not lead to their fragments", at)


def codec(data: Data, found: Frames, pixels: Pixels, syntax: str) -> Mapping[str, Json] | str:
    """Return the configuration that decodes every frame exactly, or the reason why there is none."""
    family, _, number = syntax.removeprefix("1.2.840.10008.1.2.").partition(".")
    if (family, number) == ("5", ""):
        if pixels.allocated not in (8, 16, 32):
            return f"run lengths of {pixels.allocated} bits are beyond the codec"
        _require_segments(data, found, pixels)
        return {"id": "imagecodecs_dicomrle", "dtype": f"<u{pixels.allocated // 8}"}
    if family != "4":
        return f"its transfer syntax {syntax} has no codec"
    heads = (
        (data.read(at, min(_HEADER, n)), n)
        for at, n in zip(found.offset.tolist(), found.nbytes.tolist(), strict=True)
    )
    choices = {_choice(head, pixels, number) for head, _ in heads}
    if len(choices) != 1:
        return "its frames are encoded in different ways"
    (name, detail), *_ = choices
    if name == "":
        return detail
    if detail:
        return {"id": name, "colorspace_jpeg": detail, "colorspace_data": detail}
    return {"id": name}


def _require_segments(data: Data, found: Frames, pixels: Pixels) -> None:
    """Raise V0361 unless each frame's segments lie in it: the codec itself does not look."""
    count = pixels.samples * (pixels.allocated // 8)
    for at, n in zip(found.offset.tolist(), found.nbytes.tolist(), strict=True):
        head = struct.unpack("<16I", data.read(at, _RUN_HEADER)) if n >= _RUN_HEADER else (0,) * 16
        starts = head[1 : 1 + count]
        rising = all(one < other for one, other in pairwise((_RUN_HEADER - 1, *starts, n)))
        if count > _MOST_SEGMENTS or head[0] != count or not rising or any(head[1 + count :]):
            raise data.damaged(
                f"a frame of run lengths does not begin with the places of {count} segments in it", at
            )


def _choice(head: bytes, pixels: Pixels, number: str) -> tuple[str, str]:
    """Return a codec's name and its colour space; or no name, and a reason."""
    if number in _JPEG:
        return _jpeg(head, pixels)
    if number in ("80", "81"):
        frame = _frame_header(head, (0xF7,))
        why = _unlike(frame, pixels) or ("its frames have several samples" if pixels.samples > 1 else "")
        return ("", why) if why else ("imagecodecs_jpegls", "")
    if number in ("90", "91"):
        return _jpeg2000(head, pixels)
    return "", "its frames are a stream of video, or encoded in a way that no codec here undoes"


def _jpeg(head: bytes, pixels: Pixels) -> tuple[str, str]:
    frame = _frame_header(head, (0xC0, 0xC1, 0xC2, 0xC3))
    why = _unlike(frame, pixels)
    if why or frame is None:
        return "", why
    if pixels.samples == 1:
        return "imagecodecs_jpeg", ""
    if frame.adobe or frame.components in (b"RGB", b"rgb") or pixels.samples != 3 or frame.lossless:
        return "", "its frames state a colour transformation of their own"
    return "imagecodecs_jpeg", "YCBCR"


@dataclass(frozen=True, slots=True)
class _Frame:
    """What the header of a JPEG or JPEG-LS frame says."""

    precision: int
    rows: int
    columns: int
    components: bytes
    adobe: bool
    lossless: bool


def _frame_header(head: bytes, kinds: tuple[int, ...]) -> _Frame | None:
    """Follow the markers of a JPEG stream to its frame header; None where there is none."""
    at, adobe = 2, False
    if head[:2] != b"\xff\xd8":
        return None
    while at + 4 <= len(head) and head[at] == 0xFF:
        marker = head[at + 1]
        if marker == 0xFF:
            at += 1
            continue
        (length,) = struct.unpack(">H", head[at + 2 : at + 4])
        if marker in kinds and at + 10 <= len(head):
            precision, rows, columns, count = struct.unpack(">BHHB", head[at + 4 : at + 10])
            names = head[at + 10 : at + 10 + 3 * count : 3]
            return _Frame(precision, rows, columns, names, adobe, marker == 0xC3)
        adobe = adobe or (marker == 0xEE and head[at + 4 : at + 9] == b"Adobe")
        at += 2 + max(2, length)
    return None


def _unlike(frame: _Frame | None, pixels: Pixels) -> str:
    """Return why the frames' own headers do not promise the pixels that the data set states."""
    if frame is None:
        return "a frame has no header that is known"
    if (frame.rows, frame.columns, len(frame.components)) != (pixels.rows, pixels.columns, pixels.samples):
        return "a frame has another shape than the data set states"
    return _deep(frame.precision, pixels) or (
        "its samples are signed, and their codec knows none"
        if pixels.signed and frame.precision < pixels.allocated
        else ""
    )


def _deep(precision: int, pixels: Pixels) -> str:
    if pixels.allocated not in (8, 16) or not pixels.allocated - 8 < precision <= pixels.allocated:
        return f"its frames have {precision} bits in samples of {pixels.allocated}"
    return "" if precision == pixels.stored else "its frames have another depth than the data set states"


def _jpeg2000(head: bytes, pixels: Pixels) -> tuple[str, str]:
    if head[:4] != b"\xff\x4f\xff\x51" or len(head) < 42:
        return "", "its frames are no bare code streams"
    width, height, left, top = struct.unpack(">IIII", head[8:24])
    (count,) = struct.unpack(">H", head[40:42])
    if (height - top, width - left, count) != (pixels.rows, pixels.columns, pixels.samples):
        return "", "a frame has another shape than the data set states"
    parts = {head[42 + 3 * k : 45 + 3 * k] for k in range(min(count, 4))}
    depth, *steps = parts.pop() if len(parts) == 1 else b"\0"
    if steps != [1, 1]:
        return "", "its frames have samples at different depths or distances"
    why = _deep((depth & 0x7F) + 1, pixels)
    if not why and bool(depth >> 7) != pixels.signed:
        why = "its frames and the data set differ about signs"
    if not why and pixels.samples > 1 and (pixels.allocated != 8 or pixels.samples != 3):
        why = "its frames have several samples of more than 8 bits"
    return ("", why) if why else ("imagecodecs_jpeg2k", "")


def is_encapsulated(element: Element) -> bool:
    """Tell whether pixel data are items of their own."""
    return element.length == UNDEFINED
