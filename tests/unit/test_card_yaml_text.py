"""Strict YAML: what is refused, what values and places come out."""

from __future__ import annotations

import json

import pytest
import yaml

from vspec.card import yaml_events
from vspec.card.yaml_nodes import Mapping, Node, Scalar, Sequence, plain
from vspec.card.yaml_text import MOST_BYTES, decode, parse_yaml
from vspec.errors import Problem, VspecError


@pytest.fixture(params=["c", "python"], autouse=True)
def loader(request, monkeypatch):
    """Every test runs on both of PyYAML's parsers."""
    if request.param == "c" and not hasattr(yaml, "CSafeLoader"):
        pytest.skip("PyYAML was built without libyaml")
    chosen = yaml.CSafeLoader if request.param == "c" else yaml.SafeLoader
    monkeypatch.setattr(yaml_events, "LOADER", chosen)


def read(text: str) -> object:
    return plain(parse_yaml(text, "c.yaml"))


def scalar(text: str, *path: str | int) -> Scalar:
    node: Node = parse_yaml(text, "c.yaml")
    for step in path:
        if isinstance(node, Mapping):
            found = node.get(str(step))
            assert found is not None
            node = found
        else:
            assert isinstance(node, Sequence)
            node = node.items[int(step)]
    assert isinstance(node, Scalar)
    return node


def problems(text: str) -> tuple[Problem, ...]:
    with pytest.raises(VspecError) as caught:
        parse_yaml(text, "c.yaml")
    return caught.value.problems


@pytest.mark.parametrize(
    ("written", "value"),
    (
        ("no", "no"),
        ("on", "on"),
        ("true", True),
        ("False", False),
        ("null", None),
        ("~", None),
        ("", None),
        ("12:30", "12:30"),
        ("017", 17),
        ("0o17", 15),
        ("0x1F", 31),
        ("-3", -3),
        ("+3", 3),
        ("1e3", 1000.0),
        (".5", 0.5),
        ("3.", 3.0),
        ("2024-05-01", "2024-05-01"),
        ("1_000", "1_000"),
        ("'1'", "1"),
        ('"true"', "true"),
        ("none", "none"),
        ("1 / 3", "1 / 3"),
        ("18446744073709551615", 2**64 - 1),
        ("-9223372036854775808", -(2**63)),
    ),
)
def test_scalars_are_those_of_yaml_1_2(written, value):
    result = read(f"a: {written}")["a"]
    assert result == value
    assert type(result) is type(value)


@pytest.mark.parametrize(
    ("written", "column", "length", "value", "exact"),
    (
        ("a: abc def", 4, 7, "abc def", True),
        ("a:   'abc'  # note", 7, 3, "abc", True),
        ('a: "abc"', 5, 3, "abc", True),
        ('a: "a\\tc"', 5, 4, "a\tc", False),
        ("a: 'it''s'", 5, 5, "it's", False),
        ("a: [x, yz]", 4, 7, None, True),
        ("日本: 語", 5, 1, "語", True),
    ),
)
def test_places(written, column, length, value, exact):
    tree = parse_yaml(written, "c.yaml")
    node = tree.entries[0].value
    assert (node.place.line, node.place.column, node.place.length) == (1, column, length)
    if value is not None:
        assert (node.text.value, node.text.exact) == (value, exact)
        if exact:
            assert written[column - 1 : column - 1 + length] == value


@pytest.mark.parametrize(
    ("text", "line", "shown"),
    (
        ("a: |\n  first\n  second\n", 2, "first"),
        ("a: >-\n\n    first\n    second\n", 3, "first"),
        ("a: one\n  two\n", 1, "one"),
    ),
)
def test_text_on_several_lines_is_not_exact(text, line, shown):
    node = scalar(text, "a")
    assert not node.text.exact
    place = node.text.cut(3, 5).place
    assert place.line == line
    assert place.text[place.column - 1 :].rstrip() == shown


def test_places_after_a_byte_order_mark_and_with_all_line_ends():
    text = decode(b"\xef\xbb\xbfa: 1\r\nb: 2\rc: 3\nd: x", "c.yaml")
    for line, key in enumerate("abcd", 1):
        assert scalar(text, key).place.line == line
        assert scalar(text, key).place.column == 4


def test_the_place_of_an_entry_is_key_and_value_on_one_line():
    tree = parse_yaml("shape: {time: auto, channel: 63}\nlong:\n  a: 1", "c.yaml")
    inner = tree.entries[0].value.entries
    assert [(e.place.column, e.place.length) for e in inner] == [(9, 10), (21, 11)]
    assert (tree.entries[1].place.column, tree.entries[1].place.length) == (1, 4)


def test_every_duplicate_key_is_reported_with_both_lines():
    found = problems("a: 1\nb:\n  x: 1\n  x: 2\na: 3\n")
    assert [(p.code, p.place.line, p.place.column) for p in found] == [("V0008", 4, 3), ("V0008", 5, 1)]
    assert "first at line 3" in found[0].message
    assert "first at line 1" in found[1].message


def test_keys_that_differ_only_in_quotes_are_duplicates():
    assert [p.code for p in problems("a: 1\n'a': 2")] == ["V0008"]


