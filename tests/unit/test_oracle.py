"""The oracle against numpy's own structured reading."""

from __future__ import annotations

import ast
from pathlib import Path

import numpy as np
import pytest

from vspec import oracle
from vspec.datatypes import NUMBERS, ElementType, Packing
from vspec.errors import VspecError
from vspec.layout import ArrayLayout, Axis, Chunked, Derived, Inline, InnerAxis, Runs, Strided, Trim, Unpack
from vspec.testing.maps import Memory

RANDOM = np.random.default_rng(5)


def runs(*rows):
    full = [(*row, 0)[:5] for row in rows]
    return Runs(*(np.array(column, np.int64) for column in zip(*full, strict=True)))


def opener(*files):
    return [Memory(data) for data in files].__getitem__


def blocks_over_two_files():
    """Blocks of a stamp, four planes of 128 samples, and a trailer, in two files of unequal length."""
    record = np.dtype([("t", "<i4", (128,)), ("a", ">u2", (4, 128)), ("x", "<u2", (3,))])
    files = [bytes(100) + RANDOM.bytes(record.itemsize * count) for count in (3, 5)]
    source = Strided(
        runs((0, 612, 3, record.itemsize), (1, 612, 5, record.itemsize)),
        np.dtype(">u2"),
        outer="block",
        inner=(InnerAxis("channel", 4, 256), InnerAxis("sample", 128, 2)),
    )
    axes = (Axis("time", 1024, ("block", "sample")), Axis("channel", 4, ("channel",)))
    parts = [np.frombuffer(data, record, offset=100)["a"] for data in files]
    expected = np.concatenate(parts).transpose(0, 2, 1).reshape(-1, 4)
    return ArrayLayout("a", axes, np.dtype(">u2"), source), files, expected


def test_blocks_over_two_files_are_joined():
    layout, files, expected = blocks_over_two_files()
    assert np.array_equal(oracle.read(layout, opener(*files)), expected)
    part = oracle.window(layout, opener(*files), (slice(300, 900), slice(1, 3)))
    assert np.array_equal(part, expected[300:900, 1:3])


def test_the_place_of_an_element():
    layout, files, expected = blocks_over_two_files()
    for index in ((0, 0), (500, 3), (383, 1), (384, 1), (1023, 3)):
        file, offset = oracle.place(layout, index)
        assert np.frombuffer(files[file], ">u2", 1, offset)[0] == expected[index]


def test_trims_reversals_and_offset_lists():
    data = RANDOM.bytes(100)
    source = Strided(
        runs((0, 10, 4, 20)),
        np.dtype("u1"),
        inner=(InnerAxis("c", 3, offsets=np.array([7, 0, 11])),),
        trims=(Trim("time", 1, 4),),
    )
    layout = ArrayLayout(
        "x", (Axis("c", 3, ("c",)), Axis("time", 3, ("run",), reverse=True)), np.dtype("u1"), source
    )
    raw = np.frombuffer(data, "u1")
    expected = [[raw[10 + 20 * t + o] for t in (3, 2, 1)] for o in (7, 0, 11)]
    assert oracle.read(layout, opener(data)).tolist() == expected
    assert oracle.place(layout, (2, 0)) == (0, 10 + 60 + 11)


def test_bottom_up_rows():
    data = RANDOM.bytes(48)
    source = Strided(runs((0, 40, 6, -8)), np.dtype("u1"), outer="y", inner=(InnerAxis("x", 7, 1),))
    layout = ArrayLayout("i", (Axis("y", 6, ("y",)), Axis("x", 7, ("x",))), np.dtype("u1"), source)
    expected = np.frombuffer(data, "u1").reshape(6, 8)[::-1, :7]
    assert np.array_equal(oracle.read(layout, opener(data)), expected)


def test_given_values_are_turned():
    layout = ArrayLayout(
        "v", (Axis("i", 3, ("i",), reverse=True),), np.dtype("<i2"), Inline(np.array([1, 2, 3]))
    )
    assert oracle.read(layout, opener()).tolist() == [3, 2, 1]
    assert oracle.window(layout, opener(), (slice(0, 1),)).tolist() == [3]
    assert oracle.place(layout, (0,)) is None


