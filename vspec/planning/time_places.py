"""Where the time of a row lies in a file, for messages about gaps.

A computed time is followed to the first number in a file that it is made of.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import numpy as np

from vspec.errors import Place, Text, VspecError
from vspec.expressions import Expression, Scope, UnknownName, parse
from vspec.header.dataset import Header
from vspec.header.located import Located
from vspec.header.roles import RoleFile
from vspec.header.structs import Struct

MOST_STEPS = 64
"""Expressions that are looked into for the bytes of a time."""


@dataclass(frozen=True, slots=True)
class Timed:
    """Times by an expression, one for each of ``rows`` rows or for each sample of them."""

    at: Expression
    rows: int
    lets: Mapping[str, Expression]
    scope: Scope
    header: Header


@dataclass(frozen=True, slots=True)
class _Lying:
    """Something that lies in a file: a byte offset for each row, and the file's name."""

    offsets: np.ndarray[tuple[int, ...], np.dtype[np.int64]]
    located: Located | None
    role: str

    def file(self, row: int, header: Header) -> str | None:
        if self.located is not None:
            each = max(1, len(self.offsets) // len(self.located.file))
            return header.files.paths[int(self.located.file[row // each])]
        role = header.get(self.role)
        return role.view.name if isinstance(role, RoleFile) else None


def place_of(times: Timed, row: int, sample: int = 0) -> tuple[str, int] | None:
    """Return file and byte of the time of a row (of a sample in it); None where that cannot be told."""
    todo, seen = [(times.at, times.scope)], set[str]()
    while todo and len(seen) < MOST_STEPS:
        expression, scope = todo.pop(0)
        if expression.text.value in seen:
            continue
        seen.add(expression.text.value)
        found = _lying(expression, scope)
        if found is not None and len(found.offsets) == times.rows:
            file = found.file(row, times.header)
            return None if file is None else (file, int(found.offsets[row]) + _within(found, sample))
        todo += _made_of(expression, times, scope)
    return None


def _lying(expression: Expression, scope: Scope) -> _Lying | None:
    try:
        located = expression.locate(scope)
        offset = getattr(located, "offset", None)
    except (VspecError, UnknownName):
        return None
    if offset is None:
        return None
    column = np.ravel(np.asarray(offset))
    if column.dtype.kind not in "iu":
        return None
    role = expression.paths[0].split(".")[0] if expression.paths else ""
    return _Lying(column.astype(np.int64), located if isinstance(located, Located) else None, role)


def _within(found: _Lying, sample: int) -> int:
    """Return how far a sample lies from the first one of its row."""
    inner = () if found.located is None else found.located.inner[found.located.rows :]
    if not sample or not inner:
        return 0
    return sample * inner[0].stride if inner[0].offsets is None else int(inner[0].offsets[sample])


def _made_of(expression: Expression, times: Timed, scope: Scope) -> Iterator[tuple[Expression, Scope]]:
    """Yield what the names of an expression stand for."""
    for path in expression.paths:
        first, *rest = path.split(".")
        if not rest and first in times.lets and scope is times.scope:
            yield times.lets[first], scope
            continue
        yield _named(path, expression.text.place), scope
        inside = _let_of_role(first, rest, times.header)
        if inside is not None:
            yield inside


def _let_of_role(role: str, names: list[str], header: Header) -> tuple[Expression, Scope] | None:
    """Return a let of a binary file and what it sees."""
    try:
        file = header.get(role) if len(names) == 1 else None
    except (VspecError, UnknownName):
        return None
    content = file.content if isinstance(file, RoleFile) else None
    let = content.let(names[0]) if isinstance(content, Struct) else None
    return None if let is None or not isinstance(content, Struct) else (let.value, content.scope)


def _named(path: str, place: Place) -> Expression:
    return parse(Text(path, place, exact=False))
