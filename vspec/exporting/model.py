"""What an export is asked for, what a kind of export does, and what it reports."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal, Protocol

from vspec.layout import Json
from vspec.profile.arrays import MapArray
from vspec.readers.map_file import MapDocument

OnStep = Callable[[str, int, int], None]
"""Called with what is done, how much of it is, and how much there is."""


@dataclass(frozen=True, slots=True)
class ExportOptions:
    """Choices of an export.

    ``only`` are the paths of the arrays to write, all of them by default. ``root`` is the folder that the
    sources lie below, where they were moved. ``force`` replaces what is there under the name of the output.
    ``copy`` copies what cannot be pointed to (for the kinds that point). ``format`` is that of Zarr.
    """

    only: tuple[str, ...] = ()
    root: Path | None = None
    force: bool = False
    copy: bool = False
    format: Literal[2, 3] = 3


@dataclass(frozen=True, slots=True)
class ExportedArray:
    """An array that was written: how, and how many bytes of its values were copied."""

    path: str
    how: str
    copied_bytes: int = 0

    def to_json(self) -> dict[str, Json]:
        return {"path": self.path, "how": self.how, "copied_bytes": self.copied_bytes}


@dataclass(frozen=True, slots=True)
class Fault:
    """An array that a form cannot express, why, and what would help."""

    path: str
    why: str
    help: str

    def to_json(self) -> dict[str, Json]:
        return {"path": self.path, "why": self.why}


@dataclass(frozen=True, slots=True)
class ExportReport:
    """What was written where. ``left_out`` are the arrays that ``only`` does not name.

    Those that could not have been expressed stand in ``not_expressed`` as well, with the reason. ``notes``
    tell what has another form than in the map.
    """

    map: str
    kind: str
    out: str
    arrays: tuple[ExportedArray, ...]
    left_out: tuple[str, ...] = ()
    not_expressed: tuple[Fault, ...] = ()
    notes: tuple[str, ...] = ()

    def to_json(self) -> dict[str, Json]:
        return {
            "map": self.map,
            "kind": self.kind,
            "out": self.out,
            "arrays": [array.to_json() for array in self.arrays],
            "left_out": list(self.left_out),
            "not_expressed": [fault.to_json() for fault in self.not_expressed],
            "notes": list(self.notes),
        }


@dataclass(frozen=True, slots=True, eq=False)
class Job:
    """One export: a map that was found sound, the arrays to write, and where to."""

    document: MapDocument
    arrays: tuple[MapArray, ...]
    out: Path
    options: ExportOptions
    on_step: OnStep


@dataclass(frozen=True, slots=True)
class Written:
    """What a kind wrote."""

    arrays: tuple[ExportedArray, ...]
    notes: tuple[str, ...] = ()


class Kind(Protocol):
    """A form to export to: the suffix of its files, a line about it, the packages that it needs."""

    @property
    def suffix(self) -> str: ...

    @property
    def about(self) -> str: ...

    @property
    def packages(self) -> tuple[tuple[str, str], ...]: ...

    def faults(self, job: Job) -> Iterator[Fault]:
        """Yield what the form cannot express. Raises `VspecError` for sources that are wrong."""
        ...

    def write(self, job: Job) -> Written:
        """Write the arrays to ``job.out``, in one step. Raises `VspecError` and `OSError`."""
        ...


@dataclass(frozen=True, slots=True)
class Axis:
    """An axis of an array as it is stored. ``line`` are start and step, ``said`` what else is said of them.

    ``texts`` has a text for each element by the name of the coordinate.
    """

    size: int
    line: tuple[float, float] | None = None
    said: Mapping[str, Json] = field(default_factory=dict)
    labels: tuple[str, ...] = ()
    texts: Mapping[str, tuple[str, ...]] = field(default_factory=dict)

    @classmethod
    def of(cls, array: MapArray, dim: str, size: int) -> Axis:
        """Return what the attributes of an array say of one of its axes."""
        own = array.attrs.get("vspec")
        line, labels, texts = (_entry(own, key, dim) for key in ("axes", "labels", "coordinates"))
        said = dict(line) if isinstance(line, dict) else {}
        start, step = _number(said.pop("start", None)), _number(said.pop("step", None))
        named = texts.items() if isinstance(texts, dict) else ()
        return cls(
            size,
            (start, step) if start is not None and step is not None else None,
            said,
            _texts(labels, size),
            {str(kind): found for kind, values in named if (found := _texts(values, size))},
        )

    def agrees(self, other: Axis) -> bool:
        """Tell whether the axis of another array, of the same name, can be the same one."""
        pairs = ((self.line, other.line), (self.said, other.said), (self.labels, other.labels))
        same = all(not a or not b or a == b for a, b in (*pairs, (self.texts, other.texts)))
        return self.size == other.size and same

    def with_more(self, other: Axis) -> Axis:
        """Return the axis with what another array says of it."""
        line, labels = self.line or other.line, self.labels or other.labels
        return Axis(self.size, line, self.said or other.said, labels, self.texts or other.texts)


def dims_of(array: MapArray) -> tuple[str, ...]:
    """Return the names of the axes as they are stored."""
    names = array.attrs["_ARRAY_DIMENSIONS"]
    return tuple(map(str, names)) if isinstance(names, list) else ()


def _entry(own: Json, key: str, dim: str) -> Json:
    found = own.get(key) if isinstance(own, dict) else None
    return found.get(dim) if isinstance(found, dict) else None


def _number(value: Json) -> float | None:
    return float(value) if isinstance(value, int | float) and not isinstance(value, bool) else None


def _texts(value: Json, size: int) -> tuple[str, ...]:
    return tuple(map(str, value)) if isinstance(value, list) and len(value) == size else ()
