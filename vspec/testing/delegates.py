"""Containers as tests look at them: opened where they lie, and mapped without a card."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol, cast

import numpy as np
from numpy.typing import NDArray

from vspec.containers.model import Container, ContainerFile
from vspec.containers.registry import open_container
from vspec.layout import ArrayLayout, Inline
from vspec.readers.zarr_store import open_group
from vspec.sources import Files, data_file
from vspec.testing.maps import write_map
from vspec.verification import ZarrArray


class _Group(Protocol):
    def __getitem__(self, path: str) -> object: ...


@dataclass(frozen=True, slots=True, eq=False)
class Opened:
    """A container, and the table of files that it led to."""

    container: Container
    files: Files

    def layout(self, path: str) -> ArrayLayout:
        """Return the layout of an array."""
        return self.container.entries[path].layout()

    def sizes(self) -> list[int]:
        """Return the bytes of each file."""
        return [self.files.reader(index).size for index in range(len(self.files))]

    def mapped(self, folder: Path, paths: Sequence[str]) -> dict[str, NDArray[np.generic]]:
        """Return arrays, in stored order, as they are read through a map of them written into ``folder``.

        Complex numbers come as pairs, which is how a map holds them.
        """
        layouts = [self.layout(path) for path in paths]
        readers = [self.files.reader(index) for index in range(len(self.files))]
        contents = [reader.read(0, reader.size) for reader in readers]
        group = open_group(write_map(folder, layouts, contents).path)
        found = {path: _whole(group, path) for path in paths}
        # Values that a map holds itself have the order of the layout.
        return {path: a.transpose() if self._is_turned(path) else a for path, a in found.items()}

    def _is_turned(self, path: str) -> bool:
        return self.container.entries[path].turned > 0 and isinstance(self.layout(path).source, Inline)


def _whole(group: _Group, path: str) -> NDArray[np.generic]:
    array = cast("ZarrArray", group[path])
    return np.asarray(array[tuple(slice(None) for _ in array.shape)])


def opened(word: str, root: Path, name: str) -> Opened:
    """Open the container ``name`` below ``root`` by its delegate."""
    files = Files(root)
    index = files.add(data_file(name, root / name))
    return Opened(open_container(word, ContainerFile(files, index)), files)
