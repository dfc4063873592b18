"""From the tree of a checked card to the model; scalars are parsed already."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Literal, cast

from vspec.card.build_arrays import build_array
from vspec.card.build_layout import build_endian, build_layout, build_lets, build_struct
from vspec.card.build_text import build_text
from vspec.card.check_text import check_container
from vspec.card.constants import card_data, constant, twice
from vspec.card.container_words import CONTAINERS
from vspec.card.grammar import FORMATS
from vspec.card.leaves import Leaves
from vspec.card.libraries import build_libraries, build_types
from vspec.card.members import captures
from vspec.card.model import Card, Check, Param, Role, StructType
from vspec.card.yaml_nodes import Entry, Node, Scalar, entries, items, optional, plain, text, texts
from vspec.card.yaml_nodes import Mapping as MappingNode
from vspec.errors import Problem, did_you_mean

_PYTHON: dict[str, tuple[type, ...]] = {"int": (int,), "float": (int, float), "str": (str,), "bool": (bool,)}


def build_card(node: MappingNode, leaves: Leaves, name: str) -> Card:
    """Return the card of a tree whose structure holds; what is still wrong goes to ``leaves.problems``."""
    leaves.problems += twice(node.get("tables"))
    leaves.problems += [*_computed_title(node), *_groups(node)]
    return Card(
        name=name,
        data=card_data(node),
        roles=tuple(_roles(node, leaves)),
        arrays=tuple(build_array(entry, leaves) for entry in entries(node.get("arrays"))),
        id=text(node, "id") or None,
        title=text(node, "title"),
        version=text(node, "version"),
        license=text(node, "license"),
        references=texts(node, "references"),
        maintainers=texts(node, "maintainers"),
        covers=texts(node, "covers"),
        not_covered=texts(node, "not_covered"),
        params=tuple(_param(entry, leaves) for entry in entries(node.get("params"))),
        tables={entry.key.value: constant(entry.value) for entry in entries(node.get("tables"))},
        types=_types(node, leaves),
        lets=build_lets(node.get("let"), leaves),
        checks=tuple(_check(item, leaves) for item in items(node.get("checks"))),
        attrs={entry.key.value: leaves.tree(entry.value) for entry in entries(node.get("attrs"))},
        examples=tuple(_example(item) for item in items(node.get("examples"))),
        used=build_libraries(node.get("use"), ()),
        extends=_extended(node),
        attr_places={entry.key.value: entry.key.place for entry in entries(node.get("attrs"))},
        table_places={entry.key.value: entry.key.place for entry in entries(node.get("tables"))},
    )


def _computed_title(node: MappingNode) -> Iterator[Problem]:
    """Yield the problem of a title with ``{{ }}``: it names the format, whatever the data are."""
    title = node.get("title")
    if isinstance(title, Scalar) and "{{" in title.text.value:
        message = "'title' says what the format is called: nothing is computed in it"
        help = "an attribute can say it for each data set: attrs: {title: 'X {{ f.v }}'}"
        yield Problem("V0123", message, title.place, help=help)


def _groups(node: MappingNode) -> Iterator[Problem]:
    """Yield what is wrong with the attributes of groups: ``/PATH`` with a mapping."""
    for entry in entries(node.get("attrs")):
        key = entry.key.value
        if not key.startswith("/"):
            continue
        if not isinstance(entry.value, MappingNode):
            message = f"'{key}' is a group: it takes a mapping of attributes"
            yield Problem("V0345", message, entry.key.place, help=f"{key}: {{device: rig 3}}")
        elif any(not part or part.startswith(".") for part in key[1:].split("/")):
            message = f"'{key}' cannot be the path of a group"
            help = "/a or /a/b; attributes of the root stand under their own names"
            yield Problem("V0345", message, entry.key.place, help=help)


def _types(node: MappingNode, leaves: Leaves) -> dict[str, StructType]:
    """Return the card's own types, then those of the cards that it uses."""
    own = {entry.key.value: build_struct(entry, leaves) for entry in entries(node.get("types"))}
    return own | dict(build_types(node.get("use"), (), leaves.problems))


