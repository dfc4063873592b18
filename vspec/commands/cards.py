"""The card that a command works with."""

from __future__ import annotations

from pathlib import Path

from vspec import registry
from vspec.card.load import load
from vspec.card.model import Card


def open_card(card: str | Path | Card) -> Card:
    """Return a card given by path, by the id of a registered one, or loaded already."""
    return card if isinstance(card, Card) else load(registry.find(str(card)))
