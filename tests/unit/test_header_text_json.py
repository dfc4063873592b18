"""Text headers as JSON: the tree, paths into it, and numbers that JSON or 64 bits do not have."""

from __future__ import annotations

import numpy as np
import pytest

from vspec.card.text_model import TextField, TextFormat
from vspec.errors import Place, Text, VspecError
from vspec.expressions import Record, Rows, UnknownName
from vspec.header.text import Origin, read_text
from vspec.patterns import parse_text

PLACE = Place("card.yaml", 9, 3, 1, "")


def wanted(name, key=None, **options):
    options.setdefault("required", "default" not in options)
    return TextField(name, PLACE, key=None if key is None else Text(key, PLACE), **options)


def read(text, *fields, **options):
    raw = text if isinstance(text, bytes) else text.encode()
    return read_text(TextFormat("json", PLACE, fields, **options), raw, Origin("s.oebin", 5))


def problem(text, *fields):
    with pytest.raises(VspecError) as error:
        read(text, *fields)
    (found,) = error.value.problems
    return found


OEBIN = """{
  "GUI version": "0.6.7", "core:rate": 1e6, "a.b": {"c": 1},
  "continuous": [
    {"folder_name": "A/", "sample_rate": 30000, "num_channels": 2, "extra": true,
     "channels": [{"name": "CH1", "bit_volts": 0.195}, {"name": "CH2", "bit_volts": 0.5}]},
    {"folder_name": "B/", "sample_rate": 2500.5, "num_channels": 1,
     "channels": [{"name": "X", "bit_volts": 1}]}
  ],
  "ints": [1, 2, 3], "floats": [1, 2.5], "texts": ["a", "b"], "flags": [true, false], "mixed": [1, "a", null],
  "nested": [[1, 2], [3, 4]], "none": null, "empty": [], "digits": "63", "whole": 40000.0
}"""


def test_a_tree_is_records_and_rows():
    tree = read(OEBIN)
    assert isinstance(tree, Record)
    rows = tree.get("continuous")
    assert isinstance(rows, Rows)
    assert rows.column("folder_name").tolist() == ["A/", "B/"]
    assert rows.column("sample_rate").tolist() == [30000.0, 2500.5]
    assert rows.column("num_channels").dtype == np.int64
    assert rows.row(0).get("channels").column("bit_volts").tolist() == [0.195, 0.5]
    assert rows.row(-1).get("folder_name") == "B/"
    assert [row.get("num_channels") for row in rows] == [2, 1]
    assert rows.column("extra").tolist() == [True, None]
    assert [len(channels) for channels in rows.column("channels")] == [2, 1]
    assert rows.take(np.array([False, True])).column("folder_name").tolist() == ["B/"]
    assert rows.take(slice(0, 1)).column("num_channels").tolist() == [2]
    assert list(rows.names())[:2] == ["folder_name", "sample_rate"]
    assert (rows.has(1), rows.has(2), rows.has("A/")) == (True, False, False)


def test_names_that_are_not_there_are_unknown():
    tree = read(OEBIN)
    for ask in (tree.get, tree.locate, tree.get("continuous").column, tree.get("continuous").row(0).get):
        with pytest.raises(UnknownName):
            ask("folder")
    with pytest.raises(KeyError):
        tree.get("continuous").row("A/")


def test_lists_of_scalars_are_columns():
    tree = read(OEBIN)
    assert tree.get("ints").dtype == np.int64
    assert tree.get("floats").tolist() == [1.0, 2.5]
    assert tree.get("texts").tolist() == ["a", "b"]
    assert tree.get("flags").dtype == np.bool_
    assert tree.get("mixed").tolist() == [1, "a", None]
    assert [part.tolist() for part in tree.get("nested")] == [[1, 2], [3, 4]]
    assert tree.get("none") is None


def test_an_empty_list_has_no_rows_whatever_is_asked():
    rows = read(OEBIN).get("empty")
    assert len(rows) == 0
    assert len(rows.column("folder_name")) == 0


def test_fields_are_found_by_path():
    record = read(
        OEBIN,
        wanted("version", "GUI version"),
        wanted("rate", "core:rate", type="float"),
        wanted("dotted", "a.b.c", type="int"),
        wanted("first", "continuous[0].sample_rate", type="int"),
        wanted("last", "continuous[-1].channels[0].name"),
        wanted("folders", "continuous.folder_name", type="str[]"),
        wanted("counts", "continuous.num_channels", type="int[]"),
        wanted("second", "ints[1]", type="int"),
        wanted("digits", type="int"),
        wanted("whole", type="int"),
        wanted("channels", "continuous[0].channels"),
        wanted("none_of", "empty", type="float[]"),
        wanted("absent", "continuous[0].start", type="int", default=0),
    )
    assert [record.get(n) for n in ("version", "rate", "dotted", "first", "last")] == [
        "0.6.7",
        1e6,
        1,
        30000,
        "X",
    ]
    assert record.get("folders").tolist() == ["A/", "B/"]
    assert record.get("counts").tolist() == [2, 1]
    assert [record.get(n) for n in ("second", "digits", "whole", "absent")] == [2, 63, 40000, 0]
    assert isinstance(record.get("whole"), int)
    assert len(record.get("channels")) == 2
    assert record.get("none_of").dtype == np.float64
    assert record.origin("first") == "s.oebin continuous[0].sample_rate"
    assert record.origin("absent") is None


