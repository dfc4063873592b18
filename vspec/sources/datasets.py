"""The data sets below a root: which files belong together, found by the patterns of a card."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from vspec.card.model import Role
from vspec.errors import Problem, VspecError
from vspec.sources import names
from vspec.sources.absences import missing_file, no_data_set, not_an_anchor
from vspec.sources.files import DataFile, data_file
from vspec.sources.matches import Captures, Folder, Key, Match, Ties, key, match
from vspec.sources.order import arrange, holes, twice
from vspec.sources.paths import find_any_case, fold, require_inside, require_text, segments
from vspec.sources.roots import Selection, select
from vspec.sources.walk import Tree


@dataclass(frozen=True, slots=True)
class Member:
    """A file of a data set, with what its pattern captured."""

    file: DataFile
    captures: Captures


@dataclass(frozen=True, slots=True)
class DataSet:
    """Files that belong together: one map.

    ``members`` has every role that is found by patterns; the files of one that runs over a capture
    are in order. ``missing`` holds, for roles with ``missing: fill``, the values of the capture
    that have no file. With ``problems`` the data set is incomplete and must not be compiled.
    """

    name: str
    captures: Captures
    members: Mapping[str, tuple[Member, ...]]
    problems: tuple[Problem, ...] = ()
    missing: Mapping[str, tuple[int, ...]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Found:
    """The data sets below ``root``, and what is wrong or doubtful outside any of them."""

    root: Path
    datasets: tuple[DataSet, ...]
    problems: tuple[Problem, ...] = ()


@dataclass(frozen=True, slots=True)
class _Group:
    """The anchor files that make one data set."""

    captures: Captures
    files: tuple[Match, ...]


def find(roles: Sequence[Role], data: Sequence[str | Path]) -> Found:
    """Return the data sets that the patterns of ``roles`` (the anchor first) make of ``data``.

    One folder is the root and is searched whole; where nothing in it matches, but would with the folder's
    own name before it, the root is the folder above, of which nothing else is searched. Otherwise the root
    is the folder that holds everything given, and only data sets with an anchor among the given files, or
    in a given folder, count; their other files lie in or below the given folders, or those of the given
    files.
    Raises V0401, V0402, V0403, V0416, V0910 where there is nothing to search.
    """
    anchor = roles[0]
    selection = select(data, siblings=len(roles) > 1 or anchor.over is not None)
    groups = _selected(anchor, selection)
    whole = None if groups else selection.from_above()
    if whole is not None and (found := _selected(anchor, whole)):
        selection, groups = whole, found
    tree = selection.tree
    others = [role for role in roles[1:] if role.match]
    anchors = [one for group in groups for one in group.files[:1]]
    ties = {role.name: Ties(role, anchor, anchors, match(tree, role)) for role in others}
    named = names.choose([_name_parts(anchor, group) for group in groups], selection.root.name)
    datasets = [
        _assemble(
            tree,
            name,
            group,
            [(anchor, list(group.files)), *((r, ties[r.name].of(group.files[0])) for r in others)],
        )
        for name, group in zip(named, groups, strict=True)
    ]
    problems = [*tree.problems, *_unused(roles, selection, datasets)]
    return Found(selection.root, _collisions(datasets), tuple(problems))


def _selected(anchor: Role, selection: Selection) -> list[_Group]:
    """Return the groups of the anchor's files that hold something that was given."""
    groups = _groups(anchor, match(selection.tree, anchor))
    return [group for group in groups if selection.holds(file.path for file in group.files)]


def _groups(anchor: Role, files: Iterable[Match]) -> list[_Group]:
    """Return the anchor's files by equal captures, its ``over`` aside, and equal place.

    Where the pattern has parts without a name (``*.dat``) each file is a data set of its own,
    unless the role runs over a capture.
    """
    alike: dict[tuple[Key, Folder, str], list[Match]] = defaultdict(list)
    for file in files:
        own = file.path if file.wild and anchor.over is None else ""
        alike[key(file.captures, set(file.captures) - {anchor.over}), file.folder, own].append(file)
    return [
        _Group({n: v for n, v in found[0].captures.items() if n != anchor.over}, tuple(found))
        for found in alike.values()
    ]


