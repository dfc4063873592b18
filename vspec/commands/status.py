"""``vspec status``: whether the sources of a map are still what it was made from."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

from vspec import seal as sealing
from vspec.commands.maps import maps_of
from vspec.commands.reports import MapStatus, SourceStatus, StatusReport
from vspec.errors import Problem, VspecError
from vspec.readers import map_file
from vspec.readers.map_file import MapDocument
from vspec.reopening import local_root
from vspec.seal import Comparison
from vspec.sources import Files, confine, data_file

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
    root = local_root(document)
    sources: list[SourceStatus] = []
    problems: list[Problem] = []
    with Files(root) as files:
        for source in document.sources:
            absolute = confine(root, source.path)
            sealed = sealing.from_json(source.size, source.seal)
            reader = files.reader(files.add(data_file(source.path, absolute))) if absolute.is_file() else None
            try:
                found = sealing.compare(sealed, reader)
            except VspecError as error:
                problems += error.problems
                continue
            size = None if reader is None else reader.size
            sources.append(SourceStatus(source.path, found.state, source.size, size, found.offset))
            problems += _problems(source.path, found, source.size, size)
    state = max((s.state for s in sources), key=WORST.index, default="same")
    return MapStatus(str(document.path), state, tuple(sources), tuple(problems))


def _problems(path: str, found: Comparison, size: int, now: int | None) -> Iterator[Problem]:
    if found.state == "missing":
        yield Problem(
            "V0741", f"{path} is missing", data_file=path, help="were the data moved? see 'vspec relocate'"
        )
    elif found.state == "changed":
        block = "" if found.nbytes is None else f" (within {found.nbytes} bytes)"
        yield Problem(
            "V0742",
            f"{path} is not what the map was made from: it differs from byte {found.offset} on{block}",
            data_file=path,
            offset=found.offset,
            expected=f"the {size} bytes that the map sealed",
            found=f"{now} bytes, some of them others",
            help="make the map again, or bring the original back",
        )
    elif found.state == "grew":
        yield Problem(
            "V0743",
            f"{path} grew from {size} to {now} bytes since the map was made",
            data_file=path,
            offset=size,
            level="warn",
            help="the mapped part is unchanged; make the map again to take in the rest",
        )
