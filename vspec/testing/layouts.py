"""Hypothesis strategies for array layouts, with files that hold them and the array that is in them.

Each `Sample` knows its own truth: the strategy lays out the bytes one element at a time, and arranges
the array by numpy's transposition alone.

    @given(strided())
    def test_my_reader(sample):
        assert equal(my_reader(sample.layout, sample.files), sample.expected)
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise, product
from math import prod

import numpy as np
from hypothesis import assume
from hypothesis import strategies as st
from numpy.typing import NDArray

from vspec.datatypes import Coding, ElementType, Packing
from vspec.layout import ArrayLayout, Axis, InnerAxis, Int64, Runs, Strided, Trim, Unpack

Array = NDArray[np.generic]
_SIZES = st.sampled_from([1, 2, 3, 5, 7, 11])
_LENGTHS = st.sampled_from([1, 2, 7, 13, 29, 30, 97, 101])
_GAPS = st.sampled_from([0, 0, 1, 5])
_SELDOM = st.sampled_from([False] * 9 + [True])
_MOST_ELEMENTS = 1000
_CODES = ["b1", "i1", "i2", "i4", "i8", "u1", "u2", "u4", "u8", "f2", "f4", "f8", "c8", "c16"]


@dataclass(frozen=True, slots=True, eq=False)
class Sample:
    """A layout, the contents of its files, and what the array holds in the card's order."""

    layout: ArrayLayout
    files: tuple[bytes, ...]
    expected: Array


def dtypes() -> st.SearchStrategy[np.dtype[np.generic]]:
    """Return every dtype of a portable map, in both byte orders."""
    return st.builds(
        lambda order, code: np.dtype(order + code), st.sampled_from("<>"), st.sampled_from(_CODES)
    )


def values(dtype: np.dtype[np.generic], shape: Sequence[int], seed: int) -> Array:
    """Return an array of random bytes; booleans are 0 and 1."""
    random = np.random.default_rng(seed)
    if dtype.kind == "b":
        return random.integers(0, 2, shape).astype(dtype)
    return np.frombuffer(random.bytes(prod(shape) * dtype.itemsize), dtype).reshape(tuple(shape))


@dataclass(frozen=True, slots=True)
class _Step:
    """How the inner axes lie inside a step: bytes from its first to its last, and to index 0."""

    axes: tuple[InnerAxis, ...]
    nbytes: int
    zero: int


@st.composite
def _steps(draw: st.DrawFn, sizes: tuple[int, ...], item: int) -> _Step:
    """Draw strides for the inner axes: in any order of memory, with gaps, backwards, or listed; or tidy."""
    found: dict[int, InnerAxis] = {}
    nbytes, zero = item, 0
    count = len(sizes)
    tidy = draw(st.booleans())
    order: Sequence[int] = range(count - 1, -1, -1)
    if count and not tidy:
        order = draw(st.permutations(range(count)))
    for number in order:
        size, name = sizes[number], f"inner{number}"
        pitch = nbytes + (0 if tidy else draw(_GAPS))
        kind = "forward" if tidy else draw(st.sampled_from(["forward", "forward", "backward", "listed"]))
        if kind == "listed" and size:
            slots = draw(st.permutations(range(size + draw(st.integers(0, 2)))))[:size]
            found[number] = InnerAxis(name, size, offsets=np.array(slots, np.int64) * pitch)
            nbytes = max(slots) * pitch + nbytes
        elif kind == "backward":
            found[number] = InnerAxis(name, size, -pitch)
            zero += max(0, size - 1) * pitch
            nbytes = max(0, size - 1) * pitch + nbytes
        else:
            found[number] = InnerAxis(name, size, pitch)
            nbytes = max(0, size - 1) * pitch + nbytes
    return _Step(tuple(found[number] for number in range(count)), nbytes, zero)


@st.composite
def _counts(draw: st.DrawFn, total: int) -> list[int]:
    """Draw the counts of a cell's runs: one, equal ones, or any that add up."""
    if total == 0:
        return draw(st.sampled_from([[], [0]]))
    cuts = draw(st.sets(st.integers(1, total - 1), max_size=3)) if total > 1 else set()
    edges = [0, *sorted(cuts), total]
    return [stop - start for start, stop in pairwise(edges)]


@dataclass(slots=True)
class _Disk:
    """Files that grow while runs are put into them."""

    lengths: list[int]

    def take(self, file: int, nbytes: int, gap: int) -> int:
        start = self.lengths[file] + gap
        self.lengths[file] = start + nbytes
        return start


