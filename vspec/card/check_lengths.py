"""The check of lists written out along an axis: they need one item for each position."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from vspec.card.model import ArraySpec
from vspec.errors import Problem


def check_lengths(array: ArraySpec) -> Iterator[Problem]:
    """Yield the problems (V0188) of lists that no file can have the right number of positions for.

    Only where the size stands in the card and nothing makes the entry or the axes depend on a file.
    """
    if not isinstance(array.shape, Mapping) or array.dims not in (None, tuple(array.shape)):
        return
    for axis in array.axes:
        size = array.shape.get(axis.name)
        wanted = None if size is None else size.literal
        if not isinstance(wanted, int) or axis.condition is not None or array.condition is not None:
            continue
        along = {"labels": axis.labels, "gain": axis.gain, "offset": axis.offset, **axis.coordinates}
        for name, given in along.items():
            if given is not None and given.listed not in (None, wanted):
                yield Problem(
                    "V0188",
                    f"'{name}' has {given.listed} items for {wanted} positions along '{axis.name}'",
                    given.text.place,
                    help="give one for each position, in the order of the file",
                )
