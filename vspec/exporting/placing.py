"""Where an export goes: never over the data or the map, and in one step."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from vspec.errors import VspecError, fail
from vspec.readers.map_file import MapDocument
from vspec.sources import local_path

_MAP = ".vspec.json"
_STORES = ("zarr.json", ".zgroup", ".zmetadata")
"""What lies in a folder that may be replaced."""


def output_path(document: MapDocument, out: Path | None, suffix: str) -> Path:
    """Return the path of an output: ``out``, or a name like the map's in it where it is a folder."""
    own = document.path.name.removesuffix(_MAP) + suffix
    if out is None:
        return Path(own)
    return out / own if out.is_dir() and out.suffix != suffix else out


def check_place(document: MapDocument, out: Path, *, force: bool) -> None:
    """Raise V0872 where an output would replace the map or data, V0873 where something else is there."""
    place = out.resolve()
    kept = [document.path.resolve()]
    if document.root.startswith("file://"):
        folder = local_path(document.root)
        kept += [(folder / source.path).resolve() for source in document.sources]
        kept += [local_path(document.sidecar.url).resolve()] if document.sidecar is not None else []
    for path in kept:
        if place == path or place in path.parents or _is_same(place, path):
            what = "the map" if path == kept[0] else f"its data ({path.name})"
            raise fail("V0872", f"{out} would replace {what}", help="give another name with -o")
    if not out.parent.is_dir():
        raise fail(
            "V0821", f"the folder {out.parent} does not exist", help="make it, or give another with -o"
        )
    if out.exists() and not force:
        raise fail(
            "V0873", f"{out} is there already", help="--force replaces it; or give another name with -o"
        )
    if out.is_dir() and not any((out / name).is_file() for name in _STORES):
        raise fail(
            "V0873", f"{out} is a folder, and no store that an export made", help="give another name with -o"
        )


def _is_same(one: Path, other: Path) -> bool:
    try:
        return one.samefile(other)
    except OSError:
        return False


@contextmanager
def in_one_step(out: Path) -> Iterator[Path]:
    """Yield a temporary path beside ``out``, which takes its place at the end unless something is raised."""
    handle, name = tempfile.mkstemp(prefix=f".{out.name}.", suffix=".part", dir=out.parent)
    os.close(handle)
    temporary = Path(name)
    try:
        yield temporary
        with temporary.open("rb+") as file:
            os.fsync(file.fileno())
        mask = os.umask(0)
        os.umask(mask)
        temporary.chmod(0o666 & ~mask)
        temporary.replace(out)
    finally:
        temporary.unlink(missing_ok=True)


def exchange(new: Path, out: Path, old: Path) -> None:
    """Give a folder the name ``out``; what has it goes to ``old``, and comes back where that fails."""
    if out.exists():
        out.rename(old)
    try:
        new.rename(out)
    except OSError:
        if old.exists():
            old.rename(out)
        raise


@contextmanager
def folder_in_one_step(out: Path) -> Iterator[Path]:
    """Yield a temporary folder beside ``out``, which takes its place at the end unless something fails."""
    temporary = Path(tempfile.mkdtemp(prefix=f".{out.name}.", suffix=".part", dir=out.parent))
    try:
        made = temporary / "new"
        made.mkdir()
        yield made
        exchange(made, out, temporary / "old")
    finally:
        shutil.rmtree(temporary)


def as_problem(out: Path, error: OSError) -> VspecError:
    """Return V0828 for an output that the system refuses to write."""
    why = error.strerror or str(error)
    return fail("V0828", f"cannot write {out}: {why}", help="is the disk full or read-only?")
