"""From a strided layout to its `Geometry` in normal form: digits merged, trimmed and flipped."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from math import prod

import numpy as np
from numpy.typing import NDArray

from vspec.chunks.geometry import Digit, Geometry, Inside, Lead, Linear, Listed, MapAxis, Outer, RunColumns
from vspec.errors import VspecError, fail
from vspec.layout import ArrayLayout, InnerAxis, Int64, Runs, Strided

_FARTHEST = 1 << 62


@dataclass(frozen=True, slots=True, eq=False)
class _Draft:
    """A geometry on its way: leading axes of ``lead`` sizes, ``steps`` in each of their cells."""

    axes: tuple[MapAxis, ...]
    runs: RunColumns
    steps: int
    lead: tuple[int, ...]


def incoherent(layout: ArrayLayout, why: str) -> VspecError:
    """Return the error for a layout whose axes, runs and sizes contradict each other."""
    return fail(
        "V0330",
        f"the layout of array '{layout.path}' contradicts itself: {why}",
        layout.place,
        help="the card's dims, shape and records must agree; `vspec check` names the place",
    )


def normal_form(layout: ArrayLayout, source: Strided) -> Geometry:
    """Return the geometry of a layout that has at least one element.

    Raises `VspecError` V0330 for a layout that contradicts itself.
    """
    _check_extent(layout, source)
    runs, steps = _columns(layout, source)
    inner = {axis.name: _inner_digit(axis) for axis in source.inner}
    base = sum(at for _, at in inner.values())
    runs = replace(runs, offset=runs.offset + base)
    digits: dict[str, Digit] = {source.outer: Outer(steps)}
    weight = 1
    for name, size in reversed(source.lead):
        digits[name] = Lead(size, weight)
        weight *= size
    digits |= {name: digit for name, (digit, _) in inner.items()}
    digits |= {name: Inside(size, at) for at, (name, size) in enumerate(unpacked_axes(source))}
    draft = _Draft(_axes(layout, source, digits), runs, steps, tuple(size for _, size in source.lead))
    draft = _cut_runs(_widen_runs(_absorb_cells(draft)))
    draft = _as_linear(draft)
    draft = replace(draft, axes=tuple(_merged(axis) for axis in draft.axes))
    draft = _flipped(_cut_digits(draft))
    item = source.item.itemsize
    axes = draft.axes
    if source.item.kind == "c":
        item //= 2
        axes = (*axes, MapAxis(complex_axis(layout), 2, (Linear(2, item),)))
    return Geometry(item, axes, draft.runs, draft.steps)


def unpacked_axes(source: Strided) -> tuple[tuple[str, int], ...]:
    """Return the axes of the values inside an item."""
    return () if source.unpack is None else source.unpack.axes


def complex_axis(layout: ArrayLayout) -> str:
    """Return the name of the trailing axis that holds real and imaginary parts."""
    name = "complex"
    while any(axis.name == name for axis in layout.axes):
        name += "_"
    return name


def stored_order(layout: ArrayLayout, stored: Sequence[tuple[str, int]]) -> tuple[int, ...]:
    """Return the indices of the logical axes in map order: where their innermost stored part stands.

    A part with one position says nothing about where an axis runs, unless the axis has no other.
    """
    place = {name: number for number, (name, _) in enumerate(stored)}
    long = {name for name, size in stored if size != 1}
    parts = [[part for part in axis.parts if part in long] or axis.parts for axis in layout.axes]
    keys = [max((place.get(part, -1) for part in own), default=-1) for own in parts]
    return tuple(sorted(range(len(keys)), key=lambda number: (keys[number], number)))


def check_parts(layout: ArrayLayout, stored: Sequence[tuple[str, int]]) -> None:
    """Raise V0330 unless every stored axis is used once, with sizes that multiply to the axes'."""
    sizes = dict(stored)
    if len(sizes) != len(stored):
        raise incoherent(layout, "two stored axes have one name")
    used = [part for axis in layout.axes for part in axis.parts]
    unknown = [part for part in used if part not in sizes]
    if unknown:
        raise incoherent(layout, f"there is no stored axis '{unknown[0]}'")
    if len(set(used)) != len(used):
        raise incoherent(layout, "a stored axis is used twice")
    for name, size in stored:
        if name not in used and size != 1:
            raise incoherent(layout, f"stored axis '{name}' of size {size} is in no axis of the array")


