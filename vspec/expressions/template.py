"""Texts in which ``{{ }}`` computes."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from vspec.errors import Text, fail
from vspec.expressions.expression import Expression, parse
from vspec.expressions.functions.texts import written
from vspec.expressions.sites import Site
from vspec.expressions.values import Scope, Value


@dataclass(frozen=True, slots=True)
class Template:
    """A text whose ``parts`` are plain texts and expressions, in order."""

    text: Text
    parts: tuple[str | Expression, ...]

    @property
    def expressions(self) -> tuple[Expression, ...]:
        """The expressions, in order."""
        return tuple(part for part in self.parts if isinstance(part, Expression))

    @property
    def names(self) -> frozenset[str]:
        """The free names of all expressions."""
        return frozenset[str]().union(*(e.names for e in self.expressions))

    @property
    def is_plain(self) -> bool:
        """Whether nothing is computed."""
        return not self.expressions

    def render(self, scope: Scope) -> Value:
        """Return the text; one ``{{ }}`` and nothing else keeps the type of its value."""
        if len(self.parts) == 1 and isinstance(self.parts[0], Expression):
            return self.parts[0].evaluate(scope)
        return self.string(scope)

    def string(self, scope: Scope) -> str:
        """Return the text: whole numbers plain, floats as short as possible, lists as ``a, b, c``."""
        pieces = [
            p if isinstance(p, str) else _written(p.evaluate(scope), Site(p.text, (p.text,)))
            for p in self.parts
        ]
        Site(self.text).check_text(sum(map(len, pieces)))
        return "".join(pieces)


def _written(value: Value, site: Site) -> str:
    if isinstance(value, np.ndarray):
        return ", ".join(_written(v, site) for v in value.tolist())
    if isinstance(value, list):
        return ", ".join(_written(v, site) for v in value)
    return written(value, site)


def parse_template(text: Text) -> Template:
    """Return the template of a text; raise `VspecError`. A literal ``{{`` is ``{{ '{{' }}``."""
    parts, at, value = list[str | Expression](), 0, text.value
    while at < len(value):
        start = value.find("{{", at)
        plain = value[at : start if start >= 0 else len(value)]
        if "}}" in plain:
            place = text.cut(at + plain.index("}}"), at + plain.index("}}") + 2).place
            raise fail("V0211", "'}}' closes nothing", place, help="an expression stands between {{ and }}")
        if plain:
            parts.append(plain)
        if start < 0:
            break
        stop = _closing(value, start + 2)
        if stop < 0:
            place = text.cut(start, start + 2).place
            raise fail("V0211", "'{{' is never closed", place, help="an expression ends with }}")
        parts.append(parse(text.cut(start + 2, stop)))
        at = stop + 2
    return Template(text, tuple(parts))


def _closing(value: str, at: int) -> int:
    """Return where ``}}`` begins, quoted texts left out; -1 when there is none."""
    quote = ""
    while at < len(value):
        char = value[at]
        if quote:
            at += char == "\\"
            quote = "" if char == quote else quote
        elif char in "'\"":
            quote = char
        elif value.startswith("}}", at):
            return at
        at += 1
    return -1
