"""One header and data unit of a FITS file, and where what is found in it goes."""

from __future__ import annotations

import re
from dataclasses import dataclass

from vspec.containers.attributes import Attributes
from vspec.containers.fits_cards import Cards
from vspec.containers.model import Entry, Lost
from vspec.containers.naming import one_name
from vspec.layout import Json


@dataclass(frozen=True, slots=True)
class Unit:
    """A unit called ``path``; ``entries``, ``groups`` and ``lost`` are those of the whole file."""

    path: str
    cards: Cards
    entries: dict[str, Entry]
    groups: dict[str, dict[str, Json]]
    lost: list[Lost]

    def add(self, entry: Entry) -> None:
        """Add an array."""
        self.entries[entry.path] = entry

    def lose(self, path: str, reason: str) -> None:
        """Note what no map can carry."""
        self.lost.append(Lost(path, reason))

    def add_group(self, path: str, left_out: re.Pattern[str]) -> dict[str, Json]:
        """Keep the cards as attributes of a group, but those that match ``left_out``."""
        attrs = Attributes(path, self.lost)
        self.cards.put_into(attrs, left_out)
        self.groups[path] = attrs.found
        return attrs.found

    def free(self, name: str, other: str) -> str:
        """Return the path of a member of this unit: by its name where that is usable and not yet taken."""
        path = f"{self.path}/{name}"
        return path if one_name(name) is None and path not in self.entries else f"{self.path}/{other}"
