"""Rows up to a sentinel that are stepped over: what they hold, and the same as by the exact walk, damage included."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path
from unittest.mock import patch

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.unit.opening import header
from vspec.errors import VspecError
from vspec.header.home import Home
from vspec.header.stepping import Stepping

SETTINGS = settings(
    max_examples=int(os.environ.get("VSPEC_EXAMPLES", "100")),
    deadline=None,
    suppress_health_check=list(HealthCheck),
)
CARD = """\
vspec: 1
title: made up
files:
  f:
    match: "{name}.bin"
    endian: ENDIAN
    layout:
      fields:
        lots: uint8
        list:
          repeat: k in range(lots)
          at: 1 + 200 * k
          let: {stop: 191 + 200 * k}
          fields:
            first: uint8 @ start
            group:
              if: first != 0
              repeat: {until: following == 0}
              fields:
                when: ascii(';')
                note:
                  repeat: {until: more == 0}
                  fields:
                    text8: utf8('|') if lots < 200
                    text1: latin1('|') if lots >= 200
                    more: int16 @ here
                  let: {text: text8 if lots < 200 else text1}
                close: pad(2)
                extra: uint16 if more_there else 7
                following: uint8 if here < stop else 0 @ here
              let: {more_than: extra + 1}
      let: {more_there: lots % 2 == 1}
arrays:
  raw: {values: "[1]"}
"""
TEXTS = st.text("abcdé ", max_size=6)
GROUPS = st.lists(
    st.tuples(TEXTS, st.lists(TEXTS, min_size=1, max_size=2), st.integers(0, 65535)), max_size=3
)
LISTS = st.lists(GROUPS, max_size=7)


def group_bytes(groups, order: str, *, odd: bool) -> bytes:
    """Return groups one after the other; zeros are sentinels, which no text begins with."""
    content = b""
    for when, notes, extra in groups:
        content += b"+" + when.replace("é", "e").encode() + b";"
        content += b"".join(b"N" + note.encode() + b"|" for note in notes) + b"\0\0"
        content += extra.to_bytes(2, order) if odd else b""
    return content + b"\0"


def content_of(lists, order: str) -> bytes:
    whole = bytearray([len(lists)]) + bytes(200 * len(lists))
    for k, groups in enumerate(lists):
        part = group_bytes(groups, order, odd=len(lists) % 2 == 1)
        whole[1 + 200 * k : 1 + 200 * k + len(part)] = part
    return bytes(whole)


def read(order: str, content: bytes) -> list:
    """Return the groups of each list as (when, texts, extra, extra + 1)."""
    with tempfile.TemporaryDirectory() as folder:
        f = header(CARD.replace("ENDIAN", order), Path(folder), {"a.bin": content}).get("f")
        return [groups_of(f.get("list").at(k)) for k in range(f.get("lots"))]


def groups_of(row) -> list:
    if row.get("first") == 0:
        return []
    parts = ("when", "extra", "more_than")
    return [
        (*(group.get(part) for part in parts), [note.get("text") for note in group.get("note")])
        for group in row.get("group")
    ]


def told(order: str, content: bytes) -> object:
    """Return what is read, or all that is wrong."""
    try:
        return read(order, content)
    except VspecError as error:
        return [(p.code, p.message, p.offset, p.found) for p in error.problems]


ORDERS = st.sampled_from(["little", "big"])


@SETTINGS
@given(LISTS, ORDERS)
def test_rows_hold_what_was_written(lists, order: str) -> None:
    odd = len(lists) % 2 == 1
    expected = [
        [
            (
                "+" + when.replace("é", "e").rstrip(),
                n if odd else 7,
                n + 1 if odd else 8,
                [f"N{x}".rstrip() for x in notes],
            )
            for when, notes, n in groups
        ]
        for groups in lists
    ]
    assert read(order, content_of(lists, order)) == expected


@SETTINGS
@given(LISTS, ORDERS, st.data())
def test_damaged_rows_are_told_as_by_the_exact_walk(lists, order: str, data: st.DataObject) -> None:
    content = bytearray(content_of(lists, order))
    for at in data.draw(st.lists(st.integers(0, len(content) - 1), max_size=4)):
        content[at] = data.draw(st.sampled_from(b"\0;|+N\xff\x07a"))
    damaged = bytes(content[: data.draw(st.integers(1, len(content)))])
    found = told(order, damaged)
    with patch.object(Home, "steps", lambda *_: None):
        assert found == told(order, damaged)


def test_rows_are_stepped_over_indeed() -> None:
    """Were they not, the tests above would hold the exact walk against itself."""
    seen = []
    rows = Stepping.rows

    def watched(self, *rest):
        seen.append(rows(self, *rest))
        return seen[-1]

    with patch.object(Stepping, "rows", watched):
        read("little", content_of([[("a", ["b", "c"], 1)]], "little"))
    assert [len(starts) for starts, _ in seen] == [1, 2]


def test_texts_longer_than_a_window() -> None:
    """The first window has 512 bytes; a text may be longer."""
    long = "a" * 100_000
    card_bytes = b"\x01+;N" + long.encode() + b"|\0\0\x05\x00\0"
    assert read("little", card_bytes) == [[("+", 5, 6, ["N" + long])]]
