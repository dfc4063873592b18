"""Real files of many kinds, opened: every value is what zarr reads through the same map."""

from __future__ import annotations

import shutil
from csv import DictReader
from pathlib import Path

import numpy as np
import pytest

import vspec
from vspec.readers.map_file import load
from vspec.readers.zarr_store import plain_group
from vspec.registry import find

xr = pytest.importorskip("xarray")
CARDS = {
    "nifti1/anatomical.nii": "nifti/nifti1",
    "nrrd/BallBinary30x30x30.nhdr": "teem/nrrd",
    "neuralynx_ncs/LAHC1.ncs": "neuralynx/ncs",
    "edf/test_subsecond.edf": "kemp/edf",
    "bdf/test_generator_datarec_generator_2.bdf": "kemp/edf",
    "tiff_tiled/tiff_tiled_raw.tif": "adobe/tiff",
    "tiff_compressed/hopper_lzw.tif": "adobe/tiff",
    "nwb_h5/1.5.1_timeseries_no_unit.nwb": "hdf-group/hdf5",
    "netcdf4/basin_mask.nc": "hdf-group/hdf5",
    "netcdf3/ref_nctest_classic.nc": "unidata/netcdf3",
    "segy/small-lsb.sgy": "seg/segy",
    "brainvision/Analyzer_nV_Export.vhdr": "brain-products/brainvision",
    "mrc/EMD-3197.map": "ccpem/mrc",
    "abf2/17o05027_ic_ramp.abf": "axon/abf2",
    "wfdb/100_3chan.hea": "physionet/wfdb",
    "fif/141027_cropped_90Hz_raw.fif": "neuromag/fif",
    "blackrock_nsx/test_NEURALCD_raw.ns3": "blackrock/nsx",
    "dicom_raw/MR_small_bigendian.dcm": "nema/dicom",
}


def stored(array) -> np.ndarray:
    """Return what zarr gives, in the order that the card asks for."""
    values, names = np.asarray(array[...]), list(array.attrs["_ARRAY_DIMENSIONS"])
    asked = list(array.attrs["vspec"]["dims"])
    values = values.transpose([names.index(name.removeprefix("-")) for name in asked])
    values = values[tuple(slice(None, None, -1 if name.startswith("-") else 1) for name in asked)]
    if asked[-1:] == ["complex"] and values.dtype.kind == "f":
        values = values[..., 0] + 1j * values[..., 1].astype(values.dtype)
    return values


def same(left, right: np.ndarray) -> bool:
    left = np.asarray(left)
    plain = [each.astype(each.dtype.newbyteorder("<")).tobytes() for each in (left, right)]
    return (
        left.shape == right.shape
        and left.dtype.newbyteorder("<") == right.dtype.newbyteorder("<")
        and plain[0] == plain[1]
    )


def check(path: Path) -> None:
    """Hold all arrays of a map, opened in three ways, against zarr's."""
    document = load(path)
    group = plain_group(document)
    trees = [vspec.open(path), vspec.open(path, memory_map=False), xr.open_datatree(path, engine="vspec")]
    arrays = vspec.open_arrays(path)
    assert len(arrays) == len(document.arrays) > 0
    for array in document.arrays:
        expected = stored(group[array.path])
        assert same(arrays[array.path], expected), array.path
        for tree in trees:
            assert same(tree[array.path].values, expected), array.path
        rows = tuple(slice(None, None, -2) for _ in expected.shape)
        assert same(arrays[array.path][rows], expected[rows]), array.path
    scaled = vspec.open(path, scaled=True)
    assert scaled.groups == trees[0].groups


@pytest.mark.corpus
@pytest.mark.parametrize("entry", CARDS)
def test_a_real_file(entry, tmp_path, corpus):
    with (corpus / "INDEX.csv").open(newline="") as rows:
        (files,) = {row["files"] for row in DictReader(rows) if row["id"] == entry or row["main"] == entry}
    for name in files.split(";"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(corpus / name, tmp_path / name)
    report = vspec.apply(find(CARDS[entry]), tmp_path, tmp_path)
    assert not report.problems
    for made in report.maps:
        check(Path(made.map))


@pytest.mark.parametrize("card", ("intan/rhd", "open-ephys/continuous", "spikeglx/imec", "itk/metaimage"))
def test_a_made_up_file(card, tmp_path):
    vspec.fake(find(card), tmp_path / "data")
    report = vspec.apply(find(card), tmp_path / "data", tmp_path)
    assert not report.problems
    for made in report.maps:
        check(Path(made.map))
