"""Attributes: templates of the card become plain JSON."""

from __future__ import annotations

import math
from collections.abc import Mapping

import numpy as np

from vspec.card.model import Tree
from vspec.errors import Place, fail
from vspec.expressions import Scope, Template
from vspec.layout import Json

MAX_ITEMS = 10**6


def render(tree: Tree, scope: Scope) -> Json:
    """Return an attribute as JSON; a text that is one ``{{ }}`` keeps its value's type."""
    if isinstance(tree, Template):
        return plain(tree.render(scope), tree.text.place)
    if isinstance(tree, Mapping):
        return {str(key): render(value, scope) for key, value in tree.items()}
    if isinstance(tree, tuple):
        return [render(value, scope) for value in tree]
    return tree


def render_all(trees: Mapping[str, Tree], scope: Scope) -> dict[str, Json]:
    """Return a mapping of attributes as JSON; those that come out as ``none`` are left out."""
    rendered = {name: render(tree, scope) for name, tree in trees.items()}
    return {name: value for name, value in rendered.items() if value is not None}


def plain(value: object, place: Place) -> Json:
    """Return a value of an expression as JSON; raises V0319 for what JSON cannot hold.

    NaN and infinities, which JSON has no word for, become text.
    """
    if isinstance(value, np.ndarray):
        return plain(value.tolist(), place)
    if isinstance(value, float):
        return value if math.isfinite(value) else str(value)
    if value is None or isinstance(value, (bool, int, str)):
        return value
    if isinstance(value, bytes):
        return value.decode("latin-1")
    if isinstance(value, np.generic):
        return plain(value.item(), place)
    if isinstance(value, (list, tuple)):
        if len(value) > MAX_ITEMS:
            raise fail(
                "V0319", f"an attribute of {len(value)} values", place, expected=f"at most {MAX_ITEMS}"
            )
        return [plain(item, place) for item in value]
    if isinstance(value, Mapping):
        return {str(key): plain(item, place) for key, item in value.items()}
    raise fail(
        "V0319",
        "this cannot be an attribute",
        place,
        found=type(value).__name__.lower(),
        help="name a field of it, e.g. {{ hdr.names }}",
    )
