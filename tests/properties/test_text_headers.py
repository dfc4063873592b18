"""Text headers of any contents: what was written is read back, and any text gives values or a coded error."""

from __future__ import annotations

import csv
import io
import xml.sax.saxutils as sax

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.unit.text_reading import form
from vspec.errors import VspecError
from vspec.header.text import Origin, read_text

WHERE = Origin("run.txt", 0)
PLAIN = st.characters(codec="utf-8", exclude_categories=("C", "Z"), exclude_characters="\x85\u2028\u2029")
WORDS = st.text(PLAIN, min_size=1, max_size=12)
INTS = st.integers(-(2**63), 2**63 - 1)
KEYS = st.text("abcABC$ /|", min_size=1, max_size=5).map(str.strip).filter(bool)
FLOATS = st.floats(allow_nan=False, allow_infinity=False)


def read(options, raw):
    return read_text(form(options), raw if isinstance(raw, bytes) else raw.encode(), WHERE)


# --- what was written is read back


@given(st.lists(st.tuples(FLOATS, WORDS, INTS), max_size=7), st.sampled_from(",;\t|"), st.booleans())
def test_csv(rows, separator, crlf):
    stream = io.StringIO()
    writer = csv.writer(stream, delimiter=separator, lineterminator="\r\n" if crlf else "\n")
    writer.writerow(["x", "the label", "n"])
    writer.writerows(rows)
    shown = {"\t": "\\t"}.get(separator, separator)
    fields = "{x: float, label: {key: the label}, n: int}"
    table = read(f'format: csv\nseparator: "{shown}"\nfields: {fields}', stream.getvalue())
    assert len(table) == len(rows)
    assert table.column("x").tolist() == [row[0] for row in rows]
    assert table.column("label").tolist() == [row[1] for row in rows]
    assert table.column("n").tolist() == [row[2] for row in rows]


@given(st.lists(st.tuples(FLOATS, st.integers(-999, 9999)), min_size=1, max_size=7))
def test_columns_by_place_with_decimal_commas(rows):
    text = "".join(f"{x:>26.17g}".replace(".", ",") + f"{n:>6}x\n" for x, n in rows)
    fields = "{x: {columns: [1, 26], type: float}, n: {columns: [27, 32], type: int}}"
    table = read(f"format: csv\nseparator: ';'\ndecimal: ','\nfields: {fields}", text)
    assert table.column("x").tolist() == [x for x, _ in rows]
    assert table.column("n").tolist() == [n for _, n in rows]


@given(
    st.dictionaries(
        st.text("abcABC$ /|", min_size=1, max_size=5).map(str.strip).filter(bool), WORDS, max_size=7
    ),
    st.sampled_from("/|\\\x0c!"),
    INTS,
)
def test_delimited(pairs, mark, number):
    written = {**pairs, "number": str(number)}
    pieces = [piece.replace(mark, mark * 2) for pair in written.items() for piece in pair]
    ambiguous = any(
        piece.startswith(mark) or piece.endswith(mark) for pair in written.items() for piece in pair
    )
    text = mark + mark.join(pieces) + mark
    if ambiguous:  # a delimiter at an end cannot be told from the one behind it
        return
    head = read("format: delimited\nfields: {number: int, all: {key: '{k}', default: []}}", text)
    assert head.get("number") == number
    found = dict(zip(head.get("all").columns["k"], head.get("all").columns["value"], strict=True))
    assert found == written


@given(st.text("ab '/&=", max_size=200).map(str.rstrip), INTS, FLOATS, st.booleans())
def test_cards(text, number, real, truth):
    lines = [
        f"SIMPLE  = {'T' if truth else 'F':>20}",
        f"NUMBER  = {number:>20} / n",
        f"REAL    = {real!r:>24}",
    ]
    rest = text
    head = "TEXT    = "
    while len(rest) > 30:
        lines.append(f"{head}'{rest[:30].replace(chr(39), chr(39) * 2)}&'")
        rest, head = rest[30:], "CONTINUE  "
    lines.append(f"{head}'{rest.replace(chr(39), chr(39) * 2)}'")
    raw = "".join(line.ljust(80) for line in [*lines, "END"]).encode() + bytes(range(256))
    fields = "{SIMPLE: bool, NUMBER: int, REAL: float, TEXT: str}"
    found = read(f"format: cards\nfields: {fields}", raw)
    assert (found.get("SIMPLE"), found.get("NUMBER"), found.get("REAL")) == (truth, number, real)
    if not text.endswith("&"):
        assert found.get("TEXT").replace(" ", "") == text.replace(" ", "")


