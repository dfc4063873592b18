"""One record, as rows and walks need it."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Protocol, runtime_checkable

from vspec.card.model import Field, Let
from vspec.card.model import Record as RecordSpec
from vspec.datatypes import Endian
from vspec.expressions import Scope, Value


@runtime_checkable
class Fielded(Protocol):
    """What has fields as the card writes them."""

    def field(self, name: str) -> Field | RecordSpec | None:
        """Return the field of that name, if there is one."""


class Instance(Protocol):
    """One record, as the rows need it (`vspec.header.structs.Struct`)."""

    spec: RecordSpec

    @property
    def scope(self) -> Scope: ...

    @property
    def offset(self) -> int: ...

    @property
    def nbytes(self) -> int: ...

    def names(self) -> Iterable[str]: ...

    def get(self, name: str) -> Value: ...

    def locate(self, name: str) -> object: ...

    def place(self, name: str) -> object: ...

    def field(self, name: str) -> Field | RecordSpec | None: ...

    def let(self, name: str) -> Let | None: ...

    def forget(self) -> None: ...


class Following(Instance, Protocol):
    """A row of a repeated record that may look at the one before it."""

    @property
    def previous(self) -> Following | None: ...

    def knows(self, name: str) -> bool: ...


@dataclass(frozen=True, slots=True)
class Around:
    """What a struct stands in: names, the byte order (asked only when it matters), and how deep.

    ``reserved`` tells that its bytes are known to lie in the file (a row of a fixed table). A row of a
    repeated record has ``is_row``, and ``previous`` is the row before it.
    """

    scope: Scope
    endian: Callable[[], Endian]
    depth: int = 0
    reserved: bool = False
    is_row: bool = False
    previous: Following | None = None
