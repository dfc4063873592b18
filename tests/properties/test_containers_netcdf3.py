"""NetCDF classic files that the library wrote come back through a map; damaged ones are errors or as read."""

from __future__ import annotations

import os
import tempfile
import warnings
from math import prod
from pathlib import Path

import netCDF4
import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from scipy.io import netcdf_file

from vspec.errors import VspecError
from vspec.peers.netcdf3 import read_netcdf3
from vspec.testing.damage import damaged
from vspec.testing.delegates import opened
from vspec.testing.layouts import values

pytestmark = pytest.mark.filterwarnings("ignore:numpy.ndarray size changed:RuntimeWarning")

SETTINGS = settings(
    max_examples=int(os.environ.get("VSPEC_EXAMPLES", "60")),
    deadline=None,
    suppress_health_check=list(HealthCheck),
)
CODES = {
    "NETCDF3_CLASSIC": ["i1", "i2", "i4", "f4", "f8"],
    "NETCDF3_64BIT_OFFSET": ["i1", "i2", "i4", "f4", "f8"],
    "NETCDF3_64BIT_DATA": ["i1", "i2", "i4", "f4", "f8", "u1", "u2", "u4", "i8", "u8"],
}


@st.composite
def files(draw: st.DrawFn, path: Path, kinds: list[str]) -> dict[str, np.ndarray]:
    """Write a file of fixed and record variables, and return what is in them."""
    kind = draw(st.sampled_from(kinds))
    written: dict[str, np.ndarray] = {}
    records = draw(st.sampled_from([0, 1, 3, 7]))
    with netCDF4.Dataset(path, "w", format=kind) as data:
        data.createDimension("time", None)
        for name, size in (("x", 3), ("y", 5), ("z", 1)):
            data.createDimension(name, size)
        data.title = draw(st.sampled_from(["", "a", "hello"]))
        for k in range(draw(st.integers(0, 4))):
            dims = draw(
                st.sampled_from([(), ("x",), ("time",), ("time", "x"), ("y", "x"), ("time", "y", "z")])
            )
            dtype = np.dtype(draw(st.sampled_from(CODES[kind])))
            variable = data.createVariable(f"v{k}", dtype, dims)
            variable.set_auto_maskandscale(False)
            shape = tuple(records if d == "time" else len(data.dimensions[d]) for d in dims)
            stored = values(dtype, shape, draw(st.integers(0, 2**32)))
            if prod(shape):
                variable[...] = stored
            if "time" not in dims or prod(shape):
                written[f"v{k}"] = stored
    return written


def equal(left: np.ndarray, right: np.ndarray) -> bool:
    plain = right.dtype.newbyteorder("<")
    return left.shape == right.shape and left.astype(plain).tobytes() == right.astype(plain).tobytes()


@SETTINGS
@given(st.data())
def test_files_are_equal_through_a_map(data: st.DataObject):
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        expected = data.draw(files(folder / "x.nc", list(CODES)))
        store = opened("netcdf3", folder, "x.nc")
        assert store.container.lost == ()
        found = store.mapped(folder, list(expected))
        for path, values_written in expected.items():
            assert equal(found[path], values_written)
            window = tuple(slice(n // 3, n) for n in values_written.shape)
            assert equal(read_netcdf3(folder / "x.nc", path, window), values_written[window])


@SETTINGS
@given(st.data())
def test_damaged_files_are_an_error_or_as_scipy_reads_them(data: st.DataObject):
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        data.draw(files(folder / "x.nc", ["NETCDF3_CLASSIC", "NETCDF3_64BIT_OFFSET"]))
        (folder / "x.nc").write_bytes(data.draw(damaged((folder / "x.nc").read_bytes())))
        try:
            store = opened("netcdf3", folder, "x.nc")
            found = store.mapped(folder, list(store.container.entries))
        except VspecError as error:
            found = error
        if isinstance(found, VspecError):
            assert {problem.code for problem in found.problems} <= {"V0360", "V0361", "V0333", "V0332"}
            return
        with warnings.catch_warnings(action="ignore"):
            try:
                peer = netcdf_file(folder / "x.nc", mmap=False)
            except Exception:  # noqa: BLE001 -- whatever scipy says of a damaged file
                return
        for path, array in found.items():
            if path in peer.variables and peer.variables[path].shape == array.shape:
                assert equal(array, np.asarray(peer.variables[path].data))
