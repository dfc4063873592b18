"""What a map holds: its arrays in the order the card asks for, with the map's own scaling."""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.generic]
Floats = NDArray[np.float64]

_PREFIXES = {
    "": 1.0,
    "p": 1e-12,
    "n": 1e-9,
    "u": 1e-6,
    "µ": 1e-6,
    "μ": 1e-6,
    "m": 1e-3,
    "k": 1e3,
    "M": 1e6,
    "G": 1e9,
}
_UNITS = re.compile(
    r"(?P<prefix>[pnuµμmkMG]?)(?P<base>V|A|T|sec|s|Hz|Pa|Ohm|Ω|S|m|g|N|W|J|C|F|volts?)|(?P<word>seconds?)"
)
_BASES = {"sec": "s", "volt": "V", "volts": "V", "Ω": "Ohm"}


def si(units: str) -> tuple[float, str] | None:
    """Return units as a factor and the unit without a prefix; None when they do not look like SI."""
    found = _UNITS.fullmatch(units.strip())
    if found is None:
        return None
    if found["word"]:
        return 1.0, "s"
    return _PREFIXES[found["prefix"]], _BASES.get(found["base"], found["base"])


def si_factor(units: str) -> float:
    """Return what a value in ``units`` is multiplied by to be in the unit without a prefix.

    Units that do not look like an SI unit with a prefix give 1.
    """
    known = si(units)
    return 1.0 if known is None else known[0]


@dataclass(frozen=True, slots=True)
class Axis:
    """What the map says about a regular axis: coordinate = start + step * index, in ``units``."""

    start: float | None = None
    step: float | None = None
    units: str = ""
    epoch: str = ""


@dataclass(frozen=True, eq=False)
class Part:
    """An array of a map, read back, its axes in the card's order and direction.

    ``gain`` and ``offset`` are the map's own (``physical = gain * raw + offset``) and broadcast over
    ``values``; ``to_si`` is the factor that takes the physical values' units to SI, and broadcasts too.
    ``axes`` and ``labels`` are by the name of the axis, ``units`` those of the data, ``attrs`` the
    attributes of the array and of the groups that hold it.
    """

    path: str
    dims: tuple[str, ...]
    values: Array
    gain: Floats = field(default_factory=lambda: np.ones(()))
    offset: Floats = field(default_factory=lambda: np.zeros(()))
    to_si: Floats = field(default_factory=lambda: np.ones(()))
    axes: Mapping[str, Axis] = field(default_factory=dict)
    labels: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    units: tuple[str, ...] = ()
    attrs: Mapping[str, object] = field(default_factory=dict)

    def physical(self) -> Iterator[tuple[str, Floats]]:
        """Give the values as the map scales them, then also in SI units where that differs.

        Nothing is given where the map states no scaling: then only equal values will do.
        """
        if self.values.dtype.kind not in "iufb":
            return
        raw = self.values.astype(np.float64)
        scaled = raw * self.gain + self.offset
        states_scaling = bool(np.any(self.gain != 1) or np.any(self.offset != 0))
        if states_scaling:
            yield "scaled", scaled
        if np.any(self.to_si != 1):
            yield "scaled, in SI units", scaled * self.to_si

    def transposed(self) -> Iterator[Part]:
        """Give the part with its axes in every other order."""
        axes = range(self.values.ndim)
        if self.values.ndim > 4:
            return
        shape = self.values.shape
        for order in itertools.permutations(axes):
            if order == tuple(axes):
                continue
            yield replace(
                self,
                path=f"{self.path} transposed",
                dims=tuple(self.dims[axis] for axis in order),
                values=self.values.transpose(order),
                gain=np.broadcast_to(self.gain, shape).transpose(order),
                offset=np.broadcast_to(self.offset, shape).transpose(order),
                to_si=np.broadcast_to(self.to_si, shape).transpose(order),
            )

    def as_dtype_of(self, wanted: np.dtype[np.generic]) -> Part | None:
        """Return the part seen as ``wanted`` where a portable map needs a trailing axis for one element.

        Complex numbers are pairs of floats (or of integers) there, and texts are bytes.
        """
        values = self.values
        if wanted.kind == "c" and values.dtype.kind in "iuf" and values.ndim and values.shape[-1] == 2:
            part = values.dtype.newbyteorder("=") if values.dtype.kind == "f" else np.dtype(np.float64)
            pairs = np.ascontiguousarray(values.astype(part))
            seen = pairs.view(np.dtype(f"c{2 * part.itemsize}"))[..., 0]
            return Part(self.path, self.dims[:-1], seen)
        if wanted.kind == "S" and values.dtype == np.uint8:
            if wanted.itemsize == 1:
                return Part(
                    self.path, self.dims, np.ascontiguousarray(values).view("S1").reshape(values.shape)
                )
            if values.ndim and values.shape[-1] == wanted.itemsize:
                return Part(self.path, self.dims[:-1], np.ascontiguousarray(values).view(wanted)[..., 0])
        if wanted.kind in "iufb" and values.dtype.kind in "iufb":
            return self
        return self if wanted.kind == values.dtype.kind else None
