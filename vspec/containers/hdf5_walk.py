"""The objects of an HDF5 file, each once: groups and datasets, behind external links too."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack, suppress
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from vspec.containers.hdf5_heap import Twins
from vspec.containers.hdf5_library import FAULTS, named_file, opened, said
from vspec.containers.hdf5_values import clean
from vspec.containers.model import ContainerFile, Lost
from vspec.containers.naming import one_name
from vspec.errors import VspecError

if TYPE_CHECKING:
    import h5py

MOST_OBJECTS = 250_000
_DEEPEST = 64
_MOST_FILES = 64


@dataclass(frozen=True, slots=True, eq=False)
class Found:
    """A group or dataset: where it stands in the tree, the file that holds it, and its path there."""

    path: str
    file: ContainerFile
    inner: str
    held: h5py.Group | h5py.Dataset


@dataclass(slots=True)
class Walk:
    """Goes through a file depth first, by name. ``paths`` are those of all objects, by what each is known by.

    ``links`` are the names that are no objects of their own.

    They are gathered by group: soft links as they stand, further names of an object as its first path.
    """

    file: ContainerFile
    lost: list[Lost]
    links: dict[str, dict[str, str]] = field(default_factory=dict)
    paths: dict[tuple[int, int], str] = field(default_factory=dict)
    twins: Twins = field(default_factory=Twins)
    _others: dict[int, h5py.File] = field(default_factory=dict)
    _far: list[tuple[str, ContainerFile, str]] = field(default_factory=list)

    def objects(self, handle: h5py.File, others: ExitStack) -> Iterator[Found]:
        """Yield the root and everything below it. Files behind external links are left open in ``others``."""
        self.twins.know(self.file, handle)
        pending = [(Found("", self.file, "/", handle["/"]), 0)]
        while pending:
            found, depth = pending.pop()
            if not self._first(found):
                continue
            yield found
            if _is_group(found.held):
                below = self._below(found, depth, lambda file: self._other(file, others))
                pending += [(one, depth + 1) for one in reversed(below)]

    def _below(self, found: Found, depth: int, other: Callable[[ContainerFile], h5py.File]) -> list[Found]:
        try:
            names = list(found.held)
        except FAULTS as error:
            self._lose(found.path or "/", f"the library cannot list what is in it: {said(error)}")
            return []
        inside = []
        for name in names:
            path = f"{found.path}/{clean(name)}" if found.path else clean(name)
            fault = one_name(clean(name))
            if fault is None and (depth >= _DEEPEST or len(self.paths) >= MOST_OBJECTS):
                fault = "there are too many objects, or too many groups within each other"
            if fault is not None:
                self._lose(path, fault)
                continue
            one = self._named(found, name, path, other)
            if one is not None:
                inside.append(one)
        return inside

    def _named(
        self, group: Found, name: str, path: str, other: Callable[[ContainerFile], h5py.File]
    ) -> Found | None:
        """Return what a name in a group stands for, if it is an object of its own."""
        import h5py
        from h5py import h5l

        try:
            own = name.encode("utf-8", "surrogateescape")
            info = group.held.id.links.get_info(own)
            if info.type == h5l.TYPE_HARD:
                held = self.twins.child(group.held, own, int(info.u))
                return self._object(path, group.file, f"{group.inner.rstrip('/')}/{name}", held)
            link = group.held.get(name, getlink=True)
            if isinstance(link, h5py.SoftLink):
                self.links.setdefault(group.path, {})[clean(name)] = clean(link.path)
                if group.file.index != self.file.index:
                    inner = link.path if link.path.startswith("/") else f"{group.inner}/{link.path}"
                    self._far.append((path, group.file, inner))
                return None
            file = named_file(group.file, link.filename)
            return self._object(path, file, link.path, self.twins.reached(other(file), link.path))
        except VspecError as error:
            self._lose(path, f"an external link: {error.problems[0].message}")
        except FAULTS as error:
            self._lose(path, f"the library cannot open it: {said(error)}")
        return None

    def _object(self, path: str, file: ContainerFile, inner: str, held: object) -> Found | None:
        import h5py

        if isinstance(held, (h5py.Group, h5py.Dataset)):
            return Found(path, file, inner, held)
        self._lose(path, "a named type: the arrays that use it state it themselves")
        return None

    def _first(self, found: Found) -> bool:
        """Tell whether an object has not been met before; else note its further name."""
        first = self.paths.setdefault(self.twins.identity(found.held.id), found.path)
        if first == found.path:
            return True
        group, _, name = found.path.rpartition("/")
        self.links.setdefault(group, {})[name] = f"/{first}"
        return False

    def followed(self) -> dict[str, str]:
        """Return where in the tree each name leads that is no object of its own, over further links or not.

        Soft links in other files lead on in those, so theirs are looked up; files must still be open.
        """
        import h5py

        found: dict[str, str] = {}
        for group, links in self.links.items():
            for name, target in links.items():
                before = "" if target.startswith("/") else f"{group}/"
                found[f"{group}/{name}".lstrip("/")] = before + target
        for path, file, inner in self._far:
            found[path] = f"/{path}"
            with suppress(*FAULTS):
                reached = self.twins.reached(self._others[file.index], inner)
                if isinstance(reached, (h5py.Group, h5py.Dataset)):
                    at = self.paths.get(self.twins.identity(reached.id))
                    found[path] = found[path] if at is None else f"/{at}"
        return found

    def _other(self, file: ContainerFile, stack: ExitStack) -> h5py.File:
        if file.index not in self._others:
            if len(self._others) >= _MOST_FILES:
                raise OSError(f"external links lead to more than {_MOST_FILES} files")
            self._others[file.index] = stack.enter_context(opened(file))
            self.twins.know(file, self._others[file.index])
        return self._others[file.index]

    def _lose(self, path: str, reason: str) -> None:
        self.lost.append(Lost(path, reason))


def _is_group(held: h5py.Group | h5py.Dataset) -> bool:
    import h5py

    return isinstance(held, h5py.Group)
