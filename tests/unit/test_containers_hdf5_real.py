"""Real HDF5 files: every array that independent readers saw in them, through a map or by the library."""

from __future__ import annotations

import numpy as np
import pytest

from tests.unit.real_arrays import CORPUS, agrees, arrays, real
from vspec.layout import Derived
from vspec.peers.hdf5 import read_hdf5
from vspec.testing.delegates import opened

FORMATS = (
    *(
        "hdf5",
        "netcdf4",
        "nwb_h5",
        "mat73",
        "nexus",
        "snirf",
        "minc2",
        "maxwell_h5",
        "mcs_h5",
        "emd",
        "topspin",
    ),
    "delmic",
)
OTHER_NAMES = {"topspin", "delmic", "nexus", "minc2"}
"""Their readers call arrays by names of their own, and may join, turn or scale them."""
MADE = {
    "minc2/minc2_4d.mnc": {"scaled": "scaled by the reader"},
    "minc2/minc2-4d-d.mnc": {"scaled": "scaled by the reader"},
    "topspin/topspin_test_B.app5": {"sig0": "frames of many arrays, put together by the reader"},
    "nexus/saved_multi_signal.nxs": {"sig4": "texts, which are an attribute of their group"},
}
NO_PLUGIN = "mxw-data"


def entries():
    return [(name, main) for name, main in real(*FORMATS) if (CORPUS / main).exists()]


@pytest.mark.corpus
@pytest.mark.skipif(not entries(), reason="the corpus is not there")
@pytest.mark.parametrize(("entry", "main"), entries(), ids=[name for name, _ in entries()])
def test_real_files_hold_what_readers_saw(tmp_path, entry, main):
    store = opened("hdf5", CORPUS, main)
    found, derived = {}, []
    kept = []
    for path in store.container.entries:
        (derived if isinstance(store.layout(path).source, Derived) else kept).append(path)
    found = store.mapped(tmp_path, kept)
    for path in derived:
        box = tuple(slice(0, n) for n in store.container.entries[path].shape)
        found[path] = read_hdf5(CORPUS / main, path, box)
    values = {path: _whole(array, store.container.entries[path].dtype) for path, array in found.items()}
    missing = [
        name
        for name, fact in arrays(entry).items()
        if not _seen(name, fact, values, store, any_name=entry.partition("/")[0] in OTHER_NAMES)
    ]
    without = {lost.path for lost in store.container.lost if NO_PLUGIN in lost.reason}
    assert {name.strip("/") for name in missing} <= {*MADE.get(entry, {}), *without}


def _whole(array, dtype):
    return array[..., 0] + 1j * array[..., 1] if dtype.kind == "c" and array.dtype.kind != "c" else array


def _seen(name, fact, values, store, *, any_name):
    path = name.strip("/")
    if path in values:
        expected = np.dtype(fact["dtype"]) if isinstance(fact["dtype"], str) else None
        if expected is None or values[path].dtype.kind == "c":
            return list(values[path].shape) == fact["shape"]
        return agrees(fact, values[path])
    if path in store.container.groups:
        # Records: an array or an attribute for each field.
        return any(one.startswith(f"{path}/") for one in values) or bool(store.container.groups[path])
    parent, _, leaf = path.rpartition("/")
    if path in store.container.entries or leaf in store.container.groups.get(parent, {}):
        return True
    return any_name and any(
        agrees(fact, array.reshape(fact["shape"]))
        for array in values.values()
        if _squeezed(array.shape) == _squeezed(fact["shape"])
    )


def _squeezed(shape):
    return [size for size in shape if size != 1]
