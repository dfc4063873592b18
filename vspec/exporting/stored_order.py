"""An opened array, which is in the card's order, read in the order in which it is stored."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from vspec.opening.model import LazyArray
from vspec.opening.order import Order
from vspec.profile.arrays import MapArray


def stored(array: MapArray, opened: LazyArray, box: tuple[slice, ...]) -> NDArray[np.generic]:
    """Return a box of an array as it is stored. ``box`` has slices with start and stop, without a step."""
    order = Order.of(array)
    key, flips = [], []
    for axis, back in zip(order.stored, order.flipped, strict=True):
        part, size = box[axis], array.shape[axis]
        key.append(slice(size - part.stop, size - part.start) if back else part)
        flips.append(slice(None, None, -1) if back else slice(None))
    found = np.asarray(opened[tuple(key)])[tuple(flips)]
    found = np.ascontiguousarray(found.transpose(np.argsort(order.stored)))
    if not order.is_complex:
        return found
    real = found.reshape(*found.shape, 1).view(array.dtype)
    return real[..., box[-1]]
