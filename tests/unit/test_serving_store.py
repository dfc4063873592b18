"""Maps as stores of Zarr formats 2 and 3: every key against numpy, and what is not as it was."""

from __future__ import annotations

import base64
import json
import os

import numcodecs
import numpy as np
import pytest

from tests.unit.layouts import bounded
from tests.unit.recordings import refs, rewrite
from tests.unit.served import bytes_of, chunked, document, getter, read
from vspec.chunks import ChunkOptions
from vspec.codecs import Bits
from vspec.commands import ApplyOptions, apply
from vspec.errors import VspecError
from vspec.layout import ArrayLayout, Axis, Inline, InnerAxis, Runs, Strided
from vspec.readers.map_file import load
from vspec.serving.handing import handing
from vspec.serving.originals import Originals
from vspec.serving.site import Site, _names
from vspec.serving.store import Store
from vspec.testing.layouts import columns
from vspec.testing.maps import write_map

RECORD = np.dtype([("time", "<u4"), ("samples", "<i2", (7,)), ("end", "u1")])
COUNT = 101
FORMATS = (2, 3)
PORTABLE = ChunkOptions(chunk_bytes=80, small_chunk=1, reference_bytes=0, inline=False)
PACKED = ChunkOptions(chunk_bytes=10 * 14, profile="packed", many_references=0, inline=False)
CARD = """\
vspec: 1
title: Nested
files: "*.dat"
attrs: {device: rig 3}
arrays:
  a/deep/raw:
    dtype: int16
    endian: big
    shape: {time: 1009, channel: 5}
    axes: {channel: {gain: [1, 2, 3, 4, 5], labels: [A, B, C, D, E]}}
  b/code: {dtype: uint8, offset: 10090, shape: {event: 7}}
  a/words: {dtype: uint24, offset: 10090, shape: {word: 2}}
"""

pytestmark = pytest.mark.parametrize("format", FORMATS)


def records() -> np.ndarray:
    found = np.frombuffer(np.random.default_rng(3).bytes(COUNT * RECORD.itemsize), RECORD).copy()
    found["samples"] |= 1  # no sample is zero: what was made up would be seen
    return found


def table(order="<"):
    source = Strided(
        Runs(*columns([0], [4], [COUNT], [RECORD.itemsize], [0])),
        np.dtype(f"{order}i2"),
        inner=(InnerAxis("k", 7, 2),),
    )
    axes = (Axis("record", COUNT, ("run",)), Axis("k", 7, ("k",)))
    return ArrayLayout("table", axes, np.dtype(f"{order}i2"), source)


def turned():
    """Seven channels, each one after the other in the file; the card asks for time first."""
    source = Strided(
        Runs(*columns([0], [0], [7], [202], [0])), np.dtype(">i2"), inner=(InnerAxis("k", 101, 2),)
    )
    axes = (Axis("time", 101, ("k",)), Axis("c", 7, ("run",)))
    return ArrayLayout("turned", axes, np.dtype(">i2"), source)


def written(tmp_path, layouts, data, options=PORTABLE):
    return load(write_map(tmp_path, layouts, [data], options).path)


def codes(run):
    with pytest.raises(VspecError) as error:
        run()
    return [problem.code for problem in error.value.problems]


# --- values ---------------------------------------------------------------------------------


@pytest.mark.parametrize("order", "<>")
@pytest.mark.parametrize("options", (PORTABLE, PACKED), ids=("portable", "packed"))
def test_samples_in_records(tmp_path, format, options, order):
    data = records()
    found = written(tmp_path, [table(order)], data.tobytes(), options)
    own = found.arrays[0].encoded
    assert own is (options is PACKED)
    store = Store(found, format)
    expected = data["samples"].view(data["samples"].dtype.base.newbyteorder(order))
    np.testing.assert_array_equal(read(getter(store), "table", format), expected)
    about = document(getter(store), "table/.zarray" if format == 2 else "table/zarr.json")
    assert "vspec" not in json.dumps(about["filters"] if format == 2 else about["codecs"])


