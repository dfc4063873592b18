"""Arrays that lie in local files as they are: numpy's own strides over mapped memory."""

from __future__ import annotations

import base64
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from vspec.errors import Problem, VspecError
from vspec.opening.indexing import expanded, numbers, picked_each
from vspec.opening.model import Array, LazyArray, Part
from vspec.opening.order import Order
from vspec.opening.stretches import Stretch, Stretches
from vspec.profile.arrays import MapArray
from vspec.readers.local_places import Place, Places


class DirectArray(LazyArray):
    """An array of local files, in the card's order: indexing copies the elements that are asked for, no more.

    The files are mapped into memory. To shorten one while it is open ends the process, as it does with
    `numpy.memmap`.
    """

    __slots__ = ("_axis", "_parts", "_starts", "_whole")

    def __init__(self, order: Order, parts: Sequence[Array], axis: int, chunks: tuple[int, ...]) -> None:
        """Take the parts in the card's order; they lie one after the other along an axis."""
        self.dims = order.dims
        self.dtype = parts[0].dtype
        self.chunks = chunks
        self._parts = tuple(parts)
        self._axis = axis
        self._whole = parts[0] if len(parts) == 1 else None
        sizes = [part.shape[axis] for part in parts] if parts[0].ndim else []
        self._starts = np.concatenate([[0], np.cumsum(sizes, dtype=np.int64)])
        shape = list(parts[0].shape)
        if shape:
            shape[axis] = int(self._starts[-1])
        self.shape = tuple(shape)

    def __getitem__(self, key: object) -> Array | np.generic:
        """Return what an index picks, as a copy."""
        if self._whole is not None and _is_plain(key):
            picked = self._whole[key]  # type: ignore[call-overload]  # numpy judges
            return picked.copy() if isinstance(picked, np.ndarray) else picked
        found = self.outer(expanded(key, self.shape))
        return found[()] if found.ndim == 0 else found

    def outer(self, key: tuple[Part, ...]) -> Array:
        """Return what an index for each axis picks, each for itself."""
        if self._whole is not None:
            return picked_each(self._whole, key, self.shape)
        axis, wanted = self._axis, key[self._axis]
        if isinstance(wanted, slice):
            return self._sliced(key, range(*wanted.indices(self.shape[axis])))
        if isinstance(wanted, int | np.integer):
            at = int(wanted) % self.shape[axis]
            k = int(np.searchsorted(self._starts, at, "right")) - 1
            return self._from(k, key, at - int(self._starts[k]))
        return self._listed(key, numbers(wanted, self.shape[axis]))

    def _sliced(self, key: tuple[Part, ...], rows: range) -> Array:
        """Return what a slice of the joined axis picks."""
        back = rows.step < 0
        rows = rows[::-1] if back else rows
        found = []
        for k, start in enumerate(self._starts[:-1].tolist()):
            inside = _within(rows, start, int(self._starts[k + 1]))
            if inside is not None:
                found.append(self._from(k, key, inside))
        if not found:
            return self._from(0, key, slice(0, 0))
        at = _rank(key, self._axis)
        joined = np.concatenate(found, axis=at, dtype=self.dtype) if len(found) > 1 else found[0]
        return np.flip(joined, at) if back else joined

    def _listed(self, key: tuple[Part, ...], rows: NDArray[np.int64]) -> Array:
        """Return what a list of numbers of the joined axis picks."""
        axis, at = self._axis, _rank(key, self._axis)
        others = picked_each(self._parts[0], (*key[:axis], slice(0, 0), *key[axis + 1 :]), self._sizes(0))
        found = np.empty((*others.shape[:at], len(rows), *others.shape[at + 1 :]), self.dtype)
        parts = np.searchsorted(self._starts, rows, "right") - 1
        for k in np.unique(parts).tolist():
            here = np.flatnonzero(parts == k)
            np.moveaxis(found, at, 0)[here] = np.moveaxis(
                self._from(k, key, rows[here] - self._starts[k]), at, 0
            )
        return found

    def _from(self, k: int, key: tuple[Part, ...], own: Part) -> Array:
        """Return what an index picks of one part, with another index of the joined axis."""
        return picked_each(self._parts[k], (*key[: self._axis], own, *key[self._axis + 1 :]), self._sizes(k))

    def _sizes(self, k: int) -> tuple[int, ...]:
        return self._parts[k].shape


def direct(array: MapArray, found: Stretches, places: Places) -> DirectArray:
    """Return an array as memory. Raises `VspecError` V0741 or V0742 where a file is missing or too short."""
    order = Order.of(array)
    parts = [_part(array, found.axis, part, places) for part in found.parts]
    if order.is_complex:
        parts = [part.view(order.dtype(array))[..., 0] for part in parts]
    parts = [part.transpose(order.stored)[order.turn] for part in parts]
    axis = order.stored.index(found.axis) if order.stored else 0
    if order.flipped and order.flipped[axis]:
        parts.reverse()
    return DirectArray(order, parts, axis, order.chunks(array))


def _part(array: MapArray, axis: int, part: Stretch, places: Places) -> Array:
    sizes = list(array.shape)
    if sizes:
        sizes[axis] = part.stop - part.start
    place = places.find(part.key)
    if place is None:
        text = places.text(part.key) or ""
        held = np.frombuffer(base64.b64decode(text.removeprefix("base64:")), np.uint8)
    else:
        held = places.whole(place)
    strides = part.strides if sizes else ()
    # numpy takes an empty buffer for none at all, and would make an array of whatever memory there is.
    low, high = _reach(sizes, strides, array.dtype.itemsize)
    if part.offset + low < 0 or part.offset + high > len(held):
        raise VspecError([_too_short(array, place, len(held), part.offset)])
    return np.ndarray(tuple(sizes), array.dtype, held, part.offset, strides)


def _reach(sizes: Sequence[int], strides: Sequence[int], item: int) -> tuple[int, int]:
    """Return the first byte of an array and the end of its bytes, counted from its first element."""
    if 0 in sizes:
        return 0, 0
    ways = [(size - 1) * stride for size, stride in zip(sizes, strides, strict=True)]
    return sum(min(0, way) for way in ways), sum(max(0, way) for way in ways) + item


def _too_short(array: MapArray, place: Place | None, size: int, offset: int) -> Problem:
    name = place.name if place is not None else "the map"
    return Problem(
        "V0742",
        f"{name} is not what the map was made from: it ends within array '{array.path}'",
        data_file=name,
        offset=size,
        expected=f"the bytes of the array from {offset} on",
        found=f"{size} bytes",
        help="is it being copied? else make the map again, or bring the original back",
    )


def _is_plain(key: object) -> bool:
    """Tell whether an index has numbers and slices alone, which numpy knows best."""
    parts = key if isinstance(key, tuple) else (key,)
    return all(type(part) is slice or type(part) is int or part is Ellipsis for part in parts)


def _rank(key: tuple[Part, ...], axis: int) -> int:
    """Return the place of an axis in what an index picks, of which numbers leave no axis."""
    return sum(not isinstance(part, int | np.integer) for part in key[:axis])


def _within(rows: range, start: int, stop: int) -> slice | None:
    """Return which rows of a part, counted from its start, are wanted; None for none."""
    low = max(0, -(-(start - rows.start) // rows.step))
    high = min(len(rows), -(-(stop - rows.start) // rows.step))
    if low >= high:
        return None
    own = rows[low:high]
    return slice(own.start - start, own[-1] - start + 1, rows.step)
