"""Rows of a `Rule` in the bytes of a file: what it says of many of them at once, or one after the other."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from vspec.header.elements import View
from vspec.header.formulas import Flags, Ints, both
from vspec.header.row_rules import Rule
from vspec.layout import Int64

MOST_KEYS = 2**16
"""Sizes that are remembered by the bytes that decide them."""

Bytes = NDArray[np.uint8]


@dataclass(frozen=True, slots=True)
class Ground:
    """Where rows may lie: they have ``least`` bytes or more and end at ``limit`` or before."""

    rule: Rule
    view: View
    limit: int
    least: int

    @property
    def size(self) -> int:
        """Bytes of the file."""
        return self.view.bytes.size

    def window(self, start: int, nbytes: int) -> Bytes:
        """Return bytes from ``start`` on, as many of ``nbytes`` as there are."""
        return self.view.bytes.view(start, max(0, min(nbytes, self.size - start)))

    def lent(self, start: int, nbytes: int) -> Bytes | None:
        """Return the same without copying them, where that can be had: they are to be given back soon."""
        return self.view.bytes.lend(start, max(0, min(nbytes, self.size - start)))

    def judged(self, starts: Int64, leaves: list[Int64]) -> tuple[Int64, Flags]:
        """Return where the row after each one begins, and whether that is certain.

        It is not for a row that is the last one, is cut off or has no size: then what follows is
        arbitrary.
        """
        after, holds = self._told(starts, leaves)
        if self.rule.after is None:
            return after, holds
        if not isinstance(after, np.ndarray):
            after = np.full(len(starts), after, np.int64)
        return after, holds & (after >= 0) & (after <= self.size)

    def led(self, starts: Int64, stride: int, leaves: list[Int64]) -> NDArray[np.bool_]:
        """Return whether each row leads for certain to one that is ``stride`` bytes behind it in the file."""
        after, holds = self._told(starts, leaves)
        led: NDArray[np.bool_] = holds & (after == starts + stride)
        return led

    def _told(self, starts: Int64, leaves: list[Int64]) -> tuple[Ints, Flags]:
        """Return the same as `judged`, where a row of a chain may lead out of the file."""
        rule, columns = self.rule, [starts, *leaves]
        size, holds = rule.size.columns(columns)
        end = starts + size
        holds = both(end <= self.limit, holds)
        if rule.size.low < self.least:
            holds = holds & (size >= self.least)
        for leaf, column in zip(rule.leaves, leaves, strict=True):
            if leaf.is_bounded:
                holds = holds & (column >= leaf.low) & (column <= leaf.high)
        if rule.last is not None:
            is_last, known = rule.last.columns(columns)
            holds = both(holds & np.logical_not(is_last), known)
        if rule.after is None:
            return end, holds
        after, known = rule.after.columns(columns)
        return after, both(holds, known)


def spread(rule: Rule, window: Bytes, count: int, stride: int) -> list[NDArray[np.generic]]:
    """Return the leaves of ``count`` rows, ``stride`` bytes apart, as they stand in a window."""
    return [np.ndarray((count,), leaf.dtype, window, leaf.place, (stride,)) for leaf in rule.leaves]


@dataclass(frozen=True, slots=True)
class Same:
    """Tells how many rows in a run have the same leaves: they are compared as words, as few as can be."""

    words: tuple[tuple[int, np.dtype[np.generic], int], ...]
    """Where each word lies in the row, how it is read, and the bits that count (0: all of them)."""

    @classmethod
    def of(cls, rule: Rule) -> Same:
        """Return it for rows of a rule."""
        begin = min((leaf.place for leaf in rule.leaves), default=0)
        for wide in (2, 4, 8):
            at = min(begin, rule.reach - wide)
            if len(rule.leaves) > 1 and at >= 0 and rule.reach - at <= wide:
                mask = np.zeros(wide, np.uint8)
                for leaf in rule.leaves:
                    mask[leaf.place - at : leaf.place - at + leaf.dtype.itemsize] = 255
                word = np.dtype(f"u{wide}")
                return cls(((at, word, int(mask.view(word)[0])),))
        return cls(tuple((leaf.place, leaf.dtype, 0) for leaf in rule.leaves))

    def count(self, window: Bytes, count: int, stride: int) -> int:
        """Return how many of ``count`` rows have the leaves of the row in front of all of them."""
        for place, dtype, mask in self.words:
            column = np.ndarray((count + 1,), dtype, window, place, (stride,))
            if mask:
                column = column & mask
            count = whole(column[1:] == column[0])
        return count


def whole(flags: NDArray[np.bool_]) -> int:
    """Return how many flags hold before the first that does not."""
    first = int(flags.argmin()) if len(flags) else 0
    return len(flags) if len(flags) and flags[first] else first


class Gatherer:
    """The leaves of rows anywhere in a window."""

    def __init__(self, rule: Rule, window: Bytes) -> None:
        self.reach = len(window) - rule.reach
        self._columns = [
            np.ndarray((max(0, self.reach + 1),), leaf.dtype, window, leaf.place, (1,))
            for leaf in rule.leaves
        ]

    def leaves(self, places: Int64) -> list[Int64]:
        """Return the leaves of the rows at places of the window."""
        return [column[places].astype(np.int64) for column in self._columns]


# --- one row after the other


@dataclass(slots=True)
class Pace:
    """How often in a row the last size was the same; at ``need`` times a walk stops, to look ahead."""

    need: int = 16
    size: int = -1
    same: int = 0


Walker = Callable[[Bytes, int, int, int, Pace], tuple[list[int], int]]
"""Walks in a window that begins at a byte: (window, begin, cursor, most rows, pace) to rows and cursor."""


def walker(ground: Ground) -> Walker:
    """Return what walks row by row, by the simplest means that the rule allows; it stops where it doubts."""
    return _by_key(ground) if ground.rule.is_placeless else _wherever(ground)


def _by_key(ground: Ground) -> Walker:
    """Walk rows whose size is found once for each of the values that decide it."""
    unpack, reach, limit = ground.rule.key.unpack_from, ground.rule.reach, ground.limit
    sizes: dict[tuple[int, ...], int] = {}
    get = sizes.get

    def new(key: tuple[int, ...]) -> int:
        size = size_of(ground, (0, *key))
        if len(sizes) < MOST_KEYS:
            sizes[key] = size
        return size

    def walk(window: Bytes, begin: int, cursor: int, most: int, pace: Pace) -> tuple[list[int], int]:
        rows: list[int] = []
        add, held = rows.append, window.data
        top, stop, last, same, need = len(window) - reach, limit - begin, pace.size, pace.same, pace.need
        at = cursor - begin
        for _ in range(most):
            if at > top:
                break
            key = unpack(held, at)
            size = get(key)
            if size is None:
                size = new(key)
            after = at + size
            if size < 0 or after > stop:
                break
            add(at)
            at = after
            if size == last:
                same += 1
                if same >= need:
                    break
            else:
                last, same = size, 0
        pace.size, pace.same = last, same
        return rows, at + begin

    return walk


def size_of(ground: Ground, row: tuple[int, ...]) -> int:
    """Return the bytes of a row that is not the last one, or -1 where its size is in doubt."""
    rule = ground.rule
    try:
        if not all(leaf.low <= n <= leaf.high for leaf, n in zip(rule.leaves, row[1:], strict=True)):
            return -1
        if rule.last is not None and rule.last.row(row):
            return -1
        size = rule.size.row(row)
    except (ArithmeticError, LookupError):
        return -1
    return size if size >= ground.least else -1


def _wherever(ground: Ground) -> Walker:
    """Walk rows whose size or successor depends on where they stand."""
    rule, limit, size = ground.rule, ground.limit, ground.size
    unpack, reach = rule.key.unpack_from, rule.reach
    follow = rule.after.row if rule.after is not None else None
    unbounded = not any(leaf.is_bounded for leaf in rule.leaves)
    fixed = rule.size.low if rule.size.is_constant and rule.last is None and unbounded else None

    def walk(window: Bytes, begin: int, cursor: int, most: int, pace: Pace) -> tuple[list[int], int]:
        rows: list[int] = []
        held, nbytes = window.data, len(window)
        at = cursor
        for _ in range(most):
            if not 0 <= at - begin <= nbytes - reach:
                break
            row = (at, *unpack(held, at - begin))
            own = size_of(ground, row) if fixed is None else fixed
            if own < 0 or at + own > limit:
                break
            try:
                after = at + own if follow is None else follow(row)
            except (ArithmeticError, LookupError):
                break
            if not (at < after <= size):
                break
            rows.append(at - begin)
            pace.same = pace.same + 1 if after - at == pace.size else 0
            pace.size = after - at
            at = after
            if pace.same >= pace.need:
                break
        return rows, at

    return walk
