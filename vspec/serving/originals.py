"""The files that a map leads to, held against what the map recorded of them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path
from threading import Lock

from vspec.errors import Problem, VspecError
from vspec.opening.drift import states
from vspec.readers.addresses import MapSidecar
from vspec.readers.map_file import MapDocument
from vspec.reopening import local_root
from vspec.sidecar import digest_of
from vspec.sources import local_path

Version = tuple[int, int, int, int, int]


@dataclass(slots=True)
class _Known:
    """A file, the version of it that was last looked into, and what was wrong with it."""

    path: Path
    lock: Lock = field(default_factory=Lock)
    version: Version | None = None
    problems: tuple[Problem, ...] = ()


class Originals:
    """Sources and sidecar of a map, by the names that it gives them.

    A file is looked into when it is first wanted, and again whenever the system tells that it changed: its
    digests are compared, as `vspec status` does, of a full seal only those of the ends. A file that merely
    grew is as good as before. Raises `VspecError` V0740 for a map that leads to another machine.
    """

    def __init__(self, document: MapDocument) -> None:
        root = local_root(document)
        self._document = document
        self._known = {source.path: _Known(root / source.path) for source in document.sources}
        self._sidecar = document.sidecar
        if self._sidecar is not None:
            self._known[self._sidecar.path] = _Known(local_path(self._sidecar.url))

    def problems(self) -> Iterator[Problem]:
        """Yield what is wrong with any of the files."""
        for known in self._known.values():
            yield from self._look(known)

    def require(self, name: str) -> None:
        """Raise `VspecError` unless a file is what the map was made from.

        V0741 where it is missing, V0742 where it changed, V0744 for a sidecar, V0416 for a link that leaves
        the root, V0431 for what the system does not let us read.
        """
        problems = self._look(self._known[name])
        if problems:
            raise VspecError(problems)

    def _look(self, known: _Known) -> tuple[Problem, ...]:
        with known.lock:
            try:
                version = _version(known.path)
                if version is None or version != known.version:
                    known.problems = tuple(self._wrong(known.path))
                    known.version = version
            except VspecError as error:
                return error.problems
            except OSError as error:
                return (_unreadable(known.path.name, error),)
            return known.problems

    def _wrong(self, path: Path) -> Iterator[Problem]:
        if self._sidecar is not None and path == self._known[self._sidecar.path].path:
            found = digest_of(path) if path.is_file() else None
            if found != self._sidecar.digest:
                yield _damaged(self._sidecar, found)
            return
        sources = [s for s in self._document.sources if self._known[s.path].path == path]
        for state in states(replace(self._document, sources=tuple(sources)), quick=True):
            yield from (problem for problem in state.problems if problem.level == "error")


def _damaged(sidecar: MapSidecar, found: str | None) -> Problem:
    return Problem(
        "V0744",
        f"{sidecar.path}, which holds chunks of the map, is {'missing' if found is None else 'damaged'}",
        data_file=sidecar.path,
        expected=f"the file with digest {sidecar.digest}",
        found="no file" if found is None else f"digest {found}",
        help="keep it beside its map, or make the map again",
    )


def _unreadable(name: str, error: OSError) -> Problem:
    help = "check the permissions of the file and whether another program holds it"
    found = error.strerror or str(error)
    return Problem("V0431", f"{name} cannot be read", data_file=name, found=found, help=help)


def _version(path: Path) -> Version | None:
    """Return what differs when a file was replaced or written to; None where there is none."""
    try:
        found = path.stat()
    except (FileNotFoundError, NotADirectoryError):
        return None
    return found.st_dev, found.st_ino, found.st_size, found.st_mtime_ns, found.st_ctime_ns
