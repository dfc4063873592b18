"""zarrita, in Node.js, reads maps with the package of `clients/js`: the same bytes as numpy, or an error with a code."""

from __future__ import annotations

import hashlib
import json
import shutil
import subprocess
from collections.abc import Mapping
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

import vspec
from tests.conftest import IN_CI
from vspec.layout import Json

CLIENT = Path(__file__).resolve().parents[2] / "clients" / "js"
VECTORS = Path(__file__).resolve().parents[1] / "conformance" / "codecs"
Arrays = Mapping[str, NDArray[np.generic]]


@pytest.fixture(scope="module")
def node() -> str:
    """The command that runs Node.js, with what the client needs installed."""
    found = shutil.which("node")
    if found is None or not (CLIENT / "node_modules" / "zarrita").is_dir():
        why = "no Node.js, or its packages are not installed: make clients"
        if IN_CI:
            pytest.fail(why)
        pytest.skip(why)
    return found


def run(node: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [node, *arguments], cwd=CLIENT, capture_output=True, text=True, check=False, timeout=120
    )


def digests(node: str, path: Path) -> dict[str, dict[str, Json]]:
    """Return type, shape and digest of each array of a map, as zarrita reads it; or its error."""
    done = run(node, "examples/digest.js", str(path))
    assert done.returncode == 0, done.stderr
    found: dict[str, dict[str, Json]] = json.loads(done.stdout)
    return found


def made(
    folder: Path, card: str, files: Mapping[str, bytes], options: vspec.ApplyOptions | None = None
) -> Path:
    """Return the one map that a card makes of files."""
    for name, data in files.items():
        path = folder / "data" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)
    (folder / "card.yaml").write_text(card, encoding="utf-8")
    report = vspec.apply(folder / "card.yaml", folder / "data", folder / "maps", options=options)
    assert not report.problems, report.problems
    (only,) = report.maps
    return Path(only.map)


def check(node: str, path: Path, expected: Arrays) -> None:
    """Compare what zarrita reads with plain numpy; it gives values in the byte order of this machine."""
    found = digests(node, path)
    assert set(expected) <= set(found)
    for name, values in expected.items():
        own = np.ascontiguousarray(values.astype(values.dtype.newbyteorder("=")))
        wanted = hashlib.sha256(own.tobytes()).hexdigest()
        assert found[name].get("sha256") == wanted, (name, found[name])
        assert found[name]["shape"] == list(values.shape)


def test_the_vectors_of_the_specification(node: str) -> None:
    done = run(node, "--test", "test/codecs.test.js")
    assert done.returncode == 0, done.stdout
    vectors = sum(len(json.loads(path.read_text())) for path in VECTORS.glob("*.json"))
    assert f"# pass {vectors - 1}\n" in done.stdout
    assert "# skipped 1\n" in done.stdout


@pytest.mark.parametrize("kind", ("<i2", ">i2", ">i4", "<u8", ">f8", "|u1", "<f4"))
def test_samples_behind_a_header(node: str, tmp_path: Path, kind: str) -> None:
    """A prime number of samples in small chunks: the last one is padded."""
    samples = np.arange(4999 * 3).reshape(4999, 3).astype(kind)
    word = {"i": "int", "u": "uint", "f": "float"}[kind[1]] + str(8 * int(kind[2]))
    endian = "big" if kind[0] == ">" else "little"
    card = f"""
vspec: 1
files: "{{n}}.dat"
arrays: {{g/raw: {{dtype: {word}, endian: {endian}, offset: 5, shape: {{time: auto, channel: 3}}}}}}
"""
    options = vspec.ApplyOptions(chunk_bytes=4096)
    path = made(tmp_path, card, {"a.dat": b"head\n" + samples.tobytes()}, options)
    check(node, path, {"g/raw": samples})


def test_three_axes_turned_round(node: str, tmp_path: Path) -> None:
    """Arrays keep the order of the bytes, whatever the card asks for."""
    block = np.arange(5 * 7 * 11, dtype="<u2").reshape(5, 7, 11)
    card = """
vspec: 1
files: "{n}.dat"
arrays: {v: {dtype: uint16, shape: {z: 5, y: 7, x: 11}, dims: z y x -> x -y z}}
"""
    check(node, made(tmp_path, card, {"a.dat": block.tobytes()}), {"v": block})


RECORDS = """
vspec: 1
types: {p12: {packed: 3, signed: true, values: ["0..11", "12..23"]}}
files:
  r:
    match: "{n}.rec"
    endian: big
    layout:
      fields:
        record:
          repeat: rest
          fields: {t: uint32, a: "int16[channel=2, sample=3]", p: "p12[tick=4]"}
arrays:
  samples: {from: r.record.a, dims: "record channel sample -> time=(record sample) channel"}
"""
BITS = '  packed: {from: r.record.p, dims: "record tick -> tick=(record tick)"}\n'


@pytest.mark.parametrize("profile", ("packed", "portable"))
def test_records(node: str, tmp_path: Path, profile: str) -> None:
    """Records of 22 bytes, their number prime: gathered from many at once, or a reference for each piece."""
    count = 2111
    table = np.zeros(count, [("t", ">u4"), ("a", ">i2", (2, 3)), ("p", "u1", 6)])
    table["a"] = np.arange(count * 6).reshape(count, 2, 3) - 4000
    raw = np.random.default_rng(3).integers(0, 256, (count, 6), np.uint8)
    table["p"] = raw
    words = raw.reshape(-1, 3).astype(np.int32)
    number = words[:, 0] << 16 | words[:, 1] << 8 | words[:, 2]
    pairs = np.stack([number & 0xFFF, number >> 12], axis=1).reshape(-1).astype(np.int16)
    options = vspec.ApplyOptions(profile=profile, chunk_bytes=4096)
    if profile == "portable":
        path = made(tmp_path, RECORDS, {"a.rec": table.tobytes()}, options)
        check(node, path, {"samples": table["a"].transpose(1, 0, 2).reshape(2, -1)})
        return
    path = made(tmp_path, RECORDS + BITS, {"a.rec": table.tobytes()}, options)
    assert "vspec.gather" in json.loads(path.read_text())["refs"]["samples/.zarray"]
    samples = table["a"].transpose(0, 2, 1).reshape(-1, 2)
    check(node, path, {"samples": samples, "packed": (pairs ^ 0x800) - 0x800})


def test_what_cannot_be_read_is_an_error(node: str, tmp_path: Path) -> None:
    """zarrita takes both for chunks full of fill values, unless the store says otherwise."""
    samples = np.arange(9000, dtype="<i2")
    card = 'vspec: 1\nfiles: "{n}.dat"\narrays: {raw: {dtype: int16, shape: {time: auto}}}\n'
    path = made(tmp_path, card, {"a.dat": samples.tobytes()}, vspec.ApplyOptions(chunk_bytes=4096))
    source = tmp_path / "data" / "a.dat"
    source.write_bytes(samples[:8700].tobytes())
    assert digests(node, path)["raw"]["error"] == "V0742"
    source.unlink()
    assert digests(node, path)["raw"]["error"] == "V0741"
    refs = json.loads(path.read_text())
    del refs["refs"]["raw/2"]
    path.write_text(json.dumps(refs))
    source.write_bytes(samples.tobytes())
    assert digests(node, path)["raw"]["error"] == "V0704"
