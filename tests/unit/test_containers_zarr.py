"""Zarr stores: real ones as their library reads them, and damaged ones with a code."""

from __future__ import annotations

import csv
import json
import os
import zipfile
from pathlib import Path

import numpy as np
import pytest
import zarr

from vspec.errors import VspecError
from vspec.layout import Chunked, Derived, Strided
from vspec.peers.zarr import read_zarr
from vspec.testing.delegates import opened

pytestmark = pytest.mark.filterwarnings("ignore::UserWarning")

CORPUS = Path(os.environ.get("VSPEC_CORPUS", Path(__file__).parents[2] / "../shared/data"))
FORMATS = ("zarr_v2", "zarr_v2_zspy", "zarr_v3")


def real_stores() -> list[tuple[str, str]]:
    """Return entries of real files and their root's metadata file."""
    if not (CORPUS / "INDEX.csv").exists():
        return []
    found = []
    with (CORPUS / "INDEX.csv").open(newline="") as rows:
        for row in csv.DictReader(rows):
            if row["format"] in FORMATS and row["set"] == "readable":
                names = (".zgroup", ".zarray", "zarr.json")
                files = [name for name in row["files"].split(";") if name.rpartition("/")[2] in names]
                found.append((row["id"], min(files, key=lambda name: name.count("/"))))
    return found


@pytest.mark.skipif(not real_stores(), reason="the real files are not here")
@pytest.mark.parametrize(("entry", "name"), real_stores())
def test_real_stores_are_equal_through_a_map(entry: str, name: str, tmp_path: Path):
    facts = json.loads((CORPUS / "ORACLE.json").read_text())[entry]["arrays"]["data"]
    store = opened("zarr", CORPUS.resolve(), name)
    lost = {item.path: item.reason for item in store.container.lost}
    if not store.container.entries:
        assert lost == {"data": "its values are texts, not numbers"}
        return
    (path,) = store.container.entries
    root = zarr.open((CORPUS / name).parent, mode="r")
    expected = (root if isinstance(root, zarr.Array) else root[path])[...]
    assert list(expected.shape) == facts["shape"]
    found = store.mapped(tmp_path, [path])[path]
    order = [int(axis.rpartition("_")[2]) for axis in store.container.entries[path].axes]
    assert np.array_equal(found, expected.transpose(order))
    assert np.array_equal(read_zarr(CORPUS / name, path, (slice(None),) * found.ndim), found)
    assert expected.ravel()[:3].tolist() == pytest.approx(facts["first"][:3])


def group_of_both_kinds(folder: Path, version: int) -> zarr.Group:
    root = zarr.create_group(folder / "s.zarr", zarr_format=version, attributes={"who": "me", "nan": np.nan})
    inner = root.create_group("a/b", attributes={"deep": [1, {"x": None}]})
    array = inner.create_array("x", shape=(7, 5), chunks=(3, 2), dtype="<f8", fill_value=np.nan)
    array[:3, :2] = 1.5
    return root


@pytest.mark.parametrize(("version", "name"), ((2, ".zgroup"), (3, "zarr.json")))
def test_groups_attributes_and_absent_chunks(version: int, name: str, tmp_path: Path):
    group_of_both_kinds(tmp_path, version)
    store = opened("zarr", tmp_path, f"s.zarr/{name}")
    assert store.container.groups == {"": {"who": "me"}, "a": {}, "a/b": {"deep": [1, {"x": None}]}}
    assert [(item.path, "nan" in item.reason) for item in store.container.lost] == [("@nan", True)]
    source = store.layout("a/b/x").source
    assert isinstance(source, Chunked)
    assert np.flatnonzero(source.file >= 0).tolist() == [0]
    found = store.mapped(tmp_path, ["a/b/x"])["a/b/x"]
    expected = np.full((7, 5), np.nan)
    expected[:3, :2] = 1.5
    assert np.array_equal(found, expected, equal_nan=True)


def test_a_stale_list_of_metadata_hides_nothing(tmp_path: Path):
    root = group_of_both_kinds(tmp_path, 3)
    zarr.consolidate_metadata(root.store)
    zarr.create_array(tmp_path / "s.zarr", name="late", data=np.arange(3), zarr_format=3)
    assert set(opened("zarr", tmp_path, "s.zarr/zarr.json").container.entries) == {"a/b/x", "late"}