def axis_span(layout: ArrayLayout, number: int, full: int, source: Strided) -> tuple[int, int]:
    """Return the positions ``start, stop`` of a joined axis that exist, out of ``full``.

    A trim counts in stored order, that is before a reversal.
    """
    axis = layout.axes[number]
    spans = [(trim.start, trim.stop) for trim in source.trims if trim.axis == axis.name]
    if len(spans) > 1:
        raise incoherent(layout, f"axis '{axis.name}' is trimmed twice")
    start, stop = spans[0] if spans else (0, full)
    if not 0 <= start <= stop <= full or stop - start != axis.size:
        raise incoherent(layout, f"axis '{axis.name}' of size {axis.size} is {start}:{stop} of {full}")
    return start, stop


def _check_extent(layout: ArrayLayout, source: Strided) -> None:
    """Refuse strides so large that addresses would leave 64 bits."""
    runs = source.runs
    reach = 0
    for axis in source.inner:
        if axis.offsets is None:
            reach += abs(axis.stride) * max(axis.size - 1, 0)
        else:
            reach += max((abs(int(axis.offsets.min())), abs(int(axis.offsets.max()))), default=0)
    if len(runs.count):
        farthest = [abs(int(edge)) for column in (runs.offset,) for edge in (column.min(), column.max())]
        longest = max(abs(int(runs.stride.min())), abs(int(runs.stride.max()))) * int(runs.count.max())
        reach += max(farthest) + longest
    if reach >= _FARTHEST:
        raise incoherent(layout, f"its bytes reach {reach} bytes far")


def _columns(layout: ArrayLayout, source: Strided) -> tuple[RunColumns, int]:
    """Check the runs and return them counted through all cells, neighbours that continue merged."""
    runs = source.runs
    cells = prod(int(size) for _, size in source.lead)
    keep = np.flatnonzero(runs.count)
    run = Runs(*(getattr(runs, name)[keep] for name in ("file", "offset", "count", "stride", "cell")))
    if len(run.count) == 0 or (run.count < 0).any() or (run.file < 0).any():
        raise incoherent(layout, "it has no runs, or runs of negative length or file")
    if (np.diff(run.cell) < 0).any() or run.cell[0] != 0 or run.cell[-1] != cells - 1:
        raise incoherent(layout, f"its runs do not fill {cells} cells in order")
    border = np.flatnonzero(np.diff(run.cell)) + 1
    totals = np.add.reduceat(run.count, np.concatenate([[0], border]))
    if len(totals) != cells or (totals != totals[0]).any():
        raise incoherent(layout, "its cells have different numbers of steps, or none")
    return _joined(RunColumns(run.file, run.offset, run.stride, np.cumsum(run.count)), int(totals[0]))


def _joined(runs: RunColumns, steps: int) -> tuple[RunColumns, int]:
    """Make one run of neighbours in a cell of ``steps`` steps that continue each other."""
    count = runs.stop - runs.start
    cell = runs.start // steps
    follows = (
        (cell[1:] == cell[:-1])
        & (runs.file[1:] == runs.file[:-1])
        & (runs.stride[1:] == runs.stride[:-1])
        & (runs.offset[1:] == runs.offset[:-1] + count[:-1] * runs.stride[:-1])
    )
    first = np.concatenate([[True], ~follows])
    last = np.concatenate([~follows, [True]])
    return RunColumns(runs.file[first], runs.offset[first], runs.stride[first], runs.stop[last]), steps


def _affine(table: NDArray[np.int64]) -> tuple[int, ...] | None:
    """Return the step along each axis of ``table`` if it is affine in its indices."""
    steps = []
    predicted: Int64 = table[(0,) * table.ndim]
    for number, size in enumerate(table.shape):
        second = tuple(1 if axis == number else 0 for axis in range(table.ndim))
        step = int(table[second] - table[(0,) * table.ndim]) if size > 1 else 0
        steps.append(step)
        ramp = np.arange(size, dtype=np.int64) * step
        predicted = predicted + ramp.reshape([-1 if axis == number else 1 for axis in range(table.ndim)])
    return tuple(steps) if np.array_equal(predicted, table) else None


