"""Columns of a table in text as arrays: no reference can serve them, so that their values are copied."""

from __future__ import annotations

import json
import math
from dataclasses import dataclass

import numpy as np

from vspec.card.text_model import TextField, TextFormat
from vspec.errors import VspecError, fail
from vspec.expressions import Column
from vspec.header.text_values import default
from vspec.layout import Json, Origin

_KINDS = ("float", "int", "bool")


@dataclass(frozen=True, slots=True, eq=False)
class TextColumn:
    """One column of numbers: its values, and where an independent reader finds it.

    ``begins`` is where it stands, for messages.
    """

    name: str
    values: Column
    origin: Origin
    begins: str


def text_column(form: TextFormat, wanted: TextField, values: Column, at: tuple[int, str]) -> TextColumn:
    """Return a column as an array of float64, int64 or bool; an empty cell of float is "not a number".

    ``at`` is the index of the file, and where in it the column begins. Raises V0319 for texts, and for
    empty cells of other types.
    """
    file, begins = at
    if wanted.type not in _KINDS:
        raise fail(
            "V0319",
            f"column '{wanted.name}' holds texts: only numbers can be an array",
            wanted.place,
            expected="type: float, int or bool",
            found=f"type: {wanted.type}",
            help="give the column a type of numbers; texts can be 'labels:' of an axis, or an attribute",
        )
    numbers = _numbers(wanted, values, begins)
    return TextColumn(wanted.name, numbers, Origin(file, _asked(form, wanted), (0,), numbers.shape), begins)


def _numbers(wanted: TextField, values: Column, begins: str) -> Column:
    dtype = np.dtype({"float": "<f8", "int": "<i8", "bool": "|b1"}[wanted.type])
    if values.dtype.kind == dtype.kind or (values.dtype.kind == "i" and dtype.kind == "f"):
        return values.astype(dtype)
    absent = sum(value is None for value in values.tolist())
    if wanted.type == "float" and all(isinstance(v, (float, int)) or v is None for v in values.tolist()):
        return np.array([math.nan if v is None else float(v) for v in values.tolist()], dtype)
    raise _empty(wanted, absent, begins)


def _empty(wanted: TextField, count: int, begins: str) -> VspecError:
    return fail(
        "V0319",
        f"column '{wanted.name}' ({begins}) has {count} empty cells, which no {wanted.type} says",
        wanted.place,
        expected="a value in each row",
        help="type: float makes them 'not a number'; or give a value that stands for them, e.g. default: -1",
    )


def _asked(form: TextFormat, wanted: TextField) -> str:
    """Return what an independent reader must know of the table, and which column is meant."""
    plain = [one for one in form.fields if one.type in _KINDS]
    by_place = any(one.columns is not None for one in form.fields)
    asked: dict[str, Json] = {
        "separator": form.separator,
        "comment": form.comment,
        "end": form.end,
        "encodings": [form.encoding, *form.otherwise],
        "decimal": form.decimal,
        "quotes": ["".join(pair) for pair in form.quotes],
        "any_case": form.any_case,
        "skip": form.skip,
        "by_place": by_place,
        "headed": not by_place and any(one.column is None for one in form.fields),
        "columns": [_column(one) for one in plain],
        "at": plain.index(wanted),
    }
    return json.dumps(asked)


def _column(wanted: TextField) -> dict[str, Json]:
    stands = None if wanted.required else default(wanted)
    told: dict[str, Json] = {
        "type": wanted.type,
        "empty": "nan" if stands is None and wanted.type == "float" else str(stands).lower(),
    }
    if wanted.columns is not None:
        return {**told, "characters": list(wanted.columns)}
    if wanted.column is not None:
        return {**told, "number": wanted.column}
    return {**told, "heading": wanted.key.value if wanted.key is not None else wanted.name}
