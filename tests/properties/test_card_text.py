"""Cards that nobody wrote on purpose: any text gives a card or a coded error, never anything else."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.strategies import DrawFn

from vspec.card.load import loads
from vspec.card.yaml_nodes import plain
from vspec.card.yaml_text import decode, parse_yaml
from vspec.errors import Problem, VspecError
from vspec.errors.rendering import render

VALID = sorted((Path(__file__).parents[1] / "conformance" / "valid").glob("*.yaml"))
TEXTS = [path.read_text(encoding="utf-8") for path in VALID]
PIECES = st.sampled_from(
    [*"{}[]()'\",:#&*!|>@=-? \n\t", "{{", "}}", "->", "\x00", "日", "int16", "auto", " if "]
)

SCALARS = st.none() | st.booleans() | st.integers(-(2**63), 2**64 - 1) | st.text(max_size=20)
FLOATS = st.floats(allow_nan=False, allow_infinity=False)
JSON = st.recursive(
    SCALARS | FLOATS,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4),
    max_leaves=20,
)


def problems_of(text: str) -> tuple[Problem, ...]:
    """Load a card; return the problems of one that is refused, none otherwise."""
    try:
        loads(text, "c.yaml")
    except VspecError as error:
        return error.problems
    return ()


def load_or_refuse(text: str) -> None:
    lines = len(text.splitlines()) + 1
    for problem in problems_of(text):
        assert render(problem)
        if problem.place is not None:
            assert 1 <= problem.place.line <= lines
            assert problem.place.column >= 1
            assert problem.place.length >= 1


@given(st.text(max_size=200))
def test_any_text(text: str):
    load_or_refuse(text)


@given(st.lists(PIECES, max_size=30).map("".join))
def test_any_heap_of_signs(text: str):
    load_or_refuse("vspec: 1\nfiles: " + text)


@given(st.binary(max_size=100))
def test_any_bytes(raw: bytes):
    try:
        text = decode(raw, "c.yaml")
    except VspecError:
        return
    load_or_refuse(text)


@st.composite
def damaged(draw: DrawFn) -> str:
    text = draw(st.sampled_from(TEXTS))
    for _ in range(draw(st.integers(1, 3))):
        at = draw(st.integers(0, len(text)))
        removed = draw(st.integers(0, 6))
        text = text[:at] + draw(st.just("") | PIECES) + text[at + removed :]
    return text


@given(damaged())
def test_any_damaged_card(text: str):
    load_or_refuse(text)


@st.composite
def misplaced(draw: DrawFn) -> str:
    """Draw a valid card in which one value was replaced by another of any form."""
    data = json.loads(json.dumps(loads(draw(st.sampled_from(TEXTS)), "c.yaml").data))
    node = data
    while True:
        keys = list(node) if isinstance(node, dict) else list(range(len(node)))
        key = draw(st.sampled_from(keys))
        inner = node[key]
        if not isinstance(inner, dict | list) or not inner or draw(st.integers(0, 3)) == 0:
            node[key] = draw(JSON)
            return json.dumps(data)
        node = inner


@given(misplaced())
def test_any_value_in_any_place(text: str):
    load_or_refuse(text)


@given(st.dictionaries(st.text(max_size=8), JSON, min_size=1, max_size=5), st.booleans())
def test_json_is_yaml(data: dict[str, object], ascii_only: bool):
    text = json.dumps(data, ensure_ascii=ascii_only, separators=(",", ":"))
    assert plain(parse_yaml(text, "c.yaml")) == data


@pytest.mark.parametrize("text", TEXTS, ids=[path.stem for path in VALID])
def test_places_point_at_what_was_written(text: str):
    """Every exact scalar stands in the file where its place says."""
    lines = text.split("\n")
    todo = [parse_yaml(text, "c.yaml")]
    seen = 0
    while todo:
        node = todo.pop()
        for entry in getattr(node, "entries", ()):
            todo.append(entry.value)
            if entry.key.exact:
                assert lines[entry.key.place.line - 1][entry.key.place.column - 1 :].startswith(
                    entry.key.value
                )
                seen += 1
        todo += getattr(node, "items", ())
        scalar = getattr(node, "text", None)
        if scalar is not None and scalar.exact:
            place = scalar.place
            written = lines[place.line - 1][place.column - 1 : place.column - 1 + place.length]
            assert written[: len(scalar.value)] == scalar.value
            seen += 1
    assert seen > 5
