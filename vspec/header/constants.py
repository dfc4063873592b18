"""``= CONST`` of a field, held against what stands in the file."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from vspec.card.model import Field, Record, StructType
from vspec.errors import Problem, VspecError
from vspec.header import elements
from vspec.header.dataset import Header
from vspec.header.elements import Spot
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
                problems += _check(content, every_row=every_row)
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
        return _has_constants(field, types, seen)
    word = field.type.word
    if field.constant is not None or word is None or word not in types or word in seen:
        return field.constant is not None
    return _has_constants(types[word].record, types, seen | {word})


def _check(struct: Struct, *, every_row: bool) -> Iterator[Problem]:
    types = struct.home.types
    for field in struct.spec.fields:
        if isinstance(field, Field) and field.constant is not None:
            yield from _differs(struct, field)
        elif _constant_inside(field, types, frozenset()):
            yield from _inside(struct.place(field.name), every_row=every_row)


def _inside(placed: object, *, every_row: bool) -> Iterator[Problem]:
    if isinstance(placed, Struct):
        yield from _check(placed, every_row=every_row)
    elif isinstance(placed, KeyedRows):
        n = len(placed)
        probed = (
            range(n)
            if every_row or not isinstance(placed, FixedRows)
            else sorted({*range(0, n, max(1, n // PROBES)), n - 1} - {-1})
        )
        for i in probed:
            row = placed.at(i)
            if isinstance(row, Struct):
                yield from _check(row, every_row=every_row)


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
    if wanted == found or (
        isinstance(wanted, str) and isinstance(found, bytes) and wanted.encode("latin-1") == found
    ):
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
