"""Samples that share words, bit by bit: an own reading of a card's packings, which no codec has a part in.

Slow and plain on purpose: what `fake` says of packed data must not come from what reads them.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from vspec.datatypes import Coding, ElementType, Endian, Packing

Values = NDArray[np.generic]

TRIES = 64
BLOCK = 1 << 14
"""Words that are taken apart at a time."""

IBM_SIGN, IBM_BIAS, IBM_FRACTION = 0x80000000, 64, 24
SMALL_EXPONENTS = (-6, 7)
"""Powers of 16 of invented hexadecimal floats: far inside what a float of 32 bits can hold."""


def size(kind: ElementType, endian: Endian, count: int) -> int:
    """Return the bytes of ``count`` samples: of a last word that is not full, up to their last bit."""
    packing = _packing(kind)
    words, rest = divmod(count, packing.per_word)
    bits = [bit for sample in range(rest) for bit in _bits(packing, sample)]
    if not bits:
        return words * packing.nbytes
    last = max(bits) // 8 if endian == "little" else packing.nbytes - 1 - min(bits) // 8
    return words * packing.nbytes + last + 1


def drawn(rng: np.random.Generator, kind: ElementType, endian: Endian, count: int) -> bytes:
    """Return random bits for ``count`` samples; two or more samples are not all equal."""
    packing = _packing(kind)
    words = -(-count // packing.per_word)
    raw = b""
    for _ in range(TRIES):
        raw = rng.bytes(words * packing.nbytes)
        if packing.coding == "ibm":
            raw = _with_small_exponents(rng, raw, endian)
        values = unpacked(raw, kind, endian, count)
        if count < 2 or not (values == values[0]).all():
            break
    return raw[: size(kind, endian, count)]


def packed(values: Values, kind: ElementType, endian: Endian) -> bytes:
    """Return the bytes of these samples (flat); bits that belong to none are 0.

    Raises `ValueError` for a number that a sample cannot hold.
    """
    packing = _packing(kind)
    words = -(-len(values) // packing.per_word)
    bits = np.zeros((words, 8 * packing.nbytes), np.uint8)
    codes = [_encoded(value, packing.coding, _width(packing, k)) for k, value in enumerate(values.tolist())]
    for k, code in enumerate(codes):
        word, sample = divmod(k, packing.per_word)
        for place, bit in enumerate(_bits(packing, sample)):
            bits[word, bit] = code >> place & 1
    raw = np.packbits(bits, axis=1, bitorder="little")
    if endian == "big":
        raw = raw[:, ::-1]
    return raw.tobytes()[: size(kind, endian, len(values))]


def unpacked(raw: bytes, kind: ElementType, endian: Endian, count: int) -> Values:
    """Return the first ``count`` samples, in numpy's type for them."""
    packing = _packing(kind)
    whole = raw + bytes(-len(raw) % packing.nbytes)
    data = np.frombuffer(whole, np.uint8).reshape(-1, packing.nbytes)
    if endian == "big":
        data = data[:, ::-1]
    values: Values = np.empty((len(data), packing.per_word), kind.dtype(endian))
    for start in range(0, len(data), BLOCK):
        values[start : start + BLOCK] = _of_words(data[start : start + BLOCK], packing)
    return values.reshape(-1)[:count]


def _of_words(data: NDArray[np.uint8], packing: Packing) -> Values:
    """Return the samples of words whose lowest byte stands first."""
    bits = np.unpackbits(data, axis=1, bitorder="little")
    codes = np.zeros((len(data), packing.per_word), np.int64)
    for sample in range(packing.per_word):
        for place, bit in enumerate(_bits(packing, sample)):
            codes[:, sample] += bits[:, bit].astype(np.int64) << place
        codes[:, sample] = _numbers(codes[:, sample], packing.coding, _width(packing, sample))
    return _ibm_floats(codes) if packing.coding == "ibm" else codes


def _packing(kind: ElementType) -> Packing:
    assert kind.packing is not None, "only packed types are packed"
    return kind.packing


def _bits(packing: Packing, sample: int) -> list[int]:
    """Return the bits of a word that make a sample, its lowest first."""
    return [bit for first, last in packing.values[sample] for bit in range(first, last + 1)]


def _width(packing: Packing, k: int) -> int:
    return len(_bits(packing, k % packing.per_word))


def _numbers(codes: NDArray[np.int64], coding: Coding, width: int) -> NDArray[np.int64]:
    """Return what unsigned codes of ``width`` bits mean; hexadecimal floats stay as they are."""
    half = 1 << (width - 1)
    if coding == "offset-binary":
        return codes - half
    if coding == "twos-complement":
        return np.where(codes < half, codes, codes - 2 * half)
    return codes


def _encoded(value: float, coding: Coding, width: int) -> int:
    """Return the bits for a number; raises `ValueError`."""
    if coding == "ibm":
        return _ibm_code(float(value))
    low = 0 if coding == "unsigned" else -(1 << (width - 1))
    if value != int(value) or not low <= value < low + (1 << width):
        raise ValueError(value)
    code = int(value) - low if coding == "offset-binary" else int(value)
    return code % (1 << width)


def _ibm_code(value: float) -> int:
    """Return the hexadecimal float nearest to a number: sign, power of 16, six digits behind a point."""
    if value == 0:
        return 0
    if not math.isfinite(value):
        raise ValueError(value)
    power: int = -(-math.frexp(value)[1] // 4)
    fraction: int = round(abs(value) / 16.0**power * 2**IBM_FRACTION)
    if fraction == 1 << IBM_FRACTION:
        fraction, power = fraction >> 4, power + 1
    if not 0 <= power + IBM_BIAS < 2 * IBM_BIAS:
        raise ValueError(value)
    return (IBM_SIGN if value < 0 else 0) | (power + IBM_BIAS) << IBM_FRACTION | fraction


def _ibm_floats(codes: NDArray[np.int64]) -> Values:
    power = (codes >> IBM_FRACTION & (2 * IBM_BIAS - 1)) - IBM_BIAS
    size = np.ldexp((codes & ((1 << IBM_FRACTION) - 1)).astype(np.float64), 4 * power - IBM_FRACTION)
    signed: Values = np.where(codes & IBM_SIGN, -size, size)
    return signed


def _with_small_exponents(rng: np.random.Generator, raw: bytes, endian: Endian) -> bytes:
    words = np.frombuffer(raw, np.uint8).reshape(-1, 4).copy()
    head = 0 if endian == "big" else 3
    powers = rng.integers(*SMALL_EXPONENTS, len(words)) + IBM_BIAS
    words[:, head] = (words[:, head] & 0x80) | powers.astype(np.uint8)
    return words.tobytes()
