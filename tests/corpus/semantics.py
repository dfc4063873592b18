"""What a map says beside its arrays, compared with what a reader states. Pure, as `matching` is.

A fact *agrees* when the map says the same, *differs* when the map speaks of that thing and nothing it
says is the same, and is *unsaid* when the map does not speak of it. Numbers agree within 1e-6 of
themselves, moments within a millisecond. The map speaks

- of rates, steps and lengths by regular axes of time: a step in seconds, or of an axis named ``time``;
- of names by labels along an axis, in their order; by the names of its arrays, where it splits channels;
- of units by ``units`` of the data and along an axis, prefix and all;
- of gains and offsets by its scaling: along an axis, or one for each array;
- of pixel sizes by the steps of axes side by side, in the order of the axes or the other way round;
- of the start by an axis' epoch and start;
- of any of them, where it does not speak in that way, by an attribute or a coordinate that has a
  reader's name for it (`stated.known_as`).
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Literal

import numpy as np

from tests.corpus.parts import Axis, Floats, Part, si
from tests.corpus.stated import Kind, Stated, Values, known_as

RELATIVE = 1e-6
MOMENT = 1e-3
SPACE = 3
"""Axes of space: a longer list of pixel sizes goes on with the step of time."""

Result = Literal["agree", "differs", "unsaid"]


@dataclass(frozen=True, slots=True)
class Compared:
    """What became of one fact: ``stated`` and ``said`` are the two values, as text."""

    name: str
    result: Result
    stated: str
    said: str = ""


def compare(facts: Sequence[Stated], parts: Sequence[Part]) -> list[Compared]:
    """Return what became of each fact; a reader's "no scaling" counts only where the map agrees."""
    found = []
    for fact in facts:
        agrees, said = _COMPARED[fact.kind](fact, parts)
        if not agrees and not said:
            named = list(_named(fact.kind, parts))
            agrees = any(_same_values(fact.values, values) for values in named)
            said = [_text(values) for values in named]
        result: Result = "agree" if agrees else "differs" if said else "unsaid"
        if result == "agree" or not _is_identity(fact):
            shown = ", ".join(dict.fromkeys(said))
            found.append(Compared(fact.name, result, f"{_text(fact.values)} {fact.units}".strip(), shown))
    return found


Said = tuple[bool, list[str]]
"""Whether the map agrees, and all that it says about that thing."""


def _is_identity(fact: Stated) -> bool:
    """Tell whether a reader says 'gain 1' or 'offset 0': what it says too when it knows none."""
    neutral = {"gain": 1.0, "offset": 0.0}.get(fact.kind)
    return neutral is not None and all(value == neutral for value in fact.values)


def _rates(fact: Stated, parts: Sequence[Part]) -> Said:
    rates = [1 / step for step, _ in _time_axes(parts)]
    return _each_among(fact.values, rates), [f"{rate:g} Hz" for rate in rates]


def _steps(fact: Stated, parts: Sequence[Part]) -> Said:
    steps = [step for step, _ in _time_axes(parts)]
    return _each_among(fact.values, steps), [f"{step:g} s" for step in steps]


def _lengths(fact: Stated, parts: Sequence[Part]) -> Said:
    sizes = [size for _, size in _time_axes(parts)]
    return _each_among(fact.values, sizes), [str(size) for size in sizes]


def _time_axes(parts: Sequence[Part]) -> Iterator[tuple[float, int]]:
    """Give step in seconds and size of every regular axis of time."""
    for part in parts:
        for dim, size in zip(part.dims, part.values.shape, strict=True):
            axis = part.axes.get(dim)
            seconds = _seconds(dim, axis) if axis is not None else None
            if axis is not None and axis.step and seconds is not None:
                yield axis.step * seconds, size


def _seconds(dim: str, axis: Axis) -> float | None:
    """Return how many seconds the unit of an axis has; None when it is no axis of time."""
    if not axis.units:
        return 1.0 if dim == "time" else None
    known = si(axis.units)
    return known[0] if known is not None and known[1] == "s" else None


