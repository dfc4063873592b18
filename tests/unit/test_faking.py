"""Files made from a card: bytes and contents as computed by hand."""

from __future__ import annotations

import ast
from pathlib import Path

import numpy as np
import pytest

import vspec.authoring.fakes
from vspec.authoring.fakes.known import Dense, in_order, stacked
from vspec.authoring.faking import FakeOptions, fake
from vspec.card.load import loads
from vspec.errors import Place, VspecError


def made(text, folder, **options):
    return fake(loads(text, "card.yaml"), folder, FakeOptions(**options))


def codes(text, folder, **options):
    with pytest.raises(VspecError) as error:
        made(text, folder, **options)
    return [problem.code for problem in error.value.problems]


RECORDS = """
vspec: 1
files:
  rec:
    match: "{name}.rec"
    endian: ORDER
    layout:
      fields:
        magic: uint32 = 0x01020304
        n: uint16
        label: ascii(4)[n]
        ratio: ascii(6) as float
        block:
          repeat: rest
          fields:
            clock: uint8
            x: int16[channel=n, sample=3]
arrays:
  x:
    from: rec.block.x
    dims: "block channel sample -> time=(block sample) -channel"
  clock:
    from: rec.block.clock
examples:
  - name: tiny
    make:
      captures: {name: s1}
      auto: {block: 2}
      rec.n: 2
      rec.label: [ab, c]
      rec.ratio: 0.5
      rec.block.clock: [7, 9]
      rec.block.x: [[[1, 2, 3], [4, 5, 6]], [[-1, -2, -3], [256, 8, 9]]]
"""
BIG = "01020304 0002 61620000 63000000 302e3520202007 000100020003 00040005000609 fffffffefffd 010000080009"
LITTLE = (
    "04030201 0200 61620000 63000000 302e3520202007 010002000300 04000500060009 fffffefffdff 000108000900"
)
X = np.array([[4, 1], [5, 2], [6, 3], [256, -1], [8, -2], [9, -3]])
"""Six times, channels from the last to the first."""


@pytest.mark.parametrize(("order", "expected"), (("big", BIG), ("little", LITTLE)))
def test_records_are_written_value_after_value(tmp_path, order, expected):
    faked = made(RECORDS.replace("ORDER", order), tmp_path)
    assert faked.files == (tmp_path / "s1.rec",)
    assert faked.files[0].read_bytes().hex() == expected.replace(" ", "")
    assert np.array_equal(faked.arrays["x"], X)
    assert faked.arrays["x"].dtype == np.dtype(">i2" if order == "big" else "<i2")
    assert faked.arrays["clock"].tolist() == [7, 9]


@pytest.mark.parametrize(("seed", "expected"), ((0, LITTLE), (1, BIG)))
def test_a_tested_byte_order_follows_the_seed(tmp_path, seed, expected):
    text = RECORDS.replace("ORDER", "{test: uint32 @ 0 = 0x01020304}")
    assert made(text, tmp_path, seed=seed).files[0].read_bytes().hex() == expected.replace(" ", "")


def test_an_example_chooses_the_byte_order(tmp_path):
    text = RECORDS.replace("ORDER", "{test: uint32 @ 0 = 0x01020304}") + "      rec.endian: big\n"
    assert made(text, tmp_path).files[0].read_bytes().hex() == BIG.replace(" ", "")


RAW = """
vspec: 1
files: "{name}.dat"
arrays:
  x:
    dtype: int32
    offset: 5
    order: F
    shape: {a: 2, b: 3}
"""


def test_raw_data_lie_behind_the_filler_in_stored_order(tmp_path):
    faked = made(RAW, tmp_path)
    content = faked.files[0].read_bytes()
    assert len(content) == 5 + 24
    by_hand = [
        [int.from_bytes(content[5 + 4 * (a + 2 * b) :][:4], "little", signed=True) for b in range(3)]
        for a in range(2)
    ]
    assert faked.arrays["x"].tolist() == by_hand
    assert len(set(faked.arrays["x"].ravel().tolist())) > 1


def test_the_seed_decides_and_nothing_else(tmp_path):
    first, again, other = (made(RAW, tmp_path / str(k), seed=seed) for k, seed in enumerate([3, 3, 4]))
    assert first.files[0].read_bytes() == again.files[0].read_bytes()
    assert first.files[0].read_bytes() != other.files[0].read_bytes()


SERIES = """
vspec: 1
files:
  dat: {match: "{name}_{part:int}.dat", over: part, missing: skip}
arrays:
  x:
    dtype: uint8
    shape: {time: auto, channel: 2}
    dims: "part time channel -> channel time=(part time)"
examples:
  - name: three
    make:
      captures: {part: [10, 2, 9]}
      auto: {time: [1, 3, 2]}
"""


