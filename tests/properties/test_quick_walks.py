"""Rows found by looking ahead, against the same rows made one by one, and against plain struct.

What a walk looks ahead at is made so small here that runs, lanes and what stops them occur in files of a
few hundred bytes.
"""

from __future__ import annotations

import struct
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from unittest.mock import patch

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.unit.layouts import bounded, card
from tests.unit.opening import header
from vspec.errors import VspecError
from vspec.expressions import Extent
from vspec.header import ahead, constants, lanes, scattered, strides
from vspec.header.found_rows import FoundRows
from vspec.header.located import Located
from vspec.header.rows import KeyedRows, ListRows
from vspec.sources import files

TABLES = """tables:
  SIZES: {0: 3, 1: 5, 2: 0, 3: 11}\n  KINDS: {0: uint8, 1: uint16, 2: float64}
types:
  Head: {fields: {t: int8, n: uint8}}
  Body: {params: [d], fields: {n: uint8, x: 'uint8[k=n % d]'}}"""
SMALL = {
    ahead: {"FIRST": 3, "AGAIN": 2, "MANY": 2},
    strides: {"BURST": 8, "NEED": 3, "LONG": 3, "LEAST_WINDOW": 16, "WINDOW": 64, "MOST_AHEAD": 16},
    lanes: {"STRETCH": 400, "LEAST_LANES": 2, "ROWS_EACH": 2, "FEW": 4, "MOST_ALONE": 40, "SAMPLE": 6},
}
LENT = {**SMALL, files: {"LEAST_LENT": 1}, strides: {**SMALL[strides], "WINDOW": 16, "MOST_LENT": 100}}
LENT[scattered] = {"COPIED": 16, "LENT": 100}
MORE = settings(max_examples=150, deadline=None)


@contextmanager
def looking_ahead(changes: dict[object, dict[str, int]]) -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patched:
        for module, values in changes.items():
            for name, value in values.items():
                patched.setattr(module, name, value)
        yield


def outcome(fields: str, data: bytes, endian: str = "little") -> object:
    """Return where the rows are, what they take and what was warned of; or what is wrong and where."""
    with tempfile.TemporaryDirectory() as folder:
        text = card(fields, source="f.r", top=TABLES, endian=endian)
        try:
            opened = header(text, Path(folder), {"x.bin": data})
            rows = opened.get("f").get("r")
            after = opened.get("f").get("z") if "z:" in fields else None
            found = [(row.offset, row.nbytes) for row in rows]
            columns = {name: column_of(rows, name) for name in rows.names()}
            picked = {name: column_of(rows.take(slice(None, None, -2)), name) for name in rows.names()}
        except VspecError as error:
            return [(p.code, p.message, p.offset, p.expected, p.found, p.place) for p in error.problems]
        return found, after, [(p.code, p.message, p.offset) for p in opened.warnings], columns, picked


def column_of(rows: KeyedRows, name: str) -> object:
    """Return a column of rows and where it lies, in plain values; or what is wrong and where."""
    parts: list[object] = []
    for look in (rows.column, rows.locate):
        try:
            parts.append(plain(look(name)))
        except VspecError as error:
            parts.append(
                [(p.code, p.message, p.offset, p.expected, p.found, p.place) for p in error.problems]
            )
    return parts


def plain(value: object) -> object:
    """Return a column, or where it lies, as something to compare."""
    match value:
        case np.ndarray():
            return value.dtype.str, value.shape, repr(value.tolist())
        case Located():
            inner = [(axis.name, axis.size, axis.stride) for axis in value.inner]
            counts = None if value.counts is None else value.counts.tolist()
            places = value.file.tolist(), value.first.tolist(), counts
            return value.element, value.endian, value.place, value.lead, value.levels, inner, places
        case Extent():
            return plain(value.offset), plain(value.nbytes)
        case KeyedRows():
            return len(value), {name: column_of(value, name) for name in value.names()}
        case list():
            return [plain(one) for one in value]
    return repr(value) if isinstance(value, (int, float, str, bytes)) else type(value).__name__


def both(fields: str, data: bytes, endian: str = "little") -> object:
    """Return the outcome row by row, the same as that of looking ahead."""
    with looking_ahead({ahead: {"FIRST": 2**62}}):
        slowly = outcome(fields, data, endian)
    for changes in (SMALL, LENT):
        with looking_ahead(changes):
            assert outcome(fields, data, endian) == slowly
    return slowly


