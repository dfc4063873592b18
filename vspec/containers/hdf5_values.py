"""Values of HDF5 that are no arrays of a map: attributes, texts, references, lists of unequal lengths."""

from __future__ import annotations

from collections.abc import Container as Names
from typing import TYPE_CHECKING

import numpy as np

from vspec.containers.attributes import LARGEST_ATTRIBUTE, Attributes, text
from vspec.containers.hdf5_library import FAULTS, said
from vspec.containers.hdf5_types import Member

if TYPE_CHECKING:
    import h5py

MOST_LABELS = 1000
"""Texts, references or lists of one array that become an attribute."""
_LARGEST = 1 << 20
_MOST_LISTED = 64


def clean(name: str) -> str:
    """Return a name of the library as text that JSON can hold."""
    return text(name.encode("utf-8", "surrogateescape"))


def collect(
    held: h5py.Group | h5py.Dataset, attributes: Attributes, hidden: Names[str] = (), prefix: str = ""
) -> None:
    """Put every attribute of an object into ``attributes``, those of ``hidden`` left out."""
    try:
        names = [name for name in held.attrs if name not in hidden]
    except FAULTS as error:
        return attributes.lose("*", f"the library cannot list its attributes: {said(error)}")
    for name in names:
        _take(held, name, attributes, prefix + clean(name))
    return None


def _take(held: h5py.Group | h5py.Dataset, name: str, attributes: Attributes, as_name: str) -> None:
    try:
        found = held.attrs.get_id(name)
        size = found.get_type().get_size()
        if size * int(np.prod(found.shape, dtype=object)) > 8 * LARGEST_ATTRIBUTE:
            attributes.lose(as_name, f"more than {LARGEST_ATTRIBUTE} values or characters in one attribute")
            return
        attributes.put(as_name, plain(held.attrs[name], held))
    except FAULTS as error:
        attributes.lose(as_name, f"the library cannot read it: {said(error)}")


def one(held: h5py.Group | h5py.Dataset, name: str) -> object:
    """Return an attribute, or None where it is not there or cannot be read."""
    try:
        return held.attrs.get(name)
    except FAULTS:
        return None


def labels(dataset: h5py.Dataset, member: Member) -> object:
    """Return the values of a member that is no number; raises `ValueError` where they are too many."""
    count = int(np.prod([*dataset.shape, *(size for size, _ in member.axes)], dtype=object))
    if count > MOST_LABELS or count * dataset.dtype.itemsize > _LARGEST:
        raise ValueError(f"{member.kind}, and more than {MOST_LABELS} of them")
    if member.kind.startswith(("numbers", "times", "opaque", "a type")):
        raise ValueError(member.kind)
    found = dataset[()]
    for name in member.names:
        found = found[name]
    return plain(found, dataset)


def plain(value: object, held: h5py.Group | h5py.Dataset) -> object:
    """Return a value of the library without types of its own: references are paths, lists are lists."""
    import h5py

    if isinstance(value, h5py.Empty):
        return None
    if isinstance(value, h5py.RegionReference):
        return _region(value, held)
    if isinstance(value, h5py.Reference):
        return _path(value, held)
    if isinstance(value, np.ndarray) and value.dtype.names is None and value.dtype.kind == "O":
        return np_map(value, held)
    if isinstance(value, (np.ndarray, np.void)) and value.dtype.names is not None:
        if value.ndim:
            return [plain(part, held) for part in value]
        return {clean(name): plain(value[name], held) for name in value.dtype.names}
    if isinstance(value, (np.ndarray, np.void)) and value.dtype.kind == "V":
        raise ValueError("opaque bytes")
    if isinstance(value, str):
        return clean(value)
    return value


def np_map(
    values: np.ndarray[tuple[int, ...], np.dtype[np.generic]], held: h5py.Group | h5py.Dataset
) -> object:
    """Return an array of objects as lists."""
    if values.ndim == 0:
        return plain(values.item(), held)
    return [np_map(part, held) if isinstance(part, np.ndarray) else plain(part, held) for part in values]


def _path(reference: h5py.Reference, held: h5py.Group | h5py.Dataset) -> str | None:
    from h5py import h5r

    if not reference:
        return None
    name = h5r.get_name(reference, held.id)
    return text(name) if name else None


def _region(reference: h5py.RegionReference, held: h5py.Group | h5py.Dataset) -> str | None:
    """Return a region as its path with the smallest box around it, such as ``/a[0:3, 2:5]``."""
    from h5py import h5r

    if not reference:
        return None
    path, space = _path(reference, held), h5r.get_region(reference, held.id)
    if space.get_select_npoints() == 0:
        return f"{path}[]"
    low, high = space.get_select_bounds()
    return f"{path}[{', '.join(f'{a}:{b + 1}' for a, b in zip(low, high, strict=True))}]"
