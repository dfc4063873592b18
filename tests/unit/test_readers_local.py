"""Maps of local files read by vspec's own way: the store, the pipeline, and what is missing or cut off."""

from __future__ import annotations

import asyncio
import os
import pickle
import threading
from pathlib import Path

import numpy as np
import pytest
import zarr
from zarr.abc.store import OffsetByteRequest, RangeByteRequest, SuffixByteRequest
from zarr.core.buffer import default_buffer_prototype

from vspec.chunks import ChunkOptions
from vspec.codecs import Bits, Gather, Ibm, Records, Step
from vspec.errors import VspecError
from vspec.layout import ArrayLayout, Axis, Inline, InnerAxis, Runs, Strided
from vspec.readers import local_chunks, local_zarr
from vspec.readers.local_chunks import ChunkReading, Scratch, Wanted
from vspec.readers.local_store import LocalStore
from vspec.readers.local_zarr import DirectPipeline
from vspec.readers.map_file import load
from vspec.readers.zarr_store import open_group, plain_group
from vspec.sources import Positioned
from vspec.testing.maps import write_map

RECORD = np.dtype([("time", "<u4"), ("samples", "<i2", (7,)), ("end", "u1")])
COUNT = 101
PORTABLE = ChunkOptions(chunk_bytes=80, small_chunk=1, reference_bytes=0, inline=False)
PACKED = ChunkOptions(chunk_bytes=10 * 14, profile="packed", many_references=0, inline=False)


def records() -> np.ndarray:
    found = np.frombuffer(np.random.default_rng(3).bytes(COUNT * RECORD.itemsize), RECORD).copy()
    found["samples"] |= 1  # no sample is zero: what was made up would be seen
    return found


def samples(count=COUNT):
    """One channel in records of 7 samples: the whole recording is one axis."""
    columns = [np.array([value], np.int64) for value in (0, 4, count, RECORD.itemsize, 0)]
    source = Strided(Runs(*columns), np.dtype("<i2"), inner=(InnerAxis("k", 7, 2),))
    return ArrayLayout("g/samples", (Axis("time", count * 7, ("run", "k")),), np.dtype("<i2"), source)


def table(count=COUNT):
    """The same samples as a table: records and samples are axes of their own."""
    axes = (Axis("record", count, ("run",)), Axis("k", 7, ("k",)))
    return ArrayLayout("table", axes, np.dtype("<i2"), samples().source)


def plain():
    """Bytes that lie as they come out."""
    columns = [np.array([value], np.int64) for value in (0, 0, 239, 8, 0)]
    source = Strided(Runs(*columns), np.dtype(">i2"), inner=(InnerAxis("c", 4, 2),))
    return ArrayLayout("plain", (Axis("time", 239, ("run",)), Axis("c", 4, ("c",))), np.dtype(">i2"), source)


VALUES = ArrayLayout("t", (Axis("i", 3, ("i",)),), np.dtype("<f8"), Inline(np.array([1.0, 2.0, 4.0])))


@pytest.fixture
def packed(tmp_path):
    (tmp_path / "packed").mkdir()
    return write_map(tmp_path / "packed", [samples(), table(), VALUES], [records().tobytes()], PACKED).path


@pytest.fixture
def portable(tmp_path):
    (tmp_path / "portable").mkdir()
    return write_map(tmp_path / "portable", [plain(), VALUES], [records().tobytes()], PORTABLE).path


def codes(run):
    with pytest.raises(VspecError) as error:
        run()
    return [problem.code for problem in error.value.problems]


def get(store, key, asked=None):
    found = asyncio.run(store.get(key, default_buffer_prototype(), asked))
    return None if found is None else found.to_bytes()


def listed(names):
    async def collect():
        return [name async for name in names]

    return asyncio.run(collect())


# --- the store ------------------------------------------------------------------------------


def test_every_key_is_what_fsspec_gives(packed):
    document = load(packed)
    mine, theirs = LocalStore(document), plain_group(document).store
    keys = sorted(document.refs)
    assert sorted(listed(mine.list())) == keys
    for key in keys:
        whole = zarr.core.sync.sync(theirs.get(key, default_buffer_prototype())).to_bytes()
        assert get(mine, key) == whole
        assert asyncio.run(mine.getsize(key)) == len(whole)
        assert asyncio.run(mine.exists(key))


