"""A field of numbers or text that is being written: its type, its sizes and its value."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Iterable
from typing import Protocol, TypeVar

from vspec.authoring.fakes import draws, stored, types
from vspec.authoring.fakes.examples import Given
from vspec.authoring.fakes.fields import Slot, numbers, seen, stored_numbers, texts
from vspec.authoring.fakes.known import Dense, Known
from vspec.authoring.fakes.orders import choose
from vspec.authoring.fakes.sheets import MISSING, Sheet
from vspec.authoring.fakes.text_forms import ended
from vspec.authoring.fakes.texts import TextPart
from vspec.card.model import ByteOrderTest, Field
from vspec.card.model import Record as RecordSpec
from vspec.datatypes import ElementType, Endian, NamedType, TextType
from vspec.errors import fail
from vspec.expressions import Scope, Value

MAX_OVERLAID = 256 * 2**20
"""Bytes of a text that lies over other fields; one that is larger has a size that is not known yet."""

Asked = TypeVar("Asked")


class Where:
    """Where a record stands: its path in examples and in `Usage`, its rows, and its first byte."""

    def __init__(self, path: str, use: str, index: tuple[int, ...], start: Callable[[], int]) -> None:
        self.path = path
        self.use = use
        self.index = index
        self.start = start

    def inside(self, name: str, start: Callable[[], int], use: str | None = None) -> Where:
        """Return the place of a field that is a record itself."""
        return Where(f"{self.path}.{name}", use or f"{self.use}.{name}", self.index, start)


class Holder(Protocol):
    """The record that a field stands in."""

    spec: RecordSpec
    sheet: Sheet
    where: Where
    scope: Scope
    is_blank: bool

    @property
    def endian(self) -> Endian: ...

    @property
    def end(self) -> int:
        """First byte behind the fields that follow each other."""

    def names(self) -> Iterable[str]:
        """Return the names of fields and lets."""

    def path(self, name: str) -> str:
        """Return the dotted path of a field, as examples write it."""

    def given(self, field: Field) -> Given:
        """Return what the example says of a field."""

    def offset_of(self, name: str) -> int:
        """Return where a field begins."""

    def field_scope(self, name: str) -> Scope:
        """Return the scope of a field's clauses."""

    def link(self, name: str) -> int | None:
        """Return where the next row of a chain begins (0: this is the last), if the field says that."""

    def natural(self, field: Field) -> bytes | None:
        """Return the bytes of a field's text without padding, where that is known."""

    def under(self, leaf: Leaf) -> bytes:
        """Return what other fields write in the place of one."""

    def said(self, name: str) -> Value:
        """Return what a field says of coded records beside it; None for nothing."""