@st.composite
def _runs(draw: st.DrawFn, cells: int, total: int, step: _Step, disk: _Disk) -> Runs:
    """Draw runs for every cell: one or many files, with gaps or without, forwards or backwards."""
    gap = draw(st.sampled_from([0, 0, 0, 3]))
    between = draw(st.one_of(st.just(st.just(0)), st.just(st.integers(0, 4))))
    files = draw(st.sampled_from([1, 1, len(disk.lengths)]))
    backward = draw(_SELDOM)
    same = draw(st.booleans())
    shared = draw(_counts(total))
    rows: list[tuple[int, int, int, int, int]] = []
    pitch = step.nbytes + gap
    for cell in range(cells):
        for count in shared if same else draw(_counts(total)):
            file = draw(st.integers(0, files - 1))
            reach = max(0, count - 1) * pitch
            start = disk.take(file, reach + step.nbytes if count else 0, draw(between))
            first = start + step.zero + (reach if backward else 0)
            rows.append((file, first, count, -pitch if backward else pitch, cell))
    columns = np.array(rows, np.int64).reshape(-1, 5).T
    return Runs(*(np.ascontiguousarray(column) for column in columns))


@st.composite
def unpacks(draw: st.DrawFn) -> Unpack:
    """Draw packed samples: words of any length and byte order, samples of any bits of them."""
    nbytes = draw(st.integers(1, 6))
    coding: Coding = draw(st.sampled_from(["unsigned", "twos-complement", "offset-binary"]))
    bits = draw(st.permutations(range(8 * nbytes)))
    samples, least = [], 1 if coding == "unsigned" else 2
    for _ in range(draw(st.sampled_from([1, 1, 2, 3]))):
        pieces: list[tuple[int, int]] = []
        width = draw(st.integers(least, 18))
        taken, bits = sorted(bits[:width]), bits[width:]
        if len(taken) < least:
            break
        for bit in taken:
            if pieces and pieces[-1][1] == bit - 1:
                pieces[-1] = (pieces[-1][0], bit)
            else:
                pieces.append((bit, bit))
        samples.append(tuple(draw(st.permutations(pieces))))
    code = "u4" if coding == "unsigned" else "i4"
    element = ElementType("packed", code, Packing(nbytes, tuple(samples), coding))
    words = draw(st.sampled_from([1, 1, 2, 3]))
    axes: tuple[tuple[str, int], ...] = (("word", words), ("sample", len(samples)))
    if len(samples) == 1:
        axes = draw(st.sampled_from([(), (("sample", 1),)])) if words == 1 else (("sample", words),)
    return Unpack(element, draw(st.sampled_from(["little", "big"])), axes)


def unpacked(raw: Array, unpack: Unpack) -> Array:
    """Return the samples of packed items, one bit at a time in Python's own numbers."""
    packing = unpack.element.packing
    assert packing is not None
    found: list[int] = []
    data = raw.tobytes()
    for at in range(0, len(data), packing.nbytes):
        word = int.from_bytes(data[at : at + packing.nbytes], unpack.endian)
        for pieces in packing.values:
            value = width = 0
            for first, last in pieces:
                value |= (word >> first & ((1 << (last - first + 1)) - 1)) << width
                width += last - first + 1
            if packing.coding == "twos-complement" and value >> (width - 1):
                value -= 1 << width
            found.append(value - (1 << (width - 1) if packing.coding == "offset-binary" else 0))
    dtype = unpack.element.dtype("little")
    return np.array(found, np.int64).astype(dtype).reshape(*raw.shape, *(n for _, n in unpack.axes))


@st.composite
def strided(
    draw: st.DrawFn, dtype: np.dtype[np.generic] | None = None, unpack: Unpack | None = None
) -> Sample:
    """Draw an array of strided runs, of any dtype unless one is given, or of packed samples."""
    item = dtype if dtype is not None else draw(dtypes())
    if unpack is not None:
        item = np.dtype(f"V{_item_bytes(unpack)}")
    lead = draw(st.lists(st.integers(1, 3), max_size=2))
    total = 0 if draw(_SELDOM) else draw(_LENGTHS)
    inner = tuple(draw(st.lists(_SIZES, max_size=2)))
    empty = draw(_SELDOM)
    if inner and empty:
        inner = (0, *inner[1:])
    assume(prod(lead) * total * prod(inner) <= _MOST_ELEMENTS)
    step = draw(_steps(inner, item.itemsize))
    disk = _Disk([draw(st.integers(0, 9)) for _ in range(3)])
    runs = draw(_runs(prod(lead), total, step, disk))
    leads = tuple((f"lead{number}", size) for number, size in enumerate(lead))
    stored = values(item, (*lead, total, *inner), draw(st.integers(0, 2**32)))
    footer = draw(st.sampled_from([0, 0, 1, 40, 4000]))
    contents = _written(stored, runs, step, [length + footer for length in disk.lengths])
    names = [*(name for name, _ in leads), "run", *(axis.name for axis in step.axes)]
    if unpack is not None:
        names += [name for name, _ in unpack.axes]
        stored = unpacked(stored, unpack)
    axes, expected, trims = draw(_arranged(names, stored))
    source = Strided(runs, item, leads, "run", step.axes, trims, unpack)
    return Sample(ArrayLayout("array", axes, stored.dtype, source), contents, expected)


