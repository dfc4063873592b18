"""Paths: the dotted ones under which an example gives values, and those of arrays."""

from __future__ import annotations

import re
from collections.abc import Iterator
from collections.abc import Set as AbstractSet
from dataclasses import dataclass

from vspec.card.model import Card, Field, Record, Role, TypeRef
from vspec.card.text_model import TextFormat
from vspec.expressions import Scope, Template

MAX_DEPTH = 16
MOST_OF_ONE = 2
_UNSAFE = re.compile(r"[\x00-\x1f\x7f/\\]+")


@dataclass(frozen=True, slots=True)
class _Walk:
    """The card whose types are followed, and the paths below which an example gives values."""

    card: Card
    wanted: AbstractSet[str]


def role_paths(role: Role, card: Card, wanted: AbstractSet[str] = frozenset()) -> Iterator[str]:
    """Yield the paths below a role; ``x.*`` says that a whole tree or text may be given for ``x``.

    A type that holds itself is followed ``MOST_OF_ONE`` levels deep, and deeper below what is ``wanted``.
    """
    yield f"{role.name}.endian"
    yield f"{role.name}.size"
    if role.layout is not None:
        yield from _record_paths(role.layout, role.name, _Walk(card, wanted), ())
    if role.text is not None:
        yield from _text_paths(role.text, role.name)


def _record_paths(record: Record, prefix: str, walk: _Walk, within: tuple[str, ...]) -> Iterator[str]:
    for field in record.fields:
        path = f"{prefix}.{field.name}"
        yield path
        if isinstance(field, Field):
            if field.parse is not None:
                yield from _text_paths(field.parse, path)
            yield from _type_paths(field.type, path, walk, within)
        elif field.of is not None:
            yield from _type_paths(field.of, path, walk, within)
        else:
            yield from _record_paths(field, path, walk, within)


def _type_paths(ref: TypeRef, path: str, walk: _Walk, within: tuple[str, ...]) -> Iterator[str]:
    """Yield the paths below a field of a type of the card; of a computed type, those of all of them."""
    names = [ref.word] if ref.word is not None else list(walk.card.types)
    for name in names:
        struct = walk.card.types.get(name)
        deeper = within.count(name) < MOST_OF_ONE or path in walk.wanted
        if struct is not None and len(within) < MAX_DEPTH and deeper:
            yield from _record_paths(struct.record, path, walk, (*within, name))


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
