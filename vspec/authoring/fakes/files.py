"""The files of a data set that is being written, as expressions see them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

import numpy as np

from vspec.authoring.fakes import searching
from vspec.authoring.fakes.canvas import decoded, extent
from vspec.authoring.fakes.known import Known
from vspec.authoring.fakes.leaves import Where
from vspec.authoring.fakes.orders import choose
from vspec.authoring.fakes.records import Struct
from vspec.authoring.fakes.sheets import MISSING, Sheet
from vspec.authoring.fakes.tables import Nested, RowsLike, gathered, together
from vspec.authoring.fakes.tables import Table as Records
from vspec.authoring.fakes.text_values import CsvColumn
from vspec.authoring.fakes.texts import TextPart
from vspec.card.model import ByteOrderTest, Role
from vspec.datatypes import Endian
from vspec.errors import fail
from vspec.expressions import Chain, Column, Record, Scope, UnknownName, Value
from vspec.expressions.tables import Row, Table

Total = Callable[["FakeFile"], int]


class FakeFile:
    """One file: a record of its header, its captures and its ``endian``."""

    def __init__(
        self, sheet: Sheet, path: str, captures: Mapping[str, Value], outer: Scope, total: Total
    ) -> None:
        self.sheet = sheet
        self.role: Role = sheet.role
        self.path = path
        self.captures = captures
        self.scope: Scope = _FileScope(captures, outer, self)
        self._total = total
        self._content: Struct | TextPart | None = None
        self._asked: set[tuple[bytes, int]] = set()

    @property
    def content(self) -> Struct | TextPart | None:
        """The header of a layout or a text; None for a raw file."""
        if self._content is None:
            if self.role.layout is not None:
                where = Where(self.role.name, self.role.name, self.sheet.index, lambda: 0)
                self._content = whole = Struct(self.role.layout, self.sheet, where, self.scope, self.order)
                whole.file = lambda leaf: searching.under(whole, leaf)
                whole.content = decoded
            elif self.role.text is not None:
                self._content = TextPart(self.role.text, self.sheet, self.role.name, self.scope)
        return self._content

    def order(self) -> Endian:
        """Return the byte order: the example's, what ``endian:`` gives, else by the parity of the seed."""
        given = self.sheet.given(f"{self.role.name}.endian", self.sheet.index, 0)
        if given is not MISSING:
            if given not in ("little", "big"):
                message = f"the example's byte order of '{self.role.name}' is none"
                raise fail("V0853", message, self.role.place, expected="little or big", found=repr(given))
            return "little" if given == "little" else "big"
        by_seed: Endian = "big" if self.sheet.plan.seed % 2 else "little"
        content = self._content
        scope = content.scope if isinstance(content, Struct) else self.scope
        return choose(
            self.role.endian, by_seed if isinstance(self.role.endian, ByteOrderTest) else "little", scope
        )

    @property
    def endian(self) -> Endian:
        """Byte order of the file."""
        content = self.content
        return content.endian if isinstance(content, Struct) else self.order()

    @property
    def offset(self) -> int:
        return 0

    @property
    def nbytes(self) -> int:
        """Size of the file."""
        return self._total(self)

    def forget(self) -> None:
        """Let go of every value and place, because they were computed from a size that was a guess."""
        self._content = None

    def own_bytes(self) -> int | None:
        """Return the bytes that the header needs, or that the example wants; None for a raw file."""
        given = self.sheet.given(f"{self.role.name}.size", self.sheet.index, 0)
        if given is not MISSING:
            size = self.sheet.settled(given, self.scope, self.sheet.index)
            if isinstance(size, int):
                return size
        content = self.content
        if isinstance(content, TextPart):
            return len(content.encoded())
        return None if content is None else extent(content)

    def find(self, needle: bytes, start: int) -> int:
        """Return where the layout will hold ``needle``; raises `UnknownName` where it does not.

        Raises V0855 where the answer hangs on itself.
        """
        content = self.content
        if not isinstance(content, Struct) or not needle:
            raise UnknownName(f"find({needle!r})")
        asked = needle, start
        if asked in self._asked:
            raise fail("V0855", f"find({needle!r}) needs itself", self.role.place)
        self._asked.add(asked)
        try:
            found = searching.find(content, needle, start)
        finally:
            self._asked.remove(asked)
        if found is None:
            raise UnknownName(f"find({needle!r})")
        return found

    def names(self) -> Iterable[str]:
        content = self.content
        own: Iterable[str] = content.names() if content is not None else []
        return [*own, *self.captures, "endian"]

    def get(self, name: str) -> Value:
        content = self.content
        if content is not None and name in set(content.names()):
            return content.get(name) if isinstance(content, Struct) else content.value(name)
        if name in self.captures:
            return self.captures[name]
        if name == "endian":
            return self.endian
        raise UnknownName(name)

    def locate(self, name: str) -> object:
        if not isinstance(self.content, Struct):
            raise UnknownName(name)
        return self.content.locate(name)


