"""Walking rows of varying size without making them: runs of equal sizes at once, others in lanes.

Both look ahead and keep only what is proved: a row is taken when the row before it was, and leads to
it. Where the rule of the rows cannot tell (the last row, one that is cut off, a wrong number), the quick
walk stops in front of the row, and whoever asked walks it by its fields.
"""

from __future__ import annotations

import numpy as np

from vspec.header import lanes
from vspec.header.elements import FAR_APART
from vspec.header.windows import Bytes, Ground, Pace, spread, walker
from vspec.layout import Int64

BURST = 512
LEAST_WINDOW, WINDOW = 2**12, 2**20
MOST_AHEAD = 2**16
NEED, MOST_NEED = 8, 4096
USEFUL = 0.4


class QuickWalk:
    """The rows of one rule in one file, from wherever it is asked."""

    def __init__(self, ground: Ground, mean: float) -> None:
        self._ground = ground
        self._size = ground.size
        self._mean = max(1.0, mean)
        self._walk = walker(ground)
        self._pace = Pace(NEED)
        self._ahead = 256
        self._uneven = False
        self._wait = 0
        self._penalty = BURST
        self._window, self._begin = ground.window(0, 0), 0

    def rows(self, cursor: int, most: int) -> tuple[list[Int64], int]:
        """Return where the rows from ``cursor`` on begin, as far as it is certain, and where they stop.

        Nothing that was visited before may lie behind ``cursor``.
        """
        parts: list[Int64] = []
        left = most
        while left > 0:
            part, after = self._some(cursor, left, parts)
            if not len(part):
                break
            parts.append(part)
            cursor, left = after, left - len(part)
        return parts, cursor

    def _some(self, cursor: int, most: int, before: list[Int64]) -> tuple[Int64, int]:
        if self._pace.same >= self._pace.need:
            self._pace.same = 0
            found, after = self._run(cursor, most)
            if len(found):
                return found, after
        if self._uneven and self._wait <= 0 and before:
            found, after = self._lanes(cursor, before[-1])
            if len(found):
                return _cut(found, after, most)
        rows, after = self._onward(cursor, min(most, BURST))
        self._wait -= len(rows)
        self._uneven = len(rows) == BURST
        found = np.array(rows, np.int64)
        if len(found) > NEED:
            self._mean = max(1.0, float(found[-1] - found[0]) / (len(found) - 1))
        return found, after

    def _onward(self, cursor: int, most: int) -> tuple[list[int], int]:
        """Walk row by row, window by window."""
        rows: list[int] = []
        while len(rows) < most:
            self._hold(cursor, self._ground.rule.reach)
            found, after = self._walk(self._window, self._begin, cursor, most - len(rows), self._pace)
            begin = self._begin
            rows += [begin + at for at in found]
            if not found:
                break
            cursor = after
            if self._pace.same >= self._pace.need:
                break
        return rows, cursor

    def _hold(self, cursor: int, nbytes: int) -> Bytes:
        """Return the window from a byte on: the one that was read last, where it has as many bytes."""
        offset = cursor - self._begin
        if not 0 <= offset <= len(self._window) - nbytes or not len(self._window):
            near = 8 * BURST * self._mean if self._mean <= FAR_APART else 0
            self._begin = cursor
            self._window = self._ground.window(cursor, max(nbytes, LEAST_WINDOW, min(int(near), WINDOW)))
            offset = 0
        return self._window[offset:]

    # --- runs

    def _run(self, cursor: int, most: int) -> tuple[Int64, int]:
        """Walk as long as the rows are as large as the last one."""
        stride, total = self._pace.size, 0
        begin, count = cursor, self._ahead
        while total < most:
            count = min(count, most - total, self._room(cursor, stride))
            same = self._alike(cursor, count, stride) if count > 0 else 0
            total += same
            cursor += same * stride
            if same < count or count <= 0:
                break
            count = min(MOST_AHEAD, count * 4)
        self._pace.need = NEED if total > 64 else min(MOST_NEED, self._pace.need * 2)
        self._ahead = min(MOST_AHEAD, max(64, total + total // 8))
        if stride == 0:
            return np.full(total, begin, np.int64), cursor
        return np.arange(begin, cursor, stride, dtype=np.int64), cursor

    def _room(self, cursor: int, stride: int) -> int:
        """Return how many rows may be looked at together."""
        rule = self._ground.rule
        reach = self._size - cursor - rule.reach
        if reach < 0 or stride > FAR_APART:
            return 0
        if stride <= 0:
            return MOST_AHEAD
        return min(
            (min(self._ground.limit, self._size) - cursor) // stride, reach // stride + 1, WINDOW // stride
        )

    def _alike(self, cursor: int, count: int, stride: int) -> int:
        """Return how many of ``count`` rows of one size there are; the row before them has it."""
        rule = self._ground.rule
        if not rule.is_placeless:
            window = self._hold(cursor, (count - 1) * stride + rule.reach)
            columns = [column.astype(np.int64) for column in spread(rule, window, count, stride)]
            starts = cursor + stride * np.arange(count, dtype=np.int64)
            after, holds = self._ground.judged(starts, columns)
            return _whole(holds & (after == starts + stride))
        window = self._hold(cursor - stride, count * stride + rule.reach)
        same = count
        for column in spread(rule, window, count + 1, stride):
            same = min(same, _whole(column[1 : same + 1] == column[0]))
        return same

    # --- lanes

    def _lanes(self, cursor: int, known: Int64) -> tuple[Int64, int]:
        """Walk the next stretch in lanes; where that is of little use, not again for a while."""
        here = lanes.stretch(self._ground, cursor, self._mean)
        if here is None or self._mean > FAR_APART:
            return np.zeros(0, np.int64), cursor
        found, after, useful = lanes.walk(here, known, self._onward)
        self._penalty = BURST if useful >= USEFUL else min(2**20, max(2**14, self._penalty * 4))
        self._wait = 0 if useful >= USEFUL else self._penalty
        if len(found) > NEED and not np.diff(found[-NEED:], 2).any():
            self._pace.size, self._pace.same = int(found[-1] - found[-2]), self._pace.need
            self._uneven = False
        return found, after


def _whole(flags: np.ndarray[tuple[int, ...], np.dtype[np.bool_]]) -> int:
    """Return how many flags hold before the first that does not."""
    first = int(flags.argmin()) if len(flags) else 0
    return len(flags) if len(flags) and flags[first] else first


def _cut(found: Int64, after: int, most: int) -> tuple[Int64, int]:
    return (found, after) if len(found) <= most else (found[:most], int(found[most]))