@given(
    st.lists(st.tuples(WORDS, INTS, FLOATS), max_size=7),
    WORDS,
    st.sampled_from(("utf-8", "utf-16", "utf-32")),
)
def test_xml(rows, title, encoding):
    inner = "".join(
        f"<c n={sax.quoteattr(str(n))} l={sax.quoteattr(label)}><x>{x!r}</x></c>" for label, n, x in rows
    )
    text = (
        f'<?xml version="1.0" encoding="{encoding}"?>\n<t><a:title>{sax.escape(title)}</a:title>{inner}</t>'
    )
    table = "{each: c, fields: {n: {key: '@n', type: int}, l: {key: '@l'}, x: float}, default: []}"
    head = read(f"format: xml\nfields:\n  title: str\n  c: {table}", text.encode(encoding))
    assert head.get("title") == title
    assert head.get("c").columns["l"].tolist() == [row[0] for row in rows]
    assert head.get("c").columns["n"].tolist() == [row[1] for row in rows]
    assert head.get("c").columns["x"].tolist() == [row[2] for row in rows]


@given(st.lists(WORDS.filter(lambda w: not set(w) & set('"#,=;')), min_size=1, max_size=5), FLOATS)
def test_quoted_pairs_with_a_decimal_comma(words, real):
    many = ";".join(f'"{word}; {word}"' for word in words)
    shown = repr(real).replace(".", ",")
    head = read(
        "format: pairs\nquotes: '\"'\ndecimal: ','\nfields: {many: 'str[]', x: float}",
        f'many={many}\nx="{shown}"\n',
    )
    assert head.get("many").tolist() == [f"{word}; {word}" for word in words]
    assert head.get("x") == real


# --- any text at all

CARDS = (
    "format: csv\nfields: {a: int, b: {default: x}}",
    "format: csv\nseparator: ' '\nquotes: ['<>', '\"']\nfields: {a: {column: 1, type: int}, b: {column: 2}}",
    "format: csv\nfields: {a: {columns: [2, 4], type: 'int[]'}}",
    "format: delimited\nkeys: any_case\nfields: {a: int, t: {key: 'P{n:int}', default: []}}",
    "format: cards\nfields: {A: str, B: {type: float, default: 0}, N: {key: 'N{n:int}', default: []}}",
    "format: xml\nfields: {a: {key: '//a@b', type: int}, t: {each: '*', fields: {x: {key: ., type: bool}}}}",
    "format: pairs\nprefix: '##'\nquotes: '<>'\ndecimal: ','\nfields: {a: 'float[]', b: {at_line: 2}}",
    "format: lines\nwidth: 7\nend: END\nfields: {a: {at_line: 2, each: '{n:int} {:rest}'}, b: {at_line: 1}}",
    "format: json\nfields: {a: bool}",
)
FRAGMENTS = st.sampled_from(
    [
        *(
            b"a",
            b"b",
            b"1",
            b",",
            b"\n",
            b"\r\n",
            b'"',
            b"'",
            b"<",
            b">",
            b"</a>",
            b"<a b='1'>",
            b"&",
            b"&amp;",
            b"|",
        ),
        *(
            b"A       = ",
            b"END".ljust(80),
            b"N1      = 5".ljust(80),
            b"CONTINUE  'x&'",
            b"##a=",
            b"P1",
            b" ",
            b"\0",
        ),
        *(
            b"<!DOCTYPE a>",
            b"<![CDATA[",
            b"]]>",
            b"<?xml version='1.0'?>",
            b"\xff\xfe",
            b"\xef\xbb\xbf",
            b"\xc3",
            b"0,5",
        ),
    ]
)


def outcome(card, raw):
    try:
        return list(read(card, raw).names()), ()
    except VspecError as error:
        return [], error.problems


@pytest.mark.parametrize("card", CARDS, ids=lambda card: card.split("\n", 1)[0] + str(CARDS.index(card)))
@given(raw=st.binary(max_size=60) | st.lists(FRAGMENTS, max_size=30).map(b"".join))
def test_any_text_gives_values_or_a_coded_error(card, raw):
    names, problems = outcome(card, raw)
    assert names or problems
    assert all(0 <= (problem.offset or 0) <= len(raw) + 4 for problem in problems)
