"""The use of a type of the card at one place."""

from __future__ import annotations

from dataclasses import dataclass

from vspec.card.model import EndianSpec, TypeRef
from vspec.expressions import Scope
from vspec.header.home import Home


@dataclass(frozen=True, slots=True)
class Instantiation:
    """Where a type of the card is used: as what, in which byte order, in front of which names."""

    ref: TypeRef
    endian: EndianSpec
    scope: Scope
    home: Home
