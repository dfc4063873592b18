"""Digital Surf: objects written here from the table of the header, and the real image against its reader."""

from __future__ import annotations

import hashlib
import json
import struct
import zlib
from pathlib import Path

import numpy as np
import pytest
import xarray as xr

import vspec
from tests.cards.maps import card, gains, read


def text(value, size):
    return value.encode("latin-1").ljust(size)


def streams(data, sizes):
    """Return the bytes cut into pieces of these sizes, each compressed, behind their directory."""
    ends = np.cumsum(sizes)
    assert ends[-1] == len(data)
    packed = [zlib.compress(data[end - size : end]) for size, end in zip(sizes, ends, strict=True)]
    pairs = [n for size, piece in zip(sizes, packed, strict=True) for n in (size, len(piece))]
    return struct.pack(f"<I{len(pairs)}I", len(packed), *pairs) + b"".join(packed)


def thing(values, kind, *, objects=1, layers=1, cut=None, special=0, z_min=-5, step=0.5, zero=100.0, **more):
    """Return the bytes of one object; ``cut`` gives the sizes of its streams in bytes."""
    lines, points, *w = values.shape
    data = values.tobytes()
    body = data if cut is None else streams(data, cut)
    said = {"ratio": 1.0, "t": (0.25, 400.0), "t_unit": "nm", "name": "Height", "format": 0, **more}
    head = b"DIGITAL SURF" if cut is None else b"DSCOMPRESSED"
    head += struct.pack("<4h", said["format"], objects, 1, kind) + text("", 30) + text("Ada", 30)
    head += struct.pack("<5h", layers, 0, 0, special, 1) + struct.pack("<fi", 0.0, w[0] if w else 0)
    head += struct.pack("<h5i", 8 * values.dtype.itemsize, z_min, 9, points, lines, points * lines)
    head += (
        struct.pack("<3f", 0.5, 0.25, step) + text("Width", 16) + text("Length", 16) + text(said["name"], 16)
    )
    head += (text("mm", 16) + text("", 16) + text("\xb5m", 16)) * 2 + struct.pack("<3f", 1, 1, said["ratio"])
    head += struct.pack("<3h12x", 0, 0, 0) + struct.pack("<7h", 59, 5, 23, 29, 2, 2012, 3)
    head += struct.pack("<fI6x", 1.5, 0 if cut is None else len(body)) + struct.pack("<2H", 3, 2) + bytes(128)
    head += struct.pack("<3f", 1.0, 2.0, zero) + struct.pack("<2f", *said["t"])
    head += text("Wavelength", 13) + text(said["t_unit"], 13)
    assert len(head) == 512
    return head + b"abc" + b"xy" + body


def grid(*shape, dtype="<i4", seed=1):
    return np.random.default_rng(seed).integers(-5, 2000, shape).astype(dtype)


def mapped(folder, *parts, name="a.sur"):
    data = folder / "data"
    data.mkdir()
    (data / name).write_bytes(b"".join(parts))
    report = vspec.apply(card("digital-surf/sur"), data, folder / "maps")
    assert not report.problems, report.problems
    return Path(report.maps[0].map)


