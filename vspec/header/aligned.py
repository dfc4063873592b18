"""Fields that are located by rows in one record and by strides in another, brought to one form."""

from __future__ import annotations

from collections.abc import Sequence

from vspec.header.located import Located, alike, explicit

MOST_ROWS = 10_000_000


def aligned(parts: Sequence[Located]) -> Sequence[Located]:
    """Return the same parts with as many axes by rows in each of them as are needed to put them together.

    Parts that cannot be put together (other axes, or more than ten million rows) stay as they are:
    the message then speaks of them as they are in the card.
    """
    names = {tuple(name for name, _ in part.axes) for part in parts}
    if len(names) != 1 or _agree(parts):
        return parts
    most = max(len(part.lead) + len(part.inner) for part in parts)
    for depth in range(max(len(part.lead) for part in parts), most):
        deeper = [_deepened(part, depth) for part in parts]
        if sum(len(part.first) for part in deeper) > MOST_ROWS:
            break
        if _agree(deeper):
            return deeper
    return parts


def _agree(parts: Sequence[Located]) -> bool:
    """Tell whether parts differ in nothing but the sizes of the axes by rows and of the one behind them."""
    head = parts[0]
    return all(len(part.lead) == len(head.lead) and alike(part, head) for part in parts)


def _deepened(part: Located, depth: int) -> Located:
    """Return a part with ``depth`` axes by rows, or fewer where there would be too many rows."""
    while len(part.lead) < depth and part.inner and len(part.first) * part.inner[0].size <= MOST_ROWS:
        part = explicit(part, part.inner[0].name)
    return part
