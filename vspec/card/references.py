"""The names that an expression or a text mentions, with their places."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from vspec.errors import Text
from vspec.expressions import Expression, Template

_TOKEN = re.compile(
    r"""(?P<quote>'(?:\\.|[^'\\])*'|"(?:\\.|[^"\\])*")
      |(?P<keyword>[A-Za-z_][A-Za-z0-9_]*\s*=(?!=))
      |(?P<name>[A-Za-z_][A-Za-z0-9_]*)
      |(?P<number>[0-9][A-Za-z0-9_]*(?:\.[0-9][A-Za-z0-9_]*)?)
      |(?P<sign>\S)""",
    re.VERBOSE,
)
_SYNTAX = frozenset(
    {"if", "else", "and", "or", "not", "in", "none", "true", "false", "None", "True", "False"}
)


@dataclass(frozen=True, slots=True)
class Reference:
    """A name and the members asked of it: ``a.b[0].c`` is ``a``, ``b``, ``c``.

    ``inside`` tells whether it stands in brackets behind something, where the names may be
    columns; ``called`` whether it is a function.
    """

    path: tuple[Text, ...]
    inside: bool = False
    called: bool = False

    @property
    def name(self) -> Text:
        return self.path[0]


def references(source: Expression | Template) -> list[Reference]:
    """Return every name that an expression, or the holes of a text, mention."""
    expressions = (source,) if isinstance(source, Expression) else source.expressions
    return [reference for expression in expressions for reference in _Scan(expression.text).run()]


@dataclass(slots=True)
class _Open:
    """A bracket that is open: ``path`` goes on behind it if it is an index."""

    index: bool
    path: list[Text] | None
    called: bool = False


class _Scan:
    """One pass over the tokens of an expression; brackets are kept on a stack."""

    def __init__(self, text: Text) -> None:
        self._text = text
        self._stack: list[_Open] = []
        self._path: list[Text] | None = None
        self._after_dot = False
        self._value_before = False

    def run(self) -> Iterator[Reference]:
        for match in _TOKEN.finditer(self._text.value):
            kind, word = match.lastgroup, match.group()
            if kind == "name":
                yield from self._name(self._text.cut(match.start(), match.end()))
            elif kind == "sign":
                yield from self._sign(word)
            else:
                yield from self._finish()
                self._value_before = kind != "keyword"
        yield from self._finish()

    def _name(self, name: Text) -> Iterator[Reference]:
        if self._after_dot:
            self._after_dot = False
            if self._path is not None:
                self._path.append(name)
            self._value_before = True
            return
        yield from self._finish()
        self._value_before = name.value not in _SYNTAX
        if self._value_before:
            self._path = [name]

    def _sign(self, sign: str) -> Iterator[Reference]:
        if sign in "([{":
            index = sign == "[" and self._value_before
            called = sign == "(" and self._path is not None
            if called:
                yield from self._finish(called=True)
            self._stack.append(_Open(index, self._path if index else None, called))
            self._path, self._value_before = None, False
        elif sign in ")]}":
            yield from self._finish()
            opened = self._stack.pop() if self._stack else _Open(index=False, path=None)
            self._path, self._value_before = opened.path, True
        elif sign == "." and self._value_before:
            self._after_dot = True
        else:
            yield from self._finish()
            self._value_before = False

    def _finish(self, *, called: bool = False) -> Iterator[Reference]:
        if self._path is not None:
            inside = any(opened.index for opened in self._stack)
            yield Reference(tuple(self._path), inside, called)
        self._path = None
        self._after_dot = False
