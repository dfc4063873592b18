"""Where a value came from: the chain that a message shows below its first line."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import cast

import numpy as np

from vspec.datatypes import ElementType
from vspec.errors import VspecError
from vspec.expressions import Expression, Record, Rows, UnknownName, Value
from vspec.expressions.columns import kind_of
from vspec.header.dataset import Header
from vspec.header.elements import Spot
from vspec.header.roles import RoleFile
from vspec.header.structs import Struct
from vspec.header.text import TextRecord, TextTable

MAX_LINES = 6
_WHOLE = (RoleFile, Struct, TextRecord, TextTable, Mapping)


@dataclass(frozen=True, slots=True)
class Origin:
    """The bytes that a value was read from: a file, and the byte or the line in it."""

    file: str
    offset: int | None
    words: str


@dataclass(frozen=True, slots=True)
class _Found:
    value: Value
    origin: Origin | None


def trace(expression: Expression, header: Header) -> tuple[str, ...]:
    """Return lines like ``n_ch = 63 <- meta.nSavedChans = 63 (run.meta line 12)``, nearest first.

    A value that comes from one other is followed in its line; those that it is computed from have
    lines of their own.
    """
    lines: list[str] = []
    todo = list(expression.paths)
    seen: set[str] = set()
    while todo and len(lines) < MAX_LINES:
        steps, inputs = _steps(todo.pop(0), header, seen)
        if steps:
            lines.append(" <- ".join(steps))
        todo += inputs
    return tuple(lines)


def looked_at(expression: Expression, header: Header) -> Origin | None:
    """Return the first bytes of a file that an expression's value depends on."""
    for path in expression.paths:
        found = _follow(path, header)
        if found is not None and found.origin is not None:
            return found.origin
        let = next((x for x in header.card.lets if x.name == path.split(".")[0]), None)
        if let is not None:
            deeper = looked_at(let.value, header)
            if deeper is not None:
                return deeper
    return None


def _steps(path: str, header: Header, seen: set[str]) -> tuple[list[str], list[str]]:
    """Return what a value is and where it came from, step by step, and the inputs where it has several."""
    steps: list[str] = []
    while path not in seen:
        seen.add(path)
        found = _follow(path, header)
        if found is None or found.value is None or isinstance(found.value, _WHOLE):
            break
        words = f" ({found.origin.words})" if found.origin is not None else ""
        steps.append(f"{path} = {_short(found.value)}{words}")
        let = next((x for x in header.card.lets if x.name == path.split(".", maxsplit=1)[0]), None)
        if let is None or not let.value.paths:
            break
        if len(let.value.paths) > 1:
            return steps, list(let.value.paths)
        path = let.value.paths[0]
    return steps, []


def _follow(path: str, header: Header) -> _Found | None:
    root, *rest = path.split(".")
    origin: Origin | None = None
    try:
        value: Value = header.get(root)
        for name in rest:
            if not isinstance(value, (RoleFile, Struct, TextRecord, TextTable)):
                return None
            origin = _origin(value, name)
            value = value.get(name)
    except (VspecError, UnknownName):
        return None
    return _Found(value, origin)


def _origin(value: RoleFile | Struct | TextRecord | TextTable, name: str) -> Origin | None:
    if isinstance(value, RoleFile):
        content = value.content
        if content is None:
            return None
        origin = _origin(content, name)
        return (
            origin
            if isinstance(content, Struct) or origin is None
            else Origin(value.view.name, None, origin.words)
        )
    if isinstance(value, (TextRecord, TextTable)):
        words = value.origin(name)
        return None if words is None else Origin("", None, words)
    placed = value.place(name) if value.field(name) is not None else None
    if not isinstance(placed, Spot):
        return None
    file = value.home.view.name
    return Origin(file, placed.offset, f"{file} byte {placed.offset}")


def _short(value: Value) -> str:
    if isinstance(value, ElementType):
        return value.name
    if isinstance(value, np.ndarray) and value.size > 4:
        return f"{value.size} values"
    if kind_of(value) == "rows":
        return _counted(cast("Rows", value))
    if kind_of(value) == "record":
        names = ", ".join(map(str, cast("Record", value).names()))
        return f"a record with the fields {names if len(names) <= 60 else names[:57] + '...'}"
    text = repr(value) if isinstance(value, str) else str(value)
    return text if len(text) <= 40 else text[:37] + "..."


def _counted(rows: Rows) -> str:
    try:
        return f"{len(rows)} rows"
    except VspecError:
        return "rows inside rows, of different numbers"
