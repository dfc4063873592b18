"""The scalars of a card, each parsed once as what its key makes of it."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection
from typing import cast

from vspec.card.clauses import find_top, scan
from vspec.card.dims import parse_arrow
from vspec.card.fields import Types, parse_field
from vspec.card.grammar import TEXT_TYPES, Kind
from vspec.card.model import Arrow, ByteOrderTest, Field, Repeat, Tree
from vspec.card.yaml_nodes import Mapping, Node, Scalar, Sequence
from vspec.datatypes import NUMBERS
from vspec.errors import Problem, Text, VspecError, did_you_mean, fail
from vspec.expressions import Expression, Template, parse, parse_template
from vspec.patterns import Pattern, parse_path, parse_text

_LOOP = re.compile(r"\s*([A-Za-z_][A-Za-z0-9_]*)\s+in\s+(\S.*)\Z", re.DOTALL)
_WORDS = re.compile(r"\w+(\s+\w+)+\Z")
_TEST = re.compile(
    r"(?P<type>\w+)\s*@\s*(?P<offset>[0-9]+|0x[0-9a-fA-F]+)"
    r"(?:\s*=\s*(?P<equals>-?(?:0x[0-9a-fA-F]+|[0-9.]+(?:e[-+]?[0-9]+)?)))?\Z"
)

Loop = tuple[str, Expression]


class Leaves:
    """Parses scalars, keeps what came out, and collects what is wrong in ``problems``.

    ``types`` are the names of types that may be written, ``packed`` those of packed samples among them;
    the card calls them ``prefix`` and their name.
    """

    def __init__(self, types: Collection[str], prefix: str = "", packed: Collection[str] = ()) -> None:
        self.packed = {f"{prefix}{name}" for name in packed}
        self.problems: list[Problem] = []
        self._types = Types(types, prefix)
        self._parsed: dict[tuple[Kind, int], object] = {}
        self._parsers: dict[Kind, Callable[[Text], object]] = {
            "expression": parse,
            "template": parse_template,
            "anything": parse_template,
            "file pattern": parse_path,
            "line pattern": parse_text,
            "field": lambda text: parse_field(text, self._types),
            "repeat": parse_repeat,
            "each": parse_each,
            "dims": parse_dims,
            "endian": parse_endian,
            "order test": parse_order_test,
            "text field": parse_text_field,
        }

    def read(self, kind: Kind, node: Scalar) -> None:
        """Parse a scalar as ``kind``; what is wrong goes to ``problems``."""
        parser = self._parsers.get(kind)
        if parser is None or (kind == "anything" and not isinstance(node.value, str)):
            return
        try:
            self._parsed[kind, id(node)] = parser(node.text)
        except VspecError as error:
            self.problems += error.problems

    def expression(self, node: Node) -> Expression:
        """Return an expression; a list of them is the expression of the list."""
        if isinstance(node, Scalar):
            return cast("Expression", self._parsed["expression", id(node)])
        return parse(_joined(node, quoted=False))

    def texts(self, node: Node) -> Expression:
        """Return an expression, or of a list the expression of the list of its texts."""
        return self.expression(node) if isinstance(node, Scalar) else parse(_joined(node, quoted=True))

    def template(self, node: Node) -> Template:
        return cast("Template", self._parsed["template", id(node)])

    def path(self, key: Text) -> Template:
        """Return the path of an array that is written as its key."""
        try:
            return parse_template(key)
        except VspecError as error:
            self.problems += error.problems
            return parse_template(Text("", key.place, exact=False))

    def tree(self, node: Node) -> Tree:
        """Return attributes: templates for texts, everything else as written."""
        match node:
            case Scalar():
                if isinstance(node.value, str):
                    return cast("Template", self._parsed["anything", id(node)])
                return node.value
            case Sequence():
                return tuple(self.tree(item) for item in node.items)
            case Mapping():
                return {entry.key.value: self.tree(entry.value) for entry in node.entries}

    def file_pattern(self, node: Node) -> Pattern:
        return cast("Pattern", self._parsed["file pattern", id(node)])

    def line_pattern(self, node: Node) -> Pattern:
        return cast("Pattern", self._parsed["line pattern", id(node)])

    def field(self, node: Node) -> Field:
        return cast("Field", self._parsed["field", id(node)])

    def repeat(self, node: Node) -> Repeat:
        return cast("Repeat", self._parsed["repeat", id(node)])

    def each(self, node: Node) -> Loop:
        return cast("Loop", self._parsed["each", id(node)])

    def dims(self, node: Node) -> Arrow | Expression:
        return cast("Arrow | Expression", self._parsed["dims", id(node)])

    def endian(self, node: Node) -> str | Expression:
        return cast("str | Expression", self._parsed["endian", id(node)])

    def order_test(self, node: Node) -> ByteOrderTest:
        return cast("ByteOrderTest", self._parsed["order test", id(node)])

    def text_field(self, node: Node) -> str | Pattern:
        return cast("str | Pattern", self._parsed["text field", id(node)])


def _joined(node: Node, *, quoted: bool) -> Text:
    """Return a list of a card as the text of a list expression."""
    return Text(_list_text(node, quoted=quoted), node.place, exact=False)


def _list_text(node: Node, *, quoted: bool) -> str:
    if isinstance(node, Sequence):
        return "[" + ", ".join(_list_text(item, quoted=quoted) for item in node.items) + "]"
    assert isinstance(node, Scalar), "the structure was checked"
    return repr(node.text.value) if quoted else node.text.value


def parse_loop(text: Text) -> tuple[str, Text] | None:
    """Return the name and the list of ``NAME in LIST``, or None for any other text."""
    match = _LOOP.match(text.value)
    if (
        match is None
        or find_top(text.cut(match.start(2), match.end(2)), "in", "and", "or", "not") is not None
    ):
        return None
    return match.group(1), text.cut(match.start(2), match.end(2))


def parse_repeat(text: Text) -> Repeat:
    """Return the repeat of ``COUNT``, ``NAME in LIST`` or ``rest``."""
    if text.value.strip() == "rest":
        return Repeat(text.place)
    loop = parse_loop(text)
    if loop is None:
        if _words(text) == ["to", "eof"]:
            raise fail("V0118", "'to eof' is called 'rest'", text.place, help="repeat: rest")
        return Repeat(text.place, count=parse(text))
    return Repeat(text.place, variable=loop[0], items=parse(loop[1]))


def parse_each(text: Text) -> Loop:
    """Return the name and the items of ``NAME in LIST``."""
    loop = parse_loop(text)
    if loop is None:
        raise fail(
            "V0119", f"'{text.value}' is not NAME in LIST", text.place, help="e.g. v in header.variables"
        )
    return loop[0], parse(loop[1])


def parse_dims(text: Text) -> Arrow | Expression:
    """Return an arrow, or the expression of any other text."""
    if "->" in text.value:
        return parse_arrow(text)
    if (at := text.value.find("=>")) > 0:
        raise fail("V0115", "'=>' is no arrow", text.cut(at, at + 2).place, help="an arrow is written '->'")
    if _WORDS.match(text.value.strip()) and not {"if", "in", "and", "or", "not"} & set(text.value.split()):
        names = ", ".join(text.value.split())
        raise fail("V0115", "names without an arrow are a list", text.place, help=f"dims: [{names}]")
    return parse(text)


def parse_endian(text: Text) -> str | Expression:
    """Return ``little``, ``big``, or the expression of any other text."""
    word = text.value.strip()
    if word in ("little", "big"):
        return word
    if word.lower() in ("little", "big", "le", "be", "<", ">"):
        raise fail("V0105", f"'{word}' is not a byte order", text.place, help="write little or big")
    return parse(text)


def parse_order_test(text: Text) -> ByteOrderTest:
    """Return the test of ``uint16 @ 2 = 42`` or ``int32 @ 2`` (then with ``that:`` beside it)."""
    match = _TEST.match(text.value.strip())
    if match is None:
        message = f"'{text.value}' is not a test of the byte order"
        help = "behind '@' stands a plain number, counted from the start of the file: {test: uint16 @ 2 = 42}"
        raise fail("V0117", message, text.place, help=help)
    word = match["type"]
    if word not in NUMBERS:
        near = did_you_mean(word, NUMBERS, "number types")
        raise fail("V0111", f"unknown type '{word}'", text.cut(0, len(word)).place, help=near)
    equals = None if match["equals"] is None else _number(match["equals"], text)
    return ByteOrderTest(word, int(match["offset"], 0), text.place, equals=equals)


def _number(written: str, text: Text) -> int | float:
    try:
        return (
            float(written)
            if re.search(r"\.|e[-+]?[0-9]+\Z", written) and "x" not in written
            else int(written, 0)
        )
    except ValueError:
        raise fail("V0117", f"'{written}' is not a number", text.place) from None


def parse_text_field(text: Text) -> str | Pattern:
    """Return the type of a value by key, or the pattern of a line."""
    if text.value in TEXT_TYPES:
        return text.value
    if "{" in text.value:
        return parse_text(text)
    help = did_you_mean(text.value, TEXT_TYPES, "types here")
    raise fail("V0111", f"unknown type '{text.value}' of a value in a text", text.place, help=help)


def _words(text: Text) -> list[str]:
    return [text.value[start:stop] for kind, start, stop in scan(text) if kind == "word"]