@pytest.mark.parametrize(
    ("text", "code", "line", "column"),
    (
        ("a: &x 1", "V0009", 1, 4),
        ("a: *x", "V0009", 1, 4),
        ("a: !!int 1", "V0010", 1, 4),
        ("a: !mine {b: 1}", "V0010", 1, 4),
        ("a:\n  <<: {b: 1}", "V0011", 2, 3),
        ("a: 1\n---\nb: 1", "V0012", 2, 1),
        ("", "V0013", 1, 1),
        ("# only a comment\n", "V0013", 1, 1),
        ("? [a]\n: 1", "V0014", 1, 3),
        ("a: " + "[" * 70 + "]" * 70, "V0015", 1, 68),
        ("a: .inf", "V0016", 1, 4),
        ("a: -.inf", "V0016", 1, 4),
        ("a: 1e999", "V0016", 1, 4),
        ("a: 18446744073709551616", "V0016", 1, 4),
        ("a:\n\tb: 1", "V0005", 2, 1),
        ("a: b: c", "V0004", 1, 5),
        ("a: 'x", "V0004", 1, 4),
        ("a: [1, 2", "V0004", 1, 4),
        ("a: {b: {c: 1}", "V0004", 1, 4),
        ("a: x\x00y", "V0004", 1, 5),
        ("a: @x", "V0007", 1, 4),
        ("a: {{ x }}", "V0007", 1, 4),
        ("a: {{ x }}_{{ y }}", "V0007", 1, 4),
        ("- {name}.dat", "V0007", 1, 3),
    ),
)
def test_what_is_refused(text, code, line, column):
    problem = problems(text)[0]
    assert (problem.code, problem.place.line, problem.place.column) == (code, line, column)


def test_an_alias_bomb_stops_at_its_first_anchor():
    bomb = "a: &a [x, x]\nb: &b [*a, *a]\nc: [*b, *b]\n"
    assert {p.code for p in problems(bomb)} == {"V0009"}


@pytest.mark.parametrize(
    ("text", "column", "value"),
    (
        ("a: {x: int16[n=3], y: 2}", 8, "int16[n=3]"),
        ("a: {x: 1 / chan[0].rate, y: 2}", 8, "1 / chan[0].rate"),
        ("a: {x: rec[0]}", 8, "rec[0]"),
        ("a: {x: stored[t=spr[s], u=2] @ 4}", 8, "stored[t=spr[s], u=2] @ 4"),
        ("a: {x: max(1, 2), y: 2}", 8, "max(1, 2)"),
        ("a: {x: split(b, ' '), y: 2}", 8, "split(b, ' ')"),
        ("a: {x: rec(b, 'c')[0], y: 2}", 8, "rec(b, 'c')[0]"),
        ("a: [max(1, 2), 3]", 5, "max(1, 2)"),
        ("a: {x: rec[0], y: {z: 1}}", 8, "rec[0]"),
    ),
)
def test_a_value_cut_in_flow_style_is_explained_at_the_value(text, column, value):
    problem = problems(text)[0]
    assert (problem.code, problem.place.column) == ("V0006", column)
    assert f'"{value}"' in problem.help


def test_quotes_mend_a_value_in_flow_style():
    assert read('a: {x: "int16[n=3]", y: "max(1, 2)"}') == {"a": {"x": "int16[n=3]", "y": "max(1, 2)"}}


@pytest.mark.parametrize(
    ("raw", "code"),
    ((b"a: caf\xe9", "V0002"), ("a: 1".encode("utf-16"), "V0002"), (b"# " + b"x" * MOST_BYTES, "V0003")),
)
def test_bytes_that_are_no_card(raw, code):
    with pytest.raises(VspecError) as caught:
        decode(raw, "c.yaml")
    assert caught.value.problems[0].code == code


def test_the_place_of_a_byte_that_is_not_utf_8_is_told():
    with pytest.raises(VspecError) as caught:
        decode(b"a: 1\nb: \xff", "c.yaml")
    assert caught.value.problems[0].found == "byte 0xff in line 2"


def test_a_text_of_the_largest_size_is_read():
    text = "a: 1\n# " + "x" * (MOST_BYTES - 7)
    assert len(text) == MOST_BYTES
    assert read(text) == {"a": 1}
    assert problems(text + "x")[0].code == "V0003"


@pytest.mark.parametrize("ascii_only", (True, False))
def test_json_is_read_as_json(ascii_only):
    data = {
        "text": 'q"b\\ \n\t/ \U0001f600 \u2028 \x7f \ufeff \\ud83d',
        "1": [1, -2.5, 1e-7, True, None, {}],
        "": {"a b": []},
        "no": "no",
    }
    assert read(json.dumps(data, ensure_ascii=ascii_only, separators=(",", ":"))) == data


@pytest.mark.parametrize(
    ("value", "sign"), (("['a'] if x else []", "["), ("'a' if x else 'b'", "'"), ('"a" + x', '"'))
)
def test_a_value_that_goes_on_after_its_first_part_closes(value, sign):
    with pytest.raises(VspecError) as caught:
        parse_yaml(f"vspec: 1\nlet:\n  two: {value}   # why\n", "card.yaml")
    (problem,) = caught.value.problems
    assert problem.code == "V0007"
    assert (problem.place.line, problem.place.column, problem.place.length) == (3, 8, len(value))
    assert "quotes" in problem.help
    assert sign in problem.message
