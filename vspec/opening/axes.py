"""What a map says of the axes of its arrays, as coordinates."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace

import numpy as np
import xarray as xr

from vspec.layout import Json
from vspec.opening.affine import Affine, AffineIndex
from vspec.profile.arrays import MapArray

Coordinate = xr.Coordinates | dict[str, xr.Variable]


@dataclass(frozen=True, slots=True)
class Axis:
    """An axis of an array: ``line`` has start and step, ``labels`` and ``texts`` a text for each element.

    They are in stored order; ``back`` says that the array is shown the other way round.
    """

    name: str
    size: int
    back: bool
    line: Mapping[str, Json]
    labels: tuple[str, ...]
    texts: Mapping[str, tuple[str, ...]]

    @classmethod
    def of(cls, array: MapArray, dim: str, size: int) -> Axis:
        """Return what the attributes of an array say of one of its axes."""
        own = array.attrs.get("vspec")
        line, labels, texts = (_entry(own, key, dim) for key in ("axes", "labels", "coordinates"))
        asked = own.get("dims") if isinstance(own, dict) else None
        back = isinstance(asked, list) and f"-{dim}" in asked
        several = texts.items() if isinstance(texts, dict) else ()
        return cls(
            dim,
            size,
            back,
            line if isinstance(line, dict) else {},
            _texts(labels, size),
            {kind: _texts(values, size) for kind, values in several},
        )

    def agrees(self, other: Axis) -> bool:
        """Tell whether the axis of another array, of the same name, can be the same one."""
        pairs = ((self.line, other.line), (self.labels, other.labels), (self.texts, other.texts))
        return self.size == other.size and all(not a or not b or a == b for a, b in pairs)

    def with_more(self, other: Axis) -> Axis:
        """Return the axis with what another array says of it."""
        return replace(
            self,
            line=self.line or other.line,
            labels=self.labels or other.labels,
            texts=self.texts or other.texts,
        )

    def coordinates(self, dim: str) -> Iterator[Coordinate]:
        """Yield the coordinates along the axis, which the data set calls ``dim``."""
        start, step = self.line.get("start"), self.line.get("step")
        is_affine = isinstance(start, int | float) and isinstance(step, int | float) and step != 0
        if isinstance(start, int | float) and isinstance(step, int | float) and is_affine:
            place = (self.size - 1, -1) if self.back else (0, 1)
            index = AffineIndex(Affine(dim, self.size, (float(start), float(step)), place))
            found = xr.Coordinates.from_xindex(index)
            said = {key: value for key, value in self.line.items() if key not in ("start", "step")}
            found[dim].attrs.update(said)
            yield found
        labels = {f"{dim}_label" if is_affine else dim: self.labels}
        for name, values in {**labels, **{f"{dim}_{kind}": v for kind, v in self.texts.items()}}.items():
            if values:
                yield {name: xr.Variable((dim,), np.array(values[::-1] if self.back else values))}


def _entry(own: Json, key: str, dim: str) -> Json:
    found = own.get(key) if isinstance(own, dict) else None
    return found.get(dim) if isinstance(found, dict) else None


def _texts(value: Json, size: int) -> tuple[str, ...]:
    """Return a text for each element; none where there are more or fewer, which no coordinate can be."""
    return tuple(map(str, value)) if isinstance(value, list) and len(value) == size else ()
