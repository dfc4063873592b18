"""The tree of files below a data root, walked once and in one order."""

from __future__ import annotations

import os
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from vspec.errors import Problem, fail
from vspec.sources.paths import display

_MOST_ENTRIES = 10**6
_DEEPEST = 64
_TOLD = 3
"""As many folders are named in warnings of one kind; the others are counted."""


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

    def __init__(self, root: Path, folders: Sequence[str]) -> None:
        self.root = root
        self.named = frozenset(folders)
        self.paths: list[str] = []
        self.links: set[str] = set()
        self.unentered: list[str] = []
        self.problems: list[Problem] = []
        self.warned: Counter[str] = Counter()
        self.pending: list[str] = list(folders)
        self.seen = 0

    def warn(self, problem: Problem) -> None:
        """Keep the first few warnings of each code, and count the others."""
        self.warned[problem.code] += 1
        if self.warned[problem.code] <= _TOLD:
            self.problems.append(problem)

    def more(self) -> Iterator[Problem]:
        """Yield a warning for each code of which some are only counted."""
        for code, count in self.warned.items():
            if count > _TOLD:
                message = f"and {count - _TOLD} more in {display(self.root)}: files in them are not seen"
                yield Problem(code, message, level="warn")

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
                        self.warn(_unlisted(path, error.strerror or type(error).__name__))
        except OSError as error:
            if folder in self.named:
                message = f"the folder {display(self.root / folder)} cannot be listed"
                raise fail("V0402", message, found=error.strerror) from None
            self.warn(_unlisted(folder, error.strerror or type(error).__name__))

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


def walk(root: Path, folders: Sequence[str] = ("",), files: Sequence[str] = ()) -> Tree:
    """Return every file below ``root``, or below some ``folders`` in it, and ``files`` beside them.

    No folder may lie in another one; the empty path is the root itself. Folders that begin with a dot
    (``.git``) are not looked into; files may begin with one. Pipes, sockets and devices are left out.
    Raises V0402 when one of ``folders`` cannot be listed and V0910 when there are more than a million
    entries; a folder that cannot be listed, or one more than 64 levels down (V0911), is a warning in
    `Tree.problems`; after a few of them the others are only counted.
    """
    state = _Walk(root, folders)
    while state.pending:
        folder = state.pending.pop()
        if folder.count("/") >= _DEEPEST:
            state.warn(
                Problem(
                    "V0911", f"{folder} lies more than {_DEEPEST} folders deep: not looked into", level="warn"
                )
            )
        else:
            state.enter(folder)
    state.links.update(path for path in files if (root / path).is_symlink())
    return Tree(
        root,
        tuple(sorted({*state.paths, *files}, key=lambda path: path.split("/"))),
        frozenset(state.links),
        tuple(sorted(state.unentered)),
        (*state.problems, *state.more()),
    )


def _unlisted(folder: str, reason: str) -> Problem:
    message = f"the folder {folder} cannot be listed, files in it are not seen"
    return Problem("V0402", message, data_file=folder, found=reason, level="warn")
