"""The arrays of a map, each read in the quickest way that there is for it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import partial
from typing import Protocol

from vspec.errors import Problem, VspecError
from vspec.opening.direct import direct
from vspec.opening.model import LazyArray
from vspec.opening.order import Order
from vspec.opening.stored import Stored, StoredArray
from vspec.opening.stretches import stretches
from vspec.profile.arrays import MapArray
from vspec.readers.local_places import Places
from vspec.readers.map_file import MapDocument


class _Group(Protocol):
    """What is asked of a group of zarr."""

    def __getitem__(self, path: str, /) -> object:
        """Return an array."""


class OpenedArrays(Mapping[str, LazyArray]):
    """The arrays of a map by path (``group/name``), in the card's order; each is read when it is indexed."""

    def __init__(self, document: MapDocument, *, memory_map: bool = True) -> None:
        self.document = document
        self._memory_map = memory_map
        self._found = {array.path: array for array in document.arrays}
        self._opened: dict[str, LazyArray] = {}
        self._group: _Group | None = None
        is_local = memory_map and document.root.startswith("file://")
        self._places = Places(document) if is_local else None

    def __reduce__(self) -> tuple[partial[OpenedArrays], tuple[MapDocument]]:
        return partial(OpenedArrays, memory_map=self._memory_map), (self.document,)

    def __iter__(self) -> Iterator[str]:
        return iter(self._found)

    def __len__(self) -> int:
        return len(self._found)

    def __getitem__(self, path: str) -> LazyArray:
        """Return an array. Raises `KeyError` for a path that there is not, `VspecError` V0741 and V0742."""
        if path not in self._opened:
            self._opened[path] = self._open(self._found[path])
        return self._opened[path]

    def __repr__(self) -> str:
        return f"<{type(self).__name__} {self.document.path.name}: {', '.join(self._found)}>"

    def _open(self, array: MapArray) -> LazyArray:
        if self._places is not None and _is_whole(array):
            found = stretches(array, self.document.refs)
            if found is not None:
                return direct(array, found, self._places)
        return StoredArray(array, self._stored(array))

    def _stored(self, array: MapArray) -> Stored:
        """Return an array of zarr. Raises `VspecError` V0705 where zarr takes its metadata for none."""
        from vspec.readers.zarr_store import group

        try:
            if self._group is None:
                self._group = group(self.document)
            stored: Stored = self._group[array.path]  # type: ignore[assignment]  # an array, as the map says
        except (TypeError, ValueError) as error:
            message = f"the array '{array.path}' of {self.document.path.name} cannot be opened: {error}"
            raise VspecError([Problem("V0705", message, help="make the map again")]) from None
        return stored


def _is_whole(array: MapArray) -> bool:
    """Tell whether an element lies in one chunk: both parts of a complex number."""
    return not Order.of(array).is_complex or array.chunks[-1] == 2
