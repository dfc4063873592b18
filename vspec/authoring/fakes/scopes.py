"""What names mean inside a record that is being written.

The header has scopes of its own, for records that are read. They look alike and are kept apart on purpose:
what is faked proves the reading, so a mistake in what ``here`` or ``prev`` means must not be made in one
place for both.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Protocol

from vspec.expressions import Scope, Value


class Named(Protocol):
    """A record, as its scopes need it."""

    scope: Scope
    is_row: bool

    @property
    def previous(self) -> Value: ...

    @property
    def origin(self) -> int: ...

    def names(self) -> Iterable[str]: ...

    def get(self, name: str) -> Value: ...

    def locate(self, name: str) -> object: ...

    def cursor_before(self, name: str) -> int:
        """Return where a field would begin if it followed the ones before it."""


class Row(Protocol):
    """A row of a repeated record, as the scope of its end needs it."""

    @property
    def scope(self) -> Scope: ...

    @property
    def offset(self) -> int: ...

    @property
    def nbytes(self) -> int: ...

    def names(self) -> Iterable[str]: ...

    def locate(self, name: str) -> object: ...


class StructScope:
    """Own names of a record and ``start``, then those around it."""

    def __init__(self, struct: Named, outer: Scope) -> None:
        self._struct = struct
        self._outer = outer

    def names(self) -> Iterable[str]:
        return [*self._struct.names(), *self._outer.names()]

    def get(self, name: str) -> Value:
        if name == "start":
            return self._struct.origin
        if name == "prev" and self._struct.is_row:
            return self._struct.previous
        own = name in set(self._struct.names())
        return self._struct.get(name) if own else self._outer.get(name)

    def locate(self, name: str) -> object:
        own = name in set(self._struct.names())
        return self._struct.locate(name) if own else self._outer.locate(name)

    def find(self, needle: bytes, start: int | None) -> int:
        return self._outer.find(needle, start)


class HereScope:
    """The same for one field, which also knows ``here``."""

    def __init__(self, struct: Named, name: str) -> None:
        self._own = struct
        self._name = name

    def names(self) -> Iterable[str]:
        return self._own.scope.names()

    def get(self, name: str) -> Value:
        return self._own.cursor_before(self._name) if name == "here" else self._own.scope.get(name)

    def locate(self, name: str) -> object:
        return self._own.scope.locate(name)

    def find(self, needle: bytes, start: int | None) -> int:
        return self._own.scope.find(needle, start)


class EndScope:
    """The scope of ``until`` and ``next``: a row's names, ``here`` is where it ends, then those around."""

    def __init__(self, row: Row, outer: Scope) -> None:
        self._row = row
        self._outer = outer

    def names(self) -> Iterable[str]:
        return [*self._row.names(), *self._outer.names()]

    def get(self, name: str) -> Value:
        if name == "here":
            return self._row.offset + self._row.nbytes
        own = name in {"start", "prev", *self._row.names()}
        return self._row.scope.get(name) if own else self._outer.get(name)

    def locate(self, name: str) -> object:
        own = name in set(self._row.names())
        return self._row.locate(name) if own else self._outer.locate(name)

    def find(self, needle: bytes, start: int | None) -> int:
        return self._outer.find(needle, start)
