"""Maps as xarray shows them: groups, axes that differ, coordinates, labels, physical values, dask."""

from __future__ import annotations

import pickle
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest

import vspec
from tests.unit.opened import array, axis, codes, edited, made, numbers, samples
from vspec.errors import VspecError

xr = pytest.importorskip("xarray")
COUNT = 1009
RAW = np.random.default_rng(5).integers(-32768, 32767, (COUNT, 4), np.int16)
START, STEP = 1_700_000_000.25, 1 / 30_000


@pytest.fixture
def recording(tmp_path):
    layout = samples("raw", COUNT, 4, labels="ABCD", gain=[0.5, 1.0, 2.0, 4.0], offset=[0, 10, 20, 30])
    return made(tmp_path, layout, files=[RAW.tobytes()])


def dataset(path, **options):
    return xr.open_dataset(path, engine="vspec", **options)


def times(count=COUNT, start=0.0, step=0.001):
    return np.array([start + step * i for i in range(count)])


# --- labels and times -----------------------------------------------------------------------


def test_a_recording_has_times_labels_and_gains(recording):
    tree = vspec.open(recording)
    raw = tree["raw"]
    assert raw.dims == ("time", "channel")
    assert (raw.values == RAW).all()
    assert (raw["time"].values == times()).all()
    assert raw["time"].attrs == {"units": "s"}
    assert raw["channel"].values.tolist() == list("ABCD")
    assert raw["channel_gain"].values.tolist() == [0.5, 1, 2, 4]
    assert "AffineIndex(time: 0 + 0.001 * i, size 1009)" in repr(tree)
    assert "vspec" not in tree.attrs


def test_slices_of_labels_have_both_ends(recording):
    raw = vspec.open(recording)["raw"]
    assert (raw.sel(time=slice(0.1, 0.2), channel="C").values == RAW[100:201, 2]).all()
    assert (raw.sel(time=slice(0.0995, 0.1004)).values == RAW[100:101]).all()
    assert (raw.sel(time=slice(None, 0.01), channel=["D", "A"]).values == RAW[:11, [3, 0]]).all()
    assert (raw.sel(time=slice(1.0, None)).values == RAW[1000:]).all()
    assert raw.sel(time=slice(0.2, 0.1)).shape == (0, 4)
    assert raw.sel(time=slice(-np.inf, np.inf)).shape == RAW.shape
    assert raw.sel(time=slice(-5, -1)).shape == (0, 4)
    with pytest.raises(ValueError, match="no step"):
        raw.sel(time=slice(0, 1, 2))
    with pytest.raises(KeyError, match="nan"):
        raw.sel(time=slice(np.nan, 1))


def test_single_labels_must_be_there(recording):
    raw = vspec.open(recording)["raw"]
    assert (raw.sel(time=0.007).values == RAW[7]).all()
    assert (raw.sel(time=[0.3, 0.007]).values == RAW[[300, 7]]).all()
    picked = raw.sel(time=xr.DataArray([0.3, 0.007], dims="event"))
    assert picked.dims == ("event", "channel")
    for label in (0.0075, -0.001, 1.009, [0.1, 0.00105], np.nan):
        with pytest.raises(KeyError):
            raw.sel(time=label)


def test_the_nearest_one_and_how_far_it_may_be(recording):
    raw = vspec.open(recording)["raw"]
    assert (raw.sel(time=[0.0071, -3, 99], method="nearest").values == RAW[[7, 0, -1]]).all()
    assert (raw.sel(time=0.0071, method="nearest", tolerance=0.0002).values == RAW[7]).all()
    for label, tolerance in ((0.0075, 0.0002), (-3, 1), (np.nan, None)):
        with pytest.raises(KeyError):
            raw.sel(time=label, method="nearest", tolerance=tolerance)
    for options in ({"method": "pad"}, {"tolerance": 1}):
        with pytest.raises(ValueError, match="nearest"):
            raw.sel(time=0.007, **options)


