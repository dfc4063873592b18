"""The values of expressions, and what an expression asks of its surroundings.

An expression yields one of `Value`: a scalar (``int`` within 64 bits, ``float``, ``bool``,
``str``, ``bytes``, ``None`` for the card's ``none``), a ``list``, a numpy column, a type, or one of
the protocols below. The engine knows records and rows only through the protocols; the header
implements them.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Protocol, runtime_checkable

import numpy as np
from numpy.typing import NDArray

from vspec.datatypes import ElementType, NamedType

Column = NDArray[Any]


class PathText(str):
    """A path in a container: its slashes make groups in a map, those of other texts do not."""

    __slots__ = ()


class UnknownName(LookupError):  # noqa: N818  # a signal between rooms, never shown
    """Raised by a scope or a record for a name that it does not have (any other failure is its own)."""


@runtime_checkable
class Record(Protocol):
    """One struct, text header, JSON object or file: named values."""

    def names(self) -> Iterable[str]:
        """Return every name that `get` knows, for suggestions."""

    def get(self, name: str) -> Value:
        """Return a value; raise `UnknownName`."""

    def locate(self, name: str) -> object:
        """Return where a field lies, without reading it (an object of the header room)."""


@runtime_checkable
class Rows(Protocol):
    """A repeated record (or the files of a role): columns by name, records by index."""

    def __len__(self) -> int: ...

    def __iter__(self) -> Iterator[Value]: ...

    def names(self) -> Iterable[str]:
        """Return the names of the columns."""

    def column(self, name: str) -> Value:
        """Return one value per row; raise `UnknownName`."""

    def locate(self, name: str) -> object:
        """Return where a column lies, over all rows, without reading it."""

    def row(self, key: int | str) -> Value:
        """Return the row at an index (negative counts from the end), or by key where the rows have one.

        Raises `IndexError` or `KeyError`; for the latter `keys` lists what there is.
        """

    def take(self, index: Column | slice) -> Rows:
        """Return the rows of an integer column, a mask, or a slice."""

    def keys(self) -> Iterable[object]:
        """Return the keys by which `row` finds rows."""

    def has(self, key: object) -> bool:
        """Tell whether `row` would find ``key`` (``k in rows``)."""


Value = (
    None
    | bool
    | int
    | float
    | str
    | bytes
    | list[Any]
    | Column
    | ElementType
    | NamedType
    | Record
    | Rows
    | Mapping[Any, Any]
)


class Scope(Protocol):
    """What the names of an expression mean."""

    def names(self) -> Iterable[str]:
        """Return every name in sight, for suggestions."""

    def get(self, name: str) -> Value:
        """Return the value of a name; raise `UnknownName`."""

    def locate(self, name: str) -> object:
        """Return where the field of that name lies, without reading it; raise `UnknownName`."""

    def find(self, needle: bytes, start: int | None) -> int:
        """Return the absolute offset of the first ``needle`` in the current file (``find()``)."""


@dataclass(frozen=True, slots=True)
class Extent:
    """Bytes in one file: what ``at()``, ``end()`` and ``nbytes()`` ask of a located object.

    Every object returned by ``locate`` has the attributes ``offset`` and ``nbytes``: an ``int``
    each, or an int64 column each for a field of many rows.
    """

    offset: int | Column
    nbytes: int | Column


class Chain:
    """A scope in front of another: loop variables, the columns inside ``rec[...]``."""

    def __init__(self, inner: Mapping[str, Value], outer: Scope) -> None:
        self._inner = inner
        self._outer = outer

    def names(self) -> Iterable[str]:
        return [*self._inner, *self._outer.names()]

    def get(self, name: str) -> Value:
        return self._inner[name] if name in self._inner else self._outer.get(name)

    def locate(self, name: str) -> object:
        if name in self._inner:
            return self._inner[name]
        return self._outer.locate(name)

    def find(self, needle: bytes, start: int | None) -> int:
        return self._outer.find(needle, start)


def is_column(value: object) -> bool:
    """Tell whether a value is a column (a numpy array of at least one dimension)."""
    return isinstance(value, np.ndarray) and value.ndim > 0
