"""The check of a card's structure against the grammar: keys, forms, words; then every scalar."""

from __future__ import annotations

from difflib import get_close_matches

from vspec.card.grammar import NOUNS, Kind, Names, Shape, Value
from vspec.card.keys import SHAPES
from vspec.card.leaves import Leaves
from vspec.card.names import check_name
from vspec.card.yaml_nodes import Entry, Mapping, Node, Scalar, Sequence
from vspec.errors import Place, Problem, did_you_mean

LANGUAGE = 1
_NEARLY = 0.8
_CODED_ELSEWHERE = {
    "file role": ("codec", "'compression' for a whole file; 'codec' in its records and arrays"),
    "array": ("compression", "'codec' for the bytes of an array; 'compression' for a whole file"),
    "field": ("compression", "'codec' and 'nbytes' for a record; 'compression' for a whole file"),
}
"""By mapping, the one of the two keys that it has not, and which of them is for what."""
_WHY = {
    ("layout", "format"): "a layout is for bytes; texts, and containers, which need no layout, have 'format'",
    ("endian", "format"): "texts have no byte order, and containers tell their own: leave 'endian' out",
    ("codec", "size"): "'nbytes' are the bytes that the record takes in the file",
    ("codec", "type"): "what the bytes decode to stands under 'fields'",
    ("codec", "key"): "rows that are encoded are picked by position",
    ("codec", "partial"): "encoded bytes that are cut off decode to nothing: 'nbytes' must fit the file",
    ("values", "codec"): "values are computed, and encoded by nothing",
}
"""Why two keys do not go together, where the keys alone do not tell."""
_MEANT = {"rate": "step: 1 / rate", "sampling_rate": "step: 1 / sampling_rate", "scale": "gain"}


def check_types(types: Node, leaves: Leaves) -> None:
    """Report what is wrong with the ``types:`` of another card to ``leaves.problems``."""
    key = SHAPES["card"].find("types")
    assert key is not None, "the grammar has types"
    _Walk(leaves).value(key.value, types, "types", types.place)


def check_structure(card: Mapping, leaves: Leaves) -> None:
    """Report everything about a card's structure and scalars to ``leaves.problems``."""
    _Walk(leaves).shape(SHAPES["card"], card, "the card", card.place)
    version = card.get("vspec")
    if isinstance(version, Scalar) and isinstance(version.value, int) and version.value != LANGUAGE:
        message = f"this card is written in version {version.value} of the card language"
        help = f"this vspec reads version {LANGUAGE}; a newer one may read it"
        leaves.problems.append(Problem("V0101", message, version.place, help=help))