def test_every_time_of_a_clock_finds_its_own_element(tmp_path):
    path = made(tmp_path, samples("raw", COUNT, 4, line=(START, STEP)), files=[RAW.tobytes()])
    raw = vspec.open(path)["raw"]
    expected = times(COUNT, START, STEP)
    assert (raw["time"].values == expected).all()
    assert (raw.sel(time=expected).values == RAW).all()
    assert (raw.sel(time=slice(expected[17], expected[18])).values == RAW[17:19]).all()


@pytest.mark.parametrize("cut", (slice(3, 90), slice(None, None, 7), slice(None, None, -1), slice(90, 3, -5)))
def test_what_was_sliced_has_the_same_times_and_can_be_selected_from(recording, cut):
    raw = vspec.open(recording)["raw"].isel(time=cut).isel(time=slice(1, None, 2))
    expected, values = times()[cut][1::2], RAW[cut][1::2]
    assert type(raw.xindexes["time"]).__name__ == "AffineIndex"
    assert (raw["time"].values == expected).all()
    assert (raw.sel(time=expected[3]).values == values[3]).all()
    assert (raw.sel(time=slice(expected[2], expected[4])).values == values[2:5]).all()
    assert (raw.values == values).all()


def test_what_was_picked_from_a_list_can_be_selected_from(recording):
    raw = vspec.open(recording)["raw"]
    picked = raw.isel(time=[5, -1, 3, 3])
    assert (picked["time"].values == times()[[5, -1, 3, 3]]).all()
    assert (picked.sel(time=0.005).values == RAW[5]).all()
    assert float(raw.isel(time=-2)["time"]) == times()[-2]
    assert raw.isel(time=slice(0, 0)).sel(time=slice(0, 1)).shape == (0, 4)
    with pytest.raises(KeyError, match="none"):
        raw.isel(time=slice(0, 0)).sel(time=0.0)


def test_an_axis_that_falls(tmp_path):
    path = made(tmp_path, array("a", axis("y", 7, line=(3.0, -0.5)), axis("x", 2)))
    values = vspec.open(path)["a"]
    assert values["y"].values.tolist() == [3.0, 2.5, 2.0, 1.5, 1.0, 0.5, 0.0]
    assert values.sel(y=slice(2.5, 1.4))["y"].values.tolist() == [2.5, 2.0, 1.5]
    assert values.sel(y=slice(1.4, 2.5)).shape == (0, 2)
    assert values.sel(y=1.5).values.tolist() == [6, 7]


def test_pieces_can_be_joined_and_aligned(recording):
    raw = vspec.open(recording)["raw"]
    first, second = raw.isel(time=slice(0, 10)), raw.isel(time=slice(10, 30))
    joined = xr.concat([first, second], "time")
    assert (joined["time"].values == times(30)).all()
    assert (joined.values == RAW[:30]).all()
    summed = raw.astype("i8") + raw.isel(time=slice(1000, None))
    assert (summed.values == 2 * RAW[1000:].astype("i8")).all()
    outer = xr.align(first, second.isel(time=slice(0, 2)), join="outer")[1]
    assert np.isnan(outer.values[:10]).all()
    assert (outer.values[10:] == RAW[10:12]).all()


def test_an_axis_keeps_its_labels_under_another_name(recording):
    found = dataset(recording)
    assert (found.rename(time="t").sel(t=0.007)["raw"].values == RAW[7]).all()
    assert (found.rename_dims(time="k").isel(k=slice(7, 9))["time"].values == times()[7:9]).all()
    assert found["raw"].rename(time="t").isel(t=slice(5, 9)).sel(t=0.006).shape == (4,)


def test_a_line_is_equal_to_one_with_the_same_labels(recording):
    left, right = (vspec.open(recording)["raw"] for _ in range(2))
    assert left.equals(right)
    assert not left.isel(time=slice(1, None)).equals(right.isel(time=slice(None, -1)))
    assert (pickle.loads(pickle.dumps(left)).sel(time=0.007).values == RAW[7]).all()


