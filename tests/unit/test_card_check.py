"""The static checks: what they find, and what they leave in peace."""

from __future__ import annotations

import pytest

from vspec.card.load import loads
from vspec.card.references import references
from vspec.errors import Place, Text, VspecError
from vspec.expressions import parse

RAW = """vspec: 1
files: "{name}.dat"
arrays:
  raw:
    dtype: int16
    shape: {time: auto, channel: 64}
"""


def layout(fields: str, arrays: str = "  data: {from: rec.samples}", more: str = "") -> str:
    return f"""vspec: 1
{more}
files:
  rec:
    match: "{{name}}.rec"
    layout:
      fields:
{fields}
arrays:
{arrays}
"""


def found(text: str) -> list[tuple[str, str]]:
    """Return the code and the marked text of every problem."""
    try:
        loads(text, "c.yaml")
    except VspecError as error:
        marks = []
        for problem in error.problems:
            place = problem.place
            marks.append((problem.code, place.text[place.column - 1 : place.column - 1 + place.length]))
        return marks
    return []


@pytest.mark.parametrize(
    ("expression", "expected"),
    (
        ("a", ["a"]),
        ("a.b.c", ["a.b.c"]),
        ("a[i].b", ["a.b", "(i)"]),
        ("a[b[i]].c[0].d", ["a.c.d", "(b)", "(i)"]),
        ("max(a, b.c)", ["max()", "a", "b.c"]),
        ("len(a)[k].x", ["len()", "a", "(k)"]),
        ("x if not y and z in w else none", ["x", "y", "z", "w"]),
        ("'a.b' + c", ["c"]),
        ("[a, b][i]", ["a", "b", "(i)"]),
        ("rec[a == 1 and len(b)]", ["rec", "(a)", "(len())", "(b)"]),
        ("1.5 * a", ["a"]),
        ("0xFF + a", ["a"]),
        ("(a + b).c", ["a", "b"]),
    ),
)
def test_references(expression, expected):
    text = Text(expression, Place("c.yaml", 1, 1, len(expression), expression))
    shown = []
    for reference in references(parse(text)):
        name = ".".join(part.value for part in reference.path) + ("()" if reference.called else "")
        shown.append(f"({name})" if reference.inside else name)
        first = reference.name
        assert expression[first.place.column - 1 :].startswith(first.value)
    assert sorted(shown) == sorted(expected)


def test_columns_inside_brackets_are_in_sight():
    fields = "        tag: {repeat: 3, fields: {id: uint8, samples: uint8}}"
    assert found(layout(fields, "  data: {from: 'rec.tag[id == 1].samples'}")) == []
    assert found(layout(fields, "  data: {from: 'rec.tag[idd == 1].samples'}")) == [("V0172", "idd")]
    assert found(layout(fields, "  data: {from: rec.tag.samples, if: id == 1}")) == [("V0172", "id")]


def test_names_of_the_language_stand_where_they_belong():
    assert found(layout("        samples: uint8[x=size(rec) - here]")) == []
    assert found(layout("        samples: uint8[x=4] @ start + 2")) == []
    assert found(RAW + "    offset: here\n") == [("V0177", "here")]
    assert found(RAW + "    endian: big if name == 'x' else little\n") == []
    assert found(RAW + "let:\n  order: little\n") == [("V0177", "little")]
    assert found(layout("        n: bytes(rest)\n        samples: uint8[x=2]")) == [("V0177", "rest")]


@pytest.mark.parametrize(
    ("more", "code", "mark"),
    (
        ("params:\n  name: {type: int}\n", "V0170", "{name}"),
        ("tables:\n  name: {1: 2}\n", "V0170", "{name}"),
        ("types:\n  name: {fields: {a: uint8}}\n", "V0170", "name"),
        ("params:\n  file: {type: int}\n", "V0170", "files"),
        ("params:\n  n: {type: int}\nlet:\n  n: 3\n", "V0170", "n"),
    ),
)
def test_names_declared_twice(more, code, mark):
    assert found(RAW + more) == [(code, mark)]


def test_names_of_records_side_by_side_do_not_clash():
    fields = (
        "        a: {repeat: i in range(2), fields: {id: uint8}}\n"
        "        b: {repeat: i in range(2), fields: {id: uint8}}\n        samples: uint8[x=2]"
    )
    assert found(layout(fields)) == []


def test_a_loop_variable_may_not_hide_a_field():
    fields = (
        "        i: uint8\n        a: {repeat: i in range(2), fields: {id: uint8}}\n"
        "        samples: uint8[x=2]"
    )
    assert [code for code, _ in found(layout(fields))] == ["V0170"]


