"""From located bytes to the seam: ``dims:`` splits, joins, reverses and crops stored axes."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

import numpy as np

from vspec.card.dims import NAME, parse_arrow
from vspec.card.model import Arrow, JoinAxis, SplitAxis
from vspec.errors import Place, Text, fail
from vspec.expressions import Expression, Scope
from vspec.header.located import Located, merge_rows, take
from vspec.layout import Axis, InnerAxis, Int64, Runs, Source, Strided, Trim, Unpack
from vspec.planning.runs import regular, run_axis_last, runs_of
from vspec.planning.words import in_words

Dims = Arrow | Expression | tuple[str, ...] | None
PartsOf = Callable[[Sequence[str]], tuple[str, ...]]


@dataclass(frozen=True, slots=True)
class Arranged:
    """The source of an array and its logical axes, in the card's order, still without coordinates."""

    source: Source
    axes: tuple[Axis, ...]
    dtype: np.dtype[np.generic]


def arrange(located: Located, order: Sequence[str], dims: Dims, scope: Scope) -> Arranged:
    """Return the strided source and the axes that ``dims:`` makes of located bytes.

    ``order`` is the order of the axes where ``dims:`` does not say. Raises V0316 when the arrow
    does not fit the stored axes, V0323 when rows of unequal sizes are not joined.
    """
    arrow = arrow_of(dims, scope)
    if arrow is None:
        located, joins = _named(located, order, dims, scope)
    else:
        located, joins = _split(located, arrow, scope), arrow.right
    _fits(located, joins, arrow, located.place)
    located, joins = _level(located, joins)
    located, joins = _crop(located, joins, scope)
    return _joined(located, joins, scope)


def _level(located: Located, joins: tuple[JoinAxis, ...]) -> tuple[Located, tuple[JoinAxis, ...]]:
    """Return ``located`` with rows of equal numbers: rows that differ must be joined with those around."""
    while located.levels:
        k = max(i for i, level in enumerate(located.levels) if level is not None)
        level = located.levels[k]
        assert level is not None, "just asked"
        before, name = located.lead[k - 1][0], located.lead[k][0]
        if k == 0 or not any(_adjacent(join.parts, before, name) for join in joins):
            raise fail(
                "V0323",
                f"the rows along '{before}' differ in number along '{name}'",
                located.place,
                expected=f"a join: {name}=({before} {name})",
                found=f"{int(level.min())} to {int(level.max())}",
                help="join both axes in 'dims:', or name flat(...) of the inner rows in 'from:'",
            )
        located, joins = _merge_lead(located, joins, k)
    while located.counts is not None and len(located.lead) > 1:
        if not any(_adjacent(join.parts, located.lead[-2][0], located.lead[-1][0]) for join in joins):
            break
        located, joins = _merge_lead(located, joins, len(located.lead) - 1)
    return located, joins


def _merge_lead(
    located: Located, joins: tuple[JoinAxis, ...], k: int
) -> tuple[Located, tuple[JoinAxis, ...]]:
    """Return ``located`` with lead axes ``k - 1`` and ``k`` as one, and the joins that speak of it."""
    merge = _Merge(located.lead[k - 1][0], located.lead[k][0])
    merged_parts = tuple(replace(join, parts=merge(join.parts)) for join in joins)
    return merge_rows(located, k), merged_parts


def arrow_of(dims: Dims, scope: Scope) -> Arrow | None:
    """Return ``dims:`` as an arrow, where it is one or computes to one."""
    if isinstance(dims, Arrow):
        return dims
    if isinstance(dims, Expression):
        value = dims.evaluate(scope)
        if isinstance(value, str):
            return parse_arrow(Text(value, dims.text.place, exact=False))
    return None


