"""A text header that is being written: pairs, lines or JSON, for a file or a field of one."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import cast

import numpy as np

from vspec.authoring.fakes import draws
from vspec.authoring.fakes.examples import Given
from vspec.authoring.fakes.fields import written
from vspec.authoring.fakes.sheets import MISSING, Sheet
from vspec.authoring.fakes.trees import as_value, follow, plant
from vspec.card.model import TextField, TextFormat
from vspec.errors import Text, VspecError, fail
from vspec.expressions import Scope, UnknownName, Value
from vspec.expressions.tables import Row, Table, column
from vspec.patterns import Captured, Pattern, parse_text

_SAMPLES: Mapping[str, Captured] = {"int": 0, "float": 0.0}
_EMPTY: Mapping[str, Value] = {"int": 1, "float": 1.0, "str": "", "int[]": [], "float[]": [], "str[]": []}
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
        self.record = TextValues(self)

    def names(self) -> Iterable[str]:
        """Return the names of the fields, or the keys of a tree without fields."""
        return self._fields or self.tree()

    def value(self, name: str) -> Value:
        """Return what an expression sees under a name; raises `UnknownName`."""
        if not self._fields and self.form.format == "json":
            return as_value(self.tree()[name]) if name in self.tree() else _unknown(name)
        if name not in self._fields:
            raise UnknownName(name)
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
        axes = 1 if field.each is not None or field.type.endswith("[]") else 0
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
        pattern = field.each or field.line
        if pattern is not None:
            row = {c.name: _sample(c.kind, c.choices, c.name) for c in pattern.captures}
            key = (
                {c.name: _sample(c.kind, c.choices, c.name) for c in self._key(field).captures}
                if field.each
                else {}
            )
            return [{**row, **key}] if field.each is not None else row
        if "{" in (field.key.value if field.key else ""):
            row = {c.name: _sample(c.kind, c.choices, c.name) for c in self._key(field).captures}
            return [row | {"value": _EMPTY[field.type]}]
        if path in usage.names:
            return f"{self.sheet.role.name}_data.bin"
        if field.type == "int" and path in usage.sizes:
            return draws.small_prime(rng)
        return _EMPTY[field.type]

    def _key(self, field: TextField) -> Pattern:
        return parse_text(field.key or Text(field.name, field.place, exact=False))

    # --- as expressions see it

    def _look(self, field: TextField) -> Value:
        given = self.given(field)
        if given is MISSING:
            return _default(field)
        if self.form.format == "json" and field.each is None:
            return _typed(field.type, as_value(given))
        if field.line is not None:
            return _line_value(field.line, given)
        if field.each is not None or _is_keyed(field):
            return self._table(field, given)
        return _typed(field.type, given)

    def _table(self, field: TextField, given: Given) -> Value:
        rows = self._rows(field, given)
        names = [c.name for c in field.each.captures] if field.each is not None else []
        if _is_keyed(field):
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
        if _is_keyed(field):
            rows = [self._with_value(field, row) for row in rows]
        return rows

    def _with_value(self, field: TextField, row: dict[str, Given]) -> dict[str, Given]:
        if field.each is None or "value" in row:
            return row
        return {**row, "value": _formatted(field.each, row)}

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
        if self.form.format == "json":
            return json.dumps(self.tree(), indent=1) + "\n"
        lines = [line for _, line in self.lines()]
        if self.form.end is not None:
            lines.append(self.form.end)
        return "".join(f"{line}\n" for line in lines)

    def lines(self) -> Iterator[Line]:
        """Yield the lines: the example's ``lines``, fields without a section, then each section."""
        first = self.sheet.given(f"{self.path}.lines", self.sheet.index, 1)
        if isinstance(first, (list, tuple)):
            yield from (("", str(line)) for line in first)
        sections: dict[tuple[str, tuple[str, str] | None], list[TextField]] = {("", None): []}
        for field in self.form.fields:
            name = field.section.value if field.section is not None else ""
            sections.setdefault((name, field.between), []).append(field)
        for (name, between), fields in sections.items():
            inside = [line for field in fields for line in self._lines(field)]
            if not inside and not any(field.required for field in fields):
                continue
            if name:
                yield "", f"[{name}]"
            if between is not None:
                yield "", between[0]
            yield from inside
            if between is not None:
                yield "", between[1]

    def _lines(self, field: TextField) -> Iterator[Line]:
        given = self.given(field)
        if given is MISSING:
            return
        for line in self._written(field, given):
            yield field.name, line

    def _written(self, field: TextField, given: Given) -> Iterator[str]:
        if field.line is not None:
            yield (
                given
                if isinstance(given, str) and len(field.line.captures) != 1
                else _line(field.line, given)
            )
        elif field.each is not None and field.key is None:
            yield from (f"line {k + 1}" for k in range(field.skip))
            yield from (_formatted(field.each, row) for row in self._rows(field, given))
        elif _is_keyed(field):
            pattern = self._key(field)
            for row in self._rows(field, given):
                yield self._pair(_formatted(pattern, row), cast("Value", row.get("value", "")))
        else:
            key = field.key.value if field.key is not None else field.name
            yield self._pair(key, self._value_text(field, given))

    def _pair(self, key: str, value: Value) -> str:
        return f"{key}{self.form.separator}{written(value)}"

    def _value_text(self, field: TextField, given: Given) -> str:
        if field.each is None or isinstance(given, str):
            return written(given)
        rows = self._rows(field, given)
        pieces = [_formatted(field.each, row) for row in rows[:1] * field.skip + rows]
        closed = field.each.text.value[:1] in "([{<" and not field.each.text.value.startswith("{")
        return ("" if closed else " ").join(pieces)

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
                plant(tree, key, _plain(value))
        return cast("dict[str, Given]", _plain(tree))


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


