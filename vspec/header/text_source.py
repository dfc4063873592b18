"""A text header as lines that know where they stand in the file."""

from __future__ import annotations

import codecs
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cached_property

from vspec.card.model import TextFormat
from vspec.errors import Place, Problem, Text, VspecError, did_you_mean, fail

TEXT_LIMIT = 64 * 2**20
"""Bytes that a text header may have."""

_PAGES = (437, 850, 852, 866, *range(1250, 1259), 874, 932, 936, 949, 950)
ENCODINGS = frozenset(
    codecs.lookup(name).name
    for name in (
        *("ascii", "utf-8", "utf-16", "utf-16-le", "utf-16-be", "utf-32", "utf-32-le", "utf-32-be"),
        *(f"cp{page}" for page in _PAGES),
        *(f"iso8859-{part}" for part in range(1, 17) if part != 12),
        *("koi8-r", "koi8-u", "mac-roman", "shift_jis", "euc-jp", "euc-kr", "gb18030", "big5"),
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


@dataclass(frozen=True, slots=True)
class Origin:
    """Where a text comes from: the file as messages name it, and its first byte there."""

    data_file: str
    offset: int


@dataclass(frozen=True, slots=True)
class Line:
    """A line without its end; ``number`` counts from 1, ``start`` is its first character."""

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

    @cached_property
    def lines(self) -> tuple[Line, ...]:
        """The lines up to ``end:``, comments and empty lines included."""
        return tuple(_split(self.text))

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
        """Return ``run.meta line 12``."""
        return f"{self.name} line {line.number}"

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


def decode(form: TextFormat, raw: bytes, where: Origin) -> Source:
    """Return the text up to ``end:``, without a byte order mark and padding NULs.

    Of several encodings the first counts in which the whole text can be read. Raises V0501 for an
    unknown encoding, V0502 for bytes that fit none, V0913 for more than 64 MiB.
    """
    for encoding in (form.encoding, *form.otherwise)[:-1]:
        try:
            return _decode(replace(form, encoding=encoding), raw, where)
        except VspecError as error:
            if {problem.code for problem in error.problems} != {"V0502"}:
                raise
    return _decode(replace(form, encoding=(form.encoding, *form.otherwise)[-1]), raw, where)


def _decode(form: TextFormat, raw: bytes, where: Origin) -> Source:
    codec = _codec(form)
    lead = len(_UTF8_BOM) if codec == "utf-8" and raw.startswith(_UTF8_BOM) else 0
    for mark, ordered in _MARKS.get(codec, ()):
        if raw.startswith(mark):
            codec, lead = ordered, len(mark)
    codec = f"{codec}-le" if codec in _MARKS else codec
    cut = _cut(form.end, codec, raw[lead : TEXT_LIMIT + 1])
    if len(cut) > TEXT_LIMIT:
        message = f"{where.data_file}: the text has more than {TEXT_LIMIT} bytes"
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


def _cut(end: str | None, codec: str, raw: bytes) -> bytes:
    """Return the bytes before the first line that is ``end``, blanks around it aside."""
    if end is None:
        return raw
    if codec.startswith(("utf-16", "utf-32")):
        text = raw.decode(codec, "replace")
        found = next((line for line in _split(text) if line.text.strip() == end.strip()), None)
        return raw if found is None else text[: found.start].encode(codec)
    pattern = (
        rb"(?:^|(?<=\n)|(?<=\r)(?!\n))[ \t]*" + re.escape(end.strip().encode(codec)) + rb"[ \t]*(?=[\r\n]|$)"
    )
    match = re.search(pattern, raw)
    return raw if match is None else raw[: match.start()]


def _undecodable(form: TextFormat, where: Origin, raw: bytes, at: int) -> Problem:
    """Return V0502, with the encodings in which the text could be read."""
    fitting = [name for name in _PROPOSED if _fits(raw, name)]
    return Problem(
        "V0502",
        f"{where.data_file}: byte {where.offset + at} is not {form.encoding} text",
        form.place,
        data_file=where.data_file,
        offset=where.offset + at,
        expected=form.encoding,
        found=" ".join(f"{byte:02x}" for byte in raw[at : at + 4]),
        help=f"the text can be read as {' or '.join(fitting)}: write 'encoding: {fitting[0]}'",
    )


def _fits(raw: bytes, encoding: str) -> bool:
    if encoding == "utf-16" and not raw.startswith((b"\xff\xfe", b"\xfe\xff")):
        return False
    try:
        raw.decode(encoding)
    except UnicodeDecodeError:
        return False
    return True