def _names(fact: Stated, parts: Sequence[Part]) -> Said:
    """Find the names in their order along one axis, or spread over axes and names of arrays."""
    wanted = [str(name).strip() for name in fact.values]
    lists = [[text.strip() for text in texts] for part in parts for texts in part.labels.values()]
    if any(_in_order(wanted, texts) for texts in lists):
        return True, []
    arrays = {_letters(piece) for part in parts for piece in part.path.split("/")}
    held = {text for texts in lists for text in texts}
    split = all(name in held or _letters(name) in arrays for name in wanted)
    split = split and not any(set(wanted) <= set(texts) for texts in lists)
    spoken = [texts for part in _of_data(parts) for texts in part.labels.values()]
    return split, [_text(texts[: len(wanted)]) for texts in spoken if len(texts) >= len(wanted)]


def _of_data(parts: Sequence[Part]) -> list[Part]:
    """Return the arrays that hold data rather than events or coordinates: two axes, or a regular one."""
    return [part for part in parts if part.values.ndim > 1 or part.axes]


def _in_order(wanted: Sequence[str], texts: Iterable[str]) -> bool:
    """Tell whether the texts hold the wanted ones in their order; others may stand between."""
    remaining = iter(texts)
    return all(name in remaining for name in wanted)


def _letters(text: str) -> str:
    return "".join(sign for sign in text.lower() if sign.isalnum())


def _ids(fact: Stated, parts: Sequence[Part]) -> Said:
    """Find each piece of identifiers such as ``NET.STA.LOC.CHA`` anywhere among the map's texts."""
    texts = {str(value).strip() for part in parts for value in part.attrs.values()}
    texts |= {label.strip() for part in parts for labels in part.labels.values() for label in labels}
    texts |= {piece for part in parts for piece in part.path.split("/")}
    pieces = {piece for value in fact.values for piece in str(value).split(".") if piece}
    return bool(pieces) and all(piece in texts for piece in pieces), []


def _units(fact: Stated, parts: Sequence[Part]) -> Said:
    said = [units for part in parts for units in part.units]
    if all(any(_same_unit(str(value), units) for units in said) for value in fact.values):
        return True, []
    return False, list(dict.fromkeys(units for part in _of_data(parts) for units in part.units))


def _same_unit(one: str, other: str) -> bool:
    known, also = si(one), si(other)
    return one.strip() == other.strip() or (known is not None and known == also)


def _gains(fact: Stated, parts: Sequence[Part]) -> Said:
    return _scaling(fact, parts, lambda part: part.gain, neutral=1.0)


def _offsets(fact: Stated, parts: Sequence[Part]) -> Said:
    return _scaling(fact, parts, lambda part: part.offset, neutral=0.0)


def _scaling(fact: Stated, parts: Sequence[Part], of: Callable[[Part], Floats], *, neutral: float) -> Said:
    """Find the values along an axis of one array, or each of them as that of a whole array."""
    known = si(fact.units)
    wanted = np.array([float(value) for value in fact.values]) * (known[0] if known is not None else 1.0)
    alone: list[float] = []
    said: list[str] = []
    for part in parts:
        scale = np.broadcast_to(of(part), part.values.shape)
        if not scale.size:
            continue
        in_si = np.broadcast_to(part.to_si, part.values.shape)
        for axis in range(max(scale.ndim, 1)):
            plain = _along(scale, axis)
            metric = plain * _along(in_si, axis)
            for values in (plain, metric) if known is None else (metric,):
                if _begins_with(values, wanted):
                    return True, []
                if np.all(values == values[0]):
                    alone.append(float(values[0]))
            if np.any(plain != neutral):
                said.append(_text(tuple(plain[: len(wanted)].tolist())))
    return _each_among(tuple(wanted.tolist()), alone), said


def _along(scale: Floats, axis: int) -> Floats:
    """Return the values along one axis, at the start of the others."""
    place: list[int | slice] = [0] * scale.ndim
    if scale.ndim:
        place[axis] = slice(None)
    return np.atleast_1d(scale[tuple(place)])


def _begins_with(values: Floats, wanted: Floats) -> bool:
    return len(values) >= len(wanted) and np.allclose(values[: len(wanted)], wanted, rtol=RELATIVE, atol=0.0)


