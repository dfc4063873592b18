"""Packed samples, slots and segments that `fake` makes: bytes by hand, contents by plain arithmetic."""

from __future__ import annotations

import struct
from pathlib import Path

import numpy as np
import pytest

import vspec
from tests.cards import maps
from tests.unit.test_faking import codes, made
from vspec.authoring.fakes import packing
from vspec.card.load import loads
from vspec.datatypes import NUMBERS, ElementType, Packing

P212 = ElementType("p212", "i2", Packing(3, (((0, 11),), ((16, 23), (12, 15))), "twos-complement"))
OFFSET10 = ElementType(
    "ob10",
    "i2",
    Packing(5, (((30, 39),), ((20, 29),), ((10, 19),), ((0, 9),)), "offset-binary"),
)
ABOVE = ElementType("above", "u2", Packing(2, (((4, 15),),), "unsigned"))
FLAGS = ElementType("flags", "u1", Packing(1, tuple(((k, k),) for k in range(8)), "unsigned"))

BY_HAND = [
    (NUMBERS["int24"], "little", [1, -2, 8388607, -8388608], "010000 feffff ffff7f 000080"),
    (NUMBERS["int24"], "big", [1, -2, 8388607, -8388608], "000001 fffffe 7fffff 800000"),
    (NUMBERS["uint24"], "big", [16777215, 256], "ffffff 000100"),
    (P212, "little", [0x123, 0x456, -1, 2], "234156 ff0f02"),
    (P212, "big", [0x123, 0x456], "564123"),
    (OFFSET10, "big", [-512, -511, 0, 511], "00 00 18 03 ff"),
    (OFFSET10, "little", [-512, -511, 0, 511], "ff 03 18 00 00"),
    (ABOVE, "little", [0xABC], "c0ab"),
    (FLAGS, "little", [1, 0, 0, 0, 0, 1, 0, 1], "a1"),
    (NUMBERS["ibm32"], "big", [-118.625, 1.0, 0.0, 0.0625], "c276a000 41100000 00000000 40100000"),
    (NUMBERS["ibm32"], "little", [-118.625], "00a076c2"),
]


@pytest.mark.parametrize(("kind", "endian", "values", "expected"), BY_HAND)
def test_samples_are_packed_and_unpacked_as_by_hand(kind, endian, values, expected):
    raw = bytes.fromhex(expected)
    assert packing.packed(np.array(values), kind, endian) == raw
    back = packing.unpacked(raw, kind, endian, len(values))
    assert back.tolist() == values
    assert back.dtype == np.dtype(f"<{kind.code}")


def test_a_hexadecimal_float_is_the_nearest_one():
    assert packing.packed(np.array([0.1]), NUMBERS["ibm32"], "big").hex() == "4019999a"
    assert packing.packed(np.array([1 - 2.0**-30]), NUMBERS["ibm32"], "big").hex() == "41100000"


@pytest.mark.parametrize(
    ("kind", "value"),
    (
        (NUMBERS["int24"], 8388608),
        (NUMBERS["uint24"], -1),
        (P212, 2048),
        (OFFSET10, -513),
        (ABOVE, 0.5),
        (NUMBERS["ibm32"], 1e80),
        (NUMBERS["ibm32"], float("inf")),
    ),
)
def test_what_has_no_bits_is_refused(kind, value):
    with pytest.raises((ValueError, OverflowError)):
        packing.packed(np.array([value]), kind, "little")


@pytest.mark.parametrize("endian", ("little", "big"))
def test_invented_words_use_all_their_bits(endian):
    rng = np.random.default_rng(1)
    for kind in (P212, OFFSET10, ABOVE, FLAGS, NUMBERS["int24"]):
        raw = np.frombuffer(packing.drawn(rng, kind, endian, 4000), np.uint8)
        assert raw.reshape(-1, kind.nbytes).any(axis=0).all()
    floats = packing.unpacked(
        packing.drawn(rng, NUMBERS["ibm32"], endian, 999), NUMBERS["ibm32"], endian, 999
    )
    assert np.isfinite(floats).all()
    assert np.abs(floats).max() < 16.0**6


# --- cards

