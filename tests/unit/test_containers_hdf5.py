"""HDF5 files that h5py wrote: what of them becomes arrays, and that these are what was written."""

from __future__ import annotations

import ctypes
from pathlib import Path

import h5py
import hdf5plugin
import numpy as np
import pytest

from vspec.errors import VspecError
from vspec.layout import Chunked, Derived, Inline, Strided
from vspec.peers.hdf5 import read_hdf5
from vspec.testing.delegates import opened

SHAPE = (7, 11, 5)
CHUNK = (3, 4, 5)


def noise(dtype, shape=SHAPE, seed=1):
    random = np.random.default_rng(seed)
    if np.dtype(dtype).kind == "c":
        return (random.normal(size=shape) + 1j * random.normal(size=shape)).astype(dtype)
    return random.integers(0, 120, shape).astype(dtype)


def same(found, expected):
    expected = np.asarray(expected)
    if expected.dtype.kind == "c":
        pairs = np.stack([expected.real, expected.imag], axis=-1)
        expected = pairs.astype(f"{expected.dtype.str[0]}f{pairs.itemsize}")
    assert found.dtype == expected.dtype
    np.testing.assert_array_equal(found, expected)


def check(folder, expected, kinds=None):
    """Compare the arrays of ``x.h5``, through a map and by the peer, with what was written."""
    store = opened("hdf5", folder, "x.h5")
    out = folder / "out"
    out.mkdir(exist_ok=True)
    found = store.mapped(out, list(expected))
    for path, values in expected.items():
        same(found[path], values)
        window = tuple(slice(n // 3, n) for n in np.shape(values))
        np.testing.assert_array_equal(read_hdf5(folder / "x.h5", path, window), np.asarray(values)[window])
    for path, kind in (kinds or {}).items():
        assert isinstance(store.layout(path).source, kind)
    return store


def reason(store, path):
    source = store.layout(path).source
    assert isinstance(source, Derived)
    return source.reason


@pytest.mark.parametrize("dtype", ("|b1", "<i1", ">i2", "<u4", ">i8", "<f2", ">f4", "<f8", "<c8", ">c16"))
@pytest.mark.parametrize("libver", ("earliest", "latest"))
def test_numbers_of_every_type_and_storage(tmp_path, dtype, libver):
    data = noise(dtype)
    with h5py.File(tmp_path / "x.h5", "w", libver=libver) as file:
        file["contiguous"] = data
        file.create_dataset("g/chunked", data=data, chunks=CHUNK)
        file.create_dataset(
            "g/packed", data=data, chunks=CHUNK, compression="gzip", shuffle=True, fletcher32=True
        )
        file["scalar"] = data[1, 2, 3]
        file.create_dataset("empty", data=data[:0])
    expected = {"contiguous": data, "g/chunked": data, "g/packed": data, "scalar": data[1, 2, 3]}
    kinds = {"contiguous": Strided, "g/packed": Chunked, "empty": Strided}
    store = check(tmp_path, expected | {"empty": data[:0]}, kinds)
    assert store.container.lost == ()
    assert list(store.container.groups) == ["", "g"]


@pytest.mark.parametrize("block", (0, 512, 2048))
def test_a_user_block_moves_everything(tmp_path, block):
    data = noise("<i4")
    with h5py.File(tmp_path / "x.h5", "w", userblock_size=block) as file:
        file["a"] = data
        file.create_dataset("b", data=data, chunks=CHUNK)
        file.create_dataset("c", data=data, chunks=CHUNK, compression="gzip")
        file.create_dataset("never", (3, 5), "<i4")
    check(tmp_path, {"a": data, "b": data, "c": data, "never": np.zeros((3, 5), "<i4")})


INDICES = {
    "one chunk": ((7, 11, 5), (7, 11, 5), (7, 11, 5)),
    "fixed": ((7, 11, 5), (3, 4, 5), (7, 11, 5)),
    "one end open": ((7, 11, 5), (2, 4, 5), (None, 11, 5)),
    "all ends open": ((7, 11, 5), (2, 3, 2), (None, None, None)),
    "larger than the array": ((2, 3, 2), (5, 7, 4), (None, None, 4)),
    "many": ((97, 11, 5), (1, 1, 2), (None, 11, 5)),
}


@pytest.mark.parametrize("kind", INDICES)
@pytest.mark.parametrize("libver", ("earliest", "latest"))
@pytest.mark.parametrize("packed", (False, True))
def test_every_kind_of_index(tmp_path, kind, libver, packed):
    shape, chunk, most = INDICES[kind]
    data = noise("<i2", shape)
    with h5py.File(tmp_path / "x.h5", "w", libver=libver) as file:
        more = {"compression": "gzip"} if packed else {}
        file.create_dataset("a", data=data, chunks=chunk, maxshape=most, **more)
    check(tmp_path, {"a": data}, {"a": Chunked})


@pytest.mark.parametrize("libver", ("earliest", "latest"))
def test_chunks_allocated_early_have_an_index_of_their_own(tmp_path, libver):
    data = noise("<i2")
    with h5py.File(tmp_path / "x.h5", "w", libver=libver) as file:
        creation = h5py.h5p.create(h5py.h5p.DATASET_CREATE)
        creation.set_chunk(CHUNK)
        creation.set_alloc_time(h5py.h5d.ALLOC_TIME_EARLY)
        own = h5py.h5d.create(file.id, b"a", h5py.h5t.STD_I16LE, h5py.h5s.create_simple(SHAPE), creation)
        h5py.Dataset(own)[2:] = data[2:]
    data[:2] = 0
    check(tmp_path, {"a": data}, {"a": Chunked})


def test_an_array_that_shrank_keeps_only_its_own_chunks(tmp_path):
    data = noise("<i2")
    with h5py.File(tmp_path / "x.h5", "w") as file:
        file.create_dataset("a", data=data, chunks=CHUNK, maxshape=(None, None, None)).resize((4, 5, 5))
    check(tmp_path, {"a": data[:4, :5]})


FILTERS = {
    "gzip": {"compression": "gzip"},
    "shuffle": {"shuffle": True},
    "fletcher32": {"fletcher32": True},
    "all three": {"compression": "gzip", "compression_opts": 9, "shuffle": True, "fletcher32": True},
    "szip": {"compression": "szip"},
    "zstd": dict(hdf5plugin.Zstd()),
    "bzip2": dict(hdf5plugin.BZip2()),
    "lz4": dict(hdf5plugin.LZ4()),
    "lz4 in small blocks": dict(hdf5plugin.LZ4(nbytes=64)),
    "blosc": dict(hdf5plugin.Blosc(cname="zstd", shuffle=hdf5plugin.Blosc.BITSHUFFLE)),
    "blosc lz4hc": dict(hdf5plugin.Blosc(cname="lz4hc")),
}


@pytest.mark.parametrize("name", FILTERS)
@pytest.mark.parametrize("dtype", ("<u1", ">i2", "<f8"))
def test_filters_that_codecs_undo(tmp_path, name, dtype):
    tidy, wild = (
        noise(dtype),
        np.frombuffer(np.random.default_rng(3).bytes(385), "u1").reshape(SHAPE).astype(dtype),
    )
    long = np.repeat(noise(dtype, (997,)), 13)
    with h5py.File(tmp_path / "x.h5", "w") as file:
        for path, data, chunk in (("tidy", tidy, CHUNK), ("wild", wild, CHUNK), ("long", long, (4097,))):
            file.create_dataset(path, data=data, chunks=chunk, **FILTERS[name])
    check(tmp_path, {"tidy": tidy, "wild": wild, "long": long}, {"tidy": Chunked})


LEFT = {
    "LZF": {"compression": "lzf"},
    "scale-offset": {"scaleoffset": 0},
    "Bitshuffle": dict(hdf5plugin.Bitshuffle()),
    "Bitshuffle ": dict(hdf5plugin.Bitshuffle(cname="none")),
    "Blosc2": dict(hdf5plugin.Blosc2()),
    "ZFP": dict(hdf5plugin.Zfp(reversible=True)),
}


@pytest.mark.parametrize("name", LEFT)
def test_filters_without_an_exact_codec_are_left_to_the_library(tmp_path, name):
    data = noise("<i4")
    with h5py.File(tmp_path / "x.h5", "w") as file:
        file.create_dataset("a", data=data, chunks=CHUNK, **LEFT[name])
    store = opened("hdf5", tmp_path, "x.h5")
    assert name.strip() in reason(store, "a")
    assert store.layout("a").source.peer == "hdf5"
    np.testing.assert_array_equal(
        read_hdf5(tmp_path / "x.h5", "a", (slice(1, 5), slice(0, 3), slice(2, 4))), data[1:5, :3, 2:4]
    )


def test_a_filter_that_neither_a_codec_nor_the_library_knows_costs_only_its_array(tmp_path):
    data = noise("<i4", (6, 8))
    with h5py.File(tmp_path / "x.h5", "w") as file:
        creation = h5py.h5p.create(h5py.h5p.DATASET_CREATE)
        creation.set_chunk((2, 8))
        creation.set_filter(401, h5py.h5z.FLAG_OPTIONAL, ())
        h5py.h5d.create(file.id, b"a", h5py.h5t.STD_I32LE, h5py.h5s.create_simple((6, 8)), creation)
        file.create_dataset("b", data=data)
    store = check(tmp_path, {"b": data})
    assert set(store.container.entries) == {"b"}
    ((path, why),) = [(item.path, item.reason) for item in store.container.lost]
    assert path == "a"
    assert "filter 401" in why
    assert "plugin" in why


def test_chunks_that_skipped_filters_have_chains_of_their_own(tmp_path):
    data = noise("<i4", (6, 8))
    with h5py.File(tmp_path / "x.h5", "w") as file:
        a = file.create_dataset("a", data=data, chunks=(2, 4), compression="gzip", shuffle=True)
        a.id.write_direct_chunk((0, 4), data[:2, 4:].tobytes(), 0b11)
        import zlib

        a.id.write_direct_chunk((2, 0), zlib.compress(data[2:4, :4].tobytes()), 0b01)
    store = check(tmp_path, {"a": data})
    chains = store.layout("a").source.chains
    assert sorted([one["id"] for one in chain] for chain in chains) == [[], ["shuffle", "zlib"], ["zlib"]]


def _without_filters_at_the_edges(creation):
    """Ask the library, by its own name, for what h5py does not offer."""
    libraries = Path(h5py.__file__).parents[1].glob("h5py.libs/libhdf5-*")
    library = next((one for one in libraries if "_hl" not in one.name), None)
    if library is None:
        pytest.skip("the library that h5py uses is not beside it")
    ask = ctypes.CDLL(str(library)).H5Pset_chunk_opts
    ask.argtypes = [ctypes.c_int64, ctypes.c_uint]
    assert ask(creation.id, 2) >= 0


@pytest.mark.parametrize("filters", ("deflate", "shuffle"))
def test_edges_may_be_left_unfiltered(tmp_path, filters):
    data = noise("<i4", (7, 9)) * 70001
    with h5py.File(tmp_path / "x.h5", "w", libver="latest") as file:
        creation = h5py.h5p.create(h5py.h5p.DATASET_CREATE)
        creation.set_chunk((4, 4))
        creation.set_deflate(3) if filters == "deflate" else creation.set_shuffle()
        _without_filters_at_the_edges(creation)
        own = h5py.h5d.create(file.id, b"a", h5py.h5t.STD_I32LE, h5py.h5s.create_simple((7, 9)), creation)
        h5py.Dataset(own)[...] = data
        file.create_dataset("b", data=data, chunks=(4, 4), shuffle=True)
    store = check(tmp_path, {"a": data, "b": data})
    assert len(store.layout("a").source.chains) == 2
    assert len(store.layout("b").source.chains) == 1


@pytest.mark.parametrize("fill", (0, 7, -3))
def test_what_was_never_written_is_the_fill_value(tmp_path, fill):
    data = np.full(SHAPE, fill, "<i2")
    with h5py.File(tmp_path / "x.h5", "w") as file:
        a = file.create_dataset("a", SHAPE, "<i2", chunks=CHUNK, fillvalue=fill, compression="gzip")
        a[3:6] = data[3:6] = noise("<i2", (3, 11, 5))
        file.create_dataset("late", (3, 4), "<i2", fillvalue=fill)
        file.create_dataset("nothing", (30, 40), "<i2", chunks=(7, 40), fillvalue=fill)
    late = np.full((3, 4), fill, "<i2")
    check(tmp_path, {"a": data, "late": late, "nothing": np.full((30, 40), fill, "<i2")}, {"late": Chunked})


@pytest.mark.parametrize("fill", (np.nan, np.inf, -np.inf, 9.969209968386869e36, -0.0))
def test_fill_values_of_floats(tmp_path, fill):
    with h5py.File(tmp_path / "x.h5", "w") as file:
        file.create_dataset("a", (5, 3), ">f4", chunks=(2, 3), fillvalue=fill)
    check(tmp_path, {"a": np.full((5, 3), fill, ">f4")})


def test_complex_fill_values_of_two_numbers_are_left_to_the_library(tmp_path):
    with h5py.File(tmp_path / "x.h5", "w") as file:
        file.create_dataset("a", (5, 3), "<c8", chunks=(2, 3), fillvalue=1 + 2j)
        file.create_dataset("b", (5, 3), "<c8", chunks=(2, 3), fillvalue=1 + 1j)
    store = check(tmp_path, {"b": np.full((5, 3), 1 + 1j, "<c8")})
    assert "no single number" in reason(store, "a")


@pytest.mark.parametrize("how", ("undefined", "never"))
def test_what_nothing_fills_is_said(tmp_path, how):
    with h5py.File(tmp_path / "x.h5", "w") as file:
        creation = h5py.h5p.create(h5py.h5p.DATASET_CREATE)
        creation.set_chunk((2, 3))
        creation.set_fill_time(h5py.h5d.FILL_TIME_NEVER)
        if how == "undefined":
            creation.set_fill_time(h5py.h5d.FILL_TIME_IFSET)
            _undefine_fill(creation)
        h5py.h5d.create(file.id, b"a", h5py.h5t.STD_I16LE, h5py.h5s.create_simple((5, 3)), creation)
    store = opened("hdf5", tmp_path, "x.h5")
    assert "leaves open what its unwritten parts hold" in reason(store, "a")


def _undefine_fill(creation):
    libraries = Path(h5py.__file__).parents[1].glob("h5py.libs/libhdf5-*")
    library = next((one for one in libraries if "_hl" not in one.name), None)
    if library is None:
        pytest.skip("the library that h5py uses is not beside it")
    ask = ctypes.CDLL(str(library)).H5Pset_fill_value
    ask.argtypes = [ctypes.c_int64, ctypes.c_int64, ctypes.c_void_p]
    assert ask(creation.id, h5py.h5t.STD_I16LE.id, None) >= 0


def test_compact_arrays_are_given_as_values(tmp_path):
    data = noise("<i2", (3, 4))
    with h5py.File(tmp_path / "x.h5", "w") as file:
        creation = h5py.h5p.create(h5py.h5p.DATASET_CREATE)
        creation.set_layout(h5py.h5d.COMPACT)
        own = h5py.h5d.create(file.id, b"a", h5py.h5t.STD_I16LE, h5py.h5s.create_simple((3, 4)), creation)
        h5py.Dataset(own)[...] = data
    check(tmp_path, {"a": data}, {"a": Inline})


# --- external storage -----------------------------------------------------------------------


def _external(folder, shape, segments, name="x.h5"):
    """Write a dataset over raw files of which each begins with its offset in zeros; return its values."""
    data = noise("<i4", shape)
    raw, at = data.tobytes(), 0
    for file, offset, size in segments:
        stop = len(raw) if size == h5py.h5f.UNLIMITED else at + size
        (folder / file).write_bytes(bytes(offset) + raw[at:stop])
        at = stop
    with h5py.File(folder / name, "w") as file:
        file.create_dataset("a", shape, "<i4", external=segments)
    return data


@pytest.mark.parametrize(
    "segments",
    (
        [("a.raw", 0, h5py.h5f.UNLIMITED)],
        [("a.raw", 13, 308)],
        [("a.raw", 5, 44), ("b.raw", 0, 132), ("c.raw", 7, h5py.h5f.UNLIMITED)],
        [("a.raw", 5, 40), ("b.raw", 0, 8), ("c.raw", 3, 260)],
    ),
    ids=("to the end", "with a head", "three files, by row", "three files, by element"),
)
def test_raw_files_beside_are_followed(tmp_path, segments):
    data = _external(tmp_path, (7, 11), segments)
    store = check(tmp_path, {"a": data}, {"a": Strided})
    assert len(store.files) == 1 + len(segments)


def test_elements_across_raw_files_are_left_to_the_library(tmp_path):
    data = _external(tmp_path, (7, 11), [("a.raw", 0, 42), ("b.raw", 0, 266)])
    assert "across the ends" in reason(opened("hdf5", tmp_path, "x.h5"), "a")
    np.testing.assert_array_equal(read_hdf5(tmp_path / "x.h5", "a", (slice(0, 7), slice(0, 11))), data)


def test_raw_files_that_are_too_short_or_gone_are_an_error(tmp_path):
    _external(tmp_path, (7, 11), [("a.raw", 0, 308)])
    (tmp_path / "a.raw").write_bytes(bytes(307))
    with pytest.raises(VspecError, match=r"V0361.*too short"):
        opened("hdf5", tmp_path, "x.h5").layout("a")
    (tmp_path / "a.raw").unlink()
    with pytest.raises(VspecError, match="V0430"):
        opened("hdf5", tmp_path, "x.h5").layout("a")


@pytest.mark.parametrize("name", ("../a.raw", "/etc/hostname", "http://a.org/b"))
def test_raw_files_elsewhere_are_refused(tmp_path, name):
    inside = tmp_path / "inside"
    inside.mkdir()
    (tmp_path / "a.raw").write_bytes(bytes(308))
    with h5py.File(inside / "x.h5", "w") as file:
        file.create_dataset("a", (7, 11), "<i4", external=[(name, 0, 308)])
    with pytest.raises(VspecError, match=r"V041\d|V0430"):
        opened("hdf5", inside, "x.h5").layout("a")


# --- virtual datasets -----------------------------------------------------------------------


def _sources(folder, count, shape, **storage):
    """Write source files of one array each; return the arrays."""
    found = []
    for number in range(count):
        found.append(noise("<i4", shape, seed=number))
        with h5py.File(folder / f"s{number}.h5", "w") as file:
            file.create_dataset("d", data=found[-1], **storage)
    return found


def _virtual(folder, shape, blocks, fill=0, dtype="<i4", *, name="x.h5"):
    layout = h5py.VirtualLayout(shape, dtype)
    for place, source in blocks:
        layout[place] = source
    with h5py.File(folder / name, "w", libver="latest") as file:
        file.create_virtual_dataset("v", layout, fillvalue=fill)


def _source(number, shape, part=...):
    return h5py.VirtualSource(f"s{number}.h5", "d", shape)[part]


STORAGES = {
    "contiguous": {},
    "chunked": {"chunks": (3, 2)},
    "packed": {"chunks": (3, 2), "compression": "gzip", "shuffle": True},
}


@pytest.mark.parametrize("storage", STORAGES)
@pytest.mark.parametrize("axis", (0, 1))
def test_sources_that_follow_each_other(tmp_path, storage, axis):
    found = _sources(tmp_path, 3, (6, 4), **STORAGES[storage])
    shape = (18, 4) if axis == 0 else (6, 12)
    size = (6, 4)[axis]
    blocks = [
        ((slice(None),) * axis + (slice(k * size, (k + 1) * size),), _source(k, (6, 4))) for k in range(3)
    ]
    _virtual(tmp_path, shape, blocks)
    kind = Strided if storage == "contiguous" else Chunked
    store = check(tmp_path, {"v": np.concatenate(found, axis)}, {"v": kind})
    assert store.container.lost == ()


@pytest.mark.parametrize("storage", STORAGES)
@pytest.mark.parametrize("axis", (0, 1, 2))
def test_sources_beside_each_other(tmp_path, storage, axis):
    found = _sources(tmp_path, 3, (6, 4), **STORAGES[storage])
    stacked = np.stack(found, axis)
    blocks = [((slice(None),) * axis + (k,), _source(k, (6, 4))) for k in range(3)]
    _virtual(tmp_path, stacked.shape, blocks)
    check(tmp_path, {"v": stacked}, {"v": Strided if storage == "contiguous" else Chunked})


@pytest.mark.parametrize("storage", STORAGES)
def test_what_has_no_source_is_filled_and_told(tmp_path, storage):
    found = _sources(tmp_path, 3, (6, 4), **STORAGES[storage])
    (tmp_path / "s1.h5").unlink()
    blocks = [((slice(k * 6, (k + 1) * 6),), _source(k, (6, 4))) for k in range(3)]
    _virtual(tmp_path, (24, 4), blocks, fill=-5)
    expected = np.concatenate([found[0], np.full((6, 4), -5), found[2], np.full((6, 4), -5)]).astype("<i4")
    store = check(tmp_path, {"v": expected}, {"v": Chunked})
    (lost,) = store.container.lost
    assert lost.path == "v"
    assert "s1.h5" in lost.reason


def test_a_source_without_the_array_and_no_source_at_all(tmp_path):
    _sources(tmp_path, 1, (6, 4))
    _virtual(tmp_path, (6, 4), [((slice(None),), h5py.VirtualSource("s0.h5", "other", (6, 4))[...])], fill=3)
    store = check(tmp_path, {"v": np.full((6, 4), 3, "<i4")})
    assert [lost.path for lost in store.container.lost] == ["v"]


def test_parts_of_sources(tmp_path):
    found = _sources(tmp_path, 2, (9, 8), chunks=(3, 2))
    blocks = [
        ((slice(0, 6),), _source(0, (9, 8), (slice(3, 9), slice(2, 6)))),
        ((slice(6, 10),), _source(1, (9, 8), (slice(0, 4), slice(4, 8)))),
    ]
    _virtual(tmp_path, (10, 4), blocks)
    check(tmp_path, {"v": np.concatenate([found[0][3:9, 2:6], found[1][:4, 4:]])}, {"v": Chunked})


def test_sources_in_the_same_file_and_sources_of_sources(tmp_path):
    found = _sources(tmp_path, 2, (6, 4), chunks=(3, 2), compression="gzip")
    _virtual(
        tmp_path, (12, 4), [((slice(6 * k, 6 * k + 6),), _source(k, (6, 4))) for k in range(2)], name="m.h5"
    )
    layout = h5py.VirtualLayout((18, 4), "<i4")
    layout[:12] = h5py.VirtualSource("m.h5", "v", (12, 4))
    with h5py.File(tmp_path / "x.h5", "w", libver="latest") as file:
        file.create_dataset("own", data=found[1], chunks=(3, 2))
        layout[12:] = h5py.VirtualSource(file["own"])
        file.create_virtual_dataset("v", layout)
    check(tmp_path, {"v": np.concatenate([*found, found[1]])}, {"v": Chunked})


LEFT_VIRTUAL = {
    "half a chunk": ((10, 4), [((slice(0, 5),), 0, slice(1, 6)), ((slice(5, 10),), 1, slice(1, 6))]),
    "overlap": ((9, 4), [((slice(0, 6),), 0, slice(0, 6)), ((slice(3, 9),), 1, slice(0, 6))]),
    "every second row": ((6, 4), [((slice(0, 6, 2),), 0, slice(0, 3)), ((slice(1, 6, 2),), 1, slice(0, 3))]),
}


@pytest.mark.parametrize("name", LEFT_VIRTUAL)
def test_blocks_that_are_no_chunks_are_left_to_the_library(tmp_path, name):
    _sources(tmp_path, 2, (6, 4), chunks=(3, 2))
    shape, blocks = LEFT_VIRTUAL[name]
    _virtual(tmp_path, shape, [(place, _source(number, (6, 4), part)) for place, number, part in blocks])
    store = opened("hdf5", tmp_path, "x.h5")
    assert reason(store, "v")
    with h5py.File(tmp_path / "x.h5") as file:
        expected = file["v"][...]
    found = read_hdf5(tmp_path / "x.h5", "v", (slice(0, shape[0]), slice(0, 4)))
    np.testing.assert_array_equal(found, expected)


def test_sources_of_another_type_or_that_are_no_hdf5_are_left_to_the_library(tmp_path):
    _sources(tmp_path, 1, (6, 4))
    _virtual(tmp_path, (6, 4), [((slice(None),), _source(0, (6, 4)))], dtype="<f8")
    assert "another type" in reason(opened("hdf5", tmp_path, "x.h5"), "v")
    (tmp_path / "s0.h5").write_bytes(b"no such file" * 100)
    assert "cannot be followed" in reason(opened("hdf5", tmp_path, "x.h5"), "v")


def test_a_virtual_dataset_of_itself_ends(tmp_path):
    layout = h5py.VirtualLayout((6, 4), "<i4")
    layout[...] = h5py.VirtualSource("x.h5", "v", (6, 4))
    with h5py.File(tmp_path / "x.h5", "w", libver="latest") as file:
        file.create_virtual_dataset("v", layout)
    assert "back to itself" in reason(opened("hdf5", tmp_path, "x.h5"), "v")


@pytest.mark.parametrize("storage", ({}, {"chunks": (3, 2)}))
def test_sources_elsewhere_are_refused(tmp_path, storage):
    inside = tmp_path / "inside"
    inside.mkdir()
    _sources(tmp_path, 1, (6, 4), **storage)
    for name in ("../s0.h5", str(tmp_path / "s0.h5")):
        layout = h5py.VirtualLayout((6, 4), "<i4")
        layout[...] = h5py.VirtualSource(name, "d", (6, 4))
        with h5py.File(inside / "x.h5", "w", libver="latest") as file:
            file.create_virtual_dataset("v", layout)
        with pytest.raises(VspecError, match=r"V041\d"):
            opened("hdf5", inside, "x.h5").layout("v")


def _endless(folder, name):
    """Write a virtual dataset of as many sources as there are, by a pattern of names."""
    with h5py.File(folder / "x.h5", "w", libver="latest") as file:
        creation, most = h5py.h5p.create(h5py.h5p.DATASET_CREATE), h5py.h5s.UNLIMITED
        place = h5py.h5s.create_simple((0, 4), (most, 4))
        place.select_hyperslab((0, 0), (most, 1), (6, 4), (6, 4))
        creation.set_virtual(place, name.encode(), b"d", h5py.h5s.create_simple((6, 4)))
        h5py.h5d.create(
            file.id, b"v", h5py.h5t.STD_I32LE, h5py.h5s.create_simple((0, 4), (most, 4)), creation
        )


def test_sources_by_a_pattern_are_left_to_the_library(tmp_path):
    found = _sources(tmp_path, 3, (6, 4))
    _endless(tmp_path, "s%b.h5")
    store = opened("hdf5", tmp_path, "x.h5")
    assert store.container.entries["v"].shape == (18, 4)
    assert "patterns" in reason(store, "v")
    np.testing.assert_array_equal(
        read_hdf5(tmp_path / "x.h5", "v", (slice(3, 15), slice(0, 4))), np.concatenate(found)[3:15]
    )
    inside = tmp_path / "inside"
    inside.mkdir()
    _endless(inside, "../s%b.h5")
    with pytest.raises(VspecError, match=r"V041\d"):
        opened("hdf5", inside, "x.h5").layout("v")


def test_absolute_names_below_the_root_are_followed(tmp_path):
    (found,) = _sources(tmp_path, 1, (6, 4))
    layout = h5py.VirtualLayout((6, 4), "<i4")
    layout[...] = h5py.VirtualSource(str(tmp_path / "s0.h5"), "d", (6, 4))
    with h5py.File(tmp_path / "x.h5", "w", libver="latest") as file:
        file.create_virtual_dataset("v", layout)
    check(tmp_path, {"v": found})


# --- types ----------------------------------------------------------------------------------

RECORD = np.dtype([("t", "<u8"), ("name", "S3"), ("xy", "<f4", (2, 3)), ("in", [("a", ">i2"), ("ok", "?")])])


def records(count=5):
    found = np.zeros(count, RECORD)
    found["t"], found["xy"] = np.arange(count) * 7, np.arange(count * 6).reshape(count, 2, 3)
    found["in"]["a"], found["in"]["ok"], found["name"] = np.arange(count) - 2, np.arange(count) % 2, b"ab"
    return found


def test_fields_of_records_are_arrays_of_their_own(tmp_path):
    found = records()
    with h5py.File(tmp_path / "x.h5", "w") as file:
        file["g/r"] = found
        file["g/r"].attrs["note"] = "five"
    expected = {
        "g/r/t": found["t"],
        "g/r/xy": found["xy"],
        "g/r/in/a": found["in"]["a"],
        "g/r/in/ok": found["in"]["ok"],
    }
    store = check(tmp_path, expected, dict.fromkeys(expected, Strided))
    assert store.container.groups["g/r"] == {"note": "five", "name": ["ab"] * 5}
    assert store.container.entries["g/r/xy"].axes == ("r_axis_0", "xy_axis_1", "xy_axis_2")


def test_records_with_lists_have_other_sizes_in_the_file_than_in_memory(tmp_path):
    kind = np.dtype(
        [
            ("a", "<i4"),
            ("text", h5py.string_dtype()),
            ("b", "<i8"),
            ("list", h5py.vlen_dtype("<i2")),
            ("ref", h5py.ref_dtype),
            ("c", "<f4"),
        ]
    )
    with h5py.File(tmp_path / "x.h5", "w") as file:
        rows = file.create_dataset("r", (3,), kind)
        for at in range(3):
            rows[at] = (at, "text" * at, at * 10, np.arange(at, dtype="<i2"), file.ref, at / 2)
    expected = {
        "r/a": np.arange(3, dtype="<i4"),
        "r/b": np.arange(3, dtype="<i8") * 10,
        "r/c": np.arange(3).astype("<f4") / 2,
    }
    store = check(tmp_path, expected, dict.fromkeys(expected, Strided))
    assert store.container.groups["r"] == {
        "text": ["", "text", "texttext"],
        "list": [[], [0], [0, 1]],
        "ref": ["/"] * 3,
    }


def test_fields_of_records_in_chunks_are_left_to_the_library(tmp_path):
    found = records()
    with h5py.File(tmp_path / "x.h5", "w") as file:
        file.create_dataset("r", data=found, chunks=(2,), compression="gzip")
    store = opened("hdf5", tmp_path, "x.h5")
    assert "records" in reason(store, "r/t")
    np.testing.assert_array_equal(
        read_hdf5(tmp_path / "x.h5", "r/xy", (slice(1, 3), slice(0, 2), slice(1, 3))), found["xy"][1:3, :, 1:]
    )
    np.testing.assert_array_equal(
        read_hdf5(tmp_path / "x.h5", "r/in/a", (slice(1, 3),)), found["in"]["a"][1:3]
    )


@pytest.mark.parametrize("names", (("r", "i"), ("real", "imag"), ("realFloatHalfEven", "imagFloatHalfEven")))
@pytest.mark.parametrize("chunks", (None, (2, 3)))
def test_two_floats_are_a_complex_number(tmp_path, names, chunks):
    kind = np.dtype([(name, ">f4") for name in names])
    found = np.frombuffer(noise(">f4", (5, 6)).tobytes(), kind).reshape(5, 3)
    with h5py.File(tmp_path / "x.h5", "w") as file:
        file.create_dataset("a", data=found, chunks=chunks)
    check(tmp_path, {"a": found.view(">c8")})


def test_pairs_that_are_no_complex_numbers_are_fields(tmp_path):
    with h5py.File(tmp_path / "x.h5", "w") as file:
        file["a"] = np.zeros(3, [("real", "<f4"), ("imag", "<f8")])
        file["b"] = np.zeros(3, [("x", "<f4"), ("y", "<f4")])
        file["c"] = np.zeros(3, [("real", "<i4"), ("imag", "<i4")])
    store = opened("hdf5", tmp_path, "x.h5")
    assert list(store.container.entries) == ["a/real", "a/imag", "b/x", "b/y", "c/real", "c/imag"]


def test_enumerations_keep_their_names(tmp_path):
    kind = h5py.enum_dtype({"off": 0, "half on": 5, "on": 9}, basetype="<i2")
    data = np.array([0, 9, 5], "<i2")
    with h5py.File(tmp_path / "x.h5", "w") as file:
        file.create_dataset("a", data=data, dtype=kind)
    store = check(tmp_path, {"a": data})
    attrs = store.container.entries["a"].attrs
    named = dict(zip(attrs["flag_meanings"].split(), attrs["flag_values"], strict=True))
    assert named == {"off": 0, "half_on": 5, "on": 9}


def test_arrays_in_elements_are_further_axes(tmp_path):
    data = noise("<i2", (4, 3, 2))
    with h5py.File(tmp_path / "x.h5", "w") as file:
        kind = np.dtype(("<i2", (3, 2)))
        file.create_dataset("a", (4,), kind)[...] = data
        file.create_dataset("b", (4,), kind, chunks=(3,), compression="gzip")[...] = data
    check(tmp_path, {"a": data, "b": data}, {"b": Chunked})


def test_bits_and_numbers_that_do_not_fill_their_bytes(tmp_path):
    with h5py.File(tmp_path / "x.h5", "w") as file:
        space = h5py.h5s.create_simple((3,))
        own = h5py.h5d.create(file.id, b"bits", h5py.h5t.STD_B16BE, space)
        own.write(h5py.h5s.ALL, h5py.h5s.ALL, np.array([1, 2, 65535], ">u2"), h5py.h5t.STD_B16BE)
        twelve = h5py.h5t.STD_I16LE.copy()
        twelve.set_precision(12)
        own = h5py.h5d.create(file.id, b"twelve", twelve, space)
        own.write(h5py.h5s.ALL, h5py.h5s.ALL, np.array([1, -2, 2047], "<i2"))
    store = check(tmp_path, {"bits": np.array([1, 2, 65535], ">u2")})
    assert "12 bits of 16" in reason(store, "twelve")
    np.testing.assert_array_equal(read_hdf5(tmp_path / "x.h5", "twelve", (slice(0, 3),)), [1, -2, 2047])


def test_what_is_no_number_is_an_attribute_or_told(tmp_path):
    with h5py.File(tmp_path / "x.h5", "w") as file:
        file["g/title"] = "a title"
        file["g/labels"] = np.array([b"one", b"two"])
        file["g/labels"].attrs["unit"] = "none"
        file["g/many"] = np.array([b"x"] * 1001)
        file["g/long"] = "x" * 70_000
        file["g/none"] = h5py.Empty("<f4")
        file["g/opaque"] = np.void(b"1234")
        file["g/wide"] = np.zeros(3, np.longdouble)
        ragged = file.create_dataset("g/ragged", (2,), h5py.vlen_dtype("<i4"))
        ragged[0], ragged[1] = [1, 2], [3]
    store = opened("hdf5", tmp_path, "x.h5")
    assert store.container.entries == {}
    assert store.container.groups["g"] == {
        "title": "a title",
        "labels": ["one", "two"],
        "labels@unit": "none",
        "none": None,
        "ragged": [[1, 2], [3]],
    }
    assert {lost.path for lost in store.container.lost} == {"g/many", "g@long", "g/opaque", "g/wide"}


# --- attributes, links, axes ----------------------------------------------------------------


def test_attributes_are_json(tmp_path):
    with h5py.File(tmp_path / "x.h5", "w") as file:
        data = file.create_dataset("d", data=noise("<i2", (5, 6)))
        for name, value in {
            "i": np.int64(-5),
            "f": np.float32(0.5),
            "s": "täxt",
            "b": np.bytes_(b"fixed"),
            "list": np.array([1, 2, 3], ">i2"),
            "texts": ["a", "b"],
            "yes": np.bool_(True),
            "nothing": h5py.Empty("<f4"),
            "to": file["d"].ref,
            "part": file["d"].regionref[1:3, 2:5],
            "record": np.array((1, b"x"), [("a", "<i2"), ("b", "S1")]),
            "bad": np.array([1.0, np.nan]),
            "vspec": "mine",
        }.items():
            data.attrs[name] = value
        file.attrs["title"] = "root"
    store = opened("hdf5", tmp_path, "x.h5")
    assert store.container.entries["d"].attrs == {
        "i": -5, "f": 0.5, "s": "täxt", "b": "fixed", "list": [1, 2, 3], "texts": ["a", "b"], "yes": True,
        "nothing": None, "to": "/d", "part": "/d[1:3, 2:5]", "record": {"a": 1, "b": "x"},
    }  # fmt: skip
    assert store.container.groups == {"": {"title": "root"}}
    assert sorted(lost.path for lost in store.container.lost) == ["d@bad", "d@vspec"]


def test_links_are_told_and_no_object_comes_twice(tmp_path):
    data = noise("<i2", (5, 6))
    with h5py.File(tmp_path / "x.h5", "w") as file:
        file["a/d"] = data
        file["a/again"] = file["a/d"]
        file["z"] = file["a/d"]
        file["soft"] = h5py.SoftLink("/a/d")
        file["dangling"] = h5py.SoftLink("/nowhere")
        file["a/up"] = file["/"]
    store = opened("hdf5", tmp_path, "x.h5")
    assert list(store.container.entries) == ["a/again"]
    assert store.container.groups == {
        "": {"hdf5_links": {"dangling": "/nowhere", "soft": "/a/d", "z": "/a/again"}},
        "a": {"hdf5_links": {"d": "/a/again", "up": "/"}},
    }


def test_external_links_are_followed_within_the_root(tmp_path):
    data = noise("<i2", (5, 6))
    inside = tmp_path / "inside"
    inside.mkdir()
    for place in (tmp_path, inside):
        with h5py.File(place / "other.h5", "w") as file:
            file["g/d"] = data
            file.create_dataset("g/e", data=data, chunks=(2, 3), compression="gzip")
            file["g"].attrs["of"] = file["g/d"].ref
            file["g/back"] = h5py.ExternalLink("x.h5", "/")
    with h5py.File(inside / "x.h5", "w") as file:
        file["there"] = h5py.ExternalLink("other.h5", "/g")
        file["gone"] = h5py.ExternalLink("gone.h5", "/g")
        file["out"] = h5py.ExternalLink("../other.h5", "/g")
    store = check(inside, {"there/d": data, "there/e": data})
    assert list(store.container.entries) == ["there/d", "there/e"]
    assert store.container.groups["there"] == {"of": "/there/d", "hdf5_links": {"back": "/"}}
    assert sorted(lost.path for lost in store.container.lost) == ["gone", "out"]


def test_dimension_scales_and_labels_name_axes(tmp_path):
    with h5py.File(tmp_path / "x.h5", "w") as file:
        file["time"], file["x"] = np.arange(5.0), np.arange(3.0)
        file["a"], file["b"], file["c"] = noise("<i2", (5, 3)), noise("<i2", (3, 3)), noise("<i2", (7, 2))
        for name in ("time", "x"):
            file[name].make_scale(name)
        file["a"].dims[0].attach_scale(file["time"])
        file["a"].dims[1].attach_scale(file["x"])
        for axis in (0, 1):
            file["b"].dims[axis].attach_scale(file["x"])
        file["c"].dims[0].label, file["c"].dims[1].label = "time", "-bad"
        file["a"].attrs["units"] = "V"
    store = opened("hdf5", tmp_path, "x.h5")
    assert {path: entry.axes for path, entry in store.container.entries.items()} == {
        "a": ("time", "x"), "b": ("x", "b_axis_1"), "c": ("c_axis_0", "c_axis_1"), "time": ("time",), "x": ("x",),
    }  # fmt: skip
    assert store.container.entries["a"].attrs == {"units": "V"}
    assert store.container.entries["time"].attrs == {}


def test_netcdf_dimensions_name_axes(tmp_path):
    pytest.importorskip("netCDF4")
    from netCDF4 import Dataset

    data = noise("<i2", (4, 3))
    with Dataset(tmp_path / "x.h5", "w") as file:
        file.createDimension("t", None)
        file.createDimension("x", 3)
        file.createDimension("n", 2)
        file.createVariable("x", "f8", ("x",))[:] = [1, 2, 3]
        file.createVariable("grid", "i2", ("t", "x"), zlib=True)[:] = data
        file.createVariable("t", "f8", ("t", "n"))[:] = np.ones((4, 2))
        file.createGroup("g").createVariable("y", "i4", ("x",))[:] = [4, 5, 6]
    store = check(tmp_path, {"grid": data, "g/y": np.array([4, 5, 6], "<i4")})
    axes = {path: entry.axes for path, entry in store.container.entries.items()}
    assert axes == {"g/y": ("x",), "grid": ("t", "x"), "t": ("t", "n"), "x": ("x",)}
    assert store.container.lost == ()


# --- files that are not what they should be --------------------------------------------------


def test_another_file_is_told_from_a_damaged_one(tmp_path):
    (tmp_path / "x.h5").write_bytes(b"CDF\x01" + bytes(1000))
    with pytest.raises(VspecError, match="V0360"):
        opened("hdf5", tmp_path, "x.h5")
    with h5py.File(tmp_path / "x.h5", "w") as file:
        file["a"] = np.zeros(5000)
    whole = (tmp_path / "x.h5").read_bytes()
    (tmp_path / "x.h5").write_bytes(whole[:-100])
    with pytest.raises(VspecError, match="V0361"):
        opened("hdf5", tmp_path, "x.h5")
    (tmp_path / "x.h5").write_bytes(b"")
    with pytest.raises(VspecError, match="V0360"):
        opened("hdf5", tmp_path, "x.h5")


def test_grids_of_cells_that_are_not_there_are_not_made(tmp_path):
    with h5py.File(tmp_path / "x.h5", "w") as file:
        file.create_dataset("a", (2**40, 2), "<i2", chunks=(1, 1))
        file.create_dataset("b", (2**50,), "<i2")
    store = opened("hdf5", tmp_path, "x.h5")
    with pytest.raises(VspecError, match="V0362"):
        store.layout("a")
    assert "too large" in reason(store, "b")


def test_a_file_that_is_open_in_this_program_is_read_all_the_same(tmp_path):
    with h5py.File(tmp_path / "x.h5", "w") as file:
        file["a"] = np.arange(5)
    with h5py.File(tmp_path / "x.h5", "r"):
        assert list(opened("hdf5", tmp_path, "x.h5").container.entries) == ["a"]


def test_files_do_not_stay_open_beyond_their_table(tmp_path):
    with h5py.File(tmp_path / "x.h5", "w") as file:
        file["a"] = np.arange(5)
    store = opened("hdf5", tmp_path, "x.h5")
    store.layout("a")
    store.files.close()
    if Path("/proc/self/fd").is_dir():
        assert tmp_path / "x.h5" not in [one.resolve() for one in Path("/proc/self/fd").iterdir()]


def test_h5py_is_asked_for_where_it_is_missing(tmp_path, monkeypatch):
    with h5py.File(tmp_path / "x.h5", "w") as file:
        file["a"] = np.arange(5)
    monkeypatch.setitem(__import__("sys").modules, "h5py", None)
    with pytest.raises(VspecError, match="V0363"):
        opened("hdf5", tmp_path, "x.h5")
    with pytest.raises(VspecError, match="V0363"):
        read_hdf5(tmp_path / "x.h5", "a", (slice(0, 5),))
