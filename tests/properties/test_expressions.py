"""Expressions against Python's own integers, and columns against rows."""

from __future__ import annotations

import operator

import numpy as np
from hypothesis import example, given
from hypothesis import strategies as st

from vspec.errors import Place, Text, VspecError
from vspec.expressions import UnknownName, parse, parse_template

LOW, HIGH = -(2**63), 2**63 - 1
EDGES = st.sampled_from(
    [LOW, LOW + 1, -1, 0, 1, 2, 2**31, 2**32, 3037000499, 3037000500, 2**53, HIGH - 1, HIGH]
)
INTEGERS = EDGES | st.integers(LOW, HIGH) | st.integers(-100, 100)
PYTHON = {
    "+": operator.add,
    "-": operator.sub,
    "*": operator.mul,
    "//": operator.floordiv,
    "%": operator.mod,
    "&": operator.and_,
    "|": operator.or_,
    "^": operator.xor,
    "<<": operator.lshift,
    ">>": operator.rshift,
}


class Names:
    def __init__(self, **values):
        self.values = values

    def names(self):
        return list(self.values)

    def get(self, name):
        if name not in self.values:
            raise UnknownName(name)
        return self.values[name]

    def locate(self, name):
        raise UnknownName(name)

    def find(self, needle, _start):
        raise UnknownName(needle)


def text(value):
    return Text(value, Place("card.yaml", 1, 1, max(1, len(value)), value))


def attempt(run):
    """What a call returns, or None, and the problems that it found."""
    try:
        return run(), ()
    except VspecError as error:
        return None, error.problems


def outcome(expression, **values):
    """The value as plain Python, or the code of the error."""
    try:
        value = parse(text(expression)).evaluate(Names(**values))
    except VspecError as error:
        return error.problems[0].code
    return value.tolist() if isinstance(value, np.ndarray) else value


def expected(symbol, a, b):
    if symbol in ("//", "%") and b == 0:
        return "V0231"
    if symbol in ("<<", ">>") and not 0 <= b <= 63:
        return "V0232"
    result = PYTHON[symbol](a, b)
    return result if LOW <= result <= HIGH else "V0230"


@given(st.sampled_from(sorted(PYTHON)), INTEGERS, INTEGERS | st.integers(0, 63))
def test_scalars_are_pythons_integers_or_an_error(symbol, a, b):
    assert outcome(f"a {symbol} b", a=a, b=b) == expected(symbol, a, b)


@given(
    st.sampled_from(sorted(PYTHON)), st.lists(st.tuples(INTEGERS, INTEGERS | st.integers(0, 63)), max_size=7)
)
@example("*", [(LOW, -1), (1, 1)])
@example("//", [(LOW, -1)])
@example("<<", [(1, 63)])
@example("*", [])
def test_columns_are_pythons_integers_or_an_error(symbol, pairs):
    a, b = (np.array([p[i] for p in pairs], np.int64) for i in (0, 1))
    wanted = [expected(symbol, x, y) for x, y in pairs]
    found = outcome(f"a {symbol} b", a=a, b=b)
    failures = {w for w in wanted if isinstance(w, str)}
    assert (found in failures) if failures else found == wanted


@given(
    st.sampled_from(["==", "!=", "<", "<=", ">", ">="]),
    st.lists(st.tuples(INTEGERS, st.floats(allow_nan=False))),
)
def test_whole_numbers_and_floats_are_compared_exactly(symbol, pairs):
    a = np.array([p[0] for p in pairs], np.int64)
    b = np.array([p[1] for p in pairs], np.float64)
    function = {
        "==": operator.eq,
        "!=": operator.ne,
        "<": operator.lt,
        "<=": operator.le,
        ">": operator.gt,
        ">=": operator.ge,
    }
    assert outcome(f"a {symbol} b", a=a, b=b) == [function[symbol](x, y) for x, y in pairs]


SMALL = st.sampled_from(["a", "b", "a + b", "-a", "a * b", "3", "a // b", "a % b", "a - 2"])


def conditions(values):
    compare = st.builds(
        lambda x, s, y: f"{x} {s} {y}", values, st.sampled_from(["==", "<", ">=", "!="]), values
    )
    member = st.builds(lambda x: f"({x}) in [0, 1, 2]", values)
    return st.recursive(
        compare | member,
        lambda c: (
            st.builds(lambda x, s, y: f"({x}) {s} ({y})", c, st.sampled_from(["and", "or"]), c)
            | st.builds(lambda x: f"not ({x})", c)
        ),
        max_leaves=4,
    )


