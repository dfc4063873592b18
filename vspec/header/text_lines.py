"""Text as lines: the part that a field looks at, and patterns over it."""

from __future__ import annotations

from collections.abc import Sequence

from vspec.card.model import TextField
from vspec.errors import Place, Text, VspecError, did_you_mean
from vspec.expressions import Value
from vspec.expressions.tables import Row
from vspec.header.text_source import Line, Source
from vspec.header.text_values import bare, default, table
from vspec.patterns import Captured, Pattern

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
    lines = list(source.lines)
    if field.section is not None:
        lines = _in_section(source, lines, field.section)
    if field.between is not None:
        lines = _between(source, lines, field.between, field.place)
    return [line for line in lines if not _is_idle(source, line)]


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
    if begin not in texts:
        help = did_you_mean(begin, texts, "lines there")
        raise VspecError([source.absent("V0508", f"has no line '{begin}'", place, help)])
    first = texts.index(begin) + 1
    if end not in texts[first:]:
        help = "is the file cut short?"
        raise VspecError([source.absent("V0508", f"has no line '{end}' after '{begin}'", place, help)])
    return list(lines[first : texts.index(end, first)])


def first_line(source: Source, field: TextField, pattern: Pattern) -> Placed:
    """Return what the first line that matches gives: its only capture, or all of them as a record."""
    lines = _some_lines(source, field)
    for line in lines:
        captures = pattern.match(line.text)
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
    """Return a table with a row for each line that matches, after the first ``skip`` lines."""
    lines = _some_lines(source, field)[field.skip :]
    matched = [(line, captures) for line in lines if (captures := pattern.match(line.text)) is not None]
    if not matched:
        return _nothing(source, field, pattern, lines)
    return table(pattern, [captures for _, captures in matched]), source.at(matched[0][0])


def _some_lines(source: Source, field: TextField) -> list[Line]:
    """Return `lines_for`, with none for a section that an optional field does not find."""
    if field.required:
        return lines_for(source, field)
    try:
        return lines_for(source, field)
    except VspecError as error:
        if {problem.code for problem in error.problems} != {"V0508"}:
            raise
        return []


def _nothing(source: Source, field: TextField, pattern: Pattern, lines: Sequence[Line]) -> Placed:
    if not field.required:
        return default(field), None
    near = did_you_mean(pattern.text.value, (line.text.strip()[:60] for line in lines[:200]), "lines there")
    message = f"has no line that matches '{pattern.text.value}'"
    raise VspecError([source.absent("V0506", message, pattern.text.place, near)])
