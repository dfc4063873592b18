"""A scope without any name, for expressions that need none of a file."""

from __future__ import annotations

from vspec.expressions import UnknownName


class Nothing:
    """Knows no name and holds no bytes."""

    def names(self):
        return []

    def get(self, name):
        raise UnknownName(name)

    locate = get

    def find(self, needle, _start):
        raise UnknownName(needle)
