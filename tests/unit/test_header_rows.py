"""Repeated records: fixed ones are strided columns, the others are walked; both are located alike."""

from __future__ import annotations

import struct
from pathlib import Path

import numpy as np
import pytest

from tests.unit.opening import codes, header, planned, value
from vspec.errors import VspecError
from vspec.header.fixed_rows import FixedRows
from vspec.header.rows import ListRows

CARD = """
vspec: 1
files:
  f:
    match: "{{name}}.bin"
    endian: {endian}
    layout:
      fields:
{fields}
arrays:
  a:
    from: {source}
    {dims}
"""


def card(fields: str, *, endian: str = "little", source: str = "f.r.x", dims: str = "") -> str:
    body = "\n".join(f"        {line}" for line in fields.strip("\n").splitlines())
    return CARD.format(fields=body, endian=endian, source=source, dims=dims)


RECORD = """
n: uint8
r:
  repeat: rest
  fields:
    t: uint32
    x: int16[ch=3, s=2]
    tail: uint8
  let:
    double: t * 2
    wide: len(x)
"""


def record_file(count: int, sign: str, seed: int = 1) -> tuple[bytes, np.ndarray]:
    kind = np.dtype([("t", sign + "u4"), ("x", sign + "i2", (3, 2)), ("tail", "u1")])
    rng = np.random.default_rng(seed)
    rows = np.frombuffer(rng.bytes(kind.itemsize * count), kind)
    return b"\7" + rows.tobytes(), rows


@pytest.mark.parametrize("count", (0, 1, 2, 997))
@pytest.mark.parametrize(("endian", "sign"), (("little", "<"), ("big", ">")))
def test_columns_of_fixed_rows(tmp_path: Path, count: int, endian: str, sign: str) -> None:
    data, rows = record_file(count, sign)
    table = header(card(RECORD, endian=endian), tmp_path, {"x.bin": data}).get("f").get("r")
    assert isinstance(table, FixedRows)
    assert len(table) == count
    assert np.array_equal(table.column("t"), rows["t"])
    assert np.array_equal(table.column("x"), rows["x"])
    assert np.array_equal(table.column("double"), rows["t"].astype(np.int64) * 2)
    assert np.array_equal(table.column("wide"), [3] * count)


def test_rows_by_index_slice_and_mask(tmp_path: Path) -> None:
    data, rows = record_file(31, "<")
    table = header(card(RECORD), tmp_path, {"x.bin": data}).get("f").get("r")
    assert table.row(-1).get("t") == rows["t"][-1]
    assert np.array_equal(table.take(slice(3, 20, 4)).column("t"), rows["t"][3:20:4])
    mask = rows["tail"] > 128
    assert np.array_equal(table.take(mask).column("x"), rows["x"][mask])
    with pytest.raises(IndexError):
        table.row(31)


@pytest.mark.parametrize(
    ("source", "expected"),
    (
        ("f.r.x", lambda r: r["x"]),
        ("f.r[2:30].x", lambda r: r["x"][2:30]),
        ("f.r[f.r.tail > 100].x", lambda r: r["x"][r["tail"] > 100]),
        ("f.r[tail > 100].x", lambda r: r["x"][r["tail"] > 100]),
        ("f.r[7].x", lambda r: r["x"][7]),
        ("f.r.t", lambda r: r["t"]),
    ),
)
def test_selections_are_located(tmp_path: Path, source: str, expected) -> None:
    data, rows = record_file(31, "<")
    opened, plan = planned(card(RECORD, source=source), tmp_path, {"x.bin": data})
    assert np.array_equal(value(opened, plan.arrays[0]), expected(rows))


def test_dims_join_and_transpose(tmp_path: Path) -> None:
    data, rows = record_file(31, "<")
    dims = 'dims: "r ch s -> time=(r s) ch"'
    opened, plan = planned(card(RECORD, dims=dims), tmp_path, {"x.bin": data})
    expected = rows["x"].transpose(0, 2, 1).reshape(-1, 3)
    (layout,) = plan.arrays
    assert [(a.name, a.size) for a in layout.axes] == [("time", 62), ("ch", 3)]
    assert np.array_equal(value(opened, layout), expected)


def test_dims_reverse_split_and_crop(tmp_path: Path) -> None:
    data, rows = record_file(12, "<")
    dims = 'dims: "r=(a:3 b:4) ch s -> b -ch a s:1=s"'
    opened, plan = planned(card(RECORD, dims=dims), tmp_path, {"x.bin": data})
    expected = rows["x"].reshape(3, 4, 3, 2).transpose(1, 2, 0, 3)[:, ::-1, :, :1]
    assert np.array_equal(value(opened, plan.arrays[0]), expected)


@pytest.mark.parametrize(
    "dims",
    (
        'dims: "r ch t -> r ch t"',
        'dims: "r ch s -> r ch"',
        'dims: "r=(a:2 b:2) ch s -> a b ch s"',
        'dims: "r ch s:9=s -> r ch s"',
    ),
)
def test_dims_that_do_not_fit(tmp_path: Path, dims: str) -> None:
    data, _ = record_file(31, "<")
    with pytest.raises(VspecError):
        planned(card(RECORD, dims=dims), tmp_path, {"x.bin": data})


