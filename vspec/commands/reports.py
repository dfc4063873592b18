"""What each command returns: frozen data, and the same as JSON for ``--json``.

The CLI prints these and decides the exit code by `exit_code`; nothing here prints.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from vspec.commands.apply_report import ArrayReport, problems_json
from vspec.errors import CODES, Problem
from vspec.layout import Json

EXIT_CODES: Mapping[str, int] = {"card": 1, "usage": 2, "data": 3, "drift": 4, "environment": 5}


def exit_code(problems: Iterable[Problem]) -> int:
    """Return the exit code for problems: 0 without errors, else that of the gravest kind.

    Usage (2) and environment (5) come before damaged data (3), drift (4) and findings in the card (1).
    """
    kinds = {CODES[p.code].kind for p in problems if p.level == "error"}
    for kind in ("usage", "environment", "data", "drift", "card"):
        if kind in kinds:
            return EXIT_CODES[kind]
    return 0


@dataclass(frozen=True, slots=True)
class CheckReport:
    """A card, the data sets that it finds in the data (where data was given), and the problems."""

    card: str
    datasets: tuple[str, ...]
    problems: tuple[Problem, ...] = ()

    def to_json(self) -> dict[str, Json]:
        return {
            "card": self.card,
            "datasets": list(self.datasets),
            "problems": problems_json(self.problems),
        }


@dataclass(frozen=True, slots=True)
class VerifiedMap:
    """A map and how much of it was compared, byte by byte."""

    map: str
    arrays: int
    bytes_compared: int
    problems: tuple[Problem, ...] = ()

    def to_json(self) -> dict[str, Json]:
        return {
            "map": self.map,
            "arrays": self.arrays,
            "bytes_compared": self.bytes_compared,
            "equal": not any(p.level == "error" for p in self.problems),
            "problems": problems_json(self.problems),
        }


@dataclass(frozen=True, slots=True)
class VerifyReport:
    """The result of `verify` for several maps."""

    maps: tuple[VerifiedMap, ...]

    @property
    def problems(self) -> tuple[Problem, ...]:
        """Problems of all maps."""
        return tuple(p for m in self.maps for p in m.problems)

    def to_json(self) -> dict[str, Json]:
        return {"maps": [m.to_json() for m in self.maps]}


@dataclass(frozen=True, slots=True)
class SourceStatus:
    """One source of a map: ``state`` is same, grew, changed or missing."""

    path: str
    state: str
    size: int
    found: int | None
    offset: int | None = None

    def to_json(self) -> dict[str, Json]:
        return {
            "path": self.path,
            "state": self.state,
            "size": self.size,
            "found": self.found,
            "offset": self.offset,
        }


@dataclass(frozen=True, slots=True)
class MapStatus:
    """A map and the state of its sources; ``state`` is the worst of them, or unreadable."""

    map: str
    state: str
    sources: tuple[SourceStatus, ...]
    problems: tuple[Problem, ...] = ()

    def to_json(self) -> dict[str, Json]:
        return {
            "map": self.map,
            "state": self.state,
            "sources": [s.to_json() for s in self.sources],
            "problems": problems_json(self.problems),
        }


@dataclass(frozen=True, slots=True)
class StatusReport:
    """The result of `status` for several maps."""

    maps: tuple[MapStatus, ...]

    @property
    def problems(self) -> tuple[Problem, ...]:
        """Problems of all maps."""
        return tuple(p for m in self.maps for p in m.problems)

    def to_json(self) -> dict[str, Json]:
        return {"maps": [m.to_json() for m in self.maps]}


@dataclass(frozen=True, slots=True)
class Whole:
    """A card and its data set that holds all the files of another match, and more."""

    card_id: str
    dataset: str

    def to_json(self) -> dict[str, Json]:
        return {"card": self.card_id, "dataset": self.dataset}


@dataclass(frozen=True, slots=True)
class Match:
    """A card that fits a data set: its patterns, constants and checks all hold."""

    card_id: str
    card_path: str
    dataset: str
    files: tuple[str, ...]
    why: tuple[str, ...]
    part_of: tuple[Whole, ...] = ()

    def to_json(self) -> dict[str, Json]:
        return {
            "card": self.card_id,
            "card_path": self.card_path,
            "dataset": self.dataset,
            "files": list(self.files),
            "why": list(self.why),
            "part_of": [whole.to_json() for whole in self.part_of],
        }


@dataclass(frozen=True, slots=True)
class NearMiss:
    """A card whose patterns fit, and why the rest does not."""

    card_id: str
    dataset: str
    problems: tuple[Problem, ...]

    def to_json(self) -> dict[str, Json]:
        return {
            "card": self.card_id,
            "dataset": self.dataset,
            "problems": problems_json(self.problems),
        }


@dataclass(frozen=True, slots=True)
class IdentifyReport:
    """The cards that fit the data, and those that nearly do."""

    matches: tuple[Match, ...]
    near_misses: tuple[NearMiss, ...] = ()
    problems: tuple[Problem, ...] = ()

    def to_json(self) -> dict[str, Json]:
        return {
            "matches": [m.to_json() for m in self.matches],
            "near_misses": [m.to_json() for m in self.near_misses],
            "problems": problems_json(self.problems),
        }


@dataclass(frozen=True, slots=True)
class AxisReport:
    """An axis in the card's order and direction: its coordinate where it is a line, and its labels.

    Element k lies at ``start + k * step``, in ``units``, counted from ``epoch``.
    """

    name: str
    size: int
    start: float | None = None
    step: float | None = None
    units: str | None = None
    epoch: str | None = None
    labels: int = 0

    def to_json(self) -> dict[str, Json]:
        return {
            "name": self.name,
            "size": self.size,
            "start": self.start,
            "step": self.step,
            "units": self.units,
            "epoch": self.epoch,
            "labels": self.labels,
        }


@dataclass(frozen=True, slots=True)
class InfoArray:
    """An array of a map with its axes."""

    array: ArrayReport
    axes: tuple[AxisReport, ...]

    def to_json(self) -> dict[str, Json]:
        return {**self.array.to_json(), "axes": [axis.to_json() for axis in self.axes]}


@dataclass(frozen=True, slots=True)
class InfoReport:
    """What a map says of itself."""

    map: str
    title: str
    card: str
    card_version: str
    vspec_version: str
    profile: str
    root: str
    sources: tuple[SourceStatus, ...]
    arrays: tuple[InfoArray, ...]
    groups: tuple[str, ...]
    params: Mapping[str, Json]

    def to_json(self) -> dict[str, Json]:
        return {
            "map": self.map,
            "title": self.title,
            "card": self.card,
            "card_version": self.card_version,
            "vspec_version": self.vspec_version,
            "profile": self.profile,
            "root": self.root,
            "sources": [{"path": s.path, "size": s.size} for s in self.sources],
            "arrays": [a.to_json() for a in self.arrays],
            "groups": list(self.groups),
            "params": dict(self.params),
        }


@dataclass(frozen=True, slots=True)
class FakedArray:
    """An array whose contents are known because they were made up."""

    path: str
    shape: tuple[int, ...]
    dtype: str

    def to_json(self) -> dict[str, Json]:
        return {"path": self.path, "shape": list(self.shape), "dtype": self.dtype}


@dataclass(frozen=True, slots=True)
class FakeReport:
    """The files that were written, the arrays in them, and the damage done to them, if any."""

    files: tuple[str, ...]
    arrays: tuple[FakedArray, ...]
    params: Mapping[str, Json]
    damage: str | None = None

    def to_json(self) -> dict[str, Json]:
        return {
            "files": list(self.files),
            "arrays": [a.to_json() for a in self.arrays],
            "params": dict(self.params),
            "damage": self.damage,
        }


@dataclass(frozen=True, slots=True)
class ExplainReport:
    """What a code means."""

    code: str
    kind: str
    title: str
    explanation: str
    wrong: str
    right: str

    def to_json(self) -> dict[str, Json]:
        return {
            "code": self.code,
            "kind": self.kind,
            "title": self.title,
            "explanation": self.explanation,
            "wrong": self.wrong,
            "right": self.right,
        }


@dataclass(frozen=True, slots=True)
class FailedReport:
    """A command that could not be carried out at all."""

    problems: tuple[Problem, ...]

    def to_json(self) -> dict[str, Json]:
        return {"problems": problems_json(self.problems)}
