"""The header of a NetCDF classic file: CDF-1, CDF-2 (64-bit offsets) and CDF-5 (64-bit sizes).

Source: "The NetCDF Classic Format Specification", NetCDF User's Guide, appendix B, and for CDF-5 the
PnetCDF documentation "CDF-5 format specification".
"""

from __future__ import annotations

from dataclasses import dataclass
from math import prod

import numpy as np

from vspec.containers.attributes import text
from vspec.containers.cursor import Cursor
from vspec.containers.model import ContainerFile

TYPES = {1: "i1", 2: "S1", 3: ">i2", 4: ">i4", 5: ">f4", 6: ">f8"}
TYPES_5 = TYPES | {7: "u1", 8: ">u2", 9: ">u4", 10: ">i8", 11: ">u8"}
_DIMENSION, _VARIABLE, _ATTRIBUTE = 10, 11, 12
_MOST_DIMENSIONS = 1024


@dataclass(frozen=True, slots=True)
class Dimension:
    """A dimension; ``size`` 0 is the one along which records are added."""

    name: str
    size: int


@dataclass(frozen=True, slots=True, eq=False)
class Variable:
    """A variable: the indices of its dimensions, its attributes, and where its bytes begin."""

    name: str
    dimensions: tuple[int, ...]
    attributes: dict[str, object]
    dtype: np.dtype[np.generic]
    begin: int


@dataclass(frozen=True, slots=True, eq=False)
class Header:
    """What the header says. ``stride`` is the bytes from a record to the next."""

    dimensions: tuple[Dimension, ...]
    attributes: dict[str, object]
    variables: tuple[Variable, ...]
    records: int
    stride: int

    def has_records(self, variable: Variable) -> bool:
        """Tell whether a variable grows with the records."""
        return bool(variable.dimensions) and self.dimensions[variable.dimensions[0]].size == 0

    def shape(self, variable: Variable) -> tuple[int, ...]:
        """Return the sizes of a variable's dimensions."""
        return tuple(self.dimensions[k].size or self.records for k in variable.dimensions)


def read_header(file: ContainerFile) -> Header:
    """Read a header. Raises V0360 for a file that is no such file, V0361 for one that is damaged."""
    size = file.reader.size
    magic = file.reader.read(0, min(4, size))
    if magic not in (b"CDF\x01", b"CDF\x02", b"CDF\x05"):
        raise file.problem(
            "V0360",
            f"{file.name} is no NetCDF classic file",
            0,
            expected="'CDF' and a version byte of 1, 2 or 5",
            found=repr(magic)[1:] if magic else "an empty file",
            help="NetCDF-4 files are HDF5: say `format: hdf5`"
            if magic == b"\x89HDF"
            else "check the pattern",
        )
    return _Parser(Cursor(file, 4), magic[3]).header()