def test_labels_that_stand_there_twice(tmp_path):
    found = vspec.open(made(tmp_path, array("a", axis("channel", 3, labels=["A", "B", "A"]))))
    assert found["a"].sel(channel="A").values.tolist() == [0, 2]
    assert found["a"].sel(channel="B").item() == 1


def test_a_line_with_labels_beside_it_and_lines_that_are_none(tmp_path):
    path = made(tmp_path, array("a", axis("x", 3, line=(0.0, 2.0))))

    def change(refs, whole):
        whole["a/.zattrs"]["vspec"]["labels"] = {"x": ["p", "q", "r"]}

    found = vspec.open(edited(path, change))
    assert found["x_label"].values.tolist() == ["p", "q", "r"]
    assert found["x"].values.tolist() == [0.0, 2.0, 4.0]
    for line in (
        {"start": 0, "step": 0},
        {"start": True, "step": 1},
        {"start": 10**400, "step": 1},
        {"step": 1},
        7,
    ):

        def bad(refs, whole, line=line):
            whole["a/.zattrs"]["vspec"]["axes"] = {"x": line}

        assert vspec.open(edited(path, bad))["x"].values.tolist() == ["p", "q", "r"]


def test_one_long_label_does_not_make_a_wide_table(tmp_path):
    labels = ["x" * 100_000, *["y"] * 5000]
    found = vspec.open(made(tmp_path, array("a", axis("channel", 5001, labels=labels))))
    assert found["channel"].dtype == object
    assert found["channel"].values.tolist() == labels


# --- order and direction --------------------------------------------------------------------


@pytest.mark.parametrize("scaled", (False, True))
def test_all_that_lies_along_a_reversed_axis_turns_with_it(tmp_path, scaled):
    rows = axis("y", 3, reverse=True, labels=["p", "q", "r"], gain=[1.0, 10.0, 100.0], depth=[7, 8, 9])
    path = made(tmp_path, array("a", rows, axis("x", 2)), array("b", axis("x", 2)))
    found = vspec.open(path, scaled=scaled)
    factor = np.array([[1], [10], [100]]) if scaled else 1
    assert (found["a"].values == np.arange(6).reshape(3, 2) * factor).all()
    assert found["y"].values.tolist() == ["p", "q", "r"]
    assert found["y_depth"].values.tolist() == [7, 8, 9]
    assert found["y_gain"].values.tolist() == [1, 10, 100]
    assert (found["a"].sel(y="q").values == np.array([2, 3]) * (10 if scaled else 1)).all()
    assert (
        found["a"].isel(x=1, y=[2, 0]).values == np.array([5, 1]) * np.array([100, 1] if scaled else 1)
    ).all()


def test_a_line_along_a_reversed_axis(tmp_path):
    path = made(tmp_path, array("a", axis("y", 3, reverse=True, line=(10.0, 2.0))))
    found = vspec.open(path)["a"]
    assert found.values.tolist() == [0, 1, 2]
    assert found["y"].values.tolist() == [10.0, 12.0, 14.0]
    assert int(found.sel(y=12.0)) == 1


def test_axes_of_one_name_that_run_both_ways_are_two(tmp_path):
    left, right = axis("y", 3, labels=["p", "q", "r"]), axis("y", 3, labels=["p", "q", "r"], reverse=True)
    found = vspec.open(made(tmp_path, array("a", left), array("b", right)))
    assert (found["a"].dims, found["b"].dims) == (("y",), ("y_b",))
    assert found["b"].sel(y_b="r").item() == 2


# --- physical values ------------------------------------------------------------------------


