"""Texts that are no plain lines, as they are written: cards, delimited, csv, xml."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from itertools import count as count_up
from xml.sax.saxutils import escape, quoteattr

from vspec.authoring.fakes.examples import Given
from vspec.authoring.fakes.fields import written
from vspec.authoring.fakes.text_values import cells_of, row_count
from vspec.card.element_paths import ElementPath, parse_element_path
from vspec.card.text_model import TextField, TextFormat
from vspec.errors import Text

Piece = tuple[str, str]
"""A field's name (empty for none) and a part of the text in which it is written."""
Pair = tuple[str, str, Given]
"""A field's name, its key and its value; a whole line has no key."""

_DELIMITER = "|"
_CARD = 80
_POINT = re.compile(r"(?<=[0-9])\.(?=[0-9])")


def with_decimals(text: str, form: TextFormat) -> str:
    """Return a text with its numbers written as the format has them."""
    return _POINT.sub(",", text) if form.decimal == "," else text


def number_or_text(value: Given, form: TextFormat) -> str:
    """Return a value as it stands in a text: numbers with the format's decimals."""
    if isinstance(value, float):
        return with_decimals(written(value), form)
    if isinstance(value, list) and form.decimal == ",":
        return "; ".join(number_or_text(item, form) for item in value)
    return written(value)


def delimited(form: TextFormat, pairs: Iterable[Pair]) -> Iterator[Piece]:
    """Yield the delimiter, then every key with its value."""
    mark = form.separator or _DELIMITER
    yield "", mark
    for name, key, value in pairs:
        text = number_or_text(value, form) or " "
        yield name, "".join(f"{part.replace(mark, mark * 2)}{mark}" for part in (key, text))


# --- cards ----------------------------------------------------------------------------------


def cards(pairs: Iterable[Pair]) -> Iterator[Piece]:
    """Yield cards of 80 characters, the last one END."""
    for name, key, value in pairs:
        for card in _cards(key, value):
            yield name, card.ljust(_CARD)
    yield "", "END".ljust(_CARD)


def _cards(key: str, value: Given) -> Iterator[str]:
    if not key:
        yield written(value)
        return
    head = f"{key:<8}= " if len(key) <= 8 and " " not in key else f"HIERARCH {key} = "
    if isinstance(value, bool):
        yield f"{head}{'T' if value else 'F':>20}"
        return
    if isinstance(value, (int, float)):
        yield f"{head}{written(value):>20}"
        return
    text = written(value)
    room = _CARD - len(head) - 2
    while len(text.replace("'", "''")) > room:
        cut = room // 2 - 1
        yield f"{head}'{text[:cut].replace(chr(39), chr(39) * 2)}&'"
        text, head, room = text[cut:], "CONTINUE  ", _CARD - 12
    quoted = text.replace("'", "''")
    yield f"{head}'{quoted:<8}'" if room >= 8 else f"{head}'{quoted}'"


# --- csv ------------------------------------------------------------------------------------


def csv(form: TextFormat, columns: Mapping[str, Given]) -> Iterator[Piece]:
    """Yield the lines that are left out, the headings if there are any, and the rows."""
    yield from (("", f"line {k + 1}\n") for k in range(form.skip))
    by_place = any(wanted.columns is not None for wanted in form.fields)
    if not by_place and any(wanted.column is None for wanted in form.fields):
        headings = {w.name: w.key.value if w.key is not None else w.name for w in form.fields}
        yield "", _row(form, headings) + "\n"
    count = row_count(columns)
    rows = {name: cells_of(given, count) for name, given in columns.items()}
    for i in range(count):
        cells = {name: number_or_text(given[i], form) for name, given in rows.items()}
        yield "", (_placed(form, cells) if by_place else _row(form, cells)) + "\n"


def _row(form: TextFormat, cells: Mapping[str, str]) -> str:
    numbers = {wanted.column for wanted in form.fields}
    free = (i for i in count_up(1) if i not in numbers)
    by_number = {wanted.column or next(free): cells[wanted.name] for wanted in form.fields}
    return form.separator.join(_cell(form, by_number.get(i, "")) for i in range(1, max(by_number) + 1))


