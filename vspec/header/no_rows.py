"""Rows of which there are none: an absent record, or one that stands nowhere, keeps its columns and axes."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from typing import Protocol

import numpy as np

from vspec.card.model import Field, Record, TypeRef
from vspec.card.typed_rows import rows_of_type
from vspec.datatypes import ElementType, Endian, NamedType
from vspec.errors import VspecError
from vspec.expressions import Chain, Expression, Scope, UnknownName, Value
from vspec.header import placing
from vspec.header.home import Absent, Home
from vspec.header.located import Located, stored_axes
from vspec.header.rows import KeyedRows
from vspec.layout import InnerAxis


class Outside(Protocol):
    """The record that the rows would stand in."""

    home: Home

    @property
    def scope(self) -> Scope: ...

    @property
    def endian(self) -> Endian: ...


class NoRows(KeyedRows):
    """The rows of a record that has none; ``is_absent`` where its ``if:`` is false."""

    nbytes = 0

    def __init__(
        self, spec: Record, outside: Outside, offset: int, axes: tuple[str, ...] = (), *, is_absent: bool
    ) -> None:
        super().__init__(spec.axis or spec.name, spec.place, spec.key)
        self.is_absent = is_absent
        self.offset = offset
        self._spec = spec
        self._outside = outside
        self._axes = axes if spec.repeat is None else (*axes, self.name)

    def __len__(self) -> int:
        return 0

    def names(self) -> Iterable[str]:
        spec = self._fields()[0]
        return [*(f.name for f in spec.fields), *(let.name for let in spec.lets)]

    def column(self, name: str) -> Value:
        inner = self._inner(name)
        return np.zeros(0, np.int64) if inner is None else inner

    def locate(self, name: str) -> object:
        """Return where a column lies: nowhere, along its axes. What only a row could tell is left out."""
        inner = self._inner(name)
        spec, scope = self._fields()
        field = next((f for f in spec.fields if f.name == name), None)
        if inner is not None or not isinstance(field, Field):
            return inner if inner is not None else Absent()
        try:
            kind, _ = placing.kind_of(field.type, field.name, scope, self._outside.home.types)
        except VspecError:
            return Absent()
        return self._nowhere(field, kind, scope) if isinstance(kind, ElementType) else Absent()

    def _nowhere(self, field: Field, kind: ElementType, scope: Scope) -> Located:
        sizes = [
            (axis.name or f"axis_{k}", self._size(axis.size, scope)) for k, axis in enumerate(field.axes)
        ]
        inner, within = stored_axes(sizes, kind)
        rows = tuple(InnerAxis(axis, 0) for axis in self._axes)
        file, first = np.array([self._outside.home.view.index], np.int64), np.zeros(1, np.int64)
        order = self._outside.endian
        for own in (self._spec.endian, self._fields()[0].endian, field.endian):
            match own:
                case "little" | "big":
                    order = own
        return Located(
            kind, order, file, first, field.place, (), (*rows, *inner), rows=len(rows), inside=within
        )

    def _size(self, size: Expression | None, scope: Scope) -> int:
        """Return the size of an axis, 0 where only a row could tell."""
        try:
            return 0 if size is None else placing.size_of(size, "a size", scope) or 0
        except VspecError:
            return 0

    def _fields(self) -> tuple[Record, Scope]:
        """Return the record with the fields, which may be that of a type, and what they see."""
        spec, scope = self._spec, self._outside.scope
        return (spec, scope) if spec.of is None else self._of_type(spec.of, scope)

    def _of_type(self, ref: TypeRef, scope: Scope) -> tuple[Record, Scope]:
        """Return the record of a type and what it sees; without fields where only a row could tell."""
        home = self._outside.home
        try:
            kind, _ = placing.kind_of(ref, self.name, scope, home.types)
            if not isinstance(kind, NamedType):
                return Record(self.name, (), self.place), scope
            struct = home.types[kind.name]
            values = placing.parameters(struct, ref, scope)
        except VspecError:
            return Record(self.name, (), self.place), scope
        return struct.record, Chain(values, home.around(struct))

    def _inner(self, name: str) -> NoRows | None:
        """Return the record of a name inside; None for a value. Raises `UnknownName`."""
        spec = self._fields()[0]
        if name not in self.names():
            if self._spec.of is not None and not spec.fields:
                return None
            raise UnknownName(name)
        item = next((f for f in spec.fields if f.name == name), None)
        struct = self._outside.home.types.get(item.type.word or "") if isinstance(item, Field) else None
        if isinstance(item, Field) and struct is not None and struct.element is None:
            one = Record(name, (), item.place, of=item.type)
            item = rows_of_type(item) if item.axes else one
        if not isinstance(item, Record):
            return None
        axis = item.axis if item.repeat is not None else self.name
        row = replace(item, axis=axis, endian=item.endian or spec.endian or self._spec.endian)
        return NoRows(row, self._outside, self.offset, self._axes, is_absent=False)
