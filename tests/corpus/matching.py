"""Which array of a map, or which selection of one, holds what a reader saw. Pure: arrays in, verdicts out.

*Equal*: the recorded hash, after a cast that changes no value; a structured array field by field, a
complex one from two arrays ``real`` and ``imag`` of one group; a row of values also as all of an array's.
*Scaled*: the reader returned scaled values, and the map's own gain and offset (and units) give the
recorded first, last, minimum and maximum; or the reader's integers are the map's times a power of two,
proved by the hash.

Several facts may be served by one part of a map only where they are views of one thing: the same values
in another type, scaled, times a power of two, or with the axes in another order. That other order counts
only beside facts that the same array serves in the order that the card asks for; so a swapped axis
serves nothing.
"""

from __future__ import annotations

import itertools
import math
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np

from tests.corpus.entries import Facts
from tests.corpus.parts import Array, Part
from tests.corpus.selections import selections
from tests.corpus.values import (
    cast_preserving,
    fits_ends,
    fits_scaled,
    has_hash,
    near,
    same_as,
    sha256,
    slack,
)

MOST_FIELD_CANDIDATES = 6
MOST_COMBINATIONS = 5000
MOST_SHIFT = 32
_STACKED = re.compile(r"stacked\[.*\]:(?P<first>.+)\.\.(?P<last>.+)")
FEWEST_TO_SHIFT = 4
"""Of fewer integers, some are a power of two times others by chance."""

Result = Literal["equal", "scaled", "unserved"]


@dataclass(frozen=True, slots=True)
class Verdict:
    """What became of one array of the oracle: the part that serves it, or why none does."""

    name: str
    result: Result
    part: str = ""
    note: str = ""


@dataclass(frozen=True, slots=True)
class _Hit:
    part: Part
    selection: str
    values: Array
    complete: bool

    @property
    def text(self) -> str:
        return self.part.path + self.selection


def judge(facts: Sequence[Facts], parts: Sequence[Part]) -> list[Verdict]:
    """Return a verdict for each of ``facts``, in their order."""
    verdicts: dict[int, Verdict] = {}
    found: dict[str, Array] = {}
    ordered: list[Part] = []
    for row, wanted in enumerate(facts):
        hit = next(_equal(wanted, parts), None)
        if hit is not None:
            verdicts[row] = Verdict(wanted.name, "equal", hit.text)
            found[wanted.name] = hit.values
            if hit.complete and hit.part not in ordered:
                ordered.append(hit.part)
    verdicts |= _side_by_side(facts, found, verdicts)
    views = [view for part in ordered for view in part.transposed()]
    for row, wanted in enumerate(facts):
        if row not in verdicts and (hit := next(_equal(wanted, views), None)):
            verdicts[row] = Verdict(wanted.name, "equal", hit.text)
        elif row not in verdicts and (shifted := _power_of_two(wanted, [*parts, *views])):
            verdicts[row] = shifted
    open_rows = [row for row in range(len(facts)) if row not in verdicts]
    verdicts |= _assign({row: _scaled(facts[row], [*parts, *views]) for row in open_rows}, facts)
    return [verdicts.get(row) or _unserved(facts[row], parts) for row in range(len(facts))]


def _side_by_side(
    facts: Sequence[Facts], found: Mapping[str, Array], served: Mapping[int, Verdict]
) -> dict[int, Verdict]:
    """Return the verdicts for arrays that the reader itself made of others, all equal, side by side.

    Their names say so: ``stacked[n,3]:a..c`` are the facts from a to c.
    """
    names = [fact.name for fact in facts if not _STACKED.fullmatch(fact.name)]
    stacks: dict[int, Verdict] = {}
    for row, wanted in enumerate(facts):
        said = _STACKED.fullmatch(wanted.name)
        if row in served or said is None or not {said["first"], said["last"]} <= set(names):
            continue
        own = names[names.index(said["first"]) : names.index(said["last"]) + 1]
        if all(name in found for name in own) and len({found[name].shape for name in own}) == 1:
            cast = cast_preserving(np.stack([found[name] for name in own], axis=1), wanted.dtype)
            if cast is not None and cast.shape == wanted.shape and sha256(cast) == wanted.sha256:
                stacks[row] = Verdict(wanted.name, "equal", f"{own[0]} to {own[-1]} side by side")
    return stacks


def _equal(wanted: Facts, parts: Sequence[Part]) -> Iterator[_Hit]:
    """Give the parts, or selections of them, whose values have the recorded hash."""
    if wanted.dtype.names is not None:
        yield from _equal_by_field(wanted, parts)
        return
    for hit in _candidates(wanted, parts):
        cast = cast_preserving(hit.values, wanted.dtype)
        if cast is not None and has_hash(cast, wanted.sha256):
            yield hit
    if wanted.dtype.kind == "c":
        yield from _equal_by_pair(wanted, parts)


