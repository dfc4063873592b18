"""The arrow: ``"block channel sample -> time=(block sample) channel"``."""

from __future__ import annotations

import re

from vspec.card.clauses import find_top, split_top
from vspec.card.model import Arrow, JoinAxis, SplitAxis
from vspec.errors import Problem, Text, VspecError, did_you_mean, fail
from vspec.expressions import Expression, parse

NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*\Z")
_EXAMPLE = "e.g. block channel sample -> time=(block sample) channel"


def parse_arrow(text: Text) -> Arrow:
    """Return the arrow of a text; raise `VspecError` with what is wrong with it."""
    if text.value.count("->") != 1:
        raise fail("V0115", "an arrow has one '->'", text.place, help=_EXAMPLE)
    middle = text.value.index("->")
    before, after = text.cut(0, middle), text.cut(middle + 2, len(text.value))
    lefts, rights = split_top(before, " "), split_top(after, " ")
    if not lefts or not rights:
        side = "before" if not lefts else "after"
        raise fail("V0115", f"no axes {side} the arrow", text.place, help=_EXAMPLE)
    left = [_split(piece) for piece in lefts]
    right = [_join(piece) for piece in rights]
    problems = [*_twice(left, lefts), *_uses(left, right, rights, text)]
    if problems:
        raise VspecError(problems)
    return Arrow(tuple(left), tuple(right), text.place)


def _split(piece: Text) -> SplitAxis:
    """Return ``y`` or ``tile=(ty:ny tx:nx)``."""
    equals = find_top(piece, "=")
    if equals is None:
        return SplitAxis(_name(piece))
    name = _name(piece.cut(0, equals))
    parts = [_sized(part) for part in _group(piece.cut(equals + 1, len(piece.value)))]
    return SplitAxis(name, tuple(parts))


def _join(piece: Text) -> JoinAxis:
    """Return ``x``, ``-x``, ``y:h=(ty y)`` or ``channel=signal``."""
    reverse = piece.value.startswith("-")
    body = piece.cut(1, len(piece.value)) if reverse else piece
    equals = find_top(body, "=")
    head = body if equals is None else body.cut(0, equals)
    name, size = _sized(head)
    if equals is None:
        return JoinAxis(name, (name,), reverse, size)
    made_of = body.cut(equals + 1, len(body.value))
    parts = _group(made_of) if made_of.value.startswith("(") else [made_of]
    return JoinAxis(name, tuple(_name(part) for part in parts), reverse, size)


def _group(text: Text) -> list[Text]:
    if not (text.value.startswith("(") and text.value.endswith(")")):
        raise fail("V0115", f"'{text.value}' should be axes in parentheses", text.place, help=_EXAMPLE)
    parts = split_top(text.cut(1, len(text.value) - 1), " ")
    if not parts:
        raise fail("V0115", "no axes in the parentheses", text.place, help=_EXAMPLE)
    return parts


def _sized(text: Text) -> tuple[str, Expression | None]:
    colon = find_top(text, ":")
    if colon is None:
        return _name(text), None
    return _name(text.cut(0, colon)), parse(text.cut(colon + 1, len(text.value)))


def _name(text: Text) -> str:
    if NAME.match(text.value) is None:
        raise fail("V0115", f"'{text.value}' is not the name of an axis", text.place, help=_EXAMPLE)
    return text.value


def _twice(left: list[SplitAxis], texts: list[Text]) -> list[Problem]:
    seen: set[str] = set()
    problems: list[Problem] = []
    for axis, text in zip(left, texts, strict=True):
        for name in [axis.name, *(part for part, _ in axis.parts)]:
            if name in seen:
                message = f"the axis '{name}' stands twice before the arrow"
                problems.append(Problem("V0116", message, text.place))
            seen.add(name)
    return problems


def _uses(left: list[SplitAxis], right: list[JoinAxis], texts: list[Text], whole: Text) -> list[Problem]:
    """Check that every stored axis, or part of a split one, is used once after the arrow."""
    stored = [part for axis in left for part in ([p for p, _ in axis.parts] or [axis.name])]
    problems: list[Problem] = []
    used: set[str] = set()
    names: set[str] = set()
    for axis, text in zip(right, texts, strict=True):
        for part in axis.parts:
            if part not in stored:
                message = f"'{part}' does not stand before the arrow"
                problems.append(
                    Problem("V0116", message, text.place, help=did_you_mean(part, stored, "before it"))
                )
            elif part in used:
                problems.append(
                    Problem("V0116", f"the axis '{part}' is used twice after the arrow", text.place)
                )
            used.add(part)
        if axis.name in names:
            problems.append(
                Problem("V0116", f"two axes after the arrow are called '{axis.name}'", text.place)
            )
        names.add(axis.name)
    unused = [part for part in stored if part not in used]
    if unused and not problems:
        listed = ", ".join(f"'{part}'" for part in unused)
        message = f"{listed} not used after the arrow"
        problems.append(
            Problem("V0116", message, whole.place, help="every stored axis is used once; join or keep it")
        )
    return problems