def test_physical_values_are_gain_times_raw_plus_offset(recording):
    scaled = vspec.open(recording, scaled=True)["raw"]
    expected = RAW * np.array([0.5, 1, 2, 4]) + [0, 10, 20, 30]
    assert scaled.dtype == np.float64
    assert (scaled.values == expected).all()
    assert (scaled.isel(channel=2, time=slice(9, 3, -2)).values == expected[9:3:-2, 2]).all()
    assert (scaled.isel(channel=[3, 0], time=[5, 5, 1]).values == expected[[5, 5, 1]][:, [3, 0]]).all()
    assert scaled.isel(channel=1, time=1).item() == expected[1, 1]
    lazy = vspec.open(recording, scaled=True, memory_map=False)["raw"]
    assert (lazy.values == expected).all()


def test_one_scale_for_all_and_none(tmp_path):
    path = made(
        tmp_path,
        array("a", axis("x", 3), scale_factor=0.5, add_offset=-1, units="V"),
        array("b", axis("x", 3)),
        array("c", dtype="<u2", scale_factor=2),
    )
    raw, scaled = vspec.open(path), vspec.open(path, scaled=True)
    assert raw["a"].values.tolist() == [0, 1, 2]
    assert raw["a"].attrs == {"scale_factor": 0.5, "add_offset": -1, "units": "V"}
    assert scaled["a"].values.tolist() == [-1.0, -0.5, 0.0]
    assert scaled["a"].attrs == {"units": "V"}
    assert scaled["b"].dtype == np.int32
    assert scaled["c"].item() == 0.0


def test_gains_that_differ_between_arrays_of_a_group_find_their_own(tmp_path):
    """Then the map calls the later one's by the array's name first."""
    path = made(
        tmp_path,
        array("a", axis("t", 2), axis("channel", 2, gain=[2.0, 3.0])),
        array("b", axis("t", 2), axis("channel", 2, gain=[5.0, 7.0])),
        array("c", axis("channel", 3, gain=[1.0, 10.0, 100.0])),
    )
    found = vspec.open(path, scaled=True)
    assert found["a"].values.tolist() == [[0, 3], [4, 9]]
    assert found["b"].values.tolist() == [[0, 7], [10, 21]]
    assert found["c"].values.tolist() == [0, 10, 200]
    assert found["c"].dims == ("channel_c",)
    assert found["c_channel_gain"].dims == ("channel_c",)


# --- several arrays, several groups ---------------------------------------------------------


def test_axes_of_one_name_and_other_sizes(tmp_path):
    path = made(
        tmp_path,
        array("a", axis("x", 3), axis("y", 2)),
        array("b", axis("x", 5), axis("y", 2)),
        array("g/a", axis("x", 4)),
        array("g/h/a", axis("x", 4, labels="pqrs")),
        array("g/h/b", axis("x", 3)),
    )
    tree = vspec.open(path)
    assert tree["a"].dims == ("x", "y")
    assert tree["b"].dims == ("x_b", "y")
    assert tree["g/a"].sizes == {"x_a": 4}
    assert [tree["g/h/a"].shape, tree["g/h/b"].shape] == [(4,), (3,)]
    assert tree["g/h/a"].values.tolist() == [0, 1, 2, 3]
    assert tree.groups == ("/", "/g", "/g/h")
    for group in tree.groups:
        assert dataset(path, group=group).sizes == tree[group].to_dataset(inherit=False).sizes


def test_segments_have_times_of_their_own(tmp_path):
    layouts = [array(f"segment_{k}/raw", axis("time", 5 + k, line=(100.0 * k, 0.5))) for k in range(3)]
    tree = vspec.open(made(tmp_path, *layouts))
    for k in range(3):
        raw = tree[f"segment_{k}/raw"]
        assert raw.dims == ("time",)
        assert raw["time"].values.tolist() == [100.0 * k + 0.5 * i for i in range(5 + k)]
        assert raw.sel(time=100.0 * k + 1.0).item() == 2


