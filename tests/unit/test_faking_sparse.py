"""Recordings that are zero but for a few windows: the same files as in full, where they are not zero."""

from __future__ import annotations

import numpy as np
import pytest

from tests.unit.test_faking import codes, made
from tests.unit.test_faking_packed import mapped

BLOCKS = """
vspec: 1
types:
  p12: {packed: 3, values: ["0..11", "12..23"]}
files:
  f:
    match: "{rec}.bin"
    endian: big
    layout:
      fields:
        magic: uint16 = 7
        n: uint8
        gain: {repeat: n, fields: {g: float32}}
        block:
          repeat: BLOCKS
          fields:
            mark: uint8 = 9
            t: uint32[sample=4]
            back: int32
            odd: int16
            x: int16[channel=n, sample=4]
            aux: {fields: {y: "p12[sample=2]", z: "float32"}}
        tail: uint8
arrays:
  t/t: {from: f.block.t, dims: "block sample -> time=(block sample)"}
  x/x: {from: f.block.x, dims: "block channel sample -> channel time=(block sample)"}
  y/y: {from: f.block.aux.y}
  z/z: {from: f.block.aux.z}
  odd/odd: {from: f.block.odd}
examples:
  - name: x
    make:
      f.n: 3
      f.tail: 5
      f.block.t: "{{ steps(1000 + row * 4, 1, 4) }}"
      f.block.back: "{{ f.n - 2 * row }}"
      f.block.odd: "{{ row % 5 }}"
"""
ENOUGH = BLOCKS.replace("repeat: BLOCKS", "repeat: 1009")
ROW = 1 + 16 + 4 + 2 + 24 + 3 + 4
HEAD = 2 + 1 + 12
ROWS = np.dtype(
    [
        ("mark", "u1"),
        ("t", ">u4", 4),
        ("back", ">i4"),
        ("odd", ">i2"),
        ("x", ">i2", (3, 4)),
        ("y", "V3"),
        ("z", ">f4"),
    ]
)


def test_windows_over_everything_change_nothing(tmp_path):
    whole = made(ENOUGH, tmp_path / "whole", seed=4)
    windowed = made(ENOUGH, tmp_path / "windowed", seed=4, windows=[(0, 500), (400, 5000)])
    assert windowed.files[0].read_bytes() == whole.files[0].read_bytes()
    assert list(windowed.arrays) == list(whole.arrays)
    for path, values in whole.arrays.items():
        assert np.array_equal(windowed.arrays[path], values)


def test_outside_of_windows_data_is_zero_and_the_rest_is_there(tmp_path):
    faked = made(ENOUGH, tmp_path / "data", seed=4, windows=[(2, 5), (1000, 1007)])
    whole = made(ENOUGH, tmp_path / "whole", seed=4)
    content = faked.files[0].read_bytes()
    assert len(content) == HEAD + 1009 * ROW + 1
    assert content[-1] == 5
    rows = np.frombuffer(content, ROWS, 1009, HEAD)
    full = np.frombuffer(whole.files[0].read_bytes(), ROWS, 1009, HEAD)
    k = np.arange(1009)
    inside = ((k >= 2) & (k < 5)) | ((k >= 1000) & (k < 1007))
    assert (rows["mark"] == 9).all()
    assert np.array_equal(rows["t"], 1000 + 4 * k[:, None] + np.arange(4))
    assert np.array_equal(rows["back"], 3 - 2 * k)
    assert np.array_equal(rows["odd"], k % 5)
    assert np.array_equal(rows["x"][inside], full["x"][inside])
    assert np.array_equal(rows["y"][inside], full["y"][inside])
    assert rows["x"][inside].any(axis=(1, 2)).all()
    assert not rows["x"][~inside].any()
    assert not rows["z"][~inside].any()
    assert np.array_equal(faked.arrays["x/x"], rows["x"].transpose(1, 0, 2).reshape(3, -1))
    mapped(ENOUGH, faked, tmp_path)


