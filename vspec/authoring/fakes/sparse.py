"""Writing rows that are too many to be made: columns that count, and data in a few windows."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from vspec.authoring.fakes import stored
from vspec.authoring.fakes.canvas import Written, leaves
from vspec.authoring.fakes.examples import template
from vspec.authoring.fakes.leaves import Leaf
from vspec.authoring.fakes.many_rows import ManyRows, within
from vspec.authoring.fakes.options import Windows
from vspec.authoring.fakes.records import Struct
from vspec.authoring.fakes.sheets import MISSING
from vspec.card.model import Record as RecordSpec
from vspec.datatypes import ElementType
from vspec.expressions import Expression

BLOCK = 1 << 14
"""Rows of a column that are written at a time."""

Content = NDArray[np.uint8]


@dataclass(frozen=True, slots=True)
class _Places:
    """The fields of rows, by their order in a row."""

    content: Content
    rows: ManyRows

    def of(self, i: int) -> list[Written]:
        """Return the fields of row ``i``."""
        row = self.rows.rows[i]
        assert isinstance(row, Struct)
        return list(leaves(row))

    def write(self, i: int, which: Sequence[int]) -> None:
        """Write some fields of row ``i``."""
        places = self.of(i)
        for k in which:
            raw = places[k].leaf.raw
            self.content[places[k].offset : places[k].offset + len(raw)] = np.frombuffer(raw, np.uint8)

    def column(self, k: int, kind: np.dtype[np.generic], shape: Sequence[int]) -> NDArray[np.generic]:
        """Return a field of all rows as an array over the file."""
        strides = np.ndarray(tuple(shape), kind).strides
        whole: NDArray[np.generic] = np.ndarray(
            (len(self.rows), *shape), kind, self.content, self.of(0)[k].offset, (self.rows.stride, *strides)
        )
        return whole


def write(path: Path, rows: ManyRows, windows: Windows) -> None:
    """Write rows into a file that has its size already and is zero where they stand."""
    content: Content = np.memmap(path, np.uint8, "r+")
    places = _Places(content, rows)
    drawn, singly = [], []
    for k, place in enumerate(places.of(0)):
        raw = place.leaf.raw
        if place.leaf.is_drawn:
            drawn.append(k)
        elif _is_same(place.leaf):
            if any(raw):
                places.column(k, np.dtype(np.uint8), [len(raw)])[:] = np.frombuffer(raw, np.uint8)
        elif not _write_linear(places, k):
            singly.append(k)
    if drawn:
        for i in (i for window in within(windows, len(rows)) for i in window):
            places.write(i, drawn)
    if singly:
        for i in range(len(rows)):
            places.write(i, singly)


def _is_same(leaf: Leaf) -> bool:
    """Tell whether a field holds the same in all rows."""
    if leaf.field.constant is not None:
        return not leaf.field.constant.names
    given = leaf.struct.given(leaf.field)
    if given is not MISSING:
        return isinstance(given, (int, float, str)) and "{{" not in str(given) and leaf.filled is None
    return not leaf.firm and not any(leaf.raw)


def _write_linear(places: _Places, k: int) -> bool:
    """Write whole numbers that grow evenly from row to row; tell whether these do."""
    first = places.of(0)[k].leaf
    kind, count = first.slot.kind, len(places.rows)
    if not isinstance(kind, ElementType) or kind.packing is not None or kind.code[0] not in "iu":
        return False
    if count < 2 or first.filled is not None or not _counts(first, places.rows.spec):
        return False
    values = [_whole(places.of(i)[k].leaf) for i in (0, 1, count - 1)]
    step = values[1] - values[0]
    if not np.array_equal(values[0] + (count - 1) * step, values[2]):
        return False
    column = places.column(k, kind.dtype(first.slot.endian), first.slot.shape)
    for start in range(0, count, BLOCK):
        index = np.arange(start, min(start + BLOCK, count)).reshape(-1, *(1 for _ in first.slot.shape))
        column[start : start + BLOCK] = values[0] + index * step
    return True


def _whole(leaf: Leaf) -> NDArray[np.int64]:
    assert isinstance(leaf.slot.kind, ElementType)
    flat = stored.values(leaf.raw, leaf.slot.kind, leaf.slot.endian, leaf.slot.count)
    return flat.astype(np.int64).reshape(leaf.slot.shape)


def _counts(leaf: Leaf, row: RecordSpec) -> bool:
    """Tell whether the example gives a field by an expression that is linear in ``row``."""
    given = leaf.struct.given(leaf.field)
    if not isinstance(given, str) or "{{" not in given:
        return False
    parts = [part for part in template(given, leaf.struct.sheet.plan.card).parts if part != ""]
    if len(parts) != 1 or not isinstance(parts[0], Expression):
        return False
    own = {"start", "here", "prev", *leaf.struct.names(), *_names(row)}
    node = ast.parse(" ".join(parts[0].text.value.split()), mode="eval").body
    return not parts[0].names & own and _is_linear(node)


def _names(row: RecordSpec) -> Iterator[str]:
    """Yield the names that mean something else in every row."""
    yield from (let.name for let in row.lets)
    for field in row.fields:
        yield field.name
        if isinstance(field, RecordSpec):
            yield from _names(field)


def _is_linear(node: ast.expr) -> bool:
    match node:
        case ast.Name():
            return True
        case ast.BinOp(op=ast.Add() | ast.Sub()):
            return _is_linear(node.left) and _is_linear(node.right)
        case ast.BinOp(op=ast.Mult()):
            pair = ((node.left, node.right), (node.right, node.left))
            return any(_is_linear(one) and _is_steady(other) for one, other in pair)
        case ast.UnaryOp(op=ast.USub() | ast.UAdd()):
            return _is_linear(node.operand)
        case ast.Call(func=ast.Name(id="steps"), args=[first, *others]):
            return _is_linear(first) and all(map(_is_steady, others))
    return _is_steady(node)


def _is_steady(node: ast.expr) -> bool:
    return all(not isinstance(inner, ast.Name) or inner.id != "row" for inner in ast.walk(node))


def many_in(struct: Struct) -> Iterator[ManyRows]:
    """Yield the tables of a record, and of the records in it, that are written as columns."""
    for field in struct.spec.fields:
        part = struct.part(field.name)
        if isinstance(part, ManyRows):
            yield part
        elif isinstance(part, Struct):
            yield from many_in(part)
