"""One record of a byte layout: its fields are placed when asked for, and read when used."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import TypeVar

from vspec.card.model import Field, Let
from vspec.card.model import Record as RecordSpec
from vspec.datatypes import ElementType, Endian
from vspec.errors import Place, fail
from vspec.expressions import Chain, Expression, Scope, UnknownName, Value
from vspec.header import elements, placing
from vspec.header.byte_order import choose
from vspec.header.cycles import Pending
from vspec.header.elements import Spot
from vspec.header.extents import is_fixed
from vspec.header.fixed_rows import FixedRows
from vspec.header.home import Absent, Home
from vspec.header.rows import KeyedRows, ListRows
from vspec.header.text import Origin, read_text

MAX_DEPTH = 32
MAX_WALKED = 10**6

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Around:
    """What a struct stands in: names, the byte order (asked only when it matters), and how deep.

    ``reserved`` tells that its bytes are known to lie in the file (a row of a fixed table).
    """

    scope: Scope
    endian: Callable[[], Endian]
    depth: int = 0
    reserved: bool = False


class Struct:
    """An instance of a record at ``offset``; it is its own `Record`, and `scope` is its `Scope`."""

    def __init__(self, spec: RecordSpec, home: Home, offset: int, around: Around) -> None:
        if around.depth > MAX_DEPTH:
            raise fail("V0922", f"records are nested deeper than {MAX_DEPTH} levels", spec.place)
        self.spec = spec
        self.home = home
        self.offset = offset
        self.scope: Scope = StructScope(self, around.scope)
        self.value: Expression | None = None
        self._around = around
        self._endian: Endian | None = None
        self._index = {field.name: i for i, field in enumerate(spec.fields)}
        self._lets = {let.name: let for let in spec.lets}
        self._placed: dict[int, Placed] = {}
        self._values: dict[str, Value] = {}
        self._ends: list[int] = []
        self._pending = Pending()

    # --- the Record protocol

    def names(self) -> Iterable[str]:
        """Return the names of fields and lets."""
        return [*self._index, *self._lets]

    def get(self, name: str) -> Value:
        """Return the value of a field or let; raises `UnknownName`."""
        if name not in self._values:
            let = self._lets.get(name)
            if let is not None:
                self._values[name] = self._guarded(name, lambda: let.value.evaluate(self.scope))
            else:
                self._values[name] = self._read(self.place(name))
        return self._values[name]

    def locate(self, name: str) -> object:
        """Return where a field lies, without reading it; raises `UnknownName`."""
        if name in self._lets:
            return self._lets[name].value.locate(self.scope)
        placed = self.place(name)
        if isinstance(placed, Spot) and isinstance(placed.kind, ElementType):
            return elements.locate(placed, self.home.view)
        return placed

    # --- what the rows and the places ask

    def let(self, name: str) -> Let | None:
        """Return the let of that name, if there is one."""
        return self._lets.get(name)

    def field(self, name: str) -> Field | RecordSpec | None:
        """Return the field of that name as the card has it, if there is one."""
        i = self._index.get(name)
        return None if i is None else self.spec.fields[i]

    @property
    def endian(self) -> Endian:
        """Byte order of the record; decided at its first number of more than one byte."""
        if self._endian is not None:
            return self._endian
        found = self._guarded("endian", self._choose_endian)
        self._endian = found
        return found

    def _choose_endian(self) -> Endian:
        return choose(self.spec.endian, self._around.endian(), self.scope, self.home.view)

    @property
    def nbytes(self) -> int:
        """Bytes of the record, by its fields or by ``size:``."""
        if self.spec.size is None:
            return self.end_before(len(self.spec.fields)) - self.offset
        return placing.natural(self.spec.size, f"the size of '{self.spec.name}'", self.scope)

    def place(self, name: str) -> Placed:
        """Return a field where it lies; raises `UnknownName`."""
        if name not in self._index:
            raise UnknownName(name)
        i = self._index[name]
        if i not in self._placed:
            self._placed[i] = self._guarded(name, lambda: self._place(i))
        return self._placed[i]

    def end_before(self, i: int) -> int:
        """Return the cursor in front of field ``i``."""
        while len(self._ends) < i:
            k = len(self._ends)
            self._ends.append(self._end_of(k, self._ends[k - 1] if k else self.offset))
        return self._ends[i - 1] if i else self.offset

    # --- how it is done

    def _inside(self, scope: Scope) -> Around:
        return Around(scope, lambda: self.endian, self._around.depth + 1, self._around.reserved)

    def _end_of(self, k: int, cursor: int) -> int:
        field = self.spec.fields[k]
        if (field.offset if isinstance(field, Field) else field.at) is not None:
            return cursor
        placed = self.place(field.name)
        return cursor if isinstance(placed, Absent) else placed.offset + placed.nbytes

    def _place(self, i: int) -> Placed:
        field = self.spec.fields[i]
        scope = HereScope(self, i)
        if field.condition is not None and not field.condition.truth(scope):
            default = field.default.evaluate(scope) if isinstance(field, Field) and field.default else None
            return Absent(default)
        if not isinstance(field, Field) and field.repeat is not None and field.repeat.items is not None:
            return self._place_items(field, i, scope)
        where = field.offset if isinstance(field, Field) else field.at
        offset = self.end_before(i) if where is None else placing.absolute(where, scope, self.home.view)
        if isinstance(field, Field):
            return self._place_field(field, offset, scope)
        if field.repeat is None:
            return Struct(field, self.home, offset, self._inside(self.scope))
        return self._place_rows(field, offset, scope)

    def _place_field(self, field: Field, offset: int, scope: Scope) -> Spot | Struct:
        kind, item = placing.kind_of(field, scope, self.home.types)
        if isinstance(kind, str):
            struct_type = self.home.types[kind]
            inside = Struct(struct_type.record, self.home, offset, self._inside(self.home.outer))
            inside.value = struct_type.value
            return inside
        axes = placing.axes_of(field, item, offset, scope, self.home)
        endian: Endian = "little"
        if placing.is_ordered(kind):
            endian = choose(field.endian, self.endian, scope, self.home.view)
        return Spot(field, kind, item, endian, offset, axes)

    def _place_rows(self, spec: RecordSpec, offset: int, scope: Scope) -> FixedRows | ListRows:
        if is_fixed(spec, self.home.types):
            return self._fixed_rows(spec, offset, scope)
        count = placing.count_of(spec, scope)
        rows: list[Struct] = []
        cursor = offset
        while len(rows) != count and (count is not None or cursor < self.home.view.bytes.size):
            row = Struct(spec, self.home, cursor, self._inside(self.scope))
            cursor = self._walk(row, rows)
        return ListRows(spec, offset, rows, cursor - offset)

    def _fixed_rows(self, spec: RecordSpec, offset: int, scope: Scope) -> FixedRows:
        stride = Struct(spec, self.home, offset, self._inside(self.scope)).nbytes
        count = placing.count_of(spec, scope)
        if count is None:
            count = self.home.fit(offset, stride, spec.partial, spec.name, spec.place)
        if spec.at is not None or not self._around.reserved:
            self.home.reserve(offset, count, stride, spec.name, spec.place)
        around = Around(self.scope, lambda: self.endian, self._around.depth + 1, reserved=True)

        def make(i: int) -> Struct:
            return Struct(spec, self.home, offset + i * stride, around)

        return FixedRows(spec, self.home.view, count, make)

    def _place_items(self, spec: RecordSpec, i: int, scope: Scope) -> ListRows:
        items = placing.items_of(spec, scope)
        variable = spec.repeat.variable if spec.repeat is not None and spec.repeat.variable else ""
        start = cursor = self.end_before(i) if spec.at is None else 0
        rows: list[Struct] = []
        for item in items:
            outer = Chain({variable: item}, self.scope)
            if spec.at is not None:
                cursor = placing.absolute(spec.at, outer, self.home.view)
            row = Struct(spec, self.home, cursor, self._inside(outer))
            cursor = self._walk(row, rows)
        if spec.at is not None:
            start = rows[0].offset if rows else 0
        return ListRows(spec, start, rows, cursor - start)

    def _walk(self, row: Struct, rows: list[Struct]) -> int:
        """Add a row and return where it ends; raises V0301 and V0921 when it cannot be one."""
        if len(rows) >= MAX_WALKED:
            raise fail(
                "V0921", f"more than {MAX_WALKED} rows of varying size in '{row.spec.name}'", row.spec.place
            )
        nbytes = row.nbytes
        if not self._around.reserved:
            self.home.reserve(row.offset, 1, nbytes, row.spec.name, row.spec.place)
        if nbytes == 0 and placing.is_rest(row.spec):
            raise fail(
                "V0310", f"a row of '{row.spec.name}' has no bytes: 'rest' would never end", row.spec.place
            )
        rows.append(row)
        return row.offset + nbytes

    def _read(self, placed: Placed) -> Value:
        if isinstance(placed, Absent):
            return placed.default
        if isinstance(placed, Struct):
            return placed if placed.value is None else placed.value.evaluate(placed.scope)
        if isinstance(placed, KeyedRows):
            return placed
        if placed.field.parse is not None:
            raw = elements.take(self.home.view, placed.offset, placed.nbytes, placed.field)
            return read_text(placed.field.parse, raw, Origin(self.home.view.name, placed.offset))
        return elements.read(placed, self.home.view)

    def _guarded(self, name: str, compute: Callable[[], T]) -> T:
        return self._pending.compute(name, self._place_in_card(name), compute)

    def _place_in_card(self, name: str) -> Place:
        field = self.field(name)
        let = self._lets.get(name)
        return field.place if field is not None else let.place if let is not None else self.spec.place


Placed = Spot | Struct | ListRows | FixedRows | Absent


class StructScope:
    """Own names of a struct and ``start``, then those around it."""

    def __init__(self, struct: Struct, outer: Scope) -> None:
        self._struct = struct
        self._outer = outer

    def names(self) -> Iterable[str]:
        return [*self._struct.names(), *self._outer.names()]

    def get(self, name: str) -> Value:
        if name == "start":
            return self._struct.offset
        try:
            return self._struct.get(name)
        except UnknownName:
            return self._outer.get(name)

    def locate(self, name: str) -> object:
        try:
            return self._struct.locate(name)
        except UnknownName:
            return self._outer.locate(name)

    def find(self, needle: bytes, start: int | None) -> int:
        return placing.find(self._struct.home.view, needle, start or 0)


class HereScope:
    """The scope of one field's clauses: also knows ``here``, the current byte."""

    def __init__(self, struct: Struct, i: int) -> None:
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
