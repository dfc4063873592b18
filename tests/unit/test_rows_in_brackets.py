"""What a name means inside the brackets of rows, and the messages about rows."""

from __future__ import annotations

import numpy as np
import pytest

from tests.unit.opening import planned, value
from vspec.card.lint import lint
from vspec.card.load import loads
from vspec.errors import Place, Text, VspecError
from vspec.expressions import parse
from vspec.expressions.tables import Table
from vspec.header.checks import run_checks

CARD = """
vspec: 1
files:
  f:
    match: "{name}.dat"
    layout:
      fields:
        point:
          repeat: rest
          fields: {xyz: "uint8[c=3]", t: uint8, x: uint8 @ start}
          let: {z: "xyz[2]"}
TOP
arrays:
  raw: {from: "PICK"}
"""
# three rows of three components: a mask of components is as long as one of rows
XYZ = np.array([[5, 0, 5], [7, 8, 9], [5, 5, 6]], np.uint8)
T = np.array([2, 1, 3], np.uint8)
RAW = np.column_stack([XYZ, T]).tobytes()


def made(pick, folder, top="", raw=RAW):
    return planned(CARD.replace("PICK", pick).replace("TOP", top), folder, {"a.dat": raw})


def refused(pick, folder, top="", raw=RAW):
    with pytest.raises(VspecError) as caught:
        made(pick, folder, top, raw)
    return caught.value.problems[0]


@pytest.mark.parametrize(
    "mask",
    (
        "xyz[0] == xyz[0]",
        "xyz[0] == 5",
        "xyz[-1] > 4",
        "xyz[t[0]] > 4",
        "any(xyz[0:2] == 5)",
        "any(xyz[[0, 1, 2]] == 5)",
        "t > 1 and xyz[0] == 5",
        "xyz[0] == 5 if t > 1 else false",
        "x in [5 if t > 1 else xyz[0]]",
    ),
)
def test_a_position_in_an_own_column_of_many_values_a_row_is_refused(tmp_path, mask):
    problem = refused(f"f.point[{mask}].xyz", tmp_path)
    assert problem.code == "V0243"
    assert "x: float32 @ start" in problem.help
    assert "outside of the brackets" in problem.help


def test_the_message_says_what_the_column_is(tmp_path):
    problem = refused("f.point[xyz[0]].xyz", tmp_path)
    assert problem.message == (
        "'xyz[0]' picks from the rows, not from each row: here 'xyz' is a column of 3 x 3 numbers, the rows first"
    )


def test_rows_around_the_brackets_are_own_too(tmp_path):
    assert refused("f.point[f.point[t == xyz[0]].t == 2].xyz", tmp_path).code in ("V0224", "V0243")


@pytest.mark.parametrize(
    ("pick", "rows"),
    (
        ("f.point[x == 5].xyz", [0, 2]),
        ("f.point[z > 5].xyz", [1, 2]),
        ("f.point[t > t[0]].xyz", [2]),
        ("f.point[t >= t[0:1]].xyz", None),
        ("f.point[x == first_of].xyz", [0, 2]),
        ("f.point[f.point[1].xyz[0] - 7:2].xyz", [0, 1]),
    ),
)
def test_what_means_rows_still_does(tmp_path, pick, rows):
    if rows is None:
        assert refused(pick, tmp_path).code == "V0229"
        return
    opened, found = made(pick, tmp_path, top='let: {first_of: "f.point.xyz[0][0]"}')
    assert value(opened, found.arrays[0]).tolist() == XYZ[rows].tolist()


def test_uneven_rows_are_refused_as_well(tmp_path):
    text = """
        vspec: 1
        files:
          f:
            match: "{name}.dat"
            layout: {fields: {r: {repeat: rest, fields: {n: uint8, v: "uint8[c=n]"}}}}
        arrays: {raw: {from: "f.r[v[0] > 0].n"}}
    """
    with pytest.raises(VspecError) as caught:
        planned(text, tmp_path, {"a.dat": b"\2\1\1\1\1"})
    assert [p.code for p in caught.value.problems] == ["V0243"]


def test_a_mask_of_another_length_names_this_cause():
    with pytest.raises(VspecError) as caught:
        parse(_text("r[m]")).evaluate(_Scope({"r": Table({"x": np.arange(5)}), "m": np.ones(3, bool)}))
    (problem,) = caught.value.problems
    assert problem.code == "V0229"
    assert "first row" in problem.help
    assert "x: float32 @ start" in problem.help


def test_columns_of_runs_are_names_inside_brackets(tmp_path):
    top = 'let: {joined: "diff(f.point.t) > 0", run: runs(joined), most: 3}'
    opened, found = made("f.point[run[stop < most].start].xyz", tmp_path, top)
    # joints: 2 -> 1 breaks, 1 -> 3 goes on: the runs are [0, 1) and [1, 3)
    assert value(opened, found.arrays[0]).tolist() == XYZ[[0]].tolist()
    opened, found = made("f.point[runs(joined)[start > 0].start].xyz", tmp_path, top)
    assert value(opened, found.arrays[0]).tolist() == XYZ[[1]].tolist()


