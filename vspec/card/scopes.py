"""What names mean at a place of a card, and the check of one expression against it."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import pairwise

from vspec.card.members import HELD, Entity, members, record_members
from vspec.card.model import Card, Let, Record
from vspec.card.references import Reference, references
from vspec.card.text_model import TextField
from vspec.datatypes import NUMBERS, RESERVED, TEXTS
from vspec.errors import Place, Problem, Text, did_you_mean
from vspec.expressions import RUN_COLUMNS, Expression, Template

_LIBRARY = re.compile(r"[A-Za-z_]\w*(\.[A-Za-z_]\w*)+\Z")
_FOREIGN = {
    "float": "float32",
    "single": "float32",
    "double": "float64",
    "half": "float16",
    "int": "int32",
    "integer": "int32",
    "short": "int16",
    "ushort": "uint16",
    "uint": "uint32",
    "long": "int64",
    "ulong": "uint64",
    "byte": "uint8",
    "char": "uint8 for numbers, ascii(n) for text",
    "uchar": "uint8",
    "str": "ascii(n)",
    "string": "ascii(n)",
    "i1": "int8",
    "i2": "int16",
    "i4": "int32",
    "i8": "int64",
    "u1": "uint8",
    "u2": "uint16",
    "u4": "uint32",
    "u8": "uint64",
    "f2": "float16",
    "f4": "float32",
    "f8": "float64",
}
_BRACES = re.compile(r"(?<!\{)\{\s*(?P<path>(?P<name>[A-Za-z_]\w*)(?:\.\w+|\[[^]{}]*\])*)\s*\}(?!\})")


@dataclass(frozen=True, slots=True)
class Declared:
    """What a name is: ``what`` for messages (``a capture``), the entity where it has members."""

    what: str
    place: Place | None
    entity: Entity = None


class Names:
    """The names in sight: those declared here, then those around."""

    def __init__(self, outer: Names | None = None) -> None:
        self._outer = outer
        self._own: dict[str, Declared] = {}

    def declare(self, name: str, declared: Declared) -> Problem | None:
        """Add a name; return the problem if the chain has it already."""
        first = self.find(name)
        self._own.setdefault(name, declared)
        if first is None:
            return None
        before = first.what + ("" if first.place is None else f" (line {first.place.line})")
        message = f"'{name}' is declared twice: {before} and {declared.what}"
        return Problem(
            "V0170", message, declared.place or first.place, help="a name means one thing; choose another"
        )

    def find(self, name: str) -> Declared | None:
        """Return what a name means, or None."""
        found = self._own.get(name)
        if found is not None or self._outer is None:
            return found
        return self._outer.find(name)

    def __iter__(self) -> Iterator[str]:
        yield from self._own
        if self._outer is not None:
            yield from self._outer


class NameCheck:
    """Checks expressions of one card; problems and warnings are collected, and what was ``seen``.

    ``scopes`` are the names in sight of each expression, by its id.
    """

    def __init__(self, card: Card) -> None:
        self.problems: list[Problem] = []
        self.warnings: list[Problem] = []
        self.seen: list[Expression | Template] = []
        self.scopes: dict[int, Names] = {}
        self._card = card
        self._types = frozenset(NUMBERS) | frozenset(TEXTS) | frozenset(card.types)
        self._anywhere = frozenset(column_names(card))
        self._has_runs = any(_calls_runs(let.value) for let in _all_lets(card))

    def check(
        self, source: Expression | Template | None, names: Names, words: frozenset[str] = frozenset()
    ) -> None:
        """Check every name that a text mentions; ``words`` are the language's own in place here."""
        if source is None:
            return
        self.seen.append(source)
        self.scopes[id(source)] = names
        if isinstance(source, Template):
            self.warnings += (
                p for part in source.parts if isinstance(part, str) for p in _braces(source, part, names)
            )
        found = references(source)
        runs = self._has_runs or any(r.called and r.name.value == "runs" for r in found)
        for reference in found:
            if not (runs and reference.inside and self._is_run_column(reference, names)):
                self._check_reference(reference, names, words)

    @staticmethod
    def _is_run_column(reference: Reference, names: Names) -> bool:
        name = reference.name.value
        return name in RUN_COLUMNS and not reference.called and names.find(name) is None

    def check_type(self, source: Expression, names: Names, words: frozenset[str] = frozenset()) -> None:
        """Check an expression that gives a type: a lone unknown name is an unknown type."""
        found = references(source)
        name = found[0].name if len(found) == 1 and not found[0].called else None
        written = source.text.value.strip()
        if name is not None and _LIBRARY.match(written) and not self._is_known(name.value, names, words):
            last = written.rpartition(".")[2]
            help = did_you_mean(last, {*NUMBERS, *self._card.types}, "types")
            known = last if last in NUMBERS else _FOREIGN.get(last)
            if known is not None:
                help = f"write {known}: types of the language have no prefix"
            self.problems.append(Problem("V0111", f"unknown type '{written}'", source.text.place, help=help))
            return
        if name is None or name.value != written or self._is_known(name.value, names, words):
            self.check(source, names, words)
            return
        foreign = _FOREIGN.get(name.value.lower().lstrip("<>=|"))
        help = (
            f"did you mean {foreign}?"
            if foreign
            else did_you_mean(name.value, {*NUMBERS, *self._card.types, *names})
        )
        self.problems.append(Problem("V0111", f"unknown type '{name.value}'", name.place, help=help))

    def _is_known(self, name: str, names: Names, words: frozenset[str]) -> bool:
        return name in words or name in self._types or names.find(name) is not None or name in RESERVED

    def _check_reference(self, reference: Reference, names: Names, words: frozenset[str]) -> None:
        name = reference.name
        if reference.called and name.value == "align" and "here" not in words:
            self._misplaced(name)
        if reference.called or name.value in self._types or name.value in words:
            return
        declared = names.find(name.value)
        if declared is not None:
            self._check_path(declared.entity, reference.path)
        elif name.value in RESERVED:
            self._misplaced(name)
        elif not (reference.inside and name.value in self._anywhere):
            help = did_you_mean(name.value, names, "names in sight")
            self.problems.append(Problem("V0172", f"unknown name '{name.value}'", name.place, help=help))

    def _check_path(self, entity: Entity, path: tuple[Text, ...]) -> None:
        for before, name in pairwise(path):
            known = members(entity, self._card)
            if known is None:
                return
            if name.value not in known:
                message = f"'{before.value}' has no field '{name.value}'"
                help = did_you_mean(name.value, known, "it has") or "it is a single value, or raw bytes"
                self.problems.append(Problem("V0173", message, name.place, help=help))
                return
            entity = known[name.value]

    def _misplaced(self, name: Text) -> None:
        word = name.value
        help = {
            "auto": "it stands for a whole size in the 'shape' of an array",
            "rest": "it stands in a layout: as a repeat, or as a size with a name, e.g. int16[time=rest]",
            "prev": "it is the row before, in a record with 'repeat'",
            "little": "the key 'endian' takes it",
            "big": "the key 'endian' takes it",
        }.get(word, "it belongs to the fields of a layout")
        self.problems.append(Problem("V0177", f"'{word}' means nothing here", name.place, help=help))