def test_files_of_unequal_lengths_join_in_the_order_of_their_numbers(tmp_path):
    faked = made(SERIES, tmp_path)
    parts = {k: np.frombuffer((tmp_path / f"name_{k}.dat").read_bytes(), np.uint8) for k in (2, 9, 10)}
    assert [len(part) for part in parts.values()] == [6, 4, 2]
    by_hand = np.concatenate([parts[2], parts[9], parts[10]]).reshape(6, 2).T
    assert np.array_equal(faked.arrays["x"], by_hand)


def test_sizes_of_the_caller_win(tmp_path):
    assert made(
        RECORDS.replace("ORDER", "little").split("examples:")[0], tmp_path, sizes={"block": 5}
    ).arrays["clock"].shape == (5,)


TRAILER = """
vspec: 1
files:
  f:
    match: "{name}.bin"
    layout:
      fields:
        first: uint16
        data: uint8[x=3] @ first
        last: uint16 @ size(f) - 2
arrays:
  x: {from: f.data}
examples:
  - name: tiny
    make: {f.first: 4, f.size: 10, f.last: 0x1234, f.data: [1, 2, 3]}
"""


def test_pointers_and_offsets_from_the_end(tmp_path):
    assert made(TRAILER, tmp_path).files[0].read_bytes().hex(" ") == "04 00 00 00 01 02 03 00 34 12"


def test_a_size_that_depends_on_itself_must_be_given(tmp_path):
    assert codes(TRAILER.replace("f.size: 10, ", ""), tmp_path) == ["V0855"]


REST = """
vspec: 1
files:
  f: {match: "{name}.bin", layout: {fields: {x: FIELD, tail: uint8}}}
arrays:
  x: {from: SOURCE}
"""
ROWS_OF_REST = REST.replace("SOURCE", "f.x.y").replace(
    "FIELD", '{repeat: rest, to: size(f) - 1, fields: {y: "uint8[c=3]"}}'
)
PLAIN_REST = REST.replace("SOURCE", "f.x").replace("FIELD", '{type: "uint8[c=rest]", to: size(f) - 1}')


@pytest.mark.parametrize("text", (ROWS_OF_REST, PLAIN_REST))
@pytest.mark.parametrize("options", ({}, {"windows": [(0, 3)]}))
def test_a_rest_up_to_the_end_of_its_own_file_needs_a_size(text, options, tmp_path):
    with pytest.raises(VspecError) as error:
        made(text, tmp_path, **options)
    (problem,) = error.value.problems
    assert problem.code == "V0855"
    assert "'f.size'" in problem.help
    given = text + "examples:\n  - {name: a, make: {f.size: 13}}\n"
    assert made(given, tmp_path, **options).arrays["x"].size == 12


CHUNKS = """
vspec: 1
types:
  qstring:
    fields: {n: uint8, s: utf16(n)}
    value: s
files:
  f:
    match: "{name}.bin"
    layout:
      fields:
        count: uint8
        item:
          repeat: i in range(count)
          key: id
          size: min(4 + n, size(f) - start)
          fields:
            id: ascii(2)
            n: uint16
            body: bytes(n - 1)
        title: qstring
        group:
          repeat: 2
          fields:
            m: uint8
            tag:
              repeat: m
              fields: {v: uint8}
arrays:
  v: {from: "f.group[1].tag.v"}
examples:
  - name: tiny
    make:
      f.count: 2
      f.item: {id: [aa, bb], n: [2, 3], body: ["x", [1, 2]]}
      f.title: "µV"
      f.group.m: [1, 3]
      f.group.tag.v: [[5], [6, 7, 8]]
"""


def test_types_sizes_keys_and_nested_rows(tmp_path):
    faked = made(CHUNKS, tmp_path)
    expected = "02 61 61 02 00 78 00 62 62 03 00 01 02 00 04 b5 00 56 00 01 05 03 06 07 08"
    assert faked.files[0].read_bytes().hex(" ") == expected
    assert faked.arrays["v"].tolist() == [6, 7, 8]


def test_large_raw_files_are_written_in_blocks_and_not_kept(tmp_path, monkeypatch):
    monkeypatch.setattr("vspec.authoring.fakes.raw.KEEP_LIMIT", 1000)
    monkeypatch.setattr("vspec.authoring.fakes.stored.BLOCK", 97)
    faked = made(RAW.replace("b: 3", "b: auto"), tmp_path, sizes={"b": 211})
    assert faked.unkept == ("x",)
    assert dict(faked.arrays) == {}
    content = faked.files[0].read_bytes()
    assert len(content) == 5 + 4 * 2 * 211
    assert len(set(content)) > 200


# --- what goes wrong


def test_nothing_is_written_over(tmp_path):
    made(RAW, tmp_path)
    assert codes(RAW, tmp_path) == ["V0861"]


def test_an_example_that_is_not_there(tmp_path):
    assert codes(SERIES, tmp_path, example="thee") == ["V0850"]


