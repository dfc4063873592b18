"""Columns of tables in text as arrays: copied with their types, refused where nobody asked for it."""

from __future__ import annotations

import json
import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from vspec.commands import apply, fake, verify
from vspec.commands.options import ApplyOptions
from vspec.errors import VspecError
from vspec.header import text_cells, text_csv
from vspec.header.text_values import Unfit, scalar
from vspec.peers.csv import read_csv
from vspec.readers.zarr_store import open_group

COPY = ApplyOptions(materialize=True)
HEAD = """\
vspec: 1
files:
  t:
    match: "{name}.csv"
    format: csv
"""


def card(folder, fields, arrays, options=""):
    text = f"{HEAD}{options and '    ' + options + chr(10)}    fields: {fields}\narrays:\n"
    path = folder / "table.yaml"
    path.write_text(text + "".join(f"  {line}\n" for line in arrays.splitlines()))
    return path


def mapped(folder, table, fields, arrays, options=""):
    """Return the group of a map of a table; everything is verified through the other reader."""
    (folder / "a.csv").write_bytes(table if isinstance(table, bytes) else table.encode())
    report = apply(card(folder, fields, arrays, options), folder / "a.csv", folder / "maps", options=COPY)
    assert report.problems == ()
    (told,) = verify(folder / "maps" / "a.vspec.json").maps
    assert told.problems == ()
    assert told.arrays == len(report.maps[0].arrays)
    return open_group(folder / "maps" / "a.vspec.json")


def refused(folder, table, fields, arrays, options=None):
    """Return the problems of a table, whether they stop everything or one data set."""
    (folder / "a.csv").write_text(table)
    path = card(folder, fields, arrays)
    try:
        return apply(path, folder / "a.csv", folder / "maps", options=options or ApplyOptions()).problems
    except VspecError as error:
        return error.problems


# --- values -----------------------------------------------------------------------------------


def test_floats_are_exact_and_missing_cells_are_no_numbers(tmp_path):
    table = "x\n0.1\n\n-0.0\n5e-324\n1.7976931348623157e308\n \nnan\n"
    table = "t," + table.replace("\n", "\n1,", 7)
    group = mapped(tmp_path, table, "{x: {type: float, default: null}}", "x: {from: t.x}")
    expected = np.array([0.1, math.nan, -0.0, 5e-324, 1.7976931348623157e308, math.nan, math.nan])
    assert group["x"][:].tobytes() == expected.tobytes()
    assert group["x"].dtype == np.dtype("<f8")


def test_whole_numbers_and_truths(tmp_path):
    table = "n,ok\n9007199254740993,yes\n-9223372036854775808,F\n+7,1\n"
    group = mapped(tmp_path, table, "{n: int, ok: bool}", "n: {from: t.n}\nok: {from: t.ok}")
    assert group["n"][:].tolist() == [9007199254740993, -(2**63), 7]
    assert group["ok"][:].tolist() == [True, False, True]
    assert (group["n"].dtype, group["ok"].dtype) == (np.dtype("<i8"), np.dtype("|b1"))


def test_a_default_stands_for_empty_cells(tmp_path):
    fields = "{n: {type: int, default: -1}, x: {type: float, default: nan}, gone: {type: float, default: 2}}"
    arrays = "n: {from: t.n}\nx: {from: t.x}\ngone: {from: t.gone}\nsame: {values: t.x}"
    group = mapped(tmp_path, "n,x\n1,\n,2.5\n3,-1\n", fields, arrays)
    assert group["n"][:].tolist() == [1, -1, 3]
    np.testing.assert_array_equal(group["x"][:], [math.nan, 2.5, -1])
    np.testing.assert_array_equal(group["same"][:], [math.nan, 2.5, -1])
    assert group["gone"][:].tolist() == [2.0, 2.0, 2.0]


def test_the_dtype_of_the_card_is_what_is_stored(tmp_path):
    arrays = "n: {from: t.n, dtype: int16}\nx: {from: t.x, dtype: float32, dims: [time]}"
    group = mapped(tmp_path, "n,x\n-300,0.1\n7,2\n", "{n: int, x: float}", arrays)
    assert (group["n"].dtype, group["n"][:].tolist()) == (np.dtype("<i2"), [-300, 7])
    assert group["x"][:].tobytes() == np.array([0.1, 2], "<f4").tobytes()
    assert group["x"].attrs["_ARRAY_DIMENSIONS"] == ["time"]


