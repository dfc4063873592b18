"""Raw regions: dtype, shape, offset and order of arrays without a layout; files along an axis."""

from __future__ import annotations

import numpy as np
import pytest

from tests.unit.opening import codes, planned, value
from vspec.errors import VspecError
from vspec.errors.rendering import render
from vspec.planning.regions import fitting

ONE = """
vspec: 1
files: "*.dat"
arrays:
  raw:
"""


def raw(*lines: str) -> str:
    return ONE + "".join(f"    {line}\n" for line in lines)


def one(text, folder, data, params=None):
    """Return the only layout and its values."""
    contents = data if isinstance(data, dict) else {"a.dat": data}
    opened, made = planned(text, folder, contents, params)
    (layout,) = made.arrays
    return layout, value(opened, layout)


def refused(text, folder, data, params=None):
    contents = data if isinstance(data, dict) else {"a.dat": data}
    with pytest.raises(VspecError) as caught:
        planned(text, folder, contents, params)
    return caught.value


def ramp(count, dtype="<i2"):
    return np.arange(count).astype(dtype)


@pytest.mark.parametrize("time", (0, 1, 2, 1009))
@pytest.mark.parametrize("auto", ("{time: auto, channel: 3}", "{channel: 3, time: auto}", "{time: auto}"))
def test_auto_takes_what_is_there(tmp_path, time, auto):
    data = ramp(3 * time + 2)[2:]
    layout, found = one(
        raw("dtype: int16", "offset: 4", f"shape: {auto}"), tmp_path, b"head" + data.tobytes()
    )
    shape = {"{time": (time, 3), "{channel": (3, time), "{time: auto}": (3 * time,)}
    expected = shape[auto if auto == "{time: auto}" else auto.split(":")[0]]
    assert layout.shape == expected
    np.testing.assert_array_equal(found, data.reshape(expected))


def test_auto_in_the_middle(tmp_path):
    layout, found = one(raw("dtype: uint8", "shape: {a: 3, b: auto, c: 5}"), tmp_path, bytes(range(105)))
    assert layout.shape == (3, 7, 5)
    np.testing.assert_array_equal(found, np.arange(105).reshape(3, 7, 5))


def test_the_readme_message(tmp_path):
    text = """\
vspec: 1
title: Rig 3, NI-DAQ dump
files: "*.dat"
arrays:
  raw:
    dtype: int16
    shape: {time: auto, channel: 63}
    attrs: {units: uV, scale_factor: 0.195}
    time: {step: 1 / 30000, units: s}
"""
    (problem,) = refused(text, tmp_path, bytes(640_000)).problems
    assert render(problem).replace("card.yaml", "rig3.yaml") == (
        "rig3.yaml:7:13: error[V0312]: a.dat holds 640000 data bytes: not a whole number of 'time' steps of"
        " 126 bytes (46 left over)\n"
        "    7 |     shape: {time: auto, channel: 63}\n"
        "      |             ^^^^^^^^^^\n"
        "  help: wrong channel count, dtype or offset? nearest fits: 64, 50, 80, 40"
    )


def test_what_is_left_over_counts_from_the_offset(tmp_path):
    text = raw("dtype: float32", "offset: 3", "shape: {time: auto, channel: 7}")
    (problem,) = refused(text, tmp_path, bytes(3 + 28 * 5 + 8)).problems
    assert problem.code == "V0312"
    assert problem.message.startswith(
        "a.dat holds 148 data bytes: not a whole number of 'time' steps of 28 bytes (8 left"
    )


@pytest.mark.parametrize(("deep", "shape"), ((1, (5, 3, 2)), (0, (10, 3))))
def test_one_auto_in_each_branch_of_a_shape(tmp_path, deep, shape):
    text = raw("dtype: int16", 'shape: "[auto, 3, 2] if deep else [auto, 3]"')
    text = text.replace("arrays:", "params: {deep: {type: int}}\narrays:")
    data = ramp(30)
    layout, found = one(text, tmp_path, data.tobytes(), {"deep": deep})
    assert layout.shape == shape
    np.testing.assert_array_equal(found, data.reshape(shape))


