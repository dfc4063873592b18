"""What a delegate says of one file: its arrays, its groups, and what of it no map can carry."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TypedDict, Unpack

import numpy as np

from vspec.errors import Problem, VspecError
from vspec.layout import ArrayLayout, Int64, Json
from vspec.sources import Files, Listed, Reader, confine, data_file, files_in, listed

_MOST_LINKS = 16
"""Links on the way to one object: as many as the library of HDF5 follows."""


class Told(TypedDict, total=False):
    """What an error says beside its message."""

    expected: str
    found: str
    help: str


@dataclass(frozen=True, slots=True, eq=False)
class ContainerFile:
    """An open file of a data set, by its index in the table of files, and the way to those it names."""

    files: Files
    index: int

    @property
    def reader(self) -> Reader:
        """The file's bytes, bounded by its size when it was found."""
        return self.files.reader(self.index)

    @property
    def name(self) -> str:
        """The file's path below the data root, with ``/``."""
        return self.reader.path

    @property
    def path(self) -> Path:
        """The file's path on this machine, for libraries that open files themselves."""
        return self.files.root / self.name

    def beside(self, name: str) -> ContainerFile:
        """Return a file that this one names, relative to its own folder; it may not leave the data root.

        Raises V0410 to V0418 for a path that leads elsewhere, V0430 for a file that is not there.
        """
        below = self._below(name)
        absolute = confine(self.files.root, below)
        return ContainerFile(self.files, self.files.add(data_file(below, absolute)))

    def listing(self, folder: str = "") -> Listed:
        """Return what is in this file's own folder, or in a folder below it.

        Raises V0410 to V0418 for a path that leads elsewhere, V0402 for a folder that cannot be listed.
        """
        return listed(self.files.root, self._below(folder))

    def all_beside(self, folder: str, names: Sequence[str]) -> tuple[Int64, Int64]:
        """Return indices and sizes of many files of one folder, as `beside` finds one, but quicker."""
        found = files_in(self.files.root, self._below(folder), names)
        indices = np.fromiter((self.files.add(file) for file in found), np.int64, len(found))
        return indices, np.fromiter((file.size for file in found), np.int64, len(found))

    def _below(self, folder: str) -> str:
        return "/".join(part for part in (self.name.rpartition("/")[0], folder) if part)

    def problem(self, code: str, message: str, offset: int | None = None, **more: Unpack[Told]) -> VspecError:
        """Return an error about this file; ``more`` are expected, found and help."""
        return VspecError([replace(Problem(code, message, data_file=self.name, offset=offset), **more)])


@dataclass(frozen=True, slots=True)
class Lost:
    """Something that a container holds and no map can carry, and why."""

    path: str
    reason: str


@dataclass(frozen=True, slots=True, eq=False)
class Entry:
    """An array of a container before its chunks are looked up.

    ``axes`` names the stored axes, slowest first, as long as ``shape``. ``layout`` finds out where the
    bytes lie, when first asked for; its axes are the stored ones in stored order, but for the slowest
    ``turned`` of them, which the container counts the other way round.
    """

    path: str
    shape: tuple[int, ...]
    dtype: np.dtype[np.generic]
    axes: tuple[str, ...]
    layout: Callable[[], ArrayLayout]
    attrs: Mapping[str, Json] = field(default_factory=dict)
    turned: int = 0

    @property
    def counted(self) -> tuple[tuple[str, int], ...]:
        """Names and sizes of the axes in the order of the layout."""
        pairs = tuple(zip(self.axes, self.shape, strict=True))
        return (*pairs[: self.turned][::-1], *pairs[self.turned :])


@dataclass(frozen=True, slots=True, eq=False)
class Container:
    """All that a delegate found in a file. Paths have no slash at their ends; the group "" is the root.

    ``links`` are paths that stand for others, which may lead over further links, or nowhere. ``unread``
    yields what is wrong with bytes that were too many to look at when the layouts were asked for.
    """

    entries: Mapping[str, Entry]
    groups: Mapping[str, Mapping[str, Json]] = field(default_factory=dict)
    lost: tuple[Lost, ...] = ()
    links: Mapping[str, str] = field(default_factory=dict)
    unread: Callable[[], Iterable[Problem]] = tuple

    def real(self, path: str) -> str:
        """Return a path without slashes at its ends, its links followed; as it stands if they do not end."""
        done, left, followed = "", _steps(path), 0
        while left:
            step = left.pop()
            here = f"{done}/{step}" if done else step
            target = self.links.get(here)
            if target is None:
                done = here
                continue
            followed += 1
            if followed > _MOST_LINKS:
                return path.strip("/")
            done, left = "", [*left, *_steps(target)]
        return done


def _steps(path: str) -> list[str]:
    """Return the names of a path, the last first."""
    return [name for name in path.split("/") if name not in ("", ".")][::-1]


Delegate = Callable[[ContainerFile], Container]
"""Opens a file. Raises `VspecError` with what is wrong with it; a wrong count or offset is a problem,
never a traceback, a hang or an allocation without bound."""
