"""HDF5 types: which of them are numbers of a map, and whether their bytes are already what numpy reads.

Source: HDF5 file format specification, "Datatype Message"; h5py for booleans and complex numbers.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np

from vspec.containers.hdf5_library import FAULTS
from vspec.layout import Json

if TYPE_CHECKING:
    import h5py

_NUMBERS = frozenset({"b1", "i1", "i2", "i4", "i8", "u1", "u2", "u4", "u8", "f2", "f4", "f8", "c8", "c16"})
_MOST_NAMES = 1000
_DEEPEST = 32


@dataclass(frozen=True, slots=True, eq=False)
class Number:
    """A type of numbers: ``altered`` says why the bytes are not numpy's, in words behind "because"."""

    dtype: np.dtype[np.generic]
    altered: str | None = None
    attrs: Mapping[str, Json] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, eq=False)
class Member:
    """A leaf of a type: where it stands in a record, its own axes there, and what it is.

    ``axes`` are sizes and strides in bytes, slowest first. ``number`` is None for what is no number, and
    ``kind`` says what that is. A type that is no record is one member without a name.
    """

    names: tuple[str, ...]
    offset: int
    axes: tuple[tuple[int, int], ...]
    number: Number | None
    kind: str


def members(
    kind: h5py.h5t.TypeID,
    names: tuple[str, ...] = (),
    offset: int = 0,
    axes: tuple[tuple[int, int], ...] = (),
) -> Iterator[Member]:
    """Yield the leaves of a type in the order in which it states them."""
    from h5py import h5t

    group = kind.get_class()
    if len(names) + len(axes) > _DEEPEST:
        yield Member(names, offset, axes, None, "a type nested too deeply")
    elif group == h5t.ARRAY:
        base, sizes = kind.get_super(), kind.get_array_dims()
        step, own = base.get_size(), []
        for size in reversed(sizes):
            own.insert(0, (int(size), int(step)))
            step *= size
        yield from members(base, names, offset, (*axes, *own))
    elif group == h5t.COMPOUND and _complex(kind) is None:
        for at in range(kind.get_nmembers()):
            name = kind.get_member_name(at).decode("utf-8", "surrogateescape")
            inner = offset + kind.get_member_offset(at)
            yield from members(kind.get_member_type(at), (*names, name), inner, axes)
    else:
        number = _number(kind)
        yield Member(names, offset, axes, number, "" if number else _described(kind))


def _complex(kind: h5py.h5t.TypeID) -> np.dtype[np.generic] | None:
    """Return numpy's type for a pair of floats that stands for a complex number."""
    dtype = _dtype(kind)
    return dtype if dtype is not None and dtype.kind == "c" else None


def _dtype(kind: h5py.h5t.TypeID) -> np.dtype[np.generic] | None:
    try:
        return np.dtype(kind.dtype)
    except FAULTS:
        return None


def _number(kind: h5py.h5t.TypeID) -> Number | None:
    from h5py import h5t

    group, found = kind.get_class(), _dtype(kind)
    if found is None or found.str[1:] not in _NUMBERS or found.metadata and "ref" in found.metadata:
        return None
    dtype = np.dtype(found.str)
    if group in (h5t.INTEGER, h5t.BITFIELD):
        return Number(dtype, _loose_bits(kind))
    if group == h5t.ENUM:
        altered = _loose_bits(kind.get_super()) or _other_bytes(kind, dtype)
        return Number(dtype, altered, {} if dtype.kind == "b" else _meanings(kind))
    if group in (h5t.FLOAT, h5t.COMPOUND, h5t.COMPLEX):
        return Number(dtype, _other_bytes(kind, dtype))
    return None


def _loose_bits(kind: h5py.h5t.TypeID) -> str | None:
    """Say so where a whole number does not fill its bytes."""
    size, precision, offset = kind.get_size(), kind.get_precision(), kind.get_offset()
    if (precision, offset) == (8 * size, 0):
        return None
    return f"its numbers are {precision} bits of {8 * size}"


def _other_bytes(kind: h5py.h5t.TypeID, dtype: np.dtype[np.generic]) -> str | None:
    """Say so where the library converts what it reads."""
    from h5py import h5t

    same = [h5t.py_create(dtype)]
    if dtype.kind == "c":
        order = "BE" if dtype.byteorder == ">" else "LE"
        same.append(getattr(h5t, f"COMPLEX_IEEE_F{4 * dtype.itemsize}{order}", same[0]))
    if dtype.kind in "iu" and kind.get_class() == h5t.ENUM:
        return None if kind.get_size() == dtype.itemsize else "its enumeration is of another size"
    if any(kind.equal(one) for one in same):
        return None
    return f"its numbers are not laid out as {dtype.name} is"


def _meanings(kind: h5py.h5t.TypeID) -> dict[str, Json]:
    """Return an enumeration's names as the conventions for climate and forecast data write them."""
    count = kind.get_nmembers()
    if count > _MOST_NAMES:
        return {}
    names = [kind.get_member_name(at).decode("utf-8", "replace") for at in range(count)]
    values: list[Json] = [int(kind.get_member_value(at)) for at in range(count)]
    return {"flag_values": values, "flag_meanings": " ".join("_".join(name.split()) for name in names)}


def _described(kind: h5py.h5t.TypeID) -> str:
    from h5py import h5t

    names = {
        h5t.STRING: "text",
        h5t.VLEN: "lists of unequal lengths",
        h5t.REFERENCE: "references",
        h5t.OPAQUE: "opaque bytes",
        h5t.TIME: "times of a type that the library cannot read",
    }
    size = kind.get_size()
    return names.get(kind.get_class(), f"numbers of {8 * size} bits, which no type of a map can hold")