def test_names_of_dimensions_are_kept_where_they_say_one_size(tmp_path: Path):
    root = zarr.create_group(tmp_path / "s.zarr", zarr_format=3)
    for name, shape in (("full", (6, 4)), ("half", (3, 4))):
        root.create_array(name, shape=shape, chunks=shape, dtype="u1", dimension_names=["y", "x"])
    root.create_array("twice", shape=(4, 4), chunks=(4, 4), dtype="u1", dimension_names=["x", "x"])
    container = opened("zarr", tmp_path, "s.zarr/zarr.json").container
    assert {path: entry.axes for path, entry in container.entries.items()} == {
        "full": ("y", "x"),
        "half": ("half_axis_0", "x"),
        "twice": ("x", "twice_axis_1"),
    }
    assert [item.path for item in container.lost] == ["half", "twice"]


def test_records_give_their_numbers(tmp_path: Path):
    kind = np.dtype([("t", "<f8"), ("n", ">i2"), ("text", "S3")])
    array = zarr.create_array(
        tmp_path / "s.zarr", shape=(5,), chunks=(2,), dtype=kind, zarr_format=2, fill_value=None
    )
    values = np.zeros(5, kind)
    values["t"], values["n"] = np.arange(5) / 3, np.arange(5) * -7
    array[...] = values
    store = opened("zarr", tmp_path, "s.zarr/.zarray")
    assert {path: str(entry.dtype) for path, entry in store.container.entries.items()} == {
        "data/t": "float64",
        "data/n": ">i2",
    }
    assert isinstance(store.layout("data/n").source, Derived)
    found = read_zarr(tmp_path / "s.zarr/.zarray", "data/n", (slice(1, 4),))
    assert found.tolist() == [-7, -14, -21]


def test_large_plain_chunks_can_be_cut_anew(tmp_path: Path):
    values = np.arange(5 * 2**20 + 3, dtype="<i8")
    zarr.create_array(tmp_path / "s.zarr", data=values, chunks=(3 * 2**20,), compressors=None, zarr_format=2)
    store = opened("zarr", tmp_path, "s.zarr/.zarray")
    source = store.layout("data").source
    assert isinstance(source, Strided)
    assert source.runs.count.tolist() == [3 * 2**20, 2 * 2**20 + 3]
    assert np.array_equal(store.mapped(tmp_path, ["data"])["data"], values)


@pytest.mark.parametrize("version", (2, 3))
@pytest.mark.parametrize("method", (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED))
def test_zip_files(version: int, method: int, tmp_path: Path):
    with zarr.storage.ZipStore(tmp_path / "s.zip", mode="w", compression=method) as target:
        group = zarr.create_group(target, zarr_format=version)
        array = group.create_array("x", shape=(11, 3), chunks=(4, 3), dtype=">u2")
        array[...] = np.arange(33).reshape(11, 3)
    store = opened("zarr", tmp_path, "s.zip")
    source = store.layout("x").source
    expected = np.arange(33).reshape(11, 3)
    if method == zipfile.ZIP_DEFLATED:
        assert isinstance(source, Derived)
        assert "compressed members" in source.reason
    else:
        assert np.array_equal(store.mapped(tmp_path, ["x"])["x"], expected)
    assert np.array_equal(read_zarr(tmp_path / "s.zip", "x", (slice(2, 5), slice(None))), expected[2:5])


def test_links_are_told_and_not_followed(tmp_path: Path):
    group_of_both_kinds(tmp_path, 3)
    (tmp_path / "s.zarr/again").symlink_to(tmp_path / "s.zarr/a")
    container = opened("zarr", tmp_path, "s.zarr/zarr.json").container
    assert ("again", "it is a link to a folder") in [(item.path, item.reason) for item in container.lost]


def test_a_chunk_that_is_a_link_out_of_the_root_is_refused(tmp_path: Path):
    (tmp_path / "secret").write_bytes(b"12345678")
    root = tmp_path / "root"
    zarr.create_array(root / "s.zarr", shape=(1,), chunks=(1,), dtype="i8", compressors=None, zarr_format=2)
    (root / "s.zarr/0").symlink_to(tmp_path / "secret")
    assert refused(root, "s.zarr/.zarray") == "V0416"


