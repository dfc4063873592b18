"""A map and its files, found where they are now."""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path, PurePath

from vspec.errors import Problem, VspecError, fail
from vspec.opening.drift import states
from vspec.profile.addresses import root_fault
from vspec.readers import map_file
from vspec.readers.addresses import MapSidecar
from vspec.readers.map_file import MapDocument
from vspec.readers.moving import rooted
from vspec.sources import confine, file_url, local_path

_MOST_TAIL = 8
"""Folders of the old root, from its end, that are looked for near the map."""


class VspecWarning(UserWarning):
    """What somebody who opens a map should know, and what does not keep it from being read."""


def located(path: Path, *, root: Path | None = None, allow_drift: bool = False) -> MapDocument:
    """Return a map whose sources are there and are what it was made from.

    ``root`` is the folder that the sources lie below. Else it is the one that the map names or, where they
    are not there, a folder near the map of which the last parts are the same: whoever moves or copies a
    folder with maps and data in it need do nothing. Files are told by the digests in the map, never by name
    alone. A sidecar is looked for where the map says and beside the map. ``allow_drift`` lets sources through
    that have changed, with a warning. Other machines' are not looked at.

    Raises `VspecError` as `map_file.load` does, V0741 where a source is missing, V0742 where it has changed,
    V0746 where ``root`` is no folder; warns where a source grew.
    """
    document = map_file.load(path)
    if root is not None:
        document = rooted(document, _url(root))
    elif document.root.startswith("file://") and not _is_there(document):
        document = next(_elsewhere(document), document)
    if document.root.startswith("file://"):
        _check(document, allow_drift=allow_drift)
    return document


def _url(root: Path) -> str:
    url = file_url(root.resolve())
    fault = root_fault(url) if root.is_dir() else "is not a folder"
    if fault is not None:
        raise fail("V0746", f"{root} {fault}", help="give the folder that the sources lie below")
    return url


def _is_there(document: MapDocument) -> bool:
    """Tell whether all files of a map are where it says, the sidecar with them."""
    folder = Path(local_path(document.root))
    files = [confine(folder, source.path) for source in document.sources]
    if document.sidecar is not None:
        files.append(Path(local_path(document.sidecar.url)))
    return all(map(_is_file, files))


def _is_file(path: Path) -> bool:
    try:
        return path.is_file()
    except OSError:
        return False


def _elsewhere(document: MapDocument) -> Iterator[MapDocument]:
    """Yield the map with each root below which all files are, unchanged; the sidecar is beside the map."""
    folders = _folders(document.path.resolve().parent, local_path(document.root))
    for folder in (Path(local_path(document.root)), *folders):
        if not all(_is_file(folder / source.path) for source in document.sources):
            continue
        url = file_url(folder)
        if root_fault(url) is not None:
            continue
        moved = rooted(document, url)
        with suppress(VspecError):
            if _is_there(moved) and not any(map(_is_wrong, _problems(moved))):
                yield moved


def _folders(place: Path, root: PurePath) -> Iterator[Path]:
    """Yield folders at and above the map's that end as the old root ends, the longest ending first."""
    names = root.parts[1:][-_MOST_TAIL:]
    for near in (place, *place.parents):
        for first in range(len(names)):
            yield near.joinpath(*names[first:])
    yield from (place, place.parent)


def _problems(document: MapDocument) -> Iterator[Problem]:
    for state in states(document, quick=True):
        yield from state.problems
    sidecar = document.sidecar
    if sidecar is not None and sidecar.url.startswith("file://"):
        yield from _sidecar_problems(sidecar)


def _sidecar_problems(sidecar: MapSidecar) -> Iterator[Problem]:
    """Yield what is wrong with a sidecar; its name holds the digest of its bytes, so the size is enough."""
    path, name = Path(local_path(sidecar.url)), sidecar.path
    if not _is_file(path):
        help = "it belongs beside the map: copy it there, or make the map again"
        yield Problem("V0741", f"the sidecar {name} is missing", data_file=name, help=help)
    elif path.stat().st_size != sidecar.size:
        found = f"{path.stat().st_size} bytes"
        message = f"the sidecar {name} is not what the map was made with"
        expected, help = f"{sidecar.size} bytes", "is it being copied? else make the map again"
        yield Problem("V0742", message, data_file=name, expected=expected, found=found, help=help)


def _is_wrong(problem: Problem) -> bool:
    return problem.level == "error"


def _check(document: MapDocument, *, allow_drift: bool) -> None:
    """Raise what is wrong with the sources; what drifted may be let through, what is missing may not."""
    problems = list(_problems(document))
    wrong = [p for p in problems if _is_wrong(p) and not (allow_drift and p.code == "V0742")]
    if wrong:
        raise VspecError(wrong)
    for problem in problems:
        warnings.warn(f"{problem.code}: {problem.message}", VspecWarning, stacklevel=4)
