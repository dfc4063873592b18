"""Hypothesis strategies for expressions, with the values of their names and what plain Python makes of them.

@given(expressions())
def test_my_engine(sample):
    assert my_engine(sample.text, sample.names) == sample.expected
"""

from __future__ import annotations

import operator
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from hypothesis import strategies as st

Plain = bool | int | float | str | list[int] | list[bool]
Part = tuple[str, Plain]
"""A piece of an expression and its value."""

_LIMIT = 2**50
_NUMBERS: Mapping[str, Callable[[int, int], int]] = {
    "+": operator.add,
    "-": operator.sub,
    "*": operator.mul,
    "//": operator.floordiv,
    "%": operator.mod,
    "&": operator.and_,
    "|": operator.or_,
    "^": operator.xor,
}
_COMPARISONS: Mapping[str, Callable[[int, int], bool]] = {
    "==": operator.eq,
    "!=": operator.ne,
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
}
_LENGTH = 5
_WORDS = ("", "uV", "Fp1", "a b")


@dataclass(frozen=True, slots=True)
class ExpressionSample:
    """The text of an expression, the values of its names (columns as lists), and its value."""

    text: str
    names: Mapping[str, Plain]
    expected: Plain


@st.composite
def expressions(draw: st.DrawFn) -> ExpressionSample:
    """Draw an expression over numbers, texts and columns; neither it nor any part of it fails."""
    names: dict[str, Plain] = {
        "n": draw(st.integers(-100, 100)),
        "rate": draw(st.sampled_from([0.5, 1000.0, 30000.0])),
        "flag": draw(st.booleans()),
        "unit": draw(st.sampled_from(_WORDS)),
        "column": draw(st.lists(st.integers(-9, 9), min_size=_LENGTH, max_size=_LENGTH)),
    }
    kinds = (_integers, _booleans, _floats, _texts, _columns)
    text, expected = draw(draw(st.sampled_from(kinds))(names, 3))
    assert isinstance(expected, bool | int | float | str | list)
    return ExpressionSample(text, names, expected)


@st.composite
def _integers(draw: st.DrawFn, names: Mapping[str, Plain], depth: int) -> tuple[str, int]:
    form = draw(
        st.sampled_from(
            ["literal", "name"] if depth == 0 else ["literal", "name", "sum", "if", "call", "item"]
        )
    )
    number = names["n"]
    assert isinstance(number, int)
    match form:
        case "sum":
            return _combined(
                draw(_integers(names, depth - 1)),
                draw(_integers(names, depth - 1)),
                draw(st.sampled_from(list(_NUMBERS))),
            )
        case "if":
            test, yes, no = (
                draw(_booleans(names, depth - 1)),
                draw(_integers(names, depth - 1)),
                draw(_integers(names, depth - 1)),
            )
            return f"({yes[0]} if {test[0]} else {no[0]})", yes[1] if test[1] else no[1]
        case "call":
            return _called(
                draw(st.sampled_from(["len", "sum", "min", "max"])), draw(_columns(names, depth - 1))
            )
        case "item":
            text, values = draw(_columns(names, depth - 1))
            at = draw(st.integers(-_LENGTH, _LENGTH - 1))
            return f"({text})[{at}]", int(values[at])
        case "name":
            return "n", number
        case _:
            literal = draw(st.integers(-50, 50))
            return (str(literal) if literal >= 0 else f"({literal})"), literal


def _combined(left: tuple[str, int], right: tuple[str, int], sign: str) -> tuple[str, int]:
    """Return an operation, or its left side where the operation would fail or grow too large."""
    if sign in ("//", "%") and right[1] == 0:
        return left
    value = _NUMBERS[sign](left[1], right[1])
    return left if abs(value) > _LIMIT else (f"({left[0]} {sign} {right[0]})", value)


def _called(name: str, column: tuple[str, list[int]]) -> tuple[str, int]:
    functions: Mapping[str, Callable[[list[int]], int]] = {"len": len, "sum": sum, "min": min, "max": max}
    return f"{name}({column[0]})", int(functions[name](column[1]))


@st.composite
def _booleans(draw: st.DrawFn, names: Mapping[str, Plain], depth: int) -> tuple[str, bool]:
    form = draw(st.sampled_from(["name"] if depth == 0 else ["name", "compare", "and", "or", "not", "in"]))
    match form:
        case "compare":
            left, right = draw(_integers(names, depth - 1)), draw(_integers(names, depth - 1))
            sign = draw(st.sampled_from(list(_COMPARISONS)))
            return f"({left[0]} {sign} {right[0]})", _COMPARISONS[sign](left[1], right[1])
        case "and" | "or":
            first, second = draw(_booleans(names, depth - 1)), draw(_booleans(names, depth - 1))
            value = first[1] and second[1] if form == "and" else first[1] or second[1]
            return f"({first[0]} {form} {second[0]})", value
        case "not":
            text, value = draw(_booleans(names, depth - 1))
            return f"(not {text})", not value
        case "in":
            text, number = draw(_integers(names, depth - 1))
            return f"({text} in [1, 2, n])", number in (1, 2, names["n"])
        case _:
            return "flag", bool(names["flag"])


@st.composite
def _floats(draw: st.DrawFn, names: Mapping[str, Plain], depth: int) -> tuple[str, float]:
    rate = names["rate"]
    assert isinstance(rate, float)
    if depth == 0 or draw(st.booleans()):
        return "rate", rate
    text, number = draw(_integers(names, depth - 1))
    sign = draw(st.sampled_from(["*", "/", "+"]))
    value = {"*": number * rate, "/": number / rate, "+": number + rate}[sign]
    return f"({text} {sign} rate)", value


@st.composite
def _texts(draw: st.DrawFn, names: Mapping[str, Plain], depth: int) -> tuple[str, str]:
    unit = names["unit"]
    assert isinstance(unit, str)
    if depth == 0 or draw(st.booleans()):
        return "unit", unit
    text, inner = draw(_texts(names, depth - 1))
    word = draw(st.sampled_from(_WORDS))
    if draw(st.booleans()):
        return f"({text} + '{word}')", inner + word
    test, holds = draw(_booleans(names, depth - 1))
    return f"({text} if {test} else '{word}')", inner if holds else word


@st.composite
def _columns(draw: st.DrawFn, names: Mapping[str, Plain], depth: int) -> tuple[str, list[int]]:
    column = names["column"]
    assert isinstance(column, list)
    if depth <= 0 or draw(st.booleans()):
        return "column", [int(v) for v in column]
    text, values = draw(_columns(names, depth - 1))
    number = draw(_integers(names, 0))
    sign = draw(st.sampled_from(["+", "-", "*"]))
    made = [_NUMBERS[sign](v, number[1]) for v in values]
    return (text, values) if max(map(abs, made)) > _LIMIT else (f"({text} {sign} {number[0]})", made)