def test_a_dtype_without_room_is_refused(tmp_path):
    (problem,) = refused(tmp_path, "n\n300\n", "{n: int}", "n: {from: t.n, dtype: int8}")
    assert (problem.code, problem.place.line) == ("V0340", 8)


def test_columns_of_one_type_are_one_array_with_labels(tmp_path):
    rows = np.arange(7 * 3, dtype=float).reshape(7, 3) / 8
    table = "x,y,p\n" + "".join(",".join(map(repr, row)) + "\n" for row in rows.tolist())
    arrays = """\
plain: {from: "[t.x, t.y, t.p]"}
turned: {from: "[t.x, t.y, t.p]", dims: "column row -> row -column"}
named: {from: "[t.y, t.p]", dims: [what, row], axes: {what: {labels: [y, chance]}}}"""
    group = mapped(tmp_path, table, "{x: float, y: float, p: float}", arrays)
    np.testing.assert_array_equal(group["plain"][:], rows.T)
    assert group["plain"].attrs["vspec"]["labels"] == {"column": ["x", "y", "p"]}
    assert group["plain"].attrs["vspec"]["materialized"] == "it is text"
    np.testing.assert_array_equal(group["turned"][:], rows)
    assert group["turned"].attrs["vspec"]["dims"] == ["row", "-column"]
    np.testing.assert_array_equal(group["named"][:], rows.T[1:])
    assert group["named"].attrs["vspec"]["labels"] == {"what": ["y", "chance"]}


def test_columns_of_two_types_are_no_array(tmp_path):
    (problem,) = refused(tmp_path, "a,b\n1,2\n", "{a: int, b: float}", 'x: {from: "[t.a, t.b]"}')
    assert problem.code == "V0319"
    assert problem.found == "a: int64 x 1, b: float64 x 1"


def test_an_empty_table_has_empty_columns(tmp_path):
    group = mapped(tmp_path, "x,y\n", "{x: float, y: float}", 'one: {from: t.x}\ntwo: {from: "[t.x, t.y]"}')
    assert group["one"].shape == (0,)
    assert group["two"].shape == (2, 0)


# --- how a table may be written -----------------------------------------------------------------


@pytest.mark.parametrize(
    ("table", "options"),
    (
        ("x;n\n0,5;1\n-1,25;2\n1e3;3\n", 'separator: ";"; decimal: ","'),
        ("rec 3\n\nx,n\n0.5,1\n-1.25,2\n1000,3\n", "skip: 2"),
        ("x,n\r\n0.5,1,\r\n-1.25,2,,\r\n1e3,3\r\n", ""),
        ("x\tn\n# why\n0.5\t1\n\n  -1.25\t 2\n1e3\t3\nEND\nx\n", 'separator: "\\t"; comment: "#"; end: END'),
        (' x   "n o" n\n 0.5 "a b"  1\n-1.25\t"" 2\n 1e3 b 3\n', 'separator: " "'),
        ('"x","n"\n"0.5","1"\n"-1.25", 2\n1e3,"3"\n', ""),
        ('other,x,n\n"a, ""b""\n\n# c",0.5,1\n"",-1.25,2\n,1e3,3\n', ""),
        ("X, N \n0.5,1\n-1.25,2\n1e3,3\n", "keys: any_case"),
        ("\ufeffx,n\n0.5,1\n-1.25,2\n1e3,3\n\0\0\0", ""),
        ("x,n\r0.5,1\r-1.25,2\r1e3,3", ""),
        ("x::n\n0.5::1\n-1.25::2\n1e3::3\n", 'separator: "::"'),
    ),
)
def test_the_other_reader_reads_every_form(tmp_path, table, options):
    group = mapped(
        tmp_path,
        table,
        "{x: float, n: int}",
        "x: {from: t.x}\nn: {from: t.n}",
        options.replace("; ", "\n    "),
    )
    assert group["x"][:].tolist() == [0.5, -1.25, 1000.0]
    assert group["n"][:].tolist() == [1, 2, 3]


def test_other_encodings_and_columns_by_number(tmp_path):
    fields = "{x: {column: 2, type: float}, n: {column: 1, type: int}}"
    arrays = "x: {from: t.x}\nn: {from: t.n}"
    group = mapped(tmp_path, "1,0.5,é\n2,-1.25,ü\n".encode("utf-16"), fields, arrays, "encoding: utf-16")
    assert group["x"][:].tolist() == [0.5, -1.25]
    assert group["n"][:].tolist() == [1, 2]


