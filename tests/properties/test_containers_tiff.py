"""Random TIFF files become maps, and again what tifffile wrote; damaged ones are refused, or read as tifffile does."""

from __future__ import annotations

import logging
import os
import warnings
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.properties.tiff_files import Made, files, stacks
from tests.unit.layouts import bounded
from vspec.containers.model import Container, ContainerFile
from vspec.containers.tiff import open_tiff
from vspec.errors import VspecError
from vspec.layout import ArrayLayout, Derived
from vspec.peers.tiff import read_tiff
from vspec.readers.zarr_store import open_group
from vspec.sources import Files, data_file
from vspec.testing.maps import write_map

EXAMPLES = int(os.environ.get("VSPEC_EXAMPLES", "60"))
SETTINGS = settings(max_examples=EXAMPLES, deadline=None, suppress_health_check=list(HealthCheck))
DAMAGED = settings(SETTINGS, max_examples=max(10, EXAMPLES // 3), derandomize=True)
LOSSY = {"jpeg", "jpeg2000", "webp"}
TRACEBACKS = (IndexError, KeyError, MemoryError, AttributeError)


@pytest.fixture(autouse=True)
def quiet():
    logging.getLogger("tifffile").setLevel(logging.CRITICAL)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        yield


def opened(path: Path) -> Container:
    table = Files(path.parent)
    return open_tiff(ContainerFile(table, table.add(data_file(path.name, path))))


def written(made: Made, folder: Path) -> Path | None:
    """Write a file; None where tifffile or a codec cannot."""
    path = folder / "0.bin"
    try:
        made.write(path)
    except (ValueError, RuntimeError):
        return None
    return path


def mapped(path: Path, layout: ArrayLayout) -> np.ndarray:
    """Return an array through a map and zarr, in the order of the layout."""
    for old in path.parent.glob("map*"):
        old.unlink()
    array = open_group(write_map(path.parent, [layout], [path.read_bytes()]).path)[layout.path]
    stored, asked = list(array.attrs["_ARRAY_DIMENSIONS"]), list(array.attrs["vspec"]["dims"])
    found = np.asarray(array[...]).transpose([stored.index(name.removeprefix("-")) for name in asked])
    found = found[tuple(slice(None, None, -1 if name.startswith("-") else 1) for name in asked)]
    if layout.dtype.kind == "c":
        found = np.ascontiguousarray(found, found.dtype.newbyteorder("="))
        found = found.view(layout.dtype.newbyteorder("="))[..., 0]
    return found


def by_peer(path: Path, name: str, shape: tuple[int, ...]) -> np.ndarray:
    return read_tiff(path, name, tuple(slice(0, n) for n in shape))


def same(left: np.ndarray, right: np.ndarray) -> bool:
    left, right = (np.ascontiguousarray(each, each.dtype.newbyteorder("<")) for each in (left, right))
    return left.shape == right.shape and left.dtype == right.dtype and left.tobytes() == right.tobytes()


def check(made: Made, folder: Path) -> None:
    path = written(made, folder)
    if path is None:
        return
    (name, entry), *others = opened(path).entries.items()
    assert name == "series_0"
    assert others == []
    layout = entry.layout()
    assert (layout.shape, layout.dtype) == (entry.shape, entry.dtype)
    peer = by_peer(path, name, entry.shape)
    assert peer.shape == entry.shape
    if isinstance(layout.source, Derived):
        assert layout.source.reason
        return
    found = mapped(path, layout)
    assert same(found, peer)
    if made.options.get("compression") not in LOSSY:
        assert np.array_equal(found.ravel(), made.array.ravel())


@SETTINGS
@given(files())
def test_a_file_of_pages_is_what_was_written(tmp_path_factory, made: Made):
    check(made, tmp_path_factory.mktemp("tiff"))


@SETTINGS
@given(stacks())
def test_a_stack_with_named_axes_is_what_was_written(tmp_path_factory, made: Made):
    check(made, tmp_path_factory.mktemp("tiff"))


@st.composite
def damages(draw: st.DrawFn) -> list[tuple[float, int]]:
    """Draw where bytes are changed (as a share of the first 600, or of all) and into what."""
    return draw(st.lists(st.tuples(st.floats(-1, 1), st.integers(0, 255)), min_size=1, max_size=4))


def damaged(whole: bytes, damage: list[tuple[float, int]]) -> bytes:
    changed = bytearray(whole)
    for where, byte in damage:
        near = min(len(changed), 600) if where < 0 else len(changed)
        changed[min(near - 1, int(abs(where) * near))] = byte
    return bytes(changed)


def read_or_refused(path: Path, layout: ArrayLayout) -> np.ndarray | None:
    """Return an array through zarr; None where the map is refused or a codec cannot decode a piece."""
    try:
        return mapped(path, layout)
    except TRACEBACKS:
        raise
    except Exception:  # noqa: BLE001 -- each codec has an error of its own
        return None


def check_damaged(path: Path) -> None:
    codes: set[str] = set()
    layouts: dict[str, ArrayLayout] = {}
    with bounded(seconds=10.0, mib=512):
        try:
            layouts = {name: entry.layout() for name, entry in opened(path).entries.items()}
        except VspecError as error:
            codes = {problem.code for problem in error.problems}
    assert codes <= {"V0360", "V0361"}
    for name, layout in layouts.items():
        large = np.prod(layout.shape, dtype=object) * layout.dtype.itemsize > 2**24
        if isinstance(layout.source, Derived) or large or name.startswith("palette"):
            continue
        found = read_or_refused(path, layout)
        if found is None:
            continue
        assert same(found, by_peer(path, name, layout.shape))


@DAMAGED
@given(st.one_of(files(), stacks()), st.lists(damages(), min_size=1, max_size=8))
def test_changed_bytes_are_refused_or_read_as_tifffile_reads_them(tmp_path_factory, made: Made, damage):
    path = written(made, tmp_path_factory.mktemp("tiff"))
    if path is None:
        return
    whole = path.read_bytes()
    for one in damage:
        path.write_bytes(damaged(whole, one))
        check_damaged(path)


@DAMAGED
@given(st.one_of(files(), stacks()), st.lists(st.floats(0, 1), min_size=1, max_size=8))
def test_cut_files_are_refused_or_read_as_tifffile_reads_them(tmp_path_factory, made: Made, cuts):
    path = written(made, tmp_path_factory.mktemp("tiff"))
    if path is None:
        return
    whole = path.read_bytes()
    for cut in cuts:
        path.write_bytes(whole[: int(cut * len(whole))])
        check_damaged(path)
