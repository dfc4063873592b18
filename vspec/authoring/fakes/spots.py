"""Where a field of a record that is being written lies, and what it holds."""

from __future__ import annotations

from typing import Protocol

from vspec.authoring.fakes.known import Known
from vspec.authoring.fakes.leaves import Leaf
from vspec.card.model import Record as RecordSpec
from vspec.errors import fail
from vspec.expressions import Value


class Sized(Protocol):
    """A part of a record, as a spot needs it."""

    @property
    def nbytes(self) -> int: ...


class Sited(Protocol):
    """A record, as a spot needs it."""

    spec: RecordSpec

    def offset_of(self, name: str) -> int:
        """Return where a field begins."""

    def part(self, name: str) -> Sized:
        """Return a field as it is written."""


class Absent:
    """A field or record that a condition leaves out."""

    offset = 0
    nbytes = 0

    def __init__(self, default: Value = None) -> None:
        self.default = default


class Spot:
    """A field of a record as expressions locate it: its place, and for `known` its contents."""

    def __init__(self, struct: Sited, name: str) -> None:
        self._struct = struct
        self._name = name

    @property
    def offset(self) -> int:
        return self._struct.offset_of(self._name)

    @property
    def nbytes(self) -> int:
        return int(self._struct.part(self._name).nbytes)

    def known(self) -> Known | None:
        """Return the contents with their axes; None where a condition leaves the field out."""
        part = self._struct.part(self._name)
        if isinstance(part, Leaf):
            return part.known()
        if isinstance(part, Absent):
            return None
        raise fail("V0856", f"'{self._name}' is no field of numbers", self._struct.spec.place)