LETS = (
    "r: {repeat: rest, partial: drop, fields: {n: uint8, m: uint16, x: 'uint8[k=n & 3]', b: bool}, let: {"
    "a: n * 2 + start, c: n / 4, d: n > 3, e: c + m, q: m // n, u: 7}}"
)
LAYOUTS = [
    "r: {repeat: rest, fields: {n: uint8, x: 'uint8[k=n]'}}",
    "r: {repeat: rest, partial: drop, fields: {n: uint8, x: 'uint8[k=n]'}}",
    "r: {repeat: rest, partial: warn, to: 150, fields: {t: uint8, n: uint8, x: 'uint16[k=n % 7]'}}",
    "r: {repeat: rest, partial: drop, fields: {t: uint8, x: 'uint8[k=SIZES[t % 5]]'}}",
    "r: {repeat: rest, partial: drop, fields: {t: uint8, x: 'uint8[k=SIZES[t] if t in SIZES else 2]'}}",
    "r: {repeat: rest, partial: drop, fields: {t: int8, x: 'uint8[k=t]'}}",
    "r: {repeat: rest, partial: drop, fields: {t: uint8, x: 'KINDS[t & 3][k=2]'}}",
    "r: {repeat: rest, partial: drop, size: 'max(n, 1)', fields: {t: uint8, n: uint8}}",
    "r: {repeat: rest, partial: drop, size: n, fields: {t: uint8, n: uint8}}",
    "r: {repeat: rest, partial: drop, size: 2 + h.n // h.d, fields: {h: {fields: {d: uint8, n: uint8}}}}",
    "r: {repeat: rest, partial: drop, size: 'len', fields: {a: uint8, n: uint16}, let: {len: 4 + (n >> 3) % 9}}",
    "r: {repeat: rest, partial: drop, fields: {n: uint32, x: 'uint8[k=n * n * n]'}}",
    "r: {repeat: rest, partial: drop, fields: {n: uint64, x: 'uint8[k=n]'}}",
    "r: {repeat: rest, partial: drop, fields: {n: uint8, m: {repeat: n % 4, fields: {a: uint8, b: uint16}}}}",
    "r: {repeat: rest, partial: drop, fields: {n: uint8, m: uint32 if n > 3, x: 'uint8[k=n % 3]'}}",
    "r: {repeat: rest, partial: drop, fields: {n: uint8, s: ascii(n % 6), y: uint8}}",
    "r: {repeat: rest, partial: drop, fields: {n: uint8, s: ascii('\\0'), x: 'uint8[k=n]'}}",
    "r: {repeat: 37, fields: {n: uint8, x: 'uint8[k=n % 4]'}}\nz: uint8",
    "r: {repeat: 23, size: n % 3, fields: {n: uint8}}\nz: uint8",
    "c: uint8\nr: {repeat: c, fields: {n: uint8, x: 'uint8[k=(n + c) % 4]'}}\nz: uint8",
    "r: {repeat: {until: n == 0}, fields: {n: uint8, x: 'uint8[k=n % 5]'}}\nz: uint8",
    "r: {repeat: {until: here > 120 or n // t == 1}, fields: {t: uint8, n: uint8, x: 'uint8[k=n % 5]'}}\nz: uint8",
    "r: {repeat: {until: start > 90}, partial: drop, fields: {n: uint8, x: 'uint8[k=n % 5]'}}",
    "r: {repeat: {until: not (n != 7 and n < 250)}, to: 190, partial: warn, fields: {n: uint8, x: 'uint8[k=n & 3]'}}",
    "r: {at: 0, repeat: {next: link if link > 0 else none}, fields: {link: uint8, x: uint8}}",
    "r: {at: 0, repeat: {next: start + n % 9 if n > 6 else none}, fields: {n: uint8}}",
    "r: {at: 0, repeat: {next: none if n < 3 else here}, fields: {n: uint8, x: 'uint8[k=n % 4]'}}",
    "r: {repeat: rest, partial: drop, size: n - start, fields: {n: uint16}}",
    "r: {repeat: rest, partial: drop, fields: {n: uint8, x: 'uint16[k=n % 5]', c: int16, s: ascii(2)}}",
    "r: {repeat: rest, partial: drop, fields: {n: uint8, f: float32, x: 'uint8[k=n & 3]', v: 'int16[2]', w: uint64}}",
    "r: {repeat: rest, partial: drop, fields: {h: Head, x: 'uint8[k=h.n % 5]', g: {fields: {y: uint16}}}}",
    "r: {repeat: rest, partial: drop, fields: {g: {fields: {h: Head, y: int16}}, x: 'uint8[k=g.y & 7]'}}",
    "r: {repeat: rest, partial: drop, fields: {n: uint8, x: 'uint8[j=2, k=n % 3]', y: 'uint8[k=n % 3, j=2]'}}",
    LETS,
    "r: {repeat: rest, of: Body(5), partial: drop}",
    "r: {repeat: rest, partial: drop, size: n % 4 + 1, fields: {n: uint8, far: uint32, s: ascii(3)}}",
    "r: {repeat: rest, partial: drop, size: ~n & 15 | 1, fields: {n: int16}}",
]
FEW_VALUES = st.lists(st.sampled_from([0, 1, 2, 3, 5, 7, 12, 255]), max_size=400).map(bytes)
RUNS = st.lists(st.tuples(st.binary(min_size=1, max_size=6), st.integers(1, 40)), max_size=12).map(
    lambda parts: b"".join(piece * times for piece, times in parts)
)


