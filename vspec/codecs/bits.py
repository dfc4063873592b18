"""``vspec.bits``: samples of 1 to 56 bits, unpacked from words of any length into integers of whole bytes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from math import lcm
from typing import ClassVar, Literal

import numpy as np

from vspec.codecs.findings import (
    LARGEST_CHUNK,
    Buffer,
    Bytes,
    Findings,
    Json,
    as_bytes,
    too_large,
)
from vspec.codecs.unpacking import Unpacking
from vspec.datatypes import Endian
from vspec.errors import fail

Sign = Literal["unsigned", "twos-complement", "offset-binary"]
Range = tuple[int, int]
Value = tuple[Range, ...]

MOST_WORD = 64
MOST_VALUES = 512
MOST_RANGES = 32
MOST_RANGES_OF_A_WORD = 1024
WIDEST = 56
"""Bits of a value: wherever they begin within a byte, a machine word holds that many."""
DTYPES = ("|b1", "|i1", "|u1", "<i2", "<u2", "<i4", "<u4", "<i8", "<u8")
SIGNS: tuple[Sign, ...] = ("unsigned", "twos-complement", "offset-binary")
ENDIANS: tuple[Endian, ...] = ("little", "big")


@dataclass(frozen=True, slots=True)
class Bits:
    """Words of ``word`` bytes; each holds ``values``, a value is made of bit ranges, its low bits first.

    A range is (first, last), both included; bit 0 is the least significant of the word, which is read in
    byte order ``endian``. Decoded values are ``dtype``. Raises `VspecError` V0711 for what cannot be.
    """

    id: ClassVar[str] = "vspec.bits"

    word: int
    values: tuple[Value, ...]
    dtype: str
    sign: Sign = "unsigned"
    endian: Endian = "little"
    _unpacking: Unpacking = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        findings = Findings(self.id)
        _check(self, findings)
        findings.stop()
        unpacking = Unpacking.of(self.word, self.endian, self.values, (self.sign, self.dtype))
        object.__setattr__(self, "_unpacking", unpacking)

    @classmethod
    def run(cls, bits: int, sign: Sign, *, first: Literal["low", "high"] = "low") -> Bits:
        """Return the codec for samples of ``bits`` bits that follow each other without a gap.

        ``first`` tells which bits of a byte come first: the low ones (then a sample's low bits do, too)
        or the high ones. 8, 16, 24 bits and so on are whole bytes, least or most significant one first.
        """
        if not 1 <= bits <= WIDEST:
            raise fail("V0711", f"a sample has 1 to {WIDEST} bits", found=f"{bits} bits")
        total = lcm(bits, 8)
        starts = range(0, total, bits)
        ordered = starts if first == "low" else reversed(starts)
        values = tuple(((start, start + bits - 1),) for start in ordered)
        nbytes = next(n for n in (1, 2, 4, 8) if 8 * n >= bits)
        kind = "u" if sign == "unsigned" else "i"
        dtype = np.dtype(f"{kind}{nbytes}").newbyteorder("<").str
        return cls(total // 8, values, dtype, sign, "little" if first == "low" else "big")

    @property
    def ratio(self) -> tuple[int, int]:
        """Bytes of a word, and decoded bytes that it makes."""
        return self.word, len(self.values) * np.dtype(self.dtype).itemsize

    @classmethod
    def from_config(cls, config: Mapping[str, Json]) -> Bits:
        """Return the codec of a configuration. Raises `VspecError` V0711."""
        findings = Findings(cls.id)
        must = {"id", "word", "endian", "values", "sign", "dtype"}
        found = findings.keys("configuration", config, must, set())
        findings.stop()
        findings.word("id", found["id"], [cls.id])
        word = findings.integer("word", found["word"])
        endian = findings.word("endian", found["endian"], ENDIANS)
        sign = findings.word("sign", found["sign"], SIGNS)
        dtype = findings.word("dtype", found["dtype"], DTYPES)
        values = findings.items("values", found["values"], MOST_VALUES)
        parsed = tuple(_value(findings, f"values[{i}]", value) for i, value in enumerate(values))
        findings.stop()
        order: Endian = "little" if endian == "little" else "big"
        return cls(word, parsed, dtype, next(known for known in SIGNS if known == sign), order)

    def config(self) -> dict[str, Json]:
        """Return the configuration, with ``id``."""
        return {
            "id": self.id,
            "word": self.word,
            "endian": self.endian,
            "values": [[[first, last] for first, last in value] for value in self.values],
            "sign": self.sign,
            "dtype": self.dtype,
        }

    def decode(self, buffer: Buffer) -> Bytes:
        """Return the values of all words. Raises `VspecError`: V0712 for a part of a word, V0930."""
        data = as_bytes(self.id, buffer)
        count, rest = divmod(len(data), self.word)
        if rest:
            raise fail(
                "V0712",
                f"codec '{self.id}': a chunk of {len(data)} bytes ends within a word",
                expected=f"whole words of {self.word} bytes",
                found=f"{count} words and {rest} bytes",
            )
        nbytes = count * self.ratio[1]
        if nbytes > LARGEST_CHUNK:
            raise too_large(self.id, nbytes)
        return self._unpacking.unpack(data, count)


def _value(findings: Findings, key: str, value: Json) -> Value:
    ranges = []
    for i, pair in enumerate(findings.items(key, value, MOST_RANGES)):
        if isinstance(pair, list) and len(pair) == 2:
            first, last = (findings.integer(f"{key}[{i}]", end) for end in pair)
            ranges.append((first, last))
        else:
            findings.add(f"{key}[{i}]", "a list of two numbers, the first and the last bit", pair)
    return tuple(ranges)


def _check(codec: Bits, findings: Findings) -> None:
    if not 1 <= codec.word <= MOST_WORD:
        findings.add("word", f"1 to {MOST_WORD} bytes", codec.word)
    findings.word("dtype", codec.dtype, DTYPES)
    findings.word("sign", codec.sign, SIGNS)
    findings.word("endian", codec.endian, ENDIANS)
    if not 1 <= len(codec.values) <= MOST_VALUES:
        findings.add("values", f"1 to {MOST_VALUES} values", len(codec.values))
    ranges = sum(len(value) for value in codec.values)
    if ranges > MOST_RANGES_OF_A_WORD:
        findings.add("values", f"at most {MOST_RANGES_OF_A_WORD} ranges of bits", ranges)
    findings.stop()
    for i, value in enumerate(codec.values):
        _check_value(codec, value, f"values[{i}]", findings)


def _check_value(codec: Bits, value: Value, key: str, findings: Findings) -> None:
    bad = [pair for pair in value if not 0 <= pair[0] <= pair[1] < 8 * codec.word]
    if bad or not 1 <= len(value) <= MOST_RANGES:
        findings.add(key, f"ranges of bits 0 to {8 * codec.word - 1}, the lower one first", bad or len(value))
        return
    width = sum(last - first + 1 for first, last in value)
    if width > WIDEST:
        findings.add(key, f"at most {WIDEST} bits", width)
        return
    if len({bit for first, last in value for bit in range(first, last + 1)}) != width:
        findings.add(key, "each bit once", [list(pair) for pair in value])
    dtype = np.dtype(codec.dtype)
    signed = codec.sign != "unsigned"
    room = {"b": 1, "u": 8 * dtype.itemsize, "i": 8 * dtype.itemsize - (not signed)}[dtype.kind]
    if width > room or (signed and dtype.kind != "i"):
        findings.add("dtype", f"a type for {width} bits, {codec.sign}", codec.dtype)