RECORDS = """
vspec: 1
types:
  p212: {packed: 3, signed: true, values: ["0..11", "16..23 12..15"]}
files:
  f:
    match: "{rec}.bin"
    endian: ORDER
    layout:
      fields:
        cal: int24[k=2]
        r:
          repeat: rest
          fields:
            n: uint8
            t: uint32
            a: p212[sample=3, channel=2]
            s: int16[sample=n of 4]
arrays:
  g/a: {from: f.r.a, dims: "r sample channel -> channel time=(r sample)"}
  s:
    from: f.r.s
    dims: "r sample -> time=(r sample)"
    time: {step: 1, units: s}
    gaps: {at: f.r.t, step: 10, as: segment}
  rows/s: {from: f.r.s, blocks: segment}
examples:
  - name: x
    make:
      auto: {r: 3}
      f.cal: [1, -2]
      f.r.n: [4, 1, 3]
      f.r.t: [0, 40, 90]
      f.r.s: [[1, 2, 3, 4], [5], [6, 7, 8]]
      f.r.a: [[[1, 2], [3, 4], [5, 6]], [[-1, -2], [-3, -4], [-5, -6]], [[0, 0], [0, 0], [7, 0]]]
"""


@pytest.mark.parametrize("order", ("little", "big"))
def test_records_with_packed_samples_and_slots(tmp_path, order):
    faked = made(RECORDS.replace("ORDER", order), tmp_path / "data")
    content = faked.files[0].read_bytes()
    row = 1 + 4 + 9 + 8
    assert len(content) == 6 + 3 * row
    assert content[:6].hex() == {"little": "010000feffff", "big": "000001fffffe"}[order]
    sign = {"little": "<", "big": ">"}[order]
    for k, slots in enumerate([[1, 2, 3, 4], [5], [6, 7, 8]]):
        at = 6 + k * row
        assert struct.unpack_from(f"{sign}BI", content, at) == (len(slots), [0, 40, 90][k])
        found = struct.unpack_from(f"{sign}4h", content, at + 14)
        assert list(found[: len(slots)]) == slots
    assert any(content[6 + row + 14 + 2 : 6 + row + 14 + 8]), "what is behind the data must not matter"
    words = {"little": "010002 030004 050006", "big": "020001 040003 060005"}[order]
    assert content[6 + 5 : 6 + 14].hex(" ", 3) == words
    assert faked.arrays["g/a"].tolist() == [[1, 3, 5, -1, -3, -5, 0, 0, 7], [2, 4, 6, -2, -4, -6, 0, 0, 0]]
    assert faked.arrays["segment_0/s"].tolist() == [1, 2, 3, 4, 5]
    assert faked.arrays["segment_1/s"].tolist() == [6, 7, 8]
    assert [faked.arrays[f"rows/block_{k}/s"].tolist() for k in range(3)] == [
        [1, 2, 3, 4],
        [5],
        [6, 7, 8],
    ]
    mapped(RECORDS.replace("ORDER", order), faked, tmp_path)


def mapped(text: str, faked, folder: Path) -> None:
    """Hold what was made against what a map of it holds."""
    report = vspec.apply(loads(text, "card.yaml"), list(faked.files), folder / "maps")
    assert not report.problems
    read = maps.read(Path(report.maps[0].map))
    for path, values in faked.arrays.items():
        assert read[path].values.shape == values.shape
        assert read[path].values.tolist() == values.tolist()


INVENTED = RECORDS.split("      f.cal", maxsplit=1)[0].replace("4]", "12]")


@pytest.mark.parametrize("seed", range(4))
def test_invented_packed_samples_are_mapped_as_they_were_made(tmp_path, seed):
    text = INVENTED.replace("ORDER", "little" if seed % 2 else "big").replace("as: segment", "tolerance: 1e9")
    faked = made(text, tmp_path / "data", seed=seed)
    assert len(np.unique(faked.arrays["g/a"])) > 3
    mapped(text, faked, tmp_path)


RAW = """
vspec: 1
types:
  p212: {packed: 3, signed: true, values: ["0..11", "16..23 12..15"]}
files: "{rec}.dat"
arrays:
  q:
    dtype: KIND
    endian: ORDER
    offset: 5
    shape: {time: auto, channel: 3}
"""


@pytest.mark.parametrize("order", ("little", "big"))
@pytest.mark.parametrize("kind", ("p212", "int24", "uint24", "ibm32"))
def test_raw_files_of_packed_samples(tmp_path, kind, order):
    text = RAW.replace("KIND", kind).replace("ORDER", order)
    faked = made(text, tmp_path / "data", seed=3)
    values = faked.arrays["q"]
    word = {"p212": 1.5, "ibm32": 4}.get(kind, 3)
    assert faked.files[0].stat().st_size == 5 + values.size * word
    mapped(text, faked, tmp_path)


def test_a_slot_holds_no_more_than_it_has(tmp_path):
    text = RECORDS.replace("ORDER", "little")
    assert codes(text.replace("[4, 1, 3]", "[4, 1, 5]"), tmp_path) == ["V0853"]
    assert codes(text.replace("[5], [6", "[5, 6], [6"), tmp_path) == ["V0853"]
    assert codes(text.replace("[[1, 2], [3", "[[2048, 2], [3"), tmp_path) == ["V0853"]