ELEMENTWISE = st.recursive(
    SMALL,
    lambda v: (
        st.builds(lambda x, c, y: f"(({x}) if {c} else ({y}))", v, conditions(SMALL), v)
        | st.builds(lambda x, s, y: f"({x}) {s} ({y})", v, st.sampled_from(["+", "-", "*", "//"]), v)
        | st.builds(lambda x, y: f"min({x}, {y})", v, v)
        | st.builds(lambda x: f"abs({x})", v)
    ),
    max_leaves=6,
)


@given(
    ELEMENTWISE | conditions(SMALL),
    st.lists(st.tuples(st.integers(-3, 3), st.integers(-3, 3)), min_size=1, max_size=6),
)
@example("a // b if b != 0 else 0", [(1, 0), (4, 2)])
@example("b != 0 and a // b == 2", [(1, 0), (4, 2)])
@example("(a // b if a > 0 else 5) if b > 0 else a", [(1, 0), (4, 2), (-1, 1)])
def test_a_column_gives_what_its_rows_give(expression, rows):
    assert parse(text(expression)).elementwise
    wanted = [outcome(expression, a=a, b=b) for a, b in rows]
    a, b = (np.array([r[i] for r in rows], ">i2") for i in (0, 1))
    found = outcome(expression, a=a, b=b)
    failures = {w for w in wanted if isinstance(w, str)}
    if failures:
        assert found in failures
    elif isinstance(found, list):
        assert found == wanted
    else:
        assert [found] * len(rows) == wanted


ALPHABET = "abn01.9 '\"()[]{}+-*/%<>=!&|^~,:;#@$?\\\nifelsorandnotµ_x"


@given(st.text(ALPHABET, max_size=40) | st.text(max_size=20))
@example("'\\")
@example("1e")
@example("0x")
@example("f'{a}'")
@example("\ud800")
@example("a\x00b")
def test_any_text_is_an_expression_or_an_error(value):
    names = {"a": 3, "b": "x", "n": None, "x": np.array([1, 2])}
    _, problems = attempt(lambda: parse(text(value)).evaluate(Names(**names)))
    assert all(p.place is not None and p.place.column >= 1 for p in problems)


@given(st.text(ALPHABET + "{{}}", max_size=40))
def test_any_text_is_a_template_or_an_error(value):
    template, problems = attempt(lambda: parse_template(text(value)))
    assert (template is None) == bool(problems)
    if template is not None:
        attempt(lambda: template.render(Names(a=3, b="x")))


@given(st.floats(allow_nan=False, allow_infinity=False) | st.integers(LOW, HIGH))
def test_numbers_written_as_text_read_back_the_same(number):
    written = parse_template(text("<{{ x }}>")).string(Names(x=number))[1:-1]
    assert outcome(f"{'int' if isinstance(number, int) else 'float'}(t)", t=written) == number


@given(st.lists(st.booleans(), max_size=12))
def test_runs_cover_all_rows_once(mask):
    rows = parse(text("runs(m)")).evaluate(Names(m=np.array(mask, np.bool_)))
    start, stop = rows.column("start").tolist(), rows.column("stop").tolist()
    assert [i for a, b in zip(start, stop, strict=True) for i in range(a, b)] == list(range(len(mask) + 1))
    assert all(mask[i - 1] is False for i in start[1:])
    assert all(mask[i] for a, b in zip(start, stop, strict=True) for i in range(a, b - 1))


@given(st.lists(st.integers(-5, 5), max_size=8), st.integers(-9, 9), st.integers(-9, 9))
def test_slices_and_indices_are_pythons(values, i, j):
    column = np.array(values, np.int16)
    assert outcome("c[i:j]", c=column, i=i, j=j) == values[i:j]
    wanted = values[i] if -len(values) <= i < len(values) else "V0223"
    assert outcome("c[i]", c=column, i=i) == wanted
    assert outcome("c[i]", c=values, i=i) == wanted
    assert outcome("range(i, j)", i=i, j=j) == list(range(i, j))
    assert outcome("range(i, j, 3)", i=i, j=j) == list(range(i, j, 3))
    assert outcome("range(i, j, -2)", i=i, j=j) == list(range(i, j, -2))
