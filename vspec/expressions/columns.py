"""What kind a value is, and how arrays and lists become columns.

A column of numbers is int64, float64 or bool in the machine's byte order; a column of texts is an
object array of `str`. Lists of such values behave as columns in every operator.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from functools import lru_cache
from typing import Literal, cast

import numpy as np
from numpy.typing import NDArray

from vspec.datatypes import ElementType, NamedType
from vspec.errors import Place, fail
from vspec.expressions.sites import Site
from vspec.expressions.values import Column, PathText, Value

Kind = Literal[
    "none",
    "bool",
    "int",
    "float",
    "text",
    "bytes",
    "type",
    "column",
    "list",
    "table",
    "rows",
    "record",
    "other",
]

INT_MIN, INT_MAX = -(2**63), 2**63 - 1
_SIMPLE: dict[type, Kind] = {
    type(None): "none",
    bool: "bool",
    int: "int",
    float: "float",
    str: "text",
    bytes: "bytes",
    ElementType: "type",
    NamedType: "type",
    list: "list",
    tuple: "list",
    np.ndarray: "column",
}
_NATIVE = (np.dtype(np.int64), np.dtype(np.float64), np.dtype(np.bool_))


@lru_cache(maxsize=1024)
def _kind_of_type(kind: type) -> Kind:
    if issubclass(kind, Mapping):
        return "table"
    if all(hasattr(kind, name) for name in ("column", "row", "take")):
        return "rows"
    if all(hasattr(kind, name) for name in ("get", "locate", "names")):
        return "record"
    for base, name in _SIMPLE.items():
        if issubclass(kind, base):
            return name
    return "other"


def kind_of(value: object) -> Kind:
    """Return the kind of a value."""
    kind: type = type(value)
    return _SIMPLE.get(kind) or _kind_of_type(kind)


def as_column(values: NDArray[np.generic], place: Place | None = None) -> Column:
    """Return an array in the form that expressions work on.

    Integers are widened to int64, floats to float64, both in the machine's byte order; fixed-width
    texts become Python texts. Raises `VspecError` (V0230) for an unsigned value above 2**63 - 1.
    """
    if values.dtype in _NATIVE and values.dtype.isnative:
        return values
    kind = values.dtype.kind
    if kind == "u" and values.dtype.itemsize == 8 and values.size and int(values.max()) > INT_MAX:
        row = int(np.argmax(values))
        message = f"element {row} is {int(values.max())}: above {INT_MAX}, the largest whole number"
        raise fail("V0230", message, place, help="read it as two uint32, or as bytes")
    if kind in "iu":
        return values.astype(np.int64)
    if kind == "f":
        return values.astype(np.float64)
    return values.astype(object) if kind in "US" else values


def column_of(values: Sequence[object]) -> Column | None:
    """Return a list of numbers, of truth values, or of texts as a column; None when it is mixed."""
    kinds = {kind_of(value) for value in values}
    if not kinds:
        return np.empty(0, np.int64)
    if kinds == {"bool"}:
        return np.array(values, np.bool_)
    if kinds == {"int"}:
        try:
            return np.array(values, np.int64)
        except OverflowError:
            raise fail("V0230", "a whole number in the list does not fit in 64 bits") from None
    if kinds <= {"int", "float"}:
        return np.array(values, np.float64)
    if kinds in ({"text"}, {"bytes"}):
        return objects(values)
    return None


def objects(values: Sequence[object]) -> Column:
    """Return a one-dimensional object array, whatever the elements are."""
    column = np.empty(len(values), object)
    column[:] = values
    return column


def settled(value: Value) -> Value:
    """Return a list or an object array as the column that it stands for; a mixed one as a list."""
    if isinstance(value, np.ndarray) and value.dtype == object and value.size:
        if column_kind(value) != "other":
            return value
        values: list[Value] = value.ravel().tolist()
        column = column_of(values)
        return (values if value.ndim == 1 else value) if column is None else column.reshape(value.shape)
    if isinstance(value, list):
        column = column_of(value)
        return value if column is None else column
    return value


def gathered(values: list[Value]) -> Value:
    """Return a column where the values allow one, else the list."""
    column = column_of(values) if values else None
    return values if column is None else column


def collected(values: Iterable[Value], site: Site) -> list[Value]:
    """Return the elements of a list; raises V0903 as soon as their columns hold too much together."""
    found: list[Value] = []
    count = 0
    for value in values:
        found.append(value)
        count += value.size if isinstance(value, np.ndarray) else len(value) if isinstance(value, list) else 1
        site.check_elements(count)
    return found


def admitted(value: object, place: Place | None = None) -> Value:
    """Return a value from outside in the forms that expressions know.

    numpy's scalars and subclasses of int, float and str become plain values, arrays become columns.
    """
    if isinstance(value, np.ndarray):
        return as_column(value, place) if value.ndim else admitted(value.item(), place)
    plain: object = value.item() if isinstance(value, np.generic) else value
    if isinstance(plain, bool):
        return plain
    if isinstance(plain, int) and not INT_MIN <= plain <= INT_MAX:
        raise fail("V0230", f"{plain} does not fit in 64 bits", place)
    if isinstance(plain, PathText):
        return plain
    for simple in (int, float, str):
        if isinstance(plain, simple):
            return simple(plain)
    return list(plain) if isinstance(plain, tuple) else cast("Value", plain)


def column_kind(column: Column) -> Literal["number", "bool", "text", "bytes", "other"]:
    """Return what the elements of a column are."""
    kind = column.dtype.kind
    if kind in "if":
        return "number"
    if kind == "b":
        return "bool"
    if kind == "O" and all(isinstance(v, str) for v in column.flat):
        return "text"
    return "bytes" if kind == "O" and all(isinstance(v, bytes) for v in column.flat) else "other"


_NOUNS: dict[Kind, str] = {
    "none": "none (absent)",
    "table": "a table",
    "rows": "a table of rows",
    "record": "a record",
    "other": "an object",
}


def described(value: object) -> str:
    """Return a value for a message: short, and with its kind."""
    kind = kind_of(value)
    if isinstance(value, np.ndarray):
        noun = {
            "number": "numbers",
            "bool": "truth values",
            "text": "texts",
            "bytes": "bytes",
            "other": "values",
        }
        size = " x ".join(str(n) for n in value.shape)
        return f"a column of {size} {noun[column_kind(value[:1])]}"
    if isinstance(value, str):
        return f"the text {value!r}" if len(value) <= 24 else f"the text {value[:20]!r}..."
    if isinstance(value, bytes):
        return f"{len(value)} bytes"
    if isinstance(value, (list, tuple)):
        return f"a list of {len(value)}"
    if isinstance(value, (ElementType, NamedType)):
        return f"the type {value.name}"
    if isinstance(value, bool):
        return "true" if value else "false"
    own = getattr(value, "noun", None)
    if own is not None:
        return f"{own}"
    return _NOUNS.get(kind, f"{value}" if kind in ("int", "float") else f"a {kind}")
