"""Chains of codecs, as they stand behind ``codec:``."""

from __future__ import annotations

from typing import cast

from vspec.card.leaves import Leaves
from vspec.card.model import CodecStep
from vspec.card.yaml_nodes import Mapping, Node, Scalar, entries, items, optional


def build_codecs(node: Node | None, leaves: Leaves) -> tuple[CodecStep, ...]:
    """Return the steps of a chain, in the order in which they encode."""
    if node is None:
        return ()
    return tuple(_step(item, leaves) for item in (items(node) or (node,)))


def _step(node: Node, leaves: Leaves) -> CodecStep:
    if isinstance(node, Scalar):
        return CodecStep(leaves.template(node), node.place)
    mapping = cast("Mapping", node)
    name = mapping.get("id")
    assert name is not None, "the structure was checked"
    arguments = {
        entry.key.value: leaves.expression(entry.value)
        for entry in entries(mapping)
        if entry.key.value not in ("id", "if")
    }
    condition = optional(leaves.expression, mapping.get("if"))
    return CodecStep(leaves.template(name), name.place, condition, arguments)
