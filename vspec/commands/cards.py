"""The card that a command works with."""

from __future__ import annotations

from pathlib import Path

from vspec import registry
from vspec.card.load import load
from vspec.card.model import Card
from vspec.errors import fail


def open_card(card: str | Path | Card, overlay: Path | None = None) -> Card:
    """Return a card given by path, by the id of a registered one, or loaded already.

    An ``overlay`` corrects the metadata of a card that is still to be loaded (V0808 otherwise).
    """
    if isinstance(card, Card):
        if overlay is not None:
            raise fail(
                "V0808", "an overlay needs the card's file", help="give the path or the id of the card"
            )
        return card
    return load(registry.find(str(card)), overlay, registry.find_id)
