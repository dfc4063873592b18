"""What ``vspec apply`` returns: the maps that were made, and what each profile would cost."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from vspec.chunks import Choice, Profile
from vspec.errors import Problem
from vspec.errors.rendering import to_json
from vspec.layout import Json
from vspec.profile.readers import Needs


def problems_json(problems: Iterable[Problem]) -> list[Json]:
    """Return problems as JSON, each with the chain of values that led to it."""
    return [{**to_json(problem), "because": list(problem.chain)} for problem in problems]


@dataclass(frozen=True, slots=True)
class ArrayReport:
    """One array of a map: ``dims`` and ``shape`` in the card's order, references, and the tail's rung.

    ``stored`` are the axes in the order of the bytes, which is the one that Zarr has.

    ``choices`` are the profiles that were looked at, the chosen one first, with what each costs.
    ``materialized`` tells that no reference could serve it, and its values were copied; ``needs`` are its
    codecs, and who reads them.
    """

    path: str
    dims: tuple[str, ...]
    shape: tuple[int, ...]
    dtype: str
    chunks: tuple[int, ...]
    refs: int
    copied_bytes: int
    tail: str
    stored: tuple[str, ...]
    profile: Profile = "portable"
    choices: tuple[Choice, ...] = ()
    materialized: bool = False
    needs: Needs = field(default_factory=Needs)

    def to_json(self) -> dict[str, Json]:
        return {
            "path": self.path,
            "dims": list(self.dims),
            "stored": list(self.stored),
            "shape": list(self.shape),
            "dtype": self.dtype,
            "chunks": list(self.chunks),
            "refs": self.refs,
            "copied_bytes": self.copied_bytes,
            "tail": self.tail,
            "profile": self.profile,
            "materialized": self.materialized,
            "codecs": list(self.needs.codecs),
            "readers": self.needs.readers,
            "not_read_by": list(self.needs.not_read_by),
            "packages": list(self.needs.packages),
        }


def _choice(path: str, choice: Choice) -> Json:
    return {
        "array": path,
        "profile": choice.profile,
        "refs": choice.references,
        "fetched_bytes": choice.fetched_bytes,
        "copied_bytes": choice.copied_bytes,
        "why_not": choice.why_not or None,
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
            "choices": [_choice(array.path, choice) for array in self.arrays for choice in array.choices],
            "warnings": problems_json(self.warnings),
        }


@dataclass(frozen=True, slots=True)
class ApplyReport:
    """The maps that were made, and the problems of the data sets that were not mapped."""

    maps: tuple[MapReport, ...]
    problems: tuple[Problem, ...] = ()

    def to_json(self) -> dict[str, Json]:
        return {"maps": [m.to_json() for m in self.maps], "problems": problems_json(self.problems)}