def test_types_see_no_fields_of_others():
    more = "types:\n  pair:\n    fields: {a: 'uint8[n]'}\nlet:\n  m: 3"
    fields = "        n: uint8\n        p: pair\n        samples: uint8[x=2]"
    assert found(layout(fields, more=more)) == [("V0172", "n")]
    assert found(layout(fields, more=more.replace("uint8[n]", "uint8[m]"))) == [("V0172", "m")]
    assert (
        found(
            layout(
                fields, more=more.replace("let:\n  m: 3", "params:\n  k: {type: int}").replace("[n]", "[k]")
            )
        )
        == []
    )


def test_members_are_followed_through_types_and_stop_at_values():
    more = (
        "types:\n  pair:\n    fields: {a: uint8, b: uint8}\n  text:\n    fields: {s: ascii(4)}\n    value: s"
    )
    fields = "        p: pair\n        t: text\n        samples: uint8[x=2]"
    assert found(layout(fields, more=more + "\nlet:\n  k: rec.p.b")) == []
    assert found(layout(fields, more=more + "\nlet:\n  k: rec.p.c")) == [("V0173", "c")]
    assert found(layout(fields, more=more + "\nlet:\n  k: rec.t.anything")) == []


@pytest.mark.parametrize(
    ("lets", "marks"),
    (
        ("a: a", [("V0184", "a")]),
        ("a: b\n  b: a", [("V0184", "a")]),
        ("a: 1\n  b: a\n  c: b", []),
        ("x: a\n  a: b\n  b: a", [("V0184", "a")]),
        ("a: b\n  b: a\n  c: d\n  d: c", [("V0184", "a"), ("V0184", "c")]),
    ),
)
def test_circles(lets, marks):
    assert found(RAW + f"let:\n  {lets}\n") == marks


@pytest.mark.parametrize(
    ("fields", "marks"),
    (
        ("        a: uint8 @ 4\n        samples: uint8", [("V0183", "uint8")]),
        ("        a: uint8 @ 0x10\n        samples: uint8", [("V0183", "uint8")]),
        ("        a: uint8 @ 4\n        samples: uint8 @ 5", []),
        ("        a: uint8 @ at(b)\n        b: uint8\n        samples: uint8", []),
        ("        a: uint8\n        samples: uint8", []),
    ),
)
def test_a_bare_field_after_a_constant_place(fields, marks):
    assert found(layout(fields)) == marks


@pytest.mark.parametrize(
    ("array", "codes"),
    (
        ("{values: [1, 2], dims: [x]}", []),
        ("{values: [1, 2], from: file}", ["V0109"]),
        ("{values: [1, 2], shape: {x: 2}}", ["V0109"]),
        ("{from: file, dtype: int16, shape: {x: auto}}", []),
        ("{from: file}", ["V0179"]),
        ("{from: file, dtype: int16, shape: {x: -4}}", ["V0186"]),
        ("{dtype: int16, shape: {x: auto, y: auto}}", ["V0176"]),
        ("{dtype: int16, shape: '[auto, auto]'}", ["V0176"]),
        ("{dtype: int16, shape: {x: auto}, dims: [x, y]}", ["V0175"]),
        ("{dtype: int16, shape: {x: auto, y: 2}, dims: 'x y -> y x', axes: {y: {start: 0, step: 1}}}", []),
        ("{dtype: int16, shape: {x: auto, y: 2}, dims: 'y x -> y x'}", ["V0175"]),
        ("{dtype: int16, shape: {x: auto}, axes: {z: {start: 0, step: 1}}}", ["V0175"]),
    ),
)
def test_arrays(array, codes):
    text = f'vspec: 1\nfiles: "{{name}}.dat"\narrays:\n  a: {array}\n'
    assert [code for code, _ in found(text)] == codes


def test_the_axis_of_many_files_comes_first():
    text = RAW.replace('files: "{name}.dat"', 'files:\n  bin: {match: "{name}_{part:int}.dat", over: part}')
    assert found(text + '    dims: "part time channel -> time=(part time) channel"\n') == []
    assert found(text + '    dims: "time channel -> time channel"\n')[0][0] == "V0175"


def test_captures_with_defaults_may_be_absent():
    text = RAW.replace('"{name}.dat"', '\n  b: {match: ["{name}.dat", "{name}_{k:int}.raw"]}')
    assert [code for code, _ in found(text)] == ["V0181"]
    assert found(text.replace("{k:int}", "{k:int=1}")) == []


