"""Packed chunks: which bytes of the files they take, what the codec picks, and when they are chosen."""

from __future__ import annotations

import numpy as np
import pytest

from vspec.chunks import ChunkOptions, plan
from vspec.codecs import from_config
from vspec.datatypes import NUMBERS, ElementType, Packing
from vspec.errors import VspecError
from vspec.layout import ArrayLayout, Axis, InnerAxis, Runs, Strided, Trim, Unpack

I2 = np.dtype("<i2")
PACKED = ChunkOptions(profile="packed")


def runs(*rows):
    """Rows of file, offset, count, stride."""
    columns = np.array([(*row, 0) for row in rows], np.int64).reshape(-1, 5).T
    return Runs(*(np.ascontiguousarray(column) for column in columns))


def planar(blocks, files, block_bytes=40):
    """Blocks of 4 bytes, then 2 channels of 5 samples each, then something else: time = (block sample)."""
    source = Strided(
        runs(*files), I2, outer="block", inner=(InnerAxis("channel", 2, 10), InnerAxis("sample", 5, 2))
    )
    axes = (Axis("time", blocks * 5, ("block", "sample")), Axis("channel", 2, ("channel",)))
    assert block_bytes == 40
    return ArrayLayout("raw", axes, I2, source)


def rows(found):
    block = found.references.rows(0, len(found.references))
    return list(zip(block.file.tolist(), block.offset.tolist(), block.nbytes.tolist(), strict=True))


def test_a_chunk_takes_many_records():
    found = plan(planar(7, [(0, 4, 7, 40)]), [280], ChunkOptions(profile="packed", chunk_bytes=100))
    # 3 blocks: 2 * 40 + 20 bytes; the last chunk has one
    assert rows(found) == [(0, 4, 100), (0, 124, 100), (0, 244, 20)]
    assert found.shape == (35, 2)
    assert found.chunks == (15, 2)
    assert [axis.name for axis in found.axes] == ["time", "channel"]
    assert found.compressor == {
        "id": "vspec.gather",
        "item": 2,
        "offset": 0,
        "axes": [
            {"records": 3, "stride": 40, "last": 1},
            {"size": 5, "stride": 2},
            {"size": 2, "stride": 10},
        ],
    }
    assert len(found.copies) == 0


def test_the_codec_gives_the_samples_in_the_order_asked_for():
    found = plan(planar(3, [(0, 4, 3, 40)]), [124], PACKED)
    content = np.zeros(124, np.uint8)
    for block in range(3):
        for channel in range(2):
            for sample in range(5):
                at = 4 + block * 40 + channel * 10 + sample * 2
                content[at] = 100 * channel + 5 * block + sample
    ((_, offset, nbytes),) = rows(found)
    decoded = from_config(dict(found.compressor)).decode(content[offset : offset + nbytes])
    assert decoded.view(I2).reshape(15, 2)[:, 1].tolist() == list(range(100, 115))


def test_records_may_stand_behind_another_axis():
    source = planar(3, [(0, 4, 3, 40)]).source
    axes = (Axis("channel", 2, ("channel",)), Axis("time", 15, ("block", "sample")))
    found = plan(ArrayLayout("raw", axes, I2, source), [124], PACKED)
    assert [axis.name for axis in found.axes] == ["channel", "time"]
    content = np.arange(62, dtype=I2).tobytes()
    ((_, offset, nbytes),) = rows(found)
    decoded = from_config(dict(found.compressor)).decode(content[offset : offset + nbytes])
    # channel 1 begins 5 numbers behind channel 0, a block 20 numbers behind the one before it
    expected = [
        2 + 5 * channel + 20 * block + sample
        for channel in (0, 1)
        for block in range(3)
        for sample in range(5)
    ]
    assert decoded.view(I2).tolist() == expected


def test_a_chunk_that_lies_in_two_files_is_copied():
    found = plan(
        planar(7, [(0, 4, 4, 40), (1, 8, 3, 40)]), [180, 140], ChunkOptions(profile="packed", chunk_bytes=100)
    )
    assert found.copies.tolist() == [1]
    pieces = list(found.content.pieces(1))
    # the last block of file 0, then the first two of file 1, each block where the codec looks for it
    assert [(p.at, p.file, p.offset, p.nbytes) for p in pieces] == [(0, 0, 124, 20), (40, 1, 8, 60)]
    assert found.copied_bytes == 100


