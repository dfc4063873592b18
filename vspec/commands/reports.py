"""What each command returns: frozen data, and the same as JSON for ``--json``.

The CLI prints these and decides the exit code by `exit_code`; nothing here prints.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from vspec.errors import CODES, Problem
from vspec.errors.rendering import to_json
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


def _json(problems: Iterable[Problem]) -> list[Json]:
    return [{**to_json(problem), "because": list(problem.chain)} for problem in problems]


@dataclass(frozen=True, slots=True)
class ArrayReport:
    """One array of a map: ``dims`` and ``shape`` in the card's order, references, and the tail's rung."""

    path: str
    dims: tuple[str, ...]
    shape: tuple[int, ...]
    dtype: str
    chunks: tuple[int, ...]
    refs: int
    copied_bytes: int
    tail: str

    def to_json(self) -> dict[str, Json]:
        return {
            "path": self.path,
            "dims": list(self.dims),
            "shape": list(self.shape),
            "dtype": self.dtype,
            "chunks": list(self.chunks),
            "refs": self.refs,
            "copied_bytes": self.copied_bytes,
            "tail": self.tail,
        }


@dataclass(frozen=True, slots=True)
class MapReport:
    """One data set and its map; ``map`` is the file that was written (or would be, in a dry run)."""

    map: str
    dataset: str
    card: str
    profile: str
    sources: tuple[str, ...]
    arrays: tuple[ArrayReport, ...]
    warnings: tuple[Problem, ...] = ()

    def to_json(self) -> dict[str, Json]:
        return {
            "map": self.map,
            "dataset": self.dataset,
            "card": self.card,
            "profile": self.profile,
            "sources": list(self.sources),
            "arrays": [array.to_json() for array in self.arrays],
            "warnings": _json(self.warnings),
        }


@dataclass(frozen=True, slots=True)
class ApplyReport:
    """The maps that were made, and the problems of the data sets that were not mapped."""

    maps: tuple[MapReport, ...]
    problems: tuple[Problem, ...] = ()

    def to_json(self) -> dict[str, Json]:
        return {"maps": [m.to_json() for m in self.maps], "problems": _json(self.problems)}


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
            "problems": _json(self.problems),
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
            "problems": _json(self.problems),
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
            "problems": _json(self.problems),
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
class Match:
    """A card that fits a data set: its patterns, constants and checks all hold."""

    card_id: str
    card_path: str
    dataset: str
    files: tuple[str, ...]
    why: tuple[str, ...]

    def to_json(self) -> dict[str, Json]:
        return {
            "card": self.card_id,
            "card_path": self.card_path,
            "dataset": self.dataset,
            "files": list(self.files),
            "why": list(self.why),
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
            "problems": _json(self.problems),
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
            "problems": _json(self.problems),
        }


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
    arrays: tuple[ArrayReport, ...]
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
        return {"problems": _json(self.problems)}
