"""Physical values: gain * raw + offset, worked out for the elements that are asked for."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from vspec.errors import Problem, VspecError
from vspec.opening.axes import runs_back
from vspec.opening.indexing import expanded
from vspec.opening.model import Array, LazyArray, Part
from vspec.opening.order import Order
from vspec.profile.arrays import MapArray

SCALES = ("scale_factor", "add_offset")
"""Attributes of CF (Conventions 1.11, section 8.1) for what holds of all elements."""
_LARGEST = float(np.finfo(np.float64).max)

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
    """Return the scale of an array that is shown with these axes.

    Raises `VspecError` V0705 where the map names one that cannot be worked out.
    """
    found: tuple[list[Numbers], list[Numbers]] = ([], [])
    for key, into in zip(SCALES, found, strict=True):
        if array.attrs.get(key) is not None:
            into.append((None, _number(array, key)))
    sizes = dict(zip(dims, Order.of(array).shape(array), strict=True))
    for axis, dim in enumerate(dims):
        for kind, into in zip(("gain", "offset"), found, strict=True):
            for name in _named(array, dim, kind):
                numbers = np.asarray(beside(name, back=runs_back(array, dim)), np.float64)
                if numbers.shape != (sizes[dim],):
                    raise VspecError([_unusable(array, f"has '{name}', which is no number for each '{dim}'")])
                into.append((axis, numbers))
    return Scale(tuple(found[0]), tuple(found[1]))


def _number(array: MapArray, key: str) -> NDArray[np.float64]:
    """Return an attribute that is a number, alone or in a list of its own."""
    value = array.attrs[key]
    alone = value[0] if isinstance(value, list) and len(value) == 1 else value
    if isinstance(alone, int | float) and not isinstance(alone, bool) and abs(alone) <= _LARGEST:
        return np.array(alone, np.float64)
    raise VspecError([_unusable(array, f"has a '{key}' that is no number")])


def _unusable(array: MapArray, why: str) -> Problem:
    help = "open it without scaled=True for the raw values"
    return Problem("V0705", f"the array '{array.path}' of the map {why}", help=help)


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
