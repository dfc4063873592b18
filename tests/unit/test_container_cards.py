"""What cards say of containers and codecs that only the files tell to be right or wrong."""

from __future__ import annotations

import struct
import zlib
from pathlib import Path

import h5py
import numpy as np
import pytest

from vspec.commands import apply
from vspec.errors import Problem
from vspec.readers.zarr_store import open_group

HELD = """vspec: 1
files: {h: {match: "{name}.h5", format: hdf5}}
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    with h5py.File(tmp_path / "x.h5", "w") as file:
        file["a"] = np.arange(6, dtype="<i2").reshape(2, 3)
        file["g/b"] = np.arange(5.0)
        file.create_dataset("c", data=np.arange(24, dtype="<i2").reshape(4, 6), chunks=(2, 3))
    return tmp_path


def mapped(folder: Path, card: str, data: str = "x.h5") -> tuple[Problem, ...]:
    (folder / "card.yaml").write_text(card, encoding="utf-8")
    return apply(folder / "card.yaml", folder / data, folder / "maps").problems


def refused(folder: Path, card: str, data: str = "x.h5") -> Problem:
    (problem,) = mapped(folder, card, data)
    return problem


def test_a_path_may_begin_with_a_slash_wherever_it_is_a_key(folder: Path) -> None:
    card = HELD + (
        "attrs:\n"
        "  there: \"{{ ['/a', 'a', '/g/b', 'g/b'] in h.arrays }}\"\n"
        "  none: \"{{ '/b' in h.arrays }}\"\n"
        "  sizes: \"{{ h.arrays[['/g/b', 'a']].size }}\"\n"
        "  one: \"{{ h.arrays['/g/b'].ndim + h['g/b'].ndim }}\"\n"
        "arrays:\n"
        "  a: {if: \"'/a' in h.arrays\", from: \"h['/a']\"}\n"
        "  b: {if: \"'/b' in h.arrays\", from: \"h['/b']\"}\n"
    )
    assert mapped(folder, card) == ()
    group = open_group(folder / "maps" / "x.vspec.json")
    assert sorted(group.array_keys()) == ["a"]
    told = {name: group.attrs[name] for name in ("there", "none", "sizes", "one")}
    assert told == {"there": [True, True, True, True], "none": False, "sizes": [5, 6], "one": 2}


@pytest.mark.parametrize(
    ("array", "code", "message"),
    (
        ("from: \"h['/a'][0:1]\"", "V0226", "h['/a'] is an array of a container: it cannot be sliced"),
        (
            "from: \"h['/c']\", dims: 'c_axis_0=(a:2 b:2) c_axis_1 -> a b c_axis_1'",
            "V0316",
            "'c_axis_0' cannot be split: array 'c' is kept in chunks, which stay whole",
        ),
        (
            "from: \"h['/c']\", dims: 'c_axis_0 c_axis_1 -> c_axis_0:3 c_axis_1'",
            "V0316",
            "'c_axis_0' cannot be cropped: array 'c' is kept in chunks, which stay whole",
        ),
        (
            "from: \"h['/c']\", dims: 'y x -> x y'",
            "V0316",
            "'dims' names y x, but the data have c_axis_0 c_axis_1",
        ),
        (
            "from: \"h['/a']\", dims: 'y x -> x y'",
            "V0316",
            "'dims' names y x, but the data have a_axis_0 a_axis_1",
        ),
    ),
)
def test_what_cannot_be_done_with_an_array_of_a_container(
    folder: Path, array: str, code: str, message: str
) -> None:
    problem = refused(folder, HELD + f"arrays: {{x: {{{array}}}}}\n")
    assert (problem.code, problem.message) == (code, message)


@pytest.mark.parametrize(
    ("items", "found"),
    (("h['/a']", "an array of a container"), ("h['/a'].ndim", "2"), ("h['/a'].dtype", "the text 'int16'")),
)
def test_what_cannot_be_run_over(folder: Path, items: str, found: str) -> None:
    card = HELD + f'arrays: {{x: {{each: "v in {items}", values: v}}}}\n'
    problem = refused(folder, card)
    assert (problem.code, problem.found) == ("V0313", found)


@pytest.mark.parametrize(
    ("name", "help"),
    ((b"deflate\0", "did you mean 'zlib'?"), (b"packbits", "did you mean 'imagecodecs_packbits'?")),
)
def test_a_codec_named_by_a_file_that_there_is_not(tmp_path: Path, name: bytes, help: str) -> None:
    encoded = zlib.compress(bytes(4))
    (tmp_path / "x.til").write_bytes(name + struct.pack("<I", len(encoded)) + encoded)
    card = """vspec: 1
files:
  t:
    match: "{name}.til"
    endian: little
    layout:
      fields:
        scheme: ascii(8)
        size: uint32
        tile: {nbytes: size, codec: "{{ scheme }}", fields: {px: "uint8[x=4]"}}
arrays: {x: {from: t.tile.px}}
"""
    problem = refused(tmp_path, card, "x.til")
    named = name.rstrip(b"\0").decode()
    assert (problem.code, problem.message, problem.help) == ("V0305", f"'{named}' is no codec", help)


def test_a_negative_size_of_encoded_bytes_that_a_file_tells(tmp_path: Path) -> None:
    (tmp_path / "x.til").write_bytes(struct.pack("<i", -3) + bytes(20))
    card = """vspec: 1
files:
  t:
    match: "{name}.til"
    endian: little
    layout:
      fields:
        size: int32
        tile: {nbytes: size, codec: zlib, fields: {px: "uint8[x=4]"}}
arrays: {x: {from: t.tile.px}}
"""
    problem = refused(tmp_path, card, "x.til")
    assert (problem.code, problem.message) == ("V0308", "the size of 'encoded bytes' is negative")


def warnings_of(folder: Path, card: str, data: str = ".") -> list[Problem]:
    (folder / "card.yaml").write_text(card, encoding="utf-8")
    report = apply(folder / "card.yaml", folder / data, folder / "maps")
    assert not report.problems
    (made,) = report.maps
    return list(made.warnings)


def test_chunks_that_were_never_written_are_told_of_once(tmp_path: Path) -> None:
    with h5py.File(tmp_path / "x.h5", "w") as file:
        for name in ("one", "two"):
            holed = file.create_dataset(name, (6,), "<i4", chunks=(2,))
            holed[2:4] = 7
        file.create_dataset("whole", data=np.arange(6), chunks=(2,))
    found = warnings_of(tmp_path, HELD + "arrays:\n  '{{ a.path }}': {each: a in h.arrays, from: a}\n")
    assert [problem.code for problem in found] == ["V0366"]
    assert found[0].message.startswith("2 arrays, 'one' among them, have chunks that were never written")


def test_attributes_of_groups_that_differ_between_files_are_named(tmp_path: Path) -> None:
    for number in (1, 2):
        with h5py.File(tmp_path / f"x{number}.h5", "w") as file:
            file["a"] = np.arange(3) + number
            file.attrs["rig"], file.attrs["session"] = "B", number
    card = """vspec: 1
files: {h: {match: "x{n:int}.h5", format: hdf5, over: n}}
arrays: {a: {from: "h['/a']"}}
"""
    found = [problem.message for problem in warnings_of(tmp_path, card) if problem.code == "V0364"]
    assert found == ["attributes of group '/' are not the same in all files, and not in the map: 'session'"]
    group = open_group(next((tmp_path / "maps").glob("*.vspec.json")))
    assert group.attrs["rig"] == "B"
    assert "session" not in group.attrs
