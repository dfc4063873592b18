"""Heaps of HDF5 that lead nowhere: the library reads them for good, so they are looked at before.

Files are read in a process of its own, which is ended when it takes too long.
"""

from __future__ import annotations

import json
import struct
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import h5py
import numpy as np
import pytest

from vspec.containers.hdf5_heap import Watched
from vspec.containers.model import ContainerFile
from vspec.errors import VspecError
from vspec.peers.hdf5 import read_hdf5
from vspec.sources import Files, data_file
from vspec.testing.delegates import opened

ROOT = Path(__file__).resolve().parents[2]
LOOK = """
import json, sys
from pathlib import Path
from vspec.testing.delegates import opened
store = opened("hdf5", Path(sys.argv[1]), "x.h5")
found = {path: store.layout(path).shape for path in store.container.entries}
print(json.dumps([sorted(found), {one.path: one.reason for one in store.container.lost}]))
"""
NUMBERS = np.arange(35, dtype="<i4").reshape(7, 5)


def texts(file: h5py.File) -> None:
    file.create_dataset("lost", data=["a", "bcd"], dtype=h5py.string_dtype())


def an_attribute(file: h5py.File) -> None:
    file["plain"].attrs["lost"] = "a text of no fixed length"


def regions(file: h5py.File) -> None:
    file["plain"].attrs["lost"] = file["plain"].regionref[2:4, 1:3]


def lists(file: h5py.File) -> None:
    made = file.create_dataset("lost", (2,), h5py.vlen_dtype("<i2"))
    made[0] = [1, 2, 3]


def a_virtual_dataset(file: h5py.File) -> None:
    layout = h5py.VirtualLayout((14, 5), "<i4")
    layout[:7], layout[7:] = h5py.VirtualSource(file["plain"]), h5py.VirtualSource(file["plain"])
    file.create_virtual_dataset("lost", layout)


def a_virtual_dataset_with_many_attributes(file: h5py.File) -> None:
    """Its header goes on elsewhere."""
    a_virtual_dataset(file)
    for number in range(7):
        file["lost"].attrs[f"n{number}"] = np.arange(7.0)


KINDS = (texts, an_attribute, regions, lists, a_virtual_dataset, a_virtual_dataset_with_many_attributes)


def heaps(raw: bytes) -> list[int]:
    found, at = [], raw.find(b"GCOL\x01")
    while at >= 0:
        found.append(at)
        at = raw.find(b"GCOL\x01", at + 1)
    return found


