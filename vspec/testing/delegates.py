"""Containers as tests look at them: opened where they lie, and mapped without a card."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from vspec.containers.model import Container, ContainerFile
from vspec.containers.registry import open_container
from vspec.layout import ArrayLayout
from vspec.readers.zarr_store import open_group
from vspec.sources import Files, data_file
from vspec.testing.maps import write_map


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
        """Return arrays as they are read through a map of them, which is written into ``folder``.

        Complex numbers come as pairs, which is how a map holds them.
        """
        layouts = [self.layout(path) for path in paths]
        readers = [self.files.reader(index) for index in range(len(self.files))]
        contents = [reader.read(0, reader.size) for reader in readers]
        group = open_group(write_map(folder, layouts, contents).path)
        return {path: np.asarray(group[path][...]) for path in paths}


def opened(word: str, root: Path, name: str) -> Opened:
    """Open the container ``name`` below ``root`` by its delegate."""
    files = Files(root)
    index = files.add(data_file(name, root / name))
    return Opened(open_container(word, ContainerFile(files, index)), files)
