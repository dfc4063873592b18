"""Names of axes: dimension scales, NetCDF-4 dimensions, dimension labels.

Sources: HDF5 Dimension Scale Specification; NetCDF-4's notes on how it uses HDF5.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np

from vspec.containers.hdf5_library import FAULTS
from vspec.containers.hdf5_values import Values
from vspec.containers.naming import one_name

if TYPE_CHECKING:
    import h5py

_ALWAYS = frozenset(
    {"DIMENSION_LIST", "REFERENCE_LIST", "DIMENSION_LABELS"}
    | {"_Netcdf4Dimid", "_Netcdf4Coordinates", "_nc3_strict"}
)
_SCALE = frozenset({"CLASS", "NAME"})
_NO_VARIABLE = "This is a netCDF dimension but not a netCDF variable"


def hidden(values: Values, dataset: h5py.Dataset) -> frozenset[str]:
    """Return the names of attributes that only say which dimension is which."""
    return _ALWAYS | _SCALE if is_scale(values, dataset) else _ALWAYS


def is_scale(values: Values, dataset: h5py.Dataset) -> bool:
    """Tell whether a dataset is a dimension scale."""
    return _text(values.one(dataset, "CLASS")) == "DIMENSION_SCALE"


def is_only_a_dimension(values: Values, dataset: h5py.Dataset) -> bool:
    """Tell whether a dataset stands for a dimension and holds nothing."""
    return is_scale(values, dataset) and _text(values.one(dataset, "NAME")).startswith(_NO_VARIABLE)


@dataclass(slots=True)
class Dimensions:
    """What datasets say about their dimensions, gathered during a walk."""

    _by_number: dict[tuple[int, int], str] = field(default_factory=dict)

    def note(self, values: Values, file: int, leaf: str, dataset: h5py.Dataset) -> None:
        """Note the number that a dimension scale has."""
        number = _whole(values.one(dataset, "_Netcdf4Dimid"))
        if number is not None and is_scale(values, dataset):
            self._by_number.setdefault((file, number), leaf)

    def names(self, file: int, stated: Sequence[str | int | None]) -> tuple[str | None, ...]:
        """Return the names of axes where there are usable ones."""
        found: list[str | None] = []
        for what in stated:
            name = self._by_number.get((file, what)) if isinstance(what, int) else what
            usable = name is not None and one_name(name) is None and not name.startswith("-")
            found.append(name if usable and name not in found else None)
        return tuple(found)


def stated_axes(values: Values, leaf: str, dataset: h5py.Dataset) -> tuple[str | int | None, ...]:
    """Return a name, the number of a dimension, or None for each axis."""
    rank = len(dataset.shape)
    found: list[str | int | None] = [None] * rank
    numbers = values.one(dataset, "_Netcdf4Coordinates")
    if isinstance(numbers, np.ndarray) and numbers.shape == (rank,) and numbers.dtype.kind in "iu":
        found = list(map(int, numbers))
    elif is_scale(values, dataset) and rank == 1:
        found = [leaf]
    for at, name in enumerate(_scales(values, dataset)[:rank]):
        found[at] = name if found[at] is None else found[at]
    for at, label in enumerate(_labels(values, dataset)[:rank]):
        found[at] = label if found[at] is None else found[at]
    return tuple(found)


@dataclass(slots=True)
class Agreed:
    """Names of axes by group: one name has one size among the arrays of a group."""

    _sizes: dict[tuple[str, str], int] = field(default_factory=dict)

    def axes(
        self, group: str, leaf: str, names: Sequence[str | None], shape: Sequence[int]
    ) -> tuple[str, ...]:
        """Return a name for each axis of the array ``leaf``; those that contradict others are its own."""
        found: list[str] = []
        for at, (name, size) in enumerate(zip(names, shape, strict=True)):
            own = name is None or self._sizes.setdefault((group, name), size) != size
            found.append(f"{leaf}_axis_{at}" if own or name is None else name)
        return tuple(found)


def _scales(values: Values, dataset: h5py.Dataset) -> list[str | None]:
    """Return the leaf of the first scale of each axis that has the axis' size."""
    import h5py

    listed = values.one(dataset, "DIMENSION_LIST")
    if not isinstance(listed, np.ndarray) or listed.dtype.kind != "O":
        return []
    found: list[str | None] = []
    for references, size in zip(listed, dataset.shape, strict=False):
        found.append(None)
        try:
            safe = values.twins.of(dataset)
            first = references[0]
            path, scale = values.path(first, dataset), h5py.h5r.dereference(first, safe.id)
            if path is not None and tuple(scale.shape)[:1] == (size,):
                found[-1] = path.rpartition("/")[2]
        except FAULTS:
            continue
    return found


def _labels(values: Values, dataset: h5py.Dataset) -> list[str | None]:
    listed = values.one(dataset, "DIMENSION_LABELS")
    if not isinstance(listed, np.ndarray) or listed.ndim != 1:
        return []
    return [_text(label) or None for label in listed]


def _text(value: object) -> str:
    if isinstance(value, bytes):
        return value.decode("utf-8", "replace")
    return value if isinstance(value, str) else ""


def _whole(value: object) -> int | None:
    if isinstance(value, np.ndarray) and value.size == 1:
        value = value.ravel()[0]
    return int(value) if isinstance(value, (int, np.integer)) else None
