"""The groups of a map as data sets of xarray."""

from __future__ import annotations

import json
from dataclasses import dataclass

import numpy as np
import xarray as xr
from xarray.backends import BackendArray
from xarray.core import indexing

from vspec.errors import Problem, VspecError
from vspec.layout import Json
from vspec.opening.arrays import OpenedArrays
from vspec.opening.axes import Coordinate, runs_back
from vspec.opening.model import Array, LazyArray, Part
from vspec.opening.naming import Names
from vspec.opening.scaling import SCALES, Scale, ScaledArray, scale_of
from vspec.profile.arrays import MapArray, node_fault

_OWN = frozenset({"_ARRAY_DIMENSIONS", "vspec", "coordinates"})
_DEEPEST = 64
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
        if not isinstance(key, indexing.VectorizedIndexer):
            return self._values(key.tuple)
        support = indexing.IndexingSupport.OUTER
        found: Array = indexing.explicit_indexing_adapter(key, self.shape, support, self._values)
        return found

    def _values(self, key: tuple[Part, ...]) -> Array:
        return self.array.outer(key)


class Tree:
    """The groups of a map. ``scaled`` gives physical values instead of raw ones."""

    def __init__(self, arrays: OpenedArrays, *, scaled: bool = False) -> None:
        self.arrays, self.scaled = arrays, scaled
        self._members: dict[str, dict[str, MapArray]] = {}
        for array in arrays.document.arrays:
            folder, _, name = array.path.rpartition("/")
            self._members.setdefault(folder, {})[name] = array
        self._below: dict[str, set[str]] = {}
        for path in self._paths():
            folder, _, name = path.rpartition("/")
            self._below.setdefault(folder, set()).add(name)
        self._named: dict[str, Names] = {}

    def _paths(self) -> set[str]:
        """Return the paths of all groups but the root, those that the map only implies as well."""
        refs = self.arrays.document.refs
        named = {path for path, _, name in (key.rpartition("/") for key in refs) if name == ".zgroup"}
        found: set[str] = set()
        for path in named | self._members.keys():
            parts = path.split("/")
            if len(parts) > _DEEPEST:
                raise self._fault(path, f"lies more than {_DEEPEST} groups deep")
            found |= {"/".join(parts[:count]) for count in range(1, len(parts) + 1)}
        return found - {""}

    def _fault(self, path: str, why: str) -> VspecError:
        name = self.arrays.document.path.name
        return VspecError([Problem("V0705", f"the group '{path[:200]}' of {name} {why}")])

    def groups(self) -> list[str]:
        """Return the paths of all groups, the root (``/``) first.

        Raises `VspecError` V0705 where one has no path of a group, or that of an array.
        """
        arrays = {array.path for array in self.arrays.document.arrays}
        paths = sorted(self._paths())
        for path in paths:
            fault = node_fault(path) or ("is an array, too" if path in arrays else None)
            if fault is not None:
                raise self._fault(path, fault)
        return ["/", *(f"/{path}" for path in paths)]

    def dataset(self, group: str = "/", leave_out: frozenset[str] = frozenset()) -> xr.Dataset:
        """Return a group as a data set of lazy variables. Raises `KeyError` for a group that there is not."""
        path = group.strip("/")
        above, _, name = path.rpartition("/")
        if path and name not in self._below.get(above, ()):
            known = ", ".join(self.groups())
            raise KeyError(f"{self.arrays.document.path.name} has no group '{path}': {known}")
        return _Group(self, path, self._names(path)).dataset(leave_out)

    def _names(self, path: str) -> Names:
        """Return how the axes of a group are called; those of the groups above it bind it."""
        if path not in self._named:
            above, _, name = path.rpartition("/")
            inherited = self._names(above).visible if path else {}
            below = frozenset(self._below.get(path, ()))
            self._named[path] = Names.of(name, self._members.get(path, {}), inherited, below)
        return self._named[path]


@dataclass(frozen=True, slots=True)
class _Group:
    """One group on its way to a data set."""

    tree: Tree
    path: str
    names: Names

    def dataset(self, leave_out: frozenset[str]) -> xr.Dataset:
        made = {
            name: self._variable(name, array)
            for name, array in self.names.members.items()
            if name not in leave_out
        }
        along = {name for name in made if self.names.is_coordinate(name)}
        coords = {name: variable for name, variable in made.items() if name in along}
        plain = {name for name, held in coords.items() if held.dims != (name,) or held.size > MOST_INDEXED}
        found = xr.Dataset({name: v for name, v in made.items() if name not in along}, attrs=self._attrs())
        found = found.assign_coords({name: v for name, v in coords.items() if name not in plain})
        found = found.assign_coords(xr.Coordinates({name: coords[name] for name in plain}, indexes={}))
        for dim, axis in self.names.axes.items():
            for name, made_up in axis.coordinates(dim):
                if name not in leave_out and dim in found.dims:
                    taken = name != dim and (name in self.names.members or name in self.names.below)
                    found = found.assign_coords(_renamed(made_up, name) if taken else made_up)
        return found

    def _attrs(self) -> dict[str, Json]:
        refs = self.tree.arrays.document.refs
        attrs = json.loads(str(refs.get(f"{self.path}/.zattrs" if self.path else ".zattrs", "{}")))
        return {key: value for key, value in attrs.items() if self.path or key != "vspec"}

    def _variable(self, name: str, array: MapArray) -> xr.Variable:
        shown = self.tree.arrays[array.path]
        is_scaled = self.tree.scaled and name not in self.names.scales
        scale = scale_of(array, shown.dims, self._beside) if is_scaled else Scale()
        attrs = {key: value for key, value in array.attrs.items() if key not in _OWN}
        if scale:
            attrs = {key: value for key, value in attrs.items() if key not in SCALES}
        turned = self.names.turned(name)
        dims = [dim for dim, _ in turned]
        held = indexing.LazilyIndexedArray(Values(self.tree.arrays, array.path, scale))
        encoding = {"preferred_chunks": dict(zip(dims, shown.chunks, strict=True))}
        variable = xr.Variable(dims, held, attrs, encoding)
        back = {dim: slice(None, None, -1) for dim, is_back in turned if is_back}
        return variable.isel(back) if back else variable

    def _beside(self, name: str, *, back: bool) -> Array:
        """Return the values of a coordinate along an axis, in the direction of the array beside it.

        Of what lies along no axis, or is not there, there are none: an array of no axis.
        """
        own = self.names.members.get(name)
        coordinate = None if own is None else self.tree.arrays[own.path]
        if own is None or coordinate is None or coordinate.ndim != 1 or coordinate.dtype.kind == "c":
            return np.zeros(())
        values = np.asarray(coordinate[...])
        return values[::-1] if back != runs_back(own, coordinate.dims[0]) else values


def _renamed(coordinate: Coordinate, name: str) -> dict[str, xr.Variable]:
    """Return a coordinate under another name, where an array or a group has its own."""
    held = coordinate[name]
    return {f"{name}_text": held.variable if isinstance(held, xr.DataArray) else held}
