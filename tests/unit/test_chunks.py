"""Chunk planning of strided arrays: the grid, the references, the tail ladder, what is copied."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from tests.unit.effort import peak, steps
from vspec.chunks import ChunkOptions, plan, plan_all
from vspec.datatypes import NUMBERS
from vspec.errors import VspecError
from vspec.layout import ArrayLayout, Axis, Derived, Inline, InnerAxis, Runs, Strided, Trim, Unpack

I2 = np.dtype("<i2")


def runs(*rows):
    """Rows of (file, offset, count, stride[, cell])."""
    full = [(*row, 0)[:5] for row in rows]
    return Runs(*(np.array(column, np.int64) for column in zip(*full, strict=True)))


def interleaved(count, channels=4, offset=0, dtype=I2):
    stride = channels * dtype.itemsize
    source = Strided(
        runs((0, offset, count, stride)), dtype, inner=(InnerAxis("channel", channels, dtype.itemsize),)
    )
    axes = (Axis("time", count, ("run",)), Axis("channel", channels, ("channel",)))
    return ArrayLayout("raw", axes, dtype, source)


def rows(found):
    all_rows = found.references.rows(0, len(found.references))
    return list(zip(all_rows.file.tolist(), all_rows.offset.tolist(), all_rows.nbytes.tolist(), strict=True))


def code_of(call):
    with pytest.raises(VspecError) as error:
        call()
    return error.value.problems[0]


# --- the tail ladder ------------------------------------------------------------------------

SMALL = ChunkOptions(chunk_bytes=80, small_chunk=1, reference_bytes=0)  # 10 rows of 8 bytes


@pytest.mark.parametrize(
    ("count", "extra", "chunk", "tail", "made"),
    (
        (30, 0, 10, "none", (3, 0)),
        (7, 0, 7, "none", (1, 0)),
        (26, 0, 13, "divisor", (2, 0)),  # 13 is within x2 of the target of 10
        (14, 0, 7, "divisor", (2, 0)),
        (23, 56, 10, "overhang", (3, 0)),  # 7 rows of padding follow in the file
        (23, 55, 10, "padded-inline", (3, 1)),  # a byte is missing
        (19, 8, 10, "overhang", (2, 0)),  # the ladder takes the overhang before the single chunk
        (19, 0, 19, "single", (1, 0)),
        (2003, 0, 10, "padded-inline", (201, 1)),
    ),
)
def test_the_tail_ladder(count, extra, chunk, tail, made):
    found = plan(interleaved(count), [count * 8 + extra], SMALL)
    assert found.chunks == (chunk, 4)
    assert found.tail == tail
    assert (len(found.references), len(found.copies)) == made


def test_a_padded_tail_goes_to_the_sidecar_without_inlining():
    found = plan(interleaved(2003), [2003 * 8], ChunkOptions(chunk_bytes=80, inline=False, small_chunk=1))
    assert found.tail == "padded-sidecar"
    assert found.copied_to == "sidecar"
    assert found.copies.tolist() == [200]


def test_a_padded_tail_goes_to_the_sidecar_when_it_is_large():
    count = 1000003  # prime
    found = plan(interleaved(count), [count * 8], ChunkOptions(chunk_bytes=800000))
    assert found.tail == "padded-sidecar"
    assert found.copied_bytes == 800000


def test_references_of_a_contiguous_file():
    found = plan(interleaved(30, offset=100), [340], SMALL)
    assert rows(found) == [(0, 100, 80), (0, 180, 80), (0, 260, 80)]


# --- must show 5 ----------------------------------------------------------------------------


@pytest.mark.parametrize("count", (8388608, 8388617))  # the second one is prime
def test_a_gibibyte_of_64_channels(count):
    layout = interleaved(count, 64)
    assert steps(lambda: plan(layout, [count * 128])) < 100_000  # columns of chunks, and no loop over samples
    assert peak(lambda: plan(layout, [count * 128])) < 2**20
    found = plan(layout, [count * 128])
    assert 2 << 20 <= found.chunk_bytes <= 8 << 20
    assert found.chunks[0] >= 30000  # so that one second of samples touches at most two
    assert len(found.copies) <= 1


def test_a_million_references_are_planned_in_columns():
    layout = ArrayLayout(
        "spikes",
        (Axis("spike", 10**6, ("run",)), Axis("sample", 100, ("sample",))),
        I2,
        Strided(runs((0, 20, 10**6, 244)), I2, inner=(InnerAxis("sample", 100, 2),)),
    )
    options = ChunkOptions(profile="portable")
    assert steps(lambda: plan(layout, [20 + 244 * 10**6], options)) < 100_000
    found = plan(layout, [20 + 244 * 10**6], options)
    assert steps(lambda: found.references.rows(10**6 - 1, 10**6)) < 10_000
    last = found.references.rows(10**6 - 1, 10**6)
    assert found.chunks == (1, 100)
    assert len(found.references) == 10**6
    assert len(found.copies) == 0
    assert (last.file[0], last.offset[0], last.nbytes[0]) == (0, 20 + 244 * (10**6 - 1), 200)


def test_a_million_runs_are_planned_in_columns():
    offset = np.cumsum(np.full(10**6, 220)) + np.arange(10**6) % 7  # irregular
    source = Strided(
        Runs(
            np.zeros(10**6, np.int64), offset, np.ones(10**6, np.int64),
            np.full(10**6, 200), np.zeros(10**6, np.int64),
        ),
        I2,
        inner=(InnerAxis("sample", 100, 2),),
    )  # fmt: skip
    layout = ArrayLayout(
        "spikes", (Axis("spike", 10**6, ("run",)), Axis("sample", 100, ("sample",))), I2, source
    )
    assert steps(lambda: plan(layout, [int(offset[-1]) + 200])) < 200_000
    found = plan(layout, [int(offset[-1]) + 200])
    assert found.chunks == (1, 100)
    assert found.references.rows(123456, 123457).offset.tolist() == [int(offset[123456])]


# --- axes -----------------------------------------------------------------------------------


def intan(blocks, channels=3, samples=128):
    """Blocks of a header, then one plane a channel: ``block channel sample -> time channel``."""
    size = 100 + channels * samples * 2
    source = Strided(
        runs((0, 100, blocks, size)),
        I2,
        outer="block",
        inner=(InnerAxis("channel", channels, samples * 2), InnerAxis("sample", samples, 2)),
    )
    axes = (Axis("time", blocks * samples, ("block", "sample")), Axis("channel", channels, ("channel",)))
    return ArrayLayout("amplifier", axes, I2, source), blocks * size


def test_a_joined_axis_stands_where_its_innermost_part_stands():
    layout, size = intan(50)
    found = plan(layout, [size], ChunkOptions(inline=False))
    assert [axis.name for axis in found.axes] == ["channel", "time"]
    assert found.shape == (3, 50 * 128)
    assert found.chunks == (1, 128)
    assert found.tail == "none"
    assert rows(found)[:2] == [(0, 100, 256), (0, 968, 256)]
    assert rows(found)[50] == (0, 100 + 256, 256)  # channel 1 begins after the 50 blocks of channel 0


@pytest.mark.parametrize("inner", (("channel", "one"), ("one", "channel")))
def test_a_part_of_one_position_does_not_move_an_axis(inner):
    found = {"channel": InnerAxis("channel", 3, 2), "one": InnerAxis("one", 1, 2)}
    source = Strided(runs((0, 10, 701, 6)), I2, outer="record", inner=tuple(found[name] for name in inner))
    axes = (Axis("time", 701, ("record", "one")), Axis("channel", 3, ("channel",)))
    planned = plan(ArrayLayout("x", axes, I2, source), [10 + 701 * 6], ChunkOptions(inline=False))
    assert [axis.name for axis in planned.axes] == ["time", "channel"]
    assert rows(planned) == [(0, 10, 701 * 6)]


def test_blocks_are_cut_evenly_when_they_are_larger_than_the_target():
    layout, size = intan(5, samples=96)
    found = plan(layout, [size], ChunkOptions(chunk_bytes=64, small_chunk=1, reference_bytes=0))
    assert found.chunks == (1, 32)  # divides 96, so that no chunk crosses two blocks
    assert len(found.copies) == 0


def test_a_backward_axis_is_stored_forwards_and_marked():
    source = Strided(runs((0, 40, 6, -8)), np.dtype("u1"), outer="y", inner=(InnerAxis("x", 8, 1),))
    layout = ArrayLayout("image", (Axis("y", 6, ("y",)), Axis("x", 8, ("x",))), np.dtype("u1"), source)
    found = plan(layout, [48])
    assert [(axis.name, axis.reversed) for axis in found.axes] == [("y", True), ("x", False)]
    assert rows(found) == [(0, 0, 48)]


def test_a_backward_axis_that_the_card_reverses_is_as_it_lies():
    source = Strided(runs((0, 40, 6, -8)), np.dtype("u1"), outer="y", inner=(InnerAxis("x", 8, 1),))
    axes = (Axis("y", 6, ("y",), reverse=True), Axis("x", 8, ("x",)))
    found = plan(ArrayLayout("image", axes, np.dtype("u1"), source), [48])
    assert not any(axis.reversed for axis in found.axes)


def test_a_backward_part_of_a_join_keeps_its_order_in_single_steps():
    source = Strided(runs((0, 0, 20, 80)), I2, outer="block", inner=(InnerAxis("sample", 40, -2),))
    source = Strided(runs((0, 78, 20, 80)), I2, outer="block", inner=source.inner)
    layout = ArrayLayout("raw", (Axis("time", 800, ("block", "sample")),), I2, source)
    found = plan(layout, [1600], ChunkOptions(reference_bytes=0, inline=False))
    assert found.chunks == (1,)
    assert [row[1] for row in rows(found)[:3]] == [78, 76, 74]
    assert not found.axes[0].reversed


def test_an_affine_list_of_offsets_is_a_stride_and_another_is_not():
    for offsets, chunks in (([0, 100, 200], (3, 50)), ([0, 100, 300], (1, 50))):
        source = Strided(
            runs((0, 0, 1, 400)),
            I2,
            inner=(InnerAxis("channel", 3, offsets=np.array(offsets)), InnerAxis("sample", 50, 2)),
        )
        layout = ArrayLayout(
            "raw", (Axis("channel", 3, ("channel",)), Axis("sample", 50, ("sample",))), I2, source
        )
        found = plan(layout, [400])
        assert found.chunks == chunks
        assert rows(found)[-1][1] == (0 if chunks[0] == 3 else 300)


def test_runs_that_follow_each_other_are_one():
    source = Strided(runs((0, 0, 5, 2), (0, 10, 7, 2), (0, 24, 1, 2)), I2)
    found = plan(ArrayLayout("raw", (Axis("time", 13, ("run",)),), I2, source), [26])
    assert rows(found) == [(0, 0, 26)]


def test_regular_runs_are_strides():
    """Runs of 30 at equal distances: the chunk is a run, and nothing is copied."""
    source = Strided(runs(*((0, 100 * n, 30, 2) for n in range(40))), I2)
    layout = ArrayLayout("raw", (Axis("time", 1200, ("run",)),), I2, source)
    found = plan(layout, [4000], ChunkOptions(reference_bytes=0, inline=False))
    assert found.chunks == (30,)
    assert [row[1] for row in rows(found)[:3]] == [0, 100, 200]


def test_a_chunk_that_straddles_two_files_is_copied():
    source = Strided(runs((0, 0, 997, 8), (1, 16, 1009, 8)), I2, inner=(InnerAxis("channel", 4, 2),))
    axes = (Axis("time", 2006, ("run",)), Axis("channel", 4, ("channel",)))
    found = plan(
        ArrayLayout("raw", axes, I2, source),
        [997 * 8, 16 + 1009 * 8 + 4096],
        ChunkOptions(chunk_bytes=160, small_chunk=1, reference_bytes=0),
    )
    assert found.chunks == (20, 4)
    assert found.copies.tolist() == [49]  # rows 980 to 999
    assert found.tail == "overhang"
    assert rows(found)[48] == (0, 960 * 8, 160)
    assert rows(found)[50] == (1, 16 + 3 * 8, 160)


def test_chunks_shrink_rather_than_copy_much_of_a_small_array():
    """At the target of 4 MiB the whole array would be one chunk across both files, copied."""
    source = Strided(runs((0, 0, 9973, 128), (1, 0, 10007, 128)), I2, inner=(InnerAxis("channel", 64, 2),))
    axes = (Axis("time", 19980, ("run",)), Axis("channel", 64, ("channel",)))
    found = plan(ArrayLayout("raw", axes, I2, source), [9973 * 128, 10007 * 128])
    assert found.copied_bytes <= 0.05 * 19980 * 128


def test_a_trim_over_two_files_cuts_both_ends():
    source = Strided(runs((0, 0, 10, 2), (1, 6, 10, 2)), I2, trims=(Trim("time", 7, 15),))
    layout = ArrayLayout("raw", (Axis("time", 8, ("run",)),), I2, source)
    found = plan(layout, [20, 26], ChunkOptions(chunk_bytes=2, reference_bytes=0, small_chunk=1))
    assert [row[:2] for row in rows(found)] == [
        (0, 14),
        (0, 16),
        (0, 18),
        *((1, 6 + 2 * n) for n in range(5)),
    ]


def test_a_trimmed_join_with_gaps_begins_inside_a_block():
    source = Strided(runs((0, 0, 4, 12)), I2, outer="block", inner=(InnerAxis("sample", 5, 2),))
    source = Strided(source.runs, I2, outer="block", inner=source.inner, trims=(Trim("time", 3, 18),))
    layout = ArrayLayout("raw", (Axis("time", 15, ("block", "sample")),), I2, source)
    found = plan(layout, [48], ChunkOptions(chunk_bytes=2, reference_bytes=0, small_chunk=1, inline=False))
    expected = [12 * (p // 5) + 2 * (p % 5) for p in range(3, 18)]
    assert [row[1] for row in rows(found)] == expected


def test_complex_numbers_are_pairs_of_floats():
    layout = interleaved(30, dtype=np.dtype(">c8"))
    found = plan(layout, [30 * 32])
    assert found.dtype == np.dtype(">f4")
    assert [axis.name for axis in found.axes] == ["time", "channel", "complex"]
    assert found.shape == (30, 4, 2)
    assert rows(found) == [(0, 0, 960)]


@pytest.mark.parametrize("count", (0, 1))
def test_empty_and_single(count):
    found = plan(interleaved(count) if count else _empty(), [8])
    assert found.shape == (count, 4)
    assert len(found.references) == count


def _empty():
    none = np.zeros(0, np.int64)
    source = Strided(Runs(none, none, none, none, none), I2, inner=(InnerAxis("channel", 4, 2),))
    return ArrayLayout("raw", (Axis("time", 0, ("run",)), Axis("channel", 4, ("channel",))), I2, source)


def test_a_scalar_is_one_reference():
    layout = ArrayLayout("n", (), np.dtype("<f8"), Strided(runs((0, 5, 1, 8)), np.dtype("<f8")))
    found = plan(layout, [13])
    assert (found.shape, found.chunks, rows(found)) == ((), (), [(0, 5, 8)])


# --- what is copied whole -------------------------------------------------------------------


def stamps(count, width=8, stride=1000):
    dtype = np.dtype(f"<u{width}")
    source = Strided(runs((0, 0, count, stride)), dtype)
    return ArrayLayout("stamp", (Axis("record", count, ("run",)),), dtype, source)


def test_a_time_stamp_a_record_is_copied_into_the_map():
    found = plan(stamps(5000), [5_000_000])
    assert (found.copied_to, found.chunks, found.copies.tolist()) == ("inline", (5000,), [0])


def test_many_time_stamps_are_copied_into_the_sidecar():
    assert steps(lambda: plan(stamps(10**6), [10**9])) < 100_000
    found = plan(stamps(10**6), [10**9])
    assert (found.copied_to, found.chunks) == ("sidecar", (10**6,))


def test_more_than_may_be_copied_is_referenced():
    found = plan(stamps(5000), [5_000_000], ChunkOptions(copy_bytes=1000, inline=False))
    assert found.chunks == (1,)
    assert len(found.references) == 5000
    assert len(found.copies) == 0


def test_a_small_contiguous_array_stays_a_reference():
    found = plan(interleaved(3), [24])
    assert rows(found) == [(0, 0, 24)]
    assert len(found.copies) == 0


def test_given_values_go_into_the_map_or_the_sidecar():
    values = np.arange(20000, dtype="<f8")
    layout = ArrayLayout("t", (Axis("i", 20000, ("i",)),), np.dtype("<f8"), Inline(values))
    assert plan(layout, []).copied_to == "sidecar"
    small = ArrayLayout("t", (Axis("i", 20, ("i",)),), np.dtype("<f8"), Inline(values[:20]))
    assert plan(small, []).copied_to == "inline"
    assert plan(small, [], ChunkOptions(inline=False)).copied_to == "sidecar"


# --- refusals -------------------------------------------------------------------------------


def test_bytes_past_the_end_are_refused_by_file_and_offset():
    problem = code_of(lambda: plan(interleaved(31), [30 * 8], SMALL, names=["a.dat"]))
    assert problem.code == "V0331"
    assert problem.data_file == "a.dat"
    assert problem.offset == 240
    assert "240 bytes" in problem.found


def test_a_negative_offset_is_refused():
    assert code_of(lambda: plan(interleaved(30, offset=-8), [1000], SMALL)).code == "V0331"


def test_copied_fields_past_the_end_are_refused():
    problem = code_of(lambda: plan(stamps(5000), [4_000_000]))
    assert (problem.code, problem.offset) == ("V0331", 4_000_000)


def test_too_many_references_are_refused():
    options = ChunkOptions(max_references=1000, copy_bytes=0, profile="portable")
    assert code_of(lambda: plan(stamps(5000), [5_000_000], options)).code == "V0333"


def test_too_much_to_copy_proposes_segments():
    """Every chunk would straddle: single rows would do, but they are too many."""
    source = Strided(
        runs(*((n % 2, 100 * n, 7 + n % 3, 8) for n in range(40))), I2, inner=(InnerAxis("channel", 4, 2),)
    )
    count = int(source.runs.count.sum())
    axes = (Axis("time", count, ("run",)), Axis("channel", 4, ("channel",)))
    options = ChunkOptions(copy_bytes=100, max_references=100, reference_bytes=0, inline=False)
    problem = code_of(lambda: plan(ArrayLayout("raw", axes, I2, source), [4000, 4100], options))
    assert problem.code == "V0332"
    assert "segment" in problem.help


@pytest.mark.parametrize("dtype", ("S4", "U4", "V8", "M8[s]", "O", "f16"))
def test_dtypes_that_no_portable_map_holds(dtype):
    layout = ArrayLayout("x", (Axis("i", 1, ("run",)),), np.dtype(dtype), Inline(np.zeros(1)))
    assert code_of(lambda: plan(layout, [])).code == "V0334"


def test_float16_is_allowed_with_a_warning():
    found = plan(interleaved(3, dtype=np.dtype("<f2")), [24])
    assert [(p.code, p.level) for p in found.warnings] == [("V0341", "warn")]


def test_many_arrays_of_float16_are_told_of_once():
    half, whole = interleaved(3, dtype=np.dtype("<f2")), interleaved(3, dtype=np.dtype("<i2"))
    layouts = [replace(one, path=f"p{k}") for k, one in enumerate((whole, half, whole, half, half))]
    found = plan_all(layouts, [24])
    assert [[p.code for p in one.warnings] for one in found] == [[], ["V0341"], [], [], []]
    assert found[1].warnings[0].message.startswith("3 arrays, 'p1' among them, are float16")
    (alone,) = plan_all(layouts[3:4], [24])
    assert alone.warnings[0].message.startswith("array 'p3' is float16")


def test_derived_and_packed_arrays_are_refused_together():
    derived = ArrayLayout(
        "d",
        (Axis("t", 40_000, ("run",)),),
        I2,
        Derived((("run", 40_000),), "csv", (), "it is a table of text"),
    )
    packed = ArrayLayout(
        "p", (Axis("t", 4, ("run",)),), np.dtype("<i4"),
        Strided(runs((0, 0, 4, 3)), np.dtype("V3"), unpack=Unpack(NUMBERS["int24"], "little")),
    )  # fmt: skip
    with pytest.raises(VspecError) as error:
        plan_all([derived, packed, interleaved(3)], [100], ChunkOptions(profile="portable"))
    assert [problem.code for problem in error.value.problems] == ["V0335", "V0336"]


@pytest.mark.parametrize(
    "broken",
    (
        {"axes": (Axis("time", 30, ("nothing",)), Axis("channel", 4, ("channel",)))},
        {"axes": (Axis("time", 31, ("run",)), Axis("channel", 4, ("channel",)))},
        {"axes": (Axis("time", 30, ("run",)),)},
        {"axes": (Axis("time", 30, ("run",)), Axis("channel", 120, ("run", "channel")))},
        {"dtype": np.dtype("<i4")},
    ),
)
def test_layouts_that_contradict_themselves(broken):
    good = interleaved(30)
    layout = ArrayLayout("raw", broken.get("axes", good.axes), broken.get("dtype", good.dtype), good.source)
    assert code_of(lambda: plan(layout, [1000])).code == "V0330"


@pytest.mark.parametrize(
    "rows_",
    (
        [(0, 0, 10, 2, 0)],  # the second cell has no run
        [(0, 0, 10, 2, 0), (0, 20, 9, 2, 1)],  # cells of different lengths
        [(0, 0, 10, 2, 1), (0, 20, 10, 2, 0)],  # out of order
        [(3, 0, 10, 2, 0), (0, 20, 10, 2, 1)],  # no such file
        [(0, 0, -10, 2, 0), (0, 20, 10, 2, 1)],
        [(0, 0, 10, 1 << 61, 0), (0, 20, 10, 2, 1)],  # addresses beyond 64 bits
    ),
)
def test_runs_that_contradict_the_layout(rows_):
    source = Strided(runs(*rows_), I2, lead=(("trial", 2),))
    layout = ArrayLayout("raw", (Axis("trial", 2, ("trial",)), Axis("time", 10, ("run",))), I2, source)
    assert code_of(lambda: plan(layout, [1000])).code == "V0330"


@pytest.mark.parametrize(
    ("values", "dtype"),
    (([1, 300], "i1"), ([-1], "u2"), ([1.5], "i4"), ([np.nan], "i2"), ([1e300], "f4"), ([1j], "f8")),
)
def test_values_that_do_not_fit(values, dtype):
    layout = ArrayLayout("v", (Axis("i", len(values), ("i",)),), np.dtype(dtype), Inline(np.array(values)))
    assert code_of(lambda: plan(layout, [])).code == "V0340"


@pytest.mark.parametrize("dtype", ("u8", "i1"))
def test_unsigned_and_signed_do_not_pass_for_each_other(dtype):
    value = {"u8": np.array([2**63], "u8"), "i1": np.array([-1], "i1")}[dtype]
    target = {"u8": "i8", "i1": "u1"}[dtype]
    layout = ArrayLayout("v", (Axis("i", 1, ("i",)),), np.dtype(target), Inline(value))
    assert code_of(lambda: plan(layout, [])).code == "V0340"
