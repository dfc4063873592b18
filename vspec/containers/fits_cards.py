"""The headers of FITS files: cards of 80 characters in blocks of 2880 bytes.

Source: "Definition of the Flexible Image Transport System (FITS)", version 4.0, sections 3 and 4, with the
CONTINUE convention of section 4.2.1.2 and the HIERARCH convention of the ESO.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from vspec.containers.attributes import Attributes
from vspec.containers.model import ContainerFile
from vspec.errors import VspecError

BLOCK = 2880
_CARD = 80
_LARGEST_HEADER = 64 << 20
_STRING = re.compile(r"\s*'((?:[^']|'')*)'?")
_NUMBER = re.compile(r"[+-]?(?:\d+\.?\d*|\.\d+)(?:[EeDd][+-]?\d+)?")
_WHOLE = re.compile(r"[+-]?\d{1,70}")
_COMPLEX = re.compile(r"\(\s*([^,()]+?)\s*,\s*([^,()]+?)\s*\)")
_TEXTS = ("COMMENT", "HISTORY", "")

Value = None | bool | int | float | str | complex


@dataclass(slots=True)
class Cards:
    """The cards of one header: the first value of each keyword, and the texts without a value."""

    file: ContainerFile
    offset: int
    end: int = 0
    values: dict[str, Value] = field(default_factory=dict)
    texts: dict[str, list[str]] = field(default_factory=dict)
    again: list[str] = field(default_factory=list)

    def damaged(self, message: str, **more: str) -> VspecError:
        """Return the problem that this header is wrong."""
        more.setdefault("help", "the file is damaged or cut short: fetch it again")
        return self.file.problem("V0361", message, self.offset, **more)

    def whole(self, key: str, default: int | None = None, least: int = 0) -> int:
        """Return a whole number of at least ``least``; raises V0361 where there is none and no default."""
        value = self.values.get(key, default)
        if type(value) is not int or value < least or value >= 1 << 63:
            raise self.damaged(
                f"{key} is not what it must be",
                expected=f"a whole number of at least {least}",
                found="no such card" if value is None else repr(value),
            )
        return value

    def string(self, key: str, default: str = "") -> str:
        """Return a text without blanks at its end; the default where there is none."""
        value = self.values.get(key, default)
        return value.rstrip() if isinstance(value, str) else default

    def real(self, key: str, default: float) -> float | int:
        """Return a number; the default where there is none."""
        value = self.values.get(key, default)
        return value if isinstance(value, (int, float)) and not isinstance(value, bool) else default

    def put_into(self, attrs: Attributes, left_out: re.Pattern[str]) -> None:
        """Keep all cards as attributes, but those with a keyword that matches ``left_out``."""
        for key, value in self.values.items():
            if left_out.fullmatch(key) is None:
                attrs.put(key, value)
        for key, lines in self.texts.items():
            if any(lines):
                attrs.put(key or "_comments", lines)
        for key in self.again:
            attrs.lose(key, "given a second time: the first counts")


def read_cards(file: ContainerFile, offset: int) -> Cards:
    """Read the header that begins at ``offset``. Raises V0361 where it has no end, or is none."""
    cards = Cards(file, offset)
    at, stop = offset, min(file.reader.size, offset + _LARGEST_HEADER)
    long: str | None = None
    while at + BLOCK <= stop:
        block = file.reader.read(at, BLOCK)
        for begin in range(0, BLOCK, _CARD):
            line = block[begin : begin + _CARD].decode("latin-1")
            if line[:8] == "END     ":
                cards.end = at + BLOCK
                return cards
            _check(cards, line, at + begin)
            long = _card(cards, line, long)
        at += BLOCK
    raise file.problem(
        "V0361",
        "a header has no END",
        offset,
        expected=f"a card END within {_LARGEST_HEADER} bytes",
        found=f"none up to byte {stop}",
        help="the file is damaged or cut short: fetch it again",
    )


def _check(cards: Cards, line: str, at: int) -> None:
    """Refuse what is no card, or the first of another header: an END was lost."""
    odd = next((letter for letter in line if letter < " " or "\x7f" <= letter < "\xa0"), None)
    first = at != cards.offset and line.startswith(("SIMPLE  =", "XTENSION="))
    if odd is not None or first:
        raise cards.file.problem(
            "V0361",
            "a header goes on into something else: its END is missing",
            at,
            expected="cards of 80 printable characters, then END",
            found=repr(line[:16]),
            help="the file is damaged or cut short: fetch it again",
        )


def _card(cards: Cards, line: str, long: str | None) -> str | None:
    """Take in one card; returns the keyword that a CONTINUE may go on with."""
    key = line[:8].rstrip()
    if key == "CONTINUE" and long is not None:
        more = _STRING.match(line[8:])
        if more is not None:
            cards.values[long] = str(cards.values[long])[:-1] + more[1].replace("''", "'").rstrip()
            return long if str(cards.values[long]).endswith("&") else None
    if key == "HIERARCH" and "=" in line:
        key, _, rest = line[9:].partition("=")
        key = key.strip()
    elif line[8:10] == "= " and key not in _TEXTS:
        rest = line[10:]
    else:
        cards.texts.setdefault(key if key in _TEXTS else "", []).append(
            line[8:].rstrip() if key in _TEXTS else line.rstrip()
        )
        return None
    if key in cards.values:
        cards.again.append(key)
        return None
    cards.values[key] = value = _value(rest)
    return key if isinstance(value, str) and value.endswith("&") else None


def _value(rest: str) -> Value:
    quoted = _STRING.match(rest)
    if quoted is not None:
        return quoted[1].replace("''", "'").rstrip()
    word = rest.partition("/")[0].strip()
    if word in ("T", "F"):
        return word == "T"
    pair = _COMPLEX.fullmatch(word)
    if pair is not None:
        parts = _number(pair[1]), _number(pair[2])
        return complex(*parts) if parts[0] is not None and parts[1] is not None else word  # type: ignore[arg-type]  # both are there
    found = _number(word)
    return (word or None) if found is None else found


def _number(word: str) -> int | float | None:
    if _WHOLE.fullmatch(word):
        return int(word)
    return float(word.upper().replace("D", "E")) if _NUMBER.fullmatch(word) else None