def test_channels_one_after_the_other_keep_the_order_of_the_file(tmp_path, format):
    data = np.random.default_rng(1).integers(1, 2**15, (7, 101)).astype(">i2")
    found = written(tmp_path, [turned()], data.tobytes())
    stored = read(getter(Store(found, format)), "turned", format)
    np.testing.assert_array_equal(stored, data)
    key = "turned/.zattrs" if format == 2 else "turned/zarr.json"
    said = document(getter(Store(found, format)), key)
    own = said["vspec"] if format == 2 else said["attributes"]["vspec"]
    assert own["dims"] == ["time", "c"]
    assert (said["_ARRAY_DIMENSIONS"] if format == 2 else said["dimension_names"]) == ["c", "time"]


def test_nested_groups_of_a_card(tmp_path, format):
    raw = np.random.default_rng(2).integers(1, 2**15, (1009, 5)).astype(">i2")
    (tmp_path / "a.dat").write_bytes(raw.tobytes() + bytes(range(1, 8)))
    (tmp_path / "card.yaml").write_text(CARD)
    report = apply(
        tmp_path / "card.yaml", tmp_path / "a.dat", tmp_path, options=ApplyOptions(chunk_bytes=4000)
    )
    assert report.problems == ()
    store = Store(load(tmp_path / "a.vspec.json"), format)
    get = getter(store)
    np.testing.assert_array_equal(read(get, "a/deep/raw", format), raw)
    np.testing.assert_array_equal(read(get, "a/deep/channel_gain", format), [1, 2, 3, 4, 5])
    np.testing.assert_array_equal(read(get, "b/code", format), range(1, 8))
    np.testing.assert_array_equal(read(get, "a/words", format), [0x030201, 0x060504])
    for group in ("", "a/", "a/deep/", "b/"):
        if format == 2:
            assert document(get, f"{group}.zgroup") == {"zarr_format": 2}
            whole = document(get, f"{group}.zmetadata")["metadata"]
            assert {key: document(get, group + key) for key in whole} == whole
        else:
            found = document(get, f"{group}zarr.json")
            assert (found["zarr_format"], found["node_type"]) == (3, "group")
            assert found["consolidated_metadata"]["kind"] == "inline"
            for key, node in found["consolidated_metadata"]["metadata"].items():
                below = document(get, f"{group}{key}/zarr.json")
                below.pop("consolidated_metadata", None)
                assert below == node
    names = list(document(get, ".zmetadata")["metadata"] if format == 2 else found["consolidated_metadata"])
    assert names
    root = document(get, ".zattrs") if format == 2 else document(get, "zarr.json")["attributes"]
    assert root["device"] == "rig 3"
    assert root["vspec"]["card"]["data"]["title"] == "Nested"
    assert str(tmp_path) not in json.dumps(root)


@pytest.mark.parametrize(
    ("chain", "as_it_is"),
    (
        ([{"id": "zlib", "level": 1}], (2,)),
        ([{"id": "gzip", "level": 1}], (2, 3)),
        ([{"id": "zstd", "level": 3, "checksum": True}], (2, 3)),
        ([{"id": "blosc", "cname": "lz4", "clevel": 5, "shuffle": 1}], (2, 3)),
        ([{"id": "bz2", "level": 1}], ()),
        ([{"id": "lzma", "format": 1}], ()),
        ([{"id": "shuffle", "elementsize": 4}, {"id": "zlib", "level": 1}], ()),
        ([{"id": "delta", "dtype": "<i4"}], ()),
        (
            [
                {"id": "shuffle", "elementsize": 4},
                {"id": "delta", "dtype": "<i4"},
                {"id": "zstd", "level": 1},
            ][::2],
            (),
        ),
    ),
    ids=lambda chain: "-".join(c["id"] for c in chain) if isinstance(chain, list) else "",
)
def test_compressed_chunks_pass_where_readers_have_the_codec(tmp_path, format, chain, as_it_is):
    values = np.random.default_rng(4).integers(1, 1000, 13).astype("<i4")
    layout, data = chunked(chain, values)
    found = written(tmp_path, [layout], data)
    assert handing(found.arrays[0], format).decode is (format not in as_it_is)
    store = Store(found, format)
    np.testing.assert_array_equal(read(getter(store), "array", format), values)
    if format in as_it_is:
        _, offset, nbytes = next(v for k, v in found.refs.items() if k == "array/0")
        key = "array/0" if format == 2 else "array/c/0"
        assert bytes_of(store.get(key)) == data[offset : offset + nbytes]


