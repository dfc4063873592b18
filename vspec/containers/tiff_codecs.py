"""Which codecs decode a strip or tile, exactly as it is meant; or why none do."""

from __future__ import annotations

import base64
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from vspec.containers.tiff_form import JPEGS, PICTURES, Form
from vspec.layout import Codecs, Json

_BYTES: Mapping[int, Mapping[str, Json]] = {
    5: {"id": "imagecodecs_lzw"},
    8: {"id": "zlib", "level": 6},
    32946: {"id": "zlib", "level": 6},
    50013: {"id": "zlib", "level": 6},
    32773: {"id": "imagecodecs_packbits"},
    34925: {"id": "lzma", "format": 1, "check": -1, "preset": None, "filters": None},
    50000: {"id": "imagecodecs_zstd"},
}
"""Compressions of bytes. Zstd by imagecodecs: a frame need not say how long it is when it is decoded."""

_PICTURES: Mapping[int, str] = {
    22610: "jpegxr", 33003: "jpeg2k", 33004: "jpeg2k", 33005: "jpeg2k", 34712: "jpeg2k", 34887: "lerc",
    34933: "png", 34934: "jpegxr", 50001: "webp", 50002: "jpegxl", 52546: "jpegxl",
}  # fmt: skip

_NAMES: Mapping[int, str] = {
    2: "CCITT (run lengths)", 3: "CCITT fax of group 3", 4: "CCITT fax of group 4", 6: "old JPEG",
    32809: "ThunderScan", 34676: "SGI LogLuv", 34677: "SGI LogLuv", 34661: "JBIG",
}  # fmt: skip

_PREDICTORS: Mapping[int, tuple[str, int]] = {
    2: ("delta", 1),
    3: ("floatpred", 1),
    34892: ("delta", 2),
    34893: ("delta", 4),
    34894: ("floatpred", 2),
    34895: ("floatpred", 4),
}


@dataclass(frozen=True, slots=True)
class Coded:
    """The chain of codecs of a piece, or why there is none; ``lossy`` ones cannot be encoded again."""

    chain: Codecs = ()
    why_not: str = ""
    lossy: bool = False


def coded(form: Form, item: np.dtype[np.generic], rows: int, *, jfif: bool) -> Coded:
    """Return the codecs of pieces with ``rows`` rows. ``jfif`` tells whether JPEG streams have its marker."""
    if form.subsampled and form.compression not in JPEGS:
        return Coded(why_not="its colours have fewer samples than its brightness")
    if form.compression in PICTURES:
        return _picture(form, jfif=jfif)
    numbers = _numbers(form, item, rows)
    if isinstance(numbers, str):
        return Coded(why_not=numbers)
    packed = _packed(form)
    if packed is None:
        return Coded(why_not=f"no codec knows compression {form.compression}{_named(form)}")
    turned: Codecs = ({"id": "imagecodecs_bitorder"},) if form.bit_order == 2 else ()
    return Coded((*numbers, *packed, *turned))


def _named(form: Form) -> str:
    name = _NAMES.get(form.compression)
    return f", {name}, without the size of the picture" if name else ""


def _packed(form: Form) -> Codecs | None:
    if form.compression == 1:
        return ()
    codec = _BYTES.get(form.compression)
    return None if codec is None else (codec,)


def _numbers(form: Form, item: np.dtype[np.generic], rows: int) -> Codecs | str:
    """Return the codecs that make numbers of a piece's bytes."""
    depth, _, columns, inside = form.piece
    if form.format == 5:
        return "its complex numbers have whole numbers as parts"
    if form.bits == 24 and item.kind == "f":
        return "its floats have 24 bits"
    if isinstance(form.bits, tuple):
        return f"its samples have different numbers of bits: {', '.join(map(str, form.bits))}"
    if not form.whole:
        if form.predictor != 1:
            return f"its samples of {form.bits} bits are differences"
        packed: Mapping[str, Json] = {
            "id": "imagecodecs_packints",
            "dtype": item.str,
            "bitspersample": form.bits,
            "runlen": columns * inside,
        }
        return (packed,)
    if form.predictor == 1:
        return ()
    found = _PREDICTORS.get(form.predictor)
    if found is None or (found[0] == "floatpred") != (item.kind == "f") or item.kind in "bc":
        return f"predictor {form.predictor} is not known for samples of {item}"
    shape: list[Json] = [depth, rows, columns, inside]
    name, distance = found
    return ({"id": f"imagecodecs_{name}", "shape": shape, "dtype": item.str, "axis": -2, "dist": distance},)


def _picture(form: Form, *, jfif: bool) -> Coded:
    """Return the codec of a compression that knows of samples itself."""
    if form.compression in JPEGS:
        return _jpeg(form, jfif=jfif)
    name = _PICTURES.get(form.compression)
    if name is None:
        return Coded(why_not=f"no codec knows compression {form.compression}{_named(form)}")
    if form.bits not in (8, 16, 32):
        return Coded(why_not=f"its pictures of {form.bits} bits are made to fit other sizes")
    codec: dict[str, Json] = {"id": f"imagecodecs_{name}"}
    if name == "webp" and form.samples == 4:
        codec["hasalpha"] = True
    return Coded((codec,), lossy=True)


def _jpeg(form: Form, *, jfif: bool) -> Coded:
    if form.bits != 8:
        return Coded(why_not=f"its JPEG pictures have samples of {form.bits} bits")
    before, after = _colors(form, jfif=jfif)
    tables = None if form.tables is None else base64.b64encode(form.tables).decode()
    codec: Mapping[str, Json] = {
        "id": "imagecodecs_jpeg",
        "tables": tables,
        "colorspace_jpeg": before,
        "colorspace_data": after,
    }
    return Coded((codec,), lossy=True)


def _colors(form: Form, *, jfif: bool) -> tuple[int | None, int | None]:
    """Return the colours of JPEG streams (None where they say it), and those to be had: RGB of YCbCr."""
    before: int | None = None
    after: int | None = None
    if not form.extra:
        if form.photometric == 2:
            before = None if jfif else 2
        after = {2: 2, 6: 2, 5: 4}.get(form.photometric)
    return before, 1 if form.planar else after
