"""``use:`` and ``extends:``: what a card takes from other cards of the registry.

Both are resolved in the card's tree, so that every value keeps the place where it is written, and
what is taken stays in the tree: the card inside a map needs no other card.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace

from vspec.card.build_layout import build_struct
from vspec.card.constants import constant
from vspec.card.leaves import Leaves
from vspec.card.model import Library, StructType
from vspec.card.overlay import OVERLAID, merge
from vspec.card.packings import packed_names
from vspec.card.structure import check_types
from vspec.card.yaml_nodes import Entry, Mapping, Node, Scalar, entries, put, text
from vspec.errors import Place, Problem, Text, VspecError, fail

Finder = Callable[[str], Mapping]
"""Returns the tree of a card of the registry by its id; raises `VspecError` where there is none."""

MAX_CARDS = 16
OWN = (
    "vspec",
    "id",
    "title",
    "version",
    "license",
    "references",
    "maintainers",
    "covers",
    "not_covered",
    "examples",
)
"""Keys by which a card that extends another one says what it is itself."""

_NOT_INHERITED = ("id", "version", "maintainers")


@dataclass(frozen=True, slots=True)
class _Shelf:
    """Where cards are found, and those that are being resolved, outermost first."""

    find: Finder | None
    chain: tuple[str, ...] = ()

    def card(self, id_: str, place: Place) -> tuple[Mapping, _Shelf]:
        """Return the tree of a card and the shelf for what it takes from others itself."""
        if id_ in self.chain:
            way = " -> ".join([*self.chain[self.chain.index(id_) :], id_])
            raise fail("V0193", f"cards that need each other: {way}", place)
        if len(self.chain) >= MAX_CARDS:
            raise fail("V0193", f"more than {MAX_CARDS} cards need one another: {id_}", place)
        if self.find is None:
            help = "load it by its path or id; a card inside a map holds what it took from others"
            raise fail("V0194", f"the card '{id_}' is not at hand", place, help=help)
        try:
            found = self.find(id_)
        except VspecError as error:
            raise VspecError([_placed(problem, place) for problem in error.problems]) from None
        return found, _Shelf(self.find, (*self.chain, id_))


def _placed(problem: Problem, place: Place) -> Problem:
    return problem if problem.place is not None else replace(problem, place=place)


def resolve(card: Mapping, find: Finder | None, name: str = "") -> Mapping:
    """Return a card's tree with what it takes from other cards in it.

    ``name`` is its own id, where it has one. Raises V0192 for a card of another version, V0193 for cards
    that need each other, V0194 where there is no registry, V0190 and V0191 for what ``extends`` may not do.
    """
    return _resolved(card, _Shelf(find, (name,) if name else ()))


def _resolved(card: Mapping, shelf: _Shelf) -> Mapping:
    base = card.find("extends")
    if base is not None and isinstance(base.value, Scalar):
        card = _extended(card, base, base.value, shelf)
    used = card.find("use")
    if used is None or not isinstance(used.value, Mapping):
        return card
    taken = tuple(Entry(entry.key, _used(entry.value, shelf)) for entry in used.value.entries)
    return put(card, used.key, Mapping(taken, used.value.place))


def _extended(card: Mapping, entry: Entry, base: Scalar, shelf: _Shelf) -> Mapping:
    found, inner = shelf.card(base.text.value, base.place)
    whole = _resolved(found, inner)
    own = [e for e in card.entries if e.key.value in OWN]
    others = [e for e in card.entries if e.key.value not in OWN and e is not entry]
    for problem_entry in others:
        if problem_entry.key.value not in OVERLAID:
            message = f"a card that extends another one cannot change '{problem_entry.key.value}'"
            help = "it replaces metadata only; for anything else write a card of its own"
            raise fail("V0190", message, problem_entry.key.place, help=help)
    whole = Mapping(tuple(e for e in whole.entries if e.key.value not in _NOT_INHERITED), card.place)
    merged = merge(whole, Mapping(tuple(others), card.place))
    for e in own:
        merged = put(merged, e.key, e.value)
    return put(merged, entry.key, _origin(base.text, found, entry.place))


def _origin(id_: Text, found: Mapping, place: Place) -> Mapping:
    """Return what a card in a map says of the card that it extends."""
    version = found.get("version")
    rows = [Entry(Text("card", place, exact=False), Scalar(id_, id_.value))]
    if isinstance(version, Scalar):
        rows.append(Entry(Text("version", place, exact=False), version))
    return Mapping(tuple(rows), place)


def _used(node: Node, shelf: _Shelf) -> Node:
    """Return an entry of ``use:`` with the types and tables of its card."""
    if not isinstance(node, Mapping) or any(node.get(key) for key in ("types", "tables")):
        return node
    id_, wanted = node.get("card"), node.get("version")
    if not isinstance(id_, Scalar) or not isinstance(wanted, Scalar):
        return node
    found, inner = shelf.card(id_.text.value, id_.place)
    whole = _resolved(found, inner)
    version = text(whole, "version")
    if not _fits(version, wanted.text.value):
        message = f"'{id_.text.value}' is version {version or 'unknown'}, wanted is {wanted.text.value}"
        help = "name the version that is there, once you know that it is right for this card"
        raise fail("V0192", message, wanted.place, help=help)
    if not any(whole.get(key) for key in ("types", "tables")):
        help = "'use' takes types and tables; 'extends' takes all of a card"
        raise fail("V0195", f"'{id_.text.value}' has neither types nor tables", id_.place, help=help)
    node = put(node, Text("version", wanted.place), Scalar(Text(version, wanted.place, exact=False), version))
    for key in ("types", "tables", "use"):
        part = whole.get(key)
        if part is not None:
            node = put(node, Text(key, id_.place, exact=False), part)
    return node


def _fits(version: str, wanted: str) -> bool:
    """Tell whether a version is the wanted one, or one of those that it stands for (1 for 1.x.y)."""
    parts = wanted.split(".")
    return version.split(".")[: len(parts)] == parts


# --- from the tree to the model


def type_names(types: Node | None, use: Node | None) -> frozenset[str]:
    """Return the names of types that a card, or a part of it, may write: its own and ``NAME.type``."""
    names = {entry.key.value for entry in entries(types)}
    for entry in entries(use):
        if isinstance(entry.value, Mapping):
            inner = type_names(entry.value.get("types"), entry.value.get("use"))
            names |= {f"{entry.key.value}.{name}" for name in inner}
    return frozenset(names)


def build_libraries(use: Node | None, way: tuple[str, ...]) -> dict[str, Library]:
    """Return the entries of ``use:``; their types are built by `build_types`."""
    found: dict[str, Library] = {}
    for entry in entries(use):
        node = entry.value
        if isinstance(node, Mapping):
            inner = (*way, entry.key.value)
            own = [e.key.value for e in entries(node.get("types"))]
            found[entry.key.value] = Library(
                text(node, "card"),
                text(node, "version"),
                entry.key.place,
                {e.key.value: constant(e.value) for e in entries(node.get("tables"))},
                {name: ".".join([*inner, name]) for name in own},
                build_libraries(node.get("use"), inner),
            )
    return found


def build_types(
    use: Node | None, way: tuple[str, ...], problems: list[Problem]
) -> Iterator[tuple[str, StructType]]:
    """Yield the types of all used cards by what the card calls them; raises `VspecError` like a card."""
    for entry in entries(use):
        if not isinstance(entry.value, Mapping):
            continue
        inner = (*way, entry.key.value)
        types, deeper = entry.value.get("types"), entry.value.get("use")
        leaves = Leaves(type_names(types, deeper), ".".join(inner) + ".", packed_names(types, deeper))
        if types is not None:
            check_types(types, leaves)
            if not leaves.problems:
                for one in entries(types):
                    yield ".".join([*inner, one.key.value]), build_struct(one, leaves, inner)
        problems += leaves.problems
        yield from build_types(deeper, inner, problems)
