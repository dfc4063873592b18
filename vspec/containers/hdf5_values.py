"""Values of HDF5 that are no arrays of a map: attributes, texts, references, lists of unequal lengths."""

from __future__ import annotations

from collections.abc import Container as Names
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from vspec.containers.attributes import LARGEST_ATTRIBUTE, Attributes, text
from vspec.containers.hdf5_heap import Twins, on_heap
from vspec.containers.hdf5_library import FAULTS, said
from vspec.containers.hdf5_types import Member

if TYPE_CHECKING:
    import h5py

MOST_LABELS = 1000
"""Texts, references or lists of one array that become an attribute."""
_LARGEST = 1 << 20


def clean(name: str) -> str:
    """Return a name of the library as text that JSON can hold."""
    return text(name.encode("utf-8", "surrogateescape"))


@dataclass(frozen=True, slots=True, eq=False)
class Values:
    """Makes JSON of what the library returns; ``paths`` are those of all objects, for references.

    What lies in heaps is read from ``twins``.
    """

    paths: Mapping[tuple[int, int], str]
    twins: Twins

    def one(self, held: h5py.Group | h5py.Dataset, name: str) -> object:
        """Return an attribute, or None where it is not there or cannot be read."""
        try:
            if name not in held.attrs:
                return None
            return self._safe(held, held.attrs.get_id(name).get_type()).attrs[name]
        except FAULTS:
            return None

    def _safe(self, held: h5py.Group | h5py.Dataset, kind: h5py.h5t.TypeID) -> h5py.Group | h5py.Dataset:
        """Return the object that values of a type can be read from."""
        return self.twins.of(held) if on_heap(kind) else held

    def collect(
        self,
        held: h5py.Group | h5py.Dataset,
        attributes: Attributes,
        hidden: Names[str] = (),
        prefix: str = "",
    ) -> None:
        """Put every attribute of an object into ``attributes``, those of ``hidden`` left out."""
        try:
            names = [name for name in held.attrs if name not in hidden]
        except FAULTS as error:
            return attributes.lose("*", f"the library cannot list its attributes: {said(error)}")
        for name in names:
            self._take(held, name, attributes, prefix + clean(name))
        return None

    def _take(self, held: h5py.Group | h5py.Dataset, name: str, attributes: Attributes, as_name: str) -> None:
        try:
            found = held.attrs.get_id(name)
            kind = found.get_type()
            size = kind.get_size()
            if size * int(np.prod(found.shape or 0, dtype=object)) > 8 * LARGEST_ATTRIBUTE:
                many = f"more than {LARGEST_ATTRIBUTE} values or characters in one attribute"
                return attributes.lose(as_name, many)
            safe = self._safe(held, kind)
            return attributes.put(as_name, self.plain(safe.attrs[name], safe))
        except FAULTS as error:
            return attributes.lose(as_name, f"the library cannot read it: {said(error)}")

    def labels(self, dataset: h5py.Dataset, member: Member) -> object:
        """Return the values of a member that is no number; raises `ValueError` where they are too many."""
        count = int(np.prod([*dataset.shape, *(size for size, _ in member.axes)], dtype=object))
        if count > MOST_LABELS or count * dataset.dtype.itemsize > _LARGEST:
            raise ValueError(f"{member.kind}, and more than {MOST_LABELS} of them")
        if member.kind.startswith(("numbers", "times", "opaque", "a type")):
            raise ValueError(member.kind)
        safe = self._safe(dataset, dataset.id.get_type())
        if safe is not dataset and dataset.is_virtual:
            raise ValueError(f"{member.kind}, and they lie in the sources of a virtual dataset")
        found = safe[()]
        for name in member.names:
            found = found[name]
        return self.plain(found, safe)

    def plain(self, value: object, held: h5py.Group | h5py.Dataset) -> object:
        """Return a value without types of the library: references are paths, lists are lists."""
        import h5py

        if isinstance(value, h5py.Empty):
            return None
        if isinstance(value, h5py.RegionReference):
            return self._region(value, held)
        if isinstance(value, h5py.Reference):
            return self.path(value, held)
        if isinstance(value, str):
            return clean(value)
        if not isinstance(value, (np.ndarray, np.void)):
            return value
        if value.dtype.names is None and value.dtype.kind == "V":
            raise ValueError("opaque bytes")
        if value.dtype.names is None and value.dtype.kind != "O":
            return value
        if isinstance(value, np.ndarray) and value.ndim:
            return [self.plain(part, held) for part in value]
        if value.dtype.names is not None:
            return {clean(name): self.plain(value[name], held) for name in value.dtype.names}
        return self.plain(value.item(), held)

    def path(self, reference: h5py.Reference, held: h5py.Group | h5py.Dataset) -> str | None:
        """Return where the object of a reference stands in the tree; None where it leads nowhere."""
        from h5py import h5r

        if not reference:
            return None
        held = self.twins.of(held)
        path = self.paths.get(self.twins.identity(h5r.dereference(reference, held.id)))
        return None if path is None else f"/{path}"

    def _region(self, reference: h5py.RegionReference, held: h5py.Group | h5py.Dataset) -> str | None:
        """Return a region as its path with the smallest box around it, such as ``/a[0:3, 2:5]``."""
        from h5py import h5r

        path = self.path(reference, held)
        if path is None:
            return None
        space = h5r.get_region(reference, self.twins.of(held).id)
        if space.get_select_npoints() == 0:
            return f"{path}[]"
        low, high = space.get_select_bounds()
        return f"{path}[{', '.join(f'{a}:{b + 1}' for a, b in zip(low, high, strict=True))}]"
