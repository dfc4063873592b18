"""HDF5 files of every kind come back through a map; damaged ones are errors, or read as the library reads them.

The library itself may crash or hang on damaged bytes: they are read in a process of their own. What makes it
hang must not make us hang.
"""

from __future__ import annotations

import os
import selectors
import subprocess
import sys
import tempfile
from pathlib import Path

import h5py
import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.properties.damaged_hdf5 import BASES
from vspec.layout import Derived
from vspec.peers.hdf5 import read_hdf5
from vspec.testing.delegates import opened
from vspec.testing.layouts import dtypes, values

ROOT = Path(__file__).resolve().parents[2]
EXAMPLES = int(os.environ.get("VSPEC_EXAMPLES", "60"))
SETTINGS = settings(max_examples=EXAMPLES, deadline=None, suppress_health_check=list(HealthCheck))
SIZES = st.sampled_from([1, 2, 3, 5, 7, 11])


def same(left: np.ndarray, right: np.ndarray) -> bool:
    if right.dtype.kind == "c":
        right = np.stack([right.real, right.imag], axis=-1)
    order = right.dtype.newbyteorder("<")
    return left.shape == right.shape and left.astype(order).tobytes() == right.astype(order).tobytes()


@st.composite
def storages(draw: st.DrawFn, shape: tuple[int, ...], dtype: np.dtype) -> dict[str, object]:
    """Draw how a dataset is stored, as h5py's ``create_dataset`` takes it."""
    if not shape or draw(st.sampled_from([False, False, True])):
        return {}
    found: dict[str, object] = {"chunks": tuple(draw(st.integers(1, size)) for size in shape)}
    if draw(st.booleans()):
        found["maxshape"] = tuple(draw(st.sampled_from([None, size])) for size in shape)
    if draw(st.booleans()):
        found["shuffle"] = True
    if draw(st.booleans()):
        found["fletcher32"] = True
    found |= draw(st.sampled_from([{}, {"compression": "gzip"}, {"compression": "lzf"}]))
    if draw(st.booleans()) and dtype.kind in "iu":
        found["fillvalue"] = draw(st.integers(0, 100))
    return found


@st.composite
def written(draw: st.DrawFn, path: Path) -> dict[str, np.ndarray]:
    """Write a file of a few datasets, parts of which stay unwritten, and return what the library reads."""
    libver = draw(st.sampled_from(["earliest", "v108", "latest"]))
    expected = {}
    with h5py.File(path, "w", libver=libver, userblock_size=draw(st.sampled_from([0, 0, 512]))) as file:
        for number in range(draw(st.integers(1, 3))):
            dtype = draw(dtypes())
            shape = tuple(draw(st.lists(SIZES, max_size=3)))
            name = f"{draw(st.sampled_from(['', 'g/', 'g/h/']))}d{number}"
            dataset = file.create_dataset(name, shape, dtype, **draw(storages(shape, dtype)))
            data = values(dtype, shape, draw(st.integers(0, 2**32)))
            kind = draw(st.sampled_from(["all", "all", "half", "none"]))
            if kind == "all":
                dataset[...] = data
            elif kind == "half" and shape:
                dataset[: -(-shape[0] // 2)] = data[: -(-shape[0] // 2)]
            expected[name] = dataset[...]
    return expected


@SETTINGS
@given(st.data())
def test_files_are_equal_through_a_map(data: st.DataObject):
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        expected = data.draw(written(folder / "x.h5"))
        store = opened("hdf5", folder, "x.h5")
        assert store.container.lost == ()
        assert sorted(store.container.entries) == sorted(expected)
        kept = [path for path in expected if not isinstance(store.layout(path).source, Derived)]
        (folder / "out").mkdir()
        found = store.mapped(folder / "out", kept)
        for path, array in expected.items():
            entry = store.container.entries[path]
            assert (entry.shape, entry.dtype.str) == (array.shape, array.dtype.str)
            if path in kept:
                assert same(found[path], array)
            else:
                assert "LZF" in store.layout(path).source.reason
            window = tuple(slice(n // 3, n) for n in array.shape)
            assert read_hdf5(folder / "x.h5", path, window).tobytes() == array[window].tobytes()
        store.files.close()


def judge(folder: Path, base: str, first: int, count: int, role: str) -> tuple[list[str], int, str]:
    """Read damaged files in a process of its own; return its findings, the last one begun, and its end.

    A process that says nothing for a long time is ended.
    """
    command = [
        sys.executable,
        "-m",
        "tests.properties.damaged_hdf5",
        str(folder),
        base,
        str(first),
        str(count),
        role,
    ]
    environment = os.environ | {"PYTHONPATH": str(ROOT)}
    process = subprocess.Popen(
        command, cwd=ROOT, env=environment, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
    )
    findings, last, end = [], first - 1, "hung"
    assert process.stdout is not None
    with selectors.DefaultSelector() as ready:
        ready.register(process.stdout, selectors.EVENT_READ)
        while ready.select(timeout=60):
            line = process.stdout.readline()
            if not line:
                end = "done" if process.wait() == 0 else "crashed"
                break
            word, _, rest = line.strip().partition(" ")
            if word == "begin":
                last = int(rest)
            else:
                findings.append(f"{base} {last}: {line.strip()}")
    process.kill()
    process.wait()
    process.stdout.close()
    return findings, last, end


@pytest.mark.timeout(900)
@pytest.mark.parametrize(
    ("base", "seed"),
    (("new", 1703), ("new", 2930), ("new", 3391), ("old", 848), ("old", 1670), ("old", 1851)),
)
def test_files_that_keep_the_library_for_good_do_not_keep_us(tmp_path, base, seed):
    """Each of them has, by chance, a heap with an object of no size (see the unit tests of heaps)."""
    assert judge(tmp_path, base, seed, 1, "both") == ([], seed, "done")


@pytest.mark.timeout(900)
@pytest.mark.parametrize("base", BASES)
def test_damaged_files_are_errors_or_as_the_library_reads_them(tmp_path, base):
    first, stop, findings = 0, 2 * EXAMPLES, []
    while first < stop:
        found, last, end = judge(tmp_path, base, first, stop - first, "both")
        findings += found
        if end == "done":
            break
        # What makes the library's own reader crash may make ours crash, too; nothing may keep ours for good.
        alone = judge(tmp_path, base, last, 1, "library")[2] if end == "crashed" else "never tried"
        if alone != "crashed":
            findings.append(f"{base} {last}: {end}")
        first = last + 1
    assert findings == []
