"""A map and its files, found where they are now."""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from pathlib import Path, PurePath

from vspec.errors import Problem, VspecError, fail
from vspec.opening.drift import states
from vspec.profile.addresses import root_fault
from vspec.readers import map_file
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
    alone. ``allow_drift`` lets sources through that have changed. Other machines' are not looked at.

    Raises `VspecError` as `map_file.load` does, V0741 where a source is missing, V0742 where it has changed,
    V0746 where ``root`` is no folder; warns where a source grew.
    """
    document = map_file.load(path)
    if root is not None:
        document = rooted(document, _url(root))
    elif document.root.startswith("file://") and not _is_there(document):
        document = next(_near(document), document)
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
    return all(file.is_file() for file in files)


def _near(document: MapDocument) -> Iterator[MapDocument]:
    """Yield the map with each root near it below which all files are, unchanged."""
    for folder in _folders(document.path.resolve().parent, local_path(document.root)):
        if not all((folder / source.path).is_file() for source in document.sources):
            continue
        url = file_url(folder)
        if root_fault(url) is not None:
            continue
        moved = rooted(document, url)
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
    return (problem for state in states(document, quick=True) for problem in state.problems)


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
