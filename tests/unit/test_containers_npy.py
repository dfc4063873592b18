"""NumPy's files of one array and archives of several: hand-made ones, and real ones as numpy reads them."""

from __future__ import annotations

import io
import struct
import zipfile
import zlib
from pathlib import Path

import numpy as np
import pytest

from tests.unit.real_arrays import CORPUS, agrees, arrays, real
from vspec.commands import apply, verify
from vspec.containers import npz_checksums
from vspec.errors import VspecError
from vspec.layout import Derived, Strided
from vspec.peers.npy import read_npy
from vspec.peers.npz import read_npz
from vspec.testing.delegates import Opened, opened

REAL = real("npy", "npz")


def npy(
    descr: object, shape: object, data: bytes, *, fortran: object = False, version: int = 1, **more
) -> bytes:
    head = repr({"descr": descr, "fortran_order": fortran, "shape": shape} | more).encode() + b"\n"
    length = struct.pack("<H" if version == 1 else "<I", len(head))
    return b"\x93NUMPY" + bytes([version, 0]) + length + head + data


def written(folder: Path, data: bytes, word: str = "npy") -> Opened:
    (folder / f"x.{word}").write_bytes(data)
    return opened(word, folder, f"x.{word}")


@pytest.mark.parametrize("version", (1, 2, 3))
@pytest.mark.parametrize("order", "<>")
def test_an_array_in_both_orders_of_memory(tmp_path: Path, version: int, order: str):
    numbers = np.arange(15, dtype=f"{order}i2").tobytes()
    store = written(tmp_path, npy(f"{order}i2", (3, 5), numbers, version=version))
    assert store.container.entries["data"].axes == ("axis_0", "axis_1")
    assert store.mapped(tmp_path, ["data"])["data"].tolist() == np.arange(15).reshape(3, 5).tolist()
    turned = written(tmp_path, npy(f"{order}i2", (3, 5), numbers, version=version, fortran=True))
    assert turned.container.entries["data"].axes == ("axis_1", "axis_0")
    assert turned.mapped(tmp_path, ["data"])["data"].tolist() == np.arange(15).reshape(5, 3).tolist()
    assert read_npy(tmp_path / "x.npy", "data", (slice(1, 2), slice(0, 2))).tolist() == [[3, 4]]


def test_records_are_an_array_each_member(tmp_path: Path):
    kind = [
        ("a", "<i4"),
        ("b", ">f8", (2,)),
        ("c", [("x", "|u1"), ("s", "|S2")]),
        ("t", "<M8[ms]"),
        ("u/v", "<i2"),
    ]
    rows = np.zeros(3, np.dtype(kind))
    rows["a"], rows["b"], rows["c"]["x"], rows["u/v"] = (
        [1, 2, 3],
        [[4, 5], [6, 7], [8, 9]],
        [10, 11, 12],
        [13, 14, 15],
    )
    rows["t"] = np.array([16, 17, 18]).astype("M8[ms]")
    store = written(tmp_path, npy(kind, (3,), rows.tobytes()))
    assert [(item.path, item.reason) for item in store.container.lost] == [("data/c/s", "text (|S2)")]
    found = store.mapped(tmp_path, list(store.container.entries))
    assert {path: array.ravel().tolist() for path, array in found.items()} == {
        "data/a": [1, 2, 3],
        "data/b": [4, 5, 6, 7, 8, 9],
        "data/c/x": [10, 11, 12],
        "data/t": [16, 17, 18],
        "data/field4": [13, 14, 15],
    }
    attrs = store.layout("data/t").attrs
    assert attrs["units"] == "milliseconds since 1970-01-01"
    assert attrs["_FillValue"] == -(2**63)
    assert store.container.entries["data/b"].axes == ("axis_0", "b_inner_0")
    for path, array in found.items():
        assert np.array_equal(read_npy(tmp_path / "x.npy", path, (slice(None),) * array.ndim), array)


def test_texts_scalars_and_arrays_without_elements(tmp_path: Path):
    assert written(tmp_path, npy("<U2", (2,), "abc\0".encode("utf-32-le"))).container.groups == {
        "": {"data": ["ab", "c"]}
    }
    scalar = written(tmp_path, npy("<f8", (), struct.pack("<d", 2.5)))
    assert scalar.mapped(tmp_path, ["data"])["data"] == 2.5
    empty = written(tmp_path, npy("<f8", (0, 5, 7), b""))
    assert empty.mapped(tmp_path, ["data"])["data"].shape == (0, 5, 7)


def test_what_follows_the_array_is_named(tmp_path: Path):
    (lost,) = written(tmp_path, npy("|u1", (2,), b"\1\2rest")).container.lost
    assert "after the array" in lost.reason


