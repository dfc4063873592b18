"""What lies along what, as far as a card alone can tell: masks that can fit only by accident.

A mask has one truth value for each row of what it picks from. At run time only the numbers can be
compared, and two numbers may be equal by chance; here the expression is followed to the fields that it
is made of, and to what says how many of them there are.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Protocol

from vspec.errors import Text
from vspec.expressions.functions import FUNCTIONS
from vspec.expressions.syntax import WORDS, Source, called, children, is_type_name, row_by_row

_IN_STEP = frozenset({"reverse", "sort_by", "cumsum"})
"""Functions whose result is as long as their first argument."""
_SINGLE = frozenset({"len", "count", "sum", "prod", "any", "all", "lcm"})
_TRUTHS = frozenset({"startswith", "endswith", "contains"})


@dataclass(frozen=True, slots=True)
class Length:
    """How many there are of something, without the number: ``what`` for messages.

    ``fixed`` is the number where the card says it; else ``source`` is what holds it (a field), or what it
    counts itself (rows up to the end of a file). The rows of a record are rows ``of`` it; what each of
    them holds many of lies ``inside`` it.
    """

    what: str = ""
    fixed: int | None = None
    source: int | None = None
    of: int | None = None
    inside: int | None = None

    def strange_to(self, other: Length) -> bool:
        """Tell whether nothing makes the two numbers equal, so that they could be so only by chance."""
        known = all(n.fixed is not None or n.source is not None for n in (self, other))
        return known and (self.fixed, self.source) != (other.fixed, other.source)


@dataclass(frozen=True, slots=True)
class Known:
    """What is known of a value: its ``lengths``, slowest first, None for one that is not known.

    The first ``rows`` of them count rows, where the value is rows or a record, whose entity in the card is
    ``holder`` (of a single number: the field). ``flags`` says that it is made of truth values.
    """

    lengths: tuple[Length | None, ...] = ()
    holder: object = None
    rows: int = 0
    flags: bool = False


Values = tuple[Known, ...]
"""What is known of the operands that are taken element by element; () where nothing is."""


class Meaning(Protocol):
    """What the names of an expression mean in the card."""

    def name(self, name: str) -> Values:
        """Return what is known of a name."""

    def member(self, holder: Known, name: str) -> Values:
        """Return what is known of ``holder.name``; () where there is no such member."""


@dataclass(frozen=True, slots=True)
class Misfit:
    """A mask that fits by accident only: ``mask`` has ``found`` truth values, ``base`` is ``wanted`` long."""

    mask: Text
    base: Text
    found: Length
    wanted: Length

    @property
    def is_of_one_row(self) -> bool:
        """Whether the mask is made of what one of the rows holds."""
        return self.wanted.of is not None and self.wanted.of == self.found.inside


class Follower:
    """Follows one expression; what was found wrong gathers in ``misfits``."""

    def __init__(self, source: Source, meaning: Meaning) -> None:
        self.misfits: list[Misfit] = []
        self._source = source
        self._meaning = meaning
        self._around: list[Known | None] = []

    def known(self, node: ast.expr) -> Values:
        """Return what is known of a value, having looked at all masks in it."""
        match node:
            case ast.Constant():
                return (Known(),)
            case ast.Name():
                return self._name(node.id)
            case ast.Attribute():
                return tuple(k for held in self.known(node.value) for k in self._member(held, node.attr))
            case ast.Subscript():
                return self._item(node)
            case ast.Call():
                return self._call(node)
            case ast.Compare():
                return self._compare(node)
            case ast.IfExp():
                self.known(node.test)
                yes, no = self.known(node.body), self.known(node.orelse)
                return yes if yes == no else ()
        operands = [self.known(child) for child in children(node)]
        if isinstance(node, ast.BoolOp) or (isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.Not)):
            return _each(operands, flags=True)
        return _each(operands) if isinstance(node, (ast.BinOp, ast.UnaryOp)) else ()

    def _name(self, name: str) -> Values:
        if name in WORDS or is_type_name(name):
            return (Known(),)
        for around in reversed(self._around):
            own = () if around is None else self._member(around, name)
            if own:
                return own
            if around is None:
                return ()
        return self._meaning.name(name)

    def _member(self, held: Known, name: str) -> Values:
        return self._meaning.member(held, name) if held.holder is not None else ()

    def _compare(self, node: ast.Compare) -> Values:
        operands = [self.known(node.left)]
        for op, child in zip(node.ops, node.comparators, strict=True):
            found = self.known(child)
            if not isinstance(op, (ast.In, ast.NotIn)):
                operands.append(found)
        return _each(operands, flags=True) or (Known((None,), flags=True),)

    def _item(self, node: ast.Subscript) -> Values:
        bases = self.known(node.value)
        base = bases[0] if bases and all(k.lengths == bases[0].lengths for k in bases) else None
        columns = None if base is None or base.holder is None or base.rows > 1 else base
        self._around.append(columns or (Known() if base is not None and not base.rows else None))
        index = [self.known(part) for part in _parts(node.slice)]
        self._around.pop()
        if base is None or not base.lengths:
            return ()
        axis = max(base.rows - 1, 0)
        before, behind = base.lengths[:axis], base.lengths[axis + 1 :]
        if isinstance(node.slice, ast.Slice):
            return (replace(base, lengths=(*before, None, *behind)),)
        (chosen,) = index
        if any(k.flags for k in chosen):
            self._check(node, base, chosen)
        elif not chosen:
            return ()
        elif all(not k.lengths for k in chosen):
            return (replace(base, lengths=(*before, *behind), rows=max(base.rows - 1, 0)),)
        return (replace(base, lengths=(*before, None, *behind)),)

    def _check(self, node: ast.Subscript, base: Known, mask: Values) -> None:
        wanted = base.lengths[max(base.rows - 1, 0)]
        for part in mask:
            found = part.lengths[0] if len(part.lengths) == 1 else None
            if found is None or wanted is None or base.rows > 1:
                continue
            texts = self._source.cut(node.slice), self._source.cut(node.value)
            misfit = Misfit(*texts, found, wanted)
            if misfit.is_of_one_row or wanted.strange_to(found):
                self.misfits.append(misfit)
                return

    def _call(self, node: ast.Call) -> Values:
        name = called(node)
        given = [self.known(argument) for argument in node.args]
        for keyword in node.keywords:
            self.known(keyword.value)
        if name in _SINGLE:
            return (Known(),)
        if name in ("first", "last"):
            return tuple(
                replace(k, lengths=k.lengths[1:], rows=max(k.rows - 1, 0)) for k in given[0] if k.lengths
            )
        if name in _IN_STEP:
            return given[0]
        if not row_by_row(node):
            return ()
        return _each(given[: FUNCTIONS[name].rowwise], flags=name in _TRUTHS)


def counted(source: Source, meaning: Meaning) -> Length | None:
    """Return what says the number that an expression gives: ``n``, ``range(n)``, ``4``, ``len(rows)``."""
    node = source.tree
    follower = Follower(source, meaning)
    if isinstance(node, ast.Call) and called(node) == "range" and len(node.args) == 1:
        node = node.args[0]
    elif isinstance(node, ast.Call) and called(node) == "len":
        return _only(follower.known(node.args[0]))
    if isinstance(node, ast.Constant):
        return Length(fixed=node.value) if isinstance(node.value, int) else None
    if not isinstance(node, (ast.Name, ast.Attribute)):
        return None
    found = follower.known(node)
    if len(found) == 1 and not found[0].lengths and found[0].holder is not None:
        return Length(source=id(found[0].holder))
    return _only(found)


def _only(found: Values) -> Length | None:
    return found[0].lengths[0] if len(found) == 1 and len(found[0].lengths) == 1 else None


def _each(operands: Sequence[Values], *, flags: bool = False) -> Values:
    """Return what is known of a result that is made element by element: its operands with axes."""
    found = [k for values in operands for k in values]
    long = [k for k in found if k.lengths]
    if not long and not all(operands):
        return ()
    return tuple(Known(k.lengths, flags=flags) for k in long or found[:1])


def _parts(index: ast.expr) -> Iterator[ast.expr]:
    if isinstance(index, ast.Slice):
        yield from (part for part in (index.lower, index.upper) if part is not None)
    else:
        yield index