def _cell(form: TextFormat, text: str) -> str:
    if not form.quotes:
        return text
    opening, closing = form.quotes[0]
    awkward = form.separator in text or "\n" in text or text != text.strip() or opening in text
    if awkward or (not text and form.separator == " "):
        return f"{opening}{text.replace(closing, closing * 2)}{closing}"
    return text


def _placed(form: TextFormat, cells: Mapping[str, str]) -> str:
    line = ""
    for wanted in sorted(form.fields, key=lambda w: w.columns or (0, 0)):
        first, last = wanted.columns or (1, 1)
        line = line.ljust(first - 1) + cells[wanted.name].rjust(last - first + 1)
    return line


# --- xml ------------------------------------------------------------------------------------


_END_TAG = re.compile(rb"</([A-Za-z_][\w.-]*)>")


@dataclass(slots=True)
class _Node:
    """An element that is being put together; ``owners`` are the fields of its text and attributes."""

    name: str
    text: str = ""
    attributes: dict[str, str] = field(default_factory=dict)
    children: list[_Node] = field(default_factory=list)
    owner: str = ""

    def child(self, name: str) -> _Node:
        """Return the first element of a name inside this one, made where there is none."""
        found = next((child for child in self.children if child.name == name), None)
        return found if found is not None else self.add(name)

    def add(self, name: str) -> _Node:
        """Return a new element inside this one."""
        self.children.append(_Node(name))
        return self.children[-1]


def elements(form: TextFormat, given: Mapping[str, Given]) -> Iterator[Piece]:
    """Yield an element that holds everything, with the values at their paths."""
    top = _Node("header")
    for wanted in form.fields:
        if wanted.name in given:
            _plant(form, top, wanted, given[wanted.name])
    yield "", f'<?xml version="1.0" encoding="{form.encoding.upper()}"?>\n'
    yield from _lines(top, 0)


def ended(text: bytes, mark: bytes) -> bytes:
    """Return a text with a mark at its end; where that is an end tag, the element at the top has its name."""
    tag, top = _END_TAG.fullmatch(mark), b"header>"
    if tag is None or not text.endswith(b"</" + top):
        return text + mark
    return text.removesuffix(b"</" + top).replace(b"<header", b"<" + tag[1], 1) + mark


def _plant(form: TextFormat, node: _Node, wanted: TextField, value: Given) -> None:
    if wanted.fields and wanted.each is not None:
        names = _names(parse_element_path(wanted.each.text))
        around = node
        for name in names[:-1]:
            around = around.child(name)
        for row in value if isinstance(value, list) else []:
            inside = around.add(names[-1])
            for inner in wanted.fields:
                if isinstance(row, Mapping) and row.get(inner.name) is not None:
                    _plant(form, inside, inner, row[inner.name])
        return
    path = parse_element_path(wanted.key or Text(wanted.name, wanted.place))
    for name in _names(path):
        node = node.child(name)
    if path.attribute is not None:
        node.attributes[path.attribute] = number_or_text(value, form)
        node.owner = node.owner or wanted.name
    else:
        node.text = number_or_text(value, form)
        node.owner = wanted.name


def _names(path: ElementPath) -> list[str]:
    return ["item" if step.name == "*" else step.name for step in path.steps]


def _lines(node: _Node, depth: int) -> Iterator[Piece]:
    pad = "  " * depth
    head = "".join(f" {name}={quoteattr(value)}" for name, value in node.attributes.items())
    if not node.children:
        yield node.owner, f"{pad}<{node.name}{head}>{escape(node.text)}</{node.name}>\n"
        return
    yield node.owner, f"{pad}<{node.name}{head}>{escape(node.text)}\n"
    for child in node.children:
        yield from _lines(child, depth + 1)
    yield "", f"{pad}</{node.name}>\n"