def asked(folder: Path, data: bytes, array: str | None, word: str) -> None:
    store = written(folder, data, word)
    if array is not None:
        store.layout(array)


def problem_of(folder: Path, data: bytes, array: str | None = "data", word: str = "npy"):
    with pytest.raises(VspecError) as caught:
        asked(folder, data, array, word)
    (problem,) = caught.value.problems
    assert problem.data_file == f"x.{word}"
    return problem


@pytest.mark.parametrize(
    ("data", "code", "words"),
    (
        (b"", "V0360", "is no array of NumPy"),
        (b"PK\x03\x04", "V0360", "is no array of NumPy"),
        (b"\x93NUMPY\x01", "V0361", "version"),
        (b"\x93NUMPY\x04\0" + bytes(8), "V0361", "version"),
        (b"\x93NUMPY\x02\0\xff\xff\xff\x7f", "V0361", "too long"),
        (npy("<f8", (2,), bytes(15)), "V0361", "reaches beyond"),
        (npy("<f8", (1 << 60, 1 << 60), b""), "V0361", "reaches beyond"),
        (npy("<f8", (0, 1 << 60, 1 << 60), b""), "V0361", "reaches beyond"),
        (npy("<f8", (-1,), b""), "V0361", "'shape'"),
        (npy("<f8", (True,), b""), "V0361", "'shape'"),
        (npy("<f8", [2], bytes(16)), "V0361", "'shape'"),
        (npy("<f8", (1,) * 40, bytes(16)), "V0361", "'shape'"),
        (npy("<f8", (2,), bytes(16), fortran=1), "V0361", "'fortran_order'"),
        (npy("<q9", (2,), bytes(16)), "V0361", "'descr'"),
        (npy([("a",)], (2,), bytes(16)), "V0361", "'descr'"),
        (npy("<f8", (2,), bytes(16), more=1), "V0361", "other keys"),
        (npy("|O", (2,), bytes(16)), "V0362", "Python objects"),
        (npy([("a", "|O")], (2,), bytes(16)), "V0362", "Python objects"),
        (b"\x93NUMPY\x01\0\x06\0" + b"((((((", "V0361", "no dictionary"),
        (b"\x93NUMPY\x01\0\x10\x27" + b"(" * 10000, "V0361", "no dictionary"),
    ),
)
def test_damage(tmp_path: Path, data: bytes, code: str, words: str):
    problem = problem_of(tmp_path, data)
    assert problem.code == code
    assert words in problem.message


def archive(members: dict[str, bytes], method: int = zipfile.ZIP_STORED) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", method) as file:
        for name, data in members.items():
            file.writestr(name, data)
    return out.getvalue()


NUMBERS = npy("<i4", (7,), np.arange(7, dtype="<i4").tobytes())


def test_stored_members_lie_as_they_are(tmp_path: Path):
    members = {
        "a.npy": NUMBERS,
        "b/c.npy": npy(">f8", (2, 3), np.arange(6, dtype=">f8").tobytes(), fortran=True),
    }
    members |= {"notes.txt": b"hello", "o.npy": npy("|O", (1,), b"x"), "t.npy": npy("|S2", (2,), b"abcd")}
    store = written(tmp_path, archive(members), "npz")
    assert store.container.groups == {"": {"t": ["ab", "cd"]}}
    assert {item.path for item in store.container.lost} == {"notes.txt", "o"}
    assert isinstance(store.layout("a").source, Strided)
    found = store.mapped(tmp_path, ["a", "b/c"])
    assert found["a"].tolist() == list(range(7))
    assert store.container.entries["b/c"].axes == ("c_axis_1", "c_axis_0")
    assert found["b/c"].tolist() == [[0, 1], [2, 3], [4, 5]]
    assert read_npz(tmp_path / "x.npz", "b/c", (slice(1, 3), slice(0, 2))).tolist() == [[2, 3], [4, 5]]


def test_damaged_archives(tmp_path: Path):
    good = archive({"a.npy": NUMBERS})
    assert problem_of(tmp_path, b"\x93NUMPY", word="npz").code == "V0360"
    assert problem_of(tmp_path, good[:-30], word="npz").code == "V0361"
    assert problem_of(tmp_path, b"PK\x03\x05" + good[4:], word="npz").code == "V0360"
    # The member is not where the directory says.
    assert problem_of(tmp_path, good[:8] + b"\x08" + good[9:], word="npz").code == "V0361"
    short = archive({"a.npy": NUMBERS[:-1]})
    assert "shorter than its array" in problem_of(tmp_path, short, word="npz").message
    locked = bytearray(good)
    locked[good.index(b"PK\x01\x02") + 8] |= 1
    assert written(tmp_path, bytes(locked), "npz").container.lost[0].reason == "it is encrypted"


