"""A file that is a table in text, as rows: ``events.onset``, ``events[0]``, ``each: e in events``."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from vspec.expressions import Column, UnknownName, Value
from vspec.expressions.tables import Row, Table
from vspec.header.roles import RoleFile
from vspec.header.text import TextTable
from vspec.header.text_columns import text_column


class TableFile(RoleFile):
    """A csv file: the rows of its table; its captures and ``endian`` go by name as well."""

    @property
    def table(self) -> TextTable:
        """The rows; raises what `vspec.header.text.read_text` raises."""
        content = self.content
        assert isinstance(content, TextTable), "the format of the role is csv"
        return content

    def names(self) -> Iterable[str]:
        return self.table.names()

    def __len__(self) -> int:
        return len(self.table)

    def __iter__(self) -> Iterator[Row]:
        return iter(self.table)

    def column(self, name: str) -> Value:
        return self.get(name)

    def locate(self, name: str) -> object:
        """Return a column as an array that can be copied; raises `UnknownName` and V0319."""
        form = self.role.text
        wanted = next((one for one in form.fields if one.name == name), None) if form is not None else None
        if form is None or wanted is None:
            raise UnknownName(name)
        begins = self.table.origin(name) or self.view.name
        return text_column(form, wanted, self.table.column(name), (self.view.index, begins))

    def row(self, key: int | str) -> Row:
        return self.table.row(key)

    def take(self, index: Column | slice) -> Table:
        return self.table.take(index)

    def keys(self) -> Iterable[object]:
        return self.table.keys()

    def has(self, key: object) -> bool:
        return self.table.has(key)
