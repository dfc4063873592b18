"""``encoding:`` of several: the first in which the whole text can be read."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.unit.opening import codes, header
from vspec.errors import VspecError

CARD = """
vspec: 1
files:
  h: {match: "{n}.txt", format: pairs, encoding: ENCODING, fields: {unit: str}}
  d: {match: "{n}.dat"}
arrays:
  a: {from: d, dtype: int8, shape: {x: auto}, attrs: {u: "{{ h.unit }}"}}
"""


@pytest.mark.parametrize("raw", ("unit=µV".encode(), "unit=µV".encode("cp1252")))
def test_the_first_that_fits(tmp_path: Path, raw: bytes) -> None:
    text = CARD.replace("ENCODING", "[utf-8, cp1252]")
    opened = header(text, tmp_path, {"a.txt": raw, "a.dat": b"\0"})
    assert opened.get("h").get("unit") == "µV"


def test_none_that_fits(tmp_path: Path) -> None:
    text = CARD.replace("ENCODING", "[ascii, utf-8]")
    with pytest.raises(VspecError) as caught:
        header(text, tmp_path, {"a.txt": b"unit=\xb5V", "a.dat": b"\0"}).get("h").get("unit")
    assert codes(caught.value) == ["V0502"]
    assert caught.value.problems[0].offset == 5


def test_an_encoding_that_there_is_not(tmp_path: Path) -> None:
    with pytest.raises(VspecError) as caught:
        header(CARD.replace("ENCODING", "[utf-8, klingon]"), tmp_path, {"a.txt": b"", "a.dat": b""})
    assert codes(caught.value) == ["V0105"]
