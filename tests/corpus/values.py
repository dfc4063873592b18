"""Comparing an array's values with recorded facts: by hash after a cast, or by the values recorded."""

from __future__ import annotations

import hashlib
import math
from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from tests.corpus.entries import Facts, Json
from tests.corpus.parts import Array, Floats

RELATIVE = 1e-6


def sha256(values: Array) -> str:
    """Return the hash of the bytes in C order, little-endian."""
    ordered = np.ascontiguousarray(values, dtype=values.dtype.newbyteorder("<"))
    return hashlib.sha256(ordered.tobytes()).hexdigest()


def has_hash(values: Array, wanted: str) -> bool:
    """Tell whether values have a recorded hash; booleans also with 255 for true, as Pillow stores them."""
    if sha256(values) == wanted:
        return True
    return values.dtype.kind == "b" and sha256(values.astype(np.uint8) * np.uint8(255)) == wanted


def cast_preserving(values: Array, dtype: np.dtype[np.generic]) -> Array | None:
    """Return ``values`` as ``dtype`` if no value changes, else None."""
    if values.dtype.newbyteorder("<") == dtype.newbyteorder("<"):
        return values
    if dtype.kind not in "iufbc" or values.dtype.kind not in "iufbc":
        return None
    with np.errstate(all="ignore"):
        cast = values.astype(dtype)
        back = (
            cast.astype(values.dtype) if not (dtype.kind == "c" and values.dtype.kind != "c") else cast.real
        )
    floating = values.dtype.kind in "fc"
    same = np.array_equal(back, values, equal_nan=floating) and np.array_equal(
        cast, values, equal_nan=floating
    )
    return cast if same else None


def number(said: Json, dtype: np.dtype[np.generic]) -> complex | float | int | bytes | None:
    """Return a recorded value as a number, or as the bytes of a text; None where it says nothing."""
    if isinstance(said, list) and dtype.kind == "c" and len(said) == 2:
        real, imaginary = (number(part, np.dtype(float)) for part in said)
        assert isinstance(real, int | float)
        assert isinstance(imaginary, int | float)
        return complex(real, imaginary)
    if isinstance(said, str):
        if dtype.kind in "fc":
            return float(said)
        return said.encode("latin-1", "replace") if dtype.kind == "S" else None
    return said if isinstance(said, int | float) else None


def same_as(said: Json, dtype: np.dtype[np.generic]) -> Callable[[Array], NDArray[np.bool_]]:
    """Return a test, element by element, for the very value recorded."""
    wanted = number(said, dtype)

    def same(found: Array) -> NDArray[np.bool_]:
        found = np.asarray(found)
        if wanted is None:
            return np.ones(found.shape, dtype=np.bool_)
        if isinstance(wanted, float) and math.isnan(wanted):
            return np.isnan(found) if found.dtype.kind in "fc" else np.zeros(found.shape, dtype=np.bool_)
        return np.asarray(found == wanted, dtype=np.bool_)

    return same


def near(said: Json, slack: float) -> Callable[[Array], NDArray[np.bool_]]:
    """Return a test, element by element, for the recorded value within 1e-6 of itself, and `slack`."""
    wanted = number(said, np.dtype(np.float64))

    def close(found: Array) -> NDArray[np.bool_]:
        found = np.asarray(found)
        if not isinstance(wanted, int | float):
            return np.ones(found.shape, dtype=np.bool_)
        allowed = RELATIVE * abs(wanted) + slack if math.isfinite(wanted) else 0.0
        return np.asarray(np.isclose(found, wanted, rtol=0.0, atol=allowed, equal_nan=True), dtype=np.bool_)

    return close


def slack(facts: Facts) -> float:
    """Return by how much a recorded value may be off whatever its size, for the sake of those near zero.

    Where gain * raw and offset cancel, what remains of them carries their rounding error: at most one
    step of the reader's floating-point type at the largest absolute value recorded (half a step for
    the product, half for the sum). It is 1.2e-7 of that value in single precision, 2.2e-16 in double.
    """
    if facts.dtype.kind != "f":
        return 0.0
    one = np.ones((), facts.dtype)
    return magnitude(facts) * float(np.spacing(one))


def magnitude(facts: Facts) -> float:
    """Return the largest finite absolute value among those recorded."""
    said = (*facts.first, *facts.last, facts.minimum, facts.maximum)
    numbers = [number(value, np.dtype(np.float64)) for value in said]
    finite = [abs(n) for n in numbers if isinstance(n, int | float) and math.isfinite(n)]
    return max(finite, default=0.0)


def fits_ends(values: Array, facts: Facts) -> bool:
    """Tell whether the recorded first and last values are those of ``values``, exactly."""
    flat = values.reshape(-1)
    ends = [(flat[: len(facts.first)], facts.first), (flat[flat.size - len(facts.last) :], facts.last)]
    return all(
        len(found) == len(said)
        and all(same_as(value, facts.dtype)(one).all() for one, value in zip(found, said, strict=True))
        for found, said in ends
    )


def fits_scaled(values: Floats, facts: Facts) -> bool:
    """Tell whether first, last, minimum and maximum are the recorded ones within 1e-6 (see `slack`)."""
    allowed = slack(facts)
    flat = values.reshape(-1)
    pairs = [*zip(flat[: len(facts.first)], facts.first, strict=False)]
    pairs += zip(flat[flat.size - len(facts.last) :], facts.last, strict=False)
    finite = flat[~np.isnan(flat)]
    if finite.size:
        pairs += [(finite.min(), facts.minimum), (finite.max(), facts.maximum)]
    return flat.size >= len(facts.first) and all(near(said, allowed)(found).all() for found, said in pairs)
