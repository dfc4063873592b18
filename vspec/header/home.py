"""What all records of one file share, and the space that the file has for them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal, TypeVar

from vspec.card.model import Let, Record, StructType
from vspec.errors import Place, Problem, VspecError
from vspec.expressions import Scope, Value
from vspec.header.elements import Bytes, View
from vspec.header.encoded import inside, outside
from vspec.header.extents import carried, is_fixed, looks_back
from vspec.header.stepping import Steps, steps_of
from vspec.layout import Codecs, Int64
from vspec.sources import Files

MAX_WALKED = 4 * 10**6
"""Rows of varying size in one file, those inside others included."""

T = TypeVar("T")

Partial = Literal["error", "warn", "drop"]


CUT_OFF = "a cut-off last record? say 'partial: warn' or 'partial: drop' to leave it out"


@dataclass(frozen=True, slots=True)
class Open:
    """What takes as much as there is: up to the byte ``stop``; ``partial`` is about what is left over."""

    name: str
    place: Place
    stop: int
    partial: Partial = "error"


@dataclass(frozen=True, slots=True)
class Shape:
    """What the card alone tells of a record: its fields by name, and what it carries from row to row."""

    index: Mapping[str, int]
    lets: Mapping[str, Let]
    carried: frozenset[str]
    is_fixed: bool
    looks_back: bool
    known: frozenset[str]

    @classmethod
    def of(cls, record: Record, types: Mapping[str, StructType]) -> Shape:
        """Return the shape of a record."""
        index = {field.name: i for i, field in enumerate(record.fields)}
        lets = {let.name: let for let in record.lets}
        known = frozenset(index) | frozenset(lets)
        return cls(index, lets, carried(record), is_fixed(record, types), looks_back(record, types), known)


@dataclass(frozen=True, slots=True)
class Home:
    """The file, the card's types and what their fields may refer to; warnings gather here."""

    view: View
    types: Mapping[str, StructType]
    outer: Scope
    warnings: list[Problem] = field(default_factory=list)
    libraries: Mapping[tuple[str, ...], Scope] = field(default_factory=dict)
    _steps: dict[int, Steps | None] = field(default_factory=dict)
    _shapes: dict[int, Shape] = field(default_factory=dict)
    files: Files | None = None
    _walked: list[int] = field(default_factory=lambda: [0])
    _coded: dict[int, tuple[Record, Record, Record]] = field(default_factory=dict)

    def coded(self, record: Record) -> tuple[Record, Record]:
        """Return a coded record as it stands in the file, and as it stands in the decoded bytes."""
        if id(record) not in self._coded:
            self._coded[id(record)] = (record, outside(record), inside(record))
        return self._coded[id(record)][1:]

    def add_regions(self, file: Int64, offset: Int64, nbytes: Int64, chain: Codecs) -> Int64:
        """Return the indices of regions of encoded bytes, new ones."""
        assert self.files is not None, "a data set has a table of files"
        return self.files.regions.add(file, offset, nbytes, chain)

    def inside(self, region: int) -> Bytes:
        """Return the decoded bytes of a region."""
        assert self.files is not None, "a data set has a table of files"
        return self.files.inside(region)

    def noted(self, found: T) -> T:
        """Return a text that was read; its notes are warnings of the data set, each of them once."""
        notes: tuple[Problem, ...] = getattr(found, "notes", ())
        self.warnings.extend(note for note in notes if note not in self.warnings)
        return found

    def around(self, struct: StructType) -> Scope:
        """Return what the fields of a type see beside themselves and its parameters."""
        return self.libraries[struct.library] if struct.library else self.outer

    def shape(self, record: Record) -> Shape:
        """Return what the card alone tells of a record; it is looked at once."""
        found = self._shapes.get(id(record))
        if found is None:
            found = self._shapes[id(record)] = Shape.of(record, self.types)
        return found

    def steps(self, record: Record) -> Steps | None:
        """Return how rows up to a sentinel are stepped over, where they can be; it is looked at once."""
        if id(record) not in self._steps:
            self._steps[id(record)] = None if self.shape(record).looks_back else steps_of(record)
        return self._steps[id(record)]

    def walk(self, record: Record) -> None:
        """Count a row that is walked; raises V0921 when the file has too many of them, in all its records."""
        self._walked[0] += 1
        if self._walked[0] > MAX_WALKED:
            message = f"more than {MAX_WALKED} rows to walk, the last of them of '{record.name}'"
            problem = Problem("V0921", message, record.place, data_file=self.view.name)
            raise VspecError([problem])

    def hollow(self, record: Record, count: int) -> None:
        """Count rows without bytes: no file bounds how many there are. Raises V0921 as `walk` does."""
        self._walked[0] += count
        if self._walked[0] > MAX_WALKED:
            message = f"more than {MAX_WALKED} rows without bytes, the last of them of '{record.name}'"
            problem = Problem("V0921", message, record.place, data_file=self.view.name)
            raise VspecError([problem])

    def left_to_walk(self) -> int:
        """Return how many rows may still be walked."""
        return MAX_WALKED - self._walked[0]

    def walked(self, count: int) -> None:
        """Count rows that were walked, no more than were left."""
        self._walked[0] += count

    def fit(self, offset: int, step: int, open_: Open) -> int:
        """Return how many steps of ``step`` bytes fit from ``offset`` to where ``rest`` ends.

        A remainder is V0309: raised, kept as a warning, or dropped, as ``partial`` says.
        """
        if step <= 0:
            message = f"'{open_.name}' has no size: 'rest' cannot tell how many there are"
            raise VspecError([Problem("V0310", message, open_.place)])
        count, left = divmod(max(open_.stop - offset, 0), step)
        if left:
            self.leave(offset + count * step, f"{count} whole '{open_.name}' of {step} bytes", open_)
        return count

    def leave(self, offset: int, behind: str, open_: Open) -> None:
        """Report the bytes from ``offset`` on that are no whole record, as ``partial`` says (V0309)."""
        if open_.partial == "drop":
            return
        problem = Problem(
            "V0309",
            f"{self.view.name}: {open_.stop - offset} bytes are left after {behind}",
            open_.place,
            data_file=self.view.name,
            offset=offset,
            level=open_.partial,
            help=CUT_OFF if open_.partial == "error" else "they are left out, as 'partial: warn' says",
        )
        if open_.partial == "error":
            raise VspecError([problem])
        self.warnings.append(problem)

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