@pytest.mark.parametrize("fields", LAYOUTS)
@given(st.one_of(st.binary(max_size=400), FEW_VALUES, RUNS), st.sampled_from(["little", "big"]))
@settings(max_examples=25, deadline=None)
def test_any_bytes_give_the_same_rows_or_the_same_problems(fields, data, endian):
    both(fields, data, endian)


@given(st.lists(st.integers(0, 40), min_size=1, max_size=200), st.binary(max_size=3), st.sampled_from("<>"))
@MORE
def test_rows_with_a_size_field(sizes, tail, sign):
    rng = np.random.default_rng(len(sizes))
    parts = [struct.pack(f"{sign}HI", 7, n) + rng.bytes(n) for n in sizes]
    data = b"".join(parts)
    fields = "r: {repeat: rest, partial: drop, fields: {t: uint16, n: uint32, x: 'uint8[k=n]'}}"
    nbytes = [6 + n for n in sizes]
    starts = np.cumsum([0, *nbytes])[:-1].tolist()
    endian = "little" if sign == "<" else "big"
    found, _, _, columns, _ = both(fields, data + tail, endian)
    assert columns["n"][0] == ("<i8", (len(sizes),), repr(sizes))
    assert found == list(zip(starts, nbytes, strict=True))


@given(st.lists(st.tuples(st.integers(0, 9), st.integers(1, 60)), min_size=1, max_size=9), st.integers(0, 30))
@MORE
def test_a_chain_with_gaps(runs, wrong):
    gaps = [gap for gap, times in runs for _ in range(times)]
    starts = np.cumsum([0, *(6 + gap for gap in gaps)]).tolist()
    data = bytearray(starts[-1] + 6)
    for here, there in zip(starts, [*starts[1:], 0], strict=True):
        struct.pack_into("<HI", data, here, 7, there)
    fields = "r: {at: 0, repeat: {next: link if link > 0 else none}, fields: {t: uint16, link: uint32}}"
    found = both(fields, bytes(data))[0]
    assert [start for start, _ in found] == starts
    struct.pack_into("<I", data, starts[-1] + 2, starts[wrong % len(starts)] or starts[-1])
    (problem,) = both(fields, bytes(data))
    assert problem[0] == "V0351"


@given(st.lists(st.integers(0, 3), min_size=1, max_size=60), st.sampled_from([0, 17, 51]), st.integers(0, 1))
@MORE
def test_constants_of_fixed_rows(wrong, extra, inner):
    kind = np.dtype([("a", "u1"), ("n", "<u4"), ("t", "S3"), ("pad", f"V{extra}")])
    table = np.zeros(len(wrong), kind)
    table["n"], table["t"] = 512, b"abc"
    wrong = np.array(wrong)
    table["n"][wrong == 1] = 513
    table["t"][wrong == 2] = b"ab"
    inside = "n: 'uint32 = 512', t: ascii(3) = 'abc'"
    inside = f"h: {{fields: {{{inside}}}}}" if inner else inside
    fields = f"r: {{repeat: rest, fields: {{a: uint8, {inside}, p: 'uint8[{extra}]'}}}}"
    with tempfile.TemporaryDirectory() as folder:
        opened = header(card(fields, source="f.r.a"), Path(folder), {"x.bin": table.tobytes()})
        problems = constants.check_constants(opened, every_row=True)
        with patch.object(constants, "wrong_rows", lambda *_: None):
            assert constants.check_constants(opened, every_row=True) == problems
    bad = np.flatnonzero((wrong == 1) | (wrong == 2))
    places = bad * kind.itemsize + np.where(wrong[bad] == 1, 1, 5)
    assert [p.offset for p in problems[: len(bad)]] == places[:8].tolist() + [None] * (len(bad) > 8)
    assert len(problems) == min(len(bad), 9)
    assert len(bad) <= 8 or f": {len(bad)} rows of 'r'" in problems[-1].message


