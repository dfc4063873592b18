"""Comparison of an array in a map with its files: each kind of fault, named by file and offset."""

from __future__ import annotations

import json

import numpy as np
import pytest

from vspec.chunks import ChunkOptions
from vspec.errors import VspecError
from vspec.layout import ArrayLayout, Axis, InnerAxis, Runs, Strided
from vspec.readers.map_file import load
from vspec.readers.zarr_store import plain_group
from vspec.testing.maps import Memory, write_map
from vspec.verification import Truth, compare_array

COUNT = 101  # prime
DATA = np.random.default_rng(2).bytes(10 + COUNT * 8)
OPTIONS = ChunkOptions(chunk_bytes=80, small_chunk=1, reference_bytes=0, inline=False)


def layout(count=COUNT, names=("time", "channel"), dtype="<i2"):
    columns = [np.array([value], np.int64) for value in (0, 10, count, 8, 0)]
    source = Strided(Runs(*columns), np.dtype(dtype), inner=(InnerAxis("c", 4, 2),))
    axes = (Axis(names[1], 4, ("c",)), Axis(names[0], count, ("run",), reverse=True))
    return ArrayLayout("raw", axes, np.dtype(dtype), source)


TRUTH = Truth([Memory(DATA)].__getitem__, ["a.dat"])


def changed(tmp_path, change):
    path = write_map(tmp_path, [layout()], [DATA], OPTIONS).path
    document = json.loads(path.read_text())
    change(document["refs"])
    path.write_text(json.dumps(document))
    return plain_group(load(path))["raw"]


def test_a_sound_map_has_no_problem(tmp_path):
    assert compare_array(layout(), changed(tmp_path, lambda _: None), TRUTH) == []


def test_a_reference_moved_by_a_byte(tmp_path):
    array = changed(tmp_path, lambda refs: refs["raw/3.0"].__setitem__(1, 10 + 240 + 1))
    (problem,) = compare_array(layout(), array, TRUTH)
    assert problem.code == "V0720"
    assert problem.data_file == "a.dat"
    # chunk 3 holds rows 30 to 39; the first in the card's order (channel, then time backwards) is row 39
    assert problem.offset == 10 + 39 * 8
    assert "channel=0, time=61" in problem.message
    assert problem.expected.startswith(DATA[problem.offset : problem.offset + 2].hex(" "))
    assert problem.found.startswith(DATA[problem.offset + 1 : problem.offset + 3].hex(" "))


def test_two_references_exchanged(tmp_path):
    def change(refs):
        refs["raw/1.0"], refs["raw/2.0"] = refs["raw/2.0"], refs["raw/1.0"]

    assert [p.code for p in compare_array(layout(), changed(tmp_path, change), TRUTH)] == ["V0720"]


def test_a_reference_taken_away_is_not_zero(tmp_path):
    with pytest.raises(VspecError) as error:
        changed(tmp_path, lambda refs: refs.pop("raw/4.0"))
    assert [(p.code, p.expected, p.found) for p in error.value.problems] == [("V0704", "11 chunks", "10")]


def test_a_damaged_sidecar(tmp_path):
    array = changed(tmp_path, lambda _: None)
    (sidecar,) = tmp_path.glob("map.*.vspec.bin")
    data = bytearray(sidecar.read_bytes())
    data[1] ^= 1
    sidecar.write_bytes(data)
    (problem,) = compare_array(layout(), array, TRUTH)
    assert (problem.code, problem.offset) == ("V0720", 10 + 100 * 8)


def test_a_missing_source(tmp_path):
    array = changed(tmp_path, lambda _: None)
    (tmp_path / "0.bin").unlink()
    assert [p.code for p in compare_array(layout(), array, TRUTH)] == ["V0722"]


@pytest.mark.parametrize(
    ("other", "word"),
    (
        (layout(names=("time", "electrode")), "axes"),
        (layout(count=100), "shape"),
        (layout(dtype="<u2"), "dtype"),
    ),
)
def test_another_array_than_the_card_gives(tmp_path, other, word):
    (problem,) = compare_array(other, changed(tmp_path, lambda _: None), TRUTH)
    assert problem.code == "V0721"
    assert word in problem.message


def test_a_truth_that_is_too_short_is_said(tmp_path):
    array = changed(tmp_path, lambda _: None)
    short = Truth([Memory(DATA[:-1])].__getitem__)
    assert [p.code for p in compare_array(layout(), array, short)] == ["V0331"]


def test_byte_order_is_seen_by_its_values(tmp_path):
    (problem,) = compare_array(layout(dtype=">i2"), changed(tmp_path, lambda _: None), TRUTH)
    assert problem.code == "V0720"


def test_not_a_number_is_equal_to_itself(tmp_path):
    data = np.full(3, np.nan, "<f4").tobytes()
    columns = [np.array([value], np.int64) for value in (0, 0, 3, 4, 0)]
    source = Strided(Runs(*columns), np.dtype("<f4"))
    nans = ArrayLayout("raw", (Axis("i", 3, ("run",)),), np.dtype("<f4"), source)
    array = plain_group(load(write_map(tmp_path, [nans], [data]).path))["raw"]
    assert compare_array(nans, array, Truth([Memory(data)].__getitem__)) == []
