"""From the tree of an expression to closures over values and columns.

Every node becomes a function of a scope. Where a condition is a column, the two branches of a
choice (and the second operand of ``and``, ``or``) are compiled once more, *masked*: they see only
the rows that reach them, so that ``a // b if b != 0 else 0`` holds on columns as it does on rows.
"""

from __future__ import annotations

import ast
import operator
from collections.abc import Callable
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Any

import numpy as np

from vspec.datatypes import NUMBERS
from vspec.errors import Text
from vspec.expressions import special
from vspec.expressions.access import RowScope, attribute, own_item, refuse_own_rows, sliced
from vspec.expressions.arithmetic import combine, invert, negate, operand
from vspec.expressions.columns import INT_MAX, INT_MIN, admitted, collected, kind_of
from vspec.expressions.comparison import compare, joined, not_truth, related, rows_of, truths
from vspec.expressions.functions import FUNCTIONS, Call
from vspec.expressions.masks import (
    Evaluator,
    Masked,
    check_rows,
    clipped,
    clipping,
    masked,
    merged,
    one_each,
    repeated,
    unmasked,
)
from vspec.expressions.sites import Site
from vspec.expressions.syntax import BINARY, COMPARE, WORDS, Source, called, row_by_row
from vspec.expressions.values import Column, Scope, UnknownName, Value

_PLAIN = frozenset({float, str, bool, type(None)})
_QUICK: dict[str, Callable[[int, int], int]] = {
    "+": operator.add,
    "-": operator.sub,
    "*": operator.mul,
    "&": operator.and_,
    "|": operator.or_,
    "^": operator.xor,
}
_QUICK_COMPARE: dict[str, Callable[[Any, Any], bool]] = {
    "==": operator.eq,
    "!=": operator.ne,
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
}
_QUICK_TYPES = frozenset({(int, int), (str, str)})


