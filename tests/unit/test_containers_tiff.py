"""TIFF: pages walked, grouped into arrays and laid out; expectations by hand or as they were written."""

from __future__ import annotations

import hashlib
import json
import os
import struct
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
import tifffile

from tests.unit.layouts import bounded
from vspec.containers.model import Container, ContainerFile
from vspec.containers.tiff import open_tiff
from vspec.containers.tiff_directory import Directory
from vspec.errors import VspecError
from vspec.layout import Affine, ArrayLayout, Chunked, Derived, Strided
from vspec.peers.tiff import read_tiff
from vspec.readers.zarr_store import open_group
from vspec.sources import Files, data_file
from vspec.testing.maps import write_map

CORPUS = Path(os.environ.get("VSPEC_CORPUS") or Path(__file__).resolve().parents[3] / "shared" / "data")
SHORT, LONG = 3, 4


def container_file(path: Path) -> ContainerFile:
    files = Files(path.parent)
    return ContainerFile(files, files.add(data_file(path.name, path)))


def opened(path: Path) -> Container:
    return open_tiff(container_file(path))


def values(path: Path, layout: ArrayLayout, files: list[bytes] | None = None) -> np.ndarray:
    folder = path.parent / "map"
    folder.mkdir(exist_ok=True)
    array = open_group(write_map(folder, [layout], files or [path.read_bytes()]).path)[layout.path]
    stored, asked = list(array.attrs["_ARRAY_DIMENSIONS"]), list(array.attrs["vspec"]["dims"])
    found = np.asarray(array[...]).transpose([stored.index(name.removeprefix("-")) for name in asked])
    return found[tuple(slice(None, None, -1 if name.startswith("-") else 1) for name in asked)]


def problem(path: Path, array: str | None = None):
    with pytest.raises(VspecError) as error:
        opened(path) if array is None else opened(path).entries[array].layout()
    (one,) = error.value.problems
    return one


def ifd(order: str, tags: list[tuple[int, int, int, int]], after: int) -> bytes:
    """Return a classic IFD; short values stand at the beginning of their word."""
    made = struct.pack(order + "H", len(tags))
    for id, kind, count, value in tags:
        word = struct.pack(
            order + ("HH" if kind == SHORT and count == 1 else "I"),
            *((value, 0) if kind == SHORT and count == 1 else (value,)),
        )
        made += struct.pack(order + "HHI", id, kind, count) + word
    return made + struct.pack(order + "I", after)


def tags_of(
    offset: int, nbytes: int, size: tuple[int, int] = (2, 3), **more: int
) -> list[tuple[int, int, int, int]]:
    height, width = size
    return [
        (256, SHORT, 1, width), (257, SHORT, 1, height), (258, SHORT, 1, more.get("bits", 8)), (259, SHORT, 1, 1),
        (262, SHORT, 1, 1), (273, LONG, 1, offset), (277, SHORT, 1, 1), (278, SHORT, 1, more.get("rows", height)),
        (279, LONG, 1, nbytes),
    ]  # fmt: skip


def chained(order: str, places: list[int], last: int = 0, size: int = 4000) -> bytes:
    """Return a file whose pages have their IFDs at ``places``, in this order, and 6 bytes of samples behind them."""
    whole = bytearray(size)
    whole[:8] = (b"II" if order == "<" else b"MM") + struct.pack(order + "HI", 42, places[0])
    for k, (at, after) in enumerate(pairwise([*places, last])):
        page = ifd(order, tags_of(at + 114, 6), after)
        assert len(page) == 114
        whole[at : at + 120] = page + bytes([k] * 6)
    return bytes(whole)


# --- the chain of pages ----------------------------------------------------------------------


@pytest.mark.parametrize("order", ("<", ">"))
@pytest.mark.parametrize(
    "places",
    (
        [8],
        list(range(8, 3600, 120)),
        list(range(3608, 0, -120)),
        [8, 128, 248, 1000, 500, 620, 740, 860, 3000, 2000],
    ),
    ids=("one", "even", "backwards", "uneven"),
)
def test_pages_are_found_in_the_order_of_the_chain(tmp_path, order, places):
    path = tmp_path / "a.tif"
    path.write_bytes(chained(order, places))
    directory = Directory(container_file(path))
    assert directory.places.tolist() == places
    layout = opened(path).entries["series_0"].layout()
    found = values(path, layout).reshape(len(places), 2, 3)
    assert np.array_equal(found, np.broadcast_to(np.arange(len(places))[:, None, None], (len(places), 2, 3)))


