"""The checks of file roles and arrays: where the bytes are described, which axes there are."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from vspec.card.check_layout import check_size
from vspec.card.check_lengths import check_lengths
from vspec.card.members import captures
from vspec.card.model import ArraySpec, Arrow, Card, Role
from vspec.card.references import references
from vspec.errors import Place, Problem, did_you_mean
from vspec.expressions import Expression


def check_roles(card: Card) -> Iterator[Problem]:
    """Yield what is wrong with the roles of a card."""
    if card.roles and not card.roles[0].match:
        message = f"the first role, '{card.roles[0].name}', is the anchor and needs 'match'"
        yield Problem("V0109", message, card.roles[0].place, help="put the role that is found by name first")
    for role in card.roles:
        yield from _check_captures(role, captures(role))


def _check_captures(role: Role, names: list[str]) -> Iterator[Problem]:
    for name in names:
        found = [capture for pattern in role.match for capture in pattern.captures if capture.name == name]
        if any(not capture.required or capture.default is not None for capture in found):
            continue
        for pattern in role.match:
            if all(capture.name != name for capture in pattern.captures):
                message = f"this pattern of '{role.name}' has no '{{{name}}}', another one has"
                help = f"give all patterns the same captures, or '{name}' a default: {{{name}=...}}"
                yield Problem("V0181", message, pattern.text.place, help=help)
    yield from _check_over(role)


def _check_over(role: Role) -> Iterator[Problem]:
    """Yield a problem for each pattern that may leave open which of the role's files it has found."""
    captures = [
        capture for pattern in role.match for capture in pattern.captures if capture.name == role.over
    ]
    if all(capture.required for capture in captures) or any(c.default is not None for c in captures):
        return
    for pattern in role.match:
        if not any(capture.name == role.over and capture.required for capture in pattern.captures):
            message = f"'{role.name}' runs over '{role.over}', which this pattern may leave out"
            help = f"give '{role.over}' a default: {{{role.over}=...}}"
            yield Problem("V0181", message, pattern.text.place, help=help)


def check_arrays(card: Card) -> Iterator[Problem]:
    """Yield what is wrong with the arrays of a card."""
    for array in card.arrays:
        yield from _check_sizes(array)
        yield from _check_each(array, card)
        if array.values is None:
            yield from _check_source(array, card)
        yield from _check_axes(array, card)
        yield from check_lengths(array)


def _check_sizes(array: ArraySpec) -> Iterator[Problem]:
    yield from check_size(array.offset, "the offset")
    if isinstance(array.shape, Mapping):
        for name, size in array.shape.items():
            yield from check_size(size, f"the size of '{name}'")
        autos = [name for name, size in array.shape.items() if size is None]
    else:
        autos = [] if array.shape is None else [""] * array.shape.most("auto")
    if len(autos) > 1:
        place = array.shape_places.get(autos[1], array.shape_place)
        message = "'auto' stands twice: only one size can come out of the size of the file"
        yield Problem("V0176", message, place)


def _check_each(array: ArraySpec, card: Card) -> Iterator[Problem]:
    """Yield the problem of an array that runs over a container and not over what it holds."""
    if array.each is None:
        return
    name, items = array.each
    role = next((role for role in card.roles if role.name == items.text.value.strip()), None)
    if role is not None and role.container is not None and role.over is None:
        message = f"array '{array.key.value}' runs over '{role.name}', which is one container"
        help = f"over its arrays: each: {name} in {role.name}.arrays"
        yield Problem("V0185", message, items.text.place, help=help)


def _sources(array: ArraySpec, card: Card) -> list[Role]:
    """Return the roles that an array takes its data from, as far as ``from`` names them."""
    if array.source is None:
        return list(card.roles[:1])
    roles = {role.name: role for role in card.roles}
    names = [ref.name.value for ref in references(array.source) if not ref.inside and not ref.called]
    return [roles[name] for name in dict.fromkeys(names) if name in roles]


