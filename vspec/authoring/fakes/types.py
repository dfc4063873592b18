"""What the type of a field is while it is written: numbers, texts, types of the card and their values."""

from __future__ import annotations

from collections.abc import Mapping

from vspec.card.model import Role, StructType, TypeRef
from vspec.datatypes import NUMBERS, TEXTS, ElementType, NamedType, TextType
from vspec.errors import fail
from vspec.expressions import Chain, Expression, Scope, Value

Types = Mapping[str, StructType]


class _Rest:
    """What ``rest`` is worth: as many as the example, the options or the seed say."""

    def __repr__(self) -> str:
        return "rest"


_REST = _Rest()


ENDLESS = 2**62
"""The size of a file that is still to be found, before the first guess."""


def room(to: Expression, offset: int, scope: Scope, role: Role) -> int:
    """Return the bytes from ``offset`` to where ``to:`` says that ``rest`` ends; none where that is before.

    Raises V0855 where the end follows from the size of a file that is as large as what takes the rest.
    """
    space = to.integer(scope) - offset
    if space < ENDLESS // 4:
        return max(0, space)
    message = f"the rest ends where '{role.name}' does, which is as large as the rest"
    help = f"give '{role.name}.size' in the example: how many bytes the file has"
    raise fail("V0855", message, to.text.place, help=help)


def size_of(size: Expression | None, scope: Scope) -> int | None:
    """Return a size or count, 0 where it is negative; None for ``rest``."""
    if size is None:
        return None
    if "rest" in size.names:
        with_rest = Chain({"rest": _REST}, scope)  # type: ignore[dict-item]  # no value: it only stands alone
        if isinstance(size.evaluate(with_rest), _Rest):
            return None
    return max(0, size.integer(scope))


def kind_of(
    ref: TypeRef, name: str, scope: Scope, types: Types
) -> tuple[ElementType | TextType | NamedType, int]:
    """Return the type of the field ``name`` and the bytes of one element (0 where that varies)."""
    if ref.word in NUMBERS:
        return NUMBERS[ref.word], NUMBERS[ref.word].nbytes
    if ref.word in TEXTS:
        return TEXTS[ref.word], 0 if ref.length is None else max(0, ref.length.integer(scope))
    value: Value = NamedType(ref.word) if ref.word is not None else None
    if ref.value is not None:
        value = ref.value.evaluate(scope)
    if isinstance(value, ElementType):
        return value, value.nbytes
    if isinstance(value, NamedType):
        samples = types[value.name].element
        return (value, 0) if samples is None else (samples, samples.nbytes)
    raise fail("V0853", f"the type of '{name}' is not a type", ref.place, found=repr(value))


def struct_of(ref: TypeRef, name: str, scope: Scope, types: Types) -> StructType | None:
    """Return the type of the card that a field has; None for numbers and texts."""
    if ref.word is not None and ref.word not in types:
        return None
    kind, _ = kind_of(ref, name, scope, types)
    return types[kind.name] if isinstance(kind, NamedType) else None


def parameters(struct: StructType, ref: TypeRef, scope: Scope) -> dict[str, Value]:
    """Return the parameters of a type by name; raises V0196 where their number is wrong."""
    if len(struct.params) != len(ref.arguments):
        message = (
            f"the type '{struct.name}' takes {len(struct.params) or 'no'} values, not {len(ref.arguments)}"
        )
        raise fail("V0196", message, ref.place)
    pairs = zip(struct.params, ref.arguments, strict=True)
    return {param.value: argument.evaluate(scope) for param, argument in pairs}
