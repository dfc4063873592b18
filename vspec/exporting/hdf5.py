"""HDF5 over the original bytes: external storage, virtual data sets, and the dimensions of netCDF-4.

Arrays keep the order in which they are stored; axes are told apart by their names.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import product
from math import prod
from typing import TYPE_CHECKING

import numpy as np

from vspec.errors import fail
from vspec.exporting.hdf5_pieces import NoWayError, Piece, pieces
from vspec.exporting.hdf5_scales import grouped
from vspec.exporting.hdf5_values import put, reserved
from vspec.exporting.model import ExportedArray, Fault, Job, Written
from vspec.exporting.placing import in_one_step
from vspec.exporting.stored_order import stored
from vspec.layout import Json
from vspec.opening.arrays import OpenedArrays
from vspec.opening.model import LazyArray
from vspec.profile.arrays import MapArray
from vspec.readers.local_places import Places

if TYPE_CHECKING:
    import h5py

_PARTS = "_parts"
_TRUTH = "truth values are bytes of 0 and 1, with the attribute dtype = 'bool'"
_COPY = "--copy copies it into the file; or leave it out: --only names what is to be written"
_RENAME = "rename the attribute ('vspec apply --with'), or leave the array out with --only"
_CHUNK = 1 << 20
_SAMPLE = 1 << 20
"""Bytes at either end of each array that are read back and compared."""


@dataclass(frozen=True, slots=True)
class Hdf5:
    """One HDF5 file; the arrays stay in the files where they are."""

    suffix: str = ".h5"
    about: str = "one HDF5 file (netCDF-4) over the original bytes, which stay where they are"
    packages: tuple[tuple[str, str], ...] = (("h5py", "hdf5"),)

    def faults(self, job: Job) -> Iterator[Fault]:
        """Yield arrays that HDF5 cannot point into, and attributes whose names it has taken."""
        if not job.document.root.startswith("file://"):
            why = (
                f"its bytes lie on another machine ({job.document.root}); external storage is of local files"
            )
            yield from (Fault(array.path, why, "export to zarr") for array in job.arrays)
            return
        places = Places(job.document)
        for array in job.arrays:
            if names := reserved(array.attrs):
                yield Fault(array.path, f"its attribute '{names[0]}' means something else in HDF5", _RENAME)
            if not job.options.copy:
                try:
                    pieces(array, places)
                except NoWayError as no:
                    yield Fault(array.path, str(no), _COPY)

    def write(self, job: Job) -> Written:
        """Write the file. Raises V0875 where what HDF5 reads is not what the map gives."""
        import h5py

        opened = OpenedArrays(job.document)
        scales = grouped(job.arrays)
        with in_one_step(job.out) as path:
            with h5py.File(path, "w", libver=("v108", "v110")) as file:
                into = _Into(file, Places(job.document), opened, _free(job.arrays))
                done = list(_fill(into, job))
                for folder, axes in scales.items():
                    axes.write(file[folder or "/"])
            with h5py.File(path, "r") as file:
                for array in job.arrays:
                    _compare(file[array.path], array, opened[array.path])
        job.on_step(job.out.name, len(job.arrays), len(job.arrays))
        notes = [note for axes in scales.values() for note in axes.notes()]
        notes += [f"{a.path}: {_TRUTH}" for a in job.arrays if a.dtype.kind == "b"]
        return Written(tuple(done), tuple(notes))


@dataclass(frozen=True, slots=True, eq=False)
class _Into:
    """The file that is written, where the values come from, and the group for parts of virtual data sets."""

    file: h5py.File
    places: Places
    opened: OpenedArrays
    parts: str


def _free(arrays: Sequence[MapArray]) -> str:
    """Return the name of the group for the parts of virtual data sets."""
    taken = {array.path.partition("/")[0] for array in arrays}
    name = _PARTS
    while name in taken:
        name = f"{name}_"
    return name


def _fill(into: _Into, job: Job) -> Iterator[ExportedArray]:
    put(into.file, job.document.attrs)
    for group, attrs in _groups(job):
        put(into.file.require_group(group), attrs)
    for number, array in enumerate(job.arrays):
        job.on_step(job.out.name, number, len(job.arrays))
        yield _write(into, array)
        put(into.file[array.path], array.attrs)
        if array.dtype.kind == "b":
            into.file[array.path].attrs["dtype"] = "bool"


def _groups(job: Job) -> Iterator[tuple[str, dict[str, Json]]]:
    """Yield the groups that hold arrays to write, and those that hold nothing at all, with attributes."""
    refs = job.document.refs
    others = {a.path for a in job.document.arrays} - {a.path for a in job.arrays}
    for key in refs:
        path, _, name = key.rpartition("/")
        if name == ".zgroup" and path:
            inside = [a.path for a in job.arrays if a.path.startswith(f"{path}/")]
            if inside or not any(other.startswith(f"{path}/") for other in others):
                yield path, json.loads(str(refs.get(f"{path}/.zattrs", "{}")))


def _write(into: _Into, array: MapArray) -> ExportedArray:
    """Write an array, pointed to if that is possible, else copied: `Hdf5.faults` has seen to that."""
    try:
        found = pieces(array, into.places)
    except NoWayError as no:
        return _copied(into, array, str(no))
    held = sum(len(piece.held) for piece in found)
    if len(found) == 1 and found[0].shape == array.shape:
        _dataset(into.file, array.path, found[0], array.dtype)
        count = len(found[0].segments)
        how = f"{count} external segment{'s' * (count != 1)}" if count else "copied"
        return ExportedArray(array.path, how, held)
    _virtual(into, array, found)
    return ExportedArray(array.path, f"virtual, {len(found)} parts", held)


def _type(dtype: np.dtype[np.generic]) -> np.dtype[np.generic]:
    """Return the type in the file: netCDF-4 has no truth values."""
    return np.dtype(np.uint8) if dtype.kind == "b" else dtype


def _dataset(file: h5py.File, path: str, piece: Piece, dtype: np.dtype[np.generic]) -> None:
    kind = _type(dtype)
    if piece.segments:
        external = [(str(part.path), part.offset, part.nbytes) for part in piece.segments]
        file.create_dataset(path, piece.shape, kind, external=external)
    elif prod(piece.shape):
        file.create_dataset(path, data=np.frombuffer(piece.held, kind).reshape(piece.shape))
    else:
        file.create_dataset(path, piece.shape, kind)


def _virtual(into: _Into, array: MapArray, found: tuple[Piece, ...]) -> None:
    import h5py

    kind = _type(array.dtype)
    layout = h5py.VirtualLayout(array.shape, kind)
    if into.parts not in into.file:
        about = "what the virtual data sets of this file are put together from"
        into.file.create_group(into.parts).attrs["about"] = about
    for number, piece in enumerate(found):
        name = f"{into.parts}/{array.path}/{number}"
        _dataset(into.file, name, piece, array.dtype)
        layout[piece.box] = h5py.VirtualSource(".", name, piece.shape, kind)[piece.pick]
    into.file.create_virtual_dataset(array.path, layout)


def _copied(into: _Into, array: MapArray, why: str) -> ExportedArray:
    """Copy an array in chunks, compressed: every HDF5 library has deflate and shuffle."""
    opened = into.opened[array.path]
    chunk = list(array.shape)
    while prod(chunk) * array.dtype.itemsize > _CHUNK:
        largest = chunk.index(max(chunk))
        chunk[largest] = -(-chunk[largest] // 2)
    options = (
        {"chunks": tuple(chunk), "compression": "gzip", "shuffle": True} if chunk and 0 not in chunk else {}
    )
    node = into.file.create_dataset(array.path, array.shape, _type(array.dtype), **options)
    steps = [8 * chunk[0], *chunk[1:]] if chunk else []
    starts = (range(0, size, step or 1) for size, step in zip(array.shape, steps, strict=True))
    for corner in product(*starts):
        sizes = zip(corner, steps, array.shape, strict=True)
        box = tuple(slice(at, min(at + step, size)) for at, step, size in sizes)
        node[box] = stored(array, opened, box).view(_type(array.dtype))
    return ExportedArray(array.path, f"copied: {why}", prod(array.shape) * array.dtype.itemsize)


def _compare(node: h5py.Dataset, array: MapArray, opened: LazyArray) -> None:
    """Compare both ends of an array along its first axis: as HDF5 reads them, and as the map gives them."""
    if not prod(array.shape):
        return
    row = prod(array.shape[1:]) * array.dtype.itemsize
    count = max(1, _SAMPLE // row)
    size = array.shape[0] if array.shape else 1
    for first in {0, max(0, size - count)}:
        rows = slice(first, min(size, first + count))
        box = (rows, *(slice(0, n) for n in array.shape[1:])) if array.shape else ()
        wanted, found = stored(array, opened, box).view(_type(array.dtype)), np.asarray(node[box])
        if wanted.tobytes() != found.astype(wanted.dtype, copy=False).tobytes():
            raise fail(
                "V0875",
                f"array '{array.path}' read through HDF5 is not what the map gives",
                help="nothing was written; did a source change meanwhile?",
            )