@pytest.mark.parametrize(
    ("asked", "part"),
    (
        (RangeByteRequest(3, 8), slice(3, 8)),
        (RangeByteRequest(70, 200), slice(70, 200)),
        (RangeByteRequest(200, 300), slice(200, 300)),
        (OffsetByteRequest(5), slice(5, None)),
        (OffsetByteRequest(500), slice(500, None)),
        (SuffixByteRequest(6), slice(-6, None)),
        (SuffixByteRequest(500), slice(None)),
    ),
)
def test_part_of_a_value_never_leaves_it(portable, asked, part):
    store = LocalStore(load(portable))
    whole = records().tobytes()[80:160]
    assert get(store, "plain/1.0", asked) == whole[part]
    inlined = np.array([1.0, 2.0, 4.0]).tobytes()
    assert get(store, "t/0", asked) == inlined[part]
    both = asyncio.run(
        store.get_partial_values(default_buffer_prototype(), [("plain/1.0", asked), ("nothing", None)])
    )
    assert [found and found.to_bytes() for found in both] == [whole[part] or None, None] or not whole[part]


def test_listing(packed):
    store = LocalStore(load(packed))
    assert sorted(listed(store.list_dir(""))) == sorted({key.partition("/")[0] for key in load(packed).refs})
    assert set(listed(store.list_dir("g"))) == {".zgroup", ".zattrs", "samples"} & set(
        listed(store.list_dir("g/"))
    )
    assert all(key.startswith("g/samples/") for key in listed(store.list_prefix("g/samples/")))
    assert listed(store.list_dir("nowhere")) == []


def test_a_key_that_the_map_lacks_is_no_error_and_no_file(packed, tmp_path):
    (tmp_path / "other.bin").write_bytes(b"secret")
    store = LocalStore(load(packed))
    for key in ("other.bin", "../other.bin", str(tmp_path / "other.bin"), "table/99.0", "g"):
        assert get(store, key) is None
        assert not asyncio.run(store.exists(key))
    with pytest.raises(FileNotFoundError):
        asyncio.run(store.getsize("other.bin"))


def test_the_store_cannot_be_written(packed, portable):
    store = LocalStore(load(packed))
    assert store.read_only
    buffer = default_buffer_prototype().buffer.from_bytes(b"x")
    with pytest.raises(ValueError, match="read-only"):
        asyncio.run(store.set("t/0", buffer))
    with pytest.raises(ValueError, match="read-only"):
        asyncio.run(store.delete("t/0"))
    for path, name in ((packed, "table"), (portable, "plain")):
        with pytest.raises((ValueError, VspecError)):
            open_group(path)[name][0] = 1
        assert path.with_name("0.bin").read_bytes() == records().tobytes()


def test_stores_of_one_map_are_equal_and_travel(packed, portable):
    store = LocalStore(load(packed))
    assert store == LocalStore(load(packed))
    assert store != LocalStore(load(portable))
    again = pickle.loads(pickle.dumps(store))
    assert again == store
    assert hash(again) == hash(store)
    assert get(again, "table/0.0") == get(store, "table/0.0")


def test_an_array_that_travelled_gives_the_same(packed):
    array = pickle.loads(pickle.dumps(open_group(packed)["table"]))
    assert np.array_equal(array[...], records()["samples"])


# --- missing, cut off, of another kind ------------------------------------------------------


@pytest.mark.parametrize("path", ("g/samples", "table"))
def test_a_missing_source_is_an_error_with_a_code(packed, path):
    array = open_group(packed)[path]
    packed.with_name("0.bin").unlink()
    assert codes(lambda: array[...]) == ["V0741"]
    assert codes(lambda: array[3]) == ["V0741"]


@pytest.mark.parametrize("short", (2, 4 * RECORD.itemsize, (COUNT - 1) * RECORD.itemsize))
@pytest.mark.parametrize("path", ("g/samples", "table"))
def test_a_source_that_was_cut_off_is_an_error_and_what_is_left_is_right(packed, path, short):
    whole = records()["samples"]
    source = packed.with_name("0.bin")
    size = len(records().tobytes()) - short
    os.truncate(source, size)
    array = open_group(packed)[path]
    assert codes(lambda: array[...]) == ["V0742"]
    assert codes(lambda: array[-1]) == ["V0742"]
    if size > 20 * RECORD.itemsize:
        assert np.array_equal(
            np.ravel(array[:7]), whole.ravel()[:7] if path != "table" else whole[:7].ravel()
        )


def test_a_cut_that_leaves_a_whole_number_of_records_gives_no_zeros(packed):
    # The last chunk of the array has one record: cut off there, an earlier chunk looks like it.
    chunk = open_group(packed)["table"].chunks[0]
    assert COUNT % chunk
    os.truncate(packed.with_name("0.bin"), (chunk + COUNT % chunk) * RECORD.itemsize)
    assert codes(lambda: open_group(packed)["table"][...]) == ["V0742"]
    assert codes(lambda: open_group(packed)["table"][chunk : 2 * chunk]) == ["V0742"]


