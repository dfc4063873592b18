"""From the text of a card to the model."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from vspec.card.constants import constants
from vspec.card.load import load, loads
from vspec.card.model import Arrow, ByteOrderTest, Card, Field, Record
from vspec.errors import VspecError
from vspec.expressions import Expression, Template

VALID = Path(__file__).parents[1] / "conformance" / "valid"


def written(expression) -> str | None:
    return None if expression is None else expression.text.value.strip()


@pytest.fixture(scope="module")
def tour() -> Card:
    return load(VALID / "tour.yaml")


def test_the_ten_line_card():
    card = load(VALID / "ten_lines.yaml")
    (role,) = card.roles
    (array,) = card.arrays
    assert (card.title, role.name, role.match[0].text.value) == ("Rig 3, NI-DAQ dump", "file", "*.dat")
    assert array.name.text.value == "raw"
    assert written(array.dtype) == "int16"
    assert {name: written(size) for name, size in array.shape.items()} == {"time": None, "channel": "64"}
    assert written(array.axes[0].step) == "1 / 30000"
    assert array.axes[0].units.text.value == "s"
    assert array.attrs["scale_factor"] == 0.195
    assert array.attrs["units"].text.value == "uV"


def test_places_of_the_shape_cover_key_and_value():
    array = load(VALID / "ten_lines.yaml").arrays[0]
    spans = {name: (p.line, p.column, p.length) for name, p in array.shape_places.items()}
    assert spans == {"time": (7, 13, 10), "channel": (7, 25, 11)}
    assert array.shape_place.text[11:].startswith("{time")


def test_card_data_is_plain(tour):
    assert tour.data["params"]["cut"] == {"type": "bool", "default": False}
    assert tour.data["arrays"]["raw/{{ run }}"]["offset"] == 128
    assert list(tour.data)[:3] == ["vspec", "id", "title"]


def test_params_and_tables(tour):
    assert [(p.name, p.type, p.default) for p in tour.params] == [
        ("channels", "int", 4),
        ("label", "str", "rig"),
        ("cut", "bool", False),
        ("scale", "float", 1),
    ]
    assert tour.tables == {"names": {1: "left", "0x10": "right"}, "orders": ("C", "F")}


def test_a_quoted_key_of_a_table_stays_text():
    text = """vspec: 1