class Leaf:
    """A field of numbers or text."""

    def __init__(self, struct: Holder, field: Field, text: TextPart | None = None) -> None:
        self.struct = struct
        self.field = field
        self.text = text
        self._slot: Slot | None = None
        self._raw: bytes | None = None
        self.firm = True
        self.is_drawn = False
        self._mark: bytes | None = None
        self._natural: bytes | None = None
        self._asked: set[str] = set()

    @property
    def use(self) -> str:
        """Path in `Usage`."""
        return f"{self.struct.where.use}.{self.field.name}"

    @property
    def slot(self) -> Slot:
        if self._slot is None:
            self._slot = self._once("slot", self._place)
        return self._slot

    @property
    def is_placed(self) -> bool:
        """Whether the space of the field is known."""
        return self._raw is not None or (self._slot is not None and not self._slot.mark)

    @property
    def nbytes(self) -> int:
        return len(self.raw) if self.slot.mark else self.slot.nbytes

    @property
    def raw(self) -> bytes:
        """The bytes that are written."""
        if self._raw is None:
            self._raw = self._once("raw", self._encode)
        return self._raw

    def _once(self, what: str, work: Callable[[], Asked]) -> Asked:
        if what in self._asked:
            name = self.struct.path(self.field.name)
            raise fail("V0855", f"'{name}' needs itself", self.field.place, help="give it in the example")
        self._asked.add(what)
        try:
            return work()
        finally:
            self._asked.remove(what)

    @property
    def padding(self) -> int:
        """How many NUL behind the text of the field are no part of it: something else may lie there."""
        scalar = isinstance(self.slot.kind, TextType) and not self.field.axes
        if not scalar or self.slot.mark or self.tail or self.field.type.word == "bytes":
            return 0
        return len(self.raw) - len(self.raw.rstrip(b"\0"))

    # --- a text that is searched for its end

    def _whole_text(self) -> bytes:
        if self._natural is None:
            assert self.text is not None
            text = self.text.encoded()
            marked = self._mark is None or self._mark in text
            self._natural = text if marked else ended(text.rstrip(b"\r\n"), self._mark or b"")
        return self._natural

    @property
    def tail(self) -> bytes:
        """The mark behind a text by which `find` tells its end."""
        return b"" if self._mark is None or self.slot.mark else self._whole_text()[self.nbytes :]

    @property
    def natural(self) -> bytes | None:
        """The text as it is given, without padding; None for numbers, and where nothing gives it."""
        if self.text is not None:
            return self._whole_text()
        if self._natural is None:
            self._natural = self.struct.natural(self.field)
        return self._natural

    def mark(self, needle: bytes) -> bool:
        """Put ``needle`` behind a parsed text that holds none; tell whether that changed the text."""
        if self.text is None or self._mark is not None or self.field.type.terminator is not None:
            return False
        before = self._whole_text()
        self._mark, self._natural = needle, None
        return self._whole_text() != before

    def adopt(self, raw: bytes) -> None:
        """Take the bytes of the fields that were written in this place before."""
        self._raw = raw

    def seen(self) -> Value:
        if self.text is not None:
            return self.text.record
        return seen(self.slot.first(self.filled), self.raw)

    def known(self) -> Known:
        """Return the elements with their axes."""
        kind = self.slot.kind
        if not isinstance(kind, ElementType):
            raise fail("V0856", f"'{self.field.name}' is text: it is no data", self.field.place)
        values = stored.values(self.raw, kind, self.slot.endian, self.slot.count).reshape(self.slot.shape)
        return Dense(self.slot.names, values if self.filled is None else values[: self.filled])

    @property
    def filled(self) -> int | None:
        """How much of a slot counts; None where the field is none. Raises V0853 for more than it has."""
        count = self.field.axes[0].filled if self.field.axes else None
        if count is None:
            return None
        n, (name, size) = count.integer(self.struct.field_scope(self.field.name)), self.slot.axes[0]
        if not 0 <= n <= size:
            message = f"the slot '{self.field.name}' would hold {n} of {size} along '{name}'"
            raise fail("V0853", message, count.text.place, expected=f"0 to {size}", found=str(n))
        return n

    # --- type and sizes

    def _place(self) -> Slot:
        scope = self.struct.field_scope(self.field.name)
        kind, item = self._kind(scope)
        axes: list[tuple[str, int]] = []
        for k, axis in enumerate(self.field.axes):
            name = axis.name or f"axis_{k}"
            size = types.size_of(axis.size, scope)
            axes.append((name, -1 if size is None else size))
        return self._filled(kind, item, axes, scope)

    def _filled(
        self, kind: ElementType | TextType, item: int, open_: list[tuple[str, int]], scope: Scope
    ) -> Slot:
        """Return the space of the field, an axis of size ``rest`` filled up."""
        whole = math.prod(size for _, size in open_ if size >= 0)
        shared = kind.per_word if isinstance(kind, ElementType) else 1
        axes: list[tuple[str, int]] = []
        for name, size in open_:
            if size >= 0:
                axes.append((name, size))
            elif self.field.to is None:
                axes.append((name, self.struct.sheet.open_size(name, shared // math.gcd(shared, whole))))
            else:
                offset = self.struct.offset_of(self.field.name)
                space = types.room(self.field.to, offset, scope, self.struct.sheet.role)
                axes.append((name, space // max(1, item) * shared // max(1, whole)))
        order = self._order(kind)
        return Slot(self.field, kind, item, order, tuple(axes), self._mark_of(kind, order))

    def _mark_of(self, kind: ElementType | TextType, order: Endian) -> bytes:
        """Return the terminator behind each text, where the type has one."""
        if self.field.type.terminator is None or not isinstance(kind, TextType):
            return b""
        encoding = kind.encoding or "latin-1"
        if encoding == "utf-16":
            encoding = f"utf-16-{'le' if order == 'little' else 'be'}"
        return self.field.type.terminator.encode(encoding)

    def _kind(self, scope: Scope) -> tuple[ElementType | TextType, int]:
        kind, item = types.kind_of(self.field.type, self.field.name, scope, self.struct.sheet.plan.card.types)
        assert not isinstance(kind, NamedType), "a type of the card is no leaf"
        return kind, item

    def _order(self, kind: ElementType | TextType) -> Endian:
        matters = kind.nbytes > 1 if isinstance(kind, ElementType) else kind.encoding == "utf-16"
        if not matters:
            return "little"
        inherited = self.struct.endian if self.field.endian is None else "little"
        return choose(self.field.endian, inherited, self.struct.scope)

    # --- value

    def _encode(self) -> bytes:
        if self.text is not None and self.slot.mark:
            return self._whole_text() + self.slot.mark
        if self.text is not None:
            return self._whole_text()[: self.nbytes].ljust(self.nbytes, b"\0")
        value = self._value()
        if isinstance(self.slot.kind, ElementType):
            return self._numbers(self.slot.kind, value)
        return texts(self.slot, value)

    def _numbers(self, kind: ElementType, value: Value) -> bytes:
        slot, filled = self.slot, self.filled
        if isinstance(value, bytes):
            return value
        if filled is None:
            return stored_numbers(slot, value)
        whole = stored.values(self._drawn(kind), kind, slot.endian, slot.count).reshape(slot.shape).copy()
        whole[:filled] = numbers(slot.first(filled), value)
        return stored_numbers(slot, whole)

    def _drawn(self, kind: ElementType) -> bytes:
        if self.struct.is_blank:
            return bytes(self.slot.nbytes)
        rng = self.struct.sheet.rng(self.use, self.struct.where.index)
        return stored.drawn(rng, kind, self.slot.endian, self.slot.count)

    def _value(self) -> Value:
        struct = self.struct
        if self.field.constant is not None:
            return self.field.constant.evaluate(struct.scope)
        given = struct.given(self.field)
        if given is not MISSING:
            return struct.sheet.settled(given, struct.scope, struct.where.index)
        return self._invented()

    def _invented(self) -> Value:
        usage = self.struct.sheet.plan.usage
        rng = self.struct.sheet.rng(self.use, self.struct.where.index)
        if not isinstance(self.slot.kind, ElementType):
            if self.field.convert in ("int", "float"):
                return draws.small_prime(rng) if self.use in usage.sizes else 0
            return self._overlaid()
        found = self._found()
        if found is None:
            found = self.struct.said(self.field.name)
        if found is None and not self.field.axes:
            found = self.struct.link(self.field.name)
        if found is not None:
            return found
        names = {self.use, self.struct.path(self.field.name)}
        if names & usage.sizes:
            return draws.small_prime(rng)
        if names & usage.located:
            self.is_drawn = True
            return self._drawn(self.slot.kind)
        if names & usage.pointers and self.struct.where.path == self.struct.sheet.role.name:
            return self.struct.end
        self.firm = False
        return 0

    def _overlaid(self) -> Value:
        """Return the text of a field that nothing gives: where it has a place of its own, what lies there."""
        alone = self.field.type.word in ("bytes", "latin1") and not self.field.axes and not self.slot.mark
        top = self.struct.where.path == self.struct.sheet.role.name
        if self.field.offset is None or not (alone and top) or self.slot.nbytes > MAX_OVERLAID:
            return ""
        self.firm = False
        return self.struct.under(self)

    def _found(self) -> Value:
        """Return a number that other things settle: the length of a text, the test of the byte order."""
        if self.field.axes:
            return None
        for sibling in self.struct.spec.fields:
            length = sibling.type.length if isinstance(sibling, Field) else None
            unit = 0 if length is None else _units(length.text.value, self.field.name)
            if isinstance(sibling, Field) and unit:
                text = self.struct.natural(sibling)
                return None if text is None else len(text) // unit
        test = self.struct.sheet.role.endian
        if isinstance(test, ByteOrderTest) and test.equals is not None and test.type == self.field.type.word:
            at_test = self.struct.offset_of(self.field.name) == test.offset
            return test.equals if at_test else None
        return None


def _units(length: str, name: str) -> int:
    """Return how many bytes of a text a field counts as one: of ``n`` 1, of ``2 * n`` 2; 0 for others."""
    found = re.fullmatch(rf"(?:([1-9]) *\* *)?{re.escape(name)}", length.strip())
    return 0 if found is None else int(found[1] or 1)
