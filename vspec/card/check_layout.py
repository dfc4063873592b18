"""The checks of layouts: constants, keys, traps of the cursor, circles among derived values."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from vspec.card.check_constants import check_constant
from vspec.card.members import members
from vspec.card.model import Card, Field, Let, Record, TypeRef
from vspec.card.references import references
from vspec.card.scopes import column_names
from vspec.datatypes import NUMBERS
from vspec.errors import Problem, did_you_mean
from vspec.expressions import Expression

_NEGATIVE = re.compile(r"\s*-\s*(0x[0-9a-fA-F]+|[0-9]+)\s*\Z")
_ONE_OR_NONE = re.compile(r"\s*(1\s+if\b.*\belse\s+0|0\s+if\b.*\belse\s+1)\s*\Z", re.DOTALL)


def check_layouts(card: Card) -> Iterator[Problem]:
    """Yield what is wrong with the records and fields of a card."""
    for record in all_records(card):
        yield from _check_record(record)
        yield from _check_cursor(record)
        yield from _check_rows(record, card)
        for item in record.fields:
            if isinstance(item, Field):
                yield from _check_field(item)
                yield from check_constant(item)
                yield from _check_arguments(item.type, card)


def check_cycles(card: Card) -> Iterator[Problem]:
    """Yield the circles among derived values that stand side by side."""
    columns = frozenset(column_names(card))
    yield from _circles(card.lets, columns)
    for array in card.arrays:
        yield from _circles(array.lets, columns)
    for record in all_records(card):
        yield from _circles(record.lets, columns)


def check_size(size: Expression | None, what: str) -> Iterator[Problem]:
    """Yield the problem of a size that is a negative number as written."""
    if size is not None and _NEGATIVE.match(size.text.value):
        message = f"{what} is {size.text.value.strip()}; it cannot be negative"
        help = "from the end of the file: size(role) - n" if what == "the offset" else None
        yield Problem("V0186", message, size.text.place, help=help)


def all_records(card: Card) -> Iterator[Record]:
    """Yield every record of a card: of roles, of types, and inside each other."""
    todo = [role.layout for role in card.roles if role.layout is not None]
    todo += [struct.record for struct in card.types.values()]
    while todo:
        record = todo.pop()
        yield record
        todo += [item for item in record.fields if isinstance(item, Record)]


def _check_record(record: Record) -> Iterator[Problem]:
    count = record.repeat.count if record.repeat else None
    if count is not None and _ONE_OR_NONE.match(count.text.value):
        help = "leave 'repeat' out and write 'if'"
        yield Problem("V0182", "a repeat of 1 or 0 is a condition", count.text.place, help=help)
    yield from check_size(count, "the count")
    yield from check_size(record.size, "the size")
    yield from check_size(record.at, "the offset")


def _check_rows(record: Record, card: Card) -> Iterator[Problem]:
    """Yield what is wrong with how often a record stands, and with the type that it is made of."""
    repeat, count = record.repeat, record.repeat.count if record.repeat else None
    rest = repeat is not None and (repeat.is_rest or _mentions_rest(count))
    if count is not None:
        yield from _check_rest(count)
    if record.to is not None and not rest and (repeat is None or repeat.until is None):
        yield _to_nothing(record.to)
    if record.of is None:
        return
    yield from _check_arguments(record.of, card)
    struct = card.types.get(record.of.word or "")
    known = members(record, card)
    if struct is not None and record.key is not None and record.key not in (known or {}):
        message = f"key '{record.key}' is no field of '{struct.name}'"
        help = did_you_mean(record.key, known or {}, "its fields")
        yield Problem("V0174", message, record.place, help=help)


def _mentions_rest(expression: Expression | None) -> bool:
    return expression is not None and "rest" in expression.names


def _check_rest(expression: Expression) -> Iterator[Problem]:
    if not expression.stands_alone("rest"):
        message = "'rest' cannot be computed with"
        help = "it stands alone, or is one side of a choice: n if n > 0 else rest"
        yield Problem("V0177", message, expression.text.place, help=help)


def _to_nothing(to: Expression) -> Problem:
    help = "'to' is the byte at which 'rest' ends: repeat: rest, or a size with a name such as time=rest"
    return Problem("V0109", "'to' means nothing without 'rest'", to.text.place, help=help)


def _check_arguments(ref: TypeRef, card: Card) -> Iterator[Problem]:
    struct = card.types.get(ref.word or "")
    if struct is None or len(struct.params) == len(ref.arguments):
        return
    names = ", ".join(param.value for param in struct.params)
    message = f"the type '{struct.name}' takes {len(struct.params) or 'no'} values, not {len(ref.arguments)}"
    yield Problem("V0196", message, ref.place, help=f"{struct.name}({names})" if names else struct.name)


def _check_cursor(record: Record) -> Iterator[Problem]:
    """Yield the fields that stand right after one at a constant place and have none themselves."""
    for before, item in zip(record.fields, record.fields[1:], strict=False):
        placed = item.offset if isinstance(item, Field) else item.at
        repeat = before.repeat if isinstance(before, Record) and before.at is None else None
        if repeat is not None and repeat.next is not None and placed is None:
            message = f"'{item.name}' does not begin where the chain '{before.name}' ends: it moves no cursor"
            help = f"give '{item.name}' an '@' (a record: 'at'), or write it before the chain"
            yield Problem("V0183", message, item.place, help=help)
        repeated = isinstance(item, Record) and item.repeat is not None
        if placed is None and not repeated and _is_pinned(before):
            yield _unmoved(before, item)


def _unmoved(before: Field | Record, item: Field | Record) -> Problem:
    key, own = ("'@'" if isinstance(one, Field) else "'at'" for one in (before, item))
    message = f"'{item.name}' does not begin where '{before.name}' ends: {key} never moves the cursor"
    article = "an" if own == "'@'" else "its own"
    help = f"give '{item.name}' {article} {own} too, or write the fields without {key} first"
    return Problem("V0183", message, item.place, help=help)


def _is_pinned(item: Field | Record) -> bool:
    """Tell whether something lies at a place that the card alone says: a number, or 'start' and a number."""
    where = item.offset if isinstance(item, Field) else item.at
    if where is None or not where.names <= {"start"}:
        return False
    return not any(reference.called for reference in references(where))


def _check_field(field: Field) -> Iterator[Problem]:
    rest = any(axis.size is None or _mentions_rest(axis.size) for axis in field.axes)
    if field.to is not None and not rest:
        yield _to_nothing(field.to)
    for axis in field.axes:
        if axis.size is not None:
            yield from _check_rest(axis.size)
        yield from check_size(axis.size, f"the size of '{axis.name}'" if axis.name else "the size")
    yield from check_size(field.type.length, "the length")
    yield from check_size(field.offset, "the offset")
    if field.default is not None and field.condition is None and field.convert not in ("int", "float"):
        help = "it is the value of a field that an 'if' leaves out, or of blanks: ascii(8) as int else 0"
        yield Problem("V0113", "'else' without 'if'", field.default.text.place, help=help)
    if field.default is not None and field.default.text.value.strip() in NUMBERS:
        message = "behind 'else' stands the value of an absent field, not a type"
        help = "a choice between types stands in parentheses: (uint8 if c else uint16)"
        yield Problem("V0121", message, field.default.text.place, help=help)


def _circles(lets: Sequence[Let], columns: frozenset[str]) -> Iterator[Problem]:
    """Yield one problem for each circle, at the value of it that is written first.

    Inside brackets a name that may be one of ``columns`` is none of the values.
    """
    needs = {let.name: set(_needed(let, columns)) for let in lets}
    done: set[str] = set()
    for let in lets:
        path = _way_back(let.name, let.name, needs, done)
        if path is not None:
            chain = " -> ".join([let.name, *path])
            done.update(path)
            yield Problem("V0184", f"'{let.name}' needs itself: {chain}", let.place)
        done.add(let.name)


def _needed(let: Let, columns: frozenset[str]) -> Iterator[str]:
    for ref in references(let.value):
        if not ref.called and not (ref.inside and ref.name.value in columns):
            yield ref.name.value


def _way_back(start: str, goal: str, needs: dict[str, set[str]], done: set[str]) -> list[str] | None:
    """Return the shortest way from ``start`` along what is needed back to ``goal``, or None."""
    ways: list[list[str]] = [[start]]
    seen = {start}
    for way in ways:
        for name in sorted(needs[way[-1]]):
            if name == goal:
                return [*way[1:], goal]
            if name in needs and name not in seen and name not in done:
                seen.add(name)
                ways.append([*way, name])
    return None
