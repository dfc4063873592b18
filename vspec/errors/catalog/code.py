"""What a code is."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Kind = Literal["card", "usage", "data", "drift", "environment"]
"""Decides the exit code: card findings 1, usage 2, damaged data 3, drifted data 4, environment 5."""


@dataclass(frozen=True, slots=True)
class Code:
    """One kind of problem: ``title`` in a line, ``explanation`` for ``vspec explain``.

    ``wrong`` and ``right`` are a failing and a mended piece of card (or command), as text.
    """

    id: str
    kind: Kind
    title: str
    explanation: str
    wrong: str = ""
    right: str = ""