def spoil(path: Path, size: int = 0) -> None:
    """Set the size of the free space at the end of each heap: nothing has index 0."""
    raw = bytearray(path.read_bytes())
    found = heaps(bytes(raw))
    for at in found:
        end, place = at + struct.unpack_from("<Q", raw, at + 8)[0], at + 16
        while struct.unpack_from("<H", raw, place)[0]:
            place += 16 + -(-struct.unpack_from("<Q", raw, place + 8)[0] // 8) * 8
        assert struct.unpack_from("<Q", raw, place + 8)[0] == end - place
        struct.pack_into("<Q", raw, place + 8, size)
    assert found
    path.write_bytes(raw)


def look(folder: Path) -> tuple[list[str], dict[str, str]]:
    command = [sys.executable, "-c", LOOK, str(folder)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=60, check=True)
    entries, lost = json.loads(done.stdout)
    return entries, lost


@pytest.mark.parametrize("block", (0, 512))
@pytest.mark.parametrize("libver", ("earliest", "latest"))
@pytest.mark.parametrize("kind", KINDS)
def test_a_heap_with_free_space_of_no_size_is_said_to_be_damaged(
    kind: Callable[[h5py.File], None], libver: str, block: int, tmp_path: Path
):
    with h5py.File(tmp_path / "x.h5", "w", libver=libver, userblock_size=block) as file:
        file["plain"] = NUMBERS
        kind(file)
    whole = opened("hdf5", tmp_path, "x.h5")
    assert whole.container.lost == () or kind is lists
    whole.files.close()
    spoil(tmp_path / "x.h5")
    entries, lost = look(tmp_path)
    assert entries == ["plain"]
    assert list(lost) in (["lost"], ["plain@lost"])
    assert "is damaged: an object at" in next(iter(lost.values())) or kind is lists


def test_a_source_of_a_virtual_dataset_with_a_damaged_heap(tmp_path: Path):
    with h5py.File(tmp_path / "inner.h5", "w") as file:
        file["plain"] = NUMBERS
        a_virtual_dataset(file)
    with h5py.File(tmp_path / "x.h5", "w") as file:
        layout = h5py.VirtualLayout((14, 5), "<i4")
        layout[:] = h5py.VirtualSource("inner.h5", "lost", (14, 5))
        file.create_virtual_dataset("outer", layout)
        file["link"] = h5py.ExternalLink("inner.h5", "/lost")
    spoil(tmp_path / "inner.h5")
    entries, lost = look(tmp_path)
    assert entries == ["outer"]
    assert "is damaged" in lost["link"]


def test_numbers_beside_texts_whose_heap_is_damaged(tmp_path: Path):
    texts = h5py.string_dtype()
    inner = np.dtype([("t", texts), ("n", "<i2", (2,))])
    made = np.zeros(3, np.dtype([("t", texts), ("n", "<f8"), ("in", inner, (2,))]))
    made["t"], made["in"]["t"] = "one", "two"
    made["n"], made["in"]["n"] = [1, 2, 3], np.arange(12).reshape(3, 2, 2)
    with h5py.File(tmp_path / "x.h5", "w") as file:
        file["records"] = made
    assert read_hdf5(tmp_path / "x.h5", "records/n", (slice(1, 3),)).tolist() == [2, 3]
    spoil(tmp_path / "x.h5")
    entries, lost = look(tmp_path)
    assert entries == ["records/in/n", "records/n"]
    assert sorted(lost) == ["records/in/t", "records/t"]
    with pytest.raises(VspecError, match="V0361"):
        read_hdf5(tmp_path / "x.h5", "records/n", (slice(None),))
    store = opened("hdf5", tmp_path, "x.h5")
    found = store.mapped(tmp_path, entries)
    assert found["records/n"].tolist() == [1, 2, 3]
    assert found["records/in/n"].tolist() == np.arange(12).reshape(3, 2, 2).tolist()


@pytest.mark.parametrize("size", (1, 15, 1 << 40, (1 << 64) - 1))
def test_other_sizes_that_lead_nowhere(size: int, tmp_path: Path):
    with h5py.File(tmp_path / "x.h5", "w") as file:
        texts(file)
    spoil(tmp_path / "x.h5", size)
    _, lost = look(tmp_path)
    assert "is damaged" in lost["lost"]


def watched(path: Path) -> Watched:
    files = Files(path.parent)
    return Watched(ContainerFile(files, files.add(data_file(path.name, path))), 8)


@pytest.mark.parametrize("first", range(96, 105))
def test_a_heap_is_found_where_a_read_begins_or_ends_within_its_signature(first: int, tmp_path: Path):
    raw = bytes(100) + b"GCOL\x01\0\0\0" + struct.pack("<Q", 64) + bytes(48) + bytes(7)
    (tmp_path / "x").write_bytes(raw)
    file = watched(tmp_path / "x")
    file.seek(first)
    with pytest.raises(OSError, match="the heap at 100 is damaged: an object at 16 has 0 bytes"):
        file.read(5)


def test_reads_are_the_bytes_of_the_file_and_zeros_behind_it(tmp_path: Path):
    raw = bytes(range(97))
    (tmp_path / "x").write_bytes(raw)
    file = watched(tmp_path / "x")
    assert file.read(3) == raw[:3]
    assert file.tell() == 3
    file.seek(2, 1)
    assert file.read(11) == raw[5:16]
    file.seek(-2, 2)
    assert file.read(5) == raw[95:] + b"\0\0\0"
    file.seek(1000)
    assert file.read(2) == b"\0\0"
