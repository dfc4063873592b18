"""Where a field lies: the part of an expression that names it is walked, its last name is located."""

from __future__ import annotations

import ast
from collections.abc import Callable, Sequence
from typing import Protocol, cast, runtime_checkable

from vspec.errors import Text, VspecError, did_you_mean
from vspec.expressions.access import bounds, positions
from vspec.expressions.columns import described, kind_of
from vspec.expressions.comparison import truth
from vspec.expressions.masks import Evaluator
from vspec.expressions.sites import Site
from vspec.expressions.syntax import Source
from vspec.expressions.values import Column, Record, Scope, UnknownName

Locator = Callable[[Scope], object]


@runtime_checkable
class Selectable(Protocol):
    """A located field with axes of its own, slowest first."""

    @property
    def axes(self) -> tuple[tuple[str, int], ...]:
        """Names and sizes of the axes."""

    def pick(self, index: int | Column) -> object:
        """Return the field at one position of its first axis, without that axis, or at many positions."""

    def cut(self, start: int, stop: int) -> object:
        """Return the field from one position of its first axis up to another."""


@runtime_checkable
class Listable(Protocol):
    """What a list of may be named together: its values are copied, wherever they are."""

    @property
    def values(self) -> Column:
        """The values that are copied."""


class Compiling(Protocol):
    """What is needed of the compiler."""

    source: Source
    under_mask: bool

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
        case ast.List(elts=elements) if elements:
            return _list([compile_locate(compiler, element) for element in elements], compiler.site(node))
    site = compiler.site(node)

    def refuse(_scope: Scope) -> object:
        raise no_field(site, None, None)

    return refuse


def _list(locators: Sequence[Locator], site: Site) -> Locator:
    """Locate several things that can stand side by side; fields in bytes are no such things."""

    def run(scope: Scope) -> object:
        found = [locate(scope) for locate in locators]
        if not all(isinstance(one, Listable) for one in found):
            raise no_field(site, None, None)
        return found

    return run


def no_field(site: Site, part: int | None, value: object) -> VspecError:
    """Return the error that something does not lie in a file."""
    name = site.name(0) if part is not None else site.text.value
    if is_absent(value):
        help = f"give it where the field is there: ... if {name} != none else ..."
        return site.absent("V0225", f"{name} is none (absent): it lies nowhere", help, part)
    what = f", {name} is {described(value)}" if value is not None else f": '{name}' is computed"
    help = "name a field, e.g. role.record.field, or one of several: a.x if condition else b.y"
    return site.fail("V0235", f"a field is wanted here{what}", help, part)


def is_absent(located: object) -> bool:
    """Tell whether a located object is not there: a field with a default and no place, or absent rows."""
    if getattr(located, "is_absent", False):
        return True
    return hasattr(located, "default") and not hasattr(located, "offset")


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
    """Locate rows by evaluating them; of a field's own axes, what is picked is only located."""
    value, site = compiler.node(node), compiler.site(node, node)
    field, pick = compile_locate(compiler, node.value), _picker(compiler, node)

    def run(scope: Scope) -> object:
        try:
            whole = field(scope)
        except VspecError:
            whole = None
        if isinstance(whole, Selectable) and whole.axes:
            return pick(whole, scope)
        row = value(scope)
        if kind_of(row) in ("record", "rows") or hasattr(row, "offset"):
            return row
        raise no_field(site, 0, row)

    return run


def _picker(compiler: Compiling, node: ast.Subscript) -> Callable[[Selectable, Scope], object]:
    """Return the function that picks positions of the first axis of a located field."""
    if not isinstance(node.slice, ast.Slice):
        index, site = compiler.node(node.slice), compiler.site(node, node.value, node.slice)
        return lambda field, scope: field.pick(positions(field.axes[0][1], index(scope), site))
    lower, upper = node.slice.lower, node.slice.upper
    start = None if lower is None else compiler.node(lower)
    stop = None if upper is None else compiler.node(upper)
    site = compiler.site(node, node.value, lower or upper or node.value)

    def run(field: Selectable, scope: Scope) -> object:
        first = None if start is None else start(scope)
        last = None if stop is None else stop(scope)
        return field.cut(*bounds(field.axes[0][1], first, last, site))

    return run


def _choice(compiler: Compiling, node: ast.IfExp) -> Locator:
    test, site = compiler.node(node.test), compiler.site(node.test)
    yes, no = compile_locate(compiler, node.body), compile_locate(compiler, node.orelse)
    return lambda scope: yes(scope) if truth(test(scope), site) else no(scope)
