"""The matcher: a program of small steps, run with memory so that no step is tried twice.

Every state is a step and a position. A state that failed once fails always (captures are never
compared with each other), so the work is bounded by steps times characters, whatever the text.
The order in which states are tried makes captures shortest and optional pieces greedy.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from collections import defaultdict
from collections.abc import Iterator
from typing import NamedTuple

from vspec.patterns.nodes import Captured, Slot, WrittenFloat, WrittenInt, WrittenText
from vspec.patterns.program import ANY_BLANK, Op, Program, Step
from vspec.patterns.syntax import convert

_INT = re.compile(r"[0-9]+")
_SIGNED_INT = re.compile(r"[+-]?[0-9]+")
_FLOAT = re.compile(r"([0-9]+)?(\.[0-9]*)?([eE][+-]?[0-9]+)?")
_SIGNED_FLOAT = re.compile(r"[+-]?([0-9]+)?(\.[0-9]*)?([eE][+-]?[0-9]+)?")
_BLANKS = re.compile(r"[ \t]+")
_STOPS = {
    "text": re.compile(r"[\r\n]"),
    "word": re.compile(r"\s"),
    "path text": re.compile(r"/"),
    "path word": re.compile(r"[\s/]"),
}
_BLANK = (" ", "\t")
_FAR = 1 << 60
_LITERAL, _LOOP, _OPEN = int(Step.LITERAL), int(Step.LOOP), int(Step.OPEN)
_SPLIT, _JUMP, _MARK, _END = int(Step.SPLIT), int(Step.JUMP), int(Step.MARK), int(Step.END)
_FOLDED, _BLANK_RUN = int(Step.FOLDED), int(Step.BLANKS)

_Reading = tuple[str, bool, bool, tuple[str, ...]]
"""What decides where a number or an alternative may end: kind, sign, boundary, choices."""

Trail = tuple[int, int, "Trail"] | None
"""Where slots begin and end, latest first: (index of the slot, position, earlier)."""


class Found(NamedTuple):
    """A match: its values by name, and where it begins and ends."""

    values: dict[str, Captured]
    start: int
    stop: int


def match(program: Program, text: str, starts: list[int]) -> Found | None:
    """Match up to the end of ``text``, from the first start that fits."""
    if not _may_match(program, text):
        return None
    attempt = _Attempt(program, text, whole=True)
    return next((found for start in starts if (found := attempt.run(start))), None)


def scan(program: Program, text: str) -> Iterator[Found]:
    """Yield the matches from left to right; they are not empty and do not overlap."""
    if not _may_match(program, text):
        return
    attempt = _Attempt(program, text, whole=False)
    first, at = program.ops[0], 0
    while at <= len(text):
        if first.step is Step.LITERAL:
            at = text.find(first.text, at)
            if at < 0:
                return
        found = attempt.run(at)
        if found is None or found.stop == found.start:
            at += 1
            continue
        yield found
        at = found.stop
        attempt.forget(found)


def _may_match(program: Program, text: str) -> bool:
    """Tell whether the literals that must be there are there, in order."""
    at = 0
    for word in program.required:
        at = text.find(word, at) + len(word)
        if at < len(word):
            return False
    return True


class _Attempt:
    """One text under one program; what failed is remembered over all starts."""

    def __init__(self, program: Program, text: str, *, whole: bool) -> None:
        self.program = program
        self.text = text
        self.whole = whole
        self._width = len(text) + 1
        self._seen = bytearray(self._width * len(program.ops))
        self._folded = text.lower() if program.path and text.isascii() else None
        self._next = dict[int, tuple[int, int]]()
        self._known = defaultdict[_Reading, dict[int, list[int]]](dict)
        self._stops = {key: [m.start() for m in _STOPS[key].finditer(text)] for key in program.stops}

    def forget(self, found: Found) -> None:
        """Forget the states that a match has gone through: they did not fail."""
        nothing = bytes(found.stop + 1 - found.start)
        for base in range(0, len(self._seen), self._width):
            self._seen[base + found.start : base + found.stop + 1] = nothing

    def run(self, start: int) -> Found | None:
        """Return the first match that begins at ``start``."""
        text, ops, seen, width, blanks = self.text, self.program.hot, self._seen, self._width, _BLANKS.match
        stack: list[tuple[int, int, int, Trail]] = [(0, start, 0, None)]
        while stack:
            pc, at, limit, trail = stack.pop()
            while True:
                step, word, number, cut = ops[pc]
                if step == _LITERAL:
                    if not text.startswith(word, at):
                        break
                    pc, at = pc + 1, at + len(word)
                    continue
                key = pc * width + at
                if seen[key]:
                    break
                seen[key] = 1
                if step == _LOOP:
                    if word:
                        at = self._hop(pc, word, at, limit)
                        if at > limit:
                            break
                    if at < limit:
                        stack.append((pc, at + 1, limit, trail))
                    pc, trail = pc + 1, (number, at, trail)
                elif step == _OPEN:
                    if cut:
                        stack.clear()
                    begin, at, limit = self._opened(pc, at)
                    if at > limit:
                        break
                    pc, trail = pc + 1, (number, begin, trail)
                elif step == _BLANK_RUN:
                    run = blanks(text, at)
                    if run is None and not (cut and at == len(text)):
                        break
                    pc, at = pc + 1, run.end() if run else at
                elif step == _FOLDED:
                    if text[at : at + number].lower() != word:
                        break
                    pc, at = pc + 1, at + number
                elif step == _SPLIT:
                    stack.append((number, at, 0, trail))
                    pc += 1
                elif step == _JUMP:
                    pc = number
                elif step == _MARK:
                    pc, trail = pc + 1, (number, at, trail)
                elif step == _END:
                    if self.whole and at < len(text):
                        break
                    return Found(self._values(trail), start, at)
                else:
                    ends = self._ends(pc, at)
                    if not ends:
                        break
                    pc += 1
                    stack += [(pc, end, 0, _spanned(number, at, end, trail)) for end in ends[:0:-1]]
                    at, trail = ends[0], _spanned(number, at, ends[0], trail)
        return None

    def _hop(self, pc: int, word: str, at: int, limit: int) -> int:
        """Return the next position at which what follows the loop can stand."""
        op = self.program.ops[pc]
        if op.last:
            return limit
        text = self._folded if op.folded else self.text
        if text is None:
            return at
        low, high = self._next.get(pc, (1, 0))
        if not low <= at <= high:
            high = text.find(word, at) if word != ANY_BLANK else self._next_blank(op, at)
            high = high if high >= 0 else _FAR
            self._next[pc] = (at, high)
        return high

    def _next_blank(self, op: Op, at: int) -> int:
        run = _BLANKS.search(self.text, at)
        return run.start() if run else len(self.text) if op.cut else -1

    def _opened(self, pc: int, at: int) -> tuple[int, int, int]:
        """Return where a slot begins, the least position of its end, and the last one."""
        op = self.program.ops[pc]
        begin = at
        if op.stops == "text" and self.text[at : at + 1] in _BLANK:
            blanks = _BLANKS.match(self.text, at)
            begin = blanks.end() if blanks else at
        limit = len(self.text)
        if op.stops:
            known = self._stops[op.stops]
            index = bisect_left(known, begin)
            limit = known[index] if index < len(known) else limit
        return begin, begin + op.least, limit

    def _ends(self, pc: int, at: int) -> list[int]:
        """Return where a number or an alternative may end, the preferred end first."""
        op = self.program.ops[pc]
        slot = op.slot
        assert slot is not None
        known = self._known[slot.kind, slot.sign, slot.bounded, slot.choices]
        if at not in known:
            known[at] = self._choice_ends(slot, at) if op.step is Step.CHOICE else self._number_ends(slot, at)
        return known[at] if slot.default is None else [*known[at], at]

    def _number_ends(self, slot: Slot, at: int) -> list[int]:
        text = self.text
        if slot.bounded and at and _inside_number(text, at):
            return []
        if slot.kind == "int":
            run = (_SIGNED_INT if slot.sign else _INT).match(text, at)
            return [run.end()] if run and convert(slot, run.group()) is not None else []
        run = (_SIGNED_FLOAT if slot.sign else _FLOAT).match(text, at)
        if run is None or convert(slot, run.group()) is None:
            return _mantissa_ends(slot, run, at)
        return [run.end(), *(end for end in _mantissa_ends(slot, run, at) if end != run.end())]

    def _choice_ends(self, slot: Slot, at: int) -> list[int]:
        text, ends = self.text, list[int]()
        for choice in sorted(slot.choices, key=len, reverse=True):
            part = text[at : at + len(choice)]
            if part == choice or (slot.folded and part.lower() == choice.lower()):
                ends.append(at + len(choice))
        return list(dict.fromkeys(ends))

    def _values(self, trail: Trail) -> dict[str, Captured]:
        spans = dict[int, tuple[int, int]]()
        while trail is not None:
            number, stop, trail = trail
            if trail is not None and trail[0] == number:
                spans[number] = (trail[1], stop)
                trail = trail[2]
        values = dict[str, Captured]()
        for number, slot in enumerate(self.program.slots):
            if not slot.name:
                continue
            text = self.text[slice(*spans[number])] if number in spans else None
            value = _value(slot, text, path=self.program.path)
            if value is not None:
                values[slot.name] = value
        return values


def _spanned(number: int, at: int, end: int, trail: Trail) -> Trail:
    return (number, end, (number, at, trail)) if end > at else trail


def _inside_number(text: str, at: int) -> bool:
    before = text[at - 1]
    if before == "." and at > 1:
        before = text[at - 2]
    return before.isascii() and before.isdigit()


def _mantissa_ends(slot: Slot, run: re.Match[str] | None, at: int) -> list[int]:
    """Return where a shorter reading of a float may end: without exponent, without fraction."""
    if run is None:
        return []
    ends = [run.end(2), run.end(1)]
    if run.group(3) and convert(slot, run.group()) is None:
        return []
    return [end for end in dict.fromkeys(ends) if end > at and convert(slot, run.string[at:end]) is not None]


def _value(slot: Slot, text: str | None, *, path: bool) -> Captured | None:
    if text is not None and not path and slot.kind in ("text", "rest"):
        text = text.strip(" \t")
    if text is None or (text == "" and slot.default is not None):
        return slot.default
    if slot.kind == "int":
        number = WrittenInt(text)
        number.written = text
        return number
    if slot.kind == "float":
        real = WrittenFloat(text)
        real.written = text
        return real
    if slot.kind == "choice":
        exact = next((c for c in slot.choices if c == text), None)
        choice = WrittenText(exact or next(c for c in slot.choices if c.lower() == text.lower()))
        choice.written = text
        return choice
    return text
