"""The grammar of cards as one table: `SHAPES`, every mapping of the language with its keys.

From it come the check of a card's structure, the JSON Schema and the card reference, so that a
key is added in one place.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

Kind = Literal[
    "expression",
    "template",
    "text",
    "integer",
    "number as text",
    "boolean",
    "word",
    "constant",
    "anything",
    "file pattern",
    "line pattern",
    "field",
    "repeat",
    "each",
    "dims",
    "endian",
    "order test",
    "text field",
]
"""What a scalar means; `NOUNS` says it in words."""

Names = Literal["scope", "axis", "any"]
"""What names the author may choose: names of expressions, names of axes, or any text."""

NOUNS: dict[Kind, str] = {
    "expression": "an expression",
    "template": "a text",
    "text": "a text",
    "integer": "a whole number",
    "number as text": "a version such as 1 or 1.2.0",
    "boolean": "true or false",
    "word": "a word",
    "constant": "a constant",
    "anything": "a value",
    "file pattern": "a file pattern",
    "line pattern": "a pattern",
    "field": "a field such as int16[channel=4]",
    "repeat": "a count, NAME in LIST, or rest",
    "each": "NAME in LIST",
    "dims": "an arrow or a list of names",
    "endian": "little, big, an expression or a test",
    "order test": "a test such as uint16 @ 2 = 42",
    "text field": "a type or a pattern",
}


@dataclass(frozen=True, slots=True)
class Value:
    """What may stand behind a key, by the form it has in YAML; a form that is None is refused.

    ``kind`` and ``words``: a scalar; ``meanings`` says what each word does, ``truth`` that an
    expression may be a mere true or false. ``items``: a list. ``shape``: a mapping with the keys of
    that entry of `SHAPES`. ``entries``: a mapping of names that the author chooses.
    ``names`` says what their names may be, ``least`` the smallest number of items or entries,
    ``most`` the largest of items.
    """

    kind: Kind | None = None
    words: tuple[str, ...] = ()
    meanings: tuple[str, ...] = ()
    truth: bool = False
    items: Value | None = None
    shape: str | None = None
    entries: Value | None = None
    names: Names = "scope"
    least: int = 0
    most: int | None = None


@dataclass(frozen=True, slots=True)
class Key:
    """One key of a mapping: ``doc`` is a sentence, ``example`` a piece of YAML as plain data."""

    name: str
    value: Value
    doc: str
    example: object
    mandatory: bool = False


@dataclass(frozen=True, slots=True)
class Shape:
    """A mapping of the language.

    ``short`` is the scalar that may stand in its place; ``free`` the value of any key that is not
    listed; exactly one key of ``one_of`` and at most one of each of ``apart`` may be there;
    ``needs`` are pairs of a key and another without which it means nothing;
    ``later`` names the keys of the language that this version does not know yet, with the reason.
    """

    noun: str
    doc: str
    keys: tuple[Key, ...]
    short: Kind | None = None
    free: Value | None = None
    one_of: tuple[str, ...] = ()
    apart: tuple[tuple[str, str], ...] = ()
    needs: tuple[tuple[str, str], ...] = ()
    later: Mapping[str, str] = field(default_factory=dict)

    def find(self, name: str) -> Key | None:
        """Return a key of this mapping by name."""
        return next((key for key in self.keys if key.name == name), None)


EXPRESSION = Value("expression")
TRUTH = Value("expression", truth=True)
TEMPLATE = Value("template")
TEXT = Value("text")
BOOLEAN = Value("boolean")
TEXTS = Value(items=TEXT)
EXPRESSIONS = Value(entries=TRUTH)
NUMBERS = Value("expression", truth=True, items=Value("expression", truth=True, items=TRUTH))
ATTRIBUTES = Value(entries=Value("anything"), names="any")

TEXT_TYPES = ("int", "float", "str", "bool", "int[]", "float[]", "str[]")
TEXT_MEANINGS = (
    "A whole number.",
    "A number.",
    "A text.",
    "true or false.",
    "Whole numbers, between blanks or commas.",
    "Numbers, between blanks or commas.",
    "Texts, between blanks or commas.",
)
FORMATS = ("pairs", "lines", "cards", "delimited", "csv", "xml", "json")
FORMAT_MEANINGS = (
    "A key and its value on each line, also in sections.",
    "Lines, each found by its number or by a pattern.",
    "Lines of one width: KEYWORD = value / comment.",
    "Keys and values in turn; the first character of the text stands between them.",
    "A table: rows of cells.",
    "Elements and attributes, found by path.",
    "Values found by path.",
)
