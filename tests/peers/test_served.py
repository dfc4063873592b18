"""Served maps are read by programs that know nothing of references; every value is compared with the files."""

from __future__ import annotations

import json
import subprocess
import sys
import urllib.request
from importlib.util import find_spec

import numpy as np
import pytest

from tests.unit.served import chunked
from vspec.chunks import ChunkOptions
from vspec.codecs.registration import register
from vspec.commands import ApplyOptions, apply
from vspec.commands.serve import serve
from vspec.layout import ArrayLayout, Axis, Inline, InnerAxis, Runs, Strided
from vspec.testing.layouts import columns
from vspec.testing.maps import write_map

SAMPLES = 20_011  # a prime: the last chunk is never whole
CARD = """\
vspec: 1
files: "*.dat"
arrays:
  ephys/raw:
    dtype: int16
    endian: big
    shape: {time: 20011, channel: 5}
    axes: {channel: {gain: [1, 2, 3, 4, 5]}}
  events/code: {dtype: uint8, offset: 200110, shape: {event: 7}}
"""
FORMATS = ("v2", "v3")
_RANDOM = np.random.default_rng(2)
VOLUME = _RANDOM.integers(1, 2**15, (11, 13, 17)).astype(">u2")
RECORDS = np.zeros(1009, [("time", "<u4"), ("samples", "<i2", (7,)), ("end", "u1")])
RECORDS["samples"] = _RANDOM.integers(1, 2**15, (1009, 7))
DEFLATED = _RANDOM.integers(1, 1000, 101).astype("<i4")
ARRAYS = {
    "a/ephys/raw": _RANDOM.integers(1, 2**15, (SAMPLES, 5)).astype(">i2"),
    "a/ephys/channel_gain": np.arange(1, 6),
    "a/events/code": np.arange(1, 8, dtype="u1"),
    "volume/volume": VOLUME,
    "packed/table": RECORDS["samples"],
    "zlib/array": DEFLATED,
    "shuffle/array": DEFLATED,
    "zstd/array": DEFLATED,
    "blosc/array": DEFLATED,
    "small/g/single": np.array(2.5),
    "small/g/flags": np.array([True, False, True]),
    "small/half": np.array([0.5, -2], ">f2"),
}
CHAINS = {
    "zlib": [{"id": "zlib", "level": 1}],
    "shuffle": [{"id": "shuffle", "elementsize": 4}, {"id": "zlib", "level": 1}],
    "zstd": [{"id": "zstd", "level": 1, "checksum": True}],
    "blosc": [{"id": "blosc", "cname": "zstd", "clevel": 5, "shuffle": 1}],
}
OPTIONS = ChunkOptions(chunk_bytes=2048, reference_bytes=0)

pytestmark = pytest.mark.peer


def strided(name, values, offset, strides):
    """An array of which the first axis is in runs."""
    source = Strided(
        Runs(*columns([0], [offset], [values.shape[0]], [strides[0]], [0])),
        values.dtype,
        inner=tuple(
            InnerAxis(f"i{k}", n, s)
            for k, (n, s) in enumerate(zip(values.shape[1:], strides[1:], strict=True), 1)
        ),
    )
    axes = tuple(Axis(f"i{k}", n, (f"i{k}" if k else "run",)) for k, n in enumerate(values.shape))
    return ArrayLayout(name, axes, values.dtype, source)


def inline(path, values):
    axes = tuple(Axis(f"i{k}", n, (f"i{k}",)) for k, n in enumerate(values.shape))
    return ArrayLayout(path, axes, values.dtype, Inline(values))


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    found = tmp_path_factory.mktemp("served")
    (found / "a.dat").write_bytes(ARRAYS["a/ephys/raw"].tobytes() + ARRAYS["a/events/code"].tobytes())
    (found / "card.yaml").write_text(CARD)
    report = apply(found / "card.yaml", found / "a.dat", found, options=ApplyOptions(chunk_bytes=40_000))
    assert report.problems == ()
    small = [
        inline(path.partition("/")[2], values) for path, values in ARRAYS.items() if path.startswith("small/")
    ]
    packed = ChunkOptions(chunk_bytes=4096, profile="packed", many_references=0)
    table = strided("table", RECORDS["samples"], 4, (RECORDS.itemsize, 2))
    made = {
        "volume": ([strided("volume", VOLUME, 0, VOLUME.strides)], VOLUME.tobytes(), OPTIONS),
        "packed": ([table], RECORDS.tobytes(), packed),
        "small": (small, b"\0", ChunkOptions()),
    }
    for name, chain in CHAINS.items():
        layout, data = chunked(chain, DEFLATED, 20)
        made[name] = ([layout], data, ChunkOptions())
    for name, (layouts, data, options) in made.items():
        (found / name).mkdir()
        write_map(found / name, layouts, [data], options).path.rename(found / name / f"{name}.vspec.json")
    return found


@pytest.fixture(scope="module")
def url(folder):
    with serve([folder, *(p for p in sorted(folder.iterdir()) if p.is_dir())], port=0) as server:
        yield server.url


def same(found, expected):
    found = np.asarray(found)
    assert found.dtype.newbyteorder("=") == expected.dtype.newbyteorder("=")
    np.testing.assert_array_equal(found, expected)


def paths():
    return [path.partition("/")[::2] for path in ARRAYS]


def test_what_is_served_is_what_was_meant(url):
    maps = json.loads(urllib.request.urlopen(f"{url}/index.json", timeout=20).read())["maps"]
    arrays = {f"{shown['name']}/{array['path']}": array for shown in maps for array in shown["arrays"]}
    assert set(arrays) == set(ARRAYS)
    decoded = {path: array["decoded"] for path, array in arrays.items() if array["codecs"]}
    both = ["v2", "v3"]
    assert decoded == {
        "packed/table": both,
        "shuffle/array": both,
        "zlib/array": ["v3"],
        "zstd/array": [],
        "blosc/array": [],
    }


