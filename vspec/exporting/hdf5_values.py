"""Attributes and texts of a map as HDF5 and netCDF-4 have them."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING

import numpy as np

from vspec.layout import Json

if TYPE_CHECKING:
    import h5py

RESERVED = frozenset(
    {"CLASS", "NAME", "DIMENSION_LIST", "REFERENCE_LIST", "_NCProperties", "_Netcdf4Dimid"}
    | {"_Netcdf4Coordinates", "_nc3_strict"}
)
"""Attributes by which the dimension scales of HDF5 and netCDF-4 (its file format, appendix C) work."""
_LEFT_OUT = frozenset({"_ARRAY_DIMENSIONS"})
_FARTHEST = 1 << 63


def reserved(attrs: Mapping[str, Json]) -> list[str]:
    """Return the attributes whose names mean something else in HDF5."""
    return sorted(RESERVED & attrs.keys())


def put(node: h5py.HLObject, attrs: Mapping[str, Json]) -> None:
    """Give attributes to a group or a data set; what HDF5 has no type for becomes JSON."""
    for name, value in attrs.items():
        if name not in _LEFT_OUT:
            node.attrs[name] = attribute(value)


def attribute(value: Json) -> str | np.int64 | np.float64 | np.ndarray[tuple[int, ...], np.dtype[np.generic]]:
    """Return a value as h5py takes it: numbers, texts and lists of either as they are, others as JSON.

    >>> attribute([1, 2]), attribute({"a": 1})
    (array([1, 2]), '{"a": 1}')
    """
    if isinstance(value, str) and "\0" not in value:
        return value
    if _is_whole(value):
        return np.int64(value)  # type: ignore[arg-type]  # a whole number, just looked at
    if isinstance(value, float):
        return np.float64(value)
    if isinstance(value, list) and value:
        if all(isinstance(each, str) and "\0" not in each for each in value):
            return texts([str(each) for each in value])
        if all(_is_whole(each) for each in value):
            return np.array(value, np.int64)
        if all(_is_whole(each) or isinstance(each, float) for each in value):
            return np.array(value, np.float64)
    return json.dumps(value, ensure_ascii=False)


def texts(values: list[str]) -> np.ndarray[tuple[int, ...], np.dtype[np.generic]]:
    """Return texts as an array of HDF5 strings of any length."""
    import h5py

    return np.array(values, dtype=h5py.string_dtype("utf-8"))


def _is_whole(value: Json) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and -_FARTHEST <= value < _FARTHEST


def long_line(dim: str, line: tuple[float, float], said: Mapping[str, Json]) -> Iterator[tuple[str, Json]]:
    """Yield the attributes that tell of a regular axis whose values are not written."""
    yield f"{dim}_start", line[0]
    yield f"{dim}_step", line[1]
    for name, value in said.items():
        yield f"{dim}_{name}", value
