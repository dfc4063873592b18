"""Rows that are found one after the other: of varying size, up to a sentinel, along a chain."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from typing import Protocol

import numpy as np

from vspec.card.model import Record as RecordSpec
from vspec.datatypes import Endian
from vspec.errors import Problem, VspecError, fail
from vspec.expressions import Chain, Expression, Scope, UnknownName, Value
from vspec.header import placing
from vspec.header.ahead import Ahead, Reach, Visited
from vspec.header.fixed_rows import FixedRows
from vspec.header.found_rows import Finding
from vspec.header.home import CUT_OFF, Home, Open
from vspec.header.instances import Instance
from vspec.header.stepping import OutOfStep, Stepping

MAX_WALKED = 10**6
FIRST_BLOCK = 1024
LARGEST_BLOCK = 2**18

Make = Callable[[int, Scope, "Instance | None"], Instance]
"""Makes the row at an offset, in front of the names around it and behind another row."""


class Outside(Protocol):
    """The record that the rows stand in."""

    home: Home

    @property
    def scope(self) -> Scope: ...

    @property
    def endian(self) -> Endian: ...


class Walk:
    """The rows of one repeated record, as far as they were found; ``cursor`` is where they end.

    ``inside`` tells that the bytes are known to lie in the file.
    """

    def __init__(self, spec: RecordSpec, outside: Outside, make: Make, *, inside: bool) -> None:
        self.spec = spec
        self._found = Finding()
        self._outer = outside.scope
        self._outside = outside
        self._home = outside.home
        self._make = make
        self._inside = inside
        self._ahead = Ahead(spec, outside.home)

    @property
    def rows(self) -> Sequence[Instance]:
        """The rows that were found."""
        return self._found.sequence(lambda start: self._make(start, self._outer, None))

    def counted(self, count: int, start: int) -> int:
        """Walk ``count`` rows and return where they end; raises V0921 at once if they are too many."""
        if count > MAX_WALKED:
            raise self._too_many()
        cursor, reach = start, Reach(self._home.view.bytes.size, 0, count)
        while len(self._found) < count:
            cursor = self._quickly(cursor, reach)
            if len(self._found) < count:
                cursor = self._step(cursor, self._outer)
        return cursor

    def over(self, items: Sequence[Value], variable: str, start: int | None) -> int:
        """Walk one row for each item: from ``start`` on, or (None) where ``at:`` says for each of them."""
        if len(items) > MAX_WALKED:
            raise self._too_many()
        cursor = start or 0
        for item in items:
            outer = Chain({variable: item}, self._outer)
            if start is None and self.spec.at is not None:
                cursor = placing.absolute(self.spec.at, outer, self._home.view)
            cursor = self._step(cursor, outer)
        return cursor

    def rest(self, start: int, open_: Open) -> int:
        """Walk as many rows as fit; what is left over is reported as ``partial`` says."""
        cursor, reach = start, Reach(open_.stop, 1, MAX_WALKED)
        while cursor < open_.stop:
            cursor = self._quickly(cursor, reach)
            if cursor >= open_.stop:
                break
            after = self._try(cursor, open_)
            if after is None:
                break
            cursor = after
        return cursor

    def until(self, start: int, open_: Open) -> int:
        """Walk up to the row in which ``until:`` holds; raises V0350 where there is none."""
        condition = self._end(self.spec.repeat.until if self.spec.repeat else None)
        stepped = self._stepped(start, open_)
        if stepped is not None:
            return stepped
        cursor, reach = start, Reach(open_.stop, 1, MAX_WALKED)
        while cursor < open_.stop:
            cursor = self._quickly(cursor, reach)
            if cursor >= open_.stop:
                break
            after = self._try(cursor, open_)
            if after is None:
                return cursor
            cursor = after
            if condition.truth(EndScope(self._newest, self._outer)):
                return cursor
        report_unended(condition, cursor, self._home, open_)
        return cursor

    def _stepped(self, start: int, open_: Open) -> int | None:
        """Add rows that can be stepped over, and return where they end; None where they cannot be."""
        steps, most = self._home.steps(self.spec), min(self._home.left_to_walk(), MAX_WALKED)
        if steps is None:
            return None
        stepping = Stepping(self._home.view, self._outside, self._outer)
        try:
            starts, after = stepping.rows(steps, start, open_.stop, most)
        except OutOfStep:
            return None
        self._home.walked(stepping.count)
        for at in starts:
            self._found.add(self._make(at, self._outer, None))
        return after

    def chain(self, first: int) -> None:
        """Walk along ``next:`` until it gives none; raises V0351 at a place that was visited before."""
        after = self._end(self.spec.repeat.next if self.spec.repeat else None)
        visited, reach = Visited(self._found), Reach(self._home.view.bytes.size, 0, MAX_WALKED)
        cursor: int | None = first
        while cursor is not None:
            if cursor > visited.highest:
                before = len(self._found)
                cursor = self._quickly(cursor, reach)
                if len(self._found) > before:
                    visited.passed(self._found.starts()[before:])
            if visited.holds(cursor):
                raise self._loop(after, cursor)
            visited.add(cursor)
            self._step(cursor, self._outer)
            scope = EndScope(self._newest, self._outer)
            there = after.evaluate(scope) is not None
            cursor = placing.absolute(after, scope, self._home.view) if there else None

    # --- how it is done

    def _end(self, expression: Expression | None) -> Expression:
        assert expression is not None, "asked only of a repeat that has one"
        return expression

    @property
    def _newest(self) -> Instance:
        row = self._found.last
        assert row is not None, "asked only behind a step"
        return row

    def _quickly(self, cursor: int, reach: Reach) -> int:
        """Add the rows that need not be made, as far as there are any, and return where they end."""
        parts, after = self._ahead.rows(cursor, self._found, reach)
        if parts:
            self._home.walked(self._found.extend(parts))
        return after

    def _try(self, cursor: int, open_: Open) -> int | None:
        """Add the row at ``cursor`` and return where it ends; None where it is cut off and may be."""
        try:
            after = self._step(cursor, self._outer)
        except VspecError as error:
            if any(p.code != "V0301" for p in error.problems):
                raise
            if open_.partial == "error":
                raise VspecError(replace(p, help=CUT_OFF) for p in error.problems) from None
            after = open_.stop + 1
        else:
            if after == cursor:
                message = f"a row of '{self.spec.name}' has no bytes: it would never end"
                raise fail("V0310", message, self.spec.place)
            if after <= open_.stop:
                return after
            self._found.drop()
        self._home.leave(cursor, f"{len(self._found)} whole '{self.spec.name}'", open_)
        return None

    def _step(self, cursor: int, outer: Scope) -> int:
        """Add a row and return where it ends; raises V0301 and V0921 when it cannot be one."""
        if len(self._found) >= MAX_WALKED:
            raise self._too_many()
        self._home.walk(self.spec)
        row = self._make(cursor, outer, self._found.last)
        nbytes = row.nbytes
        if not self._inside:
            self._home.reserve(row.offset, 1, nbytes, self.spec.name, self.spec.place)
        row.forget()
        self._found.add(row)
        return row.offset + nbytes

    def _too_many(self) -> VspecError:
        message = f"more than {MAX_WALKED} rows of '{self.spec.name}' to walk"
        return fail("V0921", message, self.spec.place, help="is a count or the byte order wrong?")

    def _loop(self, after: Expression, offset: int) -> VspecError:
        view = self._home.view
        earlier = int(np.flatnonzero(self._found.starts() == offset)[0])
        problem = Problem(
            "V0351",
            f"{view.name}: the chain of '{self.spec.name}' comes back:"
            f" row {len(self._found) - 1} leads to row {earlier}",
            after.text.place,
            data_file=view.name,
            offset=offset,
            expected="a place that was not visited, or none at the end",
            found=f"byte {offset}, where row {earlier} lies",
            help="a chain that ends with 0 is written: link if link > 0 else none",
        )
        return VspecError([problem])


def report_unended(condition: Expression, cursor: int, home: Home, open_: Open) -> None:
    """Report that no row ends a repeat, as ``partial`` says (V0350)."""
    if open_.partial == "drop":
        return
    problem = Problem(
        "V0350",
        f"{home.view.name}: no row of '{open_.name}' is the last one",
        condition.text.place,
        data_file=home.view.name,
        offset=cursor,
        expected=f"a row in which {condition.text.value}",
        found=f"the end at byte {open_.stop}",
        level=open_.partial,
        help="is the file cut short, the sentinel another one, or the place of the first row wrong?",
    )
    if open_.partial == "error":
        raise VspecError([problem])
    home.warnings.append(problem)


def count_until(
    condition: Expression, rows: Callable[[int, int], FixedRows], outside: Outside, open_: Open
) -> int:
    """Return how many rows of one size there are up to the one in which the condition holds.

    ``rows(i, n)`` gives n rows from row i on. Raises V0350 where it holds in none of them.
    """
    first = rows(0, 0)
    if first.stride <= 0:
        raise fail("V0310", f"a row of '{open_.name}' has no bytes: it would never end", open_.place)
    most = max(open_.stop - first.offset, 0) // first.stride
    last = _first_that(rows, most, condition, outside.scope)
    if last is not None:
        return last + 1
    report_unended(condition, first.offset + most * first.stride, outside.home, open_)
    return most


def _first_that(
    rows: Callable[[int, int], FixedRows], count: int, condition: Expression, outer: Scope
) -> int | None:
    """Return the first of ``count`` rows of one size in which a condition holds, or None.

    They are looked at in blocks, as columns where that means the same.
    """
    start, block = 0, FIRST_BLOCK
    while start < count:
        some = rows(start, min(block, count - start))
        flags = some.elementwise(condition, outer)
        if flags is None:
            each = (EndScope(some.at(i), outer) for i in range(len(some)))
            flags = np.array([condition.truth(scope) for scope in each], np.bool_)
        holding = np.flatnonzero(flags)
        if holding.size:
            return start + int(holding[0])
        start, block = start + len(some), min(block * 8, LARGEST_BLOCK)
    return None


class EndScope:
    """The scope of ``until`` and ``next``: the row's names, ``here`` is where it ends, then those around."""

    def __init__(self, row: Instance, outer: Scope) -> None:
        self._row = row
        self._outer = outer

    def names(self) -> Iterable[str]:
        return [*self._row.names(), *self._outer.names()]

    def get(self, name: str) -> Value:
        if name == "here":
            return self._row.offset + self._row.nbytes
        try:
            return self._row.scope.get(name) if name in ("start", "prev") else self._row.get(name)
        except UnknownName:
            return self._outer.get(name)

    def locate(self, name: str) -> object:
        try:
            return self._row.locate(name)
        except UnknownName:
            return self._outer.locate(name)

    def find(self, needle: bytes, start: int | None) -> int:
        return self._row.scope.find(needle, start)
