"""Physical values: gain * raw + offset, worked out for the elements that are asked for."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from vspec.opening.axes import runs_back
from vspec.opening.indexing import expanded
from vspec.opening.model import Array, LazyArray, Part
from vspec.profile.arrays import MapArray

SCALES = ("scale_factor", "add_offset")
"""Attributes of CF (Conventions 1.11, section 8.1) for what holds of all elements."""


Numbers = tuple[int | None, NDArray[np.float64]]
"""An axis and a number for each element along it, or no axis and one number."""


class Beside(Protocol):
    """Gives the values of a coordinate by its name, in the direction of an axis that runs ``back`` or not."""

    def __call__(self, name: str, *, back: bool) -> Array:
        """Return them."""


@dataclass(frozen=True, slots=True, eq=False)
class Scale:
    """What raw values are multiplied by, and what is added then: one number, or a number along an axis."""

    factors: tuple[Numbers, ...] = ()
    summands: tuple[Numbers, ...] = ()

    def __bool__(self) -> bool:
        return bool(self.factors or self.summands)


def scale_of(array: MapArray, dims: Sequence[str], beside: Beside) -> Scale:
    """Return the scale of an array that is shown with these axes."""
    found: tuple[list[Numbers], list[Numbers]] = ([], [])
    for key, into in zip(SCALES, found, strict=True):
        value = array.attrs.get(key)
        if isinstance(value, int | float) and not isinstance(value, bool):
            into.append((None, np.array(value, np.float64)))
    for axis, dim in enumerate(dims):
        for kind, into in zip(("gain", "offset"), found, strict=True):
            for name in _named(array, dim, kind):
                into.append((axis, np.asarray(beside(name, back=runs_back(array, dim)), np.float64)))
    return Scale(tuple(found[0]), tuple(found[1]))


def _named(array: MapArray, dim: str, kind: str) -> list[str]:
    """Return the coordinate of a kind along an axis; one that no other array shares begins with its name."""
    own, name = array.path.rpartition("/")[2], f"{dim}_{kind}"
    pattern = re.compile(f"{re.escape(name)}|{re.escape(f'{own}_{name}')}(_[0-9]+)?")
    return [each for each in coordinates_of(array) if pattern.fullmatch(each)]


def scales_along(array: MapArray, dims: Sequence[str]) -> set[str]:
    """Return the names of the coordinates that are gains and offsets of an array."""
    return {name for dim in dims for kind in ("gain", "offset") for name in _named(array, dim, kind)}


def coordinates_of(array: MapArray) -> list[str]:
    """Return the names of the arrays that are coordinates of an array."""
    named = array.attrs.get("coordinates")
    return named.split() if isinstance(named, str) else []


class ScaledArray(LazyArray):
    """An array of physical values, float64, over one of raw values."""

    __slots__ = ("_raw", "_scale")

    def __init__(self, raw: LazyArray, scale: Scale) -> None:
        self._raw, self._scale = raw, scale
        self.dims, self.shape, self.chunks = raw.dims, raw.shape, raw.chunks
        self.dtype = np.dtype(np.complex128 if raw.dtype.kind == "c" else np.float64)

    def __getitem__(self, key: object) -> Array | np.generic:
        """Return what an index picks."""
        found = self.outer(expanded(key, self.shape))
        return found[()] if found.ndim == 0 else found

    def outer(self, key: tuple[Part, ...]) -> Array:
        """Return what an index for each axis picks, each for itself."""
        found = self._raw.outer(key).astype(self.dtype)
        for axis, numbers in self._scale.factors:
            found *= _beside(numbers, axis, key)
        for axis, numbers in self._scale.summands:
            found += _beside(numbers, axis, key)
        return found


def _beside(numbers: NDArray[np.float64], axis: int | None, key: tuple[Part, ...]) -> NDArray[np.float64]:
    """Return the numbers of what an index picks, shaped to stand beside it."""
    if axis is None:
        return numbers
    picked = np.asarray(numbers[key[axis]])
    behind = sum(not isinstance(part, int | np.integer) for part in key[axis + 1 :])
    return picked.reshape(*picked.shape, *(1,) * behind) if picked.ndim else picked
