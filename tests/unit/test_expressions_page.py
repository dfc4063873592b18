"""Every example line of docs/expressions.md, and that the page names every function."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np
import pytest

from vspec.datatypes import NUMBERS, ElementType
from vspec.errors import Place, Text, VspecError
from vspec.expressions import FUNCTIONS, UnknownName, parse
from vspec.expressions.tables import Table

PAGE = (Path(__file__).parents[2] / "docs" / "expressions.md").read_text(encoding="utf-8")
BLOCKS = re.findall(r"^```\n(.*?)^```$", PAGE, re.MULTILINE | re.DOTALL)
EXAMPLES = [line.rsplit(" -> ", 1) for block in BLOCKS for line in block.splitlines()]
NAMES = {
    "n": 3,
    "rate": 2.5,
    "label": np.array(["Fp1", "Cz", "EDF Annotations"]),
    "spr": np.array([256, 256, 60], ">u2"),
    "none_yet": None,
    "width": {1: 1, 2: 2, 4: 8},
    "kinds": {2: NUMBERS["int16"], 4: NUMBERS["float32"]},
    "meta": {"probe": {"gain": [10, 20]}, "sync rate": 50},
    "tag": Table({"id": np.array([256, 257, 258]), "count": np.array([1, 1, 3])}),
}


class Page:
    """The names of the page."""

    def names(self):
        return list(NAMES)

    def get(self, name):
        if name not in NAMES:
            raise UnknownName(name)
        return NAMES[name]


def shown(value):
    if isinstance(value, (list, np.ndarray)):
        return f"[{', '.join(shown(v) for v in list(value))}]"
    if value is None or isinstance(value, (bool, np.bool_)):
        return "none" if value is None else str(bool(value)).lower()
    if isinstance(value, ElementType):
        return value.name
    return repr(value.item() if isinstance(value, np.generic) else value)


@pytest.mark.parametrize(("text", "wanted"), EXAMPLES, ids=[e[0] for e in EXAMPLES])
def test_example(text, wanted):
    try:
        result = shown(parse(Text(text, Place("page", 1, 1, len(text), text))).evaluate(Page()))
    except VspecError as error:
        result = f"error {error.problems[0].code}"
    assert result == wanted


def test_the_page_has_examples():
    assert len(EXAMPLES) > 100


def test_the_page_names_every_function_and_no_other():
    tables = "\n".join(line for line in PAGE.splitlines() if line.startswith("| `"))
    named = {
        name
        for cell in re.findall(r"^\| (.*?) \|", tables, re.MULTILINE)
        for name in re.findall(r"`(\w+)\(", cell)
    }
    assert named == set(FUNCTIONS)


def test_every_function_that_is_run_on_values_has_an_example():
    used = {name for text, _ in EXAMPLES for name in re.findall(r"(\w+)\(", text)}
    assert {name for name, function in FUNCTIONS.items() if function.run and name not in used} == {"text"}
