"""The card schema in an editor, through a real language server: faults, completion, snippets, hover."""

from __future__ import annotations

import re
import shutil

import pytest

from tests.conftest import IN_CI
from tests.editor.language_server import LanguageServer, why_not
from vspec.card.grammar import Shape
from vspec.card.keys import SHAPES
from vspec.card.load import loads
from vspec.card.schema import COMMITTED

THREE_FAULTS = """\
vspec: 1
title: Rig 3
files:
  data: "{name}.bin"
  header:
    match: "{name}.txt"
    format: pairs
    fields: {rate: float}
    encodng: utf-8
arrays:
  raw:
    dtype: [int16]
    shape: {time: auto, channel: 64}
checks:
  - that: header.rate > 0
"""
UNDERLINED = [
    (9, 5, "encodng", "Property encodng is not allowed."),
    (12, 12, "[int16]", "Incorrect type. Expected one of string, number."),
    (15, 5, "t", 'Missing property "else".'),
]
MENDED = (
    THREE_FAULTS.replace("encodng", "encoding").replace("[int16]", "int16")
    + '    else: "a rate of {{ header.rate }}"\n'
)


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    """A server whose settings give every YAML file of the workspace the card schema."""
    yield from running(tmp_path_factory.mktemp("cards"), {COMMITTED.as_uri(): ["*.yaml"]})


@pytest.fixture(scope="module")
def bare(tmp_path_factory):
    """A server whose settings know no schema; one lies in the workspace."""
    folder = tmp_path_factory.mktemp("bare")
    shutil.copyfile(COMMITTED, folder / "card.schema.json")
    yield from running(folder, {})


def running(folder, schemas):
    reason = why_not()
    if reason is not None:
        if IN_CI:
            pytest.fail(reason)
        pytest.skip(reason)
    with LanguageServer(folder, schemas) as started:
        yield started


def documentation(item):
    said = item.get("documentation") or ""
    return said["value"] if isinstance(said, dict) else said


def filled(snippet):
    """The text that an editor writes for a snippet whose places are left as they are."""
    places = re.sub(r"\$\{\d+:((?:\\.|[^}\\])*)\}", lambda place: place[1], snippet)
    return re.sub(r"\\([\\$}])", r"\1", places)


# --- which cards get the schema ---


def test_three_faults_are_underlined_where_they_are(server):
    assert sorted(server.problems(THREE_FAULTS)) == UNDERLINED
    assert server.problems(MENDED) == []


def test_the_mended_card_is_a_card():
    assert list(loads(MENDED, "mended.yaml").arrays)


@pytest.mark.parametrize(
    "address", ("card.schema.json", "./card.schema.json", str(COMMITTED), COMMITTED.as_uri())
)
def test_a_line_in_the_card_names_the_schema(bare, address):
    modeline = f"# yaml-language-server: $schema={address}\n"
    moved = [(line + 1, *rest) for line, *rest in UNDERLINED]
    assert sorted(bare.problems(modeline + THREE_FAULTS)) == moved
    assert bare.problems(modeline + MENDED) == []


def test_without_a_schema_nothing_is_known(bare):
    assert bare.problems(THREE_FAULTS) == []


def test_the_line_of_new_cards_names_a_schema_beside_them(bare):
    from vspec.authoring.scaffold import scaffold

    text = scaffold("rig3")
    assert text.startswith("# yaml-language-server: $schema=card.schema.json\n")
    assert bare.problems(text) == []
    assert bare.problems(text.replace("license:", "licence:")) != []


# --- completion ---

FIELDS = "vspec: 1\nfiles:\n  data:\n    layout:\n      fields:\n"
PLACES = {
    "card": "^",
    "role": "vspec: 1\nfiles:\n  data:\n    ^",
    "array": 'vspec: 1\nfiles: "*.dat"\narrays:\n  raw:\n    ^',
    "gaps": 'vspec: 1\nfiles: "*.dat"\narrays:\n  raw:\n    gaps:\n      ^',
    "axis": 'vspec: 1\nfiles: "*.dat"\narrays:\n  raw:\n    axes:\n      channel:\n        ^',
    "field": FIELDS + "        block:\n          ^",
    "text field": "vspec: 1\nfiles:\n  head:\n    format: pairs\n    fields:\n      rate:\n        ^",
    "param": "vspec: 1\nparams:\n  channels:\n    ^",
    "type": "vspec: 1\ntypes:\n  point:\n    ^",
    "check": "vspec: 1\nchecks:\n  - ^",
    "layout": "vspec: 1\nfiles:\n  data:\n    layout:\n      ^",
    "parse": FIELDS + "        text:\n          parse:\n            ^",
    "repeat": FIELDS + "        b:\n          repeat:\n            ^",
    "codec": FIELDS + "        b:\n          codec:\n            - ^",
    "endian": "vspec: 1\nfiles:\n  data:\n    endian:\n      ^",
}
"""A place in which each mapping of the language is written, with its keys still to come."""


def test_every_mapping_is_tried():
    assert set(SHAPES) - set(PLACES) <= {"used card", "extended card"}


@pytest.mark.parametrize("name", PLACES)
def test_every_key_is_offered_with_what_it_means_and_an_example(server, name):
    shape: Shape = SHAPES[name]
    offered = server.complete(PLACES[name])
    keys = {label: item for label, item in offered.items() if item["kind"] == 10}
    assert set(keys) == {key.name for key in shape.keys}
    for key in shape.keys:
        shown = documentation(keys[key.name])
        assert shown.startswith(key.doc)
        assert f"```yaml\n{key.name}:" in shown
        assert keys[key.name]["insertText"].startswith(f"{key.name}:")


