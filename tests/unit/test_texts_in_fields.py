"""Texts in fields of a layout: without a length, too many of them, and numbers that are none."""

from __future__ import annotations

import struct

import pytest

from tests.unit.layouts import bounded
from tests.unit.opening import codes, header
from vspec.errors import VspecError

CARD = """
vspec: 1
files:
  f: {{match: "{{name}}.dat", layout: {{fields: {{n: uint32, x: "{field}", y: uint8}}}}}}
arrays:
  a: {{from: f.n}}
"""


def got(folder, field, raw, n=0):
    opened = header(CARD.format(field=field), folder, {"a.dat": struct.pack("<I", n) + raw})
    return opened.get("f").get("x")


@pytest.mark.parametrize(
    ("field", "wanted"),
    (
        ("bytes(0)[q=3]", [b"", b"", b""]),
        ("bytes(2)[q=2]", [b"ab", b"cd"]),
        ("bytes(2)[q=0]", []),
        ("ascii(0)[q=3]", ["", "", ""]),
        ("ascii(0)[q=0]", []),
        ("bytes(0)", b""),
        ("ascii(0)", ""),
    ),
)
def test_texts_of_no_length(tmp_path, field, wanted):
    found = got(tmp_path, field, b"abcdefgh")
    assert (found if isinstance(found, (str, bytes)) else list(found)) == wanted


@pytest.mark.parametrize("field", ("ascii(0)[q=n]", "bytes(0)[q=n]", "ascii(1)[q=n]", "utf8(0)[q=n, r=n]"))
@pytest.mark.parametrize("n", (1_000_001, 2**26, 2**32 - 1))
def test_more_texts_than_a_column_may_have_are_refused_at_once(tmp_path, field, n):
    with bounded(mib=16), pytest.raises(VspecError) as caught:
        got(tmp_path, field, bytes(2000), n)
    assert codes(caught.value) == ["V0920"]


@pytest.mark.parametrize(
    ("text", "convert", "wanted"),
    (
        (" 12 ", "int", 12),
        ("+12\0x", "int", 12),
        ("-007", "int", -7),
        ("1_0 ", "int", None),
        ("1_0 ", "float", None),
        ("0x10", "int", None),
        ("12.0", "int", None),
        ("1.5 ", "float", 1.5),
        (".5e1", "float", 5.0),
        (" 2. ", "float", 2.0),
        ("9223372036854775807", "int", 2**63 - 1),
        ("9223372036854775808", "int", None),
        ("1e999", "float", None),
        ("- 12", "int", None),
    ),
)
def test_texts_that_are_read_as_numbers(tmp_path, text, convert, wanted):
    field = f"ascii({len(text)}) as {convert}"
    if wanted is not None:
        found = got(tmp_path, field, text.encode() + b"!")
        assert (found, type(found)) == (wanted, type(wanted))
        return
    with pytest.raises(VspecError) as caught:
        got(tmp_path, field, text.encode() + b"!")
    assert codes(caught.value) == ["V0307"]
    assert caught.value.problems[0].offset == 4
