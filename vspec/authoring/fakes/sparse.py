"""Writing rows that are too many to be made: columns that count, and data in a few windows."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

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

FAR_APART = 4096
"""Rows of as many bytes are written one by one: mapped, every one of them would take pages of memory."""

Content = NDArray[np.uint8]


@dataclass(frozen=True, slots=True)
class _Places:
    """The fields of rows, by their order in a row, in an open file that has its size already."""

    file: BinaryIO
    rows: ManyRows
    content: Content | None
    first: tuple[Written, ...]

    def of(self, i: int) -> list[Written]:
        """Return the fields of row ``i``."""
        row = self.rows.rows[i]
        assert isinstance(row, Struct)
        return list(leaves(row))

    def write(self, i: int, which: Sequence[int]) -> None:
        """Write some fields of row ``i``."""
        places = self.of(i)
        for k in which:
            self.put(k, i, np.frombuffer(places[k].leaf.raw, np.uint8)[None])

    def put(self, k: int, first: int, column: Content) -> None:
        """Write the bytes (row, byte) of a field in rows from ``first`` on."""
        stride = self.rows.stride
        begin = self.first[k].offset + first * stride
        if self.content is not None:
            np.ndarray(column.shape, np.uint8, self.content, begin, (stride, 1))[:] = column
            return
        for i, row in enumerate(column):
            self.file.seek(begin + i * stride)
            self.file.write(row.tobytes())


def write(path: Path, rows: ManyRows, windows: Windows) -> None:
    """Write rows into a file that has its size already and is zero where they stand."""
    mapped = np.memmap(path, np.uint8, "r+") if rows.stride < FAR_APART else None
    with path.open("r+b", buffering=0) as file:
        row = rows.rows[0]
        assert isinstance(row, Struct)
        _write(_Places(file, rows, mapped, tuple(leaves(row))), windows)


def _write(places: _Places, windows: Windows) -> None:
    count = len(places.rows)
    drawn, singly = [], []
    for k, place in enumerate(places.first):
        raw = place.leaf.raw  # only now it is known whether it was drawn
        if place.leaf.is_drawn:
            drawn.append(k)
        elif _is_same(place.leaf):
            if any(raw):
                _write_same(places, k)
        elif not _write_linear(places, k):
            singly.append(k)
    if drawn:
        for i in (i for window in within(windows, count) for i in window):
            places.write(i, drawn)
    if singly:
        for i in range(count):
            places.write(i, singly)


def _write_same(places: _Places, k: int) -> None:
    raw = np.frombuffer(places.first[k].leaf.raw, np.uint8)
    for start in range(0, len(places.rows), BLOCK):
        places.put(k, start, np.tile(raw, (min(BLOCK, len(places.rows) - start), 1)))


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
    first = places.first[k].leaf
    kind, count = first.slot.kind, len(places.rows)
    if not isinstance(kind, ElementType) or kind.packing is not None or kind.code[0] not in "iu":
        return False
    if count < 2 or first.filled is not None or not _counts(first, places.rows.spec):
        return False
    values = [_whole(places.of(i)[k].leaf) for i in (0, 1, count - 1)]
    step = values[1] - values[0]
    if not np.array_equal(values[0] + (count - 1) * step, values[2]):
        return False
    dtype = kind.dtype(first.slot.endian)
    for start in range(0, count, BLOCK):
        index = np.arange(start, min(start + BLOCK, count)).reshape(-1, *(1 for _ in first.slot.shape))
        column = np.ascontiguousarray((values[0] + index * step).astype(dtype))
        places.put(k, start, column.reshape(len(index), -1).view(np.uint8))
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
