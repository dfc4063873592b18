"""Which arrays there are: each, if, names from data, groups, values; and what clashes."""

from __future__ import annotations

import numpy as np
import pytest

from tests.unit.opening import codes, planned, value
from vspec.errors import VspecError

CARD = """
vspec: 1
files:
  f:
    match: "*.dat"
    layout:
      fields:
        n: uint8
        row:
          repeat: n
          fields: {label: ascii(4), at: uint8, size: uint8}
        data: uint8[x=60]
        one:
          repeat: 60
          at: 1 + 6 * n
          fields: {v: uint8}
arrays:
"""


def file(*rows):
    """Return a file of rows (label, at, size); its data are 0, 1, 2 ..."""
    head = bytes([len(rows)])
    for label, at, size in rows:
        head += label.encode("latin-1").ljust(4, b"\0") + bytes([at, size])
    return head + bytes(range(60))


def plan(folder, text, *rows, params=None):
    return planned(CARD + text, folder, {"a.dat": file(*rows)}, params)


def refused(folder, text, *rows):
    with pytest.raises(VspecError) as caught:
        plan(folder, text, *rows)
    return caught.value.problems


EACH = """
  rows:
    each: r in f.row
    let: {first: r.at, last: r.at + r.size}
    from: "f.one[first:last].v"
    name: "{{ r.label }}"
"""


def test_each_makes_an_array_of_every_row(tmp_path):
    text = EACH.replace("{{ r.label }}", "{{ r.label }}/v")
    opened, made = plan(tmp_path, text, ("A", 0, 3), ("B", 10, 5), ("C", 59, 1))
    found = {a.path: value(opened, a).tolist() for a in made.arrays}
    assert found == {"A/v": [0, 1, 2], "B/v": [10, 11, 12, 13, 14], "C/v": [59]}


def test_rows_of_one_name_have_groups_of_their_own(tmp_path):
    text = EACH.replace("{{ r.label }}", "s/{{ r.label }}/v")
    more = EACH.replace("{{ r.label }}", "s/{{ r.label }}/w").replace("rows:", "more:", 1)
    more = more.replace("    let:", "    if: r.size > 3\n    let:")
    rows = ("A", 0, 3), ("A", 3, 4), ("B", 10, 5), ("A_2", 20, 6)
    opened, made = plan(tmp_path, text + more, *rows)
    found = {a.path: len(value(opened, a)) for a in made.arrays}
    assert found == {
        "s/A/v": 3,
        "s/A_2/v": 4,
        "s/B/v": 5,
        "s/A_2_2/v": 6,
        "s/A_2/w": 4,
        "s/B/w": 5,
        "s/A_2_2/w": 6,
    }


def test_a_clash_of_axes_among_arrays_of_rows_has_a_place(tmp_path):
    text = EACH.replace("{{ r.label }}", "{{ r.label }}_v") + "  all: {from: f.data}\n"
    (problem,) = refused(tmp_path, text, ("A", 0, 3), ("B", 10, 5))
    assert problem.code == "V0317"
    assert problem.place is not None
    assert problem.place.text.strip() == "rows:"


def test_each_over_nothing_makes_nothing(tmp_path):
    _, made = plan(tmp_path, EACH + "  all: {from: f.data}\n")
    assert [a.path for a in made.arrays] == ["all"]


def test_no_array_at_all_is_an_error(tmp_path):
    assert [p.code for p in refused(tmp_path, EACH)] == ["V0321"]


@pytest.mark.parametrize(
    ("items", "names"),
    (
        ("k in range(3)", ["k0", "k1", "k2"]),
        ("k in [5, 7]", ["k5", "k7"]),
        ("k in ['x', 'y/z']", ["kx", "ky_z"]),
        ("k in f.row.size", ["k3", "k5"]),
    ),
)
def test_each_runs_over_ranges_lists_and_columns(tmp_path, items, names):
    text = f"  all:\n    each: {items}\n    from: f.data\n    name: 'k{{{{ k }}}}'\n"
    _, made = plan(tmp_path, text, ("A", 0, 3), ("B", 10, 5))
    assert [a.path for a in made.arrays] == names


def test_each_over_nothing_none_makes_nothing(tmp_path):
    text = "  all:\n    each: k in none\n    from: f.data\n    name: 'k{{ k }}'\n"
    assert [p.code for p in refused(tmp_path, text, ("A", 0, 3))] == ["V0321"]  # and no array is left


