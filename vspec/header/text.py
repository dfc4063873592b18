"""Text headers: one model for pairs, lines and JSON, in files of their own or inside binary ones."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from vspec.card.model import TextField, TextFormat
from vspec.errors import Problem, VspecError
from vspec.expressions import UnknownName, Value
from vspec.header.text_json import JsonRecord, Node, as_value, member, parse
from vspec.header.text_json import Located as JsonPlace
from vspec.header.text_lines import Placed, every_line, first_line
from vspec.header.text_pairs import pair
from vspec.header.text_source import ENCODINGS, TEXT_LIMIT, Origin, Source, decode

__all__ = ["ENCODINGS", "TEXT_LIMIT", "Origin", "TextRecord", "read_text"]


@dataclass(frozen=True, slots=True, eq=False)
class TextRecord:
    """What a text header says, by the names of the card's fields.

    A JSON text without fields is its whole tree: objects are records, lists of objects are rows.
    """

    values: Mapping[str, Value]
    origins: Mapping[str, str] = field(default_factory=dict)
    tree: JsonRecord | None = None

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


def read_text(form: TextFormat, raw: bytes, where: Origin) -> TextRecord:
    """Return what the text ``raw`` says; ``where`` is where it stands.

    Raises every problem at once: V0501, V0502, V0913 for a text that cannot be read, V0510, V0512,
    V0914 for JSON, V0503 to V0513 for the fields.
    """
    source = decode(form, raw, where)
    tree = parse(source) if form.format == "json" else None
    if form.format == "json" and not form.fields:
        return _whole_tree(source, tree)
    values: dict[str, Value] = {}
    origins: dict[str, str] = {}
    problems: list[Problem] = []
    for wanted in form.fields:
        try:
            values[wanted.name], origin = _read(source, wanted, tree)
            if origin is not None:
                origins[wanted.name] = origin
        except VspecError as error:
            problems.extend(error.problems)
    if problems:
        raise VspecError(problems)
    return TextRecord(values, origins)


def _read(source: Source, wanted: TextField, tree: Node) -> Placed:
    if source.form.format == "json":
        return member(source, wanted, tree)
    if wanted.line is not None:
        return first_line(source, wanted, wanted.line)
    if wanted.each is not None and wanted.key is None:
        return every_line(source, wanted, wanted.each)
    return pair(source, wanted)


def _whole_tree(source: Source, tree: Node) -> TextRecord:
    root = as_value(tree, JsonPlace(source))
    if isinstance(root, JsonRecord):
        return TextRecord({}, tree=root)
    message = "holds no JSON object at the top, but " + (
        "a list" if isinstance(tree, list) else "a single value"
    )
    raise VspecError([source.absent("V0511", message, source.form.place)])
