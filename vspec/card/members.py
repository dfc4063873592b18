"""What may stand behind the dot: the members of roles, records, structs and texts."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TypeAlias

from vspec.card.model import Card, Field, Let, Library, Record, Role, TypeRef
from vspec.card.text_model import TextField, TextFormat

Entity: TypeAlias = "Role | Record | Field | TextField | Let | Library | None"
"""What a name means as far as it is known before any file is read; None is anything else."""


HELD = ("path", "name", "group", "shape", "axes", "dtype", "ndim", "size", "attrs", "values")
"""What is known of an array that a container holds."""


def members(entity: Entity, card: Card) -> Mapping[str, Entity] | None:
    """Return what may follow ``entity.``, or None where that is not known."""
    match entity:
        case Role():
            return _role_members(entity)
        case Record():
            return record_members(entity) if entity.of is None else _type_members(entity.of, card)
        case Library():
            return _library_members(entity)
        case Field():
            return _field_members(entity, card)
        case TextField():
            return _text_field_members(entity)
        case _:
            return None


def captures(role: Role) -> list[str]:
    """Return the names of all captures of a role, in the order in which they are written."""
    return list(dict.fromkeys(capture.name for pattern in role.match for capture in pattern.captures))


def record_members(record: Record) -> dict[str, Entity]:
    """Return the fields and derived values of a record."""
    found: dict[str, Entity] = {item.name: item for item in record.fields}
    return found | {let.name: let for let in record.lets}


def _role_members(role: Role) -> Mapping[str, Entity] | None:
    found: dict[str, Entity] = dict.fromkeys(captures(role))
    if role.named is not None and role.over is not None:
        found[role.over] = None
    if role.container is not None:
        return None
    if role.layout is not None:
        return {"endian": None} | found | record_members(role.layout)
    if role.text is not None:
        inner = _text_members(role.text)
        return None if inner is None else found | dict(inner)
    return found


def _text_members(text: TextFormat) -> Mapping[str, Entity] | None:
    return {field.name: field for field in text.fields} if text.fields else None


def _field_members(field: Field, card: Card) -> Mapping[str, Entity] | None:
    if field.parse is not None:
        return _text_members(field.parse)
    return _type_members(field.type, card)


def _type_members(ref: TypeRef, card: Card) -> Mapping[str, Entity] | None:
    struct = card.types.get(ref.word or "")
    if struct is None or struct.value is not None:
        return None
    return record_members(struct.record)


def _library_members(library: Library) -> Mapping[str, Entity]:
    return dict.fromkeys([*library.tables, *library.types]) | dict(library.used)


def _text_field_members(field: TextField) -> Mapping[str, Entity] | None:
    """Return the columns of a table, or captures of a line; a line with one capture is its value."""
    if field.fields:
        return {inner.name: inner for inner in field.fields}
    if field.key is not None and "{" in field.key.value:
        return None
    pattern = field.each or field.line
    if pattern is None:
        return None
    names = [capture.name for capture in pattern.captures]
    return {} if field.each is None and len(names) == 1 else dict.fromkeys(names)
