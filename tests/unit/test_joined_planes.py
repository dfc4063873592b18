"""Blocks that hold one channel after the other, with unequal numbers of samples, joined along time."""

from __future__ import annotations

import struct

import numpy as np
import pytest

from tests.cards.maps import read
from vspec.commands.apply import apply
from vspec.commands.options import ApplyOptions
from vspec.commands.verify import verify

CARD = """\
vspec: 1
title: made up
files:
  f:
    match: "{name}.f"
    endian: big
    layout:
      fields:
        block:
          repeat: rest
          fields:
            n_channels: uint8
            n: uint16
            x: int16[channel=n_channels, sample=n]
arrays:
  x: {from: f.block.x, dims: "ARROW"}
"""


def planes(*shapes):
    return [(np.arange(c * n).reshape(c, n) + 1000 * k).astype(">i2") for k, (c, n) in enumerate(shapes)]


def mapped(folder, arrow, blocks, **options):
    content = b"".join(struct.pack(">BH", *block.shape) + block.tobytes() for block in blocks)
    (folder / "a.f").write_bytes(content)
    (folder / "c.yaml").write_text(CARD.replace("ARROW", arrow))
    return apply(folder / "c.yaml", folder / "a.f", folder / "maps", options=ApplyOptions(**options))


def found(folder, report):
    assert not report.problems, report.problems
    assert not verify(folder / "maps" / "a.vspec.json").problems
    return read(folder / "maps" / "a.vspec.json")["x"].values


@pytest.mark.parametrize("profile", (None, "portable", "packed"))
@pytest.mark.parametrize("sizes", ((5, 3, 7), (7, 7, 7, 2), (4, 0, 1), (0, 3), (11,), (1, 2)))
def test_each_channel_is_followed_through_all_blocks(sizes, profile, tmp_path):
    blocks = planes(*((3, n) for n in sizes))
    options = {} if profile is None else {"profile": profile}
    report = mapped(tmp_path, "block channel sample -> channel time=(block sample)", blocks, **options)
    np.testing.assert_array_equal(found(tmp_path, report), np.concatenate(blocks, axis=1))


@pytest.mark.parametrize(
    ("arrow", "turned"),
    (
        ("block channel sample -> time=(block sample) channel", lambda x: x.T),
        ("block channel sample -> -channel time=(block sample)", lambda x: x[::-1]),
        ("block channel sample -> channel -time=(block sample)", lambda x: x[:, ::-1]),
        ("block channel sample -> channel time:9=(block sample)", lambda x: x[:, :9]),
    ),
)
def test_time_may_stand_anywhere(arrow, turned, tmp_path):
    blocks = planes((3, 5), (3, 2), (3, 7))
    report = mapped(tmp_path, arrow, blocks)
    np.testing.assert_array_equal(found(tmp_path, report), turned(np.concatenate(blocks, axis=1)))


def test_channels_joined_in_a_row_stay_as_they_lie(tmp_path):
    blocks = planes((2, 3), (2, 1))
    report = mapped(tmp_path, "block channel sample -> x=(block channel sample)", blocks)
    np.testing.assert_array_equal(found(tmp_path, report), np.concatenate([b.ravel() for b in blocks]))


@pytest.mark.parametrize(
    ("shapes", "arrow"),
    (
        (((3, 5), (2, 5)), "block channel sample -> channel time=(block sample)"),
        (((3, 5), (3, 4)), "block channel sample -> block channel sample"),
    ),
)
def test_what_has_no_shape_is_refused(shapes, arrow, tmp_path):
    report = mapped(tmp_path, arrow, planes(*shapes))
    assert [problem.code for problem in report.problems] == ["V0323"]


def test_packing_that_fetches_every_record_for_each_channel_is_not_chosen(tmp_path):
    """2000 blocks of 32 channels: 64,000 references, or each record 32 times and the last ones copied."""
    blocks = [np.full((32, 250), k, ">i2") for k in range(1999)] + [np.full((32, 101), 9, ">i2")]
    report = mapped(tmp_path, "block channel sample -> channel time=(block sample)", blocks)
    assert not report.problems
    assert [array.profile for array in report.maps[0].arrays] == ["portable"]
