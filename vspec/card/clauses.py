"""Finding words and signs at the top level of a text: outside brackets and quotes."""

from __future__ import annotations

import re
from collections.abc import Iterator

from vspec.errors import Text, fail

_TOKEN = re.compile(
    r"""(?P<quote>'(?:\\.|[^'\\])*'|"(?:\\.|[^"\\])*")
      |(?P<open>[(\[{]) |(?P<close>[)\]}])
      |(?P<word>[A-Za-z_][A-Za-z_0-9]*)
      |(?P<number>[0-9][A-Za-z0-9_.]*)
      |(?P<sign>->|==|!=|<=|>=|<<|>>|//|\S)
      |(?P<blank>\s+)""",
    re.VERBOSE,
)
_PARTNER = {")": "(", "]": "[", "}": "{"}


def scan(text: Text) -> Iterator[tuple[str, int, int]]:
    """Yield the kind, start and stop of every token at depth 0; a bracketed group is one token.

    Kinds are ``quote``, ``group``, ``word``, ``number``, ``sign`` and ``blank``. Raises
    `VspecError` where brackets do not match.
    """
    opened: list[int] = []
    value = text.value
    for match in _TOKEN.finditer(value):
        kind, start, stop = match.lastgroup or "", match.start(), match.end()
        if kind == "open":
            opened.append(start)
        elif kind == "close":
            if not opened or value[opened[-1]] != _PARTNER[match.group()]:
                raise fail("V0110", f"'{match.group()}' closes nothing", text.cut(start, stop).place)
            begin = opened.pop()
            if not opened:
                yield "group", begin, stop
        elif not opened:
            yield kind, start, stop
    if opened:
        begin = opened[-1]
        raise fail("V0110", f"'{value[begin]}' is never closed", text.cut(begin, begin + 1).place)


def split_top(text: Text, sign: str) -> list[Text]:
    """Cut a text at every top-level ``sign`` (a blank: at runs of blanks); pieces are stripped."""
    pieces: list[Text] = []
    begin = 0
    for kind, start, stop in scan(text):
        if kind == "blank" if sign == " " else text.value[start:stop] == sign and kind == "sign":
            pieces.append(text.cut(begin, start).strip())
            begin = stop
    pieces.append(text.cut(begin, len(text.value)).strip())
    return [piece for piece in pieces if piece.value] if sign == " " else pieces


def find_top(text: Text, *signs: str) -> int | None:
    """Return where the first of some words or signs stands at the top level, or None."""
    for kind, start, stop in scan(text):
        if kind in ("word", "sign") and text.value[start:stop] in signs:
            return start
    return None
