"""The ``make:`` of a card's example: the values that files of the format need to make sense."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field

from vspec.authoring.fakes.paths import role_paths
from vspec.card.model import Card
from vspec.card.references import references
from vspec.errors import Problem, Text, VspecError, did_you_mean, fail
from vspec.expressions import Chain, Expression, Scope, Template, Value, parse_template

Given = object
"""A value as it stands in the card: a scalar, a text with ``{{ }}``, a list, or a mapping."""

_SECTIONS = ("captures", "params", "auto", "files")


@dataclass(frozen=True, slots=True)
class Example:
    """One entry of ``examples:``.

    ``values`` are header values by dotted path (``role.record.field``), ``captures`` those of the
    file names, ``auto`` sizes of ``auto`` axes and of what repeats to the end of a file, ``files``
    what to do with the file of a role: true or false for an optional one, the number of its
    pattern, or a name.
    """

    name: str
    captures: Mapping[str, Given] = field(default_factory=dict)
    params: Mapping[str, Given] = field(default_factory=dict)
    auto: Mapping[str, Given] = field(default_factory=dict)
    files: Mapping[str, Given] = field(default_factory=dict)
    values: Mapping[str, Given] = field(default_factory=dict)
    known_paths: frozenset[str] = frozenset()

    def has(self, path: str) -> bool:
        """Tell whether the example says anything about a path, or about something below it."""
        return any(key == path or key.startswith(f"{path}.") for key in self.values)


def choose(card: Card, name: str | None) -> Example:
    """Return an example by name, the first one with ``make:`` without one, or one that says nothing.

    Raises V0850 for a name that the card does not have, V0851 for a ``make:`` that is not written
    as it must be, V0852 for values of things that the card does not have.
    """
    found = {str(e.get("name", f"example {k + 1}")): e for k, e in enumerate(card.examples) if "make" in e}
    if name is None:
        return _read(card, *next(iter(found.items()))) if found else Example("")
    if name not in found:
        place = card.roles[0].place
        help = did_you_mean(name, found, "its examples with 'make:'")
        raise fail("V0850", f"the card has no example '{name}' that can be made", place, help=help)
    return _read(card, name, found[name])


def _read(card: Card, name: str, entry: Mapping[str, object]) -> Example:
    make = entry["make"]
    if not isinstance(make, Mapping):
        raise fail("V0851", f"example '{name}': 'make' is a mapping", card.roles[0].place, found=repr(make))
    parts: dict[str, Mapping[str, Given]] = {}
    for section in _SECTIONS:
        part = make.get(section, {})
        if not isinstance(part, Mapping):
            message = f"example '{name}': '{section}' is a mapping"
            raise fail("V0851", message, card.roles[0].place, found=repr(part))
        parts[section] = part
    tree = {str(k): v for k, v in make.items() if k not in _SECTIONS}
    known = frozenset(paths(card, frozenset(_above(tree, ""))))
    values = dict(_flat(tree, "", known))
    problems = [_unknown(card, name, key, known) for key in values if not _is_known(key, known)]
    if problems:
        raise VspecError(problems)
    return Example(name, parts["captures"], parts["params"], parts["auto"], parts["files"], values, known)


def _above(tree: Mapping[str, Given], prefix: str) -> Iterator[str]:
    """Yield every path below which a tree gives something."""
    for key, value in tree.items():
        parts = f"{prefix}{key}".split(".")
        yield from (".".join(parts[:k]) for k in range(1, len(parts)))
        if isinstance(value, Mapping):
            yield f"{prefix}{key}"
            yield from _above({str(k): v for k, v in value.items()}, f"{prefix}{key}.")


def _flat(tree: Mapping[str, Given], prefix: str, known: frozenset[str]) -> Iterator[tuple[str, Given]]:
    """Yield values by dotted path; a mapping under a role or record is a shorter way to write many."""
    for key, value in tree.items():
        path = f"{prefix}{key}"
        if isinstance(value, Mapping) and _is_shorthand(path, value, known):
            yield from _flat({str(k): v for k, v in value.items()}, f"{path}.", known)
        else:
            yield path, value


def _is_shorthand(path: str, value: Mapping[object, Given], known: frozenset[str]) -> bool:
    """Tell whether a mapping gives values of several fields; otherwise it is a value itself."""
    if f"{path}.*" in known:
        return all(f"{path}.{key}" in known for key in value)
    return any(one.startswith(f"{path}.") for one in known)


def _is_known(key: str, known: frozenset[str]) -> bool:
    if key in known:
        return True
    parts = key.split(".")
    return any(".".join(parts[:k]) + ".*" in known for k in range(1, len(parts) + 1))


def _unknown(card: Card, name: str, key: str, known: frozenset[str]) -> Problem:
    near = did_you_mean(key, sorted(path for path in known if not path.endswith("*")), "it has")
    return Problem(
        "V0852",
        f"example '{name}' gives '{key}', which the card does not have",
        card.roles[0].place,
        help=near,
    )


def paths(card: Card, wanted: AbstractSet[str] = frozenset()) -> Iterator[str]:
    """Yield the dotted path of everything that an example may give; ``role.*`` stands for a tree."""
    for role in card.roles:
        yield from role_paths(role, card, wanted)


def settle(given: Given, place_of: Card, scope: Scope, more: Mapping[str, Value]) -> Value:
    """Return a value of an example: texts with ``{{ }}`` are evaluated, lists item by item."""
    if isinstance(given, str) and "{{" in given:
        return template(given, place_of).render(Chain(more, scope))
    if isinstance(given, (list, tuple)):
        return [settle(item, place_of, scope, more) for item in given]
    if isinstance(given, Mapping):
        return {key: settle(item, place_of, scope, more) for key, item in given.items()}
    return given  # type: ignore[return-value]  # a scalar of YAML


def template(text: str, card: Card) -> Template:
    """Return a text of an example as a template; messages point at the card's first role."""
    return parse_template(Text(text, card.roles[0].place, exact=False))


def mentioned(expression: Expression | None) -> Iterator[tuple[str, ...]]:
    """Yield the dotted paths that an expression mentions, indices left out."""
    if expression is None:
        return
    for reference in references(expression):
        if not reference.called:
            yield tuple(part.value for part in reference.path)


def depth(value: Given) -> int:
    """Return how deep lists nest in a value.

    >>> depth([[1, 2], [3, 4]])
    2
    """
    if isinstance(value, Sequence) and not isinstance(value, (str, bytes)):
        return 1 + (depth(value[0]) if value else 0)
    return 0
