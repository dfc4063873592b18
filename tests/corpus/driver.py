"""The harness's one door to vspec: identify, apply, and read a map's arrays back through zarr."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import numpy as np

from tests.corpus.parts import Array, Axis, Floats, Part, si_factor


class RefusedError(Exception):
    """vspec said no, by its own clean error."""


@dataclass(frozen=True, slots=True)
class Candidate:
    """A card that fits a data set: its id, its file, and the data set's files relative to the folder."""

    id: str
    card: str
    files: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Identified:
    """The cards that fit, and why those do not that fit by name."""

    candidates: tuple[Candidate, ...]
    near: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Applied:
    """The maps that `apply` wrote, what it found wrong, and the arrays whose values it had to copy."""

    maps: tuple[Path, ...]
    problems: tuple[str, ...] = ()
    materialized: tuple[str, ...] = ()


class Driver(Protocol):
    """What the harness asks of vspec; its own tests ask it of a stand-in."""

    def identify(self, folder: Path) -> Identified:
        """Return the cards that fit what lies in ``folder``."""
        ...

    def apply(self, candidate: Candidate, folder: Path, out: Path) -> Applied:
        """Write the maps of the data in ``folder`` into ``out``."""
        ...

    def read(self, path: Path) -> list[Part]:
        """Return every array of a map."""
        ...


class Vspec:
    """vspec itself."""

    def identify(self, folder: Path) -> Identified:
        """Return the cards that fit what lies in ``folder``.

        An error here is no refusal of the data, as no card was chosen: it goes on as a crash.
        """
        from vspec import commands

        report = commands.identify(folder)
        near = tuple(f"{m.card_id}: {p.code}: {p.message}" for m in report.near_misses for p in m.problems)
        return Identified(tuple(Candidate(m.card_id, m.card_path, m.files) for m in report.matches), near)

    def apply(self, candidate: Candidate, folder: Path, out: Path) -> Applied:
        """Write the maps of the data in ``folder`` into ``out``; what no reference serves is copied."""
        from vspec import commands
        from vspec.errors import VspecError

        try:
            report = commands.apply(candidate.card, folder, out)
            if any(p.code == "V0335" for p in report.problems):
                options = commands.ApplyOptions(materialize=True)
                report = commands.apply(candidate.card, folder, out, options=options)
        except VspecError as error:
            raise RefusedError(str(error)) from error
        problems = tuple(f"{p.code}: {p.message}" for p in report.problems if p.level == "error")
        copied = tuple(array.path for made in report.maps for array in made.arrays if array.materialized)
        return Applied(tuple(Path(made.map) for made in report.maps), problems, copied)

    def read(self, path: Path) -> list[Part]:
        """Return every array of a map."""
        from vspec.errors import VspecError
        from vspec.readers import zarr_store

        try:
            group = zarr_store.open_group(path)
            refs = json.loads(path.read_text(encoding="utf-8"))["refs"]
            stored = {name: StoredArray.of(group[name]) for name in _array_paths(refs)}
        except VspecError as error:
            raise RefusedError(str(error)) from error
        return [part_of(name, stored, _inherited(name, refs)) for name in stored]


@dataclass(frozen=True, slots=True)
class StoredArray:
    """An array as it lies in the map, with its stored axes and its attributes."""

    dims: tuple[str, ...]
    values: Array
    attrs: Mapping[str, object]

    @classmethod
    def of(cls, array: object) -> StoredArray:
        attrs = dict(array.attrs)  # type: ignore[attr-defined]  # zarr's Array, whichever generation
        dims = attrs.get("_ARRAY_DIMENSIONS")
        assert isinstance(dims, list)
        return cls(tuple(map(str, dims)), np.asarray(array[...]), attrs)  # type: ignore[index]  # as above


def _array_paths(refs: Mapping[str, object]) -> list[str]:
    """Return the arrays that the map's references name.

    Not zarr's own listing: older zarr 3 lists nothing in a nested group of references, silently.
    """
    return sorted(key.removesuffix("/.zarray") for key in refs if key.endswith("/.zarray"))


def _inherited(name: str, refs: Mapping[str, object]) -> dict[str, object]:
    """Return the attributes of the groups that hold an array, the outermost first."""
    found: dict[str, object] = {}
    groups = name.split("/")[:-1]
    for depth in range(len(groups) + 1):
        said = refs.get("/".join([*groups[:depth], ".zattrs"]))
        attrs = json.loads(said) if isinstance(said, str) else said
        found |= attrs if isinstance(attrs, dict) else {}
    return found


