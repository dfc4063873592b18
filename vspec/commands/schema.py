"""``vspec schema``: the JSON Schema of cards."""

from __future__ import annotations

from vspec.card import schema as grammar
from vspec.layout import Json


def schema() -> dict[str, Json]:
    """Return the JSON Schema (draft-07) of cards, by which an editor completes and explains keys."""
    return grammar.schema()
