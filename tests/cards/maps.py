"""Maps read back: every array in the order that its card asks for."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from vspec.card.load import load
from vspec.card.model import Card
from vspec.readers import zarr_store
from vspec.registry import find, find_id


@cache
def card(id: str) -> Card:
    """Return a card of the registry; it is loaded once for all tests."""
    return load(find(id), registry=find_id)


@dataclass(frozen=True, slots=True, eq=False)
class ReadArray:
    """An array of a map, its axes in the card's order, and its attributes."""

    values: NDArray[np.generic]
    dims: tuple[str, ...]
    attrs: Mapping[str, object]

    @property
    def labels(self) -> Mapping[str, list[str]]:
        """Labels by axis."""
        return self._own("labels")

    @property
    def axes(self) -> Mapping[str, Mapping[str, object]]:
        """Start, step, units and epoch by axis."""
        return self._own("axes")

    @property
    def texts(self) -> Mapping[str, Mapping[str, list[str]]]:
        """Texts along an axis: by axis, then by name."""
        return self._own("coordinates")

    def _own(self, key: str) -> Any:
        said = self.attrs["vspec"]
        return said.get(key, {}) if isinstance(said, dict) else {}


def read(path: Path) -> dict[str, ReadArray]:
    """Return all arrays of a map by path."""
    group = zarr_store.open_group(path)
    refs = json.loads(path.read_text(encoding="utf-8"))["refs"]
    names = [key.removesuffix("/.zarray") for key in refs if key.endswith("/.zarray")]
    return {name: _arranged(group[name]) for name in names}


def gains(arrays: Mapping[str, ReadArray], path: str, axis: str = "channel") -> NDArray[np.generic]:
    """Return the gain of each position along an axis: its coordinate, or the one scale of all."""
    array = arrays[path]
    group = path.rpartition("/")[0]
    coordinate = arrays.get(f"{group}/{axis}_gain" if group else f"{axis}_gain")
    if coordinate is not None:
        return coordinate.values
    return np.full(array.values.shape[array.dims.index(axis)], array.attrs["scale_factor"])


def units(array: ReadArray, axis: str = "channel") -> set[str]:
    """Return the units of the physical values along an axis."""
    return set(array.texts[axis]["units"])


def attributes(path: Path) -> Mapping[str, object]:
    """Return the attributes of the root group of a map."""
    return dict(zarr_store.open_group(path).attrs)


def _arranged(array: object) -> ReadArray:
    attrs = dict(array.attrs)  # type: ignore[attr-defined]  # zarr's Array
    stored = list(attrs["_ARRAY_DIMENSIONS"])
    wanted = attrs["vspec"]["dims"]
    names = [dim.removeprefix("-") for dim in wanted]
    flips = tuple(slice(None, None, -1 if dim.startswith("-") else 1) for dim in wanted)
    values = np.asarray(array[...])  # type: ignore[index]  # zarr's Array
    return ReadArray(values.transpose([stored.index(dim) for dim in names])[flips], tuple(names), attrs)
