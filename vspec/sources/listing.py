"""The entries of one folder below the data root, for formats whose arrays are trees of files."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from vspec.errors import Problem, VspecError, fail
from vspec.sources.files import DataFile, unreadable
from vspec.sources.paths import confine, display, require_inside, require_text

_MOST_ENTRIES = 10**7


@dataclass(frozen=True, slots=True)
class Listed:
    """Sorted names of a folder's files and folders. Links to folders are told apart: nobody follows them."""

    files: tuple[str, ...]
    folders: tuple[str, ...]
    linked: tuple[str, ...] = ()


def listed(root: Path, folder: str) -> Listed:
    """List ``folder`` (with ``/``, relative to ``root``; empty for the root itself).

    Raises V0410 to V0418 for a path that leads elsewhere or a name that is no text, V0402 for a folder
    that cannot be listed, V0910 for one of more than ten million entries.
    """
    absolute = confine(root, folder) if folder else root
    files, folders, linked = [], [], []
    try:
        with os.scandir(absolute) as entries:
            for number, entry in enumerate(entries):
                if number >= _MOST_ENTRIES:
                    raise fail("V0910", f"{display(absolute)} holds more than {_MOST_ENTRIES} entries")
                if not entry.is_dir():
                    files.append(entry.name)
                elif entry.is_symlink():
                    linked.append(entry.name)
                else:
                    folders.append(entry.name)
    except OSError as error:
        message = f"the folder {display(absolute)} cannot be listed"
        raise VspecError([Problem("V0402", message, data_file=folder, found=error.strerror)]) from None
    for name in (*files, *folders):
        require_text(name)
    return Listed(tuple(sorted(files)), tuple(sorted(folders)), tuple(sorted(linked)))


def files_in(root: Path, folder: str, names: Iterable[str]) -> list[DataFile]:
    """Return files of one folder with their sizes; the folder is looked up but once for all of them.

    Raises V0410 to V0416 for a path, or a link, that leads elsewhere, V0430 and V0431 for a file that
    cannot be read, V0433 for one that is no regular file.
    """
    base = confine(root, folder) if folder else root
    before, start = f"{folder}/" if folder else "", f"{base}{os.sep}"
    found = []
    for name in names:
        path, absolute = before + name, base / name
        try:
            # A string is looked up in half the time of a path, and there may be a million of them.
            facts = os.lstat(start + name)
            if stat.S_ISLNK(facts.st_mode):
                require_inside(root, absolute)
                facts = absolute.stat()
        except OSError as error:
            raise VspecError([unreadable(path, absolute, error)]) from None
        if not stat.S_ISREG(facts.st_mode):
            raise VspecError([Problem("V0433", f"{path} is not a regular file", data_file=path)])
        found.append(DataFile(path, absolute, facts.st_size))
    return found
