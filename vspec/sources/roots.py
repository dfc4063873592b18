"""What the user gave: the data root, and which files below it count."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from vspec.errors import Problem, VspecError
from vspec.sources.paths import display, relative
from vspec.sources.walk import Tree, walk


@dataclass(frozen=True, slots=True)
class Selection:
    """The tree below the root, and the files and folders given, as paths relative to the root.

    Without either of them the whole tree counts. ``files`` is an ordered set: only its keys count.
    """

    tree: Tree
    files: Mapping[str, None] = field(default_factory=dict)
    folders: tuple[str, ...] = ()

    @property
    def root(self) -> Path:
        """The data root, absolute."""
        return self.tree.root

    def holds(self, paths: Iterable[str]) -> bool:
        """Tell whether one of ``paths`` was given, itself or by a folder above it."""
        if not self.files and not self.folders:
            return True
        above = tuple(f"{folder}/" for folder in self.folders)
        return any(path in self.files or path.startswith(above) for path in paths)


def select(data: Sequence[str | Path], *, siblings: bool) -> Selection:
    """Return what is to be searched for ``data``; ``siblings`` tells whether other files matter.

    Raises V0401, once for each path that is not there.
    """
    given = [Path(os.path.abspath(one)) for one in data]  # noqa: PTH100 -- resolve() would follow links
    missing = [_absent(path) for path in given if not path.exists()]
    if missing or not given:
        raise VspecError(missing or [Problem("V0401", "no data was given", help="name a folder or files")])
    if len(given) == 1 and given[0].is_dir():
        return Selection(walk(given[0]))
    root = Path(os.path.commonpath([path if path.is_dir() else path.parent for path in given]))
    files = dict.fromkeys(relative(path, root) for path in given if not path.is_dir())
    folders = tuple(relative(path, root) for path in given if path.is_dir())
    if siblings or folders:
        return Selection(walk(root), files, folders)
    links = frozenset(path for path in files if (root / path).is_symlink())
    return Selection(Tree(root, tuple(sorted(files)), links), files)


def _absent(path: Path) -> Problem:
    beside = path.parent
    there = sorted(entry.name for entry in beside.iterdir())[:8] if beside.is_dir() else []
    help = f"{display(beside)} holds {', '.join(there)}" if there else "check the spelling and the drive"
    return Problem("V0401", f"there is no file or folder {display(path)}", help=help)
