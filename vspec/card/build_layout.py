"""The layouts of a card: fields, records and the structs of ``types:``."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Literal, cast

from vspec.card.build_text import build_text
from vspec.card.leaves import Leaves
from vspec.card.model import EndianSpec, Field, Let, Record, StructType
from vspec.card.yaml_nodes import Entry, Mapping, Node, Scalar, entries, optional, text
from vspec.datatypes import TEXTS, Endian
from vspec.errors import Problem, did_you_mean
from vspec.expressions import Expression


def build_layout(role: str, node: Mapping, leaves: Leaves) -> Record | None:
    """Return the layout of a role as one record of the role's name, or None."""
    entry = node.find("layout")
    if entry is None:
        return None
    layout = cast("Mapping", entry.value)
    fields = tuple(_items(layout, leaves))
    return Record(role, fields, entry.key.place, lets=build_lets(layout.get("let"), leaves))


def build_struct(entry: Entry, leaves: Leaves) -> StructType:
    """Return an entry of ``types:``."""
    node = cast("Mapping", entry.value)
    record = Record(
        entry.key.value,
        tuple(_items(node, leaves)),
        entry.key.place,
        size=optional(leaves.expression, node.get("size")),
        endian=build_endian(node.get("endian"), leaves),
        lets=build_lets(node.get("let"), leaves),
    )
    return StructType(entry.key.value, record, optional(leaves.expression, node.get("value")))


def build_lets(node: Node | None, leaves: Leaves) -> tuple[Let, ...]:
    """Return the derived values of a ``let:``."""
    return tuple(
        Let(entry.key.value, leaves.expression(entry.value), entry.key.place) for entry in entries(node)
    )


def build_endian(node: Node | None, leaves: Leaves) -> EndianSpec:
    """Return a byte order: a word, an expression, or a test; None where nothing is said."""
    if node is None:
        return None
    if isinstance(node, Scalar):
        return cast("Endian | Expression", leaves.endian(node))
    mapping = cast("Mapping", node)
    scalar = mapping.get("test")
    assert scalar is not None, "the structure was checked"
    test = leaves.order_test(scalar)
    that = optional(leaves.expression, mapping.get("that"))
    if (that is None) == (test.equals is None):
        many = "both '=' and" if that is not None else "neither '=' nor"
        message = f"a test of the byte order has {many} 'that'"
        help = "e.g. {test: uint16 @ 2 = 42} or {test: int32 @ 2, that: 0 < test < 1000}"
        leaves.problems.append(Problem("V0117", message, test.place, help=help))
    return replace(test, that=that)


def _items(node: Mapping, leaves: Leaves) -> Iterator[Field | Record]:
    for entry in entries(node.get("fields")):
        if isinstance(entry.value, Scalar):
            yield replace(leaves.field(entry.value), name=entry.key.value)
        elif isinstance(entry.value, Mapping):
            whole = entry.value.get("fields") is not None
            yield _record(entry, entry.value, leaves) if whole else _field(entry, entry.value, leaves)


def _field(entry: Entry, node: Mapping, leaves: Leaves) -> Field:
    """Return the long form: the keys add the clauses that the short form in ``type`` leaves open."""
    type_ = node.get("type")
    assert type_ is not None, "the structure was checked"
    field = replace(leaves.field(type_), name=entry.key.value)
    clauses = (
        ("if", "if", "condition"),
        ("else", "else", "default"),
        ("at", "@", "offset"),
        ("const", "=", "constant"),
    )
    found: dict[str, Expression] = {}
    for key, sign, attribute in clauses:
        value = node.find(key)
        if value is None:
            continue
        if getattr(field, attribute) is not None:
            message = f"'{key}' stands twice: as a key and as '{sign}' in the type"
            leaves.problems.append(Problem("V0109", message, value.key.place))
        found[attribute] = leaves.expression(value.value)
    parse = node.find("parse")
    parsed = None
    if parse is not None:
        parsed = build_text(parse.key, cast("Mapping", parse.value), leaves)
        if field.type.word not in TEXTS:
            message = "only a text can be parsed"
            leaves.problems.append(Problem("V0109", message, parse.key.place, help="e.g. type: ascii(1024)"))
    return replace(
        field,
        condition=found.get("condition", field.condition),
        default=found.get("default", field.default),
        offset=found.get("offset", field.offset),
        constant=found.get("constant", field.constant),
        endian=build_endian(node.get("endian"), leaves),
        parse=parsed,
    )


def _record(entry: Entry, node: Mapping, leaves: Leaves) -> Record:
    repeat = node.get("repeat")
    _check_key(entry.key.value, node, leaves)
    return Record(
        entry.key.value,
        tuple(_items(node, leaves)),
        entry.key.place,
        repeat=leaves.repeat(repeat) if isinstance(repeat, Scalar) else None,
        condition=optional(leaves.expression, node.get("if")),
        at=optional(leaves.expression, node.get("at")),
        size=optional(leaves.expression, node.get("size")),
        key=text(node, "key") or None,
        endian=build_endian(node.get("endian"), leaves),
        lets=build_lets(node.get("let"), leaves),
        partial=cast("Literal['error', 'warn', 'drop']", text(node, "partial", "error")),
    )


def _check_key(record: str, node: Mapping, leaves: Leaves) -> None:
    key = node.get("key")
    if not isinstance(key, Scalar):
        return
    names = [inner.key.value for part in ("fields", "let") for inner in entries(node.get(part))]
    if key.text.value not in names:
        message = f"key '{key.text.value}' is no field of '{record}'"
        help = did_you_mean(key.text.value, names, "its fields")
        leaves.problems.append(Problem("V0174", message, key.place, help=help))
