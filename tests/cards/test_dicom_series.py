"""Slices of a series become one volume, ordered by position, whatever the files are called."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

import vspec
from tests.cards.maps import card, read

pydicom = pytest.importorskip("pydicom", reason="pydicom writes the slices")

HEIGHTS = (30.0, 10.0, 20.0, 0.0, 40.0)


def slices(folder, **changes):
    """Write a series; return its slices by height. ``changes`` are attributes of the second file."""
    from pydicom.dataset import Dataset, FileMetaDataset
    from pydicom.uid import CTImageStorage, ExplicitVRLittleEndian, generate_uid

    folder.mkdir()
    found = {}
    for number, height in enumerate(HEIGHTS):
        one = Dataset()
        one.file_meta = FileMetaDataset()
        one.file_meta.TransferSyntaxUID = ExplicitVRLittleEndian
        one.file_meta.MediaStorageSOPClassUID = one.SOPClassUID = CTImageStorage
        one.file_meta.MediaStorageSOPInstanceUID = one.SOPInstanceUID = generate_uid()
        one.SeriesInstanceUID = "1.2.3"
        one.Rows, one.Columns, one.SamplesPerPixel, one.PhotometricInterpretation = 5, 7, 1, "MONOCHROME2"
        one.BitsAllocated, one.BitsStored, one.HighBit, one.PixelRepresentation = 16, 16, 15, 1
        one.ImagePositionPatient, one.ImageOrientationPatient = [1, 2, height], [1, 0, 0, 0, 1, 0]
        one.PixelSpacing, one.RescaleSlope, one.RescaleIntercept = [0.5, 0.25], 2, -1024
        values = np.random.default_rng(number).integers(-99, 99, (5, 7)).astype("<i2")
        one.PixelData = values.tobytes()
        for name, value in changes.items() if number == 1 else ():
            setattr(one, name, value)
        one.save_as(folder / f"im{number}.dcm", enforce_file_format=True)
        found[height] = values
    return found


def applied(tmp_path):
    return vspec.apply(card("nema/dicom-series"), tmp_path / "data", tmp_path / "maps")


def test_slices_are_ordered_by_position(tmp_path):
    found = slices(tmp_path / "data")
    report = applied(tmp_path)
    assert not report.problems
    (made,) = report.maps
    arrays = read(Path(made.map))
    volume = arrays["volume"]
    assert np.array_equal(volume.values, np.stack([found[height] for height in sorted(found)]))
    assert volume.attrs["scale_factor"] == 2
    assert volume.attrs["add_offset"] == -1024
    assert arrays["z_position"].values.tolist() == sorted(HEIGHTS)
    assert volume.axes["y"]["step"] == 0.5
    assert volume.axes["x"]["step"] == 0.25
    assert [m.problems for m in vspec.verify(made.map).maps] == [()]


@pytest.mark.parametrize(
    ("changes", "code"),
    (
        ({"RescaleSlope": 3}, "V0365"),
        ({"PixelRepresentation": 0}, "V0365"),
        ({"SeriesInstanceUID": "1.2.4"}, "V0604"),
        ({"ImagePositionPatient": [1, 2, 30]}, "V0426"),
    ),
)
def test_slices_that_do_not_belong_together_are_refused(changes, code, tmp_path):
    slices(tmp_path / "data", **changes)
    report = applied(tmp_path)
    assert [problem.code for problem in report.problems] == [code]
    assert report.maps == ()
