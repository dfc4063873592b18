"""The syntax of patterns: text in, nodes out, with every problem found at once."""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from vspec.datatypes import NUMBERS, RESERVED, TEXTS
from vspec.errors import Problem, Text, VspecError, did_you_mean
from vspec.patterns.nodes import Blanks, Captured, Kind, Node, Piece, Slot, Verbatim

KINDS: tuple[Kind, ...] = ("text", "word", "int", "float", "rest", "path")
ESCAPED = "\\{}[]*?|=:"
MAX_LENGTH = 2000
MAX_CAPTURES = 64
MAX_DEPTH = 8

_NAME = re.compile(r"[A-Za-z][A-Za-z0-9_]*")
_INT = re.compile(r"[+-]?[0-9]+")
_FLOAT = re.compile(r"[+-]?(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)(?:[eE][+-]?[0-9]+)?")
_GLOB_CLASS = re.compile(r"[!^]?(?:[A-Za-z]-[A-Za-z]|[0-9]-[0-9])+")
_BLANKS = " \t"
_REGEX = {
    ".": "this is no regular expression: '.' is a plain dot",
    "d": "this is no regular expression: a number is captured with {name:int}",
    "w": "this is no regular expression: letters and digits are captured with {name:word}",
    "s": "this is no regular expression: a blank stands for any number of blanks",
}


def parse(text: Text, *, path: bool) -> tuple[Node, ...]:
    """Return the nodes of a pattern; raise `VspecError` with all of its problems."""
    reader = _Reader(text, path)
    nodes = reader.read()
    if reader.problems:
        raise VspecError(reader.problems)
    return nodes


