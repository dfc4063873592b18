"""The attributes of the groups of a map: those of a container, then the card's own."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from vspec.card.model import Card
from vspec.errors import Problem, VspecError
from vspec.header.containers import HeldFile, HeldFiles, common
from vspec.header.dataset import Header
from vspec.layout import Json
from vspec.planning.attributes import render_all


def groups_of(
    card: Card, header: Header, arrays: Sequence[str], problems: list[Problem]
) -> dict[str, dict[str, Json]]:
    """Return attributes by group, "" being the root; in a card, ``/`` begins the path of a group.

    A container's groups keep their attributes where arrays of the map lie in them.
    """
    groups: dict[str, dict[str, Json]] = {"": {}}
    try:
        groups |= _carried(header, arrays)
    except VspecError as error:
        problems += error.problems
    for key, tree in card.attrs.items():
        try:
            if key.startswith("/") and isinstance(tree, Mapping):
                own = render_all(tree, header)
                groups[key.strip("/")] = {**groups.get(key.strip("/"), {}), **own}
            else:
                groups[""].update(render_all({key: tree}, header))
        except VspecError as error:
            problems += error.problems
    return groups


def _carried(header: Header, arrays: Sequence[str]) -> dict[str, dict[str, Json]]:
    """Return the attributes of the groups of the first role, where that is a container."""
    file = header.role(header.card.roles[0])
    if isinstance(file, HeldFile):
        held = [file.container.groups]
    elif isinstance(file, HeldFiles):
        held = [one.container.groups for one in file.files if isinstance(one, HeldFile)]
    else:
        return {}
    around = {path[:at] for path in arrays for at, letter in enumerate(path) if letter == "/"} | {""}
    kept = {path for path in held[0] if path in around} if held else set()
    found = {path: _plain(common([groups.get(path, {}) for groups in held])) for path in sorted(kept)}
    for path, attrs in found.items():
        apart = sorted({key for groups in held for key in _plain(groups.get(path, {}))} - set(attrs))
        if apart:
            header.warnings.append(_apart(path, apart))
    return found


def _apart(path: str, names: Sequence[str]) -> Problem:
    listed = ", ".join(f"'{name}'" for name in names)
    message = f"attributes of group '/{path}' are not the same in all files, and not in the map: {listed}"
    return Problem("V0364", message, level="warn")


def _plain(attrs: Mapping[str, Json]) -> dict[str, Json]:
    """Return attributes without the name that the map itself uses."""
    return {key: value for key, value in attrs.items() if key != "vspec"}
