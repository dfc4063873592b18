"""What the user gave: the data root, and which files below it count."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from vspec.errors import Problem, VspecError, fail
from vspec.sources.paths import display, relative, require_inside
from vspec.sources.walk import Tree, walk


@dataclass(frozen=True, slots=True)
class Selection:
    """The tree below the root, and the files and folders given, as paths relative to the root.

    Without either of them the whole tree counts. ``files`` is an ordered set: only its keys count.
    The empty path among ``folders`` is the root.
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
        above = tuple(f"{folder}/" if folder else "" for folder in self.folders)
        return any(path in self.files or path.startswith(above) for path in paths)

    def from_above(self) -> Selection | None:
        """Return the one folder that was given as seen from the folder above, of which it is all that counts.

        None where other things were given, or the folder is a link, or the one above is all of a disk.
        """
        root, above = self.root, self.root.parent
        if self.files or self.folders or root.is_symlink() or above.resolve() == above.resolve().parent:
            return None
        name, tree = root.name, self.tree
        seen = Tree(
            above,
            tuple(f"{name}/{path}" for path in tree.paths),
            frozenset(f"{name}/{path}" for path in tree.links),
            tuple(f"{name}/{path}" for path in tree.unentered),
            tree.problems,
        )
        return Selection(seen, {}, (name,))


def select(data: Sequence[str | Path], *, siblings: bool) -> Selection:
    """Return what is to be searched for ``data``; ``siblings`` tells whether other files matter.

    Of what lies below the root only the given folders are listed, and with ``siblings`` those of the
    given files. Raises V0401, once for each path that is not there, V0403 where the root would be that
    of a disk, and V0416 for a given folder that is a link out of the root.
    """
    given = [Path(os.path.abspath(one)) for one in data]  # noqa: PTH100 -- resolve() would follow links
    missing = [_absent(path) for path in given if not path.exists()]
    if missing or not given:
        raise VspecError(missing or [Problem("V0401", "no data was given", help="name a folder or files")])
    root = _common([path if path.is_dir() else path.parent for path in given])
    require_folder(root)
    if len(given) == 1 and given[0].is_dir():
        return Selection(walk(root))
    files = dict.fromkeys(relative(path, root) for path in given if not path.is_dir())
    folders = tuple(_folder(path, root) for path in given if path.is_dir())
    for folder in folders:
        require_inside(root, root / folder)
    beside = [path.rpartition("/")[0] for path in files] if siblings else []
    return Selection(walk(root, _outermost([*folders, *beside]), tuple(files)), files, folders)


def require_folder(root: Path) -> None:
    """Raise V0403 for the root of a disk: no map may lead to all of it, and no walk would end."""
    real = root.resolve()
    if real == real.parent:
        raise _whole_disk(f"{display(root)} is the root of a disk, not a folder of data")


def _common(folders: Sequence[Path]) -> Path:
    try:
        return Path(os.path.commonpath(folders))
    except ValueError:
        shown = " and ".join(dict.fromkeys(folder.anchor for folder in folders))
        raise _whole_disk(f"the data lie on several disks: {shown}") from None


def _whole_disk(message: str) -> VspecError:
    return fail(
        "V0403",
        message,
        expected="data below one folder",
        help="run the command once for each folder",
    )


def _folder(path: Path, root: Path) -> str:
    return "" if path == root else relative(path, root)


def _outermost(folders: Iterable[str]) -> tuple[str, ...]:
    """Return the folders that lie in none of the others."""
    kept: dict[str, None] = {}
    for folder in sorted(folders, key=lambda path: path.count("/") + bool(path)):
        above = (folder.rsplit("/", k)[0] for k in range(folder.count("/") + 1))
        if "" not in kept and not any(path in kept for path in above):
            kept[folder] = None
    return tuple(kept)


def _absent(path: Path) -> Problem:
    beside = path.parent
    there = sorted(entry.name for entry in beside.iterdir())[:8] if beside.is_dir() else []
    help = f"{display(beside)} holds {', '.join(there)}" if there else "check the spelling and the drive"
    return Problem("V0401", f"there is no file or folder {display(path)}", help=help)
