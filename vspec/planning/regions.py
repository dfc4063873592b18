"""Where the bytes of raw files lie: dtype, shape and offset of an array without a layout."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from vspec.card.model import ArraySpec, StructType
from vspec.datatypes import NUMBERS, ElementType, Endian, NamedType
from vspec.errors import Place, Problem, VspecError, did_you_mean, fail
from vspec.expressions import Chain, Expression, Scope
from vspec.header.byte_order import choose
from vspec.header.dataset import Header
from vspec.header.located import Located, stack, stored_axes
from vspec.header.provenance import trace
from vspec.header.roles import RoleFile, RoleFiles
from vspec.planning.coded import region_of

MAX_FITS = 4
FIT_REACH = 80


@dataclass(frozen=True, slots=True)
class Region:
    """Located bytes, and the axes in the order that the card lists them in (before any arrow)."""

    located: Located
    order: tuple[str, ...]


def raw_region(spec: ArraySpec, raw: RoleFile | RoleFiles, header: Header, scope: Scope) -> Region:
    """Return the region of a raw role: over all its files where it has many.

    Raises V0312 and V0315 where dtype, shape and offset do not fit the bytes.
    """
    if isinstance(raw, RoleFile):
        return _one(spec, raw, header, scope)
    if not raw.files:
        raise fail("V0321", f"role '{raw.role.name}' has no files", spec.place)
    regions = [_one(spec, file, header, Chain(dict(file.captures), scope)) for file in raw.files]
    located = stack([r.located for r in regions], raw.name, spec.place)
    return Region(located, (raw.name, *regions[0].order))


def _one(spec: ArraySpec, file: RoleFile, header: Header, scope: Scope) -> Region:
    element = element_type(spec, scope, header.card.types)
    endian: Endian = choose(spec.endian, file.endian, scope, file.view)
    offset = 0 if spec.offset is None else spec.offset.integer(scope)
    size = file.nbytes
    if not 0 <= offset <= size:
        place = spec.place if spec.offset is None else spec.offset.text.place
        chain = () if spec.offset is None else trace(spec.offset, header)
        raise VspecError(
            [
                Problem(
                    "V0302",
                    f"the offset is outside {file.view.name}",
                    place,
                    data_file=file.view.name,
                    offset=offset,
                    expected=f"0 to {size}",
                    found=str(offset),
                    chain=chain,
                )
            ]
        )
    sizes = _sizes(spec, scope)
    index, start, space = file.view.index, offset, size - offset
    if spec.codec:
        index, decoded = region_of(spec, file, offset, (scope, header))
        start = 0
        space = decoded if decoded is not None else _bytes_of(sizes, element)
    whole = _resolve(spec, sizes, element, Data(file.view.name, offset, space, endian), header)
    fortran = _is_fortran(spec, scope)
    stored = list(reversed(whole)) if fortran else list(whole)
    inner, inside = stored_axes(stored, element)
    located = Located(
        element=element,
        endian=endian,
        file=np.array([index], np.int64),
        first=np.array([start], np.int64),
        place=spec.place,
        inner=inner,
        inside=inside,
    )
    return Region(located, tuple(name for name, _ in whole))


def _bytes_of(sizes: list[tuple[str, int | None]], element: ElementType) -> int:
    """Return the bytes of an array of which every size is known."""
    return -(-math.prod(n or 0 for _, n in sizes) // element.per_word) * element.nbytes


def element_type(spec: ArraySpec, scope: Scope, types: Mapping[str, StructType] | None = None) -> ElementType:
    """Return the type that an array's ``dtype:`` gives, or packed samples of ``types``; raises V0305."""
    if spec.dtype is None:
        raise fail("V0305", f"array '{spec.key.value}' has no dtype", spec.place, help="e.g. dtype: int16")
    value = spec.dtype.evaluate(scope)
    samples = types[value.name].element if types and isinstance(value, NamedType) else value
    if isinstance(samples, ElementType):
        return samples
    raise fail(
        "V0305",
        "this is not a type",
        spec.dtype.text.place,
        found=repr(value),
        help=did_you_mean(str(value), NUMBERS, "types"),
    )


def _is_fortran(spec: ArraySpec, scope: Scope) -> bool:
    order = spec.order if isinstance(spec.order, str) else spec.order.evaluate(scope)
    if order not in ("C", "F"):
        place = spec.place if isinstance(spec.order, str) else spec.order.text.place
        raise fail("V0305", "this is not an order", place, expected="'C' or 'F'", found=repr(order))
    return order == "F"


def _sizes(spec: ArraySpec, scope: Scope) -> list[tuple[str, int | None]]:
    """Return axis names and sizes as written; None is ``auto``."""
    if isinstance(spec.shape, Mapping):
        return [(name, None if e is None else _size(name, e, scope)) for name, e in spec.shape.items()]
    if spec.shape is None:
        return []
    items = _listed(spec.shape, scope)
    names = spec.dims if isinstance(spec.dims, tuple) else tuple(f"axis_{k}" for k in range(len(items)))
    if isinstance(spec.dims, Expression):
        given = spec.dims.evaluate(scope)
        if isinstance(given, (list, np.ndarray)):
            names = tuple(str(v) for v in given)
    if len(names) != len(items):
        raise fail(
            "V0316",
            f"{len(names)} names for {len(items)} axes",
            spec.shape.text.place,
            expected=f"{len(items)} names in 'dims:'",
            found=", ".join(names),
        )
    for name, n in zip(names, items, strict=True):
        if n is not None and n < 0:
            raise fail("V0308", f"the size of '{name}' is negative", spec.shape.text.place, found=str(n))
    return list(zip(names, items, strict=True))


