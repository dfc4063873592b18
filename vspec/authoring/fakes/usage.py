"""What a card does with each header value, as far as its text tells: which are data, which are sizes.

Decides what is invented where the example says nothing: random data, small primes, or zeros.
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field

from vspec.authoring.fakes.examples import mentioned
from vspec.card.model import ArraySpec, Arrow, Card, Field, Let, Record, Role
from vspec.expressions import Expression

Path = tuple[str, ...]
Cut = Callable[[Expression | None], Iterable[Path]]
MAX_STEPS = 64


@dataclass(frozen=True, slots=True)
class Usage:
    """Dotted paths by what they are used for; ``role.record.field``, or ``type:NAME.field``.

    ``joined`` are the captures along which files may differ in length, since every arrow joins them.
    """

    located: frozenset[str]
    sizes: frozenset[str]
    pointers: frozenset[str]
    names: frozenset[str]
    checked: frozenset[str]
    joined: frozenset[str]


def usage_of(card: Card) -> Usage:
    """Return what the expressions of a card do with the fields of its files."""
    top = _Names({let.name: let for let in card.lets}, {role.name: (role.name,) for role in card.roles})
    located: set[str] = set()
    sizes: set[str] = set()
    pointers: set[str] = set()
    for spec in card.arrays:
        names = _of_array(spec, top)
        located |= names.resolve(spec.source, spine)
        sizes |= _all(names, _shape(spec))
        pointers |= names.resolve(spec.offset)
    for record, path in _records(card):
        inside = _of_record(top, record, path)
        found = _layout(record, inside)
        sizes |= found[0]
        pointers |= found[1]
    named = _all(top, (role.named for role in card.roles))
    checked = _all(top, (check.that for check in card.checks))
    return Usage(*(frozenset(found) for found in (located, sizes, pointers, named, checked, _joined(card))))


def _joined(card: Card) -> set[str]:
    joined: set[str] = set()
    for name in {role.over for role in card.roles if role.over is not None}:
        arrows = [spec.dims for spec in card.arrays if isinstance(spec.dims, Arrow)]
        over = [arrow for arrow in arrows if name in {axis.name for axis in arrow.left}]
        first = [any(len(axis.parts) > 1 and axis.parts[0] == name for axis in arrow.right) for arrow in over]
        if first and all(first):
            joined.add(name)
    return joined


def spine(expression: Expression | None) -> Iterator[Path]:
    """Yield the paths that an expression may be itself; not those that only choose between them."""
    if expression is not None:
        yield from _spine(ast.parse(" ".join(expression.text.value.split()), mode="eval").body)


def _spine(node: ast.expr) -> Iterator[Path]:
    match node:
        case ast.IfExp():
            yield from _spine(node.body)
            yield from _spine(node.orelse)
        case ast.Name():
            yield (node.id,)
        case ast.Attribute():
            yield from ((*path, node.attr) for path in _spine(node.value))
        case ast.Subscript():
            yield from _spine(node.value)
        case ast.Call(args=[first, *_]):
            yield from _spine(first)


@dataclass(frozen=True, slots=True)
class _Names:
    """What the first name of a path means: a let, a loop variable over ``items``, or a path."""

    lets: Mapping[str, Let]
    paths: Mapping[str, Path]
    items: Mapping[str, Expression] = field(default_factory=dict)

    def resolve(self, expression: Expression | None, cut: Cut = mentioned) -> set[str]:
        """Return the dotted paths of the fields that an expression leads to."""
        return {".".join(path) for path in self._follow(expression, cut, MAX_STEPS)}

    def _follow(self, expression: Expression | None, cut: Cut, steps: int) -> Iterator[Path]:
        for head, *rest in cut(expression):
            if steps and head in self.items:
                for path in self._follow(self.items[head], cut, steps - 1):
                    yield (*path, *rest)
            elif steps and head in self.lets:
                for path in self._follow(self.lets[head].value, cut, steps - 1):
                    yield (*path, *rest)
            elif head in self.paths:
                yield (*self.paths[head], *rest)


def _all(names: _Names, expressions: Iterable[Expression | None]) -> set[str]:
    return {path for expression in expressions for path in names.resolve(expression)}


def _of_array(spec: ArraySpec, top: _Names) -> _Names:
    items = dict(top.items)
    if spec.each is not None:
        items[spec.each[0]] = spec.each[1]
    lets = {**top.lets, **{let.name: let for let in spec.lets}}
    return _Names(lets, top.paths, items)


def _of_record(top: _Names, record: Record, path: Path) -> _Names:
    lets = {**top.lets, **{let.name: let for let in record.lets}}
    paths = {**top.paths, **{f.name: (*path, f.name) for f in record.fields}}
    return _Names(lets, paths, top.items)


def _records(card: Card) -> Iterator[tuple[Record, Path]]:
    """Yield the layouts and types of a card with the path of their fields."""
    for role in card.roles:
        if role.layout is not None:
            yield role.layout, (role.name,)
    for name, struct in card.types.items():
        yield struct.record, (f"type:{name}",)


def _layout(record: Record, names: _Names) -> tuple[set[str], set[str]]:
    """Return the sizes and the pointers of a record and of the records inside it."""
    sizes = _all(names, (record.size, record.to, record.encoded))
    pointers = names.resolve(record.at)
    for item in record.fields:
        if isinstance(item, Field):
            sizes |= _all(names, (item.type.length, *item.type.arguments, *(axis.size for axis in item.axes)))
            sizes |= _all(names, (axis.filled for axis in item.axes))
            sizes |= names.resolve(item.to)
            pointers |= names.resolve(item.offset)
            continue
        path = names.paths[item.name]
        looped = names
        if item.repeat is not None:
            sizes |= _all(names, (item.repeat.count, item.repeat.items))
            if item.repeat.variable is not None and item.repeat.items is not None:
                looped = _Names(
                    names.lets, names.paths, {**names.items, item.repeat.variable: item.repeat.items}
                )
        deeper = _layout(item, _of_record(looped, item, path))
        sizes |= deeper[0]
        pointers |= deeper[1]
    return sizes, pointers


def _shape(spec: ArraySpec) -> Iterable[Expression | None]:
    if isinstance(spec.shape, Mapping):
        return spec.shape.values()
    return (spec.shape,)


def roles_with(paths: Iterable[str], roles: Iterable[Role]) -> list[Role]:
    """Return the roles that hold any of some paths, in the card's order."""
    heads = {path.split(".", 1)[0] for path in paths}
    return [role for role in roles if role.name in heads]
