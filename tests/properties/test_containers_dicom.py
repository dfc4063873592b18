"""A damaged DICOM file is a coded error, or equal to what pydicom reads of the same file."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path

import numpy as np
import pydicom
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pydicom.dataset import Dataset, FileMetaDataset
from pydicom.sequence import Sequence
from pydicom.uid import ExplicitVRBigEndian, ExplicitVRLittleEndian, ImplicitVRLittleEndian, RLELossless

from vspec.errors import VspecError
from vspec.layout import Derived
from vspec.peers.dicom import read_dicom
from vspec.testing.delegates import opened
from vspec.testing.layouts import values

SETTINGS = settings(
    max_examples=int(os.environ.get("VSPEC_EXAMPLES", "100")),
    deadline=None,
    suppress_health_check=list(HealthCheck),
)
pytestmark = pytest.mark.filterwarnings("ignore")


@st.composite
def written(draw: st.DrawFn, folder: Path) -> np.ndarray:
    """Write a file ``x.dcm``; return its pixels in the order in which they are stored."""
    syntax = draw(
        st.sampled_from([ImplicitVRLittleEndian, ExplicitVRLittleEndian, ExplicitVRBigEndian, RLELossless])
    )
    order = ">" if syntax == ExplicitVRBigEndian else "<"
    samples = draw(st.sampled_from([1, 1, 3]))
    kinds = (
        ["u1", "u2"]
        if samples == 3
        else ["u1", "u2", "i2"]
        if syntax == RLELossless
        else ["u2", "i2", "u4", "i4"]
    )
    kind = np.dtype(order + draw(st.sampled_from(kinds)))
    frames, rows, columns = (draw(st.sampled_from([1, 2, 3, 5, 7])) for _ in range(3))
    shape = (*([frames] if frames > 1 else []), rows, columns, *([3] if samples == 3 else []))
    pixels = values(kind, shape, draw(st.integers(0, 2**32)))
    made = Dataset()
    made.SOPClassUID, made.SOPInstanceUID = "1.2.840.10008.5.1.4.1.1.7", "1.2.3"
    made.Rows, made.Columns, made.SamplesPerPixel, made.NumberOfFrames = rows, columns, samples, frames
    made.PhotometricInterpretation = "RGB" if samples == 3 else "MONOCHROME2"
    if samples == 3:
        made.PlanarConfiguration = 0
    made.BitsAllocated = made.BitsStored = 8 * kind.itemsize
    made.HighBit, made.PixelRepresentation = 8 * kind.itemsize - 1, int(kind.kind == "i")
    item = Dataset()
    item.CodeValue = "abc"
    made.PurposeOfReferenceCodeSequence = Sequence([item] * draw(st.integers(0, 2)))
    made["PurposeOfReferenceCodeSequence"].is_undefined_length = draw(st.booleans())
    made.PixelData = pixels.tobytes() + b"\0" * (pixels.nbytes % 2)
    made["PixelData"].VR = "OB" if kind.itemsize == 1 else "OW"
    made.file_meta = FileMetaDataset()
    made.file_meta.TransferSyntaxUID = ExplicitVRLittleEndian if syntax == RLELossless else syntax
    pydicom.dcmwrite(folder / "x.dcm", made, enforce_file_format=True)
    if syntax == RLELossless:
        again = pydicom.dcmread(folder / "x.dcm")
        again.compress(RLELossless, encoding_plugin="pydicom", generate_instance_uid=False)
        again.save_as(folder / "x.dcm")
        return np.moveaxis(pixels, -1, -3) if samples == 3 else pixels
    return pixels


def same(left: np.ndarray, right: np.ndarray) -> bool:
    return left.shape == right.shape and np.array_equal(left, right)


@SETTINGS
@given(st.data())
def test_files_are_equal_through_a_map(data: st.DataObject):
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        expected = data.draw(written(folder))
        store = opened("dicom", folder, "x.dcm")
        assert store.container.entries["pixels"].shape == expected.shape
        if not isinstance(store.layout("pixels").source, Derived):
            assert same(store.mapped(folder, ["pixels"])["pixels"], expected)
        window = tuple(
            slice(at := data.draw(st.integers(0, n - 1)), data.draw(st.integers(at + 1, n)))
            for n in expected.shape
        )
        assert same(read_dicom(folder / "x.dcm", "pixels", window), expected[window])


@SETTINGS
@given(st.data())
def test_damaged_files_are_an_error_or_equal_to_their_library(data: st.DataObject):
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        data.draw(written(folder))
        raw = bytearray((folder / "x.dcm").read_bytes())
        if data.draw(st.booleans()):
            raw[data.draw(st.integers(132, len(raw) - 1))] ^= 1 << data.draw(st.integers(0, 7))
        else:
            del raw[data.draw(st.integers(0, len(raw))) :]
        (folder / "x.dcm").write_bytes(raw)
        found = through_a_map(folder)
        if found is None:
            return
        assert same(found, read_dicom(folder / "x.dcm", "pixels", (slice(None),) * found.ndim))


def through_a_map(folder: Path) -> np.ndarray | None:
    """Return the pixels by way of a map; None where that is a coded error, or the codec's own."""
    try:
        store = opened("dicom", folder, "x.dcm")
        if "pixels" not in store.container.entries or isinstance(store.layout("pixels").source, Derived):
            return None
        return store.mapped(folder, ["pixels"])["pixels"]
    except (VspecError, ValueError, RuntimeError):
        return None
