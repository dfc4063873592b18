"""Digital Surf: RosettaSciIO reads objects written by hand as the map does, and the map reads what it writes."""

from __future__ import annotations

import numpy as np
import pytest

from tests.cards.maps import gains, read
from tests.cards.test_digital_surf import grid, mapped, thing

digitalsurf = pytest.importorskip("rsciio.digitalsurf", reason="RosettaSciIO is not installed")
pytestmark = [pytest.mark.peer, pytest.mark.filterwarnings("ignore")]


def physical(arrays, path):
    """Return an array of a map, scaled, with NaN where nothing was measured."""
    array = arrays[path]
    values = array.values.astype(np.float64)
    missing = values == array.attrs.get("missing_value", np.nan)
    if array.dims[0] == "t":
        shape = (-1, *[1] * (values.ndim - 1))
        values = values * gains(arrays, path, "t").reshape(shape) + arrays["t_offset"].values.reshape(shape)
    else:
        values = values * array.attrs["scale_factor"] + array.attrs["add_offset"]
    values[missing] = np.nan
    return values


SERIES = {"objects": 2, "layers": 0}
MADE = {
    "surface": ([thing(grid(5, 7), 2)], "Height/data"),
    "compressed": ([thing(grid(5, 7), 2, cut=[56, 56, 28])], "Height/data"),
    "int16": ([thing(grid(5, 7, dtype="<i2"), 2, cut=[70])], "Height/data"),
    "not measured": ([thing(np.where(grid(5, 7) > 900, -7, grid(5, 7)).astype("<i4"), 2, special=1)], "Height/data"),
    "spectra": ([thing(grid(5, 7), 20)], "Height/data"),
    "one spectrum": ([thing(grid(1, 7), 20)], "Height/data"),
    "cube": ([thing(grid(3, 5, 7), 21, cut=[280, 140])], "Height/data"),
    "series": ([thing(grid(3, 5), 5, **SERIES), thing(grid(3, 5, seed=2), 2, step=0.25, z_min=9, **SERIES)], "series"),
    "profiles": ([thing(grid(1, 11), 4, **SERIES), thing(grid(1, 11, seed=2), 1, z_min=9, **SERIES)], "series"),
}  # fmt: skip


@pytest.mark.parametrize("what", MADE)
def test_objects_written_by_hand(what, tmp_path):
    parts, path = MADE[what]
    found = read(mapped(tmp_path, *parts))
    [seen] = digitalsurf.file_reader(str(tmp_path / "data" / "a.sur"))
    assert np.ptp(seen["data"][np.isfinite(seen["data"])]) > 0
    np.testing.assert_allclose(physical(found, path), seen["data"], rtol=1e-12)
    scales = {axis["index_in_array"]: (axis["offset"], axis["scale"]) for axis in seen["axes"]}
    array = found[path]
    for k, name in enumerate(array.dims):
        if what != "one spectrum":
            assert (array.axes[name]["start"], array.axes[name]["step"]) == pytest.approx(scales[k])


def test_points_that_end_inside_a_line(tmp_path):
    found = read(mapped(tmp_path, thing(grid(5, 7), 2, cut=[48, 48, 44])))
    [seen] = digitalsurf.file_reader(str(tmp_path / "data" / "a.sur"))
    lines = found["Height/data"].attrs["lines"]
    np.testing.assert_allclose(physical(found, "Height/data").reshape(lines, -1), seen["data"], rtol=1e-12)


@pytest.mark.parametrize("compressed", (False, True))
def test_what_rosettasciio_writes(compressed, tmp_path):
    values = np.random.default_rng(1).normal(size=(11, 13))
    names = ("Length", "Width")
    axes = [
        {"name": name, "size": size, "index_in_array": k, "scale": 0.5, "offset": 2.0, "units": "mm", "navigate": False}
        for k, (name, size) in enumerate(zip(names, values.shape, strict=True))
    ]  # fmt: skip
    signal = {"data": values, "axes": axes, "original_metadata": {}}
    signal["metadata"] = {"General": {}, "Signal": {"quantity": "Height (mm)"}}
    path = tmp_path / "written.sur"
    digitalsurf.file_writer(str(path), signal, compressed=compressed)
    found = read(mapped(tmp_path, path.read_bytes()))
    assert found["Height/data"].attrs["units"] == "mm"
    np.testing.assert_allclose(physical(found, "Height/data"), values, atol=1e-6)
