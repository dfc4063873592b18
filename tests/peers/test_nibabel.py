"""NIfTI: nibabel reads the same voxels, scale and orientation as the map, on made-up and on real files."""

from __future__ import annotations

import shutil
from pathlib import Path

import nibabel
import numpy as np
import pytest

import vspec
from tests.cards.maps import card, read
from vspec.authoring.faking import FakeOptions, fake

pytestmark = [pytest.mark.peer, pytest.mark.filterwarnings("ignore::DeprecationWarning")]

TYPES = ("u1", "i1", "i2", "u2", "i4", "u4", "i8", "u8", "f4", "f8", "c8", "c16")
IMAGES = {1: (nibabel.Nifti1Image, nibabel.Nifti1Pair), 2: (nibabel.Nifti2Image, nibabel.Nifti2Pair)}


def mapped(id, folder):
    report = vspec.apply(card(id), folder, folder / "maps")
    assert not report.problems, report.problems
    (made,) = report.maps
    return read(Path(made.map))["voxels"]


def values_of(array, kind):
    return np.ascontiguousarray(array.values).view(kind)[..., 0] if kind.kind == "c" else array.values


def random_voxels(kind, shape, rng):
    if kind.kind in "iu":
        limits = np.iinfo(kind)
        return rng.integers(
            limits.min, limits.max, shape, dtype=kind.newbyteorder("="), endpoint=True
        ).astype(kind)
    numbers = rng.standard_normal(shape)
    return (numbers + 1j * rng.standard_normal(shape) if kind.kind == "c" else numbers).astype(kind)


@pytest.mark.parametrize("version", IMAGES)
@pytest.mark.parametrize("order", ("<", ">"))
@pytest.mark.parametrize("code", TYPES)
def test_every_type_at_two_ranks(version, order, code, tmp_path):
    kind = np.dtype(order + code)
    rng = np.random.default_rng(len(code))
    first = 1 + (TYPES.index(code) + 3 * (order == ">") + version) % 6
    for rank in (first, first + 1):  # one single file and one pair; over all types every rank
        folder = tmp_path / f"rank{rank}"
        folder.mkdir()
        voxels = random_voxels(kind, (5, 3, 4, 2, 3, 1, 2)[:rank], rng)
        single, pair = IMAGES[version]
        image, name = (single, "a.nii") if rank % 2 else (pair, "a.img")
        header = image.header_class(endianness=order)
        header.set_data_dtype(kind)
        nibabel.save(image(voxels, np.diag([2.0, 3.0, 4.0, 1.0]), header), folder / name)
        found = mapped(f"nifti/nifti{version}", folder)
        assert found.dims[:rank] == ("x", "y", "z", "t", "u", "v", "w")[:rank]
        assert header.endianness == order
        assert np.array_equal(values_of(found, kind), voxels)


@pytest.mark.parametrize("count", (3, 4))
def test_colours(count, tmp_path):
    names = ["R", "G", "B", "A"][:count]
    voxels = np.random.default_rng(count).integers(0, 256, (5, 3, 2, count), dtype=np.uint8)
    records = np.ascontiguousarray(voxels).view([(name, "u1") for name in names])[..., 0]
    nibabel.save(nibabel.Nifti1Image(records, np.eye(4)), tmp_path / "a.nii")
    found = mapped("nifti/nifti1", tmp_path)
    assert found.dims == ("colour", "x", "y", "z")
    assert np.array_equal(np.moveaxis(found.values, 0, -1), voxels)


@pytest.mark.parametrize("id", ("nifti/nifti1", "nifti/nifti2"))
@pytest.mark.parametrize("example", ("series, scaled", "pair"))
@pytest.mark.parametrize("seed", range(4))
def test_made_up_files(id, example, seed, tmp_path):
    known = fake(card(id), tmp_path, FakeOptions(seed=seed, example=example))
    image = nibabel.load(known.files[0])
    assert np.array_equal(np.asanyarray(image.dataobj.get_unscaled()), known.arrays["voxels"], equal_nan=True)
    compare(mapped(id, tmp_path), image)


@pytest.mark.corpus
@pytest.mark.parametrize(
    ("id", "name"),
    (
        ("nifti/nifti1", "nifti1/anatomical.nii"),
        ("nifti/nifti1", "nifti1/functional.nii"),
        ("nifti/nifti1", "nifti1/resampled_anat_moved.nii"),
        ("nifti/nifti2", "cifti2/row_major.dconn.nii"),
    ),
)
def test_real_files(id, name, corpus, tmp_path):
    shutil.copy(corpus / name, tmp_path)
    load = nibabel.Nifti2Image.from_filename if "cifti" in name else nibabel.load
    image = load(corpus / name)
    compare(mapped(id, tmp_path), image)


def compare(found, image):
    """Compare voxels, scale, steps and affine with what nibabel says."""
    header = image.header
    raw = np.asanyarray(image.dataobj.get_unscaled())
    assert np.array_equal(found.values, raw, equal_nan=True)
    assert found.attrs.get("scale_factor", 1.0) == image.dataobj.slope
    assert found.attrs.get("add_offset", 0.0) == image.dataobj.inter
    steps = [found.axes[dim]["step"] for dim in found.dims[:4]]
    assert steps == [float(zoom) for zoom in header.get_zooms()[:4]]
    space, time = header.get_xyzt_units()
    units = {"mm": "mm", "meter": "m", "micron": "um", "sec": "s", "msec": "ms", "unknown": "1"}
    assert found.axes["x"]["units"] == units[space]
    if "t" in found.dims:
        assert found.axes["t"]["units"] == units[time]
    sform, code = header.get_sform(coded=True)
    assert (None if sform is None else sform[:3].tolist()) == found.attrs.get("sform")
    assert code == found.attrs["sform_code"]
    qform = header.get_qform(coded=True)[1]
    assert qform == found.attrs["qform_code"]
    if qform:
        assert found.attrs["quatern"] == [float(header[f"quatern_{axis}"]) for axis in "bcd"]
        assert found.attrs["qoffset"] == [float(header[f"qoffset_{axis}"]) for axis in "xyz"]
