"""Texts of a layout that are searched for: what `find()` gives while the file is being made."""

from __future__ import annotations

import numpy as np
import pytest

from tests.unit.layouts import card
from vspec import compiler, oracle
from vspec.authoring.faking import FakeOptions, fake
from vspec.card.load import loads
from vspec.errors import VspecError
from vspec.sources import Files, find

LINES = r"""
line: latin1(find('\n', here) - here)
line_end: uint8 = 10
x: uint8[i=3]
"""
ROWS = r"""
frames: uint8
stamp:
  repeat: frames
  fields:
    text: latin1(find('\n', here) - here)
    stop: uint8 = 10
x: uint8[i=3]
"""
UNTIL = r"""
line:
  repeat: {until: text == 'end'}
  fields:
    text: latin1(find('\n', here) - here)
    stop: uint8 = 10
x: uint8[i=3]
"""
LATER = r"""
stop: uint8
magic: latin1(3) = 'abc'
gap: uint8[2]
code: uint16 = 0x6261
x: "uint8[i=3] @ find('ab', 2)"
"""
SPANNING = r"""
text: utf8(find('\r\n', here) - here)
cr: uint8 = 13
lf: uint8 = 10
x: uint8[i=3]
"""
MIDDLE = r"""
n: uint8
words: ascii(8)
x: "uint8[i=3] @ find('bb', 0)"
"""
RAW = r"""
raw: bytes(find('MARK', 0))
mark: latin1(4) = 'MARK'
x: uint8[i=3]
"""
INCLUDING = r"""
a: latin1(find('\n', here) + 1 - here)
b: latin1(find('\n', here) + 1 - here)
x: uint8[i=3]
"""
TERMINATED = r"""
frames: uint8
stamp: {repeat: frames, fields: {text: latin1('\n')}}
x: uint8[i=3]
"""
PADDED = r"""
name: ascii(8)
text: latin1(find('!', 0) - here)
mark: latin1(1) = '!'
x: uint8[i=3]
"""
MADE = {
    "a line": (LINES, "f.line: hello, f.x: [1, 2, 3]", b"hello\n\1\2\3"),
    "an empty line": (LINES, "f.line: '', f.x: [1, 2, 3]", b"\n\1\2\3"),
    "lines in rows": (
        ROWS,
        "f.frames: 3, f.stamp.text: [17, '', abc], f.x: [1, 2, 3]",
        b"\x0317\n\nabc\n\1\2\3",
    ),
    "no rows": (ROWS, "f.frames: 0, f.x: [1, 2, 3]", b"\0\1\2\3"),
    "rows up to one": (UNTIL, "f.line.text: [a, bc, end], f.x: [1, 2, 3]", b"a\nbc\nend\n\1\2\3"),
    "a mark of several fields": (SPANNING, "f.text: é, f.x: [1, 2, 3]", "é\r\n".encode() + b"\1\2\3"),
    "within a text": (MIDDLE, "f.n: 5, f.words: aabb, f.x: [98, 98, 0]", b"\5aabb\0\0\0\0"),
    "a constant behind bytes": (RAW, "f.raw: [1, 2, 65], f.x: [1, 2, 3]", b"\1\2AMARK\1\2\3"),
    "the end of the line as well": (INCLUDING, r'f.a: "p\n", f.b: "qr\n", f.x: [1, 2, 3]', b"p\nqr\n\1\2\3"),
    "up to a terminator": (
        TERMINATED,
        "f.frames: 2, f.stamp.text: [a, ''], f.x: [1, 2, 3]",
        b"\2a\n\n\1\2\3",
    ),
    "behind a padded text": (PADDED, "f.name: who, f.text: xy, f.x: [1, 2, 3]", b"who\0\0\0\0\0xy!\1\2\3"),
}


def made(fields, make, folder, seed=0):
    """Return the card, and what `fake` made of an example."""
    text = card(fields, source="f.x") + f"\nexamples:\n  - name: x\n    make: {{{make}}}\n"
    loaded = loads(text, "card.yaml")
    return loaded, fake(loaded, folder, FakeOptions(seed=seed))


def read_back(loaded, folder):
    """Return the arrays as the card reads them."""
    found = find(loaded.roles, [folder])
    with Files(found.root) as files:
        read = compiler.read(loaded, found.datasets[0], files, {})
        return {layout.path: oracle.read(layout, files.reader) for layout in read.plan.arrays}


@pytest.mark.parametrize("name", MADE)
def test_texts_end_where_they_will_be_found_to_end(name, tmp_path):
    fields, make, content = MADE[name]
    loaded, faked = made(fields, make, tmp_path)
    assert faked.files[0].read_bytes() == content
    expected = [98, 98, 0] if name == "within a text" else [1, 2, 3]
    assert np.array_equal(read_back(loaded, tmp_path)["a"], expected)


def test_the_first_in_the_order_of_the_layout_counts(tmp_path):
    _, faked = made(LATER, "f.gap: [97, 98], f.x: [97, 98, 97]", tmp_path)
    assert faked.files[0].read_bytes() == b"\0abcabab"


def test_what_is_nowhere_is_an_error(tmp_path):
    with pytest.raises(VspecError) as caught:
        made(LINES.replace("line_end: uint8 = 10\n", ""), "f.line: hello", tmp_path)
    assert [problem.code for problem in caught.value.problems] == ["V0241"]


WHOLE = r"""
head:
  type: latin1(find('\n\n', 0) + 2)
  parse: {format: lines, fields: {n: {line: "n {n:int}"}}}
m: uint8 = 7
x: uint8[i=find('6', 0)]
whole: bytes(7) @ 0
"""


def test_bytes_over_other_fields_are_what_those_write(tmp_path):
    text = card(WHOLE, source="f.x")
    text += "\nchecks: [{that: text(f.whole) == seen, else: 'found {{ text(f.whole) }}'}]\n"
    text += "params: {seen: {type: str}}\n"
    text += 'examples: [{name: x, make: {params: {seen: "n 56\\n\\n\\a"}, f.head.n: 56, f.x: 0}}]\n'
    faked = fake(loads(text, "card.yaml"), tmp_path)
    assert faked.files[0].read_bytes() == b"n 56\n\n\7\0\0\0"


def test_many_rows_take_no_longer_than_they_must(tmp_path):
    rows = [str(k) for k in range(2000)]
    fields = ROWS.replace("frames: uint8", "frames: uint16")
    _, faked = made(fields, f"f.frames: 2000, f.stamp.text: {rows}, f.x: [1, 2, 3]", tmp_path)
    expected = b"\xd0\x07" + "".join(f"{row}\n" for row in rows).encode() + b"\1\2\3"
    assert faked.files[0].read_bytes() == expected
