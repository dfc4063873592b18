"""The axes of a group as netCDF-4 has them: a dimension scale for each, which its arrays share."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np

from vspec.exporting.hdf5_values import attribute, long_line, texts
from vspec.exporting.model import Axis, dims_of
from vspec.profile.arrays import MapArray

if TYPE_CHECKING:
    import h5py

MOST_VALUES = 1 << 16
"""Values of a regular axis that are written; of a longer one there are start and step, as attributes."""
_BARE = "This is a netCDF dimension but not a netCDF variable.%10d"
"""What netCDF-4 calls the scale of an axis without coordinates (its file format, appendix C)."""


@dataclass(slots=True)
class Scales:
    """The axes of the arrays of one group, by the name that each got.

    Axes of one name that differ get names of their own, with the name of the array behind them.
    """

    arrays: Mapping[str, MapArray]
    axes: dict[str, Axis] = field(default_factory=dict)
    of: dict[str, tuple[str, ...]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        for name, array in self.arrays.items():
            pairs = zip(dims_of(array), array.shape, strict=True)
            self.of[name] = tuple(self._named(name, array, dim, size) for dim, size in pairs)

    def _named(self, name: str, array: MapArray, dim: str, size: int) -> str:
        axis = Axis.of(array, dim, size)
        for candidate in _names(dim, name):
            known, holder = self.axes.get(candidate), self.arrays.get(candidate)
            if holder is not None and not (dims_of(holder) == (dim,) and holder.shape == (size,)):
                continue
            if known is None or known.agrees(axis):
                self.axes[candidate] = axis if known is None else known.with_more(axis)
                return candidate
        raise AssertionError("there is no end of names")

    def notes(self) -> Iterator[str]:
        """Yield what is not written as values."""
        for dim, axis in self.axes.items():
            if axis.line is not None and axis.size > MOST_VALUES and dim not in self.arrays:
                yield f"{dim}: {axis.size} regular coordinates are start and step in attributes, not values"

    def write(self, group: h5py.Group) -> None:
        """Write the scales beside the arrays, which are there already, and attach them."""
        for dim, axis in self.axes.items():
            if dim in self.arrays:
                group[dim].make_scale(dim)
            else:
                _scale(group, dim, axis)
        for name, dims in self.of.items():
            node = group[name]
            for k, dim in enumerate(dims):
                if dim != name:
                    node.dims[k].attach_scale(group[dim])
                axis = self.axes[dim]
                if axis.line is not None and axis.size > MOST_VALUES:
                    for key, value in long_line(dim, axis.line, axis.said):
                        if key not in node.attrs:
                            node.attrs[key] = attribute(value)
        for dim, axis in self.axes.items():
            self._texts(group, dim, axis)

    def _texts(self, group: h5py.Group, dim: str, axis: Axis) -> None:
        named = {f"{dim}_{kind}": values for kind, values in axis.texts.items()}
        if axis.labels and (axis.line is not None or dim in self.arrays):
            named[f"{dim}_label"] = axis.labels
        for wanted, values in named.items():
            name = next(name for name in _names(wanted, "text") if name not in group)
            node = group.create_dataset(name, data=texts(list(values)))
            node.dims[0].attach_scale(group[dim])


def _scale(group: h5py.Group, dim: str, axis: Axis) -> None:
    if axis.line is not None and axis.size <= MOST_VALUES:
        start, step = axis.line
        node = group.create_dataset(dim, data=start + step * np.arange(axis.size))
        for name, value in axis.said.items():
            node.attrs[name] = attribute(value)
        node.make_scale(dim)
    elif axis.labels and axis.line is None:
        group.create_dataset(dim, data=texts(list(axis.labels))).make_scale(dim)
    else:
        group.create_dataset(dim, shape=(axis.size,), dtype=">f4").make_scale(_BARE % axis.size)


def _names(wanted: str, more: str) -> Iterator[str]:
    """Yield a name, and others for where that is taken."""
    yield wanted
    yield f"{wanted}_{more}"
    number = 2
    while True:
        yield f"{wanted}_{more}_{number}"
        number += 1


def grouped(arrays: Sequence[MapArray]) -> dict[str, Scales]:
    """Return the axes of each group that has arrays."""
    members: dict[str, dict[str, MapArray]] = {}
    for array in arrays:
        folder, _, name = array.path.rpartition("/")
        members.setdefault(folder, {})[name] = array
    return {folder: Scales(held) for folder, held in members.items()}
