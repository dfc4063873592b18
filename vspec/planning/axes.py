"""``axes:`` and ``time:``: affine coordinates, labels, gains and other coordinates of an axis."""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from vspec.card.model import ArraySpec, AxisSpec
from vspec.errors import did_you_mean, fail
from vspec.expressions import Expression, Scope
from vspec.layout import Affine, Axis, Coordinate, Json
from vspec.planning.attributes import render

Numbers = NDArray[np.generic]

_ISO_8601 = re.compile(r"\d{4}-\d\d-\d\d([T ]\d\d:\d\d(:\d\d([.,]\d+)?)?(Z|[+-]\d\d(:?\d\d)?)?)?", re.ASCII)


@dataclass(frozen=True, slots=True)
class Described:
    """Axes with their coordinates, and the CF attributes that follow from uniform gains."""

    axes: tuple[Axis, ...]
    attrs: dict[str, Json]


def describe(spec: ArraySpec, axes: Sequence[Axis], scope: Scope) -> Described:
    """Return the axes of an array with what ``axes:`` says of them.

    Raises V0316 for an axis that the array does not have, V0318 for a list of another length.
    """
    known = {axis.name: axis for axis in axes}
    scales: dict[str, dict[str, Json]] = {}
    for wanted in spec.axes:
        if wanted.condition is not None and not wanted.condition.truth(scope):
            continue
        if wanted.name not in known:
            raise fail(
                "V0316",
                f"array '{spec.key.value}' has no axis '{wanted.name}'",
                wanted.place,
                help=did_you_mean(wanted.name, known, "its axes"),
            )
        axis = _described(wanted, known[wanted.name], scope)
        known[wanted.name] = axis
        if any(c.name in ("gain", "offset") for c in axis.coordinates):
            scales[wanted.name] = _scale(wanted, axis, scope)
    if len(scales) != 1 or not all(scales.values()):
        return Described(tuple(known[axis.name] for axis in axes), {})
    ((name, attrs),) = scales.items()
    known[name] = _without_gains(known[name])
    return Described(tuple(known[axis.name] for axis in axes), attrs)


def _described(spec: AxisSpec, axis: Axis, scope: Scope) -> Axis:
    units = render(spec.units, scope)
    epoch = _epoch(spec, scope)
    affine = axis.affine
    if spec.start is not None or spec.step is not None:
        start = 0.0 if spec.start is None else _number(spec.start, scope)
        step = 1.0 if spec.step is None else _number(spec.step, scope)
        affine = Affine(start, step, None if units is None else str(units), epoch)
    elif epoch is not None:
        message = f"the axis '{axis.name}' has an epoch, but no 'step': nothing is counted from it"
        raise fail("V0319", message, spec.place, help="give a step, or put the moment into attrs")
    elif affine is not None and isinstance(units, str):
        affine = replace(affine, units=units)
    labels = axis.labels if spec.labels is None else _labels(spec.labels, axis, scope)
    coordinates = [
        _coordinate(name, e, axis, scope)
        for name, e in {"gain": spec.gain, "offset": spec.offset, **spec.coordinates}.items()
        if e is not None
    ]
    if affine is None and units is not None:
        coordinates.append(_units(units if isinstance(units, list) else [units] * axis.size, axis, spec))
    given = {coordinate.name for coordinate in coordinates}
    kept = [coordinate for coordinate in axis.coordinates if coordinate.name not in given]
    return replace(axis, affine=affine, labels=labels, coordinates=(*kept, *coordinates))


def _epoch(spec: AxisSpec, scope: Scope) -> str | None:
    """Return the moment of coordinate 0; raises V0319 for a text that is not ISO 8601."""
    epoch = render(spec.epoch, scope)
    if epoch is None or _ISO_8601.fullmatch(str(epoch)):
        return None if epoch is None else str(epoch)
    raise fail(
        "V0319",
        f"the epoch of the axis '{spec.name}' is not a moment in ISO 8601",
        spec.place,
        expected="2024-05-31T09:30:00",
        found=str(epoch),
        help="date(TEXT, FORMAT) makes one, e.g. date(text, '%d.%m.%Y %H:%M:%S')",
    )


