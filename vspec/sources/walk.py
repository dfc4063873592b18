"""The tree of files below a data root, walked once and in one order."""

from __future__ import annotations

import os
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from vspec.errors import Problem, fail
from vspec.sources.paths import display

_MOST_ENTRIES = 10**6
_DEEPEST = 64


@dataclass(frozen=True)
class Tree:
    """The files below ``root``: sorted paths with ``/``, relative to the root.

    ``links`` are those that are symbolic links; ``unentered`` are linked folders, which are never
    followed (what they lead to inside the root is found at its own place). ``problems`` warn of
    folders that could not be listed.
    """

    root: Path
    paths: tuple[str, ...]
    links: frozenset[str] = frozenset()
    unentered: tuple[str, ...] = ()
    problems: tuple[Problem, ...] = ()

    @cached_property
    def folders(self) -> Mapping[str, tuple[str, ...]]:
        """Names of the files in each folder that holds any (``""`` is the root)."""
        names: dict[str, list[str]] = defaultdict(list)
        for path in self.paths:
            folder, _, name = path.rpartition("/")
            names[folder].append(name)
        return {folder: tuple(held) for folder, held in names.items()}


class _Walk:
    """What a walk has gathered so far."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.paths: list[str] = []
        self.links: set[str] = set()
        self.unentered: list[str] = []
        self.problems: list[Problem] = []
        self.pending: list[str] = [""]
        self.seen = 0

    def enter(self, folder: str) -> None:
        """Sort the entries of one folder into files, folders to come, and links."""
        try:
            with os.scandir(self.root / folder) as entries:
                for entry in entries:
                    self.count()
                    path = f"{folder}/{entry.name}" if folder else entry.name
                    try:
                        self.take(path, entry)
                    except OSError as error:
                        self.problems.append(_unlisted(path, error.strerror or type(error).__name__))
        except OSError as error:
            if not folder:
                message = f"the folder {display(self.root)} cannot be listed"
                raise fail("V0402", message, found=error.strerror) from None
            self.problems.append(_unlisted(folder, error.strerror or type(error).__name__))

    def count(self) -> None:
        self.seen += 1
        if self.seen > _MOST_ENTRIES:
            raise fail(
                "V0910",
                f"{display(self.root)} holds more than {_MOST_ENTRIES} files and folders",
                help="give a folder further down, nearer to the data",
            )

    def take(self, path: str, entry: os.DirEntry[str]) -> None:
        linked = entry.is_symlink()
        if entry.is_dir():
            if entry.name.startswith("."):
                return
            (self.unentered if linked else self.pending).append(path)
        elif linked or entry.is_file():
            self.paths.append(path)
            if linked:
                self.links.add(path)


def walk(root: Path) -> Tree:
    """Return every file below ``root``.

    Folders that begin with a dot (``.git``) are not looked into; files may begin with one. Pipes,
    sockets and devices are left out. Raises V0402 when the root cannot be listed and
    V0910 when there are more than a million entries; a folder that cannot be listed, or one more
    than 64 levels down (V0911), is a warning in `Tree.problems`.
    """
    state = _Walk(root)
    while state.pending:
        folder = state.pending.pop()
        if folder.count("/") >= _DEEPEST:
            state.problems.append(
                Problem(
                    "V0911", f"{folder} lies more than {_DEEPEST} folders deep: not looked into", level="warn"
                )
            )
        else:
            state.enter(folder)
    return Tree(
        root,
        tuple(sorted(state.paths, key=lambda path: path.split("/"))),
        frozenset(state.links),
        tuple(sorted(state.unentered)),
        tuple(state.problems),
    )


def _unlisted(folder: str, reason: str) -> Problem:
    message = f"the folder {folder} cannot be listed, files in it are not seen"
    return Problem("V0402", message, data_file=folder, found=reason, level="warn")
