"""A record that is being written: its fields get values by name, and places by their order."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from vspec.authoring.fakes import encoding, types
from vspec.authoring.fakes.examples import Given
from vspec.authoring.fakes.fields import Slot, encoded
from vspec.authoring.fakes.leaves import Leaf, Where
from vspec.authoring.fakes.many_rows import ManyRows, is_many, within
from vspec.authoring.fakes.orders import choose
from vspec.authoring.fakes.scopes import HereScope, StructScope
from vspec.authoring.fakes.sheets import MISSING, Sheet
from vspec.authoring.fakes.spots import Absent, Spot
from vspec.authoring.fakes.tables import Rows
from vspec.authoring.fakes.texts import TextPart
from vspec.card.model import Field, StructType, TypeRef
from vspec.card.model import Record as RecordSpec
from vspec.card.typed_rows import rows_of_type
from vspec.datatypes import TEXTS, Endian
from vspec.errors import fail
from vspec.expressions import Chain, Expression, Scope, UnknownName, Value

MAX_ROWS = 10**6
Order = Callable[[], Endian]
Make = Callable[[int, Callable[[], int], "Scope | None"], "Struct"]


class Struct:
    """One instance of a record; it is the `Record` of expressions, and ``scope`` their scope.

    ``index`` tells the rows around it apart; ``start`` says where it begins, when that is asked.
    """

    def __init__(self, spec: RecordSpec, sheet: Sheet, where: Where, outer: Scope, endian: Order) -> None:
        self.spec = spec
        self.sheet = sheet
        self.where = where
        self.scope: Scope = StructScope(self, outer)
        self._outer_endian = endian
        self._fields = {field.name: field for field in spec.fields}
        self._lets = {let.name: let.value for let in spec.lets}
        self.known = frozenset(self.names())
        self._parts: dict[str, Part] = {}
        self._values: dict[str, Value] = {}
        self._offsets: dict[str, int] = {}
        self._pending: list[str] = []
        self._growing: dict[str, Rows] = {}
        self._endian: Endian | None = None
        self.worth = ""
        self.is_row = False
        self.is_blank = False
        self.before: Callable[[], Value] | None = None
        self.value: Expression | None = None
        self.links: tuple[str, Callable[[], int]] | None = None
        self.file: Callable[[Leaf], bytes] | None = None
        self.content: Callable[[Struct], bytes] | None = None
        self._encoded: bytes | None = None

    # --- names

    def names(self) -> Iterable[str]:
        """Return the names of fields and lets."""
        return [*self._fields, *self._lets]

    def get(self, name: str) -> Value:
        """Return what an expression sees under a name; raises `UnknownName`."""
        if name not in self._values:
            self._values[name] = self._once(name, lambda: self._get(name))
        return self._values[name]

    def locate(self, name: str) -> object:
        """Return the part that a field is, with its ``offset``, ``nbytes`` and ``known``."""
        if name in self._lets:
            return self._lets[name].locate(self.scope)
        if name not in self._fields:
            raise UnknownName(name)
        return Spot(self, name)

    def let(self, name: str) -> Expression | None:
        """Return the derived value of that name, if there is one."""
        return self._lets.get(name)

    def _get(self, name: str) -> Value:
        if name in self._lets:
            return self._lets[name].evaluate(self.scope)
        if name not in self._fields:
            raise UnknownName(name)
        part = self.part(name)
        return part.default if isinstance(part, Absent) else part.seen()

    def _once(self, name: str, work: Callable[[], Value]) -> Value:
        if name in self._pending:
            chain = " <- ".join([*self._pending, name])
            raise fail(
                "V0855", f"'{name}' needs itself: {chain}", self.spec.place, help="give it in the example"
            )
        self._pending.append(name)
        try:
            return work()
        finally:
            self._pending.pop()

    # --- parts

    @property
    def previous(self) -> Value:
        """The row before this one; None before the first."""
        return None if self.before is None else self.before()

    @property
    def endian(self) -> Endian:
        """Byte order of the record."""
        if self._endian is None:
            self._endian = choose(self.spec.endian, self._outer_endian(), self.scope)
        return self._endian

    def part(self, name: str) -> Part:
        """Return a field as it is written."""
        if name not in self._parts:
            self._parts[name] = self._make(self._fields[name])
        return self._parts[name]

    def present(self, name: str) -> Part:
        """Return a field as far as it is there: of rows that find their own end, those up to now."""
        return self._growing[name] if name in self._growing else self.part(name)

    def under(self, leaf: Leaf) -> bytes:
        """Return what other fields of the file write in the place of one; NUL where none does."""
        return b"" if self.file is None else self.file(leaf)

    def _make(self, field: Field | RecordSpec) -> Part:
        scope = self.field_scope(field.name)
        if field.condition is not None and not field.condition.truth(scope):
            default = field.default.evaluate(scope) if isinstance(field, Field) and field.default else None
            return Absent(default)
        if isinstance(field, Field):
            return self._field(field, scope)
        if field.repeat is None:
            return self._inner(field, self.where.inside(field.name, self._offset_of(field.name)), self.scope)
        return self._rows(field, scope)

    def _inner(self, spec: RecordSpec, where: Where, outer: Scope) -> Struct:
        inner = Struct(spec, self.sheet, where, outer, lambda: self.endian)
        inner.file, inner.content, inner.is_blank = self.file, self.content, self.is_blank
        return inner

    def _offset_of(self, name: str) -> Callable[[], int]:
        return lambda: self.offset_of(name)

    def _field(self, field: Field, scope: Scope) -> Part:
        struct = self._type_of(field.type, field.name, scope)
        if struct is not None:
            if field.axes:
                return self._rows(rows_of_type(field), scope)
            where = self.where.inside(field.name, self._offset_of(field.name), f"type:{struct.name}")
            inner = self._instance(struct, field.type, where, scope)
            return Projected(inner, struct.value)
        if field.parse is not None:
            return Leaf(self, field, TextPart(field.parse, self.sheet, self.path(field.name), self.scope))
        return Leaf(self, field)

    def _type_of(self, ref: TypeRef, name: str, scope: Scope) -> StructType | None:
        """Return the type of the card that a field has; None for numbers and texts."""
        return types.struct_of(ref, name, scope, self.sheet.plan.card.types)

    def _instance(self, struct: StructType, ref: TypeRef, where: Where, scope: Scope) -> Struct:
        """Return an instance of a type of the card; it sees its parameters and its card only."""
        outer = self.sheet.around(struct)
        values = types.parameters(struct, ref, scope)
        inner = self._inner(struct.record, where, Chain(values, outer) if values else outer)
        inner.value = struct.value
        if struct.value is not None:
            inner.worth = struct.value.text.value.strip()
        return inner

    def link(self, name: str) -> int | None:
        """Return where the next row of a chain begins (0: this is the last), if a field says that."""
        return self.links[1]() if self.links is not None and self.links[0] == name else None

    def natural(self, field: Field) -> bytes | None:
        """Return the bytes of a field's text without padding; None where nothing says what it holds."""
        if field.parse is not None:
            part = self.part(field.name)
            return part.text.encoded() if isinstance(part, Leaf) and part.text is not None else None
        if field.axes or field.type.word not in TEXTS:
            return None
        slot = Slot(field, TEXTS[field.type.word], 2**31, self.endian)
        if field.constant is not None:
            return encoded(slot, field.constant.evaluate(self.scope))
        given = self.given(field)
        if given is MISSING:
            return None
        return encoded(slot, self.sheet.settled(given, self.scope, self.where.index))

    def given(self, field: Field) -> Given:
        """Return what the example says of a field, or of the whole type that is worth it."""
        found = self.sheet.given(self.path(field.name), self.where.index, len(field.axes))
        if found is MISSING and self.worth == field.name:
            return self.sheet.given(self.where.path, self.where.index, len(field.axes))
        return found

    def _rows(self, spec: RecordSpec, scope: Scope) -> Rows | ManyRows:
        assert spec.repeat is not None

        def make(i: int, before: Callable[[], int], outer: Scope | None) -> Struct:
            where = self.where.inside(spec.name, before)
            place = Where(where.path, where.use, (*where.index, i), before)
            row = self._row(spec, place, self.scope if outer is None else outer)
            row.is_row = True
            return row

        if spec.repeat.items is not None:
            variable = spec.repeat.variable or ""
            items = _items(spec.repeat.items, scope)
            outers: list[Scope] = [Chain({variable: item}, self.scope) for item in items]
        else:
            count = self._count(spec, scope, make)
            if count is not None and self._is_sparse(spec, count):
                return self._many(spec, count, make)
            outers = [self.scope] * min(count or 0, MAX_ROWS + 1)
        if len(outers) > MAX_ROWS:
            raise fail("V0857", f"{len(outers)} rows of '{spec.name}' are too many to make", spec.place)
        rows = Rows(spec, self.sheet.plan.card.types, outers, make, self._offset_of(spec.name))
        if spec.repeat.until is not None or spec.repeat.next is not None:
            self._growing[spec.name] = rows
            try:
                rows.grow(self.scope, self.sheet.open_size)
            finally:
                del self._growing[spec.name]
        return rows

    def _is_sparse(self, spec: RecordSpec, count: int) -> bool:
        top = self.where.index == self.sheet.index and not self.is_row
        wanted = self.sheet.plan.windows is not None and top and not spec.codec
        return wanted and is_many(spec, count, self.sheet.plan.card.types)

    def _many(self, spec: RecordSpec, count: int, make: Make) -> ManyRows:
        kept = list(within(self.sheet.plan.windows or (), count))

        def one(i: int, start: Callable[[], int]) -> Struct:
            row = make(i, start, None)
            row.is_blank = not any(i in window for window in kept)
            return row

        return ManyRows(spec, count, one, self.offset_of(spec.name))

    def _row(self, spec: RecordSpec, where: Where, outer: Scope) -> Struct:
        if spec.of is None:
            return self._inner(spec, where, outer)
        struct = self._type_of(spec.of, spec.name, outer)
        if struct is None:
            raise fail("V0856", f"'{spec.name}' repeats what is no type of the card", spec.place)
        return self._instance(struct, spec.of, where, outer)

    def _count(self, spec: RecordSpec, scope: Scope, make: Make) -> int | None:
        """Return how many rows there are; None where the rows themselves tell."""
        assert spec.repeat is not None
        if spec.repeat.until is not None or spec.repeat.next is not None:
            return None
        count = types.size_of(spec.repeat.count, scope)
        if count is not None:
            return count
        if spec.to is None:
            return self.sheet.open_size(spec.name)
        offset = self.offset_of(spec.name)
        step = int(make(0, lambda: offset, self.scope).nbytes)
        return types.room(spec.to, offset, scope, self.sheet.role) // max(1, step)

    def path(self, name: str) -> str:
        """Return the dotted path of a field, as examples write it."""
        return f"{self.where.path}.{name}"

    def field_scope(self, name: str) -> Scope:
        """Return the scope of a field's clauses, which also know ``here``."""
        return HereScope(self, name)

    # --- places

    @property
    def offset(self) -> int:
        """First byte in the file."""
        return self.where.start()

    @property
    def origin(self) -> int:
        """Where its own fields begin: with ``codec:`` at the first decoded byte, else in the file."""
        return 0 if self.spec.codec else self.offset

    @property
    def encoded(self) -> bytes:
        """A coded record as it stands in the file."""
        if self._encoded is None:
            assert self.content is not None, "the file of a record gives it"
            self._encoded = encoding.encode(self.content(self), self.spec.codec, self.scope)
        return self._encoded

    def sizes(self, name: str) -> list[int]:
        """Return the bytes of each row of a coded record that is a field of this one."""
        part = self.part(name)
        return [row.nbytes for row in part.made] if isinstance(part, Rows) else [int(part.nbytes)]

    def said(self, name: str) -> Value:
        """Return what a field says of coded records beside it; None for nothing."""
        return encoding.said(self.spec, name, self.sizes, lambda: self.end)

    def cursor_before(self, name: str) -> int:
        """Return where the field would begin if it simply followed the ones before it."""
        cursor = self.origin
        for field in self.spec.fields:
            if field.name == name:
                break
            cursor += self._extent(field)
        return cursor

    def _extent(self, field: Field | RecordSpec) -> int:
        """Return how far a field moves the cursor."""
        if (field.offset if isinstance(field, Field) else field.at) is not None:
            return 0
        return int(self.part(field.name).nbytes)

    def offset_of(self, name: str) -> int:
        """Return where a field begins."""
        if name not in self._offsets:
            field = self._fields[name]
            where = field.offset if isinstance(field, Field) else field.at
            placed = where is not None and not (isinstance(field, RecordSpec) and _looped(field))
            self._offsets[name] = (
                where.integer(self.field_scope(name))
                if where is not None and placed
                else self.cursor_before(name)
            )
        return self._offsets[name]

    @property
    def nbytes(self) -> int:
        """Bytes that the record takes in its surroundings."""
        if self.spec.codec:
            return len(self.encoded)
        if self.spec.size is not None:
            return self.spec.size.integer(self.scope)
        return sum(self._extent(field) for field in self.spec.fields)

    @property
    def end(self) -> int:
        """First byte behind the fields that follow each other."""
        return self.offset + self.nbytes

    def seen(self) -> Value:
        """Return the record as an expression sees it: itself."""
        return self


def _looped(spec: RecordSpec) -> bool:
    return spec.repeat is not None and spec.repeat.items is not None


def _items(expression: Expression, scope: Scope) -> list[Value]:
    value = expression.evaluate(scope)
    items: list[Value] = value.tolist() if hasattr(value, "tolist") else list(value)  # type: ignore[union-attr,arg-type]  # a list, a column or rows
    return items


class Projected:
    """A field whose type is a struct of the card; with ``value:`` it is worth that."""

    def __init__(self, struct: Struct, value: Expression | None) -> None:
        self.struct = struct
        self._value = value

    @property
    def nbytes(self) -> int:
        return self.struct.nbytes

    def seen(self) -> Value:
        return self.struct if self._value is None else self._value.evaluate(self.struct.scope)


Part = Struct | Projected | Leaf | Rows | ManyRows | Absent