@pytest.mark.parametrize("name", ("|b1", "|i1", "|u1", ">u2", "<i8", ">f2", "<f4", ">f8"))
def test_every_type(tmp_path, format, name):
    values = np.array([1, 0, 1, 1, 0], name)
    layout = ArrayLayout("t", (Axis("i", 5, ("i",)),), np.dtype(name), Inline(values))
    found = written(tmp_path, [layout], b"\0")
    got = read(getter(Store(found, format)), "t", format)
    assert got.tobytes() == values.tobytes()
    if format == 3:
        about = document(getter(Store(found, 3)), "t/zarr.json")
        assert about["data_type"] == np.dtype(name).newbyteorder("=").name
        assert type(about["fill_value"]) is {"b": bool, "i": int, "u": int, "f": float}[np.dtype(name).kind]


def test_an_array_without_axes_and_one_without_elements(tmp_path, format):
    single = ArrayLayout("single", (), np.dtype("<f8"), Inline(np.array(2.5)))
    empty = ArrayLayout(
        "empty",
        (Axis("i", 0, ("i",)), Axis("k", 3, ("k",))),
        np.dtype("<i2"),
        Inline(np.zeros((0, 3), "<i2")),
    )
    found = written(tmp_path, [single, empty], b"\0")
    get = getter(Store(found, format))
    assert read(get, "single", format) == 2.5
    assert read(get, "empty", format).shape == (0, 3)
    assert get("empty/0.0" if format == 2 else "empty/c/0/0") is None


def test_inlined_and_decoded_chunks_of_vspec_s_own_codecs(tmp_path, format):
    # Two samples of 12 bits in three bytes, the low bits first: 0x321, 0x654.
    values = np.array([0x321, 0x654], np.int64)
    found = written(tmp_path, [table()], records().tobytes(), PACKED)
    path = found.path
    changed = refs(path)
    about = json.loads(changed["table/.zarray"])
    about |= {
        "shape": [2],
        "chunks": [2],
        "dtype": "<u2",
        "compressor": None,
        "filters": [Bits.run(12, "unsigned").config()],
    }
    attrs = {"_ARRAY_DIMENSIONS": ["k"], "vspec": {"dims": ["k"]}}
    kept = {key: value for key, value in changed.items() if not key.startswith("table/")}
    kept |= {"table/.zarray": json.dumps(about), "table/.zattrs": json.dumps(attrs)}
    kept["table/0"] = "base64:" + base64.b64encode(bytes.fromhex("214365")).decode()
    rewrite(path, kept)
    np.testing.assert_array_equal(read(getter(Store(load(path), format)), "table", format), values)


@pytest.mark.parametrize(
    ("name", "fill", "right"),
    (
        ("<i2", -3, True),
        ("<i2", 4.0, True),
        ("<u2", -1, False),
        ("<i2", 0.5, False),
        ("<i2", "NaN", False),
        ("<i2", 1 << 15, False),
        ("<f4", "NaN", True),
        ("<f4", "-Infinity", True),
        ("<f8", 2, True),
        ("<f8", 10**400, False),
        ("<f8", "none", False),
        ("|b1", True, True),
        ("|b1", 2, False),
        ("|u1", [1], False),
    ),
)
def test_chunks_that_are_left_out_are_left_out_and_have_a_fill_value(tmp_path, format, name, fill, right):
    # A map as others might have made it: the second of three chunks is not there.
    values = np.array([1, 1, 0, 0, 1], name)
    found = written(
        tmp_path, [ArrayLayout("t", (Axis("i", 5, ("i",)),), values.dtype, Inline(values))], b"\0"
    )
    changed = refs(found.path)
    about = json.loads(changed["t/.zarray"]) | {"chunks": [2], "fill_value": fill}
    changed["t/.zarray"] = json.dumps(about)
    for key, part in (("t/0", values[:2]), ("t/2", np.array([1, 0], name))):
        changed[key] = "base64:" + base64.b64encode(part.tobytes()).decode()
    rewrite(found.path, changed)
    if not right:
        assert codes(lambda: Store(load(found.path), format)) == ["V0705"]
        return
    store = Store(load(found.path), format)
    assert store.get("t/1" if format == 2 else "t/c/1") is None
    expected = values.copy()
    expected[2:4] = float(fill)
    np.testing.assert_array_equal(read(getter(store), "t", format), expected)
    if format == 3:
        assert document(getter(store), "t/zarr.json")["fill_value"] == (fill if name != "|b1" else True)


