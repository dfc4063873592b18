"""Where the elements of a field lie, over all the rows of the records around it.

A `Located` is what ``from:`` selects and what planning arranges: it names bytes and reads none.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from vspec.datatypes import ElementType, Endian
from vspec.errors import Place, fail
from vspec.layout import InnerAxis, Int64


@dataclass(frozen=True, slots=True, eq=False)
class Located:
    """Elements along ``lead`` axes (one row of ``file`` and ``first`` each), then ``inner`` axes.

    ``file`` and ``first`` are flat int64 columns over the lead axes in C order: the index of the
    file and the byte offset of the first element. ``counts``, where given, is the size of the
    first inner axis for each row (a ragged field); its `InnerAxis.size` is then the largest.
    ``place`` is the field in the card.
    """

    element: ElementType
    endian: Endian
    file: Int64
    first: Int64
    place: Place
    lead: tuple[tuple[str, int], ...] = ()
    inner: tuple[InnerAxis, ...] = ()
    counts: Int64 | None = None

    @property
    def axes(self) -> tuple[tuple[str, int], ...]:
        """Names and sizes of all axes, slowest first."""
        return self.lead + tuple((axis.name, axis.size) for axis in self.inner)

    @property
    def offset(self) -> int | Int64:
        """Byte offset of the first element: a column where there are several rows."""
        return int(self.first[0]) if not self.lead else self.first

    @property
    def nbytes(self) -> int | Int64:
        """Bytes of one row's elements (of all inner axes)."""
        whole = self.element.nbytes
        for axis in self.inner[1 if self.counts is not None else 0 :]:
            whole *= axis.size
        if self.counts is not None:
            return self.counts * whole
        return whole if not self.lead else np.full(len(self.first), whole, np.int64)


def repeat(located: Located, name: str, count: int, stride: int) -> Located:
    """Return ``located`` of row 0 repeated ``count`` times, ``stride`` bytes apart.

    The new axis is the slowest one. Rows that row 0 itself has become a list of offsets; where
    that cannot be written as such a list (several lead axes, ragged rows), the new axis becomes
    explicit rows instead.
    """
    if not located.lead:
        return replace(located, inner=(InnerAxis(name, count, stride), *located.inner))
    if len(located.lead) == 1 and located.counts is None and len(set(located.file.tolist())) == 1:
        (row_name, size), base = located.lead[0], located.first[:1]
        rows = InnerAxis(row_name, size, offsets=located.first - base)
        return replace(
            located,
            lead=(),
            file=located.file[:1],
            first=base,
            inner=(InnerAxis(name, count, stride), rows, *located.inner),
        )
    steps = np.arange(count, dtype=np.int64)[:, None] * stride
    return replace(
        located,
        lead=((name, count), *located.lead),
        file=np.tile(located.file, count),
        first=(steps + located.first[None, :]).ravel(),
        counts=None if located.counts is None else np.tile(located.counts, count),
    )


def take(located: Located, name: str, index: Int64) -> Located:
    """Return ``located`` with only the positions ``index`` along the axis ``name``."""
    names = [n for n, _ in located.lead]
    if name in names:
        at = names.index(name)
        shape = [size for _, size in located.lead]
        rows = np.arange(len(located.first)).reshape(shape).take(index, axis=at).ravel()
        lead = list(located.lead)
        lead[at] = (name, len(index))
        taken = replace(located, lead=tuple(lead), file=located.file[rows], first=located.first[rows])
        return taken if located.counts is None else _with_counts(taken, located.counts[rows])
    inner = tuple(_take_inner(axis, index) if axis.name == name else axis for axis in located.inner)
    return replace(located, inner=inner)


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
        same_rows = [n for n, _ in part.lead] == [n for n, _ in head.lead] and _alike(part, head)
        if not same_rows or part.element != head.element or part.endian != head.endian:
            raise fail(
                "V0304",
                f"the rows of '{name}' hold different kinds of elements",
                place,
                expected=describe(head),
                found=describe(part),
                help="select rows of one kind, or make one array per kind with 'each:'",
            )
    file = np.concatenate([p.file for p in parts])
    first = np.concatenate([p.first for p in parts])
    sizes = {tuple(size for _, size in p.lead) for p in parts}
    if len(sizes) > 1:
        raise fail(
            "V0304",
            f"the rows of '{name}' hold different numbers of '{head.lead[0][0]}'",
            place,
            help="join both axes in 'dims:', or select rows of one size",
        )
    stacked = replace(head, lead=((name, len(parts)), *head.lead), file=file, first=first)
    return _with_counts(stacked, _sizes(parts)) if head.inner else stacked


def _alike(part: Located, head: Located) -> bool:
    """Tell whether the inner axes agree in everything but the first one's size."""
    if len(part.inner) != len(head.inner):
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


def describe(located: Located) -> str:
    """Return e.g. ``int16[record=3, sample=512]`` for messages."""
    axes = ", ".join(f"{name}={size}" for name, size in located.axes)
    return f"{located.element.name}[{axes}]" if axes else located.element.name