def _extended(node: MappingNode) -> str | None:
    base = node.get("extends")
    return text(base, "card") or None if isinstance(base, MappingNode) else None


def _example(node: Node) -> Mapping[str, object]:
    data = plain(node)
    return data if isinstance(data, dict) else {"name": data}


def _param(entry: Entry, leaves: Leaves) -> Param:
    node = cast("MappingNode", entry.value)
    type_ = cast("Literal['int', 'float', 'str', 'bool']", text(node, "type"))
    default = node.get("default")
    value = default.value if isinstance(default, Scalar) else None
    if default is not None:
        wrong = not isinstance(value, _PYTHON[type_]) or (isinstance(value, bool) and type_ != "bool")
        if wrong:
            message = f"the default of '{entry.key.value}' is not of type {type_}"
            leaves.problems.append(Problem("V0122", message, default.place))
    return Param(entry.key.value, type_, entry.key.place, value, text(node, "doc"))


def _check(node: Node, leaves: Leaves) -> Check:
    mapping = cast("MappingNode", node)
    that = mapping.get("that")
    otherwise = mapping.get("else")
    assert that is not None, "the structure was checked"
    assert otherwise is not None, "the structure was checked"
    level = cast("Literal['error', 'warn']", text(mapping, "level", "error"))
    return Check(leaves.expression(that), leaves.template(otherwise), that.place, level)


def _roles(card: MappingNode, leaves: Leaves) -> Iterator[Role]:
    files = card.find("files")
    assert files is not None, "the structure was checked"
    if isinstance(files.value, Scalar):
        yield Role("file", files.key.place, match=(leaves.file_pattern(files.value),))
        return
    for entry in entries(files.value):
        if isinstance(entry.value, Scalar):
            yield Role(entry.key.value, entry.key.place, match=(leaves.file_pattern(entry.value),))
        else:
            yield _role(entry, cast("MappingNode", entry.value), leaves)


def _role(entry: Entry, node: MappingNode, leaves: Leaves) -> Role:
    name, place = entry.key.value, entry.key.place
    word, match = text(node, "format"), node.get("match")
    patterns = () if match is None else items(match) or (match,)
    role = Role(
        name,
        place,
        match=tuple(leaves.file_pattern(pattern) for pattern in patterns),
        named=optional(leaves.expression, node.get("named")),
        over=text(node, "over") or None,
        order=optional(leaves.expression, node.get("order")),
        missing=cast("Literal['error', 'fill', 'skip']", text(node, "missing", "error")),
        optional=_flag(node, "optional"),
        any_case=_flag(node, "any_case"),
        text=build_text(entry.key, node, leaves) if word in FORMATS else None,
        layout=build_layout(name, node, leaves),
        endian=build_endian(node.get("endian"), leaves),
        container=word if word in CONTAINERS else None,
        container_place=optional(lambda format: format.place, node.get("format")),
        compression=text(node, "compression") or None,
    )
    if role.container is not None:
        leaves.problems += check_container(role.container, node)
    if role.missing == "fill":
        refused = "'missing: fill' is not in this version of vspec: filling needs data that are written anew"
        advice = "'skip' leaves the hole out, 'error' (the default) refuses it"
        leaves.problems.append(
            Problem("V0107", refused, cast("Scalar", node.get("missing")).place, help=advice)
        )
    over, known = node.get("over"), captures(role)
    if over is not None and role.match and role.over not in known:
        message = f"'{role.over}' is no capture of '{name}'"
        help = did_you_mean(str(role.over), known, "its captures")
        leaves.problems.append(Problem("V0180", message, over.place, help=help))
    return role


def _flag(node: MappingNode, key: str) -> bool:
    value = node.get(key)
    return isinstance(value, Scalar) and value.value is True