class _Walk:
    def __init__(self, leaves: Leaves) -> None:
        self._leaves = leaves
        self._problems = leaves.problems

    def shape(self, shape: Shape, node: Mapping, label: str, at: Place) -> None:
        """Check a mapping against its table; ``at`` is where a missing key is reported."""
        unknown = [entry for entry in node.entries if not self._known(shape, entry, label)]
        near = {word for entry in unknown if (word := _meant(shape, entry.key.value))}
        for key in shape.keys:
            if key.mandatory and node.get(key.name) is None and key.name not in near:
                self._report("V0103", f"{label} has no '{key.name}'", at, help=f"{key.name}: {key.doc}")
        self._check_pairs(shape, node, label, at, near)

    def _known(self, shape: Shape, entry: Entry, label: str) -> bool:
        """Check one key and its value; return False for a key that the table does not have."""
        name = entry.key.value
        key = shape.find(name)
        if key is not None:
            self.value(key.value, entry.value, name, entry.key.place)
            return True
        if name in shape.later:
            message = f"'{name}' is not in this version of vspec: {shape.later[name]}"
            self._report("V0107", message, entry.key.place)
            return True
        if shape.free is not None and not self._is_slip(shape, entry, label):
            self._check_name(entry, "axis")
            self.value(shape.free, entry.value, name, entry.key.place)
        if shape.free is not None:
            return True
        names = [key.name for key in shape.keys]
        missing, which = _CODED_ELSEWHERE.get(shape.noun, ("", ""))
        help = which if name == missing else did_you_mean(name, names, "it may have")
        self._report("V0102", f"unknown key '{name}' in {label}", entry.key.place, help=help)
        return False

    def _is_slip(self, shape: Shape, entry: Entry, label: str) -> bool:
        """Report a free name that is nearly a key: it would be taken for a coordinate of that name."""
        name = entry.key.value
        keys = [key.name for key in shape.keys]
        near = [key for key in keys if sorted(key) == sorted(name)] or get_close_matches(
            name, keys, 1, _NEARLY
        )
        word = near[0] if near else _MEANT.get(name)
        if word is None:
            return False
        help = f"did you mean '{word}'? a coordinate needs a name that is no near miss of a key"
        self._report("V0102", f"unknown key '{name}' in {label}", entry.key.place, help=help)
        return True

    def _check_pairs(self, shape: Shape, node: Mapping, label: str, at: Place, near: set[str]) -> None:
        given = [entry for entry in node.entries if entry.key.value in shape.one_of]
        if shape.one_of and not given and not near & set(shape.one_of):
            words = " or ".join(f"'{name}'" for name in shape.one_of)
            self._report("V0103", f"{label} has neither {words}".replace(" or ", " nor "), at)
        if len(given) > 1:
            words = " and ".join(f"'{entry.key.value}'" for entry in given)
            self._report(
                "V0109", f"{label} has both {words}; only one of them may be there", given[1].key.place
            )
            return
        for first, second in shape.apart:
            entry = node.find(second)
            if entry is not None and node.find(first) is not None:
                message = f"'{second}' does not go with '{first}' in {label}"
                self._report("V0109", message, entry.key.place, help=_WHY.get((first, second)))
        for name, other in shape.needs:
            entry = node.find(name)
            if entry is not None and node.find(other) is None:
                message = f"'{name}' means nothing without '{other}' in {label}"
                wanted = shape.find(other)
                help = None if wanted is None else f"{other}: {wanted.doc}"
                self._report("V0109", message, entry.key.place, help=help)

    def value(self, value: Value, node: Node, name: str, at: Place, label: str = "") -> None:
        """Check what stands behind the key ``name`` at ``at``; ``label`` names it in messages."""
        shape = SHAPES[value.shape] if value.shape else None
        match node:
            case Scalar():
                self._scalar(value, shape, node, name, at)
            case Sequence() if value.items is not None:
                self._sequence(value, value.items, node, name, at)
            case Mapping() if shape is not None:
                self.shape(shape, node, label or _label(shape, name), at)
            case Mapping() if value.entries is not None:
                self._entries(value, value.entries, node, name, at)
            case _ if value.kind in ("anything", "constant"):
                self._free(value, node)
            case _:
                self._wrong_form(value, shape, node, name)

    def _sequence(self, value: Value, items: Value, node: Sequence, name: str, at: Place) -> None:
        if len(node.items) < value.least:
            least = "1 item" if value.least == 1 else f"{value.least} items"
            self._report("V0106", f"'{name}' needs at least {least}", at)
        if value.most is not None and len(node.items) > value.most:
            self._report("V0104", f"'{name}' takes {value.most} items: the first and the last", at)
        for number, item in enumerate(node.items, 1):
            label = f"{SHAPES[items.shape].noun} {number}" if items.shape else ""
            self.value(items, item, name, item.place, label)

    def _entries(self, value: Value, entries: Value, node: Mapping, name: str, at: Place) -> None:
        if len(node.entries) < value.least:
            self._report("V0106", f"'{name}' is empty", at)
        for entry in node.entries:
            self._check_name(entry, value.names)
            self.value(entries, entry.value, entry.key.value, entry.key.place)

    def _free(self, value: Value, node: Node) -> None:
        """Read every scalar of a tree of the author's own."""
        match node:
            case Scalar():
                if value.kind is not None:
                    self._leaves.read(value.kind, node)
            case Sequence():
                for item in node.items:
                    self._free(value, item)
            case Mapping():
                for entry in node.entries:
                    self._free(value, entry.value)

    def _scalar(self, value: Value, shape: Shape | None, node: Scalar, name: str, at: Place) -> None:
        kind = value.kind or (shape.short if shape else None)
        if kind is None:
            if node.value is None:
                self._report("V0106", f"'{name}' has no value", at)
            else:
                self._wrong_form(value, shape, node, name)
            return
        if kind in ("anything", "constant"):
            self._leaves.read(kind, node)
        elif node.value is None or (node.text.value.strip() == "" and kind not in ("text", "template")):
            self._report("V0106", f"'{name}' has no value", at)
        elif not _fits(value, kind, node):
            self._wrong_form(value, shape, node, name)
        elif kind == "word":
            self._word(value, node, name)
        else:
            self._leaves.read(kind, node)

    def _word(self, value: Value, node: Scalar, name: str) -> None:
        word = node.text.value
        if word in value.words:
            return
        help = _by_meaning(word, value) or did_you_mean(word, value.words, "it may be")
        self._report("V0105", f"'{name}' may not be '{word}'", node.place, help=help)

    def _wrong_form(self, value: Value, shape: Shape | None, node: Node, name: str) -> None:
        expected = " or ".join(_forms(value, shape))
        help = None
        if (
            isinstance(node, Scalar)
            and not isinstance(node.value, str)
            and value.kind in ("text", "template")
            and shape is None
        ):
            help = f'put quotes around it: "{node.text.value}"'
        problem = Problem(
            "V0104",
            f"'{name}' has the wrong form",
            node.place,
            expected=expected,
            found=_form(node),
            help=help,
        )
        self._problems.append(problem)

    def _check_name(self, entry: Entry, names: Names) -> None:
        problem = check_name(entry.key, names)
        if problem is not None:
            self._problems.append(problem)

    def _report(self, code: str, message: str, place: Place, help: str | None = None) -> None:
        self._problems.append(Problem(code, message, place, help=help))


