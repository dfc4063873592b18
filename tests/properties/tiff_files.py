"""Random TIFF files, as tifffile writes them, and what their arrays are."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import tifffile
from hypothesis import strategies as st

CODES = ("u1", "u2", "u4", "u8", "i1", "i2", "i4", "i8", "f2", "f4", "f8", "c8", "c16")
COMPRESSIONS = (
    None,
    None,
    "lzw",
    "deflate",
    "zlib",
    "packbits",
    "lzma",
    "zstd",
    "jpeg",
    "jpeg2000",
    "webp",
    "png",
)
PICTURES = {"jpeg": ("u1",), "jpeg2000": ("u1", "u2"), "webp": ("u1",), "png": ("u1", "u2")}


@dataclass(frozen=True)
class Made:
    """How a file is written: an array, and the writer's options for its pages and for the file."""

    array: np.ndarray
    options: dict[str, Any]
    head: dict[str, Any] = field(default_factory=dict)

    def write(self, path: Path) -> None:
        """Write the file."""
        with tifffile.TiffWriter(path, **self.head) as file:
            file.write(self.array, **self.options)


def smooth(draw: st.DrawFn, shape: tuple[int, ...], code: str) -> np.ndarray:
    """Draw an array that compresses, and that has every bit in some place."""
    random = np.random.default_rng(draw(st.integers(0, 2**32)))
    steps = random.integers(0, 5, shape).cumsum(axis=-1)
    if code[0] == "c":
        return (steps + 1j * random.random(shape)).astype(code)
    return (steps * (0.37 if code[0] == "f" else 1)).astype(code)


@st.composite
def files(draw: st.DrawFn) -> Made:
    """Draw a file of one array: pages, samples, strips or tiles, any compression, either byte order."""
    compression = draw(st.sampled_from(COMPRESSIONS))
    code = draw(st.sampled_from(PICTURES.get(compression, CODES)))
    y, x = draw(st.sampled_from([1, 2, 5, 13, 17, 40])), draw(st.sampled_from([1, 3, 8, 19, 33]))
    samples = draw(st.sampled_from([3, 4] if compression == "webp" else [1, 1, 3, 4]))
    planar = samples > 1 and compression != "webp" and draw(st.booleans())
    pages = draw(st.sampled_from([(), (), (2,), (7,), (3, 2)]))
    inner = (samples, y, x) if planar else (y, x, samples) if samples > 1 else (y, x)
    array = smooth(draw, (*pages, *inner), code)
    options: dict[str, Any] = {"compression": compression, "photometric": "minisblack"}
    if samples > 1:
        options |= {"planarconfig": "separate" if planar else "contig"}
        options["photometric"] = "rgb" if samples == 3 and code in ("u1", "u2") else "minisblack"
    if draw(st.booleans()):
        options["tile"] = draw(st.sampled_from([(16, 16), (16, 32), (32, 16)]))
    elif draw(st.booleans()):
        options["rowsperstrip"] = draw(st.integers(1, y))
    if (
        compression in ("lzw", "deflate", "zlib", "packbits", "lzma", "zstd")
        and code[0] in "uif"
        and draw(st.booleans())
    ):
        options["predictor"] = 3 if code[0] == "f" else 2
    if draw(st.booleans()):
        options["metadata"] = None
    big = draw(st.booleans())
    return Made(array, options, {"bigtiff": big, "byteorder": draw(st.sampled_from("<>"))})


@st.composite
def stacks(draw: st.DrawFn) -> Made:
    """Draw a hyperstack of ImageJ, or images of OME-TIFF, with axes by name."""
    kind = draw(st.sampled_from(["imagej", "ome"]))
    sizes = {axis: draw(st.sampled_from([1, 2, 3])) for axis in "TZC"}
    y, x = draw(st.sampled_from([1, 5, 13])), draw(st.sampled_from([2, 7, 19]))
    code = draw(st.sampled_from(["u1", "u2", "f4"]))
    rgb = code == "u1" and draw(st.booleans())
    shape = (*sizes.values(), y, x, *((3,) if rgb else ()))
    array = smooth(draw, shape, code)
    options: dict[str, Any] = {
        "metadata": {"axes": "TZCYX" + ("S" if rgb else "")},
        "photometric": "rgb" if rgb else "minisblack",
    }
    if kind == "ome":
        options["compression"] = draw(st.sampled_from([None, "lzw", "deflate"]))
        options["metadata"] |= {"PhysicalSizeX": 0.5, "PhysicalSizeXUnit": "µm", "TimeIncrement": 0.25}
        if draw(st.booleans()):
            options["tile"] = (16, 16)
    else:
        options["metadata"] |= {"spacing": 2.5, "unit": "um", "finterval": 0.125}
        options["resolution"] = (4, 4)
    order = ">" if kind == "imagej" else draw(st.sampled_from("<>"))
    return Made(array, options, {kind: True, "byteorder": order})
