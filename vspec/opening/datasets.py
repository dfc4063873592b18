"""The groups of a map as data sets of xarray."""

from __future__ import annotations

import json
from dataclasses import dataclass, field

import numpy as np
import xarray as xr
from xarray.backends import BackendArray
from xarray.core import indexing

from vspec.layout import Json
from vspec.opening.arrays import OpenedArrays
from vspec.opening.axes import Axis
from vspec.opening.model import Array, LazyArray, Part
from vspec.opening.scaling import SCALES, Scale, ScaledArray, coordinates_of, scale_of
from vspec.profile.arrays import MapArray

_OWN = frozenset({"_ARRAY_DIMENSIONS", "vspec", "coordinates"})
MOST_INDEXED = 1 << 20
"""Values of which xarray makes a table of labels; a longer coordinate is read when it is asked for."""


class Values(BackendArray):
    """An array of an opened map as xarray asks for its values; it goes to another process by its path."""

    def __init__(self, arrays: OpenedArrays, path: str, scale: Scale) -> None:
        self._arrays, self._path, self._scale = arrays, path, scale
        array = arrays[path]
        self.array: LazyArray = ScaledArray(array, scale) if scale else array
        self.shape = self.array.shape
        self.dtype = self.array.dtype

    def __reduce__(self) -> tuple[type[Values], tuple[OpenedArrays, str, Scale]]:
        return Values, (self._arrays, self._path, self._scale)

    def __getitem__(self, key: indexing.ExplicitIndexer) -> Array:
        support = indexing.IndexingSupport.OUTER
        found: Array = indexing.explicit_indexing_adapter(key, self.shape, support, self._values)
        return found

    def _values(self, key: tuple[Part, ...]) -> Array:
        return self.array.outer(key)


@dataclass(frozen=True, slots=True)
class Tree:
    """The groups of a map. ``scaled`` gives physical values instead of raw ones."""

    arrays: OpenedArrays
    scaled: bool = False

    def groups(self) -> list[str]:
        """Return the paths of all groups, the root (``/``) first."""
        paths = (key.rpartition("/") for key in self.arrays.document.refs)
        return ["/", *sorted(f"/{path}" for path, _, name in paths if name == ".zgroup" and path)]

    def dataset(self, group: str = "/", leave_out: frozenset[str] = frozenset()) -> xr.Dataset:
        """Return a group as a data set of lazy variables. Raises `KeyError` for a group that there is not."""
        path = group.strip("/")
        known = self.groups()
        if f"/{path}" not in known:
            raise KeyError(f"{self.arrays.document.path.name} has no group '{path}': {', '.join(known)}")
        found = (array.path.rpartition("/") for array in self.arrays.document.arrays)
        names = {name for folder, _, name in found if folder == path}
        return self._group(path, frozenset(names - leave_out)).dataset()

    def _group(self, path: str, names: frozenset[str]) -> _Group:
        above = path.rpartition("/")[0]
        if not path:
            return _Group(self, path, names)
        found = (array.path.rpartition("/") for array in self.arrays.document.arrays)
        parent = self._group(above, frozenset(name for folder, _, name in found if folder == above))
        parent.dataset()
        return _Group(self, path, names, {**parent.inherited, **parent.axes})


@dataclass(slots=True)
class _Group:
    """One group while it becomes a data set. Axes of one name that differ get names of their own.

    That holds of the groups above it as well (``inherited``): in a tree a group has all of their axes, too.
    """

    tree: Tree
    path: str
    names: frozenset[str]
    inherited: dict[str, Axis] = field(default_factory=dict)
    axes: dict[str, Axis] = field(default_factory=dict)

    def dataset(self) -> xr.Dataset:
        members = {
            array.path.rpartition("/")[2]: array
            for array in self.tree.arrays.document.arrays
            if array.path.rpartition("/")[0] == self.path and array.path.rpartition("/")[2] in self.names
        }
        along = {name for array in members.values() for name in coordinates_of(array)}
        data = {name: self._variable(array, along) for name, array in members.items() if name not in along}
        coords = {name: self._variable(array, along) for name, array in members.items() if name in along}
        named = {dim for dim in self.axes if dim in data or dim in coords}
        found = xr.Dataset(data, attrs=self._attrs())
        plain = {name for name, held in coords.items() if held.size > MOST_INDEXED}
        found = found.assign_coords({name: held for name, held in coords.items() if name not in plain})
        found = found.assign_coords(xr.Coordinates({name: coords[name] for name in plain}, indexes={}))
        for dim, axis in self.axes.items():
            for coordinate in axis.coordinates(dim) if dim not in named else ():
                found = found.assign_coords(coordinate)
        return found

    def _attrs(self) -> dict[str, Json]:
        refs = self.tree.arrays.document.refs
        text = refs.get(f"{self.path}/.zattrs" if self.path else ".zattrs", "{}")
        attrs = json.loads(str(text))
        return {key: value for key, value in attrs.items() if self.path or key != "vspec"}

    def _variable(self, array: MapArray, along: set[str]) -> xr.Variable:
        name = array.path.rpartition("/")[2]
        shown = self.tree.arrays[array.path]
        is_scaled = self.tree.scaled and not (name in along and name.endswith(("_gain", "_offset")))
        scale = scale_of(array, shown.dims, self._beside) if is_scaled else Scale()
        found = [Axis.of(array, dim, n) for dim, n in zip(shown.dims, shown.shape, strict=True)]
        turned = [self._known(axis, name, is_coordinate=name in along) for axis in found]
        dims = [dim for dim, _ in turned]
        attrs = {key: value for key, value in array.attrs.items() if key not in _OWN}
        if scale:
            attrs = {key: value for key, value in attrs.items() if key not in SCALES}
        held = indexing.LazilyIndexedArray(Values(self.tree.arrays, array.path, scale))
        encoding = {"preferred_chunks": dict(zip(dims, shown.chunks, strict=True))}
        variable = xr.Variable(dims, held, attrs, encoding)
        back = {dim: slice(None, None, -1) for dim, is_back in turned if is_back}
        return variable.isel(back) if back else variable

    def _beside(self, name: str, *, back: bool) -> Array:
        """Return the values of a coordinate along an axis, in the direction of the array beside it."""
        path = f"{self.path}/{name}" if self.path else name
        coordinate = self.tree.arrays[path]
        values = np.asarray(coordinate[...])
        (own,) = (a for a in self.tree.arrays.document.arrays if a.path == path)
        return values[::-1] if back != Axis.of(own, coordinate.dims[0], len(values)).back else values

    def _known(self, axis: Axis, array: str, *, is_coordinate: bool) -> tuple[str, bool]:
        """Return the name of an axis in the data set, and whether the array must be turned along it."""
        name = axis.name
        above = self.inherited.get(name)
        if above is not None and not (above.agrees(axis) and above.back == axis.back):
            name = f"{name}_{self.path.rpartition('/')[2]}"
        known = self.axes.get(name)
        if known is not None and not (known.agrees(axis) and (is_coordinate or known.back == axis.back)):
            name, known = f"{name}_{array}", None
        self.axes[name] = axis if known is None else known.with_more(axis)
        return name, known is not None and known.back != axis.back
