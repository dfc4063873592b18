"""Damage to what says where numbers lie, and of which type they are: refused, byte by byte."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pyarrow as pa
import pydicom
import pytest
import tifffile
from pyarrow import ipc
from pydicom.dataset import Dataset, FileMetaDataset
from pydicom.uid import ExplicitVRLittleEndian

from vspec.errors import VspecError
from vspec.testing.delegates import opened

pytestmark = pytest.mark.filterwarnings("ignore")


def refused(word: str, folder: Path, name: str) -> str:
    """Return what the problem found, or its message."""
    with pytest.raises(VspecError) as caught:
        [entry.layout() for entry in opened(word, folder, name).container.entries.values()]
    (problem,) = caught.value.problems
    assert problem.code == "V0361"
    return problem.found or problem.message


def picture(path: Path, **changed: object) -> None:
    made = Dataset()
    made.SOPClassUID, made.SOPInstanceUID = "1.2.840.10008.5.1.4.1.1.7", "1.2.3"
    made.Rows, made.Columns, made.SamplesPerPixel = 3, 5, 1
    made.PhotometricInterpretation = "MONOCHROME2"
    made.BitsAllocated = made.BitsStored = 16
    made.HighBit, made.PixelRepresentation = 15, 0
    made.PixelData = np.arange(15, dtype="<u2").tobytes()
    made["PixelData"].VR = "OW"
    for name, value in changed.items():
        if value is None:
            delattr(made, name)
        else:
            setattr(made, name, value)
    made.file_meta = FileMetaDataset()
    made.file_meta.TransferSyntaxUID = ExplicitVRLittleEndian
    pydicom.dcmwrite(path, made, enforce_file_format=True)


@pytest.mark.parametrize(
    ("name", "value", "found"),
    (
        ("PhotometricInterpretation", "MONOC@ROME2", "(0028,0004): 'MONOC@ROME2'"),
        ("PhotometricInterpretation", None, "(0028,0004): ''"),
        ("SamplesPerPixel", None, "(0028,0002): nothing"),
        ("BitsStored", 17, "(0028,0101): 17"),
        ("BitsStored", 0, "(0028,0101): 0"),
        ("BitsStored", None, "(0028,0101): nothing"),
        ("PixelRepresentation", 32, "(0028,0103): 32"),
        ("PixelRepresentation", None, "(0028,0103): nothing"),
    ),
)
def test_dicom_pixels_that_are_not_described(name: str, value: object, found: str, tmp_path: Path):
    picture(tmp_path / "x.dcm", **{name: value})
    assert refused("dicom", tmp_path, "x.dcm") == found


def test_a_dicom_transfer_syntax_that_is_unknown(tmp_path: Path):
    picture(tmp_path / "x.dcm")
    raw = (tmp_path / "x.dcm").read_bytes()
    assert raw.count(b"1.2.840.10008.1.2.1") == 1
    (tmp_path / "x.dcm").write_bytes(raw.replace(b"1.2.840.10008.1.2.1", b"1.2.840.10008.5.2.1"))
    assert refused("dicom", tmp_path, "x.dcm") == "(0002,0010): '1.2.840.10008.5.2.1'"


def test_an_arrow_footer_that_leads_elsewhere(tmp_path: Path):
    table = pa.table({"a": pa.array(np.arange(7, dtype="<i4"))})
    with ipc.new_file(str(tmp_path / "x.arrow"), table.schema) as target:
        target.write_table(table)
    raw = bytearray((tmp_path / "x.arrow").read_bytes())
    # The footer's only block: its offset, the length of its metadata, and that of its body, 28 bytes padded.
    body = raw.rindex((32).to_bytes(8, "little"))
    assert int.from_bytes(raw[body - 8 : body - 4], "little") % 8 == 0
    for value in (24, 33, 40):
        raw[body] = value
        (tmp_path / "x.arrow").write_bytes(raw)
        assert "a block of the footer" in refused("arrow", tmp_path, "x.arrow")


def test_a_tiff_description_whose_shape_cannot_be_read(tmp_path: Path):
    tifffile.imwrite(tmp_path / "x.tif", np.zeros((2, 3, 5), "u1"))
    raw = (tmp_path / "x.tif").read_bytes()
    (tmp_path / "x.tif").write_bytes(raw.replace(b'{"shape": [2, 3, 5]}', b'{"shape": [2, 3$ 5]}'))
    assert refused("tiff", tmp_path, "x.tif") == repr('{"shape": [2, 3$ 5]}')


def test_imagej_that_gives_a_text_for_a_number(tmp_path: Path):
    tifffile.imwrite(tmp_path / "x.tif", np.zeros((7, 3, 5), "u1"), imagej=True, metadata={"axes": "TYX"})
    raw = (tmp_path / "x.tif").read_bytes()
    (tmp_path / "x.tif").write_bytes(raw.replace(b"frames=7", b"frames=x"))
    assert refused("tiff", tmp_path, "x.tif") == "'x'"


def test_a_tiff_tag_that_is_a_fraction(tmp_path: Path):
    tifffile.imwrite(tmp_path / "x.tif", np.zeros((3, 5), "u1"), metadata=None, byteorder="<")
    raw = bytearray((tmp_path / "x.tif").read_bytes())
    place = raw.index(b"\x11\x01\x04\x00")  # tag 273, offsets of strips, of type 4
    raw[place + 2] = 5
    (tmp_path / "x.tif").write_bytes(raw)
    refused("tiff", tmp_path, "x.tif")