@pytest.mark.parametrize(
    ("old", "new", "code"),
    (
        ("auto: {block: 2}", "auto: {block: many}", "V0851"),
        ("auto: {block: 2}", "auto: 2", "V0851"),
        ("rec.n: 2", "rec.n: 2\n      rec.nn: 2", "V0852"),
        ("rec.n: 2", "rec.n: 70000", "V0853"),
        ("rec.ratio: 0.5", "rec.ratio: 0.1234567", "V0853"),
        ("clock: [7, 9]", "clock: [7]", "V0854"),
    ),
)
def test_examples_that_do_not_fit(tmp_path, old, new, code):
    assert codes(RECORDS.replace("ORDER", "little").replace(old, new), tmp_path) == [code]


def test_files_of_unequal_lengths_that_are_not_joined(tmp_path):
    text = SERIES.replace("time=(part time)", "time part")
    assert codes(text, tmp_path) == ["V0859", "V0323"]


def test_contents_of_unequal_rows_cannot_be_put_together():
    place = Place("card.yaml", 1, 1, 1, "x")
    parts = [Dense(("time",), np.arange(n)) for n in (2, 3)]
    with pytest.raises(VspecError) as error:
        in_order(stacked("part", parts), ("part", "time"), place)
    assert error.value.problems[0].code == "V0856"


def test_a_layout_too_large_to_be_made(tmp_path):
    assert codes(RECORDS.replace("ORDER", "little"), tmp_path, sizes={"block": 10**7}) == ["V0857"]


def test_values_that_want_the_same_bytes(tmp_path):
    text = TRAILER.replace("f.first: 4", "f.first: 0")
    assert codes(text, tmp_path) == ["V0858"]


def test_a_check_that_the_example_forgot(tmp_path):
    text = RAW + 'checks:\n  - that: size(file) == 99\n    else: "{{ size(file) }} bytes"\n'
    assert codes(text, tmp_path) == ["V0859", "V0604"]


# --- independence


def test_what_is_expected_never_comes_from_where_the_reader_finds_it():
    """Only the acceptance of finished files may look at how cards are read."""
    steady = {"vspec.header.extents"}
    allowed = {
        "acceptance.py": {"vspec.compiler", "vspec.sources"},
        "tables.py": steady,
        "many_rows.py": steady,
    }
    folder = Path(vspec.authoring.fakes.__file__).parent
    reading = (
        "header",
        "planning",
        "chunks",
        "compiler",
        "oracle",
        "readers",
        "sources",
        "manifest",
        "layout",
    )
    for path in folder.glob("*.py"):
        found = set()
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.ImportFrom) and node.module:
                found |= {node.module, *(f"{node.module}.{alias.name}" for alias in node.names)}
        wrong = {
            name
            for name in found
            if name.split(".")[:1] == ["vspec"] and name.split(".")[1:2] and name.split(".")[1] in reading
        }
        assert {
            name for name in wrong if not any(name.startswith(ok) for ok in allowed.get(path.name, ()))
        } == set()


def test_files_differ_in_length_only_where_they_are_joined(tmp_path):
    text = SERIES.split("examples:", maxsplit=1)[0]
    joined = made(text, tmp_path / "joined")
    assert len({path.stat().st_size for path in joined.files}) > 1
    apart = made(text.replace("time=(part time)", "time part"), tmp_path / "apart")
    assert len({path.stat().st_size for path in apart.files}) == 1
    assert apart.arrays["x"].shape[2] == 3


def test_a_seed_below_zero(tmp_path):
    assert codes(RAW, tmp_path, seed=-5) == ["V0826"]


def test_sizes_that_nothing_asks_for_are_all_named(tmp_path):
    with pytest.raises(VspecError) as error:
        made(SERIES, tmp_path / "out", sizes={"tiem": 5, "part": 2, "channel": 3})
    assert [problem.code for problem in error.value.problems] == ["V0862", "V0862", "V0862"]
    assert "time" in (error.value.problems[0].help or "")
    assert list(tmp_path.iterdir()) == []


def test_containers_are_not_written(tmp_path):
    text = (
        "vspec: 1\nfiles:\n  h:\n    match: '{name}.h5'\n    format: hdf5\narrays:\n  a:\n    from: h['/a']\n"
    )
    with pytest.raises(VspecError) as error:
        made(text, tmp_path / "out")
    (problem,) = error.value.problems
    assert (problem.code, problem.place.line) == ("V0863", 5)
    assert "hdf5" in problem.message
    assert list(tmp_path.iterdir()) == []


def test_the_number_of_files_is_a_size(tmp_path):
    text = SERIES.partition("examples:")[0]
    assert len(made(text, tmp_path, sizes={"part": 2, "time": 5}).files) == 2


def test_what_fails_while_files_are_written_leaves_nothing_behind(tmp_path):
    text = """
vspec: 1
files:
  f: {match: "{name}.f", layout: {fields: {x: "uint16 = 5", y: "uint8 @ 0 = 9"}}}
arrays: {a: {from: f.x}}
"""
    assert codes(text, tmp_path / "a" / "b") == ["V0858"]
    assert list(tmp_path.iterdir()) == []
