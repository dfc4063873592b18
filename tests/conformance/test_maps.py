"""Cards with tiny data, and the whole map that each must give; the expected maps are read independently."""

from __future__ import annotations

import base64
import hashlib
import json
from pathlib import Path

import numpy as np
import pytest

from vspec import __version__
from vspec.commands import ApplyOptions, apply, verify
from vspec.commands.relocate import relocate

FOLDER = Path(__file__).with_name("maps")
CASES = sorted(path.parent for path in FOLDER.glob("*/case.json"))
EVERY_CASE = pytest.mark.parametrize("folder", CASES, ids=lambda folder: folder.name)


def case_of(folder: Path) -> dict:
    return json.loads((folder / "case.json").read_text(encoding="utf-8"))


def piece(said: dict) -> bytes:
    """Return the bytes of one piece of a file."""
    if "hex" in said:
        return bytes.fromhex(said["hex"])
    if "zeros" in said:
        return bytes(said["zeros"])
    kind = np.dtype(said["dtype"])
    numbers = said.get("start", 0) + said.get("step", 1) * np.arange(said["count"])
    return numbers.astype(kind).tobytes()


def contents(folder: Path) -> dict[str, bytes]:
    return {name: b"".join(map(piece, pieces)) for name, pieces in case_of(folder)["files"].items()}


def expected_values(said: object) -> np.ndarray:
    if not isinstance(said, dict):
        return np.array(said)
    index = np.indices(said["shape"], dtype=np.float64 if "f" in said["dtype"] else np.int64)
    steps = np.reshape(said["steps"], (-1, *[1] * len(said["shape"])))
    return (said.get("start", 0) + (index * steps).sum(axis=0)).astype(said["dtype"])


def expected_map(folder: Path, name: str) -> dict:
    return json.loads((folder / f"{name}.vspec.json").read_text(encoding="utf-8"))


def sidecar_of(folder: Path, name: str) -> bytes | None:
    path = folder / f"{name}.vspec.bin.hex"
    return bytes.fromhex(path.read_text(encoding="ascii")) if path.exists() else None


def sidecar_name(name: str, content: bytes) -> str:
    return f"{name}.{hashlib.blake2b(content, digest_size=16).hexdigest()[:16]}.vspec.bin"


def make(folder: Path, place: Path) -> Path:
    """Write the data and map them; return the folder of the maps."""
    for name, data in contents(folder).items():
        path = place / "data" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)
    options = ApplyOptions(**{"base_url": "file:///R", **case_of(folder).get("options", {})})
    report = apply(folder / "card.yaml", place / "data", place / "maps", options=options)
    assert report.problems == ()
    return place / "maps"


def plain(path: Path) -> dict:
    """Return a map with its metadata as JSON, without what repeats, and with no version."""
    document = json.loads(path.read_text(encoding="utf-8"))
    refs = {
        k: json.loads(v) if k.rpartition("/")[2].startswith(".z") else v for k, v in document["refs"].items()
    }
    consolidated = refs.pop(".zmetadata")
    metadata = {k: v for k, v in refs.items() if k.rpartition("/")[2].startswith(".z")}
    assert consolidated == {"metadata": metadata, "zarr_consolidated_format": 1}
    assert refs[".zattrs"]["vspec"]["vspec"] == __version__
    refs[".zattrs"]["vspec"]["vspec"] = "VERSION"
    return {"version": document["version"], "refs": refs}


# --- a reader that knows Kerchunk references and Zarr 2 metadata, and nothing else ----------------


def chunk_bytes(reference: object, files: dict[str, bytes]) -> bytes | None:
    if isinstance(reference, list):
        url, offset, nbytes = reference
        found = files[url][offset : offset + nbytes]
        assert len(found) == nbytes
        return found
    if isinstance(reference, str):
        return base64.b64decode(reference.removeprefix("base64:"), validate=True)
    return None


