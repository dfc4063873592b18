"""What the author of a card may call things."""

from __future__ import annotations

import keyword
import re

from vspec.card.grammar import Names
from vspec.datatypes import NUMBERS, RESERVED, TEXTS
from vspec.errors import Problem, Text

_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*\Z")


def check_name(name: Text, names: Names) -> Problem | None:
    """Return what is wrong with a name, or None; names of axes may be words of the language."""
    word = name.value
    if names == "any":
        return None
    if _NAME.match(word) is None:
        message = f"'{word}' is not a name: letters, digits and '_', not a digit first"
        return Problem("V0108", message, name.place, help=_proposal(word))
    if names == "scope" and is_reserved(word):
        return Problem("V0171", f"'{word}' is a word of the language and cannot be a name", name.place)
    return None


def is_reserved(word: str) -> bool:
    """Tell whether no field, let, capture or role may be called so."""
    return word in RESERVED or word in NUMBERS or word in TEXTS or keyword.iskeyword(word)


def _proposal(word: str) -> str | None:
    plain = re.sub(r"\W+", "_", word, flags=re.ASCII).strip("_")
    if _NAME.match(plain) is None or is_reserved(plain):
        return None
    return f"e.g. {plain}"
