"""What names mean inside a record, and at one of its fields."""

from __future__ import annotations

from collections.abc import Container, Iterable
from typing import Protocol

from vspec.card.model import Field
from vspec.expressions import Record, Scope, UnknownName, Value
from vspec.header import placing
from vspec.header.elements import Blank
from vspec.header.home import Home


class Named(Record, Protocol):
    """A record, as its scopes need it."""

    home: Home

    @property
    def scope(self) -> Scope: ...

    @property
    def offset(self) -> int: ...

    @property
    def is_row(self) -> bool: ...

    @property
    def previous(self) -> Record | None: ...

    known: Container[str]

    def end_before(self, i: int) -> int: ...


class StructScope:
    """Own names of a struct and ``start``, then those around it."""

    def __init__(self, struct: Named, outer: Scope) -> None:
        self._struct = struct
        self._outer = outer

    def names(self) -> Iterable[str]:
        return [*self._struct.names(), *self._outer.names()]

    def get(self, name: str) -> Value:
        if name == "start":
            return self._struct.offset
        if name == "prev" and self._struct.is_row:
            return self._struct.previous
        return self._struct.get(name) if name in self._struct.known else self._outer.get(name)

    def locate(self, name: str) -> object:
        try:
            return self._struct.locate(name)
        except UnknownName:
            return self._outer.locate(name)

    def find(self, needle: bytes, start: int | None) -> int:
        return placing.find(self._struct.home.view, needle, start or 0)


class HereScope:
    """The scope of one field's clauses: also knows ``here``, the current byte."""

    def __init__(self, struct: Named, i: int) -> None:
        self._struct = struct
        self._i = i

    def names(self) -> Iterable[str]:
        return self._struct.scope.names()

    def get(self, name: str) -> Value:
        return self._struct.end_before(self._i) if name == "here" else self._struct.scope.get(name)

    def locate(self, name: str) -> object:
        return self._struct.scope.locate(name)

    def find(self, needle: bytes, start: int | None) -> int:
        return self._struct.scope.find(needle, start)


def blank_of(struct: Named, field: Field) -> Blank:
    """Return what blanks in a field are worth: its ``else``, where it is read as a number."""
    default = field.default
    if default is None or field.convert not in ("int", "float"):
        return None
    return lambda: default.evaluate(HereScope(struct, list(struct.names()).index(field.name)))
