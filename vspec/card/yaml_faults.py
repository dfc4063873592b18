"""What is wrong with a text that is not YAML, said in the terms of a card."""

from __future__ import annotations

import re

import yaml

from vspec.errors import Place, Problem, Text

_UNPRINTABLE = re.compile("[^\t\x20-\x7e\xa0-\ud7ff\ue000-\ufefe\uff00-\ufffd\U00010000-\U0010ffff]")
_VALUE = re.compile(r"(?:^|[:\-?]\s|[{\[,])\s*(?P<value>[^\s{\[,][^:{\[,]*)$")
_BARE_BRACE = re.compile(r"(?:^|:\s+|-\s+)(?P<text>\{[^{}]*\}[^\s,}\]#].*|\{\{.*)$")
_AFTER_CLOSED = re.compile(r"(?:^|:\s+|-\s+)(?P<text>(?:\[[^\[\]]*\]|\"[^\"]*\"|'[^']*')\s*[^\s#,:}\]].*)$")
_SIGNS = "@`%*&!"


def quote_help(sign: str) -> str:
    """Return the advice for a text that begins with a sign of YAML's own."""
    if sign in "\"'":
        return "put quotes of the other kind around the whole value"
    return f"a text that begins with '{sign}' needs quotes"


def shared_help(sign: str) -> str:
    """Return the advice for an anchor or alias: a card writes things out, or gives them a name of its own."""
    return f"write it out where it is used, or name it under let, tables or types; {quote_help(sign)}"


def too_much_help(text: str) -> str:
    """Return the advice for a number that JSON cannot carry."""
    if text.lower().lstrip("+-").startswith((".nan", ".inf")):
        return "leave the entry out, or put quotes around it: the value is a text then"
    return "put quotes around it: the value is a text then"


def bare_brace(place: Place) -> Problem:
    """Return the problem of a text with ``{{`` or ``{name}`` in front that lacks its quotes."""
    start = place.column - 1
    value = place.text[start:].split(" #")[0].rstrip()
    sign = "{{" if value.startswith("{{") else "{"
    whole = Place(place.file, place.line, place.column, len(value), place.text)
    return _bare_sign(sign, whole)


def _bare_sign(sign: str, place: Place) -> Problem:
    shown = f'"{sign}"' if sign == "'" else f"'{sign}'"
    message = f"YAML gives a {shown} at the start of a value a meaning of its own"
    return Problem("V0007", message, place, help=quote_help(sign))


def explain_open_bracket(text: Text, after: Text) -> Problem | None:
    """Return the problem of a value cut inside ``( )`` at a comma, None where the value is whole."""
    value, place = text.value, text.place
    if not text.exact or value.count("(") <= value.count(")") or ")" not in after.value:
        return None
    if place.column > 1 and place.text[place.column - 2] in "\"'":
        return None
    whole = f"{value}, {after.value}"
    return Problem(
        "V0006",
        f"inside {{ }} and [ ] a value ends at the comma: this one is only '{value}'",
        place,
        help=f'put quotes around it ("{whole}") or give each key a line of its own',
    )


def explain(error: yaml.YAMLError, name: str, lines: list[str]) -> Problem:
    """Return the problem behind an error of PyYAML's parser."""
    if isinstance(error, yaml.reader.ReaderError):
        return _unprintable(name, lines)
    if not isinstance(error, yaml.MarkedYAMLError) or error.problem_mark is None:
        return Problem("V0004", f"{name} is not YAML: {error}")
    mark = error.problem_mark
    where = _Where(name, lines, mark.line, mark.column)
    context, problem = error.context or "", error.problem or ""
    return (
        _tab(where, problem)
        or _never_closed(where, error, name, lines)
        or _broken_flow(where, context)
        or _cut_at_comma(where, context)
        or _needs_quotes(where)
        or _colon(where, problem)
        or _indented(where, context)
        or Problem("V0004", f"not YAML: {_reason(context, problem)}", where.place(1))
    )


class _Where:
    """The mark at which the parser gave up; past the end it is the end of the last line."""

    def __init__(self, name: str, lines: list[str], line: int, column: int) -> None:
        while line > 0 and (line >= len(lines) or not lines[line].strip()):
            line -= 1
            column = len(lines[line].rstrip())
        self.name, self.number, self.column = name, line, column
        self.line = lines[line]

    @property
    def sign(self) -> str:
        return self.line[self.column : self.column + 1]

    def place(self, length: int, column: int | None = None) -> Place:
        start = self.column if column is None else column
        return Place(self.name, self.number + 1, start + 1, max(1, length), self.line)


def _unprintable(name: str, lines: list[str]) -> Problem:
    for number, line in enumerate(lines, 1):
        match = _UNPRINTABLE.search(line)
        if match:
            place = Place(name, number, match.start() + 1, 1, line)
            message = f"the character U+{ord(match.group()):04X} is not allowed in a card"
            return Problem("V0004", message, place, help='write it as an escape in double quotes: "\\x00"')
    return Problem("V0004", f"{name} holds characters that are not allowed in a card")