@pytest.mark.parametrize("items", ("k in 5", "k in 'text'", "k in f.n"))
def test_each_over_what_cannot_be_run_over(tmp_path, items):
    text = f"  all:\n    each: {items}\n    from: f.data\n    name: 'k{{{{ k }}}}'\n"
    assert [p.code for p in refused(tmp_path, text, ("A", 0, 3))] == ["V0313"]


def test_if_leaves_out(tmp_path):
    text = EACH + "    if: r.size > 3\n"
    _, made = plan(tmp_path, text, ("A", 0, 3), ("B", 10, 5))
    assert [a.path for a in made.arrays] == ["B"]


def test_one_path_under_opposite_conditions(tmp_path):
    text = """
  small: {name: data, if: n < 10, from: "f.data[0:5]"}
  large: {name: data, if: n >= 10, from: f.data}
"""
    text = text.replace("n <", "f.n <").replace("n >=", "f.n >=").replace('"f.data[0:5]"', "f.data")
    _, made = plan(tmp_path, text)
    assert [a.path for a in made.arrays] == ["data"]


def test_a_path_written_twice_is_an_error(tmp_path):
    text = "  small: {name: data, from: f.data}\n  large: {name: data, from: f.data}\n"
    (problem,) = refused(tmp_path, text)
    assert problem.code == "V0320"
    assert "line" in problem.found


def test_names_from_data_are_made_safe(tmp_path):
    rows = [
        ("a/b", 0, 1),
        ("..", 1, 1),
        ("\\x", 2, 1),
        ("", 3, 1),
        ("\x01\x02", 4, 1),
        (".z", 5, 1),
        ("µV", 6, 1),
    ]
    text = EACH.replace("ascii(4)", "latin1(4)")
    card = CARD.replace("ascii(4)", "latin1(4)")
    opened, made = planned(card + text, tmp_path, {"a.dat": file(*rows)})
    assert [a.path for a in made.arrays] == ["a_b", "_", "_x", "__2", "__3", "z", "µV"]
    assert [value(opened, a).tolist() for a in made.arrays] == [[k] for k in range(7)]


def test_names_from_data_are_made_unique(tmp_path):
    rows = [("x", 0, 1), ("x", 1, 1), ("x_2", 2, 1), ("x", 3, 1)]
    opened, made = plan(tmp_path, EACH, *rows)
    paths = [a.path for a in made.arrays]
    assert len(set(paths)) == 4
    assert paths[:2] == ["x", "x_2"]
    assert [value(opened, a).tolist() for a in made.arrays] == [[0], [1], [2], [3]]


def test_long_names_from_data_are_cut(tmp_path):
    text = "  all:\n    from: f.data\n    name: \"{{ '" + "x" * 1000 + "' }}\"\n"
    _, made = plan(tmp_path, text)
    assert made.arrays[0].path == "x" * 128


@pytest.mark.parametrize("name", ("/", "a//b", "a/../b", ".zarray", "a/.zattrs", "."))
def test_paths_that_cannot_be(tmp_path, name):
    found = [p.code for p in refused(tmp_path, f'  all: {{from: f.data, name: "{name}"}}\n')]
    assert found == ["V0324"]


def test_slashes_of_the_card_make_groups(tmp_path):
    rows = '  rows:\n    each: r in f.row\n    from: f.data\n    name: "g/{{ r.label }}"\n'
    _, made = plan(
        tmp_path,
        f"  a/b/c: {{from: f.data}}\n{rows}",
        ("x/y", 0, 1),
    )
    assert [a.path for a in made.arrays] == ["a/b/c", "g/x_y"]


def test_one_axis_with_two_sizes_in_a_group(tmp_path):
    text = EACH.replace('"{{ r.label }}"', '"g/{{ r.label }}"')
    (problem,) = refused(tmp_path, text, ("A", 0, 3), ("B", 10, 5))
    assert problem.code == "V0317"
    assert "'one' has 5 positions in 'g/B' but 3 in 'g/A'" in problem.message
    assert "group" in problem.help


def test_one_axis_with_two_sizes_in_two_groups(tmp_path):
    text = EACH.replace('"{{ r.label }}"', '"{{ r.label }}/data"')
    _, made = plan(tmp_path, text, ("A", 0, 3), ("B", 10, 5))
    assert [a.path for a in made.arrays] == ["A/data", "B/data"]


