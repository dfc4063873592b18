"""Strict YAML: the 1.2 core scalars, one document, no anchors, aliases, tags, merge keys or doubles."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Iterator
from itertools import pairwise

import yaml

from vspec.card.yaml_events import Event, read_events
from vspec.card.yaml_faults import (
    bare_brace,
    explain,
    explain_open_bracket,
    quote_help,
    shared_help,
    too_much_help,
)
from vspec.card.yaml_nodes import Entry, Mapping, Node, Scalar, ScalarValue, Sequence
from vspec.errors import Place, Problem, Text, VspecError, fail

MOST_BYTES = 1 << 20
MOST_DEPTH = 64

_BREAK = re.compile("\r\n|[\r\n\x85\u2028\u2029]")
_INT = re.compile(r"[-+]?[0-9]+\Z")
_OCTAL = re.compile(r"0o[0-7]+\Z")
_HEX = re.compile(r"0x[0-9a-fA-F]+\Z")
_FLOAT = re.compile(r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?\Z")
_SPECIAL = re.compile(r"([-+]?\.(inf|Inf|INF)|\.(nan|NaN|NAN))\Z")
_NULL = frozenset({"", "~", "null", "Null", "NULL"})
_BOOL = {"true": True, "True": True, "TRUE": True, "false": False, "False": False, "FALSE": False}
_JSON_ESCAPE = re.compile(r"\\(?:u([dD][89abAB]..)\\u([dD][c-fC-F]..)|.)", re.DOTALL)
_JSON_RAW = re.compile("[\x7f-\x9f\u2028\u2029\ufeff\ufffe\uffff]")


def decode(raw: bytes, name: str) -> str:
    """Return the text of a card file; raise `VspecError` if it is too long or not UTF-8."""
    if len(raw) > MOST_BYTES:
        raise fail(
            "V0003", f"{name} has {len(raw)} bytes; a card may have {MOST_BYTES}", found=f"{len(raw)} bytes"
        )
    if raw[:2] in (b"\xff\xfe", b"\xfe\xff"):
        raise fail("V0002", f"{name} is UTF-16; a card is UTF-8", help="save it again as UTF-8")
    try:
        return raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = raw.count(b"\n", 0, error.start) + 1
        found = f"byte {raw[error.start]:#04x} in line {line}"
        raise fail("V0002", f"{name} is not UTF-8", help="save it again as UTF-8", found=found) from error


def parse_yaml(text: str, name: str) -> Node:
    """Return the tree of a card's text; raise `VspecError` with every duplicate key and the like."""
    if len(text.encode("utf-8", "surrogatepass")) > MOST_BYTES:
        raise fail("V0003", f"{name} is longer than the {MOST_BYTES} bytes that a card may have")
    text = text.removeprefix("\ufeff")
    is_json = _is_json(text)
    tree = _Tree(_mend_json(text) if is_json else text, name, is_json=is_json)
    try:
        node = tree.read()
    except yaml.YAMLError as error:
        problem = explain(error, name, tree.lines)
        raise VspecError([*tree.problems, problem]) from error
    if tree.problems:
        raise VspecError(tree.problems)
    return node


def _is_json(text: str) -> bool:
    """Tell whether a card is JSON, as in a map: there every key stands in quotes, which say nothing."""
    if not text.lstrip().startswith("{"):
        return False
    try:
        json.loads(text)
    except (ValueError, RecursionError):
        return False
    return True


def _mend_json(text: str) -> str:
    """Write what JSON allows and YAML does not (surrogate pairs, raw U+2028) as YAML escapes."""
    text = _JSON_ESCAPE.sub(_join_surrogates, text)
    return _JSON_RAW.sub(lambda match: f"\\u{ord(match.group()):04x}", text)


def _join_surrogates(match: re.Match[str]) -> str:
    high, low = match.group(1), match.group(2)
    if high is None:
        return match.group()
    code = 0x10000 + ((int(high, 16) - 0xD800) << 10) + (int(low, 16) - 0xDC00)
    return f"\\U{code:08x}"


