"""Reading a text as a card says, for the tests of text headers."""

from __future__ import annotations

from textwrap import dedent, indent

import pytest

from vspec.card.load import loads
from vspec.card.text_model import TextFormat
from vspec.errors import Problem, VspecError
from vspec.header.text import Origin, TextRecord, TextTable, read_text

CARD = """\
vspec: 1
files:
  bin: "{{name}}.bin"
  head:
    match: "{{name}}.txt"
{form}
arrays:
  raw: {{dtype: int8, shape: {{time: auto}}}}
"""


def card(form: str) -> str:
    """Return a card whose role ``head`` has these options."""
    return CARD.format(form=indent(dedent(form).strip(), "    "))


def form(text: str) -> TextFormat:
    """Return how a role's options say that a text is cut."""
    made = loads(card(text), "card.yaml").roles[1].text
    assert made is not None
    return made


def read(options: str, raw: bytes | str, offset: int = 0) -> TextRecord | TextTable:
    """Return what a text says, by the options of a role."""
    return read_text(form(options), raw.encode() if isinstance(raw, str) else raw, Origin("run.txt", offset))


def problems(options: str, raw: bytes | str, offset: int = 0) -> tuple[Problem, ...]:
    """Return what is wrong with a text."""
    with pytest.raises(VspecError) as caught:
        read(options, raw, offset)
    return caught.value.problems


def problem(options: str, raw: bytes | str, offset: int = 0) -> Problem:
    """Return the one thing that is wrong with a text."""
    (found,) = problems(options, raw, offset)
    return found
