"""Walking rows of varying size without making them: runs of equal sizes at once, others in lanes.

Both look ahead and keep only what is proved: a row is taken when the row before it was, and leads to
it. Where the rule of the rows cannot tell (the last row, one that is cut off, a wrong number), the quick
walk stops in front of the row, and whoever asked walks it by its fields.
"""

from __future__ import annotations

import numpy as np

from vspec.header import lanes
from vspec.header.elements import FAR_APART
from vspec.header.windows import Bytes, Ground, Pace, Same, spread, walker, whole
from vspec.layout import Int64

BURST = 512
LEAST_WINDOW, WINDOW, MOST_LENT = 2**12, 2**20, 2**24
MOST_AHEAD = 2**13
NEED, MOST_NEED = 8, 4096
LONG = 64
USEFUL = 0.4


class QuickWalk:
    """The rows of one rule in one file, from wherever it is asked."""

    def __init__(self, ground: Ground, mean: float) -> None:
        self._ground = ground
        self._size = ground.size
        self._mean = max(1.0, mean)
        self._walk = walker(ground)
        self._same = Same.of(ground.rule)
        self._pace = Pace(NEED)
        self._ahead = 256
        self._uneven = False
        self._wait = 0
        self._penalty = BURST
        self._nothing = ground.window(0, 0)
        self._window, self._begin = self._nothing, 0
        self._near = 0
        self._is_lent = False

    def rows(self, cursor: int, most: int) -> tuple[list[Int64], int]:
        """Return where the rows from ``cursor`` on begin, as far as it is certain, and where they stop.

        Nothing that was visited before may lie behind ``cursor``.
        """
        parts: list[Int64] = []
        left = most
        self._pace.size, self._pace.same = -1, 0
        try:
            while left > 0:
                count, cursor = self._some(cursor, left, parts)
                if not count:
                    break
                left -= count
        finally:
            self._give_back()
        return parts, cursor

    def _some(self, cursor: int, most: int, parts: list[Int64]) -> tuple[int, int]:
        """Add some rows, and return how many and where they stop."""
        if self._pace.same >= self._pace.need:
            self._pace.same = 0
            count, after = self._runs(cursor, most, parts)
            if count:
                return count, after
        if self._uneven and self._wait <= 0 and parts:
            found, after = self._lanes(cursor, parts[-1])
            if len(found):
                found, after = _cut(found, after, most)
                parts.append(found)
                return len(found), after
        rows, after = self._onward(cursor, min(most, BURST))
        self._wait -= len(rows)
        self._uneven = len(rows) == BURST
        if rows:
            parts.append(np.array(rows, np.int64))
        if len(rows) > NEED:
            self._mean = max(1.0, (rows[-1] - rows[0]) / (len(rows) - 1))
        return len(rows), after

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
            self._begin, offset = cursor, 0
            self._window = self._nothing
            self._window = self._taken(cursor, nbytes)
        return self._window[offset:]

    def _taken(self, cursor: int, nbytes: int) -> Bytes:
        """Return a window, a larger one each time: copied, or (behind the first one) lent."""
        near = min(int(8 * BURST * self._mean), WINDOW) if self._mean <= FAR_APART else 0
        if self._near or nbytes > WINDOW:
            self._near = min(MOST_LENT, max(near, 8 * self._near)) if near else 0
            lent = self._ground.lent(cursor, max(nbytes, self._near))
            self._is_lent = lent is not None
            if lent is not None:
                return lent
        self._near = max(near, 1)
        return self._ground.window(cursor, max(nbytes, LEAST_WINDOW, near))

    def _give_back(self) -> None:
        """Give back what was lent, and begin with a small window the next time."""
        if self._is_lent:
            self._window, self._is_lent = self._nothing, False
        self._near = 0

    # --- runs

    def _runs(self, cursor: int, most: int, parts: list[Int64]) -> tuple[int, int]:
        """Add rows as large as the last one, then of the next size, as long as there are many of each."""
        begin, stride, ahead, total = cursor, self._pace.size, 0, 0
        while True:
            same, cursor = self._run(cursor, stride, most - total - ahead)
            if ahead + same:
                parts.append(_steps(begin, stride, ahead + same))
            total += ahead + same
            if same < LONG or total >= most:
                return total, cursor
            window = self._hold(cursor, self._ground.rule.reach)
            one, behind = self._walk(window, cursor, cursor, 1, self._pace)
            if not one:
                return total, cursor
            begin, stride, ahead, cursor = cursor, behind - cursor, 1, behind

    def _run(self, cursor: int, stride: int, most: int) -> tuple[int, int]:
        """Walk as long as the rows are as large as the last one: return how many, and where they stop."""
        total, count = 0, self._ahead
        while total < most:
            count = min(count, most - total, self._room(cursor, stride))
            same = self._alike(cursor, count, stride) if count > 0 else 0
            total += same
            cursor += same * stride
            if same < count or count <= 0:
                break
            count = min(MOST_AHEAD, count * 4)
        self._pace.need = NEED if total > LONG else min(MOST_NEED, self._pace.need * 2)
        self._ahead = min(MOST_AHEAD, max(LONG, total + total // 8))
        return total, cursor

    def _room(self, cursor: int, stride: int) -> int:
        """Return how many rows may be looked at together."""
        rule = self._ground.rule
        reach = self._size - cursor - rule.reach
        if reach < 0 or stride > FAR_APART:
            return 0
        if stride <= 0:
            return MOST_AHEAD
        whole = (min(self._ground.limit, self._size) - cursor) // stride
        return min(whole, reach // stride + 1, (MOST_LENT if self._is_lent else WINDOW) // stride)

    def _alike(self, cursor: int, count: int, stride: int) -> int:
        """Return how many of ``count`` rows of one size there are; the row before them has it."""
        rule = self._ground.rule
        if not rule.is_placeless:
            window = self._hold(cursor, (count - 1) * stride + rule.reach)
            columns = [column.astype(np.int64) for column in spread(rule, window, count, stride)]
            return whole(self._ground.led(_steps(cursor, stride, count), stride, columns))
        window = self._hold(cursor - stride, count * stride + rule.reach)
        return self._same.count(window, count, stride)

    # --- lanes

    def _lanes(self, cursor: int, known: Int64) -> tuple[Int64, int]:
        """Walk the next stretch in lanes; where that is of little use, not again for a while."""
        here = lanes.stretch(self._ground, cursor, self._mean, self._hold)
        if here is None or self._mean > FAR_APART:
            return np.zeros(0, np.int64), cursor
        found, after, useful = lanes.walk(here, known, self._onward)
        self._penalty = BURST if useful >= USEFUL else min(2**20, max(2**14, self._penalty * 4))
        self._wait = 0 if useful >= USEFUL else self._penalty
        size = after - int(found[-1]) if len(found) else 0
        even = len(found) > NEED and bool((np.diff(found[-NEED:]) == size).all())
        # What was walked row by row in between says nothing of the rows in front of ``after``.
        self._pace.size, self._pace.same = (size, self._pace.need) if even else (-1, 0)
        self._uneven = self._uneven and not even
        return found, after


def _steps(begin: int, stride: int, count: int) -> Int64:
    if stride == 0:
        return np.full(count, begin, np.int64)
    return np.arange(begin, begin + count * stride, stride, dtype=np.int64)


def _cut(found: Int64, after: int, most: int) -> tuple[Int64, int]:
    return (found, after) if len(found) <= most else (found[:most], int(found[most]))
