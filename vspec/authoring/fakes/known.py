"""What was written, by axis: dense numpy arrays, and stacks of them where rows differ in size."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from vspec.card.model import Arrow, JoinAxis, SplitAxis
from vspec.errors import Place, Problem, VspecError, fail
from vspec.expressions import Scope

Values = NDArray[np.generic]
Join = tuple[str, tuple[str, ...]]


class UnkeptError(VspecError):
    """The contents of an array are not kept in memory."""

    def __init__(self, name: str, place: Place) -> None:
        help = "give fewer of them by --size"
        super().__init__([Problem("V0857", f"'{name}' has too many rows to be kept", place, help=help)])


@dataclass(frozen=True, slots=True)
class Unkept:
    """What an array is made of, where that is too large to be kept."""

    why: UnkeptError

    def known(self) -> Known | None:
        """Raise why."""
        raise self.why


@dataclass(frozen=True, slots=True, eq=False)
class Dense:
    """Values along ``names``, slowest first."""

    names: tuple[str, ...]
    values: Values


@dataclass(frozen=True, slots=True, eq=False)
class Stack:
    """Parts along a new slowest axis; they have the same axes but not the same sizes."""

    name: str
    parts: tuple[Known, ...]


Known = Dense | Stack


def stacked(name: str, parts: Sequence[Known]) -> Known:
    """Return ``parts`` (at least one) along a new slowest axis, dense where their shapes agree."""
    dense = [part for part in parts if isinstance(part, Dense)]
    if (
        len(dense) == len(parts)
        and len({(part.names, part.values.shape, part.values.dtype) for part in dense}) == 1
    ):
        values = np.stack([part.values for part in dense])
        return Dense((name, *dense[0].names), values.astype(dense[0].values.dtype))
    return Stack(name, tuple(parts))


def emptied(known: Known) -> Known:
    """Return no rows with the axes of ``known``."""
    names = axes_of(known)
    leaf = known
    while isinstance(leaf, Stack):
        leaf = leaf.parts[0]
    shape = (
        leaf.values.shape[len(leaf.names) - len(names) + 1 :] if leaf is known else (0,) * (len(names) - 1)
    )
    return Dense(names, np.empty((0, *shape), leaf.values.dtype))


def axes_of(known: Known) -> tuple[str, ...]:
    """Return the names of the axes, slowest first."""
    return known.names if isinstance(known, Dense) else (known.name, *axes_of(known.parts[0]))


def in_order(known: Known, order: Sequence[str], place: Place) -> Values:
    """Return the values with their axes in ``order``; raises V0856 for rows of unequal sizes."""
    if isinstance(known, Stack):
        raise fail(
            "V0856", f"the rows along '{known.name}' differ in size", place, help="join both axes in 'dims:'"
        )
    return known.values.transpose([known.names.index(name) for name in order])


def arranged(known: Known, arrow: Arrow, scope: Scope) -> Values:
    """Return the values as an arrow asks for them: split, permuted, joined, cropped, reversed."""
    joins = [(axis.name, axis.parts) for axis in arrow.right]
    values = _joined(known, arrow.left, joins, (scope, arrow.place))
    for k, axis in enumerate(arrow.right):
        values = _finished(values, k, axis, scope)
    return values


def _finished(values: Values, k: int, axis: JoinAxis, scope: Scope) -> Values:
    if axis.size is not None:
        values = values[(slice(None),) * k + (slice(0, axis.size.integer(scope)),)]
    return np.flip(values, k) if axis.reverse else values


def _joined(
    known: Known, left: Sequence[SplitAxis], joins: Sequence[Join], around: tuple[Scope, Place]
) -> Values:
    if axes_of(known) != tuple(axis.name for axis in left):
        raise fail("V0856", f"the data has the axes {' '.join(axes_of(known))}", around[1])
    if isinstance(known, Stack):
        return _concatenated(known, left, joins, around)
    sizes: dict[str, int] = {}
    for axis, size in zip(left, known.values.shape, strict=True):
        sizes.update(_parts(axis, size, around[0]))
    names = list(sizes)
    split = known.values.reshape(list(sizes.values()))
    wanted = [part for _, parts in joins for part in parts]
    permuted = split.transpose([names.index(part) for part in wanted])
    return permuted.reshape([math.prod(sizes[part] for part in parts) for _, parts in joins])


def _parts(axis: SplitAxis, size: int, scope: Scope) -> dict[str, int]:
    if not axis.parts:
        return {axis.name: size}
    given = {name: None if e is None else e.integer(scope) for name, e in axis.parts}
    others = math.prod(n for n in given.values() if n is not None)
    return {name: size // max(others, 1) if n is None else n for name, n in given.items()}


def _concatenated(
    stack: Stack, left: Sequence[SplitAxis], joins: Sequence[Join], around: tuple[Scope, Place]
) -> Values:
    """Return a stack of unequal parts: its axis may only be the slowest one of a join."""
    at = next((k for k, (_, parts) in enumerate(joins) if parts[:1] == (stack.name,)), None)
    if at is None:
        raise fail(
            "V0856", f"'{stack.name}' has rows of unequal sizes and must come first in a join", around[1]
        )
    name, parts = joins[at]
    alone = len(parts) == 1
    rest = [*joins[:at], *([] if alone else [(name, parts[1:])]), *joins[at + 1 :]]
    pieces = [_joined(part, left[1:], rest, around) for part in stack.parts]
    if alone and len({piece.shape for piece in pieces}) > 1:
        raise fail("V0856", f"the rows along '{stack.name}' differ in size", around[1])
    whole: Values = np.stack(pieces, axis=at) if alone else np.concatenate(pieces, axis=at)
    # numpy puts pieces together in the machine's byte order
    return whole.astype(pieces[0].dtype)
