"""Strips that are not compressed, as runs of rows at constant distances."""

from __future__ import annotations

from collections.abc import Sequence
from math import gcd, prod

import numpy as np

from vspec.containers.tiff_form import Form
from vspec.containers.tiff_pieces import Pieces, joined
from vspec.datatypes import ElementType, Packing
from vspec.layout import InnerAxis, Int64, Runs, Strided, Unpack

Axes = Sequence[tuple[str, int]]
_LARGEST_WORD = 8


def unpacking(form: Form) -> ElementType | None:
    """Return how samples of a few bits stand in words, the first in the highest bits; None for others.

    Rows must be whole words: each begins at a byte.
    """
    bits, code = form.bits, form.code
    if not isinstance(bits, int) or form.format not in (1, 4) or code is None or form.bit_order != 1:
        return None
    per_word = 8 // gcd(8, bits)
    nbytes = bits * per_word // 8
    if nbytes > _LARGEST_WORD or (form.width * form.inside) % per_word:
        return None
    values = tuple(((8 * nbytes - (k + 1) * bits, 8 * nbytes - k * bits - 1),) for k in range(per_word))
    return ElementType(f"uint{bits}", code, Packing(nbytes, values, "unsigned"))


def runs_of(
    form: Form, found: Pieces, blocks: Axes, pixels: tuple[str, Axes], item: np.dtype[np.generic]
) -> Strided:
    """Return where rows lie. ``blocks`` are the axes before that of rows, ``pixels`` the rows' and others.

    ``item`` is a sample, or a whole row of packed ones; then there are no inner axes but those of size 1.
    """
    rows, inner = pixels
    nbytes = item.itemsize * prod(size for _, size in inner)
    within = _inner(inner, item.itemsize)
    after = joined(form, found)
    if after[:, 1:].all():
        first = found.offset.reshape(after.shape)[:, 0]
        file = found.file.reshape(after.shape)[:, 0]
        down = InnerAxis(rows, form.height, nbytes)
        return _blocks(first, file, blocks, (down, *within), item)
    starts = np.flatnonzero(~after)
    counts = np.full(after.shape, form.rows, np.int64)
    counts[:, -1] = form.height - (after.shape[1] - 1) * form.rows
    columns = Runs(
        found.file.reshape(-1)[starts],
        found.offset.reshape(-1)[starts],
        np.add.reduceat(counts.reshape(-1), starts),
        np.full(len(starts), nbytes, np.int64),
        (starts // after.shape[1]).astype(np.int64),
    )
    return Strided(columns, item, tuple(blocks), rows, within)


def _inner(axes: Axes, item: int) -> tuple[InnerAxis, ...]:
    found, stride = [], item
    for name, size in reversed(axes):
        found.append(InnerAxis(name, size, stride))
        stride *= size
    return tuple(reversed(found))


def _blocks(
    first: Int64, file: Int64, axes: Axes, inner: tuple[InnerAxis, ...], item: np.dtype[np.generic]
) -> Strided:
    """Return blocks of rows: one run where they are evenly apart, else runs along the last of their axes."""
    if not axes:
        down, *rest = inner
        one = Runs(file, first, _column(down.size), _column(down.stride), _column(0))
        return Strided(one, item, (), down.name, tuple(rest))
    steps = np.diff(first)
    alike = len(first) == 1 or (bool((steps == steps[0]).all()) and bool((file == file[0]).all()))
    if alike:
        step = int(steps[0]) if len(steps) else 0
        (outer, count), *others = axes
        sizes = [size for _, size in others]
        between = tuple(
            InnerAxis(name, size, step * prod(sizes[k + 1 :])) for k, (name, size) in enumerate(others)
        )
        one = Runs(file[:1], first[:1], _column(count), _column(step * prod(sizes)), _column(0))
        return Strided(one, item, (), outer, (*between, *inner))
    outer, count = axes[-1]
    usual = _usual(steps)
    goes_on = np.zeros(len(first), bool)
    goes_on[1:] = (steps == usual) & (file[1:] == file[:-1])
    goes_on[::count] = False
    starts = np.flatnonzero(~goes_on)
    lengths = np.diff(np.append(starts, len(first)))
    runs = Runs(
        file[starts], first[starts], lengths, np.full(len(starts), usual), (starts // count).astype(np.int64)
    )
    return Strided(runs, item, tuple(axes[:-1]), outer, inner)


def _usual(steps: Int64) -> int:
    values, counts = np.unique(steps, return_counts=True)
    return int(values[np.argmax(counts)])


def _column(value: int) -> Int64:
    return np.array([value], np.int64)


def packed(element: ElementType, axes: Axes) -> Unpack:
    """Return how a row of packed samples becomes values along its axes."""
    return Unpack(element, "big", tuple(axes))