@pytest.mark.parametrize("cut", (None, [5 * 7 * 4], [2 * 28, 2 * 28, 28]))
@pytest.mark.parametrize("dtype", ("<i2", "<i4"))
def test_a_surface_in_whole_lines(cut, dtype, tmp_path):
    values = grid(5, 7, dtype=dtype)
    cut = cut and [n * values.dtype.itemsize // 4 for n in cut]
    array = read(mapped(tmp_path, thing(values, 2, cut=cut)))["Height/data"]
    assert array.dims == ("y", "x")
    assert array.values.dtype == dtype
    np.testing.assert_array_equal(array.values, values)
    assert array.attrs["scale_factor"] == 0.5
    assert array.attrs["add_offset"] == 100 + 5 * 0.5
    assert (array.attrs["units"], array.attrs["long_name"]) == ("\xb5m", "Height")
    assert array.axes["x"] == {"start": 1.0, "step": 0.5, "units": "mm"}
    assert array.axes["y"] == {"start": 2.0, "step": 0.25, "units": "1"}
    assert "missing_value" not in array.attrs


def test_streams_that_end_inside_a_line_give_one_row_of_points(tmp_path):
    values = grid(5, 7)
    array = read(mapped(tmp_path, thing(values, 2, cut=[48, 48, 44])))["Height/data"]
    assert array.dims == ("point",)
    np.testing.assert_array_equal(array.values, values.reshape(-1))
    assert array.attrs["lines"] == 5


def test_points_that_were_not_measured_are_nan(tmp_path):
    values = grid(3, 5)
    values[1, 2] = -7
    path = mapped(tmp_path, thing(values, 2, special=1))
    options = {"fo": str(path)}
    group = xr.open_dataset("reference://", engine="zarr", group="Height", storage_options=options)
    found = group["data"].values
    assert np.argwhere(np.isnan(found)).tolist() == [[1, 2]]
    assert found[0, 0] == pytest.approx(100 + 0.5 * (values[0, 0] + 5))


@pytest.mark.parametrize("cut", (None, [3 * 11 * 8, 2 * 11 * 8]))
def test_a_profile_and_one_spectrum_are_one_row_several_spectra_are_a_plane(cut, tmp_path):
    row = grid(1, 11 * 5 * 2)
    for number, kind in enumerate((1, 20)):
        folder = tmp_path / str(number)
        folder.mkdir()
        array = read(mapped(folder, thing(row, kind, cut=cut), name="a.pro"))["Height/data"]
        assert array.dims == ("x",)
        np.testing.assert_array_equal(array.values, row[0])
    plane = grid(10, 11)
    np.testing.assert_array_equal(
        read(mapped(tmp_path, thing(plane, 20, cut=cut)))["Height/data"].values, plane
    )


@pytest.mark.parametrize("cut", (None, [2 * 3 * 5 * 4, 3 * 5 * 4]))
def test_a_cube_of_spectra(cut, tmp_path):
    values = grid(3, 3, 5)
    array = read(mapped(tmp_path, thing(values, 21, cut=cut)))["Height/data"]
    assert array.dims == ("y", "x", "w")
    np.testing.assert_array_equal(array.values, values)
    assert array.axes["w"] == {"start": 400.0, "step": 0.25, "units": "nm"}


@pytest.mark.parametrize("cut", (None, [3 * 4 * 4]))
def test_a_series_of_surfaces_has_a_scale_for_each(cut, tmp_path):
    first, second = grid(3, 4), grid(3, 4, seed=2)
    head = {"objects": 2, "layers": 0, "cut": cut}
    path = mapped(tmp_path, thing(first, 5, **head), thing(second, 2, z_min=-9, step=0.25, **head))
    found = read(path)
    assert found["series"].dims == ("t", "y", "x")
    np.testing.assert_array_equal(found["series"].values, [first, second])
    assert gains(found, "series", "t").tolist() == [0.5, 0.25]
    assert found["t_offset"].values.tolist() == [102.5, 102.25]
    assert found["series"].axes["t"] == {"start": 400.0, "step": 0.25, "units": "nm"}


def test_a_series_of_profiles(tmp_path):
    rows = [grid(1, 11, seed=seed) for seed in range(3)]
    parts = [thing(row, kind, objects=3) for row, kind in zip(rows, (4, 1, 1), strict=True)]
    array = read(mapped(tmp_path, *parts))["series"]
    assert array.dims == ("t", "x")
    np.testing.assert_array_equal(array.values, np.concatenate(rows))


def test_layers_are_arrays_named_by_what_they_hold(tmp_path):
    height, intensity = grid(3, 4), grid(3, 4, dtype="<i2", seed=2)
    parts = thing(height, 11, layers=2), thing(intensity, 10, layers=2, name="Intensity", step=2.0)
    found = read(mapped(tmp_path, *parts))
    np.testing.assert_array_equal(found["Height/data"].values, height)
    np.testing.assert_array_equal(found["Intensity/data"].values, intensity)
    assert found["Intensity/data"].attrs["scale_factor"] == 2


@pytest.mark.parametrize("z_mins", ((392, 392, 392), (392, 2353, 4314)))
def test_colours_are_counted_from_zero(z_mins, tmp_path):
    planes = [grid(3, 4, seed=seed) for seed in range(3)]
    kinds = zip(planes, (12, 10, 10), z_mins, strict=True)
    parts = [thing(plane, kind, layers=3, z_min=z_min, zero=0.0) for plane, kind, z_min in kinds]
    array = read(mapped(tmp_path, *parts))["image"]
    assert array.dims == ("colour", "y", "x")
    np.testing.assert_array_equal(array.values, planes)
    assert array.attrs["scale_factor"] == 0.5
    assert array.attrs["add_offset"] == 0
    assert array.labels["colour"] == ["red", "green", "blue"]


@pytest.mark.parametrize(("zero", "offset"), ((0.0, 0.0), (100.0, -96.0)))
def test_an_image_without_a_zero_counts_from_zero(zero, offset, tmp_path):
    found = read(mapped(tmp_path, thing(grid(3, 4), 10, z_min=392, zero=zero)))["Height/data"]
    assert (found.attrs["scale_factor"], found.attrs["add_offset"]) == (0.5, offset)


@pytest.mark.parametrize(
    ("parts", "code"),
    (
        ([thing(grid(3, 4), 18, layers=3)] * 3, "V0604"),
        ([thing(grid(3, 4), 2, ratio=1000.0)], "V0604"),
        ([thing(grid(3, 4), 2, format=257)], "V0601"),
        ([thing(grid(3, 4), 12, layers=2)] * 2, "V0604"),
        ([thing(grid(3, 4), 5, objects=2), thing(grid(4, 3), 2, objects=2)], "V0604"),
        (
            [thing(grid(2, 7), 5, objects=2, cut=[28, 28]), thing(grid(2, 7), 2, objects=2, cut=[16, 40])],
            "V0304",
        ),
        ([thing(grid(3, 4), 2) + b"!"], "V0604"),
        ([thing(grid(3, 4), 2, cut=[22, 26])], "V0604"),
        ([thing(grid(3, 4), 2, cut=[48])[:-1]], "V0301"),
        ([thing(grid(3, 4, 2), 2)], "V0604"),
    ),
)
def test_what_is_not_covered_is_refused(parts, code, tmp_path):
    (tmp_path / "a.sur").write_bytes(b"".join(parts))
    report = vspec.apply(card("digital-surf/sur"), tmp_path, tmp_path / "maps")
    assert not report.maps
    assert code in {problem.code for problem in report.problems}, report.problems


@pytest.mark.corpus
def test_the_colours_of_the_reader_are_those_less_their_minimum_rounded(corpus, tmp_path):
    name = "digitalsurf/test_RGB.sur"
    said = json.loads((corpus / "ORACLE.json").read_text(encoding="utf-8"))[name]["arrays"]["sig0"]
    report = vspec.apply(card("digital-surf/sur"), corpus / name, tmp_path)
    image = read(Path(report.maps[0].map))["image"]
    values = image.values.astype(np.float64)
    colours = np.rint(values * image.attrs["scale_factor"])
    np.testing.assert_allclose(values, np.rint(colours * 100000 / 255), atol=1)
    assert (colours.min(), colours.max()) == (1, 219)
    less = np.rint((values - values.min(axis=(1, 2), keepdims=True)) * image.attrs["scale_factor"])
    assert hashlib.sha256(less.astype("<i8").tobytes()).hexdigest() == said["sha256_le_c"]
