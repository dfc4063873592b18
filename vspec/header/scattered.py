"""Bytes of rows that lie anywhere in a file, put together in one table: window by window."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from vspec.header.elements import FAR_APART, View
from vspec.layout import Int64

COPIED, LENT = 2**20, 2**24
"""Bytes of a window that is copied, and of one that need not be."""

Raw = NDArray[np.uint8]


def window(view: View, offset: int, most: int, least: int) -> Raw:
    """Return up to ``most`` bytes, at least ``least``, from a byte on; they are not to be kept.

    Raises `PastEnd` where the file does not have ``most``.
    """
    raw = view.bytes.lend(offset, max(least, min(most, LENT)))
    return view.bytes.view(offset, max(least, min(most, COPIED))) if raw is None else raw


def gathered(view: View, offsets: Int64, nbytes: int) -> Raw:
    """Return ``nbytes`` bytes at each offset, as a table (row, byte). Raises `PastEnd`."""
    table = np.empty((len(offsets), nbytes), np.uint8)
    if not len(offsets) or not nbytes:
        return table
    order = None
    if (offsets[1:] < offsets[:-1]).any():
        order = np.argsort(offsets, kind="stable")
        offsets = offsets[order]
    items = table.view(f"V{nbytes}")[:, 0]
    for start, stop, found in _windows(view, offsets, nbytes):
        if order is None:
            items[start:stop] = found
        else:
            items[order[start:stop]] = found
    return table


def _windows(view: View, offsets: Int64, nbytes: int) -> Iterator[tuple[int, int, NDArray[np.void]]]:
    """Yield the items from ``start`` to ``stop``, at ascending offsets, for window after window."""
    end = int(offsets[-1]) + nbytes
    near = end - int(offsets[0]) <= FAR_APART * len(offsets)
    start = 0
    while start < len(offsets):
        begin = int(offsets[start])
        raw = window(view, begin, end - begin, nbytes) if near else view.bytes.view(begin, nbytes)
        stop = int(np.searchsorted(offsets, begin + len(raw) - nbytes, "right"))
        every = np.ndarray((len(raw) - nbytes + 1,), f"V{nbytes}", raw, 0, (1,))
        yield start, stop, every[offsets[start:stop] - begin]
        start = stop
