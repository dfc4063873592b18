"""The check of masks: one truth value for each row, of the same rows or of as many by what the card says."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace

from vspec.card.members import Entity, members
from vspec.card.model import Card, Field, Let, Record, Role
from vspec.card.scopes import NameCheck, Names
from vspec.card.text_model import TextField
from vspec.card.typed_rows import rows_of_type
from vspec.errors import Problem
from vspec.expressions import Expression, Known, Length, Misfit, Values

_SINGLE = frozenset({"int", "float", "str", "bool"})
_COMPONENT = (
    "give the component a field of its own (x: float32 @ start), or pick the row outside of the brackets"
)
_MOST_INSIDE = 32
"""Derived values that are followed inside each other."""


def check_masks(card: Card, check: NameCheck) -> Iterator[Problem]:
    """Yield the problems (V0243, V0244) of masks that can fit only by accident, in all that was ``seen``."""
    meanings = _Meanings(card, check.scopes)
    for source in check.seen:
        for expression in (source,) if isinstance(source, Expression) else source.expressions:
            names = check.scopes.get(id(source))
            if names is not None and "[" in expression.text.value:
                _, misfits = expression.along(_Meaning(meanings, names))
                yield from (_problem(misfit) for misfit in misfits)


def _problem(misfit: Misfit) -> Problem:
    mask, base = misfit.mask.value, misfit.base.value
    if misfit.is_of_one_row:
        message = f"'{mask}' is about the components of one row, not about each row of '{base}'"
        return Problem("V0243", message, misfit.mask.place, help=_COMPONENT)
    return Problem(
        "V0244",
        f"the mask '{mask}' would fit '{base}' only by accident",
        misfit.mask.place,
        expected=f"one truth value for each of {misfit.wanted.what}",
        found=f"one for each of {misfit.found.what}",
        help=f"give both one count; if the format sees to it: {base}[range(len({base}))[{mask}]]",
    )


@dataclass(slots=True)
class _Meanings:
    """What stays the same for all expressions of a card."""

    card: Card
    scopes: Mapping[int, Names]
    busy: list[int] = field(default_factory=list)

    def known(self, entity: Entity) -> Values:
        """Return what is known of a role, record, field or derived value where it stands."""
        match entity:
            case Role():
                return (Known(holder=entity),) if entity.over is None and entity.named is None else ()
            case Record():
                return self._record(entity, entity)
            case Field():
                return self._field(entity)
            case TextField():
                return _text(entity)
            case Let():
                return self._let(entity)
        return ()

    def _record(self, record: Record, holder: Record | Field) -> Values:
        if record.repeat is None:
            return (Known(holder=holder),)
        return (Known((self._rows(record, holder),), holder, 1),)

    def _rows(self, record: Record, holder: Record | Field) -> Length:
        repeat = record.repeat
        assert repeat is not None, "just asked"
        what, of = f"the rows of '{record.name}'", id(holder)
        size = repeat.count or repeat.items
        if size is None:
            return Length(what, source=id(repeat), of=of)
        return replace(self._counted(size), what=what, of=of)

    def _counted(self, size: Expression) -> Length:
        names = self.scopes.get(id(size))
        found = None if names is None else size.counted(_Meaning(self, names))
        return Length() if found is None else Length(fixed=found.fixed, source=found.source)

    def _field(self, item: Field) -> Values:
        struct = self.card.types.get(item.type.word or "")
        if item.parse is not None or (struct is not None and struct.value is not None):
            return ()
        if struct is not None and struct.element is None:
            if len(item.axes) > 1 or (item.axes and item.axes[0].size is None):
                return ()
            return self._record(rows_of_type(item), item) if item.axes else (Known(holder=item),)
        lengths = list[Length]()
        for axis in item.axes:
            size = axis.filled or axis.size
            count = Length(source=id(axis)) if size is None else self._counted(size)
            lengths.append(
                replace(count, what=f"the values along '{axis.name or item.name}' of '{item.name}'")
            )
        return (Known(tuple(lengths), None if lengths or item.constant is not None else item),)

    def _let(self, let: Let) -> Values:
        names = self.scopes.get(id(let.value))
        if names is None or id(let) in self.busy or len(self.busy) >= _MOST_INSIDE:
            return ()
        self.busy.append(id(let))
        found, _ = let.value.along(_Meaning(self, names))
        self.busy.pop()
        return found


def _text(item: TextField) -> Values:
    if item.each is not None:
        return (Known((Length(f"the rows of '{item.name}'", source=id(item), of=id(item)),), item, 1),)
    return (Known(holder=item),) if item.type in _SINGLE and item.line is None and not item.fields else ()


@dataclass(frozen=True, slots=True)
class _Meaning:
    """What the names in sight of one expression mean."""

    of: _Meanings
    names: Names

    def name(self, name: str) -> Values:
        """Return what is known of a name."""
        declared = self.names.find(name)
        return () if declared is None else self.of.known(declared.entity)

    def member(self, holder: Known, name: str) -> Values:
        """Return what is known of ``holder.name``."""
        inner = members(holder.holder, self.of.card)  # type: ignore[arg-type]  # the entity that was put there
        if inner is None or name not in inner:
            return ()
        is_capture = isinstance(holder.holder, TextField) and inner[name] is None
        values = (Known(),) if is_capture else self.of.known(inner[name])
        return tuple(_under(holder, value) for value in values)


def _under(holder: Known, value: Known) -> Known:
    """Return what is known of a member over all the rows of its holder."""
    inside = tuple(n and replace(n, inside=id(holder.holder)) for n in value.lengths)
    if not holder.rows:
        return replace(value, lengths=inside)
    has_rows = value.rows > 0 or isinstance(value.holder, Record)
    return Known(
        (*holder.lengths, *inside),
        value.holder if has_rows else None,
        holder.rows + value.rows if has_rows else 0,
        value.flags,
    )
