"""Readers of spectra read made-up files as the maps do: brukeropus, RosettaSciIO and SpectroChemPy."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

import numpy as np
import pytest

import vspec
from tests.cards.maps import card, read
from vspec.authoring.faking import FakeOptions, fake

pytestmark = [pytest.mark.peer, pytest.mark.filterwarnings("ignore")]
SEEDS = range(3)


def made(id, example, seed, folder):
    """Make the files of an example; return the path of the first one and the arrays of its map."""
    known = fake(card(id), folder / "data", FakeOptions(seed=seed, example=example))
    report = vspec.apply(card(id), known.files[0], folder / "maps")
    assert not report.problems, report.problems
    return known.files[0], read(Path(report.maps[0].map))


def positions(array, axis="x"):
    """Return the coordinate of each element along an axis."""
    said = array.axes[axis]
    return said["start"] + said["step"] * np.arange(array.values.shape[array.dims.index(axis)])


@pytest.mark.parametrize("seed", SEEDS)
def test_opus(seed, tmp_path):
    brukeropus = pytest.importorskip("brukeropus", reason="brukeropus is not installed")
    path, arrays = made("bruker/opus", "interferogram and absorbance", seed, tmp_path)
    said = brukeropus.read_opus(path)
    assert sorted(said.data_keys) == ["a", "igsm"]
    assert sorted(arrays) == ["absorbance/data", "sample_interferogram/data"]
    for name, seen in (("absorbance/data", said.a), ("sample_interferogram/data", said.igsm)):
        found = arrays[name]
        assert np.ptp(found.values) > 0
        scale = found.attrs.get("scale_factor", 1.0)
        np.testing.assert_array_equal(found.values.astype("f8") * scale, seen.y)
        np.testing.assert_allclose(positions(found), seen.x, rtol=1e-12)
    interferogram = arrays["sample_interferogram/data"]
    assert interferogram.attrs["measured"] == "2026-11-24T13:09:58.095"
    assert said.igsm.datetime == datetime(2026, 11, 24, 13, 9, 58, 95000)  # noqa: DTZ001  # the reader drops the zone
    assert interferogram.attrs["time_zone"] == "GMT+1"


@pytest.mark.parametrize("seed", SEEDS)
def test_wdf_spectrum(seed, tmp_path):
    renishaw = pytest.importorskip("rsciio.renishaw", reason="RosettaSciIO is not installed")
    path, arrays = made("renishaw/wdf", "one spectrum, x rising", seed, tmp_path)
    (said,) = renishaw.file_reader(path)
    assert np.ptp(said["data"]) > 0
    np.testing.assert_array_equal(arrays["spectra"].values[0], said["data"])
    np.testing.assert_array_equal(arrays["spectral"].values, said["axes"][-1]["axis"])
    assert arrays["spectral"].attrs["units"] == "cm-1"
    assert said["axes"][-1]["units"] == "1/cm"


@pytest.mark.parametrize("seed", SEEDS)
def test_wdf_map(seed, tmp_path):
    renishaw = pytest.importorskip("rsciio.renishaw", reason="RosettaSciIO is not installed")
    path, arrays = made("renishaw/wdf", "map by columns", seed, tmp_path)
    (said,) = renishaw.file_reader(path)
    found = arrays["map"]
    assert np.ptp(found.values) > 0
    # The reader has the right sizes, but fills rows where the file goes by columns.
    by_columns = said["data"].reshape(2, 3, 5).transpose(1, 0, 2)
    np.testing.assert_array_equal(found.values, by_columns)
    np.testing.assert_array_equal(arrays["spectral"].values, said["axes"][-1]["axis"])
    for axis in said["axes"][:2]:
        own = found.axes[axis["name"].lower()]
        assert (own["start"], own["step"], own["units"]) == (axis["offset"], axis["scale"], "um")


@pytest.mark.parametrize("seed", SEEDS)
def test_spa_spectrum(seed, tmp_path):
    omnic = pytest.importorskip("spectrochempy", reason="SpectroChemPy is not installed")
    path, arrays = made("thermo/spa", "absorbance with its interferograms", seed, tmp_path)
    said = omnic.read_omnic(path)
    found = arrays["y"]
    assert np.ptp(found.values) > 0
    np.testing.assert_array_equal(found.values, said.data[0])
    np.testing.assert_allclose(positions(found), said.x.data, rtol=0, atol=0.0006)
    assert (found.attrs["long_name"], said.title) == ("absorbance", "absorbance")
    assert said.acquisition_date == "2020-11-12 09:26:02+00:00"
    for kept in ("sample", "background"):
        interferogram = omnic.read_omnic(path, return_ifg=kept)
        np.testing.assert_array_equal(arrays[f"{kept}_interferogram/y"].values, interferogram.data[0])


@pytest.mark.parametrize("seed", SEEDS)
def test_spa_interferogram(seed, tmp_path):
    omnic = pytest.importorskip("spectrochempy", reason="SpectroChemPy is not installed")
    path, arrays = made("thermo/spa", "interferogram", seed, tmp_path)
    said = omnic.read_omnic(path)
    np.testing.assert_array_equal(arrays["y"].values, said.data[0])
    assert str(said.x.units) == arrays["y"].axes["x"]["units"] == "mm"
    # The reader takes the largest value for the middle, the map what the header says.
    peak = np.argmax(said.data[0])
    shifted = positions(arrays["y"]) - positions(arrays["y"])[peak]
    np.testing.assert_allclose(shifted, said.x.data, rtol=0, atol=0.0006)