def _number(expression: Expression, scope: Scope) -> float:
    value = expression.evaluate(scope)
    if isinstance(value, float) and not math.isfinite(value):
        message = f"this is {value}, which a map cannot hold"
        help = "is the field the right one, and the byte order? an 'if:' leaves the entry out"
        raise fail("V0343", message, expression.text.place, expected="a finite number", help=help)
    if isinstance(value, (int, float)) and not isinstance(value, bool):
        return float(value)
    raise fail("V0319", "a number is wanted here", expression.text.place, found=repr(value))


def _labels(expression: Expression, axis: Axis, scope: Scope) -> tuple[str, ...]:
    value = expression.evaluate(scope)
    items = value.tolist() if isinstance(value, np.ndarray) else value
    if not isinstance(items, list):
        raise fail("V0319", "labels are a list", expression.text.place, found=repr(value))
    _same_length(len(items), axis, expression, "labels")
    return tuple(_word(item) for item in items)


def _word(value: object) -> str:
    """Return a label as the card language writes it: ``none`` and ``true`` are no words of Python."""
    return (
        {None: "none", True: "true", False: "false"}[value]
        if value is None or isinstance(value, bool)
        else str(value)
    )


def _coordinate(name: str, expression: Expression, axis: Axis, scope: Scope) -> Coordinate:
    value = expression.evaluate(scope)
    if isinstance(value, (int, float)):
        column: Numbers = np.full(axis.size, value)
    else:
        column = np.asarray(value)
    if column.ndim != 1:
        raise fail(
            "V0319",
            f"'{name}' of an axis is one value per position",
            expression.text.place,
            found=repr(value),
        )
    _same_length(len(column), axis, expression, f"values of '{name}'")
    if column.dtype.kind not in "biufOU":
        raise fail(
            "V0319", f"'{name}' cannot be a coordinate", expression.text.place, found=str(column.dtype)
        )
    if name in ("gain", "offset") and column.dtype.kind not in "iuf":
        message = f"the {name} of an axis is a number for each position"
        found = repr(column[:4].tolist())
        raise fail("V0319", message, expression.text.place, found=found, help="of a text: float(...)")
    if column.dtype.kind == "O":
        column = np.array([_word(v) for v in column.tolist()], dtype=str)
    return Coordinate(name, column)


def _same_length(n: int, axis: Axis, expression: Expression, what: str) -> None:
    if n != axis.size:
        raise fail(
            "V0318",
            f"{n} {what} for {axis.size} positions along '{axis.name}'",
            expression.text.place,
            expected=str(axis.size),
            found=str(n),
        )


def _units(units: list[Json], axis: Axis, spec: AxisSpec) -> Coordinate:
    if len(units) != axis.size:
        raise fail(
            "V0318",
            f"{len(units)} units for {axis.size} positions along '{axis.name}'",
            spec.place,
            expected=str(axis.size),
            found=str(len(units)),
        )
    return Coordinate("units", np.array([_word(u) for u in units], dtype=str))


def _scale(spec: AxisSpec, axis: Axis, scope: Scope) -> dict[str, Json]:
    """Return CF's scalar attributes where all positions agree: physical = gain * raw + offset.

    They stand in place of the coordinates of the one axis that has gains, never beside them: CF's
    readers scale by themselves, and
    whoever then multiplied by a coordinate would scale twice.

    Where they do not agree the values have no common scale, so ``units`` would be untrue of them;
    the units of the physical values stay with the coordinates of the axis.
    """
    values = {c.name: c.values for c in axis.coordinates}
    scales = {name: values[name] for name in ("gain", "offset") if name in values}
    alike = [*scales.values(), *(column for name, column in values.items() if name == "units")]
    if not scales or axis.size == 0 or not all(_uniform(column) for column in alike):
        return {}
    attrs: dict[str, Json] = {}
    for name, cf in (("gain", "scale_factor"), ("offset", "add_offset")):
        if name in scales:
            attrs[cf] = float(scales[name][0])
    if "units" in values:
        attrs["units"] = str(values["units"][0])
    elif spec.units is not None:
        attrs["units"] = render(spec.units, scope)
    return attrs


def _without_gains(axis: Axis) -> Axis:
    return replace(axis, coordinates=tuple(c for c in axis.coordinates if c.name not in ("gain", "offset")))


def _uniform(column: Numbers) -> bool:
    return len(column) == 0 or bool((column == column[0]).all())