def test_left_over_bytes(tmp_path: Path) -> None:
    data, _ = record_file(5, "<")
    with pytest.raises(VspecError) as caught:
        header(card(RECORD), tmp_path, {"x.bin": data + b"abc"}).get("f").get("r")
    (problem,) = caught.value.problems
    assert (problem.code, problem.offset) == ("V0309", len(data))
    assert "say 'partial: warn'" in str(problem.help)
    warned = header(
        card(RECORD.replace("repeat: rest", "repeat: rest\n  partial: warn")),
        tmp_path / "b",
        {"x.bin": data + b"abc"},
    )
    assert len(warned.get("f").get("r")) == 5
    assert [(p.level, p.help) for p in warned.warnings] == [
        ("warn", "they are left out, as 'partial: warn' says")
    ]
    dropped = header(
        card(RECORD.replace("repeat: rest", "repeat: rest\n  partial: drop")),
        tmp_path / "c",
        {"x.bin": data + b"abc"},
    )
    assert len(dropped.get("f").get("r")) == 5
    assert dropped.warnings == []


def test_a_count_larger_than_the_file(tmp_path: Path) -> None:
    data, _ = record_file(5, "<")
    with pytest.raises(VspecError) as caught:
        header(card(RECORD.replace("repeat: rest", "repeat: 6")), tmp_path, {"x.bin": data}).get("f").get("r")
    assert codes(caught.value) == ["V0301"]


WALKED = """
n: uint8
r:
  repeat: n
  key: id
  fields:
    id: uint8
    size: uint8
    x: uint8[k=size]
    end: uint8
"""


def test_walked_rows(tmp_path: Path) -> None:
    data = bytes([3, 10, 2, 1, 2, 99, 20, 0, 98, 30, 3, 4, 5, 6, 97])
    table = header(card(WALKED), tmp_path, {"x.bin": data}).get("f").get("r")
    assert isinstance(table, ListRows)
    assert list(table.column("end")) == [99, 98, 97]
    assert list(table.row(30).get("x")) == [4, 5, 6]
    assert table.has(20)
    with pytest.raises(KeyError):
        table.row(2)


def test_walked_rows_of_unequal_size_are_joined_or_refused(tmp_path: Path) -> None:
    data = bytes([3, 10, 2, 1, 2, 99, 20, 0, 98, 30, 3, 4, 5, 6, 97])
    opened, plan = planned(card(WALKED, dims='dims: "r k -> all=(r k)"'), tmp_path, {"x.bin": data})
    assert list(value(opened, plan.arrays[0])) == [1, 2, 4, 5, 6]
    with pytest.raises(VspecError) as caught:
        planned(card(WALKED), tmp_path / "b", {"x.bin": data})
    assert codes(caught.value) == ["V0323"]


def test_walked_rows_that_leave_the_file(tmp_path: Path) -> None:
    with pytest.raises(VspecError) as caught:
        header(card(WALKED), tmp_path, {"x.bin": bytes([2, 10, 1, 5, 99, 20, 200, 1])}).get("f").get("r")
    assert codes(caught.value) == ["V0301"]


ITEMS = """
sizes: uint8[3]
r:
  repeat: rest
  fields:
    mark: uint8
    s:
      repeat: i in range(3)
      fields:
        x: uint8[k=sizes[i]]
"""


def test_rows_over_items_inside_fixed_rows(tmp_path: Path) -> None:
    blocks = np.arange(5 * 8, dtype=np.uint8).reshape(5, 8)
    data = bytes([2, 3, 2]) + blocks.tobytes()
    text = card(ITEMS, source="f.r.s[0].x", dims='dims: "r k -> time=(r k)"')
    opened, plan = planned(text, tmp_path, {"x.bin": data})
    assert np.array_equal(value(opened, plan.arrays[0]), blocks[:, 1:3].ravel())
    text = card(ITEMS, source="f.r.s[[0, 2]].x", dims='dims: "r s k -> time=(r k) s"')
    opened, plan = planned(text, tmp_path / "b", {"x.bin": data})
    expected = np.stack([blocks[:, 1:3].ravel(), blocks[:, 6:8].ravel()], axis=1)
    assert np.array_equal(value(opened, plan.arrays[0]), expected)


POINTED = """
n: uint8
at_: uint8[3]
r:
  repeat: i in range(n)
  at: at_[i]
  fields:
    x: uint8[k=2]
after: uint8
"""


def test_rows_that_lie_where_a_table_says(tmp_path: Path) -> None:
    data = bytes([3, 12, 6, 9, 77, 0, 1, 2, 0, 3, 4, 0, 5, 6])
    opened, plan = planned(card(POINTED), tmp_path, {"x.bin": data})
    assert value(opened, plan.arrays[0]).tolist() == [[5, 6], [1, 2], [3, 4]]
    assert opened.get("f").get("after") == 77


