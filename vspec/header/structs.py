"""One record of a byte layout: its fields are placed when asked for, and read when used."""

from __future__ import annotations

from collections.abc import Callable, Container, Iterable
from dataclasses import replace
from typing import TypeVar

from vspec.card.model import Field, Let
from vspec.card.model import Record as RecordSpec
from vspec.card.typed_rows import rows_of_type
from vspec.datatypes import ElementType, Endian, NamedType
from vspec.errors import Place, fail
from vspec.expressions import Chain, Expression, Scope, UnknownName, Value
from vspec.header import elements, placing, slots, terminated
from vspec.header.byte_order import choose
from vspec.header.coded import CodedRecord, CodedRows, coded
from vspec.header.cycles import Pending
from vspec.header.elements import Spot
from vspec.header.fixed_rows import FixedRows
from vspec.header.home import Absent, Home, Open
from vspec.header.instances import Around, Following, Instance
from vspec.header.instantiation import Instantiation
from vspec.header.naming import HereScope, StructScope, blank_of
from vspec.header.no_rows import NoRows
from vspec.header.rows import KeyedRows, ListRows
from vspec.header.text import Origin, read_text
from vspec.header.walked_rows import walked
from vspec.header.walking import Walk, count_until
from vspec.header.worth import worth

MAX_DEPTH = 32

T = TypeVar("T")


