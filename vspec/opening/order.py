"""From the order in which an array is stored to the one that the card asks for."""

from __future__ import annotations

from dataclasses import dataclass
from types import EllipsisType

import numpy as np

from vspec.layout import Json
from vspec.profile.arrays import MapArray

COMPLEX = "complex"
"""The name of a last axis of two: real and imaginary part."""


@dataclass(frozen=True, slots=True)
class Order:
    """How an array is shown: ``dims`` in the card's order, ``stored`` their places in the map.

    ``is_complex`` says that a last stored axis of two is part of the elements; it is no axis any more.
    """

    dims: tuple[str, ...]
    stored: tuple[int, ...]
    flipped: tuple[bool, ...]
    is_complex: bool

    @classmethod
    def of(cls, array: MapArray) -> Order:
        """Return the order of an array of a map."""
        names = _texts(array.attrs.get("_ARRAY_DIMENSIONS"))
        own = array.attrs.get("vspec")
        asked = _texts(own.get("dims") if isinstance(own, dict) else None) or names
        is_pair = bool(names) and names[-1] == COMPLEX and array.shape[-1] == 2
        is_complex = is_pair and array.dtype.kind == "f" and array.dtype.itemsize > 2 and COMPLEX in asked
        shown = [name for name in asked if not (is_complex and name == COMPLEX)]
        plain = tuple(name.removeprefix("-") for name in shown)
        stored = tuple(names.index(name) for name in plain)
        return cls(plain, stored, tuple(name.startswith("-") for name in shown), is_complex)

    @property
    def turn(self) -> tuple[slice | EllipsisType, ...]:
        """The index that makes axes run back where the card wants that."""
        return (..., *(slice(None, None, -1) if back else slice(None) for back in self.flipped))

    def shape(self, array: MapArray) -> tuple[int, ...]:
        """Return the sizes of the axes."""
        return tuple(array.shape[axis] for axis in self.stored)

    def dtype(self, array: MapArray) -> np.dtype[np.generic]:
        """Return the type of the elements, in the byte order of the file."""
        if not self.is_complex:
            return array.dtype
        return np.dtype(f"{array.dtype.str[0]}c{2 * array.dtype.itemsize}")

    def chunks(self, array: MapArray) -> tuple[int, ...]:
        """Return the sizes of chunks along the axes."""
        return tuple(array.chunks[axis] for axis in self.stored)


def _texts(value: Json) -> list[str]:
    return [str(each) for each in value] if isinstance(value, list) else []
