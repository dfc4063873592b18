"""Text as JSON: objects are records, lists of objects are rows, other lists are columns."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np

from vspec.card.text_model import TextField
from vspec.errors import Problem, Text, VspecError, fail
from vspec.expressions import Column, UnknownName, Value
from vspec.expressions.tables import column, plain
from vspec.header.text_keyed import tuples
from vspec.header.text_lines import Placed
from vspec.header.text_source import Source
from vspec.header.text_values import Unfit, default, misfit, scalar

_DEEPEST = 100
_TOKENS = re.compile(r'"(?:[^"\\]|\\.)*+"?|[\[\]{}]', re.DOTALL)
_ESCAPES = re.compile(
    r"\\(?:u[dD][89abAB][0-9a-fA-F]{2}\\u[dD][c-fC-F][0-9a-fA-F]{2}|(u[dD][89a-fA-F][0-9a-fA-F]{2})|.)",
    re.DOTALL,
)
_STEP = re.compile(r"\[(-?[0-9]{1,9})\]|[^.\[\]]+")
_BREAK = re.compile(r"[.\[]|$")


@dataclass(frozen=True, slots=True)
class Refused:
    """A number that JSON or 64 bits do not have; only its use is an error."""

    code: str
    written: str


Node = None | bool | int | float | str | Refused | list["Node"] | dict[str, "Node"]


def parse(source: Source) -> Node:
    """Return the tree of a text; raises V0510 for what is no JSON, V0512 and V0914."""
    _require_shallow(source)
    try:
        tree: Node = json.loads(
            source.text,
            parse_int=_whole,
            parse_float=_real,
            parse_constant=lambda word: Refused("V0513", word),
            object_pairs_hook=lambda pairs: _object(source, pairs),
        )
    except json.JSONDecodeError as error:
        problem = Problem(
            "V0510",
            f"{source.name} line {error.lineno}: not JSON: {error.msg[:1].lower()}{error.msg[1:]}",
            source.form.place,
            data_file=source.name,
            offset=source.offset(error.pos),
            found=repr(source.text[error.pos : error.pos + 20])
            if error.pos < len(source.text)
            else "the end of the text",
        )
        raise VspecError([problem]) from None
    _require_whole_characters(source)
    return tree


def _require_whole_characters(source: Source) -> None:
    """Raise V0510 for an escape that is half a pair: no text can hold it."""
    for escape in _ESCAPES.finditer(source.text):
        if escape.group(1) is not None:
            line = source.text.count("\n", 0, escape.start()) + 1
            problem = Problem(
                "V0510",
                f"{source.name} line {line}: not JSON: an escape is half a character",
                source.form.place,
                data_file=source.name,
                offset=source.offset(escape.start()),
                found=escape.group(),
            )
            raise VspecError([problem])


def _require_shallow(source: Source) -> None:
    depth = 0
    for token in _TOKENS.finditer(source.text):
        depth += {"[": 1, "{": 1, "]": -1, "}": -1}.get(token.group(), 0)
        if depth > _DEEPEST:
            message = f"{source.name}: objects and lists nest more than {_DEEPEST} levels deep"
            raise fail("V0914", message, source.form.place)


def _whole(text: str) -> int | Refused:
    fits = len(text) <= 20 and -(2**63) <= int(text) < 2**63
    return int(text) if fits else Refused("V0509", text)


def _real(text: str) -> float | Refused:
    number = float(text)
    return Refused("V0509", text) if math.isinf(number) else number


def _object(source: Source, pairs: Sequence[tuple[str, Node]]) -> dict[str, Node]:
    members: dict[str, Node] = {}
    for name, node in pairs:
        if name in members and members[name] != node:
            raise fail(
                "V0512",
                f"{source.name}: an object has '{name}' twice, with different values",
                source.form.place,
            )
        members[name] = node
    return members


# --- the tree as values ---------------------------------------------------------------------


@dataclass(frozen=True, slots=True, eq=False)
class Located:
    """Where a node of the tree is: the text and the path in it, as messages show it."""

    source: Source
    path: str = ""

    def member(self, name: str) -> Located:
        return Located(self.source, f"{self.path}.{name}" if self.path else name)

    def item(self, index: int) -> Located:
        return Located(self.source, f"{self.path}[{index}]")

    def refuse(self, refused: Refused) -> VspecError:
        """Return the error of a number that cannot be used."""
        what = "is not a finite number" if refused.code == "V0513" else "does not fit into 64 bits"
        return VspecError(
            [
                replace(
                    self.source.absent(
                        refused.code, f"{self.path or 'the value'} {what}", self.source.form.place
                    ),
                    found=refused.written[:40],
                )
            ]
        )


class JsonRecord:
    """An object: its members by name."""

    def __init__(self, members: dict[str, Node], at: Located) -> None:
        self.members = members
        self._at = at

    def names(self) -> Iterable[str]:
        return self.members

    def get(self, name: str) -> Value:
        if name not in self.members:
            raise UnknownName(name)
        return as_value(self.members[name], self._at.member(name))

    def locate(self, name: str) -> object:
        raise UnknownName(name)


class JsonRows:
    """A list of objects, one row each. A column has ``none`` where an object lacks the member.

    An empty list has every column, with no values.
    """

    def __init__(self, items: Sequence[dict[str, Node]], ats: Sequence[Located]) -> None:
        self.items = items
        self._ats = ats

    def __len__(self) -> int:
        return len(self.items)

    def __iter__(self) -> Iterator[JsonRecord]:
        return (JsonRecord(item, at) for item, at in zip(self.items, self._ats, strict=True))

    def names(self) -> Iterable[str]:
        return dict.fromkeys(name for item in self.items for name in item)

    def column(self, name: str) -> Value:
        if self.items and not any(name in item for item in self.items):
            raise UnknownName(name)
        nodes = [item.get(name) for item in self.items]
        return _column(nodes, [at.member(name) for at in self._ats])

    def locate(self, name: str) -> object:
        raise UnknownName(name)

    def row(self, key: int | str) -> JsonRecord:
        if isinstance(key, str):
            raise KeyError(key)
        return JsonRecord(self.items[key], self._ats[key])

    def take(self, index: Column | slice) -> JsonRows:
        chosen = [int(i) for i in column(range(len(self.items)))[index]]
        return JsonRows([self.items[i] for i in chosen], [self._ats[i] for i in chosen])

    def keys(self) -> Iterable[object]:
        return range(len(self.items))

    def has(self, key: object) -> bool:
        return isinstance(key, int) and not isinstance(key, bool) and -len(self) <= key < len(self)


def as_value(node: Node, at: Located) -> Value:
    """Return a node as a value of expressions; raises V0509 or V0513 for a number that is refused."""
    if isinstance(node, Refused):
        raise at.refuse(node)
    if isinstance(node, dict):
        return JsonRecord(node, at)
    if isinstance(node, list):
        return _column(node, [at.item(i) for i in range(len(node))])
    return node


def _column(nodes: Sequence[Node], ats: Sequence[Located]) -> Value:
    """Return nodes side by side: rows of objects, a column of scalars, a list of anything else."""
    objects = [node for node in nodes if isinstance(node, dict)]
    if len(objects) == len(nodes):
        return JsonRows(objects, ats)
    values = [as_value(node, at) for node, at in zip(nodes, ats, strict=True)]
    plain = all(value is None or isinstance(value, (bool, int, float, str)) for value in values)
    return column(values) if plain else values


# --- fields by path -------------------------------------------------------------------------


def member(source: Source, field: TextField, tree: Node) -> Placed:
    """Return the value at a path such as ``continuous[0].sample_rate``.

    Raises V0503 with the keys that are there, V0505, V0509, V0511, V0513.
    """
    key = field.key or Text(field.name, field.place)
    try:
        found = _follow(source, as_value(tree, Located(source)), key)
    except VspecError as error:
        if field.required or {problem.code for problem in error.problems} != {"V0503"}:
            raise
        return default(field), None
    origin = f"{source.name} {key.value}"
    if field.each is not None and isinstance(found, str):
        return tuples(source, field, field.each, found, None), origin
    return _typed(source, field, found), origin


def _follow(source: Source, node: Value, key: Text) -> Value:
    """Go down a path; a member whose name has dots or brackets itself wins over its parts."""
    rest = key
    while True:
        own, step = _own_name(node, rest.value), _STEP.match(rest.value)
        if step is None:
            raise VspecError([source.absent("V0511", f"has no path '{key.value}'", rest.place)])
        stop = own or step.end()
        part = rest.cut(0, stop)
        if own or step[1] is None:
            node = _inside(source, node, part)
        else:
            node = _at_index(source, node, int(step[1]), part)
        if stop == len(rest.value):
            return node
        rest = rest.cut(stop + (rest.value[stop] == "."), len(rest.value))


def _own_name(node: Value, path: str) -> int:
    """Return the length of the longest member of ``node`` with which a path begins, else 0."""
    if not isinstance(node, JsonRecord):
        return 0
    stops = [found.start() for found in _BREAK.finditer(path)]
    return next((stop for stop in reversed(stops) if path[:stop] in node.members), 0)


def _inside(source: Source, node: Value, name: Text) -> Value:
    if not isinstance(node, (JsonRecord, JsonRows)):
        message = f"has no member '{name.value}' here: the value before it is no object"
        raise VspecError([source.absent("V0511", message, name.place)])
    try:
        return node.get(name.value) if isinstance(node, JsonRecord) else node.column(name.value)
    except UnknownName:
        raise VspecError([source.missing("V0503", "key", name, list(node.names()))]) from None


def _at_index(source: Source, node: Value, index: int, step: Text) -> Value:
    items = list(node) if isinstance(node, JsonRows) else node
    if isinstance(items, (list, np.ndarray)) and -len(items) <= index < len(items):
        return plain(items[index])
    size = f"it has {len(items)}" if isinstance(items, (list, np.ndarray)) else "the value is no list"
    raise VspecError([source.absent("V0511", f"has no item [{index}] here", step.place, size)])


def _typed(source: Source, field: TextField, found: Value) -> Value:
    """Return a value as the field's type; ``str`` leaves it as it stands in the file."""
    if field.type == "str":
        return found
    try:
        if field.type.endswith("[]"):
            return _typed_list(found, field.type[:-2])
        return _typed_scalar(found, field.type)
    except Unfit as unfit:
        raise VspecError([misfit(source, field, unfit)]) from None


def _typed_list(found: Value, kind: str) -> Value:
    if not isinstance(found, (list, np.ndarray, JsonRows)) or (isinstance(found, JsonRows) and len(found)):
        raise Unfit("V0505", "a list", _shown(found))
    items = [] if isinstance(found, JsonRows) else list(found)
    return column([_typed_scalar(plain(item), kind) for item in items], kind)


def _typed_scalar(found: Value, kind: str) -> bool | int | float | str:
    if isinstance(found, str):
        return scalar(found, kind)
    if kind == "bool" and isinstance(found, bool):
        return found
    if isinstance(found, (int, float)) and not isinstance(found, bool):
        if kind == "float":
            return float(found)
        if kind == "int" and found == int(found):
            return scalar(str(int(found)), "int")
    raise Unfit(
        "V0505",
        {"int": "a whole number", "float": "a number", "bool": "true or false"}.get(kind, "a text"),
        _shown(found),
    )


def _shown(found: Value) -> str:
    if isinstance(found, JsonRecord):
        return "an object"
    return "a list" if isinstance(found, (list, np.ndarray, JsonRows)) else repr(found)[:80]
