"""Expressions and texts with ``{{ }}``, as the rest of vspec sees them."""

from __future__ import annotations

import ast
from collections.abc import Collection, Iterator
from dataclasses import dataclass, field

import numpy as np

from vspec.errors import Text
from vspec.expressions.access import whole
from vspec.expressions.alongside import Follower, Length, Meaning, Misfit, Values, counted
from vspec.expressions.columns import admitted
from vspec.expressions.comparison import truth
from vspec.expressions.compilation import Compiler
from vspec.expressions.functions import FUNCTIONS
from vspec.expressions.location import Locator, compile_locate
from vspec.expressions.masks import Evaluator
from vspec.expressions.sites import Site
from vspec.expressions.syntax import WORDS, Source, called, children, is_type_name, read, row_by_row
from vspec.expressions.values import Scope, Value


@dataclass(frozen=True, slots=True, eq=False)
class Expression:
    """A parsed expression.

    ``names`` are the free names at the roots of paths (neither functions nor types); those of
    them that stand only inside brackets, where they may mean columns, are in ``bracketed``.
    ``paths`` are the dotted paths as they are written (``meta.nSavedChans``).
    """

    text: Text
    names: frozenset[str]
    paths: tuple[str, ...]
    bracketed: frozenset[str]
    is_constant: bool
    _source: Source = field(repr=False)
    _run: Evaluator = field(repr=False)
    _locate: Locator = field(repr=False)
    _site: Site = field(repr=False)

    @property
    def _tree(self) -> ast.expr:
        return self._source.tree

    @property
    def elementwise(self) -> bool:
        """Whether evaluating on columns gives the same as evaluating for each row."""
        return self.elementwise_with(())

    def elementwise_with(self, tables: Collection[str]) -> bool:
        """Tell the same when look-ups in ``tables`` (names that do not vary by row) are allowed."""
        return _is_elementwise(self._tree, frozenset(tables))

    @property
    def literal(self) -> str | int | float | None:
        """The number or text that is all of the expression, None for any other."""
        tree = self._tree
        value = tree.value if isinstance(tree, ast.Constant) else None
        return value if isinstance(value, (str, int, float)) else None

    @property
    def listed(self) -> int | None:
        """The number of items of a list that is written out, None for any other expression."""
        return len(self._tree.elts) if isinstance(self._tree, ast.List) else None

    @property
    def chosen(self) -> frozenset[str] | None:
        """The names between which an expression chooses (``a if c else b``); None where it computes."""
        return _chosen(self._tree)

    def stands_alone(self, name: str) -> bool:
        """Tell whether a name is nothing but what is chosen: ``n if n > 0 else NAME``, never ``NAME - 1``."""
        return _stands_alone(self._tree, name)

    def most(self, name: str) -> int:
        """Return how often a name is used at most, whichever branches are taken."""
        return _most(self._tree, name)

    def along(self, meaning: Meaning) -> tuple[Values, list[Misfit]]:
        """Return what is known of the value before any file is read, and the masks that fit by accident."""
        follower = Follower(self._source, meaning)
        return follower.known(self._tree), follower.misfits

    def counted(self, meaning: Meaning) -> Length | None:
        """Return what says the number that this gives, as far as that is known."""
        return counted(self._source, meaning)

    def evaluate(self, scope: Scope) -> Value:
        """Return the value. Raises `VspecError` with the place of the part that failed."""
        value = self._run(scope)
        if isinstance(value, np.ndarray):
            self._site.check_elements(value.size)
            return admitted(value, self.text.place)
        if isinstance(value, list):
            self._site.check_elements(len(value))
        return value

    def locate(self, scope: Scope) -> object:
        """Return where the named field lies, as the scope's records locate it; nothing is read."""
        return self._locate(scope)

    def integer(self, scope: Scope) -> int:
        """Return the value as a whole number: 3.0 is one, 3.5 is an error."""
        return whole(self._run(scope), self._site, 0)

    def truth(self, scope: Scope) -> bool:
        """Return the value as true or false; a number is true unless it is 0."""
        return truth(self._run(scope), self._site)


def parse(text: Text) -> Expression:
    """Return the expression of a text; raise `VspecError` with everything that is wrong with it."""
    source = read(text)
    compiler = Compiler(source)
    run, locate = compiler.node(source.tree), compile_locate(compiler, source.tree)
    outside, inside = set[str](), set[str]()
    _collect_names(source.tree, outside, inside)
    names = frozenset(outside | inside)
    return Expression(
        text=text,
        names=names,
        paths=tuple(dict.fromkeys(_paths(source.tree))),
        bracketed=frozenset(inside - outside),
        is_constant=not names and not _looks_at_bytes(source.tree),
        _source=source,
        _run=run,
        _locate=locate,
        _site=Site(text.strip()),
    )


