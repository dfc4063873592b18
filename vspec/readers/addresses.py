"""Where a map may lead: files below the root that it records, and the sidecar beside it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

from vspec.errors import Problem, VspecError
from vspec.layout import Json
from vspec.manifest import source_url
from vspec.profile.addresses import SCHEMES, is_sidecar_name, root_fault, sidecar_name
from vspec.sources import confine, file_url, local_path


@dataclass(frozen=True, slots=True)
class MapSource:
    """A source as a map records it: path below the root, size in bytes, and seal."""

    path: str
    size: int
    seal: Json

    def url(self, root: str) -> str:
        """Return the URL that references use."""
        return source_url(root, self.path)


@dataclass(frozen=True, slots=True)
class MapSidecar:
    """The sidecar as a map records it: file name, URL, size in bytes, blake2b digest."""

    path: str
    url: str
    size: int
    digest: str


def sources_of(path: Path, origin: Mapping[str, Json], problems: list[Problem]) -> tuple[MapSource, ...]:
    """Return the sources that a map records."""
    found = []
    listed = origin.get("sources")
    for entry in listed if isinstance(listed, list) else [None]:
        match entry:
            case {"path": str(name), "size": int(size), "seal": sealed} if size >= 0 and size is not True:
                found.append(MapSource(name, size, sealed))
            case _:
                message = f"the sources recorded in {path.name} are malformed"
                problems.append(Problem("V0703", message, data_file=str(path), help="make the map again"))
    return tuple(found)


def sidecar_of(path: Path, origin: Mapping[str, Json], problems: list[Problem]) -> MapSidecar | None:
    """Return the sidecar that a map records, if it has one."""
    match origin.get("sidecar"):
        case None:
            return None
        case {"path": str(name), "url": str(url), "size": int(size), "digest": str(digest)} if size >= 0:
            return MapSidecar(name, url, size, digest)
        case _:
            message = f"the sidecar recorded in {path.name} is malformed"
            problems.append(Problem("V0703", message, data_file=str(path), help="make the map again"))
            return None


def check_addresses(
    path: Path,
    root: str,
    sources: tuple[MapSource, ...],
    sidecar: MapSidecar | None,
    problems: list[Problem],
) -> None:
    """Add a problem (V0706, V0707) for every address that leads outside."""
    if not root.startswith(SCHEMES):
        message = f"{path.name} records the root '{root[:200]}'"
        expected = f"a root that begins with {', '.join(SCHEMES)}"
        problems.append(Problem("V0707", message, data_file=str(path), expected=expected))
        return
    fault = root_fault(root)
    if fault is not None:
        message = f"{path.name} records the root '{root[:200]}', which {fault}"
        problems.append(Problem("V0706", message, data_file=str(path), help="`vspec relocate MAP ROOT`"))
        return
    folder = Path(local_path(root)) if root.startswith("file://") else None
    for source in sources:
        _check_source(path, source, folder, problems)
    if sidecar is not None and not _sidecar_is_near(path, root, sidecar):
        message = f"{path.name} records the sidecar '{sidecar.url[:200]}', which is not its own"
        expected = f"{sidecar_name(path.name, sidecar.digest)}, beside the map or below its root"
        problems.append(Problem("V0706", message, data_file=str(path), expected=expected))


def _check_source(path: Path, source: MapSource, folder: Path | None, problems: list[Problem]) -> None:
    """Confine one source: the path itself, and on this machine whatever links it follows."""
    try:
        confine(folder if folder is not None else Path("/root"), source.path)
    except VspecError as error:
        why = error.problems[0].message
        message = f"{path.name} names a source outside its root: {why}"
        problems.append(Problem("V0706", message, data_file=str(path), help=error.problems[0].help))


def _sidecar_is_near(path: Path, root: str, sidecar: MapSidecar) -> bool:
    """Tell whether a sidecar's URL is the map's own: the right name, in a folder without detours.

    A map that was moved still names the folder where it was written; a file of just this name is
    all that it can reach there, and its size and digest are recorded.
    """
    base, _, name = sidecar.url.rpartition("/")
    written = quote(sidecar.path) if sidecar.url.startswith(("http://", "https://")) else sidecar.path
    named = is_sidecar_name(sidecar.path, sidecar.digest)
    if name != written or not named or "/../" in f"{sidecar.url}/":
        return False
    if base == root.rstrip("/"):
        return True
    own = name == sidecar_name(path.name, sidecar.digest) and base.startswith("file://")
    return own or base == file_url(path.parent.resolve())
