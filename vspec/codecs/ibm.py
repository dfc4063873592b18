"""``vspec.ibm32``: base-16 floats of 32 bits as IEEE 754 ones.

A word is a sign, 7 bits of exponent (excess 64, base 16) and 24 bits of fraction without a hidden bit; its
value is ``(-1)^sign * fraction * 16^(exponent - 64) / 2^24`` (IBM System/360 Principles of Operation,
GA22-6821, "Floating-Point Number Representation").
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar, Literal

import numpy as np
from numpy.typing import NDArray

from vspec.codecs.findings import (
    LARGEST_CHUNK,
    Buffer,
    Bytes,
    Findings,
    Json,
    as_bytes,
    too_large,
)
from vspec.datatypes import Endian
from vspec.errors import fail

Float = Literal["<f4", "<f8"]

_BLOCK = 1 << 15
_SCALES: NDArray[np.float64] = np.ldexp(
    np.where(np.arange(256) < 128, 1.0, -1.0), 4 * (np.arange(256) % 128 - 64) - 24
)
"""By the first byte of a word: what its fraction, taken as a whole number, is multiplied by."""


@dataclass(frozen=True, slots=True)
class Ibm:
    """Words of 4 bytes in byte order ``endian``, as ``dtype``: float64 is exact, float32 rounded once.

    Rounded to the nearest, ties to even; what is too large becomes infinite, what is too small zero with its
    sign, as IEEE 754 rounds. Raises `VspecError` V0711 for what cannot be.
    """

    id: ClassVar[str] = "vspec.ibm32"

    endian: Endian = "big"
    dtype: Float = "<f4"

    def __post_init__(self) -> None:
        findings = Findings(self.id)
        findings.word("endian", self.endian, ("little", "big"))
        findings.word("dtype", self.dtype, ("<f4", "<f8"))
        findings.stop()

    @classmethod
    def from_config(cls, config: Mapping[str, Json]) -> Ibm:
        """Return the codec of a configuration. Raises `VspecError` V0711."""
        findings = Findings(cls.id)
        found = findings.keys("configuration", config, {"id", "endian", "dtype"}, set())
        findings.stop()
        findings.word("id", found["id"], [cls.id])
        endian = findings.word("endian", found["endian"], ("little", "big"))
        dtype = findings.word("dtype", found["dtype"], ("<f4", "<f8"))
        findings.stop()
        return cls("little" if endian == "little" else "big", "<f4" if dtype == "<f4" else "<f8")

    def config(self) -> dict[str, Json]:
        """Return the configuration, with ``id``."""
        return {"id": self.id, "endian": self.endian, "dtype": self.dtype}

    def decode(self, buffer: Buffer) -> Bytes:
        """Return the floats of all words. Raises `VspecError`: V0712 for a part of a word, V0930."""
        data = as_bytes(self.id, buffer)
        if len(data) % 4:
            raise fail(
                "V0712",
                f"codec '{self.id}': a chunk of {len(data)} bytes ends within a word",
                expected="whole words of 4 bytes",
                found=f"{len(data) // 4} words and {len(data) % 4} bytes",
            )
        nbytes = len(data) // 4 * np.dtype(self.dtype).itemsize
        if nbytes > LARGEST_CHUNK:
            raise too_large(self.id, nbytes)
        out = np.empty(len(data) // 4, self.dtype)
        words = data.view("<u4" if self.endian == "little" else ">u4")
        scratch = _Scratch(min(len(out), _BLOCK))
        with np.errstate(over="ignore", under="ignore"):
            for start in range(0, len(out), _BLOCK):
                scratch.convert(words[start : start + _BLOCK], out[start : start + _BLOCK])
        return out.view(np.uint8)


class _Scratch:
    """Memory for a block of words; taking it anew for each block would cost as much as converting one."""

    def __init__(self, size: int) -> None:
        self._words = np.empty(size, np.int32)
        self._heads = np.empty(size, np.intp)
        self._scales = np.empty(size, np.float64)
        self._values = np.empty(size, np.float64)

    def convert(self, words: NDArray[np.uint32], out: NDArray[np.floating]) -> None:
        """Convert words, of which there are at most as many as there is memory for."""
        number, head = self._words[: len(words)], self._heads[: len(words)]
        scale, value = self._scales[: len(words)], self._values[: len(words)]
        unsigned = number.view(np.uint32)
        np.copyto(unsigned, words)
        np.right_shift(unsigned, 24, out=head)
        np.take(_SCALES, head, out=scale, mode="clip")
        np.bitwise_and(unsigned, 0xFFFFFF, out=unsigned)
        # Exact: a fraction has 24 bits, and all scales are powers of two far inside the range of float64.
        np.copyto(value, number)
        np.multiply(value, scale, out=out, casting="same_kind")
