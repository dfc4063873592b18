"""A text header that is being written, for a file or a field of one."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import cast

from vspec.authoring.fakes import draws
from vspec.authoring.fakes import text_forms as forms
from vspec.authoring.fakes.examples import Given
from vspec.authoring.fakes.fields import written
from vspec.authoring.fakes.sheets import MISSING, Sheet
from vspec.authoring.fakes.text_values import (
    EMPTY,
    csv_table,
    default,
    element_table,
    formatted,
    is_keyed,
    line_text,
    line_value,
    plain,
    sample,
    typed,
)
from vspec.authoring.fakes.trees import as_value, follow, plant
from vspec.card.text_model import TextField, TextFormat
from vspec.errors import Text, VspecError, fail
from vspec.expressions import Scope, UnknownName, Value
from vspec.expressions.tables import Table, column
from vspec.patterns import Pattern, parse_text

Line = tuple[str, str]
"""A field's name and a line that it is written in."""


class TextPart:
    """The text of a format, at ``path`` (a role, or a field with ``parse:``)."""

    def __init__(self, form: TextFormat, sheet: Sheet, path: str, scope: Scope) -> None:
        self.form = form
        self.sheet = sheet
        self.path = path
        self._scope = scope
        self._fields = {field.name: field for field in form.fields}
        self._given: dict[str, Given] = {}
        self._seen: dict[str, Value] = {}
        self._pending: list[str] = []
        self._values = TextValues(self)

    @property
    def record(self) -> Value:
        """The text as expressions see it: named values, or the rows of a table."""
        return self.rows() if self.form.format == "csv" else self._values

    def rows(self) -> Table:
        """Return the rows of csv."""
        return csv_table(self.form, self.columns())

    def columns(self) -> dict[str, Given]:
        """Return what an example would write of each column of csv: a list, one value for all, or None."""
        found = {field.name: self.given(field) for field in self.form.fields}
        return {name: None if given is MISSING else plain(given) for name, given in found.items()}

    def names(self) -> Iterable[str]:
        """Return the names of the fields, or the keys of a tree without fields."""
        return self._fields or self.tree()

    def value(self, name: str) -> Value:
        """Return what an expression sees under a name; raises `UnknownName`."""
        if not self._fields and self.form.format == "json":
            return as_value(self.tree()[name]) if name in self.tree() else _unknown(name)
        if name not in self._fields:
            raise UnknownName(name)
        if self.form.format == "csv":
            return self.rows().column(name)
        if name not in self._seen:
            self._seen[name] = self._look(self._fields[name])
        return self._seen[name]

    def given(self, field: TextField) -> Given:
        """Return the value of a field as an example would write it; `MISSING` where it is left out."""
        if field.name not in self._given:
            if field.name in self._pending:
                raise fail("V0855", f"'{self.path}.{field.name}' needs itself", field.place)
            self._pending.append(field.name)
            try:
                self._given[field.name] = self._settle(field)
            finally:
                self._pending.pop()
        return self._given[field.name]

    def _settle(self, field: TextField) -> Given:
        path = f"{self.path}.{field.name}"
        table = field.each is not None or self.form.format == "csv"
        axes = 1 if table or field.type.endswith("[]") else 0
        found = self.sheet.given(path, self.sheet.index, axes)
        if found is not MISSING:
            return self.sheet.settled(found, self._scope, self.sheet.index)
        if self.form.format == "json":
            base = self._base()
            inside = (
                follow(base, (field.key.value if field.key else field.name)) if base is not None else MISSING
            )
            if inside is not MISSING:
                return inside
        return MISSING if not field.required else self._invented(field, path)

    def _invented(self, field: TextField, path: str) -> Given:
        usage = self.sheet.plan.usage
        rng = self.sheet.rng(path, self.sheet.index)
        if field.fields:
            return [{inner.name: EMPTY[inner.type] for inner in field.fields if inner.required}]
        pattern = field.each or field.line
        if pattern is not None:
            row = {c.name: sample(c.kind, c.choices, c.name) for c in pattern.captures}
            key = (
                {c.name: sample(c.kind, c.choices, c.name) for c in self._key(field).captures}
                if field.each
                else {}
            )
            return [{**row, **key}] if field.each is not None else row
        if "{" in (field.key.value if field.key else ""):
            row = {c.name: sample(c.kind, c.choices, c.name) for c in self._key(field).captures}
            return [row | {"value": EMPTY[field.type]}]
        if path in usage.names:
            return f"{self.sheet.role.name}_data.bin"
        if field.type == "int" and path in usage.sizes:
            return draws.small_prime(rng)
        return EMPTY[field.type]

    def _key(self, field: TextField) -> Pattern:
        return parse_text(field.key or Text(field.name, field.place, exact=False))

    # --- as expressions see it

    def _look(self, field: TextField) -> Value:
        given = self.given(field)
        if given is MISSING:
            return default(field)
        if self.form.format == "json" and field.each is None:
            return typed(field.type, as_value(given))
        if field.fields:
            return element_table(field, given)
        if field.line is not None:
            return line_value(field.line, given)
        if field.each is not None or is_keyed(field):
            return self._table(field, given)
        return typed(field.type, given)

    def _table(self, field: TextField, given: Given) -> Value:
        rows = self._rows(field, given)
        names = [c.name for c in field.each.captures] if field.each is not None else []
        if is_keyed(field):
            names += [c.name for c in self._key(field).captures]
            names += ["value"]
        columns = {
            name: column([cast("Value", row.get(name)) for row in rows]) for name in dict.fromkeys(names)
        }
        return Table(columns)

    def _rows(self, field: TextField, given: Given) -> list[dict[str, Given]]:
        """Return the rows of a table: mappings, lists in the order of the captures, or a whole text."""
        pattern = field.each
        if isinstance(given, str) and pattern is not None:
            return [dict[str, Given](found) for found, _ in pattern.find_all(given)][field.skip :]
        names = [c.name for c in pattern.captures] if pattern is not None else []
        rows: list[dict[str, Given]] = []
        for row in given if isinstance(given, (list, tuple)) else [given]:
            if isinstance(row, Mapping):
                rows.append({str(k): v for k, v in row.items()})
            elif isinstance(row, (list, tuple)) and len(row) == len(names):
                rows.append(dict(zip(names, row, strict=True)))
            elif len(names) == 1:
                rows.append({names[0]: row})
            else:
                raise self._unfit(field, row, "a mapping with a value for each capture")
        if is_keyed(field):
            rows = [self._with_value(field, row) for row in rows]
        return rows

    def _with_value(self, field: TextField, row: dict[str, Given]) -> dict[str, Given]:
        if field.each is None or "value" in row:
            return row
        return {**row, "value": formatted(field.each, row)}

    def _unfit(self, field: TextField, found: Given, expected: str) -> VspecError:
        message = f"the value for '{self.path}.{field.name}' does not fit"
        return fail("V0853", message, field.place, expected=expected, found=repr(found)[:60])

    # --- as it is written

    def encoded(self) -> bytes:
        """Return the text as bytes."""
        try:
            return self._text().encode(self.form.encoding)
        except UnicodeEncodeError:
            raise fail(
                "V0853", f"the text of '{self.path}' is not {self.form.encoding}", self.form.place
            ) from None

    def _text(self) -> str:
        return "".join(piece for _, piece in self.pieces())

    def pieces(self) -> Iterator[Line]:
        """Yield the parts of the text in order, each with the name of the field that it holds."""
        match self.form.format:
            case "json":
                yield "", json.dumps(self.tree(), indent=1) + "\n"
            case "delimited":
                yield from forms.delimited(self.form, self._pairs())
            case "cards":
                yield from forms.cards(self._pairs())
            case "csv":
                yield from forms.csv(self.form, self.columns())
            case "xml":
                found = {field.name: self.given(field) for field in self.form.fields}
                given = {name: plain(value) for name, value in found.items() if value is not MISSING}
                yield from forms.elements(self.form, given)
            case _:
                lines = [*self._lines(), *([] if self.form.end is None else [("", self.form.end)])]
                width = self.form.width
                yield from (
                    (name, f"{line}\n" if width is None else line.ljust(width)) for name, line in lines
                )

    def _lines(self) -> list[Line]:
        """Return the lines: the example's ``lines``, fields without a section, then each section."""
        first = self.sheet.given(f"{self.path}.lines", self.sheet.index, 1)
        start = [("", str(line)) for line in first] if isinstance(first, (list, tuple)) else []
        sections: dict[tuple[str, tuple[str, str] | None], list[TextField]] = {("", None): []}
        for field in self.form.fields:
            name = field.section.value if field.section is not None else ""
            sections.setdefault((name, field.between), []).append(field)
        lines: list[Line] = []
        for (name, between), fields in sections.items():
            inside = self._section(fields, start if (name, between) == ("", None) else [])
            if not inside and not any(field.required for field in fields):
                continue
            if name:
                lines.append(("", f"[{name}]"))
            self._add(lines, inside, between)
        return lines

    def _add(self, lines: list[Line], inside: Sequence[Line], between: tuple[str, str] | None) -> None:
        """Put lines to the others; between two marks of which fields wrote the first, if they did."""
        if between is None:
            lines += inside
            return
        begin = self._find(lines, between[0], 0)
        if begin is None:
            lines += [("", self._mark(between[0])), *inside, ("", self._mark(between[1]))]
            return
        stop = self._find(lines, between[1], begin + 1)
        if stop is None:
            lines += [*inside, ("", self._mark(between[1]))]
        else:
            lines[stop:stop] = inside

    def _find(self, lines: Sequence[Line], mark: str, start: int) -> int | None:
        """Return the first line from ``start`` on that is a mark, or that it matches if it has captures."""
        pattern = parse_text(Text(mark.strip(), self.form.place, exact=False))
        texts = [line.strip() for _, line in lines]
        found = (i for i in range(start, len(texts)) if pattern.match(texts[i]) is not None)
        return next(found, None) if "{" in mark else _index(texts, mark.strip(), start)

    def _mark(self, mark: str) -> str:
        if "{" not in mark:
            return mark
        pattern = parse_text(Text(mark, self.form.place, exact=False))
        return formatted(pattern, {c.name: sample(c.kind, c.choices, c.name) for c in pattern.captures})

    def _section(self, fields: Sequence[TextField], start: list[Line]) -> list[Line]:
        """Return the lines of some fields: those with a number in their places, then the others."""
        lines = list(start)
        for field in fields:
            given = MISSING if field.at_line is None else self.given(field)
            if field.at_line is None or given is MISSING:
                continue
            for number, text in enumerate(self._numbered(field, given), field.at_line):
                lines += [("", "")] * (number - len(lines))
                first = field.columns[0] - 1 if field.columns is not None else 0
                before = lines[number - 1][1]
                whole = before[:first].ljust(first) + text + before[first + len(text) :]
                lines[number - 1] = (field.name, whole if field.columns is not None else text)
        for field in fields:
            given = MISSING if field.at_line is not None else self.given(field)
            if given is not MISSING:
                skipped = field.skip if field.each is not None and field.key is None else 0
                written = [(field.name, line) for line in self._written(field, given)]
                lines += written[min(skipped, len(lines)) :]  # lines that are there already are skipped, too
        return lines

    def _numbered(self, field: TextField, given: Given) -> Iterator[str]:
        if field.line is not None or field.each is not None:
            yield from self._written(field, given)
        else:
            yield self._value_text(field, given)

    def _written(self, field: TextField, given: Given) -> Iterator[str]:
        form = self.form
        if field.line is not None:
            whole = isinstance(given, str) and len(field.line.captures) != 1
            yield forms.with_decimals(written(given) if whole else line_text(field.line, given), form)
        elif field.each is not None and field.key is None:
            yield from (f"line {k + 1}" for k in range(field.skip))
            rows = self._rows(field, given)
            yield from (forms.with_decimals(formatted(field.each, row), form) for row in rows)
        elif is_keyed(field):
            pattern = self._key(field)
            for row in self._rows(field, given):
                yield self._pair(formatted(pattern, row), self._worded(field, row.get("value", "")))
        else:
            key = field.key.value if field.key is not None else field.name
            yield self._pair(key, self._value_text(field, given))

    def _pair(self, key: str, text: str) -> str:
        return f"{self.form.prefix or ''}{key}{self.form.separator}{text}"

    def _pairs(self) -> Iterator[forms.Pair]:
        """Yield the keys and values of texts that are not cut into lines; a pattern's line has no key."""
        for field in self.form.fields:
            given = self.given(field)
            if given is MISSING:
                continue
            if field.line is not None or (field.each is not None and field.key is None):
                yield from ((field.name, "", line) for line in self._written(field, given))
            elif is_keyed(field):
                pattern = self._key(field)
                for row in self._rows(field, given):
                    yield field.name, formatted(pattern, row), row.get("value", "")
            else:
                key = field.key.value if field.key is not None else field.name
                value = self._value_text(field, given) if field.each is not None else plain(given)
                yield field.name, key, value

    def _value_text(self, field: TextField, given: Given) -> str:
        if field.each is None or isinstance(given, str):
            return self._worded(field, given)
        rows = self._rows(field, given)
        pieces = [formatted(field.each, row) for row in rows[:1] * field.skip + rows]
        closed = field.each.text.value[:1] in "([{<" and not field.each.text.value.startswith("{")
        return forms.with_decimals(("" if closed else " ").join(pieces), self.form)

    def _worded(self, field: TextField, given: Given) -> str:
        """Return a value with the decimals and the quotes of the format."""
        text = forms.number_or_text(plain(given), self.form)
        if field.type.endswith("[]") and field.skip:
            between = "; " if self.form.decimal == "," else ","
            return between.join([*(str(k) for k in range(field.skip)), *([text] if text else [])])
        if self.form.quotes and field.type == "str" and field.each is None:
            opening, closing = self.form.quotes[0]
            return f"{opening}{text.replace(closing, closing * 2)}{closing}"
        return text

    # --- JSON

    def _base(self) -> Given:
        found = self.sheet.given(self.path, self.sheet.index, 0)
        return None if found is MISSING else self.sheet.settled(found, self._scope, self.sheet.index)

    def tree(self) -> dict[str, Given]:
        """Return the tree of a JSON text: what the example gives whole, and the fields' values in it."""
        base = self._base()
        tree: dict[str, Given] = dict(base) if isinstance(base, Mapping) else {}
        for field in self.form.fields:
            value = self.given(field)
            key = field.key.value if field.key is not None else field.name
            if value is not MISSING and follow(tree, key) is MISSING:
                plant(tree, key, plain(value))
        return cast("dict[str, Given]", plain(tree))


class TextValues:
    """A text header as the `Record` of expressions."""

    def __init__(self, part: TextPart) -> None:
        self.part = part

    def names(self) -> Iterable[str]:
        return self.part.names()

    def get(self, name: str) -> Value:
        return self.part.value(name)

    def locate(self, name: str) -> object:
        raise UnknownName(name)


def _index(texts: Sequence[str], wanted: str, start: int) -> int | None:
    return texts.index(wanted, start) if wanted in texts[start:] else None


def _unknown(name: str) -> Value:
    raise UnknownName(name)