def _tab(where: _Where, problem: str) -> Problem | None:
    indent = where.line[: len(where.line) - len(where.line.lstrip())]
    if "\t" in problem or where.sign == "\t" or ("\t" in indent and where.column <= len(indent)):
        column = where.line.find("\t")
        return Problem(
            "V0005", "a tab stands in the indentation", where.place(1, column), help="indent with blanks"
        )
    return None


def _never_closed(where: _Where, error: yaml.MarkedYAMLError, name: str, lines: list[str]) -> Problem | None:
    """Recognise a quote or bracket without its partner: the text or the line ends too early."""
    context, mark = error.context or "", error.context_mark
    if mark is None or not ("quoted" in context or ("flow" in context and not where.sign)):
        return None
    opening = _Where(name, lines, mark.line, mark.column)
    return Problem("V0004", f"the {opening.sign} that opens here is never closed", opening.place(1))


def _broken_flow(where: _Where, context: str) -> Problem | None:
    """Recognise ``{a: int16[x=n]}``: inside ``{ }`` the value ends at the bracket."""
    if "flow" not in context or where.sign not in tuple("[{"):
        return None
    match = _VALUE.search(where.line[: where.column])
    if match is None:
        return None
    start = match.start("value")
    stop = _closing(where.line, where.column)
    value = where.line[start:stop]
    return Problem(
        "V0006",
        f"inside {{ }} and [ ] a value ends at '{where.sign}': this one is only '{match['value'].rstrip()}'",
        where.place(stop - start, start),
        help=f'put quotes around it ("{value}") or give each key a line of its own',
    )


def _cut_at_comma(where: _Where, context: str) -> Problem | None:
    """Recognise ``{a: split(x, ' ')}``: inside ``{ }`` the value ends at the comma."""
    depth, at, before = 0, where.column, where.line[: where.column]
    while "flow" in context and at > 0 and depth <= 0:
        at -= 1
        depth += (before[at] == "(") - (before[at] == ")")
    match = _VALUE.search(before[: at + 1]) if depth > 0 else None
    if match is None:
        return None
    start, stop = match.start("value"), _closing(where.line, at)
    value = where.line[start:stop]
    only = value.partition(",")[0]
    if only == value:
        return None
    quote = "'" if '"' in value else '"'
    return Problem(
        "V0006",
        f"inside {{ }} and [ ] a value ends at the comma: this one is only '{only}'",
        where.place(stop - start, start),
        help=f"put quotes around it ({quote}{value}{quote}) or give each key a line of its own",
    )


def _closing(line: str, start: int) -> int:
    """Return where the value whose bracket opens at ``start`` was meant to end."""
    depth = 0
    for index in range(start, len(line)):
        if depth == 0 and line[index] in ",]}" and index > start:
            return len(line[:index].rstrip())
        depth += (line[index] in "[{(") - (line[index] in "]})")
    return len(line.rstrip())


def _needs_quotes(where: _Where) -> Problem | None:
    match = _BARE_BRACE.search(where.line)
    if match is not None:
        return bare_brace(where.place(1, match.start("text")))
    match = _AFTER_CLOSED.search(where.line)
    if match is not None and where.column > match.start("text"):
        value = match["text"].split(" #")[0].rstrip()
        return _bare_sign(value[0], where.place(len(value), match.start("text")))
    column = where.column - 1 if where.sign not in tuple(_SIGNS) else where.column
    sign = where.line[column : column + 1]
    if sign and sign in _SIGNS and column >= 0:
        length = len(where.line[column:].split("#")[0].rstrip())
        return _bare_sign(sign, where.place(length, column))
    return None


def _colon(where: _Where, problem: str) -> Problem | None:
    if "unexpected ':'" in problem:
        return Problem("V0004", "not YAML: nothing stands after this ':'", where.place(1))
    if "mapping values are not allowed" not in problem:
        return None
    return Problem(
        "V0004",
        "not YAML: a second ':' on this line, or a key that is indented differently from the others",
        where.place(1),
        help="a text that holds ': ' needs quotes",
    )


def _indented(where: _Where, context: str) -> Problem | None:
    """Recognise a line that begins in a column of its own."""
    begins = len(where.line) - len(where.line.lstrip(" "))
    if "block" not in context or where.column != begins:
        return None
    length = len(where.line.split(" #")[0].strip())
    return Problem(
        "V0004",
        "not YAML: this line is indented differently from the others",
        where.place(length),
        help="keys that belong together, and items of one list, begin in the same column",
    )


def _reason(context: str, problem: str) -> str:
    text = problem.replace("did not find expected", "expected")
    return f"{context}: {text}" if context else text