def _named(
    located: Located, order: Sequence[str], dims: Dims, scope: Scope
) -> tuple[Located, tuple[JoinAxis, ...]]:
    names = tuple(order)
    if isinstance(dims, Expression):
        value = dims.evaluate(scope)
        names = tuple(str(v) for v in value) if isinstance(value, (list, np.ndarray)) else names
    elif isinstance(dims, tuple):
        names = dims
    if len(names) != len(order):
        raise fail(
            "V0316",
            f"dims names {len(names)} axes but the data has {len(order)}",
            located.place,
            expected=" ".join(order),
            found=" ".join(names),
        )
    odd = next((name for name in names if NAME.match(name) is None), None)
    if odd is not None:
        raise fail(
            "V0316",
            f"'{odd}' is not the name of an axis",
            dims.text.place if isinstance(dims, Expression) else located.place,
            help='letters, digits and _; an axis is reversed by an arrow: "y x -> -y x"',
        )
    renamed = dict(zip(order, names, strict=True))
    lead = tuple((renamed[n], size) for n, size in located.lead)
    inner = tuple(replace(axis, name=renamed[axis.name]) for axis in located.inner)
    inside = tuple((renamed[n], size) for n, size in located.inside)
    return replace(located, lead=lead, inner=inner, inside=inside), tuple(JoinAxis(n, (n,)) for n in names)


def _split(located: Located, arrow: Arrow, scope: Scope) -> Located:
    """Return ``located`` with the axes left of the arrow, split where that says so."""
    stored = [name for name, _ in located.axes]
    if [axis.name for axis in arrow.left] != stored:
        raise fail(
            "V0316",
            f"'dims' names {' '.join(a.name for a in arrow.left)}, but the data have {' '.join(stored)}",
            arrow.place,
            help=f"on disk, slowest first: {' '.join(stored)}",
        )
    lead: list[tuple[str, int]] = []
    inner: list[InnerAxis] = []
    inside: list[tuple[str, int]] = []
    axes = {axis.name: axis for axis in located.inner}
    sizes = dict(located.axes)
    levels: list[Int64 | None] = []
    uneven = {
        name for (name, _), level in zip(located.lead, located.levels, strict=False) if level is not None
    }
    if located.counts is not None:
        uneven.add(located.inner[0].name)
    for spec in arrow.left:
        if spec.parts and spec.name in uneven:
            message = f"the rows differ in number along '{spec.name}': it cannot be split"
            raise fail("V0316", message, arrow.place)
        parts = part_sizes(spec, sizes[spec.name], arrow.place, scope)
        if spec.name in dict(located.inside):
            inside += parts
        elif spec.name not in axes:
            levels += [None] * (len(parts) - 1) + [_level_of(located, spec.name)]
            lead += parts
        elif len(parts) == 1:
            inner.append(replace(axes[spec.name], name=parts[0][0]))
        else:
            inner += _split_inner(axes[spec.name], parts, arrow.place)
    split = replace(located, lead=tuple(lead), inner=tuple(inner), inside=tuple(inside))
    return replace(split, levels=tuple(levels) if located.levels else ())


def _level_of(located: Located, name: str) -> Int64 | None:
    names = [lead for lead, _ in located.lead]
    return located.levels[names.index(name)] if located.levels else None


