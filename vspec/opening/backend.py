"""``engine="vspec"`` of xarray."""

from __future__ import annotations

import os
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypedDict, Unpack

import xarray as xr
from xarray.backends import BackendEntrypoint

from vspec.opening.arrays import OpenedArrays
from vspec.opening.datasets import Tree
from vspec.opening.locating import located

if TYPE_CHECKING:
    from io import BufferedIOBase

    from xarray.backends.common import AbstractDataStore
    from xarray.core.types import ReadBuffer

    Given = str | os.PathLike[Any] | ReadBuffer[Any] | bytes | memoryview | AbstractDataStore | BufferedIOBase

SUFFIX = ".vspec.json"


class Options(TypedDict, total=False):
    """``root``: the folder that the sources lie below, where that is no longer the one in the map.

    ``allow_drift=True`` lets sources through that have changed since. ``scaled=True`` gives physical values
    (gain * raw + offset) in place of raw ones. ``memory_map=False`` reads without mapping files.
    """

    root: str | Path | None
    allow_drift: bool
    scaled: bool
    memory_map: bool


class VspecBackend(BackendEntrypoint):
    """Opens maps of vspec: groups, the card's order of axes, coordinates.

    Beside xarray's own options there are those of `Options`.
    """

    description = "maps of binary files, made by vspec"
    supports_groups = True
    open_dataset_parameters = (
        "filename_or_obj",
        "drop_variables",
        "group",
        "root",
        "allow_drift",
        "scaled",
        "memory_map",
    )

    def open_dataset(
        self,
        filename_or_obj: Given,
        *,
        drop_variables: str | Iterable[str] | None = None,
        group: str | None = None,
        **options: Unpack[Options],
    ) -> xr.Dataset:
        """Return one group of a map, the root by default.

        Raises `VspecError` as `located` does, `KeyError` for a group that there is not.
        """
        found = tree(filename_or_obj, **options).dataset(group or "/", _names(drop_variables))
        found.encoding["source"] = str(filename_or_obj)
        return found

    def open_groups_as_dict(
        self,
        filename_or_obj: Given,
        *,
        drop_variables: str | Iterable[str] | None = None,
        **options: Unpack[Options],
    ) -> dict[str, xr.Dataset]:
        """Return all groups of a map by their paths."""
        opened = tree(filename_or_obj, **options)
        return {path: opened.dataset(path, _names(drop_variables)) for path in opened.groups()}

    def open_datatree(
        self,
        filename_or_obj: Given,
        *,
        drop_variables: str | Iterable[str] | None = None,
        **options: Unpack[Options],
    ) -> xr.DataTree:
        """Return all groups of a map as a tree."""
        found = self.open_groups_as_dict(filename_or_obj, drop_variables=drop_variables, **options)
        return xr.DataTree.from_dict(found)

    def guess_can_open(self, filename_or_obj: Given) -> bool:
        """Tell whether a file is called like a map."""
        return isinstance(filename_or_obj, str | os.PathLike) and str(filename_or_obj).endswith(SUFFIX)


def _names(given: str | Iterable[str] | None) -> frozenset[str]:
    return frozenset((given,) if isinstance(given, str) else given or ())


def tree(
    given: Given,
    *,
    root: str | Path | None = None,
    allow_drift: bool = False,
    scaled: bool = False,
    memory_map: bool = True,
) -> Tree:
    """Return the groups of a map. Raises `TypeError` for what is no path, `VspecError` as `located` does."""
    if not isinstance(given, str | os.PathLike):
        raise TypeError(f"give the path of a map, not {type(given).__name__}")
    folder = None if root is None else Path(root)
    document = located(Path(given), root=folder, allow_drift=allow_drift)
    return Tree(OpenedArrays(document, memory_map=memory_map), scaled=scaled)