def _inner_digit(axis: InnerAxis) -> tuple[Digit, int]:
    """Return the digit of an inner axis, and the bytes that its first position adds."""
    if axis.offsets is None:
        return Linear(axis.size, axis.stride), 0
    first = int(axis.offsets[0])
    steps = _affine(axis.offsets)
    if steps is not None:
        return Linear(axis.size, steps[0]), first
    return Listed(axis.size, axis.offsets - first), first


def _axes(layout: ArrayLayout, source: Strided, digits: dict[str, Digit]) -> tuple[MapAxis, ...]:
    stored = [(name, size) for name, size in source.lead]
    stored += [(source.outer, digits[source.outer].size)]
    stored += [(axis.name, axis.size) for axis in source.inner]
    stored += unpacked_axes(source)
    check_parts(layout, stored)
    for inner in source.inner:
        if inner.offsets is not None and len(inner.offsets) != inner.size:
            raise incoherent(layout, f"'{inner.name}' has {len(inner.offsets)} offsets for size {inner.size}")
    found = []
    for number in stored_order(layout, stored):
        axis = layout.axes[number]
        own = tuple(digits[part] for part in axis.parts if digits[part].size != 1)
        full = prod(int(digits[part].size) for part in axis.parts)
        start, _ = axis_span(layout, number, full, source)
        found.append(MapAxis(axis.name, axis.size, own, start, axis.reverse))
    return tuple(found)


def _absorb_cells(draft: _Draft) -> _Draft:
    """Join the leading axes with the run axis where one axis is made of all of them in order."""
    leads = [size for size in draft.lead if size != 1]
    for number, axis in enumerate(draft.axes):
        sizes = [digit.size for digit in axis.digits if isinstance(digit, Lead)]
        width = len(leads)
        head = axis.digits[: width + 1]
        whole = len(head) == width + 1 and isinstance(head[-1], Outer) and sizes == leads
        if leads and whole and all(isinstance(digit, Lead) for digit in head[:-1]):
            weights = [digit.weight for digit in head[:-1] if isinstance(digit, Lead)]
            if weights != sorted(weights, reverse=True):
                return draft
            total = draft.steps * int(np.prod(leads))
            joined = replace(axis, digits=(Outer(total), *axis.digits[width + 1 :]))
            axes = (*draft.axes[:number], joined, *draft.axes[number + 1 :])
            return _Draft(axes, *_joined(draft.runs, total), ())
    return draft


def _widen_runs(draft: _Draft) -> _Draft:
    """Let runs step by elements where the elements of their steps follow each other."""
    for number, axis in enumerate(draft.axes):
        for place, (left, right) in enumerate(zip(axis.digits, axis.digits[1:], strict=False)):
            if not (isinstance(left, Outer) and isinstance(right, Linear)):
                continue
            if (draft.runs.stride != right.size * right.stride).any():
                continue
            steps = draft.steps * right.size
            joined = (*axis.digits[:place], Outer(steps), *axis.digits[place + 2 :])
            stride = np.full(len(draft.runs), right.stride, np.int64)
            runs = replace(draft.runs, stride=stride, stop=draft.runs.stop * right.size)
            axes = (*draft.axes[:number], replace(axis, digits=joined), *draft.axes[number + 1 :])
            return _widen_runs(_Draft(axes, runs, steps, draft.lead))
    return draft


