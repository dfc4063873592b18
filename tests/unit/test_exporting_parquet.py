"""Kerchunk parquet, read back through fsspec's lazy mapper and zarr."""

from __future__ import annotations

import fsspec
import numpy as np
import pytest
import zarr
from fsspec.implementations.reference import LazyReferenceMapper

from tests.unit.exports import mapped, rig
from tests.unit.opening import codes
from vspec.commands import ExportOptions, export
from vspec.errors import VspecError
from vspec.exporting import parquet


def opened(path):
    """Return the store as a reader of references opens it, with pyarrow in place of fastparquet."""
    mapper = LazyReferenceMapper(str(path), engine="pyarrow")
    options = {"asynchronous": True, "remote_options": {"asynchronous": True}, "skip_instance_cache": True}
    files = fsspec.filesystem("reference", fo=mapper, remote_protocol="file", **options)
    return zarr.open_group(zarr.storage.FsspecStore(files, read_only=True, path=""), mode="r", zarr_format=2)


def test_references_lead_to_the_original_bytes(tmp_path):
    made, raw = rig(tmp_path)
    report = export(made, "parquet", tmp_path / "a.parq")
    assert [(a.path, a.how, a.copied_bytes) for a in report.arrays] == [
        ("raw", "1 reference", 0),
        ("header/counters", "1 reference", 0),
        ("channel_gain", "1 reference", 32),
    ]
    root = opened(tmp_path / "a.parq")
    assert np.array_equal(root["raw"][:], raw)
    assert root["raw"].attrs["_ARRAY_DIMENSIONS"] == ["time", "channel"]
    assert root["channel_gain"][:].tolist() == [0.195, 0.195, 0.39, 0.195]
    assert root["header/counters"][:].tolist() == [0, 1, 2, 3, 4, 5, 6, 7]
    assert [path.name for path in tmp_path.glob(".*")] == []


@pytest.mark.parametrize("size", (100_000, 40, 7))
def test_many_references_in_several_files_and_a_tail_in_the_map(tmp_path, monkeypatch, size):
    monkeypatch.setattr(parquet, "RECORD_SIZE", size)
    raw = np.arange(40009 * 2, dtype=">i4").reshape(-1, 2)
    card = """\
    vspec: 1
    files:
      dat: {match: "{day}_{part:int}.dat", over: part}
    arrays:
      s: {dtype: int32, endian: big, shape: {t: auto, c: 2}, dims: part t c -> t=(part t) c}
    """
    parts = {"a_1.dat": raw[:20000].tobytes(), "a_2.dat": raw[20000:].tobytes()}
    made = mapped(tmp_path, card, parts, chunk_bytes=4096)
    export(made, "parquet", tmp_path / "a.parq")
    count = -(-40009 // opened(tmp_path / "a.parq")["s"].chunks[0])
    files = sorted(path.name for path in (tmp_path / "a.parq" / "s").iterdir())
    assert len(files) == -(-count // size)
    assert np.array_equal(opened(tmp_path / "a.parq")["s"][:], raw)


def test_groups_of_groups_and_missing_sources_are_refused(tmp_path):
    card = "vspec: 1\nfiles: '{n}.dat'\narrays:\n  a/b/s: {dtype: uint8, shape: {t: auto}}\n  t: {dtype: uint8, shape: {t: 7}}\n"
    made = mapped(tmp_path, card, {"a.dat": bytes(range(7))})
    with pytest.raises(VspecError) as caught:
        export(made, "parquet", tmp_path / "a.parq")
    assert codes(caught.value) == ["V0876"]
    assert not (tmp_path / "a.parq").exists()
    export(made, "parquet", tmp_path / "a.parq", ExportOptions(only=("t",)))
    assert opened(tmp_path / "a.parq")["t"][:].tolist() == list(range(7))


def test_a_store_is_replaced_only_on_request(tmp_path):
    made, raw = rig(tmp_path)
    export(made, "parquet", tmp_path / "a.parq")
    with pytest.raises(VspecError) as caught:
        export(made, "parquet", tmp_path / "a.parq")
    assert codes(caught.value) == ["V0873"]
    export(made, "parquet", tmp_path / "a.parq", ExportOptions(force=True))
    assert np.array_equal(opened(tmp_path / "a.parq")["raw"][:], raw)
    assert [path.name for path in tmp_path.glob(".*")] == []
