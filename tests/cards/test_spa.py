"""OMNIC: the axes of real files are those of SpectroChemPy before it rounds them, and what is refused."""

from __future__ import annotations

import json
import struct
from pathlib import Path

import numpy as np
import pytest

import vspec
from tests.cards.maps import attributes, card, read


def mapped(path, folder):
    report = vspec.apply(card("thermo/spa"), path, folder)
    assert not report.problems, report.problems
    return Path(report.maps[0].map)


@pytest.mark.corpus
@pytest.mark.parametrize("name", ("2-BaSO4_0.SPA", "interfero.SPA"))
def test_axes_are_those_of_the_reader(name, corpus, tmp_path):
    recorded = json.loads((corpus / "ORACLE.json").read_text(encoding="utf-8"))
    said = recorded[f"omnic_spa/{name}"]["arrays"]["x"]
    y = read(mapped(corpus / "omnic_spa" / name, tmp_path))["y"]
    axis = y.axes["x"]
    x = axis["start"] + axis["step"] * np.arange(y.values.size)
    assert list(x.shape) == said["shape"]
    rounded = 0.00052  # half of the third decimal, and what is lost in 32 bits
    np.testing.assert_allclose(x[:4], said["first"], rtol=0, atol=rounded)
    np.testing.assert_allclose(x[-4:], said["last"], rtol=0, atol=rounded)


def write(path, parts, laser=15798.25, points=5):
    """Write parts, key and bytes of each, behind a header of an interferogram."""
    header = bytearray(140)
    struct.pack_into("<III", header, 4, points, 2, 22)
    struct.pack_into("<ff", header, 16, 0, points - 1)
    struct.pack_into("<II", header, 32, 2, 16)
    struct.pack_into("<ff", header, 80, laser, 2.0)
    parts = [(2, bytes(header)), *parts]
    table, body, begin = b"", b"", 304 + 16 * len(parts)
    for key, content in parts:
        table += struct.pack("<BBII6x", key, 0, begin + len(body), len(content))
        body += content
    front = b"Spectral Data File\r\n".ljust(30, b"\0") + b"made".ljust(264, b"\0")
    path.write_bytes(front + struct.pack("<HIHH", len(parts), 3814248362, 0, 0) + table + body)


def test_an_interferogram_lies_over_the_path_difference(tmp_path):
    data, kept = np.arange(5, dtype="<f4"), np.arange(7, dtype="<f4")
    write(tmp_path / "a.spa", [(3, data.tobytes()), (102, kept.tobytes()), (100, struct.pack("<12xf8x", 3))])
    path = mapped(tmp_path / "a.spa", tmp_path / "maps")
    arrays = read(path)
    step = 10 / 15798.25  # mm: a wavelength of the laser
    for name, values, peak in (("y", data, 2), ("sample_interferogram/y", kept, 3)):
        np.testing.assert_array_equal(arrays[name].values, values)
        axis = arrays[name].axes["x"]
        assert (axis["start"], axis["step"]) == pytest.approx((-peak * step, step), rel=1e-6)
        assert (axis["units"], arrays[name].attrs["units"]) == ("mm", "V")
    assert attributes(path)["acquired"] == "2020-11-12T09:26:02"
    assert attributes(path)["scans"] == 16


@pytest.mark.parametrize(
    ("parts", "change"),
    (
        ([(3, bytes(20))], {"laser": 0.0}),
        ([(3, bytes(16))], {}),
        ([(3, bytes(20)), (3, bytes(20))], {}),
    ),
    ids=("no laser", "fewer points", "two spectra"),
)
def test_what_does_not_fit_is_refused(parts, change, tmp_path):
    write(tmp_path / "a.spa", parts, **change)
    report = vspec.apply(card("thermo/spa"), tmp_path / "a.spa", tmp_path / "maps")
    assert {problem.code for problem in report.problems} == {"V0604"}
    assert not report.maps
