"""Text as lines: the part that a field looks at, and patterns over it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from itertools import chain

from vspec.card.text_model import TextField
from vspec.errors import Place, Problem, Text, VspecError, did_you_mean
from vspec.expressions import Value
from vspec.expressions.tables import Row
from vspec.header.text_source import Line, Source
from vspec.header.text_values import bare, captured, default, table, value
from vspec.patterns import Captured, Pattern, parse_text

Placed = tuple[Value, str | None]
"""A value and where it is written, e.g. ``run.meta line 12`` (None for a default)."""


def section_of(line: str) -> str | None:
    """Return the name in ``[name]``, or None for any other line."""
    stripped = line.strip()
    return stripped[1:-1].strip() if stripped.startswith("[") and stripped.endswith("]") else None


def lines_for(source: Source, field: TextField) -> list[Line]:
    """Return the lines that a field looks at: all, those of its section, or those between two others.

    Comments and empty lines are left out. Raises V0508 for a section that is not there.
    """
    return [line for line in _all_lines(source, field) if not _is_idle(source, line)]


def _all_lines(source: Source, field: TextField) -> list[Line]:
    lines = list(source.lines)
    if field.section is not None:
        lines = _in_section(source, lines, field.section)
    if field.between is not None:
        lines = _between(source, lines, field.between, field.place)
    return lines


def _is_idle(source: Source, line: Line) -> bool:
    stripped = line.text.strip()
    return not stripped or (bool(source.form.comment) and stripped.startswith(source.form.comment or ""))


def _in_section(source: Source, lines: Sequence[Line], wanted: Text) -> list[Line]:
    current: str | None = None
    inside: list[Line] = []
    sections: list[str] = []
    for line in lines:
        header = None if _is_idle(source, line) else section_of(line.text)
        if header is not None:
            current = header
            sections.append(header)
        elif current is not None and current.casefold() == wanted.value.casefold():
            inside.append(line)
    if wanted.value.casefold() not in (section.casefold() for section in sections):
        raise VspecError([source.missing("V0508", "section", wanted, sections)])
    return inside


def _between(source: Source, lines: Sequence[Line], marks: tuple[str, str], place: Place) -> list[Line]:
    begin, end = (mark.strip() for mark in marks)
    texts = [line.text.strip() for line in lines]
    first = _find(texts, begin, 0, place)
    if first is None:
        help = did_you_mean(begin, texts, "lines there")
        raise VspecError([source.absent("V0508", f"has no line '{begin}'", place, help)])
    last = _find(texts, end, first + 1, place)
    if last is None:
        help = "is the file cut short?"
        raise VspecError([source.absent("V0508", f"has no line '{end}' after '{begin}'", place, help)])
    return list(lines[first + 1 : last])


def _find(texts: Sequence[str], mark: str, start: int, place: Place) -> int | None:
    """Return the first line from ``start`` on that is ``mark``, or that it matches if it has captures."""
    if "{" not in mark:
        return texts.index(mark, start) if mark in texts[start:] else None
    pattern = parse_text(Text(mark, place, exact=False))
    return next((i for i in range(start, len(texts)) if pattern.match(texts[i]) is not None), None)


def first_line(source: Source, field: TextField, pattern: Pattern) -> Placed:
    """Return what the first line that matches gives: its only capture, or all of them as a record."""
    lines = _or_none(source, field, lines_for)
    for line in lines:
        captures = captured(pattern, line.text, source.form)
        if captures is not None:
            return _captured(pattern, captures, line.text), source.at(line)
    return _nothing(source, field, pattern, lines)


def _captured(pattern: Pattern, captures: dict[str, Captured], text: str) -> Value:
    if len(pattern.captures) == 1:
        return bare(captures.get(pattern.captures[0].name))
    if not pattern.captures:
        return text.strip()
    return Row({capture.name: bare(captures.get(capture.name)) for capture in pattern.captures})


def every_line(source: Source, field: TextField, pattern: Pattern) -> Placed:
    """Return a table with a row for each line that matches, after the first ``skip`` lines.

    Where the field has a section of its own, the lines of it that do not match are noted (V0528).
    """
    lines = _or_none(source, field, lines_for)[field.skip :]
    left: list[Line] = []
    matched = _matching(source, pattern, lines, left)
    first = next(matched, None)
    if first is None:
        return _nothing(source, field, pattern, lines)
    rows = table(pattern, chain((first[1],), (captures for _, captures in matched)))
    if left and (field.section is not None or field.between is not None):
        source.notes.append(_left_out(source, field, left))
    return rows, source.at(first[0])


def _matching(
    source: Source, pattern: Pattern, lines: Sequence[Line], left: list[Line]
) -> Iterator[tuple[Line, dict[str, Captured]]]:
    """Yield the lines that match with what they say; the others go to ``left``."""
    for line in lines:
        captures = captured(pattern, line.text, source.form)
        if captures is None:
            left.append(line)
        else:
            yield line, captures


def _left_out(source: Source, field: TextField, left: Sequence[Line]) -> Problem:
    count = "1 line" if len(left) == 1 else f"{len(left)} lines"
    message = f"{count} of its section {'is' if len(left) == 1 else 'are'} no row of '{field.name}'"
    told = source.problem("V0528", message, field.place, left[0])
    help = "is the pattern too narrow? lines that are no rows: begin behind them, or name them as 'comment:'"
    return replace(told, found=repr(left[0].text.strip()[:60]), level="warn", help=help)


def numbered(source: Source, field: TextField, number: int) -> Placed:
    """Return what line ``number`` (from 1, empty ones and comments counted) of the field's part holds.

    Its text as the field's type, cut to ``columns``; what ``line`` captures of it; or with ``each`` a
    table of the lines from there on, up to the first that does not match. Raises V0505, V0506,
    V0508, V0509, V0520.
    """
    lines = _or_none(source, field, _all_lines)[number - 1 :]
    if not lines:
        if not field.required:
            return default(field), None
        raise VspecError([_past_the_end(source, field, number)])
    if field.each is not None:
        return _block(source, field, field.each, lines[field.skip :])
    if field.line is not None:
        captures = captured(field.line, lines[0].text, source.form)
        if captures is None:
            return _nothing(source, field, field.line, lines[:1])
        return _captured(field.line, captures, lines[0].text), source.at(lines[0])
    first, last = field.columns or (1, len(lines[0].text))
    return value(source, field, lines[0].text[first - 1 : last].strip(), lines[0]), source.at(lines[0])


def _block(source: Source, field: TextField, pattern: Pattern, lines: Sequence[Line]) -> Placed:
    rows = _until_unlike(source, pattern, lines)
    first = next(rows, None)
    if first is None:
        return _nothing(source, field, pattern, lines[:1])
    return table(pattern, chain((first,), rows)), source.at(lines[0])


def _until_unlike(source: Source, pattern: Pattern, lines: Sequence[Line]) -> Iterator[dict[str, Captured]]:
    for line in lines:
        captures = captured(pattern, line.text, source.form)
        if captures is None:
            return
        yield captures


def _past_the_end(source: Source, field: TextField, number: int) -> Problem:
    count = len(_all_lines(source, field))
    told = source.absent("V0520", f"has no line {number} for '{field.name}'", field.place)
    return replace(told, expected=f"at least {number} lines", found=f"{count}")


def _or_none(
    source: Source, field: TextField, lines: Callable[[Source, TextField], list[Line]]
) -> list[Line]:
    """Return some lines, with none for a section that an optional field does not find."""
    if field.required:
        return lines(source, field)
    try:
        return lines(source, field)
    except VspecError as error:
        if {problem.code for problem in error.problems} != {"V0508"}:
            raise
        return []


def _nothing(source: Source, field: TextField, pattern: Pattern, lines: Sequence[Line]) -> Placed:
    if not field.required:
        return default(field), None
    near = did_you_mean(pattern.text.value, (line.text.strip()[:60] for line in lines[:200]), "lines there")
    none = "'default: []' is for a table that may have no line" if field.each is not None else None
    help = "; ".join(part for part in (near, none) if part) or None
    message = f"has no line that matches '{pattern.text.value}'"
    raise VspecError([source.absent("V0506", message, pattern.text.place, help)])
