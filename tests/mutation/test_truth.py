"""Layouts written by hand, bytes written by hand: the map, read by plain numpy, gives the numbers back.

These are the places where a fault would be silent; the planted faults show that each test looks.
"""

from __future__ import annotations

import json

import numpy as np

from tests.conformance.test_maps import read
from vspec.chunks import ChunkOptions
from vspec.layout import Affine, ArrayLayout, Axis, Coordinate, Inline, InnerAxis, Runs, Strided, Trim
from vspec.testing.maps import write_map

I2 = np.dtype("<i2")


def column(*numbers):
    return np.array(numbers, np.int64)


def runs(*rows):
    """Return runs from rows of file, offset, count, stride, cell."""
    return Runs(*(np.array(c, np.int64) for c in zip(*rows, strict=True)))


def through_a_map(folder, layout, *files, **options):
    """Return the array as the map gives it, in the card's order, and the map's references."""
    written = write_map(folder, [layout], files, ChunkOptions(**options))
    refs = json.loads(written.path.read_text())["refs"]
    refs = {k: json.loads(v) if k.rpartition("/")[2].startswith(".z") else v for k, v in refs.items()}
    contents = {f"file://{folder}/{n}.bin": data for n, data in enumerate(files)}
    for sidecar in folder.glob("map.*.vspec.bin"):
        contents[f"file://{folder}/{sidecar.name}"] = sidecar.read_bytes()
    return read(refs, layout.path, contents), refs


def axes(**sizes):
    return tuple(Axis(name, size, (name,)) for name, size in sizes.items())


def numbers(count):
    return np.arange(count).astype(I2)


def test_two_leading_axes_of_cells_that_lie_anywhere(tmp_path):
    """Cells 2 x 3, two samples each, in an order without a rule."""
    places = [7, 0, 11, 3, 9, 5]
    rows = [(0, 2 * at, 2, 2, cell) for cell, at in enumerate(places)]
    source = Strided(runs(*rows), I2, (("a", 2), ("b", 3)), "t")
    data = numbers(20)
    for order in ("a", "b", "t"), ("b", "a", "t"):
        sizes = {"a": 2, "b": 3, "t": 2}
        layout = ArrayLayout("x", axes(**{n: sizes[n] for n in order}), I2, source)
        found, _ = through_a_map(
            tmp_path, layout, data.tobytes(), small_chunk=1, reference_bytes=0, chunk_bytes=4
        )
        expected = np.array([[at, at + 1] for at in places]).reshape(2, 3, 2)
        np.testing.assert_array_equal(found, expected if order[0] == "a" else expected.transpose(1, 0, 2))


def test_an_offset_list_that_begins_late(tmp_path):
    """Channels at bytes 6, 2 and 12 of a record of 16."""
    inner = InnerAxis("channel", 3, offsets=column(6, 2, 12))
    source = Strided(runs((0, 4, 3, 16, 0)), I2, (), "t", (inner,))
    layout = ArrayLayout("x", axes(t=3, channel=3), I2, source)
    found, _ = through_a_map(
        tmp_path, layout, numbers(30).tobytes(), small_chunk=1, reference_bytes=0, chunk_bytes=2
    )
    np.testing.assert_array_equal(found, [[5, 3, 8], [13, 11, 16], [21, 19, 24]])


def test_a_chunk_across_two_files_is_copied_whole(tmp_path):
    one, two = numbers(101), (1000 + np.arange(300)).astype(I2)
    source = Strided(runs((0, 0, 101, 2, 0), (1, 0, 300, 2, 0)), I2, (), "t")
    layout = ArrayLayout("x", axes(t=401), I2, source)
    options = {"chunk_bytes": 64, "small_chunk": 1, "reference_bytes": 0, "inline_bytes": 400}
    found, refs = through_a_map(tmp_path, layout, one.tobytes(), two.tobytes(), **options)
    np.testing.assert_array_equal(found, np.concatenate([one, two]))
    assert sum(isinstance(v, str) and v.startswith("base64:") for v in refs.values()) >= 1
    assert sum(isinstance(v, list) for v in refs.values()) > 5


