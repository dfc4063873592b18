"""Arrays that are read chunk by chunk, through zarr, in the card's order."""

from __future__ import annotations

from typing import Protocol, TypeGuard

import numpy as np

from vspec.opening.indexing import expanded, numbers
from vspec.opening.model import Array, LazyArray, Part
from vspec.opening.order import Order
from vspec.profile.arrays import MapArray


class Indexed(Protocol):
    """What is asked of numbers, slices and lists of numbers, each for itself."""

    def __getitem__(self, key: tuple[Part, ...], /) -> object:
        """Return what they pick."""


class Stored(Indexed, Protocol):
    """What is asked of an array of zarr."""

    @property
    def shape(self) -> tuple[int, ...]:
        """Sizes of the axes."""

    @property
    def oindex(self) -> Indexed:
        """The same array, indexed with lists too."""


class StoredArray(LazyArray):
    """An array of zarr in the card's order; what is asked for is read chunk by chunk."""

    __slots__ = ("_order", "_stored")

    def __init__(self, array: MapArray, stored: Stored) -> None:
        order = Order.of(array)
        self._order, self._stored = order, stored
        self.dims, self.shape, self.chunks = order.dims, order.shape(array), order.chunks(array)
        self.dtype = order.dtype(array)

    def __getitem__(self, key: object) -> Array | np.generic:
        """Return what an index picks."""
        found = self.outer(expanded(key, self.shape))
        return found[()] if found.ndim == 0 else found

    def outer(self, key: tuple[Part, ...]) -> Array:
        """Return what an index for each axis picks, each for itself."""
        order = self._order
        wanted: list[Part] = [slice(None)] * len(self._stored.shape)
        turned: list[slice] = []
        for part, size, back, axis in zip(key, self.shape, order.flipped, order.stored, strict=True):
            wanted[axis], turn = _stored(part, size, back=back)
            if turn is not None:
                turned.append(turn)
        found = np.asarray(self._read(tuple(wanted)))
        if order.is_complex:
            pair = np.dtype(f"{found.dtype.str[0]}c{2 * found.dtype.itemsize}")
            found = np.ascontiguousarray(found).view(pair)[..., 0]
        left = [axis for axis, part in zip(order.stored, key, strict=True) if not _is_number(part)]
        ranks = sorted(left)
        shown = found.transpose([ranks.index(axis) for axis in left])[(..., *turned)]  # type: ignore[arg-type]  # an index
        return np.asarray(shown, self.dtype)

    def _read(self, wanted: tuple[Part, ...]) -> object:
        if all(isinstance(part, int | slice) for part in wanted):
            return self._stored[wanted]
        return self._stored.oindex[wanted]


def _is_number(part: Part) -> TypeGuard[int]:
    return isinstance(part, int | np.integer)


def _stored(part: Part, size: int, *, back: bool) -> tuple[Part, slice | None]:
    """Return an index of a stored axis with a step above zero, and how what it picks is to be turned."""
    if _is_number(part):
        at = int(part) % size
        return (size - 1 - at if back else at), None
    if not isinstance(part, slice):
        found = numbers(part, size)
        return (size - 1 - found if back else found), slice(None)
    rows = range(*part.indices(size))
    if back:
        rows = range(size - 1 - rows.start, size - 1 - rows.stop, -rows.step)
    if not rows:
        return slice(0, 0), slice(None)
    if rows.step > 0:
        return slice(rows[0], rows[-1] + 1, rows.step), slice(None)
    return slice(rows[-1], rows[0] + 1, -rows.step), slice(None, None, -1)