def test_records_of_512_samples_are_runs_of_runs():
    count = 1000
    columns = [np.zeros(count, np.int64), 20 + 1044 * np.arange(count), np.full(count, 512)]
    columns[2][-1] = 100
    source = Strided(Runs(*columns, np.full(count, 2), np.zeros(count, np.int64)), I2)
    layout = ArrayLayout("raw", (Axis("time", 999 * 512 + 100, ("run",)),), I2, source)
    found = plan(layout, [1044 * count], PACKED)
    assert len(found.references) == 1
    assert rows(found) == [(0, 20, 999 * 1044 + 1024)]
    assert found.compressor["axes"] == [{"records": 1000, "stride": 1044}, {"size": 512, "stride": 2}]


def test_short_records_in_the_middle_cannot_be_packed():
    source = Strided(runs(*((0, 1044 * i, 512 if i != 3 else 77, 2) for i in range(50))), I2)
    layout = ArrayLayout("raw", (Axis("time", 49 * 512 + 77, ("run",)),), I2, source)
    found = plan(layout, [1044 * 50], PACKED)
    assert found.profile == "portable"
    assert found.choices[1].why_not


def test_portable_is_chosen_until_references_are_many_and_small():
    def plan_of(blocks):
        return plan(
            planar(blocks, [(0, 0, blocks, 40)]), [blocks * 40], ChunkOptions(copy_bytes=0, inline=False)
        )

    few, many = plan_of(10_000 // 10), plan_of(100_000)
    assert (few.profile, many.profile) == ("portable", "packed")
    assert [choice.profile for choice in many.choices] == ["packed", "portable"]
    assert many.choices[1].references > 100_000


@pytest.mark.parametrize("endian", ("little", "big"))
def test_three_bytes_become_four(endian):
    source = Strided(runs((0, 7, 11, 3)), np.dtype("V3"), unpack=Unpack(NUMBERS["int24"], endian))
    layout = ArrayLayout("raw", (Axis("time", 11, ("run",)),), np.dtype("<i4"), source)
    found = plan(layout, [40])
    assert found.dtype == np.dtype("<i4")
    assert found.filters[0]["id"] == "vspec.bits"
    content = b"".join((i - 5).to_bytes(3, endian, signed=True) for i in range(11))
    gathered = from_config(dict(found.compressor)).decode(content)
    assert from_config(dict(found.filters[0])).decode(gathered).view("<i4").tolist() == list(range(-5, 6))


def test_a_small_share_of_large_records_is_copied_instead():
    source = Strided(runs((0, 0, 20_000, 1044)), np.dtype("<u8"))
    layout = ArrayLayout("stamp", (Axis("record", 20_000, ("run",)),), np.dtype("<u8"), source)
    found = plan(layout, [20_000 * 1044], PACKED)
    assert found.profile == "portable"
    assert found.copied_bytes == 160_000


def test_bytes_past_the_end_are_no_chunk():
    with pytest.raises(VspecError) as error:
        plan(planar(7, [(0, 4, 7, 40)]), [250], PACKED)
    assert [problem.code for problem in error.value.problems] == ["V0331"]


def test_a_trimmed_list_of_offsets_begins_at_its_first_one_left():
    """Of channels at bytes 6, 2, 12 and 20 of a record the last three: 2 * 32 + 20 bytes from byte 4 + 2."""
    inner = InnerAxis("channel", 4, offsets=np.array([6, 2, 12, 20]))
    source = Strided(runs((0, 4, 3, 32)), I2, outer="t", inner=(inner,), trims=(Trim("channel", 1, 4),))
    axes = (Axis("t", 3, ("t",)), Axis("channel", 3, ("channel",)))
    found = plan(ArrayLayout("raw", axes, I2, source), [100], PACKED)
    assert rows(found) == [(0, 6, 84)]
    assert found.compressor["offset"] == 0
    assert found.compressor["axes"][1] == {"offsets": [0, 10, 18]}


def test_samples_of_a_word_in_another_order_cannot_be_packed():
    element = ElementType("pair", "u1", Packing(1, (((0, 3),), ((4, 7),)), "unsigned"))
    unpack = Unpack(element, "little", (("word", 2), ("sample", 2)))
    source = Strided(runs((0, 0, 5, 2)), np.dtype("V2"), unpack=unpack)
    for parts, fits in ((("run", "word", "sample"), True), (("run", "sample", "word"), False)):
        layout = ArrayLayout("raw", (Axis("time", 20, parts),), np.dtype("u1"), source)
        if fits:
            assert plan(layout, [10]).profile == "packed"
        else:
            with pytest.raises(VspecError) as error:
                plan(layout, [10])
            assert [problem.code for problem in error.value.problems] == ["V0336"]