def _check_source(array: ArraySpec, card: Card) -> Iterator[Problem]:
    place = array.place if array.source is None else array.source.text.place
    roles = _data_roles(array, card)
    given: dict[str, Place] = {}
    if array.dtype is not None:
        given["dtype"] = array.dtype.text.place
    if array.shape_place is not None:
        given["shape"] = array.shape_place
    if array.offset is not None:
        given["offset"] = array.offset.text.place
    for role in roles:
        if role.text is not None and role.text.format == "csv":
            yield from _check_table(array, role, given)
        elif role.text is not None:
            message = f"'{role.name}' is a text: an array cannot lie in it"
            yield Problem("V0185", message, place, help="put the values into the map with 'values'")
        elif role.layout is not None:
            yield from _check_laid_out(array, role, given)
        elif role.container is not None:
            yield from _check_held(array, role, given)
        elif "dtype" not in given or "shape" not in given:
            missing = " and ".join(f"'{key}'" for key in ("dtype", "shape") if key not in given)
            message = f"array '{array.key.value}' has no {missing}, and '{role.name}' has no layout"
            yield Problem(
                "V0179", message, array.place, help="say what the bytes are: dtype, shape, or a layout"
            )


def _data_roles(array: ArraySpec, card: Card) -> list[Role]:
    """Return the roles in which the bytes of an array may lie: not those of a condition."""
    source = array.source
    if source is None:
        return _sources(array, card)
    found = references(source)
    alone = [ref for ref in found if not ref.inside and not ref.called and len(ref.path) == 1]
    if len(found) == 1 or " if " not in source.text.value:
        return _sources(array, card)
    names = {ref.name.value for ref in alone}
    return [role for role in _sources(array, card) if role.name in names]


def _check_laid_out(array: ArraySpec, role: Role, sizes: Mapping[str, Place]) -> Iterator[Problem]:
    given = _beside_a_layout(array, sizes)
    if given:
        listed = " and ".join(f"'{key}'" for key in given)
        message = f"array '{array.key.value}' gives {listed}, but '{role.name}' has a layout that says it"
        yield Problem("V0178", message, next(iter(given.values())), help=_instead(array, role, listed))
    elif array.source is None or array.source.text.value.strip() == role.name:
        message = f"array '{array.key.value}' takes all of '{role.name}', which has a layout"
        help = f"name a field of it, e.g. from: {role.name}.{_some_field(role)}"
        yield Problem("V0185", message, array.place, help=help)


def _check_table(array: ArraySpec, role: Role, sizes: Mapping[str, Place]) -> Iterator[Problem]:
    """Yield what is said of bytes although a column of a text has none: only its dtype can be chosen."""
    given = _beside_a_layout(array, {key: place for key, place in sizes.items() if key != "dtype"})
    if given:
        listed = " and ".join(f"'{key}'" for key in given)
        message = f"array '{array.key.value}' gives {listed}, but '{role.name}' is a table in text"
        help = "leave it out" + ("" if "codec" in given else ": a column has as many rows as the table")
        yield Problem("V0178", message, next(iter(given.values())), help=help)
    elif array.source is None or array.source.text.value.strip() == role.name:
        message = f"array '{array.key.value}' takes all of '{role.name}', which is a table in text"
        columns = ", ".join(f"{role.name}.{one.name}" for one in (role.text.fields if role.text else ())[:2])
        help = f'name a column, or several of one type: from: "[{columns}]"'
        yield Problem("V0185", message, array.place, help=help)


