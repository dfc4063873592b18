"""A coordinate that is a start and a step: exact for every element, and no memory for any."""

from __future__ import annotations

from collections.abc import Hashable, Mapping
from typing import Any

import numpy as np
import xarray as xr
from numpy.typing import ArrayLike, NDArray
from xarray.core.coordinate_transform import CoordinateTransform
from xarray.core.indexing import IndexSelResult
from xarray.indexes import CoordinateTransformIndex

Floats = NDArray[np.float64]

_NEAR = 1e-6
"""How far off an element, in steps, a label may be: floats of times are never exact."""


class Affine(CoordinateTransform):
    """``start + step * (first + stride * i)``: the value that element i had before anything was sliced."""

    def __init__(
        self, dim: str, size: int, line: tuple[float, float], place: tuple[int, int] = (0, 1)
    ) -> None:
        super().__init__([dim], {dim: size}, np.dtype(np.float64))
        self.dim, self.size = dim, size
        self.start, self.step = line
        self.first, self.stride = place

    def at(self, position: ArrayLike) -> Floats:
        """Return the coordinates of elements."""
        number = self.first + self.stride * np.asarray(position)
        return np.asarray(self.start + self.step * number, np.float64)

    def position(self, label: ArrayLike) -> Floats:
        """Return where coordinates lie, in elements; not whole numbers between two of them."""
        place = (np.asarray(label, np.float64) - self.start) / self.step
        return np.asarray((place - self.first) / self.stride, np.float64)

    def forward(self, dim_positions: dict[str, Any]) -> dict[Hashable, Any]:
        """Return labels from positions."""
        return {self.dim: self.at(np.asarray(dim_positions[self.dim]))}

    def reverse(self, coord_labels: dict[Hashable, Any]) -> dict[str, Any]:
        """Return positions from labels."""
        return {self.dim: self.position(coord_labels[self.dim])}

    def equals(self, other: CoordinateTransform, **_: object) -> bool:
        """Tell whether another one has the same labels."""
        return isinstance(other, Affine) and self.key == other.key

    def part(self, wanted: slice) -> Affine:
        """Return the coordinate of a slice of the elements."""
        rows = range(*wanted.indices(self.size))
        place = (self.first + self.stride * rows.start, self.stride * rows.step)
        return Affine(self.dim, len(rows), (self.start, self.step), place)

    @property
    def key(self) -> tuple[object, ...]:
        """What two coordinates with the same labels have in common."""
        return (self.dim, self.size, self.start, self.step, self.first, self.stride if self.size > 1 else 0)


class AffineIndex(CoordinateTransformIndex):
    """Label-based selection without a table of labels: slices, single labels, lists of them."""

    transform: Affine

    def isel(self, indexers: Mapping[Any, Any]) -> AffineIndex | None:
        """Return the index of a slice; of anything else the labels become plain values."""
        wanted = indexers.get(self.transform.dim)
        return AffineIndex(self.transform.part(wanted)) if isinstance(wanted, slice) else None

    def sel(
        self, labels: dict[Any, Any], method: str | None = None, tolerance: float | None = None
    ) -> IndexSelResult:
        """Return the positions of labels: of a slice both ends belong to it, as with any index of xarray.

        A single label must be one of an element, unless ``method="nearest"`` is given. Raises `KeyError`.
        """
        line = self.transform
        label = labels[line.dim]
        if isinstance(label, slice):
            return IndexSelResult({line.dim: self._slice(label)})
        values = label.values if isinstance(label, xr.DataArray | xr.Variable) else np.asarray(label)
        exact = line.position(values)
        nearest = np.rint(exact)
        if method not in (None, "nearest"):
            raise ValueError(f"method {method!r} is not possible here: 'nearest' is, or none")
        outside = (nearest < 0) | (nearest > line.size - 1)
        if method == "nearest":
            nearest = np.clip(nearest, 0, line.size - 1)
            if tolerance is not None and (np.abs(line.at(nearest) - values) > tolerance).any():
                raise KeyError(f"no element within {tolerance} of {label}")
        elif (outside | ~(np.abs(exact - nearest) <= _NEAR * np.maximum(1, np.abs(exact) * 1e-6))).any():
            raise KeyError(
                f"no element at {label}: they lie {abs(line.step * line.stride):g} apart; method='nearest'?"
            )
        found = nearest.astype(np.int64)
        if isinstance(label, xr.DataArray | xr.Variable) and found.ndim:
            return IndexSelResult({line.dim: xr.Variable(label.dims, found)})
        return IndexSelResult({line.dim: found if found.ndim else int(found)})

    def _slice(self, label: slice) -> slice:
        line = self.transform
        if label.step is not None:
            raise ValueError("a slice of labels has no step: take every n-th element with isel")
        low, high = (None if end is None else float(line.position(end)) for end in (label.start, label.stop))
        start = 0 if low is None else int(np.clip(np.ceil(low - _NEAR), 0, line.size))
        stop = line.size if high is None else int(np.clip(np.floor(high + _NEAR) + 1, 0, line.size))
        return slice(start, max(start, stop))

    def __repr__(self) -> str:
        line = self.transform
        return f"AffineIndex({line.dim}: {line.at(0):g} + {line.step * line.stride:g} * i, size {line.size})"

    def _repr_inline_(self, max_width: int) -> str:
        return repr(self)[:max_width]