def _equal_by_pair(wanted: Facts, parts: Sequence[Part]) -> Iterator[_Hit]:
    """Give a complex array put together from the two that its container keeps: ``x/real`` and ``x/imag``."""
    named = {part.path: part for part in parts}
    for path, real in named.items():
        imaginary = named.get(f"{path.removesuffix('/real')}/imag")
        if not path.endswith("/real") or imaginary is None or imaginary.values.shape != real.values.shape:
            continue
        pairs = np.stack([real.values, imaginary.values], axis=-1)
        both = Part(path.removesuffix("/real"), (*real.dims, ""), pairs)
        for hit in _candidates(wanted, [both]):
            cast = cast_preserving(hit.values, wanted.dtype)
            if cast is not None and sha256(cast) == wanted.sha256:
                yield hit


def _candidates(wanted: Facts, parts: Sequence[Part]) -> Iterator[_Hit]:
    """Give the selections that have the wanted shape and the recorded first and last values."""
    first, last = wanted.first[:1] or (None,), wanted.last[-1:] or (None,)
    for part in parts:
        seen = part.as_dtype_of(wanted.dtype)
        if seen is None:
            continue
        corners = same_as(first[0], wanted.dtype), same_as(last[0], wanted.dtype)
        for selection in selections(seen.values, wanted.shape, *corners):
            if fits_ends(selection.values, wanted):
                yield _Hit(part, selection.text, selection.values, selection.complete)
        if seen.values.ndim > 1 and wanted.shape == (seen.values.size,):
            flat = seen.values.reshape(-1)
            if fits_ends(flat, wanted):
                yield _Hit(part, " in one row", flat, complete=False)


def _equal_by_field(wanted: Facts, parts: Sequence[Part]) -> Iterator[_Hit]:
    """Give a structured array put together from one part for each of its fields."""
    names = wanted.dtype.names or ()
    found: list[list[_Hit]] = []
    for at, name in enumerate(names):
        inner = wanted.dtype.fields[name][0] if wanted.dtype.fields else wanted.dtype
        field = _field_facts(wanted, at, inner)
        hits = (h for h in _candidates(field, parts) if cast_preserving(h.values, field.dtype) is not None)
        found.append(list(itertools.islice(hits, MOST_FIELD_CANDIDATES)))
    for chosen in itertools.islice(itertools.product(*found), MOST_COMBINATIONS):
        records = np.zeros(wanted.shape, dtype=wanted.dtype)
        for name, hit in zip(names, chosen, strict=True):
            records[name] = hit.values
        if sha256(records) == wanted.sha256:
            paths = Part(", ".join(hit.text for hit in chosen), (), records)
            yield _Hit(paths, "", records, complete=False)


def _field_facts(wanted: Facts, at: int, inner: np.dtype[np.generic]) -> Facts:
    """Return what the facts of a structured array say about its field number ``at``."""

    width = math.prod(inner.shape)

    def column(rows: tuple[object, ...]) -> list[list[object]]:
        values = [row[at] for row in rows if isinstance(row, list) and at < len(row)]
        return [value if inner.shape and isinstance(value, list) else [value] for value in values]

    first, last = column(wanted.first), column(wanted.last)
    if any(len(value) < width for value in (*first, *last)):  # of long fields, only the start is recorded
        first, last = first[:1], []
    shape = wanted.shape + inner.shape
    return Facts(
        f"{wanted.name}.{at}",
        shape,
        inner.base,
        "",
        tuple(itertools.chain(*first)),  # type: ignore[arg-type]  # rows of JSON hold JSON
        tuple(itertools.chain(*last)),  # type: ignore[arg-type]  # rows of JSON hold JSON
    )


def _power_of_two(wanted: Facts, parts: Sequence[Part]) -> Verdict | None:
    """Return the verdict for integers that are the map's times 2^k, k not 0, proved by the hash."""
    said = (*wanted.first, *wanted.last, wanted.minimum, wanted.maximum)
    numbers = [value for value in said if type(value) is int]
    if wanted.dtype.kind not in "iu" or len(numbers) != len(said) or not any(numbers):
        return None
    if math.prod(wanted.shape) < FEWEST_TO_SHIFT or wanted.minimum == wanted.maximum:
        return None
    whole = [p for p in parts if p.values.dtype.kind in "iu" and p.values.size == math.prod(wanted.shape)]
    for shift in [*range(1, MOST_SHIFT), *range(-1, -MOST_SHIFT, -1)]:
        if shift > 0 and any(value % (1 << shift) for value in numbers):
            continue
        raw = _shifted_facts(wanted, shift)
        reachable = [part for part in whole if _within(raw, part)]
        for hit in _candidates(raw, reachable):
            times = _shifted(hit.values, shift)
            cast = None if times is None else cast_preserving(times, wanted.dtype)
            if cast is not None and sha256(cast) == wanted.sha256:
                return Verdict(wanted.name, "scaled", hit.text, f"times 2^{shift}")
    return None


