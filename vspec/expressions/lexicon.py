"""The characters of an expression: what is refused before its structure is looked at."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import NamedTuple

from vspec.errors import Problem, Text

_TOKEN = re.compile(
    r"""
    (?P<string> [A-Za-z]{0,2}(?:'(?:[^'\\]|\\.)*'|"(?:[^"\\]|\\.)*") )
  | (?P<number> 0[xX]\w* | (?:[0-9]\w*(?:\.\w*)?|\.[0-9]\w*)(?:(?<=[eE])[+-][0-9]+)? )
  | (?P<name> [^\W\d]\w* )
  | (?P<wrong> \*\*=?|:=|<>|===|!==|&&|\|\||->|[-+*/%&|^]=|=(?!=)|!(?!=)|[?;$`@\#{}] )
  | (?P<operator> ==|!=|<=|>=|<<|>>|//|[-+*/%<>()\[\],.:&|^~] )
  | (?P<blank> \s+ )
  | (?P<other> . )
    """,
    re.VERBOSE,
)
_NUMBER = re.compile(
    r"0[xX][0-9a-fA-F]+|(?:0|[1-9][0-9]*)|(?:[0-9]+\.[0-9]*|\.[0-9]+|[0-9]+(?=[eE]))(?:[eE][+-]?[0-9]+)?"
)
_ESCAPE = re.compile(r"\\(?:(?P<known>x[0-9a-fA-F]{2}|u[0-9a-fA-F]{4}|[\\'\"nrt]|0(?![0-9]))|.)")
_KEYWORDS = frozenset(
    [
        "as",
        "assert",
        "async",
        "await",
        "break",
        "class",
        "continue",
        "def",
        "del",
        "except",
        "finally",
        "for",
        "from",
        "global",
        "import",
        "is",
        "lambda",
        "nonlocal",
        "pass",
        "raise",
        "return",
        "try",
        "while",
        "with",
        "yield",
    ]
)
_WRONG = {
    "**": ("'**' is not an operator here", "write pow(a, b)"),
    "=": ("'=' stands where a comparison is wanted", "write '==' to compare"),
    ":=": ("':=' is not part of the language", "give the value a name under let:"),
    "&&": ("'&&' is not an operator here", "write 'and'"),
    "||": ("'||' is not an operator here", "write 'or'"),
    "!": ("'!' is not an operator here", "write 'not'"),
    "<>": ("'<>' is not an operator here", "write '!='"),
    "===": ("'===' is not an operator here", "write '=='"),
    "!==": ("'!==' is not an operator here", "write '!='"),
    "?": ("'?' is not an operator here", "write: a if condition else b"),
    "#": ("a '#' inside an expression", "a YAML comment needs a blank before '#' and no quotes around it"),
    "@": ("'@' is not an operator here", "an offset is written in a field: TYPE @ OFFSET"),
    "{": ("braces have no meaning in an expression", "an expression is written without {{ }}"),
    "}": ("braces have no meaning in an expression", "an expression is written without {{ }}"),
}
_KEYWORD_HELP = {
    "is": "write '==' or '!='",
    "from": "find takes its start as a second value: find('text', here)",
    "lambda": "there are no functions of one's own; give values names under let:",
    "for": "operators work on whole columns: no loops are needed",
}


class _Token(NamedTuple):
    kind: str
    text: str
    start: int

    @property
    def stop(self) -> int:
        return self.start + len(self.text)


def problems(text: Text) -> Iterator[Problem]:
    """Yield what is wrong with the words and signs of an expression."""
    last, depth = _Token("", "", 0), 0
    for match in _TOKEN.finditer(text.value):
        token = _Token(match.lastgroup or "", match.group(), match.start())
        if token.kind == "blank":
            continue
        depth += (token.text == "(") - (token.text == ")")
        keyword = token.text == "=" and last.kind == "name" and depth > 0
        found = None if keyword else _problem(token, last)
        if found is not None:
            code, message, help = found
            yield Problem(code, message, text.cut(token.start, token.stop).place, help=help)
        last = token
    yield from _unbalanced(text)


def _problem(token: _Token, last: _Token) -> tuple[str, str, str | None] | None:
    match token.kind:
        case "string":
            return _string(token, last)
        case "number":
            return _number(token)
        case "name":
            return _name(token, last)
        case "wrong":
            message, help = _WRONG.get(token.text, (f"'{token.text}' is not an operator here", None))
            return ("V0202" if token.text == "**" else "V0201"), message, help
        case "other":
            if token.text in "'\"":
                return "V0201", "the text is never closed", "a text stands between two equal quotes"
            return "V0201", f"{token.text!r} has no meaning in an expression", None
    return None


def _string(token: _Token, last: _Token) -> tuple[str, str, str | None] | None:
    quote = token.text[-1]
    prefix = token.text[: token.text.index(quote)]
    if prefix:
        help = "computed text is written with {{ }} in keys that are text" if prefix in "fF" else None
        return "V0206", f"a text has no prefix '{prefix}'", help or "write it without the prefix"
    if last.kind == "string":
        return "V0201", "two texts side by side", "is a comma missing? '+' joins texts"
    for escape in _ESCAPE.finditer(token.text):
        if escape.group("known") is None:
            help = "a backslash is written '\\\\'; known are \\n \\r \\t \\0 \\xHH \\uHHHH and quotes"
            return "V0206", f"'{escape.group()}' is not an escape", help
    return None


def _number(token: _Token) -> tuple[str, str, str | None] | None:
    if _NUMBER.fullmatch(token.text):
        return None
    help = "write digits, a decimal point, an exponent (1.5e-3), or hexadecimal 0x1F"
    if re.fullmatch(r"[0-9]+\.?[0-9]*[A-Za-z]+", token.text) or "_" in token.text:
        help = "write digits only; a product is written with '*', a hexadecimal number 0x1F"
    return "V0206", f"'{token.text}' is not a number", help


def _name(token: _Token, last: _Token) -> tuple[str, str, str | None] | None:
    name = token.text
    if name in ("None", "True", "False"):
        return "V0203", f"'{name}' is Python's word", f"write {name.lower()}"
    if name in _KEYWORDS:
        help = _KEYWORD_HELP.get(name)
        if last.text == ".":
            help = f"a key that is a Python keyword is written with brackets: ['{name}']"
        return "V0202", f"'{name}' is not part of the language", help
    if name.startswith("__") or not name.isascii():
        help = "names have the letters a to z, digits and '_'; any key can be written as ['key']"
        return "V0207", f"'{name}' cannot be a name", help
    return None


def _unbalanced(text: Text) -> Iterator[Problem]:
    partners = {")": "(", "]": "["}
    opened = list[tuple[str, int]]()
    for match in _TOKEN.finditer(text.value):
        char, at = match.group(), match.start()
        if match.lastgroup != "operator" or char not in "()[]":
            continue
        if char in "([":
            opened.append((char, at))
        elif not opened or opened.pop()[0] != partners[char]:
            yield Problem("V0201", f"'{char}' closes nothing", text.cut(at, at + 1).place)
            return
    for char, at in opened[-1:]:
        yield Problem("V0201", f"'{char}' is never closed", text.cut(at, at + 1).place)
