"""NIfTI: headers that contradict themselves or each other are refused."""

from __future__ import annotations

import struct
from pathlib import Path

import numpy as np
import pytest

import vspec
from tests.cards.maps import card, read

DATA = np.arange(24, dtype="<i2")


GOOD = {
    "size": 348,
    "dim": (3, 4, 3, 2, 1, 1, 1, 1),
    "datatype": 4,
    "bitpix": 16,
    "offset": 352.0,
    "magic": b"n+1\0",
}


def header(**changes):
    said = GOOD | changes
    raw = bytearray(352)
    struct.pack_into("<i", raw, 0, said["size"])
    struct.pack_into("<8h", raw, 40, *said["dim"])
    struct.pack_into("<hh", raw, 70, said["datatype"], said["bitpix"])
    struct.pack_into("<f", raw, 108, said["offset"])
    raw[344:348] = said["magic"]
    return bytes(raw)


def apply(folder, raw):
    (folder / "a.nii").write_bytes(raw + DATA.tobytes())
    return vspec.apply(card("nifti/nifti1"), folder, folder / "maps")


def test_the_header_that_the_others_change(tmp_path):
    report = apply(tmp_path, header())
    assert not report.problems
    voxels = read(Path(report.maps[0].map))["voxels"]
    assert np.array_equal(voxels.values, DATA.reshape(4, 3, 2, order="F"))
    assert "scale_factor" not in voxels.attrs


def test_an_extension_before_the_voxels(tmp_path):
    report = apply(tmp_path, header(offset=400.0) + bytes(48))
    assert not report.problems
    assert read(Path(report.maps[0].map))["voxels"].values[1, 0, 0] == 1


@pytest.mark.parametrize(
    ("changes", "code", "message"),
    (
        ({"size": 540}, "V0602", ""),
        ({"magic": b"ni1\0"}, "V0604", "the magic is 'ni1'"),
        ({"magic": bytes(4)}, "V0604", "the magic is ''"),
        ({"dim": (0, 4, 3, 2, 1, 1, 1, 1)}, "V0604", "dim[0] is 0"),
        ({"dim": (8, 4, 3, 2, 1, 1, 1, 1)}, "V0604", "dim[0] is 8"),
        ({"dim": (3, 4, -3, 2, 1, 1, 1, 1)}, "V0604", "a dimension is below 1"),
        ({"datatype": 1536, "bitpix": 128}, "V0604", "data type 1536"),
        ({"bitpix": 32}, "V0604", "data type 4 has 16 bits, bitpix says 32"),
        ({"offset": 0.0}, "V0604", "inside the header"),
        ({"dim": (3, 4, 3, 3, 1, 1, 1, 1)}, "V0604", "72 bytes of voxels"),
    ),
)
def test_headers_that_are_refused(changes, code, message, tmp_path):
    report = apply(tmp_path, header(**changes))
    assert not report.maps
    assert any(p.code == code and message in p.message for p in report.problems), report.problems


def test_nan_means_no_scale(tmp_path):
    raw = bytearray(header())
    struct.pack_into("<ff", raw, 112, float("nan"), float("nan"))
    report = apply(tmp_path, bytes(raw))
    assert not report.problems
    assert not {"scale_factor", "add_offset"} & set(read(Path(report.maps[0].map))["voxels"].attrs)


@pytest.mark.corpus
@pytest.mark.parametrize("name", ("header_only_analyze/analyze.hdr", "header_only_nifti2/nifti2.hdr"))
def test_other_headers_are_no_nifti1(name, corpus, tmp_path):
    (tmp_path / "a.hdr").write_bytes((corpus / name).read_bytes())
    (tmp_path / "a.img").write_bytes(bytes(1000))
    assert not vspec.identify(tmp_path).matches