@dataclass(slots=True)
class _Reader:
    """Walks over the characters once; keeps what it has seen and what is wrong."""

    text: Text
    path: bool
    at: int = 0
    depth: int = 0
    names: set[str] = field(default_factory=set)
    problems: list[Problem] = field(default_factory=list)

    def read(self) -> tuple[Node, ...]:
        value = self.text.value
        if not value.strip():
            self._report("V0150", "the pattern is empty", (0, len(value)))
        elif len(value) > MAX_LENGTH:
            message = f"the pattern has {len(value)} characters, {MAX_LENGTH} is the most"
            self._report("V0905", message, (0, len(value)))
        elif not self.problems:
            return self._sequence()
        return ()

    def _report(self, code: str, message: str, span: tuple[int, int], help: str | None = None) -> None:
        self.problems.append(Problem(code, message, self.text.cut(*span).place, help=help))

    def _sequence(self) -> tuple[Node, ...]:
        value, nodes = self.text.value, list[Node]()
        while self.at < len(value):
            char = value[self.at]
            if char == "]" and self.depth:
                break
            node = self._node(char)
            if isinstance(node, Verbatim) and nodes and isinstance(nodes[-1], Verbatim):
                nodes[-1] = Verbatim(nodes[-1].text + node.text)
            elif node is not None:
                nodes.append(node)
        return tuple(nodes)

    def _node(self, char: str) -> Node | None:
        start = self.at
        if char == "{":
            return self._braces()
        if char == "[":
            return self._piece()
        if char in "}]":
            self._report(
                "V0151",
                f"'{char}' closes nothing",
                (start, start + 1),
                f"a literal one is written '\\{char}'",
            )
        elif char == "\\":
            return self._escape()
        elif char in "*?" and self.path:
            return self._wildcard(char)
        elif char in _BLANKS and not self.path:
            rest = self.text.value[start:]
            self.at += len(rest) - len(rest.lstrip(_BLANKS))
            return Blanks()
        self.at += 1
        return Verbatim(char)

    def _escape(self) -> Node:
        start, value = self.at, self.text.value
        self.at += 2
        if start + 1 < len(value) and value[start + 1] in ESCAPED:
            return Verbatim(value[start + 1])
        help = "folders are separated by '/'" if self.path else "a literal backslash is written '\\\\'"
        help = _REGEX.get(value[start + 1 : start + 2], help)
        message = "'\\' stands only before one of { } [ ] * ? | = : \\"
        self._report("V0164", message, (start, min(start + 2, len(value))), help)
        return Verbatim("\\")

    def _wildcard(self, char: str) -> Node | None:
        start, value = self.at, self.text.value
        stars = len(value[start:]) - len(value[start:].lstrip("*"))
        self.at += max(1, stars)
        if char == "?":
            help = "one or more characters are captured with {name}; a literal one is written '\\?'"
            self._report("V0163", "'?' is not a wildcard in patterns", (start, start + 1), help)
        elif stars == 1:
            return Slot("", "text", empty=True, wild=True)
        elif stars == 2 and value[self.at : self.at + 1] == "/" and value[start - 1 : start] in ("", "/"):
            self.at += 1
            return Slot("", "path", wild=True, empty=True)
        else:
            help = "'**/' stands for any number of whole folders, '*' for a part of one name"
            self._report("V0161", "'**' is not a whole folder here", (start, self.at), help)
        return None

    def _piece(self) -> Node | None:
        start = self.at
        self.at, self.depth = self.at + 1, self.depth + 1
        nodes = self._sequence()
        closed = self.at < len(self.text.value)
        self.at, self.depth = self.at + 1, self.depth - 1
        inside = self.text.value[start + 1 : self.at - 1]
        if not closed:
            self._report("V0151", "'[' is never closed", (start, start + 1), "a literal one is written '\\['")
        elif _GLOB_CLASS.fullmatch(inside):
            help = "a digit run is captured with {name:int}, alternatives with {name:a|b}"
            self._report(
                "V0163", f"'[{inside}]' is not a character class in patterns", (start, self.at), help
            )
        elif not nodes:
            self._report("V0166", "the optional piece is empty", (start, self.at), "write [_{part:int=1}]")
        elif self.depth >= MAX_DEPTH:
            self._report("V0905", f"optional pieces nest deeper than {MAX_DEPTH}", (start, self.at))
        return Piece(nodes)

    def _braces(self) -> Node | None:
        start, value = self.at, self.text.value
        if value.startswith("{{", start):
            stop = value.find("}}", start)
            self.at = len(value) if stop < 0 else stop + 2
            help = "a pattern is matched, not computed; a literal brace is written '\\{'"
            self._report("V0152", "'{{ }}' has no meaning in a pattern", (start, self.at), help)
            return None
        stop = _closing(value, start)
        self.at = stop + 1
        if stop == len(value):
            self._report("V0151", "'{' is never closed", (start, start + 1), "a literal one is written '\\{'")
            return None
        return self._capture(start, stop)

    def _capture(self, start: int, stop: int) -> Slot | None:
        body = self.text.value[start + 1 : stop]
        head, colon, tail = _split(body, ":")
        kinds, equals, default = _split(tail, "=") if colon else ("", *_split(head, "=")[1:])
        head = head if colon else _split(head, "=")[0]
        name = head.strip()
        span = (start, stop + 1)
        self._check_name(name, span, nameless=bool(colon and not equals))
        if len(self.names) == MAX_CAPTURES + 1:
            self._report("V0905", f"the pattern has more than {MAX_CAPTURES} captures", span)
        slot = self._kind(name, kinds if colon else "text", span)
        if slot is None or not equals:
            return slot
        return self._default(slot, _plain(default), span)

    def _check_name(self, name: str, span: tuple[int, int], *, nameless: bool) -> None:
        if not name and nameless:
            return
        if not _NAME.fullmatch(name):
            help = "a name begins with a letter and has letters, digits and '_'; {:rest} has none"
            self._report("V0153", f"{name!r} cannot name a capture", span, help)
        elif name in RESERVED or name in NUMBERS or name in TEXTS:
            self._report(
                "V0158", f"'{name}' is a word of the card language", span, f"try '{name}_' or another name"
            )
        elif name in self.names:
            help = "each name stands once; use a second name and compare in checks:"
            self._report("V0155", f"'{name}' is captured twice", span, help)
        self.names.add(name)

    def _kind(self, name: str, kinds: str, span: tuple[int, int]) -> Slot | None:
        choices = tuple(_plain(part) for part in _alternatives(kinds))
        if len(choices) > 1:
            if "" in choices or len(set(choices)) < len(choices):
                advice = "an optional part is written in brackets: [{name:a|b}]"
                self._report("V0167", "an alternative is empty or given twice", span, advice)
            return Slot(name, "choice", choices=choices)
        kind, empty = kinds.strip(), kinds.strip() == "text?"
        for known in KINDS:
            if kind == known or (empty and known == "text"):
                return self._placed(Slot(name, known, empty=empty or known in ("rest", "path")), span)
        help = did_you_mean(kind, KINDS, "kinds")
        if kind.startswith("\\"):
            help = f"this is no regular expression: a number is {{{name}:int}}, anything {{{name}}}"
        elif kind.endswith("?"):
            help = "only {x:text?} may be empty; write a default, {x:int=0}, or an optional piece, [{x:int}]"
        self._report("V0154", f"unknown kind of capture '{kind}'", span, help)
        return None

    def _placed(self, slot: Slot, span: tuple[int, int]) -> Slot:
        if slot.kind != "path":
            return slot
        value, (start, stop) = self.text.value, span
        before, after = value[start - 1 : start], value[stop : stop + 1]
        if not self.path or self.depth or before not in ("", "/") or after != "/":
            help = "write it as {dir:path}/ at the start or after a '/'; it stands for any number of folders"
            self._report("V0160", "a path capture must stand for whole folders of a file pattern", span, help)
        self.at = stop + 1
        return slot

    def _default(self, slot: Slot, default: str, span: tuple[int, int]) -> Slot:
        value = convert(slot, default)
        if value is None or slot.kind in ("rest", "path"):
            fitting = {"rest": "no default: it may be empty", "path": "no default: it may be empty"}
            help = f"{slot.kind} takes {fitting.get(slot.kind, 'a default of its own kind')}"
            self._report("V0157", f"the default '{default}' does not fit {{{slot.name}}}", span, help)
        return Slot(slot.name, slot.kind, value, slot.choices, empty=slot.kind in ("text", "word"))


