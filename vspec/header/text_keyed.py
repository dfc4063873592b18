"""Values by key, of any text that is cut into keys and values."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from itertools import chain, islice

from vspec.card.text_model import TextField
from vspec.errors import Problem, Text, VspecError
from vspec.expressions import Value
from vspec.expressions.tables import Table, column
from vspec.header.text_lines import Placed
from vspec.header.text_source import Line, Source
from vspec.header.text_values import captured, default, every_capture, table, value
from vspec.patterns import Captured, Pattern, parse_text


@dataclass(frozen=True, slots=True)
class Entry:
    """One pair, as it is written."""

    key: str
    value: str
    line: Line


Entries = Callable[[Source, TextField], Sequence[Entry]]
"""The pairs of a text that a field looks at; raises V0508 where its section is absent."""


def keyed(source: Source, field: TextField, entries: Entries) -> Placed:
    """Return the value of a field with a ``key``: a scalar, a list, or a table.

    Raises V0503 to V0505, V0507 to V0509 and V0526, each at the line it is about.
    """
    key = field.key or Text(field.name, field.place)
    try:
        found = entries(source, field)
    except VspecError as error:
        if field.required or {problem.code for problem in error.problems} != {"V0508"}:
            raise
        return default(field), None
    if "{" in key.value:
        return _keyed_table(source, field, key, found)
    fitting = [entry for entry in found if source.same(entry.key, key.value)]
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
    shown = ", ".join(f"'{entry.value[:60]}' in {source.spot(entry.line)}" for entry in (first, other))
    help = None if field.section else "if they stand in different sections, say which with 'section:'"
    raise VspecError([replace(told, expected="one value", found=shown, help=help)])


def tuples(source: Source, field: TextField, pattern: Pattern, text: str, line: Line | None) -> Table | Value:
    """Return a table of every match inside a value, after the first ``skip``; raises V0507 for none."""
    rows = islice(every_capture(pattern, text, source.form), field.skip, None)
    first = next(rows, None)
    if first is not None:
        return table(pattern, chain((first,), rows))
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
        captures = pattern.match(entry.key, any_case=source.form.any_case)
        if captures is not None:
            rows.setdefault(source.folded(entry.key), (captures, []))[1].append(entry)
    if not rows:
        if not field.required and field.default in (None, ()):
            return _no_rows(field, pattern), None
        if not field.required:
            return default(field), None
        raise VspecError([source.missing("V0503", "key", key, [entry.key for entry in found])])
    chosen = [(captures, _agreed(source, field, alike)) for captures, alike in rows.values()][field.skip :]
    columns = dict(table(pattern, [captures for captures, _ in chosen]).columns)
    single = replace(field, skip=0)
    values = [value(source, single, entry.value, entry.line) for _, entry in chosen]
    columns["value"] = column(values, field.type)
    if field.each is not None:
        columns.update(_matched(source, field, field.each, [entry for _, entry in chosen]).columns)
    return Table(columns), source.at(chosen[0][1].line) if chosen else None


def _no_rows(field: TextField, pattern: Pattern) -> Table:
    columns = dict(table(pattern, ()).columns)
    columns["value"] = column([], field.type)
    return Table(columns if field.each is None else {**columns, **table(field.each, ()).columns})


def _matched(source: Source, field: TextField, pattern: Pattern, found: Sequence[Entry]) -> Table:
    """Return a table of what each value captures as a whole; raises V0507 for all that do not fit."""
    matches = [(entry, captured(pattern, entry.value, source.form)) for entry in found]
    unfit = [entry for entry, captures in matches if captures is None]
    if unfit:
        raise VspecError(_unlike(source, field, pattern, entry) for entry in unfit[:20])
    return table(pattern, [captures for _, captures in matches if captures is not None])


def _unlike(source: Source, field: TextField, pattern: Pattern, entry: Entry) -> Problem:
    told = source.problem(
        "V0507", f"the value of '{entry.key}' does not fit its pattern", field.place, entry.line
    )
    return replace(told, expected=pattern.text.value, found=repr(entry.value[:80]))