def _chosen(node: ast.expr) -> frozenset[str] | None:
    if isinstance(node, ast.Name):
        return frozenset({node.id})
    if not isinstance(node, ast.IfExp):
        return None
    body, orelse = _chosen(node.body), _chosen(node.orelse)
    return None if body is None or orelse is None else body | orelse


def _stands_alone(node: ast.expr, name: str) -> bool:
    match node:
        case ast.Name():
            return True
        case ast.IfExp():
            inside = {n.id for n in ast.walk(node.test) if isinstance(n, ast.Name)}
            return name not in inside and _stands_alone(node.body, name) and _stands_alone(node.orelse, name)
    return all(n.id != name for n in ast.walk(node) if isinstance(n, ast.Name))


def _most(node: ast.expr, name: str) -> int:
    if isinstance(node, ast.Name):
        return int(node.id == name)
    if isinstance(node, ast.IfExp):
        return _most(node.test, name) + max(_most(node.body, name), _most(node.orelse, name))
    return sum(_most(child, name) for child in children(node))


def _is_free(name: str) -> bool:
    return name not in WORDS and not is_type_name(name)


def _collect_names(node: ast.expr, outside: set[str], inside: set[str]) -> None:
    if isinstance(node, ast.Name) and _is_free(node.id):
        outside.add(node.id)
    elif isinstance(node, ast.Subscript):
        _collect_names(node.value, outside, inside)
        for child in children(node):
            if child is not node.value:
                _collect_names(child, inside, inside)
    else:
        if isinstance(node, ast.Call) and called(node) == "align":
            outside.add("here")
        for child in children(node):
            _collect_names(child, outside, inside)


def _paths(node: ast.expr) -> Iterator[str]:
    dotted = _dotted(node)
    if dotted is not None:
        if _is_free(dotted.split(".")[0]):
            yield dotted
        return
    if isinstance(node, ast.Call) and called(node) == "align":
        yield "here"
    for child in children(node):
        yield from _paths(child)


def _dotted(node: ast.expr) -> str | None:
    if isinstance(node, ast.Name):
        return node.id
    if isinstance(node, ast.Attribute):
        base = _dotted(node.value)
        return None if base is None else f"{base}.{node.attr}"
    return None


def _looks_at_bytes(tree: ast.expr) -> bool:
    calls = (called(n) for n in ast.walk(tree) if isinstance(n, ast.Call))
    return any(FUNCTIONS[name].run is None and name != "get" for name in calls)


def _is_elementwise(node: ast.expr, tables: frozenset[str]) -> bool:
    match node:
        case ast.Subscript(slice=ast.Slice()):
            return False
        case ast.Subscript():
            base = _dotted(_unindexed(node.value))
            return base is not None and base.split(".")[0] in tables and _is_elementwise(node.slice, tables)
        case ast.Attribute():
            return _dotted(node) is not None
        case ast.List():
            return False
        case ast.Compare(ops=ops, comparators=others):
            parts = [node.left, *others]
            for op, part in zip(ops, others, strict=True):
                if isinstance(op, (ast.In, ast.NotIn)) and (_is_literal_list(part) or _root(part) in tables):
                    parts.remove(part)
                elif isinstance(op, (ast.In, ast.NotIn)):
                    return False
            return all(_is_elementwise(part, tables) for part in parts)
        case ast.Call():
            if not row_by_row(node):
                return False
            rowwise = FUNCTIONS[called(node)].rowwise
            first, others = node.args[:rowwise], node.args[rowwise:]
            fixed = all(_is_fixed(other, tables) for other in others)
            return fixed and all(_is_elementwise(argument, tables) for argument in first)
    return all(_is_elementwise(child, tables) for child in children(node))


def _is_fixed(node: ast.expr, tables: frozenset[str]) -> bool:
    """Tell whether a value does not vary by row."""
    names = (n.id for n in ast.walk(node) if isinstance(n, ast.Name) and _is_free(n.id))
    return all(name in tables or name in FUNCTIONS for name in names)


def _unindexed(node: ast.expr) -> ast.expr:
    while isinstance(node, ast.Subscript) and not isinstance(node.slice, ast.Slice):
        node = node.value
    return node


def _root(node: ast.expr) -> str:
    dotted = _dotted(node)
    return dotted.split(".")[0] if dotted else ""


def _is_literal_list(node: ast.expr) -> bool:
    return isinstance(node, ast.List) and all(isinstance(e, (ast.Constant, ast.UnaryOp)) for e in node.elts)
