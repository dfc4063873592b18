"""NetCDF classic files: hand-made ones byte by byte, and real ones as the library read them."""

from __future__ import annotations

import struct
from pathlib import Path

import numpy as np
import pytest

from tests.unit.real_arrays import CORPUS, agrees, arrays, real
from vspec.errors import VspecError
from vspec.layout import Affine, Strided
from vspec.peers.netcdf3 import read_netcdf3
from vspec.testing.delegates import Opened, opened

pytestmark = pytest.mark.filterwarnings("ignore:numpy.ndarray size changed:RuntimeWarning")

REAL = real("netcdf3", "minc1")


def name(text: str) -> bytes:
    raw = text.encode()
    return struct.pack(">I", len(raw)) + raw + b"\0" * (-len(raw) % 4)


def attribute(key: str, kind: int, count: int, values: bytes) -> bytes:
    return name(key) + struct.pack(">II", kind, count) + values + b"\0" * (-len(values) % 4)


def listed(tag: int, items: list[bytes]) -> bytes:
    return struct.pack(">II", tag if items else 0, len(items)) + b"".join(items)


def variable(key: str, dims: list[int], kind: int, begin: int, attrs: list[bytes] | None = None) -> bytes:
    own = struct.pack(f">I{len(dims)}I", len(dims), *dims)
    return name(key) + own + listed(12, attrs or []) + struct.pack(">III", kind, 0, begin)


def written(folder: Path, data: bytes) -> Opened:
    (folder / "x.nc").write_bytes(data)
    return opened("netcdf3", folder, "x.nc")


def header(records: int, dims: list[tuple[str, int]], attrs: list[bytes], variables: list[bytes]) -> bytes:
    sizes = [name(key) + struct.pack(">I", size) for key, size in dims]
    return (
        b"CDF\x01"
        + struct.pack(">I", records)
        + listed(10, sizes)
        + listed(12, attrs)
        + listed(11, variables)
    )


def with_places(make, begins: list[int]) -> bytes:
    """Make a header whose variables begin after it, by these steps."""
    size = len(make([0] * len(begins)))
    return make([size + begin for begin in begins])


def test_fixed_and_record_variables(tmp_path: Path):
    def make(at: list[int]) -> bytes:
        return header(
            3,
            [("time", 0), ("x", 5)],
            [attribute("title", 2, 5, b"hello"), attribute("n", 4, 2, struct.pack(">ii", 7, -9))],
            [
                variable("grid", [1], 3, at[0], [attribute("units", 2, 1, b"m")]),
                variable("odd", [0, 1], 1, at[1]),
                variable("t", [0], 6, at[2]),
                variable("one", [], 5, at[3]),
            ],
        )

    # 5 int16 and padding; a record is 5 bytes, 3 of padding, and 8 bytes.
    head = with_places(make, [0, 16, 24, 12])
    odd = np.arange(15, dtype="i1").reshape(3, 5)
    t = np.array([0.5, 1.5, 2.5], ">f8")
    body = np.arange(5, dtype=">i2").tobytes() + b"\0\0" + struct.pack(">f", 2.5)
    for k in range(3):
        body += odd[k].tobytes() + b"\xff\xff\xff" + t[k : k + 1].tobytes()
    store = written(tmp_path, head + body)
    assert store.container.groups == {"": {"title": "hello", "n": [7, -9]}}
    assert store.container.lost == ()
    assert store.container.entries["odd"].axes == ("time", "x")
    assert store.layout("grid").attrs == {"units": "m"}
    found = store.mapped(tmp_path, ["grid", "odd", "t", "one"])
    assert found["grid"].tolist() == [0, 1, 2, 3, 4]
    assert found["odd"].tolist() == odd.tolist()
    assert found["t"].tolist() == [0.5, 1.5, 2.5]
    assert found["one"] == 2.5
    source = store.layout("odd").source
    assert isinstance(source, Strided)
    assert source.runs.stride.tolist() == [16]


def test_the_only_record_variable_is_not_padded(tmp_path: Path):
    def make(at: list[int]) -> bytes:
        return header(0xFFFFFFFF, [("time", 0), ("x", 3)], [], [variable("odd", [0, 1], 1, at[0])])

    head = with_places(make, [0])
    # The number of records is to be had from the size of the file.
    store = written(tmp_path, head + bytes(range(21)))
    assert store.container.entries["odd"].shape == (7, 3)
    assert store.mapped(tmp_path, ["odd"])["odd"].ravel().tolist() == list(range(21))


def test_texts_become_attributes_and_labels(tmp_path: Path):
    def make(at: list[int]) -> bytes:
        return header(
            0,
            [("site", 2), ("length", 3)],
            [],
            [
                variable("site", [0, 1], 2, at[0]),
                variable("v", [0], 1, at[1]),
                variable("crs", [], 2, at[2], [attribute("grid", 2, 3, b"abc")]),
            ],
        )

    store = written(tmp_path, with_places(make, [0, 8, 12]) + b"ab\0cde\0\0" + b"\x05\x06\0\0" + b"q\0\0\0")
    assert store.layout("v").axes[0].labels == ("ab", "cde")
    assert store.container.groups == {"": {"crs": {"value": "q", "attributes": {"grid": "abc"}}}}
    assert sorted(store.container.entries) == ["v"]


