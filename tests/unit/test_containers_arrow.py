"""Arrow files and streams as pyarrow writes and reads them; damaged ones with a code."""

from __future__ import annotations

import csv
import json
import os
import struct
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest
from pyarrow import feather, ipc

from vspec.errors import VspecError
from vspec.layout import Chunked, Derived, Strided
from vspec.peers.arrow import read_arrow
from vspec.testing.delegates import opened

CORPUS = Path(os.environ.get("VSPEC_CORPUS", Path(__file__).parents[2] / "../shared/data"))


def real_files() -> list[str]:
    if not (CORPUS / "INDEX.csv").exists():
        return []
    with (CORPUS / "INDEX.csv").open(newline="") as rows:
        found = csv.DictReader(rows)
        return [row["id"] for row in found if row["format"] == "arrow_ipc" and row["set"] == "readable"]


@pytest.mark.skipif(not real_files(), reason="the real files are not here")
@pytest.mark.parametrize("name", real_files())
def test_real_files_are_as_their_library_read_them(name: str, tmp_path: Path):
    store = opened("arrow", CORPUS.resolve(), name)
    with pa.OSFile(str(CORPUS / name)) as source:
        reader = ipc.open_file(source)
        table = reader.read_all()
        first = reader.get_batch(0).num_rows
    paths = [path for path in store.container.entries if not isinstance(store.layout(path).source, Derived)]
    found = store.mapped(tmp_path, paths)
    told = {item.path for item in store.container.lost}
    assert {*store.container.entries} | told >= {*table.schema.names}
    facts = json.loads((CORPUS / "ORACLE.json").read_text())[name]["arrays"]
    compared = 0
    for path in paths:
        valid = read_arrow(CORPUS / name, f"{path}_valid", (slice(None),))
        assert valid.tolist() == table.column(path).is_valid().to_pylist()
        assert np.array_equal(read_arrow(CORPUS / name, path, (slice(None),)), found[path])
        for label, fact in facts.items():
            if label.startswith("b0_") and label.partition("_")[2].partition("_")[2].startswith(f"{path}_"):
                assert found[path][:first].tolist()[: len(fact["first"])] == pytest.approx(fact["first"])
                compared += 1
    assert compared == len([label for label in facts if label.startswith("b0_")])


def table_of_all() -> pa.Table:
    count = 101
    values = np.arange(count)
    columns: dict[str, pa.Array] = {
        dtype: pa.array((values * 7 % 113).astype(dtype))
        for dtype in ("i1", "i2", "i4", "i8", "u1", "u2", "u4", "u8", "f2", "f4", "f8")
    }
    columns["with_nulls"] = pa.array([None if n % 5 == 0 else n for n in range(count)], pa.int32())
    columns["time"] = pa.array(values, pa.timestamp("us", "UTC"))
    columns["day"] = pa.array(values.astype("i4"), pa.date32())
    columns["took"] = pa.array(values, pa.duration("ns"))
    columns["text"] = pa.array([str(n) for n in range(count)])
    columns["view"] = pa.array([f"{n} is a text that is not short" for n in range(count)], pa.string_view())
    columns["word"] = pa.array(["a", "b", "a", None] * 25 + ["b"]).dictionary_encode()
    columns["ragged"] = pa.array([[n] * (n % 3) for n in range(count)])
    columns["pair"] = pa.FixedSizeListArray.from_arrays(pa.array(np.arange(2.0 * count)), 2)
    columns["flag"] = pa.array([n % 3 == 0 for n in range(count)])
    columns["box"] = pa.StructArray.from_arrays(
        [pa.array(values * 2), pa.array([str(n) for n in range(count)])], ["n", "t"]
    )
    columns["last"] = pa.array(values[::-1].astype("i2"))
    return pa.table(columns).replace_schema_metadata({"who": "me"})


def write(
    path: Path, table: pa.Table, *, stream: bool = False, rows: int = 13, codec: str | None = None
) -> None:
    options = ipc.IpcWriteOptions(compression=codec)
    make = ipc.new_stream if stream else ipc.new_file
    with make(str(path), table.schema, options=options) as target:
        target.write_table(table, max_chunksize=rows)


EXPECTED_LOST = {"text", "view", "word", "ragged", "box/t"}