# --- keys -----------------------------------------------------------------------------------


def test_parts_of_a_value(tmp_path, format):
    data = records()
    found = written(tmp_path, [table()], data.tobytes(), PACKED)
    store, rows = Store(found, format), found.arrays[0].chunks[0]
    key = "table/1.0" if format == 2 else "table/c/1/0"
    whole = data["samples"][rows : 2 * rows].tobytes()
    for start, stop in ((0, len(whole)), (0, 1), (len(whole) - 1, len(whole)), (7, 50)):
        value = store.get(key)
        assert value.size == len(whole)
        assert b"".join(bytes(p) for p in value.pieces(start, stop)) == whole[start:stop]


def test_large_chunks_come_in_pieces(tmp_path, format, monkeypatch):
    monkeypatch.setattr("vspec.serving.store._BLOCK", 100)
    data = np.arange(1, 1010, dtype="<i4")
    source = Strided(Runs(*columns([0], [0], [1009], [4], [0])), data.dtype)
    layout = ArrayLayout("t", (Axis("i", 1009, ("run",)),), data.dtype, source)
    found = written(tmp_path, [layout], data.tobytes(), ChunkOptions())
    value = Store(found, format).get("t/0" if format == 2 else "t/c/0")
    pieces = [bytes(piece) for piece in value.pieces(3, 333)]
    assert [len(piece) for piece in pieces] == [100, 100, 100, 30]
    assert b"".join(pieces) == data.tobytes()[3:333]


def test_other_keys_are_none(tmp_path, format):
    found = written(tmp_path, [table()], records().tobytes())
    (tmp_path / "other.bin").write_bytes(b"secret")
    store = Store(found, format)
    mine, theirs = ("table/0.0", "table/c/0/0") if format == 2 else ("table/c/0/0", "table/0.0")
    assert store.get(mine) is not None
    inside = (
        "table/c/0",
        "table/c/0/0/0",
        "table/c/0.0",
        "table/c//0/0",
        "table/c/-1/0",
        "table/c/00/0",
        "c/0/0",
    )
    outside = ("other.bin", "../other.bin", str(tmp_path / "other.bin"), "table/../table/0.0", "0.bin", "")
    wrong = (
        "table",
        "table/",
        "/table/0.0",
        "table/0.0/",
        "table/c/0/0/",
        "table/101.0",
        "table/c/101/0",
        "nothing/0",
    )
    assert [key for key in (theirs, *inside, *outside, *wrong) if store.get(key) is not None] == []


def test_tags_differ_where_bytes_may(tmp_path, format):
    (tmp_path / "more").mkdir()
    one = Store(written(tmp_path, [table()], records().tobytes()), format)
    other = Store(written(tmp_path / "more", [table()], records().tobytes()), 5 - format)
    keys = list(one.documents)
    assert len({one.get(key).tag for key in keys}) == len(keys)
    assert {one.get(key).tag for key in keys} & {other.get(key).tag for key in other.documents} == set()


# --- sources that are not what they were ----------------------------------------------------


def chunk(store):
    return store.get("table/1.0" if store.format == 2 else "table/c/1/0")