class _Tree:
    """Builds nodes from the events of PyYAML's parser, C or Python."""

    def __init__(self, text: str, name: str, *, is_json: bool) -> None:
        self._is_json = is_json
        self.lines = _BREAK.split(text)
        self.problems: list[Problem] = []
        self._name = name
        self._events: Iterator[Event] = read_events(text)

    def read(self) -> Node:
        documents: list[Node] = []
        for event in self._events:
            if event.kind == "document":
                if documents:
                    raise self._fail("V0012", "a second document begins here; a card is one", event)
                documents.append(self._node(next(self._events), 0))
        if not documents:
            place = Place(self._name, 1, 1, 1, self.lines[0])
            raise fail("V0013", "the card is empty", place, help="it begins with 'vspec: 1'")
        return documents[0]

    def _node(self, event: Event, depth: int) -> Node:
        if event.kind == "alias":
            raise self._fail("V0009", f"aliases are not allowed: *{event.anchor}", event, shared_help("*"))
        if event.anchor is not None:
            self._report("V0009", f"anchors are not allowed: &{event.anchor}", event, shared_help("&"))
        if event.tag is not None and event.tag != "!":
            self._report("V0010", f"tags are not allowed: {event.tag}", event, quote_help("!"))
        if depth > MOST_DEPTH:
            raise self._fail("V0015", f"nested deeper than {MOST_DEPTH} levels", event)
        if event.kind == "scalar":
            return self._scalar(event)
        if event.kind == "list":
            return self._sequence(event, depth)
        return self._mapping(event, depth)

    def _sequence(self, start: Event, depth: int) -> Sequence:
        items: list[Node] = []
        while (event := next(self._events)).kind != "end":
            items.append(self._node(event, depth + 1))
        self._refuse_split(start, items)
        return Sequence(tuple(items), self._span(start, event))

    def _refuse_split(self, start: Event, items: list[Node]) -> None:
        """Refuse ``[max(a, b)]``, which YAML cuts at the comma."""
        if not start.flow:
            return
        for item, after in pairwise(items):
            if isinstance(item, Scalar) and isinstance(after, Scalar):
                problem = explain_open_bracket(item.text, after.text)
                if problem is not None:
                    self.problems.append(problem)

    def _mapping(self, start: Event, depth: int) -> Mapping:
        entries: list[Entry] = []
        seen: dict[str, int] = {}
        while (event := next(self._events)).kind != "end":
            key, quoted = self._key(event, start), bool(event.quote) and not self._is_json
            value = self._node(next(self._events), depth + 1)
            if key.value in seen:
                first = seen[key.value]
                self.problems.append(
                    Problem("V0008", f"duplicate key '{key.value}' (first at line {first})", key.place)
                )
                continue
            seen[key.value] = key.place.line
            if start.flow and self._split_before(entries, key, value):
                continue
            entries.append(Entry(key, value, quoted))
        place = self._span(start, event) if start.flow or not entries else entries[0].key.place
        return Mapping(tuple(entries), place)

    def _split_before(self, entries: list[Entry], key: Text, value: Node) -> bool:
        """Report ``{a: max(b, c)}``, which YAML cuts into two entries at the comma."""
        if not entries or not isinstance(value, Scalar) or value.value is not None:
            return False
        before = entries[-1].value
        if not isinstance(before, Scalar):
            return False
        problem = explain_open_bracket(before.text, key)
        if problem is None:
            return False
        self.problems.append(problem)
        return True

    def _key(self, event: Event, start: Event) -> Text:
        if event.kind != "scalar" or event.anchor is not None or event.tag is not None:
            if start.flow and event.kind == "mapping":
                self.problems.append(bare_brace(self._span(start, event)))
                raise VspecError(self.problems)
            raise self._fail("V0014", "a key must be one plain text", event)
        key = self._text(event)
        if key.value == "<<" and not event.quote:
            raise VspecError(
                [
                    *self.problems,
                    Problem("V0011", "merge keys are not allowed", key.place, help=quote_help("<<")),
                ]
            )
        return key

    def _scalar(self, event: Event) -> Scalar:
        text = self._text(event)
        if event.quote:
            return Scalar(text, text.value)
        try:
            return Scalar(text, _resolve(text.value))
        except OverflowError as error:
            self.problems.append(Problem("V0016", str(error), text.place, help=too_much_help(text.value)))
            return Scalar(text, None)

    def _text(self, event: Event) -> Text:
        if event.block:
            return Text(event.value, self._first_line(event), exact=False)
        number, start = event.start
        quoted = 1 if event.quote else 0
        line = self._line(number)
        column = start + quoted
        stop = event.stop[1] - quoted if event.stop[0] == number else len(line)
        place = Place(self._name, number + 1, column + 1, max(1, stop - column), line)
        return Text(event.value, place, exact=line[column:stop] == event.value)

    def _first_line(self, event: Event) -> Place:
        """Return the first line of a block scalar, the indicator's line where there is none."""
        for number in range(event.start[0] + 1, event.stop[0]):
            line = self.lines[number]
            if line.strip():
                left = len(line) - len(line.lstrip())
                return Place(self._name, number + 1, left + 1, len(line.strip()), line)
        return self._place(event.start, 1)

    def _span(self, first: Event, last: Event) -> Place:
        number, column = first.start
        stop = last.stop[1] if last.stop[0] == number else len(self._line(number).rstrip())
        return self._place(first.start, max(1, stop - column))

    def _line(self, number: int) -> str:
        return self.lines[number] if number < len(self.lines) else ""

    def _place(self, start: tuple[int, int], length: int) -> Place:
        return Place(self._name, start[0] + 1, start[1] + 1, length, self._line(start[0]))

    def _report(self, code: str, message: str, event: Event, help: str | None = None) -> None:
        self.problems.append(Problem(code, message, self._span(event, event), help=help))

    def _fail(self, code: str, message: str, event: Event, help: str | None = None) -> VspecError:
        self._report(code, message, event, help)
        return VspecError(self.problems)


def _resolve(text: str) -> ScalarValue:
    """Return the value of a plain scalar; raise `OverflowError` for one that JSON cannot carry."""
    if text in _NULL:
        return None
    if text in _BOOL:
        return _BOOL[text]
    if text[0] not in "-+.0123456789":
        return text
    if _INT.match(text):
        return _bounded(int(text) if len(text) < 30 else 1 << 64, text)
    if _HEX.match(text):
        return _bounded(int(text, 16), text)
    if _OCTAL.match(text):
        return _bounded(int(text, 8), text)
    if _SPECIAL.match(text):
        raise OverflowError(f"{text} is not a number that a map can carry")
    if _FLOAT.match(text):
        value = float(text)
        if math.isinf(value):
            raise OverflowError(f"{text} is not a number that a map can carry")
        return value
    return text


def _bounded(value: int, text: str) -> int:
    if not -(1 << 63) <= value < 1 << 64:
        raise OverflowError(f"{text} does not fit into 64 bits")
    return value
