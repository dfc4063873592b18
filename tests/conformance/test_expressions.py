"""The language-neutral cases of expressions, run by this implementation."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path

import numpy as np
import pytest

from vspec.datatypes import NUMBERS, ElementType
from vspec.errors import Place, Text, VspecError
from vspec.expressions import UnknownName, parse
from vspec.expressions.tables import Table

CASES = json.loads(Path(__file__).with_name("expressions.json").read_text(encoding="utf-8"))["cases"]


class Names:
    """A scope of plain values."""

    def __init__(self, values):
        self.values = values

    def names(self):
        return list(self.values)

    def get(self, name):
        if name not in self.values:
            raise UnknownName(name)
        return self.values[name]


def column(values):
    if any(v is None for v in values) or (values and isinstance(values[0], str)):
        made = np.empty(len(values), object)
        made[:] = values
        return made
    return np.array(values, None if values else np.int64)


def decoded(value):
    match value:
        case {"column": values}:
            return column(values)
        case {"rows": columns}:
            return Table({name: column(values) for name, values in columns.items()})
        case {"table": pairs}:
            return {key: decoded(v) for key, v in pairs}
        case {"type": name}:
            return NUMBERS[name]
    return value


def encoded(value):
    if isinstance(value, np.ndarray):
        return {"column": value.tolist()}
    if isinstance(value, ElementType):
        return {"type": value.name}
    return [encoded(v) for v in value] if isinstance(value, list) else value


def outcome(case):
    text = case["expression"]
    place = Place("card.yaml", 1, 1, max(1, len(text)), text)
    scope = Names({name: decoded(value) for name, value in case.get("scope", {}).items()})
    try:
        return {"value": encoded(parse(Text(text, place)).evaluate(scope))}
    except VspecError as error:
        return {"error": error.problems[0].code}


@pytest.mark.parametrize("case", CASES, ids=[f"{i} {c['expression'][:40]}" for i, c in enumerate(CASES)])
def test_case(case):
    wanted = {key: case[key] for key in ("value", "error") if key in case}
    assert json.dumps(outcome(case)) == json.dumps(wanted)


def test_every_group_has_cases():
    groups = Counter(case["group"] for case in CASES)
    assert sum(groups.values()) >= 150
    assert min(groups.values()) >= 10
    assert sum("error" in case for case in CASES) >= 60