def test_a_key_that_is_there_is_not_offered_again(server):
    offered = server.complete('vspec: 1\nfiles: "*.dat"\narrays:\n  raw:\n    dtype: int16\n    ^')
    assert "dtype" not in offered
    assert "shape" in offered


def test_a_key_is_written_with_its_example(server):
    offered = server.complete(PLACES["array"])
    assert filled(offered["shape"]["insertText"]) == "shape:\n  time: auto\n  channel: 64"
    assert filled(offered["time"]["insertText"]) == "time:\n  step: 1 / 30000\n  units: s"
    assert filled(offered["name"]["insertText"]) == 'name: "{{ v.label }}"'
    assert filled(offered["dims"]["insertText"]).startswith("dims: block channel sample -> ")
    assert filled(server.complete(PLACES["role"])["match"]["insertText"]) == 'match: "{run}_g{gate:int}.bin"'


@pytest.mark.parametrize(
    ("marked", "words", "word", "meaning"),
    (
        (
            "files:\n  a:\n    missing: ^",
            {"error", "fill", "skip"},
            "skip",
            "What follows the hole moves up.",
        ),
        ("files:\n  a:\n    endian: ^", {"little", "big"}, "big", "The high byte comes first."),
        ("arrays:\n  raw:\n    order: ^", {"C", "F"}, "F", "The first axis varies fastest."),
        ("params:\n  n:\n    type: ^", {"int", "float", "str", "bool"}, "int", "A whole number."),
        ("checks:\n  - that: n > 0\n    level: ^", {"error", "warn"}, "warn", "A warning; the map is made."),
    ),
)
def test_words_are_offered_with_what_they_mean(server, marked, words, word, meaning):
    offered = server.complete("vspec: 1\n" + marked)
    assert set(offered) == words
    assert documentation(offered[word]) == meaning


def test_types_are_offered_for_an_array_and_truth_is_not(server):
    offered = server.complete("vspec: 1\narrays:\n  raw:\n    dtype: ^")
    assert {"int16", "uint8", "float32"} <= set(offered)
    assert not {"true", "false"} & set(offered)
    assert {"true", "false"} <= set(server.complete("vspec: 1\nfiles:\n  a:\n    optional: ^"))


# --- snippets ---


@pytest.mark.parametrize("label", ("raw file", "record file", "header + sibling"))
def test_an_empty_file_is_offered_whole_cards(server, label):
    offered = server.complete("^")[label]
    assert documentation(offered).endswith(".")
    text = filled(offered["insertText"])
    assert loads(text, "snippet.yaml").arrays
    assert server.problems(text) == []


@pytest.mark.parametrize(
    ("name", "labels"),
    (
        ("role", {"text header", "binary file"}),
        ("field", {"records to the end"}),
        ("array", {"bytes of a file", "located field"}),
        ("axis", {"regular", "channels"}),
    ),
)
def test_mappings_are_offered_snippets(server, name, labels):
    offered = server.complete(PLACES[name])
    assert labels <= set(offered)
    before = PLACES[name].removesuffix("^")
    indent = " " * (len(before) - before.rfind("\n") - 1)
    for label in labels:
        text = before + filled(offered[label]["insertText"]).replace("\n", "\n" + indent)
        missing = 'Missing property "arrays".'
        assert [said for *_, said in server.problems(text) if said != missing] == []


# --- hover ---


@pytest.mark.parametrize(
    ("marked", "meaning", "example"),
    (
        ("vs^pec: 1", "The version of the card language: 1.", "vspec: 1"),
        ("arrays:\n  raw:\n    dty^pe: int16", "The type of an element.", "dtype: int16"),
        (
            "arrays:\n  raw:\n    ti^me: {step: 1}",
            "Short for axes: time:.",
            "time:\n  step: 1 / 30000\n  units: s",
        ),
        ("arrays:\n  raw:\n    time:\n      st^ep: 1", "The distance between elements.", "step: 1 / 30000"),
        ("files:\n  a:\n    end^ian: big", "The byte order of the file.", "endian: little"),
        (
            "files:\n  a:\n    layout:\n      fields:\n        b:\n          rep^eat: rest",
            "How often the record stands there.",
            "repeat: i in range(n)",
        ),
    ),
)
def test_a_key_is_explained_once_with_its_example(server, marked, meaning, example):
    shown = server.hover(marked)
    assert meaning in shown
    assert shown.count(f"```yaml\n{example}\n```") == 1
    assert shown.count("```yaml") == 1


def test_the_words_of_a_key_are_explained(server):
    shown = server.hover("files:\n  a:\n    mis^sing: skip")
    assert "* `error`: The data set is refused; the missing file is named.\n" in shown
    assert "Only with `over`." in shown


def test_names_of_the_author_are_explained_by_what_they_name(server):
    assert "#### array\n\nOne array of the map" in server.hover("arrays:\n  r^aw:\n    dtype: int16")
    assert "#### file role\n\nOne kind of file" in server.hover("files:\n  he^ader:\n    format: pairs")
    assert "#### field\n\nA field, or with" in server.hover(
        "files:\n  a:\n    layout:\n      fields:\n        n^: uint32"
    )
