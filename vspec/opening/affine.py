"""A coordinate that is a start and a step: exact for every element, and no memory for any."""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Mapping, Sequence
from typing import Any, Literal

import numpy as np
import xarray as xr
from numpy.typing import ArrayLike, NDArray
from xarray.core.coordinate_transform import CoordinateTransform
from xarray.core.indexing import IndexSelResult
from xarray.indexes import CoordinateTransformIndex, Index, PandasIndex

Floats = NDArray[np.float64]
Positions = Iterable[Iterable[int]] | None
JoinOptions = Literal["outer", "inner", "left", "right", "exact", "override"]

_NEAR = 1e-6
"""How far off an element, in steps, a label may be: floats of times are never exact."""


class Affine(CoordinateTransform):
    """``start + step * (first + stride * i)``: the value that element i had before anything was sliced.

    ``names`` are those of the coordinate and of its axis.
    """

    def __init__(
        self, names: tuple[str, str], size: int, line: tuple[float, float], place: tuple[int, int] = (0, 1)
    ) -> None:
        super().__init__([names[0]], {names[1]: size}, np.dtype(np.float64))
        self.start, self.step = line
        self.first, self.stride = place

    @property
    def names(self) -> tuple[str, str]:
        """The coordinate and its axis, as they are called now."""
        return str(self.coord_names[0]), self.dims[0]

    @property
    def size(self) -> int:
        """Number of elements."""
        return self.dim_size[self.dims[0]]

    def at(self, position: ArrayLike) -> Floats:
        """Return the coordinates of elements."""
        number = self.first + self.stride * np.asarray(position)
        return np.asarray(self.start + self.step * number, np.float64)

    def position(self, label: ArrayLike) -> Floats:
        """Return where coordinates lie, in elements; not whole numbers between two of them."""
        place = (np.asarray(label, np.float64) - self.start) / self.step
        return np.asarray((place - self.first) / self.stride, np.float64)

    def slack(self, label: ArrayLike) -> Floats:
        """Return how far off an element, in elements, a label may be: at least what floats leave open."""
        largest = np.maximum(np.abs(np.asarray(label, np.float64)), abs(self.start))
        with np.errstate(invalid="ignore"):
            rounding = 2 * np.spacing(largest) / abs(self.step * self.stride)
        return np.asarray(np.clip(np.nan_to_num(rounding), _NEAR, 0.25), np.float64)

    def forward(self, dim_positions: dict[str, Any]) -> dict[Hashable, Any]:
        """Return labels from positions."""
        name, dim = self.names
        return {name: self.at(np.asarray(dim_positions[dim]))}

    def reverse(self, coord_labels: dict[Hashable, Any]) -> dict[str, Any]:
        """Return positions from labels."""
        name, dim = self.names
        return {dim: self.position(coord_labels[name])}

    def equals(self, other: CoordinateTransform, **_: object) -> bool:
        """Tell whether another one has the same labels."""
        return isinstance(other, Affine) and self.key == other.key

    def part(self, wanted: slice) -> Affine:
        """Return the coordinate of a slice of the elements."""
        rows = range(*wanted.indices(self.size))
        place = (self.first + self.stride * rows.start, self.stride * rows.step)
        return Affine(self.names, len(rows), (self.start, self.step), place)

    @property
    def key(self) -> tuple[object, ...]:
        """What two coordinates with the same labels have in common."""
        return (self.dims, self.size, self.start, self.step, self.first, self.stride if self.size > 1 else 0)


