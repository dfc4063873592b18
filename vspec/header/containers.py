"""Containers as values of the card: ``h.arrays``, ``h['/path']``, and what is known of each array."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from functools import cached_property

import numpy as np

from vspec.card.members import HELD
from vspec.card.model import Role
from vspec.containers.model import Container, ContainerFile, Entry, Lost
from vspec.containers.registry import open_container
from vspec.errors import Problem, VspecError
from vspec.expressions import Column, PathText, Scope, UnknownName, Value
from vspec.header.axis_names import plain_in_groups, plain_names, with_plain_axes
from vspec.header.home import Home
from vspec.header.roles import RoleFile, RoleFiles
from vspec.header.rows import KeyedRows
from vspec.layout import ArrayLayout, Chunked, Derived, Inline, Json, Origin
from vspec.peers import reader
from vspec.sources import Files

MOST_VALUES = 10**6
"""Elements of an array that a card may read as a value."""
_MOST_NAMED = 8


class HeldArray:
    """One array of a container: a record of what is known of it; where it lies is found when asked."""

    noun = "an array of a container"

    def __init__(self, file: HeldFile, entry: Entry) -> None:
        self.file = file
        self.entry = entry

    @property
    def path(self) -> str:
        """Path in the container, without slashes at its ends."""
        return self.entry.path.strip("/")

    @property
    def axes(self) -> list[str]:
        """Names of the axes, as cards and maps have them."""
        return list(plain_names((name for name, _ in self.entry.counted), self._plain).values())

    @property
    def _plain(self) -> Mapping[str, str]:
        return self.file.axis_names.get(self.entry.path.rpartition("/")[0], {})

    @cached_property
    def layout(self) -> ArrayLayout:
        """Where its bytes lie; raises what its delegate raises."""
        found = with_plain_axes(self.entry.layout(), self._plain)
        source = found.source
        if isinstance(source, (Chunked, Derived)):
            shape = tuple(size for _, size in source.stored)
            origin = Origin(self.file.view.index, self.entry.path, (0,) * len(shape), shape)
            source = replace(source, peer=self.file.word, origins=(origin,))
        return replace(found, source=source, attrs=self.entry.attrs, place=self.file.role.place)

    @property
    def parts(self) -> tuple[HeldArray, ...]:
        """The array in each of its files: itself."""
        return (self,)

    @property
    def over(self) -> str | None:
        """The axis of the files."""
        return None

    def names(self) -> Iterable[str]:
        return HELD

    def get(self, name: str) -> Value:
        entry = self.entry
        match name:
            case "path":
                return PathText(self.path)
            case "name":
                return self.path.rpartition("/")[2]
            case "group":
                return PathText(self.path.rpartition("/")[0])
            case "shape":
                return np.array([size for _, size in entry.counted], np.int64)
            case "axes":
                return self.axes
            case "dtype":
                return entry.dtype.name
            case "ndim":
                return len(entry.shape)
            case "size":
                return int(np.prod(entry.shape, dtype=object))
            case "attrs":
                return dict(entry.attrs)
            case "values":
                return self._values()
        raise UnknownName(name)

    def locate(self, name: str) -> object:
        """Raise `UnknownName`: the array itself is what lies somewhere."""
        raise UnknownName(name)

    def _values(self) -> Value:
        count = int(np.prod(self.entry.shape, dtype=object))
        if count > MOST_VALUES:
            message = f"'{self.path}' of {self.file.view.name} has {count} values, too many to compute with"
            expected = f"at most {MOST_VALUES}"
            problem = Problem("V0903", message, self.file.role.place, expected=expected)
            raise VspecError([replace(problem, data_file=self.file.view.name)])
        source = self.layout.source
        if isinstance(source, Inline):
            return source.values.tolist() if source.values.ndim == 0 else source.values
        read = reader(self.file.word)
        whole = read(self.file.source.path, self.entry.path, tuple(slice(0, n) for n in self.entry.shape))
        turned = self.entry.turned
        whole = whole.transpose((*range(turned)[::-1], *range(turned, whole.ndim)))
        return whole.tolist() if whole.ndim == 0 else whole


class HeldStack:
    """One array of each file of a role, along the axis of the files."""

    def __init__(self, over: str, parts: Sequence[HeldArray]) -> None:
        self.over = over
        self.parts = tuple(parts)

    @property
    def path(self) -> str:
        """Path in each container."""
        return self.parts[0].path

    def names(self) -> Iterable[str]:
        return HELD

    def get(self, name: str) -> Value:
        first = self.parts[0]
        match name:
            case "axes":
                return [self.over, *first.axes]
            case "shape":
                return np.array([len(self.parts), *(size for _, size in first.entry.counted)], np.int64)
            case "ndim":
                return 1 + len(first.entry.shape)
            case "size":
                return sum(int(np.prod(part.entry.shape, dtype=object)) for part in self.parts)
            case "attrs":
                return dict(common([part.entry.attrs for part in self.parts]))
            case "values":
                return [part.get("values") for part in self.parts]
        return first.get(name)

    def locate(self, name: str) -> object:
        """Raise `UnknownName`: the arrays themselves are what lies somewhere."""
        raise UnknownName(name)


class HeldGroup:
    """A group of a container: its path and attributes."""

    def __init__(self, path: str, attrs: Mapping[str, Json]) -> None:
        self.path = path
        self.attrs = attrs

    def names(self) -> Iterable[str]:
        return ("path", "attrs")

    def get(self, name: str) -> Value:
        if name == "path":
            return self.path
        if name == "attrs":
            return dict(self.attrs)
        raise UnknownName(name)

    def locate(self, name: str) -> object:
        raise UnknownName(name)


class HeldRows(KeyedRows):
    """Arrays or groups of a container, by path."""

    def __init__(self, role: str, file: RoleFile, rows: Sequence[HeldArray | HeldStack | HeldGroup]) -> None:
        super().__init__(role, file.role.place, "path")
        self._rows = tuple(rows)

    def __len__(self) -> int:
        return len(self._rows)

    def at(self, i: int) -> Value:
        return self._rows[i]

    def names(self) -> Iterable[str]:
        return self._rows[0].names() if self._rows else HELD

    def keys(self) -> Iterable[object]:
        return [row.path for row in self._rows]

    def row(self, key: int | str) -> Value:
        if isinstance(key, int):
            return self._rows[key]
        return super().row(key.strip("/"))

    def has(self, key: object) -> bool:
        return super().has(key.strip("/") if isinstance(key, str) else key)

    def choose(self, index: Column) -> KeyedRows:
        plain = [key.strip("/") if isinstance(key, str) else key for key in index.tolist()]
        return super().choose(np.array(plain, index.dtype))

    def column(self, name: str) -> Value:
        found = [row.get(name) for row in self._rows]
        if found and all(isinstance(value, (bool, int, float, str)) for value in found):
            return np.array(found, object if isinstance(found[0], str) else None)
        return found

    def locate(self, name: str) -> object:
        raise UnknownName(name)


class HeldFile(RoleFile):
    """A file that says itself what it holds; ``files`` is the table that those it names are added to."""

    noun = "a container"

    def __init__(
        self, role: Role, home: Home, captures: Mapping[str, Value], outer: Scope, files: Files
    ) -> None:
        super().__init__(role, home, captures, outer)
        self._files = files

    @property
    def word(self) -> str:
        """The word of its format."""
        assert self.role.container is not None, "the role is a container"
        return self.role.container

    @cached_property
    def source(self) -> ContainerFile:
        """The file, as delegates take it."""
        return ContainerFile(self._files, self.view.index)

    @cached_property
    def container(self) -> Container:
        """What the file holds; raises what its delegate raises (V0360 to V0363)."""
        found = open_container(self.word, self.source)
        self.home.warnings.extend(_told(self.view.name, found.lost))
        return found

    @cached_property
    def axis_names(self) -> Mapping[str, Mapping[str, str]]:
        """By group, a plain name for each axis of its arrays."""
        return plain_in_groups((path, entry.axes) for path, entry in self.container.entries.items())

    def names(self) -> Iterable[str]:
        paths = (f"/{path}" for path in self.container.entries)
        return ("arrays", "groups", "attrs", *self.captures, *paths)

    def get(self, name: str) -> Value:
        match name:
            case "arrays":
                found = [HeldArray(self, entry) for entry in self.container.entries.values()]
                return HeldRows("arrays", self, found)
            case "groups":
                groups = self.container.groups.items()
                return HeldRows("groups", self, [HeldGroup(path, attrs) for path, attrs in groups])
            case "attrs":
                return dict(self.container.groups.get("", {}))
        if name in self.captures:
            return self.captures[name]
        return self.held(name)

    def held(self, path: str) -> HeldArray | HeldGroup:
        """Return an array or a group by its path, or that of a link to it; raises `UnknownName`."""
        plain = self.container.real(path)
        entry = self.container.entries.get(plain)
        if entry is not None:
            return HeldArray(self, entry)
        if plain in self.container.groups:
            return HeldGroup(plain, self.container.groups[plain])
        raise UnknownName(path)

    def locate(self, name: str) -> object:
        return self.get(name)


class HeldFiles(RoleFiles):
    """The containers of a role with ``over``: ``h['/path']`` is that array of each of them."""

    def names(self) -> Iterable[str]:
        return self.files[0].names() if self.files else []

    def row(self, key: int | str) -> Value:  # type: ignore[override]  # a path is a key as well
        if isinstance(key, str) and key.startswith("/"):
            return self.stacked(key, is_there=any(self._entry(file, key) for file in self.files))
        return super().row(key)

    def column(self, name: str) -> Value:
        if name == "arrays" and self.files:
            entries = [path for file in self.files for path in _held(file).container.entries]
            paths = dict.fromkeys(entries)
            return HeldRows("arrays", self._first(), [self.stacked(path, is_there=True) for path in paths])
        if name == "attrs":
            return [file.get("attrs") for file in self.files]
        try:
            return self.stacked(name)
        except KeyError:
            return super().column(name)

    def locate(self, name: str) -> object:
        try:
            return self.stacked(name)
        except KeyError:
            raise UnknownName(name) from None

    @staticmethod
    def _entry(file: RoleFile, path: str) -> Entry | None:
        container = _held(file).container
        return container.entries.get(container.real(path))

    def stacked(self, path: str, *, is_there: bool = False) -> HeldStack:
        """Return an array of every file.

        Raises V0365 where it is in some files only, `KeyError` where the first has none, unless ``is_there``
        says that some have.
        """
        parts: list[HeldArray] = []
        for file in self.files:
            entry = self._entry(file, path)
            if entry is None and not parts and not is_there:
                raise KeyError(path)
            if entry is None:
                other = next(one for one in self.files if self._entry(one, path))
                message = f"{file.view.name} has no array '{path}', and {other.view.name} has one"
                problem = Problem("V0365", message, self.place, data_file=file.view.name)
                raise VspecError([replace(problem, help="leave the file out, or map the files apart")])
            parts.append(HeldArray(_held(file), entry))
        return HeldStack(self.name, parts)

    def _first(self) -> HeldFile:
        return _held(self.files[0])


def _held(file: RoleFile) -> HeldFile:
    assert isinstance(file, HeldFile), "the role is a container"
    return file


def common(found: Sequence[Mapping[str, Json]]) -> Mapping[str, Json]:
    """Return the attributes that all have, with the same value."""
    first, *others = found
    return {key: value for key, value in first.items() if all(_has(one, key, value) for one in others)}


def _has(attrs: Mapping[str, Json], key: str, value: Json) -> bool:
    return key in attrs and attrs[key] == value and type(attrs[key]) is type(value)


def _told(name: str, lost: Sequence[Lost]) -> Iterable[Problem]:
    """Yield a warning for each reason for which things of a container are not in the map."""
    reasons: dict[str, list[str]] = {}
    for one in lost:
        reasons.setdefault(one.reason, []).append(one.path)
    for reason, paths in reasons.items():
        named = ", ".join(f"'{path}'" for path in paths[:_MOST_NAMED])
        more = f" and {len(paths) - _MOST_NAMED} more" if len(paths) > _MOST_NAMED else ""
        yield Problem("V0364", f"not in the map: {named}{more}: {reason}", data_file=name, level="warn")
