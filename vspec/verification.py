"""Compares what a reader returns through a map with what the files hold, element by element.

Here is the comparison of one array; what the arrays should be comes from the card in the map.
"""

from __future__ import annotations

import zlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import product
from math import prod
from types import EllipsisType
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from vspec import oracle
from vspec.errors import Problem, VspecError
from vspec.layout import ArrayLayout

_BLOCK = 32 << 20


class ZarrArray(Protocol):
    """What is asked of an array that some Zarr implementation opened."""

    @property
    def shape(self) -> tuple[int, ...]: ...

    @property
    def chunks(self) -> tuple[int, ...]: ...

    @property
    def dtype(self) -> np.dtype[np.generic]: ...

    @property
    def attrs(self) -> Mapping[str, object]: ...

    def __getitem__(self, selection: tuple[slice, ...]) -> object: ...


@dataclass(frozen=True, slots=True, eq=False)
class Truth:
    """The files against which arrays are compared: how to open them, their names, peer readers."""

    open_file: oracle.OpenFile
    names: Sequence[str] = ()
    peers: Mapping[str, oracle.Peer] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, eq=False)
class _Pair:
    """A layout and its array in the map; ``order`` and ``flips`` lead from stored to card order."""

    layout: ArrayLayout
    array: ZarrArray
    order: tuple[int, ...]
    flips: tuple[bool, ...]


def compare_array(layout: ArrayLayout, array: ZarrArray, truth: Truth) -> list[Problem]:
    """Return what is wrong with an array of a map, at most the first difference of its values.

    Values are compared as bytes, in blocks of whole chunks of about 32 MiB.
    """
    pair = _pair(layout, array)
    if isinstance(pair, Problem):
        return [pair]
    try:
        for selection in _blocks(array):
            problem = _difference(pair, selection, truth)
            if problem is not None:
                return [problem]
    except VspecError as error:
        return list(error.problems)
    return []