class AffineIndex(CoordinateTransformIndex):
    """Label-based selection without a table of labels: slices, single labels, lists of them.

    Where a table is the only answer (lists of elements, joining pieces), it becomes one.
    """

    transform: Affine

    def isel(self, indexers: Mapping[Any, Any]) -> AffineIndex | PandasIndex | None:
        """Return the index of a slice, or a table of what a list picks."""
        name, dim = self.transform.names
        wanted = indexers.get(dim)
        if isinstance(wanted, slice):
            return AffineIndex(self.transform.part(wanted))
        if isinstance(wanted, xr.Variable) and wanted.dims != (dim,):
            return None
        numbers = np.asarray(wanted.values if isinstance(wanted, xr.Variable) else wanted)
        if numbers.ndim != 1:
            return None
        picked = np.arange(self.transform.size)[numbers] if numbers.dtype.kind == "b" else numbers
        picked = np.where(picked < 0, picked + self.transform.size, picked)
        return _table(name, dim, self.transform.at(picked))

    def sel(
        self, labels: dict[Any, Any], method: str | None = None, tolerance: float | None = None
    ) -> IndexSelResult:
        """Return the positions of labels: of a slice both ends belong to it, as with any index of xarray.

        A single label must be one of an element, unless ``method="nearest"`` is given. Raises `KeyError`.
        """
        name, dim = self.transform.names
        label = labels[name]
        if method not in (None, "nearest"):
            raise ValueError(f"method {method!r} is not possible here: 'nearest' is, or none")
        if isinstance(label, slice):
            return IndexSelResult({dim: self._slice(label)})
        if method is None and tolerance is not None:
            raise ValueError("a tolerance goes with method='nearest'")
        values = np.asarray(label.values if isinstance(label, xr.DataArray | xr.Variable) else label)
        found = self._found(values, method, tolerance)
        if isinstance(label, xr.DataArray | xr.Variable) and found.ndim:
            return IndexSelResult({dim: xr.Variable(label.dims, found)})
        return IndexSelResult({dim: found if found.ndim else int(found)})

    def _found(self, values: NDArray[Any], method: str | None, tolerance: float | None) -> NDArray[np.int64]:
        line = self.transform
        if line.size == 0 and values.size:
            raise KeyError(f"no element at {values}: there are none")
        exact = line.position(values)
        if np.isnan(exact).any():
            raise KeyError(f"no element at {values}")
        nearest = np.rint(exact)
        outside = (nearest < 0) | (nearest > line.size - 1)
        if method == "nearest":
            nearest = np.clip(nearest, 0, max(0, line.size - 1))
            if tolerance is not None and (np.abs(line.at(nearest) - values) > tolerance).any():
                raise KeyError(f"no element within {tolerance} of {values}")
        elif (outside | ~(np.abs(exact - nearest) <= line.slack(values))).any():
            raise KeyError(
                f"no element at {values}: they lie {abs(line.step * line.stride):g} apart; method='nearest'?"
            )
        return np.asarray(nearest, np.int64)

    def _slice(self, label: slice) -> slice:
        line = self.transform
        if label.step is not None:
            raise ValueError("a slice of labels has no step: take every n-th element with isel")
        start, stop = 0, line.size
        if label.start is not None:
            start = int(np.clip(np.ceil(self._end(label.start, -1)), 0, line.size))
        if label.stop is not None:
            stop = int(np.clip(np.floor(self._end(label.stop, 1)) + 1, 0, line.size))
        return slice(start, max(start, stop))

    def _end(self, label: ArrayLike, outwards: int) -> Floats:
        found = self.transform.position(label) + outwards * self.transform.slack(label)
        if found.ndim or np.isnan(found):
            raise KeyError(f"no slice begins or ends at {label!r}")
        return found

    @property
    def table(self) -> PandasIndex:
        """The same labels, every one in memory."""
        return _table(*self.transform.names, self.transform.at(np.arange(self.transform.size)))

    def to_pandas_index(self) -> Any:  # noqa: ANN401 -- of pandas, which has no types here
        """Return the labels as an index of pandas."""
        return self.table.index

    @classmethod
    def concat(  # type: ignore[override]  # labels that lie apart are a table
        cls, indexes: Sequence[Index], dim: Hashable, positions: Positions = None
    ) -> PandasIndex:
        """Return a table of the labels of several indexes."""
        return PandasIndex.concat([_as_table(index) for index in indexes], dim, positions)

    def join(  # type: ignore[override]  # as above
        self, other: Index, how: JoinOptions = "inner"
    ) -> PandasIndex:
        """Return a table of the labels that two indexes share, or of all of them."""
        return self.table.join(_as_table(other), how=how)

    def reindex_like(
        self, other: Index, method: str | None = None, tolerance: float | None = None
    ) -> dict[Hashable, Any]:
        """Return where the labels of another index are."""
        return self.table.reindex_like(_as_table(other), method, tolerance)

    def __repr__(self) -> str:
        line, dim = self.transform, self.transform.names[1]
        return f"AffineIndex({dim}: {line.at(0):g} + {line.step * line.stride:g} * i, size {line.size})"

    def _repr_inline_(self, max_width: int) -> str:
        return repr(self)[:max_width]


def _table(name: str, dim: str, labels: Floats) -> PandasIndex:
    return PandasIndex.from_variables({name: xr.Variable((dim,), labels)}, options={})


def _as_table(index: Index) -> PandasIndex:
    if isinstance(index, AffineIndex):
        return index.table
    if not isinstance(index, PandasIndex):
        raise TypeError(f"labels of a {type(index).__name__} cannot be joined to those of a line")
    return index
