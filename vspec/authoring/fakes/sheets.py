"""What all values of one file share: the card, the example, the seed, and the sizes asked for."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np

from vspec.authoring.fakes import draws
from vspec.authoring.fakes.examples import Example, Given, depth, settle
from vspec.authoring.fakes.options import Windows
from vspec.authoring.fakes.usage import Usage
from vspec.card.model import Card, Role, StructType
from vspec.errors import fail
from vspec.expressions import Scope, Value

MISSING = object()
"""Stands for: the example says nothing."""


@dataclass(frozen=True, slots=True)
class Plan:
    """The choices for a whole data set; ``asked`` gathers the names of the sizes that could be chosen."""

    card: Card
    example: Example
    usage: Usage
    seed: int
    sizes: Mapping[str, int]
    windows: Windows | None = None
    asked: set[str] = field(default_factory=set)


@dataclass(frozen=True, slots=True)
class Sheet:
    """One file to be written; ``index`` is (k,) for file ``k`` of a role that has many, else ()."""

    plan: Plan
    role: Role
    constants: Scope
    index: tuple[int, ...] = ()
    libraries: Mapping[tuple[str, ...], Scope] = field(default_factory=dict)

    def around(self, struct: StructType) -> Scope:
        """Return what the fields of a type see beside themselves and its parameters."""
        return self.libraries[struct.library] if struct.library else self.constants

    def given(self, path: str, index: tuple[int, ...], axes: int) -> Given:
        """Return what the example says of a field, `MISSING` if nothing.

        Lists that nest deeper than the field has axes run over the rows (innermost last) in which
        the field stands. Raises V0854 when such a list is too short.
        """
        found: Given = self.plan.example.values.get(path, MISSING)
        if found is MISSING:
            return MISSING
        rows = max(0, min(depth(found) - axes, len(index)))
        for i in index[len(index) - rows :]:
            if not isinstance(found, list) or i >= len(found):
                have = len(found) if isinstance(found, list) else 1
                message = f"the example has {have} values of '{path}', but row {i} asks for one"
                raise fail(
                    "V0854", message, self.role.place, help="give one value for each row, or one for all"
                )
            found = found[i]
        return found

    def settled(self, given: Given, scope: Scope, index: tuple[int, ...]) -> Value:
        """Return a value of the example, its ``{{ }}`` evaluated where the field stands."""
        return settle(given, self.plan.card, scope, {"row": index[-1] if index else 0})

    def rng(self, path: str, index: tuple[int, ...] = ()) -> np.random.Generator:
        """Return the random numbers of one field."""
        return draws.generator(self.plan.seed, path, index)

    def open_size(self, name: str, unit: int = 1) -> int:
        """Return a size that the card leaves open: of an ``auto`` axis, or of what takes the rest.

        One that nothing gives is a multiple of ``unit``.
        """
        size = open_size(self.plan, name, self.index, self.role)
        if name in self.plan.sizes or name in self.plan.example.auto:
            return size
        return -(-size // unit) * unit


def open_size(plan: Plan, name: str, index: tuple[int, ...], role: Role) -> int:
    """Return the size by name: from the options, from ``auto:`` of the example, else a prime.

    Files of a role differ in it only where the arrays join them.
    """
    plan.asked.add(name)
    if name in plan.sizes:
        return plan.sizes[name]
    given = plan.example.auto.get(name, MISSING)
    if isinstance(given, list) and index and index[-1] < len(given):
        given = given[index[-1]]
    if given is MISSING:
        index = index if role.over in plan.usage.joined else ()
        return draws.length(draws.generator(plan.seed, f"auto {name}", index))
    if not isinstance(given, int) or isinstance(given, bool) or given < 0:
        expected = "a whole number, or one for each file"
        raise fail(
            "V0851",
            f"the example's size of '{name}' is no size",
            role.place,
            expected=expected,
            found=repr(given),
        )
    return given
