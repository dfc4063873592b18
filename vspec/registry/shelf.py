"""Where the cards of ``formats/`` stand: beside the package in a checkout, inside it in a wheel."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from vspec.errors import did_you_mean, fail

_PACKAGE = Path(__file__).resolve().parents[1]
CARD = "card.yaml"


@dataclass(frozen=True, slots=True)
class Entry:
    """One card of the registry; ``id`` is its folder below ``formats/``: maker/format."""

    id: str
    path: Path


def formats_folder() -> Path:
    """Return the folder of the cards; raises V0801 where the installation has none."""
    for folder in (_PACKAGE / "_formats", _PACKAGE.parent / "formats"):
        if folder.is_dir():
            return folder
    raise fail(
        "V0801", "this installation of vspec has no cards", help="reinstall it, or give the path of a card"
    )


def entries() -> Iterator[Entry]:
    """Yield the cards of the registry, by id."""
    folder = formats_folder()
    for path in sorted(folder.rglob(CARD)):
        yield Entry(path.parent.relative_to(folder).as_posix(), path)


def find(card: str) -> Path:
    """Return the file of a card given by path or by id (``my-lab/rig3``); raises V0802.

    A path is what exists, ends in ``.yaml`` or ``.yml``, or begins with ``.`` or a separator.
    """
    path = Path(card)
    return path if path.is_file() else find_id(card)


def find_id(card: str) -> Path:
    """Return the file of a card that comes with vspec, by its id; raises V0802."""
    known = {entry.id: entry.path for entry in entries()}
    if card in known:
        return known[card]
    raise fail(
        "V0802",
        f"there is no card '{card}'",
        expected="the path of a card file, or the id of one that comes with vspec",
        help=did_you_mean(card, known, "ids"),
    )
