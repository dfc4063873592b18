"""What the caller of `fake` may choose, and what comes back."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

KEEP_LIMIT = 256 * 2**20
"""Bytes of an array up to which its known contents are kept in memory."""


Windows = Sequence[tuple[int, int]]
"""Positions, from the first to the one behind the last, that hold data where everything else is zero."""


@dataclass(frozen=True, slots=True)
class FakeOptions:
    """``seed`` changes data and free sizes; ``sizes`` sets them by axis or record (``auto`` and ``rest``).

    With ``windows``, data has values in these positions only: of rows that repeat to the end of a file or
    by a count, and of the slowest axis of raw arrays, where there are 1000 or more of them. Such files are
    sparse, may have any size, and take as much of the disk as is not zero.
    ``damage`` names a kind of damage (`vspec.authoring.faking.DAMAGES`), ``example`` an entry of
    the card's ``examples:`` (the first one with ``make:`` when it is None).
    """

    seed: int = 0
    sizes: Mapping[str, int] = field(default_factory=dict)
    damage: str | None = None
    example: str | None = None
    windows: Windows | None = None


@dataclass(frozen=True, slots=True, eq=False)
class Faked:
    """Files and what they hold.

    ``arrays`` has the known contents by path, axes in the order that the card asks for, in the
    files' byte order; those above 256 MiB are named in ``unkept`` instead. ``params`` are the
    values for ``--set``. With ``damage``, ``refused`` holds the codes with which the card turned
    the damaged files down, and ``arrays`` what they held before.
    """

    files: tuple[Path, ...]
    arrays: Mapping[str, NDArray[np.generic]]
    params: Mapping[str, int | float | str | bool]
    unkept: tuple[str, ...] = ()
    damage: str | None = None
    refused: tuple[str, ...] = ()