def test_columns_at_places_of_the_line(tmp_path):
    fields = "{x: {columns: [4, 8], type: float}, n: {columns: [1, 3], type: int}}"
    group = mapped(tmp_path, " 12 0.51\n  3-1.25\n", fields, "x: {from: t.x}\nn: {from: t.n}")
    assert group["x"][:].tolist() == [0.51, -1.25]
    assert group["n"][:].tolist() == [12, 3]


# --- what is asked for, and what is refused -------------------------------------------------------


def test_a_small_column_is_copied_and_a_large_one_only_when_asked_for(tmp_path):
    fields, arrays = "{x: float}", "x: {from: t.x}"
    (tmp_path / "a.csv").write_text("x\n" + "1.5\n" * 8192)
    path = card(tmp_path, fields, arrays)
    assert apply(path, tmp_path / "a.csv", tmp_path / "maps").problems == ()
    (tmp_path / "a.csv").write_text("x\n" + "1.5\n" * 8193)
    (problem,) = apply(path, tmp_path / "a.csv", tmp_path / "maps").problems
    assert problem.code == "V0335"
    assert problem.message == "array 'x' cannot be read in place, because it is text"
    assert problem.place.line == 8
    report = apply(path, tmp_path / "a.csv", tmp_path / "maps", options=COPY)
    (array,) = report.maps[0].arrays
    assert (array.materialized, array.copied_bytes, array.needs.codecs) == (True, 8193 * 8, ("zlib",))
    assert verify(tmp_path / "maps" / "a.vspec.json").problems == ()


def test_many_chunks_and_blocks_of_rows(tmp_path):
    count = 20011
    values = np.random.default_rng(5).normal(size=(count, 2))
    (tmp_path / "a.csv").write_text("x,y\n" + "".join(f"{a!r},{b!r}\n" for a, b in values.tolist()))
    path = card(
        tmp_path, "{x: float, y: float}", 'xy: {from: "[t.x, t.y]", dims: "column row -> row column"}'
    )
    options = ApplyOptions(materialize=True, chunk_bytes=1 << 14)
    assert apply(path, tmp_path / "a.csv", tmp_path / "maps", options=options).problems == ()
    told = verify(tmp_path / "maps" / "a.vspec.json").maps[0]
    assert (told.problems, told.bytes_compared) == ((), count * 16)
    xy = open_group(tmp_path / "maps" / "a.vspec.json")["xy"]
    assert xy.chunks[0] < 2000
    np.testing.assert_array_equal(xy[:], values)


@pytest.mark.parametrize(
    ("fields", "code", "said"),
    (
        ("{x: str}", "V0319", "column 'x' holds texts: only numbers can be an array"),
        ("{x: {type: int, default: null}}", "V0319", "column 'x' (a.csv line 1) has 1 empty cells"),
        ("{x: float}", "V0505", "a.csv line 3: 'x' should be a number"),
    ),
)
def test_what_is_no_column_of_numbers_is_refused(tmp_path, fields, code, said):
    (problem,) = refused(tmp_path, "x,y\n1,0\n,0\n", fields, "x: {from: t.x}", COPY)
    assert problem.code == code
    assert problem.message.startswith(said)


def test_a_table_says_its_shape_itself(tmp_path):
    (problem,) = refused(tmp_path, "x\n1\n", "{x: float}", "x: {from: t.x, shape: {time: auto}}")
    assert (problem.code, problem.message) == ("V0178", "array 'x' gives 'shape', but 't' is a table in text")


def test_only_columns_stand_side_by_side_in_from(tmp_path):
    (problem,) = refused(tmp_path, "x\n1\n", "{x: float}", 'x: {from: "[t.x, t]"}')
    assert problem.code == "V0235"


def test_columns_of_several_files_are_arrays_of_each(tmp_path):
    for name in "ab":
        (tmp_path / f"{name}.csv").write_text("x\n1\n2\n")
    path = card(tmp_path, "{x: float}", "x: {from: t.x}", "over: name")
    (problem,) = apply(path, [tmp_path / "a.csv", tmp_path / "b.csv"], tmp_path / "maps").problems
    assert (problem.code, problem.help) == (
        "V0185",
        "make an array of each file: each: f in t, from: f.x",
    )
    path = card(tmp_path, "{x: float}", 'x: {each: f in t, name: "{{ f.name }}", from: f.x}', "over: name")
    report = apply(path, [tmp_path / "a.csv", tmp_path / "b.csv"], tmp_path / "maps")
    assert [array.path for array in report.maps[0].arrays] == ["a", "b"]
    assert verify(report.maps[0].map).problems == ()


