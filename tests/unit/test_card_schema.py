"""The JSON Schema: as committed, sound, complete, and of one mind with the loader."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
from jsonschema import Draft7Validator

from vspec.card.grammar import Key, Shape
from vspec.card.keys import SHAPES
from vspec.card.load import loads
from vspec.card.schema import COMMITTED, schema, schema_text
from vspec.card.snippets import OFFERS, with_places, yaml_lines
from vspec.card.yaml_nodes import plain
from vspec.card.yaml_text import parse_yaml
from vspec.errors import VspecError

CONFORMANCE = Path(__file__).parents[1] / "conformance"
STRUCTURAL = {"V0101", "V0102", "V0103", "V0104", "V0105", "V0106"}
BEYOND = {"V0103_repeat", "V0103_role", "V0105_conversion", "V0105_endian"} | {
    "V0105_encoder",
    "V0105_misspelt",
    "V0105_picture",
}
"""What a flat schema cannot say: one of two keys, words inside the text of a field, ids of codecs."""

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
    [p for p in sorted((CONFORMANCE / "invalid").rglob("V01*.yaml")) if p.stem[:5] in STRUCTURAL],
    ids=lambda p: p.stem,
)
def test_cards_of_wrong_structure_are_refused(path):
    data = plain(parse_yaml(path.read_text(encoding="utf-8"), path.name))
    assert Draft7Validator(schema()).is_valid(data) == (path.stem in BEYOND)


PLACE = re.compile(r"\$\{\d+:((?:\\.|[^}\\])*)\}")
"""A place of a snippet, ``${1:text}``, with ``\\}`` for a brace inside."""


def written(body, indent=""):
    """The text that an editor writes for a snippet: block style, scalars as they stand, places filled."""
    if isinstance(body, dict):
        lines = [
            f"{indent}{filled(key)}:{written(inner, indent + '  ')}"
            if not isinstance(inner, dict | list)
            else f"{indent}{filled(key)}:\n{written(inner, indent + '  ')}"
            for key, inner in body.items()
        ]
        return "\n".join(lines)
    if isinstance(body, list):
        return "\n".join(f"{indent}- {written(inner, indent + '  ').strip()}" for inner in body)
    return " " + (filled(body) if isinstance(body, str) else json.dumps(body))


def filled(text):
    return re.sub(r"\\([\\$}])", r"\1", PLACE.sub(lambda place: place[1], text))


@pytest.mark.parametrize("snippet", schema()["defaultSnippets"], ids=lambda s: s["label"])
def test_snippets_of_a_card_are_cards(snippet):
    card = loads(written(snippet["body"]), "snippet.yaml")
    assert card.arrays
    assert card.title.startswith("Rig 3")


INNER = [
    (name, snippet)
    for name, definition in schema()["definitions"].items()
    for snippet in definition.get("defaultSnippets", [])
]


@pytest.mark.parametrize(
    ("name", "snippet"), INNER, ids=lambda item: item if isinstance(item, str) else item["label"]
)
def test_snippets_inside_a_card_hold(name, snippet):
    data = plain(parse_yaml(written(snippet["body"]), "snippet.yaml"))
    validator = Draft7Validator({"$ref": f"#/definitions/{name}", "definitions": schema()["definitions"]})
    assert [error.message for error in validator.iter_errors(data)] == []


TEXTS = [
    "",
    " ",
    "a: b",
    "a #b",
    "a:",
    "{x}",
    "}",
    "$1",
    "\\",
    "'",
    '"',
    "8 + n",
    "1.0.0",
    "0x10",
    "true",
    "-",
    "a\nb",
]


@pytest.mark.parametrize("text", TEXTS)
def test_any_text_survives_yaml_and_snippets(text):
    data = {"k": text, "l": [text, {"m": text}], text or "e": 1}
    assert plain(parse_yaml("\n".join(yaml_lines(data)), "lines.yaml")) == data
    assert plain(parse_yaml(written(with_places(data)), "snippet.yaml")) == data


def test_every_word_is_explained():
    for _, key in KEYS:
        assert len(key.value.meanings) == len(key.value.words)


def test_an_offer_that_goes_with_no_key_is_no_offer():
    for name, offers in OFFERS.items():
        assert any(key.example in [word for word, _ in offers] for _, key in KEYS if key.name == name)


@pytest.mark.parametrize(("shape", "key"), KEYS, ids=lambda item: getattr(item, "name", None) or item.noun)
def test_every_key_is_explained_with_an_example_that_holds(shape: Shape, key: Key):
    name = next(name for name, item in SHAPES.items() if item is shape)
    whole = schema()
    place = whole if name == "card" else whole["definitions"][name.replace(" ", "_")]
    entry = place["properties"][key.name]
    assert key.doc.endswith((".", ";"))
    assert entry["description"] == key.doc
    assert entry["markdownDescription"].startswith(key.doc)
    shown = entry["markdownDescription"].split("```yaml\n")[1].removesuffix("\n```")
    example = plain(parse_yaml(shown, "example.yaml"))
    assert {key.name: json.loads(json.dumps(key.example))} == json.loads(json.dumps(example))
    validator = Draft7Validator({**entry, "definitions": whole["definitions"]})
    assert [error.message for error in validator.iter_errors(example[key.name])] == []
    for snippet in entry.get("defaultSnippets", []):
        offered = plain(
            parse_yaml(
                "k:" + ("\n" if isinstance(snippet["body"], dict) else "") + written(snippet["body"], "  "),
                "offer.yaml",
            )
        )["k"]
        assert [error.message for error in validator.iter_errors(offered)] == []


@pytest.mark.parametrize("word", ("groups", "bits"))
def test_keys_of_later_versions_are_not_offered(word):
    assert f'"{word}"' not in schema_text()


@pytest.mark.parametrize(
    ("codec", "is_right"),
    (
        ("zlib", True),
        ("[zlib]", True),
        ("{id: zlib, level: 1}", True),
        ("[{id: shuffle, elementsize: 2}, zlib]", True),
        ("[{id: shuffle, if: n > 1}]", True),
        ("{level: 1}", False),
        ("[{level: 1}]", False),
        ("[]", False),
        ("3", False),
    ),
)
def test_a_chain_of_codecs_is_texts_or_mappings(codec, is_right):
    text = (
        f'vspec: 1\nfiles: "*.dat"\narrays:\n  raw: {{dtype: int16, shape: {{time: auto}}, codec: {codec}}}\n'
    )
    found = list(Draft7Validator(json.loads(schema_text())).iter_errors(plain(parse_yaml(text, "c.yaml"))))
    assert (not found) == is_right


def test_later_keys_are_refused_by_name_everywhere():
    for shape in SHAPES.values():
        assert not set(shape.later) & {key.name for key in shape.keys}
        assert all(reason for reason in shape.later.values())


@pytest.mark.parametrize(
    ("card", "later"),
    (
        ("groups: {}", "groups"),
        ("groups: 3", "groups"),
    ),
)
def test_later_keys_at_the_top(card, later):
    text = f'vspec: 1\n{card}\nfiles: "*.dat"\narrays:\n  raw: {{dtype: int16, shape: {{time: auto}}}}\n'
    with pytest.raises(VspecError) as caught:
        loads(text, "c.yaml")
    (problem,) = caught.value.problems
    assert problem.code == "V0107"
    assert problem.message.startswith(f"'{later}' is not in this version of vspec: ")
