"""Planning of containers' chunks, and of coordinates: the variants of the seam built by hand."""

from __future__ import annotations

import zlib

import numpy as np
import pytest

from vspec.chunks import ChunkOptions, coordinate_plans, plan
from vspec.errors import VspecError
from vspec.layout import ArrayLayout, Axis, Chunked, Coordinate, Inline
from vspec.readers.zarr_store import open_group
from vspec.testing.maps import write_map

U2 = np.dtype("<u2")
DEFLATE = {"id": "zlib", "level": 1}
SHUFFLE = {"id": "shuffle", "elementsize": 2}


def container(stored, chunk, pieces, **more):
    """Pieces of bytes (None: absent) as the cells of one file, and a layout with plain axes."""
    data, columns = bytearray(b"head"), []
    for piece in pieces:
        columns.append((-1, 0, 0) if piece is None else (0, len(data), len(piece)))
        data += piece or b""
    file, offset, nbytes = (np.array(column, np.int64) for column in zip(*columns, strict=True))
    axes = more.pop("axes", tuple(Axis(name, size, (name,)) for name, size in stored))
    source = Chunked(tuple(stored), tuple(chunk), U2, file, offset, nbytes, **more)
    return ArrayLayout("image", axes, U2, source), bytes(data)


def code_of(layout, data, options=None):
    with pytest.raises(VspecError) as error:
        plan(layout, [len(data)], options)
    return error.value.problems[0].code


def test_standard_codecs_become_filters_and_compressor():
    part = np.arange(6, dtype=U2)
    for chain, filters, compressor in (
        ((), (), None),
        ((DEFLATE,), (), DEFLATE),
        ((SHUFFLE, DEFLATE), (SHUFFLE,), DEFLATE),
        ((SHUFFLE,), (SHUFFLE,), None),
    ):
        layout, data = container([("x", 6)], [6], [part.tobytes()], chains=(chain,))
        found = plan(layout, [len(data)])
        assert (found.filters, found.compressor) == (filters, compressor)
        assert len(found.copies) == 0


def test_cells_of_another_codec_are_written_again(tmp_path):
    parts = [np.arange(n, n + 6, dtype=U2) for n in (0, 10, 20)]
    pieces = [zlib.compress(parts[0]), parts[1].tobytes(), zlib.compress(parts[2])]
    layout, data = container(
        [("x", 18)], [6], pieces, chains=((), (DEFLATE,)), cell_codecs=np.array([1, 0, 1])
    )
    found = plan(layout, [len(data)])
    assert found.compressor == DEFLATE
    assert found.copies.tolist() == [1]
    array = open_group(write_map(tmp_path, [layout], [data]).path)["image"]
    assert array[:].tolist() == [*range(6), *range(10, 16), *range(20, 26)]


def test_a_ragged_last_strip_is_padded_after_decoding(tmp_path):
    image = np.arange(35, dtype=U2).reshape(7, 5)
    pieces = [zlib.compress(image[start : start + 3].tobytes()) for start in (0, 3, 6)]
    layout, data = container([("y", 7), ("x", 5)], [3, 5], pieces, chains=((DEFLATE,),), ragged=True)
    assert plan(layout, [len(data)]).copies.tolist() == [2]
    for options in (None, ChunkOptions(inline=False)):
        array = open_group(write_map(tmp_path, [layout], [data], options).path)["image"]
        assert array[:].tolist() == image.tolist()


def test_absent_cells_hold_the_fill_value(tmp_path):
    piece = np.array([1, 2], U2).tobytes()
    layout, data = container([("x", 6)], [2], [piece, None, piece], fill=7)
    assert open_group(write_map(tmp_path, [layout], [data]).path)["image"][:].tolist() == [1, 2, 7, 7, 1, 2]
    unsaid, data = container([("x", 6)], [2], [piece, None, piece])
    assert code_of(unsaid, data) == "V0338"


def test_pages_in_files_are_joined_along_an_axis(tmp_path):
    parts = [np.arange(n, n + 4, dtype=U2).tobytes() for n in range(0, 24, 4)]
    axes = (Axis("time", 6, ("file", "page")), Axis("x", 4, ("x",)))
    layout, data = container([("file", 2), ("page", 3), ("x", 4)], [1, 1, 4], parts, axes=axes)
    array = open_group(write_map(tmp_path, [layout], [data]).path)["image"]
    assert array[:].tolist() == np.arange(24).reshape(6, 4).tolist()


def test_an_axis_may_pass_another_when_its_chunks_are_single(tmp_path):
    parts = [np.arange(n, n + 4, dtype=U2).tobytes() for n in range(0, 24, 4)]
    axes = (Axis("time", 6, ("page", "file")), Axis("x", 4, ("x",)))
    layout, data = container([("file", 2), ("page", 3), ("x", 4)], [1, 1, 4], parts, axes=axes)
    array = open_group(write_map(tmp_path, [layout], [data]).path)["image"]
    expected = np.arange(24).reshape(2, 3, 4).transpose(1, 0, 2).reshape(6, 4)
    assert array[:].tolist() == expected.tolist()