def test_verify_finds_a_value_that_was_read_wrong(tmp_path, monkeypatch):
    (tmp_path / "a.csv").write_text("x\n1\n2\n3\n")
    path = card(tmp_path, "{x: float}", "x: {from: t.x}")
    with monkeypatch.context() as wrong:
        wrong.setattr(text_cells, "_numbers", lambda texts, *_: np.array([float(t) + 1 for t in texts]))
        assert apply(path, tmp_path / "a.csv", tmp_path / "maps").problems == ()
    (problem,) = verify(tmp_path / "maps" / "a.vspec.json").maps[0].problems
    assert problem.code == "V0720"


def test_a_table_that_the_other_reader_cannot_read_has_a_code(tmp_path):
    form = {
        "separator": ",",
        "comment": None,
        "end": None,
        "encodings": ["utf-8"],
        "decimal": ".",
        "quotes": ['""'],
        "any_case": False,
        "skip": 0,
        "by_place": False,
        "headed": False,
        "columns": [{"type": "float", "empty": "none", "number": 1}],
        "at": 0,
    }
    (tmp_path / "a.csv").write_text("1\nx\n")
    with pytest.raises(VspecError) as caught:
        read_csv(tmp_path / "a.csv", json.dumps(form), (slice(0, 1),))
    assert caught.value.problems[0].code == "V0361"
    (tmp_path / "a.csv").write_text("1\n2\n")
    assert read_csv(tmp_path / "a.csv", json.dumps(form), (slice(1, 2),)).tolist() == [2.0]
    with pytest.raises(VspecError) as caught:
        read_csv(tmp_path / "a.csv", json.dumps({**form, "quotes": ["<>"]}), (slice(0, 1),))
    assert caught.value.problems[0].code == "V0723"


def test_a_table_has_its_own_bounds(tmp_path, monkeypatch):
    monkeypatch.setattr(text_cells, "ROW_LIMIT", 3)
    (problem,) = refused(tmp_path, "x,s\n" + "1,a\n" * 4, "{x: float, s: str}", "x: {from: t.x}")
    assert problem.code == "V0915"
    assert "'s' is no column of plain numbers" in problem.message
    assert refused(tmp_path, "x,s\n" + "1,a\n" * 4, "{x: float}", "x: {from: t.x}") == ()
    monkeypatch.setattr(text_csv, "ROW_LIMIT", 3)
    (problem,) = refused(tmp_path, "x,s\n" + "1,a\n" * 4, "{x: float}", "x: {from: t.x}")
    assert problem.code == "V0915"


# --- many cells at once ---------------------------------------------------------------------------

CELLS = st.one_of(
    st.floats().map(repr),
    st.integers(-(2**70), 2**70).map(str),
    st.sampled_from(
        ["", "+5", "1_0", "٣", "1e999", "-inf", "Infinity", "NaN", "0x10", ".5", "5.", "1,5", "true"]
    ),
    st.text(max_size=3),
)


@given(st.lists(CELLS, max_size=4), st.sampled_from(["int", "float", "bool"]), st.sampled_from(".,"))
def test_cells_at_once_are_what_each_of_them_is(texts, kind, decimal):
    texts = [text.strip() for text in texts]
    found = text_cells._numbers(texts, kind, decimal)
    try:
        one_by_one = [scalar(text, kind, decimal) for text in texts]
    except Unfit:
        assert found is None
        return
    if found is not None:
        assert found.dtype.kind == {"int": "i", "float": "f", "bool": "b"}[kind]
        assert list(map(repr, found.tolist())) == list(map(repr, one_by_one))
    elif texts:
        assert kind == "float"
        assert any(math.isinf(number) for number in one_by_one)


def test_fake_writes_such_tables_and_knows_their_columns(tmp_path):
    arrays = 'x: {from: t.x}\nxy: {from: "[t.x, t.y]", dims: "column row -> row -column"}'
    path = card(tmp_path, "{x: float, y: float}", arrays)
    path.write_text(path.read_text() + "examples: [{name: some, make: {t.x: [0.5, 2.5, -1], t.y: 3.5}}]\n")
    made = fake(path, tmp_path / "made")
    assert [(array.path, array.shape) for array in made.arrays] == [("x", (3,)), ("xy", (3, 2))]
    assert apply(path, tmp_path / "made", tmp_path / "maps").problems == ()
    (written,) = (tmp_path / "maps").glob("*.vspec.json")
    group = open_group(written)
    assert group["x"][:].tolist() == [0.5, 2.5, -1.0]
    assert group["xy"][:].tolist() == [[0.5, 3.5], [2.5, 3.5], [-1.0, 3.5]]
