"""Text as ``key<separator>value`` lines, with or without ``[sections]``."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from vspec.card.text_model import TextField
from vspec.header.text_keyed import Entry
from vspec.header.text_lines import lines_for, section_of
from vspec.header.text_source import Line, Source


def entries(source: Source, field: TextField) -> list[Entry]:
    """Return the pairs that a field looks at; other lines (titles, sections) are passed over.

    The first separator counts. A separator that is one blank means any run of blanks, and then a
    key may stand alone, with an empty value. With ``prefix:`` a key begins with it, and lines
    without it go on with the value before. Raises V0508 for a section that is not there.
    """
    lines = lines_for(source, field)
    if source.form.prefix is not None:
        return list(_continued(source, lines, source.form.prefix))
    return [
        entry
        for line in lines
        if section_of(line.text) is None and (entry := _entry(source, line, line.text)) is not None
    ]


def _entry(source: Source, line: Line, text: str) -> Entry | None:
    key, found, value = _cut(text, source.form.separator)
    return Entry(key.strip(), value.strip(), line) if found else None


def _cut(text: str, separator: str) -> tuple[str, bool, str]:
    if separator == " ":
        key, *rest = text.split(None, 1) or [""]
        return key, True, rest[0] if rest else ""
    key, found, rest_of_line = text.partition(separator)
    return key, bool(found), rest_of_line


def _continued(source: Source, lines: list[Line], prefix: str) -> Iterator[Entry]:
    current: Entry | None = None
    more: list[str] = []
    for line in lines:
        text = line.text.lstrip()
        if not text.startswith(prefix):
            more.append(line.text.strip())
            continue
        if current is not None:
            yield _joined(current, more)
        current, more = _entry(source, line, text.removeprefix(prefix)), []
    if current is not None:
        yield _joined(current, more)


def _joined(entry: Entry, more: list[str]) -> Entry:
    return replace(entry, value="\n".join([entry.value, *more]).strip()) if more else entry
