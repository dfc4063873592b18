"""The files of a data set as values of the card: one file is a record, many are rows."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from vspec.card.model import Role
from vspec.datatypes import Endian
from vspec.errors import fail
from vspec.expressions import Chain, Column, Scope, UnknownName, Value
from vspec.header.byte_order import choose
from vspec.header.elements import View
from vspec.header.home import Home
from vspec.header.instances import Around
from vspec.header.rows import KeyedRows, gather, stack
from vspec.header.structs import Struct
from vspec.header.text import Origin, TextRecord, TextTable, limit_of, read_text
from vspec.header.text_columns import TextColumn
from vspec.layout import Int64
from vspec.sources.order import by_header, by_rank


class RoleFile:
    """One file of a role: a record of its header, its captures and its ``endian``."""

    def __init__(self, role: Role, home: Home, captures: Mapping[str, Value], outer: Scope) -> None:
        self.role = role
        self.home = home
        self.captures = captures
        self.scope: Scope = Chain(captures, outer)
        self._content: Struct | TextRecord | TextTable | None = None
        self._endian: Endian | None = None

    @property
    def view(self) -> View:
        """The open file."""
        return self.home.view

    @property
    def offset(self) -> int:
        """First byte of the file: 0."""
        return 0

    @property
    def nbytes(self) -> int:
        """Size of the file."""
        return self.home.view.bytes.size

    @property
    def content(self) -> Struct | TextRecord | TextTable | None:
        """The header: of a layout, of a text, or None for a raw file."""
        if self._content is None:
            self._content = self._open()
        return self._content

    def _open(self) -> Struct | TextRecord | TextTable | None:
        if self.role.layout is not None:
            around = Around(self.scope, self._order)
            return Struct(self.role.layout, self.home, 0, around)
        if self.role.text is not None:
            raw = self.home.view.bytes.read(0, min(self.nbytes, limit_of(self.role.text) + 1))
            return self.home.noted(read_text(self.role.text, raw, Origin(self.home.view.name, 0)))
        return None

    def _order(self) -> Endian:
        content = self._content
        scope = content.scope if isinstance(content, Struct) else self.scope
        return choose(self.role.endian, "little", scope, self.home.view)

    @property
    def endian(self) -> Endian:
        """Byte order of the file, as the card's ``endian:`` of the role says (little without one)."""
        content = self.content
        return content.endian if isinstance(content, Struct) else self._order()

    def names(self) -> Iterable[str]:
        own = self.content.names() if self.content is not None else []
        return [*own, *self.captures, "endian"]

    def get(self, name: str) -> Value:
        if self.content is not None:
            try:
                return self.content.get(name)
            except UnknownName:
                pass
        if name in self.captures:
            return self.captures[name]
        if name == "endian":
            return self.endian
        raise UnknownName(name)

    def locate(self, name: str) -> object:
        if self.content is None:
            raise UnknownName(name)
        return self.content.locate(name)


class RoleFiles(KeyedRows):
    """The files of a role with ``over``, by the value of that capture, or of a list of names, by name."""

    def __init__(self, role: Role, files: Sequence[RoleFile], values: Sequence[Value]) -> None:
        super().__init__(role.over or role.name, role.place)
        self.role = role
        self.files = files
        self._values = [self._normal(value) for value in values]

    @property
    def offset(self) -> Int64:
        """First byte of each file: 0."""
        return np.zeros(len(self.files), np.int64)

    @property
    def nbytes(self) -> Int64:
        """Size of each file."""
        return np.array([f.nbytes for f in self.files], np.int64)

    def __len__(self) -> int:
        return len(self.files)

    def at(self, i: int) -> RoleFile:
        return self.files[i]

    def names(self) -> Iterable[str]:
        return self.files[0].names() if self.files else []

    def keys(self) -> Iterable[object]:
        return self._values

    def _normal(self, key: Value) -> Value:
        """Return a key as the rows have it: names of files without './', with '/' between folders."""
        return same_name(key) if self.role.named is not None and isinstance(key, str) else key

    def row(self, key: int | str) -> RoleFile:
        wanted = self._normal(key)
        if wanted not in self._values:
            raise KeyError(key)
        return self.files[self._values.index(wanted)]

    def has(self, key: object) -> bool:
        return (self._normal(key) if isinstance(key, str) else key) in self._values

    def choose(self, index: Column) -> KeyedRows:
        wanted = np.empty(index.shape, object)
        wanted[...] = [self._normal(key) for key in index.tolist()]
        return super().choose(wanted)

    def take(self, index: Column | slice) -> RoleFiles:
        n = len(self.files)
        rows = np.arange(n)[index]
        return type(self)(self.role, [self.files[i] for i in rows], [self._values[i] for i in rows])

    def column(self, name: str) -> Value:
        return gather([f.get(name) for f in self.files], self)

    def locate(self, name: str) -> object:
        parts = [f.locate(name) for f in self.files]
        if any(isinstance(part, TextColumn) for part in parts):
            message = f"column '{name}' stands in each file of '{self.role.name}': it is no single array"
            help = f"make an array of each file: each: f in {self.role.name}, from: f.{name}"
            raise fail("V0185", message, self.role.place, help=help)
        return stack(parts, name, self)


def same_name(name: str) -> str:
    r"""Return the name of a file in the one form that all its spellings share.

    >>> same_name("./a.w"), same_name("day1\\\\./a.w")
    ('a.w', 'day1/a.w')
    """
    return "/".join(part for part in name.replace("\\", "/").split("/") if part not in ("", "."))


class _InFile:
    """The names of ``order:`` for one open file: its captures and fields, and what is around.

    The captures are those of the file inside brackets, too: ``other[k].x`` is the file beside it.
    """

    def __init__(self, file: RoleFile, captures: Mapping[str, Value], around: Scope) -> None:
        self._file = file
        self._own = Chain(captures, around)
        self.given = frozenset(captures)

    def names(self) -> Iterable[str]:
        return [*self._file.names(), *self._own.names()]

    def get(self, name: str) -> Value:
        try:
            return self._own.get(name)
        except UnknownName:
            return self._file.get(name)

    def locate(self, name: str) -> object:
        try:
            return self._own.locate(name)
        except UnknownName:
            return self._file.locate(name)

    def find(self, needle: bytes, start: int | None) -> int:
        return self._own.find(needle, start)


def in_order(files: RoleFiles, captures: Sequence[Mapping[str, Value]], outer: Scope) -> RoleFiles:
    """Return the files of a role by its ``order:``, where that asks for values of their headers.

    Raises V0425 and V0426 for values that do not give an order.
    """
    role = files.role
    if role.order is None or not by_header(role):
        return files
    around = Chain({role.name: files}, outer)
    ranks = [
        (role.order.evaluate(_InFile(file, own, around)), _Numbered(file.view.name, k))
        for k, (file, own) in enumerate(zip(files.files, captures, strict=True))
    ]
    return files.take(np.array([one.number for one in by_rank(role, ranks)], np.int64))


@dataclass(frozen=True, slots=True)
class _Numbered:
    path: str
    number: int