# --- values ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("values", "dims", "expected"),
    (
        ("[1, 2, 3]", "[k]", np.array([1, 2, 3])),
        ("'[0.5, 1]'", "[k]", np.array([0.5, 1.0])),
        ("'[[1, 2], [3, 4], [5, 6]]'", "[y, x]", np.array([[1, 2], [3, 4], [5, 6]])),
        ("5", None, np.array(5)),
        ("f.row.size", "[k]", np.array([3, 5])),
        ("'[1 == 1, 1 == 2]'", "[k]", np.array([True, False])),
    ),
)
def test_values_are_inlined(tmp_path, values, dims, expected):
    more = f"    dims: {dims}\n" if dims else ""
    opened, made = plan(tmp_path, f"  all:\n    values: {values}\n{more}", ("A", 0, 3), ("B", 10, 5))
    (layout,) = made.arrays
    found = value(opened, layout)
    np.testing.assert_array_equal(found, expected)
    assert found.dtype.kind == expected.dtype.kind
    assert layout.dtype.str[0] in "<|"


def test_values_that_are_text(tmp_path):
    (problem,) = refused(tmp_path, "  all: {values: f.row.label, dims: [k]}\n", ("A", 0, 3))
    assert problem.code == "V0319"
    assert "labels" in problem.help


def test_values_and_dims_must_agree(tmp_path):
    assert [p.code for p in refused(tmp_path, "  all:\n    values: [1, 2]\n    dims: [y, x]\n")] == ["V0316"]


@pytest.mark.parametrize(
    ("values", "kind"), (("[1, 2.5, 300]", "float32"), ("[1, 2, 300]", "int16"), ("[1, 2]", "complex64"))
)
def test_values_take_a_dtype(tmp_path, values, kind):
    opened, made = plan(tmp_path, f"  all:\n    values: {values}\n    dims: [k]\n    dtype: {kind}\n")
    assert made.arrays[0].dtype == np.dtype(kind)
    np.testing.assert_array_equal(value(opened, made.arrays[0]), [float(v) for v in values[1:-1].split(",")])


@pytest.mark.parametrize(
    ("values", "kind"),
    (("[1, 300]", "uint8"), ("[1, -1]", "uint64"), ("[1, 2.5]", "int16"), ("[1, 1e300]", "float32")),
)
def test_values_that_do_not_fit_their_dtype(tmp_path, values, kind):
    text = f"  all:\n    values: {values}\n    dims: [k]\n    dtype: {kind}\n"
    assert [p.code for p in refused(tmp_path, text)] == ["V0340"]


# --- from --------------------------------------------------------------------------------------


def test_a_role_with_a_header_is_no_array(tmp_path):
    for source, code in (("f", "V0185"), ("f.row", "V0322"), ("f.row if f.n else f.data", "V0322")):
        (problem,) = refused(tmp_path, f"  all: {{from: {source}}}\n", ("A", 0, 3))
        assert problem.code == code


def test_a_role_without_a_file(tmp_path):
    card = "vspec: 1\nfiles:\n  f: '{n}.dat'\n  g: {match: '{n}.aux', optional: true}\narrays:\n"
    with pytest.raises(VspecError) as caught:
        planned(
            card + "  all: {from: g, dtype: uint8, shape: [auto], dims: [x]}\n", tmp_path, {"a.dat": b"x"}
        )
    assert codes(caught.value)


def test_all_problems_of_all_arrays_at_once(tmp_path):
    text = "  one: {from: f.row if f.n else f.data}\n  two: {values: f.row.label, dims: [k]}\n"
    text += "  three: {from: f.data, dims: [y, x]}\n"
    assert codes_of(refused(tmp_path, text, ("A", 0, 3))) == ["V0316", "V0319", "V0322"]


def codes_of(problems):
    return sorted(p.code for p in problems)


def test_attributes_called_like_a_group_are_an_error(tmp_path):
    text = "  probe/sub/all: {from: f.data}\nattrs: {%s: {device: imec}}\n"
    for key in ("probe", '"probe/sub"'):
        (problem,) = refused(tmp_path, text % key, ("A", 0, 3))
        assert problem.code == "V0345"
        assert problem.place is not None
        assert problem.help is not None
        assert f"/{key.strip(chr(34))}'" in problem.help
    _, made = plan(tmp_path, text % "other", ("A", 0, 3))
    assert made.groups[""] == {"other": {"device": "imec"}}
    _, made = plan(tmp_path, text % '"/probe/sub"', ("A", 0, 3))
    assert made.groups == {"": {}, "probe/sub": {"device": "imec"}}
