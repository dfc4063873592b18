"""Packed chunks read by zarr 3 and zarr 2, which find the codecs by their entry points alone."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

import numpy as np
import pytest

ROOT = Path(__file__).resolve().parents[2]
READ = """\
import json
import sys

import fsspec, numpy as np, zarr

folder = sys.argv[1]
newer = int(zarr.__version__.split(".")[0]) >= 3
for path in sys.argv[2:]:
    references = {"version": 1, "refs": json.load(open(path))}
    if newer:
        files = fsspec.filesystem(
            "reference", fo=references, remote_protocol="file", asynchronous=True,
            remote_options={"asynchronous": True},
        )
        group = zarr.open_group(zarr.storage.FsspecStore(files, read_only=True, path=""), mode="r")
    else:
        group = zarr.open_group(fsspec.filesystem("reference", fo=references).get_mapper(""), mode="r")
    for name, array in group.arrays():
        np.save(f"{path}.{name}.npy", array[...])
        assert np.array_equal(array[3:40:7, 1:], array[...][3:40:7, 1:])
print("numcodecs" in sys.modules, "vspec.commands" in sys.modules)
"""
RECORD = np.dtype([("head", "u1", 5), ("x", "u1", (3, 7, 3)), ("p", "u1", (14, 3)), ("f", ">u4", (7, 2))])
COUNT, SIZE = 23, 5  # records, and those of a chunk: the last one is short


def pythons():
    old = os.environ.get("VSPEC_ZARR2_PYTHON")
    reason = "no environment with zarr 2: VSPEC_ZARR2_PYTHON names its Python (.ci/run makes one)"
    missing = () if old else (pytest.mark.skipif(not os.environ.get("CI"), reason=reason),)
    return (pytest.param(sys.executable, id="zarr 3"), pytest.param(old, id="zarr 2", marks=missing))


@pytest.fixture
def site(tmp_path):
    """The codecs and what they stand on, put beside others as an installation does, entry points included."""
    found = tmp_path / "site"
    for part in ("codecs", "errors", "datatypes.py", "version.py", "__init__.py"):
        source, target = ROOT / "vspec" / part, found / "vspec" / part
        target.parent.mkdir(parents=True, exist_ok=True)
        if source.is_dir():
            shutil.copytree(source, target, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            shutil.copy(source, target)
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    lines = []
    for group, points in project["entry-points"].items():
        lines += [f"[{group}]", *(f"{name} = {target}" for name, target in points.items())]
    info = found / "vspec_maps-0.dist-info"
    info.mkdir()
    (info / "entry_points.txt").write_text("\n".join(lines) + "\n")
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: vspec-maps\nVersion: 0\n")
    return found


def record_axis(size=SIZE):
    return {"records": size, "stride": RECORD.itemsize, "last": COUNT % SIZE}


def chains():
    """By array: the chain in the order of decoding, the dtype, the columns, and the numbers by numpy."""
    place = {name: RECORD.fields[name][1] for name in RECORD.names}
    rng = np.random.default_rng(5)
    raw = rng.integers(0, 256, COUNT * RECORD.itemsize, dtype=np.uint8)
    rows = raw.view(RECORD)
    gather = {"id": "vspec.gather", "item": 3}
    big = rows["x"].swapaxes(1, 2).reshape(-1, 3, 3).astype(np.int64)
    wide = big[..., 0] << 16 | big[..., 1] << 8 | big[..., 2]
    pairs = rows["p"].reshape(-1, 3).astype(np.int64)
    twelve = np.stack([pairs[:, 0] | (pairs[:, 1] & 15) << 8, pairs[:, 2] | (pairs[:, 1] >> 4) << 8], 1)
    words = rows["f"].reshape(-1, 2).astype(np.int64)
    floats = np.where(words >> 31, -1.0, 1.0) * (words & 0xFFFFFF) * 16.0 ** ((words >> 24 & 127) - 70.0)
    return raw, {
        "wide": (
            [
                gather
                | {"offset": 5, "axes": [record_axis(), {"size": 7, "stride": 3}, {"size": 3, "stride": 21}]},
                bits(3, [[[0, 23]]], "<i4", "big"),
            ],
            (wide ^ 1 << 23) - (1 << 23),
        ),
        "twelve": (
            [
                gather | {"offset": place["p"], "axes": [record_axis(), {"size": 14, "stride": 3}]},
                bits(3, [[[0, 11]], [[16, 23], [12, 15]]], "<i2", "little"),
            ],
            (twelve ^ 1 << 11) - (1 << 11),
        ),
        "floats": (
            [
                {
                    "id": "vspec.gather",
                    "item": 4,
                    "offset": place["f"],
                    "axes": [record_axis(), {"size": 7, "stride": 8}, {"offsets": [4, 0]}],
                },
                {"id": "vspec.ibm32", "endian": "big", "dtype": "<f8"},
            ],
            floats[:, ::-1],
        ),
    }


def bits(word, values, dtype, endian):
    sign = "twos-complement"
    return {
        "id": "vspec.bits",
        "word": word,
        "endian": endian,
        "values": values,
        "sign": sign,
        "dtype": dtype,
    }


def named(config):
    return {"name": config["id"], "configuration": {key: config[key] for key in config if key != "id"}}


def documents(path, chain, truth, zarr_format):
    """The metadata and the references of an array."""
    dtype, rows = chain[-1]["dtype"], truth.shape[0] // COUNT
    grid = {"shape": list(truth.shape), "chunks": [SIZE * rows, truth.shape[1]]}
    if zarr_format == 2:
        codecs = {"compressor": chain[0], "filters": chain[:0:-1], "order": "C", "dtype": dtype}
        found = {".zarray": {"zarr_format": 2, "fill_value": None, **grid, **codecs}}
        keys = "{}.0"
    else:
        kind = {"<i2": "int16", "<i4": "int32", "<f8": "float64"}[dtype]
        little = {"name": "bytes", "configuration": {"endian": "little"}}
        found = {
            "zarr.json": {
                "zarr_format": 3,
                "node_type": "array",
                "shape": grid["shape"],
                "data_type": kind,
                "chunk_grid": {"name": "regular", "configuration": {"chunk_shape": grid["chunks"]}},
                "chunk_key_encoding": {"name": "default"},
                "fill_value": 0,
                "codecs": [little, *(named(config) for config in chain[::-1])],
                "attributes": {},
            }
        }
        keys = "c/{}/0"
    for number in range(-(-COUNT // SIZE)):
        count = min(SIZE, COUNT - number * SIZE)
        start = number * SIZE * RECORD.itemsize
        found[keys.format(number)] = [str(path), start, count * RECORD.itemsize]
    return found


@pytest.mark.peer
@pytest.mark.parametrize("python", pythons())
def test_packed_chunks_are_read_without_a_word_about_vspec(tmp_path, site, python):
    raw, arrays = chains()
    data = tmp_path / "a.rec"
    data.write_bytes(raw.tobytes())
    formats = (2, 3) if python == sys.executable else (2,)
    roots = {2: {".zgroup": {"zarr_format": 2}}, 3: {"zarr.json": {"zarr_format": 3, "node_type": "group"}}}
    for number in formats:
        found = {**roots[number]}
        for name, (chain, truth) in arrays.items():
            for key, value in documents(data, chain, truth, number).items():
                found[f"{name}/{key}"] = value
        refs = {key: value if isinstance(value, list) else json.dumps(value) for key, value in found.items()}
        (tmp_path / f"{number}.json").write_text(json.dumps(refs))
    done = subprocess.run(
        [python, "-W", "ignore", "-c", READ, str(tmp_path), *(str(tmp_path / f"{n}.json") for n in formats)],
        env={**os.environ, "PYTHONPATH": str(site)},
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.split() == ["True", "False"]
    for number in formats:
        for name, (_, truth) in arrays.items():
            read = np.load(tmp_path / f"{number}.json.{name}.npy")
            np.testing.assert_array_equal(read, truth, f"{name}, Zarr v{number}")
