"""What names are worth in a row that is only looked ahead at: leading fields, lets, what is around."""

from __future__ import annotations

import ast
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from vspec.card.model import Field, Record
from vspec.datatypes import NUMBERS, ElementType
from vspec.errors import VspecError
from vspec.expressions import Expression, UnknownName, Value
from vspec.expressions.syntax import BINARY, COMPARE, WORDS, read
from vspec.header import extents, formulas
from vspec.header.elements import Spot
from vspec.header.extents import Inside
from vspec.header.formulas import Formula, NoFormula
from vspec.header.instances import Fielded, Instance
from vspec.header.rows import KeyedRows

MOST_PLACE = 2**48
"""Bytes of a file, for the bounds of what is calculated."""

MOST_DEEP = 20


@dataclass(frozen=True, slots=True)
class Leaf:
    """A leading number of a row: where it lies from the row's start, and how it is read."""

    place: int
    dtype: np.dtype[np.generic]
    low: int
    high: int
    is_bounded: bool
    """Whether the file may hold numbers that are not between ``low`` and ``high``."""


@dataclass(slots=True)
class Leaves:
    """The leading numbers that formulas ask for; input 0 is where the row starts, they are 1, 2, ...

    Rows with numbers beyond ``most`` are left to the walk row by row.
    """

    start: int
    most: int
    found: list[Leaf] = field(default_factory=list)

    def of(self, spot: Spot) -> Formula:
        """Return the formula of a field that lies there in every row."""
        if not isinstance(spot.kind, ElementType) or spot.kind.packing is not None:
            raise NoFormula
        dtype = spot.kind.dtype(spot.endian)
        if dtype.kind not in "iu" or spot.axes or spot.field.parse is not None:
            raise NoFormula
        bounds = np.iinfo(dtype.str)
        low, high = max(int(bounds.min), -self.most), min(int(bounds.max), self.most)
        bounded = low > bounds.min or high < bounds.max
        leaf = Leaf(spot.offset - self.start, dtype, low, high, bounded)
        if leaf not in self.found:
            self.found.append(leaf)
        return formulas.given(1 + self.found.index(leaf), low, high)


@dataclass(frozen=True, slots=True)
class Frame:
    """A record in the row, by an instance of it that was made; ``behind`` is the record around it.

    ``inside`` tells what differs from row to row; ``params`` are the values of a type's parameters.
    ``end`` is where the row ends, in what may ask for it.
    """

    row: Instance
    inside: Inside
    behind: Frame | None = None
    params: Mapping[str, Formula] = field(default_factory=dict)
    is_row: bool = False
    end: Formula | None = None

    @property
    def spec(self) -> Record:
        """The record in the card."""
        return self.row.spec

    def leads(self, i: int) -> bool:
        """Tell whether field ``i`` begins at the same place in every row."""
        own = self.spec.fields[i]
        if extents.own_order(self.spec.endian, self.inside) or _is_elsewhere(own):
            return False
        before = self.spec.fields[:i]
        return all(_is_elsewhere(f) or extents.is_steady(f, self.inside) for f in before)


def _is_elsewhere(item: Field | Record) -> bool:
    """Tell whether a field has a place of its own, so that the fields behind it do not know it."""
    return (item.offset if isinstance(item, Field) else item.at) is not None