def look(root: Path, name: str) -> None:
    for entry in opened("zarr", root, name).container.entries.values():
        entry.layout()


def refused(root: Path, name: str) -> str:
    """Open a store and look at all its layouts; return the code of the error."""
    with pytest.raises(VspecError) as caught:
        look(root, name)
    problem = caught.value.problems[0]
    assert problem.message
    return problem.code


V2 = {"zarr_format": 2, "shape": [4], "chunks": [2], "dtype": "<i2", "order": "C", "fill_value": 0}


@pytest.mark.parametrize(
    "change",
    (
        {"shape": [-1]},
        {"shape": None},
        {"shape": [2**63, 2**63]},
        {"shape": [4, 4]},
        {"shape": [True]},
        {"chunks": [0]},
        {"dtype": "nonsense"},
        {"dtype": [["a"]]},
        {"dtype": 5},
        {"order": "K"},
        {"fill_value": "x"},
        {"fill_value": 70000},
        {"fill_value": 1.5},
        {"filters": {}},
        {"filters": [5]},
        {"dimension_separator": "|"},
        {"zarr_format": 3},
    ),
)
def test_metadata_that_contradict_the_format(change: dict[str, object], tmp_path: Path):
    (tmp_path / ".zarray").write_text(json.dumps(V2 | change))
    assert refused(tmp_path, ".zarray") == "V0361"


@pytest.mark.parametrize("text", ("", "[]", "{", "[" * 10**5, "\xff", '{"a": 1}'))
def test_metadata_that_are_no_object(text: str, tmp_path: Path):
    (tmp_path / ".zarray").write_bytes(text.encode("latin-1"))
    assert refused(tmp_path, ".zarray") == "V0361"


def test_a_grid_of_nothing_but_holes_is_not_allocated(tmp_path: Path):
    (tmp_path / ".zarray").write_text(json.dumps(V2 | {"shape": [10**15], "chunks": [1]}))
    (tmp_path / "7").write_bytes(b"ab")
    assert refused(tmp_path, ".zarray") == "V0362"


def test_what_is_no_store(tmp_path: Path):
    (tmp_path / "x.bin").write_bytes(b"PK\x03\x04" + bytes(40))
    assert refused(tmp_path, "x.bin") == "V0361"
    (tmp_path / "y.bin").write_bytes(b"")
    assert refused(tmp_path, "y.bin") == "V0360"
    with zipfile.ZipFile(tmp_path / "z.zip", "w") as target:
        target.writestr("inner/.zgroup", "{}")
    assert refused(tmp_path, "z.zip") == "V0360"


def sharded(folder: Path, location: str = "end") -> np.ndarray:
    values = np.arange(7 * 10, dtype="<i4").reshape(7, 10)
    array = zarr.create_array(
        folder / "s.zarr",
        shape=values.shape,
        shards={"shape": (4, 6), "index_location": location},
        chunks=(2, 3),
        dtype="<i4",
        zarr_format=3,
        config={"write_empty_chunks": False},
    )
    array[...] = values
    return values


@pytest.mark.parametrize("location", ("start", "end"))
def test_shards_are_cells_in_files(location: str, tmp_path: Path):
    values = sharded(tmp_path, location)
    store = opened("zarr", tmp_path, "s.zarr/zarr.json")
    source = store.layout("data").source
    assert isinstance(source, Chunked)
    assert source.chunk == (2, 3)
    assert len(source.file) == 4 * 4
    assert len(set(source.file.tolist())) == 4
    assert np.array_equal(store.mapped(tmp_path, ["data"])["data"], values)


@pytest.mark.parametrize("damage", ("checksum", "short", "empty"))
def test_a_damaged_index_of_a_shard(damage: str, tmp_path: Path):
    sharded(tmp_path)
    shard = tmp_path / "s.zarr/c/0/0"
    raw = bytearray(shard.read_bytes())
    raw[-9] ^= 1
    shard.write_bytes({"checksum": bytes(raw), "short": bytes(raw[-40:]), "empty": b""}[damage])
    assert refused(tmp_path, "s.zarr/zarr.json") == "V0361"
