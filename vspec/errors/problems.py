"""The one way in which vspec says that something is wrong."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal, TypedDict, Unpack

from vspec.errors.catalog import CODES

Level = Literal["error", "warn"]


@dataclass(frozen=True, slots=True)
class Place:
    """A stretch of one line of a card.

    ``line`` and ``column`` count from 1; ``length`` is the width of the caret; ``text`` is
    the whole source line, kept so that a message can show it without the file.
    """

    file: str
    line: int
    column: int
    length: int
    text: str


@dataclass(frozen=True, slots=True)
class Text:
    """A scalar of a card together with the place where it is written.

    ``exact`` tells whether character ``i`` of ``value`` stands at column ``place.column + i``;
    escapes and block scalars break that, and then every cut shows the whole scalar.
    """

    value: str
    place: Place
    exact: bool = True

    def cut(self, start: int, stop: int) -> Text:
        """Return ``value[start:stop]`` with the place that it has in the card."""
        if not self.exact:
            return Text(self.value[start:stop], self.place, exact=False)
        place = self.place
        moved = Place(place.file, place.line, place.column + start, max(1, stop - start), place.text)
        return Text(self.value[start:stop], moved)

    def strip(self) -> Text:
        """Return the text without blanks at its ends, its place moved along."""
        left = len(self.value) - len(self.value.lstrip())
        return self.cut(left, left + len(self.value.strip()))


@dataclass(frozen=True, slots=True)
class Problem:
    """One finding: what is wrong, where in the card, where in the data, and what to do.

    ``offset`` is a byte offset in ``data_file``. ``chain`` holds the values that led to the
    finding, nearest first (``n_ch = 63 <- meta.nSavedChans "63" (run.meta line 12)``).
    """

    code: str
    message: str
    place: Place | None = None
    data_file: str | None = None
    offset: int | None = None
    expected: str | None = None
    found: str | None = None
    help: str | None = None
    chain: tuple[str, ...] = ()
    level: Level = "error"

    def __post_init__(self) -> None:
        if self.code not in CODES:
            raise KeyError(f"no such code in the catalog: {self.code}")


class VspecError(Exception):
    """Raised with every problem found at once; never with none."""

    def __init__(self, problems: Iterable[Problem]) -> None:
        self.problems = tuple(problems)
        super().__init__("; ".join(f"{p.code}: {p.message}" for p in self.problems))


def distinct(problems: Iterable[Problem]) -> tuple[Problem, ...]:
    """Return each problem once: one code, place in the card, data file and message are one problem.

    Several checks and arrays may run into the same field. An error stands before a warning of it.
    """
    once: dict[tuple[str, Place | None, str | None, str], Problem] = {}
    for problem in problems:
        key = (problem.code, problem.place, problem.data_file, problem.message)
        if key not in once or (once[key].level, problem.level) == ("warn", "error"):
            once[key] = problem
    return tuple(once.values())


class Details(TypedDict, total=False):
    """What `fail` may say beside the message."""

    help: str | None
    expected: str | None
    found: str | None


def fail(code: str, message: str, place: Place | None = None, **details: Unpack[Details]) -> VspecError:
    """Return (for ``raise``) the error that carries one problem without a place in the data."""
    return VspecError([Problem(code, message, place, **details)])
