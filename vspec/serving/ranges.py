"""Ranges of bytes, as RFC 9110 has them in a request."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal

_RANGE = re.compile(r"bytes=[ \t]*([0-9]{0,19})-([0-9]{0,19})[ \t]*", re.ASCII | re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Span:
    """Bytes ``start`` to ``stop`` (not included) of something that has ``size`` of them."""

    start: int
    stop: int
    size: int

    @property
    def content_range(self) -> str:
        """What the answer says.

        >>> Span(2, 5, 10).content_range
        'bytes 2-4/10'
        """
        return f"bytes {self.start}-{self.stop - 1}/{self.size}"


def asked(header: str | None, size: int) -> Span | Literal["unsatisfiable"] | None:
    """Return the one range that a request asks for; None where it asks for the whole.

    Also None for several ranges, other units and what is no range: a server may answer these with the whole.

    >>> asked("bytes=-3", 10)
    Span(start=7, stop=10, size=10)
    >>> asked("bytes=10-", 10)
    'unsatisfiable'
    """
    found = _RANGE.fullmatch(header or "")
    if found is None or found.group(1) == found.group(2) == "":
        return None
    first, last = found.groups()
    if not first:
        count = min(int(last), size)
        return Span(size - count, size, size) if count else "unsatisfiable"
    start, stop = int(first), min(int(last) + 1, size) if last else size
    if last and int(last) < start:
        return None
    return Span(start, stop, size) if start < size else "unsatisfiable"