class _Parser:
    def __init__(self, cursor: Cursor, version: int) -> None:
        self._cursor = cursor
        self._count = ">u8" if version == 5 else ">u4"
        self._begin = ">u4" if version == 1 else ">u8"
        self._types = TYPES_5 if version == 5 else TYPES

    def header(self) -> Header:
        records = self._number("the number of records")
        dimensions = self._dimensions()
        attributes = self._attributes("the file")
        variables = self._variables(dimensions)
        streaming = records == (1 << 8 * np.dtype(self._count).itemsize) - 1
        first, stride = self._records(dimensions, variables)
        if streaming:
            size = self._cursor.file.reader.size
            records = max(0, (size - first) // stride) if stride else 0
        return Header(dimensions, attributes, variables, records, stride)

    def _number(self, what: str) -> int:
        return self._cursor.number(self._count, what)

    def _list(self, tag: int, least: int, what: str) -> int:
        """Return how many items of at least ``least`` bytes a list has."""
        cursor = self._cursor
        at = cursor.at
        found = cursor.number(">u4", what)
        count = self._number(what)
        if found != tag and (found or count):
            raise cursor.damaged(f"{what} does not begin as it must", at, expected=f"{tag}", found=f"{found}")
        if count * least > cursor.left:
            raise cursor.damaged(
                f"{what} has {count} items", at, expected=f"at most {cursor.left // least}", found=f"{count}"
            )
        return count

    def _name(self, what: str) -> str:
        length = self._number(what)
        raw = self._cursor.take(length, what)
        self._pad(length, what)
        # The library takes names as C does: up to a zero byte.
        return text(raw.partition(b"\0")[0])

    def _pad(self, length: int, what: str) -> None:
        self._cursor.skip(-length % 4, what)

    def _type(self, what: str) -> np.dtype[np.generic]:
        at = self._cursor.at
        code = self._cursor.number(">u4", what)
        if code not in self._types:
            raise self._cursor.damaged(
                f"{what} is unknown", at, expected=f"1 to {max(self._types)}", found=f"{code}"
            )
        return np.dtype(self._types[code])

    def _dimensions(self) -> tuple[Dimension, ...]:
        found: list[Dimension] = []
        for _ in range(self._list(_DIMENSION, 8, "the list of dimensions")):
            at = self._cursor.at
            name = self._name("the name of a dimension")
            found.append(Dimension(name, self._number(f"the length of dimension '{name}'")))
            if found[-1].size == 0 and sum(dimension.size == 0 for dimension in found) > 1:
                raise self._cursor.damaged(
                    "there are two record dimensions", at, found=f"'{name}' is the second"
                )
        return tuple(found)

    def _attributes(self, owner: str) -> dict[str, object]:
        found: dict[str, object] = {}
        for _ in range(self._list(_ATTRIBUTE, 12, f"the list of attributes of {owner}")):
            name = self._name(f"the name of an attribute of {owner}")
            what = f"attribute '{name}' of {owner}"
            dtype = self._type(f"the type of {what}")
            count = self._number(what)
            if count > self._cursor.left:
                raise self._cursor.damaged(
                    f"{what} has {count} values", expected=f"at most {self._cursor.left}"
                )
            values = self._cursor.numbers(dtype, count, what)
            self._pad(values.nbytes, what)
            if dtype.kind == "S":
                found[name] = text(values.tobytes().rstrip(b"\0"))
            else:
                found[name] = values[0] if count == 1 else values
        return found

    def _variables(self, dimensions: tuple[Dimension, ...]) -> tuple[Variable, ...]:
        count = self._list(_VARIABLE, 28, "the list of variables")
        return tuple(self._variable(dimensions) for _ in range(count))

    def _variable(self, dimensions: tuple[Dimension, ...]) -> Variable:
        cursor = self._cursor
        name = self._name("the name of a variable")
        what = f"variable '{name}'"
        at = cursor.at
        rank = self._number(f"the rank of {what}")
        if rank > _MOST_DIMENSIONS:
            raise cursor.damaged(f"{what} has {rank} dimensions", at, expected=f"at most {_MOST_DIMENSIONS}")
        own = tuple(self._number(f"a dimension of {what}") for _ in range(rank))
        if any(k >= len(dimensions) for k in own):
            raise cursor.damaged(
                f"{what} has a dimension that is not there",
                at,
                expected=f"0 to {len(dimensions) - 1}",
                found=f"{own}",
            )
        if any(dimensions[k].size == 0 for k in own[1:]):
            raise cursor.damaged(f"{what} has records along a dimension that is not its first", at)
        attributes = self._attributes(what)
        dtype = self._type(f"the type of {what}")
        self._number(f"the size of {what}")
        return Variable(name, own, attributes, dtype, cursor.number(self._begin, f"the place of {what}"))

    def _records(self, dimensions: tuple[Dimension, ...], variables: tuple[Variable, ...]) -> tuple[int, int]:
        """Return where records begin, and how long each is.

        Each variable's part is padded to four bytes, but where there is only one record variable. The
        sizes in the header are not used: they do not hold for large variables.
        """
        growing = [v for v in variables if v.dimensions and dimensions[v.dimensions[0]].size == 0]
        sizes = [v.dtype.itemsize * prod(dimensions[k].size for k in v.dimensions[1:]) for v in growing]
        stride = sizes[0] if len(sizes) == 1 else sum(size + -size % 4 for size in sizes)
        if stride >= 1 << 63:
            raise self._cursor.damaged("a record would have 2^63 bytes or more")
        return min((v.begin for v in growing), default=0), stride