@pytest.mark.parametrize(
    ("above", "below", "name"),
    (
        ({}, {}, "x"),
        ({"line": (0.0, 1.0)}, {"line": (0.0, 1.0)}, "x"),
        ({"line": (0.0, 1.0)}, {"line": (5.0, 1.0)}, "x_b"),
        ({"line": (0.0, 1.0)}, {"labels": "pqr"}, "x_b"),
        ({"labels": "pqr"}, {"line": (0.0, 1.0)}, "x_b"),
        ({"labels": "pqr"}, {"labels": "pqs"}, "x_b"),
        ({"labels": "pqr"}, {}, "x"),
        ({}, {"labels": "pqr"}, "x"),
        ({"labels": "pqr"}, {"labels": "pqr", "reverse": True}, "x_b"),
    ),
    ids=str,
)
def test_a_group_and_the_one_above_it(tmp_path, above, below, name):
    path = made(tmp_path, array("a", axis("x", 3, **above)), array("g/b", axis("x", 3, **below)))
    tree = vspec.open(path)
    assert tree["g/b"].dims == (name,)
    assert tree["g/b"].values.tolist() == [0, 1, 2]
    own = {"line": lambda line: [line[0], line[0] + line[1], line[0] + 2 * line[1]], "labels": list}
    for key in below.keys() & own.keys():
        assert tree["g/b"][name].values.tolist() == own[key](below[key])


def test_an_array_called_like_its_axis_is_the_coordinate(tmp_path):
    path = made(
        tmp_path,
        array("a", axis("time", 3), axis("x", 2)),
        numbers("time", [0.1, 0.25, 0.7], "time"),
        array("g/a", axis("time", 3)),
        numbers("h/time", [5.0, 6.0, 7.0], "time"),
        array("h/a", axis("time", 3)),
    )
    tree = vspec.open(path)
    assert tree["a"].sel(time=0.25).values.tolist() == [2, 3]
    assert tree["g/a"].sel(time=0.25).item() == 1
    assert tree["h/a"].values.tolist() == [0, 1, 2]
    assert tree["h"].to_dataset(inherit=False)["time"].values.tolist() == [5.0, 6.0, 7.0]
    assert dataset(path, group="h")["a"].shape == (3,)


def test_a_coordinate_that_says_more_than_a_line(tmp_path):
    path = made(
        tmp_path,
        array("a", axis("time", 3, line=(0.0, 1.0))),
        numbers("time", [0.1, 0.25, 0.7], "time"),
    )
    found = vspec.open(path)
    assert found["time"].values.tolist() == [0.1, 0.25, 0.7]
    assert found["time_regular"].values.tolist() == [0.0, 1.0, 2.0]


@pytest.mark.parametrize("how", ("engine", "tree"))
def test_a_long_coordinate_is_no_table(tmp_path, how):
    count = (1 << 20) + 7
    path = made(tmp_path, array("a", axis("t", count), dtype="u1"), array("t", axis("t", count)))
    found = vspec.open(path) if how == "tree" else dataset(path, create_default_indexes=False)
    assert "t" not in found.xindexes
    assert found["t"].isel(t=-1).item() == count - 1


def test_arrays_and_groups_that_are_called_like_an_axis(tmp_path):
    path = made(
        tmp_path,
        array("a", axis("channel", 2, labels="pq"), axis("k", 2, labels="st")),
        array("k", axis("j", 2), axis("i", 3)),
        array("k2", axis("k2", 2), axis("i", 3)),
        array("channel/x", axis("i", 4)),
    )
    tree = vspec.open(path)
    assert tree["a"].dims == ("channel_a", "k_a")
    assert tree["a"].sel(channel_a="q", k_a="s").item() == 2
    assert tree["k"].shape == (2, 3)
    assert tree["k2"].values.tolist() == [[0, 1, 2], [3, 4, 5]]
    assert tree["channel/x"].shape == (4,)