def _item_bytes(unpack: Unpack) -> int:
    words = prod(size for _, size in unpack.axes) // unpack.element.per_word
    return words * unpack.element.nbytes


def _written(stored: Array, runs: Runs, step: _Step, lengths: Sequence[int]) -> tuple[bytes, ...]:
    """Write every element of the array to its place; all other bytes are random."""
    random = np.random.default_rng(stored.size)
    files = [bytearray(random.bytes(length)) for length in lengths]
    total = stored.shape[stored.ndim - len(step.axes) - 1]
    if stored.size == 0:
        return tuple(bytes(file) for file in files)
    item, inner = stored.dtype.itemsize, stored.shape[stored.ndim - len(step.axes) :]
    cells = np.frombuffer(stored.tobytes(), np.uint8).reshape(-1, total, *inner, item)
    done = [0] * len(cells)
    for row in range(len(runs.count)):
        cell = int(runs.cell[row])
        for at in range(int(runs.count[row])):
            base = int(runs.offset[row]) + at * int(runs.stride[row])
            for index in product(*(range(axis.size) for axis in step.axes)):
                place = base + sum(_inner_place(a, i) for a, i in zip(step.axes, index, strict=True))
                element = cells[(cell, done[cell] + at, *index)].tobytes()
                files[int(runs.file[row])][place : place + len(element)] = element
        done[cell] += int(runs.count[row])
    return tuple(bytes(file) for file in files)


def _inner_place(axis: InnerAxis, index: int) -> int:
    return index * axis.stride if axis.offsets is None else int(axis.offsets[index])


@st.composite
def _span(draw: st.DrawFn, size: int) -> tuple[int, int]:
    """Draw what is left of an axis: mostly all of it, seldom nothing."""
    if draw(st.sampled_from([True, True, False])):
        return 0, size
    start = draw(st.integers(0, max(0, size - 1)))
    return start, draw(st.integers(start if draw(_SELDOM) else min(start + 1, size), size))


@st.composite
def _arranged(
    draw: st.DrawFn, names: Sequence[str], stored: Array
) -> tuple[tuple[Axis, ...], Array, tuple[Trim, ...]]:
    """Draw logical axes over stored ones: permuted, joined, reversed, trimmed, or left out if of size 1."""
    usual = tuple(range(len(names)))
    order = list(draw(st.one_of(st.just(usual), st.permutations(usual))))
    unused = {at for at in order if stored.shape[at] == 1 and draw(st.booleans())}
    used = [at for at in order if at not in unused]
    cuts = [draw(st.sampled_from([True, True, False])) for _ in used[1:]]
    groups: list[list[int]] = []
    for at, cut in zip(used, [True, *cuts], strict=bool(used)):
        if cut or not groups:
            groups.append([at])
        else:
            groups[-1].append(at)
    sizes = [prod(stored.shape[at] for at in group) for group in groups]
    array = stored.transpose([*used, *sorted(unused)]).reshape(sizes)
    spans = [draw(_span(size)) for size in sizes]
    trims = tuple(
        Trim(f"axis{number}", *span)
        for number, (span, size) in enumerate(zip(spans, sizes, strict=True))
        if span != (0, size) or draw(_SELDOM)
    )
    flips = [draw(st.sampled_from([False, False, True])) for _ in groups]
    array = array[tuple(slice(*span) for span in spans)]
    array = array[tuple(slice(None, None, -1 if flip else 1) for flip in flips)]
    axes = tuple(
        Axis(f"axis{number}", stop - start, tuple(names[at] for at in group), flip)
        for number, (group, (start, stop), flip) in enumerate(zip(groups, spans, flips, strict=True))
    )
    return axes, np.asarray(array, stored.dtype), trims


def columns(*rows: Sequence[int]) -> list[Int64]:
    """Return sequences as int64 columns, as layouts hold them."""
    return [np.array(row, np.int64) for row in rows]
