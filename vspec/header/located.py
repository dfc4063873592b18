"""Where the elements of a field lie, over all the rows of the records around it.

A `Located` is what ``from:`` selects and what planning arranges: it names bytes and reads none.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from vspec.datatypes import ElementType, Endian
from vspec.errors import Place, fail
from vspec.layout import InnerAxis, Int64

_OF_ONE_KIND = "select rows of one kind, or make one array per kind with 'each:'"
_IN_WORDS = "packed samples may differ in number along an axis of words only: pair[word=n // 2, half=2]"


@dataclass(frozen=True, slots=True, eq=False)
class Located:
    """Elements along ``lead`` axes (one row of ``file`` and ``first`` each), then ``inner`` axes.

    ``file`` and ``first`` are flat int64 columns over the lead axes in C order: the index of the
    file and the byte offset of the first element. ``counts``, where given, is the size of the
    first inner axis for each row (a ragged field); its `InnerAxis.size` is then the largest.
    ``levels``, where given, has for each lead axis None, or (rows of unequal numbers) how many
    positions it has for each position of the lead axes before it; its size is then the largest.
    ``inside`` are the innermost axes, of samples that are packed into whole words.
    ``place`` is the field in the card; the first ``rows`` of the inner axes are records around it.
    """

    element: ElementType
    endian: Endian
    file: Int64
    first: Int64
    place: Place
    lead: tuple[tuple[str, int], ...] = ()
    inner: tuple[InnerAxis, ...] = ()
    counts: Int64 | None = None
    levels: tuple[Int64 | None, ...] = ()
    rows: int = 0
    inside: tuple[tuple[str, int], ...] = ()

    @property
    def axes(self) -> tuple[tuple[str, int], ...]:
        """Names and sizes of all axes, slowest first."""
        return self.lead + tuple((axis.name, axis.size) for axis in self.inner) + self.inside

    @property
    def item(self) -> int:
        """Bytes of what stands at each position along ``lead`` and ``inner``: elements, or packed words."""
        return -(-self._values // self.element.per_word) * self.element.nbytes

    @property
    def is_cut(self) -> bool:
        """Whether the samples of an item end within a word, of which a file may lack the rest."""
        return self._values % self.element.per_word != 0

    @property
    def _values(self) -> int:
        return math.prod(size for _, size in self.inside) if self.inside else self.element.per_word

    @property
    def offset(self) -> int | Int64:
        """Byte offset of the first element: a column where there are several rows."""
        if not self.lead and not self.rows:
            return int(self.first[0])
        column = self.first
        for axis in self.inner[: self.rows]:
            steps = axis.offsets if axis.offsets is not None else np.arange(axis.size) * axis.stride
            column = (column[:, None] + steps).ravel()
        return column

    @property
    def nbytes(self) -> int | Int64:
        """Bytes of one row's elements, a column where there are several rows."""
        whole = self.element.span(self._values, self.endian)
        for axis in self.inner[self.rows + (self.counts is not None) :]:
            whole *= axis.size
        if self.counts is not None:
            return self.counts * whole
        offset = self.offset
        return whole if isinstance(offset, int) else np.full(len(offset), whole, np.int64)

    def pick(self, index: int | Int64) -> Located:
        """Return one position of the first axis, without that axis, or the positions of a column."""
        self._require_apart()
        if not isinstance(index, int):
            return take(self, self.axes[0][0], index)
        return _without_first(self.cut(index, index + 1))

    def cut(self, start: int, stop: int) -> Located:
        """Return the positions ``start`` to ``stop`` - 1 of the first axis."""
        name, size = self.axes[0]
        if (start, stop) == (0, size):
            return self
        self._require_apart()
        head = None if self.lead else self.inner[0]
        if head is None or head.offsets is not None or self.counts is not None:
            return take(self, name, np.arange(start, stop, dtype=np.int64))
        inner = (InnerAxis(name, stop - start, head.stride), *self.inner[1:])
        return replace(self, first=self.first + start * head.stride, inner=inner)

    def _require_apart(self) -> None:
        """Raise V0304 where the first axis runs inside packed words, which are mapped whole."""
        if not self.lead and not self.inner:
            message = f"no samples can be picked of '{self.axes[0][0]}': they are packed into whole words"
            raise fail("V0304", message, self.place, help="map them all, and pick when the array is read")


