"""Formats of which entries are refused or have no card, each with its reason, as the docs list them."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from tests.corpus.running import Outcome

HERE = Path(__file__).parent
LIST = HERE / "unserved.toml"


@dataclass(frozen=True, slots=True)
class Unserved:
    """``what`` the format is, and ``why`` entries of it are refused or have no card."""

    what: str
    why: str


def read_unserved(path: Path = LIST) -> Mapping[str, Unserved]:
    """Return the reasons by format. Raises `ValueError` for one that says not both."""
    with path.open("rb") as file:
        listed = tomllib.load(file)
    found = {}
    for name, said in listed.items():
        if set(said) != {"what", "why"} or not all(isinstance(t, str) and t.strip() for t in said.values()):
            raise ValueError(f"{path}: '{name}' must say what it is, and why")
        found[name] = Unserved(said["what"], said["why"])
    return found


def unnamed(outcomes: Sequence[Outcome], listed: Mapping[str, Unserved]) -> list[str]:
    """Return the readable entries that are refused or without a card and whose format names no reason."""
    return [
        f"{one.id}: {one.result}, and {one.format} is not in {LIST.name}"
        for one in outcomes
        if _is_out(one) and one.format not in listed
    ]


def served(outcomes: Sequence[Outcome], listed: Mapping[str, Unserved]) -> list[str]:
    """Return the formats that are listed although none of their entries is refused or without a card."""
    seen = {one.format for one in outcomes if one.kind == "readable"}
    out = {one.format for one in outcomes if _is_out(one)}
    return sorted(name for name in listed if name in seen and name not in out)


def _is_out(one: Outcome) -> bool:
    return one.kind == "readable" and one.result in ("refused", "no card")