def _unknown(name: str) -> Value:
    raise UnknownName(name)


def _is_keyed(field: TextField) -> bool:
    """Tell whether the key of a field is a pattern, which makes it a table."""
    return field.key is not None and "{" in field.key.value and field.line is None


def _sample(kind: str, choices: Sequence[str], name: str) -> Captured:
    return choices[0] if choices else _SAMPLES.get(kind, name)


def _formatted(pattern: Pattern, row: Mapping[str, Given]) -> str:
    known: dict[str, Captured] = {}
    for capture in pattern.captures:
        given = row.get(capture.name)
        if given is not None:
            known[capture.name] = _captured(capture.kind, given)
        elif capture.required and capture.kind == "text":
            known[capture.name] = ""
    return pattern.format(known)


def _captured(kind: str, value: Given) -> Captured:
    if kind == "float" and isinstance(value, (int, float)):
        return float(value)
    return value if isinstance(value, (int, float, str)) else written(value)


def _line(pattern: Pattern, given: Given) -> str:
    row = given if isinstance(given, Mapping) else {c.name: given for c in pattern.captures[:1]}
    return _formatted(pattern, {str(k): v for k, v in row.items()})


def _line_value(pattern: Pattern, given: Given) -> Value:
    names = [c.name for c in pattern.captures]
    if isinstance(given, Mapping):
        values = {name: cast("Value", given.get(name)) for name in names}
        return values[names[0]] if len(names) == 1 else Row(values)
    if not names or len(names) == 1:
        return cast("Value", given)
    found = pattern.match(str(given)) or {}
    return Row({name: found.get(name) for name in names})


def _default(field: TextField) -> Value:
    if field.each is not None and field.default in (None, ()):
        return Table({c.name: column([], c.kind) for c in field.each.captures})
    if field.type.endswith("[]") and isinstance(field.default, tuple):
        return column([cast("Value", v) for v in field.default], field.type[:-2])
    default = field.default
    return float(default) if field.type == "float" and isinstance(default, int) else cast("Value", default)


def _typed(kind: str, given: Given) -> Value:
    match kind:
        case "int[]" | "float[]" | "str[]":
            items = given.tolist() if isinstance(given, np.ndarray) else given
            many = items if isinstance(items, (list, tuple)) else _split(items)
            return column([_scalar(kind[:-2], item) for item in many], kind[:-2])
        case "str" if isinstance(given, (bool, int, float)):
            return written(given)
        case "str":
            return cast("Value", given)
        case _:
            return _scalar(kind, given)


def _split(given: Given) -> list[Given]:
    return [*written(given).replace(",", " ").split()]


def _scalar(kind: str, given: Given) -> Value:
    text = written(given)
    return int(text) if kind == "int" else float(text) if kind == "float" else text


def _plain(value: Given) -> Given:
    if isinstance(value, np.ndarray):
        return value.tolist()
    if isinstance(value, np.generic):
        return value.item()
    if isinstance(value, Mapping):
        return {str(key): _plain(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [_plain(item) for item in value]
    return value