def test_auto_in_a_list_is_a_whole_size_and_stands_once(tmp_path):
    layout, _ = one(raw("dtype: uint8", "shape: [2, auto, 3]"), tmp_path, bytes(42))
    assert layout.shape == (2, 7, 3)
    for shape, code in (("[auto, auto]", "V0176"), ("[auto - 1, 2]", "V0226"), ("auto", "V0305")):
        assert codes(refused(raw("dtype: uint8", f"shape: '{shape}'"), tmp_path, bytes(42))) == [code]


def test_a_byte_count_that_no_size_fits(tmp_path):
    (problem,) = refused(raw("dtype: int16", "shape: {time: auto, channel: 3}"), tmp_path, bytes(31)).problems
    assert problem.help == "wrong channel count, dtype or offset? no size nearby fits"


@pytest.mark.parametrize(
    ("space", "step", "known", "fits"),
    (
        (640_000, 126, 63, [64, 50, 80, 40]),
        (64, 6, 3, [2, 4, 1, 8]),
        (2, 126, 63, [1]),
        (0, 126, 63, [63, 62, 64, 61]),
        (7, 8, 4, []),
    ),
)
def test_fits_divide_the_bytes_and_are_near(space, step, known, fits):
    assert fitting(space, step, known) == fits


def test_too_few_bytes(tmp_path):
    (problem,) = refused(
        raw("dtype: int16", "offset: 2", "shape: {y: 3, x: 5}"), tmp_path, bytes(31)
    ).problems
    assert (problem.code, problem.data_file, problem.offset) == ("V0315", "a.dat", 2)
    assert (problem.expected, problem.found) == ("30 bytes from byte 2", "29 bytes")


def test_bytes_behind_the_array_are_no_fault(tmp_path):
    _, found = one(raw("dtype: uint8", "shape: {y: 2, x: 3}"), tmp_path, bytes(range(31)))
    np.testing.assert_array_equal(found, [[0, 1, 2], [3, 4, 5]])


@pytest.mark.parametrize("offset", ("size(file) - 32", "32", "size(file) + 1", str(2**62)))
def test_an_offset_outside_the_file(tmp_path, offset):
    error = refused(raw("dtype: uint8", f"offset: {offset}", "shape: {x: auto}"), tmp_path, bytes(31))
    assert codes(error) == ["V0302"]
    assert error.problems[0].expected == "0 to 31"


def test_a_size_that_is_negative(tmp_path):
    assert codes(refused(raw("dtype: uint8", "shape: {x: 3 - 4}"), tmp_path, bytes(31))) == ["V0308"]
    assert codes(refused(raw("dtype: uint8", "shape: '[2, 1 - 3]'"), tmp_path, bytes(31))) == ["V0308"]


def test_auto_beside_an_axis_of_size_0(tmp_path):
    assert codes(refused(raw("dtype: uint8", "shape: {t: auto, x: 0}"), tmp_path, bytes(31))) == ["V0310"]


def test_sizes_that_overflow_are_refused_before_anything_is_made(tmp_path):
    text = raw("dtype: int64", "shape: {a: 4000000000, b: 4000000000, c: 4000000000}")
    assert codes(refused(text, tmp_path, bytes(31))) == ["V0315"]


@pytest.mark.parametrize(
    ("dtype", "order"), (("<f4", "little"), (">f4", "big"), ("<i8", "little"), (">u2", "big"))
)
def test_byte_orders(tmp_path, dtype, order):
    name = {"f4": "float32", "i8": "int64", "u2": "uint16"}[dtype[1:]]
    data = np.random.default_rng(1).integers(0, 1000, (7, 3)).astype(dtype)
    layout, found = one(
        raw(f"dtype: {name}", f"endian: {order}", "shape: {y: auto, x: 3}"), tmp_path, data.tobytes()
    )
    assert layout.dtype == np.dtype(dtype)
    np.testing.assert_array_equal(found, data)


