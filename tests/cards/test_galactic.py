"""Galactic spectra: what a reader says otherwise, settled by the bytes, and every way in which x is stored."""

from __future__ import annotations

import struct
from pathlib import Path

import numpy as np
import pytest

import vspec
from tests.cards.maps import card, read

CORPUS = pytest.mark.corpus
INTEGERS = np.array([-(2**31), -1, 0, 65536, 0x12345678], dtype=np.int64)


def arrays_of(id, path, tmp_path):
    report = vspec.apply(card(id), path, tmp_path / "maps")
    assert not report.problems, report.problems
    return read(Path(report.maps[0].map))


@CORPUS
def test_words_of_the_old_format_fill_the_file_with_their_headers(corpus, tmp_path):
    path = corpus / "spc/LC_DIODE_ARRAY.SPC"
    found = arrays_of("galactic/spc-old", path, tmp_path)
    raw = path.read_bytes()
    points, size = 181, 32 + 2 * 181
    assert (len(raw) - 224) % size == 0
    rows = np.frombuffer(raw[224:], np.uint8).reshape(-1, size)
    assert rows.shape[0] == 350
    assert rows[:, 2:4].copy().view("<u2")[:, 0].tolist() == list(range(350))  # each says its own number
    np.testing.assert_array_equal(found["y"].values, rows[:, 32:].copy().view("<i2"))
    assert found["y"].values.shape == (350, points)
    exponents = rows[:, 1].copy().view(np.int8)
    np.testing.assert_array_equal(found["spectrum_gain"].values, 2.0 ** (exponents - 16.0))
    times = rows[:, 4:8].copy().view("<f4")[:, 0]
    np.testing.assert_allclose(found["z"].values, times, rtol=1e-3, atol=1e-6)


@CORPUS
def test_exponents_are_signed(corpus, tmp_path):
    path = corpus / "spc/XYTRACE.SPC"
    found = arrays_of("galactic/spc", path, tmp_path)
    raw = path.read_bytes()
    assert raw[3] == 0xFF
    assert found["y"].attrs["scale_factor"] == 2.0**-33
    np.testing.assert_array_equal(found["y"].values, np.frombuffer(raw, "<i4", 3469, 512 + 4 * 3469 + 32))
    np.testing.assert_array_equal(found["x"].values, np.frombuffer(raw, "<f4", 3469, 512))


def header(order, flags, exponent, points, subfiles):
    version = 0x4B if order == "<" else 0x4C
    start = struct.pack(f"{order}BBBbIddI", flags, version, 0, exponent, points, 400.0, 408.0, subfiles)
    return start + bytes([3, 2, 5]) + bytes(512 - len(start) - 3)


def subfile(order, exponent, number, at, points=0):
    return struct.pack(f"{order}BbHfffII8x", 0, exponent, number, at, at + 0.5, 0.0, points, 0)


def write(folder, *parts):
    path = folder / "made.spc"
    path.write_bytes(b"".join(parts))
    return path


@pytest.mark.parametrize("order", ("<", ">"))
def test_the_exponent_of_a_single_file_is_that_of_the_header(order, tmp_path):
    y = INTEGERS.astype(f"{order}i4")
    path = write(tmp_path, header(order, 0, -3, 5, 1), subfile(order, 7, 0, 0.0), y.tobytes())
    found = arrays_of("galactic/spc", path, tmp_path)
    np.testing.assert_array_equal(found["y"].values, INTEGERS)
    assert found["y"].attrs["scale_factor"] == 2.0**-35
    assert found["y"].attrs.get("units") is None
    assert found["y"].axes["x"] == {"start": 400.0, "step": 2.0, "units": "nm"}


@pytest.mark.parametrize("order", ("<", ">"))
def test_integers_and_floats_side_by_side(order, tmp_path):
    numbers = [INTEGERS.astype(f"{order}i4"), np.arange(5.0).astype(f"{order}f4"), -INTEGERS[1:2].repeat(5)]
    exponents = [4, -128, 0]
    parts = [header(order, 4, 1, 5, 3)]
    for k, (exponent, y) in enumerate(zip(exponents, numbers, strict=True)):
        kind = y.dtype if k < 2 else np.dtype(f"{order}i4")
        parts += [subfile(order, exponent, k, 2.0), y.astype(kind).tobytes()]
    found = arrays_of("galactic/spc", write(tmp_path, *parts), tmp_path)
    for k, y in enumerate(numbers):
        np.testing.assert_array_equal(found[f"spectrum_{k}/y"].values, y)
    scales = [found[f"spectrum_{k}/y"].attrs.get("scale_factor") for k in range(3)]
    assert scales == [2.0**-28, None, 2.0**-32]
    assert found["z"].values.tolist() == [2.0, 2.5, 3.0]  # of even ones only the first subfile's times count


