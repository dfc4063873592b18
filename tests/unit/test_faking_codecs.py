"""Compressed records and arrays that `fake` makes: their bytes are decoded here by the standard library alone."""

from __future__ import annotations

import gzip
import struct
import zlib
from pathlib import Path

import numpy as np
import pytest

from tests.unit.test_faking import codes, made

TILES = """
vspec: 1
files:
  t:
    match: "{name}.til"
    endian: big
    layout:
      fields:
        magic: ascii(4) = 'TILE'
        count: uint16
        offset: uint32[tile=count]
        size: uint32[tile=count]
        tile:
          repeat: k in range(count)
          at: offset[k]
          nbytes: size[k]
          codec: [{id: shuffle, elementsize: 2, if: shuffled}, zlib]
          fields: {number: int16 @ start, px: "uint16[y=3, x=5] @ start + 4"}
      let: {shuffled: SHUFFLED}
arrays:
  image: {from: t.tile.px, axes: {tile: {number: t.tile.number}}}
examples:
  - {name: three, make: {t: {count: 3, tile: {number: [7, -1, 400]}}}}
"""

BLOCKS = """
vspec: 1
files:
  b:
    match: "{name}.blk"
    layout:
      fields:
        block:
          repeat: rest
          fields:
            n: uint16
            size: uint32
            data: {nbytes: size, codec: gzip, fields: {inner: {repeat: 2, fields: {k: uint8, v: "float32[sample=n]"}}}}
            tail: uint8 = 9
arrays:
  samples: {from: b.block.data.inner.v, blocks: segment}
examples:
  - {name: two, make: {auto: {block: 2}, b: {block: {n: [3, 5]}}}}
"""

BEHIND = """
vspec: 1
files:
  d: "{name}.raw"
arrays:
  volume: {dtype: int16, shape: {z: auto, y: 7, x: 11}, offset: 4, codec: [gzip], endian: big}
examples:
  - {name: five, make: {auto: {z: 5}}}
"""


@pytest.mark.parametrize("shuffled", (True, False))
def test_a_directory_of_compressed_records_says_where_each_lies(tmp_path: Path, shuffled: bool):
    faked = made(TILES.replace("SHUFFLED", str(shuffled).lower()), tmp_path)
    raw = faked.files[0].read_bytes()
    assert raw[:6] == b"TILE\0\3"
    offsets, sizes = struct.unpack(">3I", raw[6:18]), struct.unpack(">3I", raw[18:30])
    assert offsets[0] == 30
    assert len(raw) == offsets[2] + sizes[2]
    for k, number in enumerate((7, -1, 400)):
        assert k == 0 or offsets[k] == offsets[k - 1] + sizes[k - 1]
        inside = np.frombuffer(zlib.decompress(raw[offsets[k] : offsets[k] + sizes[k]]), np.uint8)
        plain = (inside.reshape(2, 17).T if shuffled else inside).tobytes()
        assert struct.unpack(">h2x", plain[:4]) == (number,)
        assert np.frombuffer(plain[4:], ">u2").tolist() == faked.arrays["image"][k].ravel().tolist()
    assert len(np.unique(faked.arrays["image"])) > 30


def test_a_compressed_record_among_others_moves_what_follows(tmp_path: Path):
    faked = made(BLOCKS, tmp_path)
    raw, cursor = faked.files[0].read_bytes(), 0
    for k, n in enumerate((3, 5)):
        count, size = struct.unpack("<HI", raw[cursor : cursor + 6])
        inside = gzip.decompress(raw[cursor + 6 : cursor + 6 + size])
        assert (count, len(inside), raw[cursor + 6 + size]) == (n, 2 * (1 + 4 * n), 9)
        rows = [np.frombuffer(inside[i * (1 + 4 * n) + 1 : (i + 1) * (1 + 4 * n)], "<f4") for i in range(2)]
        assert np.array_equal(np.stack(rows), faked.arrays[f"block_{k}/samples"])
        cursor += 6 + size + 1
    assert cursor == len(raw)


def test_a_compressed_array_ends_the_file(tmp_path: Path):
    faked = made(BEHIND, tmp_path)
    inside = gzip.decompress(faked.files[0].read_bytes()[4:])
    assert faked.arrays["volume"].shape == (5, 7, 11)
    assert inside == faked.arrays["volume"].astype(">i2").tobytes()


@pytest.mark.parametrize("card", (TILES.replace("SHUFFLED", "true"), BLOCKS, BEHIND))
def test_files_are_the_same_every_time(tmp_path: Path, card: str):
    first, second = (made(card, tmp_path / name).files[0].read_bytes() for name in "ab")
    assert first == second


def test_a_codec_that_does_not_encode_is_told(tmp_path: Path):
    assert "V0853" in codes(
        TILES.replace("elementsize: 2", "elementsize: none").replace("SHUFFLED", "true"), tmp_path
    )


LETTERS = """
vspec: 1
files:
  a:
    match: "{name}.let"
    layout: {fields: {n: uint32, text: utf16(2 * n), m: uint16, more: latin1(m), v: "int16[x=5]"}}
arrays:
  v: {from: a.v}
examples:
  - {name: words, make: {a: {text: Grüße, more: abc}}}
"""


def test_a_number_of_letters_is_found_for_texts_of_two_bytes_each(tmp_path: Path):
    raw = made(LETTERS, tmp_path).files[0].read_bytes()
    assert raw[:4] == b"\5\0\0\0"
    assert raw[4:14].decode("utf-16-le") == "Grüße"
    assert raw[14:19] == b"\3\0abc"
