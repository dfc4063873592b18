"""Paths: the dotted ones under which an example gives values, and those of arrays."""

from __future__ import annotations

import re
from collections.abc import Iterator

from vspec.card.model import Card, Field, Record, Role, TextFormat
from vspec.expressions import Scope, Template

MAX_DEPTH = 16
_UNSAFE = re.compile(r"[\x00-\x1f\x7f/\\]+")


def role_paths(role: Role, card: Card) -> Iterator[str]:
    """Yield the paths below a role; ``x.*`` says that a whole tree or text may be given for ``x``."""
    yield f"{role.name}.endian"
    yield f"{role.name}.size"
    if role.layout is not None:
        yield from _record_paths(role.layout, role.name, card, 0)
    if role.text is not None:
        yield from _text_paths(role.text, role.name)


def _record_paths(record: Record, prefix: str, card: Card, depth: int) -> Iterator[str]:
    for field in record.fields:
        path = f"{prefix}.{field.name}"
        yield path
        if isinstance(field, Record):
            yield from _record_paths(field, path, card, depth + 1)
        else:
            yield from _field_paths(field, path, card, depth)


def _field_paths(field: Field, path: str, card: Card, depth: int) -> Iterator[str]:
    if field.parse is not None:
        yield from _text_paths(field.parse, path)
    struct = card.types.get(field.type.word or "")
    if struct is not None and depth < MAX_DEPTH:
        yield from _record_paths(struct.record, path, card, depth + 1)


def _text_paths(text: TextFormat, prefix: str) -> Iterator[str]:
    if text.format == "json":
        yield f"{prefix}.*"
    else:
        yield f"{prefix}.lines"
    for field in text.fields:
        yield f"{prefix}.{field.name}"


def path_of(template: Template, scope: Scope) -> str:
    """Return the path of an array; what comes from values is made safe."""
    pieces = [
        p if isinstance(p, str) else _safe(Template(p.text, (p, "")).string(scope)) for p in template.parts
    ]
    return "/".join(part.strip() for part in "".join(pieces).strip("/").split("/"))


def _safe(text: str) -> str:
    return _UNSAFE.sub("_", text).strip().strip(".")[:128] or "_"
