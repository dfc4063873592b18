"""Chains, sentinels, rows of varying size and rows in rows, at random, against plain numpy and struct."""

from __future__ import annotations

import itertools
import struct
import tempfile
from pathlib import Path

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.unit.layouts import card
from tests.unit.opening import header, planned, value
from vspec.errors import VspecError

ORDERS = st.sampled_from([("little", "<"), ("big", ">")])
MORE = settings(max_examples=60, deadline=None)


def array(fields: str, data: bytes, **options: str) -> list[object]:
    with tempfile.TemporaryDirectory() as folder:
        opened, plan = planned(card(fields, **options), Path(folder), {"x.bin": data})
        return value(opened, plan.arrays[0]).tolist()


def refused(fields: str, data: bytes, **options: str) -> set[str]:
    try:
        array(fields, data, **options)
    except VspecError as error:
        return {problem.code for problem in error.problems}
    return set()


@given(st.lists(st.integers(0, 2**16 - 1), min_size=1, max_size=40), st.randoms(), ORDERS)
@MORE
def test_chains_in_any_order(values, random, order):
    endian, sign = order
    slots = list(range(len(values)))
    random.shuffle(slots)
    gaps = [random.randrange(3) for _ in slots]
    starts: dict[int, int] = {}
    cursor = 4
    for slot, gap in zip(sorted(range(len(slots)), key=slots.__getitem__), gaps, strict=True):
        cursor += gap
        starts[slot] = cursor
        cursor += 6
    data = bytearray(cursor)
    struct.pack_into(f"{sign}I", data, 0, starts[0])
    for k, one in enumerate(values):
        after = starts[k + 1] if k + 1 < len(values) else 0
        struct.pack_into(f"{sign}IH", data, starts[k], after, one)
    fields = "first: uint32\nr: {at: first, repeat: {next: link if link > 0 else none}, fields: {link: uint32, x: uint16}}"
    assert array(fields, bytes(data), endian=endian) == values
    back = random.randrange(len(values))
    struct.pack_into(f"{sign}I", data, starts[len(values) - 1], starts[back])
    assert refused(fields, bytes(data), endian=endian) == {"V0351"}


@given(
    st.lists(st.tuples(st.integers(1, 255), st.integers(0, 2**16 - 1)), max_size=60),
    st.integers(0, 2**16 - 1),
    st.binary(max_size=9),
    ORDERS,
)
@MORE
def test_sentinels(rows, last, tail, order):
    endian, sign = order
    data = b"".join(struct.pack(f"{sign}BH", t, x) for t, x in [*rows, (0, last)]) + tail
    fields = "r: {repeat: {until: t == 0}, fields: {t: uint8, x: uint16}}"
    assert array(fields, data, endian=endian) == [*(x for _, x in rows), last]
    without = b"".join(struct.pack(f"{sign}BH", t, x) for t, x in rows)
    assert refused(fields, without, endian=endian) == {"V0350"}


@given(st.lists(st.binary(max_size=12), max_size=30), st.binary(max_size=3))
@MORE
def test_rows_of_varying_size(rows, tail):
    data = b"".join(bytes([len(row)]) + row for row in rows)
    expected = list(itertools.chain(*rows))
    fields = "r: {repeat: rest, partial: drop, fields: {n: uint8, x: 'uint8[k=n]'}}"
    cut = data + bytes([200]) + tail
    with tempfile.TemporaryDirectory() as folder:
        table = header(card(fields), Path(folder), {"x.bin": cut}).get("f").get("r")
        assert len(table) == len(rows)
        assert [list(row.get("x")) for row in table] == [list(row) for row in rows]
    if any(rows):
        assert array(fields, cut, dims="r k -> t=(r k)") == expected
    if rows and len({len(row) for row in rows}) > 1:
        assert refused(fields, cut) == {"V0323"}