def _braces(source: Template, plain: str, names: Names) -> Iterator[Problem]:
    """Yield the warning of each ``{name}`` in a text that computes with ``{{ }}``."""
    for match in _BRACES.finditer(plain):
        if names.find(match["name"]) is None:
            continue
        start = source.text.value.find(match.group())
        place = source.text.cut(start, start + len(match.group())).place
        message = f"'{match.group()}' computes nothing: it stays in the text as it is written"
        help = f"'{{{{ {match['path']} }}}}' is the value of '{match['path']}'"
        yield Problem("V0189", message, place, help=help, level="warn")


def _calls_runs(source: Expression) -> bool:
    return any(reference.called and reference.name.value == "runs" for reference in references(source))


def column_names(card: Card) -> Iterator[str]:
    """Yield every name that may be a column of something."""
    for role in card.roles:
        if role.layout is not None:
            yield from _record_names(role.layout)
        if role.text is not None:
            yield from _text_names(role.text.fields)
        if role.container is not None:
            yield from HELD
        yield from (capture.name for pattern in role.match for capture in pattern.captures)
    for struct in card.types.values():
        yield from _record_names(struct.record)


def _all_lets(card: Card) -> Iterator[Let]:
    yield from card.lets
    yield from (let for array in card.arrays for let in array.lets)
    layouts = [role.layout for role in card.roles if role.layout is not None]
    todo = [*layouts, *(struct.record for struct in card.types.values())]
    while todo:
        record = todo.pop()
        yield from record.lets
        todo += [item for item in record.fields if isinstance(item, Record)]


def _record_names(record: Record) -> Iterator[str]:
    yield from record_members(record)
    for item in record.fields:
        if isinstance(item, Record):
            yield from _record_names(item)
        elif item.parse is not None:
            yield from _text_names(item.parse.fields)


def _text_names(fields: Iterable[TextField]) -> Iterator[str]:
    for field in fields:
        yield field.name
        yield from _text_names(field.fields)
        for pattern in (field.line, field.each):
            if pattern is not None:
                yield from (capture.name for capture in pattern.captures)
