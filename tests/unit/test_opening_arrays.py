"""Arrays of a map without xarray: how an index picks, in which way each array is read, and what is refused."""

from __future__ import annotations

import json
import os
import pickle
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

import vspec
from tests.unit.opened import array, axis, codes, edited, made, samples
from vspec.layout import ArrayLayout, Axis, InnerAxis, Runs, Strided
from vspec.opening.direct import DirectArray
from vspec.opening.stored import StoredArray

COUNT = 1009
RAW = np.random.default_rng(8).integers(-32768, 32767, (COUNT, 4), np.int16)


def opened(path, **options):
    return vspec.open_arrays(path, **options)


@pytest.fixture
def recording(tmp_path):
    return made(tmp_path, samples("g/raw", COUNT, 4), files=[RAW.tobytes()])


def in_files(counts, dtype="<i2", dims=("time", "channel")):
    """Return samples that lie one file after the other, and the files."""
    item = np.dtype(dtype)
    rows = [(k, 7 * k, count, 4 * item.itemsize, 0) for k, count in enumerate(counts)]
    runs = Runs(*(np.array(column, np.int64) for column in zip(*rows, strict=True)))
    source = Strided(runs, item, inner=(InnerAxis("channel", 4, item.itemsize),))
    axes = {"time": Axis("time", sum(counts), ("run",)), "channel": Axis("channel", 4, ("channel",))}
    layout = ArrayLayout("raw", tuple(axes[name] for name in dims), item, source)
    rng = np.random.default_rng(3)
    values = [np.frombuffer(rng.bytes(count * 4 * item.itemsize), item).reshape(count, 4) for count in counts]
    return layout, [b"x" * 7 * k + part.tobytes() for k, part in enumerate(values)], np.concatenate(values)


# --- indices --------------------------------------------------------------------------------


@pytest.mark.parametrize("memory_map", (True, False))
def test_an_index_picks_as_numpy_does(recording, memory_map):
    raw = opened(recording, memory_map=memory_map)["g/raw"]
    assert type(raw) is (DirectArray if memory_map else StoredArray)
    mask = np.arange(COUNT) % 7 == 0
    for key in (
        ..., (), 5, -1, np.int64(3), (3, 2), (slice(None), 1), (..., -1), (slice(9, 2, -3), ...), (2, ...),
        slice(5000, None), [3, 1, 1, -1], (slice(None), [2, 0]), ([], 1), mask, (mask, 1), np.array(4),
        (slice(10), [True, False, False, True]),
    ):  # fmt: skip
        found, expected = raw[key], RAW[key]
        assert np.shape(found) == np.shape(expected), key
        assert (np.asarray(found) == expected).all(), key
    assert isinstance(raw[3, 2], np.generic)
    assert (np.asarray(raw, "f8") == RAW).all()
    assert (len(raw), raw.ndim, raw.size, raw.dims) == (COUNT, 2, 4 * COUNT, ("time", "channel"))
    assert repr(raw) == f"<{type(raw).__name__} time=1009 channel=4 <i2>"


@pytest.mark.parametrize("memory_map", (True, False))
def test_an_index_that_fits_nothing(recording, memory_map):
    raw = opened(recording, memory_map=memory_map)["g/raw"]
    for key in (COUNT, -COUNT - 1, (0, 4), (0, 0, 0), [COUNT], [0.5], "time", 1.5, ([1], [2]), [[1]], [True]):
        with pytest.raises(IndexError):
            raw[key]
    if not memory_map:
        for key in (None, (..., ...), True):
            with pytest.raises(IndexError):
                raw[key]
    with pytest.raises(ValueError, match="without a copy"):
        raw.__array__(copy=False)


@pytest.mark.parametrize("memory_map", (True, False))
def test_an_axis_of_a_list_stays_where_it_is(tmp_path, memory_map):
    path = made(tmp_path, array("a", axis("x", 3), axis("y", 4), axis("z", 5)))
    found = opened(path, memory_map=memory_map)["a"]
    values = np.arange(60).reshape(3, 4, 5)
    assert (found[0, :, [1, 3]] == values[0][:, [1, 3]]).all()
    assert (found[[2, 0], :, 3] == values[[2, 0]][:, :, 3]).all()


def test_what_is_picked_is_a_copy(recording):
    raw = opened(recording)["g/raw"]
    picked = raw[2:5]
    picked[...] = 0
    assert (raw[2:5] == RAW[2:5]).all()
    assert raw[[1, 2]].flags.writeable


@pytest.mark.parametrize("dims", (("time", "channel"), ("channel", "time")))
@pytest.mark.parametrize("dtype", ("<i2", ">i2", ">f8"))
def test_an_array_of_several_files(tmp_path, dtype, dims):
    layout, files, values = in_files([5, 1, 13, 7], dtype, dims)
    raw = opened(made(tmp_path, layout, files=files, chunk_bytes=16, small_chunk=1, reference_bytes=0))["raw"]
    expected = values if dims[0] == "time" else values.T
    assert type(raw) is DirectArray
    assert raw.dtype == np.dtype(dtype)
    places = (
        (5, slice(None)),
        (slice(3, 21, 2), 1),
        ([25, 0, 5, 5, 6], slice(1, 3)),
        (slice(None, None, -1), 2),
    )
    for time, channel in (*places, (slice(7, 7), 0), (slice(20, 2, -3), slice(None)), ([4, -1], 3), ([], 0)):
        key = (time, channel) if dims[0] == "time" else (channel, time)
        assert raw[key].tobytes() == expected[key].astype(dtype).tobytes()
        assert np.shape(raw[key]) == np.shape(expected[key])


