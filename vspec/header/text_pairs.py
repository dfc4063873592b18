"""Text as ``key<separator>value`` lines, with or without ``[sections]``."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

from vspec.card.model import TextField
from vspec.errors import Problem, Text, VspecError
from vspec.expressions import Value
from vspec.expressions.tables import Table, column
from vspec.header.text_lines import Placed, lines_for, section_of
from vspec.header.text_source import Line, Source
from vspec.header.text_values import default, table, value
from vspec.patterns import Captured, Pattern, parse_text


@dataclass(frozen=True, slots=True)
class Entry:
    """One pair, as it is written."""

    key: str
    value: str
    line: Line


def entries(source: Source, lines: Iterable[Line]) -> Iterator[Entry]:
    """Yield the pairs among some lines; others (titles, sections) are passed over.

    The first separator counts. A separator that is one blank means any run of blanks, and then a
    key may stand alone, with an empty value.
    """
    for line in lines:
        if section_of(line.text) is not None:
            continue
        key, found, text = _cut(line.text, source.form.separator)
        if found:
            yield Entry(key.strip(), text.strip(), line)


def _cut(text: str, separator: str) -> tuple[str, bool, str]:
    if separator == " ":
        key, *rest = text.split(None, 1)
        return key, True, rest[0] if rest else ""
    key, found, rest_of_line = text.partition(separator)
    return key, bool(found), rest_of_line


def pair(source: Source, field: TextField) -> Placed:
    """Return the value of a field with a ``key``: a scalar, a list, or a table.

    Raises V0503 to V0505 and V0507 to V0509, each at the line it is about.
    """
    key = field.key or Text(field.name, field.place)
    try:
        found = list(entries(source, lines_for(source, field)))
    except VspecError as error:
        if field.required or {problem.code for problem in error.problems} != {"V0508"}:
            raise
        return default(field), None
    if "{" in key.value:
        return _keyed_table(source, field, key, found)
    fitting = [entry for entry in found if entry.key == key.value]
    if not fitting:
        if not field.required:
            return default(field), None
        raise VspecError([source.missing("V0503", "key", key, [entry.key for entry in found])])
    entry = _agreed(source, field, fitting)
    if field.each is not None:
        return tuples(source, field, field.each, entry.value, entry.line), source.at(entry.line)
    return value(source, field, entry.value, entry.line), source.at(entry.line)


def _agreed(source: Source, field: TextField, found: Sequence[Entry]) -> Entry:
    """Return the first of some entries of one key, if all of them say the same; else raise V0504."""
    first = found[0]
    other = next((entry for entry in found if entry.value != first.value), None)
    if other is None:
        return first
    told = source.problem(
        "V0504", f"'{first.key}' stands twice, with different values", field.place, other.line
    )
    shown = (
        f"'{first.value[:60]}' in line {first.line.number}, '{other.value[:60]}' in line {other.line.number}"
    )
    help = None if field.section else "if they stand in different sections, say which with 'section:'"
    raise VspecError([replace(told, expected="one value", found=shown, help=help)])


def tuples(source: Source, field: TextField, pattern: Pattern, text: str, line: Line | None) -> Table | Value:
    """Return a table of every match inside a value, after the first ``skip``; raises V0507 for none."""
    rows = [captures for captures, _ in pattern.find_all(text)][field.skip :]
    if rows:
        return table(pattern, rows)
    if not field.required:
        return default(field)
    told = source.problem(
        "V0507", f"'{field.name}' has nothing like '{pattern.text.value}'", field.place, line
    )
    raise VspecError([replace(told, expected=pattern.text.value, found=repr(text[:80]))])


def _keyed_table(source: Source, field: TextField, key: Text, found: Sequence[Entry]) -> Placed:
    """Return a table with a row for each key that a pattern matches: its captures, and its value."""
    pattern = parse_text(key)
    rows: dict[str, tuple[dict[str, Captured], list[Entry]]] = {}
    for entry in found:
        captures = pattern.match(entry.key)
        if captures is not None:
            rows.setdefault(entry.key, (captures, []))[1].append(entry)
    if not rows:
        if not field.required:
            return default(field), None
        raise VspecError([source.missing("V0503", "key", key, [entry.key for entry in found])])
    chosen = [(captures, _agreed(source, field, alike)) for captures, alike in rows.values()][field.skip :]
    columns = dict(table(pattern, [captures for captures, _ in chosen]).columns)
    values = [value(source, field, entry.value, entry.line) for _, entry in chosen]
    columns["value"] = column(values, field.type)
    if field.each is not None:
        columns.update(_matched(source, field, field.each, [entry for _, entry in chosen]).columns)
    return Table(columns), source.at(chosen[0][1].line) if chosen else None


def _matched(source: Source, field: TextField, pattern: Pattern, found: Sequence[Entry]) -> Table:
    """Return a table of what each value captures as a whole; raises V0507 for all that do not fit."""
    matches = [(entry, pattern.match(entry.value)) for entry in found]
    unfit = [entry for entry, captures in matches if captures is None]
    if unfit:
        raise VspecError(_unlike(source, field, pattern, entry) for entry in unfit[:20])
    return table(pattern, [captures for _, captures in matches if captures is not None])


def _unlike(source: Source, field: TextField, pattern: Pattern, entry: Entry) -> Problem:
    told = source.problem(
        "V0507", f"the value of '{entry.key}' does not fit its pattern", field.place, entry.line
    )
    return replace(told, expected=pattern.text.value, found=repr(entry.value[:80]))
