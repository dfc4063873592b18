"""``= CONST`` of a field, held against what stands in the file."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

import numpy as np

from vspec.card.model import Field, Record, StructType, TypeRef
from vspec.datatypes import NUMBERS, TEXTS, TextType
from vspec.errors import Problem, VspecError
from vspec.expressions import Value
from vspec.header import elements
from vspec.header.dataset import Header
from vspec.header.elements import Spot, View
from vspec.header.fixed_rows import FixedRows
from vspec.header.roles import RoleFile
from vspec.header.rows import KeyedRows
from vspec.header.structs import Struct

Types = Mapping[str, StructType]

PROBES = 16
"""Rows of a fixed table that are looked at when a map is made; `verify` looks at all of them."""


def check_constants(header: Header, *, every_row: bool = False) -> list[Problem]:
    """Return a problem for each constant that does not stand in the files.

    Rows of fixed tables are probed (first, last, and a spread between) unless ``every_row``.
    """
    problems: list[Problem] = []
    for role in header.card.roles:
        if role.layout is None or not _has_constants(role.layout, header.card.types, frozenset()):
            continue
        for file in _files(header, role.name):
            content = file.content
            if isinstance(content, Struct):
                problems += _Visit(every_row).check(content)
    return problems


def _files(header: Header, role: str) -> list[RoleFile]:
    value = header.get(role)
    if isinstance(value, RoleFile):
        return [value]
    return [f for f in value if isinstance(f, RoleFile)] if isinstance(value, KeyedRows) else []


def _has_constants(record: Record, types: Types, seen: frozenset[str]) -> bool:
    """Tell whether a record, or a type that it is made of, has a constant anywhere."""
    return any(_constant_inside(field, types, seen) for field in record.fields)


def _constant_inside(field: Field | Record, types: Types, seen: frozenset[str]) -> bool:
    if isinstance(field, Record):
        named = field.of is not None and _constant_in_type(field.of, types, seen)
        return named or _has_constants(field, types, seen)
    return field.constant is not None or _constant_in_type(field.type, types, seen)


def _constant_in_type(ref: TypeRef, types: Types, seen: frozenset[str]) -> bool:
    """Tell the same of what a field is made of; a computed type may be any of the card's."""
    names = [ref.word] if ref.word is not None else list(types)
    new = [name for name in names if name in types and name not in seen]
    return any(_has_constants(types[name].record, types, seen | {name}) for name in new)


@dataclass(frozen=True, slots=True)
class _Visit:
    """Which rows are looked at, and which records were: those that share bytes are held against them once."""

    every_row: bool
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
            elif wrong and not (isinstance(item, Field) and item.type.word in (*NUMBERS, *TEXTS)):
                return
            elif _constant_inside(item, types, frozenset()):
                try:
                    placed = struct.place(item.name)
                except VspecError as error:
                    yield from error.problems
                else:
                    yield from self._inside(placed)

    def _inside(self, placed: object) -> Iterator[Problem]:
        if isinstance(placed, Struct):
            yield from self.check(placed)
        elif isinstance(placed, KeyedRows):
            n = len(placed)
            probed = (
                range(n)
                if self.every_row or not isinstance(placed, FixedRows)
                else sorted({*range(0, n, max(1, n // PROBES)), n - 1} - {-1})
            )
            for i in probed:
                row = placed.at(i)
                if isinstance(row, Struct):
                    yield from self.check(row)


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
    if isinstance(wanted, str) and isinstance(spot.kind, TextType):
        encoding = spot.kind.encoding or "latin-1"
        if encoding == "utf-16":
            encoding = "utf-16-le" if spot.endian == "little" else "utf-16-be"
        whole = wanted.encode(encoding, "replace")
        if len(whole) == spot.nbytes or isinstance(found, bytes):
            return whole == elements.take(view, spot.offset, spot.nbytes, spot.field)
        return wanted.split("\0", 1)[0].rstrip() == found
    if isinstance(found, np.ndarray):
        return np.array_equal(np.asarray(wanted), found)
    return bool(wanted == found)
