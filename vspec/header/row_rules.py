"""How large a row of varying size is, by its leading fields alone: the rule that a quick walk goes by."""

from __future__ import annotations

import ast
import struct
from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np

from vspec.card.model import Field, Record, StructType, TypeRef
from vspec.datatypes import NUMBERS, TEXTS, ElementType
from vspec.expressions.syntax import read
from vspec.header import extents, formulas
from vspec.header.extents import Inside
from vspec.header.fixed_rows import FixedRows
from vspec.header.formulas import Formula, NoFormula
from vspec.header.home import Absent
from vspec.header.instances import Instance
from vspec.header.row_names import MOST_PLACE, Frame, Leaf, Leaves, Names, found, record

Types = Mapping[str, StructType]


@dataclass(frozen=True, slots=True)
class Rule:
    """What is known of a row from its first ``reach`` bytes.

    Input 0 of the formulas is where the row starts, the others are its ``leaves``. ``size`` is its
    bytes, ``after`` (of a chain) where the next row begins, ``last`` (where given) tells that it is the
    last. ``key`` reads the leaves of one row.
    """

    leaves: tuple[Leaf, ...]
    reach: int
    size: Formula
    after: Formula | None
    last: Formula | None
    key: struct.Struct

    @property
    def is_placeless(self) -> bool:
        """Whether rows with the same leaves are alike wherever they stand, and follow each other."""
        parts = (self.size, self.last) if self.last is not None else (self.size,)
        return self.after is None and not any(0 in part.inputs for part in parts)


def rule_of(row: Instance, spec: Record, types: Types) -> Rule | None:
    """Return the rule of the rows ``spec``, of which ``row`` is one; None where they have none."""
    for most in (2**40, 2**30, 2**20):
        try:
            return _rule(row, spec, types, most)
        except NoFormula:
            continue
    return None


def frame_of(row: Instance, types: Types) -> Frame:
    """Return a row as what its names are looked up in."""
    return Frame(row, Inside.of(row.spec, types), is_row=True)


def _rule(row: Instance, spec: Record, types: Types, most: int) -> Rule:
    if spec.repeat is None or (spec.repeat.variable is not None) or extents.looks_back(spec, types):
        raise NoFormula
    leaves = Leaves(row.offset, most)
    _parts(row, spec, types, leaves)
    leaves.found.sort(key=lambda leaf: leaf.place)
    size, after, last = _parts(row, spec, types, leaves)
    found = tuple(leaves.found)
    reach = max((leaf.place + leaf.dtype.itemsize for leaf in found), default=0)
    return Rule(found, reach, size, after, last, _key(found))


def _parts(
    row: Instance, spec: Record, types: Types, leaves: Leaves
) -> tuple[Formula, Formula | None, Formula | None]:
    """Return the size of a row, where the next one is, and whether it is the last."""
    frame, names = frame_of(row, types), Names(leaves)
    size = _extent(frame, names)
    ends = replace(frame, end=formulas.combine("+", formulas.given(0, 0, MOST_PLACE), size))
    after, last = None, None
    if spec.repeat is not None and spec.repeat.next is not None:
        after = _link(read(spec.repeat.next.text).tree, ends, names)
    if spec.repeat is not None and spec.repeat.until is not None:
        last = formulas.truth(names.formula(spec.repeat.until, ends))
    return size, after, last


def _link(node: ast.expr, frame: Frame, names: Names) -> Formula:
    """Return where the next row of a chain is; it does not hold where there is none."""
    match node:
        case ast.IfExp(orelse=ast.Constant(value=None) | ast.Name(id="none")):
            test, there = names.node(node.test, frame), _link(node.body, frame, names)
            return formulas.chosen(test, there, formulas.nowhere())
        case ast.IfExp(body=ast.Constant(value=None) | ast.Name(id="none")):
            test, there = names.node(node.test, frame), _link(node.orelse, frame, names)
            return formulas.chosen(test, formulas.nowhere(), there)
        case ast.IfExp():
            test = names.node(node.test, frame)
            return formulas.chosen(test, _link(node.body, frame, names), _link(node.orelse, frame, names))
    place = names.node(node, frame)
    if place.is_truth:
        raise NoFormula
    return place


def _key(leaves: tuple[Leaf, ...]) -> struct.Struct:
    """Return what reads the leaves of one row, in their order."""
    wide = {leaf.dtype.str[0] for leaf in leaves if leaf.dtype.itemsize > 1}
    if len(wide) > 1:
        raise NoFormula
    text, at = next(iter(wide), "<"), 0
    for leaf in leaves:
        text += f"{leaf.place - at}x{leaf.dtype.char}"
        at = leaf.place + leaf.dtype.itemsize
    return struct.Struct(_portable(text))


def _portable(text: str) -> str:
    """Return numpy's letters of whole numbers as those of `struct` in standard sizes."""
    long = "q" if np.dtype("l").itemsize == 8 else "i"
    return text.replace("l", long).replace("L", long.upper())


# --- how many bytes


