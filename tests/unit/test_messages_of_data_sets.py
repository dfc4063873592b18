"""What is said about a data set: which file, which cause, in words of the card."""

from __future__ import annotations

import pytest

from tests.unit.opening import planned, value
from vspec.commands.apply import apply
from vspec.commands.check import check
from vspec.errors import Place, Problem, VspecError, distinct
from vspec.errors.rendering import render

CARD = """
vspec: 1
files:
  f:
    match: "{name}.dat"
    layout:
      fields:
        n: uint8
        o: {type: uint8, if: n == 7}
        c: complex64[k=1]
        r: {repeat: 2, fields: {d: "uint8[k=2, j=2]"}}
        large: uint8[x=70000000]
CHECKS
arrays:
  raw: {from: "PICK"}
"""


def problems(pick, folder, raw=bytes(17), checks="", names=("a",)):
    text = CARD.replace("PICK", pick).replace("CHECKS", checks)
    if "large" not in pick:
        text = text.replace("        large: uint8[x=70000000]\n", "")
    (folder / "in").mkdir()
    (folder / "card.yaml").write_text(text.lstrip())
    for name in names:
        (folder / "in" / f"{name}.dat").write_bytes(raw)
    return apply(folder / "card.yaml", folder / "in", folder).problems


@pytest.mark.parametrize(
    ("pick", "code", "told"),
    (
        ("f.r", "V0322", "found: the rows 'r'"),
        ("f.r[1]", "V0322", "found: a record"),
        ("f.r if at(f.o) > 0 else f.r.d", "V0225", "f.o is none (absent): it lies nowhere"),
        ("f.r.d if 1 // f.n > 0 else f.r.d", "V0231", "division"),
        ("f.r.d[7]", "V0223", "has no element 7"),
    ),
)
def test_every_problem_names_its_file_and_no_inner_word(tmp_path, pick, code, told):
    found = problems(pick, tmp_path, names=("a", "b"))
    assert [(p.code, p.data_file) for p in found] == [(code, "a.dat"), (code, "b.dat")]
    for problem in found:
        shown = render(problem)
        assert told.lower() in shown.lower() or code == "V0231"
        assert problem.data_file in shown
        assert "object" not in shown
        assert "fixedrows" not in shown


def test_a_failed_check_is_told_once_and_not_with_what_follows_from_it(tmp_path):
    checks = """checks:
  - {that: 8 // (f.n + 1) > 7, else: fine}
  - {that: f.n > 0, else: "no channels in {{ name }}"}
  - {that: 17 % f.n == 0, else: odd}
"""
    found = problems("f.r.d", tmp_path, checks=checks)
    assert [(p.code, p.message, p.data_file) for p in found] == [("V0604", "no channels in a", "a.dat")]
    assert [
        p.code for p in problems_of_one(tmp_path, checks.replace('> 0, else: "no', '>= 0, else: "no'))
    ] == ["V0231"]


def problems_of_one(folder, checks):
    (folder / "again").mkdir()
    return problems("f.r.d", folder / "again", checks=checks)


def test_whether_an_array_is_there_is_asked_without_reading_it(tmp_path):
    text = CARD.replace("CHECKS", "")
    raw = bytes(17) + bytes(70_000_000)
    for k, (pick, shape) in enumerate(
        {
            "f.large if f.large != none else f.r.d": (70_000_000,),
            "f.r.d if f.large == none else f.large": (70_000_000,),
            "f.c if f.c != none else f.r.d": (1,),
            "f.r.d if f.o != none else f.c": (1,),
        }.items()
    ):
        contents = {"a.dat": raw} if k == 0 else {}
        _, made = planned(text.replace("PICK", pick), tmp_path, contents)
        assert made.arrays[0].shape == shape


def test_rows_in_two_byte_orders_say_which(tmp_path):
    text = """
        vspec: 1
        files:
          f:
            match: "{n:int}.dat"
            over: n
            layout: {fields: {a: uint8, d: {type: "int16[x=2]", endian: "little if a == 1 else big"}}}
        arrays: {raw: {from: f.d}}
    """
    with pytest.raises(VspecError) as caught:
        planned(text, tmp_path, {"1.dat": b"\1\0\0\0\0", "2.dat": bytes(5)})
    (problem,) = caught.value.problems
    assert (problem.code, problem.expected, problem.found) == (
        "V0304",
        "int16[x=2], little-endian",
        "int16[x=2], big-endian",
    )


def test_labels_are_words_of_the_card(tmp_path):
    text = """
        vspec: 1
        files: "{n}.dat"
        arrays: {raw: {dtype: uint8, shape: {x: 4}, axes: {x: {labels: "[none, true, false, 'None']"}}}}
    """
    opened, made = planned(text, tmp_path, {"a.dat": bytes(4)})
    assert made.arrays[0].axes[0].labels == ("none", "true", "false", "None")
    assert value(opened, made.arrays[0]).tolist() == [0, 0, 0, 0]


TEXTS = """
vspec: 1
files:
  bin: "{name}.dat"
  log:
    match: "{name}.log"
    format: lines
    fields:
      n: {line: "n is {n:int}"}
checks:
  - {that: log.n > 0, else: none}
  - {that: log.n < 100, else: many}
  - {that: log.n % 2 == 0, else: odd}
  - {that: size(bin) > 4, else: short, level: warn}
  - {that: "log.n > 10", else: "only {{ log.n }} channels", level: warn}
arrays:
  raw: {from: bin, dtype: uint8, shape: {x: log.n}}
  again: {from: bin, dtype: uint8, shape: {y: log.n}}
"""


@pytest.mark.parametrize("command", (apply, check))
def test_a_field_that_many_ask_for_is_told_once_for_each_file(tmp_path, command):
    (tmp_path / "in").mkdir()
    (tmp_path / "card.yaml").write_text(TEXTS.lstrip())
    for name in ("a", "b"):
        (tmp_path / "in" / f"{name}.dat").write_bytes(bytes(4))
        (tmp_path / "in" / f"{name}.log").write_text("nothing here\n")
    found = command(tmp_path / "card.yaml", tmp_path / "in").problems
    assert [(p.code, p.data_file) for p in found] == [("V0506", "a.log"), ("V0506", "b.log")]


def test_a_warning_of_a_check_names_its_file(tmp_path):
    (tmp_path / "in").mkdir()
    (tmp_path / "card.yaml").write_text(TEXTS.lstrip())
    (tmp_path / "in" / "a.dat").write_bytes(bytes(4))
    (tmp_path / "in" / "a.log").write_text("n is 4\n")
    short, few = check(tmp_path / "card.yaml", tmp_path / "in").problems
    assert (short.code, short.level, short.message) == ("V0604", "warn", "short")
    assert (few.code, few.level, few.message) == ("V0604", "warn", "only 4 channels")
    assert "\n  in a.dat" in render(short)
    assert "\n  in a.log" in render(few)


def test_one_problem_is_its_code_its_places_and_its_message():
    here, there = Place("c", 1, 1, 1, "x"), Place("c", 2, 1, 1, "x")
    warning = Problem("V0309", "left", here, "a", level="warn")
    error = Problem("V0309", "left", here, "a", help="h")
    others = [
        Problem("V0309", "left", there, "a"),
        Problem("V0309", "left", here, "b"),
        Problem("V0301", "left", here, "a"),
        Problem("V0309", "gone", here, "a"),
    ]
    assert distinct([warning, *others, error, warning, *others]) == (error, *others)
    assert distinct([error, warning]) == (error,)
    assert distinct([]) == ()
