"""Where the bytes of a dataset lie, by the way it is stored."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import closing
from dataclasses import dataclass, field
from math import prod

import numpy as np

from vspec.containers.hdf5_chunks import chunks_of
from vspec.containers.hdf5_external import external
from vspec.containers.hdf5_heap import Twins, on_heap
from vspec.containers.hdf5_library import border, opened
from vspec.containers.hdf5_stored import Stored
from vspec.containers.hdf5_types import Member, members
from vspec.containers.hdf5_virtual import Trail, require_confined, virtual
from vspec.containers.model import ContainerFile
from vspec.containers.verbatim import Block
from vspec.layout import ArrayLayout, Axis, Inline, Json, Source, Strided

_LARGEST_COMPACT = 1 << 20
_MISSING = ("doesn't exist", "not found")


@dataclass(frozen=True, slots=True, eq=False)
class Held:
    """An array of a file that is closed again: ``inner`` is the path of its dataset there."""

    path: str
    file: ContainerFile
    inner: str
    member: Member
    axes: tuple[Axis, ...]
    attrs: Mapping[str, Json] = field(default_factory=dict)

    def layout(self) -> ArrayLayout:
        """Find the array's bytes. Raises V0361, V0362, and what files beside may raise (V0410 to V0430)."""
        axes = tuple((axis.name, axis.size) for axis in self.axes)
        with opened(self.file) as handle, border(self.file, f"where array '{self.path}' lies"):
            it = Stored(self.path, self.file, self.inner, handle[self.inner], self.member, axes)
            rank = len(axes) - len(self.member.axes)
            if tuple(it.dataset.shape) != it.shape[:rank]:
                raise ValueError("the array has changed since the file was opened")
            source = source_of(it, ())
            return ArrayLayout(self.path, self.axes, it.dtype, source, self.attrs)


def source_of(it: Stored, trail: Trail) -> Source:
    """Return where the bytes lie; ``trail`` are the virtual datasets that led here."""
    from h5py import h5d

    kind, creation = it.creation.get_layout(), it.creation
    if kind == h5d.VIRTUAL:
        require_confined(it)
    if 0 in it.shape:
        return _contiguous(it, 0)
    if kind == h5d.COMPACT:
        return _compact(it)
    assert it.member.number is not None, "only numbers are looked for"
    outside = creation.get_external_count() > 0
    found = external(it) if outside else None
    if it.member.number.altered is not None:
        return it.derived(it.member.number.altered)
    if found is not None:
        return found
    if kind == h5d.CONTIGUOUS:
        offset, size = it.dataset.id.get_offset(), it.dataset.id.get_storage_size()
        # Behind a user block the library gives an offset to what was never allocated as well.
        if offset is None or size == 0:
            return it.absent()
        if size != prod(map(int, it.dataset.shape)) * it.record:
            return it.derived("the library does not say how large its records are in the file")
        return _contiguous(it, int(offset))
    if it.member.names:
        how = "chunks" if kind == h5d.CHUNKED else "virtual blocks"
        return it.derived(f"it is one field of records that are kept in {how}")
    return chunks_of(it) if kind == h5d.CHUNKED else virtual(it, trail, _followed)


def _contiguous(it: Stored, offset: int) -> Strided:
    axes = tuple(Axis(name, size, (name,)) for name, size in it.axes)
    block = Block(it.file, offset + it.member.offset, it.dtype, axes, it.strides)
    if block.end > it.file.reader.size:
        raise it.file.problem(
            "V0361",
            f"array '{it.path}' reaches beyond the end of the file",
            block.offset,
            expected=f"bytes up to {block.end}",
            found=f"a file of {it.file.reader.size} bytes",
            help="the file was cut short, or is still being written",
        )
    return block.source()


def _compact(it: Stored) -> Inline:
    if prod(map(int, it.dataset.shape)) * it.record > _LARGEST_COMPACT:
        raise ValueError("a compact array is larger than a header can be")
    with closing(Twins()) as twins:
        twins.know(it.file, it.dataset.file)
        found = (twins.of(it.dataset) if on_heap(it.dataset.id.get_type()) else it.dataset)[()]
    for name in it.member.names:
        found = found[name]
    return Inline(np.asarray(found, it.dtype))


def _followed(file: ContainerFile, path: str, trail: Trail) -> tuple[Stored, Source] | None:
    """Return a source of a virtual dataset and where its bytes lie; None where there is no such dataset."""
    import h5py

    with opened(file) as handle, closing(Twins()) as twins:
        twins.know(file, handle)
        try:
            held = twins.reached(handle, path)
        except KeyError as error:
            # What is there and cannot be read is not missing.
            if any(words in str(error) for words in _MISSING):
                return None
            raise
        if not isinstance(held, h5py.Dataset) or held.shape is None:
            raise TypeError("a source of a virtual dataset is no array")
        leaves = members(held)
        if len(leaves) != 1 or leaves[0].names or leaves[0].number is None:
            raise TypeError("a source of a virtual dataset holds no plain numbers")
        sizes = (*map(int, held.shape), *(size for size, _ in leaves[0].axes))
        axes = tuple((f"axis_{at}", size) for at, size in enumerate(sizes))
        it = Stored(path, file, path, held, leaves[0], axes)
        return it, source_of(it, trail)