def _name_parts(anchor: Role, group: _Group) -> names.Anchor:
    first = group.files[0]
    return names.Anchor(first.path, group.captures, single=anchor.over is None and not first.by_folder)


def _assemble(tree: Tree, name: str, group: _Group, parts: Sequence[tuple[Role, list[Match]]]) -> DataSet:
    """Return a data set with the members and the problems of all of its roles."""
    members: dict[str, tuple[Member, ...]] = {}
    missing: dict[str, tuple[int, ...]] = {}
    problems: list[Problem] = []
    for role, files in parts:
        members[role.name] = ()
        try:
            ordered = arrange(role, _fitting(tree, role, files, group.files[0]))
            if absent := holes(role, ordered):
                missing[role.name] = absent
            members[role.name] = tuple(_member(tree, file) for file in ordered)
        except VspecError as error:
            problems.extend(error.problems)
    return DataSet(name, group.captures, members, tuple(problems), missing)


def _fitting(tree: Tree, role: Role, files: list[Match], anchor: Match) -> list[Match]:
    """Return the files of a role if they are as many as it takes; raises V0421 or V0422."""
    if not files and not role.optional:
        raise VspecError([missing_file(tree, role, anchor)])
    if role.over is None and len(files) > 1:
        raise VspecError([twice(role, [file.path for file in files], "they have equal captures")])
    return files


def _member(tree: Tree, file: Match) -> Member:
    require_text(file.path)
    absolute = tree.root / file.path
    if file.path in tree.links:
        require_inside(tree.root, absolute)
    return Member(data_file(file.path, absolute), file.captures)


def _unused(roles: Sequence[Role], selection: Selection, datasets: Sequence[DataSet]) -> list[Problem]:
    """Return a problem for each given file that is in no data set, or one if nothing matches at all."""
    if not datasets and not selection.files:
        return [no_data_set(selection.tree, roles[0])]
    used = {member.file.path for dataset in datasets for held in dataset.members.values() for member in held}
    broken = {problem.data_file for dataset in datasets for problem in dataset.problems}
    left = [path for path in selection.files if path not in used and path not in broken]
    return [not_an_anchor(selection.tree, roles, path, alone=not datasets) for path in left]


def _collisions(datasets: Sequence[DataSet]) -> tuple[DataSet, ...]:
    """Return the data sets, with V0440 on every one whose name is another's too."""
    holders: dict[str, list[int]] = defaultdict(list)
    for k, dataset in enumerate(datasets):
        holders[fold(dataset.name)].append(k)
    checked = list(datasets)
    for held in holders.values():
        if len(held) > 1:
            problem = _collision([datasets[k] for k in held])
            for k in held:
                checked[k] = replace(datasets[k], problems=(*datasets[k].problems, problem))
    return tuple(checked)


def _collision(alike: Sequence[DataSet]) -> Problem:
    firsts = [next((held[0].file.path for held in one.members.values() if held), "?") for one in alike]
    return Problem(
        "V0440",
        f"{len(alike)} data sets would have the name '{alike[0].name}'",
        data_file=firsts[0],
        found=" and ".join(firsts[:5]),
        help="capture what tells them apart, or map them one at a time into folders of their own",
    )


def beside(anchor: DataFile, root: Path, name: str, any_case: bool) -> DataFile | None:  # noqa: FBT001 -- the role's own word, handed on
    """Return the file that a header names: in the anchor's folder or below it; None if it is not there.

    Backslashes count as separators, since headers are written on Windows. Raises V0410 to V0416
    for a name that would lead out of the anchor's folder or the root, V0427 where two names differ
    only in case, V0430 to V0433 for something that is no readable file.
    """
    try:
        parts = segments(name)
        path = anchor.absolute.parent
        for part in parts:
            found = find_any_case(path, part) if any_case else path / part
            if found is None:
                return None
            path = found
        require_inside(root, path)
        if not path.is_symlink() and not path.exists():
            return None
        folder = anchor.path.rpartition("/")[0]
        below = path.relative_to(anchor.absolute.parent).as_posix()
        return data_file(f"{folder}/{below}" if folder else below, path)
    except VspecError as error:
        raise VspecError(replace(p, data_file=p.data_file or anchor.path) for p in error.problems) from None
