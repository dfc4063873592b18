"""Which files of a tree a role's patterns match, and which of them tie together."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from vspec.card.model import Role
from vspec.patterns import Captured, Pattern
from vspec.sources.paths import fold
from vspec.sources.walk import Tree

Captures = Mapping[str, Captured]
Key = tuple[tuple[str, Captured | None], ...]
Folder = tuple[str, ...]

_UNNAMED = re.compile(r"(?<!\\)(?:\*|\{:)")
_OPTIONAL_FOLDER = re.compile(r"\[[^\]]*/")


@dataclass(frozen=True, slots=True)
class Match:
    """A path that a pattern matches. ``folder`` is the part before what the pattern names.

    ``wild`` tells whether the pattern has parts without a name: then equal captures do not mean
    that it is the same thing. ``by_folder`` tells that the file is called the same in each data set, and
    captures are in the names of its folders only.
    """

    path: str
    captures: Captures
    folder: Folder
    wild: bool = False
    by_folder: bool = False


def match(tree: Tree, role: Role) -> list[Match]:
    """Return the files of a role in the order of the tree; a file counts once, for its first pattern.

    A capture that this pattern has not has the default that another one gives it.
    """
    depths = [(pattern, _depth(pattern)) for pattern in role.match]
    defaults = _defaults(role)
    found = (_first(path, depths, defaults, any_case=role.any_case) for path in tree.paths)
    return [one for one in found if one is not None]


def _defaults(role: Role) -> Captures:
    """Return the default of each capture that has one: the first that a pattern gives."""
    found: dict[str, Captured] = {}
    for capture in (capture for pattern in role.match for capture in pattern.captures):
        if capture.default is not None:
            found.setdefault(capture.name, capture.default)
    return found


def _first(
    path: str, depths: list[tuple[Pattern, int | None]], defaults: Captures, *, any_case: bool
) -> Match | None:
    for pattern, depth in depths:
        captures = pattern.match_path(path, any_case)
        if captures is not None:
            folder = () if depth is None else tuple(path.split("/")[:-depth])
            wild = _UNNAMED.search(pattern.text.value) is not None
            return Match(path, {**defaults, **captures}, folder, wild, _by_folder(pattern))
    return None


def _by_folder(pattern: Pattern) -> bool:
    """Tell whether a pattern has its captures in the names of folders, as ``{name}.store/index`` has."""
    leaf = pattern.text.value.rpartition("/")[2]
    in_leaf = any(sign in leaf for sign in "{[*?")
    kinds = [capture.kind for capture in pattern.captures]
    return not in_leaf and bool(kinds) and "path" not in kinds


def _depth(pattern: Pattern) -> int | None:
    """Return how many components of a path a pattern names; None when that varies."""
    text = pattern.text.value
    if "**" in text or _OPTIONAL_FOLDER.search(text) or any(c.kind == "path" for c in pattern.captures):
        return None
    return text.count("/") + 1


def key(captures: Captures, names: Iterable[str]) -> Key:
    """Return the captures of ``names`` as something that can be compared and looked up."""
    return tuple((name, captures.get(name)) for name in sorted(names))


def names(role: Role) -> set[str]:
    """Return the captures that a role's patterns share, without the one it runs over."""
    sets = [{capture.name for capture in pattern.captures} for pattern in role.match]
    return set.union(*sets) - {role.over} if sets else set()


def _lineage(folder: Folder) -> Iterator[Folder]:
    """Yield a folder, its parent, and so on up to the root."""
    for depth in range(len(folder), -1, -1):
        yield folder[:depth]


class Ties:
    """The files of one role, ready to be asked which of them belong to an anchor.

    Files tie by equal values of the captures that both roles have. Among equals a file goes to
    the anchor that shares most leading folders with it, and an anchor takes the files that share
    most with it. Roles without a common capture tie by folder alone: then one of the two folders
    must hold the other.
    """

    def __init__(self, role: Role, anchor: Role, anchors: Iterable[Match], files: Iterable[Match]) -> None:
        self._shared = names(role) & names(anchor)
        self._any_case = role.any_case or anchor.any_case
        exact: set[tuple[Key, Folder]] = set()
        folded: dict[Key, set[Key]] = defaultdict(set)
        for one in anchors:
            known = key(one.captures, self._shared)
            exact.update((known, folder) for folder in _lineage(one.folder))
            folded[_fold(known)].add(known)
        self._here: dict[tuple[Key, Folder], list[Match]] = defaultdict(list)
        self._below: dict[tuple[Key, Folder], list[Match]] = defaultdict(list)
        for file in files:
            for known in self._keys(file, exact, folded):
                nearest = next(folder for folder in _lineage(file.folder) if (known, folder) in exact)
                place = self._here if nearest == file.folder else self._below
                place[known, nearest].append(file)

    def _keys(
        self, file: Match, exact: set[tuple[Key, Folder]], folded: Mapping[Key, set[Key]]
    ) -> Iterable[Key]:
        known = key(file.captures, self._shared)
        if (known, ()) in exact:
            return (known,)
        return folded.get(_fold(known), ()) if self._any_case else ()

    def of(self, anchor: Match) -> list[Match]:
        """Return the files that belong to the data set of an anchor, in the order of the tree."""
        known = key(anchor.captures, self._shared)
        for folder in _lineage(anchor.folder):
            here = self._here.get((known, folder), [])
            beyond = bool(self._shared) or folder == anchor.folder
            found = here + self._below.get((known, folder), []) if beyond else here
            if found:
                return found
        return []


def _fold(known: Key) -> Key:
    return tuple((name, fold(value) if isinstance(value, str) else value) for name, value in known)