def test_containers_need_a_peer():
    one = np.ones(1, np.int64)
    source = Chunked((("x", 3),), (3,), np.dtype("u1"), one * 0, one * 0, one * 3, peer="mine")
    layout = ArrayLayout("c", (Axis("x", 3, ("x",)),), np.dtype("u1"), source)
    with pytest.raises(VspecError) as error:
        oracle.read(layout, opener(b"abc"))
    assert error.value.problems[0].code == "V0723"
    peers = {"mine": lambda _layout, files, window: files(0).view(0, 3)[window]}
    assert oracle.window(layout, opener(b"abc"), (slice(1, 3),), peers).tobytes() == b"bc"


def test_derived_arrays_need_a_peer_too():
    layout = ArrayLayout(
        "p", (Axis("t", 1, ("run",)),), np.dtype("<i4"), Derived((("run", 1),), "csv", (), "text")
    )
    with pytest.raises(VspecError) as error:
        oracle.read(layout, opener(b"abc"))
    assert error.value.problems[0].code == "V0723"
    assert oracle.place(layout, (0,)) is None


@pytest.mark.parametrize(
    ("name", "endian", "content", "values"),
    (
        ("int24", "little", b"\x01\x00\x80\xff\xff\xff", [-0x7FFFFF, -1]),
        ("int24", "big", b"\x80\x00\x01\x00\x00\x05", [-0x7FFFFF, 5]),
        ("uint24", "big", b"\x80\x00\x01\xff\xff\xff", [0x800001, 0xFFFFFF]),
        ("ibm32", "big", b"\xc2\x76\xa0\x00\x42\x64\x00\x00", [-118.625, 100.0]),
        ("ibm32", "little", b"\x00\xa0\x76\xc2\x00\x00\x00\x00", [-118.625, 0.0]),
    ),
)
def test_packed_samples_are_unpacked_bit_by_bit(name, endian, content, values):
    element = NUMBERS[name]
    source = Strided(
        runs((0, 0, 2, element.nbytes)), np.dtype(f"V{element.nbytes}"), unpack=Unpack(element, endian)
    )
    layout = ArrayLayout("p", (Axis("t", 2, ("run",)),), element.dtype("little"), source)
    found = oracle.read(layout, opener(content))
    assert found.tolist() == values
    assert found.dtype == element.dtype("little")
    assert oracle.place(layout, (1,)) is None


def test_two_samples_of_twelve_bits_share_three_bytes():
    packing = Packing(3, (((0, 11),), ((16, 23), (12, 15))), "twos-complement")
    element = ElementType("p212", "i2", packing)
    source = Strided(runs((0, 0, 2, 3)), np.dtype("V3"), unpack=Unpack(element, "little", (("sample", 2),)))
    layout = ArrayLayout("p", (Axis("t", 4, ("run", "sample")),), np.dtype("<i2"), source)
    # bytes of the samples 995, 1011 as the MIT format 212 has them, then -1 and 2
    assert oracle.read(layout, opener(bytes([0xE3, 0x33, 0xF3, 0xFF, 0x0F, 0x02]))).tolist() == [
        995,
        1011,
        -1,
        2,
    ]
    assert oracle.window(
        layout, opener(bytes([0xE3, 0x33, 0xF3, 0xFF, 0x0F, 0x02])), (slice(1, 3),)
    ).tolist() == [1011, -1]


def test_bytes_past_the_end():
    layout, files, _ = blocks_over_two_files()
    with pytest.raises(VspecError) as error:
        oracle.read(layout, opener(files[0], files[1][:-300]))
    assert error.value.problems[0].code == "V0331"


def test_the_oracle_shares_no_code_with_what_it_judges():
    tree = ast.parse(Path(oracle.__file__).read_text())
    names = {alias.name for node in ast.walk(tree) if isinstance(node, ast.Import) for alias in node.names}
    names |= {node.module for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)}
    ours = {name for name in names if name.startswith("vspec")}
    assert ours == {"vspec.datatypes", "vspec.errors", "vspec.layout"}
