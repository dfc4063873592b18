"""The JSON Schema: as committed, sound, complete, and of one mind with the loader."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from jsonschema import Draft7Validator

from vspec.card.grammar import Key, Shape
from vspec.card.keys import SHAPES
from vspec.card.load import loads
from vspec.card.schema import COMMITTED, schema, schema_text
from vspec.card.yaml_nodes import plain
from vspec.card.yaml_text import parse_yaml
from vspec.errors import VspecError

CONFORMANCE = Path(__file__).parents[1] / "conformance"
STRUCTURAL = {"V0101", "V0102", "V0103", "V0104", "V0105", "V0106"}
BEYOND = {"V0103_role", "V0105_conversion", "V0105_endian"}
"""What a flat schema cannot say: one of two keys, words inside the text of a field."""

KEYS = [(shape, key) for shape in SHAPES.values() for key in shape.keys]


def test_the_committed_schema_is_the_generated_one():
    assert COMMITTED.read_text(encoding="utf-8") == schema_text()


def test_it_is_a_schema_without_choices():
    Draft7Validator.check_schema(schema())
    assert "anyOf" not in schema_text()
    assert "oneOf" not in schema_text()


@pytest.mark.parametrize("path", sorted((CONFORMANCE / "valid").glob("*.yaml")), ids=lambda p: p.stem)
def test_valid_cards_are_valid(path):
    data = plain(parse_yaml(path.read_text(encoding="utf-8"), path.name))
    assert [error.message for error in Draft7Validator(schema()).iter_errors(data)] == []


@pytest.mark.parametrize(
    "path",
    [p for p in sorted((CONFORMANCE / "invalid").glob("V01*.yaml")) if p.stem[:5] in STRUCTURAL],
    ids=lambda p: p.stem,
)
def test_cards_of_wrong_structure_are_refused(path):
    data = plain(parse_yaml(path.read_text(encoding="utf-8"), path.name))
    assert Draft7Validator(schema()).is_valid(data) == (path.stem in BEYOND)


@pytest.mark.parametrize("snippet", schema()["defaultSnippets"], ids=lambda s: s["label"])
def test_snippets_are_cards(snippet):
    assert loads(json.dumps(snippet["body"]), "snippet.yaml").arrays


@pytest.mark.parametrize(("shape", "key"), KEYS, ids=lambda item: getattr(item, "name", None) or item.noun)
def test_every_key_is_explained_with_an_example_that_holds(shape: Shape, key: Key):
    name = next(name for name, item in SHAPES.items() if item is shape)
    whole = schema()
    place = whole if name == "card" else whole["definitions"][name.replace(" ", "_")]
    entry = place["properties"][key.name]
    assert key.doc.endswith((".", ";"))
    assert entry["description"] == key.doc
    validator = Draft7Validator({**entry, "definitions": whole["definitions"]})
    assert [error.message for error in validator.iter_errors(entry["examples"][0])] == []


@pytest.mark.parametrize("word", ("until", "next"))
def test_keys_of_later_versions_are_not_offered(word):
    assert f'"{word}"' not in schema_text()


def test_later_keys_are_refused_by_name_everywhere():
    for shape in SHAPES.values():
        assert not set(shape.later) & {key.name for key in shape.keys}
        assert all(reason for reason in shape.later.values())


@pytest.mark.parametrize(
    ("card", "later"),
    (
        ("use: {tiff: x}", "use"),
        ("extends: other", "extends"),
        ("groups: {}", "groups"),
    ),
)
def test_later_keys_at_the_top(card, later):
    text = f'vspec: 1\n{card}\nfiles: "*.dat"\narrays:\n  raw: {{dtype: int16, shape: {{time: auto}}}}\n'
    with pytest.raises(VspecError) as caught:
        loads(text, "c.yaml")
    (problem,) = caught.value.problems
    assert problem.code == "V0107"
    assert problem.message.startswith(f"'{later}' is not in this version of vspec: ")