@given(
    st.lists(
        st.text(
            st.characters(
                codec="utf-8", exclude_characters="\0", exclude_categories=["Zs", "Cc", "Zl", "Zp", "Cs"]
            ),
            max_size=9,
        ),
        min_size=1,
        max_size=9,
    ),
    st.sampled_from([("utf8", "utf-8"), ("utf16", "utf-16-be")]),
)
@MORE
def test_texts_up_to_a_terminator(texts, kind):
    word, encoding = kind
    data = b"".join((text + "\0").encode(encoding) for text in texts) + b"\7"
    fields = f"s: {word}('\\0')[{len(texts)}]\nz: uint8"
    with tempfile.TemporaryDirectory() as folder:
        found = header(card(fields, source="f.z", endian="big"), Path(folder), {"x.bin": data}).get("f")
        assert list(found.get("s")) == texts
        assert found.get("z") == 7


@given(
    st.lists(
        st.lists(st.tuples(st.integers(0, 3), st.integers(0, 2**16 - 1)), max_size=6), min_size=1, max_size=8
    )
)
@MORE
def test_rows_in_rows(tables):
    data = b"".join(bytes([len(t)]) + b"".join(struct.pack("<BH", *row) for row in t) for t in tables)
    fields = "g: {repeat: rest, fields: {n: uint8, ch: {repeat: n, fields: {kind: uint8, x: uint16}}}}"
    every = [row for table in tables for row in table]
    if not every:
        return
    join = {"dims": "g ch -> t=(g ch)"}
    assert array(fields, data, source="f.g.ch.x", **join) == [x for _, x in every]
    assert array(fields, data, source="flat(f.g.ch).x") == [x for _, x in every]
    picked = [x for kind, x in every if kind == 1]
    assert array(fields, data, source="flat(f.g.ch)[kind == 1].x") == picked
    assert array(fields, data, source="f.g.ch[kind == 1].x", **join) == picked
    if len({len(table) for table in tables}) == 1:
        assert array(fields, data, source="f.g.ch.x") == [[x for _, x in table] for table in tables]
        assert array(fields, data, source="f.g.ch[0].x") == [table[0][1] for table in tables]


@given(st.lists(st.integers(0, 255), min_size=1, max_size=300), st.integers(0, 3))
@MORE
def test_what_is_carried_from_row_to_row(steps, seed):
    del seed
    fields = "r: {repeat: rest, fields: {x: uint8}, let: {total: x + (prev.total if prev != none else 0)}}"
    with tempfile.TemporaryDirectory() as folder:
        table = header(card(fields), Path(folder), {"x.bin": bytes(steps)}).get("f").get("r")
        assert table.row(-1).get("total") == sum(steps)
        assert table.column("total").tolist() == np.cumsum(steps).tolist()


LAYOUTS = [
    "r: {repeat: {until: t == 0}, fields: {t: uint8, x: 'uint8[k=t]'}}",
    "r: {repeat: {next: link if link > 0 else none}, fields: {link: uint16, x: 'uint8[k=2]'}}",
    "r: {repeat: rest, fields: {s: ascii('\\0'), n: uint8, x: 'uint8[k=n]'}}",
    "n: uint32\nr: {repeat: n, fields: {m: uint16, x: 'uint8[k=m]'}}",
    "n: uint32\nr: {repeat: n if n > 9 else rest, to: 40, fields: {q: {repeat: 2, fields: {m: uint8, y: 'uint8[m]'}}, x: 'uint8[k=1]'}}",
    "r: {repeat: rest, fields: {n: uint8 if prev == none or prev.n > 3 else prev.n + 1, x: 'uint8[k=n % 5]'}}",
]


@given(st.sampled_from(LAYOUTS), st.binary(max_size=200))
@settings(max_examples=300, deadline=1000)
def test_any_bytes_are_read_or_refused_with_a_place(fields, data):
    assert None not in places(fields, data)


def places(fields: str, data: bytes) -> list[object]:
    """Return the place of each problem; any other failure is raised."""
    with tempfile.TemporaryDirectory() as folder:
        try:
            planned(card(fields, dims="r k -> t=(r k)"), Path(folder), {"x.bin": data})
        except VspecError as error:
            return [problem.place for problem in error.problems]
    return []