def convert(slot: Slot, text: str) -> Captured | None:
    """Return the value that ``text`` has in a slot, or None when it does not fit there."""
    match slot.kind:
        case "int":
            fits = _INT.fullmatch(text) and len(text) < 21 and -(2**63) <= int(text) < 2**63
            return int(text) if fits else None
        case "float":
            fits = _FLOAT.fullmatch(text) and abs(float(text)) != float("inf")
            return float(text) if fits else None
        case "choice":
            return text if text in slot.choices else None
        case "word":
            return None if re.search(r"\s", text) else text
    return text


def _closing(value: str, start: int) -> int:
    """Return the index of the brace that closes the one at ``start``, or the length."""
    at = start + 1
    while at < len(value) and value[at] != "}":
        at += 2 if value[at] == "\\" else 1
    return min(at, len(value))


def _split(text: str, separator: str) -> tuple[str, str, str]:
    """Split like `str.partition` at the first separator without a backslash."""
    at = 0
    while at < len(text) and text[at] != separator:
        at += 2 if text[at] == "\\" else 1
    return text[:at], text[at : at + 1], text[at + 1 :]


def _alternatives(text: str) -> list[str]:
    parts = list[str]()
    more = "|"
    while more:
        part, more, text = _split(text, "|")
        parts.append(part)
    return parts


def _plain(text: str) -> str:
    return re.sub(r"\\(.)", r"\1", text)
