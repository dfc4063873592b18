"""The static checks of a card: everything about its meaning that needs no file."""

from __future__ import annotations

from vspec.card.check_arrays import check_arrays, check_roles
from vspec.card.check_codecs import check_codecs
from vspec.card.check_layout import check_cycles, check_layouts
from vspec.card.check_masks import check_masks
from vspec.card.check_names import looked_through
from vspec.card.model import Card
from vspec.errors import Problem


def check_card(card: Card) -> list[Problem]:
    """Return every problem of a card's meaning, in the order of the text."""
    names = looked_through(card)
    problems = [
        *names.problems,
        *check_masks(card, names),
        *check_roles(card),
        *check_layouts(card),
        *check_cycles(card),
        *check_arrays(card),
        *check_codecs(card),
    ]
    return sorted(problems, key=_position)


def _position(problem: Problem) -> tuple[int, int]:
    place = problem.place
    return (0, 0) if place is None else (place.line, place.column)