def test_texts_along_an_axis_do_not_hide_an_array(tmp_path):
    path = made(
        tmp_path,
        array("a", axis("channel", 2, units=np.array(["V", "A"]))),
        array("channel_units", axis("j", 3)),
    )
    tree = vspec.open(path)
    assert tree["channel_units"].values.tolist() == [0, 1, 2]
    assert tree["channel_units_text"].values.tolist() == ["V", "A"]


def test_groups_that_a_map_only_implies_are_shown(tmp_path):
    path = made(tmp_path, array("g/h/a", axis("x", 3)))

    def change(refs, whole):
        for key in ("g/.zgroup", "g/h/.zgroup"):
            refs.pop(key, None)
            whole.pop(key, None)

    assert vspec.open(edited(path, change))["g/h/a"].values.tolist() == [0, 1, 2]


@pytest.mark.parametrize(
    "name", ("../g", "g//h", "a/.zattrs", "a", "g/" * 5000 + "h"), ids=lambda name: name[:20]
)
def test_groups_with_paths_that_are_none(tmp_path, name):
    path = made(tmp_path, array("a", axis("x", 3)))

    def change(refs, whole):
        whole[f"{name}/.zgroup"] = {"zarr_format": 2}

    assert codes(lambda: vspec.open(edited(path, change))) == ["V0705"]


# --- the engine -----------------------------------------------------------------------------


def test_one_group_is_opened_by_its_path(tmp_path):
    path = made(tmp_path, array("a", axis("x", 2)), array("g/h/b", axis("y", 3)))
    assert list(dataset(path).data_vars) == ["a"]
    for name in ("g/h", "/g/h", "/g/h/"):
        assert list(dataset(path, group=name).data_vars) == ["b"]
    assert dataset(path, group="g").sizes == {}
    with pytest.raises(KeyError, match=r"no group 'i': /, /g, /g/h"):
        dataset(path, group="i")
    assert [*xr.open_groups(path, engine="vspec")] == ["/", "/g", "/g/h"]
    assert xr.open_datatree(path, engine="vspec")["g/h/b"].shape == (3,)


def test_variables_are_left_out(recording):
    found = dataset(recording, drop_variables=["channel_gain", "time"], scaled=True)
    assert "channel_gain" not in found.variables
    assert "time" not in found.coords
    assert (found["raw"].values == RAW * np.array([0.5, 1, 2, 4]) + [0, 10, 20, 30]).all()
    assert list(dataset(recording, drop_variables="raw").data_vars) == []


def test_options_that_there_are_not_are_no_options(recording):
    for run in (dataset, vspec.open, lambda path, **given: xr.open_datatree(path, engine="vspec", **given)):
        with pytest.raises(TypeError, match="rooot"):
            run(recording, rooot=".")
    with pytest.raises(TypeError, match="path of a map"):
        dataset(b"{}")


def test_it_takes_only_what_is_called_like_a_map(recording):
    engine = xr.backends.list_engines()["vspec"]
    assert engine.guess_can_open(recording)
    assert engine.guess_can_open(str(recording))
    assert not engine.guess_can_open("map.json")
    assert not engine.guess_can_open(b"map.vspec.json")


def test_it_opens_in_a_with_statement_and_reads_but_once(recording):
    with dataset(recording) as found:
        assert found.encoding["source"] == str(recording)
        assert (found["raw"].values == RAW).all()
    with vspec.open(recording) as tree:
        assert tree["raw"].shape == RAW.shape


@pytest.mark.parametrize("options", ({}, {"scaled": True}, {"memory_map": False}), ids=str)
def test_it_goes_to_other_processes(recording, options):
    found = dataset(recording, **options)
    again = pickle.loads(pickle.dumps(found))
    assert again.identical(found)
    program = "import pickle, sys; print(int(pickle.load(sys.stdin.buffer)['raw'].values.sum()))"
    held = pickle.dumps(dataset(recording, **options))
    done = subprocess.run([sys.executable, "-c", program], input=held, capture_output=True, check=True)
    assert int(done.stdout) == int(found["raw"].values.sum())


