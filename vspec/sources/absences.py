"""Messages for what is not there: they name the pattern, the file to expect, and what is near."""

from __future__ import annotations

from collections.abc import Sequence

from vspec.card.model import Role
from vspec.errors import Level, Problem, did_you_mean
from vspec.sources.matches import Match
from vspec.sources.order import expected
from vspec.sources.paths import display
from vspec.sources.walk import Tree

_TRIED = 10_000


def no_data_set(tree: Tree, anchor: Role) -> Problem:
    """Return V0420: no file below the root is one that the card begins with."""
    return Problem(
        "V0420",
        f"no file below {display(tree.root)} matches {patterns(anchor)}",
        anchor.match[0].text.place,
        expected=f"a file of the role '{anchor.name}'",
        found=_holdings(tree),
        help=_way_out(tree, anchor),
    )


def patterns(role: Role) -> str:
    """Return the patterns of a role as a message shows them."""
    return " or ".join(f"'{pattern.text.value}'" for pattern in role.match)


def _holdings(tree: Tree) -> str:
    if not tree.paths:
        return "no files at all"
    more = f" and {len(tree.paths) - 6} more" if len(tree.paths) > 6 else ""
    return ", ".join(tree.paths[:6]) + more


def _way_out(tree: Tree, role: Role) -> str | None:
    """Return what would help: another case, the folder above, or a folder behind a link."""
    name = tree.root.name
    for path in tree.paths[:_TRIED]:
        if not _fits(role, path, any_case=role.any_case) and _fits(role, path, any_case=True):
            return f"{path} would match in another case: rename it, or write 'any_case: true'"
        if any(pattern.match_path(f"{name}/{path}", role.any_case) is not None for pattern in role.match):
            return f"the pattern names the folder, too: give {display(tree.root.parent)}"
    if tree.unentered:
        return f"linked folders are not entered ({tree.unentered[0]}): give the folder itself"
    return None


def _fits(role: Role, path: str, *, any_case: bool) -> bool:
    return any(pattern.match_path(path, any_case) is not None for pattern in role.match)


def not_an_anchor(tree: Tree, roles: Sequence[Role], path: str, *, alone: bool) -> Problem:
    """Return V0424: a file was given from which no data set of the card can begin.

    It is a warning unless it stands ``alone``: ``vspec apply card.yaml run/*`` names everything.
    """
    anchor = roles[0]
    others = [
        role.name
        for role in roles[1:]
        if any(p.match_path(path, role.any_case) is not None for p in role.match)
    ]
    if others:
        help = f"it is a file of the role '{others[0]}': give the one of '{anchor.name}', {patterns(anchor)}"
    else:
        help = _way_out(Tree(tree.root, (path,)), anchor) or "is it a recording of another format?"
    level: Level = "error" if alone else "warn"
    message = f"{path} does not match {patterns(anchor)}"
    place = anchor.match[0].text.place
    return Problem("V0424", message, place, data_file=path, help=help, level=level)


def missing_file(tree: Tree, role: Role, anchor: Match) -> Problem:
    """Return V0421: a data set lacks the file of a role that is not optional."""
    name = expected(role.match[0], anchor.captures)
    folder = "/".join(anchor.folder)
    wanted = f"{folder}/{name}" if folder else name
    home, _, base = wanted.rpartition("/")
    there = [*tree.folders.get(home, ()), *(tree.folders.get(anchor.path.rpartition("/")[0], ()))]
    own = anchor.path.rpartition("/")[2]
    near = did_you_mean(base, (n for n in there if n != own), "files there")
    return Problem(
        "V0421",
        f"{anchor.path} has no file of the role '{role.name}' with it",
        role.place,
        data_file=anchor.path,
        expected=f"{wanted}  (pattern {patterns(role)})",
        help=near or "there is no other file in its folder: copy it there, or write 'optional: true'",
    )
