"""WiRE: unfinished files, maps in the order of their positions, and what is refused, in files made by hand."""

from __future__ import annotations

import struct
from pathlib import Path

import numpy as np
import pytest

import vspec
from tests.cards.maps import attributes, card, read

START = 133958520463998966  # 2025-07-01, 14:00:46.4
POINTS = 7
FALLING = np.linspace(350, 50, POINTS, dtype="<f4")


def block(name, content, uid=0):
    return struct.pack("<4sIQ", name, uid, 16 + len(content)) + content


def origin(code, unit, values, room):
    """A list of one value for each spectrum that the file has room for."""
    form = "<i8" if unit == 24 else "<f8"
    filled = np.concatenate([np.asarray(values, dtype=form), np.full(room - len(values), -1, dtype=form)])
    return struct.pack("<II16s", code, unit, b"") + filled.tobytes()


def write(path, data, origins, area=None, **header):
    """Write spectra into a file that may have room for more, with lists of origins and the area of a map."""
    n = len(data)
    room, flags, y_list = header.get("room", n), header.get("flags", 0), header.get("y_list", 1)
    head = struct.pack("<Q", flags) + bytes(36) + struct.pack("<IQQ", POINTS, room, n)
    head += struct.pack("<4I", 3, y_list, POINTS, len(origins)) + bytes(32)
    head += struct.pack("<IIQQIf", 7, 3, START, START, 6, 18791.5)
    parts = [block(b"WDF1", head.ljust(496, b"\0"), 1)]
    parts += [block(b"DATA", data.tobytes() + bytes(4 * POINTS * (room - n)))]
    parts += [block(b"XLST", struct.pack("<II", 1, 1) + FALLING.tobytes())]
    parts += [block(b"ORGN", struct.pack("<I", len(origins)) + b"".join(origins))]
    if area is not None:
        kind, place, step, length = area
        parts += [block(b"WMAP", struct.pack("<II3f3f3II", kind, 0, *place, *step, *length, 0))]
    path.write_bytes(b"".join(parts))


def spectra(n):
    return np.random.default_rng(n).standard_normal((n, POINTS)).astype("<f4")


def mapped(path):
    report = vspec.apply(card("renishaw/wdf"), path, path.parent / "maps")
    assert not report.problems, report.problems
    return Path(report.maps[0].map)


def test_an_unfinished_file_gives_what_was_measured(tmp_path):
    data = spectra(5)
    ticks = [START + 10_000_000 * (i + 1) + 5_000_000 for i in range(5)]
    origins = [
        origin(0x80000003, 5, [0, 1, 2, 0, 1], 11),
        origin(0x8000000B, 24, ticks, 11),
        origin(9, 21, [20, 21, 22, 23, 24.5], 11),
        origin(17, 0, [0] * 5, 11),
    ]
    write(tmp_path / "a.wdf", data, origins, room=11)
    path = mapped(tmp_path / "a.wdf")
    arrays = read(path)
    assert sorted(arrays) == ["X", "spectra", "spectral", "temperature", "time"]
    assert arrays["spectra"].dims == ("spectrum", "spectral")
    np.testing.assert_array_equal(arrays["spectra"].values, data[:, ::-1])
    np.testing.assert_array_equal(arrays["spectral"].values, FALLING[::-1])
    np.testing.assert_array_equal(arrays["X"].values, [0, 1, 2, 0, 1])
    np.testing.assert_array_equal(arrays["temperature"].values, [20, 21, 22, 23, 24.5])
    np.testing.assert_allclose(arrays["time"].values, [1.5, 2.5, 3.5, 4.5, 5.5], rtol=1e-12)
    assert arrays["time"].attrs["epoch"] == attributes(path)["time_start"] == "2025-07-01T14:00:46.4"
    assert attributes(path)["planned_spectra"] == 11
    assert (arrays["X"].attrs["units"], arrays["spectra"].attrs["units"]) == ("um", "counts")


@pytest.mark.parametrize(("kind", "shape"), ((0, (3, 2)), (2, (2, 3))), ids=("by rows", "by columns"))
def test_a_map_lies_as_its_positions_do(kind, shape, tmp_path):
    data = spectra(6)
    slow, fast = np.divmod(np.arange(6), shape[1])
    column, row = (slow, fast) if kind else (fast, slow)
    x, y = 10 + 2.5 * column, -3 - 0.5 * row
    area = kind, (10, -3, 0), (2.5, -0.5, 1), (2, 3, 1)
    write(tmp_path / "a.wdf", data, [origin(0x80000003, 5, x, 6), origin(0x80000004, 5, y, 6)], area)
    arrays = read(mapped(tmp_path / "a.wdf"))
    assert sorted(arrays) == ["map", "spectral"]
    found = arrays["map"]
    assert found.dims == ("y", "x", "spectral")
    assert found.axes["x"] == {"start": 10.0, "step": 2.5, "units": "um"}
    assert found.axes["y"] == {"start": -3.0, "step": -0.5, "units": "um"}
    for i in range(6):
        np.testing.assert_array_equal(found.values[row[i], column[i]], data[i, ::-1])


def test_a_snake_stays_a_row_of_spectra_with_positions(tmp_path):
    data, x, y = spectra(6), [0, 1, 1, 0, 0, 1], [0, 0, 1, 1, 2, 2]
    area = 4, (0, 0, 0), (1, 1, 1), (2, 3, 1)
    write(tmp_path / "a.wdf", data, [origin(0x80000003, 5, x, 6), origin(0x80000004, 5, y, 6)], area)
    arrays = read(mapped(tmp_path / "a.wdf"))
    np.testing.assert_array_equal(arrays["spectra"].values, data[:, ::-1])
    assert (arrays["X"].values.tolist(), arrays["Y"].values.tolist()) == (x, y)


@pytest.mark.parametrize("change", ({"flags": 1}, {"flags": 8}, {"y_list": 2}), ids=str)
def test_spectra_that_do_not_share_x_are_refused(change, tmp_path):
    write(tmp_path / "a.wdf", spectra(3), [origin(11, 24, [START] * 3, 3)], **change)
    report = vspec.apply(card("renishaw/wdf"), tmp_path / "a.wdf", tmp_path / "maps")
    assert [problem.code for problem in report.problems] == ["V0604"]
    assert not report.maps
