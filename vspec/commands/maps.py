"""Which maps a command is to look at."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from vspec.errors import fail

SUFFIX = ".vspec.json"


def maps_of(given: str | Path | Sequence[str | Path]) -> list[Path]:
    """Return the maps that are given; a folder stands for all the maps in it (not below it).

    Raises V0701 for a folder without a map.
    """
    found: list[Path] = []
    for path in map(Path, [given] if isinstance(given, (str, Path)) else given):
        if not path.is_dir():
            found.append(path)
            continue
        inside = sorted(p for p in path.iterdir() if p.name.endswith(SUFFIX))
        if not inside:
            raise fail(
                "V0701",
                f"the folder {path} holds no map",
                expected=f"files that end in {SUFFIX}",
                help="give a map, or a folder of maps; 'vspec apply CARD DATA' makes them",
            )
        found += inside
    return found
