"""``gaps:`` and ``blocks:``: which rows of what was written are arrays of their own."""

from __future__ import annotations

import math
from collections.abc import Iterator

import numpy as np

from vspec.authoring.fakes.known import Dense, Known, axes_of, stacked
from vspec.card.model import ArraySpec, Arrow, Gaps
from vspec.expressions import Scope


def cut(spec: ArraySpec, known: Known, arrow: Arrow | None, scope: Scope) -> Iterator[tuple[str, Known]]:
    """Yield the parts of an array's contents, each with the group it is in ("" where nothing is cut)."""
    gaps = spec.gaps if spec.gaps is not None and spec.gaps.holds(scope) else None
    if gaps is not None and gaps.policy == "segment":
        bounds = [*_starts(gaps, known, arrow, scope), _rows(known)]
        for k in range(len(bounds) - 1):
            yield f"segment_{k}", _part(known, bounds[k], bounds[k + 1])
    elif gaps is None and spec.blocks == "segment":
        for k in range(_rows(known)):
            yield f"block_{k}", _row(known, k)
    else:
        yield "", known


def grouped(path: str, group: str) -> str:
    """Return a path with a group before its last part.

    >>> grouped("lfp/x", "segment_0"), grouped("x", "")
    ('lfp/segment_0/x', 'x')
    """
    parts = path.split("/")
    return "/".join([*parts[:-1], group, parts[-1]] if group else parts)


def _rows(known: Known) -> int:
    return len(known.values) if isinstance(known, Dense) else len(known.parts)


def _part(known: Known, start: int, stop: int) -> Known:
    if isinstance(known, Dense):
        return Dense(known.names, known.values[start:stop])
    return stacked(known.name, known.parts[start:stop])


def _row(known: Known, k: int) -> Known:
    """Return one row, without the axis of the rows."""
    return Dense(known.names[1:], known.values[k]) if isinstance(known, Dense) else known.parts[k]


def _starts(gaps: Gaps, known: Known, arrow: Arrow | None, scope: Scope) -> list[int]:
    """Return the rows that do not begin when the one before them ends."""
    times = np.asarray(gaps.at.evaluate(scope), np.float64).tolist()
    step = _number(gaps.step.evaluate(scope))
    tolerance = step / 2 if gaps.tolerance is None else _number(gaps.tolerance.evaluate(scope))
    starts = [0] if times else []
    for row in range(1, len(times)):
        before, now = times[row - 1], times[row]
        if isinstance(before, list):
            late = now[0] - before[-1] - step
        else:
            late = now - before - step * _samples(_part(known, row - 1, row), arrow)
        if abs(late) > tolerance:
            starts.append(row)
    return starts


def _samples(row: Known, arrow: Arrow | None) -> int:
    """Return how many samples a row has: positions along the axes that it is joined with."""
    name = axes_of(row)[0]
    with_row = [join.parts for join in (arrow.right if arrow is not None else ()) if name in join.parts]
    sizes: dict[str, int] = {}
    while not isinstance(row, Dense):
        row = row.parts[0]
    sizes.update(zip(row.names, row.values.shape, strict=True))
    return math.prod(sizes.get(part, 1) for parts in with_row for part in parts if part != name)


def _number(value: object) -> float:
    assert isinstance(value, (int, float)), "the card has been held against the files"
    return float(value)
