"""When a walk looks ahead: what its rows have in common is found out once it has walked some of them."""

from __future__ import annotations

from dataclasses import dataclass

from vspec.card.model import Record
from vspec.header.found_rows import Finding
from vspec.header.home import Home
from vspec.header.row_rules import rule_of
from vspec.header.strides import QuickWalk
from vspec.header.windows import Ground
from vspec.layout import Int64

FIRST, AGAIN, TRIES = 32, 16, 3
MOST_PAUSE = 64
MANY = 16


@dataclass(frozen=True, slots=True)
class Reach:
    """Where rows may lie: up to the byte ``stop``, each of ``least`` bytes, ``count`` at most."""

    stop: int
    least: int
    count: int


class Ahead:
    """Finds rows without making them, from the 32nd row on, where the card allows it."""

    def __init__(self, spec: Record, home: Home) -> None:
        self._spec = spec
        self._home = home
        self._walk: QuickWalk | None = None
        self._tries = 0
        self._next = FIRST
        self._pause = 1

    def rows(self, cursor: int, found: Finding, reach: Reach) -> tuple[list[Int64], int]:
        """Return where rows from ``cursor`` on begin and where they end; none where each is to be made."""
        if len(found) < self._next or (self._walk is None and not self._begin(found, reach)):
            return [], cursor
        assert self._walk is not None, "just begun"
        most = min(reach.count - len(found), self._home.left_to_walk())
        parts, after = self._walk.rows(cursor, most)
        count = sum(map(len, parts))
        self._pause = 1 if count >= MANY else min(MOST_PAUSE, self._pause * 2)
        self._next = len(found) + count + self._pause
        return parts, after

    def _begin(self, found: Finding, reach: Reach) -> bool:
        """Find the rule of the rows; where the row at hand does not tell, ask a later one."""
        row = found.last
        rule = None if row is None else rule_of(row, self._spec, self._home.types)
        if rule is None:
            self._tries += 1
            self._next = len(found) * AGAIN if self._tries < TRIES else 2**62
            return False
        first = found.starts()[0]
        mean = abs(int(row.offset - first)) / max(1, len(found) - 1) if row is not None else 1.0
        self._walk = QuickWalk(Ground(rule, self._home.view, reach.stop, reach.least), mean)
        return True


class Visited:
    """The places of a chain: the highest one, and all of them once the chain has gone back."""

    def __init__(self, found: Finding) -> None:
        self.highest = -1
        self._found = found
        self._places: set[int] | None = None

    def holds(self, place: int) -> bool:
        """Tell whether a place was visited."""
        if place > self.highest:
            return False
        if self._places is None:
            self._places = set(self._found.starts().tolist())
        return place in self._places

    def add(self, place: int) -> None:
        """Note a place that is visited now."""
        self.highest = max(self.highest, place)
        if self._places is not None:
            self._places.add(place)

    def passed(self, starts: Int64) -> None:
        """Note places that were visited, each behind all others."""
        self.highest = int(starts[-1])
        if self._places is not None:
            self._places.update(starts.tolist())