def test_even_spacing_of_an_image(tmp_path: Path):
    def make(at: list[int]) -> bytes:
        numbers = [
            attribute("start", 6, 1, struct.pack(">d", -20.0)),
            attribute("step", 6, 1, struct.pack(">d", 2.0)),
        ]
        units = attribute("units", 2, 2, b"mm")
        variables = [variable("xspace", [], 4, at[0], [*numbers, units]), variable("image", [0], 1, at[1])]
        return header(0, [("xspace", 4)], [], variables)

    store = written(tmp_path, with_places(make, [0, 4]) + b"\0\0\0\0" + b"\1\2\3\4")
    assert store.layout("image").axes[0].affine == Affine(-20.0, 2.0, "mm")


def test_a_dimension_twice_and_a_number_that_json_lacks(tmp_path: Path):
    def make(at: list[int]) -> bytes:
        nan = attribute("_FillValue", 5, 1, struct.pack(">f", float("nan")))
        return header(0, [("x", 2)], [], [variable("c", [0, 0], 1, at[0], [nan])])

    store = written(tmp_path, with_places(make, [0]) + b"\1\2\3\4")
    assert store.container.entries["c"].axes == ("x", "c_axis_1")
    assert [(item.path, item.reason) for item in store.container.lost] == [
        ("c@_FillValue", "JSON has no nan")
    ]


def asked(folder: Path, data: bytes, array: str | None) -> None:
    store = written(folder, data)
    if array is not None:
        store.layout(array)


def problem_of(folder: Path, data: bytes, array: str | None = None):
    with pytest.raises(VspecError) as caught:
        asked(folder, data, array)
    (problem,) = caught.value.problems
    assert problem.data_file == "x.nc"
    return problem


@pytest.mark.parametrize("data", (b"", b"CDF", b"CDF\x03" + b"\0" * 40, b"\x89HDF\r\n\x1a\n"))
def test_other_files(tmp_path: Path, data: bytes):
    assert problem_of(tmp_path, data).code == "V0360"


GOOD = header(0, [("x", 5)], [], [variable("v", [0], 4, 88)])


@pytest.mark.parametrize(
    ("data", "offset", "words"),
    (
        (b"CDF\x01", 4, "the number of records"),
        (GOOD[:30], 28, "the list of attributes"),
        (b"CDF\x01" + struct.pack(">III", 0, 10, 0x7FFFFFFF), 8, "has 2147483647 items"),
        (b"CDF\x01" + struct.pack(">III", 0, 11, 1) + bytes(8), 8, "does not begin as it must"),
        (header(0, [("a", 0), ("b", 0)], [], []), 28, "two record dimensions"),
        (header(0, [("a", 3)], [], [variable("v", [7], 4, 0)]), None, "a dimension that is not there"),
        (header(0, [("a", 3), ("t", 0)], [], [variable("v", [0, 1], 4, 0)]), None, "not its first"),
        (header(0, [("a", 3)], [], [variable("v", [0], 7, 0)]), None, "is unknown"),
        (header(0, [], [attribute("a", 4, 1 << 30, b"")], []) + bytes(20), None, "has 1073741824 values"),
    ),
)
def test_damage_in_the_header(tmp_path: Path, data: bytes, offset: int | None, words: str):
    problem = problem_of(tmp_path, data)
    assert problem.code == "V0361"
    assert words in problem.message
    assert offset is None or problem.offset == offset


def test_a_file_that_is_cut_short(tmp_path: Path):
    problem = problem_of(tmp_path, GOOD + bytes(19), "v")
    assert (problem.code, problem.offset) == ("V0361", 88)
    assert "reaches beyond the end" in problem.message


def test_more_axes_than_a_map_can_have(tmp_path: Path):
    data = header(0, [("x", 1)], [], [variable("v", [0] * 33, 1, 0)])
    assert problem_of(tmp_path, data, "v").code == "V0362"


@pytest.mark.skipif(not REAL, reason="the real files are not here")
@pytest.mark.parametrize(("entry", "file"), REAL)
def test_real_files_are_equal_through_a_map(entry: str, file: str, tmp_path: Path):
    store = opened("netcdf3", CORPUS, file)
    found = store.mapped(tmp_path, list(store.container.entries))
    texts = store.container.groups[""]
    for key, fact in arrays(entry).items():
        if key == "scaled":  # what another library makes of three variables
            continue
        path = "image" if key == "raw_image(scipy)" else key
        if fact["dtype"] == "|S1":
            assert path in texts or any(
                axis.labels for e in store.container.entries.values() for axis in e.layout().axes
            )
        else:
            assert agrees(fact, found[path]), path
    for path in found:
        values = read_netcdf3(CORPUS / file, path, (slice(None),) * found[path].ndim)
        assert np.array_equal(values, found[path], equal_nan=True)
