"""All maps that are shown, each under a name of its own, and what is told of them."""

from __future__ import annotations

import warnings
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from vspec.errors import Problem, VspecError
from vspec.layout import Json
from vspec.opening.locating import located
from vspec.profile.arrays import MapArray
from vspec.profile.readers import needs
from vspec.readers import map_file
from vspec.readers.map_file import MapDocument
from vspec.serving.handing import FORMATS, Format, handing
from vspec.serving.originals import Originals
from vspec.serving.store import Store, Value

_SUFFIX = ".vspec.json"


@dataclass(frozen=True, slots=True)
class ShownArray:
    """An array in stored order. ``decoded`` are the formats in which the server decodes its chunks."""

    path: str
    dims: tuple[str, ...]
    shape: tuple[int, ...]
    chunks: tuple[int, ...]
    dtype: str
    codecs: tuple[str, ...]
    decoded: tuple[Format, ...]

    @classmethod
    def of(cls, array: MapArray) -> ShownArray:
        """Tell of an array of a map."""
        names = array.attrs["_ARRAY_DIMENSIONS"]
        return cls(
            array.path,
            tuple(map(str, names)) if isinstance(names, list) else (),
            array.shape,
            array.chunks,
            array.dtype.str,
            needs(array.metadata["filters"], array.metadata["compressor"]).codecs,
            tuple(format for format in FORMATS if handing(array, format).decode),
        )

    def to_json(self) -> dict[str, Json]:
        return {
            "path": self.path,
            "dims": list(self.dims),
            "shape": list(self.shape),
            "chunks": list(self.chunks),
            "dtype": self.dtype,
            "codecs": list(self.codecs),
            "decoded": [f"v{format}" for format in self.decoded],
        }


@dataclass(frozen=True, slots=True, eq=False)
class ShownMap:
    """A map under its name: two stores over the same files."""

    name: str
    title: str
    arrays: tuple[ShownArray, ...]
    originals: Originals
    stores: tuple[Store, ...]

    @classmethod
    def of(cls, name: str, document: MapDocument) -> ShownMap:
        """Show a map. Raises `VspecError` as `Store` does."""
        originals = Originals(document)
        card = document.origin.get("card")
        data = card.get("data") if isinstance(card, dict) else None
        title = data.get("title") if isinstance(data, dict) else None
        return cls(
            name,
            title if isinstance(title, str) else "",
            tuple(map(ShownArray.of, document.arrays)),
            originals,
            tuple(Store(document, format, originals) for format in FORMATS),
        )

    def store(self, name: str) -> Store | None:
        """Return the store called ``v2`` or ``v3``."""
        return next((store for store in self.stores if name == f"v{store.format}"), None)


class Site:
    """Maps by name, and the way from the path of a request to what stands there."""

    def __init__(self, paths: Sequence[Path]) -> None:
        maps: list[ShownMap] = []
        problems: list[Problem] = []
        for name, path in zip(_names([path.name for path in paths]), paths, strict=True):
            try:
                maps.append(ShownMap.of(name, _document(path)))
            except VspecError as error:
                problems += error.problems
        if problems:
            raise VspecError(problems)
        self.maps = tuple(maps)
        self._maps = {shown.name: shown for shown in self.maps}

    def get(self, path: str) -> Value | None:
        """Return what stands under ``/NAME/v2/KEY`` or ``/NAME/v3/KEY``; None for any other path."""
        parts = path.split("/", 3)
        shown = self._maps.get(parts[1]) if len(parts) == 4 and not parts[0] else None
        store = shown.store(parts[2]) if shown is not None else None
        return None if store is None else store.get(parts[3])

    def problems(self) -> Iterator[Problem]:
        """Yield what is wrong with the files that the maps lead to."""
        for shown in self.maps:
            yield from shown.originals.problems()

    def close(self) -> None:
        """Close the files."""
        for shown in self.maps:
            for store in shown.stores:
                store.close()


def _document(path: Path) -> MapDocument:
    """Return a map that leads to where its files are now, or to where they were, if nothing is there."""
    with warnings.catch_warnings(action="ignore"):
        try:
            return located(path, allow_drift=True)
        except VspecError as error:
            if {problem.code for problem in error.problems} <= {"V0741", "V0742"}:
                return map_file.load(path)
            raise


def _names(files: Sequence[str]) -> list[str]:
    """Return a name for each map; maps of one name are numbered.

    >>> _names(["a.vspec.json", "b.json", "a.vspec.json"])
    ['a', 'b', 'a-2']
    """
    found: list[str] = []
    for file in files:
        name = file.removesuffix(_SUFFIX).removesuffix(".json")
        number, given = 1, name
        while given in found:
            number += 1
            given = f"{name}-{number}"
        found.append(given)
    return found
