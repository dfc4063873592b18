"""Text as a table: cells between separators, or at places of the line; a row each line."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from itertools import islice

from vspec.card.text_model import TextField
from vspec.errors import Problem, Text, VspecError
from vspec.expressions import Value
from vspec.expressions.tables import Table
from vspec.header.text_cells import Cells
from vspec.header.text_source import Line, Source
from vspec.header.text_values import unquoted

ROW_LIMIT = 10**7
"""Rows of a table."""
_TOLD = 20
_BLOCK = 8192

Cut = Callable[[Sequence[str]], str | None]


@dataclass(frozen=True, slots=True, eq=False)
class TextTable(Table):
    """The rows of a text, as expressions see them, with the place of the headings."""

    origins: dict[str, str] = field(default_factory=dict)

    def get(self, name: str) -> Value:
        """Return a column; raises `UnknownName`."""
        return self.column(name)

    def origin(self, name: str) -> str | None:
        """Return where a column begins, e.g. ``run.csv line 1``; None for a default."""
        return self.origins.get(name)


@dataclass(frozen=True, slots=True)
class _Row:
    """A row: its cells, and the line where it begins."""

    cells: list[str]
    line: Line


def read_table(source: Source) -> TextTable:
    """Return the table that a text is; raises every problem of its cells at once (the first 20).

    V0503 for a heading that is not there, V0504 for one that stands twice, V0505 and V0509 for cells
    of another type, V0525 for rows that differ in length, V0526 for an open quote, V0915.
    """
    fields = source.form.fields
    by_place = any(wanted.columns is not None for wanted in fields)
    rows = _lines(source) if by_place else _rows(source)
    headed = not by_place and any(wanted.column is None for wanted in fields)
    headings = next(rows, None) if headed else None
    reading = _Reading(source, headings, even=not by_place)
    while block := list(islice(rows, _BLOCK)):
        reading.add(block)
    return reading.table()


class _Reading:
    """A table of which block after block is read; what is wrong is told in the end."""

    def __init__(self, source: Source, headings: _Row | None, *, even: bool) -> None:
        self._source = source
        self._headings = headings
        self._even = even
        self._first = headings
        self._uneven: list[Problem] = []
        self._columns: list[tuple[Cells, Cut | None]] = []
        for wanted in source.form.fields:
            cells = Cells(source, wanted)
            try:
                cut = _cut_of(source, wanted, headings)
            except VspecError as error:
                cells.problems += error.problems
                cut = None
            self._columns.append((cells, cut))

    def add(self, block: Sequence[_Row]) -> None:
        """Take the cells of some rows."""
        self._first = self._first or block[0]
        if self._even:
            self._uneven += _uneven(self._source, self._headings, self._first, block)
        for cells, cut in () if self._uneven else self._columns:
            if cut is None:
                cells.stand(len(block))
            else:
                cells.add([cut(row.cells) or "" for row in block], lambda number: block[number].line)

    def table(self) -> TextTable:
        """Return the table. Raises all problems of rows, or else of cells."""
        problems = self._uneven or [told for cells, _ in self._columns for told in cells.problems]
        if problems:
            raise VspecError(problems[:_TOLD])
        begin = self._source.name if self._first is None else self._source.at(self._first.line)
        made = {cells.wanted.name: cells.column() for cells, _ in self._columns}
        return TextTable(made, dict.fromkeys(made, begin))


def _cut_of(source: Source, wanted: TextField, headings: _Row | None) -> Cut | None:
    """Return what takes the cell of a column out of a row; None where an optional column is absent."""
    if wanted.columns is not None:
        first, last = wanted.columns
        return lambda cells: cells[0][first - 1 : last].strip()
    index = wanted.column - 1 if wanted.column is not None else _heading(source, wanted, headings)
    if index is None:
        return None
    return lambda cells: cells[index] if index < len(cells) else None


def _heading(source: Source, wanted: TextField, headings: _Row | None) -> int | None:
    key = wanted.key or Text(wanted.name, wanted.place)
    known = headings.cells if headings is not None else []
    found = [i for i, cell in enumerate(known) if source.same(cell, key.value)]
    if len(found) > 1 and headings is not None:
        told = source.problem("V0504", f"the heading '{key.value}' stands twice", key.place, headings.line)
        raise VspecError([replace(told, help="take the column by its number: {column: 2}")])
    if found:
        return found[0]
    if not wanted.required:
        return None
    raise VspecError([source.missing("V0503", "column", key, known)])


# --- rows -----------------------------------------------------------------------------------


def _lines(source: Source) -> Iterator[_Row]:
    """Yield every line that is not left out, whole."""
    for number, line in enumerate(_used_lines(source)):
        _require_room(source, number)
        yield _Row([line.text], line)


def _used_lines(source: Source) -> Iterator[Line]:
    comment = source.form.comment
    for line in islice(source.each_line(), source.form.skip, None):
        text = line.text.strip()
        if text and not (comment and text.startswith(comment)):
            yield line


def _rows(source: Source) -> Iterator[_Row]:
    """Yield the rows; a quoted cell may run over several lines."""
    form = source.form
    opening = {quote for quote, _ in form.quotes}
    gap = re.compile((r"[ \t]+" if form.separator == " " else re.escape(form.separator)) + r"|\r\n|\n|\r|\Z")
    stop = 0
    for count, line in enumerate(_used_lines(source)):
        if line.start < stop:
            continue
        _require_room(source, count)
        if opening.intersection(line.text):
            cells, stop = _quoted_cells(source, line, gap)
        else:
            cells = line.text.split() if form.separator == " " else line.text.split(form.separator)
        yield _Row([cell.strip() for cell in cells], line)


def _quoted_cells(source: Source, line: Line, gap: re.Pattern[str]) -> tuple[list[str], int]:
    """Return the cells of a row with quotes, and where the next row begins; raises V0526."""
    text, form = source.text, source.form
    closings = dict(form.quotes)
    blanks = (" ", "\t") if form.separator != "\t" else (" ",)
    cells: list[str] = []
    position = line.start
    while True:
        begin = position
        while text[begin : begin + 1] in blanks:
            begin += 1
        closing = closings.get(text[begin : begin + 1])
        stop = begin if closing is None else _closed(text, begin, closing)
        if stop is None:
            told = source.problem("V0526", "a quote is not closed", form.place, line)
            raise VspecError([replace(told, found=repr(text[begin : begin + 60]))])
        found = gap.search(text, stop)
        assert found is not None, "the end of the text matches"
        cell = text[begin : found.start()]
        cells.append(cell if closing is None else unquoted(cell.rstrip(), form).replace("\r\n", "\n"))
        position = found.end()
        if found.group() in ("", "\r\n", "\n", "\r"):
            return cells, position


def _closed(text: str, begin: int, closing: str) -> int | None:
    """Return the position behind the closing quote; doubled ones belong to the text."""
    stop = text.find(closing, begin + 1)
    while stop >= 0 and text[stop : stop + 2] == closing * 2:
        stop = text.find(closing, stop + 2)
    return None if stop < 0 else stop + 1


def _uneven(source: Source, headings: _Row | None, model: _Row, rows: Sequence[_Row]) -> Sequence[Problem]:
    """Return V0525 for rows that have other cells than the headings, or than the first row.

    Empty cells at the end do not count: some programs end every line with a separator.
    """
    least = _filled(model.cells)
    most = len(model.cells)
    wrong = [row for row in rows if len(row.cells) < least or _filled(row.cells) > most]
    told = "headings" if headings is not None else "cells in the first row"
    return [
        replace(
            source.problem("V0525", "a row has other cells than the table", source.form.place, row.line),
            expected=f"{least} {told}",
            found=f"{len(row.cells)}: {row.line.text[:60]!r}",
            help="is a separator inside a cell without quotes, or the file cut short?",
        )
        for row in wrong[:_TOLD]
    ]


def _filled(cells: list[str]) -> int:
    """Return the number of cells up to the last that is not empty."""
    return next((i for i in range(len(cells), 0, -1) if cells[i - 1]), 0)


def _require_room(source: Source, count: int) -> None:
    if count >= ROW_LIMIT:
        told = source.absent("V0915", f"has more than {ROW_LIMIT} rows", source.form.place)
        raise VspecError([replace(told, help="samples in text are converted once, not mapped")])
