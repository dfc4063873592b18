"""The arrays section of a card in front of one data set: pure arithmetic, no bytes are read for it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from itertools import accumulate

import numpy as np
from numpy.typing import NDArray

from vspec.card.model import ArraySpec, Card
from vspec.errors import Place, Problem, VspecError, did_you_mean, fail
from vspec.expressions import Chain, Expression, Record, Scope, UnknownName, Value
from vspec.expressions.columns import described
from vspec.header.containers import HeldArray, HeldStack
from vspec.header.dataset import Header
from vspec.header.elements import Spot
from vspec.header.home import Absent
from vspec.header.located import Located
from vspec.header.roles import RoleFile, RoleFiles
from vspec.header.rows import KeyedRows
from vspec.layout import ArrayLayout, Axis, Inline, Json
from vspec.planning.arranging import Arranged, arrange
from vspec.planning.attributes import render_all
from vspec.planning.axes import Described, describe
from vspec.planning.coded import left_over, settled
from vspec.planning.columns import are_columns, held_columns, values_of
from vspec.planning.groups import groups_of
from vspec.planning.held import Held, arrange_grid, held_of, located_of, with_known
from vspec.planning.names import Paths, in_group, render_path
from vspec.planning.regions import Region, element_type, raw_region
from vspec.planning.segments import Segment, segments, with_start

_SCALES = {"scale_factor", "add_offset"}


@dataclass(frozen=True, slots=True)
class Plan:
    """All arrays of a data set, and the attributes of its groups ("" is the root)."""

    arrays: tuple[ArrayLayout, ...]
    groups: Mapping[str, Mapping[str, Json]]


def plan(card: Card, header: Header) -> Plan:
    """Return the array layouts of a data set; raises all problems of all arrays at once."""
    problems: list[Problem] = []
    arrays: list[ArrayLayout] = []
    places: dict[str, Place] = {}
    names: dict[str, Place] = {}
    paths = Paths()
    for spec in card.arrays:
        try:
            for layout in _expand(spec, header, paths):
                arrays.append(layout)
                places[layout.path] = spec.place
                names[layout.path] = spec.name.text.place
        except VspecError as error:
            problems += error.problems
    groups = groups_of(card, header, [layout.path for layout in arrays], problems)
    if not problems and not arrays:
        place = card.arrays[0].place if card.arrays else None
        problems.append(Problem("V0321", "no array is left to map", place))
    problems += [*_clashes(arrays, places), *_hidden_groups(arrays, card, names)]
    if problems:
        raise VspecError(dict.fromkeys(problems))
    header.warnings += left_over(arrays, header)
    return Plan(tuple(arrays), groups)


def _expand(spec: ArraySpec, header: Header, paths: Paths) -> Iterator[ArrayLayout]:
    each = "" if spec.each is None else spec.each[1].text.value.strip()
    for number, scope in enumerate(_scopes(spec, header)):
        if spec.condition is not None and not spec.condition.truth(scope):
            continue
        for group, layout in _layouts(spec, header, scope):
            path = in_group(render_path(spec.name, scope), group)
            yield replace(layout, path=paths.add(path, spec.name, (each, number)))


def _scopes(spec: ArraySpec, header: Header) -> Iterator[Scope]:
    """Yield the scope of each item of ``each:`` (one without it), its lets in sight."""
    if spec.each is None:
        yield _with_lets(spec, header)
        return
    variable, expression = spec.each
    for item in _items(expression, header):
        yield _with_lets(spec, Chain({variable: item}, header))


def _with_lets(spec: ArraySpec, scope: Scope) -> Scope:
    for let in spec.lets:
        scope = Chain({let.name: let.value.evaluate(scope)}, scope)
    return scope


def _items(expression: Expression, header: Header) -> Sequence[Value]:
    value = expression.evaluate(header)
    if isinstance(value, np.ndarray) and value.ndim > 0:
        return value.tolist()  # type: ignore[no-any-return]  # scalars
    if value is None:
        return []
    if not isinstance(value, (str, bytes, int, float)):
        with suppress(TypeError):
            return list(value)  # type: ignore[arg-type]  # refused below
    raise fail("V0313", "this cannot be run over", expression.text.place, found=described(value))


def _layouts(spec: ArraySpec, header: Header, scope: Scope) -> Iterator[tuple[str, ArrayLayout]]:
    """Yield an array, or its segments with their groups, the paths still to be given."""
    if spec.values is not None:
        yield "", _inlined(spec, spec.values, scope)
        return
    source = _source(spec, header, scope)
    if are_columns(source):
        values = values_of(source, _place(spec))
        values = values if spec.dtype is None else _stored(spec, values, scope)
        yield "", _of_grid(spec, held_columns(source, values, _place(spec)), scope)
        return
    held = held_of(source, _place(spec)) if isinstance(source, (HeldArray, HeldStack)) else None
    located = None if held is None else located_of(held)
    if held is not None and held.apart:
        header.warnings.append(_apart(spec, held))
    if held is not None and located is None:
        yield "", _of_grid(spec, held, scope)
        return
    if held is None or located is None:
        region = _region(spec, source, header, scope)
    else:
        region = Region(located, held.order)
    if region is None:
        return
    for segment in segments(spec, region, header, scope):
        arranged = arrange(segment.region.located, segment.region.order, spec.dims, scope)
        arranged = settled(arranged, header, segment.region.located.place)
        if held is not None:
            arranged = replace(arranged, axes=with_known(arranged.axes, held, spec.dims, scope))
        yield segment.group, _finished(spec, arranged, segment, (held, scope))


def _apart(spec: ArraySpec, held: Held) -> Problem:
    names = ", ".join(f"'{name}'" for name in held.apart)
    message = f"attributes of '{spec.key.value}' are not the same in all files, and not in the map: {names}"
    return Problem("V0364", message, held.place, level="warn")


def _place(spec: ArraySpec) -> Place:
    return spec.source.text.place if spec.source is not None else spec.place


def _of_grid(spec: ArraySpec, held: Held, scope: Scope) -> ArrayLayout:
    """Return an array that a container keeps in chunks, as values, or not in bytes. Raises V0362."""
    if spec.gaps is not None or spec.blocks != "equal":
        message = (
            f"array '{spec.key.value}' is kept in chunks: 'gaps' and 'blocks' are about bytes as they lie"
        )
        raise fail("V0362", message, spec.place, help="select the stretches when the array is read")
    arranged = arrange_grid(held, spec.dims, scope)
    described = describe(spec, arranged.axes, scope)
    attrs = _attributes(spec, described, scope, held.attrs)
    return ArrayLayout(spec.key.value, described.axes, arranged.dtype, arranged.source, attrs, held.place)


def _finished(
    spec: ArraySpec, arranged: Arranged, segment: Segment, around: tuple[Held | None, Scope]
) -> ArrayLayout:
    held, scope = around
    described = describe(spec, arranged.axes, scope)
    axes = tuple(with_start(axis, spec, segment) for axis in described.axes)
    described = replace(described, axes=axes)
    attrs = _attributes(spec, described, scope, {} if held is None else held.attrs)
    place = segment.region.located.place
    return ArrayLayout(spec.key.value, described.axes, arranged.dtype, arranged.source, attrs, place)


def _attributes(
    spec: ArraySpec, described: Described, scope: Scope, base: Mapping[str, Json] | None = None
) -> dict[str, Json]:
    """Return the attributes of an array: those of its container, then the card's own.

    What the card gives as ``none`` is left out. Raises V0325 for two scales and V0339 for the map's own
    names.
    """
    own = render_all(spec.attrs, scope)
    kept = {key: value for key, value in (base or {}).items() if key not in spec.attrs}
    along = any(c.name in ("gain", "offset") for axis in described.axes for c in axis.coordinates)
    scales = (own.keys() | kept.keys()) & _SCALES
    if scales and (along or described.attrs.keys() & _SCALES):
        raise fail(
            "V0325",
            f"array '{spec.key.value}' has a scale in 'attrs' and another one by the gain of an axis",
            spec.place,
            help="write one of them: gain and offset of an axis, or scale_factor and add_offset",
        )
    for key in ("vspec", "_ARRAY_DIMENSIONS"):
        if key in own:
            raise fail(
                "V0339", f"'{key}' of array '{spec.key.value}' is what the map itself writes", spec.place
            )
    return {**kept, **described.attrs, **own}


def _region(spec: ArraySpec, source: object, header: Header, scope: Scope) -> Region | None:
    if source is None or isinstance(source, Absent):
        return None
    if isinstance(source, Located):
        return Region(source, tuple(name for name, _ in source.axes))
    if isinstance(source, (RoleFile, RoleFiles)) and source.role.layout is None and source.role.text is None:
        return raw_region(spec, source, header, scope)
    place = _place(spec)
    if isinstance(source, Spot):
        raise fail(
            "V0303",
            f"'{source.field.name}' is text: it cannot be the bytes of an array",
            place,
            help="use it as 'labels:' of an axis, or give its bytes a number type such as uint8[byte=16]",
        )
    if isinstance(source, (RoleFile, RoleFiles)):
        fields = source.names()
        raise fail(
            "V0322",
            f"role '{source.role.name}' has a header: name the field that holds the data",
            place,
            help=did_you_mean("", fields, f"its fields, e.g. {source.role.name}"),
        )
    found, fields = _told(source)
    help = did_you_mean("", fields, "its fields") if fields else "name a field, e.g. role.record.field"
    raise fail("V0322", "'from:' does not name the bytes of an array", place, found=found, help=help)


def _told(source: object) -> tuple[str, list[str]]:
    """Return what a source is that holds no bytes of one type, and the names of its fields."""
    if isinstance(source, KeyedRows):
        return f"the rows '{source.name}'", list(source.names())
    if isinstance(source, Record):
        return "a record", list(source.names())
    return "a value", []


def _source(spec: ArraySpec, header: Header, scope: Scope) -> object:
    if spec.source is not None:
        return spec.source.locate(scope)
    first = header.card.roles[0]
    try:
        return header.locate(first.name)
    except UnknownName:
        raise fail("V0322", f"role '{first.name}' has no file", spec.place) from None


def _inlined(spec: ArraySpec, values: Expression, scope: Scope) -> ArrayLayout:
    column = _column(values, scope)
    if column.dtype.kind not in "biuf":
        raise fail(
            "V0319",
            f"the values of '{spec.key.value}' are not numbers",
            values.text.place,
            help="text can be 'labels:' of an axis, or an attribute",
        )
    names = spec.dims if isinstance(spec.dims, tuple) else tuple(f"axis_{k}" for k in range(column.ndim))
    if len(names) != column.ndim:
        raise fail(
            "V0316",
            f"dims names {len(names)} axes but the values have {column.ndim}",
            values.text.place,
            expected=f"{column.ndim} names",
            found=" ".join(names),
        )
    column = _stored(spec, column, scope)
    axes = tuple(Axis(name, size, (name,)) for name, size in zip(names, column.shape, strict=True))
    described = describe(spec, axes, scope)
    attrs = _attributes(spec, described, scope)
    return ArrayLayout(spec.key.value, described.axes, column.dtype, Inline(column), attrs, values.text.place)


def _column(values: Expression, scope: Scope) -> NDArray[np.generic]:
    """Return inlined values as an array; raises V0319 for lists of unequal length and for lost digits."""
    value = values.evaluate(scope)
    try:
        column: NDArray[np.generic] = np.asarray(value)
    except ValueError:
        raise fail("V0319", "the lists of these values differ in length", values.text.place) from None
    if isinstance(value, list) and column.dtype.kind == "f":
        for item in np.array(value, dtype=object).ravel().tolist():
            if isinstance(item, int) and int(float(item)) != item:
                help = "write all of them whole, or all of them with a point"
                raise fail("V0319", f"{item} has too many digits beside floats", values.text.place, help=help)
    return column


def _stored(spec: ArraySpec, column: NDArray[np.generic], scope: Scope) -> NDArray[np.generic]:
    """Return values in the dtype that the card asks for, little-endian; floats may lose digits, no more."""
    dtype = column.dtype.newbyteorder("<")
    if spec.dtype is not None:
        dtype = element_type(spec, scope).dtype("little")
    with np.errstate(all="ignore"):
        stored = column.astype(dtype)
        back = stored.real.astype(column.dtype)
        exact = np.array_equal(back, column, equal_nan=column.dtype.kind == "f")
        exact = exact and np.array_equal(np.signbit(stored.real + 0), np.signbit(column + 0))
    rounded = dtype.kind == "f" and np.array_equal(np.isfinite(stored), np.isfinite(column))
    if not (exact or rounded):
        raise fail(
            "V0340",
            f"the values of '{spec.key.value}' do not fit {dtype.name}",
            spec.dtype.text.place if spec.dtype is not None else spec.place,
            found=f"{column.min()} to {column.max()}",
        )
    return stored


def _hidden_groups(
    arrays: Sequence[ArrayLayout], card: Card, places: Mapping[str, Place]
) -> Iterator[Problem]:
    """Yield a problem for each array and each mapping of the root's attributes with the name of a group."""
    groups = {part for layout in arrays for part in accumulate(layout.path.split("/")[:-1], "{}/{}".format)}
    for layout in arrays:
        if layout.path in groups:
            message = f"'{layout.path}' names an array and a group"
            help = f"give the array a name of its own in the group: {layout.path}/data"
            yield Problem("V0330", message, places[layout.path], help=help)
    for key, tree in card.attrs.items():
        if key in groups and isinstance(tree, Mapping):
            message = f"'{key}' is a group, but these would be one attribute of the root"
            help = f"write '/{key}' for the attributes of the group, or call the attribute otherwise"
            yield Problem("V0345", message, card.attr_places.get(key), help=help)


def _clashes(arrays: Sequence[ArrayLayout], places: Mapping[str, Place]) -> Iterator[Problem]:
    """Yield a problem for each axis name that means two sizes in one group."""
    seen: dict[tuple[str, str], tuple[int, str]] = {}
    for layout in arrays:
        group = layout.path.rpartition("/")[0]
        for axis in layout.axes:
            size, first = seen.setdefault((group, axis.name), (axis.size, layout.path))
            if size != axis.size:
                yield Problem(
                    "V0317",
                    f"axis '{axis.name}' has {axis.size} positions in '{layout.path}'"
                    f" but {size} in '{first}'",
                    places[layout.path],
                    expected=str(size),
                    found=str(axis.size),
                    help="put them into groups of their own (a/data, b/data), or name the axes apart",
                )