class _FileScope(Chain):
    """Names in a file: its captures, then the data set's; ``find()`` looks into its texts."""

    def __init__(self, captures: Mapping[str, Value], outer: Scope, file: FakeFile) -> None:
        super().__init__(captures, outer)
        self._file = file

    def find(self, needle: bytes, start: int | None) -> int:
        return self._file.find(needle, start or 0)


class FakeFiles(RowsLike):
    """The files of a role that has many: rows by the value of the capture they run over."""

    def __init__(self, role: Role, files: Sequence[FakeFile], values: Sequence[Value]) -> None:
        super().__init__(role.over or role.name, role.place, None)
        self.role = role
        self.files = files
        self.values = list(values)

    @property
    def offset(self) -> object:
        return np.zeros(len(self.files), np.int64)

    @property
    def nbytes(self) -> object:
        return np.array([file.nbytes for file in self.files], np.int64)

    def __len__(self) -> int:
        return len(self.files)

    def at(self, i: int) -> Value:
        return self.files[i]

    def names(self) -> Iterable[str]:
        return self.files[0].names() if self.files else []

    def keys(self) -> Iterable[object]:
        return self.values

    def row(self, key: int | str) -> Value:
        if key not in self.values:
            raise KeyError(key)
        return self.files[self.values.index(key)]

    def pick(self, index: Sequence[int]) -> FakeFiles:
        return FakeFiles(self.role, [self.files[i] for i in index], [self.values[i] for i in index])

    def column(self, name: str) -> Value:
        values = [file.get(name) for file in self.files]
        if values and all(isinstance(value, RowsLike) for value in values):
            return Nested(values, self.name)  # type: ignore[arg-type]  # just asked
        if values and all(isinstance(value, Record) for value in values):
            return Records(values, self.name, self.place, None, None)  # type: ignore[arg-type]  # just asked
        return gathered(values)

    def known(self, name: str) -> Known | None:
        parts = [file.locate(name).known() for file in self.files]  # type: ignore[attr-defined]  # spots of this room
        return together(parts, None, self.name, self.place)


class FakeTable(FakeFile):
    """A file that is a table in text: the rows of it, by name its columns."""

    @property
    def table(self) -> Table:
        """The rows."""
        content = self.content
        assert isinstance(content, TextPart), "the format of the role is csv"
        return content.rows()

    def names(self) -> Iterable[str]:
        return self.table.names()

    def __len__(self) -> int:
        return len(self.table)

    def __iter__(self) -> Iterator[Row]:
        return iter(self.table)

    def column(self, name: str) -> Value:
        return self.get(name)

    def locate(self, name: str) -> object:
        return CsvColumn(self.table.column(name))

    def row(self, key: int | str) -> Row:
        return self.table.row(key)

    def take(self, index: Column | slice) -> Table:
        return self.table.take(index)

    def keys(self) -> Iterable[object]:
        return self.table.keys()

    def has(self, key: object) -> bool:
        return self.table.has(key)
