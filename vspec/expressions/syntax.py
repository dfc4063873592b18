"""The grammar of expressions: a subset of Python's, found on a white list."""

from __future__ import annotations

import ast
import re
import warnings
from collections.abc import Iterator

from vspec.datatypes import NUMBERS
from vspec.errors import Problem, Text, VspecError, did_you_mean, fail
from vspec.expressions import lexicon
from vspec.expressions.functions import FUNCTIONS
from vspec.expressions.sites import MAX_DEPTH, MAX_LENGTH

WORDS: dict[str, bool | None] = {"none": None, "true": True, "false": False}

BINARY: dict[type[ast.operator], str] = {
    ast.Add: "+",
    ast.Sub: "-",
    ast.Mult: "*",
    ast.Div: "/",
    ast.FloorDiv: "//",
    ast.Mod: "%",
    ast.LShift: "<<",
    ast.RShift: ">>",
    ast.BitAnd: "&",
    ast.BitOr: "|",
    ast.BitXor: "^",
}
COMPARE: dict[type[ast.cmpop], str] = {
    ast.Eq: "==",
    ast.NotEq: "!=",
    ast.Lt: "<",
    ast.LtE: "<=",
    ast.Gt: ">",
    ast.GtE: ">=",
    ast.In: "in",
    ast.NotIn: "not in",
}
_ARRAY_TYPE = re.compile(r"[<>=|][a-zA-Z][0-9]+")
_NUMBER_BEFORE = re.compile(r"[0-9]\s+\Z")
_LIBRARIES = ("np", "numpy", "math", "os")
_REFUSED: dict[type[ast.AST], tuple[str, str]] = {
    ast.Tuple: ("a list without brackets", "write a list as [a, b], an element of an element as x[i][j]"),
    ast.Dict: ("a mapping", "write it under tables:"),
    ast.Set: ("braces", "write a list: [a, b]"),
    ast.Lambda: ("a function", "give the value a name under let:"),
    ast.Starred: ("'*' before a name", "pass a list, or join lists with flat([a, b])"),
    ast.JoinedStr: ("an f-string", "computed text is written with {{ }} in keys that are text"),
    ast.NamedExpr: ("':='", "give the value a name under let:"),
}


class Source:
    """An expression's text with its tree; gives each node the text that it stands for."""

    def __init__(self, text: Text) -> None:
        self.text = text
        flat = "".join(" " if c in "\r\n\t\f\v" else c for c in text.value)
        self._left = len(flat) - len(flat.lstrip())
        self._line = flat.strip()
        self._bytes = None if self._line.isascii() else self._line.encode()
        self.tree = self._parsed()

    def cut(self, node: ast.expr) -> Text:
        """Return the text of a node with its place."""
        return self.span(node.col_offset, node.end_col_offset or node.col_offset)

    def span(self, start: int, stop: int) -> Text:
        """Return the text between two offsets of the tree, with its place."""
        return self.text.cut(self._left + self._char(start), self._left + self._char(stop))

    def _char(self, offset: int) -> int:
        return offset if self._bytes is None else len(self._bytes[:offset].decode())

    def _parsed(self) -> ast.expr:
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                return ast.parse(self._line, mode="eval").body
        except (RecursionError, MemoryError):
            raise _too_deep(self.text) from None
        except SyntaxError as error:
            raise self._unreadable(error) from None

    def _unreadable(self, error: SyntaxError) -> VspecError:
        if "too many nested" in error.msg:
            return _too_deep(self.text)
        start = min(max((error.offset or 1) - 1, 0), max(len(self._line) - 1, 0))
        stop = max(start + 1, min((error.end_offset or 0) - 1, len(self._line)))
        cut = self.text.cut(self._left + start, self._left + stop)
        last = self._line.split()[-1]
        message, help = (
            f"the expression cannot be read here: '{cut.value}'",
            "is an operator or a comma missing?",
        )
        if last[-1] in "+-*/%<>=&|^~,.:" or last in ("and", "or", "not", "in", "if", "else"):
            cut = self.text.cut(self._left + len(self._line) - len(last), self._left + len(self._line))
            message, help = f"the expression ends too early, after '{last}'", "a value is missing"
        elif "if" in self._line.split() and "else" not in self._line.split():
            help = "a choice needs both: a if condition else b"
        elif _NUMBER_BEFORE.search(self._line[:start]) and cut.value.isidentifier():
            help = "a number stands without its unit, e.g. 30000; the key 'units' says what it is"
        elif _ARRAY_TYPE.fullmatch(self._line):
            help = "types are called int16, uint8, float32 ...; endian: says the byte order"
        return fail("V0201", message, cut.place, help=help)


def read(text: Text) -> Source:
    """Return an expression's tree, every node of it allowed; raise `VspecError` with all problems."""
    if len(text.value) > MAX_LENGTH:
        message = f"the expression has {len(text.value)} characters, {MAX_LENGTH} is the most"
        raise fail("V0901", message, text.place, help="give parts of it names under let:")
    if not text.value.strip():
        raise fail("V0201", "an expression is missing here", text.place)
    lexical = list(lexicon.problems(text))
    if lexical:
        raise VspecError(lexical)
    source = Source(text)
    found = list(dict.fromkeys(_check(source, source.tree, 1)))
    if found:
        raise VspecError(found)
    return source