def _cut_runs(draft: _Draft) -> _Draft:
    """Apply a trim to the runs themselves where they alone make the trimmed axis."""
    for number, axis in enumerate(draft.axes):
        alone = len(axis.digits) == 1 and isinstance(axis.digits[0], Outer)
        if not alone or axis.size == draft.steps:
            continue
        runs, old, new = draft.runs, draft.steps, axis.size
        cell = runs.start // old
        start = np.maximum(runs.start - cell * old, axis.first)
        stop = np.minimum(runs.stop - cell * old, axis.first + new)
        keep = start < stop
        offset = runs.offset + (start - (runs.start - cell * old)) * runs.stride
        end = cell * new + stop - axis.first
        cut = RunColumns(runs.file[keep], offset[keep], runs.stride[keep], end[keep])
        trimmed = replace(axis, digits=(Outer(new),), first=0)
        axes = (*draft.axes[:number], trimmed, *draft.axes[number + 1 :])
        return _Draft(axes, cut, new, draft.lead)
    return draft


def _as_linear(draft: _Draft) -> _Draft:
    """Replace runs that lie in one file at regular distances by strides."""
    runs = draft.runs
    cells = prod(map(int, draft.lead))
    count = np.diff(runs.stop, prepend=0)
    same = all((column == column[0]).all() for column in (runs.file, runs.stride, count))
    if not same or len(runs) % cells:
        return draft
    each = len(runs) // cells
    steps = _affine(runs.offset.reshape((*draft.lead, each)))
    if steps is None:
        return draft
    by_weight: dict[int, int] = {}
    weight = 1
    for size, step in zip(reversed(draft.lead), reversed(steps[:-1]), strict=True):
        if size != 1:
            by_weight[weight] = step
        weight *= size
    outer = (Linear(each, steps[-1]), Linear(int(count[0]), int(runs.stride[0])))

    def linear(digit: Digit) -> tuple[Digit, ...]:
        match digit:
            case Lead(size, weight):
                return (Linear(size, by_weight[weight]),)
            case Outer():
                return tuple(part for part in outer if part.size != 1)
            case _:
                return (digit,)

    axes = tuple(
        replace(axis, digits=tuple(new for digit in axis.digits for new in linear(digit)))
        for axis in draft.axes
    )
    one = np.ones(1, np.int64)
    return _Draft(axes, RunColumns(runs.file[:1], runs.offset[:1], one, one), 1, ())


def _merged(axis: MapAxis) -> MapAxis:
    """Merge neighbouring digits whose bytes follow each other."""
    digits: list[Digit] = []
    for digit in axis.digits:
        left = digits[-1] if digits else None
        if (
            isinstance(left, Linear)
            and isinstance(digit, Linear)
            and left.stride == digit.size * digit.stride
        ):
            digits[-1] = Linear(left.size * digit.size, digit.stride)
        else:
            digits.append(digit)
    return replace(axis, digits=tuple(digits))


def _shifted(draft: _Draft, number: int, axis: MapAxis, nbytes: int) -> _Draft:
    axes = (*draft.axes[:number], axis, *draft.axes[number + 1 :])
    return replace(draft, axes=axes, runs=replace(draft.runs, offset=draft.runs.offset + nbytes))


def _cut_digits(draft: _Draft) -> _Draft:
    """Apply a trim to a digit that alone makes the trimmed axis."""
    for number, axis in enumerate(draft.axes):
        match axis.digits:
            case (Linear(stride=stride),):
                digits: tuple[Digit, ...] = (Linear(axis.size, stride),) if axis.size != 1 else ()
                cut = replace(axis, digits=digits, first=0)
                draft = _shifted(draft, number, cut, axis.first * stride)
            case (Listed(offsets=offsets),):
                part = offsets[axis.first : axis.first + axis.size]
                digit, begin = _inner_digit(InnerAxis(axis.name, axis.size, offsets=part))
                cut = replace(axis, digits=(digit,) if axis.size != 1 else (), first=0)
                draft = _shifted(draft, number, cut, begin)
            case ():
                draft = _shifted(draft, number, replace(axis, first=0), 0)
            case _:
                pass
    return draft


def _flipped(draft: _Draft) -> _Draft:
    """Store a plain axis that runs backwards through its file the other way round."""
    for number, axis in enumerate(draft.axes):
        match axis.digits:
            case (Linear(size, stride),) if stride < 0:
                forward = replace(axis, digits=(Linear(size, -stride),), reversed=not axis.reversed)
                draft = _shifted(draft, number, forward, (size - 1) * stride)
            case _:
                pass
    return draft
