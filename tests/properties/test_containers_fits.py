"""FITS files that astropy wrote come back through a map; damaged ones are errors or as astropy reads them."""

from __future__ import annotations

import os
import tempfile
import warnings
from pathlib import Path

import numpy as np
import pytest
from astropy.io import fits
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from vspec.errors import VspecError
from vspec.layout import Chunked, Derived
from vspec.peers.fits import read_fits
from vspec.testing.damage import damaged
from vspec.testing.delegates import opened
from vspec.testing.layouts import values

pytestmark = pytest.mark.filterwarnings("ignore::UserWarning")

SETTINGS = settings(
    max_examples=int(os.environ.get("VSPEC_EXAMPLES", "60")),
    deadline=None,
    suppress_health_check=list(HealthCheck),
)
IMAGES = ["u1", ">i2", ">i4", ">i8", ">f4", ">f8"]
COLUMNS = ["u1", ">i2", ">i4", ">i8", ">f4", ">f8", ">c8", ">c16"]


def equal(left: np.ndarray, right: np.ndarray) -> bool:
    if right.dtype.kind == "c":
        half = np.dtype(f"{right.dtype.str[0]}f{right.dtype.itemsize // 2}")
        right = np.ascontiguousarray(right).view(half).reshape(*right.shape, 2)
    plain = left.dtype.newbyteorder("<")
    same = left.astype(plain).tobytes() == right.astype(plain).tobytes()
    return left.shape == right.shape and same


@st.composite
def images(draw: st.DrawFn) -> np.ndarray:
    shape = draw(st.lists(st.sampled_from([1, 2, 3, 7]), min_size=1, max_size=4))
    return values(np.dtype(draw(st.sampled_from(IMAGES))), shape, draw(st.integers(0, 2**32)))


@st.composite
def files(draw: st.DrawFn, path: Path) -> dict[str, np.ndarray]:
    """Write a file of images and tables, and return what is in them."""
    written: dict[str, np.ndarray] = {}
    units: list[object] = [fits.PrimaryHDU()]
    if draw(st.booleans()):
        written["hdu0"] = draw(images())
        units = [fits.PrimaryHDU(written["hdu0"])]
    for number in range(1, draw(st.integers(1, 3))):
        if draw(st.booleans()):
            written[f"hdu{number}"] = draw(images())
            units.append(fits.ImageHDU(written[f"hdu{number}"]))
            continue
        rows = draw(st.sampled_from([1, 2, 5]))
        fields = []
        for k in range(draw(st.integers(1, 3))):
            inner = draw(st.sampled_from([(), (3,), (2, 3)]))
            fields.append((f"c{k}", draw(st.sampled_from(COLUMNS)), inner))
        raw = values(np.dtype(fields), (rows,), draw(st.integers(0, 2**32)))
        units.append(fits.BinTableHDU(raw))
        written |= {f"hdu{number}/{name}": raw[name] for name, *_ in fields}
    fits.HDUList(units).writeto(path)
    return written


@SETTINGS
@given(st.data())
def test_files_are_equal_through_a_map(data: st.DataObject):
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        expected = data.draw(files(folder / "x.fits"))
        store = opened("fits", folder, "x.fits")
        assert store.container.lost == ()
        found = store.mapped(folder, list(store.container.entries))
        assert set(found) == set(expected)
        for path, array in found.items():
            assert equal(array, expected[path])
            window = tuple(slice(n // 3, n) for n in expected[path].shape)
            assert read_fits(folder / "x.fits", path, window).tobytes() == expected[path][window].tobytes()


@SETTINGS
@given(st.data())
def test_compressed_images_are_equal_through_a_map(data: st.DataObject):
    rank = data.draw(st.integers(1, 3))
    shape = [data.draw(st.sampled_from([5, 7, 16, 33])) for _ in range(rank)]
    tile = [data.draw(st.integers(1, size)) for size in shape]
    kind = data.draw(st.sampled_from(["GZIP_1", "GZIP_2", "RICE_1", "PLIO_1"]))
    dtype = np.dtype(
        data.draw(st.sampled_from(["u1", "i2", "i4"] + (["f4", "f8"] if kind.startswith("GZIP") else [])))
    )
    array = values(dtype, shape, data.draw(st.integers(0, 2**32)))
    if kind == "PLIO_1":
        dtype, array = np.dtype("i2"), np.abs(array.astype("i2")) % 1000
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        made = fits.CompImageHDU(array, compression_type=kind, tile_shape=tuple(tile), quantize_level=0)
        fits.HDUList([fits.PrimaryHDU(), made]).writeto(folder / "x.fits")
        store = opened("fits", folder, "x.fits")
        source = store.layout("hdu1").source
        if isinstance(source, Chunked):
            found = store.mapped(folder, ["hdu1"])["hdu1"]
            assert equal(found, array.astype(found.dtype))
        else:
            assert isinstance(source, Derived)
            assert kind == "PLIO_1" or "in another way" in source.reason
            assert np.array_equal(
                read_fits(folder / "x.fits", "hdu1", (slice(None),) * rank), array, equal_nan=True
            )


@SETTINGS
@given(st.data())
def test_columns_of_different_lengths_are_equal(data: st.DataObject):
    dtype = np.dtype(data.draw(st.sampled_from(["u1", ">i2", ">i4", ">f8"])))
    sizes = data.draw(st.lists(st.sampled_from([0, 1, 3, 7]), min_size=1, max_size=6))
    cells = np.empty(len(sizes), object)
    for k, size in enumerate(sizes):
        cells[k] = values(dtype, (size,), k)
    form = {"u1": "B", ">i2": "I", ">i4": "J", ">f8": "D"}[dtype.str.lstrip("|")]
    letter = data.draw(st.sampled_from("PQ"))
    made = fits.BinTableHDU.from_columns([fits.Column("v", f"{letter}{form}()", array=cells)])
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        fits.HDUList([fits.PrimaryHDU(), made]).writeto(folder / "x.fits")
        found = opened("fits", folder, "x.fits").mapped(folder, ["hdu1/v/values", "hdu1/v/row_sizes"])
        assert found["hdu1/v/row_sizes"].tolist() == sizes
        assert equal(found["hdu1/v/values"], np.concatenate(list(cells)).astype(dtype))


@SETTINGS
@given(st.data())
def test_damaged_files_are_an_error_or_as_astropy_reads_them(data: st.DataObject):
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        data.draw(files(folder / "x.fits"))
        (folder / "x.fits").write_bytes(data.draw(damaged((folder / "x.fits").read_bytes(), within=6000)))
        try:
            store = opened("fits", folder, "x.fits")
            paths = [p for p in store.container.entries if not isinstance(store.layout(p).source, Derived)]
            found = store.mapped(folder, paths)
        except VspecError as error:
            found = error
        if isinstance(found, VspecError):
            assert {problem.code for problem in found.problems} <= {
                "V0360",
                "V0361",
                "V0332",
                "V0333",
                "V0317",
            }
            return
        for path, array in found.items():
            try:
                with warnings.catch_warnings(action="ignore"):
                    peer = read_fits(folder / "x.fits", path, ())
            except VspecError:
                continue
            if peer.dtype.itemsize == store.container.entries[path].dtype.itemsize:
                assert peer.size == store.container.entries[path].dtype.type().size * np.prod(
                    store.container.entries[path].shape, dtype=int
                )
                assert equal(array, peer.reshape(store.container.entries[path].shape))