@pytest.mark.parametrize("many", (1, 3, 30))
def test_a_chain_that_leads_back_is_refused(tmp_path, many):
    path = tmp_path / "a.tif"
    places = [8 + 120 * k for k in range(many)]
    path.write_bytes(chained("<", places, last=places[many // 2]))
    with bounded():
        assert problem(path).code == "V0361"


def test_a_page_outside_of_the_file_is_refused_with_its_place(tmp_path):
    path = tmp_path / "a.tif"
    path.write_bytes(chained("<", [8, 128], last=5000))
    found = problem(path)
    assert (found.code, found.data_file, found.offset) == ("V0361", "a.tif", 4000)
    assert "5000" in found.expected


def test_one_page_in_the_middle_of_many_that_differs_is_seen(tmp_path):
    path = tmp_path / "a.tif"
    whole = bytearray(chained("<", list(range(8, 8 + 120 * 200, 120)), size=30000))
    at = 8 + 120 * 117 + 2 + 12 + 8
    whole[at] = 1
    path.write_bytes(whole)
    entries = opened(path).entries
    assert {name: entry.shape for name, entry in entries.items()} == {
        "series_0": (199, 2, 3),
        "series_1": (1, 3),
    }
    assert values(path, entries["series_1"].layout()).tolist() == [[117] * 3]


def test_no_tiff_and_no_page(tmp_path):
    path = tmp_path / "a.tif"
    path.write_bytes(b"II*")
    assert problem(path).code == "V0360"
    path.write_bytes(b"")
    assert problem(path).code == "V0360"
    path.write_bytes(b"II*\0\0\0\0\0")
    assert problem(path).code == "V0361"
    path.write_bytes(b"MM\0*\0\0\0\x08\0\0")
    assert problem(path).code == "V0361"


def test_a_million_pages_are_walked_in_bounded_memory(tmp_path):
    path, pages = tmp_path / "a.tif", 1_000_000
    page = np.frombuffer(ifd("<", tags_of(0, 6), 0) + bytes(6), np.uint8)
    rows = np.tile(page, (pages, 1))
    at = 8 + 120 * np.arange(pages, dtype=np.int64)
    for column, value in ((2 + 12 * 5 + 8, at + 114), (110, at + 120)):
        rows[:, column : column + 4] = value.astype("<u4")[:, None].view(np.uint8)
    rows[-1, 110:114] = 0
    path.write_bytes(b"II*\0\x08\0\0\0" + rows.tobytes())
    del rows
    with bounded(seconds=10, mib=400):
        entry = opened(path).entries["series_0"]
        layout = entry.layout()
    assert entry.shape == (pages, 2, 3)
    assert layout.source.runs.count.tolist() == [pages]
    assert layout.source.runs.stride.tolist() == [120]


# --- samples ---------------------------------------------------------------------------------


def one_page(tmp_path: Path, tags: list[tuple[int, int, int, int]], data: bytes) -> Path:
    path = tmp_path / "a.tif"
    nbytes = 2 + 12 * len(tags) + 4
    tags = [(i, k, n, 8 + nbytes if i == 273 and value < 0 else value) for i, k, n, value in tags]
    path.write_bytes(b"II*\0\x08\0\0\0" + ifd("<", sorted(tags), 0) + data)
    return path


def test_twelve_bits_are_unpacked_where_rows_are_whole_words(tmp_path):
    data = bytes.fromhex("123456 789abc")
    path = one_page(tmp_path, tags_of(-1, 6, (2, 2), bits=12), data)
    layout = opened(path).entries["series_0"].layout()
    assert isinstance(layout.source, Strided)
    assert layout.source.unpack is not None
    assert values(path, layout).tolist() == [[0x123, 0x456], [0x789, 0xABC]]


def test_twelve_bits_in_half_filled_bytes_go_through_a_codec(tmp_path):
    data = bytes.fromhex("1230 4560")
    path = one_page(tmp_path, tags_of(-1, 4, (2, 1), bits=12), data)
    layout = opened(path).entries["series_0"].layout()
    assert isinstance(layout.source, Chunked)
    assert layout.source.chains[0][0]["id"] == "imagecodecs_packints"
    assert values(path, layout).tolist() == [[0x123], [0x456]]


def test_bits_in_the_other_order_are_turned_round(tmp_path):
    path = one_page(tmp_path, [*tags_of(-1, 1, (1, 8), bits=1), (266, SHORT, 1, 2)], b"\x0b")
    layout = opened(path).entries["series_0"].layout()
    assert layout.dtype == bool
    assert values(path, layout).tolist() == [[True, True, False, True, False, False, False, False]]


def test_strips_that_are_not_there_are_zero_and_half_stated_ones_refused(tmp_path):
    path = tmp_path / "a.tif"
    array = np.arange(40, dtype="u2").reshape(4, 10)
    tifffile.imwrite(path, array, rowsperstrip=2, metadata=None)
    whole = bytearray(path.read_bytes())
    with tifffile.TiffFile(path) as file:
        offsets, counts = file.pages[0].tags[273], file.pages[0].tags[279]
        size = 4 if counts.dtype == 4 else 2
        places = (offsets.valueoffset + 4, 4), (counts.valueoffset + size, size)
    whole[places[0][0] : places[0][0] + 4] = bytes(4)
    path.write_bytes(whole)
    assert problem(path, "series_0").code == "V0361"
    whole[places[1][0] : places[1][0] + size] = bytes(size)
    path.write_bytes(whole)
    layout = opened(path).entries["series_0"].layout()
    assert values(path, layout).tolist() == [*array[:2].tolist(), [0] * 10, [0] * 10]


def test_short_last_strips_behind_a_predictor_are_padded(tmp_path):
    path = tmp_path / "a.tif"
    array = np.arange(7 * 11 * 3, dtype=">u2").reshape(7, 11, 3) ** 2
    tifffile.imwrite(
        path,
        array,
        rowsperstrip=3,
        compression="lzw",
        predictor=2,
        photometric="rgb",
        byteorder=">",
        metadata=None,
    )
    layout = opened(path).entries["series_0"].layout()
    assert isinstance(layout.source, Chunked)
    assert layout.source.ragged
    assert layout.dtype == np.dtype(">u2")
    assert np.array_equal(values(path, layout), array)


def test_what_no_codec_decodes_says_why(tmp_path):
    path = one_page(
        tmp_path, [(259, SHORT, 1, 4) if t[0] == 259 else t for t in tags_of(-1, 4, bits=1)], b"\0\1\2\3"
    )
    layout = opened(path).entries["series_0"].layout()
    assert isinstance(layout.source, Derived)
    assert "CCITT fax of group 4" in layout.source.reason


def test_a_table_of_colours_is_an_array(tmp_path):
    path = tmp_path / "a.tif"
    colours = np.arange(3 * 256, dtype="u2").reshape(3, 256)
    tifffile.imwrite(path, np.zeros((4, 5), "u1"), photometric="palette", colormap=colours)
    found = opened(path)
    assert np.array_equal(values(path, found.entries["palette_0"].layout()), colours)
    assert np.array_equal(read_tiff(path, "palette_0", (slice(1, 2), slice(0, 9))), colours[1:2, :9])


# --- structures ------------------------------------------------------------------------------


def test_imagej_says_axes_and_steps(tmp_path):
    path = tmp_path / "a.tif"
    array = np.arange(2 * 3 * 2 * 5 * 7, dtype="u2").reshape(2, 3, 2, 5, 7)
    meta = {"axes": "TZCYX", "spacing": 2.5, "unit": "um", "finterval": 0.5}
    tifffile.imwrite(path, array, imagej=True, metadata=meta, resolution=(4, 8))
    entry = opened(path).entries["series_0"]
    layout = entry.layout()
    assert entry.axes == ("t", "z", "c", "y", "x")
    assert [axis.affine for axis in layout.axes] == [
        Affine(0.0, 0.5, "s"), Affine(0.0, 2.5, "um"), None, Affine(0.0, 0.125, "um"), Affine(0.0, 0.25, "um"),
    ]  # fmt: skip
    assert len(layout.source.runs.offset) == 1
    assert layout.attrs["imagej"]["slices"] == 3
    assert np.array_equal(values(path, layout), array)


def test_ome_says_axes_steps_and_channels(tmp_path):
    path = tmp_path / "a.ome.tif"
    array = np.arange(2 * 2 * 5 * 7, dtype="u2").reshape(2, 2, 5, 7)
    meta = {"axes": "TCYX", "PhysicalSizeX": 0.5, "PhysicalSizeXUnit": "nm", "TimeIncrement": 3.0}
    tifffile.imwrite(path, array, metadata=meta | {"Channel": {"Name": ["dapi", "gfp"]}}, compression="zlib")
    entry = opened(path).entries["series_0"]
    layout = entry.layout()
    by_name = {axis.name: axis for axis in layout.axes}
    assert entry.axes == ("t", "c", "y", "x")
    assert by_name["c"].labels == ("dapi", "gfp")
    assert (by_name["x"].affine, by_name["t"].affine) == (Affine(0.0, 0.5, "nm"), Affine(0.0, 3.0, "s"))
    assert layout.attrs["ome"]["SizeX"] == "7"
    assert np.array_equal(values(path, layout), array)


def two_files(folder: Path) -> np.ndarray:
    """Write an OME-TIFF of two files, one time each."""
    array = np.arange(2 * 5 * 7, dtype="u2").reshape(2, 5, 7)
    data = "".join(
        f'<TiffData FirstT="{t}" IFD="0" PlaneCount="1"><UUID FileName="{name}">urn:uuid:{t}</UUID></TiffData>'
        for t, name in enumerate(("a.ome.tif", "b.ome.tif"))
    )
    pixels = f'<Pixels ID="P" DimensionOrder="XYZCT" Type="uint16" SizeX="7" SizeY="5" SizeZ="1" SizeC="1" SizeT="2">{data}</Pixels>'
    xml = f'<OME UUID="urn:uuid:0"><Image ID="I" Name="both">{pixels}</Image></OME>'
    for name, plane in zip(("a.ome.tif", "b.ome.tif"), array, strict=True):
        tifffile.imwrite(folder / name, plane, description=xml, metadata=None, ome=False)
    return array


def test_files_that_ome_names_are_followed(tmp_path):
    array = two_files(tmp_path)
    file = container_file(tmp_path / "a.ome.tif")
    entry = open_tiff(file).entries["series_0"]
    layout = entry.layout()
    assert entry.axes == ("t", "y", "x")
    assert file.files.paths == ("a.ome.tif", "b.ome.tif")
    both = [(tmp_path / name).read_bytes() for name in file.files.paths]
    assert np.array_equal(values(tmp_path / "a.ome.tif", layout, both), array)
    assert np.array_equal(
        read_tiff(tmp_path / "a.ome.tif", "series_0", (slice(0, 2),) * 3), array[:2, :2, :2]
    )


@pytest.mark.parametrize(
    ("name", "code"), (("c.ome.tif", "V0430"), ("../b.ome.tif", "V041")), ids=("gone", "outside")
)
def test_a_file_that_ome_names_must_be_there_and_beside(tmp_path, name, code):
    folder = tmp_path / "data"
    folder.mkdir()
    two_files(folder)
    path = folder / "a.ome.tif"
    with tifffile.TiffFile(path, mode="r+") as file:
        tag = file.pages[0].tags[270]
        tag.overwrite(tag.value.replace("b.ome.tif", name))
    assert problem(path).code.startswith(code)


def test_parts_of_pages_are_smaller_versions(tmp_path):
    path = tmp_path / "a.tif"
    array = np.arange(3 * 32 * 48, dtype="u2").reshape(3, 32, 48)
    with tifffile.TiffWriter(path) as file:
        options = {"tile": (16, 16), "photometric": "minisblack", "metadata": None}
        file.write(array, subifds=2, **options)
        file.write(array[:, ::2, ::2], subfiletype=1, **options)
        file.write(array[:, ::4, ::4], subfiletype=1, **options)
    entries = opened(path).entries
    assert {name: (e.shape, e.axes) for name, e in entries.items()} == {
        "series_0": ((3, 32, 48), ("page", "y", "x")),
        "pyramid/level_1": ((3, 16, 24), ("page", "y_1", "x_1")),
        "pyramid/level_2": ((3, 8, 12), ("page", "y_2", "x_2")),
    }
    for step, entry in zip((1, 2, 4), entries.values(), strict=True):
        assert np.array_equal(values(path, entry.layout()), array[:, ::step, ::step])
        peer = read_tiff(path, entry.path, tuple(slice(0, n) for n in entry.shape))
        assert np.array_equal(peer, array[:, ::step, ::step])


def test_scanimage_says_channels(tmp_path):
    path = tmp_path / "a.tif"
    settings = b"SI.hChannels.channelSave = [1;3]\nSI.hStackManager.framesPerSlice = Inf\nSI.hRoiManager.scanFrameRate = 30\n\0"
    array = np.arange(6 * 4 * 5, dtype="i2").reshape(6, 4, 5)
    tifffile.imwrite(path, array, bigtiff=True, metadata=None, software="SI.LINE = 1", byteorder="<")
    whole = path.read_bytes()
    shift = 16 + len(settings) + len(settings) % 2
    (first,) = struct.unpack("<Q", whole[8:16])
    pages = bytearray(whole)
    at = first
    while at:
        (tags,) = struct.unpack_from("<Q", pages, at)
        for k in range(tags):
            place = at + 8 + 20 * k
            id, kind, count = struct.unpack_from("<HHQ", pages, place)
            if id in (273, 324) or {1: 1, 2: 1, 3: 2, 4: 4, 5: 8, 16: 8}[kind] * count > 8:
                (value,) = struct.unpack_from("<Q", pages, place + 12)
                if not (kind == 4 and count == 1) and kind != 3:
                    struct.pack_into("<Q", pages, place + 12, value + shift)
                else:
                    struct.pack_into("<I", pages, place + 12, (value & 0xFFFFFFFF) + shift)
        (after,) = struct.unpack_from("<Q", pages, at + 8 + 20 * tags)
        struct.pack_into("<Q", pages, at + 8 + 20 * tags, after + shift if after else 0)
        at = after
    head = (
        whole[:8] + struct.pack("<Q", first + shift) + struct.pack("<IIII", 0x07030301, 4, len(settings), 0)
    )
    path.write_bytes(head + settings.ljust(shift - 16, b"\0") + bytes(pages[16:]))
    entry = opened(path).entries["series_0"]
    layout = entry.layout()
    assert entry.axes == ("t", "c", "y", "x")
    assert layout.axes[0].affine == Affine(0.0, 1 / 30, "s")
    assert np.array_equal(values(path, layout), array.reshape(3, 2, 4, 5))
    assert np.array_equal(
        read_tiff(path, "series_0", tuple(slice(0, n) for n in entry.shape)), array.reshape(3, 2, 4, 5)
    )


def test_lsm_says_axes_and_steps(tmp_path):
    path = tmp_path / "a.lsm"
    array = np.arange(2 * 3 * 5 * 7, dtype="u2").reshape(2, 3, 5, 7)
    info = struct.pack(
        "<2i7i2i6dHHI", 0x0400494C, 500, 7, 5, 3, 1, 2, 2, 0, 0, 0, 1e-6, 2e-6, 5e-6, 0, 0, 0, 6, 0, 0
    )
    info = info[:36] + info[40:]
    info = info.ljust(500, b"\0")
    with tifffile.TiffWriter(path) as file:
        for k, plane in enumerate(array.reshape(6, 5, 7)):
            tag = [(34412, 1, len(info), info, True)] if k == 0 else []
            file.write(plane, metadata=None, extratags=tag, contiguous=False, software=False)
            file.write(
                np.full((2, 3), k, "u1"), metadata=None, subfiletype=1, contiguous=False, software=False
            )
    entries = opened(path).entries
    layout = entries["series_0"].layout()
    assert entries["series_0"].axes == ("t", "z", "y", "x")
    assert [axis.affine and axis.affine.step for axis in layout.axes] == [None, 5.0, 2.0, 1.0]
    assert np.array_equal(values(path, layout), array)
    assert np.array_equal(
        read_tiff(path, "series_0", (slice(0, 2), slice(1, 3), slice(0, 5), slice(0, 7))), array[:, 1:]
    )
    small = entries["series_1"]
    assert small.shape == (6, 2, 3)
    assert values(path, small.layout())[:, 1, 2].tolist() == list(range(6))


# --- real files ------------------------------------------------------------------------------


def real_files() -> list[str]:
    if not (CORPUS / "ORACLE.json").is_file():
        return []
    every = json.loads((CORPUS / "ORACLE.json").read_text(encoding="utf-8"))
    return sorted(name for name in every if name.startswith("tiff_"))


def digest(array: np.ndarray) -> str:
    return hashlib.sha256(np.ascontiguousarray(array, array.dtype.newbyteorder("<")).tobytes()).hexdigest()


@pytest.mark.skipif(not real_files(), reason="the corpus is not here")
@pytest.mark.parametrize("name", real_files() or ("none",))
def test_every_array_of_a_real_file_is_equal(tmp_path, name):
    facts = json.loads((CORPUS / "ORACLE.json").read_text(encoding="utf-8"))[name]["arrays"]
    path = CORPUS / name
    entries = opened(path).entries
    for array, fact in facts.items():
        layout = entries[array.replace("series", "series_")].layout()
        folder = tmp_path / array
        folder.mkdir()
        found = values(folder / "a.tif", layout, [path.read_bytes()])
        assert list(found.shape) == fact["shape"]
        assert found.dtype.newbyteorder("<") == np.dtype(fact["dtype"])
        assert digest(found) == fact["sha256_le_c"]
    with tifffile.TiffFile(path) as file:
        shapes = [level.shape for one in file.series for level in one.levels]
    assert [entry.shape for key, entry in entries.items() if not key.startswith("palette")] == shapes
