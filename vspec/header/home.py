"""What all records of one file share, and the space that the file has for them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from vspec.card.model import StructType
from vspec.errors import Place, Problem, VspecError
from vspec.expressions import Scope, Value
from vspec.header.elements import View

Partial = Literal["error", "warn", "drop"]


@dataclass(frozen=True, slots=True)
class Home:
    """The file, the card's types and what their fields may refer to; warnings gather here."""

    view: View
    types: Mapping[str, StructType]
    outer: Scope
    warnings: list[Problem] = field(default_factory=list)

    def fit(self, offset: int, step: int, partial: Partial, name: str, place: Place) -> int:
        """Return how many steps of ``step`` bytes fit from ``offset`` to the end of the file.

        A remainder is V0309: raised, kept as a warning, or dropped, as ``partial`` says.
        """
        space = self.view.bytes.size - offset
        if step <= 0:
            raise VspecError(
                [Problem("V0310", f"'{name}' has no size: 'rest' cannot tell how many there are", place)]
            )
        count, left = divmod(max(space, 0), step)
        if left and partial != "drop":
            problem = Problem(
                "V0309",
                f"{self.view.name}: {left} bytes are left after {count} whole '{name}' of {step} bytes",
                place,
                data_file=self.view.name,
                offset=offset + count * step,
                level=partial,
                help="a cut-off last record? say 'partial: warn' or 'partial: drop' to leave it out",
            )
            if partial == "error":
                raise VspecError([problem])
            self.warnings.append(problem)
        return count

    def reserve(self, offset: int, count: int, step: int, name: str, place: Place) -> None:
        """Raise V0301 unless ``count`` steps of ``step`` bytes lie in the file, before any is made."""
        size = self.view.bytes.size
        if offset + count * step <= size:
            return
        raise VspecError(
            [
                Problem(
                    "V0301",
                    f"{self.view.name} ends before the last of {count} '{name}'",
                    place,
                    data_file=self.view.name,
                    offset=offset,
                    expected=f"{count} x {step} bytes from byte {offset}",
                    found=f"{max(size - offset, 0)} bytes",
                    help="is the file cut short, still being written, or is the count wrong?",
                )
            ]
        )


@dataclass(frozen=True, slots=True)
class Absent:
    """A field or record whose ``if:`` is false; ``default`` is its ``else`` value."""

    default: Value = None
