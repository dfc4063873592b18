"""Tables of FITS files: every column of numbers is an array over the rows."""

from __future__ import annotations

import re
from functools import partial

import numpy as np

from vspec.containers.attributes import LARGEST_ATTRIBUTE, Attributes, text
from vspec.containers.derived import Converted
from vspec.containers.fits_columns import ITEMS, Column, Table
from vspec.containers.fits_scaling import put_scaling
from vspec.containers.fits_unit import Unit
from vspec.containers.model import Entry
from vspec.containers.verbatim import Block, Verbatim, plain
from vspec.layout import ArrayLayout, Axis, Json, Runs, Strided

_TABLE = re.compile(
    r"SIMPLE|XTENSION|BITPIX|NAXIS\d*|PCOUNT|GCOUNT|TFIELDS|THEAP|END"
    r"|(?:TTYPE|TFORM|TUNIT|TSCAL|TZERO|TNULL|TDISP|TDIM|TBCOL)\d+"
)
_FLAGS = {"flag_values": [ord("T"), ord("F"), 0], "flag_meanings": "true false not_given"}


def add_table(unit: Unit, table: Table) -> None:
    """Add a binary table."""
    group = unit.add_group(unit.path, _TABLE)
    for column in table.columns:
        path = unit.free(column.name, f"col{column.number}")
        if column.code == "A":
            _add_text(unit, table, column, group)
        elif column.repeat == 0:
            unit.lose(path, "a column without elements")
        elif column.code in "PQ":
            _add_heaped(unit, table, column, path)
        else:
            unit.add(Verbatim(path, _block(unit, table, column, path), _attrs(unit, column, path)).entry())


def row_axis(unit: Unit, table: Table) -> Axis:
    """Return the axis along which the rows of a table lie."""
    return plain(f"{unit.path}_row", table.rows)


def _block(unit: Unit, table: Table, column: Column, path: str) -> Block:
    leaf = path.rpartition("/")[2]
    inner = tuple(plain(f"{leaf}_axis_{k + 1}", size) for k, size in enumerate(column.inner))
    strides = (table.row_bytes, *Block(unit.cards.file, 0, column.item, inner).steps)
    place = unit.cards.end + column.begin
    return Block(unit.cards.file, place, column.item, (row_axis(unit, table), *inner), strides)


def _attrs(unit: Unit, column: Column, path: str) -> dict[str, Json]:
    attrs = Attributes(path, unit.lost)
    cards, number = unit.cards, column.number
    if cards.string(f"TUNIT{number}"):
        attrs.put("units", cards.string(f"TUNIT{number}"))
    for key in ("TTYPE", "TFORM", "TDISP", "TDIM"):
        if cards.string(f"{key}{number}"):
            attrs.put(key, cards.string(f"{key}{number}"))
    keys = (f"TSCAL{number}", f"TZERO{number}", f"TNULL{number}")
    code = column.heaped or column.code
    put_scaling(cards, keys, attrs, whole=code in "BIJK")
    if code == "L":
        for name, value in _FLAGS.items():
            attrs.put(name, value)
    if code == "X":
        attrs.put("bits", column.repeat)
    return attrs.found


def _add_text(unit: Unit, table: Table, column: Column, group: dict[str, Json]) -> None:
    """Keep a column of text as an attribute of the table, where it is small."""
    name = column.name or f"col{column.number}"
    path, place = f"{unit.path}/{name}", unit.cards.end + column.begin
    if table.rows * max(column.nbytes, 1) > LARGEST_ATTRIBUTE or not column.nbytes:
        unit.lose(path, "text, which is no numbers, and too much of it for an attribute")
    elif name in group:
        unit.lose(path, "text whose name is that of a card")
    elif place + (table.rows - 1) * table.row_bytes + column.nbytes > unit.cards.file.reader.size:
        raise unit.cards.damaged(f"column '{name}' reaches beyond the end of the file")
    else:
        read = unit.cards.file.reader.read
        cells = (read(place + k * table.row_bytes, column.nbytes) for k in range(table.rows))
        group[name] = [text(cell.partition(b"\0")[0].rstrip(b" ")) for cell in cells]