def test_a_chunk_across_a_gap_is_copied_whole(tmp_path):
    """Nothing ends where the gap begins but the run: the bytes that follow are of another kind."""
    source = Strided(runs((0, 0, 101, 2, 0), (0, 500, 300, 2, 0)), I2, (), "t")
    layout = ArrayLayout("x", axes(t=401), I2, source)
    options = {"chunk_bytes": 64, "small_chunk": 1, "reference_bytes": 0, "inline_bytes": 400}
    found, refs = through_a_map(tmp_path, layout, numbers(600).tobytes(), **options)
    np.testing.assert_array_equal(found, np.concatenate([np.arange(101), 250 + np.arange(300)]))
    assert sum(isinstance(v, list) for v in refs.values()) > 5


def test_a_copy_gathered_from_strides_keeps_the_order_of_its_elements(tmp_path):
    """One chunk of 3 x 4 x 2 samples, of which every second lies in the file."""
    inner = (InnerAxis("y", 4, 8), InnerAxis("x", 2, 4))
    source = Strided(runs((0, 0, 3, 32, 0)), I2, (), "t", inner)
    layout = ArrayLayout("x", axes(t=3, y=4, x=2), I2, source)
    found, refs = through_a_map(tmp_path, layout, numbers(48).tobytes())
    assert refs["x/0.0.0"].startswith("base64:")
    np.testing.assert_array_equal(found, 2 * np.arange(24).reshape(3, 4, 2))


def test_values_whose_last_chunk_is_padded(tmp_path):
    values = np.arange(11 * 5).reshape(11, 5).astype("<i4")
    layout = ArrayLayout("x", axes(y=11, x=5), np.dtype("<i4"), Inline(values))
    found, refs = through_a_map(tmp_path, layout, chunk_bytes=100)
    assert refs["x/.zarray"]["chunks"] == [5, 5]
    np.testing.assert_array_equal(found, values)


def test_a_trim_that_begins_inside_a_run(tmp_path):
    source = Strided(runs((0, 0, 5, 2, 0), (1, 0, 6, 2, 0)), I2, (), "t", (), (Trim("t", 3, 9),))
    layout = ArrayLayout("x", axes(t=6), I2, source)
    found, _ = through_a_map(tmp_path, layout, numbers(5).tobytes(), (100 + numbers(6)).astype(I2).tobytes())
    np.testing.assert_array_equal(found, [3, 4, 100, 101, 102, 103])


def test_an_axis_that_runs_backwards(tmp_path):
    """Rows bottom up, with everything that is said along them."""
    inner = (InnerAxis("x", 2, 2),)
    source = Strided(runs((0, 8, 3, -4, 0)), I2, (), "y", inner)
    y = Axis(
        "y", 3, ("y",), False, Affine(10, 2), ("a", "b", "c"), (Coordinate("gain", np.array([1, 2, 3])),)
    )
    layout = ArrayLayout("x", (y, Axis("x", 2, ("x",))), I2, source)
    found, refs = through_a_map(tmp_path, layout, numbers(6).tobytes())
    np.testing.assert_array_equal(found, [[4, 5], [2, 3], [0, 1]])
    said = refs["x/.zattrs"]["vspec"]
    assert said["dims"] == ["-y", "x"]
    # All of it in stored order: the last row of the card comes first.
    assert said["labels"] == {"y": ["c", "b", "a"]}
    assert said["axes"] == {"y": {"start": 14, "step": -2}}
    np.testing.assert_array_equal(read(refs, "y_gain", {}), [3, 2, 1])


def test_a_length_that_the_target_does_not_divide(tmp_path):
    """20522 = 2 x 31 x 331 positions, target 64: 62 divides, and every chunk is a reference."""
    layout = ArrayLayout("x", axes(t=20_522), I2, Strided(runs((0, 0, 20_522, 2, 0)), I2, (), "t"))
    found, refs = through_a_map(tmp_path, layout, numbers(20_522).tobytes(), chunk_bytes=128, small_chunk=1)
    assert refs["x/.zarray"]["chunks"] == [62]
    assert not any(str(value).startswith("base64") for value in refs.values())
    np.testing.assert_array_equal(found, numbers(20_522))
