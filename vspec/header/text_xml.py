"""Text as XML: elements by path, without document types and entities of its own."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from xml.parsers import expat

from vspec.card.element_paths import ElementPath, Step, parse_element_path
from vspec.card.text_model import TextField
from vspec.errors import Problem, Text, VspecError
from vspec.expressions import Value
from vspec.expressions.tables import Table, column
from vspec.header.text_keyed import tuples
from vspec.header.text_lines import Placed
from vspec.header.text_source import ROW_LIMIT, Line, Source
from vspec.header.text_values import default, value

DEEPEST = 100
"""Levels to which elements may nest."""
_TOLD = 20
_PROLOG = re.compile(r"(?:\s|<\?.*?\?>|<!--.*?-->)*+", re.DOTALL)


@dataclass(slots=True, eq=False)
class Element:
    """An element: its name and attributes as written, and the place of its first character."""

    name: str
    attributes: dict[str, str]
    at: Line
    children: list[Element] = field(default_factory=list)
    pieces: list[str] = field(default_factory=list)

    @property
    def text(self) -> str:
        """Its own text, without that of the elements inside it."""
        return "".join(self.pieces).strip()


def parse(source: Source) -> Element:
    """Return the element at the top; raises V0522 to V0523, V0914 and V0915."""
    prolog = _PROLOG.match(source.text)
    position = prolog.end() if prolog is not None else 0
    if source.text[position : position + 9].upper() == "<!DOCTYPE":
        raise _doctype(source, position)
    return _Builder(source).run()


class _Builder:
    """Makes the tree of elements while expat reads the text."""

    def __init__(self, source: Source) -> None:
        self._source = source
        self._top: Element | None = None
        self._open: list[Element] = []
        self._count = 0
        self._bytes = source.text.encode()
        self._reached = (0, 0)
        self._parser = expat.ParserCreate()
        self._parser.buffer_text = True
        self._parser.StartElementHandler = self._start
        self._parser.EndElementHandler = self._end
        self._parser.CharacterDataHandler = self._text
        self._parser.StartDoctypeDeclHandler = self._doctype
        self._parser.EntityDeclHandler = self._doctype

    def run(self) -> Element:
        source = self._source
        try:
            self._parser.Parse(source.text, True)  # noqa: FBT003 -- expat's word for: this is all
        except expat.ExpatError as error:
            at = Line(error.lineno, self._position(self._parser.ErrorByteIndex), "")
            words = expat.ErrorString(error.code) or "not well-formed"
            told = source.problem("V0522", f"not XML: {words}", source.form.place, at)
            found = repr(source.text[at.start : at.start + 30]) if at.start < len(source.text) else None
            raise VspecError([replace(told, found=found or "the end of the text")]) from None
        assert self._top is not None, "a text without an element is refused by expat"
        return self._top

    def _start(self, name: str, attributes: dict[str, str]) -> None:
        source = self._source
        self._count += 1
        if self._count > ROW_LIMIT:
            raise VspecError(
                [source.absent("V0915", f"has more than {ROW_LIMIT} elements", source.form.place)]
            )
        if len(self._open) == DEEPEST:
            message = f"elements nest more than {DEEPEST} levels deep"
            raise VspecError([source.problem("V0914", message, source.form.place, self._here())])
        element = Element(name, attributes, self._here())
        if self._open:
            self._open[-1].children.append(element)
        else:
            self._top = element
        self._open.append(element)

    def _end(self, _: str) -> None:
        self._open.pop()

    def _text(self, text: str) -> None:
        self._open[-1].pieces.append(text)

    def _doctype(self, *_: object) -> None:
        raise _doctype(self._source, self._here().start)

    def _here(self) -> Line:
        return Line(self._parser.CurrentLineNumber, self._position(self._parser.CurrentByteIndex), "")

    def _position(self, byte: int) -> int:
        """Return the character at a byte of the text in UTF-8, which is what expat counts; it only grows."""
        reached, position = self._reached
        position += len(self._bytes[reached : max(byte, reached)].decode(errors="ignore"))
        self._reached = (max(byte, reached), position)
        return position


def _doctype(source: Source, position: int) -> VspecError:
    line = Line(source.text.count("\n", 0, position) + 1, position, "")
    message = "an XML text with a document type (DOCTYPE) or entities is refused"
    told = source.problem("V0523", message, source.form.place, line)
    return VspecError([replace(told, found=repr(source.text[position : position + 40]))])


# --- values ---------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Found:
    """A text of the tree and the element in which it stands."""

    text: str
    element: Element


def element_value(source: Source, field: TextField, top: Element) -> Placed:
    """Return the value at a path, or the table of the elements at a path, below ``top``.

    Raises V0503 for a path that leads nowhere, V0504 for one that leads to several values, V0505,
    V0507, V0509.
    """
    if field.fields and field.each is not None:
        return _table(source, field, top)
    key = field.key or Text(field.name, field.place)
    path = parse_element_path(key)
    found = list(_texts(source, path, top))
    if not found:
        if not field.required:
            return default(field), None
        raise _missing(source, path, key, top)
    at = found[0].element.at
    if any(other.text != found[0].text for other in found):
        told = source.problem("V0504", f"'{key.value}' leads to {len(found)} values", key.place, at)
        help = f"for one row each: {field.name}: {{each: {key.value.partition('@')[0]}, fields: ...}}"
        shown = ", ".join(repr(other.text[:30]) for other in found[:4])
        raise VspecError([replace(told, expected="one value", found=shown, help=help)])
    if field.each is not None:
        return tuples(source, field, field.each, found[0].text, at), source.at(at)
    return value(source, field, found[0].text, at), source.at(at)


def _texts(source: Source, path: ElementPath, start: Element) -> Iterator[_Found]:
    for element in _reached(source, path.steps, start):
        if path.attribute is None:
            yield _Found(element.text, element)
            continue
        for name, written in element.attributes.items():
            if _is(source, name, path.attribute):
                yield _Found(written.strip(), element)


def _reached(source: Source, steps: Sequence[Step], start: Element) -> list[Element]:
    """Return the elements that a path leads to, in the order of the text, each once."""
    reached = [start]
    for step in steps:
        around = _all_below(reached) if step.deep else reached
        inner = (child for element in around for child in element.children)
        reached = [child for child in inner if step.name == "*" or _is(source, child.name, step.name)]
        if step.deep:
            reached.sort(key=lambda element: element.at.start)
    return reached


def _all_below(starts: Sequence[Element]) -> Iterator[Element]:
    """Yield some elements and all inside them, each once, parents first."""
    seen: set[int] = set()
    todo = list(reversed(starts))
    while todo:
        element = todo.pop()
        if id(element) not in seen:
            seen.add(id(element))
            yield element
            todo.extend(reversed(element.children))


def _is(source: Source, written: str, wanted: str) -> bool:
    """Compare names: with their prefix as written, or without it."""
    return source.same(written, wanted) or source.same(written.rpartition(":")[2], wanted)


def _missing(source: Source, path: ElementPath, key: Text, top: Element) -> VspecError:
    """Return V0503 with what there is at the place where the path ends."""
    length = next(n for n in range(len(path.steps), -1, -1) if _reached(source, path.steps[:n], top))
    there = _reached(source, path.steps[:length], top)
    attribute = length == len(path.steps)
    known = [name for e in there for name in (e.attributes if attribute else [c.name for c in e.children])]
    noun = "attribute" if attribute else "element"
    wanted = Text(path.attribute or "", key.place) if attribute else Text(path.steps[length].name, key.place)
    told = source.missing("V0503", noun, wanted, list(dict.fromkeys(known)))
    at = there[0].at
    message = f"{source.at(at)}: '{there[0].name}' has no {noun} '{wanted.value}'"
    return VspecError([replace(told, message=message, offset=source.offset(at.start))])


# --- tables ---------------------------------------------------------------------------------


def _table(source: Source, field: TextField, top: Element) -> Placed:
    assert field.each is not None
    path = parse_element_path(field.each.text)
    elements = _reached(source, path.steps, top)
    if not elements:
        if not field.required:
            return default(field), None
        raise _missing(source, path, field.each.text, top)
    columns: dict[str, list[Value]] = {inner.name: [] for inner in field.fields}
    problems: list[Problem] = []
    for element in elements:
        for inner in field.fields:
            try:
                columns[inner.name].append(element_value(source, inner, element)[0])
            except VspecError as error:
                problems += error.problems
        if len(problems) >= _TOLD:
            break
    if problems:
        raise VspecError(problems[:_TOLD])
    made = {inner.name: column(columns[inner.name], inner.type) for inner in field.fields}
    return Table(made), source.at(elements[0].at)