def _without_first(located: Located) -> Located:
    """Return ``located`` without its first axis, which has one position."""
    if located.lead:
        return replace(located, lead=located.lead[1:], levels=located.levels[1:])
    head = located.inner[0]
    first = located.first if head.offsets is None else located.first + head.offsets[0]
    return replace(located, first=first, inner=located.inner[1:], rows=max(located.rows - 1, 0))


def strides(axes: Sequence[tuple[str, int]], item: int) -> tuple[InnerAxis, ...]:
    """Return axes in C order with their byte strides, for items of ``item`` bytes."""
    out: list[InnerAxis] = []
    for name, size in reversed(axes):
        out.append(InnerAxis(name, size, item))
        item *= max(size, 1)
    return tuple(reversed(out))


def stored_axes(
    axes: Sequence[tuple[str, int]], element: ElementType
) -> tuple[tuple[InnerAxis, ...], tuple[tuple[str, int], ...]]:
    """Return the axes between items, and those inside an item: of packed samples the fastest axes.

    All axes are inside where the samples end within a word.
    """
    if element.per_word == 1:
        return strides(axes, element.nbytes), ()
    for k in range(len(axes) - 1, 0, -1):
        held = math.prod(size for _, size in axes[k:])
        if held % element.per_word == 0:
            return strides(axes[:k], held // element.per_word * element.nbytes), tuple(axes[k:])
    return (), tuple(axes)


def repeat(located: Located, name: str, count: int, stride: int) -> Located:
    """Return ``located`` of row 0 repeated ``count`` times, ``stride`` bytes apart.

    The new axis is the slowest one. Rows that row 0 itself has become a list of offsets; where
    that cannot be written as such a list (several lead axes, ragged rows), the new axis becomes
    explicit rows instead.
    """
    if not located.lead:
        inner = (InnerAxis(name, count, stride), *located.inner)
        return replace(located, inner=inner, rows=located.rows + 1)
    if len(located.lead) == 1 and located.counts is None and np.unique(located.file).size == 1:
        (row_name, size), base = located.lead[0], located.first[:1]
        rows = InnerAxis(row_name, size, offsets=located.first - base)
        return replace(
            located,
            lead=(),
            file=located.file[:1],
            first=base,
            inner=(InnerAxis(name, count, stride), rows, *located.inner),
            rows=located.rows + 2,
        )
    steps = np.arange(count, dtype=np.int64)[:, None] * stride
    return replace(
        located,
        lead=((name, count), *located.lead),
        file=np.tile(located.file, count),
        first=(steps + located.first[None, :]).ravel(),
        counts=None if located.counts is None else np.tile(located.counts, count),
        levels=_tiled(located.levels, count),
    )


def _tiled(levels: tuple[Int64 | None, ...], count: int) -> tuple[Int64 | None, ...]:
    if not any(level is not None for level in levels):
        return ()
    return (None, *(None if level is None else np.tile(level, count) for level in levels))


def take(located: Located, name: str, index: Int64) -> Located:
    """Return ``located`` with only the positions ``index`` along the axis ``name``."""
    names = [n for n, _ in located.lead]
    if name in names and any(level is not None for level in located.levels):
        raise fail(
            "V0304",
            f"'{name}' cannot be chosen from where the rows inside it differ in number",
            located.place,
            help="choose rows before naming what is inside them: rec[...].inner.x",
        )
    if name in names:
        at = names.index(name)
        shape = [size for _, size in located.lead]
        rows = np.arange(len(located.first)).reshape(shape).take(index, axis=at).ravel()
        lead = list(located.lead)
        lead[at] = (name, len(index))
        taken = replace(located, lead=tuple(lead), file=located.file[rows], first=located.first[rows])
        return taken if located.counts is None else _with_counts(taken, located.counts[rows])
    if name in dict(located.inside):
        raise fail("V0326", f"'{name}' counts samples inside packed words: none can be chosen", located.place)
    inner = tuple(_take_inner(axis, index) if axis.name == name else axis for axis in located.inner)
    return replace(located, inner=inner)


def ragged(located: Located, counts: Int64) -> Located:
    """Return ``located`` with only ``counts`` positions along the first inner axis of each row."""
    return _with_counts(located, counts)


def part(located: Located, name: str, start: int, stop: int) -> Located:
    """Return ``located`` with only the positions ``start`` to ``stop`` along the axis ``name``."""
    if any(n == name for n, _ in located.lead) or name in dict(located.inside):
        return take(located, name, np.arange(start, stop, dtype=np.int64))
    shift, inner = 0, list[InnerAxis]()
    for axis in located.inner:
        if axis.name != name:
            inner.append(axis)
        elif axis.offsets is None:
            shift += start * axis.stride
            inner.append(replace(axis, size=stop - start))
        else:
            inner.append(replace(axis, size=stop - start, offsets=axis.offsets[start:stop]))
    return replace(located, first=located.first + shift, inner=tuple(inner))


def row(located: Located, k: int) -> Located:
    """Return row ``k`` of the slowest axis, without that axis. Raises V0304 for rows inside uneven rows."""
    if not located.lead:
        whole = part(located, located.inner[0].name, k, k + 1)
        offset = 0 if whole.inner[0].offsets is None else int(whole.inner[0].offsets[0])
        return replace(whole, first=whole.first + offset, inner=whole.inner[1:], rows=0)
    taken = take(located, located.lead[0][0], np.array([k], np.int64))
    return replace(taken, lead=taken.lead[1:])


def _with_counts(located: Located, counts: Int64) -> Located:
    """Return ``located`` with rows of these sizes: not ragged when they are all the same."""
    ragged = len(counts) > 0 and not (counts == counts[0]).all()
    first = replace(located.inner[0], size=int(counts.max(initial=0)))
    return replace(located, inner=(first, *located.inner[1:]), counts=counts if ragged else None)


def _take_inner(axis: InnerAxis, index: Int64) -> InnerAxis:
    offsets = axis.offsets[index] if axis.offsets is not None else index * axis.stride
    return InnerAxis(axis.name, len(index), offsets=offsets.astype(np.int64))


def stack(parts: Sequence[Located], name: str, place: Place) -> Located:
    """Return one `Located` with the rows of ``parts`` along a new slowest axis ``name``.

    Raises V0304 when the parts differ in anything but the size of their first inner axis.
    """
    head = parts[0]
    for part in parts[1:]:
        same_rows = [n for n, _ in part.lead] == [n for n, _ in head.lead] and alike(part, head)
        if not same_rows or part.element != head.element or part.endian != head.endian:
            raise fail(
                "V0304",
                f"the rows of '{name}' hold different kinds of elements",
                place,
                expected=_with_order(head, part),
                found=_with_order(part, head),
                help=_OF_ONE_KIND if part.inside == head.inside else _IN_WORDS,
            )
    return _put_together(parts, ((name, len(parts)),), (None,))


def concatenate(parts: Sequence[Located], name: str, place: Place) -> Located:
    """Return one `Located` with the rows ``name`` of all parts one after the other, along one axis."""
    rows = [explicit(part, name) for part in parts]
    joined = merge_rows(stack(rows, "", place), 1)
    return replace(joined, lead=((name, joined.lead[0][1]), *joined.lead[1:]))


def explicit(located: Located, name: str) -> Located:
    """Return ``located`` with its first inner axis as rows of their own, where that is ``name``."""
    if not located.inner or located.inner[0].name != name or any(n == name for n, _ in located.lead):
        return located
    axis = located.inner[0]
    if located.counts is not None:
        sizes = located.counts
        within = np.arange(int(sizes.sum()), dtype=np.int64) - np.repeat(np.cumsum(sizes) - sizes, sizes)
    else:
        sizes = np.full(len(located.first), axis.size, np.int64)
        within = np.tile(np.arange(axis.size, dtype=np.int64), len(located.first))
    steps = within * axis.stride if axis.offsets is None else axis.offsets[within]
    levels = (*(located.levels or (None,) * len(located.lead)), located.counts)
    return replace(
        located,
        lead=(*located.lead, (name, axis.size)),
        file=np.repeat(located.file, sizes),
        first=np.repeat(located.first, sizes) + steps,
        inner=located.inner[1:],
        counts=None,
        levels=_noted(levels),
    )


def nothing(located: Located, name: str) -> Located:
    """Return no rows at all, of the same kind as the rows ``name`` of ``located``."""
    whole = explicit(located, name)
    if not whole.lead:
        whole = explicit(whole, whole.inner[0].name)
    none = np.zeros(0, np.int64)
    counts = None if whole.counts is None else none
    return replace(
        whole, lead=((whole.lead[0][0], 0), *whole.lead[1:]), file=none, first=none, counts=counts, levels=()
    )


def _put_together(
    parts: Sequence[Located], outer: tuple[tuple[str, int], ...], levels: tuple[Int64 | None, ...]
) -> Located:
    """Return the rows of all parts behind the axes ``outer``."""
    head = parts[0]
    lead, found = list(outer), list(levels)
    for k, (name, _) in enumerate(head.lead):
        sizes = np.concatenate([_level(part, k) for part in parts])
        lead.append((name, int(sizes.max(initial=0))))
        uneven = len(sizes) > 0 and not (sizes == sizes[0]).all()
        found.append(sizes if uneven else None)
    stacked = replace(
        head,
        lead=tuple(lead),
        file=np.concatenate([p.file for p in parts]),
        first=np.concatenate([p.first for p in parts]),
        levels=_noted(tuple(found)),
    )
    if not len(stacked.first):
        return replace(stacked, counts=None)
    return _with_counts(stacked, _sizes(parts)) if head.inner else stacked


def _level(located: Located, k: int) -> Int64:
    """Return how many positions lead axis ``k`` has for each position of the lead axes before it."""
    if located.levels and located.levels[k] is not None:
        return located.levels[k]  # type: ignore[return-value]  # just asked
    before = 1 if k == 0 else int(_level(located, k - 1).sum())
    return np.full(before, located.lead[k][1], np.int64)


def _noted(levels: tuple[Int64 | None, ...]) -> tuple[Int64 | None, ...]:
    return levels if any(level is not None for level in levels) else ()


def merge_rows(located: Located, k: int) -> Located:
    """Return ``located`` with lead axes ``k - 1`` and ``k`` as one, its rows in the same order."""
    before, here = _level(located, k - 1), _level(located, k)
    starts = np.concatenate([[0], np.cumsum(before)])
    sums = np.concatenate([[0], np.cumsum(here)])
    sizes = (sums[starts[1:]] - sums[starts[:-1]]).astype(np.int64)
    uneven = len(sizes) > 0 and not (sizes == sizes[0]).all()
    levels = list(located.levels)
    levels[k - 1 : k + 1] = [sizes if uneven else None]
    lead = list(located.lead)
    lead[k - 1 : k + 1] = [(f"{lead[k - 1][0]}+{lead[k][0]}", int(sizes.max(initial=0)))]
    return replace(located, lead=tuple(lead), levels=_noted(tuple(levels)))


def alike(part: Located, head: Located) -> bool:
    """Tell whether the inner axes agree in everything but the first one's size."""
    if len(part.inner) != len(head.inner) or part.inside != head.inside:
        return False
    for k, (a, b) in enumerate(zip(part.inner, head.inner, strict=True)):
        if a.name != b.name or (k > 0 and a.size != b.size):
            return False
        if a.offsets is None and b.offsets is None:
            if a.stride != b.stride:
                return False
        elif a.offsets is None or b.offsets is None or not np.array_equal(a.offsets, b.offsets):
            return False
    return True


def _sizes(parts: Sequence[Located]) -> Int64:
    """Return the size of the first inner axis for each row of all parts."""
    columns = [
        p.counts if p.counts is not None else np.full(len(p.first), p.inner[0].size, np.int64) for p in parts
    ]
    return np.concatenate(columns)


def _with_order(located: Located, other: Located) -> str:
    """Return the same with the byte order, where that is what tells two of them apart."""
    order = "" if located.endian == other.endian else f", {located.endian}-endian"
    return describe(located) + order


def describe(located: Located) -> str:
    """Return e.g. ``int16[record=3, sample=512]`` for messages."""
    axes = ", ".join(f"{name}={size}" for name, size in located.axes)
    return f"{located.element.name}[{axes}]" if axes else located.element.name
