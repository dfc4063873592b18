"""Arrays whose values an independent reader gives, since no reference to bytes can."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np

from vspec.containers.model import ContainerFile, Entry
from vspec.layout import ArrayLayout, Axis, Derived, Json, Origin


@dataclass(frozen=True, slots=True, eq=False)
class Converted:
    """An array that is copied when it is wanted; ``reason`` follows "because"."""

    file: ContainerFile
    path: str
    dtype: np.dtype[np.generic]
    axes: tuple[Axis, ...]
    peer: str
    reason: str
    attrs: Mapping[str, Json] = field(default_factory=dict)

    def entry(self) -> Entry:
        """Return the entry."""
        shape = tuple(axis.size for axis in self.axes)
        names = tuple(axis.name for axis in self.axes)
        return Entry(self.path, shape, self.dtype, names, self._layout, self.attrs)

    def _layout(self) -> ArrayLayout:
        stored = tuple((axis.parts[0], axis.size) for axis in self.axes)
        shape = tuple(size for _, size in stored)
        source = Derived(stored, self.peer, (origin(self.file, self.path, shape),), self.reason)
        return ArrayLayout(self.path, self.axes, self.dtype, source, self.attrs)


def origin(file: ContainerFile, path: str, shape: tuple[int, ...]) -> Origin:
    """Return where an independent reader finds an array that is whole in one file."""
    return Origin(file.index, path, (0,) * len(shape), shape)
