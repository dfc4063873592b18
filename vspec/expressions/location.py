"""Where a field lies: the part of an expression that names it is walked, its last name is located."""

from __future__ import annotations

import ast
from collections.abc import Callable
from typing import Protocol, cast

from vspec.errors import Text, VspecError, did_you_mean
from vspec.expressions.columns import described, kind_of
from vspec.expressions.comparison import truth
from vspec.expressions.masks import Evaluator
from vspec.expressions.sites import Site
from vspec.expressions.syntax import Source
from vspec.expressions.values import Record, Scope, UnknownName

Locator = Callable[[Scope], object]


class Compiling(Protocol):
    """What is needed of the compiler."""

    source: Source

    def node(self, node: ast.expr) -> Evaluator:
        """Return the function that evaluates a node."""

    def recorded(self, node: ast.expr) -> tuple[Evaluator, frozenset[Site]]:
        """Return the same, with every site in it."""

    def keep(self, text: Text, *parts: Text) -> Site:
        """Return a site of texts that are no nodes, and remember it."""

    def site(self, node: ast.expr, *parts: ast.expr) -> Site:
        """Return the site of a node with those of its operands."""


def compile_locate(compiler: Compiling, node: ast.expr) -> Locator:
    """Return the function that locates the field of an expression, without reading it."""
    match node:
        case ast.Name():
            return _name(node.id, compiler.site(node))
        case ast.Attribute():
            return _attribute(compiler, node)
        case ast.Subscript():
            return _item(compiler, node)
        case ast.IfExp():
            return _choice(compiler, node)
    site = compiler.site(node)

    def refuse(_scope: Scope) -> object:
        raise no_field(site, None, None)

    return refuse


def no_field(site: Site, part: int | None, value: object) -> VspecError:
    """Return the error that something does not lie in a file."""
    name = site.name(0) if part is not None else site.text.value
    what = f", {name} is {described(value)}" if value is not None else f": '{name}' is computed"
    help = "name a field, e.g. role.record.field, or one of several: a.x if condition else b.y"
    return site.fail("V0235", f"a field is wanted here{what}", help, part)


def _name(name: str, site: Site) -> Locator:
    def run(scope: Scope) -> object:
        try:
            return scope.locate(name)
        except UnknownName:
            message = f"no field '{name}' here"
            raise site.absent("V0220", message, did_you_mean(name, scope.names())) from None

    return run


def _attribute(compiler: Compiling, node: ast.Attribute) -> Locator:
    base, name, stop = compiler.node(node.value), node.attr, node.end_col_offset or 0
    field = compiler.source.span(stop - len(name), stop)
    site = compiler.keep(compiler.source.cut(node), compiler.source.cut(node.value), field)

    def run(scope: Scope) -> object:
        value = base(scope)
        if kind_of(value) not in ("record", "rows"):
            if value is None:
                raise site.absent(
                    "V0221", f"{site.name(0)} is none (absent): it has no field '{name}'", part=0
                )
            raise no_field(site, 0, value)
        holder = cast("Record", value)
        try:
            return holder.locate(name)
        except UnknownName:
            if name in holder.names():
                raise no_field(site, None, None) from None
            message = f"no field '{name}' in {site.name(0)}"
            raise site.absent("V0221", message, did_you_mean(name, holder.names(), "it has"), 1) from None

    return run


def _item(compiler: Compiling, node: ast.Subscript) -> Locator:
    value, site = compiler.node(node), compiler.site(node, node)

    def run(scope: Scope) -> object:
        row = value(scope)
        if kind_of(row) in ("record", "rows") or hasattr(row, "offset"):
            return row
        raise no_field(site, 0, row)

    return run


def _choice(compiler: Compiling, node: ast.IfExp) -> Locator:
    test, site = compiler.node(node.test), compiler.site(node.test)
    yes, no = compile_locate(compiler, node.body), compile_locate(compiler, node.orelse)
    return lambda scope: yes(scope) if truth(test(scope), site) else no(scope)