@pytest.mark.parametrize("stream", (False, True))
@pytest.mark.parametrize("codec", (None, "lz4", "zstd"))
def test_every_kind_of_column(stream: bool, codec: str | None, tmp_path: Path):
    table = table_of_all()
    write(tmp_path / "x.arrow", table, stream=stream, rows=13 if codec is None else 64, codec=codec)
    store = opened("arrow", tmp_path, "x.arrow")
    assert {item.path for item in store.container.lost} == EXPECTED_LOST
    assert {*store.container.entries} == {*table.schema.names} - EXPECTED_LOST - {"box"} | {
        "with_nulls_valid",
        "box/n",
    }
    assert store.container.groups == {"": {"who": "me"}, "box": {}}
    paths = [path for path in store.container.entries if not isinstance(store.layout(path).source, Derived)]
    assert {*store.container.entries} - {*paths} == {"with_nulls_valid", "flag"}
    kinds = {type(store.layout(path).source) for path in paths}
    assert kinds == {Strided if codec is None else Chunked}
    found = store.mapped(tmp_path, paths)
    for path in ("i1", "i2", "i4", "i8", "u1", "u2", "u4", "u8", "f2", "f4", "f8", "last"):
        assert np.array_equal(found[path], table.column(path).to_numpy())
        assert found[path].dtype == table.column(path).to_numpy().dtype
    assert found["time"].tolist() == list(range(101))
    assert store.layout("time").attrs == {"units": "microseconds since 1970-01-01", "timezone": "UTC"}
    assert store.layout("day").attrs == {"units": "days since 1970-01-01"}
    assert found["box/n"].tolist() == [2 * n for n in range(101)]
    assert found["pair"].tolist() == [[2.0 * n, 2.0 * n + 1] for n in range(101)]
    assert [axis.name for axis in store.layout("pair").axes] == ["row", "pair_axis_1"]
    assert found["with_nulls"][1::5].tolist() == list(range(1, 101, 5))
    for path, entry in store.container.entries.items():
        window = (slice(11, 29), *(slice(None) for _ in entry.shape[1:]))
        peer = read_arrow(tmp_path / "x.arrow", path, window)
        assert peer.dtype == entry.dtype
        if path in found:
            assert np.array_equal(peer, found[path][window])
    assert read_arrow(tmp_path / "x.arrow", "flag", (slice(6),)).tolist() == [True, False, False] * 2
    assert read_arrow(tmp_path / "x.arrow", "with_nulls_valid", (slice(6),)).tolist() == [
        False,
        *[True] * 4,
        False,
    ]


def test_feather_files(tmp_path: Path):
    feather.write_feather(pa.table({"x": np.arange(1000.0)}), str(tmp_path / "x.feather"), compression="lz4")
    store = opened("arrow", tmp_path, "x.feather")
    assert np.array_equal(store.mapped(tmp_path, ["x"])["x"], np.arange(1000.0))


def test_batches_of_unlike_lengths(tmp_path: Path):
    table = pa.table({"x": np.arange(30, dtype="u2")})
    for codec, kind in ((None, Strided), ("zstd", Derived)):
        with ipc.new_file(
            str(tmp_path / "x.arrow"), table.schema, options=ipc.IpcWriteOptions(compression=codec)
        ) as target:
            for start, stop in ((0, 5), (5, 5), (5, 19), (19, 30)):
                target.write_table(table.slice(start, stop - start))
        store = opened("arrow", tmp_path, "x.arrow")
        assert isinstance(store.layout("x").source, kind)
        assert read_arrow(tmp_path / "x.arrow", "x", (slice(4, 7),)).tolist() == [4, 5, 6]
        if kind is Strided:
            assert store.mapped(tmp_path, ["x"])["x"].tolist() == list(range(30))


def test_no_rows_at_all(tmp_path: Path):
    write(tmp_path / "x.arrow", pa.table({"x": pa.array([], pa.int16())}))
    store = opened("arrow", tmp_path, "x.arrow")
    assert store.container.entries["x"].shape == (0,)
    assert store.mapped(tmp_path, ["x"])["x"].tolist() == []
    assert read_arrow(tmp_path / "x.arrow", "x", (slice(None),)).tolist() == []


def test_two_columns_of_one_name(tmp_path: Path):
    table = pa.Table.from_arrays([pa.array([1]), pa.array([2]), pa.array([3])], names=["x", "x", "a/b"])
    write(tmp_path / "x.arrow", table)
    store = opened("arrow", tmp_path, "x.arrow")
    assert [(item.path, item.reason) for item in store.container.lost] == [
        ("x", "another column has its name"),
        ("a/b", "its name has a slash"),
    ]
    assert store.mapped(tmp_path, ["x"])["x"].tolist() == [1]


def refused(folder: Path) -> str:
    with pytest.raises(VspecError) as caught:
        look(folder)
    return caught.value.problems[0].code


def look(folder: Path) -> None:
    for entry in opened("arrow", folder, "x.arrow").container.entries.values():
        entry.layout()


@pytest.mark.parametrize("raw", (b"", b"FEA1" + bytes(40), b"PAR1" + bytes(40), bytes(80)))
def test_other_files(raw: bytes, tmp_path: Path):
    (tmp_path / "x.arrow").write_bytes(raw)
    assert refused(tmp_path) == "V0360"


@pytest.mark.parametrize("keep", (8, 9, 300, -1, -5, -12))
def test_files_that_are_cut_short(keep: int, tmp_path: Path):
    write(tmp_path / "x.arrow", table_of_all())
    (tmp_path / "x.arrow").write_bytes((tmp_path / "x.arrow").read_bytes()[:keep])
    assert refused(tmp_path) == "V0361"


def test_a_block_that_leads_elsewhere(tmp_path: Path):
    write(tmp_path / "x.arrow", pa.table({"x": np.arange(5)}))
    raw = (tmp_path / "x.arrow").read_bytes()
    with pa.OSFile(str(tmp_path / "x.arrow")) as source:
        ipc.open_file(source).get_batch(0)
    length = struct.unpack("<i", raw[-10:-6])[0]
    footer = raw[-10 - length : -10]
    at = raw.index(b"\xff\xff\xff\xff", 16)
    place = footer.index(struct.pack("<q", at))
    (tmp_path / "x.arrow").write_bytes(
        raw[: -10 - length] + footer[:place] + struct.pack("<q", 2**62) + footer[place + 8 :] + raw[-10:]
    )
    assert refused(tmp_path) == "V0361"
