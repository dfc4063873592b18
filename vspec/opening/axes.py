"""What a map says of the axes of its arrays, as coordinates."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
import xarray as xr
from numpy.typing import NDArray

from vspec.layout import Json
from vspec.opening.affine import Affine, AffineIndex
from vspec.profile.arrays import MapArray

Coordinate = xr.Coordinates | dict[str, xr.Variable]
_LARGEST = float(np.finfo(np.float64).max)


_WIDE = 1 << 20
"""Characters by which a table of texts of one width may be longer than the texts themselves."""


@dataclass(frozen=True, slots=True)
class Axis:
    """An axis of an array: ``line`` has start and step, ``labels`` and ``texts`` a text for each element.

    They are in stored order; ``back`` says that the array is shown the other way round. ``held`` is the path
    of an array that is the coordinate itself.
    """

    name: str
    size: int
    back: bool
    line: Mapping[str, Json]
    labels: tuple[str, ...]
    texts: Mapping[str, tuple[str, ...]]
    held: str | None = None

    @classmethod
    def of(cls, array: MapArray, dim: str, size: int) -> Axis:
        """Return what the attributes of an array say of one of its axes."""
        own = array.attrs.get("vspec")
        line, labels, texts = (_entry(own, key, dim) for key in ("axes", "labels", "coordinates"))
        several = texts.items() if isinstance(texts, dict) else ()
        return cls(
            dim,
            size,
            runs_back(array, dim),
            line if isinstance(line, dict) else {},
            _texts(labels, size),
            {kind: found for kind, values in several if (found := _texts(values, size))},
        )

    def agrees(self, other: Axis) -> bool:
        """Tell whether the axis of another array, of the same name, can be the same one."""
        pairs = ((self.line, other.line), (self.labels, other.labels))
        texts = all(self.texts[kind] == other.texts[kind] for kind in {*self.texts} & {*other.texts})
        return self.size == other.size and texts and all(not a or not b or a == b for a, b in pairs)

    def with_more(self, other: Axis) -> Axis:
        """Return the axis with what another array says of it."""
        return replace(
            self,
            line=self.line or other.line,
            labels=self.labels or other.labels,
            texts={**other.texts, **self.texts},
            held=self.held or other.held,
        )

    def fits_below(self, above: Axis) -> bool:
        """Tell whether a group may have this axis where one above it has another of the same name.

        A group of a tree has the labels of the groups above it; it may add some where there are none.
        """
        if self.size != above.size:
            return False
        if above.index is None:
            return True
        return self.back == above.back and self.index in (None, above.index)

    @property
    def index(self) -> tuple[object, ...] | None:
        """What the elements are selected by; None where there is nothing but their numbers."""
        if self.held is not None:
            return ("held", self.held)
        return self._affine or (("labels", self.labels) if self.labels else None)

    @property
    def _affine(self) -> tuple[float, float] | None:
        start, step = _number(self.line.get("start")), _number(self.line.get("step"))
        return (start, step) if start is not None and step else None

    def coordinates(self, dim: str) -> Iterator[tuple[str, Coordinate]]:
        """Yield the coordinates along the axis, which the data set calls ``dim``, by their names."""
        affine, free = self._affine, self.held is None
        if affine is not None:
            place = (self.size - 1, -1) if self.back else (0, 1)
            name = dim if free else f"{dim}_regular"
            index = AffineIndex(Affine((name, dim), self.size, affine, place))
            found = xr.Coordinates.from_xindex(index)
            said = {key: value for key, value in self.line.items() if key not in ("start", "step")}
            found[name].attrs.update(said)
            yield name, found
        labels = {dim if free and affine is None else f"{dim}_label": self.labels}
        for name, values in {**labels, **{f"{dim}_{kind}": v for kind, v in self.texts.items()}}.items():
            if values:
                yield name, {name: xr.Variable((dim,), _table(values[::-1] if self.back else values))}


def runs_back(array: MapArray, dim: str) -> bool:
    """Tell whether an array is shown from the last element of an axis to the first."""
    own = array.attrs.get("vspec")
    asked = own.get("dims") if isinstance(own, dict) else None
    return isinstance(asked, list) and f"-{dim}" in asked


def _number(value: Json) -> float | None:
    """Return a number that a line can be made of; None for anything else, and for what no float holds."""
    if not isinstance(value, int | float) or isinstance(value, bool) or not abs(value) < _LARGEST:
        return None
    return float(value)


def _table(values: Sequence[str]) -> NDArray[np.generic]:
    """Return texts as an array, all of one width, unless that would take far more than the texts."""
    wide = max(map(len, values)) * len(values) > sum(map(len, values)) + _WIDE
    return np.array(values, object if wide else None)


def _entry(own: Json, key: str, dim: str) -> Json:
    found = own.get(key) if isinstance(own, dict) else None
    return found.get(dim) if isinstance(found, dict) else None


def _texts(value: Json, size: int) -> tuple[str, ...]:
    """Return a text for each element; none where there are more or fewer, which no coordinate can be."""
    return tuple(map(str, value)) if isinstance(value, list) and len(value) == size else ()