def read(refs: dict, path: str, files: dict[str, bytes]) -> np.ndarray:
    """Return an array in the order its card asks for."""
    array, attrs = refs[f"{path}/.zarray"], refs[f"{path}/.zattrs"]
    assert (array["compressor"], array["filters"], array["order"]) == (None, None, "C")
    shape, chunks, dtype = array["shape"], array["chunks"], np.dtype(array["dtype"])
    found = np.zeros(shape, dtype)
    grid = [-(-size // chunk) for size, chunk in zip(shape, chunks, strict=True)]
    for cell in np.ndindex(*grid):
        data = chunk_bytes(refs.get(f"{path}/{'.'.join(map(str, cell)) or '0'}"), files)
        assert data is not None, f"chunk {cell} of {path}"
        corner = [at * chunk for at, chunk in zip(cell, chunks, strict=True)]
        place = tuple(slice(at, at + chunk) for at, chunk in zip(corner, chunks, strict=True))
        target = found[(*place, ...)]
        target[...] = np.frombuffer(data, dtype).reshape(chunks)[tuple(slice(n) for n in target.shape)]
    stored, asked = attrs["_ARRAY_DIMENSIONS"], attrs["vspec"]["dims"]
    turned = found.transpose([stored.index(name.removeprefix("-")) for name in asked])
    return turned[tuple(slice(None, None, -1 if name.startswith("-") else 1) for name in asked)]


def arrays_of(refs: dict) -> list[str]:
    return sorted(key.removesuffix("/.zarray") for key in refs if key.endswith("/.zarray"))


# --- the tests -------------------------------------------------------------------------------------


def test_there_are_cases():
    assert len(CASES) >= 25
    for folder in CASES:
        assert case_of(folder)["about"]
        assert sorted(case_of(folder)["maps"]) == sorted(
            p.name.split(".")[0] for p in folder.glob("*.vspec.json")
        )


def test_every_rung_of_the_tail_ladder_has_a_case(tmp_path):
    rungs = set()
    for number, folder in enumerate(CASES):
        make(folder, tmp_path / str(number))
        options = ApplyOptions(**{**case_of(folder).get("options", {}), "dry_run": True})
        report = apply(folder / "card.yaml", tmp_path / str(number) / "data", options=options)
        rungs |= {array.tail for made in report.maps for array in made.arrays}
    assert rungs == {"none", "divisor", "overhang", "single", "padded-inline", "padded-sidecar"}


@EVERY_CASE
def test_the_expected_map_gives_the_values_of_the_case(folder):
    files = {f"file:///R/{name}": data for name, data in contents(folder).items()}
    for name, values in case_of(folder)["maps"].items():
        refs = expected_map(folder, name)["refs"]
        sidecar = sidecar_of(folder, name)
        if sidecar is not None:
            files[f"file:///R/{sidecar_name(name, sidecar)}"] = sidecar
        assert arrays_of(refs) == sorted(values)
        for path, said in values.items():
            found, expected = read(refs, path, files), expected_values(said)
            assert found.shape == expected.shape
            np.testing.assert_array_equal(found, expected, err_msg=path)


@EVERY_CASE
def test_apply_makes_the_expected_map(folder, tmp_path):
    maps = make(folder, tmp_path)
    names = sorted(case_of(folder)["maps"])
    assert sorted(path.name for path in maps.glob("*.json")) == [f"{name}.vspec.json" for name in names]
    for name in names:
        assert plain(maps / f"{name}.vspec.json") == expected_map(folder, name)
        expected = sidecar_of(folder, name)
        named = {} if expected is None else {sidecar_name(name, expected): expected}
        assert {path.name: path.read_bytes() for path in maps.glob(f"{name}.*.bin")} == named


@EVERY_CASE
def test_apply_makes_the_same_bytes_twice(folder, tmp_path):
    first, second = (make(folder, tmp_path / number) for number in ("1", "2"))
    assert {p.name: p.read_bytes() for p in first.iterdir()} == {
        p.name: p.read_bytes() for p in second.iterdir()
    }


@EVERY_CASE
def test_the_map_is_verified(folder, tmp_path):
    for path in make(folder, tmp_path).glob("*.json"):
        relocate(path, tmp_path / "data")
        assert verify(path).problems == ()
