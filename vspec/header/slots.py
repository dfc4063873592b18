"""Slots that are partly filled: ``int16[sample=n of 512]`` takes the bytes of 512, of which n count."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np

from vspec.card.model import Field, Record
from vspec.errors import Problem, VspecError, fail
from vspec.expressions import Expression, Scope
from vspec.header import located
from vspec.header.elements import Spot, View
from vspec.header.located import Located
from vspec.layout import Int64


def slot_of(field: Field | Record | None) -> Expression | None:
    """Return what says how much of a field's slot is filled; None where the field is no slot."""
    axes = field.axes if isinstance(field, Field) else ()
    return axes[0].filled if axes else None


def filled_spot(spot: Spot, scope: Scope, view: View) -> Spot:
    """Return a field with the positions of its slot that are filled. Raises V0327."""
    filled = slot_of(spot.field)
    if filled is None:
        return spot
    (name, size), *others = spot.axes
    count = _checked(filled.integer(scope), size, (spot, view, spot.offset), filled)
    return replace(spot, axes=((name, count), *others))


def fill(found: Located, spot: Spot, scope: Scope, view: View) -> Located:
    """Return where the filled positions of one slot lie. Raises V0327."""
    filled = slot_of(spot.field)
    if filled is None:
        return found
    _require_plain(found, spot)
    first = found.inner[0]
    count = _checked(filled.integer(scope), first.size, (spot, view, spot.offset), filled)
    return replace(found, inner=(replace(first, size=count), *found.inner[1:]))


def fill_rows(found: Located, spot: Spot, counts: Int64, place: Callable[[int], int], view: View) -> Located:
    """Return where the filled positions of a slot in many rows lie, row ``i`` of ``counts[i]``.

    ``place`` gives the byte at which the slot of a row begins. Raises V0327 for the first row that is wrong.
    """
    filled, size = slot_of(spot.field), spot.axes[0][1]
    assert filled is not None, "only slots are filled"
    wrong = np.flatnonzero((counts < 0) | (counts > size))
    if len(wrong):
        row = int(wrong[0])
        _checked(int(counts[row]), size, (spot, view, place(row)), filled)
    whole = located.explicit(found, found.inner[0].name)
    _require_plain(whole, spot)
    return located.ragged(whole, counts)


def _require_plain(found: Located, spot: Spot) -> None:
    if found.inside and not found.inner:
        message = f"the slot '{spot.field.name}' holds packed samples that share words"
        raise fail("V0326", message, spot.field.place, help="give the samples an axis of their own")


def _checked(count: int, size: int, where: tuple[Spot, View, int], filled: Expression) -> int:
    if 0 <= count <= size:
        return count
    spot, view, offset = where
    problem = Problem(
        "V0327",
        f"the slot '{spot.field.name}' is said to hold {count} of {size}",
        filled.text.place,
        data_file=view.name,
        offset=offset,
        expected=f"0 to {size}",
        found=str(count),
        help="is the file damaged, or the field that says how many the wrong one?",
    )
    raise VspecError([problem])
