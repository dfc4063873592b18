"""How large a field is and how often a record stands, from the expressions of the card."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

import numpy as np

from vspec.card.model import Field, Record, StructType
from vspec.datatypes import NUMBERS, TEXTS, ElementType, TextType
from vspec.errors import Problem, VspecError, did_you_mean, fail
from vspec.expressions import Expression, Scope, UnknownName, Value
from vspec.header.elements import View
from vspec.header.home import Home

MAX_ITEMS = 10**7


def natural(expression: Expression, what: str, scope: Scope) -> int:
    """Return a whole number that is not negative; raises V0308."""
    n = expression.integer(scope)
    if n < 0:
        raise fail(
            "V0308",
            f"{what} is negative",
            expression.text.place,
            expected="0 or more",
            found=str(n),
            help="is the byte order or the version right?",
        )
    return n


def absolute(where: Expression, scope: Scope, view: View) -> int:
    """Return an offset in the file; raises V0302 when it is outside."""
    offset = where.integer(scope)
    if 0 <= offset <= view.bytes.size:
        return offset
    raise VspecError(
        [
            Problem(
                "V0302",
                f"the offset is outside {view.name}",
                where.text.place,
                data_file=view.name,
                offset=offset,
                expected=f"0 to {view.bytes.size}",
                found=str(offset),
                help="is the file cut short, or the byte order wrong?",
            )
        ]
    )


def kind_of(
    field: Field, scope: Scope, types: Mapping[str, StructType]
) -> tuple[ElementType | TextType | str, int]:
    """Return the type of a field and the bytes of one element; a type of the card by its name."""
    ref = field.type
    if ref.word in NUMBERS:
        return NUMBERS[ref.word], NUMBERS[ref.word].nbytes
    if ref.word in TEXTS and ref.length is not None:
        return TEXTS[ref.word], natural(ref.length, f"the length of '{field.name}'", scope)
    if ref.word is not None and ref.word in types:
        return ref.word, 0
    value = scope.get(ref.word) if ref.word is not None else ref.value.evaluate(scope) if ref.value else None
    if isinstance(value, ElementType):
        return value, value.nbytes
    raise fail(
        "V0305",
        f"the type of '{field.name}' is not a type",
        ref.place,
        found=repr(value),
        help=did_you_mean(str(value), [*NUMBERS, *TEXTS, *types], "types"),
    )


def is_ordered(kind: ElementType | TextType) -> bool:
    """Tell whether the byte order matters for a type."""
    return kind.nbytes > 1 if isinstance(kind, ElementType) else kind.encoding == "utf-16"


def axes_of(field: Field, item: int, offset: int, scope: Scope, home: Home) -> tuple[tuple[str, int], ...]:
    """Return names and sizes of a field's axes; an axis of size ``rest`` takes what fits in the file."""
    sizes = [
        None if axis.size is None else natural(axis.size, f"the size of '{field.name}'", scope)
        for axis in field.axes
    ]
    step = item * math.prod(size for size in sizes if size is not None)
    for k, axis in enumerate(field.axes):
        if sizes[k] is None:
            sizes[k] = home.fit(offset, step, "error", field.name, axis.place)
    whole = item * math.prod(size or 0 for size in sizes)
    if whole > 2**62:
        raise fail("V0920", f"'{field.name}' would take {whole} bytes", field.place, help="is a count wrong?")
    return tuple((axis.name or f"axis_{k}", sizes[k] or 0) for k, axis in enumerate(field.axes))


def is_rest(record: Record) -> bool:
    """Tell whether a record is repeated as often as it fits."""
    repeat = record.repeat
    return repeat is not None and repeat.count is None and repeat.items is None


def count_of(record: Record, scope: Scope) -> int | None:
    """Return how often a record stands, or None for ``rest``."""
    if record.repeat is None or record.repeat.count is None:
        return None
    return natural(record.repeat.count, f"the number of '{record.name}'", scope)


def items_of(record: Record, scope: Scope) -> Sequence[Value]:
    """Return what ``repeat: NAME in EXPR`` runs over."""
    expression = record.repeat.items if record.repeat is not None else None
    value = expression.evaluate(scope) if expression is not None else None
    if isinstance(value, np.ndarray) and value.ndim > 0:
        return value.tolist()  # type: ignore[no-any-return]  # a list of scalars
    try:
        items = list(value)  # type: ignore[arg-type]  # refused below when it cannot be walked
    except TypeError:
        place = expression.text.place if expression is not None else record.place
        raise fail(
            "V0313",
            "this is not something to run over",
            place,
            found=repr(value),
            help="e.g. range(n), or rows",
        ) from None
    return items


def find(view: View, needle: bytes, start: int) -> int:
    """Return where ``needle`` stands first from ``start`` on; raises `UnknownName` when it does not."""
    found = view.bytes.find(needle, start)
    if found is None:
        raise UnknownName(needle.decode("latin-1"))
    return found