def _check_held(array: ArraySpec, role: Role, sizes: Mapping[str, Place]) -> Iterator[Problem]:
    given = _beside_a_layout(array, sizes)
    source = "" if array.source is None else array.source.text.value.strip()
    if given:
        listed = " and ".join(f"'{key}'" for key in given)
        message = f"array '{array.key.value}' gives {listed}, but '{role.name}' is a container that says it"
        help = f"leave {'them' if len(given) > 1 else 'it'} out"
        if source in ("", role.name):
            help += f", and name an array of the container, e.g. from: {role.name}['/path']"
        yield Problem("V0178", message, next(iter(given.values())), help=help)
    elif source in ("", role.name, f"{role.name}.arrays", f"{role.name}.groups"):
        message = f"array '{array.key.value}' takes all of '{source or role.name}', which is not one array"
        help = f"name one, e.g. from: {role.name}['/path'], or map all: each: a in {role.name}.arrays"
        yield Problem("V0185", message, array.place, help=help)


def _beside_a_layout(array: ArraySpec, sizes: Mapping[str, Place]) -> dict[str, Place]:
    """Return what an array says of its bytes although their role says it, with the places."""
    given = dict(sizes)
    if array.endian is not None:
        given["endian"] = array.place
    if array.order != "C":
        given["order"] = array.place
    if array.codec:
        given["codec"] = array.codec[0].place
    return given


def _instead(array: ArraySpec, role: Role, listed: str) -> str:
    """Return what to do about the keys ``listed`` beside a layout."""
    source = "" if array.source is None else array.source.text.value.strip()
    if listed == "'codec'":
        return "write a record with 'codec' and 'nbytes' into the layout, and name a field of it"
    if "." not in source:
        return f"name a field of it, e.g. from: {role.name}.{_some_field(role)}"
    it = "them" if " and " in listed else "it"
    return f"leave {it} out here: the layout says it of '{source}', e.g. int16[time=rest, channel=4]"


def _some_field(role: Role) -> str:
    return role.layout.fields[-1].name if role.layout and role.layout.fields else "field"


def _check_axes(array: ArraySpec, card: Card) -> Iterator[Problem]:
    stored = _stored_axes(array, card)
    asked = stored
    if isinstance(array.dims, Arrow):
        left = [axis.name for axis in array.dims.left]
        if stored is not None and left != stored:
            yield _wrong_dims(array, array.dims, left, stored)
        asked = [axis.name for axis in array.dims.right]
    elif isinstance(array.dims, tuple):
        asked = list(array.dims)
        if stored is not None and len(asked) != len(stored):
            axes = "1 axis" if len(asked) == 1 else f"{len(asked)} axes"
            message = f"'dims' of array '{array.key.value}' names {axes}, the data have {len(stored)}"
            yield Problem("V0175", message, array.place, help=f"stored, slowest first: {' '.join(stored)}")
    elif array.dims is not None:
        return
    for axis in array.axes:
        if asked is not None and axis.name not in asked:
            message = f"array '{array.key.value}' has no axis '{axis.name}'"
            yield Problem("V0175", message, axis.place, help=did_you_mean(axis.name, asked, "its axes"))


def _stored_axes(array: ArraySpec, card: Card) -> list[str] | None:
    """Return the names of the stored axes where they are known from the card alone."""
    if not isinstance(array.shape, Mapping):
        return None
    # an arrow speaks of the axes as stored, slowest first: order F stores the last one written first
    flipped = array.order == "F" and isinstance(array.dims, Arrow)
    names = list(array.shape)[::-1] if flipped else list(array.shape)
    source = array.source.text.value.strip() if array.source is not None else card.roles[0].name
    role = next((role for role in card.roles if role.name == source), None)
    if role is None or isinstance(array.order, Expression):
        return None
    return names if role.over is None else [role.over, *names]


def _wrong_dims(array: ArraySpec, arrow: Arrow, left: list[str], stored: list[str]) -> Problem:
    message = (
        f"array '{array.key.value}': 'dims' names {' '.join(left)}, but the data have {' '.join(stored)}"
    )
    help = f"stored, slowest first: {' '.join(stored)}"
    return Problem("V0175", message, arrow.place, help=help)
