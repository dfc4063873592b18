"""Columns as pyarrow writes them are equal through a map; a damaged file is an error or equal to its reading."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pyarrow import ipc

from vspec.errors import VspecError
from vspec.layout import Derived
from vspec.peers.arrow import read_arrow
from vspec.testing.delegates import Opened, opened
from vspec.testing.layouts import values

SETTINGS = settings(
    max_examples=int(os.environ.get("VSPEC_EXAMPLES", "100")),
    deadline=None,
    suppress_health_check=list(HealthCheck),
)
pytestmark = pytest.mark.filterwarnings("ignore")
MORE = (
    # The library verifies all of the metadata, those of other columns and what nobody needs as well.
    "flatbuffer",
    "Unrecognized type",
    # It reads a column with the bits of its nulls, which are an array of their own, and one that it refuses.
    "decompress",
    "Lz4 compressed input",
    "Corrupt ZSTD",
    "LZ4",
)
"""What the library refuses although the column is right: it must then be what it was before the damage."""
KINDS = ["i1", "i2", "i4", "i8", "u1", "u2", "u4", "u8", "f2", "f4", "f8"]


@st.composite
def written(draw: st.DrawFn, folder: Path) -> dict[str, np.ndarray]:
    """Write a file or stream ``x.arrow``; return its columns of numbers."""
    count = draw(st.sampled_from([0, 1, 2, 7, 29, 97]))
    columns: dict[str, pa.Array] = {}
    expected = {}
    for number in range(draw(st.integers(1, 4))):
        name = f"c{number}"
        form = draw(st.sampled_from(["plain", "plain", "nulls", "list", "struct", "text"]))
        size = draw(st.integers(1, 3)) if form == "list" else 1
        data = values(np.dtype(draw(st.sampled_from(KINDS))), [count * size], draw(st.integers(0, 2**32)))
        match form:
            case "text":
                columns[name] = pa.array([str(n) for n in range(count)])
                continue
            case "list":
                columns[name] = pa.FixedSizeListArray.from_arrays(pa.array(data), size)
                expected[name] = data.reshape(count, size)
                continue
            case "struct":
                columns[name] = pa.StructArray.from_arrays([pa.array(data)], ["in"])
                name += "/in"
            case "nulls":
                columns[name] = pa.array(data, mask=np.arange(count) % 3 == 1)
            case _:
                columns[name] = pa.array(data)
        expected[name] = data
    table = pa.table(columns)
    options = ipc.IpcWriteOptions(compression=draw(st.sampled_from([None, "lz4", "zstd"])))
    make = draw(st.sampled_from([ipc.new_file, ipc.new_stream]))
    with make(str(folder / "x.arrow"), table.schema, options=options) as target:
        target.write_table(table, max_chunksize=draw(st.sampled_from([1, 5, 13, 1000])))
    return expected


def direct(store: Opened) -> list[str]:
    found = {path: store.layout(path) for path in store.container.entries}
    return [path for path, layout in found.items() if not isinstance(layout.source, Derived)]


def same(left: np.ndarray, right: np.ndarray) -> bool:
    return left.shape == right.shape and left.dtype == right.dtype and left.tobytes() == right.tobytes()


@SETTINGS
@given(st.data())
def test_columns_are_equal_through_a_map(data: st.DataObject):
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        expected = data.draw(written(folder))
        store = opened("arrow", folder, "x.arrow")
        paths = direct(store)
        reasons = {path: store.layout(path).source.reason for path in {*expected} - {*paths}}
        assert all("padded before they are compressed" in reason for reason in reasons.values())
        found = store.mapped(folder, paths)
        for path, values_ in expected.items():
            whole = (slice(None),) * values_.ndim
            peer = read_arrow(folder / "x.arrow", path, whole)
            found.setdefault(path, peer)
            assert same(found[path], peer)
            valid = np.ones(len(values_), bool)
            if f"{path}_valid" in store.container.entries:
                valid = read_arrow(folder / "x.arrow", f"{path}_valid", whole[:1])
            assert same(found[path][valid], values_[valid])


@SETTINGS
@given(st.data())
def test_damaged_files_are_an_error_or_equal_to_their_library(data: st.DataObject):
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        data.draw(written(folder))
        whole = through_a_map(folder)
        raw = bytearray((folder / "x.arrow").read_bytes())
        if data.draw(st.booleans()):
            raw[data.draw(st.integers(0, len(raw) - 1))] ^= 1 << data.draw(st.integers(0, 7))
        else:
            del raw[data.draw(st.integers(0, len(raw))) :]
        (folder / "x.arrow").write_bytes(raw)
        for path, found in through_a_map(folder).items():
            try:
                peer = read_arrow(folder / "x.arrow", path, (slice(None),) * found.ndim)
            except VspecError as error:
                why = str(error.problems[0].found)
                assert any(word in why for word in MORE), why
                assert same(found, whole[path])
                continue
            assert same(found, peer)


def through_a_map(folder: Path) -> dict[str, np.ndarray]:
    """Return the columns by way of a map; none where that is a coded error, or the codec's own."""
    try:
        store = opened("arrow", folder, "x.arrow")
        return store.mapped(folder, direct(store))
    except (VspecError, RuntimeError, ValueError):
        return {}
