"""A real Zarr store: the values copied in the card's order, chunk by chunk, with all coordinates."""

from __future__ import annotations

import hashlib
import json
import os
import warnings
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from math import prod
from typing import TYPE_CHECKING, Any

import numpy as np

from vspec.errors import fail
from vspec.exporting.chunking import Box, boxes, chunks_of, shards_of
from vspec.exporting.journal import Journal
from vspec.exporting.model import ExportedArray, Fault, Job, Written
from vspec.opening.arrays import OpenedArrays
from vspec.opening.model import Array

if TYPE_CHECKING:
    import xarray as xr
    import zarr

_CREATED = "metadata"
_LEVEL = 3
_MOST_THREADS = 8


@dataclass(frozen=True, slots=True)
class ZarrCopy:
    """A folder of Zarr, format 3 or 2; a run that was killed is gone on with."""

    suffix: str = ".zarr"
    about: str = "a Zarr store (format 3, or 2 with --format): a copy, in the card's order, compressed"
    packages: tuple[tuple[str, str], ...] = (("xarray", "xarray"),)

    def faults(self, job: Job) -> Iterator[Fault]:
        """Yield arrays whose names Zarr keeps for itself (core specification 3.1, Node names)."""
        for array in job.arrays:
            parts = array.path.split("/")
            if job.options.format == 3 and any(
                part.startswith("__") or not part.strip(".") for part in parts
            ):
                help = "--format 2, or leave the array out with --only"
                yield Fault(array.path, "a name that begins with '__' is reserved in Zarr format 3", help)

    def write(self, job: Job) -> Written:
        """Copy, compare everything with the map, and give the store its name. Raises V0875."""
        datasets = dict(_datasets(job))
        journal = Journal(job.out, _key(job))
        with journal.open() as folder:
            root = _root(folder, job, datasets, journal)
            copies = [
                _Copy(f"{path.strip('/')}/{name}".lstrip("/"), variable, root)
                for path, found in datasets.items()
                for name, variable in found.variables.items()
            ]
            _copy_all(copies, journal, job)
            _consolidate(root)
            journal.replace()
        return Written(tuple(copy.report() for copy in copies))


def _datasets(job: Job) -> Iterator[tuple[str, xr.Dataset]]:
    """Yield the groups with the arrays to write, as `vspec.open` gives them."""
    from vspec.opening.datasets import Tree

    tree = Tree(OpenedArrays(job.document))
    chosen = {array.path for array in job.arrays}
    for group in tree.groups():
        folder = group.strip("/")
        split = [array.path.rpartition("/") for array in job.document.arrays]
        names = {name for above, _, name in split if above == folder}
        own = {name for name in names if f"{folder}/{name}".lstrip("/") in chosen}
        below = any(path.startswith(f"{folder}/" if folder else "") for path in chosen)
        if own or below or not names:
            yield group, tree.dataset(group, frozenset(names - own))


def _key(job: Job) -> str:
    """Return what the parts of an export are good for: this map, these arrays, this form."""
    text = job.document.path.read_bytes()
    rest = json.dumps([job.options.format, [array.path for array in job.arrays]])
    return hashlib.blake2b(text + rest.encode(), digest_size=16).hexdigest()


def _root(
    folder: os.PathLike[str], job: Job, datasets: Mapping[str, xr.Dataset], journal: Journal
) -> zarr.Group:
    """Return the store with the metadata of all arrays, as a run that was killed left it or anew."""
    import zarr

    if _CREATED in journal.done:
        return zarr.open_group(folder, mode="r+", zarr_format=job.options.format)
    root = zarr.open_group(folder, mode="a", zarr_format=job.options.format)
    root.attrs.update({**datasets["/"].attrs, "vspec": job.document.attrs["vspec"]})
    for path, found in datasets.items():
        group = root.require_group(path.strip("/")) if path != "/" else root
        if path != "/":
            group.attrs.update(found.attrs)
        for name, variable in found.variables.items():
            _create(group, str(name), variable, _attrs(found, str(name)))
    journal.finish(_CREATED)
    return root


def _consolidate(root: zarr.Group) -> None:
    """Put all metadata into one document, which xarray looks for."""
    import zarr

    with warnings.catch_warnings():
        # Format 3 has no word on it yet, of which zarr warns; every reader may pass over it.
        warnings.simplefilter("ignore")
        zarr.consolidate_metadata(root.store, zarr_format=root.metadata.zarr_format)