def test_complex_and_bool(tmp_path):
    data = (ramp(5) + 1j * ramp(5)[::-1]).astype("<c8")
    layout, found = one(raw("dtype: complex64", "shape: {x: auto}"), tmp_path, data.tobytes())
    assert layout.dtype == np.dtype("<c8")
    np.testing.assert_array_equal(found, data)


@pytest.mark.parametrize("order", ("F", "C"))
def test_fortran_order_names_the_axes_fastest_first(tmp_path, order):
    data = ramp(2 * 3 * 5)
    layout, found = one(
        raw("dtype: int16", "shape: {x: 2, y: 3, z: 5}", f"order: {order}"), tmp_path, data.tobytes()
    )
    assert [axis.name for axis in layout.axes] == ["x", "y", "z"]
    np.testing.assert_array_equal(found, data.reshape((2, 3, 5), order=order))


def test_an_order_may_be_computed(tmp_path):
    text = raw("dtype: uint8", "shape: {x: 2, y: 3}", "order: \"'F' if planar else 'C'\"").replace(
        "files:", "params: {planar: {type: bool}}\nfiles:"
    )
    _, found = one(text, tmp_path, bytes(range(6)), {"planar": True})
    np.testing.assert_array_equal(found, [[0, 2, 4], [1, 3, 5]])
    assert codes(refused(text.replace("'C'", "'D'"), tmp_path, bytes(6), {"planar": False})) == ["V0305"]


@pytest.mark.parametrize(
    ("shape", "dims", "names"),
    (
        ("'[2, 3, 5]'", None, ("axis_0", "axis_1", "axis_2")),
        ("[2, 3, 5]", "[z, y, x]", ("z", "y", "x")),
        ("sizes", "[z, y, x]", ("z", "y", "x")),
        ("sizes", "names", ("u", "v", "w")),
        ("reverse(sizes)", '"axis_0 axis_1 axis_2 -> axis_1 -axis_0 axis_2"', ("axis_1", "axis_0", "axis_2")),
    ),
)
def test_shapes_from_lists(tmp_path, shape, dims, names):
    text = raw("dtype: uint8", f"shape: {shape}", *([f"dims: {dims}"] if dims else ()))
    text = text.replace("arrays:", "let: {sizes: '[2, 3, 5]', names: \"['u', 'v', 'w']\"}\narrays:")
    layout, found = one(text, tmp_path, bytes(range(30)))
    assert tuple(axis.name for axis in layout.axes) == names
    expected = np.arange(30).reshape(2, 3, 5)
    if "->" in (dims or ""):
        expected = np.arange(30).reshape(5, 3, 2).transpose(1, 0, 2)[:, ::-1]
    np.testing.assert_array_equal(found, expected)


def test_names_and_sizes_must_be_as_many(tmp_path):
    text = raw("dtype: uint8", 'shape: "[2, 3]"', "dims: [z, y, x]")
    assert codes(refused(text, tmp_path, bytes(30))) == ["V0316"]
    text = raw("dtype: uint8", 'shape: "[2, 3] if size(file) else [1]"', "dims: \"['z', 'y', 'x']\"")
    assert codes(refused(text, tmp_path, bytes(30))) == ["V0316"]


def test_a_shape_that_is_no_list_of_whole_numbers(tmp_path):
    for shape in ("'[2, 1.5]'", "\"['a']\"", "5 + 1"):
        assert codes(refused(raw("dtype: uint8", f"shape: {shape}"), tmp_path, bytes(30))) == ["V0305"]