@pytest.mark.parametrize("options", (PORTABLE, PACKED), ids=("portable", "packed"))
def test_missing_changed_and_cut_off_sources(tmp_path, format, options):
    whole = records().tobytes()
    store = Store(written(tmp_path, [table()], whole, options), format)
    source = tmp_path / "0.bin"
    right = bytes_of(chunk(store))
    for damage, code in (
        (lambda: source.write_bytes(b"\0" * len(whole)), "V0742"),
        (lambda: source.write_bytes(whole[:-1]), "V0742"),
        (lambda: source.write_bytes(b""), "V0742"),
        (source.unlink, "V0741"),
        (lambda: source.unlink() or source.mkdir(), None),
    ):
        damage()
        value = chunk(store)
        found = codes(value.check)
        assert code is None or found == [code]
        assert codes(lambda value=value: list(value.pieces(0, value.size))) == found
        assert value.size == len(right)
        if source.is_dir():
            source.rmdir()
        source.write_bytes(whole)
        assert bytes_of(chunk(store)) == right, "what was mended is served again"


def test_a_source_that_grew_or_was_touched_is_as_good_as_before(tmp_path, format):
    whole = records().tobytes()
    store = Store(written(tmp_path, [table()], whole), format)
    right = bytes_of(chunk(store))
    with (tmp_path / "0.bin").open("ab") as file:
        file.write(b"more")
    assert bytes_of(chunk(store)) == right
    os.utime(tmp_path / "0.bin", ns=(1, 1))
    assert bytes_of(chunk(store)) == right


def test_a_source_that_changes_while_it_is_read_gives_nothing(tmp_path, format):
    whole = records().tobytes()
    store = Store(written(tmp_path, [table()], whole), format)
    bytes_of(chunk(store))
    fill = store._places.fill

    def changing(place, start, into):
        fill(place, start, into)
        (tmp_path / "0.bin").write_bytes(bytes(len(whole)))

    store._places.fill = changing
    value = chunk(store)
    value.check()
    assert codes(lambda: list(value.pieces(0, value.size))) == ["V0742"]


def test_unchanged_sources_are_looked_into_once(tmp_path, format, monkeypatch):
    store = Store(written(tmp_path, [table()], records().tobytes()), format)
    looked = []
    wrong = Originals._wrong
    monkeypatch.setattr(Originals, "_wrong", lambda self, path: looked.append(path) or wrong(self, path))
    for _ in range(5):
        bytes_of(chunk(store))
    assert len(looked) == 1


@pytest.mark.skipif(not hasattr(os, "symlink"), reason="no links here")
def test_a_link_that_leaves_the_root_is_refused(tmp_path, format):
    folder = tmp_path / "root"
    folder.mkdir()
    store = Store(written(folder, [table()], records().tobytes()), format)
    (folder / "0.bin").rename(tmp_path / "0.bin")
    (folder / "0.bin").symlink_to(tmp_path / "0.bin")
    assert codes(chunk(store).check) == ["V0416"]


def test_a_sidecar_that_is_gone_or_was_changed(tmp_path, format):
    values = ArrayLayout("t", (Axis("i", 3, ("i",)),), np.dtype("<f8"), Inline(np.array([1.0, 2.0, 4.0])))
    found = written(tmp_path, [table(), values], records().tobytes())
    assert found.sidecar is not None
    store = Store(found, format)
    sidecar = tmp_path / found.sidecar.path
    key = next(k for k, v in found.refs.items() if isinstance(v, list) and str(v[0]).endswith(".vspec.bin"))
    path, _, index = key.rpartition("/")
    key = key if format == 2 else f"{path}/c/{index.replace('.', '/')}"
    assert bytes_of(store.get(key)) is not None
    text = sidecar.read_bytes()
    sidecar.write_bytes(bytes(len(text)))
    assert codes(store.get(key).check) == ["V0744"]
    sidecar.unlink()
    assert codes(store.get(key).check) == ["V0744"]


def test_chunks_that_decode_to_something_else(tmp_path, format):
    values = np.arange(1, 11, dtype="<i4")
    layout, data = chunked([{"id": "bz2", "level": 1}], values)
    found = written(tmp_path, [layout], data)
    changed = refs(found.path)
    about = json.loads(changed["array/.zarray"])
    for chunks in ([4], [5]):
        changed["array/.zarray"] = json.dumps(about | {"chunks": chunks, "shape": [2 * chunks[0]]})
        if chunks == [5]:
            changed["array/1"][2] -= 1
        rewrite(found.path, changed)
        store = Store(load(found.path), format)
        value = store.get("array/1" if format == 2 else "array/c/1")
        assert codes(lambda value=value: list(value.pieces(0, value.size))) == ["V0712"]


