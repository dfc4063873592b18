"""Arrays that numpy wrote come back through a map; damaged files are errors or as numpy reads them."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path

import numpy as np
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from vspec.errors import VspecError
from vspec.layout import Derived
from vspec.peers.npy import read_npy
from vspec.peers.npz import read_npz
from vspec.testing.damage import damaged
from vspec.testing.delegates import Opened, opened
from vspec.testing.layouts import dtypes, values

SETTINGS = settings(
    max_examples=int(os.environ.get("VSPEC_EXAMPLES", "60")),
    deadline=None,
    suppress_health_check=list(HealthCheck),
)
READ = {"npy": read_npy, "npz": read_npz}


@st.composite
def arrays(draw: st.DrawFn) -> np.ndarray:
    """Draw an array of numbers, or of records of them, in either order of memory."""
    shape = draw(st.lists(st.sampled_from([0, 1, 2, 3, 7]), max_size=4))
    dtype = draw(dtypes())
    if draw(st.booleans()):
        inner = st.sampled_from([(), (2,), (1, 3)])
        dtype = np.dtype([(f"m{k}", draw(dtypes()), draw(inner)) for k in range(draw(st.integers(1, 3)))])
    seed = draw(st.integers(0, 2**32))
    array = np.zeros(shape, dtype)
    for k, name in enumerate(dtype.names or ()):
        array[name] = values(dtype[name].base, array[name].shape, seed + k)
    if dtype.names is None:
        array = values(dtype, shape, seed).copy()
    return np.asfortranarray(array) if draw(st.booleans()) else array


def expected(arrays: dict[str, np.ndarray]) -> dict[str, np.ndarray]:
    """Return each array or member by its path, with its axes as they are stored."""
    found = {}
    for name, array in arrays.items():
        turned = array.flags.f_contiguous and not array.flags.c_contiguous
        for member in array.dtype.names or (None,):
            part = array if member is None else array[member]
            order = list(range(part.ndim))
            if turned:
                order[: array.ndim] = order[: array.ndim][::-1]
            found[name if member is None else f"{name}/{member}"] = part.transpose(order)
    return found


def equal(left: np.ndarray, right: np.ndarray) -> bool:
    if right.dtype.kind == "c" and left.dtype.kind != "c":
        half = np.dtype(f"{right.dtype.str[0]}f{right.dtype.itemsize // 2}")
        right = (
            np.ascontiguousarray(right).reshape(right.shape).view(half).reshape(*right.shape, 2)
            if right.ndim
            else np.array([right.real, right.imag])
        )
    plain = right.dtype.newbyteorder("<")
    return left.shape == right.shape and left.astype(plain).tobytes() == right.astype(plain).tobytes()


def written(draw, folder: Path, word: str) -> dict[str, np.ndarray]:
    if word == "npy":
        stored = {"data": draw(arrays())}
        np.save(folder / "x.npy", stored["data"])
        return expected(stored)
    stored = {f"a{k}": draw(arrays()) for k in range(draw(st.integers(1, 3)))}
    save = draw(st.sampled_from([np.savez, np.savez_compressed]))
    save(folder / "x.npz", **stored)
    return expected(stored)


def plain(store: Opened) -> list[str]:
    return [path for path in store.container.entries if not isinstance(store.layout(path).source, Derived)]


@SETTINGS
@given(st.data(), st.sampled_from(["npy", "npz"]))
def test_files_are_equal_through_a_map(data: st.DataObject, word: str):
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        wanted = written(data.draw, folder, word)
        store = opened(word, folder, f"x.{word}")
        assert store.container.lost == ()
        assert {path: entry.shape for path, entry in store.container.entries.items()} == {
            path: array.shape for path, array in wanted.items()
        }
        for path, array in store.mapped(folder, plain(store)).items():
            assert equal(array, wanted[path])
        for path, array in wanted.items():
            window = tuple(slice(n // 3, n) for n in array.shape)
            assert equal(READ[word](folder / f"x.{word}", path, window), array[window])


@SETTINGS
@given(st.data(), st.sampled_from(["npy", "npz"]))
def test_damaged_files_are_an_error_or_as_numpy_reads_them(data: st.DataObject, word: str):
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        file = folder / f"x.{word}"
        written(data.draw, folder, word)
        file.write_bytes(data.draw(damaged(file.read_bytes())))
        try:
            store = opened(word, folder, file.name)
            found = store.mapped(folder, plain(store))
        except VspecError as error:
            codes = {problem.code for problem in error.problems}
            assert codes <= {"V0317", "V0332", "V0333", "V0334", "V0360", "V0361", "V0362", "V0712"}
            return
        for path, array in found.items():
            try:
                peer = READ[word](file, path, (slice(None),) * len(store.container.entries[path].shape))
            except VspecError:
                continue
            assert equal(array, peer)