def test_a_dtype_from_a_table(tmp_path):
    text = raw("dtype: kinds[code]", "shape: {x: auto}").replace(
        "files:", "params: {code: {type: int}}\ntables: {kinds: {4: int16, 8: int32}}\nfiles:"
    )
    layout, _ = one(text, tmp_path, bytes(32), {"code": 8})
    assert (layout.dtype, layout.shape) == (np.dtype("<i4"), (8,))
    assert codes(refused(text, tmp_path, bytes(32), {"code": 5})) == ["V0222"]


# --- several files along an axis ---------------------------------------------------------------

PARTS = """
vspec: 1
files:
  bin: {match: "{run}_{part:int}.dat", over: part}
arrays:
  raw:
    from: bin
    dtype: int16
    shape: {time: auto, channel: 3}
"""
JOIN = '    dims: "part time channel -> time=(part time) channel"\n'


def parts(*times):
    data = ramp(3 * sum(times)).reshape(-1, 3)
    cuts = np.split(data, np.cumsum(times)[:-1])
    return data, {f"r_{k}.dat": piece.tobytes() for k, piece in enumerate(cuts)}


@pytest.mark.parametrize(
    "times", ((5,), (5, 5), (7, 11, 13), (1, 101, 2), (0, 7), (7, 0, 5), (0, 0)), ids=str
)
def test_files_of_unequal_lengths_are_joined(tmp_path, times):
    data, files = parts(*times)
    layout, found = one(PARTS + JOIN, tmp_path, files)
    assert layout.shape == (sum(times), 3)
    np.testing.assert_array_equal(found, data)


def test_more_than_nine_files_are_in_the_order_of_their_numbers(tmp_path):
    times = tuple(range(1, 13))
    data, files = parts(*times)
    _, found = one(PARTS + JOIN, tmp_path, dict(reversed(files.items())))
    np.testing.assert_array_equal(found, data)


def test_files_of_equal_lengths_need_no_join(tmp_path):
    data, files = parts(7, 7)
    layout, found = one(PARTS, tmp_path, files)
    assert [axis.name for axis in layout.axes] == ["part", "time", "channel"]
    np.testing.assert_array_equal(found, data.reshape(2, 7, 3))


def test_files_of_unequal_lengths_are_refused_without_the_join(tmp_path):
    _, files = parts(7, 11)
    (problem,) = refused(PARTS, tmp_path, files).problems
    assert problem.code == "V0323"
    assert "time=(part time)" in problem.expected
    assert "join" in problem.help


def test_a_reversed_join(tmp_path):
    data, files = parts(7, 11)
    text = PARTS + '    dims: "part time channel -> channel -time=(part time)"\n'
    _, found = one(text, tmp_path, files)
    np.testing.assert_array_equal(found, data[::-1].T)


def test_one_file_by_its_capture(tmp_path):
    data, files = parts(7, 11)
    _, found = one(PARTS.replace("from: bin", "from: bin[1]"), tmp_path, files)
    np.testing.assert_array_equal(found, data[7:])


def test_a_file_of_many_that_does_not_fit_is_named(tmp_path):
    _, files = parts(7, 11)
    files["r_1.dat"] += b"x"
    (problem,) = refused(PARTS + JOIN, tmp_path, files).problems
    assert (problem.code, problem.data_file) == ("V0312", "r_1.dat")