def part_sizes(spec: SplitAxis, size: int, place: Place, scope: Scope) -> list[tuple[str, int]]:
    """Return the axes that a stored one is split into (itself, where it is not). Raises V0316."""
    if not spec.parts:
        return [(spec.name, size)]
    parts = [(name, None if e is None else e.integer(scope)) for name, e in spec.parts]
    known = math.prod(n for _, n in parts if n is not None)
    if known > 0 and size % known == 0:
        parts = [(name, size // known if n is None else n) for name, n in parts]
    sizes = [(name, n or 0) for name, n in parts]
    if math.prod(n for _, n in sizes) != size:
        raise fail(
            "V0316",
            f"'{spec.name}' has {size} positions: it cannot be split so",
            place,
            expected=f"sizes that multiply to {size}",
            found=" x ".join(f"{name}={n}" for name, n in sizes),
        )
    return sizes


def _split_inner(axis: InnerAxis, parts: Sequence[tuple[str, int]], place: Place) -> list[InnerAxis]:
    if axis.offsets is not None:
        raise fail("V0316", f"the positions along '{axis.name}' are a list: they cannot be split", place)
    out: list[InnerAxis] = []
    stride = axis.stride
    for name, size in reversed(parts):
        out.append(InnerAxis(name, size, stride))
        stride *= size
    return out[::-1]


def _fits(located: Located, joins: Sequence[JoinAxis], arrow: Arrow | None, place: Place) -> None:
    have = [name for name, _ in located.axes]
    used = [part for join in joins for part in join.parts]
    if sorted(have) == sorted(used) and len(set(have)) == len(have):
        return
    place = arrow.place if arrow is not None else place
    twice = sorted({n for n in have if have.count(n) > 1})
    if twice:
        raise fail(
            "V0316", f"the data has two axes '{twice[0]}'", place, help="name them apart in the layout"
        )
    missing = [n for n in have if n not in used]
    raise fail(
        "V0316",
        f"dims leaves out {missing}" if missing else f"dims uses {used}",
        place,
        expected="each stored axis once on the right",
        help=f"on disk, slowest first: {' '.join(have)}",
    )


def _crop(located: Located, joins: Sequence[JoinAxis], scope: Scope) -> tuple[Located, tuple[JoinAxis, ...]]:
    """Return ``located`` without what plain axes crop; crops of joined axes stay in the joins."""
    left: list[JoinAxis] = []
    for join in joins:
        within = len(join.parts) == 1 and join.parts[0] in dict(located.inside)
        if join.size is not None and len(join.parts) == 1 and not within:
            size = _crop_size(join, dict(located.axes)[join.parts[0]], scope)
            located = _shorten(located, join.parts[0], size)
            left.append(replace(join, size=None))
        else:
            left.append(join)
    return located, tuple(left)


def _crop_size(join: JoinAxis, whole: int, scope: Scope) -> int:
    assert join.size is not None
    size = join.size.integer(scope)
    if not 0 <= size <= whole:
        raise fail(
            "V0316",
            f"'{join.name}' cannot be cropped to {size}",
            join.size.text.place,
            expected=f"0 to {whole}",
            found=str(size),
        )
    return size


def _shorten(located: Located, name: str, size: int) -> Located:
    if located.counts is not None and located.inner[0].name == name:
        raise fail("V0316", f"rows of unequal sizes cannot be cropped along '{name}'", located.place)
    if any(n == name for n, _ in located.lead):
        return take(located, name, np.arange(size, dtype=np.int64))
    inner = tuple(
        InnerAxis(a.name, size, a.stride, None if a.offsets is None else a.offsets[:size])
        if a.name == name
        else a
        for a in located.inner
    )
    return replace(located, inner=inner)


def _joined(located: Located, joins: Sequence[JoinAxis], scope: Scope) -> Arranged:
    found = in_words(_ones_first(regular(_explicit(located))), joins)
    located, joins = found.located, found.joins
    located = run_axis_last(located, joins)
    outer, lead, parts_of = _outer(located, joins)
    runs = runs_of(located, lead)
    _require_even(runs, lead, outer, located.place)
    inner = located.inner[1:] if located.inner else ()
    total = int(runs.count[runs.cell == 0].sum())
    if not len(runs.cell) and located.inner and located.inner[0].name == outer:
        total = located.inner[0].size  # no rows at all: what each of them would hold is known
    sizes = {**dict(lead), outer: total, **{a.name: a.size for a in inner}, **dict(located.inside)}
    trims, axes = list[Trim](), list[Axis]()
    for join in joins:
        parts = parts_of(join.parts)
        whole = math.prod(sizes[p] for p in parts)
        size = found.sizes.get(join.name, whole)
        size = size if join.size is None else _crop_size(join, size, scope)
        if join.size is not None or size < whole:
            trims.append(Trim(join.name, 0, size))
        axes.append(Axis(join.name, size, parts, join.reverse))
    dtype = located.element.dtype(located.endian)
    if located.element.packing is None:
        return Arranged(Strided(runs, dtype, lead, outer, inner, tuple(trims)), tuple(axes), dtype)
    unpack = Unpack(located.element, located.endian, located.inside)
    words = Strided(runs, np.dtype(f"V{located.item}"), lead, outer, inner, tuple(trims), unpack)
    return Arranged(words, tuple(axes), dtype)


def _ones_first(located: Located) -> Located:
    """Return rows of unequal sizes with the lead axes of one position first: the rows lie as they did."""
    if located.counts is None or located.levels:
        return located
    lead = sorted(located.lead, key=lambda axis: axis[1] != 1)
    return replace(located, lead=tuple(lead))


def _explicit(located: Located) -> Located:
    """Return ``located`` with a first inner axis of constant stride: offset lists become lead rows."""
    while located.inner and located.inner[0].offsets is not None:
        axis = located.inner[0]
        assert axis.offsets is not None
        first = (located.first[:, None] + axis.offsets[None, :]).ravel()
        located = replace(
            located,
            lead=(*located.lead, (axis.name, axis.size)),
            file=np.repeat(located.file, axis.size),
            first=first,
            inner=located.inner[1:],
        )
    return located


def _outer(located: Located, joins: Sequence[JoinAxis]) -> tuple[str, tuple[tuple[str, int], ...], PartsOf]:
    """Choose the run axis: the first inner one, joined with the last lead axis where the dims say so."""
    lead = located.lead
    if not located.inner:
        if not lead:
            return "run", (), tuple
        return lead[-1][0], lead[:-1], tuple
    first = located.inner[0].name
    if lead and any(_adjacent(join.parts, lead[-1][0], first) for join in joins):
        last = lead[-1][0]
        return f"{last}+{first}", lead[:-1], _Merge(last, first)
    if located.counts is not None:
        raise fail(
            "V0323",
            f"the rows along '{lead[-1][0]}' differ in size along '{first}'",
            located.place,
            expected=f"a join: {first}=({lead[-1][0]} {first})",
            found=f"sizes {int(located.counts.min())} to {int(located.counts.max())}",
            help="join both axes in 'dims:', or make one array per row with 'each:'",
        )
    return first, lead, tuple


def _require_even(runs: Runs, lead: Sequence[tuple[str, int]], outer: str, place: Place) -> None:
    """Raise V0323 where the positions along the run axis differ in number between the leading axes."""
    sums = np.zeros(math.prod(size for _, size in lead), np.int64)
    np.add.at(sums, runs.cell, runs.count)
    if (sums == sums[:1]).all():
        return
    around, inside = lead[-1][0], outer.replace("+", " ")
    raise fail(
        "V0323",
        f"the rows along '{around}' differ in size along '{inside}'",
        place,
        expected=f"a join: {inside.split()[-1]}=({around} {inside})",
        found=f"sizes {int(sums.min())} to {int(sums.max())}",
        help="join these axes in 'dims:', or make one array per row with 'each:'",
    )


def _adjacent(parts: Sequence[str], last: str, first: str) -> bool:
    return any(a == last and b == first for a, b in pairwise(parts))


@dataclass(frozen=True, slots=True)
class _Merge:
    """Two adjacent parts of a join that are one run axis."""

    last: str
    first: str

    def __call__(self, parts: Sequence[str]) -> tuple[str, ...]:
        out: list[str] = []
        for part in parts:
            if part == self.first and out and out[-1] == self.last:
                out[-1] = f"{self.last}+{self.first}"
            else:
                out.append(part)
        return tuple(out)
