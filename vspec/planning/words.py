"""Packed samples that share words with others: axes inside an item, cut so that items stay small.

The axes inside an item may be as long as a recording. The slowest of them is split into the words
and what shares one; where the last word is not full, the axis ends before it does.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from vspec.card.model import JoinAxis
from vspec.errors import fail
from vspec.header.located import Located
from vspec.layout import InnerAxis

LARGE_ITEM = 4 << 10
"""Bytes of an item that are worth splitting, so that a chunk need not hold all of it."""


@dataclass(frozen=True, slots=True)
class InWords:
    """Located bytes with small items, the joins that speak of them, and the sizes of axes that end early."""

    located: Located
    joins: tuple[JoinAxis, ...]
    sizes: Mapping[str, int]


def in_words(located: Located, joins: Sequence[JoinAxis]) -> InWords:
    """Return the same samples with the slowest axis inside an item split. Raises V0326."""
    if not located.inside or not (located.is_cut or located.item > LARGE_ITEM):
        return InWords(located, tuple(joins), {})
    element, (name, size) = located.element, located.inside[0]
    within = math.prod(n for _, n in located.inside[1:])
    step = element.per_word // math.gcd(element.per_word, within)
    if not located.is_cut and size % step:
        return InWords(located, tuple(joins), {})
    sizes = _ends_early(located, joins) if located.is_cut else {}
    words = f"{name} by words"
    inner = InnerAxis(words, -(-size // step), step * within // element.per_word * element.nbytes)
    inside = ((name, step), *located.inside[1:])
    split = tuple(
        replace(
            join, parts=tuple(p for part in join.parts for p in ((words, part) if part == name else (part,)))
        )
        for join in joins
    )
    return InWords(replace(located, inner=(*located.inner, inner), inside=inside), split, sizes)


def _ends_early(located: Located, joins: Sequence[JoinAxis]) -> dict[str, int]:
    """Return the size of the axis along which the last word is not full. Raises V0326."""
    sizes = dict(located.axes)
    name = located.inside[0][0]
    join = next(join for join in joins if name in join.parts)
    others = math.prod(size for part, size in located.axes if part not in dict(located.inside))
    before = math.prod(sizes[part] for part in join.parts[: join.parts.index(name)])
    if others == 1 and before == 1:
        return {join.name: math.prod(sizes[part] for part in join.parts)}
    count = math.prod(size for _, size in located.inside)
    what = f"{count} samples of '{located.element.name}' do not fill whole words"
    where = f"'{join.name}' does not end with them" if others == 1 else "and they are not the only ones"
    raise fail(
        "V0326",
        f"{what}, {where}",
        located.place,
        expected=f"a multiple of {located.element.per_word}",
        found=str(count),
        help="only the last word of a recording may be left unfilled; round the size up, and crop the axis in"
        " 'dims:', e.g. \"sample -> time:n=(sample)\"",
    )
