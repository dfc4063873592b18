"""``vspec status``: whether the sources of a map are still what it was made from."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from vspec.commands.maps import maps_of
from vspec.commands.reports import MapStatus, SourceStatus, StatusReport
from vspec.errors import Problem, VspecError
from vspec.opening.drift import states
from vspec.readers import map_file
from vspec.readers.map_file import MapDocument

WORST = ("same", "grew", "changed", "missing", "unreadable")


def status(maps: str | Path | Sequence[str | Path]) -> StatusReport:
    """Return for each source of each map: same, grew, changed or missing.

    The digests that the map holds are compared, never times. A map that cannot be read, or that
    leads to another machine, is "unreadable", with its problems. A folder stands for the maps in it.
    """
    return StatusReport(tuple(_status(path) for path in maps_of(maps)))


def _status(path: Path) -> MapStatus:
    try:
        return map_status(map_file.load(path))
    except VspecError as error:
        return MapStatus(str(path), "unreadable", (), error.problems)


def map_status(document: MapDocument) -> MapStatus:
    """Return the state of one map's sources; raises V0740 where it leads to another machine."""
    sources: list[SourceStatus] = []
    problems: list[Problem] = []
    for each in states(document):
        problems += each.problems
        if each.found is not None:
            found, source = each.found, each.source
            sources.append(SourceStatus(source.path, found.state, source.size, each.size, found.offset))
    state = max((s.state for s in sources), key=WORST.index, default="same")
    return MapStatus(str(document.path), state, tuple(sources), tuple(problems))
