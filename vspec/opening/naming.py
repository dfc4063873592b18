"""How the axes of a group's arrays are called where they stand together."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from itertools import count

from vspec.opening.axes import Axis
from vspec.opening.order import Order
from vspec.opening.scaling import coordinates_of, scales_along
from vspec.profile.arrays import MapArray

Turned = tuple[str, bool]
"""What an axis is called, and whether the array must be turned along it."""


@dataclass(slots=True)
class Names:
    """The axes of one group. Those of one name that differ get names of their own: ``<axis>_<array>``.

    That holds of the groups above as well (``inherited``): in a tree a group has all of their axes, too. An
    array or a group below that is called like an axis, and is not its coordinate, takes the name from it.
    """

    members: Mapping[str, MapArray]
    inherited: Mapping[str, Axis]
    below: frozenset[str]
    group: str
    axes: dict[str, Axis] = field(default_factory=dict)
    scales: frozenset[str] = frozenset()
    _found: dict[str, dict[str, Turned]] = field(default_factory=dict)
    _along: frozenset[str] = frozenset()

    @classmethod
    def of(
        cls, group: str, members: Mapping[str, MapArray], inherited: Mapping[str, Axis], below: frozenset[str]
    ) -> Names:
        """Return the names of the axes of the arrays of a group: data first, then what lies along them."""
        names = cls(members, inherited, below, group)
        orders = {name: Order.of(array) for name, array in members.items()}
        owners: dict[str, list[str]] = {}
        for name, array in members.items():
            for coordinate in coordinates_of(array):
                owners.setdefault(coordinate, []).append(name)
        names._along = frozenset(owners)
        names.scales = frozenset(
            found for name, array in members.items() for found in scales_along(array, orders[name].dims)
        )
        for name in sorted(members, key=lambda name: (name in owners, orders[name].dims != (name,))):
            names._add(name, orders[name], owners.get(name, []))
        return names

    @property
    def visible(self) -> dict[str, Axis]:
        """The axes that groups below inherit."""
        return {**self.inherited, **self.axes}

    def is_coordinate(self, name: str) -> bool:
        """Tell whether an array lies along others, or is the coordinate of its own axis."""
        return name in self._along or self._is_own(name)

    def turned(self, name: str) -> list[Turned]:
        """Return the names of the axes of an array, in the card's order."""
        return list(self._found[name].values())

    def _is_own(self, name: str) -> bool:
        return [dim for dim, _ in self.turned(name)] == [name]

    def _add(self, name: str, order: Order, owners: list[str]) -> None:
        array, found = self.members[name], self._found.setdefault(name, {})
        for dim, size in zip(order.dims, order.shape(array), strict=True):
            axis = Axis.of(array, dim, size)
            held = array.path if order.dims == (name,) else None
            beside = self._beside(axis, owners)
            if beside is not None:
                more = replace(axis, held=held if beside == name else None)
                self.axes[beside] = self.axes[beside].with_more(more)
                found[dim] = beside, self.axes[beside].back != axis.back
            else:
                axis = replace(axis, held=held)
                found[dim] = self._settle(axis, name), False

    def _beside(self, axis: Axis, owners: list[str]) -> str | None:
        """Return what the arrays call an axis that this one lies along."""
        for owner in owners:
            known = self._found.get(owner, {}).get(axis.name)
            if known is not None and self.axes[known[0]].agrees(axis):
                return known[0]
        return None

    def _settle(self, axis: Axis, array: str) -> str:
        """Return the first name that is free for an axis, or has the same one."""
        for name in self._candidates(axis.name, array):
            known, above = self.axes.get(name), self.inherited.get(name)
            if known is not None and not (known.agrees(axis) and known.back == axis.back):
                continue
            own = axis if name == axis.name else replace(axis, held=None)
            merged = own if known is None else known.with_more(own)
            if above is None or merged.fits_below(above):
                self.axes[name] = merged
                return name
        raise AssertionError("names never end")

    def _candidates(self, dim: str, array: str) -> Iterator[str]:
        taken = {name for name in self.members if Order.of(self.members[name]).dims != (name,)} | self.below
        names = (dim, f"{dim}_{array}", *([f"{dim}_{self.group}"] if self.group else []))
        yield from (name for name in names if name not in taken)
        yield from (name for k in count(2) if (name := f"{dim}_{array}_{k}") not in taken)