def _attrs(found: xr.Dataset, name: str) -> dict[str, Any]:
    """Return the attributes of a variable; those of data name their coordinates, as CF has it."""
    variable = found.variables[name]
    attrs = dict(variable.attrs)
    if name in found.data_vars:
        dims = set(variable.dims)
        others = [str(k) for k, c in found.coords.items() if k not in found.dims and set(c.dims) <= dims]
        attrs |= {"coordinates": " ".join(others)} if others else {}
    return attrs


def _create(group: zarr.Group, name: str, variable: xr.Variable, attrs: dict[str, Any]) -> None:
    from numcodecs import Zstd
    from zarr.codecs import ZstdCodec

    is_text, is_v3 = variable.dtype.kind == "U", group.metadata.zarr_format == 3
    dims = [str(dim) for dim in variable.dims]
    chunks = chunks_of(variable.shape, 16 if is_text else variable.dtype.itemsize)
    group.create_array(
        name,
        shape=variable.shape,
        dtype=str if is_text else variable.dtype.newbyteorder("<"),
        chunks=chunks,
        shards=shards_of(variable.shape, chunks) if is_v3 else None,
        compressors=ZstdCodec(level=_LEVEL) if is_v3 else Zstd(level=_LEVEL),
        fill_value=("" if is_text else 0) if is_v3 else None,
        dimension_names=dims if is_v3 else None,
        attributes=attrs if is_v3 else {**attrs, "_ARRAY_DIMENSIONS": dims},
        overwrite=True,
    )


class _Copy:
    """One array on its way: where it comes from and where it goes."""

    def __init__(self, path: str, variable: xr.Variable, root: zarr.Group) -> None:
        self.path, self.variable = path, variable
        self.into: zarr.Array[Any] = root[path]  # type: ignore[assignment]  # an array: it was made as one
        self.steps = self.into.shards or self.into.chunks

    def boxes(self) -> Iterator[Box]:
        return boxes(self.variable.shape, self.steps)

    def values(self, box: Box) -> Array:
        found = np.asarray(self.variable[box].values)
        return found if found.dtype.kind == "U" else found.astype(found.dtype.newbyteorder("<"), copy=False)

    def write(self, box: Box) -> None:
        values = self.values(box)
        self.into[box or ...] = values.astype(object) if values.dtype.kind == "U" else values

    def is_right(self, box: Box) -> bool:
        """Tell whether a piece reads back as the map gives it, bit by bit."""
        wanted, found = self.values(box), np.asarray(self.into[box or ...])
        if wanted.dtype.kind == "U":
            return bool(found.tolist() == wanted.tolist())
        return found.dtype == wanted.dtype and found.tobytes() == wanted.tobytes()

    def report(self) -> ExportedArray:
        shards = f" in shards of {_times(self.into.shards)}" if self.into.shards else ""
        nbytes = prod(self.variable.shape) * self.variable.dtype.itemsize
        return ExportedArray(self.path, f"chunks of {_times(self.into.chunks)}{shards}", nbytes)


def _times(sizes: tuple[int, ...]) -> str:
    return "x".join(map(str, sizes)) or "one value"


def _copy_all(copies: list[_Copy], journal: Journal, job: Job) -> None:
    """Write what is not there yet, then compare all of it."""
    units = [(copy, box, f"{copy.path} {_name(box)}") for copy in copies for box in copy.boxes()]
    left = [unit for unit in units if unit[2] not in journal.done]

    def write(unit: tuple[_Copy, Box, str]) -> None:
        copy, box, name = unit
        copy.write(box)
        journal.finish(name)

    def check(unit: tuple[_Copy, Box, str]) -> str | None:
        copy, box, name = unit
        if not copy.is_right(box):
            copy.write(box)
        return None if copy.is_right(box) else name

    threads = min(_MOST_THREADS, os.cpu_count() or 1)
    with ThreadPoolExecutor(threads) as pool:
        for number, _ in enumerate(pool.map(write, left), len(units) - len(left) + 1):
            job.on_step(job.out.name, number, len(units))
        wrong = []
        for number, name in enumerate(pool.map(check, units), 1):
            job.on_step("comparing", number, len(units))
            wrong += [name] if name is not None else []
    if wrong:
        message = (
            f"{len(wrong)} parts of {job.out} are not what the map gives, '{wrong[0]}' the first of them"
        )
        raise fail("V0875", message, help="did a source change meanwhile? is the disk sound?")


def _name(box: Box) -> str:
    return ",".join(str(part.start) for part in box)