def test_only_what_a_list_names_is_read_of_many_parts(tmp_path, monkeypatch):
    layout, files, values = in_files([5, 3, 13])
    raw = opened(made(tmp_path, layout, files=files, chunk_bytes=8, small_chunk=1, reference_bytes=0))["raw"]
    read = []
    original = DirectArray._from
    monkeypatch.setattr(DirectArray, "_from", lambda *given: read.append(given[1]) or original(*given))
    assert (raw[[20, 0], 1] == values[[20, 0], 1]).all()
    assert sorted(set(read)) == [0, len(raw._parts) - 1]


def test_axes_that_run_back_in_several_files(tmp_path):
    layout, files, values = in_files([5, 1, 13])
    turned = [Axis("time", 19, ("run",), reverse=True), Axis("channel", 4, ("channel",), reverse=True)]
    layout = ArrayLayout("raw", tuple(turned), layout.dtype, layout.source)
    path = made(tmp_path, layout, files=files, chunk_bytes=8, small_chunk=1, reference_bytes=0)
    for options in ({}, {"memory_map": False}):
        raw = opened(path, **options)["raw"]
        assert (raw[...] == values[::-1, ::-1]).all()
        assert (raw[14:3:-2, [0, 3]] == values[::-1, ::-1][14:3:-2, [0, 3]]).all()
        assert raw[13, 1] == values[5, 2]


@pytest.mark.parametrize(
    "options",
    (
        {"chunk_bytes": 808},
        {"chunk_bytes": 808, "inline": False},
        {"chunk_bytes": 8000, "inline": False},
        {"chunk_bytes": 100, "small_chunk": 1, "reference_bytes": 0},
    ),
    ids=str,
)
@pytest.mark.parametrize("rest", (b"", b"tail" * 1000))
def test_tails_of_a_prime_length(tmp_path, options, rest):
    path = made(tmp_path, samples("raw", COUNT, 4), files=[RAW.tobytes() + rest], **options)
    for memory_map in (True, False):
        assert (opened(path, memory_map=memory_map)["raw"][...] == RAW).all()


def test_arrays_of_bytes_that_are_encoded_are_read_through_zarr(tmp_path):
    path = made(tmp_path, samples("raw", COUNT, 4), array("b", axis("x", 7)), files=[RAW.tobytes()])

    def change(refs, whole):
        whole["b/.zarray"]["filters"] = [{"id": "delta", "dtype": "<i4"}]

    arrays = opened(edited(path, change))
    assert [type(arrays[name]) for name in ("raw", "b")] == [DirectArray, StoredArray]
    assert arrays["b"][...].tolist() == np.cumsum(np.arange(7)).tolist()


def test_the_mapping(tmp_path):
    path = made(tmp_path, samples("g/raw", COUNT, 4), array("b", axis("x", 7)), files=[RAW.tobytes()])
    arrays = opened(path)
    assert list(arrays) == ["g/raw", "b"]
    assert len(arrays) == 2
    assert arrays["b"] is arrays["b"]
    assert repr(arrays) == "<OpenedArrays map.vspec.json: g/raw, b>"
    with pytest.raises(KeyError):
        arrays["raw"]


def test_how_it_reads_goes_with_it_to_another_process(recording):
    arrays = pickle.loads(pickle.dumps(opened(recording, memory_map=False)))
    assert type(arrays["g/raw"]) is StoredArray
    assert (arrays["g/raw"][...] == RAW).all()


# --- hostile maps and files that are not what they were -------------------------------------


def place(path, offset=None, nbytes=None, url=None):
    """Make the one reference to the recording lead elsewhere."""

    def change(refs, _):
        (key,) = [key for key, value in refs.items() if isinstance(value, list)]
        old = refs[key]
        refs[key] = [
            url or old[0],
            old[1] if offset is None else offset,
            old[2] if nbytes is None else nbytes,
        ]

    return edited(path, change)


@pytest.mark.parametrize(
    ("lie", "code"),
    (
        ({"offset": -1}, "V0709"),
        ({"offset": 1}, "V0709"),
        ({"offset": 1 << 62}, "V0709"),
        ({"nbytes": 10}, "V0709"),
        ({"nbytes": 0}, "V0709"),
        ({"url": "file:///etc/passwd"}, "V0706"),
        ({"url": "https://example.org/0.bin"}, "V0706"),
    ),
    ids=str,
)
def test_references_that_lie(recording, lie, code):
    assert codes(lambda: opened(place(recording, **lie))) == [code]