class Struct:
    """An instance of a record at ``offset``; it is its own `Record`, and `scope` is its `Scope`.

    There may be a million of them: what is not asked for is not made.
    """

    __slots__ = (
        "_around",
        "_endian",
        "_ends",
        "_index",
        "_lets",
        "_nbytes",
        "_pending",
        "_placed",
        "_shape",
        "_values",
        "home",
        "known",
        "offset",
        "spec",
        "value",
    )

    def __init__(self, spec: RecordSpec, home: Home, offset: int, around: Around) -> None:
        if around.depth > MAX_DEPTH:
            raise fail("V0922", f"records are nested deeper than {MAX_DEPTH} levels", spec.place)
        self.spec = spec
        self.home = home
        self.offset = offset
        self.value: Expression | None = None
        self._around = around
        self._endian: Endian | None = None
        self._shape = home.shape(spec)
        self.known: Container[str] = self._shape.known
        self._index, self._lets = self._shape.index, self._shape.lets
        self._placed: dict[int, Placed] = {}
        self._values: dict[str, Value] = {}
        self._ends: list[int] = []
        self._pending: Pending | None = None
        self._nbytes: int | None = None

    @property
    def scope(self) -> Scope:
        """What the names in its expressions mean."""
        return StructScope(self, self._around.scope)

    def forget(self) -> None:
        """Let go of what is quickly found again; a row that others take values from keeps them."""
        plain = all(isinstance(placed, (Spot, Absent)) for placed in self._placed.values())
        if plain and not self._shape.carried:
            self._placed, self._values, self._ends = {}, {}, []

    # --- the Record protocol

    def names(self) -> Iterable[str]:
        """Return the names of fields and lets."""
        return [*self._index, *self._lets]

    def get(self, name: str) -> Value:
        """Return the value of a field or let; raises `UnknownName`."""
        if name not in self._values:
            if name in self._shape.carried:
                self._catch_up(name)
            let = self._lets.get(name)
            if let is not None:
                self._values[name] = self._guarded(name, lambda: let.value.evaluate(self.scope))
            else:
                self._values[name] = self._read(self._filled(name))
        return self._values[name]

    def _filled(self, name: str) -> Placed:
        placed = self.place(name)
        if not isinstance(placed, Spot):
            return placed
        return slots.filled_spot(placed, HereScope(self, self._index[name]), self.home.view)

    def locate(self, name: str) -> object:
        """Return where a field lies, without reading it; raises `UnknownName`."""
        if name in self._shape.carried:
            self._catch_up(name)
        if name in self._lets:
            return self._lets[name].value.locate(self.scope)
        placed = self.place(name)
        if isinstance(placed, Spot) and isinstance(placed.kind, ElementType):
            found = elements.locate(placed, self.home.view)
            return slots.fill(found, placed, HereScope(self, self._index[name]), self.home.view)
        return placed

    @property
    def previous(self) -> Following | None:
        """The row before this one, in a repeated record."""
        return self._around.previous

    @property
    def is_row(self) -> bool:
        """Whether this is a row of a repeated record."""
        return self._around.is_row

    def knows(self, name: str) -> bool:
        """Tell whether a value was computed already."""
        return name in self._values

    def _catch_up(self, name: str) -> None:
        """Compute the value of the rows before this one first: a row never waits for more than one other."""
        behind: list[Following] = []
        row = self.previous
        while row is not None and not row.knows(name):
            behind.append(row)
            row = row.previous
        while behind:
            behind.pop().get(name)

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
        if self._nbytes is None:
            if self.spec.size is None:
                self._nbytes = self.end_before(len(self.spec.fields)) - self.offset
            else:
                self._nbytes = placing.natural(self.spec.size, f"the size of '{self.spec.name}'", self.scope)
        return self._nbytes

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

    def _inside(self, scope: Scope, previous: Following | None = None, *, is_row: bool = False) -> Around:
        depth, reserved = self._around.depth + 1, self._around.reserved
        return Around(scope, lambda: self.endian, depth, reserved, is_row, previous)

    def _end_of(self, k: int, cursor: int) -> int:
        field = self.spec.fields[k]
        if (field.offset if isinstance(field, Field) else field.at) is not None:
            return cursor
        placed = self.place(field.name)
        return cursor if isinstance(placed, (Absent, NoRows)) else placed.offset + placed.nbytes

    def _place(self, i: int) -> Placed:
        field = self.spec.fields[i]
        scope = HereScope(self, i)
        if field.condition is not None and not field.condition.truth(scope):
            if isinstance(field, RecordSpec) and field.repeat is not None:
                return NoRows(field, self, self.offset, is_absent=True)
            default = field.default.evaluate(scope) if isinstance(field, Field) and field.default else None
            return Absent(default)
        if isinstance(field, Field):
            return self._place_field(field, self._start(i, scope), scope)
        return self._place_coded(field, i, scope) if field.codec else self._place_record(field, i, scope)

    def _start(self, i: int, scope: Scope) -> int:
        field = self.spec.fields[i]
        where = field.offset if isinstance(field, Field) else field.at
        return self.end_before(i) if where is None else placing.absolute(where, scope, self.home.view)

    def _place_record(self, spec: RecordSpec, i: int, scope: Scope) -> Struct | Rows:
        if spec.repeat is not None:
            return self._place_rows(spec, i, scope)
        return Struct(spec, self.home, self._start(i, scope), self._inside(self.scope))

    def _place_coded(self, spec: RecordSpec, i: int, scope: Scope) -> CodedRecord | CodedRows | NoRows:
        outer, inner = self.home.coded(spec)
        base = self._place_record(outer, i, scope)
        if isinstance(base, NoRows):
            return NoRows(spec, self, base.offset, is_absent=base.is_absent)
        return coded(spec, inner, base, (self.home, scope, self._decoded))

    def _decoded(self, spec: RecordSpec, home: Home, scope: Scope) -> Struct:
        return Struct(spec, home, 0, self._inside(scope))

    def _place_field(self, field: Field, offset: int, scope: Scope) -> Spot | Struct | Rows:
        kind, item = placing.kind_of(field.type, field.name, scope, self.home.types)
        if isinstance(kind, NamedType):
            if field.axes:
                return self._rows_from(rows_of_type(field), offset, scope)
            inside = self._inside(scope)
            return instance(kind, Instantiation(field.type, field.endian, scope, self.home), offset, inside)
        axes = placing.axes_of(field, (kind, item), offset, scope, self.home)
        if field.offset is None or not axes or self._around.depth > 0:
            placing.require_whole_words(field, kind, axes)
        endian: Endian = "little"
        if placing.is_ordered(kind):
            inherited = self.endian if field.endian is None else endian  # asked only where it is needed
            endian = choose(field.endian, inherited, scope, self.home.view)
        if field.type.terminator is not None:
            return terminated.place(field, offset, endian, axes, self.home.view)
        return Spot(field, kind, item, endian, offset, axes)

    # --- rows

    def _place_rows(self, spec: RecordSpec, i: int, scope: Scope) -> Rows:
        assert spec.repeat is not None
        if spec.repeat.items is not None:
            start = None if spec.at is not None else self.end_before(i)
            return self._walked(spec, lambda walk: self._over_items(walk, spec, start, scope), start)
        if spec.at is None:
            return self._rows_from(spec, self.end_before(i), scope)
        if spec.repeat.next is not None and spec.at.evaluate(scope) is None:
            return NoRows(spec, self, 0, is_absent=False)
        return self._rows_from(spec, placing.absolute(spec.at, scope, self.home.view), scope)

    def _over_items(self, walk: Walk, spec: RecordSpec, start: int | None, scope: Scope) -> int:
        variable = spec.repeat.variable if spec.repeat is not None and spec.repeat.variable else ""
        end = walk.over(placing.items_of(spec, scope), variable, start)
        return end if start is not None else walk.rows[0].offset if walk.rows else 0

    def _rows_from(self, spec: RecordSpec, offset: int, scope: Scope) -> Rows:
        """Return the rows of a record that follow each other from ``offset`` on, or a chain from there."""
        assert spec.repeat is not None
        if spec.repeat.next is not None:
            return self._walked(spec, lambda walk: walk.chain(offset), offset, moves=False)
        count = placing.count_of(spec, scope)
        stop = placing.stop_of(spec.to, offset, scope, self.home.view)
        open_ = Open(spec.name, spec.place, stop, spec.partial)
        if self._is_fixed(spec, scope):
            return self._fixed_rows(spec, offset, count, open_)
        if count is not None:
            return self._walked(spec, lambda walk: walk.counted(count, offset), offset)
        find = Walk.rest if spec.repeat.until is None else Walk.until
        return self._walked(spec, lambda walk: find(walk, offset, open_), offset)

    def _is_fixed(self, spec: RecordSpec, scope: Scope) -> bool:
        """Tell whether the rows have one size; the type of rows of a computed type is known by now."""
        shape = self.home.shape(spec)
        if shape.looks_back or shape.is_fixed or spec.of is None or spec.of.word is not None:
            return shape.is_fixed and not shape.looks_back
        kind, _ = placing.kind_of(spec.of, spec.name, scope, self.home.types)
        return isinstance(kind, NamedType) and self.home.shape(self.home.types[kind.name].record).is_fixed

    def _walked(
        self, spec: RecordSpec, run: Callable[[Walk], int | None], start: int | None, *, moves: bool = True
    ) -> ListRows | NoRows:
        walk = Walk(spec, self, self._maker(spec), inside=self._around.reserved)
        end = run(walk)
        if not walk.rows:
            return NoRows(spec, self, start or 0, is_absent=False)
        if start is None or end is None or not moves:
            return walked(spec, walk.rows[0].offset, walk.rows, 0, self.home)
        return walked(spec, start, walk.rows, end - start, self.home)

    def _maker(self, spec: RecordSpec) -> Callable[[int, Scope, Instance | None], Struct]:
        looks_back = self.home.shape(spec).looks_back

        def make(offset: int, outer: Scope, before: Instance | None) -> Struct:
            previous = before if looks_back and isinstance(before, Struct) else None
            return self._row(spec, offset, self._inside(outer, previous, is_row=True))

        return make

    def _row(self, spec: RecordSpec, offset: int, around: Around) -> Struct:
        if spec.of is None:
            return Struct(spec, self.home, offset, around)
        kind, _ = placing.kind_of(spec.of, spec.name, around.scope, self.home.types)
        if not isinstance(kind, NamedType):
            message = f"'{spec.name}' repeats what is no type of the card"
            raise fail("V0305", message, spec.of.place, help="numbers and texts take a size: int16[x=n]")
        return instance(kind, Instantiation(spec.of, spec.endian, around.scope, self.home), offset, around)

    def _fixed_rows(self, spec: RecordSpec, offset: int, count: int | None, open_: Open) -> FixedRows:
        around = self._inside(self.scope, is_row=True)
        stride = self._row(spec, offset, around).nbytes
        around = replace(around, reserved=True)

        def rows(first: int, n: int) -> FixedRows:
            base = offset + first * stride
            return FixedRows(
                spec, self.home.view, self.home.types, n, lambda i: self._row(spec, base + i * stride, around)
            )

        if spec.repeat is not None and spec.repeat.until is not None:
            return rows(0, count_until(spec.repeat.until, rows, self, open_))
        if count is None:
            count = self.home.fit(offset, stride, open_)
        if spec.at is not None or not self._around.reserved:
            self.home.reserve(offset, count, stride, spec.name, spec.place)
        if stride == 0:
            self.home.hollow(spec, count)
        return rows(0, count)

    def _read(self, placed: Placed) -> Value:
        if isinstance(placed, Absent):
            return placed.default
        if isinstance(placed, Struct):
            return placed if placed.value is None else placed.value.evaluate(placed.scope)
        if isinstance(placed, CodedRecord):
            return placed
        if isinstance(placed, KeyedRows):
            return worth(placed)
        if placed.field.parse is not None:
            raw = elements.take(self.home.view, placed.offset, placed.nbytes - placed.mark, placed.field)
            found = read_text(placed.field.parse, raw, Origin(self.home.view.name, placed.offset))
            return self.home.noted(found)
        return elements.read(placed, self.home.view, blank_of(self, placed.field))

    def _guarded(self, name: str, compute: Callable[[], T]) -> T:
        if self._pending is None:
            self._pending = Pending()
        pending = self._pending
        found = pending.compute(name, self._place_in_card, compute)
        if not pending:
            self._pending = None
        return found

    def _place_in_card(self, name: str) -> Place:
        field = self.field(name)
        let = self._lets.get(name)
        return field.place if field is not None else let.place if let is not None else self.spec.place


Rows = ListRows | FixedRows | NoRows
Placed = Spot | Struct | Rows | CodedRecord | CodedRows | Absent


def instance(kind: NamedType, use: Instantiation, offset: int, around: Around) -> Struct:
    """Return an instance of a type of the card at ``offset``; it sees its parameters and its card only."""
    struct_type = use.home.types[kind.name]
    outer = use.home.around(struct_type)
    values = placing.parameters(struct_type, use.ref, use.scope)
    scope: Scope = Chain(values, outer) if values else outer
    inherited = around.endian
    endian = inherited
    if use.endian is not None:
        endian = lambda: choose(use.endian, inherited(), use.scope, use.home.view)  # noqa: E731  # asked later
    made = Struct(struct_type.record, use.home, offset, replace(around, scope=scope, endian=endian))
    made.value = struct_type.value
    return made
