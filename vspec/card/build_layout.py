"""The layouts of a card: fields, records and the structs of ``types:``."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Literal, cast

from vspec.card.build_codecs import build_codecs
from vspec.card.build_text import build_text
from vspec.card.leaves import Leaves
from vspec.card.model import EndianSpec, Field, Let, Record, Repeat, StructType
from vspec.card.names import check_name
from vspec.card.packings import build_packing
from vspec.card.typed_rows import rows_of_type
from vspec.card.yaml_nodes import Entry, Mapping, Node, Scalar, entries, items, optional, text
from vspec.datatypes import NUMBERS, TEXTS, Endian
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


def build_struct(entry: Entry, leaves: Leaves, library: tuple[str, ...] = ()) -> StructType:
    """Return an entry of ``types:``, of the card itself or of one that it uses."""
    node = cast("Mapping", entry.value)
    name = ".".join([*library, entry.key.value])
    if node.get("packed") is not None:
        empty = Record(name, (), entry.key.place)
        return StructType(name, empty, library=library, element=build_packing(name, node, leaves.problems))
    record = Record(
        name,
        tuple(_items(node, leaves)),
        entry.key.place,
        size=optional(leaves.expression, node.get("size")),
        endian=build_endian(node.get("endian"), leaves),
        lets=build_lets(node.get("let"), leaves),
    )
    params = tuple(item.text for item in items(node.get("params")) if isinstance(item, Scalar))
    leaves.problems += [p for param in params if (p := check_name(param, "scope")) is not None]
    return StructType(name, record, optional(leaves.expression, node.get("value")), params, library)


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
            yield _many(replace(leaves.field(entry.value), name=entry.key.value), leaves)
        elif isinstance(entry.value, Mapping):
            if entry.value.get("fields") is not None:
                yield _record(entry, entry.value, leaves)
            elif entry.value.get("repeat") is not None:
                yield _typed_rows(entry, entry.value, leaves)
            else:
                yield _many(_field(entry, entry.value, leaves), leaves)


def _many(field: Field, leaves: Leaves) -> Field | Record:
    """Return a field as it is; one of a type of the card with a size (``point[item=n]``) as its rows."""
    if field.type.word is None or not field.axes or field.type.word in (*NUMBERS, *TEXTS, *leaves.packed):
        return field
    if len(field.axes) > 1:
        message = f"the type '{field.type.word}' takes one size"
        leaves.problems.append(Problem("V0112", message, field.axes[1].place))
    return rows_of_type(field)


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
        to=optional(leaves.expression, node.get("to")),
        partial=_partial(node),
        condition=found.get("condition", field.condition),
        default=found.get("default", field.default),
        offset=found.get("offset", field.offset),
        constant=found.get("constant", field.constant),
        endian=build_endian(node.get("endian"), leaves),
        parse=parsed,
    )


def _typed_rows(entry: Entry, node: Mapping, leaves: Leaves) -> Record:
    """Return ``{type: point, repeat: n}``: rows that are instances of a type of the card."""
    type_ = node.get("type")
    assert type_ is not None, "the structure was checked"
    field = leaves.field(type_)
    given = (field.axes, field.convert, field.condition, field.default, field.offset, field.constant)
    if field.type.word in (*NUMBERS, *TEXTS, *leaves.packed) or any(given):
        message = "what is repeated is a type of the card, alone"
        help = "numbers and texts take a size: int16[channel=n]; conditions and places are keys: if, at"
        leaves.problems.append(Problem("V0109", message, type_.place, help=help))
    return replace(_record(entry, node, leaves), of=field.type)


def _repeat(node: Node | None, leaves: Leaves) -> Repeat | None:
    if node is None:
        return None
    if isinstance(node, Scalar):
        return leaves.repeat(node)
    mapping = cast("Mapping", node)
    until, after = mapping.get("until"), mapping.get("next")
    return Repeat(
        node.place,
        until=optional(leaves.expression, until),
        next=optional(leaves.expression, after),
    )


def _record(entry: Entry, node: Mapping, leaves: Leaves) -> Record:
    _check_key(entry.key.value, node, leaves)
    return Record(
        entry.key.value,
        tuple(_items(node, leaves)),
        entry.key.place,
        repeat=_repeat(node.get("repeat"), leaves),
        to=optional(leaves.expression, node.get("to")),
        condition=optional(leaves.expression, node.get("if")),
        at=optional(leaves.expression, node.get("at")),
        size=optional(leaves.expression, node.get("size")),
        key=text(node, "key") or None,
        endian=build_endian(node.get("endian"), leaves),
        lets=build_lets(node.get("let"), leaves),
        partial=_partial(node),
        codec=build_codecs(node.get("codec"), leaves),
        encoded=optional(leaves.expression, node.get("nbytes")),
    )


def _partial(node: Mapping) -> Literal["error", "warn", "drop"]:
    return cast("Literal['error', 'warn', 'drop']", text(node, "partial", "error"))


def _check_key(record: str, node: Mapping, leaves: Leaves) -> None:
    key = node.get("key")
    if not isinstance(key, Scalar) or node.get("fields") is None:
        return
    names = [inner.key.value for part in ("fields", "let") for inner in entries(node.get(part))]
    if key.text.value not in names:
        message = f"key '{key.text.value}' is no field of '{record}'"
        help = did_you_mean(key.text.value, names, "its fields")
        leaves.problems.append(Problem("V0174", message, key.place, help=help))
