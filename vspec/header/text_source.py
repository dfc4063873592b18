"""A text header as lines that know where they stand in the file."""

from __future__ import annotations

import codecs
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from itertools import islice

from vspec.card.text_model import TextFormat
from vspec.errors import Place, Problem, Text, VspecError, did_you_mean, fail

TEXT_LIMIT = 64 * 2**20
TABLE_LIMIT = 2**30
"""Bytes of a table in text, of which only the columns that are wanted are kept."""
LINE_LIMIT = 2**20
ROW_LIMIT = 10**6
"""Rows, or elements, that are read of one text."""
CELL_LIMIT = 2 * 10**6
"""Values that one pattern captures of a text."""
"""Bytes that a text header may have."""

_PAGES = (37, 273, 437, 500, 720, 737, 775, 850, 852, *range(855, 859), *range(860, 867), 869, 874)
_PAGES_OF_ASIA = (932, 936, 949, 950)
ENCODINGS = frozenset(
    codecs.lookup(name).name
    for name in (
        *("ascii", "utf-8", "utf-16", "utf-16-le", "utf-16-be", "utf-32", "utf-32-le", "utf-32-be"),
        *(f"cp{page:03}" for page in (*_PAGES, *_PAGES_OF_ASIA, 1006, 1026, 1125, 1140, *range(1250, 1259))),
        *(f"iso8859-{part}" for part in range(1, 17) if part != 12),
        *("koi8-r", "koi8-u", "mac-roman", "mac-latin2", "mac-cyrillic", "mac-greek", "mac-turkish"),
        *("shift_jis", "shift_jis_2004", "euc-jp", "euc-kr", "gb2312", "gb18030", "big5", "big5hkscs"),
    )
)
"""Python's names of the encodings that a card may ask for: ordinary text, nothing that expands."""

_UTF8_BOM = b"\xef\xbb\xbf"
_MARKS = {
    "utf-16": ((b"\xff\xfe", "utf-16-le"), (b"\xfe\xff", "utf-16-be")),
    "utf-32": ((b"\xff\xfe\0\0", "utf-32-le"), (b"\0\0\xfe\xff", "utf-32-be")),
}
_PROPOSED = ("utf-8", "cp1252", "utf-16", "latin-1")
_LINE_END = re.compile(r"\r\n|\n|\r")
_DECLARED = re.compile(rb"""<\?xml[^>]{0,200}?\sencoding\s*=\s*["']([A-Za-z][A-Za-z0-9._-]{0,39})["']""")
_LAST_CARD = "END"


@dataclass(frozen=True, slots=True)
class Origin:
    """Where a text comes from: the file as messages name it, and its first byte there."""

    data_file: str
    offset: int


@dataclass(frozen=True, slots=True)
class Line:
    """A line without its end; ``start`` is its first character.

    ``number`` counts from 1; it is 0 for a piece of a text that is not cut into lines.
    """

    number: int
    start: int
    text: str


