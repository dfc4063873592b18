"""MATLAB files of versions 4 to 7.2: hand-made ones, those of scipy, and real ones as scipy read them."""

from __future__ import annotations

import re
import struct
import zlib
from pathlib import Path

import numpy as np
import pytest
from scipy.io import savemat
from scipy.sparse import csc_matrix

from tests.unit.real_arrays import CORPUS, agrees, arrays, real
from vspec.errors import VspecError
from vspec.layout import Chunked, Derived, Inline, Strided
from vspec.peers.mat import read_mat
from vspec.testing.delegates import Opened, opened

REAL = real("mat4", "mat5", "mat5_zlib")


def written(folder: Path, data: bytes) -> Opened:
    (folder / "x.mat").write_bytes(data)
    return opened("mat", folder, "x.mat")


def saved(folder: Path, variables: dict[str, object], **options) -> Opened:
    savemat(folder / "x.mat", variables, **options)
    return opened("mat", folder, "x.mat")


def matrix4(
    name: str, mopt: int, values: np.ndarray, rows: int, *, imaginary: bool = False, order: str = "<"
) -> bytes:
    columns = values.size // rows // (2 if imaginary else 1)
    head = struct.pack(f"{order}5i", mopt, rows, columns, imaginary, len(name) + 1)
    return head + name.encode() + b"\0" + values.tobytes()


def test_version_4(tmp_path: Path):
    numbers = np.arange(15, dtype="<f8")
    pair = np.array([1, 2, 3, 40, 50, 60], "<i2")
    codes = np.frombuffer(b"adbecf", "u1").astype("<f8")
    sparse = np.array([1, 3, 5, 2, 2, 7, 0.5, 1.5, 0], "<f8")
    store = written(
        tmp_path,
        matrix4("a", 0, numbers, 3)
        + matrix4("z", 30, pair, 1, imaginary=True)
        + matrix4("t", 1, codes, 2)
        + matrix4("s", 2, sparse, 3),
    )
    assert store.container.groups[""] == {"t": ["abc", "def"]}
    assert store.container.groups["s"] == {"matlab_class": "sparse", "first_index": 1, "shape": [5, 7]}
    found = store.mapped(tmp_path, list(store.container.entries))
    assert store.container.entries["a"].axes == ("a_axis_1", "a_axis_0")
    assert found["a"].tolist() == numbers.reshape(5, 3).tolist()
    assert found["z/real"].ravel().tolist() == [1, 2, 3]
    assert found["z/imag"].ravel().tolist() == [40, 50, 60]
    assert found["s/rows"].tolist() == [1, 3]
    assert found["s/columns"].tolist() == [2, 2]
    assert found["s/values"].tolist() == [0.5, 1.5]
    assert read_mat(tmp_path / "x.mat", "z/imag", (slice(1, 3), slice(0, 1))).tolist() == [[50], [60]]


def test_version_4_in_the_other_byte_order(tmp_path: Path):
    store = written(tmp_path, matrix4("a", 1000, np.arange(6, dtype=">f8"), 2, order=">"))
    assert store.mapped(tmp_path, ["a"])["a"].tolist() == [[0, 1], [2, 3], [4, 5]]


def element(kind: int, data: bytes, *, order: str = "<") -> bytes:
    return struct.pack(f"{order}2I", kind, len(data)) + data + b"\0" * (-len(data) % 8)


def small(kind: int, data: bytes) -> bytes:
    return struct.pack("<2H", kind, len(data)) + data.ljust(4, b"\0")


def matrix5(name: bytes, kind: int, shape: list[int], *parts: bytes, flags: int = 0) -> bytes:
    sizes = struct.pack(f"<{len(shape)}i", *shape)
    head = element(6, struct.pack("<2I", kind | flags, 0)) + element(5, sizes) + element(1, name)
    return element(14, head + b"".join(parts))


HEAD = b"MATLAB 5.0 MAT-file".ljust(124) + b"\0\x01IM"


def test_version_5_keeps_what_is_stored(tmp_path: Path):
    doubles = matrix5(b"a", 6, [3, 5], element(2, bytes(range(15))))
    flags = matrix5(b"b", 9, [1, 3], small(2, b"\1\0\1"), flags=0x200)
    pair = matrix5(b"z", 6, [2, 1], element(9, struct.pack("<2d", 1, 2)), small(2, b"\3\4"), flags=0x800)
    wide = matrix5(b"w", 13, [1, 1], element(6, b"\xff\xff\xff\xff"))
    store = written(tmp_path, HEAD + doubles + flags + pair + wide)
    assert store.container.entries["a"].dtype == np.dtype("u1")
    assert store.layout("a").attrs == {"matlab_class": "double"}
    assert store.layout("b").attrs == {"matlab_class": "logical"}
    found = store.mapped(tmp_path, list(store.container.entries))
    assert found["a"].ravel().tolist() == list(range(15))
    assert found["a"].shape == (5, 3)
    assert found["b"].ravel().tolist() == [1, 0, 1]
    assert found["z/real"].tolist() == [[1, 2]]
    assert found["z/imag"].tolist() == [[3, 4]]
    assert found["w"].tolist() == [[2**32 - 1]]