def test_stop_is_no_name_without_runs(tmp_path):
    assert refused("f.point[stop < 2].xyz", tmp_path).code == "V0172"
    assert refused("f.point[0:stop].xyz", tmp_path, "let: {stopp: 3}").code == "V0172"


def test_a_failed_check_counts_rows_and_names_the_fields_of_records(tmp_path):
    top = """
let: {all: f.point, one: "runs(diff(f.point.t) > 0)[0]"}
checks:
  - {that: len(all) == 5, else: five}
  - {that: "get(one, 'stop', 0) == 5", else: five}
"""
    opened, _ = made("f.point.xyz", tmp_path, top)
    because = [" ".join(p.chain) for p in run_checks(opened) if p.code == "V0604"]
    assert "f.point = 3 rows" in because[0]
    assert "one = a record with the fields start, stop" in because[1]
    assert "object" not in "".join(because)


def test_the_limit_of_elements_is_told_as_one_of_the_language():
    with pytest.raises(VspecError) as caught:
        parse(_text("range(1000000000)")).evaluate(_Scope({}))
    (problem,) = caught.value.problems
    assert problem.code == "V0903"
    assert "of the language" in problem.help
    assert "runs()" in problem.help


@pytest.mark.parametrize("field", ("uint8[t=n] @ 4 if n > 0", "uint8 = 4 if n > 0"))
def test_a_condition_behind_the_place_is_told_to_come_first(field):
    with pytest.raises(VspecError) as caught:
        loads(_plain(f'{{n: uint8, d: "{field}"}}'), "c.yaml")
    (problem,) = caught.value.problems
    assert problem.code == "V0121"
    assert problem.help.startswith("'if' comes before")


def test_a_place_of_a_test_is_a_plain_number():
    with pytest.raises(VspecError) as caught:
        loads(_plain("{d: uint8}", "endian: {test: int32 @ start + 16}"), "c.yaml")
    (problem,) = caught.value.problems
    assert problem.code == "V0117"
    assert "a plain number, counted from the start of the file" in problem.help


def test_an_array_and_a_group_points_to_the_name(tmp_path):
    text = """
vspec: 1
files: {f: {match: "{name}.dat", layout: {fields: {d: uint8, e: uint8}}}}
arrays:
  a: {from: f.d}
  b: {name: "a/x", from: f.e}
  c:
    name: "a/x/{{ name }}"
    from: f.e
"""
    with pytest.raises(VspecError) as caught:
        planned(text, tmp_path, {"q.dat": b"ab"})
    # 'a' is named by its key, 'a/x' by its 'name:'
    marked = [(p.code, p.place.text[p.place.column - 1 :]) for p in caught.value.problems]
    assert marked[0] == ("V0330", "a: {from: f.d}")
    assert (marked[1][0], marked[1][1].lstrip('"')) == ("V0330", 'a/x", from: f.e}')


PILE = "{p: 'uint16[i=2]', row: {repeat: q in p, at: 'PLACE', fields: {x: FIELD}}}"


@pytest.mark.parametrize(
    ("place", "field", "warned"),
    (
        ("64", "int16", True),
        ("p[0]", "int16", True),
        ("q", "int16", False),
        ("p[0] + q", "int16", False),
        ("64", "int16 @ q", False),
        ("64", "'int16[k=q]'", False),
        ("64", "int16 if q > 3 else 0", False),
        ("here", "int16", False),
    ),
)
def test_rows_that_all_lie_at_one_place_are_warned_of(place, field, warned):
    card = loads(_plain(PILE.replace("PLACE", place).replace("FIELD", field), source="f.p"), "c.yaml")
    found = lint(card)
    assert [(p.code, p.level) for p in found] == ([("V0199", "warn")] if warned else [])
    if warned:
        assert found[0].message == "'at' does not depend on 'q': all rows of 'row' lie at one place"


def test_what_is_made_of_the_item_places_rows(tmp_path):
    fields = "{p: 'uint16[i=2]', row: {repeat: q in p, at: 64, let: {w: v + 1, v: q}, fields: {x: 'pad(w)', y: uint8}}}"
    assert lint(loads(_plain(fields, source="f.p"), "c.yaml")) == []
    inner = "{p: 'uint16[i=2]', row: {repeat: q in p, at: 64, fields: {i: {repeat: 3, fields: {x: 'pad(q)', y: uint8}}}}}"
    assert lint(loads(_plain(inner, source="f.p"), "c.yaml")) == []


def _plain(fields, more="", source="f.d"):
    return f"""vspec: 1
files:
  f:
    match: "{{name}}.dat"
    {more}
    layout:
      fields: {fields}
arrays:
  raw: {{from: {source}}}
"""


def _text(written):
    return Text(written, Place("card.yaml", 7, 1, len(written), written))


class _Scope:
    def __init__(self, values):
        self._values = values

    def names(self):
        return list(self._values)

    def get(self, name):
        return self._values[name]
