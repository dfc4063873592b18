"""The entries of ``arrays:``."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Literal, cast

from vspec.card.build_codecs import build_codecs
from vspec.card.build_layout import build_endian, build_lets
from vspec.card.keys import AXIS
from vspec.card.leaves import Leaves
from vspec.card.model import ArraySpec, AxisSpec, Dims, Gaps
from vspec.card.yaml_nodes import Entry, Node, Scalar, Sequence, entries, optional, text
from vspec.card.yaml_nodes import Mapping as MappingNode
from vspec.errors import Place, Problem
from vspec.expressions import Expression

_OWN = frozenset(key.name for key in AXIS.keys)


def build_array(entry: Entry, leaves: Leaves) -> ArraySpec:
    """Return one array of a card."""
    node = cast("MappingNode", entry.value)
    name = node.get("name")
    each = node.get("each")
    shape = node.find("shape")
    return ArraySpec(
        key=entry.key,
        name=leaves.path(entry.key) if name is None else leaves.template(name),
        place=entry.key.place,
        each=optional(leaves.each, each),
        lets=build_lets(node.get("let"), leaves),
        condition=optional(leaves.expression, node.get("if")),
        source=optional(leaves.expression, node.get("from")),
        values=optional(leaves.expression, node.get("values")),
        dtype=optional(leaves.expression, node.get("dtype")),
        shape=_shape(shape, leaves),
        shape_place=None if shape is None else shape.place,
        shape_places=_shape_places(shape),
        offset=optional(leaves.expression, node.get("offset")),
        endian=build_endian(node.get("endian"), leaves),
        codec=build_codecs(node.get("codec"), leaves),
        encoded=optional(leaves.expression, node.get("nbytes")),
        order=_order(node.get("order"), leaves),
        dims=_dims(node.get("dims"), leaves),
        gaps=_gaps(node.find("gaps"), leaves),
        blocks=cast('Literal["equal", "segment"]', text(node, "blocks", "equal")),
        axes=tuple(_axes(node, leaves)),
        attrs={item.key.value: leaves.tree(item.value) for item in entries(node.get("attrs"))},
    )


def _gaps(entry: Entry | None, leaves: Leaves) -> Gaps | None:
    if entry is None:
        return None
    node = cast("MappingNode", entry.value)
    at, step = node.get("at"), node.get("step")
    assert at is not None, "the structure was checked"
    assert step is not None, "the structure was checked"
    return Gaps(
        leaves.expression(at),
        leaves.expression(step),
        entry.key.place,
        optional(leaves.expression, node.get("tolerance")),
        cast('Literal["error", "segment"]', text(node, "as", "error")),
        optional(leaves.expression, node.get("if")),
    )


def _shape(entry: Entry | None, leaves: Leaves) -> Mapping[str, Expression | None] | Expression | None:
    if entry is None:
        return None
    if not isinstance(entry.value, MappingNode):
        return leaves.expression(entry.value)
    return {
        axis.key.value: None if _is_auto(axis.value) else leaves.expression(axis.value)
        for axis in entry.value.entries
    }


def _is_auto(node: Node) -> bool:
    return isinstance(node, Scalar) and node.text.value.strip() == "auto"


def _shape_places(entry: Entry | None) -> dict[str, Place]:
    return {} if entry is None else {axis.key.value: axis.place for axis in entries(entry.value)}


def _order(node: Node | None, leaves: Leaves) -> Expression | Literal["C", "F"]:
    if node is None:
        return "C"
    word = node.text.value.strip() if isinstance(node, Scalar) else ""
    if word in ("C", "F"):
        return cast('Literal["C", "F"]', word)
    return leaves.expression(node)


def _dims(node: Node | None, leaves: Leaves) -> Dims:
    if isinstance(node, Sequence):
        return tuple(item.text.value for item in node.items if isinstance(item, Scalar))
    return None if node is None else leaves.dims(node)


def _axes(node: MappingNode, leaves: Leaves) -> Iterator[AxisSpec]:
    """Yield the axes; ``time:`` is short for the axis of that name."""
    time = node.find("time")
    inner = entries(node.get("axes"))
    if time is not None:
        if any(entry.key.value == "time" for entry in inner):
            message = "the axis 'time' is described twice: under 'time' and under 'axes'"
            leaves.problems.append(Problem("V0109", message, time.key.place))
        yield _axis(time, leaves)
    for entry in inner:
        yield _axis(entry, leaves)


def _axis(entry: Entry, leaves: Leaves) -> AxisSpec:
    node = cast("MappingNode", entry.value)
    others = [item for item in node.entries if item.key.value not in _OWN]
    return AxisSpec(
        entry.key.value,
        entry.key.place,
        condition=optional(leaves.expression, node.get("if")),
        start=optional(leaves.expression, node.get("start")),
        step=optional(leaves.expression, node.get("step")),
        units=optional(leaves.template, node.get("units")),
        epoch=optional(leaves.template, node.get("epoch")),
        labels=optional(leaves.texts, node.get("labels")),
        gain=optional(leaves.expression, node.get("gain")),
        offset=optional(leaves.expression, node.get("offset")),
        coordinates={item.key.value: leaves.expression(item.value) for item in others},
    )
