"""Rows up to a sentinel, stepped over without being made: texts with an end, numbers, and such rows inside.

What is stepped over is found by the same expressions as by the exact walk. Where anything is out of the
ordinary (a text without an end, a value that cannot be had, the end of the file), nothing is said, and
the exact walk tells.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Protocol

from vspec.card.model import Field, Record
from vspec.datatypes import NUMBERS, TEXTS, Endian
from vspec.errors import VspecError
from vspec.expressions import Expression, Scope, UnknownName, Value
from vspec.header.elements import View

FIRST_WINDOW, LAST_WINDOW = 2**9, 2**18
_OWN_PLACE = frozenset({"prev", "rest"})
_WIDE = frozenset({"utf-16"})


class OutOfStep(Exception):  # noqa: N818  # a finding: the rows are walked one by one then
    """Raised where rows cannot be stepped over."""


@dataclass(frozen=True, slots=True)
class Step:
    """A field: a number of ``nbytes`` bytes, a text up to ``mark``, ``nbytes`` of anything, or ``rows``.

    ``moves`` tells that what follows stands behind it; ``condition`` must hold, else a number is worth
    ``default``.
    """

    name: str
    nbytes: int = 0
    mark: bytes = b""
    signed: bool = False
    endian: Endian | None = None
    is_number: bool = False
    moves: bool = True
    condition: Expression | None = None
    default: Expression | None = None
    rows: Steps | None = None


@dataclass(frozen=True, slots=True)
class Steps:
    """The fields of a row in their order, and what holds in the last row."""

    fields: tuple[Step, ...]
    until: Expression


def steps_of(spec: Record) -> Steps | None:
    """Return how the rows of a record are stepped over; None where they cannot be."""
    try:
        return _rows(spec, frozenset(), frozenset())
    except OutOfStep:
        return None


# --- from the card


def _rows(spec: Record, numbers: frozenset[str], others: frozenset[str]) -> Steps:
    """Return the steps of rows: of the names ``others`` around them, ``numbers`` are known."""
    repeat, plain = spec.repeat, spec.of is None and spec.size is None and not spec.codec
    if repeat is None or repeat.until is None or not plain or spec.endian is not None:
        raise OutOfStep
    others |= {item.name for item in spec.fields} | {let.name for let in spec.lets}
    fields: list[Step] = []
    for item in spec.fields:
        step = _field(item, numbers, others) if isinstance(item, Field) else _inner(item, numbers, others)
        fields.append(step)
        if step.is_number:
            numbers |= {step.name}
    return Steps(tuple(fields), _usable(repeat.until, numbers, others))


def _usable(expression: Expression, numbers: frozenset[str], others: frozenset[str]) -> Expression:
    """Return an expression of which all names are known while rows are stepped over."""
    if expression.names & _OWN_PLACE or (expression.names & others) - numbers:
        raise OutOfStep
    return expression


def _inner(item: Record, numbers: frozenset[str], others: frozenset[str]) -> Step:
    if item.at is not None or item.to is not None or item.endian is not None:
        raise OutOfStep
    condition = None if item.condition is None else _usable(item.condition, numbers, others)
    return Step(item.name, condition=condition, rows=_rows(item, numbers, others))


def _field(item: Field, numbers: frozenset[str], others: frozenset[str]) -> Step:
    given = (item.constant, item.parse, item.to, item.convert, item.type.value)
    if item.axes or any(part is not None for part in given) or item.type.word is None:
        raise OutOfStep
    moves = item.offset is None
    if item.offset is not None and item.offset.text.value.strip() != "here":
        raise OutOfStep
    condition = None if item.condition is None else _usable(item.condition, numbers, others)
    if item.type.word in TEXTS:
        return replace(_text(item), moves=moves, condition=condition)
    kind = NUMBERS.get(item.type.word)
    order = item.endian
    if kind is None or kind.packing is not None or kind.code in ("u8", "b1") or kind.code[0] not in "iu":
        raise OutOfStep
    if not isinstance(order, str | None) or order not in ("little", "big", None):
        raise OutOfStep
    default = None if item.default is None else _usable(item.default, numbers, others)
    signed = kind.code[0] == "i"
    return Step(
        item.name,
        kind.nbytes,
        signed=signed,
        endian=order,
        is_number=True,
        moves=moves,
        condition=condition,
        default=default,
    )


def _text(item: Field) -> Step:
    encoding = TEXTS[item.type.word or ""].encoding or "latin-1"
    if encoding in _WIDE:
        raise OutOfStep
    if item.type.terminator is not None:
        return Step(item.name, mark=item.type.terminator.encode(encoding))
    length = item.type.length
    if length is None or not length.is_constant or not length.text.value.strip().isdecimal():
        raise OutOfStep
    return Step(item.name, int(length.text.value))


# --- in a file


class Ordered(Protocol):
    """What rows stand in: its byte order is theirs."""

    @property
    def endian(self) -> Endian: ...


class Stepping:
    """A walk over rows in one file, in front of the names around them."""

    def __init__(self, view: View, outside: Ordered, outer: Scope) -> None:
        self._bytes = view.bytes
        self._size = view.bytes.size
        self._outside = outside
        self._scope = _RowScope(outer)
        self._window, self._begin = b"", 0
        self.count = 0
        """Rows that were stepped over, those inside others included."""

    def rows(self, steps: Steps, start: int, stop: int, most: int) -> tuple[list[int], int]:
        """Return where the rows up to the last one begin, and where that ends. Raises `OutOfStep`."""
        self._begin = start
        reach = FIRST_WINDOW
        while True:
            self._window = self._bytes.read(start, min(reach, self._size - start))
            self.count = 0
            try:
                return self._rows(steps, start, stop, most)
            except (VspecError, UnknownName):
                raise OutOfStep from None
            except _Short:
                if start + reach >= self._size or reach >= LAST_WINDOW:
                    raise OutOfStep from None
                reach *= 8

    def _rows(self, steps: Steps, start: int, stop: int, most: int) -> tuple[list[int], int]:
        scope, found, cursor = self._scope, list[int](), start
        while cursor < stop:
            self.count += 1
            if self.count > most:
                raise OutOfStep
            after = self._row(steps, cursor, most)
            if after == cursor or after > stop:
                raise OutOfStep
            found.append(cursor)
            scope.start, scope.here = cursor, after
            if steps.until.truth(scope):
                return found, after
            cursor = after
        raise OutOfStep

    def _row(self, steps: Steps, start: int, most: int) -> int:
        """Return where a row ends."""
        scope, cursor = self._scope, start
        for step in steps.fields:
            if step.condition is not None:
                scope.start, scope.here = start, cursor
                if not step.condition.truth(scope):
                    if step.is_number:
                        scope.values[step.name] = (
                            None if step.default is None else step.default.evaluate(scope)
                        )
                    continue
            if step.rows is not None:
                cursor = self._rows(step.rows, cursor, self._size, most)[1]
                continue
            end = self._end(step, cursor)
            if step.is_number:
                scope.values[step.name] = self._number(step, cursor - self._begin)
            cursor = end if step.moves else cursor
        return cursor

    def _number(self, step: Step, at: int) -> int:
        if step.nbytes == 1 and not step.signed:
            return self._window[at]
        order = step.endian or (self._outside.endian if step.nbytes > 1 else "little")
        return int.from_bytes(self._window[at : at + step.nbytes], order, signed=step.signed)

    def _end(self, step: Step, cursor: int) -> int:
        """Return where a field ends; raises `_Short` where that is not in the window."""
        at = cursor - self._begin
        if step.mark:
            found = self._window.find(step.mark, at)
            if found < 0:
                raise _Short
            return self._begin + found + len(step.mark)
        if at + step.nbytes > len(self._window):
            raise _Short
        return cursor + step.nbytes


class _Short(Exception):  # noqa: N818  # a finding: a longer window may help
    """Raised where the window is too short."""


class _RowScope:
    """The numbers of the row so far and its place, then the names around, each of them looked up once."""

    def __init__(self, outer: Scope) -> None:
        self.values: dict[str, Value] = {}
        self.start = self.here = 0
        self._around: dict[str, Value] = {}
        self._outer = outer

    def names(self) -> Iterable[str]:
        return [*self.values, *self._outer.names()]

    def get(self, name: str) -> Value:
        if name in self.values:
            return self.values[name]
        if name == "here":
            return self.here
        if name == "start":
            return self.start
        if name not in self._around:
            self._around[name] = self._outer.get(name)
        return self._around[name]

    def locate(self, name: str) -> object:
        raise OutOfStep(name)

    def find(self, needle: bytes, start: int | None) -> int:
        raise OutOfStep(needle, start)