@dataclass(frozen=True)
class Source:
    """A decoded text; ``codec`` and ``lead`` (bytes of a byte order mark) lead back to bytes."""

    form: TextFormat
    where: Origin
    text: str
    codec: str
    lead: int = 0
    notes: list[Problem] = field(default_factory=list)
    """Warnings about what was left out."""

    @cached_property
    def lines(self) -> tuple[Line, ...]:
        """The lines up to ``end:``, comments and empty lines included."""
        held = tuple(islice(self.each_line(), LINE_LIMIT + 1))
        if len(held) > LINE_LIMIT:
            help = "samples in text are converted once, not mapped"
            raise VspecError(
                [self.absent("V0915", f"has more than {LINE_LIMIT} lines", self.form.place, help)]
            )
        return held

    def each_line(self) -> Iterator[Line]:
        """Yield the same, however many there are."""
        width = self.form.width
        return _split(self.text) if width is None else _split_wide(self.text, width)

    @property
    def name(self) -> str:
        """The file's name for messages."""
        return self.where.data_file

    def offset(self, position: int) -> int:
        """Return the byte offset in the file of a character of the text."""
        return self.where.offset + self.lead + len(self.text[:position].encode(self.codec))

    def problem(self, code: str, message: str, place: Place, line: Line | None = None) -> Problem:
        """Return a problem in this file, at a line where one is known."""
        offset = self.where.offset if line is None else self.offset(line.start)
        at = self.name if line is None else self.at(line)
        return Problem(code, f"{at}: {message}", place, data_file=self.name, offset=offset)

    def at(self, line: Line) -> str:
        """Return ``run.meta line 12``, or ``run.bin byte 340``."""
        return f"{self.name} {self.spot(line)}"

    def spot(self, line: Line) -> str:
        """Return ``line 12``, or ``byte 340`` in a text that is not cut into lines."""
        return f"line {line.number}" if line.number else f"byte {self.offset(line.start)}"

    def folded(self, key: str) -> str:
        """Return a key as it is compared: in small letters where the card says ``keys: any_case``."""
        return key.casefold() if self.form.any_case else key

    def same(self, key: str, wanted: str) -> bool:
        """Tell whether a key of the text is the one that the card wants."""
        return self.folded(key) == self.folded(wanted)

    def absent(self, code: str, message: str, place: Place, help: str | None = None) -> Problem:
        """Return a problem of this text as a whole: what it lacks."""
        text = f"{self.name} {message}"
        return Problem(code, text, place, data_file=self.name, offset=self.where.offset, help=help)

    def missing(self, code: str, noun: str, wanted: Text, known: Sequence[str]) -> Problem:
        """Return the problem of a name that the text does not have, with what it has instead.

        ``run.meta has no key 'imSampleRate'``, help ``it has 'imSampRate'; 6 keys present``.
        """
        near = did_you_mean(wanted.value, known, f"{noun}s there")
        present = f"{_count(len(set(known)), noun)} present"
        if near is None:
            help = f"it has no {noun}s at all"
        elif near.startswith("did you mean "):
            help = f"it has {near.removeprefix('did you mean ').rstrip('?')}; {present}"
        else:
            help = f"{near}; {present}"
        return self.absent(code, f"has no {noun} '{wanted.value}'", wanted.place, help)


def _count(n: int, noun: str) -> str:
    return f"{n} {noun}" if n == 1 else f"{n} {noun}s"


def _split(text: str) -> Iterator[Line]:
    start, number = 0, 1
    for found in _LINE_END.finditer(text):
        yield Line(number, start, text[start : found.start()])
        start, number = found.end(), number + 1
    if start < len(text):
        yield Line(number, start, text[start:])


def _split_wide(text: str, width: int) -> Iterator[Line]:
    """Yield lines of ``width`` characters; one with an end of its own may be shorter."""
    start, number = 0, 1
    while start < len(text):
        found = _LINE_END.search(text, start, start + width + 2)
        fits = found is not None and found.start() <= start + width
        stop = found.start() if found is not None and fits else start + width
        yield Line(number, start, text[start:stop])
        start, number = (found.end() if found is not None and fits else stop), number + 1


def limit_of(form: TextFormat) -> int:
    """Return how many bytes a text may have: 64 MiB, and 1 GiB for a table."""
    return TABLE_LIMIT if form.format == "csv" else TEXT_LIMIT


def decode(form: TextFormat, raw: bytes, where: Origin) -> Source:
    """Return the text up to ``end:``, without a byte order mark and padding NULs.

    Of several encodings the first counts in which the whole text can be read. Raises V0501 for an
    unknown encoding, V0502 for bytes that fit none, V0527 for cards without their last one, V0913
    for more than 64 MiB (a table: 1 GiB).
    """
    if form.declared:
        form = _as_declared(form, raw)
    for encoding in (form.encoding, *form.otherwise)[:-1]:
        try:
            return _decode(replace(form, encoding=encoding), raw, where)
        except VspecError as error:
            if {problem.code for problem in error.problems} != {"V0502"}:
                raise
    return _decode(replace(form, encoding=(form.encoding, *form.otherwise)[-1]), raw, where)


def _as_declared(form: TextFormat, raw: bytes) -> TextFormat:
    """Return the format with the encoding of a byte order mark, or the one that the text declares."""
    for codec, marks in reversed(_MARKS.items()):
        if any(raw.startswith(mark) for mark, _ in marks):
            return replace(form, encoding=codec)
    found = _DECLARED.match(raw.removeprefix(_UTF8_BOM).lstrip()[:300])
    return form if found is None else replace(form, encoding=found[1].decode("ascii"))


