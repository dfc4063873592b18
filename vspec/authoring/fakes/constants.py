"""Names that mean the same in every file of a data set."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from vspec.expressions import UnknownName, Value


class Constants:
    """Names that do not depend on the files: byte orders, tables, params."""

    def __init__(self, values: Mapping[str, Value]) -> None:
        self._values = values

    def names(self) -> Iterable[str]:
        return self._values

    def get(self, name: str) -> Value:
        if name not in self._values:
            raise UnknownName(name)
        return self._values[name]

    def locate(self, name: str) -> object:
        raise UnknownName(name)

    def find(self, needle: bytes, start: int | None) -> int:
        raise UnknownName(f"find({needle!r}, {start})")