def test_a_verbatim_chunk_that_was_cut_off(portable):
    array = open_group(portable)["plain"]
    os.truncate(portable.with_name("0.bin"), 150 * 8 - 1)
    assert codes(lambda: array[...]) == ["V0742"]
    assert np.array_equal(array[:140], np.frombuffer(records().tobytes()[: 140 * 8], ">i2").reshape(-1, 4))


def test_a_folder_a_pipe_and_a_forbidden_file_are_refused(portable):
    source = portable.with_name("0.bin")
    for stand_in in ("mkdir", "mkfifo"):
        source.unlink(missing_ok=True)
        if hasattr(os, stand_in):
            getattr(os, stand_in)(source)
            assert codes(lambda: open_group(portable)["plain"][...]) == ["V0431"]
        if source.is_dir():
            source.rmdir()


def test_an_error_stops_the_other_chunks(packed, monkeypatch):
    begun = []

    def fail(_places, place, _start, _into):
        begun.append(place.offset)
        raise RuntimeError("no more")

    array = open_group(packed)["table"]
    monkeypatch.setattr(type(array.store.places), "fill", fail)
    with pytest.raises(RuntimeError, match="no more"):
        array[...]
    assert 1 <= len(begun) <= local_zarr._MOST_THREADS


# --- the pipeline ---------------------------------------------------------------------------


def test_every_way_to_an_array_is_the_direct_one(packed):
    group = open_group(packed)
    found = [
        group["table"],
        group["g/samples"],
        group["g"]["samples"],
        dict(group.arrays())["table"],
        *group.array_values(),
        dict(group.groups())["g"]["samples"],
        *(below["samples"] for below in group.group_values()),
        dict(group.members(None))["g/samples"],
        group.get("table"),
    ]
    assert {type(array.async_array.codec_pipeline) for array in found} == {DirectPipeline}
    assert type(plain_group(load(packed))["table"].async_array.codec_pipeline) is not DirectPipeline


def test_other_groups_keep_their_pipeline(packed, tmp_path):
    open_group(packed)["table"][...]
    own = zarr.create_array(tmp_path / "own.zarr", shape=(5,), dtype="i4")
    assert type(own.async_array.codec_pipeline) is not DirectPipeline


def test_chunks_go_straight_into_the_result(packed, portable, monkeypatch):
    def never(*_):
        raise AssertionError("a chunk went through zarr's own way")

    for path, names in ((packed, ["g/samples", "table"]), (portable, ["plain"])):
        group = open_group(path)
        arrays = [group[name] for name in names]
        with monkeypatch.context() as patched:
            patched.setattr(LocalStore, "get", never)
            assert all(array[...].any() for array in arrays)


@pytest.mark.parametrize("block", (1, 40, 1 << 20))
@pytest.mark.parametrize("seed", range(20))
def test_any_selection(packed, monkeypatch, block, seed):
    monkeypatch.setattr(local_chunks, "_BLOCK", block)
    rng = np.random.default_rng(seed)
    group, whole = open_group(packed), records()["samples"]
    for array, truth in ((group["table"], whole), (group["g/samples"], whole.reshape(-1))):
        start, stop = sorted(rng.integers(0, len(truth) + 1, 2).tolist())
        step = int(rng.integers(1, 5))
        row, rows = int(rng.integers(len(truth))), rng.integers(0, len(truth), 13)
        assert np.array_equal(array[...], truth)
        assert np.array_equal(array[start:stop], truth[start:stop])
        assert np.array_equal(array[start:stop:step], truth[start:stop:step])
        assert np.array_equal(array[row], truth[row])
        assert np.array_equal(array.oindex[rows], truth[rows])
        mask = rng.random(truth.shape) < 0.1
        assert np.array_equal(array.vindex[mask], truth[mask])
        assert np.array_equal(array.blocks[1], truth[array.chunks[0] : 2 * array.chunks[0]])
    k = int(rng.integers(7))
    columns = np.flatnonzero(rng.random(7) < 0.5)
    table_ = group["table"]
    assert np.array_equal(table_[start % COUNT, k], whole[start % COUNT, k])
    assert np.array_equal(table_[:, k], whole[:, k])
    assert np.array_equal(table_[start % COUNT :, 1:6:2], whole[start % COUNT :, 1:6:2])
    assert np.array_equal(table_.oindex[rows % COUNT, columns], whole[np.ix_(rows % COUNT, columns)])
    assert np.array_equal(table_.oindex[row % COUNT, columns], whole[row % COUNT, columns])
    assert np.array_equal(table_.oindex[rows % COUNT, k], whole[rows % COUNT, k])
    assert np.array_equal(table_.oindex[3:50, columns], whole[3:50, columns])
    assert np.array_equal(table_.vindex[rows % COUNT, rows % 7], whole[rows % COUNT, rows % 7])


