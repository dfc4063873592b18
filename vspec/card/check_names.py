"""The check of names: none declared twice along a chain, none used that is not in sight."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from vspec.card.members import members
from vspec.card.model import (
    ArraySpec,
    Arrow,
    ByteOrderTest,
    Card,
    CodecStep,
    EndianSpec,
    Field,
    Library,
    Record,
    Repeat,
    Role,
    StructType,
    Tree,
    TypeRef,
)
from vspec.card.scopes import Declared, NameCheck, Names
from vspec.errors import Place, Problem
from vspec.expressions import Expression, Template
from vspec.patterns import Pattern

_LAYOUT = frozenset({"here", "start"})
_ROW = _LAYOUT | {"prev"}
_ENDIAN = frozenset({"little", "big"})
_AUTO = frozenset({"auto"})


def check_names(card: Card) -> list[Problem]:
    """Return what is wrong with the names of a card."""
    return _Names(card).run()


def looked_through(card: Card) -> NameCheck:
    """Return a check of a card's names after it was done, with its warnings and all that it has seen."""
    names = _Names(card)
    names.run()
    return names.check


class _Names:
    def __init__(self, card: Card) -> None:
        self._card = card
        self.check = self._check = NameCheck(card)
        self._problems = self._check.problems

    def run(self) -> list[Problem]:
        card = self._card
        constants = self._constants()
        for struct in card.types.values():
            self._type(struct, constants)
        root = self._root(constants)
        for let in card.lets:
            self._check.check(let.value, root)
        for role in card.roles:
            self._role(role, root)
        for check in card.checks:
            self._check.check(check.that, root)
            self._check.check(check.otherwise, root)
        self._tree(card.attrs, root)
        for array in card.arrays:
            self._array(array, root)
        return self._problems

    def _declare(self, names: Names, name: str, declared: Declared) -> None:
        problem = names.declare(name, declared)
        if problem is not None:
            self._problems.append(problem)

    def _constants(self) -> Names:
        names = Names()
        for table in self._card.tables:
            self._declare(names, table, Declared("a table", None))
        for param in self._card.params:
            self._declare(names, param.name, Declared("a parameter", param.place))
        self._libraries(names, self._card.used)
        return names

    def _libraries(self, names: Names, used: Mapping[str, Library]) -> None:
        for name, library in used.items():
            self._declare(names, name, Declared("a used card", library.place, library))

    def _type(self, struct: StructType, constants: Names) -> None:
        """Check a type in front of what it sees: constants of its card, its parameters, its own fields."""
        names = constants
        if struct.library:
            names, library = Names(), self._card.used[struct.library[0]]
            for step in struct.library[1:]:
                library = library.used[step]
            for table in library.tables:
                names.declare(table, Declared("a table", None))
            self._libraries(names, library.used)
        names = Names(names)
        for param in struct.params:
            self._declare(names, param.value, Declared("a parameter of the type", param.place))
        names = self._record(struct.record, Names(names), _ROW)
        self._check.check(struct.value, names, _ROW)

    def _root(self, constants: Names) -> Names:
        names = Names(constants)
        for role in self._card.roles:
            self._declare(names, role.name, Declared("a file role", role.place, role))
        for name, place in self._captures().items():
            self._declare(names, name, Declared("a capture", place))
        for let in self._card.lets:
            self._declare(names, let.name, Declared("a derived value", let.place, let))
        for name, struct in self._card.types.items():
            if names.find(name) is not None:
                self._declare(Names(names), name, Declared("a type", struct.record.place))
        return names

    def _captures(self) -> dict[str, Place]:
        found: dict[str, Place] = {}
        for role in self._card.roles:
            for pattern in role.match:
                for capture in pattern.captures:
                    found.setdefault(capture.name, _capture_place(pattern, capture.name))
        return found

    def _role(self, role: Role, root: Names) -> None:
        names = Names(root)
        if role.over is not None and role.named is not None:
            names.declare(role.over, Declared("a file", role.place))
        if role.layout is not None:
            names = self._record(role.layout, Names(names), _LAYOUT)
        if role.container is not None:
            for name in ("arrays", "groups", "attrs"):
                names.declare(name, Declared("what a container has", role.place))
        self._endian(role.endian, names)
        self._check.check(role.named, root)
        self._check.check(role.order, names)

    def _record(self, record: Record, names: Names, words: frozenset[str]) -> Names:
        """Check a record whose own names are added to ``names``; ``words`` are in place in it."""
        if record.repeat is not None and record.repeat.variable is not None:
            self._declare(names, record.repeat.variable, Declared("a loop variable", record.repeat.place))
        for item in record.fields:
            what = "a record" if isinstance(item, Record) else "a field"
            self._declare(names, item.name, Declared(what, _name_place(item), item))
        for let in record.lets:
            self._declare(names, let.name, Declared("a derived value", let.place, let))
        for let in record.lets:
            self._check.check(let.value, names, words)
        self._check.check(record.size, names, words)
        self._endian(record.endian, names, words)
        for item in record.fields:
            if isinstance(item, Record):
                self._inner(item, names, words)
            else:
                self._field(item, names, words)
        return names

    def _inner(self, record: Record, outer: Names, words: frozenset[str]) -> None:
        repeat = record.repeat
        inside = words if repeat is None else _ROW
        if repeat is not None:
            self._check.check(repeat.count, outer, words | {"rest"})
            self._check.check(repeat.items, outer, words)
        names = self._record(record, Names(outer), inside)
        for source in (record.condition, record.at, record.to):
            self._check.check(source, names, words)
        if record.codec:
            self._coded(record, outer, words)
        if record.of is not None:
            self._type_of(record.of, names, inside)
        if repeat is not None:
            self._end(record, repeat, names)

    def _end(self, record: Record, repeat: Repeat, names: Names) -> None:
        """Check where repeated records end: the fields of the last one are in sight."""
        known = members(record, self._card) if record.of is not None else {}
        for source in (repeat.until, repeat.next):
            inside = Names(names)
            for name in known or {}:
                inside.declare(name, Declared("a field", record.place))
            if known is not None:
                self._check.check(source, inside, _ROW)

    def _type_of(self, ref: TypeRef, names: Names, words: frozenset[str]) -> None:
        self._check.check(ref.length, names, words)
        for argument in ref.arguments:
            self._check.check(argument, names, words)
        if ref.value is not None:
            self._check.check_type(ref.value, names, words)

    def _field(self, field: Field, names: Names, words: frozenset[str]) -> None:
        for source in (field.condition, field.default, field.offset, field.constant, field.to):
            self._check.check(source, names, words)
        self._type_of(field.type, names, words)
        for axis in field.axes:
            self._check.check(axis.filled, names, words)
            self._check.check(axis.size, names, words | {"rest"} if axis.name else words)
            if axis.size is None and not axis.name:
                message = "'rest' needs an axis with a name"
                self._problems.append(Problem("V0177", message, axis.place, help="e.g. int16[time=rest]"))
        self._endian(field.endian, names, words)

    def _coded(self, record: Record, outer: Names, words: frozenset[str]) -> None:
        """Check how a record is encoded: what lies in the encoded bytes is not known before."""
        names = Names(outer)
        if record.repeat is not None and record.repeat.variable is not None:
            names.declare(record.repeat.variable, Declared("a loop variable", record.repeat.place))
        steps = (source for step in record.codec for source in _sources(step))
        own = {item.name for item in (*record.fields, *record.lets)}
        for source in (record.encoded, *steps):
            hidden = sorted(own & source.names) if source is not None else []
            if source is None or not hidden:
                self._check.check(source, names, words)
                continue
            message = f"'{hidden[0]}' is decoded only when 'nbytes' and 'codec' of '{record.name}' are known"
            help = "take it from a field in front of the record"
            self._problems.append(Problem("V0172", message, source.text.place, help=help))

    def _codecs(self, steps: Sequence[CodecStep], names: Names) -> None:
        for step in steps:
            for source in _sources(step):
                self._check.check(source, names)

    def _endian(self, endian: EndianSpec, names: Names, words: frozenset[str] = frozenset()) -> None:
        if isinstance(endian, Expression):
            self._check.check(endian, names, words | _ENDIAN)
        elif isinstance(endian, ByteOrderTest):
            self._check.check(endian.that, names, frozenset({"test"}))

    def _array(self, array: ArraySpec, root: Names) -> None:
        names = Names(root)
        if array.each is not None:
            self._check.check(array.each[1], root)
            self._declare(names, array.each[0], Declared("a loop variable", array.each[1].text.place))
        for let in array.lets:
            self._declare(names, let.name, Declared("a derived value", let.place, let))
        for source in self._array_sources(array):
            self._check.check(source, names)
        if array.dtype is not None:
            self._check.check_type(array.dtype, names)
        self._shape(array, names)
        if isinstance(array.order, Expression):
            self._order(array.order, names)
        self._endian(array.endian, names)
        self._codecs(array.codec, names)
        self._check.check(array.encoded, names)
        for axis in array.axes:
            self._tree(axis.units, names)
            self._tree(axis.epoch, names)
        self._tree(array.attrs, names)

    def _order(self, order: Expression, names: Names) -> None:
        """Check an order that is neither C nor F as written: a name that means nothing is meant as a word."""
        word = order.text.value.strip()
        if not order.names or any(names.find(name) is not None for name in order.names):
            self._check.check(order, names)
            return
        first = "fortran" in word.lower() or word.lower().startswith(("f", "col"))
        help = f"write {'F' if first else 'C or F'} (C: the last axis varies fastest; F: the first one does)"
        self._problems.append(Problem("V0105", f"'order' may not be '{word}'", order.text.place, help=help))

    def _array_sources(self, array: ArraySpec) -> Iterator[Expression | Template | None]:
        yield array.name
        yield from (array.condition, array.source, array.values, array.offset)
        yield from (let.value for let in array.lets)
        if array.gaps is not None:
            yield from (array.gaps.condition, array.gaps.at, array.gaps.step, array.gaps.tolerance)
        if isinstance(array.dims, Expression):
            yield array.dims
        if isinstance(array.dims, Arrow):
            yield from (size for axis in array.dims.left for _, size in axis.parts)
            yield from (axis.size for axis in array.dims.right)
        for axis in array.axes:
            yield from (axis.condition, axis.start, axis.step, axis.labels, axis.gain, axis.offset)
            yield from axis.coordinates.values()

    def _shape(self, array: ArraySpec, names: Names) -> None:
        if isinstance(array.shape, Mapping):
            for size in array.shape.values():
                self._check.check(size, names)
        else:
            self._check.check(array.shape, names, _AUTO)

    def _tree(self, tree: Tree, names: Names) -> None:
        if isinstance(tree, Template):
            self._check.check(tree, names)
        elif isinstance(tree, Mapping):
            for value in tree.values():
                self._tree(value, names)
        elif isinstance(tree, tuple):
            for value in tree:
                self._tree(value, names)


def _name_place(item: Field | Record) -> Place:
    """Return where the name of a field stands; its place is that of its type."""
    place = item.place
    written = place.text[: place.column - 1]
    column = written.rfind(item.name)
    if isinstance(item, Record) or column < 0:
        return place
    return Place(place.file, place.line, column + 1, len(item.name), place.text)


def _capture_place(pattern: Pattern, name: str) -> Place:
    start = pattern.text.value.find("{" + name)
    return pattern.text.cut(start, start + len(name) + 2).place


def _sources(step: CodecStep) -> Iterator[Expression | Template | None]:
    yield from (step.id, step.condition, *step.arguments.values())
