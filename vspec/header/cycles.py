"""Finding out that a value needs itself, instead of running out of stack."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

from vspec.errors import Place, fail

T = TypeVar("T")

MAX_PENDING = 100


class Pending:
    """The names that are being computed, in the order in which they were asked for."""

    def __init__(self) -> None:
        self._names: list[str] = []

    def __bool__(self) -> bool:
        return bool(self._names)

    def compute(self, name: str, place: Place | Callable[[str], Place], work: Callable[[], T]) -> T:
        """Return ``work()``; raises V0311 when ``name`` is needed to compute it, V0922 when too much is."""
        if name in self._names:
            chain = " <- ".join([*self._names[self._names.index(name) :], name])
            raise fail("V0311", f"'{name}' needs itself: {chain}", _found(place, name))
        if len(self._names) >= MAX_PENDING:
            raise fail("V0922", f"'{name}' depends on more than {MAX_PENDING} others", _found(place, name))
        self._names.append(name)
        try:
            return work()
        finally:
            self._names.pop()


def _found(place: Place | Callable[[str], Place], name: str) -> Place:
    return place if isinstance(place, Place) else place(name)