def _extent(frame: Frame, names: Names) -> Formula:
    """Return the bytes of a record."""
    spec = frame.spec
    if extents.own_order(spec.endian, frame.inside):
        raise NoFormula
    if spec.size is not None:
        return names.natural(spec.size, frame)
    total = formulas.constant(0)
    for item in spec.fields:
        if (item.offset if isinstance(item, Field) else item.at) is None:
            total = formulas.combine("+", total, bytes_of(item, frame, names))
    return total


def bytes_of(item: Field | Record, frame: Frame, names: Names) -> Formula:
    """Return the bytes that a field takes in each row."""
    default = item.default if isinstance(item, Field) else None
    if default is not None and extents.depends(default, frame.inside):
        raise NoFormula
    if extents.is_steady(item, frame.inside):
        placed = found(frame.row, item.name)
        return formulas.constant(0 if isinstance(placed, Absent) else int(placed.nbytes))  # type: ignore[attr-defined]  # a placed object
    whole = _field(item, frame, names) if isinstance(item, Field) else _record(item, frame, names)
    if item.condition is None:
        return whole
    return formulas.chosen(names.formula(item.condition, frame), whole, formulas.constant(0))


def _field(item: Field, frame: Frame, names: Names) -> Formula:
    if item.type.terminator is not None or extents.own_order(item.endian, frame.inside):
        raise NoFormula
    sizes = []
    for axis in item.axes:
        if axis.size is None:
            raise NoFormula
        sizes.append(names.natural(axis.size, frame))
    total = _item(item, frame, names)
    for size in sizes:
        total = formulas.combine("*", total, size)
    return total


def _item(item: Field, frame: Frame, names: Names) -> Formula:
    """Return the bytes of one element of a field."""
    ref = item.type
    if ref.word in NUMBERS:
        return _number(NUMBERS[ref.word])
    if ref.word in TEXTS:
        return formulas.constant(0) if ref.length is None else names.natural(ref.length, frame)
    if ref.word is not None and item.axes:
        return _stride(item, frame, steady=extents.steady_type(ref, frame.inside))
    if ref.word is not None:
        return _instance(item, ref, frame, names)
    if ref.value is None:
        raise NoFormula
    return _computed(read(ref.value.text).tree, frame, names)


def _number(kind: object) -> Formula:
    if not isinstance(kind, ElementType) or kind.packing is not None:
        raise NoFormula
    return formulas.constant(kind.nbytes)


def _computed(node: ast.expr, frame: Frame, names: Names) -> Formula:
    """Return the bytes of an element whose type is chosen in each row."""
    match node:
        case ast.Name(id=name) if name in NUMBERS:
            return _number(NUMBERS[name])
        case ast.IfExp():
            yes, no = _computed(node.body, frame, names), _computed(node.orelse, frame, names)
            return formulas.chosen(names.node(node.test, frame), yes, no)
        case ast.Subscript() if not isinstance(node.slice, ast.Slice):
            table = names.table(node.value, frame)
            if not isinstance(table, Mapping) or not all(type(key) in (int, str) for key in table):
                raise NoFormula
            sizes = {k: _number(kind).low for k, kind in table.items() if type(k) is int}
            return formulas.looked_up(sizes, names.node(node.slice, frame))
    raise NoFormula


def _instance(item: Field, ref: TypeRef, frame: Frame, names: Names) -> Formula:
    """Return the bytes of an instance of a type of the card."""
    return _inner(typed(item, ref, frame, names), item, frame, names)


def typed(item: Field, ref: TypeRef, frame: Frame, names: Names) -> Frame:
    """Return an instance of a type of the card in a row, with what its parameters are worth."""
    name = ref.word or ""
    kind = frame.inside.types.get(name)
    if kind is None or name in frame.inside.within:
        raise NoFormula
    params = {
        param.value: names.formula(argument, frame)
        for param, argument in zip(kind.params, ref.arguments, strict=True)
    }
    inside = frame.inside.type(name, ref.arguments).enter(kind.record)
    return Frame(record(frame.row, item.name), inside, params=params)


def _record(item: Record, frame: Frame, names: Names) -> Formula:
    """Return the bytes of a record inside, or of rows that all have one size."""
    inside = frame.inside.enter(item)
    if item.encoded is not None:
        if item.repeat is not None:
            raise NoFormula
        return names.natural(item.encoded, frame)
    if item.repeat is None and item.of is not None:
        raise NoFormula
    if item.repeat is None:
        return _inner(Frame(record(frame.row, item.name), inside, frame), item, frame, names)
    if item.repeat.count is None or "rest" in item.repeat.count.names or item.repeat.until is not None:
        raise NoFormula
    count = names.natural(item.repeat.count, frame)
    return formulas.combine("*", count, _stride(item, frame, steady=extents.fields_steady(item, inside)))


def _inner(inner: Frame, item: Field | Record, outer: Frame, names: Names) -> Formula:
    """Return the bytes of a record inside; its fields give inputs only where it begins alike in all rows."""
    if not outer.leads(outer.spec.fields.index(item)):
        raise NoFormula
    return _extent(inner, names)


def _stride(item: Field | Record, frame: Frame, *, steady: bool) -> Formula:
    placed = found(frame.row, item.name)
    if not steady or not isinstance(placed, FixedRows):
        raise NoFormula
    return formulas.constant(placed.stride)
