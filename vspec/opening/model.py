"""What an opened map gives for each array."""

from __future__ import annotations

from abc import ABC, abstractmethod
from math import prod

import numpy as np
from numpy.typing import DTypeLike, NDArray

Array = NDArray[np.generic]
Part = int | slice | NDArray[np.int64]
"""An index of one axis."""


class LazyArray(ABC):
    """An array in the card's order whose values are read when they are asked for.

    ``dims``, ``shape``, ``dtype`` (in the byte order of the file) and ``chunks`` (what is read at once) are
    those of the card's order. It is indexed with numbers, slices, an ellipsis and at most one list of numbers
    or of truth values; every index gives a new array of numpy's, or a number.
    """

    __slots__ = ("chunks", "dims", "dtype", "shape")

    dims: tuple[str, ...]
    shape: tuple[int, ...]
    chunks: tuple[int, ...]
    dtype: np.dtype[np.generic]

    @abstractmethod
    def __getitem__(self, key: object) -> Array | np.generic:
        """Return what an index picks, as numpy does. Raises `IndexError`."""

    @abstractmethod
    def outer(self, key: tuple[Part, ...]) -> Array:
        """Return what an index for each axis picks, each for itself: of several lists, all pairs."""

    @property
    def ndim(self) -> int:
        """Number of axes."""
        return len(self.shape)

    @property
    def size(self) -> int:
        """Number of elements."""
        return prod(self.shape)

    def __len__(self) -> int:
        return self.shape[0]

    def __repr__(self) -> str:
        sizes = " ".join(f"{name}={size}" for name, size in zip(self.dims, self.shape, strict=True))
        return f"<{type(self).__name__} {sizes} {self.dtype.str}>"

    def __array__(self, dtype: DTypeLike | None = None, *, copy: bool | None = None) -> Array:
        if copy is False:
            raise ValueError("what lies in files cannot be had without a copy")
        found = np.asarray(self[...])
        return found if dtype is None else found.astype(dtype, copy=False)
