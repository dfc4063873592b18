"""What a message proposes when a name is not known."""

from __future__ import annotations

import difflib
from collections.abc import Iterable

_MOST = 12


def did_you_mean(name: str, known: Iterable[str], noun: str = "known here") -> str | None:
    """Return ``did you mean 'x'?`` for a near miss, else the list of what there is.

    >>> did_you_mean("in16", ["int16", "int32"])
    "did you mean 'int16'?"
    >>> did_you_mean("zzz", ["b", "a"])
    'known here: a, b'
    """
    names = sorted({str(k) for k in known})
    folded = {n.lower(): n for n in names}
    near = difflib.get_close_matches(name.lower(), folded, 1)
    if near:
        return f"did you mean '{folded[near[0]]}'?"
    if not names:
        return None
    more = f" and {len(names) - _MOST} more" if len(names) > _MOST else ""
    return f"{noun}: {', '.join(names[:_MOST])}{more}"
