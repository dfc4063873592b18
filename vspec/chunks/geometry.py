"""The addresses of an array's elements as sums along its axes, in the order in which a map keeps them.

A map axis is a mixed-radix number: its digits are the stored axes that make it. Most digits add a
multiple of a byte stride; the leading and the run axis together choose a step of a run. What a
layout writes down in many ways is brought to one normal form first, so that bytes that follow
each other are always seen to do so.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from vspec.layout import Int64


@dataclass(frozen=True, slots=True)
class Linear:
    """A digit that adds ``stride`` bytes a step."""

    size: int
    stride: int


@dataclass(frozen=True, slots=True, eq=False)
class Listed:
    """A digit that adds one of ``offsets``."""

    size: int
    offsets: Int64


@dataclass(frozen=True, slots=True)
class Lead:
    """A digit of the cell number: it adds ``weight`` cells a step."""

    size: int
    weight: int


@dataclass(frozen=True, slots=True)
class Outer:
    """The digit that counts the steps of a cell's runs."""

    size: int


@dataclass(frozen=True, slots=True)
class Inside:
    """A digit that counts values inside an item, the ``place``-th of those that do: it adds no bytes."""

    size: int
    place: int


Digit = Linear | Listed | Lead | Outer | Inside


@dataclass(frozen=True, slots=True)
class MapAxis:
    """An axis as a map stores it: position ``p`` is the mixed-radix number ``first + p``."""

    name: str
    size: int
    digits: tuple[Digit, ...]
    first: int = 0
    reversed: bool = False


@dataclass(frozen=True, slots=True, eq=False)
class RunColumns:
    """Runs with their steps counted through all cells: run ``r`` ends before step ``stop[r]``."""

    file: Int64
    offset: Int64
    stride: Int64
    stop: Int64

    @property
    def start(self) -> Int64:
        """The first step of each run."""
        return np.concatenate([np.zeros(1, np.int64), self.stop[:-1]])

    def __len__(self) -> int:
        return len(self.stop)


@dataclass(frozen=True, slots=True, eq=False)
class Geometry:
    """Where every element of an array of ``item`` bytes an element lies; ``steps`` a cell has."""

    item: int
    axes: tuple[MapAxis, ...]
    runs: RunColumns
    steps: int

    @property
    def shape(self) -> tuple[int, ...]:
        """Sizes of the axes in map order."""
        return tuple(axis.size for axis in self.axes)


@dataclass(frozen=True, slots=True, eq=False)
class Spots:
    """Places of elements; ``room`` counts the positions that follow each without a break."""

    file: Int64
    offset: Int64
    room: Int64


def contiguous(axis: MapAxis, unit: int) -> bool:
    """Tell whether the positions of ``axis`` follow each other, ``unit`` bytes each."""
    match axis.digits:
        case ():
            return True
        case (Linear(stride=stride),):
            return stride == unit
        case _:
            return False


def _split(axis: MapAxis, position: Int64) -> list[Int64]:
    """Return the index along each digit."""
    rest = position + axis.first
    found: list[Int64] = []
    for digit in reversed(axis.digits[1:]):
        rest, index = np.divmod(rest, digit.size)
        found.append(index)
    if axis.digits:
        found.append(rest)
    return found[::-1]


def locate(geometry: Geometry, position: Sequence[Int64], along: int = -1, unit: int = 0) -> Spots:
    """Return the places of the elements at ``position`` (one broadcastable column an axis).

    With ``along`` the room is counted along that axis, whose positions are ``unit`` bytes wide.
    """
    offset = step = np.zeros((), np.int64)
    last: tuple[Digit, Int64] | None = None
    for number, (axis, where) in enumerate(zip(geometry.axes, position, strict=True)):
        for digit, index in zip(axis.digits, _split(axis, where), strict=True):
            match digit:
                case Linear(stride=stride):
                    offset = offset + index * stride
                case Listed(offsets=offsets):
                    offset = offset + offsets[index]
                case Lead(weight=weight):
                    step = step + index * (weight * geometry.steps)
                case Outer():
                    step = step + index
                case Inside():
                    pass
            if number == along:
                last = (digit, index)
    runs = geometry.runs
    if len(runs) == 1:
        row = np.zeros(np.shape(step), np.int64)
    else:
        row = np.searchsorted(runs.stop, step, side="right")
    offset = offset + runs.offset[row] + (step - runs.start[row]) * runs.stride[row]
    room = _room(runs, last, unit, step, row)
    return Spots(*np.broadcast_arrays(runs.file[row], offset, room))


def inside_item(geometry: Geometry, number: int, position: Int64) -> Int64:
    """Return what positions along axis ``number`` add to the number of a value inside its item."""
    sizes = {d.place: d.size for axis in geometry.axes for d in axis.digits if isinstance(d, Inside)}
    weight, weights = 1, dict[int, int]()
    for place in sorted(sizes, reverse=True):
        weights[place] = weight
        weight *= sizes[place]
    axis = geometry.axes[number]
    value = np.zeros(len(position), np.int64)
    for digit, index in zip(axis.digits, _split(axis, position), strict=True):
        if isinstance(digit, Inside):
            value += index * weights[digit.place]
    return value


def left_in_run(geometry: Geometry, position: Sequence[Int64]) -> Int64:
    """Return how many steps of its run are left from the one of each position on, that one included."""
    step = np.zeros((), np.int64)
    for axis, where in zip(geometry.axes, position, strict=True):
        for digit, index in zip(axis.digits, _split(axis, where), strict=True):
            match digit:
                case Lead(weight=weight):
                    step = step + index * (weight * geometry.steps)
                case Outer():
                    step = step + index
                case _:
                    pass
    row = np.searchsorted(geometry.runs.stop, step, side="right")
    return geometry.runs.stop[row] - step


def _room(runs: RunColumns, last: tuple[Digit, Int64] | None, unit: int, step: Int64, row: Int64) -> Int64:
    match last:
        case (Linear(size, stride), index) if stride == unit:
            return np.asarray(size - index)
        case (Outer(), _):
            return np.where(runs.stride[row] == unit, runs.stop[row] - step, 1)
        case _:
            return np.ones((), np.int64)
