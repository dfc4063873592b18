"""Where the chunks of a map lie on this machine, and their bytes."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from vspec.errors import Problem, VspecError
from vspec.readers.map_file import MapDocument
from vspec.sources import Positioned, local_path, whole

Bytes = NDArray[np.uint8]


@dataclass(frozen=True, slots=True)
class Place:
    """Bytes of a local file; ``name`` is the file as the map calls it."""

    name: str
    path: Path
    offset: int
    nbytes: int


class Places:
    """The places of a map whose root is a folder of this machine: its sources and its sidecar, no others.

    Every way to its bytes raises `VspecError`: V0741 for a file that is missing, V0742 for one that ends
    before the bytes that the map leads to, V0431 for one that the system does not let us read. What cannot
    be read is never made up.
    """

    def __init__(self, document: MapDocument) -> None:
        self._refs = document.refs
        folder = local_path(document.root)
        self._files = {s.url(document.root): (s.path, folder / s.path) for s in document.sources}
        if document.sidecar is not None:
            url = document.sidecar.url
            self._files[url] = (document.sidecar.path, local_path(url))
        self._open = Positioned()
        self._memory: dict[Path, Bytes] = {}

    def __contains__(self, key: str) -> bool:
        return key in self._refs

    def all_keys(self) -> Iterable[str]:
        """Return all keys of the map."""
        return self._refs.keys()

    def find(self, key: str) -> Place | None:
        """Return where a chunk lies; None where the map holds it itself, or has none."""
        value = self._refs.get(key)
        if not isinstance(value, list):
            return None
        url, offset, nbytes = value
        name, path = self._files[str(url)]
        return Place(name, path, int(offset), int(nbytes))

    def text(self, key: str) -> str | None:
        """Return what the map holds itself under a key."""
        value = self._refs.get(key)
        return value if isinstance(value, str) else None

    def fill(self, place: Place, start: int, into: Bytes) -> None:
        """Read bytes from ``start`` within a place on, as many as there is room for."""
        offset = place.offset + start
        try:
            filled = self._open.fill(place.path, offset, into)
        except OSError as error:
            raise VspecError([_unreadable(place, error)]) from None
        if filled < len(into):
            raise VspecError([_cut(place, offset + filled)])

    def whole(self, place: Place) -> Bytes:
        """Return all bytes of the file that a place lies in, mapped into memory."""
        if place.path not in self._memory:
            try:
                self._memory[place.path] = whole(place.path)
            except OSError as error:
                raise VspecError([_unreadable(place, error)]) from None
        return self._memory[place.path]

    def close(self) -> None:
        """Let go of the files; the next read opens them again."""
        self._open.close()
        self._memory.clear()


def _unreadable(place: Place, error: OSError) -> Problem:
    if isinstance(error, FileNotFoundError):
        help = "were the data moved? 'vspec relocate MAP ROOT' makes the map follow"
        return Problem("V0741", f"{place.name} is missing", data_file=place.name, help=help)
    found = error.strerror or str(error)
    help = "check the permissions of the file and whether another program holds it"
    return Problem("V0431", f"{place.name} cannot be read", data_file=place.name, found=found, help=help)


def _cut(place: Place, end: int) -> Problem:
    return Problem(
        "V0742",
        f"{place.name} is not what the map was made from: it ends within a chunk",
        data_file=place.name,
        offset=end,
        expected=f"{place.nbytes} bytes from {place.offset} on",
        found=f"the end of the file at {end}",
        help="is it being copied? else make the map again, or bring the original back",
    )