def test_filters_are_undone_from_the_last_to_the_first():
    # 1.0 and -118.625 as base-16 floats, most significant byte first, each behind one other byte.
    data = np.frombuffer(bytes.fromhex("ff41100000 ffc276a000 ff41100000"), np.uint8)
    gather = Gather(4, (Records(3, 5),), 1)
    turned = Bits.run(32, "unsigned", first="high")
    reading = ChunkReading((3,), np.dtype("<f8"), gather, (Ibm("little", "<f8"), turned))
    out = np.zeros(2)

    def fill(start, into):
        into[:] = data[start : start + len(into)]

    reading.read(15, fill, Wanted((slice(1, 3),), out, (slice(0, 2),), ()), Scratch())
    assert out.tolist() == [-118.625, 1.0]


def test_a_chunk_of_another_length_than_its_array_says_is_an_error():
    reading = ChunkReading((3,), np.dtype("<u2"), None, (Bits.run(8, "unsigned"),))
    out = np.zeros(3, "<u2")
    with pytest.raises(ValueError, match="5 bytes when it is decoded, not 6"):
        reading.read(
            5, lambda _start, into: into.fill(1), Wanted((slice(0, 3),), out, (slice(0, 3),), ()), Scratch()
        )
    assert not out.any()


def test_records_of_another_count_are_refused():
    gather = Gather(2, (Records(4, 6, last=3), Step(2, 2)), 1)
    out = np.zeros(8, np.uint8)
    for nbytes, room in ((11, 8), (10, 8), (17, 8), (11, 4)):
        if (nbytes, room) == (11, 8):
            gather.decode_into(np.arange(nbytes, dtype=np.uint8), 2, out)
            assert out.tolist() == [1, 2, 3, 4, 7, 8, 9, 10]
        else:
            assert codes(lambda n=nbytes, m=room: gather.decode_into(bytes(n), 2, out[:m])) == ["V0712"]
    permuted = Gather(2, (Step(2, 2), Records(4, 6)), 1)
    assert permuted.by_record == 0
    assert codes(lambda: permuted.decode_into(bytes(11), 2, out)) == ["V0712"]


def test_into_memory_of_the_reader(packed):
    array, whole = open_group(packed)["table"], records()["samples"]
    out = default_buffer_prototype().nd_buffer.from_numpy_array(np.zeros((COUNT, 14), "<i2")[:, ::2])
    array.get_basic_selection(out=out)
    assert np.array_equal(out.as_numpy_array(), whole)
    other = default_buffer_prototype().nd_buffer.from_numpy_array(np.zeros((COUNT, 7), ">i4"))
    array.get_basic_selection(out=other)
    assert np.array_equal(other.as_numpy_array(), whole)


def test_many_threads_read_one_array(packed):
    array, whole, found = open_group(packed)["table"], records()["samples"], []
    threads = [threading.Thread(target=lambda: found.append(array[...])) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(found) == 8
    assert all(np.array_equal(each, whole) for each in found)


# --- the open files -------------------------------------------------------------------------


def opened(folder):
    return sum(path.resolve().is_relative_to(folder) for path in Path("/proc/self/fd").iterdir())


@pytest.mark.skipif(not Path("/proc/self/fd").is_dir(), reason="needs /proc")
def test_few_files_are_open_and_none_after_closing(tmp_path):
    files = Positioned(3)
    for n in range(7):
        path = tmp_path / f"{n}.bin"
        path.write_bytes(bytes([n] * 11))
        into = np.empty(5, np.uint8)
        assert files.fill(path, 4, into) == 5
        assert into.tolist() == [n] * 5
        assert opened(tmp_path) == min(n + 1, 3)
    files.close()
    assert opened(tmp_path) == 0


def test_reads_at_the_end_of_a_file(tmp_path):
    path = tmp_path / "a.bin"
    path.write_bytes(bytes(range(11)))
    files, into = Positioned(), np.full(5, 99, np.uint8)
    assert files.fill(path, 9, into) == 2
    assert into.tolist() == [9, 10, 99, 99, 99]
    assert files.fill(path, 11, into) == 0
    assert files.fill(path, 1000, into) == 0
    with pytest.raises(FileNotFoundError):
        files.fill(tmp_path / "b.bin", 0, into)
    with pytest.raises(IsADirectoryError):
        files.fill(tmp_path, 0, into)