def test_named_types(tmp_path: Path) -> None:
    fields = "n: uint8\nwho: label\nr: {repeat: n, fields: {whose: label, x: uint8}}"
    types = "types:\n  label:\n    fields: {long: uint8, s: ascii(long)}\n    value: s\nfiles:"
    text = card(fields).replace("files:", types)
    data = bytes([2, 2]) + b"ab" + b"\1c\5" + b"\3def\6"
    opened = header(text, tmp_path, {"x.bin": data}).get("f")
    assert opened.get("who") == "ab"
    assert list(opened.get("r").column("whose")) == ["c", "def"]
    assert list(opened.get("r").column("x")) == [5, 6]


def test_types_that_contain_themselves_without_end(tmp_path: Path) -> None:
    tree = "types:\n  tree:\n    fields:\n      n: uint8\n      next: tree if n > 0\nfiles:"
    text = card("t: tree\nafter: uint8", source="f.after").replace("files:", tree)
    opened = header(text, tmp_path, {"x.bin": bytes([1, 1, 1, 0, 42])}).get("f")
    assert opened.get("after") == 42
    with pytest.raises(VspecError) as caught:
        header(text, tmp_path / "b", {"x.bin": b"\1" * 100}).get("f").get("after")
    assert codes(caught.value) == ["V0922"]


def test_a_size_that_is_not_the_sum_of_the_fields(tmp_path: Path) -> None:
    fields = "r: {repeat: rest, size: 8, fields: {x: uint16}}"
    data = struct.pack("<H6xH6xH6x", 1, 2, 3)
    table = header(card(fields), tmp_path, {"x.bin": data}).get("f").get("r")
    assert list(table.column("x")) == [1, 2, 3]


def test_a_column_of_a_million_rows_is_one_strided_access(tmp_path: Path) -> None:
    data, rows = record_file(10**6, "<")
    table = header(card(RECORD), tmp_path, {"x.bin": data}).get("f").get("r")
    made = 0
    original = table.at

    def count(i: int) -> object:
        nonlocal made
        made += 1
        return original(i)

    table.at = count  # type: ignore[method-assign]  # counts rows that are made one by one
    assert np.array_equal(table.column("t"), rows["t"])
    assert made == 0


KEYED = """
r:
  repeat: rest
  key: id
  fields: {id: uint8, x: uint8}
wanted: uint8[2] @ 0
"""


def test_a_column_of_keys_picks_by_key(tmp_path: Path) -> None:
    data = bytes([3, 7, 7, 70, 0, 80])
    opened, plan = planned(card(KEYED, source="f.r[f.wanted].x"), tmp_path, {"x.bin": data})
    assert value(opened, plan.arrays[0]).tolist() == [7, 70]
    opened, plan = planned(card(KEYED, source="f.r[[0, 3]].x"), tmp_path / "b", {"x.bin": data})
    assert value(opened, plan.arrays[0]).tolist() == [80, 7]
    opened, plan = planned(card(KEYED, source="f.r[0:2].x"), tmp_path / "c", {"x.bin": data})
    assert value(opened, plan.arrays[0]).tolist() == [7, 70]
    with pytest.raises(VspecError) as caught:
        planned(card(KEYED, source="f.r[[0, 4]].x"), tmp_path / "d", {"x.bin": data})
    assert codes(caught.value) == ["V0222"]
    texts = KEYED.replace("id: uint8,", "id: ascii(1),").replace("wanted: uint8[2] @ 0", "z: uint8 @ 0")
    opened, plan = planned(card(texts, source="f.r[['b', 'a']].x"), tmp_path / "e", {"x.bin": b"a\1b\2"})
    assert value(opened, plan.arrays[0]).tolist() == [2, 1]


PLACED = """
r:
  repeat: rest
  size: 16
  fields:
    n: uint8
    code: uint8
    x: uint8[k=n] @ start + 4
    y: (uint16 if code == 2 else uint8) @ start + 4
    z: uint16[k=3] @ start + 4
"""


@pytest.mark.parametrize("counts", ((3, 1, 5), (0, 7), (12,)))
def test_what_lies_behind_an_at_has_the_size_of_its_own_row(tmp_path: Path, counts: tuple[int, ...]) -> None:
    rows = [bytes([n, 1 + n % 2, 0, 0, *range(16 * n, 16 * n + 12)]) for n in counts]
    dims = 'dims: "r k -> time=(r k)"'
    opened, plan = planned(card(PLACED, dims=dims), tmp_path, {"x.bin": b"".join(rows)})
    wanted = [byte for n, row in zip(counts, rows, strict=True) for byte in row[4 : 4 + n]]
    assert value(opened, plan.arrays[0]).tolist() == wanted
    table = opened.get("f").get("r")
    sized = [row[4] + (256 * row[5] if row[1] == 2 else 0) for row in rows]
    assert table.column("y").tolist() == sized
    opened, plan = planned(card(PLACED, source="f.r.z"), tmp_path / "z", {"x.bin": b"".join(rows)})
    stored = np.frombuffer(b"".join(row[4:10] for row in rows), "<u2").reshape(-1, 3)
    assert np.array_equal(value(opened, plan.arrays[0]), stored)
