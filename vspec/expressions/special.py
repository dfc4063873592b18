"""Functions that need more than the values of their arguments: places, defaults, searches."""

from __future__ import annotations

import ast
from collections.abc import Callable
from typing import cast

from vspec.errors import VspecError, did_you_mean
from vspec.expressions.access import attribute, item, whole
from vspec.expressions.arithmetic import combine
from vspec.expressions.columns import admitted, described, kind_of
from vspec.expressions.comparison import compare, rows_of
from vspec.expressions.functions import FUNCTIONS
from vspec.expressions.functions.texts import as_bytes
from vspec.expressions.location import Compiling, Selectable, compile_locate, is_absent, no_field
from vspec.expressions.masks import Evaluator
from vspec.expressions.sites import Absent, Site
from vspec.expressions.syntax import COMPARE, called
from vspec.expressions.values import Record, Scope, UnknownName, Value


def compile_call(compiler: Compiling, node: ast.Call) -> Evaluator:
    """Return the evaluator of a call whose function is not run on values alone."""
    return _COMPILERS[called(node)](compiler, node)


def there(compiler: Compiling, node: ast.Compare) -> Evaluator | None:
    """Compile ``record.field != none`` of a field with axes: it is there or not, whatever it holds.

    Returns None for any other comparison. The field is located, not read.
    """
    field, none = node.left, node.comparators[0]
    asked = isinstance(node.ops[0], (ast.Eq, ast.NotEq)) and not compiler.under_mask
    if not (asked and isinstance(field, ast.Attribute) and isinstance(none, ast.Name) and none.id == "none"):
        return None
    wanted, symbol = isinstance(node.ops[0], ast.NotEq), COMPARE[type(node.ops[0])]
    holder, value, site = compiler.node(field.value), compiler.node(field), compiler.site(node, field, none)

    def run(scope: Scope) -> Value:
        record = holder(scope)
        if kind_of(record) == "record" and _is_array(cast("Record", record), field.attr):
            return wanted
        return compare(symbol, value(scope), None, site)

    return run


def _is_array(record: Record, name: str) -> bool:
    try:
        placed = record.locate(name)
    except (UnknownName, VspecError):
        return False
    return isinstance(placed, Selectable) and bool(placed.axes)


def _extent(part: str) -> Callable[[Compiling, ast.Call], Evaluator]:
    def compile_it(compiler: Compiling, node: ast.Call) -> Evaluator:
        locate, site = compile_locate(compiler, node.args[0]), compiler.site(node, node.args[0])

        def run(scope: Scope) -> Value:
            return _measured(locate(scope), part, site)

        return run

    return compile_it


def _measured(located: object, part: str, site: Site) -> Value:
    """Return ``offset``, ``nbytes`` or their sum of a located object."""
    if located is None or is_absent(located):
        help = "ask first whether it is there: ... if x != none else ..."
        raise site.absent("V0225", f"{site.name(0)} is none (absent): it lies nowhere", help, 0)
    if not (hasattr(located, "offset") and hasattr(located, "nbytes")):
        raise no_field(site, 0, located)
    if part == "nbytes":
        return admitted(located.nbytes, site.text.place)
    offset = admitted(located.offset, site.text.place)
    if part == "offset":
        return offset
    return combine("+", offset, admitted(located.nbytes, site.text.place), site)


def _files(compiler: Compiling, node: ast.Call) -> Evaluator:
    role, site = compiler.node(node.args[0]), compiler.site(node, node.args[0])

    def run(scope: Scope) -> Value:
        rows = rows_of(role(scope))
        if rows is None:
            message = f"files takes a role with many files, {site.name(0)} is not one"
            raise site.fail(
                "V0227", message, "over: names the capture that tells the files of a role apart", 0
            )
        return [admitted(key) for key in rows.keys()]  # noqa: SIM118  # the protocol's keys

    return run


def _find(compiler: Compiling, node: ast.Call) -> Evaluator:
    values = [compiler.node(argument) for argument in node.args]
    site = compiler.site(node, *node.args)

    def run(scope: Scope) -> Value:
        text = values[0](scope)
        needle = text if isinstance(text, bytes) else as_bytes(text) if isinstance(text, str) else None
        if not needle:
            message = f"find looks for a text of characters below 256, not {described(text)}"
            raise site.fail(
                "V0227",
                message,
                "usage: find('text'), find('text', from_byte) or find('text', from_byte, default)",
                0,
            )
        start = whole(values[1](scope), site, 1) if len(values) > 1 else None
        if start is not None and start < 0:
            raise site.fail("V0227", f"find cannot begin at byte {start}", part=1)
        try:
            return scope.find(needle, start)
        except UnknownName:
            if len(values) > 2:
                return values[2](scope)
            message = f"{described(text)} is not in the file" + (f" after byte {start}" if start else "")
            raise site.absent("V0241", message) from None

    return run


def _align(compiler: Compiling, node: ast.Call) -> Evaluator:
    """Compile ``align(n)``: the first multiple of n in the file that is not before ``here``."""
    here = compiler.node(ast.copy_location(ast.Name("here"), node))
    size, site = compiler.node(node.args[0]), compiler.site(node, node.args[0])

    def run(scope: Scope) -> Value:
        n = whole(size(scope), site, 0)
        if n < 1:
            raise site.fail("V0227", f"align takes 1 byte or more, not {n}", "usage: align(bytes)", 0)
        return -(-whole(here(scope), site, 1) // n) * n

    return run


def _get(compiler: Compiling, node: ast.Call) -> Evaluator:
    """Compile ``get``: its default stands in for what is absent on the path itself, nothing else."""
    site = compiler.site(node, *node.args)
    default = compiler.node(node.args[-1])
    path, sites = compiler.recorded(node.args[0])
    key = compiler.node(node.args[1]) if len(node.args) == 3 else None

    def run(scope: Scope) -> Value:
        try:
            value = path(scope)
            if key is not None:
                value = _keyed(value, key(scope), site)
        except Absent as absent:
            if absent.site is not site and absent.site not in sites:
                raise
            return default(scope)
        return default(scope) if value is None or getattr(value, "is_absent", False) else value

    return run


def _keyed(value: Value, key: Value, site: Site) -> Value:
    if kind_of(value) == "record" and isinstance(key, str):
        return attribute(value, key, site)
    return item(value, key, site)


_COMPILERS: dict[str, Callable[[Compiling, ast.Call], Evaluator]] = {
    "at": _extent("offset"),
    "end": _extent("end"),
    "nbytes": _extent("nbytes"),
    "size": _extent("nbytes"),
    "files": _files,
    "find": _find,
    "align": _align,
    "get": _get,
}


def unknown(name: str, scope: Scope, site: Site) -> Exception:
    """Return the error that a name means nothing here."""
    if name in FUNCTIONS:
        message = f"'{name}' is a function: it needs its values in parentheses"
        return site.absent("V0220", message, f"usage: {FUNCTIONS[name].usage}")
    return site.absent("V0220", f"unknown name '{name}'", did_you_mean(name, scope.names()))
