"""Indices of numpy's kind, one for each axis."""

from __future__ import annotations

from operator import index as whole_number

import numpy as np
from numpy.typing import NDArray

from vspec.opening.model import Array, Part


def expanded(key: object, shape: tuple[int, ...]) -> tuple[Part, ...]:
    """Return an index for each axis: a number from 0 on, a slice, or an array of numbers from 0 on.

    Raises `IndexError` for too many of them, numbers outside, more than one array, and new axes.
    """
    given = key if isinstance(key, tuple) else (key,)
    skips = [k for k, part in enumerate(given) if part is Ellipsis]
    if len(skips) > 1:
        raise IndexError("an index can only have a single ellipsis ('...')")
    at = skips[0] if skips else len(given)
    missing = len(shape) - (len(given) - len(skips))
    if missing < 0:
        raise IndexError(f"too many indices: the array has {len(shape)} axes, and {len(given)} were indexed")
    parts = (*given[:at], *(slice(None),) * missing, *given[at + 1 :])
    found = tuple(_one(part, size, axis) for axis, (part, size) in enumerate(zip(parts, shape, strict=True)))
    if sum(isinstance(part, np.ndarray) for part in found) > 1:
        raise IndexError("one list of numbers at a time: index the result again for another axis")
    return found


def numbers(part: object, size: int) -> NDArray[np.int64]:
    """Return a list of numbers or of truth values as numbers from 0 on. Raises `IndexError` for others."""
    found = np.asarray(part)
    if found.ndim == 1 and found.dtype.kind == "b" and len(found) == size:
        return np.flatnonzero(found)
    if found.ndim != 1 or (found.size and found.dtype.kind not in "iu"):
        raise IndexError(f"a list of numbers is wanted, or one of {size} truth values")
    found = found.astype(np.int64)
    if ((found < -size) | (found >= size)).any():
        raise IndexError(f"an index is out of bounds for an axis of size {size}")
    return np.where(found < 0, found + size, found)


def picked_each(slab: Array, key: tuple[Part, ...], shape: tuple[int, ...]) -> Array:
    """Return a copy of what an index for each axis picks, each for itself; no other element is read."""
    basic = [part if isinstance(part, int | np.integer | slice) else slice(None) for part in key]
    left = [k for k, part in enumerate(key) if not isinstance(part, int | np.integer)]
    lists = {at: numbers(key[k], shape[k]) for at, k in enumerate(left) if not isinstance(key[k], slice)}
    # The ellipsis keeps what has no axis left an array, in its own byte order.
    found: Array = slab[(*basic, ...)]
    for at in sorted(lists, key=lambda at: len(lists[at]) / max(1, found.shape[at])):
        found = np.moveaxis(np.moveaxis(found, at, 0)[lists[at]], 0, at)
    return found if lists else found.copy()


def _one(part: object, size: int, axis: int) -> Part:
    if isinstance(part, slice):
        return part
    if part is None or isinstance(part, bool | np.bool_):
        raise IndexError("no new axes: index the result for that")
    if isinstance(part, list | tuple | np.ndarray) and np.ndim(part):
        return numbers(part, size)
    try:
        number = whole_number(part)  # type: ignore[arg-type]  # it judges
    except TypeError:
        raise IndexError(f"axis {axis} wants a number, a slice, or a list of numbers") from None
    if not -size <= number < size:
        raise IndexError(f"index {number} is out of bounds for axis {axis} with size {size}")
    return number % size
