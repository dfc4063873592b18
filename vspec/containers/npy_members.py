"""The arrays of numbers in a NumPy dtype: itself, or each member of its records."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from vspec.containers.attributes import LARGEST_ATTRIBUTE, TIME_UNITS, text
from vspec.containers.naming import one_name
from vspec.containers.npy_header import NpyHeader
from vspec.containers.verbatim import plain
from vspec.layout import Axis, Json

_NUMBERS = frozenset({"b1", "i1", "i2", "i4", "i8", "u1", "u2", "u4", "u8", "f2", "f4", "f8", "c8", "c16"})
_MOST_MEMBERS = 4096


@dataclass(frozen=True, slots=True, eq=False)
class Member:
    """Numbers of one kind: ``offset`` bytes into each record, then ``axes`` after those of the array.

    Without an ``item`` it is not numbers, and ``reason`` says what it is.
    """

    path: str
    offset: int
    item: np.dtype[np.generic] | None
    axes: tuple[Axis, ...] = ()
    reason: str = ""
    attrs: tuple[tuple[str, Json], ...] = ()


def stored_axes(header: NpyHeader, prefix: str) -> tuple[Axis, ...]:
    """Return the axes of an array, slowest first; they are numbered as numpy numbers them."""
    axes = tuple(plain(f"{prefix}axis_{k}", size) for k, size in enumerate(header.shape))
    return axes[::-1] if header.fortran else axes


def members(dtype: np.dtype[np.generic], path: str) -> Iterator[Member]:
    """Yield the numbers of a dtype, and what of it is none; at most 4096 of them."""
    for count, member in enumerate(_members(dtype, path, 0, ())):
        if count >= _MOST_MEMBERS:
            yield Member(path, 0, None, reason=f"more than {_MOST_MEMBERS} members in a record")
            return
        yield member


def _members(dtype: np.dtype[np.generic], path: str, offset: int, axes: tuple[Axis, ...]) -> Iterator[Member]:
    base, inner = dtype.base, dtype.shape
    leaf = path.rpartition("/")[2]
    more = tuple(plain(f"{leaf}_inner_{len(axes) + k}", size) for k, size in enumerate(inner))
    axes = (*axes, *more)
    if base.names is None:
        yield _number(base, path, offset, axes)
        return
    if axes:
        yield Member(path, offset, None, reason="records within an array within a record")
        return
    fields = dict(base.fields or {})
    for k, name in enumerate(base.names):
        kind, at = fields[name][:2]
        part = name if one_name(name) is None else f"field{k}"
        yield from _members(kind, f"{path}/{part}", offset + at, axes)


def _number(dtype: np.dtype[np.generic], path: str, offset: int, axes: tuple[Axis, ...]) -> Member:
    if dtype.str[1:] in _NUMBERS:
        return Member(path, offset, dtype, axes)
    if dtype.kind in "mM":
        attrs: dict[str, Json] = {"numpy_dtype": dtype.str, "_FillValue": -(1 << 63)}
        unit, count = np.datetime_data(dtype.str)
        if count == 1 and unit in TIME_UNITS:
            attrs["units"] = TIME_UNITS[unit] + (" since 1970-01-01" if dtype.kind == "M" else "")
        return Member(path, offset, np.dtype(f"{dtype.str[0]}i8"), axes, attrs=tuple(attrs.items()))
    if dtype.hasobject:
        return Member(
            path, offset, None, axes, "Python objects (pickled), which are programs and are not run"
        )
    kinds = {
        "S": "text",
        "U": "text",
        "V": "bytes without a type",
        "f": "an extended float",
        "c": "extended floats",
    }
    return Member(path, offset, None, axes, f"{kinds.get(dtype.kind, 'no numbers')} ({dtype.str})")


def texts(raw: bytes, header: NpyHeader) -> Json:
    """Return the texts of an array of text. Its bytes are all in ``raw``."""
    count = len(raw) // max(1, header.dtype.itemsize)
    values = np.frombuffer(raw, header.dtype, count) if count else np.zeros(0, header.dtype)
    decoded = [text(one) if isinstance(one, bytes) else str(one) for one in values.tolist()]
    if not header.shape:
        return decoded[0]
    shaped = np.array(decoded, object).reshape(header.shape, order="F" if header.fortran else "C")
    found: Json = shaped.tolist()
    return found


def few_texts(header: NpyHeader) -> bool:
    """Tell whether an array is of text, and little enough for an attribute."""
    size = int(np.prod(header.shape, dtype=object))
    small = 0 < size * max(1, header.dtype.itemsize) <= LARGEST_ATTRIBUTE
    return header.dtype.kind in "SU" and header.dtype.itemsize > 0 and small
