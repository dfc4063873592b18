"""``= CONST`` of a field, held against what stands in the file."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

import numpy as np

from vspec.card.model import Field, Record
from vspec.datatypes import NUMBERS, TEXTS, TextType
from vspec.errors import Problem, VspecError
from vspec.expressions import Value
from vspec.header import elements
from vspec.header.containers import HeldFile
from vspec.header.dataset import Header
from vspec.header.elements import Spot, View
from vspec.header.fixed_constants import constant_inside, has_constants, wrong_rows
from vspec.header.fixed_rows import FixedRows
from vspec.header.home import Home
from vspec.header.roles import RoleFile
from vspec.header.rows import KeyedRows
from vspec.header.structs import Struct
from vspec.header.walked_rows import WalkedRows

PROBES = 16
"""Rows of a fixed table that are looked at when a map is made; `verify` looks at all of them."""

SHOWN = 8
"""Rows of one table whose wrong constants are shown; of more of them, only the number is."""


def check_constants(header: Header, *, every_row: bool = False) -> list[Problem]:
    """Return a problem for each constant that does not stand in the files.

    Rows of fixed tables are probed (first, last, and a spread between) unless ``every_row``. Those in front
    of any rows come first, in all files: behind a wrong one nothing is walked.
    """
    head = list(_wrong(header, every_row=every_row, only_head=True))
    return head or list(_wrong(header, every_row=every_row, only_head=False))


def _wrong(header: Header, *, every_row: bool, only_head: bool) -> Iterator[Problem]:
    for role in header.card.roles:
        if role.layout is None or not has_constants(role.layout, header.card.types, frozenset()):
            continue
        for file in _files(header, role.name):
            content = file.content
            if isinstance(content, Struct):
                yield from _Visit(every_row, only_head).check(content)


def check_unread(header: Header) -> Iterator[Problem]:
    """Yield what is wrong with bytes of containers that were too many to look at when they were opened."""
    for role in header.card.roles:
        if role.container is not None:
            for file in _files(header, role.name):
                if isinstance(file, HeldFile):
                    yield from file.container.unread()


def _files(header: Header, role: str) -> list[RoleFile]:
    value = header.get(role)
    if isinstance(value, RoleFile):
        return [value]
    return [f for f in value if isinstance(f, RoleFile)] if isinstance(value, KeyedRows) else []


@dataclass(frozen=True, slots=True)
class _Visit:
    """Which rows are looked at, and which records were: those that share bytes are held against them once.

    With ``only_head`` a record is looked at up to its first rows.
    """

    every_row: bool
    only_head: bool
    seen: set[tuple[int, int]] = field(default_factory=set)

    def check(self, struct: Struct) -> Iterator[Problem]:
        """Yield what is wrong in a record; behind a wrong constant nothing is walked any more."""
        if (id(struct.spec), struct.offset) in self.seen:
            return
        self.seen.add((id(struct.spec), struct.offset))
        types = struct.home.types
        wrong = False
        for item in struct.spec.fields:
            if isinstance(item, Field) and item.constant is not None:
                problems = list(_differs(struct, item))
                wrong = wrong or bool(problems)
                yield from problems
            elif self._is_behind(item, wrong=wrong):
                return
            elif constant_inside(item, types, frozenset()):
                try:
                    placed = struct.place(item.name)
                except VspecError as error:
                    yield from error.problems
                else:
                    problems = list(self._inside(placed, struct.home))
                    wrong = wrong or bool(problems)
                    yield from problems

    def _is_behind(self, item: Field | Record, *, wrong: bool) -> bool:
        """Tell whether what comes now is not looked at any more."""
        if self.only_head and isinstance(item, Record) and item.repeat is not None:
            return True
        return wrong and not (isinstance(item, Field) and item.type.word in (*NUMBERS, *TEXTS))

    def _inside(self, placed: object, home: Home) -> Iterator[Problem]:
        if isinstance(placed, Struct):
            yield from self.check(placed)
        elif isinstance(placed, KeyedRows):
            yield from self._rows(placed, home)

    def _rows(self, rows: KeyedRows, home: Home) -> Iterator[Problem]:
        """Yield what is wrong in the first rows that hold a wrong constant, and how many there are."""
        probed, count, is_all = self._probed(rows, home)
        wrong = 0
        for i in probed:
            row = rows.at(i)
            problems = list(self.check(row)) if isinstance(row, Struct) else []
            wrong += bool(problems)
            if wrong <= SHOWN:
                yield from problems
        if max(wrong, count) > SHOWN:
            yield _many(rows, max(wrong, count), home, is_all=is_all)

    def _probed(self, rows: KeyedRows, home: Home) -> tuple[Iterable[int], int, bool]:
        """Return the rows to look at, how many are known to be wrong, and whether that is all of them."""
        n = len(rows)
        if isinstance(rows, FixedRows) and not self.every_row:
            return sorted({*range(0, n, max(1, n // PROBES)), n - 1} - {-1}), 0, True
        if not isinstance(rows, (FixedRows, WalkedRows)):
            return range(n), 0, True
        wrong = wrong_rows(rows, home, lambda i: _is_right(rows.at(i)))
        if wrong is None:
            return range(n), 0, True
        return wrong.rows[:SHOWN].tolist(), len(wrong.rows), wrong.is_all


def _is_right(row: object) -> bool:
    """Tell whether the constants of a row are as they should be."""
    problems = _Visit(every_row=True, only_head=False).check(row) if isinstance(row, Struct) else iter(())
    return next(problems, None) is None


def _many(rows: KeyedRows, count: int, home: Home, *, is_all: bool) -> Problem:
    return Problem(
        "V0601",
        f"{home.view.name}: {count} rows {'' if is_all else 'or more '}of '{rows.name}' hold wrong constants;"
        f" the first {SHOWN} are shown",
        rows.place,
        data_file=home.view.name,
        expected=f"the same constants in all of {len(rows)} rows",
        help="is the place of the first row wrong, or the size of a row?",
    )


def _differs(struct: Struct, field: Field) -> Iterator[Problem]:
    spot = struct.place(field.name)
    if not isinstance(spot, Spot) or field.constant is None:
        return
    wanted = field.constant.evaluate(struct.scope)
    try:
        found = struct.get(field.name)
    except VspecError as error:
        yield from error.problems
        return
    if _holds(wanted, found, spot, struct.home.view):
        return
    view = struct.home.view
    raw = elements.take(view, spot.offset, min(spot.nbytes, 16), field)
    yield Problem(
        "V0601",
        f"{view.name}: {field.name} should be {wanted!s} but is {found!s}",
        field.place,
        data_file=view.name,
        offset=spot.offset,
        expected=str(wanted),
        found=str(found),
        help=f"bytes there: {raw.hex(' ')}",
    )


def _holds(wanted: Value, found: Value, spot: Spot, view: View) -> bool:
    """Tell whether a field holds its constant: a text that fills the field must be there byte by byte."""
    if isinstance(wanted, str) and isinstance(spot.kind, TextType) and not spot.axes:
        whole = wanted.encode(_encoding(spot), "replace")
        if len(whole) == spot.nbytes or isinstance(found, bytes):
            return whole == elements.take(view, spot.offset, spot.nbytes, spot.field)
        return wanted.split("\0", 1)[0].rstrip() == found
    if isinstance(wanted, str) and isinstance(spot.kind, TextType):
        return _hold(wanted, spot, view)
    if isinstance(found, np.ndarray):
        return np.array_equal(np.asarray(wanted), found)
    return bool(wanted == found)


def _hold(wanted: str, spot: Spot, view: View) -> bool:
    """Tell whether every text of a field with axes is a constant; what fills it up are blanks and NUL."""
    whole = wanted.encode(_encoding(spot), "replace")
    raw = elements.take(view, spot.offset, spot.nbytes, spot.field)
    texts = (raw[start:stop] for start, stop in spot.slices())
    return all(text[: len(whole)] == whole and not text[len(whole) :].strip(b" \0") for text in texts)


def _encoding(spot: Spot) -> str:
    encoding = (spot.kind.encoding if isinstance(spot.kind, TextType) else None) or "latin-1"
    if encoding == "utf-16":
        return "utf-16-le" if spot.endian == "little" else "utf-16-be"
    return encoding