@pytest.mark.parametrize("codec", ("zlib", "gzip", "bz2", "lzma"))
def test_a_small_chunk_that_stands_for_a_large_one_is_refused_before_it_is_made(tmp_path, format, codec):
    config = {"id": codec} if codec == "lzma" else {"id": codec, "level": 1}
    values = np.arange(1, 11, dtype="<i4")
    layout, data = chunked([{"id": "shuffle", "elementsize": 4}, config], values)
    found = written(tmp_path, [layout], data)
    bomb = bytes(numcodecs.get_codec(config).encode(bytes(24 << 20)))
    changed = refs(found.path)
    changed["array/1"] = "base64:" + base64.b64encode(bomb).decode()
    rewrite(found.path, changed)
    store = Store(load(found.path), format)
    with bounded(seconds=60, mib=16):
        value = store.get("array/1" if format == 2 else "array/c/1")
        assert value.size == 20
        assert codes(lambda: list(value.pieces(0, 20))) == ["V0712"]
    assert bytes_of(store.get("array/0" if format == 2 else "array/c/0")) == values[:5].tobytes()


def test_members_one_behind_the_other_are_one_chunk(tmp_path, format):
    values = np.arange(1, 6, dtype="<i4")
    config = {"id": "bz2", "level": 1}
    layout, data = chunked([config], values)
    found = written(tmp_path, [layout], data)
    parts = [bytes(numcodecs.get_codec(config).encode(part.tobytes())) for part in (values[:2], values[2:])]
    changed = refs(found.path)
    changed["array/0"] = "base64:" + base64.b64encode(b"".join(parts)).decode()
    rewrite(found.path, changed)
    np.testing.assert_array_equal(read(getter(Store(load(found.path), format)), "array", format), values)


def test_a_codec_that_cannot_be_configured(tmp_path, format):
    layout, data = chunked([{"id": "bz2", "level": 1}], np.arange(1, 11, dtype="<i4"))
    found = written(tmp_path, [layout], data)
    changed = refs(found.path)
    about = json.loads(changed["array/.zarray"]) | {"compressor": {"id": "bz2", "colour": 3}}
    rewrite(found.path, {**changed, "array/.zarray": json.dumps(about)})
    assert codes(lambda: Store(load(found.path), format)) == ["V0711"]


# --- the site -------------------------------------------------------------------------------


def test_maps_of_one_name_get_names_of_their_own(format):
    assert _names(["a.vspec.json", "b.json", "a.vspec.json", "a-2.vspec.json", "a.vspec.json"]) == [
        "a",
        "b",
        "a-2",
        "a-2-2",
        "a-3",
    ]


def test_a_site_tells_all_that_is_wrong_at_once(tmp_path, format):
    (tmp_path / "a.vspec.json").write_text("{")
    assert codes(lambda: Site([tmp_path / "a.vspec.json", tmp_path / "b.vspec.json"])) == ["V0701", "V0701"]


def test_the_paths_of_a_site(tmp_path, format):
    found = written(tmp_path, [table()], records().tobytes())
    site = Site([found.path])
    key = "table/.zarray" if format == 2 else "table/zarr.json"
    assert site.get(f"/map/v{format}/{key}") is not None
    wrong = (
        f"map/v{format}/{key}",
        f"/map/v{5 - format}/{key}",
        f"//map/v{format}/{key}",
        f"/map/v1/{key}",
        "/map",
        "/map/v2",
        "",
    )
    assert [path for path in wrong if site.get(path) is not None] == []
    assert list(site.problems()) == []
    (tmp_path / "0.bin").unlink()
    assert [problem.code for problem in site.problems()] == ["V0741"]
    assert [problem.code for problem in Site([found.path]).problems()] == ["V0741"]


def test_moved_data_are_found(tmp_path, format):
    (tmp_path / "here").mkdir()
    found = written(tmp_path / "here", [table()], records().tobytes())
    (tmp_path / "here").rename(tmp_path / "there")
    site = Site([tmp_path / "there" / found.path.name])
    assert list(site.problems()) == []
