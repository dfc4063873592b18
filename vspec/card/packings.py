"""``packed:`` in ``types:``: samples that are no whole bytes, by the bits of a word that each is made of."""

from __future__ import annotations

import re
from collections.abc import Iterator

from vspec.card.yaml_nodes import Mapping, Node, Scalar, entries, items
from vspec.datatypes import Bits, Coding, ElementType, Packing
from vspec.errors import Problem, Text

_RANGE = re.compile(r"(\d+)\.\.(\d+)\Z|(\d+)\Z")
LARGEST_WORD = 8
WIDEST = 56


def packed_names(types: Node | None, use: Node | None) -> frozenset[str]:
    """Return the names of packed types that a card, or a part of it, may write: its own and ``NAME.type``."""
    names = {e.key.value for e in entries(types) if isinstance(e.value, Mapping) and e.value.get("packed")}
    for entry in entries(use):
        if isinstance(entry.value, Mapping):
            inner = packed_names(entry.value.get("types"), entry.value.get("use"))
            names |= {f"{entry.key.value}.{name}" for name in inner}
    return frozenset(names)


def build_packing(name: str, node: Mapping, problems: list[Problem]) -> ElementType:
    """Return a packed type; what is wrong with it (V0197) goes to ``problems``."""
    word, coding = node.get("packed"), _coding(node)
    nbytes = word.value if isinstance(word, Scalar) and isinstance(word.value, int) else 0
    if isinstance(word, Scalar) and not 1 <= nbytes <= LARGEST_WORD:
        problems.append(_wrong(word.text, f"a word has 1 to {LARGEST_WORD} bytes"))
    values = []
    for item in items(node.get("values")):
        if isinstance(item, Scalar):
            bits = tuple(_pieces(item.text, 8 * nbytes, problems))
            values.append(bits)
            if coding != "unsigned" and _width(bits) == 1:
                problems.append(_wrong(item.text, "a single bit has no sign"))
    widest = max(map(_width, values), default=0)
    return ElementType(name, _code(widest, coding), Packing(max(1, nbytes), tuple(values), coding))


def _coding(node: Mapping) -> Coding:
    def says(key: str) -> bool:
        given = node.get(key)
        return isinstance(given, Scalar) and given.value is True

    return "twos-complement" if says("signed") else "offset-binary" if says("offset_binary") else "unsigned"


def _code(width: int, coding: Coding) -> str:
    """Return numpy's code of the smallest integer that holds a sample of ``width`` bits."""
    nbytes = next(n for n in (1, 2, 4, 8) if width <= 8 * n or n == 8)
    return f"{'u' if coding == 'unsigned' else 'i'}{nbytes}"


def _width(bits: Bits) -> int:
    return sum(last - first + 1 for first, last in bits)


def _pieces(text: Text, limit: int, problems: list[Problem]) -> Iterator[tuple[int, int]]:
    """Yield the first and the last bit of each piece of a sample."""
    width = 0
    for match in re.finditer(r"\S+", text.value):
        piece, found = text.cut(match.start(), match.end()), _RANGE.match(match.group())
        if found is None:
            problems.append(_wrong(piece, "a piece of a sample is written first..last"))
            continue
        first = int(found[1] or found[3])
        last = int(found[2] or found[3])
        if not first <= last < max(1, limit):
            problems.append(
                _wrong(piece, f"bits are counted from 0 to {max(1, limit) - 1}, the lower one first")
            )
            continue
        width += last - first + 1
        yield first, last
    if not width <= WIDEST:
        problems.append(_wrong(text, f"a sample has at most {WIDEST} bits"))


def _wrong(text: Text, expected: str) -> Problem:
    help = 'e.g. {packed: 3, signed: true, values: ["0..11", "16..23 12..15"]}: two of 12 bits in 3 bytes'
    return Problem("V0197", f"'{text.value}' cannot be: {expected}", text.place, help=help)