def _decode(form: TextFormat, raw: bytes, where: Origin) -> Source:
    codec = _codec(form)
    lead = len(_UTF8_BOM) if codec == "utf-8" and raw.startswith(_UTF8_BOM) else 0
    for mark, ordered in _MARKS.get(codec, ()):
        if raw.startswith(mark):
            codec, lead = ordered, len(mark)
    codec = f"{codec}-le" if codec in _MARKS else codec
    limit = limit_of(form)
    if form.format == "cards":
        cut = _up_to_last_card(form, raw[lead : limit + 1], where)
    else:
        cut = _cut(form, codec, raw[lead : limit + 1])
    if len(cut) > limit:
        message = f"{where.data_file}: the text has more than {limit} bytes"
        help = "where binary data follow the text, say with 'end:' where it stops"
        raise fail("V0913", message, form.place, help=help)
    try:
        text = cut.decode(codec)
    except UnicodeDecodeError as error:
        raise VspecError([_undecodable(form, where, raw, lead + error.start)]) from None
    return Source(form, where, text.rstrip("\0"), codec, lead)


def _codec(form: TextFormat) -> str:
    try:
        name = codecs.lookup(form.encoding.removesuffix("-sig")).name
    except (LookupError, ValueError):
        name = ""
    if name not in ENCODINGS:
        help = did_you_mean(form.encoding, ENCODINGS, "among them")
        raise fail("V0501", f"unknown text encoding '{form.encoding}'", form.place, help=help)
    return name


def _cut(form: TextFormat, codec: str, raw: bytes) -> bytes:
    """Return the bytes before the first line that is ``end``, blanks around it aside."""
    if form.end is None:
        return raw
    end = form.end.strip()
    if form.width is not None or "\n".encode(codec) != b"\n":
        text = raw.decode(codec, "replace")
        lines = _split(text) if form.width is None else _split_wide(text, form.width)
        found = next((line for line in lines if line.text.strip() == end), None)
        return raw if found is None else text[: found.start].encode(codec)
    pattern = rb"(?:^|(?<=\n)|(?<=\r)(?!\n))[ \t]*" + re.escape(end.encode(codec)) + rb"[ \t]*(?=[\r\n]|$)"
    match = re.search(pattern, raw)
    return raw if match is None else raw[: match.start()]


def _up_to_last_card(form: TextFormat, raw: bytes, where: Origin) -> bytes:
    """Return the cards before END; what follows it may be no text. Raises V0527."""
    for card in _split_wide(raw.decode("latin-1"), form.width or 80):
        if card.text.rstrip(" \0") == _LAST_CARD:
            return raw[: card.start]
    message = f"{where.data_file}: no card '{_LAST_CARD}' in {len(raw)} bytes from byte {where.offset}"
    help = "is this the header, and is the file complete?"
    problem = Problem("V0527", message, form.place, data_file=where.data_file, offset=where.offset, help=help)
    raise VspecError([problem])


def _undecodable(form: TextFormat, where: Origin, raw: bytes, at: int) -> Problem:
    """Return V0502, with the encodings in which the text could be read."""
    fitting = [name for name in _PROPOSED if _fits(raw, name)]
    extent = f"it runs from byte {where.offset} to {where.offset + len(raw) - 1}"
    return Problem(
        "V0502",
        f"{where.data_file}: byte {where.offset + at} is not {form.encoding} text",
        form.place,
        data_file=where.data_file,
        offset=where.offset + at,
        expected=form.encoding,
        found=" ".join(f"{byte:02x}" for byte in raw[at : at + 4]),
        help=f"is the text too long? {extent}; does it end before the data? If all of it is text, it can be "
        f"read as {' or '.join(fitting)}: write 'encoding: {fitting[0]}'",
    )


def _fits(raw: bytes, encoding: str) -> bool:
    if encoding == "utf-16" and not raw.startswith((b"\xff\xfe", b"\xfe\xff")):
        return False
    try:
        raw.decode(encoding)
    except UnicodeDecodeError:
        return False
    return True