def test_chunks_of_dask_are_those_of_the_map_or_others(tmp_path):
    pytest.importorskip("dask.array")
    path = made(tmp_path, samples("raw", COUNT, 4, labels="ABCD"), files=[RAW.tobytes()], chunk_bytes=808)
    lazy = vspec.open(path, chunks={})["raw"]
    assert set(lazy.chunks[0][:-1]) == {101}
    assert (lazy.sel(channel="B").compute(scheduler="threads").values == RAW[:, 1]).all()
    assert vspec.open(path, chunks={"time": 505})["raw"].chunks[0] == (505, 504)
    assert int(dataset(path, chunks="auto")["raw"].sum().compute(scheduler="processes")) == RAW.sum(
        dtype="i8"
    )


@pytest.mark.parametrize("memory_map", (True, False))
def test_many_threads_read_at_the_same_time(recording, memory_map):
    raw = dataset(recording, memory_map=memory_map, cache=False)["raw"]
    cuts = [(k, k + 50) for k in range(0, 950, 19)]
    with ThreadPoolExecutor(8) as pool:
        found = list(pool.map(lambda cut: raw[cut[0] : cut[1]].values, cuts))
    assert all((part == RAW[a:b]).all() for part, (a, b) in zip(found, cuts, strict=True))


def test_numbers_of_two_floats_and_arrays_without_elements(tmp_path):
    values = (np.arange(6) + 1j).astype(">c8").reshape(3, 2)
    columns = [np.array([x], np.int64) for x in (0, 0, 3, 16, 0)]
    layout = samples("z", 3, 2, ">c8")
    assert columns[3].item() == layout.source.runs.stride.item()
    path = made(
        tmp_path, layout, array("none", axis("q", 0), axis("r", 3)), array("one"), files=[values.tobytes()]
    )
    for options in ({}, {"memory_map": False}, {"scaled": True}):
        found = vspec.open(path, **options)
        assert found["z"].dtype == np.dtype(">c8")
        assert (found["z"].values == values).all()
        assert found["z"].isel(time=1, channel=0).item() == 2 + 1j
        assert found["none"].values.shape == (0, 3)
        assert found["one"].item() == 0


def test_without_xarray_it_says_how_to_get_it(recording, monkeypatch):
    for name in [name for name in sys.modules if name.startswith("vspec.opening.backend")]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, "xarray", None)
    with pytest.raises(VspecError) as error:
        vspec.open(recording)
    (problem,) = error.value.problems
    assert problem.code == "V0714"
    assert "vspec-maps[xarray]" in problem.help
    assert (vspec.open_arrays(recording)["raw"][...] == RAW).all()


@pytest.mark.parametrize(
    "attrs",
    (
        {"scale_factor": "2"},
        {"scale_factor": True},
        {"add_offset": 10**400},
        {"scale_factor": [1, 2]},
        {"coordinates": "x_gain"},
        {"coordinates": "x_offset"},
    ),
    ids=str,
)
def test_a_scale_that_cannot_be_worked_out_is_not_left_out(tmp_path, attrs):
    path = made(tmp_path, array("a", axis("x", 3)), array("x_gain", axis("x", 2)), array("y", axis("x", 3)))
    edited(path, lambda _, whole: whole["a/.zattrs"].update(attrs))
    assert codes(lambda: vspec.open(path, scaled=True)) == ["V0705"]
    assert vspec.open(path)["a"].values.tolist() == [0, 1, 2]


def test_a_scale_in_a_list_of_its_own(tmp_path):
    path = made(tmp_path, array("a", axis("x", 3)))
    edited(path, lambda _, whole: whole["a/.zattrs"].update(scale_factor=[0.5]))
    assert vspec.open(path, scaled=True)["a"].values.tolist() == [0, 0.5, 1]
