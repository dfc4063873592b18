"""``gaps:`` and ``blocks:``: where rows do not follow each other in time, or differ in size."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from vspec.card.model import ArraySpec, AxisSpec, Dims, Gaps
from vspec.errors import Problem, VspecError, fail
from vspec.expressions import Expression, Scope
from vspec.header.dataset import Header
from vspec.header.located import Located, part, row
from vspec.layout import Affine, Axis, Int64
from vspec.planning.arranging import arrow_of, part_sizes
from vspec.planning.regions import Region
from vspec.planning.time_places import Timed, place_of

Column = NDArray[np.int64] | NDArray[np.float64]
MOST_SEGMENTS = 10_000
"""Stretches that one recording may fall into: more of them are mostly a wrong step."""

_OTHER_UNITS = "are 'step' and 'at' in the same units? else widen 'tolerance'"
_FLAT = "flat counts records of several files through, 'from: flat(rec.block).x, at: flat(rec.block.time)'"
_CUT = "'as: segment' makes a group of each stretch without gaps; or widen 'tolerance'"
_NO_START = "leave such rows out of 'from:' and 'at:', or compute their times"
_WHOLE = "rows are kept whole, also by 'as: segment': widen 'tolerance', or give one time for each row"


@dataclass(frozen=True, slots=True)
class Segment:
    """Rows that are an array of their own: its group ("" where nothing is cut).

    ``first`` is the time of its first sample, in which one sample lasts ``step``.
    """

    group: str
    region: Region
    first: float | None = None
    step: float = 1.0


def segments(spec: ArraySpec, region: Region, header: Header, scope: Scope) -> Iterator[Segment]:
    """Yield what an array is cut into. Raises V0318, V0319 and V0328."""
    gaps = spec.gaps if spec.gaps is not None and spec.gaps.holds(scope) else None
    if gaps is None and spec.blocks == "equal":
        yield Segment("", region)
        return
    rows = region.located.axes[0] if region.located.axes else ("", 0)
    if gaps is None:
        for k in range(rows[1]):
            block = replace(
                region, located=row(region.located, k), order=tuple(n for n in region.order if n != rows[0])
            )
            yield Segment(f"block_{k}", block)
        return
    times = _times(gaps, rows, scope)
    step = _number(gaps.step, scope)
    tolerance = step / 2 if gaps.tolerance is None else _number(gaps.tolerance, scope, zero=True)
    samples = _samples(region.located, spec.dims, scope)
    lets = {let.name: let.value for let in (*header.card.lets, *spec.lets)}
    lie = Timed(gaps.at, rows[1], lets, scope, header)
    _require_each(gaps, times, samples)
    starts = _starts(_Recording(gaps, times, lie), samples, (step, tolerance))
    if gaps.policy == "error":
        yield Segment("", region)
        return
    for k, (start, stop) in enumerate(pairwise([*starts, rows[1]])):
        first = float(times[start, 0])
        if not math.isfinite(first):
            message = f"the stretch from row {start} on has no start: the time of this row is {first}"
            raise _gap(gaps, message, ("a finite time", str(first)), place_of(lie, start), _NO_START)
        yield Segment(f"segment_{k}", _rows(region, rows[0], (start, stop)), first, step)


def with_start(axis: Axis, spec: ArraySpec, segment: Segment) -> Axis:
    """Return the time axis of a segment, which begins where its first row does.

    Where the card gives the axis no step, it is counted as the rows count their times.
    """
    if segment.first is None or axis.name != time_axis(spec):
        return axis
    affine = axis.affine or Affine(0.0, segment.step)
    start = affine.start + segment.first * (affine.step / segment.step)
    return replace(axis, affine=replace(affine, start=start))


def time_axis(spec: ArraySpec) -> str:
    """Return the axis along which gaps lie: the one with a step, or the one that is called time."""
    stepped: list[AxisSpec] = [axis for axis in spec.axes if axis.step is not None]
    return stepped[0].name if len(stepped) == 1 else "time"


def _rows(region: Region, name: str, span: tuple[int, int]) -> Region:
    return replace(region, located=part(region.located, name, *span))


def _times(gaps: Gaps, rows: tuple[str, int], scope: Scope) -> Column:
    """Return a row of times for each row: of its samples, or of its first one only. Raises V0318, V0319."""
    value = gaps.at.evaluate(scope)
    if isinstance(value, list) and any(isinstance(element, (list, np.ndarray)) for element in value):
        message = "'at' of gaps is one time for each row, not a list for each"
        found = f"{len(value)} lists of unequal length"
        raise fail("V0319", message, gaps.at.text.place, found=found, help=_FLAT)
    column = np.asarray(value)
    if column.ndim not in (1, 2) or column.dtype.kind not in "iuf" or 0 in column.shape[1:]:
        found = repr(value)[:80]
        raise fail("V0319", "'at' of gaps is one time for each row", gaps.at.text.place, found=found)
    if len(column) != rows[1]:
        raise fail(
            "V0318",
            f"{len(column)} times for {rows[1]} rows along '{rows[0]}'",
            gaps.at.text.place,
            expected=str(rows[1]),
            found=str(len(column)),
            help="the slowest axis of the data is the one whose rows follow each other in time",
        )
    return column.reshape(len(column), -1)


def _require_each(gaps: Gaps, times: Column, samples: Int64) -> None:
    """Raise V0318 unless there is one time for each row, or one for each sample of every row."""
    many = times.shape[1]
    other = np.flatnonzero(samples != many)
    if many > 1 and len(other):
        row = int(other[0])
        raise fail(
            "V0318",
            f"{many} times for row {row}, which has {samples[row]} samples",
            gaps.at.text.place,
            expected=f"1 time, or {samples[row]}",
            found=str(many),
            help=_FLAT,
        )


def _samples(located: Located, dims: Dims, scope: Scope) -> Int64:
    """Return how many samples each row of the slowest axis has: along what it is joined with."""
    rows, count = located.axes[0]
    arrow = arrow_of(dims, scope)
    sizes = dict(located.axes)
    parts = {name: (name, size) for name, size in located.axes}
    for spec in () if arrow is None else arrow.left:
        if spec.parts and spec.name in sizes:
            split = part_sizes(spec, sizes[spec.name], located.place, scope)
            parts |= {name: (spec.name, size) for name, size in split}
    joins = () if arrow is None else arrow.right
    with_rows = [join for join in joins if any(parts.get(p, ("", 1))[0] == rows for p in join.parts)]
    inner = [parts[p] for join in with_rows for p in join.parts if p in parts and parts[p][0] != rows]
    ragged = located.inner[0].name if located.counts is not None else None
    whole = math.prod(size for name, size in inner if name != ragged)
    if located.counts is not None and ragged in [name for name, _ in inner]:
        return located.counts * whole
    return np.full(count, whole, np.int64)


@dataclass(frozen=True, slots=True, eq=False)
class _Recording:
    """The times of rows, and where they lie."""

    gaps: Gaps
    times: Column
    lie: Timed


def _starts(recording: _Recording, samples: Int64, unit: tuple[float, float]) -> list[int]:
    """Return the rows at which stretches without gaps begin. Raises V0328 where there may be none."""
    (step, tolerance), times = unit, recording.times
    if not len(times):
        return []
    inside = ~(np.abs(_later(times[:, :-1], times[:, 1:]) - step) <= tolerance)
    if inside.any():
        row = int(np.argmax(inside.any(axis=1)))
        lies = place_of(recording.lie, row, int(np.argmax(inside[row])) + 1)
        message = f"row {row} has a gap inside it"
        raise _gap(recording.gaps, message, (f"steps of {step:g}", "another step"), lies, _WHOLE)
    due = np.broadcast_to(step * (samples[:-1] if times.shape[1] == 1 else 1), len(times) - 1)
    found = _later(times[:-1, -1], times[1:, 0])
    broken = np.flatnonzero(~(np.abs(found - due) <= tolerance))
    refused, help = recording.gaps.policy == "error", _CUT
    if len(broken) >= MOST_SEGMENTS:
        refused, help = True, f"a group for each would make more than {MOST_SEGMENTS:,}: {_OTHER_UNITS}"
    if len(broken) and refused:
        row = int(broken[0])
        many = "is a gap" if len(broken) == 1 else f"are {len(broken)} gaps"
        message = f"there {many} in the recording, the first before row {row + 1}"
        expected = f"{due[row]:g} after row {row}", f"{found[row]:g} after it"
        raise _gap(recording.gaps, message, expected, place_of(recording.lie, row + 1), help)
    return [0, *(broken + 1).tolist()]


def _later(before: Column, after: Column) -> NDArray[np.float64]:
    """Return differences of times: exact ones, but where they would leave 64 bits. NaN is near no time."""
    with np.errstate(invalid="ignore"):
        about = after.astype(np.float64) - before.astype(np.float64)
        return np.where(np.abs(about) < 2.0**62, after - before, about).astype(np.float64)


def _gap(
    gaps: Gaps, message: str, steps: tuple[str, str], lies: tuple[str, int] | None, help: str = _CUT
) -> VspecError:
    """Return the error for a gap: the steps expected and found, and file and byte of the time after it."""
    file, offset = (None, None) if lies is None else lies
    expected, found = steps
    problem = Problem("V0328", message, gaps.place, file, offset, expected, found, help)
    return VspecError([problem])


def _number(expression: Expression, scope: Scope, *, zero: bool = False) -> float:
    value = expression.evaluate(scope)
    number = value if isinstance(value, (int, float)) and not isinstance(value, bool) else -1
    if number > 0 or (zero and number == 0):
        return float(number)
    expected = "of 0 or more" if zero else "above 0"
    raise fail("V0319", f"a number {expected} is wanted here", expression.text.place, found=repr(value))