VARIABLES = {
    "s": {"rate": 2.5, "name": "abc", "deep": {"x": np.arange(6).reshape(2, 3)}},
    "c": np.array([np.arange(3.0), "word", np.array([[1 + 2j]])], dtype=object),
    "labels": np.array(["one", "three"], dtype=object),
    "several": np.array([(1, "p"), (2, "q")], dtype=[("n", object), ("t", object)]),
    "lines": np.array(["ab", "cd"]),
    "big": np.arange(5000.0).reshape(50, 100),
    "nothing": np.zeros((0, 3)),
}


@pytest.mark.parametrize("packed", (False, True))
def test_structs_and_cells_by_path(tmp_path: Path, packed: bool):
    store = saved(tmp_path, VARIABLES, do_compression=packed)
    groups = store.container.groups
    assert groups[""] == {"labels": ["one", "three"], "lines": ["ab", "cd"]}
    assert groups["s"] == {"name": "abc", "matlab_class": "struct"}
    assert groups["c"] == {"1": "word", "matlab_class": "cell", "shape": [1, 3]}
    assert groups["several/1"] == {"t": "q"}
    assert groups["several"] == {"matlab_class": "struct", "shape": [1, 2]}
    paths = {
        "s/rate",
        "s/deep/x",
        "c/0",
        "c/2/real",
        "c/2/imag",
        "several/0/n",
        "several/1/n",
        "big",
        "nothing",
    }
    assert set(store.container.entries) == paths
    found = store.mapped(tmp_path, sorted(paths))
    assert found["s/rate"].tolist() == [[2.5]]
    assert found["s/deep/x"].tolist() == [[0, 3], [1, 4], [2, 5]]
    assert found["c/0"].ravel().tolist() == [0, 1, 2]
    assert found["c/2/imag"].tolist() == [[2]]
    assert found["several/1/n"].tolist() == [[2]]
    assert store.container.entries["c/0"].axes == ("c_0_axis_1", "c_0_axis_0")
    assert store.container.entries["c/2/imag"].axes == ("c_2_axis_1", "c_2_axis_0")
    assert found["big"].T.tolist() == VARIABLES["big"].tolist()
    assert found["nothing"].shape == (3, 0)
    kinds = {path: type(store.layout(path).source) for path in paths}
    assert kinds["big"] is (Chunked if packed else Strided)
    assert kinds["s/rate"] is (Inline if packed else Strided)
    for path in paths - {"nothing"}:
        read = read_mat(tmp_path / "x.mat", path, (slice(None),) * found[path].ndim)
        assert np.array_equal(read, found[path]), path


def test_an_array_of_a_long_stream_is_converted(tmp_path: Path):
    numbers = matrix5(b"", 6, [600, 1], element(9, np.arange(600.0).tobytes()))
    long = matrix5(b"", 9, [17 << 20, 1], element(2, bytes(17 << 20)))
    packed = zlib.compress(matrix5(b"c", 1, [2, 1], numbers, long))
    store = written(tmp_path, HEAD + struct.pack("<2I", 15, len(packed)) + packed)
    assert isinstance(store.layout("c/0").source, Derived)
    assert isinstance(store.layout("c/1").source, Chunked)
    assert read_mat(tmp_path / "x.mat", "c/0", (slice(0, 1), slice(5, 7))).tolist() == [[5, 6]]


def test_a_sparse_array_is_its_parts(tmp_path: Path):
    array = csc_matrix(np.array([[0, 2.5, 0], [1.5, 0, 0]]))
    store = saved(tmp_path, {"s": array})
    assert store.container.groups["s"] == {"matlab_class": "sparse", "shape": [2, 3], "first_index": 0}
    found = store.mapped(tmp_path, list(store.container.entries))
    assert found["s/row"].tolist() == [1, 0]
    assert found["s/column_start"].tolist() == [0, 1, 2, 2]
    assert found["s/values"].tolist() == [1.5, 2.5]


