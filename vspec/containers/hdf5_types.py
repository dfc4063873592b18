"""HDF5 types: which of them are numbers of a map, and whether their bytes are already what numpy reads.

Source: HDF5 file format specification, "Datatype Message"; h5py for booleans and complex numbers.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from math import prod
from typing import TYPE_CHECKING

import numpy as np

from vspec.containers.hdf5_library import FAULTS
from vspec.layout import Json

if TYPE_CHECKING:
    import h5py

_NUMBERS = frozenset({"b1", "i1", "i2", "i4", "i8", "u1", "u2", "u4", "u8", "f2", "f4", "f8", "c8", "c16"})
_MOST_NAMES = 1000
_DEEPEST = 32
_PARTS = (re.compile("r|re|real.*"), re.compile("i|im|imag.*"))


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
    ``kind`` says what that is. A type that is no record is one member without a name. ``record`` are the
    bytes of an element of the dataset.
    """

    names: tuple[str, ...]
    offset: int
    axes: tuple[tuple[int, int], ...]
    number: Number | None
    kind: str
    record: int


def members(dataset: h5py.Dataset) -> tuple[Member, ...]:
    """Return the leaves of a dataset's type in the order in which it states them."""
    address, _ = dataset.file.id.get_create_plist().get_sizes()
    kind = dataset.id.get_type()
    return tuple(_leaves(_Node(kind, _size(kind, address), address), (), 0, ()))


@dataclass(frozen=True, slots=True, eq=False)
class _Node:
    """A part of a type, the bytes of the whole record in the file, and those of an address."""

    kind: h5py.h5t.TypeID
    record: int
    address: int


def _leaves(
    node: _Node, names: tuple[str, ...], offset: int, axes: tuple[tuple[int, int], ...]
) -> Iterator[Member]:
    from h5py import h5t

    kind, group = node.kind, node.kind.get_class()
    if len(names) + len(axes) > _DEEPEST:
        yield Member(names, offset, axes, None, "a type nested too deeply", node.record)
    elif group == h5t.ARRAY:
        base = replace(node, kind=kind.get_super())
        step, own = _size(base.kind, node.address), list[tuple[int, int]]()
        for size in reversed(kind.get_array_dims()):
            own.insert(0, (int(size), step))
            step *= int(size)
        yield from _leaves(base, names, offset, (*axes, *own))
    elif group == h5t.COMPOUND and _complex(kind) is None:
        for at, place in enumerate(_places(kind, node.address)):
            name = kind.get_member_name(at).decode("utf-8", "surrogateescape")
            member = replace(node, kind=kind.get_member_type(at))
            yield from _leaves(member, (*names, name), offset + place, axes)
    else:
        number = _number(kind)
        yield Member(names, offset, axes, number, "" if number else _described(kind), node.record)


def _size(kind: h5py.h5t.TypeID, address: int) -> int:
    """Return the bytes of a type in the file: the library tells those in memory, which differ for lists."""
    from h5py import h5t

    group = kind.get_class()
    if group == h5t.VLEN or (group == h5t.STRING and kind.is_variable_str()):
        return 8 + address
    if group == h5t.ARRAY:
        return prod(map(int, kind.get_array_dims())) * _size(kind.get_super(), address)
    if group == h5t.COMPOUND and kind.get_nmembers():
        return int(kind.get_size()) + sum(_grown(kind, address))
    return int(kind.get_size())


def _grown(kind: h5py.h5t.TypeID, address: int) -> list[int]:
    """Return by how many bytes each member of a record is larger in the file than in memory."""
    parts = [kind.get_member_type(at) for at in range(kind.get_nmembers())]
    return [_size(part, address) - int(part.get_size()) for part in parts]


def _places(kind: h5py.h5t.TypeID, address: int) -> list[int]:
    """Return where in the file's records each member begins."""
    grown = _grown(kind, address)
    offsets = [int(kind.get_member_offset(at)) for at in range(len(grown))]
    found = [0] * len(grown)
    moved = 0
    for at in sorted(range(len(grown)), key=offsets.__getitem__):
        found[at] = offsets[at] + moved
        moved += grown[at]
    return found


def _complex(kind: h5py.h5t.TypeID) -> np.dtype[np.generic] | None:
    """Return numpy's type for a pair of floats that stands for a complex number."""
    from h5py import h5t

    dtype = _dtype(kind)
    if dtype is None or dtype.kind == "c" or kind.get_class() != h5t.COMPOUND or kind.get_nmembers() != 2:
        return dtype if dtype is not None and dtype.kind == "c" else None
    names = [kind.get_member_name(at).decode("utf-8", "replace").lower() for at in range(2)]
    parts = [kind.get_member_type(at) for at in range(2)]
    size = int(parts[0].get_size())
    places = [(int(kind.get_member_offset(at)), int(parts[at].get_size())) for at in range(2)]
    found = _dtype(parts[0]) if parts[0].get_class() == h5t.FLOAT and parts[0].equal(parts[1]) else None
    alike = all(pattern.fullmatch(name) for pattern, name in zip(_PARTS, names, strict=True))
    if found is None or not alike or places != [(0, size), (size, size)] or size not in (4, 8):
        return None
    return np.dtype(f"{found.str[0]}c{2 * size}")


def _dtype(kind: h5py.h5t.TypeID) -> np.dtype[np.generic] | None:
    try:
        found: np.dtype[np.generic] = np.dtype(kind.dtype)
        return found
    except FAULTS:
        return None


def _number(kind: h5py.h5t.TypeID) -> Number | None:
    from h5py import h5t

    group, found = kind.get_class(), _complex(kind) or _dtype(kind)
    if found is None or found.str[1:] not in _NUMBERS or "ref" in (found.metadata or {}):
        return None
    dtype = np.dtype(found.str)
    if group == h5t.INTEGER:
        return Number(dtype, _loose_bits(kind))
    if group == h5t.BITFIELD:
        order = "BE" if dtype.byteorder == ">" else "LE"
        full = kind.equal(getattr(h5t, f"STD_B{8 * dtype.itemsize}{order}"))
        return Number(dtype, None if full else "its bits do not fill its bytes")
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
    if kind.get_class() == h5t.COMPOUND:
        return _other_bytes(kind.get_member_type(0), np.dtype(f"{dtype.str[0]}f{dtype.itemsize // 2}"))
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
