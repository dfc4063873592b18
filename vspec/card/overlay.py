"""``--with overlay.yaml``: metadata corrected without touching card or data.

An overlay replaces attributes, coordinates and defaults of params, nothing else. It is merged into
the card's tree before the card is built, so that every value keeps the place where it is written.
"""

from __future__ import annotations

from collections.abc import Callable

from vspec.card.yaml_nodes import Entry, Mapping, Node, entries, put
from vspec.errors import Place, Problem, Text, VspecError, did_you_mean

Merge = Callable[[Node | None, Entry, list[Problem]], Node]

OVERLAID = ("params", "attrs", "arrays")
"""Keys of a card that an overlay, and a card that extends another, may change."""


def merge(card: Mapping, overlay: Mapping) -> Mapping:
    """Return the card's tree with the overlay's values in it.

    Raises V0190 for what an overlay may not change, V0191 for a name that the card does not have.
    """
    problems: list[Problem] = []
    parts: dict[str, Merge] = {"params": _params, "attrs": _attrs, "arrays": _arrays}
    merged = card
    for entry in overlay.entries:
        part = parts.get(entry.key.value)
        if part is None:
            problems.append(_refused(entry, "an overlay", parts))
        else:
            merged = put(merged, entry.key, part(card.get(entry.key.value), entry, problems))
    if problems:
        raise VspecError(problems)
    return merged


def _refused(entry: Entry, owner: str, allowed: dict[str, Merge]) -> Problem:
    return Problem(
        "V0190",
        f"{owner} cannot change '{entry.key.value}'",
        entry.key.place,
        expected=", ".join(allowed),
        help="an overlay corrects metadata only; for anything else copy the card",
    )


def _attrs(old: Node | None, entry: Entry, problems: list[Problem]) -> Node:
    merged = old if isinstance(old, Mapping) else Mapping((), entry.key.place)
    for item in entries(_mapping(entry, problems)):
        merged = put(merged, item.key, item.value)
    return merged


def _params(old: Node | None, entry: Entry, problems: list[Problem]) -> Node:
    merged = old if isinstance(old, Mapping) else Mapping((), entry.key.place)
    for item in entries(_mapping(entry, problems)):
        param = merged.get(item.key.value)
        if isinstance(param, Mapping):
            default = Text("default", item.key.place, exact=False)
            merged = put(merged, item.key, put(param, default, item.value))
        else:
            problems.append(_unknown(item, "param", merged))
    return merged


def _arrays(old: Node | None, entry: Entry, problems: list[Problem]) -> Node:
    merged = old if isinstance(old, Mapping) else Mapping((), entry.key.place)
    for item in entries(_mapping(entry, problems)):
        array = merged.get(item.key.value)
        if isinstance(array, Mapping):
            merged = put(merged, item.key, _array(array, item, problems))
        else:
            problems.append(_unknown(item, "array", merged))
    return merged


def _array(array: Mapping, entry: Entry, problems: list[Problem]) -> Mapping:
    parts: dict[str, Merge] = {"attrs": _attrs, "time": _attrs, "axes": _axes}
    for item in entries(_mapping(entry, problems)):
        part = parts.get(item.key.value)
        if part is None:
            problems.append(_refused(item, "an overlay of an array", parts))
        else:
            array = put(array, item.key, part(array.get(item.key.value), item, problems))
    return array


def _axes(old: Node | None, entry: Entry, problems: list[Problem]) -> Node:
    merged = old if isinstance(old, Mapping) else Mapping((), entry.key.place)
    for item in entries(_mapping(entry, problems)):
        merged = put(merged, item.key, _attrs(merged.get(item.key.value), item, problems))
    return merged


def _mapping(entry: Entry, problems: list[Problem]) -> Mapping | None:
    if isinstance(entry.value, Mapping):
        return entry.value
    place: Place = entry.place
    problems.append(Problem("V0190", f"'{entry.key.value}' of an overlay is a mapping", place))
    return None


def _unknown(item: Entry, noun: str, known: Mapping) -> Problem:
    return Problem(
        "V0191",
        f"the card has no {noun} '{item.key.value}'",
        item.key.place,
        help=did_you_mean(item.key.value, known.keys(), f"its {noun}s"),
    )
