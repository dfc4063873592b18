"""Loading a card: text to tree, tree against the grammar, tree to model, static checks."""

from __future__ import annotations

from collections.abc import Callable
from os import PathLike
from pathlib import Path

from vspec.card.build import build_card
from vspec.card.check import check_card
from vspec.card.leaves import Leaves
from vspec.card.libraries import Finder, resolve, type_names
from vspec.card.model import Card
from vspec.card.overlay import merge
from vspec.card.packings import packed_names
from vspec.card.structure import check_structure
from vspec.card.yaml_nodes import Mapping
from vspec.card.yaml_text import decode, parse_yaml
from vspec.errors import VspecError, fail

Registry = Callable[[str], Path]
"""Returns the file of a card by its id; raises `VspecError` where there is none."""

CARD = "a card is a mapping of keys"
OVERLAY = "an overlay is a mapping of keys"


def load(
    path: str | PathLike[str],
    overlay: str | PathLike[str] | None = None,
    registry: Registry | None = None,
) -> Card:
    """Return the card of a file, corrected by an overlay where one is given.

    ``registry`` returns the file of a card by its id, for ``use:`` and ``extends:``. Raises `VspecError`
    with everything that is wrong with them.
    """
    node = resolve(_tree(_text(path), str(path), CARD), _finder(registry))
    if overlay is not None:
        node = merge(node, _tree(_text(overlay), str(overlay), OVERLAY))
    return _card(node, str(path))


def loads(text: str, name: str, registry: Registry | None = None) -> Card:
    """Return the card of a text (YAML, or the JSON that stands in a map, which needs no ``registry``).

    ``name`` stands in messages where the name of the file would. Raises `VspecError` with every
    problem of the first stage that has any: YAML, the grammar, the meaning of names.
    """
    return _card(resolve(_tree(text, name, CARD), _finder(registry)), name)


def _finder(registry: Registry | None) -> Finder | None:
    if registry is None:
        return None
    return lambda card: _tree(_text(path := registry(card)), str(path), CARD)


def _text(path: str | PathLike[str]) -> str:
    try:
        raw = Path(path).read_bytes()
    except OSError as error:
        reason = error.strerror or str(error)
        raise fail("V0001", f"cannot read {path}: {reason}") from error
    return decode(raw, str(path))


def _tree(text: str, name: str, want: str) -> Mapping:
    node = parse_yaml(text, name)
    if not isinstance(node, Mapping):
        raise fail("V0013", want, node.place, help="it begins with 'vspec: 1'" if want == CARD else None)
    return node


def _card(node: Mapping, name: str) -> Card:
    leaves = Leaves(
        type_names(node.get("types"), node.get("use")),
        packed=packed_names(node.get("types"), node.get("use")),
    )
    check_structure(node, leaves)
    if leaves.problems:
        raise VspecError(leaves.problems)
    card = build_card(node, leaves, name)
    problems = [*leaves.problems, *check_card(card)]
    if problems:
        raise VspecError(problems)
    return card