def test_tuples_inside_a_text():
    each = parse_text(Text("({x:int},{y:int})", PLACE))
    table = read('{"map": "(1,2)(3,4)"}', wanted("map", each=each)).get("map")
    assert table.column("y").tolist() == [2, 4]


def test_a_missing_key_shows_the_keys_there():
    found = problem(OEBIN, wanted("x", "continuous[0].sample_rat"))
    assert (found.code, found.data_file) == ("V0503", "s.oebin")
    assert found.message == "s.oebin has no key 'sample_rat'"
    assert found.help == "it has 'sample_rate'; 5 keys present"


@pytest.mark.parametrize(
    ("key", "code"),
    (
        ("continuous[2]", "V0511"),
        ("ints[3]", "V0511"),
        ("continuous[0].sample_rate.hz", "V0511"),
        ("none[0]", "V0511"),
        ("continuous..x", "V0511"),
        ("continuous[x]", "V0511"),
        ("continuous[0", "V0511"),
        ("nothing.at.all", "V0503"),
    ),
)
def test_paths_that_lead_nowhere(key, code):
    assert problem(OEBIN, wanted("x", key)).code == code


@pytest.mark.parametrize(
    ("key", "kind", "found"),
    (
        ("flags[0]", "int", "True"),
        ("continuous[1].sample_rate", "int", "2500.5"),
        ("GUI version", "float", "'0.6.7'"),
        ("none", "float", "None"),
        ("continuous", "int", "a list"),
        ("a.b", "int", "an object"),
        ("digits", "int[]", "'63'"),
        ("continuous", "str[]", "a list"),
        ("mixed", "int[]", "'a'"),
    ),
)
def test_values_of_another_type(key, kind, found):
    told = problem(OEBIN, wanted("x", key, type=kind))
    assert (told.code, told.found) == ("V0505", found)


NUMBERS = """{"ok": 1, "nan": NaN, "inf": -Infinity, "big": 9223372036854775808,
 "huge": 1e999, "list": [1, NaN], "n": %s}"""


def test_numbers_that_do_not_exist_are_refused_when_they_are_read():
    tree = read(NUMBERS % ("9" * 10_000))
    assert tree.get("ok") == 1
    for name, code in {
        "nan": "V0513",
        "inf": "V0513",
        "big": "V0509",
        "huge": "V0509",
        "n": "V0509",
        "list": "V0513",
    }.items():
        with pytest.raises(VspecError) as error:
            tree.get(name)
        (found,) = error.value.problems
        assert (found.code, found.data_file) == (code, "s.oebin")
        assert found.message.startswith(f"s.oebin {name}")
    assert problem(NUMBERS % 1, wanted("x", "big", type="int")).code == "V0509"
    assert read('{"least": -9223372036854775808}').get("least") == -(2**63)


def test_a_fault_of_the_text_is_shown_at_its_byte():
    text = '\n{"µ": 1,\n "b" 2}\n'
    found = problem(text)
    assert found.code == "V0510"
    assert found.message.startswith("s.oebin line 3: not JSON")
    assert found.offset == 5 + text.encode().index(b"2}")
    assert problem('{"a": 1').found == "the end of the text"
    assert problem("").code == "V0510"


def test_the_top_must_be_an_object():
    assert problem("[1, 2]").code == "V0511"
    assert problem("3").code == "V0511"


def test_two_members_of_one_name():
    assert problem('{"a": 1, "a": 2}').code == "V0512"
    assert read('{"a": 1, "a": 1}').get("a") == 1


@pytest.mark.parametrize("deep", ("[" * 101 + "]" * 101, '{"a":' * 150_000, "[" * 10**6))
def test_depth_is_bounded(deep):
    assert problem(deep).code == "V0914"


def test_brackets_inside_texts_are_no_depth():
    assert read('{"a": "' + "[" * 500 + '\\"' + "{" * 500 + '"}').get("a").startswith("[[")


@pytest.mark.parametrize("hostile", ('"' + '\\"' * 300_000, '{"a": "' + "\\" * 300_001))
def test_texts_without_an_end_take_no_time(hostile):
    assert problem(hostile).code == "V0510"


def test_a_byte_order_mark_is_accepted():
    assert read(b'\xef\xbb\xbf{"a": 1}').get("a") == 1
    assert read('{"a": "µ"}'.encode("utf-16"), encoding="utf-16").get("a") == "µ"


@pytest.mark.parametrize(
    ("text", "at"),
    (
        (r'{"a": "x\ud800"}', 8),
        (r'{"a": "\uDFFF\uD800"}', 7),
        (r'{"a": ["\ud800\u0041"]}', 8),
        (r'{"a\udc00": 1, "a": 2}', 3),
        (r'{"a": "\\\ud83d"}', 9),
    ),
)
def test_half_a_character_is_refused(text, at):
    found = problem(text, wanted("a"))
    assert (found.code, found.offset) == ("V0510", 5 + at)
    assert "half a character" in found.message


@pytest.mark.parametrize(
    ("text", "value"),
    (
        (r'{"a": "\ud83d\uDE00"}', "\U0001f600"),
        (r'{"a": "\\ud800"}', r"\ud800"),
        (r'{"a": "\ue000"}', "\ue000"),
    ),
)
def test_whole_characters_as_escapes_are_read(text, value):
    assert read(text, wanted("a")).get("a") == value
