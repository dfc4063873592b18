"""How large a field is and how often a record stands, from the expressions of the card."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

import numpy as np

from vspec.card.model import Field, Record, StructType, TypeRef
from vspec.datatypes import NUMBERS, TEXTS, ElementType, NamedType, TextType
from vspec.errors import Problem, VspecError, did_you_mean, fail
from vspec.expressions import Chain, Expression, Scope, UnknownName, Value
from vspec.header.elements import View
from vspec.header.home import Home, Open

MAX_ITEMS = 10**7
MAX_BYTES = 2**62


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
    ref: TypeRef, name: str, scope: Scope, types: Mapping[str, StructType]
) -> tuple[ElementType | TextType | NamedType, int]:
    """Return the type of the field ``name`` and the bytes of one element (0 where that varies)."""
    if ref.word in NUMBERS:
        return NUMBERS[ref.word], NUMBERS[ref.word].nbytes
    if ref.word in TEXTS:
        length = 0 if ref.length is None else natural(ref.length, f"the length of '{name}'", scope)
        return TEXTS[ref.word], length
    if ref.word is not None:
        return _struct_or_samples(NamedType(ref.word), types)
    value = ref.value.evaluate(scope) if ref.value is not None else None
    if isinstance(value, ElementType) and ref.arguments:
        message = f"the type '{value.name}' takes no values, not {len(ref.arguments)}"
        raise fail("V0196", message, ref.place, help="a number type is written without parentheses")
    if isinstance(value, ElementType):
        return value, value.nbytes
    if isinstance(value, NamedType):
        return _struct_or_samples(value, types)
    raise fail(
        "V0305",
        f"the type of '{name}' is not a type",
        ref.place,
        found=repr(value),
        help=did_you_mean(str(value), [*NUMBERS, *TEXTS, *types], "types"),
    )


def _struct_or_samples(
    named: NamedType, types: Mapping[str, StructType]
) -> tuple[ElementType | NamedType, int]:
    element = types[named.name].element
    return (named, 0) if element is None else (element, element.nbytes)


def parameters(struct: StructType, ref: TypeRef, scope: Scope) -> dict[str, Value]:
    """Return the parameters of a type by name; raises V0196 where their number is wrong."""
    if len(struct.params) != len(ref.arguments):
        names = ", ".join(param.value for param in struct.params)
        message = (
            f"the type '{struct.name}' takes {len(struct.params) or 'no'} values, not {len(ref.arguments)}"
        )
        raise fail("V0196", message, ref.place, help=f"written as a field's type: {struct.name}({names})")
    values = (argument.evaluate(scope) for argument in ref.arguments)
    return {param.value: value for param, value in zip(struct.params, values, strict=True)}


def is_ordered(kind: ElementType | TextType) -> bool:
    """Tell whether the byte order matters for a type."""
    return kind.nbytes > 1 if isinstance(kind, ElementType) else kind.encoding == "utf-16"


Kind = ElementType | TextType


def axes_of(
    field: Field, sized: tuple[Kind, int], offset: int, scope: Scope, home: Home
) -> tuple[tuple[str, int], ...]:
    """Return names and sizes of a field's axes; an axis of size ``rest`` takes what fits in the file.

    ``sized`` are the type and the bytes of one element, or of one word of packed samples.
    """
    if not field.axes:
        return ()
    kind, item = sized
    shared = kind.per_word if isinstance(kind, ElementType) else 1
    sizes = [size_of(axis.size, f"the size of '{field.name}'", scope) for axis in field.axes]
    known = math.prod(size for size in sizes if size is not None)
    for k, axis in enumerate(field.axes):
        if sizes[k] is None:
            open_ = Open(field.name, axis.place, stop_of(field.to, offset, scope, home.view), field.partial)
            whole = math.lcm(known, shared)
            sizes[k] = home.fit(offset, whole // shared * item, open_) * (whole // known if known else 0)
    count = math.prod(size or 0 for size in sizes)
    if -(-count // shared) * item > MAX_BYTES:
        raise _too_large(field, -(-count // shared) * item)
    return tuple((axis.name or f"axis_{k}", sizes[k] or 0) for k, axis in enumerate(field.axes))


def require_whole_words(field: Field, kind: Kind, axes: Sequence[tuple[str, int]]) -> None:
    """Raise V0326 where packed samples do not fill whole words: what follows would stand elsewhere."""
    shared = kind.per_word if isinstance(kind, ElementType) else 1
    if shared == 1:
        return
    count = math.prod(size for _, size in axes)
    if count % shared:
        raise fail(
            "V0326",
            f"'{field.name}': {count} samples of '{kind.name}' do not fill whole words",
            field.place,
            expected=f"a multiple of {shared}",
            found=str(count),
            help="round the size up and crop in 'dims:'; or, where the file ends so, say where: @ OFFSET",
        )


def _too_large(field: Field, nbytes: int) -> VspecError:
    return fail("V0920", f"'{field.name}' would take {nbytes} bytes", field.place, help="is a count wrong?")


class _Rest:
    """What ``rest`` is worth in an expression: as many as fit. Nothing can be computed with it."""

    def __repr__(self) -> str:
        return "rest"


REST = _Rest()


def size_of(size: Expression | None, what: str, scope: Scope) -> int | None:
    """Return a size or count, or None for ``rest``; raises V0308."""
    if size is None:
        return None
    if "rest" in size.names:
        with_rest = Chain({"rest": REST}, scope)  # type: ignore[dict-item]  # no value: it only stands alone
        if isinstance(size.evaluate(with_rest), _Rest):
            return None
    return natural(size, what, scope)


def stop_of(to: Expression | None, offset: int, scope: Scope, view: View) -> int:
    """Return the byte at which ``rest`` ends: the end of the file, or what ``to:`` says (V0302)."""
    if to is None:
        return view.bytes.size
    stop = absolute(to, scope, view)
    if stop >= offset:
        return stop
    problem = Problem(
        "V0302",
        "the byte of 'to' is before what it ends",
        to.text.place,
        data_file=view.name,
        offset=stop,
        expected=f"{offset} or more",
        found=str(stop),
    )
    raise VspecError([problem])


def count_of(record: Record, scope: Scope) -> int | None:
    """Return how often a record stands, or None where that shows only as it is walked."""
    if record.repeat is None or record.repeat.count is None:
        return None
    return size_of(record.repeat.count, f"the number of '{record.name}'", scope)


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