def test_hours_of_blocks_are_quick_and_not_kept(tmp_path):
    text = BLOCKS.replace("repeat: BLOCKS", "repeat: rest").replace("        tail: uint8\n", "")
    text = text.replace("      f.tail: 5\n", "").replace('      f.block.odd: "{{ row % 5 }}"\n', "")
    faked = made(text, tmp_path, windows=[(299_990, 300_000)], sizes={"block": 300_007})
    assert set(faked.unkept) == {"t/t", "x/x", "y/y", "z/z", "odd/odd"}
    rows = np.fromfile(faked.files[0], ROWS, offset=HEAD)
    assert len(rows) == 300_007
    assert rows["t"][-1].tolist() == [1000 + 4 * 300_006 + j for j in range(4)]
    assert np.flatnonzero(rows["x"].any(axis=(1, 2))).tolist() == list(range(299_990, 300_000))


def test_hours_in_one_of_many_files_are_not_made_to_be_joined(tmp_path):
    text = """
vspec: 1
files:
  f:
    match: "{rec}_{part:int}.bin"
    over: part
    endian: little
    layout: {fields: {block: {repeat: rest, fields: {t: int32, x: "int16[sample=3000]"}}}}
let: {blocks: flat(f.block)}
arrays:
  x: {from: blocks.x, dims: "block sample -> time=(block sample)"}
examples:
  - {name: a, make: {captures: {part: [0]}, f.block.t: "{{ 7 * row }}"}}
"""
    faked = made(text, tmp_path, windows=[(49_000, 49_001)], sizes={"block": 60_000})
    assert faked.unkept == ("x",)
    rows = np.memmap(faked.files[0], np.dtype([("t", "<i4"), ("x", "<i2", 3000)]), "r")
    assert np.array_equal(rows["t"], 7 * np.arange(60_000))
    assert np.flatnonzero(rows["x"][48_990:49_010].any(axis=1)).tolist() == [10]


RAW = """
vspec: 1
types:
  p12: {packed: 3, values: ["0..11", "12..23"]}
files: "{rec}.dat"
arrays:
  x: {dtype: KIND, offset: 5, shape: {time: auto, channel: 3}}
"""


@pytest.mark.parametrize("kind", ("int16", "p12"))
def test_raw_data_is_sparse_along_its_slowest_axis(tmp_path, kind):
    text = RAW.replace("KIND", kind)
    faked = made(text, tmp_path / "data", windows=[(10, 12), (2000, 2001)], sizes={"time": 2002})
    filled = set(np.flatnonzero(faked.arrays["x"].any(axis=1)).tolist())
    assert {10, 11, 2000} <= filled <= {10, 11, 2000, 2001}
    assert faked.files[0].stat().st_size == 5 + 2002 * 3 * (2 if kind == "int16" else 1.5)
    mapped(text, faked, tmp_path)


def test_large_raw_files_are_holes(tmp_path):
    faked = made(
        RAW.replace("KIND", "int16"), tmp_path, windows=[(10**8, 10**8 + 5)], sizes={"time": 2 * 10**8}
    )
    assert faked.unkept == ("x",)
    assert faked.files[0].stat().st_size == 5 + 12 * 10**8
    assert np.fromfile(faked.files[0], "<i2", 15, offset=5 + 6 * 10**8).all()
    assert not np.fromfile(faked.files[0], "<i2", 15, offset=5 + 6 * 10**8 + 30).any()


def test_few_rows_are_made_as_ever(tmp_path):
    text = BLOCKS.replace("repeat: BLOCKS", "repeat: 7")
    assert made(text, tmp_path, windows=[(0, 0)]).arrays["x/x"].all(axis=1).any()


def test_fields_may_not_lie_among_the_rows(tmp_path):
    text = ENOUGH.replace("tail: uint8", "tail: uint8 @ 100")
    assert codes(text, tmp_path, windows=[(0, 0)]) == ["V0858"]