def test_a_capture_that_files_run_over_is_never_absent():
    text = RAW.replace('"{name}.dat"', '\n  b: {match: ["{name}.dat", "{name}[_{k:int}].raw"], over: k}')
    assert [code for code, _ in found(text)] == ["V0181", "V0181"]
    assert found(text.replace("{k:int}", "{k:int=1}")) == []
    assert [code for code, _ in found(text.replace('"{name}.dat", ', ""))] == ["V0181"]


def test_the_condition_of_a_choice_is_no_source():
    text = """vspec: 1
files:
  hdr: {match: "{name}.hdr", layout: {fields: {magic: ascii(3), voxels: "uint8[x=3]"}}}
  img: {match: "{name}.img", layout: {fields: {voxels: "uint8[x=3]"}}}
  note: {match: "{name}.txt", format: pairs, fields: {kind: str}}
arrays:
  voxels: {from: "img.voxels if note.kind == 'ni1' else hdr.voxels"}
"""
    assert found(text) == []


def test_a_type_that_a_name_holds():
    more = "let:\n  kind: uint8 if name == 'x' else int16"
    assert found(layout("        samples: kind[x=2]", more=more)) == []
    assert found(layout("        samples: kin[x=2]", more=more)) == [("V0111", "kin")]


def test_problems_come_in_the_order_of_the_text():
    text = RAW.replace("64", "n_chan") + "    offset: auto\nlet:\n  a: b\n  b: a\n"
    assert [code for code, _ in found(text)] == ["V0172", "V0177", "V0184"]


@pytest.mark.parametrize(
    ("expression", "marks"),
    (
        ("log.rate", []),
        ("log.rate.hertz", [("V0173", "hertz")]),
        ("log.pair.a", []),
        ("log.pair.c", [("V0173", "c")]),
        ("log.event.onset[0]", []),
        ("log.event[0].code", []),
        ("log.event.onse", [("V0173", "onse")]),
        ("log.name", []),
        ("log.endian", [("V0173", "endian")]),
        ("date(log.name, '%y', pivot=80)", []),
        ("date(log.name, '%y', pivot = rat)", [("V0172", "rat")]),
        ("pivot == 80", [("V0172", "pivot")]),
    ),
)
def test_members_of_a_text(expression, marks):
    text = (
        'vspec: 1\nfiles:\n  bin: "{name}.bin"\n  log:\n    match: "{name}.log"\n    format: lines\n'
        '    fields:\n      rate: "rate {hertz:float}"\n      pair: "pair {a:int} {b:int}"\n'
        '      event: {each: "{onset:float} {code:int}"}\n'
        f"let:\n  k: {expression}\narrays:\n  raw: {{dtype: int16, shape: {{time: auto}}}}\n"
    )
    assert found(text) == marks


def test_a_type_does_not_go_with_a_line():
    text = (
        'vspec: 1\nfiles:\n  bin: "{name}.bin"\n  log:\n    match: "{name}.log"\n    format: lines\n'
        '    fields:\n      rate: {line: "rate {x}", type: float}\n'
        "arrays:\n  raw: {dtype: int16, shape: {time: auto}}\n"
    )
    assert found(text) == [("V0109", "type")]


def test_the_condition_of_an_axis_is_checked():
    text = RAW + "    axes:\n      channel: {if: nam == 'x', units: uV}\n"
    assert found(text) == [("V0172", "nam")]


@pytest.mark.parametrize("key", ("unit: 's'", "lables: '[1]'", "gian: 2", "rate: 1000", "sampling_rate: 3"))
def test_a_slip_in_a_key_of_an_axis_is_no_coordinate(key):
    text = (
        f"vspec: 1\nfiles: '*.d'\narrays:\n  a: {{dtype: int8, shape: {{x: auto}}, axes: {{x: {{{key}}}}}}}\n"
    )
    with pytest.raises(VspecError) as caught:
        loads(text, "card.yaml")
    assert [p.code for p in caught.value.problems] == ["V0102"]
    assert "did you mean" in caught.value.problems[0].help


def test_a_column_inside_brackets_makes_no_circle():
    text = (
        "vspec: 1\nfiles:\n  bin: '{n}.bin'\n"
        "  log: {match: '{n}.txt', format: lines, fields: {row: {each: '{code:int} {w:int}'}}}\n"
        "let: {code: 'log.row[code > 1].w', a: 'log.row[b].w', b: 'a + 1', w: 'log.row[w + code].code'}\n"
        "arrays: {raw: {from: bin, dtype: int16, shape: {t: auto}}}\n"
    )
    with pytest.raises(VspecError) as caught:
        loads(text, "card.yaml")
    assert [(p.code, p.message) for p in caught.value.problems] == [
        ("V0184", "'a' needs itself: a -> b -> a")
    ]