@dataclass(slots=True)
class Compiler:
    """Compiles the nodes of one expression, for whole columns or for those under a mask."""

    source: Source
    under_mask: bool = False
    twin: Compiler | None = field(default=None, repr=False)
    made: list[Site] = field(default_factory=list)

    def masked(self) -> Compiler:
        """Return the compiler of branches."""
        if self.under_mask:
            return self
        if self.twin is None:
            self.twin = Compiler(self.source, under_mask=True)
        return self.twin

    def whole(self) -> Compiler:
        """Return the compiler of what is not taken row by row."""
        return Compiler(self.source) if self.under_mask else self

    def site(self, node: ast.expr, *parts: ast.expr) -> Site:
        """Return the site of a node with those of its operands."""
        return self.keep(self.source.cut(node), *(self.source.cut(part) for part in parts))

    def keep(self, text: Text, *parts: Text) -> Site:
        """Return a site of texts that are no nodes, and remember it."""
        site = Site(text, parts)
        self.made.append(site)
        return site

    def recorded(self, node: ast.expr) -> tuple[Evaluator, frozenset[Site]]:
        """Return the function that evaluates a node, and every site in it."""
        before = len(self.made)
        evaluator = self.node(node)
        return evaluator, frozenset(self.made[before:])

    def node(self, node: ast.expr) -> Evaluator:
        """Return the function that evaluates a node."""
        match node:
            case ast.Constant():
                return self._constant(node)
            case ast.Name():
                return self._name(node)
            case ast.List() if not self.under_mask:
                return self._list(node)
            case ast.UnaryOp():
                return self._unary(node)
            case ast.BinOp():
                return self._binary(node)
            case ast.BoolOp():
                return self._logical(node)
            case ast.Compare():
                return self._compare(node)
            case ast.IfExp():
                return self._choice(node)
            case ast.Subscript():
                return self._masked_item(node) if self.under_mask else self._item(node)
            case ast.Call(func=ast.Name(id=name)) if FUNCTIONS[name].run is not None and row_by_row(node):
                return self._call(node)
        return self._leaf(node)

    def _leaf(self, node: ast.expr) -> Evaluator:
        """Evaluate on whole columns; under a mask, the mask applies to the result."""
        if self.under_mask:
            return clipping(self.whole().node(node))
        if isinstance(node, ast.Attribute):
            return self._attribute(node)
        assert isinstance(node, ast.Call)
        return self._call(node) if FUNCTIONS[called(node)].run else special.compile_call(self, node)

    def _constant(self, node: ast.Constant, sign: int = 1) -> Evaluator:
        value = node.value
        if isinstance(value, (int, float)) and not isinstance(value, bool):
            value = sign * value
        if isinstance(value, int) and not INT_MIN <= value <= INT_MAX:
            raise self.site(node).fail("V0230", f"{value} does not fit in 64 bits")
        if value in (float("inf"), float("-inf")):
            raise self.site(node).fail("V0240", "the number is too large for a float")
        constant: Value = value  # type: ignore[assignment]  # the white list has let through only these
        return lambda _scope: constant

    def _name(self, node: ast.Name) -> Evaluator:
        name, site = node.id, self.site(node)
        if name in WORDS or name in NUMBERS:
            word: Value = WORDS[name] if name in WORDS else NUMBERS[name]
            return lambda _scope: word

        def run(scope: Scope) -> Value:
            try:
                value = scope.get(name)
            except UnknownName:
                raise special.unknown(name, scope, site) from None
            if type(value) is int and INT_MIN <= value <= INT_MAX:
                return value
            return value if type(value) in _PLAIN else admitted(value, site.text.place)

        return run

    def _list(self, node: ast.List) -> Evaluator:
        elements, site = [self.node(element) for element in node.elts], self.site(node)
        return lambda scope: collected((element(scope) for element in elements), site)

    def _unary(self, node: ast.UnaryOp) -> Evaluator:
        site = self.site(node, node.operand, node.operand)
        number = isinstance(node.operand, ast.Constant) and isinstance(node.operand.value, (int, float))
        if isinstance(node.op, ast.USub) and isinstance(node.operand, ast.Constant) and number:
            return self._constant(node.operand, -1)
        value = self.node(node.operand)
        if isinstance(node.op, ast.Not):
            part = self.site(node.operand)

            def negated(scope: Scope) -> Value:
                flags = truths(value(scope), part)
                return not flags if isinstance(flags, bool) else ~flags

            return negated
        if isinstance(node.op, ast.USub):
            return lambda scope: negate(value(scope), site)
        if isinstance(node.op, ast.Invert):
            return lambda scope: invert(value(scope), site)
        return lambda scope: operand(value(scope), site, 0)

    def _binary(self, node: ast.BinOp) -> Evaluator:
        symbol, site = BINARY[type(node.op)], self.site(node, node.left, node.right)
        left, right, quick = self.node(node.left), self.node(node.right), _QUICK.get(symbol)
        if quick is None:
            return lambda scope: combine(symbol, left(scope), right(scope), site)

        def run(scope: Scope) -> Value:
            a, b = left(scope), right(scope)
            if type(a) is int and type(b) is int:
                result = quick(a, b)
                if INT_MIN <= result <= INT_MAX:
                    return result
            return combine(symbol, a, b, site)

        return run

    def _compare(self, node: ast.Compare) -> Evaluator:
        if len(node.ops) == 1:
            return special.there(self, node) or self._comparison(node.left, node.ops[0], node.comparators[0])
        symbols = [COMPARE[type(op)] for op in node.ops]
        operands = [node.left, *node.comparators]
        sites = [self._pair_site(a, b) for a, b in pairwise(operands)]
        values = [
            self._container(o) if i and symbols[i - 1].endswith("in") else self.node(o)
            for i, o in enumerate(operands)
        ]

        def run(scope: Scope) -> Value:
            left = values[0](scope)
            result: bool | Column = True
            for symbol, value, site in zip(symbols, values[1:], sites, strict=True):
                right = value(scope)
                outcome = related(symbol, left, right, site)
                result = outcome if result is True else joined(result, outcome, site, is_and=True)
                if not np.any(result):
                    return result
                left = right
            return result

        return run

    def _comparison(self, left: ast.expr, op: ast.cmpop, right: ast.expr) -> Evaluator:
        symbol, site = COMPARE[type(op)], self._pair_site(left, right)
        first = self.node(left)
        if symbol.endswith("in"):
            second = self._container(right)
            return lambda scope: related(symbol, first(scope), second(scope), site)
        second, quick = self.node(right), _QUICK_COMPARE[symbol]

        def run(scope: Scope) -> Value:
            a, b = first(scope), second(scope)
            if (type(a), type(b)) in _QUICK_TYPES:
                return quick(a, b)
            return compare(symbol, a, b, site)

        return run

    def _pair_site(self, left: ast.expr, right: ast.expr) -> Site:
        both = self.source.span(left.col_offset, right.end_col_offset or right.col_offset)
        return self.keep(both, self.source.cut(left), self.source.cut(right))

    def _container(self, node: ast.expr) -> Evaluator:
        """Compile what follows ``in``: a written list row by row, anything else as a whole."""
        if isinstance(node, ast.List):
            return self._list(node)
        if not self.under_mask:
            return self.node(node)
        return unmasked(self.whole().node(node))

    def _logical(self, node: ast.BoolOp) -> Evaluator:
        result = self.node(node.values[0])
        site = self.site(node.values[0])
        for value in node.values[1:]:
            result = self._join((result, site), value, is_and=isinstance(node.op, ast.And))
            site = self.site(value)
        return result

    def _join(self, left: tuple[Evaluator, Site], right: ast.expr, *, is_and: bool) -> Evaluator:
        first, first_site = left
        second, second_site = self.node(right), self.site(right)
        branch = self._branch(right)

        def run(scope: Scope) -> Value:
            a = truths(first(scope), first_site)
            if isinstance(a, bool):
                return truths(second(scope), second_site) if a == is_and else a
            mask = a if is_and else ~a
            if mask.ndim > 1 or (mask.all() and mask.size):
                return joined(a, truths(second(scope), second_site), second_site, is_and=is_and)
            if not mask.any():
                return a
            flags = truths(branch()(masked(scope, mask, first_site)), second_site)
            if isinstance(flags, np.ndarray):
                one_each(flags, mask[mask], second_site)
            result = a.copy()
            result[mask] = flags
            return result

        return run

    def _branch(self, node: ast.expr) -> Callable[[], Evaluator]:
        """Return a function that compiles a branch for masks when first asked, and keeps it."""
        kept = list[Evaluator]()

        def branch() -> Evaluator:
            if not kept:
                kept.append(self.masked().node(node))
            return kept[0]

        return branch

    def _choice(self, node: ast.IfExp) -> Evaluator:
        test, yes, no = self.node(node.test), self.node(node.body), self.node(node.orelse)
        test_site, site = self.site(node.test), self.site(node)
        yes_branch, no_branch = self._branch(node.body), self._branch(node.orelse)

        def run(scope: Scope) -> Value:
            mask = truths(test(scope), test_site)
            if mask is True or mask is False:
                return yes(scope) if mask else no(scope)
            if mask.ndim > 1:
                raise not_truth(mask, test_site)
            if mask.size and (mask.all() or not mask.any()):
                value = yes(scope) if mask.all() else no(scope)
                if not isinstance(value, (np.ndarray, list)):
                    return repeated(value, len(mask))
                check_rows(value, mask, test_site)
                return value
            chosen = yes_branch()(masked(scope, mask, test_site))
            return merged(mask, chosen, no_branch()(masked(scope, ~mask, test_site)), site)

        return run

    def _attribute(self, node: ast.Attribute) -> Evaluator:
        base, name = self.node(node.value), node.attr
        whole, stop = self.source.cut(node), (node.end_col_offset or 0)
        site = self.keep(whole, self.source.cut(node.value), self.source.span(stop - len(name), stop))
        return lambda scope: attribute(base(scope), name, site)

    def _item(self, node: ast.Subscript) -> Evaluator:
        base = self.node(node.value)
        if isinstance(node.slice, ast.Slice):
            return self._slice(node, node.slice, base)
        index, site = self.node(node.slice), self.site(node, node.value, node.slice)
        names = any(isinstance(n, ast.Name) for n in ast.walk(node.slice))

        def run(scope: Scope) -> Value:
            value = base(scope)
            if names and (rows := rows_of(value)) is not None:
                return own_item(scope, value, index(RowScope(rows, scope, site)), site)
            return own_item(scope, value, index(scope), site)

        return run

    def _slice(self, node: ast.Subscript, bounds: ast.Slice, base: Evaluator) -> Evaluator:
        start = self.node(bounds.lower) if bounds.lower else _none
        stop = self.node(bounds.upper) if bounds.upper else _none
        site = self.site(node, node.value, bounds.lower or bounds.upper or node.value)

        def run(scope: Scope) -> Value:
            value, inside = base(scope), scope
            refuse_own_rows(scope, value, site)
            if (rows := rows_of(value)) is not None:
                inside = RowScope(rows, scope, site)
            return sliced(value, start(inside), stop(inside), site)

        return run

    def _masked_item(self, node: ast.Subscript) -> Evaluator:
        """Look up in the whole table what the rows under the mask ask for."""
        whole = self.whole()
        entire = clipping(whole.node(node))
        if isinstance(node.slice, ast.Slice):
            return entire
        base, index = unmasked(whole.node(node.value)), self.node(node.slice)
        site = self.site(node, node.value, node.slice)

        def run(scope: Scope) -> Value:
            value = base(scope)
            if kind_of(value) not in ("table", "list", "column"):
                return entire(scope)
            key = index(scope)
            found = own_item(scope, value, key, site)
            one = not isinstance(key, (list, np.ndarray))
            return clipped(found, scope.mask, scope.site) if one and isinstance(scope, Masked) else found

        return run

    def _call(self, node: ast.Call) -> Evaluator:
        function = FUNCTIONS[called(node)]
        run_it = function.run
        arguments = [self._argument(node, i) for i in range(len(node.args))]
        named = {k.arg or "": self.node(k.value) for k in node.keywords}
        site = self.site(node, *node.args, *(k.value for k in node.keywords))
        assert run_it is not None
        if not named:
            plain = Call(function, site, {})
            return lambda scope: run_it(plain, [argument(scope) for argument in arguments])

        def run(scope: Scope) -> Value:
            call = Call(function, site, {name: value(scope) for name, value in named.items()})
            return run_it(call, [argument(scope) for argument in arguments])

        return run

    def _argument(self, node: ast.Call, index: int) -> Evaluator:
        """Compile an argument; what a function does not take row by row is whole under a mask, too."""
        argument = node.args[index]
        if self.under_mask and index >= FUNCTIONS[called(node)].rowwise:
            return unmasked(self.whole().node(argument))
        return self.node(argument)


def _none(_scope: Scope) -> Value:
    return None
