"""Whether the sources of a map are still what it was made from."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from vspec import seal as sealing
from vspec.errors import Problem, VspecError
from vspec.readers.addresses import MapSource
from vspec.readers.map_file import MapDocument
from vspec.reopening import local_root
from vspec.seal import Comparison
from vspec.sources import Files, confine, data_file


@dataclass(frozen=True, slots=True)
class SourceState:
    """A source held against its seal; ``size`` are the bytes that it has now, None where it is missing.

    ``found`` is None where it cannot be read. ``problems`` say what is wrong, and a warning where it grew.
    """

    source: MapSource
    found: Comparison | None
    size: int | None
    problems: tuple[Problem, ...]


def states(document: MapDocument, *, quick: bool = False) -> Iterator[SourceState]:
    """Yield the state of each source; ``quick`` compares no more than samples of a fully sealed file.

    Raises `VspecError` V0740 where the map leads to another machine, V0706 for a path outside its root.
    """
    root = local_root(document)
    with Files(root) as files:
        for source in document.sources:
            absolute = confine(root, source.path)
            sealed = sealing.from_json(source.size, source.seal)
            reader = files.reader(files.add(data_file(source.path, absolute))) if absolute.is_file() else None
            try:
                found = sealing.compare(sealed, reader, some=quick and sealed.kind == "full")
            except VspecError as error:
                yield SourceState(source, None, None, error.problems)
                continue
            size = None if reader is None else reader.size
            yield SourceState(source, found, size, tuple(_problems(source, found, size)))


def _problems(source: MapSource, found: Comparison, now: int | None) -> Iterator[Problem]:
    path = source.path
    if found.state == "missing":
        help = "were the data moved? see 'vspec relocate'"
        yield Problem("V0741", f"{path} is missing", data_file=path, help=help)
    elif found.state == "changed":
        block = "" if found.nbytes is None else f" (within {found.nbytes} bytes)"
        yield Problem(
            "V0742",
            f"{path} is not what the map was made from: it differs from byte {found.offset} on{block}",
            data_file=path,
            offset=found.offset,
            expected=f"the {source.size} bytes that the map sealed",
            found=f"{now} bytes, some of them others",
            help="make the map again, or bring the original back",
        )
    elif found.state == "grew":
        yield Problem(
            "V0743",
            f"{path} grew from {source.size} to {now} bytes since the map was made",
            data_file=path,
            offset=source.size,
            level="warn",
            help="the mapped part is unchanged; make the map again to take in the rest",
        )