files: "{name}.dat"
tables: {codes: {"444": a, 5: b, 0x1F: c, "0x20": d, 1_0: e, "-3": f, inner: {"1": g}, rows: [{"2": h}]}}
arrays: {raw: {dtype: int16, shape: {t: auto}}}
"""
    card = loads(text, "card.yaml")
    wanted = {"444": "a", 5: "b", 31: "c", "0x20": "d", "1_0": "e", "-3": "f", "inner": {"1": "g"}}
    assert card.tables == {"codes": {**wanted, "rows": ({"2": "h"},)}}
    again = loads(json.dumps(card.data), "map.json")
    assert (again.tables, again.data) == (card.tables, card.data)
    codes = constants(card)["codes"]
    assert [444 in codes, "444" in codes, "5" in codes, 32 in codes, "31" in codes] == [0, 1, 1, 0, 1]


def test_one_number_in_two_forms_is_one_key():
    text = "vspec: 1\nfiles: '{name}.dat'\ntables: {t: {31: a, 0x1F: b}}\n"
    with pytest.raises(VspecError) as caught:
        loads(text + "arrays: {raw: {dtype: int16, shape: {t: auto}}}", "card.yaml")
    assert [(p.code, p.place.column) for p in caught.value.problems] == [("V0008", 21)]


def test_role_keys(tour):
    bin_, log, side, geo = tour.roles
    assert (bin_.over, written(bin_.order), bin_.missing, bin_.any_case) == ("part", "part", "skip", True)
    assert len(bin_.match) == 2
    assert log.optional
    assert (side.match, written(side.named)) == ((), "log.short")
    assert isinstance(geo.endian, ByteOrderTest)
    assert (geo.endian.type, geo.endian.offset, geo.endian.equals) == ("int32", 2, None)
    assert written(geo.endian.that) == "0 < test < 1000"


def test_text_fields(tour):
    rate, short, event = tour.roles[1].text.fields
    assert (rate.between, [c.name for c in rate.line.captures]) == (("BEGIN", "END"), ["hertz"])
    assert (short.line.text.value, short.key) == ("label {name:rest}", None)
    assert (event.section.value, event.skip, event.key) == ("Events", 2, None)
    (gains,) = tour.roles[2].text.fields
    assert (gains.key.value, gains.type) == ("amplifier.gain", "float[]")
    assert (gains.default, gains.required) == ((1, 2), False)


def test_text_options(tour):
    text = tour.roles[1].text
    assert (text.format, text.separator, text.comment, text.end) == ("lines", "=", "#", None)
    assert text.encoding == "latin-1"


def test_record_keys(tour):
    deep = tour.roles[3].layout.fields[3]
    assert isinstance(deep, Record)
    assert (deep.repeat.variable, written(deep.repeat.items), deep.repeat.count) == ("i", "range(rows)", None)
    assert [written(e) for e in (deep.at, deep.condition, deep.size)] == ["512", "n > 0", "rows * 8"]
    assert (deep.key, deep.partial, deep.endian) == ("id", "drop", "big")
    assert [let.name for let in deep.lets] == ["double"]


def test_long_fields_join_type_and_keys(tour):
    text, mark = tour.roles[3].layout.fields[3].fields[2:]
    assert isinstance(text, Field)
    assert (text.name, text.type.word, text.convert) == ("text", "latin1", "float")
    assert [written(e) for e in (text.condition, text.default)] == ["id > 0", "0.5"]
    assert [written(e) for e in (mark.offset, mark.constant)] == ["start + 6", "7"]


def test_repeat_rest_and_count():
    card = load(VALID / "intan_rhd.yaml")
    record = {item.name: item for item in card.roles[0].layout.fields}
    rest, group = record["block"].repeat, record["group"].repeat
    assert (rest.count, rest.variable, rest.items) == (None, None, None)
    assert written(group.count) == "n_groups"


def test_types_project_to_a_value():
    struct = load(VALID / "intan_rhd.yaml").types["qstring"]
    assert written(struct.value) == "s"
    assert [field.name for field in struct.record.fields] == ["n", "s"]


def test_array_keys(tour):
    raw, pieces, _, by_rank = tour.arrays
    assert isinstance(raw.dims, Arrow)
    assert (raw.order, raw.endian, written(raw.offset)) == ("F", "big", "0x80")
    assert pieces.each[0] == "v"
    assert pieces.dims == ("a", "b")
    assert isinstance(by_rank.dims, Expression)
    assert isinstance(by_rank.shape, Expression)
    assert [let.name for let in pieces.lets] == ["first"]
    assert pieces.name.text.value == "events/{{ v.code }}"


def test_lists_become_expressions_of_lists(tour):
    channel = next(axis for axis in tour.arrays[0].axes if axis.name == "channel")
    assert written(channel.labels) == "['A', 'B', 'C', 'D']"
    assert written(channel.gain) == "[1, 2, 3, 4]"
    assert written(channel.coordinates["depth"]) == "[0, 20, 40, 60]"
    assert written(tour.arrays[1].values) == "[[1, 2], [first, 4]]"


def test_attributes_keep_their_form(tour):
    nested = tour.attrs["nested"]
    assert nested["list"][:4] == (1, 2.5, True, None)
    assert isinstance(nested["list"][4], Template)


def test_time_is_short_for_the_axis_of_that_name():
    array = load(VALID / "ten_lines.yaml").arrays[0]
    assert [axis.name for axis in array.axes] == ["time"]


@pytest.mark.parametrize("name", ("missing.yaml", "."))
def test_a_card_that_cannot_be_read(tmp_path, name):
    with pytest.raises(VspecError) as caught:
        load(tmp_path / name)
    assert caught.value.problems[0].code == "V0001"


def test_messages_name_the_file_as_it_was_given(tmp_path):
    path = tmp_path / "rig.yaml"
    path.write_text("vspec: 1\n", encoding="utf-8")
    with pytest.raises(VspecError) as caught:
        load(path)
    assert {problem.place.file for problem in caught.value.problems} == {str(path)}


def test_all_problems_of_structure_come_at_once():
    text = (
        'vspec: 1\ntitel: x\nversion: 1\nfiles: "*.dat"\narrays:\n  raw:\n    dtype: in t16\n'
        "    shap: {time: auto}\n    dims: a -> b\n    endian: {test: x}\n"
    )
    with pytest.raises(VspecError) as caught:
        loads(text, "c.yaml")
    found = [(p.code, p.place.line) for p in caught.value.problems]
    assert ("V0102", 2) in found
    assert ("V0104", 3) in found
    assert ("V0102", 8) in found
    assert ("V0116", 9) in found
    assert ("V0117", 10) in found
    assert any(code.startswith("V02") and line == 7 for code, line in found)


def test_an_unknown_key_near_a_missing_one_is_one_problem():
    with pytest.raises(VspecError) as caught:
        loads('vspec: 1\nfiles: "*.dat"\narays:\n  raw: {dtype: int16, shape: {time: auto}}\n', "c.yaml")
    assert [p.code for p in caught.value.problems] == ["V0102"]
