"""Values of a text that is being written: as an example gives them, and as expressions see them."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import cast

import numpy as np

from vspec.authoring.fakes.examples import Given
from vspec.authoring.fakes.fields import written
from vspec.authoring.fakes.known import Dense, Known
from vspec.card.text_model import TextField, TextFormat
from vspec.expressions import Column, Value
from vspec.expressions.tables import Row, Table, column
from vspec.patterns import Captured, Pattern

_SAMPLES: Mapping[str, Captured] = {"int": 0, "float": 0.0}
EMPTY: Mapping[str, Given] = {
    "int": 1,
    "float": 1.0,
    "str": "",
    "bool": False,
    "int[]": [],
    "float[]": [],
    "str[]": [],
}
"""What is written of a field of which nothing is known."""


def is_keyed(field: TextField) -> bool:
    """Tell whether the key of a field is a pattern, which makes it a table."""
    return field.key is not None and "{" in field.key.value and field.line is None


def sample(kind: str, choices: Sequence[str], name: str) -> Captured:
    """Return a value for a capture of which nothing is known."""
    return choices[0] if choices else _SAMPLES.get(kind, name)


def formatted(pattern: Pattern, row: Mapping[str, Given]) -> str:
    """Return a text that the pattern reads back as ``row``."""
    known: dict[str, Captured] = {}
    for capture in pattern.captures:
        given = row.get(capture.name)
        if given is not None:
            known[capture.name] = _captured(capture.kind, given)
        elif capture.required and capture.kind == "text":
            known[capture.name] = ""
    return pattern.format(known)


def _captured(kind: str, value: Given) -> Captured:
    if kind == "float" and isinstance(value, (int, float)):
        return float(value)
    return value if isinstance(value, (int, float, str)) else written(value)


def line_text(pattern: Pattern, given: Given) -> str:
    """Return the line of a pattern, from a value for each capture or the value of its first one."""
    row = given if isinstance(given, Mapping) else {c.name: given for c in pattern.captures[:1]}
    return formatted(pattern, {str(k): v for k, v in row.items()})


def line_value(pattern: Pattern, given: Given) -> Value:
    """Return what an expression sees of a line."""
    names = [c.name for c in pattern.captures]
    if isinstance(given, Mapping):
        values = {name: cast("Value", given.get(name)) for name in names}
        return values[names[0]] if len(names) == 1 else Row(values)
    if not names or len(names) == 1:
        return cast("Value", given)
    found = pattern.match(str(given)) or {}
    return Row({name: found.get(name) for name in names})


def default(field: TextField) -> Value:
    """Return what stands for a field that is left out."""
    if field.fields and field.default in (None, ()):
        return Table({inner.name: column([], inner.type) for inner in field.fields})
    if field.each is not None and field.default in (None, ()):
        return Table({c.name: column([], c.kind) for c in field.each.captures})
    if field.type.endswith("[]") and isinstance(field.default, tuple):
        return column([cast("Value", v) for v in field.default], field.type[:-2])
    if field.type == "float" and isinstance(field.default, int):
        return float(field.default)
    return cast("Value", field.default)


def typed(kind: str, given: Given) -> Value:
    """Return a value as the type of its field."""
    match kind:
        case "int[]" | "float[]" | "str[]":
            items = given.tolist() if isinstance(given, np.ndarray) else given
            many = items if isinstance(items, (list, tuple)) else _split(items)
            return column([_scalar(kind[:-2], item) for item in many], kind[:-2])
        case "str" if isinstance(given, (bool, int, float)):
            return written(given)
        case "str":
            return cast("Value", given)
        case _:
            return _scalar(kind, given)


def _split(given: Given) -> list[Given]:
    return [*written(given).replace(",", " ").split()]


def _scalar(kind: str, given: Given) -> Value:
    if kind == "bool":
        return bool(given)
    text = written(given)
    return int(text) if kind == "int" else float(text) if kind == "float" else text


def plain(value: Given) -> Given:
    """Return a value without numpy: lists, mappings and scalars."""
    if isinstance(value, np.ndarray):
        return value.tolist()
    if isinstance(value, np.generic):
        return value.item()
    if isinstance(value, Mapping):
        return {str(key): plain(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [plain(item) for item in value]
    return value


def element_table(field: TextField, given: Given) -> Table:
    """Return the rows of a table of elements as expressions see them: a mapping for each row."""
    rows = [row if isinstance(row, Mapping) else {} for row in given] if isinstance(given, list) else []
    return Table(
        {
            inner.name: column([_cell(inner, row.get(inner.name)) for row in rows], inner.type)
            for inner in field.fields
        }
    )


def _cell(field: TextField, given: Given) -> Value:
    if given is None:
        return default(field) if not field.required else typed(field.type, EMPTY[field.type])
    return element_table(field, given) if field.fields else typed(field.type, given)


def csv_table(form: TextFormat, columns: Mapping[str, Given]) -> Table:
    """Return the rows of a table as expressions see them, from a list or one value for each column."""
    count = row_count(columns)
    made: dict[str, Column] = {}
    for field in form.fields:
        cells = cells_of(columns[field.name], count)
        made[field.name] = column(
            [default(field) if c is None else typed(field.type, c) for c in cells], field.type
        )
    return Table(made)


@dataclass(frozen=True, slots=True, eq=False)
class CsvColumn:
    """A column as ``from:`` names it: its values, "not a number" where a cell of a float is empty."""

    values: Column

    def known(self) -> Known:
        """Return the contents with their axis."""
        if self.values.dtype != object:
            return Dense(("row",), self.values)
        numbers = [math.nan if value is None else value for value in self.values.tolist()]
        return Dense(("row",), np.array(numbers))


def row_count(columns: Mapping[str, Given]) -> int:
    """Return the rows of a table: the length of its longest column, one where all are single values."""
    return max((len(given) for given in columns.values() if isinstance(given, list)), default=1)


def cells_of(given: Given, count: int) -> list[Given]:
    """Return a column's value for each row; None for an empty cell."""
    if isinstance(given, list):
        return [*given, *[None] * (count - len(given))]
    return [given] * count