@given(st.lists(st.tuples(st.integers(0, 9), st.sampled_from([0, 0, 0, 1, 2])), min_size=4, max_size=60))
@MORE
def test_constants_of_walked_rows(rows):
    parts = [
        (b"ab" if wrong == 1 else b"abc")
        + b"\0" * (wrong == 1)
        + struct.pack("<BH", n, 513 if wrong == 2 else 512)
        for n, wrong in rows
    ]
    data = b"".join(part + bytes(n) for part, (n, _) in zip(parts, rows, strict=True))
    starts = np.cumsum([0, *(6 + n for n, _ in rows)])[:-1]
    fields = "r: {repeat: rest, fields: {t: ascii(3) = 'abc', n: uint8, c: 'uint16 = 512', x: 'uint8[k=n]'}}"
    with tempfile.TemporaryDirectory() as folder, looking_ahead(LENT):
        opened = header(card(fields, source="f.r.n"), Path(folder), {"x.bin": data})
        problems = constants.check_constants(opened)
        with patch.object(constants, "wrong_rows", lambda *_: None):
            assert constants.check_constants(opened) == problems
    places = [
        start + (0 if wrong == 1 else 4) for start, (_, wrong) in zip(starts, rows, strict=True) if wrong
    ]
    assert [p.offset for p in problems] == places[:8] + [None] * (len(places) > 8)


def test_a_constant_that_is_wrong_in_every_row_is_reported_with_the_number_of_rows(tmp_path):
    data = np.arange(100_003, dtype="<u4").tobytes()
    opened = header(
        card("r: {repeat: rest, fields: {n: uint16, c: 'uint16 = 77'}}", source="f.r.n"),
        tmp_path,
        {"x.bin": data},
    )
    with bounded(seconds=5):
        problems = constants.check_constants(opened, every_row=True)
    assert [p.offset for p in problems] == [2, 6, 10, 14, 18, 22, 26, 30, None]
    assert problems[-1].message == "x.bin: 100003 rows of 'r' hold wrong constants; the first 8 are shown"


def test_a_walk_of_many_rows_makes_none(tmp_path):
    rng = np.random.default_rng(3)
    sizes = rng.integers(0, 50, 40_009)
    data = b"".join(struct.pack("<HI", 7, n) + rng.bytes(int(n)) for n in sizes)
    fields = "r: {repeat: rest, fields: {t: uint16, n: uint32, x: 'uint8[k=n]'}}"
    with looking_ahead({lanes: {"LEAST_LANES": 16, "STRETCH": 300_000}}):
        rows = header(card(fields, source="f.r"), tmp_path, {"x.bin": data}).get("f").get("r")
    assert isinstance(rows, ListRows)
    assert isinstance(rows._rows, FoundRows)
    assert np.array_equal(rows._rows.starts, np.cumsum(sizes + 6) - sizes - 6)
    assert rows.at(40_008).get("n") == sizes[-1]


@pytest.mark.parametrize("fields", LAYOUTS[:1] + LAYOUTS[5:9])
@pytest.mark.parametrize("byte", (0, 1, 2, 255))
def test_hostile_files_are_bounded(tmp_path, fields, byte):
    data = bytes([byte]) * 900_001
    with bounded():
        found = codes_of(card(fields, source="f.r", top=TABLES), tmp_path, data)
    assert found <= {"V0222", "V0301", "V0308", "V0309", "V0310", "V0921"}


def codes_of(text: str, folder: Path, data: bytes) -> set[str]:
    """Return what is wrong with the rows of a file."""
    try:
        header(text, folder, {"x.bin": data}).get("f").get("r")
    except VspecError as error:
        return {problem.code for problem in error.problems}
    return set()
