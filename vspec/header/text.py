"""Text headers: one model for all formats, in files of their own or inside binary ones."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from vspec.card.text_model import TextField, TextFormat
from vspec.errors import Problem, VspecError
from vspec.expressions import UnknownName, Value
from vspec.header import text_cards, text_delimited, text_pairs, text_xml
from vspec.header.text_csv import TextTable, read_table
from vspec.header.text_json import JsonRecord, Node, as_value, member, parse
from vspec.header.text_json import Located as JsonPlace
from vspec.header.text_keyed import Entries, Entry, keyed
from vspec.header.text_lines import Placed, every_line, first_line, numbered
from vspec.header.text_source import ENCODINGS, TEXT_LIMIT, Origin, Source, decode, limit_of

__all__ = ["ENCODINGS", "TEXT_LIMIT", "Origin", "TextRecord", "TextTable", "limit_of", "read_text"]

_ENTRIES: Mapping[str, Entries] = {
    "pairs": text_pairs.entries,
    "cards": text_cards.entries,
    "delimited": text_delimited.entries,
}
Reading = Callable[[TextField], Placed]
"""Takes one field out of a text."""


@dataclass(frozen=True, slots=True, eq=False)
class TextRecord:
    """What a text header says, by the names of the card's fields.

    A JSON text without fields is its whole tree: objects are records, lists of objects are rows.
    """

    values: Mapping[str, Value]
    origins: Mapping[str, str] = field(default_factory=dict)
    tree: JsonRecord | None = None
    notes: tuple[Problem, ...] = ()

    def names(self) -> Iterable[str]:
        """Return the names of the fields, or the keys of the tree."""
        return self.values if self.tree is None else self.tree.names()

    def get(self, name: str) -> Value:
        """Return a value; raises `UnknownName`, and V0509 or V0513 for a number that is refused."""
        if self.tree is not None:
            return self.tree.get(name)
        if name not in self.values:
            raise UnknownName(name)
        return self.values[name]

    def locate(self, name: str) -> object:
        """Raise `UnknownName`: what a text says lies nowhere as bytes of a number."""
        raise UnknownName(name)

    def origin(self, name: str) -> str | None:
        """Return where a value is written, e.g. ``run.meta line 12``; None for a default."""
        return self.origins.get(name)


def read_text(form: TextFormat, raw: bytes, where: Origin) -> TextRecord | TextTable:
    """Return what the text ``raw`` says, a table for csv; ``where`` is where it stands.

    Raises every problem at once: V0501, V0502, V0527, V0913 for a text that cannot be read, V0510,
    V0512, V0522, V0523, V0914, V0915 for JSON and XML, V0503 to V0526 for the fields.
    """
    source = decode(form, raw, where)
    if form.format == "csv":
        return read_table(source)
    if form.format == "json" and not form.fields:
        return _whole_tree(source, parse(source))
    read = _reading(source)
    values: dict[str, Value] = {}
    origins: dict[str, str] = {}
    problems: list[Problem] = []
    for wanted in form.fields:
        try:
            values[wanted.name], origin = read(wanted)
            if origin is not None:
                origins[wanted.name] = origin
        except VspecError as error:
            problems += (problem for problem in error.problems if problem not in problems)
    if problems:
        raise VspecError(problems)
    return TextRecord(values, origins, notes=tuple(source.notes))


def _reading(source: Source) -> Reading:
    """Return what takes fields out of a text; a tree is made once."""
    if source.form.format == "json":
        tree = parse(source)
        return lambda wanted: member(source, wanted, tree)
    if source.form.format == "xml":
        top = text_xml.parse(source)
        return lambda wanted: text_xml.element_value(source, wanted, top)
    entries = _remembered(_ENTRIES.get(source.form.format, text_pairs.entries))
    return lambda wanted: _read(source, wanted, entries)


def _read(source: Source, wanted: TextField, entries: Entries) -> Placed:
    if wanted.at_line is not None:
        return numbered(source, wanted, wanted.at_line)
    if wanted.line is not None:
        return first_line(source, wanted, wanted.line)
    if wanted.each is not None and wanted.key is None:
        return every_line(source, wanted, wanted.each)
    return keyed(source, wanted, entries)


def _remembered(entries: Entries) -> Entries:
    """Return the same, but a part of a text is cut into its entries once."""
    known: dict[object, Sequence[Entry]] = {}

    def recall(source: Source, wanted: TextField) -> Sequence[Entry]:
        part = (wanted.section.value if wanted.section is not None else None, wanted.between)
        if part not in known:
            known[part] = entries(source, wanted)
        return known[part]

    return recall


def _whole_tree(source: Source, tree: Node) -> TextRecord:
    root = as_value(tree, JsonPlace(source))
    if isinstance(root, JsonRecord):
        return TextRecord({}, tree=root)
    message = "holds no JSON object at the top, but " + (
        "a list" if isinstance(tree, list) else "a single value"
    )
    raise VspecError([source.absent("V0511", message, source.form.place)])