def _by_meaning(word: str, value: Value) -> str | None:
    """Return the words whose meaning names another one: what a format is made of, which program writes it."""
    plain = _letters(word)
    told = [
        (known, meaning)
        for known, meaning in zip(value.words, value.meanings, strict=False)
        if plain and plain in map(_letters, meaning.split()) and _letters(known) != plain
    ]
    return " or ".join(f"'{known}' ({meaning.removesuffix('.')})" for known, meaning in told) or None


def _letters(word: str) -> str:
    return "".join(letter for letter in word.lower() if letter.isalnum())


def _fits(value: Value, kind: Kind, node: Scalar) -> bool:
    """Tell whether YAML's reading of a scalar is of the kind that the key asks for."""
    if kind == "expression" and isinstance(node.value, bool):
        return value.truth
    if kind == "integer":
        return isinstance(node.value, int) and not isinstance(node.value, bool)
    if kind == "boolean":
        return isinstance(node.value, bool)
    if kind in ("expression", "repeat", "endian", "number as text"):
        return True
    return isinstance(node.value, str)


def _label(shape: Shape, name: str) -> str:
    return shape.noun if shape.noun == name else f"{shape.noun} '{name}'"


def _meant(shape: Shape, name: str) -> str | None:
    """Return the key that an unknown one was probably meant to be."""
    text = did_you_mean(name, [key.name for key in shape.keys]) or ""
    return text.split("'")[1] if text.startswith("did you mean") else None


def _forms(value: Value, shape: Shape | None) -> list[str]:
    forms: list[str] = []
    kind = value.kind or (shape.short if shape else None)
    if kind is not None:
        forms.append(NOUNS[kind])
    if value.items is not None:
        forms.append("a list")
    if shape is not None and (shape.keys or shape.free):
        forms.append("a mapping")
    elif value.entries is not None:
        forms.append("a mapping of names")
    return forms


def _form(node: Node) -> str:
    match node:
        case Mapping():
            return "a mapping"
        case Sequence():
            return "a list"
        case Scalar(value=bool()):
            return f"{node.text.value} (true or false)"
        case Scalar(value=int() | float()):
            return f"the number {node.text.value}"
        case Scalar(value=None):
            return "nothing"
        case _:
            return f"the text '{node.text.value}'"
