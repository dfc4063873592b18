"""How a problem is shown: to people, and as JSON."""

from __future__ import annotations

import unicodedata

from vspec.errors.problems import Place, Problem

WIDTH = 100
_GUTTER = " " * 6 + "| "


def render(problem: Problem) -> str:
    """Return a problem as text: headline, source line with caret, place in the data, help.

    Control characters, which may come from hostile data, are shown as escapes.
    """
    lines = [_headline(problem)]
    if problem.place is not None:
        lines += _source(problem.place)
    lines += _data_place(problem)
    for label, value in (("expected", problem.expected), ("found", problem.found)):
        if value is not None:
            lines.append(f"  {label}: {_printable(value)}")
    lines += [f"  because: {_printable(link)}" for link in problem.chain]
    if problem.help is not None:
        lines.append(f"  help: {_printable(problem.help)}")
    return "\n".join(lines)


def to_json(problem: Problem) -> dict[str, str | int | None]:
    """Return a problem as it stands in the output of ``--json``; absent parts are null."""
    place = problem.place
    return {
        "code": problem.code,
        "message": problem.message,
        "file": None if place is None else place.file,
        "line": None if place is None else place.line,
        "column": None if place is None else place.column,
        "data_file": problem.data_file,
        "offset": problem.offset,
        "expected": problem.expected,
        "found": problem.found,
        "help": problem.help,
        "level": problem.level,
    }


def _headline(problem: Problem) -> str:
    level = "error" if problem.level == "error" else "warning"
    where = ""
    if problem.place is not None:
        where = f"{_printable(problem.place.file)}:{problem.place.line}:{problem.place.column}: "
    return f"{where}{level}[{problem.code}]: {_printable(problem.message)}"


def _data_place(problem: Problem) -> list[str]:
    if problem.data_file is None:
        return []
    name = _printable(problem.data_file)
    if problem.offset is not None:
        return [f"  {name} @ byte {problem.offset} ({problem.offset:#x})"]
    return [] if problem.data_file in problem.message else [f"  in {name}"]


def _source(place: Place) -> list[str]:
    """Return the source line and the caret below it; a long line is cut around the caret."""
    cells = [_cell(char) for char in place.text.rstrip()]
    begin = min(place.column - 1, len(cells))
    end = max(begin + 1, min(begin + place.length, len(cells)))
    first, last = _window(cells, begin, end)
    end = min(end, max(last, begin + 1))
    shown = "".join(cells[first:last])
    before = sum(_width(cell) for cell in cells[first:begin])
    marked = sum(_width(cell) for cell in cells[begin:end])
    left, right = ("…" if first else ""), ("…" if last < len(cells) else "")
    return [
        f"{place.line:>5} | {left}{shown}{right}".rstrip(),
        f"{_GUTTER}{' ' * (len(left) + before)}{'^' * max(1, marked)}",
    ]


def _window(cells: list[str], begin: int, end: int) -> tuple[int, int]:
    """Return which cells are shown so that the caret and what is around it fit into `WIDTH`."""
    if sum(_width(cell) for cell in cells) <= WIDTH:
        return 0, len(cells)
    first = begin
    last = begin
    room = WIDTH - 2
    while last < min(end, len(cells)) and room >= _width(cells[last]):
        room -= _width(cells[last])
        last += 1
    lead = room // 2
    while first > 0 and lead >= _width(cells[first - 1]):
        first -= 1
        lead -= _width(cells[first])
        room -= _width(cells[first])
    while last < len(cells) and room >= _width(cells[last]):
        room -= _width(cells[last])
        last += 1
    while first > 0 and room >= _width(cells[first - 1]):
        first -= 1
        room -= _width(cells[first])
    return first, last


def _cell(char: str) -> str:
    return " " if char == "\t" else _printable(char)


def _printable(text: str) -> str:
    """Show control characters, and those that reverse the direction of a text, as escapes."""
    return "".join(char if _is_shown(char) else _escape(char) for char in text)


def _is_shown(char: str) -> bool:
    return unicodedata.category(char) not in ("Cc", "Cs", "Zl", "Zp") and char not in _DIRECTIONS


_DIRECTIONS = frozenset("\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")


def _escape(char: str) -> str:
    return f"\\x{ord(char):02x}" if ord(char) < 256 else f"\\u{ord(char):04x}"


def _width(cell: str) -> int:
    """Return the columns that a cell takes on a terminal: combining marks none, wide ones two."""
    return sum(_char_width(char) for char in cell)


def _char_width(char: str) -> int:
    if unicodedata.category(char) in ("Mn", "Me", "Cf"):
        return 0
    return 2 if unicodedata.east_asian_width(char) in ("W", "F") else 1