def test_metadata_that_promise_more_than_there_is(recording):
    def change(refs, whole):
        whole["g/raw/.zarray"]["shape"] = [COUNT + 1, 4]

    assert codes(lambda: opened(edited(recording, change))) == ["V0704"]


def test_a_file_that_was_cut_is_an_error_also_where_drift_is_allowed(recording):
    data = recording.with_name("0.bin")
    data.write_bytes(RAW.tobytes()[:-2])
    assert codes(lambda: opened(recording)) == ["V0742"]
    with pytest.warns(UserWarning, match="V0742"):
        arrays = opened(recording, allow_drift=True)
    assert codes(lambda: arrays["g/raw"]) == ["V0742"]
    data.write_bytes(b"")
    with pytest.warns(UserWarning, match="V0742"):
        arrays = opened(recording, allow_drift=True)
    assert codes(lambda: arrays["g/raw"]) == ["V0742"]


def test_parts_of_a_complex_number_in_two_chunks(tmp_path):
    path = made(tmp_path, array("z", axis("x", 3), axis("complex", 2), dtype="<f4"))

    def change(refs, whole):
        whole["z/.zarray"]["chunks"] = [3, 1]
        refs.pop("z/0.0")
        refs["z/0.0"] = "base64:AAAAAAAAAAAAAAAA"
        refs["z/0.1"] = "base64:AACAPwAAgD8AAIA/"

    found = opened(edited(path, change))["z"]
    assert type(found) is StoredArray
    assert found[...].tolist() == [1j, 1j, 1j]


@pytest.mark.parametrize("dtype", ("<f2", "<i4"))
def test_an_axis_called_complex_that_is_an_axis(tmp_path, dtype):
    found = opened(made(tmp_path, array("z", axis("x", 3), axis("complex", 2), dtype=dtype)))["z"]
    assert found.dims == ("x", "complex")
    assert found[...].tolist() == [[0, 1], [2, 3], [4, 5]]


def test_an_axis_called_complex_that_runs_back(tmp_path):
    path = made(tmp_path, array("z", axis("x", 3), axis("complex", 2, reverse=True), dtype="<f4"))
    assert opened(path)["z"][...].tolist() == [[0, 1], [2, 3], [4, 5]]


def test_an_order_of_records_that_steps_back_and_stands_still(tmp_path):
    """Chunks of one record each, in whatever order: strides below zero, and of zero."""
    path = made(
        tmp_path, samples("raw", 6, 4), files=[RAW.tobytes()], chunk_bytes=8, small_chunk=1, reference_bytes=0
    )
    for order in ([5, 4, 3, 2, 1, 0], [2, 2, 2, 2, 2, 2], [0, 2, 4, 1, 3, 5], [0, 5, 5, 0, 1, 2]):

        def change(refs, whole, order=order):
            url = next(value[0] for value in refs.values() if isinstance(value, list))
            for key in [key for key in refs if key.startswith(("raw/0", "raw/1"))]:
                del refs[key]
            whole["raw/.zarray"]["chunks"] = [1, 4]
            refs.update({f"raw/{k}.0": [url, 8 * at, 8] for k, at in enumerate(order)})

        found = opened(edited(path, change))["raw"]
        assert type(found) is DirectArray
        assert (found[...] == RAW[order]).all()


def test_a_file_that_cannot_be_read(recording):
    arrays = opened(recording)
    recording.with_name("0.bin").unlink()
    assert codes(lambda: arrays["g/raw"]) == ["V0741"]


# --- starting -------------------------------------------------------------------------------

PROGRAM = """
import json, sys, vspec
arrays = vspec.open_arrays(sys.argv[1])
total = sum(int(array[...].sum()) for array in arrays.values())
print(json.dumps([total, sorted({name.split(".")[0] for name in sys.modules})]))
"""


def modules(path):
    checkout = os.environ | {"PYTHONPATH": str(Path(__file__).resolve().parents[2])}
    command = [sys.executable, "-c", PROGRAM, str(path)]
    done = subprocess.run(command, env=checkout, capture_output=True, text=True, check=True, timeout=120)
    return json.loads(done.stdout)


def test_arrays_that_lie_as_they_are_need_neither_zarr_nor_xarray(recording):
    total, found = modules(recording)
    assert total == RAW.sum(dtype="i8")
    assert {"zarr", "xarray", "kerchunk", "pandas", "dask"}.isdisjoint(found)


def test_the_measure_sees_an_array_that_needs_zarr(tmp_path):
    path = made(tmp_path, array("b", axis("x", 7)))

    def change(refs, whole):
        whole["b/.zarray"]["filters"] = [{"id": "delta", "dtype": "<i4"}]

    total, found = modules(edited(path, change))
    assert total == np.cumsum(np.arange(7)).sum()
    assert "zarr" in found
    assert "xarray" not in found


def test_a_fill_value_that_zarr_does_not_take(tmp_path):
    path = made(tmp_path, array("b", axis("x", 7)))
    edited(path, lambda _, whole: whole["b/.zarray"].update(fill_value="many"))
    assert opened(path)["b"][...].tolist() == list(range(7))
    assert codes(lambda: opened(path, memory_map=False)["b"]) == ["V0705"]