def _spacing(fact: Stated, parts: Sequence[Part]) -> Said:
    """Find the sizes as steps of axes side by side: in the map's units, or in millimetres."""
    wanted = [abs(float(value)) for value in fact.values]
    said = []
    for part in parts:
        axes = [axis for dim in part.dims if (axis := part.axes.get(dim)) is not None and axis.step]
        regular = [axis for axis in axes if not _is_of_time(axis)] if len(wanted) <= SPACE else axes
        plain = [abs(axis.step or 0.0) for axis in regular]
        metric = [
            step * 1e3 * (si(axis.units) or (1e-3, ""))[0] for step, axis in zip(plain, regular, strict=True)
        ]
        for first in range(len(plain) - len(wanted) + 1):
            for steps in (plain, metric):
                chosen = steps[first : first + len(wanted)]
                if _same_numbers(wanted, chosen) or _same_numbers(wanted, chosen[::-1]):
                    return True, []
            said.append(_text(tuple(plain[first : first + len(wanted)])))
    return False, said


def _is_of_time(axis: Axis) -> bool:
    known = si(axis.units)
    return known is not None and known[1] in ("s", "Hz")


def _starts(fact: Stated, parts: Sequence[Part]) -> Said:
    """Compare moments with epoch and start of an axis, numbers with its start in seconds."""
    numbers: list[float] = []
    moments: list[datetime] = []
    for part in parts:
        for dim, axis in part.axes.items():
            seconds = _seconds(dim, axis)
            if seconds is None or axis.start is None:
                continue
            numbers.append(axis.start * seconds)
            begin = _moment(axis.epoch)
            if begin is not None:
                moments.append(begin + timedelta(seconds=axis.start * seconds))
    if isinstance(fact.values[0], str):
        stated = [_moment(str(value)) for value in fact.values]
        near = all(m and any(abs((m - o).total_seconds()) <= MOMENT for o in moments) for m in stated)
        return near, [moment.isoformat() for moment in moments]
    return _each_among(fact.values, numbers), [f"{number:g} s" for number in numbers]


def _moment(text: str) -> datetime | None:
    """Return a moment from ISO 8601; without a zone it is taken as UTC."""
    try:
        found = datetime.fromisoformat(text.strip())
    except ValueError:
        return None
    return found if found.tzinfo is not None else found.replace(tzinfo=UTC)


def _named(kind: Kind, parts: Sequence[Part]) -> Iterator[Values]:
    """Give attributes and coordinates that the map calls by a reader's name for that kind of fact."""
    for part in parts:
        own = part.path.rpartition("/")[2]
        if len(part.dims) == 1 and known_as(own.removeprefix(part.dims[0])) == kind:
            yield tuple(part.values.tolist())
        for name, value in part.attrs.items():
            items = value if isinstance(value, list) else [value]
            form = int | float | str if kind in ("names", "ids", "units", "start") else int | float
            if known_as(name) == kind and all(isinstance(item, form) for item in items):
                yield tuple(items)


def _same_values(wanted: Values, found: Values) -> bool:
    """Tell whether the values found are those wanted, or begin with them, or are one for all."""
    if len(found) == 1:
        found = found * len(wanted)
    if len(found) < len(wanted):
        return False
    if all(isinstance(value, int | float) for value in (*wanted, *found)):
        return _same_numbers([float(v) for v in wanted], [float(v) for v in found[: len(wanted)]])
    return [str(v).strip() for v in wanted] == [str(v).strip() for v in found[: len(wanted)]]


def _each_among(wanted: Values, found: Sequence[float]) -> bool:
    return bool(found) and all(
        any(math.isclose(float(value), one, rel_tol=RELATIVE, abs_tol=0.0) for one in found)
        for value in wanted
    )


def _same_numbers(wanted: Sequence[float], found: Sequence[float]) -> bool:
    pairs = zip(wanted, found, strict=True)
    return len(wanted) == len(found) and all(math.isclose(a, b, rel_tol=RELATIVE) for a, b in pairs)


def _text(values: Values) -> str:
    shown = [f"{value:.9g}" if isinstance(value, float) else str(value) for value in values[:8]]
    return shown[0] if len(values) == 1 else "[" + ", ".join(shown) + (", ...]" if len(values) > 8 else "]")


_COMPARED: dict[Kind, Callable[[Stated, Sequence[Part]], Said]] = {
    "rate": _rates,
    "step": _steps,
    "length": _lengths,
    "names": _names,
    "ids": _ids,
    "units": _units,
    "gain": _gains,
    "offset": _offsets,
    "spacing": _spacing,
    "start": _starts,
}