@pytest.mark.parametrize(("chunk", "parts"), (([2, 1, 4], ("file", "page")), ([1, 2, 4], ("file", "page"))))
def test_chunks_that_cannot_be_joined(chunk, parts):
    axes = (Axis("time", 6, parts), Axis("x", 4, ("x",)))
    count = -(-2 // chunk[0]) * -(-3 // chunk[1])
    size = 2 * int(np.prod(chunk))
    layout, data = container([("file", 2), ("page", 3), ("x", 4)], chunk, [bytes(size)] * count, axes=axes)
    assert code_of(layout, data) == "V0342"


def test_axes_that_chunks_hold_in_another_order():
    axes = (Axis("a", 6, ("page", "y")), Axis("b", 2, ("x",)))
    layout, data = container([("y", 2), ("x", 2), ("page", 3)], [2, 2, 1], [bytes(8)] * 3, axes=axes)
    assert code_of(layout, data) == "V0342"


def test_damaged_cells():
    good = np.arange(6, dtype=U2).tobytes()
    short, data = container([("x", 6)], [6], [good[:-1]])
    assert code_of(short, data) == "V0337"
    empty, data = container([("x", 6)], [6], [b""], chains=((DEFLATE,),))
    assert code_of(empty, data) == "V0337"
    cut, data = container([("x", 6)], [6], [zlib.compress(good)], chains=((DEFLATE,),))
    assert code_of(cut, data[:-1]) == "V0331"


def test_a_ragged_cell_of_the_wrong_length_is_refused_when_it_is_decoded(tmp_path):
    pieces = [zlib.compress(bytes(12)), zlib.compress(bytes(7))]
    layout, data = container([("x", 9)], [6], pieces, chains=((DEFLATE,),), ragged=True)
    with pytest.raises(VspecError) as error:
        write_map(tmp_path, [layout], [data])
    assert error.value.problems[0].code == "V0337"
    assert "6 bytes" in error.value.problems[0].expected


def test_a_flipped_byte_in_a_recoded_cell_is_refused(tmp_path):
    pieces = [zlib.compress(bytes(12)), zlib.compress(bytes(6))]
    layout, data = container([("x", 9)], [6], pieces, chains=((DEFLATE,),), ragged=True)
    broken = data[:-6] + b"\xff\xff" + data[-4:]
    with pytest.raises(VspecError) as error:
        write_map(tmp_path, [layout], [broken])
    assert error.value.problems[0].code == "V0337"


def test_a_codec_that_nobody_has(tmp_path):
    chain = ({"id": "no-such-codec"},)
    layout, data = container([("x", 9)], [6], [bytes(12), bytes(6)], chains=(chain,), ragged=True)
    with pytest.raises(VspecError) as error:
        write_map(tmp_path, [layout], [data])
    assert error.value.problems[0].code == "V0710"


def test_columns_that_do_not_fit_the_grid():
    layout, data = container([("x", 9)], [6], [bytes(12)])
    assert code_of(layout, data) == "V0330"


def test_too_many_cells_to_write_again():
    layout, data = container([("x", 9)], [6], [bytes(12), bytes(6)], ragged=True)
    assert code_of(layout, data, ChunkOptions(copy_bytes=1)) == "V0332"


def test_complex_numbers_behind_a_numeric_codec():
    item = np.dtype("<c8")
    one = np.ones(1, np.int64)
    chain = ({"id": "delta", "dtype": "<c8"},)
    source = Chunked((("x", 1),), (1,), item, one * 0, one * 0, one * 8, chains=(chain,))
    layout = ArrayLayout("z", (Axis("x", 1, ("x",)),), item, source)
    assert code_of(layout, bytes(8)) == "V0334"


# --- coordinates ----------------------------------------------------------------------------


def gains(path, values, *, reverse=False):
    coordinate = Coordinate("gain", np.array(values), {"units": "uV"})
    axis = Axis("channel", len(values), ("channel",), reverse, coordinates=(coordinate,))
    return ArrayLayout(path, (axis,), U2, Inline(np.arange(len(values)).astype(U2)))


def test_arrays_of_a_group_share_a_coordinate_when_they_agree():
    plans = [
        plan(layout, [])
        for layout in (
            gains("ap", [1.0, 2.0]), gains("lf", [1.0, 2.0]), gains("sync", [9.0]), gains("g/ap", [3.0])
        )
    ]  # fmt: skip
    found = coordinate_plans(plans)
    assert found.names == {
        "ap": ("channel_gain",),
        "lf": ("channel_gain",),
        "sync": ("sync_channel_gain",),
        "g/ap": ("channel_gain",),
    }
    assert [p.layout.path for p in found.plans] == ["channel_gain", "sync_channel_gain", "g/channel_gain"]
    assert dict(found.plans[0].layout.attrs) == {"units": "uV"}


def test_coordinates_stand_in_stored_order(tmp_path):
    group = open_group(write_map(tmp_path, [gains("ap", [1.0, 2.0, 4.0], reverse=True)], []).path)
    assert group["ap"].attrs["vspec"]["dims"] == ["-channel"]
    assert group["channel_gain"][:].tolist() == [4.0, 2.0, 1.0]
    assert group["ap"].attrs["coordinates"] == "channel_gain"


def test_a_coordinate_that_is_text_stays_an_attribute(tmp_path):
    coordinate = Coordinate("region", np.array(["CA1", "DG"]))
    axis = Axis("channel", 2, ("channel",), reverse=True, coordinates=(coordinate,))
    layout = ArrayLayout("ap", (axis,), U2, Inline(np.arange(2).astype(U2)))
    group = open_group(write_map(tmp_path, [layout], []).path)
    assert group["ap"].attrs["vspec"]["coordinates"] == {"channel": {"region": ["DG", "CA1"]}}
    assert list(group.array_keys()) == ["ap"]
