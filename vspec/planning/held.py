"""Arrays that containers hold: as located bytes where they lie verbatim, else arranged chunk by chunk."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

import numpy as np

from vspec.card.dims import NAME
from vspec.card.model import Arrow, JoinAxis
from vspec.datatypes import NUMBERS, ElementType
from vspec.errors import Place, fail
from vspec.expressions import Expression, Scope
from vspec.header.containers import HeldArray, HeldStack
from vspec.header.located import Located, stack
from vspec.layout import ArrayLayout, Axis, Inline, InnerAxis, Json, Source, Strided
from vspec.planning.arranging import Arranged, Dims, arrow_of
from vspec.planning.stacking import common_attrs, concatenated, require_alike, stacked, stored_axes

_CODES: Mapping[str, ElementType] = {t.code: t for t in NUMBERS.values() if t.packing is None}


@dataclass(frozen=True, slots=True)
class Held:
    """An array of a container, or of several along ``over``.

    ``axes`` are its axes, as it counts them, with what the container says of them; ``attrs`` are its
    attributes without those of ``apart``, which are not the same in all files.
    """

    layouts: tuple[ArrayLayout, ...]
    place: Place
    over: str | None = None
    axes: tuple[Axis, ...] = ()
    attrs: Mapping[str, Json] = field(default_factory=dict)
    apart: tuple[str, ...] = ()

    @property
    def order(self) -> tuple[str, ...]:
        """Names of the axes as the container counts them."""
        return tuple(axis.name for axis in self.axes)

    @property
    def stored(self) -> tuple[str, ...]:
        """Names of the axes as they are stored, slowest first: what an arrow speaks of."""
        layout = self.layouts[0]
        source = layout.source
        own = _stored_names(source) if isinstance(source, Strided) else [n for n, _ in stored_axes(layout)]
        return (*((self.over,) if self.over is not None else ()), *own)


def held_of(array: HeldArray | HeldStack, place: Place) -> Held:
    """Return an array with all that its files say of it. Raises V0362 and V0365, and what delegates raise."""
    layouts = tuple(replace(part.layout, place=place) for part in array.parts)
    if array.over is None:
        return Held(layouts, place, None, layouts[0].axes, layouts[0].attrs)
    require_alike(layouts, [part.file.view.name for part in array.parts], place)
    attrs, apart = common_attrs(layouts)
    outer = Axis(array.over, len(layouts), (array.over,))
    inner = tuple(
        _agreed(axis, [layout.axes[k] for layout in layouts]) for k, axis in enumerate(layouts[0].axes)
    )
    lost = [
        f"positions along {axis.name}"
        for axis, own in zip(layouts[0].axes, inner, strict=True)
        if _is_less(axis, own)
    ]
    return Held(layouts, place, array.over, (outer, *inner), attrs, (*apart, *lost))


def _agreed(axis: Axis, others: Sequence[Axis]) -> Axis:
    """Return an axis with what all files say of it."""
    return Axis(
        axis.name,
        axis.size,
        axis.parts,
        affine=axis.affine if all(other.affine == axis.affine for other in others) else None,
        labels=axis.labels if all(other.labels == axis.labels for other in others) else None,
    )


def _is_less(axis: Axis, agreed: Axis) -> bool:
    """Tell whether what a file says of an axis is not said by all, and so is not in the map."""
    return axis.affine != agreed.affine or axis.labels != agreed.labels or bool(axis.coordinates)


# --- verbatim bytes -------------------------------------------------------------------------


def located_of(held: Held) -> Located | None:
    """Return where the array lies, over all its files, if it lies verbatim in one run for each row."""
    found = [_located(layout, held.place) for layout in held.layouts]
    some = next((one for one in found if one is not None), None)
    if some is not None and held.over is not None:
        found = [_empty(layout, some) or one for layout, one in zip(held.layouts, found, strict=True)]
    whole = [one for one in found if one is not None]
    if len(whole) < len(found):
        return None
    return whole[0] if held.over is None else stack(whole, held.over, held.place)


def _empty(layout: ArrayLayout, other: Located) -> Located | None:
    """Return an array without elements as bytes that lie nowhere, but as those of ``other`` do."""
    if 0 not in layout.shape or other.lead or other.inside or len(other.inner) != len(layout.axes):
        return None
    pairs = zip(layout.axes, other.inner, strict=True)
    inner = tuple(replace(lies, name=axis.name, size=axis.size) for axis, lies in pairs)
    return replace(other, first=np.zeros(1, np.int64), inner=inner)


def _located(layout: ArrayLayout, place: Place) -> Located | None:
    source = layout.source
    if not isinstance(source, Strided) or source.trims or 0 in layout.shape:
        return None
    runs = source.runs
    cells = np.arange(len(runs.cell), dtype=np.int64)
    uniform = (
        len(runs.count) > 0 and (runs.count == runs.count[0]).all() and (runs.stride == runs.stride[0]).all()
    )
    is_scalar = not layout.axes and not source.lead and not source.inner and runs.count.tolist() == [1]
    plain = is_scalar or sorted(axis.name for axis in layout.axes) == sorted(_stored_names(source))
    if not (uniform and plain and np.array_equal(runs.cell, cells)):
        return None
    unpack = source.unpack
    element = unpack.element if unpack is not None else _CODES.get(source.item.str[1:])
    if element is None:
        return None
    big = unpack.endian == "big" if unpack is not None else source.item.str[0] == ">"
    outer = InnerAxis(source.outer, int(runs.count[0]), int(runs.stride[0]))
    return Located(
        element,
        "big" if big else "little",
        runs.file,
        runs.offset,
        place,
        lead=source.lead,
        inner=() if is_scalar else (outer, *source.inner),
        inside=unpack.axes if unpack is not None else (),
    )


def _stored_names(source: Strided) -> tuple[str, ...]:
    inside = source.unpack.axes if source.unpack is not None else ()
    return (
        *(name for name, _ in source.lead),
        source.outer,
        *(axis.name for axis in source.inner),
        *(name for name, _ in inside),
    )


def with_known(axes: Sequence[Axis], held: Held, dims: Dims, scope: Scope) -> tuple[Axis, ...]:
    """Return the axes with what the container says of those that are its own, only called otherwise."""
    arrow = arrow_of(dims, scope)
    names = held.order if arrow is not None else _renamed(held, dims, scope)
    own = dict(zip(names, held.axes, strict=True))
    return tuple(_known(axis, own) for axis in axes)


def _known(axis: Axis, own: Mapping[str, Axis]) -> Axis:
    stored = own.get(axis.parts[0]) if len(axis.parts) == 1 else None
    if stored is None or stored.size != axis.size:
        return axis
    affine, labels, coordinates = stored.affine, stored.labels, stored.coordinates
    if axis.reverse:
        if affine is not None:
            last = affine.start + affine.step * (axis.size - 1)
            affine = replace(affine, start=last, step=-affine.step)
        labels = None if labels is None else labels[::-1]
        coordinates = tuple(replace(c, values=c.values[::-1]) for c in coordinates)
    return replace(axis, affine=affine, labels=labels, coordinates=coordinates)


# --- chunks, values and what is materialised ------------------------------------------------


def arrange_grid(held: Held, dims: Dims, scope: Scope) -> Arranged:
    """Return the source and the axes that ``dims:`` makes of a grid of chunks.

    Axes can be called otherwise, permuted, reversed, and joined with the axis of the files. Raises V0316
    for anything else, V0342 and V0365 where chunks cannot be joined.
    """
    arrow = arrow_of(dims, scope)
    if arrow is None:
        names = _renamed(held, dims, scope)
        source = _source(held)
        axes = tuple(
            Axis(name, axis.size, axis.parts if held.over is None else (axis.name,))
            for name, axis in zip(names, held.axes, strict=True)
        )
        known = dict(zip(held.order, held.axes, strict=True))
        return Arranged(source, tuple(_renamed_axis(a, known, held) for a in axes), held.layouts[0].dtype)
    _require_plain(held, arrow)
    return _joined(held, arrow)


def _renamed_axis(axis: Axis, known: Mapping[str, Axis], held: Held) -> Axis:
    """Return an axis that was only given another name, with what the container says of it."""
    if held.over is None:
        stored = next((own for own in held.axes if own.parts == axis.parts), None)
        return axis if stored is None else replace(stored, name=axis.name)
    return _known(axis, known)


def _joined(held: Held, arrow: Arrow) -> Arranged:
    own = dict(zip(held.order, held.axes, strict=True))
    joins = [join for join in arrow.right if len(join.parts) > 1]
    along = next(
        (join.parts[1] for join in joins if held.over is not None and _is_files(join, held.over)), None
    )
    if len(joins) > (along is not None):
        raise fail(
            "V0316",
            f"the chunks of array '{held.layouts[0].path}' cannot be joined in this way",
            arrow.place,
            expected=f"axes as they are{'' if held.over is None else f', or NAME=({held.over} AXIS)'}",
            found=" ".join(joins[-1].parts),
        )
    source = _source(held, along)
    axes = []
    for join in arrow.right:
        if len(join.parts) > 1:
            assert along is not None, "no other join is left"
            size = sum(dict(stored_axes(layout))[along] for layout in held.layouts)
            axes.append(Axis(join.name, size, (along,), join.reverse))
            continue
        stored = own[join.parts[0]] if join.parts else Axis(join.name, 1, ())
        parts = stored.parts if held.over is None else (stored.name,) * bool(join.parts)
        axis = Axis(join.name, stored.size, parts, join.reverse)
        axes.append(
            replace(_known(replace(axis, parts=join.parts), own), parts=parts) if join.parts else axis
        )
    return Arranged(source, tuple(axes), held.layouts[0].dtype)


def _is_files(join: JoinAxis, over: str) -> bool:
    return len(join.parts) == 2 and join.parts[0] == over


def _source(held: Held, along: str | None = None) -> Source:
    over = held.over
    if over is None:
        return held.layouts[0].source
    held = replace(held, layouts=tuple(_nothing(layout) for layout in held.layouts))
    if any(isinstance(layout.source, Strided) for layout in held.layouts):
        message = f"array '{held.layouts[0].path}' lies in several pieces of each file"
        help = "make an array of each file with 'each:'"
        raise fail("V0362", message, held.place, help=help)
    if along is not None:
        return concatenated(held.layouts, along, held.place)
    return stacked(held.layouts, over, held.place)


def _nothing(layout: ArrayLayout) -> ArrayLayout:
    """Return an array without elements as values: there is nothing that would lie anywhere."""
    if 0 not in layout.shape:
        return layout
    return replace(layout, source=Inline(np.zeros(layout.shape, layout.dtype)))


def _require_plain(held: Held, arrow: Arrow) -> None:
    """Raise V0316 for an arrow that does not fit the stored axes, or splits or crops them."""
    left = [axis.name for axis in arrow.left]
    if left != list(held.stored):
        raise fail(
            "V0316",
            f"'dims' names {' '.join(left)}, but the data have {' '.join(held.stored)}",
            arrow.place,
            expected=" ".join(held.stored),
            found=" ".join(left),
        )
    split = next((axis.name for axis in arrow.left if axis.parts), None)
    cropped = next((join.name for join in arrow.right if join.size is not None), None)
    if split or cropped:
        what = f"'{split}' cannot be split" if split else f"'{cropped}' cannot be cropped"
        raise fail(
            "V0316",
            f"{what}: array '{held.layouts[0].path}' is kept in chunks, which stay whole",
            arrow.place,
            help="select when the array is read",
        )
    used = [part for join in arrow.right for part in join.parts]
    if sorted(used) != sorted(left):
        message = "each axis left of the arrow stands once right of it"
        raise fail("V0316", message, arrow.place, expected=" ".join(left), found=" ".join(used))


def _renamed(held: Held, dims: Dims, scope: Scope) -> tuple[str, ...]:
    """Return the names that a list of names gives the stored axes, or their own."""
    names = held.order
    place = held.place
    if isinstance(dims, Expression):
        value = dims.evaluate(scope)
        names = tuple(str(v) for v in value) if isinstance(value, (list, np.ndarray)) else names
        place = dims.text.place
    elif isinstance(dims, tuple):
        names = dims
    if len(names) != len(held.order):
        message = f"dims names {len(names)} axes but the data has {len(held.order)}"
        raise fail("V0316", message, place, expected=" ".join(held.order), found=" ".join(names))
    odd = next((name for name in names if NAME.match(name) is None), None)
    if odd is not None:
        message = f"'{odd}' is not the name of an axis"
        raise fail("V0316", message, place, help='letters, digits and _; to reverse: "y x -> -y x"')
    return names