def flipped(data: bytes, part: bytes) -> bytes:
    """Return an archive with one bit of a part of it, which is there once, turned round."""
    assert data.count(part) == 1
    at = data.index(part) + len(part) // 2
    return data[:at] + bytes([data[at] ^ 1]) + data[at + 1 :]


VALUES = np.arange(1000, 1007, dtype="<i4").tobytes()


def test_a_stored_member_whose_checksum_is_another(tmp_path: Path):
    good = archive({"a.npy": npy("<i4", (7,), VALUES), "b.npy": NUMBERS})
    bad = flipped(good, VALUES)
    problem = problem_of(tmp_path, bad, "a", "npz")
    assert problem.code == "V0361"
    assert "'a.npy' has another checksum" in problem.message
    sums = [zlib.crc32(npy("<i4", (7,), data)) for data in (VALUES, flipped(VALUES, VALUES))]
    assert [problem.expected, problem.found] == [f"CRC-32 {one:08x}" for one in sums]
    with pytest.raises(zipfile.BadZipFile):
        np.load(tmp_path / "x.npz")["a"]
    # The other member is whole, and stays usable.
    assert written(tmp_path, bad, "npz").mapped(tmp_path, ["b"])["b"].tolist() == list(range(7))
    assert written(tmp_path, good, "npz").layout("a").shape == (7,)


def test_a_member_of_records_whose_checksum_is_another(tmp_path: Path):
    raw = npy([("k", "<i4"), ("v", "<i2")], (3,), b"abcdefghijklmnopqr")
    bad = flipped(archive({"a.npy": raw}), b"mnop")
    assert {problem_of(tmp_path, bad, path, "npz").code for path in ("a/k", "a/v")} == {"V0361"}


@pytest.mark.parametrize("method", (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED))
def test_texts_whose_checksum_is_another(tmp_path: Path, method: int):
    good = archive({"t.npy": npy("|S4", (2,), b"abcdefgh")}, method)
    assert written(tmp_path, good, "npz").container.groups == {"": {"t": ["abcd", "efgh"]}}
    total = zlib.crc32(npy("|S4", (2,), b"abcdefgh")).to_bytes(4, "little")
    assert good.count(total) == 2
    at = good.rindex(total)
    wrong = good[:at] + bytes([total[0] ^ 1]) + good[at + 1 :]
    assert "another checksum" in problem_of(tmp_path, wrong, None, "npz").message


def test_a_deflated_member_whose_checksum_is_another(tmp_path: Path):
    data = np.random.default_rng(3).integers(0, 256, 4099, np.uint8).tobytes()
    bad = flipped(archive({"a.npy": npy("|u1", (4099,), data)}, zipfile.ZIP_DEFLATED), data[2000:3000])
    assert isinstance(written(tmp_path, bad, "npz").layout("a").source, Derived)
    with pytest.raises(VspecError) as caught:
        read_npz(tmp_path / "x.npz", "a", (slice(0, 5),))
    (problem,) = caught.value.problems
    assert (problem.code, problem.found) == ("V0361", "Bad CRC-32 for file 'a.npy'")


def test_a_long_member_is_held_against_its_checksum_by_verify(tmp_path: Path, monkeypatch):
    monkeypatch.setattr(npz_checksums, "_AT_ONCE", 40)
    good = archive({"a.npy": npy("<i4", (7,), VALUES), "b.npy": NUMBERS})
    bad = flipped(good, VALUES)
    for data, codes in ((good, []), (bad, ["V0361"])):
        (tmp_path / "x.npz").write_bytes(data)
        report = apply("numpy/npz", tmp_path / "x.npz", tmp_path / "x.vspec.json")
        assert not report.problems
        problems = verify(tmp_path / "x.vspec.json").maps[0].problems
        assert [problem.code for problem in problems] == codes
    assert "'a.npy' has another checksum" in problems[0].message


@pytest.mark.skipif(not REAL, reason="the real files are not here")
@pytest.mark.parametrize(("entry", "file"), REAL)
def test_real_files_are_equal_through_a_map(entry: str, file: str, tmp_path: Path):
    store = opened(file.rpartition(".")[2], CORPUS, file)
    assert store.container.lost == ()
    assert set(store.container.entries) == set(arrays(entry))
    assert not any(isinstance(store.layout(path).source, Derived) for path in store.container.entries)
    found = store.mapped(tmp_path, list(store.container.entries))
    assert all(agrees(fact, found[path]) for path, fact in arrays(entry).items())
