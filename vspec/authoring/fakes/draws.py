"""Where invented values come from: a seed, and the name of the thing, so that order does not matter."""

from __future__ import annotations

import math
import zlib
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

SMALL_PRIMES = (2, 3, 5, 7)
LENGTHS = (11, 13, 17, 19, 23, 29, 31, 37)


def generator(seed: int, name: str, index: Sequence[int] = ()) -> np.random.Generator:
    """Return the source of random numbers for one thing of one data set."""
    return np.random.default_rng([seed, zlib.crc32(name.encode()), *index])


def small_prime(rng: np.random.Generator) -> int:
    """Return a size for things that stand inside others (channels, records of a header)."""
    return int(rng.choice(SMALL_PRIMES))


def length(rng: np.random.Generator) -> int:
    """Return a size for what takes the rest of a file."""
    return int(rng.choice(LENGTHS))


def data(rng: np.random.Generator, dtype: np.dtype[np.generic], shape: Sequence[int]) -> NDArray[np.generic]:
    """Return finite values over the whole range of a type; two or more of them are not all equal."""
    values = _numbers(rng, dtype, math.prod(shape))
    if len(values) > 1 and (values == values[0]).all():
        values[0] = 0 if values[0] else 1
    return values.astype(dtype).reshape(tuple(shape))


def _numbers(rng: np.random.Generator, dtype: np.dtype[np.generic], count: int) -> NDArray[np.generic]:
    native: np.dtype[np.generic] = dtype.newbyteorder("=")
    if native.kind == "b":
        return rng.integers(0, 2, count).astype(np.bool_)
    if native.kind in "iu":
        limits = np.iinfo(native)  # type: ignore[type-var]  # an integer type, by its kind
        return rng.integers(limits.min, limits.max, count, dtype=native, endpoint=True)
    if native.kind == "c":
        return (rng.standard_normal(count) + 1j * rng.standard_normal(count)).astype(native)
    return (rng.standard_normal(count) * 100).astype(native)