def part_of(
    name: str, stored: Mapping[str, StoredArray], inherited: Mapping[str, object] | None = None
) -> Part:
    """Return array ``name`` in the order and direction of the card, with its scaling and meaning."""
    own = stored[name]
    said = _about(own)
    asked = said.get("dims")
    wanted = [str(dim) for dim in asked] if isinstance(asked, list) else list(own.dims)
    names = [dim.removeprefix("-") for dim in wanted]
    order = [own.dims.index(dim) for dim in names]
    flips = tuple(slice(None, None, -1 if dim.startswith("-") else 1) for dim in wanted)

    def arranged(values: Array) -> Array:
        return np.asarray(np.broadcast_to(values, own.values.shape).transpose(order)[flips])

    gain, offset = _scaling(name, stored)
    return Part(
        name,
        tuple(names),
        np.asarray(own.values.transpose(order)[flips]),
        arranged(gain).astype(np.float64),
        arranged(offset).astype(np.float64),
        arranged(_to_si(name, stored)).astype(np.float64),
        {dim: _axis(axis) for dim, axis in _mapping(said.get("axes")).items()},
        {dim: _texts(labels) for dim, labels in _mapping(said.get("labels")).items()},
        _units(own),
        {**(inherited or {}), **own.attrs},
    )


def _about(array: StoredArray) -> Mapping[str, object]:
    return _mapping(array.attrs.get("vspec"))


def _mapping(said: object) -> Mapping[str, object]:
    return said if isinstance(said, dict) else {}


def _texts(said: object) -> tuple[str, ...]:
    return tuple(map(str, said)) if isinstance(said, list) else ()


def _axis(said: object) -> Axis:
    known = _mapping(said)
    start, step = known.get("start"), known.get("step")
    return Axis(
        float(start) if isinstance(start, int | float) else None,
        float(step) if isinstance(step, int | float) else None,
        str(known.get("units", "")),
        str(known.get("epoch", "")),
    )


def _units(own: StoredArray) -> tuple[str, ...]:
    """Return the units of an array's data: its own, and those along its axes."""
    along = [
        _texts(_mapping(texts).get("units")) for texts in _mapping(_about(own).get("coordinates")).values()
    ]
    units = own.attrs.get("units")
    whole = [units] if isinstance(units, str) else []
    return tuple(dict.fromkeys([*whole, *(unit for units_ in along for unit in units_)]))


def _scaling(name: str, stored: Mapping[str, StoredArray]) -> tuple[Floats, Floats]:
    """Return gain and offset over the stored axes: those of an axis, else the array's own."""
    own = stored[name]
    gain, offset = np.ones(()), np.zeros(())
    per_axis = False
    for at, dim in enumerate(own.dims):
        gains, offsets = _coordinate(name, f"{dim}_gain", stored), _coordinate(name, f"{dim}_offset", stored)
        if gains is None and offsets is None:
            continue
        per_axis = True
        along = [own.values.shape[at] if axis == at else 1 for axis in range(own.values.ndim)]
        slope = np.ones(along) if gains is None else gains.astype(np.float64).reshape(along)
        shift = np.zeros(along) if offsets is None else offsets.astype(np.float64).reshape(along)
        gain, offset = gain * slope, offset * slope + shift
    if per_axis:
        return gain, offset
    if (by_range := _by_range(name, stored)) is not None:
        return by_range
    return _number(own.attrs.get("scale_factor"), 1.0), _number(own.attrs.get("add_offset"), 0.0)


def _by_range(name: str, stored: Mapping[str, StoredArray]) -> tuple[Floats, Floats] | None:
    """Return the scaling by the rule of MINC, which its library applies; None for other arrays.

    ``valid_range`` of the array is that of its integers, which the file's type may show as negative ones;
    ``image-min`` and ``image-max`` beside it, over its slowest axes, are what its ends stand for.
    """
    own = stored[name]
    least, most = (_coordinate(name, f"image-{end}", stored) for end in ("min", "max"))
    ends = own.attrs.get("valid_range")
    if least is None or most is None or not isinstance(ends, list) or own.values.dtype.kind not in "iu":
        return None
    along = least.shape + (1,) * (own.values.ndim - least.ndim)
    bottom, top = (values.astype(np.float64).reshape(along) for values in (least, most))
    low, high = (float(end) for end in ends)
    gain = (top - bottom) / (high - low)
    turns = 2.0 ** (8 * own.values.dtype.itemsize) * (own.attrs.get("signtype") == "unsigned")
    return gain, bottom + ((own.values.astype(np.float64) < 0) * turns - low) * gain


def _coordinate(name: str, coordinate: str, stored: Mapping[str, StoredArray]) -> Array | None:
    """Return the coordinate that stands in the array's own group, if it is there and is not itself."""
    group, _, own = name.rpartition("/")
    path = f"{group}/{coordinate}" if group else coordinate
    return stored[path].values if path in stored and own != coordinate else None


def _to_si(name: str, stored: Mapping[str, StoredArray]) -> Floats:
    """Return the factor from the map's units to SI: one, or one for each label of an axis."""
    own = stored[name]
    coordinates = _mapping(_about(own).get("coordinates"))
    for at, dim in enumerate(own.dims):
        units = _mapping(coordinates.get(dim)).get("units")
        if isinstance(units, list) and len(units) == own.values.shape[at]:
            along = [len(units) if axis == at else 1 for axis in range(own.values.ndim)]
            return np.array([si_factor(str(unit)) for unit in units]).reshape(along)
    units = own.attrs.get("units")
    return np.asarray(si_factor(units) if isinstance(units, str) else 1.0)


def _number(said: object, default: float) -> Floats:
    return np.asarray(float(said) if isinstance(said, int | float) else default)