@pytest.mark.parametrize("order", ("<", ">"))
@pytest.mark.parametrize("directory", (True, False))
def test_x_of_each_subfile(order, directory, tmp_path):
    sizes = [3, 1, 7]
    blocks = []
    for k, n in enumerate(sizes):
        x, y = np.arange(n) + 10.0 * k, np.arange(n) - k
        head = subfile(order, k - 1, k, 0.25 * k, n)
        blocks.append(head + x.astype(f"{order}f4").tobytes() + y.astype(f"{order}i2").tobytes())
    stored = [2, 0, 1] if directory else [0, 1, 2]
    places, at = {}, 512
    for k in stored:
        places[k] = at
        at += len(blocks[k])
    entries = b"".join(struct.pack(f"{order}IIf", places[k], len(blocks[k]), 0.0) for k in range(3))
    start = header(order, 0xC0 | 4 | 1, 9, at if directory else 0, 3)
    path = write(tmp_path, start, *(blocks[k] for k in stored), *([entries] if directory else []))
    found = arrays_of("galactic/spc", path, tmp_path)
    for k, n in enumerate(sizes):
        assert found[f"spectrum_{k}/x"].values.tolist() == [10.0 * k + i for i in range(n)]
        assert found[f"spectrum_{k}/y"].values.tolist() == [i - k for i in range(n)]
        assert found[f"spectrum_{k}/y"].attrs["scale_factor"] == 2.0 ** (k - 1 - 16)
    assert found["z"].values.tolist() == [0.0, 0.25, 0.5]


@pytest.mark.parametrize("multi", (True, False))
def test_long_integers_of_the_old_format_have_their_upper_word_first(multi, tmp_path):
    words = INTEGERS.astype(">i4").view(">u2").astype("<u2")
    start = struct.pack("<BBhfff", 4 if multi else 0, 0x4D, 2, 5.0, 100.0, 108.0) + bytes([13, 2])
    start = start.ljust(224, b"\0")
    blocks = [subfile("<", 3 + k, k, 1.0 * k) + words.tobytes() for k in range(3 if multi else 1)]
    found = arrays_of("galactic/spc-old", write(tmp_path, start, *blocks), tmp_path)
    if multi:
        np.testing.assert_array_equal(found["y"].values, [INTEGERS] * 3)
        assert found["spectrum_gain"].values.tolist() == [2.0**-29, 2.0**-28, 2.0**-27]
    else:
        np.testing.assert_array_equal(found["y"].values, INTEGERS)
        assert found["y"].attrs["scale_factor"] == 2.0**-30
    assert found["y"].axes["x"] == {"start": 100.0, "step": 2.0, "units": "cm-1"}


@pytest.mark.parametrize(
    ("flags", "exponents", "says"),
    ((5, (2, -128), "16 bits beside floats"), (0x40, (2, 2), "flags"), (0x44, (2, 2), "flags")),
)
def test_what_nobody_could_read_is_refused(flags, exponents, says, tmp_path):
    parts = [header("<", flags, 1, 5, 2)]
    for k, exponent in enumerate(exponents):
        parts += [subfile("<", exponent, k, 0.0), bytes(10 if flags & 1 else 20)]
    report = vspec.check(card("galactic/spc"), write(tmp_path, *parts))
    assert [p.code for p in report.problems] == ["V0604"]
    assert says in report.problems[0].message


def test_spectra_that_reach_into_the_log_are_refused(tmp_path):
    raw = bytearray(header("<", 0, 1, 5, 1) + subfile("<", 1, 0, 0.0) + bytes(20 + 64))
    raw[248:252] = struct.pack("<I", len(raw) - 65)
    report = vspec.check(card("galactic/spc"), write(tmp_path, bytes(raw)))
    assert [p.code for p in report.problems] == ["V0604"]


def test_floats_of_the_old_format_are_refused(tmp_path):
    start = struct.pack("<BBhfff", 0, 0x4D, 128, 5.0, 100.0, 108.0).ljust(224, b"\0")
    report = vspec.check(card("galactic/spc-old"), write(tmp_path, start, bytes(32 + 20)))
    assert [p.code for p in report.problems] == ["V0604"]
    assert "floats" in report.problems[0].message