class _Auto:
    """What ``auto`` is worth in a computed shape. Nothing can be computed with it."""

    def __repr__(self) -> str:
        return "auto"


_AUTO = _Auto()


def _listed(shape: Expression, scope: Scope) -> list[int | None]:
    """Return the sizes of a shape that is computed as a list; None is ``auto``, which stands once at most."""
    with_auto = Chain({"auto": _AUTO}, scope)  # type: ignore[dict-item]  # no value: it only stands in the list
    value = shape.evaluate(with_auto)
    items = value.tolist() if isinstance(value, np.ndarray) else value
    if not isinstance(items, list) or not all(_is_size(item) for item in items):
        help = "e.g. [auto, n], or [auto, n, m] if deep else [auto, n]; 'auto' stands for a whole size"
        message = "a shape is a list of whole numbers"
        raise fail("V0305", message, shape.text.place, found=repr(value), help=help)
    sizes = [None if isinstance(item, _Auto) else int(item) for item in items]
    if sizes.count(None) > 1:
        message = "'auto' stands twice: only one size can come out of the size of the file"
        raise fail("V0176", message, shape.text.place)
    return sizes


def _is_size(item: object) -> bool:
    return isinstance(item, _Auto) or (isinstance(item, int) and not isinstance(item, bool))


def _size(name: str, expression: Expression, scope: Scope) -> int:
    n = expression.integer(scope)
    if n < 0:
        raise fail("V0308", f"the size of '{name}' is negative", expression.text.place, found=str(n))
    return n


@dataclass(frozen=True, slots=True)
class Data:
    """The bytes of a file that an array may take."""

    name: str
    offset: int
    space: int
    endian: Endian


def _resolve(
    spec: ArraySpec, sizes: list[tuple[str, int | None]], element: ElementType, data: Data, header: Header
) -> list[tuple[str, int]]:
    """Return all sizes, ``auto`` taken from the bytes there are."""
    known = math.prod(n for _, n in sizes if n is not None)
    step = element.span(known, data.endian)
    auto = next((name for name, n in sizes if n is None), None)
    if auto is None:
        if step > data.space:
            raise VspecError([_too_large(spec, step, data, header)])
        return [(name, n or 0) for name, n in sizes]
    if step == 0:
        raise fail("V0310", f"'{auto}' cannot be told: another axis has size 0", _auto_place(spec, auto))
    held = element.held(data.space, data.endian)
    count, left = divmod(held or 0, known)
    if left or held is None:
        raise VspecError([_left_over(spec, auto, (sizes, element), data, header)])
    return [(name, count if n is None else n) for name, n in sizes]


def _left_over(
    spec: ArraySpec,
    auto: str,
    shape: tuple[list[tuple[str, int | None]], ElementType],
    data: Data,
    header: Header,
) -> Problem:
    sizes, element = shape
    known = [(name, n) for name, n in sizes if n is not None]
    step = math.prod(n for _, n in known) * element.nbytes
    fits = fitting(data.space, step, known[-1][1]) if known else []
    chain = [line for e in _expressions(spec) for line in trace(e, header)]
    return Problem(
        "V0312",
        f"{data.name} holds {data.space} data bytes: not a whole number of '{auto}' steps of {step} bytes "
        f"({data.space % step} left over)",
        _auto_place(spec, auto),
        data_file=data.name,
        help="wrong channel count, dtype or offset?"
        + (f" nearest fits: {', '.join(map(str, fits))}" if fits else " no size nearby fits"),
        chain=tuple(dict.fromkeys(chain)),
    )


def _expressions(spec: ArraySpec) -> list[Expression]:
    shape = [e for e in spec.shape.values() if e is not None] if isinstance(spec.shape, Mapping) else []
    return [*shape, *(e for e in (spec.dtype, spec.offset) if e is not None)]


def fitting(space: int, step: int, known: int) -> list[int]:
    """Return the sizes nearest to ``known`` that divide the bytes, nearest first.

    >>> fitting(640000, 126, 63)
    [64, 50, 80, 40]
    """
    if known <= 0:
        return []
    unit = step // known
    near = range(max(1, known - FIT_REACH), known + FIT_REACH + 1)
    return sorted((n for n in near if space % (n * unit) == 0), key=lambda n: (abs(n - known), n))[:MAX_FITS]


def _too_large(spec: ArraySpec, need: int, data: Data, header: Header) -> Problem:
    place = spec.shape_place or spec.place
    chain = [line for e in _expressions(spec) for line in trace(e, header)]
    return Problem(
        "V0315",
        f"{data.name} holds {data.space} data bytes, the array needs {need}",
        place,
        data_file=data.name,
        offset=data.offset,
        expected=f"{need} bytes from byte {data.offset}",
        found=f"{data.space} bytes",
        help="is the file cut short or still being written? else the shape, dtype or offset is wrong",
        chain=tuple(dict.fromkeys(chain)),
    )


def _auto_place(spec: ArraySpec, axis: str) -> Place:
    return spec.shape_places.get(axis) or spec.shape_place or spec.place