@pytest.mark.parametrize("format", FORMATS)
def test_zarr_over_aiohttp(url, format):
    import zarr

    for name, path in paths():
        group = zarr.open_group(f"{url}/{name}/{format}", mode="r")
        same(group[path][...], ARRAYS[f"{name}/{path}"])
    assert sorted(
        name for name, _ in zarr.open_group(f"{url}/a/{format}", mode="r").members(max_depth=None)
    ) == [
        "ephys",
        "ephys/channel_gain",
        "ephys/raw",
        "events",
        "events/code",
    ]
    nested = zarr.open_group(f"{url}/a/{format}/ephys", mode="r")
    assert sorted(name for name, _ in nested.members()) == ["channel_gain", "raw"]


@pytest.mark.parametrize("format", FORMATS)
def test_zarr_over_obstore(url, format):
    import zarr
    from obstore.store import HTTPStore

    for name, path in paths():
        store = HTTPStore.from_url(f"{url}/{name}/{format}", client_options={"allow_http": True})
        group = zarr.open_group(zarr.storage.ObjectStore(store, read_only=True), mode="r")
        same(group[path][...], ARRAYS[f"{name}/{path}"])


@pytest.mark.parametrize("format", FORMATS)
def test_xarray(url, format):
    import xarray

    tree = xarray.open_datatree(f"{url}/a/{format}", engine="zarr")
    same(tree["ephys/raw"].values, ARRAYS["a/ephys/raw"])
    same(tree["events/code"].values, ARRAYS["a/events/code"])
    assert tree["ephys/raw"].dims == ("time", "channel")
    same(xarray.open_dataset(f"{url}/packed/{format}", engine="zarr")["table"].values, ARRAYS["packed/table"])


@pytest.mark.parametrize("format", FORMATS)
def test_tensorstore(url, format):
    import tensorstore

    for name, path in paths():
        store = {"driver": "http", "base_url": f"{url}/{name}/{format}/{path}/"}
        array = tensorstore.open({"driver": "zarr" if format == "v2" else "zarr3", "kvstore": store}).result()
        same(array.read().result(), ARRAYS[f"{name}/{path}"])
    store = {"driver": "http", "base_url": f"{url}/volume/{format}/volume/"}
    array = tensorstore.open({"driver": "zarr" if format == "v2" else "zarr3", "kvstore": store}).result()
    same(array[3:9, 12, ::3].read().result(), VOLUME[3:9, 12, ::3])


GDAL = """\
import hashlib, sys, warnings
import numpy, rasterio
warnings.filterwarnings("ignore")
for url in sys.argv[1:]:
    try:
        with rasterio.open(f'ZARR:"/vsicurl/{url}"') as found:
            values = found.read()
        print(values.dtype, *values.shape, hashlib.blake2b(values.tobytes()).hexdigest())
    except rasterio.errors.RasterioError as error:
        print("refused", type(error).__name__)
"""


def gdal(*urls):
    """Return what GDAL says of some arrays. It runs elsewhere: it holds the lock that the server needs."""
    done = subprocess.run(
        [sys.executable, "-c", GDAL, *urls], capture_output=True, text=True, check=True, timeout=120
    )
    return done.stdout.splitlines()


@pytest.mark.skipif(
    find_spec("rasterio") is None, reason="no wheel of rasterio with a new GDAL for this Python"
)
def test_gdal(url, folder):
    from hashlib import blake2b

    names = ("a/ephys/raw", "packed/table", "volume/volume")
    urls = [
        f"{url}/{name}/{format}/{path}"
        for format in FORMATS
        for name, path in (n.split("/", 1) for n in names)
    ]
    expected = []
    for name in names:
        values = ARRAYS[name].astype(ARRAYS[name].dtype.newbyteorder("="))
        # Of a cube, the last two axes are an image, and the first are the bands.
        shape = values.shape if values.ndim == 3 else (1, *values.shape)
        expected.append(" ".join(map(str, (values.dtype, *shape, blake2b(values.tobytes()).hexdigest()))))
    assert gdal(*urls) == expected * 2
    source = folder / "a.dat"
    source.rename(folder / "away")
    try:
        assert gdal(urls[0], urls[3]) == ["refused RasterioIOError"] * 2, "what is missing is never filled"
    finally:
        (folder / "away").rename(source)


@pytest.mark.parametrize("format", FORMATS)
def test_a_missing_source_is_an_error_and_never_a_fill_value(url, folder, format):
    import tensorstore
    import xarray
    import zarr

    register()
    array = zarr.open_group(f"{url}/volume/{format}", mode="r")["volume"]
    data = xarray.open_dataset(f"{url}/volume/{format}", engine="zarr")["volume"]
    store = {"driver": "http", "base_url": f"{url}/volume/{format}/volume/"}
    once = {"http_request_retries": {"max_retries": 1, "initial_delay": "1ms", "max_delay": "1ms"}}
    spec = {"driver": "zarr" if format == "v2" else "zarr3", "kvstore": store, "context": once}
    opened = tensorstore.open(spec).result()
    source = folder / "volume" / "0.bin"
    source.rename(folder / "away")
    try:
        for read in (lambda: array[...], lambda: data.values, lambda: opened.read().result()):
            with pytest.raises(Exception, match="Internal Server Error"):
                read()
    finally:
        (folder / "away").rename(source)
    same(array[...], VOLUME)