def _pair(layout: ArrayLayout, array: ZarrArray) -> _Pair | Problem:
    stored, asked = _dims(array.attrs)
    names = [axis.name for axis in layout.axes]
    split = layout.dtype.kind == "c"
    plain = [name.removeprefix("-") for name in asked]
    if plain[: len(names)] != names or len(plain) != len(names) + split or sorted(plain) != sorted(stored):
        return _mismatch(layout, "axes", ", ".join(names), ", ".join(asked) or "none")
    order = tuple(stored.index(name) for name in plain)
    shape = tuple(array.shape[number] for number in order)
    expected = (*layout.shape, 2) if split else layout.shape
    if shape != expected:
        return _mismatch(layout, "shape", str(expected), str(shape))
    kind, itemsize = (
        ("f", layout.dtype.itemsize // 2) if split else (layout.dtype.kind, layout.dtype.itemsize)
    )
    if array.dtype.kind != kind or array.dtype.itemsize != itemsize:
        return _mismatch(layout, "dtype", str(layout.dtype), str(array.dtype))
    return _Pair(layout, array, order, tuple(name.startswith("-") for name in asked))


def _dims(attrs: Mapping[str, object]) -> tuple[list[str], list[str]]:
    """Return the stored axes and the order asked for, as an array's attributes give them."""
    stored, own = attrs.get("_ARRAY_DIMENSIONS"), attrs.get("vspec")
    asked = own.get("dims") if isinstance(own, Mapping) else stored
    return (
        [str(name) for name in stored] if isinstance(stored, Sequence) else [],
        [str(name) for name in asked] if isinstance(asked, Sequence) else [],
    )


def _mismatch(layout: ArrayLayout, what: str, expected: str, found: str) -> Problem:
    message = f"array '{layout.path}' of the map has another {what} than the card gives"
    return Problem("V0721", message, expected=expected, found=found, help="make the map again")


def _blocks(array: ZarrArray) -> Iterator[tuple[slice, ...]]:
    """Yield windows of whole chunks, widened from the last axis on, in stored order."""
    block = list(array.chunks)
    if 0 in array.shape:
        return
    for number in range(len(block) - 1, -1, -1):
        room = _BLOCK // max(1, prod(block) * array.dtype.itemsize)
        whole = -(-array.shape[number] // block[number])
        block[number] *= max(1, min(room, whole))
    starts = [range(0, size, extent) for size, extent in zip(array.shape, block, strict=True)]
    for corner in product(*starts):
        yield tuple(
            slice(at, min(at + extent, size))
            for at, extent, size in zip(corner, block, array.shape, strict=True)
        )


def _difference(pair: _Pair, selection: tuple[slice, ...], truth: Truth) -> Problem | None:
    layout = pair.layout
    window = []
    for number, flip in zip(pair.order, pair.flips, strict=True):
        part, size = selection[number], pair.array.shape[number]
        window.append(slice(size - part.stop, size - part.start) if flip else part)
    window = window[: len(layout.axes)]
    expected = oracle.window(layout, truth.open_file, window, truth.peers)
    found = _found(pair, selection)
    if isinstance(found, Problem):
        return found
    if np.array_equal(_bytes(expected), _bytes(found)):
        return None
    first = int(np.argmax((_bytes(expected) != _bytes(found)).any(axis=-1)))
    inside = np.unravel_index(first, expected.shape) if expected.shape else ()
    index = tuple(int(at) + part.start for at, part in zip(inside, window, strict=True))
    return _differing(layout, index, truth, (_bytes(expected)[first], _bytes(found)[first]))


def _found(pair: _Pair, selection: tuple[slice, ...]) -> NDArray[np.generic] | Problem:
    try:
        raw = np.asarray(pair.array[selection])
    except (OSError, EOFError, RuntimeError, ValueError, TypeError, LookupError, zlib.error) as error:
        where = tuple((part.start, part.stop) for part in selection)
        message = f"array '{pair.layout.path}' cannot be read at {where} through the map: {error}"
        return Problem("V0722", message, help="`vspec status` tells whether a source is missing or changed")
    turn: tuple[slice | EllipsisType, ...] = (*(slice(None, None, -1 if f else 1) for f in pair.flips), ...)
    turned = raw.transpose(pair.order)[turn]
    dtype = pair.layout.dtype
    if dtype.kind != "c":
        return turned.astype(dtype)
    float_dtype = np.dtype(f"{dtype.str[0]}f{dtype.itemsize // 2}")
    return np.ascontiguousarray(turned.astype(float_dtype)).view(dtype)[..., 0]


def _bytes(array: NDArray[np.generic]) -> NDArray[np.uint8]:
    """Return the bytes of each element, one row an element."""
    return np.ascontiguousarray(array).reshape(-1).view(np.uint8).reshape(array.size, -1)


def _differing(
    layout: ArrayLayout,
    index: tuple[int, ...],
    truth: Truth,
    pair: tuple[NDArray[np.uint8], NDArray[np.uint8]],
) -> Problem:
    where = ", ".join(f"{axis.name}={at}" for axis, at in zip(layout.axes, index, strict=True))
    spot = oracle.place(layout, index)
    file = None if spot is None else _name(truth, spot[0])
    lies = "" if spot is None else f", which lies in {file} at byte {spot[1]} (0x{spot[1]:x})"
    expected, found = (
        f"{row.tobytes().hex(' ')} ({row.tobytes() and np.frombuffer(row.tobytes(), layout.dtype)[0]})"
        for row in pair
    )
    return Problem(
        "V0720",
        f"array '{layout.path}' of the map differs from the data at [{where}]{lies}",
        data_file=file,
        offset=None if spot is None else spot[1],
        expected=expected,
        found=found,
        help="`vspec status` tells whether a source changed; else make the map again",
    )


def _name(truth: Truth, file: int) -> str:
    return truth.names[file] if file < len(truth.names) else f"file {file}"
