"""The size limits of the house: modules, functions, parameters."""

from __future__ import annotations

import ast
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest

ROOT = Path(__file__).resolve().parents[2]
MOST_MODULE_LINES = 400
MOST_FUNCTION_LINES = 60
MOST_LINES_OF_95_IN_100 = 35
MOST_PARAMETERS = 5

Function = ast.FunctionDef | ast.AsyncFunctionDef


@dataclass(frozen=True)
class Sized:
    """A function, where it stands, and how large it is."""

    place: str
    lines: int
    parameters: int


def modules():
    return sorted((ROOT / "vspec").rglob("*.py"))


def is_command(function: Function) -> bool:
    """Tell whether the command line calls it: then its parameters are the options that users see."""
    return any(
        "click" in ast.unparse(decorator) or ".command(" in ast.unparse(decorator)
        for decorator in function.decorator_list
    )


def functions(text: str, name: str) -> list[Sized]:
    """Every function of a module; ``self`` and ``cls`` are no parameters, nor are a command's options."""
    found = []
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, Function):
            given = node.args
            every = [*given.posonlyargs, *given.args, *given.kwonlyargs]
            every += [arg for arg in (given.vararg, given.kwarg) if arg]
            counted = [arg for arg in every if arg.arg not in {"self", "cls"}]
            parameters = 0 if is_command(node) else len(counted)
            assert node.end_lineno is not None
            found.append(
                Sized(f"{name}:{node.lineno} {node.name}", node.end_lineno - node.lineno + 1, parameters)
            )
    return found


def house() -> list[Sized]:
    return [
        sized
        for module in modules()
        for sized in functions(module.read_text(encoding="utf-8"), str(module.relative_to(ROOT)))
    ]


def test_there_are_modules_and_functions_to_measure():
    assert len(modules()) > 20
    assert len(house()) > 100


def test_no_module_is_too_long():
    lengths = {str(m.relative_to(ROOT)): len(m.read_text(encoding="utf-8").splitlines()) for m in modules()}
    assert {name: n for name, n in lengths.items() if n > MOST_MODULE_LINES} == {}


def test_the_shared_fixtures_are_few():
    assert len((ROOT / "tests" / "conftest.py").read_text(encoding="utf-8").splitlines()) < 80


def test_no_function_is_too_long():
    assert [f"{f.place}: {f.lines} lines" for f in house() if f.lines > MOST_FUNCTION_LINES] == []


def test_95_of_100_functions_are_short():
    assert np.percentile([f.lines for f in house()], 95) <= MOST_LINES_OF_95_IN_100


def test_no_function_takes_too_much():
    assert [f"{f.place}: {f.parameters} parameters" for f in house() if f.parameters > MOST_PARAMETERS] == []


@pytest.mark.parametrize(
    ("text", "lines", "parameters"),
    (
        ("def f():\n    return 1", 2, 0),
        ("async def f(a, /, b, *c, d, **e):\n    pass", 2, 5),
        ("class C:\n    def f(self, a):\n        return (\n            a\n        )", 4, 1),
        ("@click.command()\ndef f(a, b, c, d, e, g):\n    pass", 2, 0),
    ),
    ids=["plain", "all kinds", "method", "command"],
)
def test_the_measure_measures(text, lines, parameters):
    (sized,) = functions(text, "m")
    assert (sized.lines, sized.parameters) == (lines, parameters)