def _add_heaped(unit: Unit, table: Table, column: Column, path: str) -> None:
    """Add a column whose cells lie in the heap: all values one after the other, and how many of each row."""
    if column.heaped in "AXL":
        unit.lose(path, "text, bits or flags of a different number in each row")
        return
    place, item = unit.cards.end + column.begin, column.item
    row = (row_axis(unit, table),)
    for k, name in enumerate(("row_sizes", "row_offsets")):
        attrs: dict[str, Json] = {} if k else {"sample_dimension": f"{path.rpartition('/')[2]}_value"}
        block = Block(unit.cards.file, place + k * item.itemsize, item, row, (table.row_bytes,))
        unit.add(Verbatim(f"{path}/{name}", block, attrs).entry())
    counts, _ = descriptors(unit, table, column)
    axis = plain(f"{path.rpartition('/')[2]}_value", int(counts.sum()))
    kind: np.dtype[np.generic] = np.dtype(ITEMS[column.heaped])
    attrs = _attrs(unit, column, path)
    layout = partial(_heaped, unit, table, column, ArrayLayout(f"{path}/values", (axis,), kind, _NONE, attrs))
    unit.add(Entry(f"{path}/values", (axis.size,), kind, (axis.name,), layout, attrs))


_NOTHING = np.zeros(0, np.int64)
_NONE = Strided(Runs(_NOTHING, _NOTHING, _NOTHING, _NOTHING, _NOTHING), np.dtype("u1"))


def _heaped(unit: Unit, table: Table, column: Column, layout: ArrayLayout) -> ArrayLayout:
    counts, places = descriptors(unit, table, column)
    kept = counts > 0
    counts, places = counts[kept], places[kept]
    step = np.full(len(counts), layout.dtype.itemsize, np.int64)
    zeros = np.zeros(len(counts), np.int64)
    runs = Runs(zeros + unit.cards.file.index, places, counts, step, zeros)
    source = Strided(runs, layout.dtype, outer=layout.axes[0].name)
    return ArrayLayout(layout.path, layout.axes, layout.dtype, source, layout.attrs)


def descriptors(unit: Unit, table: Table, column: Column) -> tuple[np.ndarray, np.ndarray]:
    """Return how many elements each row has in the heap, and at which byte of the file they begin.

    Raises V0361 for a table or an element that is not in the file.
    """
    cards = unit.cards
    size, nbytes = cards.file.reader.size, table.rows * table.row_bytes
    if cards.end + nbytes > size:
        raise cards.damaged(
            "a table reaches beyond the end of the file", expected=f"{nbytes} bytes from {cards.end}"
        )
    step = 2 * column.item.itemsize
    per = max(1, (16 << 20) // max(1, table.row_bytes))
    pairs = []
    for first in range(0, table.rows, per):
        rows = min(per, table.rows - first)
        raw = cards.file.reader.view(cards.end + first * table.row_bytes, rows * table.row_bytes)
        cells = raw.reshape(rows, table.row_bytes)[:, column.begin : column.begin + step]
        pairs.append(np.ascontiguousarray(cells).view(column.item).astype(np.int64))
    found = np.concatenate(pairs) if pairs else np.zeros((0, 2), np.int64)
    counts, offsets = found[:, 0], found[:, 1]
    item = np.dtype(ITEMS[column.heaped]).itemsize
    heap = cards.end + cards.whole("THEAP", nbytes)
    end = min(size, cards.end + nbytes + cards.whole("PCOUNT", 0))
    room = max(0, end - heap)
    wrong = (counts < 0) | (counts > room // item) | ((counts > 0) & ((offsets < 0) | (offsets > room)))
    wrong |= ~wrong & (counts > 0) & (offsets + counts * item > room)
    if wrong.any():
        row = int(np.argmax(wrong))
        raise cards.file.problem(
            "V0361",
            f"row {row} of column {column.number} lies outside the heap",
            cards.end + row * table.row_bytes + column.begin,
            expected=f"elements within the {room} bytes of the heap",
            found=f"{counts[row]} of {item} bytes from byte {offsets[row]} of it",
            help="the file is damaged or cut short: fetch it again",
        )
    return counts, heap + offsets


def add_ascii_table(unit: Unit, table: Table) -> None:
    """Add a table of text: its numbers have no bytes that a reference could serve."""
    group = unit.add_group(unit.path, _TABLE)
    reason = "the numbers are written as text"
    for column in table.columns:
        if column.code == "A":
            _add_text(unit, table, column, group)
            continue
        path = unit.free(column.name, f"col{column.number}")
        kind: np.dtype[np.generic] = np.dtype("<i8" if column.code == "I" else "<f8")
        attrs = _attrs(unit, column, path)
        attrs.pop("_FillValue", None)
        axes = (row_axis(unit, table),)
        unit.add(Converted(unit.cards.file, path, kind, axes, "fits", reason, attrs).entry())
