"""Encoded bytes that no chunk can hold, and such that decode to more than is taken into memory."""

from __future__ import annotations

import zlib
from pathlib import Path

import numcodecs
import numpy as np
import pytest

from tests.unit.opening import codes, planned, value
from vspec.chunks.planning import plan
from vspec.errors import VspecError

PACKED = """
vspec: 1
types: {p12: {packed: 3, values: ["0..11", "12..23"]}}
files: {t: {match: "a.dat", compression: gzip, layout: {fields: {x: "p12[time=4]"}}}}
arrays: {a: {from: t.x}}
"""

NESTED = """
vspec: 1
files:
  t:
    match: a.dat
    compression: zlib
    layout:
      fields:
        block:
          repeat: k in range(1)
          at: 0
          nbytes: %d
          codec: [zlib]
          fields: {x: "int16[time=4]"}
arrays: {a: {from: t.block.x}}
"""

BOMB = """
vspec: 1
files:
  t:
    match: a.dat
    layout:
      fields:
        n: uint16
        block: {repeat: k in range(n), at: 2, nbytes: %d, codec: [blosc], fields: {m: uint8, x: "uint8[time=3]"}}
arrays: {a: {from: t.block.x}}
"""


def test_packed_samples_in_encoded_bytes(tmp_path: Path) -> None:
    compressed = zlib.compressobj(wbits=31)
    data = compressed.compress(bytes(range(6))) + compressed.flush()
    opened, made = planned(PACKED, tmp_path, {"a.dat": data})
    with pytest.raises(VspecError) as caught:
        plan(made.arrays[0], opened.files)
    assert codes(caught.value) == ["V0347"]
    assert "packed as well" in caught.value.problems[0].message


def test_encoded_inside_encoded(tmp_path: Path) -> None:
    inner = zlib.compress(np.arange(4, dtype="<i2").tobytes())
    with pytest.raises(VspecError) as caught:
        planned(NESTED % len(inner), tmp_path, {"a.dat": zlib.compress(inner)})
    assert codes(caught.value) == ["V0347"]
    assert "no reader decodes twice" in (caught.value.problems[0].help or "")


TILES = """
vspec: 1
files:
  t:
    match: a.dat
    layout:
      fields:
        n: uint16
        tile: {repeat: k in range(2), at: 2 + k * n, nbytes: n, codec: [zlib], fields: {x: "uint8[y=3, x=%d]"}}
arrays: {a: {from: t.tile.x}}
"""


@pytest.mark.parametrize("wide", (5, 4))
def test_a_region_that_holds_more_than_the_card_describes(tmp_path: Path, wide: int) -> None:
    """Told five columns as four, every row but the first would begin too early."""
    tile = zlib.compress(bytes(15), 0)
    opened, _ = planned(TILES % wide, tmp_path, {"a.dat": np.uint16(len(tile)).tobytes() + 2 * tile})
    found = [(p.code, p.level, p.offset) for p in opened.warnings]
    assert found == ([("V0348", "warn", 2)] if wide == 4 else [])


def test_a_region_that_claims_more_than_memory(tmp_path: Path) -> None:
    honest = numcodecs.Blosc().encode(bytes([3, 5, 6, 7]))
    text = BOMB % len(honest)
    opened, made = planned(text, tmp_path, {"a.dat": b"\1\0" + honest})
    assert value(opened, made.arrays[0]).tolist() == [[5, 6, 7]]
    forged = honest[:4] + np.array([1 << 30 | 1], "<u4").tobytes() + honest[8:]
    with pytest.raises(VspecError) as caught:
        planned(text, tmp_path, {"a.dat": b"\1\0" + forged})
    assert codes(caught.value) == ["V0923"]
