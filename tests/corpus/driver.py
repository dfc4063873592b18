"""The harness's one door to vspec: identify, apply, and read a map's arrays back through zarr."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import numpy as np

from tests.corpus.parts import Array, Floats, Part, si_factor


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
    """The maps that `apply` wrote, and what it found wrong."""

    maps: tuple[Path, ...]
    problems: tuple[str, ...] = ()


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
        """Write the maps of the data in ``folder`` into ``out``."""
        from vspec import commands
        from vspec.errors import VspecError

        try:
            report = commands.apply(candidate.card, folder, out)
        except VspecError as error:
            raise RefusedError(str(error)) from error
        problems = tuple(f"{p.code}: {p.message}" for p in report.problems if p.level == "error")
        return Applied(tuple(Path(made.map) for made in report.maps), problems)

    def read(self, path: Path) -> list[Part]:
        """Return every array of a map."""
        from vspec.errors import VspecError
        from vspec.readers import zarr_store

        try:
            group = zarr_store.open_group(path)
            stored = {name: StoredArray.of(group[name]) for name in _array_paths(path)}
        except VspecError as error:
            raise RefusedError(str(error)) from error
        return [part_of(name, stored) for name in stored]


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


def _array_paths(path: Path) -> list[str]:
    """Return the arrays that the map's references name.

    Not zarr's own listing: older zarr 3 lists nothing in a nested group of references, silently.
    """
    refs = json.loads(path.read_text(encoding="utf-8"))["refs"]
    return sorted(key.removesuffix("/.zarray") for key in refs if key.endswith("/.zarray"))


def part_of(name: str, stored: Mapping[str, StoredArray]) -> Part:
    """Return array ``name`` in the order and direction of the card, with its scaling."""
    own = stored[name]
    said = own.attrs.get("vspec")
    asked = said.get("dims") if isinstance(said, dict) else None
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
    )


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
    return _number(own.attrs.get("scale_factor"), 1.0), _number(own.attrs.get("add_offset"), 0.0)


def _coordinate(name: str, coordinate: str, stored: Mapping[str, StoredArray]) -> Array | None:
    """Return the coordinate that stands in the array's own group, if it is there and is not itself."""
    group, _, own = name.rpartition("/")
    path = f"{group}/{coordinate}" if group else coordinate
    return stored[path].values if path in stored and own != coordinate else None


def _to_si(name: str, stored: Mapping[str, StoredArray]) -> Floats:
    """Return the factor from the map's units to SI: one, or one for each label of an axis."""
    own = stored[name]
    said = own.attrs.get("vspec")
    texts = said.get("coordinates") if isinstance(said, dict) else None
    for at, dim in enumerate(own.dims):
        along_axis = texts.get(dim) if isinstance(texts, dict) else None
        units = along_axis.get("units") if isinstance(along_axis, dict) else None
        if isinstance(units, list) and len(units) == own.values.shape[at]:
            along = [len(units) if axis == at else 1 for axis in range(own.values.ndim)]
            return np.array([si_factor(str(unit)) for unit in units]).reshape(along)
    units = own.attrs.get("units")
    return np.asarray(si_factor(units) if isinstance(units, str) else 1.0)


def _number(said: object, default: float) -> Floats:
    return np.asarray(float(said) if isinstance(said, int | float) else default)
