"""Which elements a packed chunk picks out of one stretch of a file: records of one length, digits inside."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from vspec.chunks.geometry import Digit, Geometry, Inside, Lead, Linear, Listed, MapAxis, Outer, RunColumns
from vspec.layout import ArrayLayout

MAX_SPAN = 32 << 20
"""Bytes of a file that one chunk may take."""


Held = dict[int, tuple[Digit, ...]]
"""The digits of each axis that lie inside a record."""


class NotInRecordsError(Exception):
    """Why an array has no packed form; the text is for people."""


@dataclass(frozen=True, slots=True, eq=False)
class Comb:
    """The teeth of one record, and how records follow each other along the axis that is cut.

    A chunk holds ``records`` of the ``total`` records, ``stride`` bytes apart, each of ``rest``
    positions along axis ``split``. Of a record it takes ``reach`` bytes from ``low`` bytes behind its
    first item on. ``inner`` are the digits of each axis that lie inside a record (all but the one that
    counts records), ``extents`` the positions along each axis that a chunk has.
    """

    geometry: Geometry
    split: int
    stride: int
    rest: int
    total: int
    records: int
    low: int
    reach: int
    inner: tuple[tuple[Digit, ...], ...]
    extents: tuple[int, ...]


def comb(layout: ArrayLayout, geometry: Geometry, target: int) -> Comb:
    """Return how chunks of about ``target`` bytes of a file are cut. Raises `NotInRecordsError`."""
    if not geometry.axes:
        raise NotInRecordsError("it is a single value")
    geometry = _in_asked_order(layout, in_records(geometry))
    _check_insides(geometry)
    held = {k: _held(axis) for k, axis in enumerate(geometry.axes)}
    outer = _outer(geometry)
    record = (outer[0], _run_stride(geometry)) if outer else _record_axis(geometry, held, target)
    if record is not None:
        held[record[0]] = geometry.axes[record[0]].digits[1:]
    while _reach(geometry, held) > MAX_SPAN:
        apart = _widest(held)
        if apart is None or (record is not None and apart == record[0]):
            raise NotInRecordsError(f"one record reaches over more than {MAX_SPAN} bytes")
        held[apart] = held[apart][1:]
    _check_starts(geometry, held)
    return _cut(geometry, held, record or (0, 0), target if record else 0)


def _check_starts(geometry: Geometry, held: Held) -> None:
    for number, axis in enumerate(geometry.axes):
        if axis.first % _positions(held[number]) or (held[number] == axis.digits and axis.first):
            raise NotInRecordsError(f"axis '{axis.name}' begins inside a record")


def _cut(geometry: Geometry, held: Held, record: tuple[int, int], target: int) -> Comb:
    split, stride = record
    rest = _positions(held[split])
    total = -(-geometry.axes[split].size // rest)
    low, reach = _low(held), _reach(geometry, held)
    fitting = (min(target, MAX_SPAN) - reach) // max(1, stride) + 1
    records = max(1, min(total, fitting))
    extents = [_positions(held[k]) for k in range(len(geometry.axes))]
    extents[split] = records * rest
    inner = tuple(held[k] for k in range(len(geometry.axes)))
    return Comb(geometry, split, stride, rest, total, records, low, reach, inner, tuple(extents))


def _held(axis: MapAxis) -> tuple[Digit, ...]:
    """Return the digits of an axis that a chunk may hold: none where they choose cells."""
    leads = [isinstance(digit, Lead) for digit in axis.digits]
    if any(leads) and not all(leads):
        raise NotInRecordsError(f"along '{axis.name}' records of several axes are joined")
    return () if any(leads) else axis.digits


def _positions(digits: tuple[Digit, ...]) -> int:
    return int(np.prod([digit.size for digit in digits], dtype=object))


def _ends(digit: Digit) -> tuple[int, int]:
    """Return the least and the greatest bytes that a digit adds."""
    match digit:
        case Linear(size, stride):
            far = (size - 1) * stride
            return min(0, far), max(0, far)
        case Listed(offsets=offsets):
            return int(offsets.min()), int(offsets.max())
        case _:
            return 0, 0


def _low(held: Held) -> int:
    return sum(_ends(digit)[0] for digits in held.values() for digit in digits)


def _reach(geometry: Geometry, held: Held) -> int:
    high = sum(_ends(digit)[1] for digits in held.values() for digit in digits)
    return high - _low(held) + geometry.item


def _first_stride(digits: tuple[Digit, ...]) -> int:
    match digits[:1]:
        case (Linear(size, stride),) if size > 1:
            return abs(stride)
        case _:
            return 0


def _widest(held: Held) -> int | None:
    """Return the axis whose slowest digit, strides apart, reaches farthest."""
    return max(
        (k for k in held if _first_stride(held[k])), key=lambda k: _first_stride(held[k]), default=None
    )


def _record_axis(geometry: Geometry, held: Held, target: int) -> tuple[int, int] | None:
    """Return the axis that counts records, and their distance.

    Axes before it, of which one step is too far for a chunk, are taken out of ``held``. None where the
    whole array is one record.
    """
    while (axis := _widest(held)) is not None:
        first, *rest = held[axis]
        assert isinstance(first, Linear)
        if first.stride < 0:
            raise NotInRecordsError(f"the records run backwards along '{geometry.axes[axis].name}'")
        inside = {**held, axis: tuple(rest)}
        if _reach(geometry, inside) <= 2 * target or _widest(inside) is None:
            return axis, first.stride
        held[axis] = tuple(rest)
    return None


def _run_stride(geometry: Geometry) -> int:
    """Return the distance of records in all runs that have more than one."""
    runs = geometry.runs
    long = np.diff(runs.stop, prepend=0) > 1
    strides = np.unique(runs.stride[long])
    if len(strides) > 1:
        raise NotInRecordsError(f"records lie {strides.min()} to {strides.max()} bytes apart")
    if len(strides) == 0 and len(runs) > 1:
        return MAX_SPAN + 1  # each record is alone: too far from the next one for a chunk of two
    stride = int(strides[0]) if len(strides) else 0
    if stride < 0:
        raise NotInRecordsError("the records do not follow each other at one distance")
    return stride


def in_records(geometry: Geometry) -> Geometry:
    """Return runs of runs: records of equally many steps at equal distances become steps themselves."""
    runs, found = geometry.runs, _outer(geometry)
    if found is None or len(runs) < 3:
        return geometry
    number, place = found
    count = np.diff(runs.stop, prepend=0)
    cell = runs.start // geometry.steps
    last = np.concatenate([cell[1:] != cell[:-1], [True]])
    size = int(count[0])
    same = (count == size) | (last & (count < size))
    if size < 2 or not same.all() or (runs.stride != runs.stride[0]).any():
        return geometry
    gap = np.diff(runs.offset)
    usual = int(np.median(gap))
    follows = (gap == usual) & (runs.file[1:] == runs.file[:-1]) & (cell[1:] == cell[:-1])
    starts = np.flatnonzero(np.concatenate([[True], ~follows]))
    if usual <= 0 or 2 * len(starts) > len(runs):
        return geometry
    stop = np.concatenate([starts[1:], [len(runs)]]).astype(np.int64)
    grouped = RunColumns(runs.file[starts], runs.offset[starts], np.full(len(starts), usual, np.int64), stop)
    steps = -(-geometry.steps // size)
    axis = geometry.axes[number]
    inside = Linear(size, int(runs.stride[0]))
    digits = (*axis.digits[:place], Outer(steps), inside, *axis.digits[place + 1 :])
    axes = (*geometry.axes[:number], replace(axis, digits=digits), *geometry.axes[number + 1 :])
    return replace(geometry, axes=axes, runs=grouped, steps=steps)


def _outer(geometry: Geometry) -> tuple[int, int] | None:
    """Return which axis, and which of its digits, counts the steps of runs."""
    for number, axis in enumerate(geometry.axes):
        for place, digit in enumerate(axis.digits):
            if isinstance(digit, Outer):
                return number, place
    return None


def _check_insides(geometry: Geometry) -> None:
    digits = [digit for axis in geometry.axes for digit in axis.digits]
    inside = [digit.place if isinstance(digit, Inside) else -1 for digit in digits]
    if inside != sorted(inside):
        raise NotInRecordsError("the values of a packed word do not stand innermost")
    for axis in geometry.axes:
        if any(isinstance(digit, Outer) for digit in axis.digits[1:]):
            raise NotInRecordsError(f"along '{axis.name}' runs are no slowest part")


def _in_asked_order(layout: ArrayLayout, geometry: Geometry) -> Geometry:
    """Return the axes in the card's order and direction, where values need not stay innermost."""
    if any(isinstance(digit, Inside) for axis in geometry.axes for digit in axis.digits):
        return geometry
    place = {axis.name: number for number, axis in enumerate(layout.axes)}
    axes = sorted(geometry.axes, key=lambda axis: place.get(axis.name, len(place)))
    farthest = max(_first_stride(axis.digits) for axis in axes)
    shift, turned = 0, list[MapAxis]()
    for axis in axes:
        match axis.digits:
            case (Linear(size, stride),) if axis.reversed and stride < farthest:
                shift += (size - 1) * stride
                turned.append(replace(axis, digits=(Linear(size, -stride),), reversed=False))
            case (Listed(size, offsets),) if axis.reversed:
                shift += int(offsets[-1])
                backwards = Listed(size, offsets[::-1] - offsets[-1])
                turned.append(replace(axis, digits=(backwards,), reversed=False))
            case _:
                turned.append(axis)
    runs: RunColumns = replace(geometry.runs, offset=geometry.runs.offset + shift)
    return replace(geometry, axes=tuple(turned), runs=runs)