# --- arrows ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("dims", "expected"),
    (
        ("b c s -> time=(b s) c", lambda a: a.transpose(0, 2, 1).reshape(-1, 3)),
        ("b c s -> c time=(b s)", lambda a: a.transpose(1, 0, 2).reshape(3, -1)),
        ("b c s -> -b c s", lambda a: a[::-1]),
        ("b c s -> s c -b", lambda a: a.transpose(2, 1, 0)[:, :, ::-1]),
        ("b c s -> b -c -s", lambda a: a[:, ::-1, ::-1]),
        ("b c s -> b:5 c s", lambda a: a[:5]),
        ("b c s -> b c:2 s", lambda a: a[:, :2]),
        ("b c s -> time:31=(b s) c", lambda a: a.transpose(0, 2, 1).reshape(-1, 3)[:31]),
        ("b c s=(p:5 q:1) -> y:19=(b c) x:4=(p q)", lambda a: a.reshape(21, 5)[:19, :4]),
        ("b c s=(p:5 q:1) -> -x:4=(p q) -y:19=(b c)", lambda a: a.reshape(21, 5)[:19, :4].T[::-1, ::-1]),
        ("b=(u:7 v:1) c s=(p:5 q) -> u v p q c", lambda a: a.reshape(7, 1, 3, 5, 1).transpose(0, 1, 3, 4, 2)),
        ("b c s -> flat=(b c s)", lambda a: a.reshape(-1)),
    ),
)
def test_arrows(tmp_path, dims, expected):
    data = ramp(7 * 3 * 5).reshape(7, 3, 5)
    text = raw("dtype: int16", "shape: {b: auto, c: 3, s: 5}", f'dims: "{dims}"')
    layout, found = one(text, tmp_path, data.tobytes())
    np.testing.assert_array_equal(found, expected(data))
    assert layout.shape == expected(data).shape


def test_tiles_that_reach_over_two_edges(tmp_path):
    image = ramp(15).reshape(5, 3)
    padded = np.pad(image, ((0, 1), (0, 1)), constant_values=-1)
    tiles = [padded[y : y + 2, x : x + 2] for y in (0, 2, 4) for x in (0, 2)]
    arrow = 'dims: "ty tx yy xx -> y:5=(ty yy) x:3=(tx xx)"'
    text = raw("dtype: int16", "shape: {ty: 3, tx: 2, yy: 2, xx: 2}", arrow)
    layout, found = one(text, tmp_path, b"".join(tile.astype("<i2").tobytes() for tile in tiles))
    np.testing.assert_array_equal(found, image)
    assert [axis.size for axis in layout.axes] == [5, 3]


@pytest.mark.parametrize(
    ("dims", "code"),
    (
        ("b c x -> b c x", "V0175"),
        ("b c -> b c", "V0175"),
        ("b c s=(p:2 q:2) -> b c p q", "V0316"),
        ("b c s -> b:9 c s", "V0316"),
        ("b c s -> time:99=(b s) c", "V0316"),
    ),
)
def test_arrows_that_do_not_fit(tmp_path, dims, code):
    text = raw("dtype: int16", "shape: {b: auto, c: 3, s: 5}", f'dims: "{dims}"')
    found = codes(refused(text, tmp_path, bytes(2 * 105)))
    assert found == [code]


def test_an_arrow_that_does_not_fit_what_the_data_say(tmp_path):
    text = raw("dtype: uint8", "shape: '[3, 5]'", "dims: arrow").replace(
        "arrays:", "let: {arrow: \"'z y -> y z'\"}\narrays:"
    )
    (problem,) = refused(text, tmp_path, bytes(15)).problems
    assert problem.code == "V0316"
    assert problem.help == "on disk, slowest first: axis_0 axis_1"


@pytest.mark.parametrize("values", ("[[1, 2], [3]]", "[9007199254740993, 1.0]"))
def test_values_that_cannot_be_one_array(tmp_path, values):
    card = f"vspec: 1\nfiles: '*.dat'\narrays:\n  a: {{values: '{values}'}}\n"
    with pytest.raises(VspecError) as caught:
        planned(card, tmp_path, {"x.dat": b""})
    assert codes(caught.value) == ["V0319"]


@pytest.mark.parametrize("name", ("-x", "", "x/../q"))
def test_names_of_axes_are_names(tmp_path, name):
    card = f"vspec: 1\nfiles: '*.dat'\narrays:\n  a: {{dtype: uint8, shape: '[2, 3]', dims: \"['{name}', 'y']\"}}\n"
    with pytest.raises(VspecError) as caught:
        planned(card, tmp_path, {"x.dat": bytes(6)})
    assert codes(caught.value) == ["V0316"]
