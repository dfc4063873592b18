"""Many walks at once: a stretch of a file is cut into lanes, each walked from what looks like a row.

What a lane finds is taken only from the place on at which the true walk enters it: from there on both
visit the same rows, because the next row depends on nothing but the row itself. A lane that began
wrongly costs time and changes nothing.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from vspec.header.windows import Bytes, Gatherer, Ground
from vspec.layout import Int64

STRETCH = 16 * 2**20
MOST_LANES, LEAST_LANES = 2048, 256
ROWS_EACH = 32
FEW = 96
ROUNDS = 12
FIRST_STEP, MOST_STEP, MOST_ALONE = 8, 512, 2**12
SAMPLE, MOST_SAMPLED = 256, 2**20
MOST_LOOKED_AT = 2**22

Onward = Callable[[int, int], tuple[list[int], int]]
"""Walks row by row, from a byte of the file on, at most so many rows: their places, and where it stopped."""


@dataclass(frozen=True, slots=True)
class Stretch:
    """A part of a file that is walked at once; places in it are counted from ``begin``.

    ``length`` bytes are walked, in lanes of ``pace`` bytes each.
    """

    ground: Ground
    begin: int
    window: Bytes
    length: int
    pace: int
    lanes: int

    def judged(self, places: Int64, rows: Gatherer) -> tuple[Int64, NDArray[np.bool_]]:
        """Return where the rows after those at ``places`` begin, and whether that is certain."""
        after, holds = self.ground.judged(places + self.begin, rows.leaves(places))
        after = after - self.begin
        return after, holds & (after > places)


Window = Callable[[int, int], Bytes]
"""Gives bytes of the file: from where on, and how many at least."""


def stretch(ground: Ground, begin: int, mean: float, window: Window) -> Stretch | None:
    """Return the stretch from a byte on where rows have ``mean`` bytes; None where lanes do not pay."""
    reach = ground.rule.reach
    length = min(STRETCH, ground.limit - begin, ground.size - begin - reach)
    lanes = min(MOST_LANES, int(length / (mean * ROWS_EACH)))
    if lanes < LEAST_LANES or not ground.rule.leaves:
        return None
    pace = length // lanes
    held = window(begin, lanes * pace + reach)[: lanes * pace + reach]
    return Stretch(ground, begin, held, lanes * pace, pace, lanes)


@dataclass(frozen=True, slots=True)
class Visited:
    """The rows of all lanes in the order of the file: of lane ``i`` from ``first[i]`` to ``first[i + 1]``.

    ``exits`` is where each lane went on to, or did not know how to go on.
    """

    rows: Int64
    lane: Int64
    first: Int64
    exits: Int64


def walk(here: Stretch, known: Int64, onward: Onward) -> tuple[Int64, int, float]:
    """Walk a stretch: the rows in it, the byte where it stopped, and how much of the work was of use.

    ``known`` are rows before it, to tell what a row looks like.
    """
    rows = Gatherer(here.ground.rule, here.window)
    starts = _starts(here, rows, _looks(here.ground, known))
    starts[0] = 0
    seen = _lockstep(here, rows, starts)
    found, stop, alone = _stitched(here, seen, onward)
    through = len(found) - alone
    return found + here.begin, stop, (through - 2 * alone) / max(1, len(seen.rows))


# --- where lanes begin


@dataclass(frozen=True, slots=True)
class _Looks:
    """The bytes that all known rows have alike, and the most that one of them takes."""

    alike: tuple[tuple[int, int], ...]
    largest: int


def _looks(ground: Ground, known: Int64) -> _Looks:
    known = known[-SAMPLE:]
    known = known[known >= known[-1] - MOST_SAMPLED]
    reach, first = ground.rule.reach, int(known[0])
    window = ground.window(first, int(known[-1]) - first + reach)
    heads = window[(known - first)[:, None] + np.arange(reach)]
    alike = (heads == heads[0]).all(axis=0)
    for i in ground.rule.after.inputs - {0} if ground.rule.after is not None else ():
        leaf = ground.rule.leaves[i - 1]
        alike[leaf.place : leaf.place + leaf.dtype.itemsize] = False
    same = np.flatnonzero(alike)
    return _Looks(tuple((int(k), int(heads[0, k])) for k in same), int(np.diff(known).max(initial=1)))


def _starts(here: Stretch, rows: Gatherer, looks: _Looks) -> Int64:
    """Return where each lane begins: at the first place that looks like a row, and leads to another one."""
    span = min(here.pace, looks.largest + 16, MOST_LOOKED_AT // here.lanes)
    near = max((k for k, _ in looks.alike), default=0)
    heads = np.lib.stride_tricks.as_strided(
        here.window[: (here.lanes - 1) * here.pace + span + near], (here.lanes, span + near), (here.pace, 1)
    )
    flags = np.ones((here.lanes, span), np.bool_)
    for k, byte in looks.alike:
        flags &= heads[:, k : k + span] == byte
    begins = np.arange(here.lanes, dtype=np.int64) * here.pace
    starts = np.full(here.lanes, here.length, np.int64)
    todo = np.arange(here.lanes)
    for _ in range(ROUNDS):
        at = flags[todo].argmax(axis=1)
        todo, at = todo[flags[todo, at]], at[flags[todo, at]]
        if not todo.size:
            break
        good = _plausible(here, rows, begins[todo] + at, looks)
        starts[todo[good]] = (begins[todo] + at)[good]
        flags[todo, at] = False
        todo = todo[~good]
    return starts


def _plausible(here: Stretch, rows: Gatherer, places: Int64, looks: _Looks) -> NDArray[np.bool_]:
    after, good = here.judged(places, rows)
    good &= after - places <= 4 * looks.largest
    top = len(here.window) - here.ground.rule.reach
    within = np.clip(after, 0, top)
    for k, byte in looks.alike:
        good &= here.window[within + k] == byte
    return good


# --- all lanes, row by row


def _lockstep(here: Stretch, rows: Gatherer, starts: Int64) -> Visited:
    stops = np.arange(1, here.lanes + 1, dtype=np.int64) * here.pace
    exits = starts.copy()
    lane = np.flatnonzero(starts < stops)
    places, stop = starts[lane], stops[lane]
    steps: list[Int64] = []
    lanes: list[NDArray[np.uint16]] = []
    few = here.lanes // FEW
    while len(places) > few:
        after, good = here.judged(places, rows)
        if not good.all():
            exits[lane[~good]] = places[~good]
            places, after, lane, stop = places[good], after[good], lane[good], stop[good]
        steps.append(places)
        lanes.append(lane.astype(np.uint16))
        going = after < stop
        if going.all():
            places = after
            continue
        exits[lane[~going]] = after[~going]
        places, lane, stop = after[going], lane[going], stop[going]
    exits[lane] = places
    return _in_order(here.lanes, steps, lanes, exits)


def _in_order(count: int, steps: list[Int64], lanes: list[NDArray[np.uint16]], exits: Int64) -> Visited:
    none = np.zeros(0, np.int64)
    every = np.concatenate(lanes) if lanes else none.astype(np.uint16)
    order = np.argsort(every, kind="stable")
    rows = (np.concatenate(steps) if steps else none)[order]
    first = np.concatenate([[0], np.cumsum(np.bincount(every, minlength=count))])
    return Visited(rows, every[order].astype(np.int64), first, exits)


# --- the true walk through them


def _stitched(here: Stretch, seen: Visited, onward: Onward) -> tuple[Int64, int, int]:
    """Return the true rows, the byte of the file where they stop, and how many were walked one by one."""
    rows, count = seen.rows, len(seen.rows)
    if not count or rows[0] != 0:
        return np.zeros(0, np.int64), here.begin, 0
    links = _links(seen)
    parts: list[Int64] = []
    alone = entry = 0
    while True:
        found, cursor, entry = links.through(rows, entry)
        parts.append(found)
        step = FIRST_STEP
        while entry < 0 and cursor < here.length and alone <= MOST_ALONE:
            walked, cursor, entry = _until_met(here, rows, cursor, onward, step)
            if entry < 0 and not len(walked):
                return np.concatenate(parts), cursor + here.begin, alone
            alone, step = alone + len(walked), min(MOST_STEP, step * 4)
            parts.append(walked)
        if entry < 0:
            return np.concatenate(parts), cursor + here.begin, alone


@dataclass(frozen=True, slots=True)
class _Links:
    """How lanes go on: each at a row of the next one (``entries``), but for those in ``loose``."""

    seen: Visited
    entries: Int64
    loose: Int64

    def through(self, rows: Int64, entry: int) -> tuple[Int64, int, int]:
        """Follow lanes from a row on: their rows, the place behind them, and the row there (or -1)."""
        lanes, first = self.seen.lane, self.seen.first
        lane = int(lanes[entry])
        last = int(self.loose[np.searchsorted(self.loose, lane)])
        stop = int(first[last + 1])
        found = rows[entry:stop]
        entries = np.concatenate([[entry], self.entries[lane:last]])
        if not np.array_equal(entries[1:], first[lane + 1 : last + 1]):
            found = found[np.arange(entry, stop) >= entries[lanes[entry:stop] - lane]]
        return found, int(self.seen.exits[last]), int(self.entries[last])


def _links(seen: Visited) -> _Links:
    rows, count = seen.rows, len(seen.exits)
    at = np.minimum(np.searchsorted(rows, seen.exits), len(rows) - 1)
    met = rows[at] == seen.exits
    loose = ~met | (seen.lane[at] != np.arange(1, count + 1))
    loose[-1] = True
    return _Links(seen, np.where(met, at, -1), np.flatnonzero(loose))


def _until_met(here: Stretch, rows: Int64, cursor: int, onward: Onward, most: int) -> tuple[Int64, int, int]:
    """Walk row by row until a lane was at the same place: the rows, the cursor, the lane's row (or -1)."""
    found, stop = onward(cursor + here.begin, most)
    walked = np.array(found, np.int64) - here.begin
    steps = np.append(walked, stop - here.begin)
    at = np.minimum(np.searchsorted(rows, steps), len(rows) - 1)
    met = np.flatnonzero(rows[at] == steps)
    if not met.size:
        return walked, stop - here.begin, -1
    k = int(met[0])
    return walked[:k], int(steps[k]), int(at[k])