def _too_deep(text: Text) -> VspecError:
    message = f"the expression is nested deeper than {MAX_DEPTH}"
    return fail("V0902", message, text.place, help="give parts of it names under let:")


def _check(source: Source, node: ast.expr, depth: int) -> Iterator[Problem]:
    if depth > MAX_DEPTH:
        yield from _too_deep(source.text).problems
        return
    yield from _own_problems(source, node)
    for child in children(node):
        yield from _check(source, child, depth + 1)


def children(node: ast.expr) -> Iterator[ast.expr]:
    """Yield the operands, arguments and elements of a node (not a function's name)."""
    for name, value in ast.iter_fields(node):
        if name == "func" and isinstance(node, ast.Call) and isinstance(value, ast.Name):
            continue
        for child in value if isinstance(value, list) else [value]:
            if isinstance(child, ast.Slice):
                yield from (bound for bound in (child.lower, child.upper, child.step) if bound)
            elif isinstance(child, ast.keyword):
                yield child.value
            elif isinstance(child, ast.expr):
                yield child


def _own_problems(source: Source, node: ast.expr) -> Iterator[Problem]:
    place = source.cut(node).place
    match node:
        case (
            ast.Constant(value=int() | float() | str())
            | ast.Name()
            | ast.UnaryOp()
            | ast.BoolOp()
            | ast.IfExp()
        ):
            pass
        case ast.List() | ast.BinOp():
            pass
        case ast.Attribute():
            if node.attr.startswith("__"):
                yield Problem("V0207", f"'{node.attr}' cannot be a name", place)
        case ast.Subscript(slice=ast.Slice(step=ast.expr())):
            yield Problem("V0202", "a slice has no step", place, help="reverse(x) turns round")
        case ast.Subscript():
            pass
        case ast.Compare():
            yield from _bit_trap(source, node)
        case ast.Call():
            yield from _call_problems(source, node)
        case _:
            what, help = _REFUSED.get(type(node), (f"'{source.cut(node).value}'", None))
            yield Problem("V0202", f"{what} is not part of the language", place, help=help)


def _bit_trap(source: Source, node: ast.Compare) -> Iterator[Problem]:
    """Refuse ``a == 1 & b == 2``, which Python reads as ``a == (1 & b) == 2``."""
    for operand in [node.left, *node.comparators]:
        if isinstance(operand, ast.BinOp) and isinstance(operand.op, (ast.BitAnd, ast.BitOr)):
            text = source.cut(operand)
            before = source.text.value[: text.place.column - source.text.place.column].rstrip()
            parenthesised = not source.text.exact or before.endswith("(")
            if len(node.ops) > 1 and not parenthesised:
                symbol = BINARY[type(operand.op)]
                word = "and" if symbol == "&" else "or"
                message = f"'{symbol}' binds tighter than a comparison"
                yield Problem("V0210", message, text.place, help=f"write '{word}', or parentheses")


def _call_problems(source: Source, node: ast.Call) -> Iterator[Problem]:
    called = source.cut(node.func)
    if isinstance(node.func, ast.Attribute):
        name, owner = node.func.attr, node.func.value
        help = f"write {name}(x)" if name in FUNCTIONS else did_you_mean(name, FUNCTIONS, "functions")
        if isinstance(owner, ast.Name) and owner.id in _LIBRARIES:
            instead = f"write {name}(x)" if name in FUNCTIONS else "a card imports nothing"
            help = f"there is no '{owner.id}': {instead}"
        yield Problem("V0204", f"'.{name}()': values have no methods", called.place, help=help)
        return
    if not isinstance(node.func, ast.Name):
        yield Problem("V0204", "only functions can be called", called.place)
        return
    function = FUNCTIONS.get(node.func.id)
    if function is None:
        help = did_you_mean(node.func.id, FUNCTIONS, "functions")
        yield Problem("V0208", f"unknown function '{node.func.id}'", called.place, help=help)
        return
    foreign = [keyword for keyword in node.keywords if keyword.arg not in function.keywords]
    for keyword in foreign:
        place = source.span(keyword.col_offset, keyword.end_col_offset or keyword.col_offset).place
        message = (
            f"{function.name} takes no '{keyword.arg}='"
            if keyword.arg
            else "'**' is not part of the language"
        )
        yield Problem("V0205", message, place, help=f"usage: {function.usage}")
    if not foreign and not function.least <= len(node.args) <= function.most:
        counts = f"{function.least}" if function.least == function.most else f"{function.least} or more"
        message = f"{function.name} takes {counts} value{'' if counts == '1' else 's'}, not {len(node.args)}"
        yield Problem("V0209", message, source.cut(node).place, help=f"usage: {function.usage}")


def called(node: ast.Call) -> str:
    """Return the name of the function that a call on the white list calls."""
    assert isinstance(node.func, ast.Name)
    return node.func.id


def row_by_row(node: ast.Call) -> bool:
    """Tell whether a call gives for columns what it gives for each row."""
    name = called(node)
    return FUNCTIONS[name].elementwise or (name in ("min", "max") and len(node.args) > 1)


def is_type_name(name: str) -> bool:
    """Tell whether a bare word is the name of a number type."""
    return name in NUMBERS
