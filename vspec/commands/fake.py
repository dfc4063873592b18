"""``vspec fake``: a card run backwards, valid files with known contents."""

from __future__ import annotations

from pathlib import Path

from vspec.authoring.faking import FakeOptions
from vspec.authoring.faking import fake as write_files
from vspec.card.model import Card
from vspec.commands.cards import open_card
from vspec.commands.reports import FakedArray, FakeReport


def fake(card: str | Path | Card, out: str | Path, options: FakeOptions | None = None) -> FakeReport:
    """Write files of a data set that ``card`` describes into the folder ``out``.

    Raises `VspecError` (V0850 to V0861) where the card's example does not say enough, where a
    damage makes no sense for the card, or where a file exists already.
    """
    made = write_files(open_card(card), Path(out), options)
    return FakeReport(
        files=tuple(str(path) for path in made.files),
        arrays=tuple(FakedArray(path, a.shape, a.dtype.str) for path, a in made.arrays.items()),
        params={**made.params},
        damage=made.damage,
    )