def test_the_last_variable_of_a_name_counts(tmp_path: Path):
    store = written(
        tmp_path, HEAD + matrix5(b"a", 6, [1, 1], small(2, b"\1")) + matrix5(b"a", 6, [1, 1], small(2, b"\2"))
    )
    assert store.mapped(tmp_path, ["a"])["a"].tolist() == [[2]]
    assert [item.path for item in store.container.lost] == ["a"]


def test_what_no_map_can_carry_is_named(tmp_path: Path):
    workspace = matrix5(b"", 9, [1, 2], small(2, b"\1\2"))
    function = matrix5(b"f", 16, [1, 1], matrix5(b"", 6, [1, 1], small(2, b"\1")))
    own = element(14, element(6, struct.pack("<2I", 17, 0)) + element(1, b"o") + element(1, b"MCOS"))
    store = written(tmp_path, HEAD + workspace + function + own)
    reasons = {item.path: item.reason for item in store.container.lost}
    assert set(reasons) == {"", "f", "o"}
    assert store.container.entries == {}


def problem_of(folder: Path, data: bytes):
    with pytest.raises(VspecError) as caught:
        written(folder, data)
    (problem,) = caught.value.problems
    assert problem.data_file == "x.mat"
    return problem


ONE = matrix5(b"a", 6, [3, 5], element(2, bytes(range(15))))
PACKED = zlib.compress(ONE)


def compressed(data: bytes, size: int | None = None) -> bytes:
    return HEAD + struct.pack("<2I", 15, len(data) if size is None else size) + data


@pytest.mark.parametrize(
    ("data", "code", "words"),
    (
        (b"", "V0360", "is no MATLAB file"),
        (b"hello world, this is no such file", "V0360", "is no MATLAB file"),
        (HEAD[:124] + b"\0\x02IM" + bytes(400), "V0360", "another version"),
        (HEAD + ONE[:-9], "V0361", "reaches beyond what holds it"),
        (HEAD + ONE[:5], "V0361", "an element is missing"),
        (HEAD + element(3, b"x"), "V0361", "unknown type"),
        (HEAD + matrix5(b"a", 6, [3, 4], element(2, bytes(15))), "V0361", "do not fill its shape"),
        (HEAD + matrix5(b"a", 6, [-3, 5], element(2, bytes(15))), "V0361", "sizes of an array"),
        (HEAD + matrix5(b"a", 6, [3, 5], element(99, bytes(15))), "V0361", "unknown type"),
        (HEAD + matrix5(b"a", 1, [1 << 20, 1 << 10]), "V0361", "more members than bytes"),
        (
            HEAD + matrix5(b"a", 2, [1, 1], small(5, b"\0\0\0\0"), element(1, b"x")),
            "V0361",
            "names of fields",
        ),
        (compressed(PACKED[:-12]), "V0361", "ends too early"),
        (compressed(PACKED, 1 << 30), "V0361", "reaches beyond what holds it"),
        (compressed(b"\0" * 40), "V0361", "cannot be inflated"),
        (compressed(zlib.compress(struct.pack("<2I", 14, 1 << 31))), "V0361", "claims too much"),
        (matrix4("a", 0, np.zeros(3), 3)[:-1], "V0361", "does not fit"),
        (matrix4("a", 0, np.zeros(3), 3) + b"\xff" * 20, "V0361", "unknown type"),
    ),
)
def test_damage(tmp_path: Path, data: bytes, code: str, words: str):
    problem = problem_of(tmp_path, data)
    assert problem.code == code
    assert words in problem.message


def test_nests_without_end_are_bounded(tmp_path: Path):
    inner = b""
    for _ in range(200):
        inner = matrix5(b"", 1, [1, 1], inner or element(14, b""))
    store = written(tmp_path, HEAD + matrix5(b"c", 1, [1, 1], inner))
    assert "nested more than" in store.container.lost[0].reason


def path_of(key: str) -> str:
    """Return the path of an array that another reader calls ``data.trial[0]{2}``."""
    return re.sub(r"\{(\d+)\}", r"/\1", key.replace("[0]", "").replace(".", "/"))


@pytest.mark.skipif(not REAL, reason="the real files are not here")
@pytest.mark.parametrize(("entry", "file"), REAL)
def test_real_files_are_equal_through_a_map(entry: str, file: str, tmp_path: Path):
    store = opened("mat", CORPUS, file)
    found = store.mapped(tmp_path, list(store.container.entries))
    for key, fact in arrays(entry).items():
        path = path_of(key)
        whole = found[path] if path in found else found[f"{path}/real"] + 1j * found[f"{path}/imag"]
        assert agrees(fact, whole.T), path
    for path, array in found.items():
        assert np.array_equal(
            read_mat(CORPUS / file, path, (slice(None),) * array.ndim), array, equal_nan=True
        )