@dataclass(slots=True)
class Names:
    """Makes formulas of expressions in the records of one row."""

    leaves: Leaves
    deep: int = 0

    def formula(self, expression: Expression, frame: Frame) -> Formula:
        """Return the formula of an expression; raises `NoFormula` where it has none."""
        return self.node(read(expression.text).tree, frame)

    def natural(self, expression: Expression, frame: Frame) -> Formula:
        """Return the formula of a size or count: it does not hold where it is negative."""
        found = self.formula(expression, frame)
        if found.is_truth:
            raise NoFormula
        if found.low >= 0:
            return found
        at_least_none = formulas.compared(">=", found, formulas.constant(0))
        return formulas.chosen(at_least_none, found, formulas.nowhere())

    def node(self, node: ast.expr, frame: Frame) -> Formula:
        """Return the formula of a part of an expression."""
        match node:
            case ast.Constant(value=int(value)) if type(value) is int:
                return formulas.constant(value)
            case ast.Name(id=name):
                return self.name(name, frame)
            case ast.Attribute():
                owner = self._owner(node.value, frame)
                return self._own(node.attr, owner)
            case ast.BinOp() | ast.UnaryOp():
                return self._arithmetic(node, frame)
            case ast.BoolOp(op=op, values=[first, *others]):
                result = self.node(first, frame)
                for other in others:
                    result = formulas.joined(result, self.node(other, frame), is_and=isinstance(op, ast.And))
                return result
            case ast.Compare():
                return self._compared(node, frame)
            case ast.IfExp():
                test = self.node(node.test, frame)
                return formulas.chosen(test, self.node(node.body, frame), self.node(node.orelse, frame))
            case ast.Subscript() if not isinstance(node.slice, ast.Slice):
                table = self.table(node.value, frame)
                return formulas.looked_up(numbers(table), self.node(node.slice, frame))
            case ast.Call(func=ast.Name(id="min" | "max" as name), args=[first, second], keywords=[]):
                pair = self.node(first, frame), self.node(second, frame)
                return formulas.extreme(*pair, largest=name == "max")
        raise NoFormula

    def _arithmetic(self, node: ast.BinOp | ast.UnaryOp, frame: Frame) -> Formula:
        if isinstance(node, ast.BinOp):
            symbol = BINARY[type(node.op)]
            return formulas.combine(symbol, self.node(node.left, frame), self.node(node.right, frame))
        operand = self.node(node.operand, frame)
        if isinstance(node.op, ast.Not):
            return formulas.negated(operand)
        if isinstance(node.op, ast.Invert):
            return formulas.inverted(operand)
        sign = "-" if isinstance(node.op, ast.USub) else "+"
        return formulas.combine(sign, formulas.constant(0), operand)

    def _compared(self, node: ast.Compare, frame: Frame) -> Formula:
        result: Formula | None = None
        left = node.left
        for op, right in zip(node.ops, node.comparators, strict=True):
            symbol = COMPARE[type(op)]
            if symbol.endswith("in"):
                values = self._members(right, frame)
                found = formulas.among(self.node(left, frame), values, negated=symbol == "not in")
            else:
                found = formulas.compared(symbol, self.node(left, frame), self.node(right, frame))
            result = found if result is None else formulas.joined(result, found, is_and=True)
            left = right
        if result is None:
            raise NoFormula
        return result

    def _members(self, node: ast.expr, frame: Frame) -> Sequence[int]:
        if not isinstance(node, ast.List):
            return list(_keys(self.table(node, frame)))
        parts = [self.node(element, frame) for element in node.elts]
        if not all(part.is_constant and not part.is_truth for part in parts):
            raise NoFormula
        return [part.low for part in parts]

    # --- names

    def name(self, name: str, frame: Frame) -> Formula:
        """Return what a name is worth in a record of the row."""
        if WORDS.get(name) is not None:
            return formulas.constant(int(WORDS[name] or 0), is_truth=True)
        if name == "start" and frame.is_row:
            return formulas.given(0, 0, MOST_PLACE)
        if name == "here" and frame.end is not None:
            return frame.end
        if name in extents.POSITION or name in WORDS or name in NUMBERS:
            raise NoFormula
        if frame.row.let(name) is not None or frame.row.field(name) is not None:
            return self._own(name, frame)
        if name in frame.params:
            return frame.params[name]
        if frame.behind is not None:
            return self.name(name, frame.behind)
        return _plain(_outer(name, frame))

    def _own(self, name: str, frame: Frame) -> Formula:
        let = frame.row.let(name)
        if let is not None:
            return self._let(let.value, frame)
        placed = self.placed(name, frame)
        if not isinstance(placed, Spot):
            raise NoFormula
        return self.leaves.of(placed)

    def _let(self, value: Expression, frame: Frame) -> Formula:
        if self.deep >= MOST_DEEP:
            raise NoFormula
        self.deep += 1
        found = self.formula(value, frame)
        self.deep -= 1
        return found

    def placed(self, name: str, frame: Frame) -> object:
        """Return a field that lies at the same place and is as large in every row."""
        item = frame.row.field(name)
        if item is None:
            raise NoFormula
        if not extents.is_steady(item, frame.inside) or not frame.leads(frame.spec.fields.index(item)):
            raise NoFormula
        return found(frame.row, name)

    def _owner(self, node: ast.expr, frame: Frame) -> Frame:
        """Return the record that a path names: one inside the row, once, at its beginning."""
        if isinstance(node, ast.Attribute):
            owner = self._owner(node.value, frame)
            return self.inner(node.attr, owner)
        if isinstance(node, ast.Name):
            return self.inner(node.id, frame)
        raise NoFormula

    def inner(self, name: str, frame: Frame) -> Frame:
        """Return a record that leads in another one."""
        item = frame.row.field(name)
        if not isinstance(item, Record) or not frame.leads(frame.spec.fields.index(item)):
            raise NoFormula
        if item.repeat is not None or item.condition is not None or item.of is not None or item.codec:
            raise NoFormula
        return Frame(record(frame.row, name), frame.inside.enter(item), frame)

    def table(self, node: ast.expr, frame: Frame) -> Value:
        """Return a table or list of the card that an expression names."""
        if not isinstance(node, ast.Name):
            raise NoFormula
        while frame.behind is not None:
            if self._is_own(node.id, frame):
                raise NoFormula
            frame = frame.behind
        if self._is_own(node.id, frame) or node.id in extents.POSITION:
            raise NoFormula
        return _outer(node.id, frame)

    def _is_own(self, name: str, frame: Frame) -> bool:
        row = frame.row
        return row.let(name) is not None or row.field(name) is not None or name in frame.params


def found(row: Instance, name: str) -> object:
    """Return where a field of an instance lies."""
    try:
        return row.place(name)
    except VspecError:
        raise NoFormula from None


def record(row: Instance, name: str) -> Instance:
    """Return a record inside an instance."""
    placed = found(row, name)
    if not isinstance(placed, Fielded) or isinstance(placed, KeyedRows):
        raise NoFormula
    return placed  # type: ignore[return-value]  # what has fields and is no rows is an instance


def _outer(name: str, frame: Frame) -> Value:
    try:
        return frame.row.scope.get(name)
    except (UnknownName, VspecError):
        raise NoFormula from None


def _plain(value: Value) -> Formula:
    if isinstance(value, bool):
        return formulas.constant(int(value), is_truth=True)
    if isinstance(value, int):
        return formulas.constant(value)
    raise NoFormula


def _keys(table: Value) -> Mapping[int, object]:
    """Return a table by its whole-number keys; texts are never equal to such a number, others might be."""
    if not isinstance(table, Mapping) or not all(type(key) in (int, str) for key in table):
        raise NoFormula
    return {key: value for key, value in table.items() if type(key) is int}


def numbers(table: Value) -> dict[int, int]:
    """Return the entries of a table or list that are whole numbers under whole numbers."""
    if isinstance(table, np.ndarray) and table.ndim == 1:
        table = table.tolist()
    entries = dict(enumerate(table)) if isinstance(table, list) else _keys(table)
    return {key: value for key, value in entries.items() if type(value) is int}
