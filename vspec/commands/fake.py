"""``vspec fake``: a card run backwards, valid files with known contents."""

from __future__ import annotations

from pathlib import Path

from vspec.authoring.faking import FakeOptions
from vspec.authoring.faking import fake as write_files
from vspec.card.model import Card
from vspec.commands.cards import open_card
from vspec.commands.reports import FakedArray, FakeReport
from vspec.errors import Problem, VspecError, fail

MOST = 10**7
MOST_SPARSE = 10**10
"""Positions along an axis that can be asked for: with data, and with data in windows only."""


def fake(card: str | Path | Card, out: str | Path, options: FakeOptions | None = None) -> FakeReport:
    """Write files of a data set that ``card`` describes into the folder ``out``.

    Raises `VspecError`: V0826 for a size, window or seed out of range, V0827 where the files cannot be
    written, V0850 to V0862 where the card's example does not say enough, where a damage makes no sense for
    the card, or where a file exists already, V0863 where a role is a container.
    """
    sizes = {} if options is None else options.sizes
    windows = () if options is None or options.windows is None else options.windows
    most = MOST_SPARSE if windows else MOST
    problems = [
        *(_size(name, size, most) for name, size in sizes.items() if not 0 <= size <= most),
        *(_window(first, stop) for first, stop in windows if not 0 <= first <= stop <= first + MOST),
    ]
    if problems:
        raise VspecError(problems)
    try:
        made = write_files(open_card(card), Path(out), options)
    except OSError as error:
        raise fail("V0827", f"cannot write into {out}: {error.strerror}") from None
    return FakeReport(
        files=tuple(str(path) for path in made.files),
        arrays=tuple(FakedArray(path, a.shape, a.dtype.str) for path, a in made.arrays.items()),
        params={**made.params},
        damage=made.damage,
    )


def _size(name: str, size: int, most: int) -> Problem:
    return Problem(
        "V0826", f"'{name}' cannot have {size} positions", expected=f"0 to {most}", found=str(size)
    )


def _window(first: int, stop: int) -> Problem:
    expected = f"0 or more, and an end that is not before it, nor more than {MOST} behind it"
    return Problem("V0826", "this is no window", expected=expected, found=f"{first}:{stop}")
