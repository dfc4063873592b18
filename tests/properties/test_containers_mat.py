"""MATLAB files that scipy wrote come back through a map; damaged ones are errors or as scipy reads them."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import zlib
from pathlib import Path

import numpy as np
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from scipy.io import savemat

from vspec.errors import VspecError
from vspec.layout import Derived
from vspec.peers.mat import read_mat
from vspec.testing.damage import damaged
from vspec.testing.delegates import opened
from vspec.testing.layouts import values

SETTINGS = settings(
    max_examples=int(os.environ.get("VSPEC_EXAMPLES", "60")),
    deadline=None,
    suppress_health_check=list(HealthCheck),
)
CODES = ["i1", "u1", "<i2", "<u2", "<i4", "<u4", "<i8", "<u8", "<f4", "<f8", "<c16"]


@st.composite
def numbers(draw: st.DrawFn) -> np.ndarray:
    shape = draw(st.lists(st.sampled_from([1, 2, 3, 7, 23]), min_size=2, max_size=3))
    return values(np.dtype(draw(st.sampled_from(CODES))), shape, draw(st.integers(0, 2**32)))


@st.composite
def variables(draw: st.DrawFn, *, flat: bool) -> tuple[dict[str, object], dict[str, np.ndarray]]:
    """Draw variables, and the arrays of numbers that are in them by path."""
    made: dict[str, object] = {}
    found: dict[str, np.ndarray] = {}
    for k in range(draw(st.integers(1, 3))):
        kind = "array" if flat else draw(st.sampled_from(["array", "struct", "cell"]))
        parts = [draw(numbers()) for _ in range(1 if kind == "array" else draw(st.integers(1, 3)))]
        if flat:
            parts = [part.reshape(part.shape[0], -1) for part in parts]
        if kind == "array":
            made[f"v{k}"] = parts[0]
        elif kind == "struct":
            made[f"v{k}"] = {f"f{n}": part for n, part in enumerate(parts)} | {"text": "word"}
        else:
            cells = np.empty((1, len(parts)), object)
            for n, part in enumerate(parts):
                cells[0, n] = part
            made[f"v{k}"] = cells
        for n, part in enumerate(parts):
            path = f"v{k}" + {"array": "", "struct": f"/f{n}", "cell": f"/{n}"}[kind]
            if part.dtype.kind == "c":
                found |= {f"{path}/real": part.real, f"{path}/imag": part.imag}
            else:
                found[path] = part
    return made, found


def equal(left: np.ndarray, right: np.ndarray) -> bool:
    plain = right.dtype.newbyteorder("<")
    return left.shape == right.shape and left.astype(plain).tobytes() == right.astype(plain).tobytes()


@SETTINGS
@given(st.data())
def test_files_are_equal_through_a_map(data: st.DataObject):
    version = data.draw(st.sampled_from(["4", "5"]))
    made, expected = data.draw(variables(flat=version == "4"))
    if version == "4":
        narrow = {"i8": "f8", "u8": "f8", "u4": "f8", "i1": "i2"}
        made = {k: v.astype(narrow.get(v.dtype.str[1:], v.dtype.str)) for k, v in made.items()}
        expected = {k: v.astype(narrow.get(v.dtype.str[1:], v.dtype.str)) for k, v in expected.items()}
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        packed = version == "5" and data.draw(st.booleans())
        savemat(folder / "x.mat", made, format=version, do_compression=packed)
        store = opened("mat", folder, "x.mat")
        assert store.container.lost == ()
        assert set(store.container.entries) == set(expected)
        found = store.mapped(folder, list(expected))
        for path, array in found.items():
            assert equal(array, expected[path].T)
            window = tuple(slice(n // 3, n) for n in array.shape)
            assert same_numbers(array[window], read_mat(folder / "x.mat", path, window))


def same_numbers(found: np.ndarray, read: np.ndarray) -> bool:
    """Tell whether arrays are equal wherever scipy has a number: one infinite half spoils its other one."""
    kept = np.ones(read.shape, bool) if read.dtype.kind in "iu" else ~np.isnan(read)
    return found.shape == read.shape and equal(found[kept], read[kept])


READ_ALL = """
import sys
from pathlib import Path
from vspec.errors import VspecError
from vspec.peers.mat import read_mat
import numpy as np
for path in sys.argv[3:]:
    try:
        np.save(Path(sys.argv[2]) / (path.replace("/", "_") + ".npy"), read_mat(Path(sys.argv[1]), path, ()))
    except VspecError:
        pass
"""


@settings(SETTINGS, max_examples=int(os.environ.get("VSPEC_EXAMPLES", "10")))
@given(st.data())
def test_damaged_files_are_an_error_or_as_scipy_reads_them(data: st.DataObject):
    version = data.draw(st.sampled_from(["4", "5"]))
    made, _ = data.draw(variables(flat=version == "4"))
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        file = folder / "x.mat"
        try:
            savemat(file, made, format=version, do_compression=version == "5" and data.draw(st.booleans()))
        except TypeError:
            return
        file.write_bytes(data.draw(damaged(file.read_bytes())))
        try:
            store = opened("mat", folder, "x.mat")
            paths = [p for p in store.container.entries if not isinstance(store.layout(p).source, Derived)]
            found = store.mapped(folder, paths)
        except VspecError as error:
            codes = {problem.code for problem in error.problems}
            assert codes <= {"V0317", "V0332", "V0333", "V0336", "V0337", "V0360", "V0361", "V0362", "V0712"}
            return
        except (RuntimeError, zlib.error):
            # What the codec of a compressed variable says of it when it is read.
            return
        # The library of the peer may end its process on files that are damaged.
        command = [sys.executable, "-c", READ_ALL, str(file), str(folder), *found]
        subprocess.run(command, check=False, timeout=60, capture_output=True, cwd=Path(__file__).parents[2])
        for path, array in found.items():
            read = folder / (path.replace("/", "_") + ".npy")
            if read.exists():
                assert same_numbers(array, np.load(read, allow_pickle=False).astype(array.dtype))
