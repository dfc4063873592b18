"""Samples that share bytes, and those of unequal widths side by side: by plain numpy, and of made-up files by hand."""

from __future__ import annotations

import hashlib
import struct
from pathlib import Path

import numpy as np
import pytest

import vspec
from tests.cards.maps import card, read

CORPUS = pytest.mark.corpus


def arrays_of(id, path, tmp_path):
    report = vspec.apply(card(id), path, tmp_path / "maps")
    assert not report.problems, report.problems
    return read(Path(report.maps[0].map))


@pytest.mark.parametrize("from_top", (True, False))
@pytest.mark.parametrize("width", (1, 7, 8, 9, 31, 33))
@pytest.mark.parametrize("bits", (1, 2, 4, 8))
def test_bitmaps_of_few_colours(bits, width, from_top, tmp_path):
    rng = np.random.default_rng(bits * 100 + width)
    pixels = rng.integers(0, 1 << bits, (5, width))
    row_bytes = (width * bits + 31) // 32 * 4
    rows = []
    for row in pixels if from_top else pixels[::-1]:
        text = "".join(f"{pixel:0{bits}b}" for pixel in row)
        filled = text + "".join(map(str, rng.integers(0, 2, 8 * row_bytes - len(text))))
        rows.append(int(filled, 2).to_bytes(row_bytes, "big"))
    palette = bytes(range(256)) * 4
    head = struct.pack("<IiiHHIIiiII", 40, width, -5 if from_top else 5, 1, bits, 0, 0, 0, 0, 0, 0)
    start = 14 + 40 + 4 * (1 << bits)
    body = head + palette[: 4 * (1 << bits)] + b"".join(rows)
    path = tmp_path / "a.bmp"
    path.write_bytes(b"BM" + struct.pack("<IHHI", 14 + len(body), 0, 0, start) + body)
    found = arrays_of("microsoft/bmp", path, tmp_path)
    np.testing.assert_array_equal(found["image"].values, pixels)
    assert found["palette"].values.shape == (1 << bits, 3)


@pytest.mark.parametrize("comments", ("", "# one\n", "# one\n# two\n"))
@pytest.mark.parametrize("width", (1, 7, 8, 9, 17))
def test_portable_bitmaps(width, comments, tmp_path):
    pixels = np.random.default_rng(width).integers(0, 2, (5, width)).astype(np.uint8)
    path = tmp_path / "a.pbm"
    path.write_bytes(f"P4\n{comments}{width} 5\n".encode() + np.packbits(pixels, axis=1).tobytes())
    found = arrays_of("netpbm/pnm", path, tmp_path)
    np.testing.assert_array_equal(found["image"].values, pixels)
    assert found["image"].attrs["flag_meanings"] == "white black"


@CORPUS
def test_a_real_portable_bitmap_is_the_inverse_of_what_a_reader_shows(corpus, tmp_path):
    """Pillow 13.0.0 gives this hash, with 255 for true."""
    found = arrays_of("netpbm/pnm", corpus / "netpbm/hopper_1bit.pbm", tmp_path)
    shown = (1 - found["image"].values).astype(np.uint8) * np.uint8(255)
    wanted = "0667d4734bcfb84ba2e9d3d7a5b5070f96e56eca42b7bbf5c37e8f3722373c0f"
    assert hashlib.sha256(shown.tobytes()).hexdigest() == wanted


@CORPUS
def test_parameters_of_unequal_widths(corpus, tmp_path):
    """FlowIO 1.4.0 and fcsparser give these hashes for all of them in one array."""
    path = corpus / "fcs/cyflow_cube_8.fcs"
    found = arrays_of("isac/fcs", path, tmp_path)
    names = ["FSC", "SSC", *(f"FL{k}" for k in range(1, 7)), "TIME", "DOUBLET"]
    kinds = ["<u2"] * 8 + ["<u4", "u1"]
    events = np.frombuffer(path.read_bytes(), list(zip(names, kinds, strict=True)), 725, 1456)
    assert set(found) == {f"events/{name}" for name in names}
    for name, kind in zip(names, kinds, strict=True):
        assert found[f"events/{name}"].values.dtype == np.dtype(kind)
        np.testing.assert_array_equal(found[f"events/{name}"].values, events[name])
    joined = np.stack([found[f"events/{name}"].values for name in names], axis=1)
    hashes = [hashlib.sha256(joined.astype(kind).tobytes()).hexdigest() for kind in ("<f8", "<f4")]
    assert hashes == [
        "18b672910edbc4dafc2689e73381581f49c81ea185a54d3bdc7ff19953213bd8",
        "2c8094086e1eb244ce3515feafa70249565763a8e38c98f0a01ab904a795beb9",
    ]


@CORPUS
def test_parameters_of_three_bytes(corpus, tmp_path):
    path = corpus / "fcs/Cytek_xP5.fcs"
    raw = path.read_bytes()
    first, last = int(raw[26:34]), int(raw[34:42])
    found = arrays_of("isac/fcs", path, tmp_path)["events"].values
    bytes_ = np.frombuffer(raw[first : last + 1], np.uint8)[: 3 * found.size].reshape(*found.shape, 3)
    order = [1, 256, 65536] if b"1,2,3,4" in raw[:first] else [65536, 256, 1]
    np.testing.assert_array_equal(found, (bytes_ * np.array(order, np.uint32)).sum(axis=-1, dtype=np.uint32))