def _shifted_facts(wanted: Facts, shift: int) -> Facts:
    def shifted(value: object) -> int:
        assert isinstance(value, int)
        return value >> shift if shift > 0 else value << -shift

    return replace(
        wanted,
        dtype=np.dtype(np.int64),
        first=tuple(map(shifted, wanted.first)),
        last=tuple(map(shifted, wanted.last)),
        minimum=shifted(wanted.minimum),
        maximum=shifted(wanted.maximum),
    )


def _within(wanted: Facts, part: Part) -> bool:
    assert isinstance(wanted.minimum, int)
    assert isinstance(wanted.maximum, int)
    return int(part.values.min()) <= wanted.minimum and wanted.maximum <= int(part.values.max())


def _shifted(values: Array, shift: int) -> Array | None:
    """Return integers times 2^shift, or None where that leaves 64 bits or is no whole number."""
    if cast_preserving(values, np.dtype(np.int64)) is None:
        return None
    wide = values.astype(np.int64)
    there = np.left_shift(wide, shift) if shift > 0 else np.right_shift(wide, -shift)
    back = np.right_shift(there, shift) if shift > 0 else np.left_shift(there, -shift)
    return there if np.array_equal(back, wide) else None


def _scaled(wanted: Facts, parts: Sequence[Part]) -> list[tuple[str, str]]:
    """Return the parts that give the recorded values through the map's scaling, each with how."""
    if wanted.dtype.kind != "f" or wanted.verbatim or not wanted.first:
        return []
    found: list[tuple[str, str]] = []
    allowed = slack(wanted)
    corners = near(wanted.first[0], allowed), near(wanted.last[-1], allowed)
    for part in parts:
        for how, physical in part.physical():
            chosen = selections(physical, wanted.shape, *corners, strided=False)
            fitting = (c for c in chosen if fits_scaled(c.values.astype(np.float64), wanted))
            found += [(part.path + c.text, how) for c in itertools.islice(fitting, MOST_FIELD_CANDIDATES)]
            if physical.ndim > 1 and wanted.shape == (physical.size,):
                flat = physical.reshape(-1)
                if fits_scaled(flat.astype(np.float64), wanted):
                    found.append((f"{part.path} in one row", how))
    return found


def _assign(candidates: dict[int, list[tuple[str, str]]], facts: Sequence[Facts]) -> dict[int, Verdict]:
    """Give each scaled array a part. One part, scaled in one way, stands for one thing.

    Arrays of one dtype with different hashes are different things, however alike their recorded
    values; each needs a part of its own (augmenting paths, as in any matching). Arrays with the same
    hash, or of different dtypes, may share.
    """
    things: dict[tuple[str, str], list[int]] = {}
    for row in candidates:
        things.setdefault((facts[row].sha256, facts[row].dtype.str), []).append(row)
    owner: dict[tuple[str, str, str], tuple[str, str]] = {}
    given: dict[tuple[str, str], tuple[str, str]] = {}

    def place(thing: tuple[str, str], tried: set[tuple[str, str, str]]) -> bool:
        for part, how in candidates[things[thing][0]]:
            slot = (part, how, thing[1])
            if slot in tried:
                continue
            tried.add(slot)
            if slot not in owner or place(owner[slot], tried):
                owner[slot] = thing
                given[thing] = (part, how)
                return True
        return False

    for thing in things:
        place(thing, set())
    return {
        row: Verdict(facts[row].name, "scaled", *given[thing])
        for thing, rows in things.items()
        for row in rows
        if thing in given
    }


def _unserved(wanted: Facts, parts: Sequence[Part]) -> Verdict:
    """Return the verdict for an array that nothing serves, with the nearest miss."""
    if not parts:
        return Verdict(wanted.name, "unserved", note="the map holds no array")
    shape = tuple(size for size in wanted.shape if size != 1)
    for part in parts:
        own = tuple(size for size in part.values.shape if size != 1)
        if own == shape:
            flat = part.values.reshape(-1)
            note = f"{part.path} {part.values.dtype.str} has this shape but holds {flat[:4].tolist()} ... "
            note += f"{flat[-4:].tolist()}, not {list(wanted.first)} ... {list(wanted.last)}"
            if fits_ends(part.values, wanted):
                note = (
                    f"{part.path} {part.values.dtype.str} has this shape and ends, and differs between them"
                )
            return Verdict(wanted.name, "unserved", note=f"{note} ({wanted.dtype.str})")
        if sorted(own) == sorted(shape):
            note = f"{part.path} has these axes in another order: {part.values.shape}, not {wanted.shape}"
            return Verdict(wanted.name, "unserved", note=note)
    shapes = ", ".join(f"{part.path} {part.values.shape}" for part in parts[:5])
    return Verdict(wanted.name, "unserved", note=f"nothing has shape {wanted.shape}: {shapes}")
