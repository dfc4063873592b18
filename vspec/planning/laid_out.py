"""What a field of a layout takes its size and place from, for messages about bytes that are not there."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

from vspec.card.model import ArraySpec, Field, Record, Role
from vspec.errors import Problem, Text
from vspec.expressions import Expression, parse
from vspec.header.dataset import Header
from vspec.header.provenance import trace

_BYTES_MISSING = "V0331"


def explained(problem: Problem, specs: Sequence[ArraySpec], header: Header) -> Problem:
    """Return a problem of missing bytes with the values that led there, where an array's field is named."""
    if problem.code != _BYTES_MISSING or problem.chain:
        return problem
    lines = [line for spec in specs for line in _chain(spec, header, problem)]
    return replace(problem, chain=tuple(dict.fromkeys(lines)))


def _chain(spec: ArraySpec, header: Header, problem: Problem) -> Iterator[str]:
    """Yield where the sizes and places of the field that a problem is about come from."""
    for path in spec.source.paths if spec.source is not None else ():
        root, *names = path.split(".")
        role = next((role for role in header.card.roles if role.name == root), None)
        if role is None or role.layout is None:
            continue
        way = _way(role.layout, names)
        if way and way[-1].place == problem.place:
            for expression in (e for item in way for e in _expressions(item)):
                yield from _traced(expression, role, header)


def _way(record: Record, names: Sequence[str]) -> list[Field | Record]:
    """Return the records and the field that a path leads through."""
    found: list[Field | Record] = []
    for name in names:
        item = next((field for field in record.fields if field.name == name), None)
        if item is None:
            break
        found.append(item)
        if not isinstance(item, Record):
            break
        record = item
    return found


def _expressions(item: Field | Record) -> Iterator[Expression]:
    if isinstance(item, Field):
        given = [*(axis.size for axis in item.axes), item.offset, item.type.length]
    else:
        given = [item.at, item.size, item.repeat.count if item.repeat is not None else None]
    return (expression for expression in given if expression is not None)


def _traced(expression: Expression, role: Role, header: Header) -> Iterator[str]:
    """Yield where the names of an expression in a layout come from: its fields are those of the role."""
    assert role.layout is not None, "just asked"
    own = {field.name for field in role.layout.fields} | {let.name for let in role.layout.lets}
    for path in expression.paths:
        full = f"{role.name}.{path}" if path.split(".")[0] in own else path
        yield from trace(parse(Text(full, expression.text.place, exact=False)), header)
