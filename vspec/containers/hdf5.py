"""HDF5: what a file holds, as arrays, groups, and what no map can carry.

Contiguous, external and chunked data stay where they are; virtual datasets are followed to their sources.
Texts, references and lists that are few become attributes of their group, soft links and further names of
an object become its attribute ``hdf5_links``; an array is found by those names, too.
"""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from vspec.containers.attributes import Attributes
from vspec.containers.hdf5_axes import Agreed, Dimensions, hidden, is_only_a_dimension, stated_axes
from vspec.containers.hdf5_filters import unknown_filter
from vspec.containers.hdf5_library import FAULTS, border, opened, said
from vspec.containers.hdf5_storage import Held
from vspec.containers.hdf5_types import Member, members
from vspec.containers.hdf5_values import Values, clean
from vspec.containers.hdf5_virtual import missing_sources
from vspec.containers.hdf5_walk import Found, Walk
from vspec.containers.model import Container, ContainerFile, Entry, Lost
from vspec.containers.naming import one_name
from vspec.containers.verbatim import plain

if TYPE_CHECKING:
    import h5py

_MOST_AXES = 32


@dataclass(frozen=True, slots=True, eq=False)
class _Array:
    """A member of a dataset that becomes an array, before its axes have names."""

    path: str
    found: Found
    shape: tuple[int, ...]
    member: Member
    stated: tuple[str | int | None, ...]
    attrs: Attributes


@dataclass(slots=True)
class _Contents:
    """Everything found so far."""

    lost: list[Lost]
    values: Values
    groups: dict[str, Attributes] = field(default_factory=dict)
    arrays: list[_Array] = field(default_factory=list)
    dimensions: Dimensions = field(default_factory=Dimensions)

    def group(self, path: str) -> Attributes:
        """Return the attributes of a group, to be added to."""
        return self.groups.setdefault(path, Attributes(path, self.lost))

    def lose(self, path: str, reason: str) -> None:
        """Note something that is not in the map."""
        self.lost.append(Lost(path, reason))


def open_hdf5(file: ContainerFile) -> Container:
    """Return what an HDF5 file holds. Raises V0360 (no such file), V0361 (damaged), V0363 (no h5py)."""
    walk = Walk(file, [])
    contents = _Contents(walk.lost, Values(walk.paths, walk.twins))
    with opened(file) as handle, border(file, "what is in the file"), ExitStack() as others:
        others.callback(walk.twins.close)
        for found in list(walk.objects(handle, others)):
            _note(found, contents)
        links = walk.followed()
    for group, own in walk.links.items():
        contents.group(group).put("hdf5_links", own)
    agreed, entries = Agreed(), {}
    for array in contents.arrays:
        entries[array.path] = _entry(array, contents.dimensions, agreed)
    groups = {path: attrs.found for path, attrs in contents.groups.items()}
    return Container(entries, groups, tuple(contents.lost), links)


def _note(found: Found, contents: _Contents) -> None:
    import h5py

    if isinstance(found.held, h5py.Dataset):
        try:
            _dataset(found, found.held, contents)
        except FAULTS as error:
            contents.lose(found.path, f"the library cannot read what it is: {said(error)}")
    else:
        contents.values.collect(found.held, contents.group(found.path))


def _dataset(found: Found, dataset: h5py.Dataset, contents: _Contents) -> None:
    leaf = found.path.rpartition("/")[2]
    contents.dimensions.note(contents.values, found.file.index, leaf, dataset)
    if is_only_a_dimension(contents.values, dataset):
        return
    leaves = members(dataset)
    record = len(leaves) != 1 or leaves[0].names != ()
    if dataset.shape is None:
        _as_value(found, dataset, None, contents)
    elif record:
        contents.values.collect(dataset, contents.group(found.path), hidden(contents.values, dataset))
        for member in leaves:
            _member(found, dataset, member, contents)
    elif leaves[0].number is None:
        _as_labels(found, dataset, leaves[0], contents)
    else:
        attrs = Attributes(found.path, contents.lost)
        contents.values.collect(dataset, attrs, hidden(contents.values, dataset))
        _array(found, dataset, leaves[0], attrs, contents)
    for reason in missing_sources(found.file, dataset):
        contents.lose(found.path, reason)


def _as_labels(found: Found, dataset: h5py.Dataset, member: Member, contents: _Contents) -> None:
    try:
        value = contents.values.labels(dataset, member)
    except ValueError as error:
        return contents.lose(found.path, str(error))
    return _as_value(found, dataset, value, contents)


def _as_value(found: Found, dataset: h5py.Dataset, value: object, contents: _Contents) -> None:
    """Make an attribute of the group of what is no array, and of its attributes ``leaf@name``."""
    group, _, leaf = found.path.rpartition("/")
    attrs = contents.group(group)
    if leaf in attrs.found:
        return contents.lose(found.path, "its group has an attribute of the same name")
    attrs.put(leaf, value)
    return contents.values.collect(dataset, attrs, hidden(contents.values, dataset), f"{leaf}@")


def _member(found: Found, dataset: h5py.Dataset, member: Member, contents: _Contents) -> None:
    """Make an array or an attribute of a member of a record."""
    names = [clean(name) for name in member.names]
    path = "/".join([found.path, *names])
    fault = next((why for name in names if (why := one_name(name)) is not None), None)
    if fault is not None:
        return contents.lose(path, fault)
    if member.number is not None:
        return _array(found, dataset, member, Attributes(path, contents.lost), contents)
    attrs, name = contents.group(found.path), "/".join(names)
    if name in attrs.found:
        return contents.lose(path, "its record has an attribute of the same name")
    try:
        return attrs.put(name, contents.values.labels(dataset, member))
    except FAULTS as error:
        return contents.lose(path, said(error))


def _array(
    found: Found, dataset: h5py.Dataset, member: Member, attrs: Attributes, contents: _Contents
) -> None:
    path = "/".join([found.path, *map(clean, member.names)])
    shape = (*map(int, dataset.shape), *(size for size, _ in member.axes))
    if len(shape) > _MOST_AXES:
        return contents.lose(path, f"it has {len(shape)} axes; a map can have {_MOST_AXES}")
    foreign = unknown_filter(dataset.id.get_create_plist())
    if foreign is not None:
        plugin = "a plugin for it must be installed (HDF5_PLUGIN_PATH, or hdf5plugin)"
        return contents.lose(path, f"its chunks went through {foreign}, and {plugin}")
    assert member.number is not None, "only numbers are arrays"
    for name, value in member.number.attrs.items():
        if name not in attrs.found:
            attrs.put(name, value)
    leaf = found.path.rpartition("/")[2]
    stated = stated_axes(contents.values, leaf, dataset)
    return contents.arrays.append(_Array(path, found, shape, member, stated, attrs))


def _entry(array: _Array, dimensions: Dimensions, agreed: Agreed) -> Entry:
    names = _names(array, dimensions.names(array.found.file.index, array.stated), agreed)
    axes = tuple(plain(name, size) for name, size in zip(names, array.shape, strict=True))
    held = Held(array.path, array.found.file, array.found.inner, array.member, axes, array.attrs.found)
    assert array.member.number is not None, "only numbers are arrays"
    return Entry(array.path, array.shape, array.member.number.dtype, names, held.layout, array.attrs.found)


def _names(array: _Array, stated: Sequence[str | None], agreed: Agreed) -> tuple[str, ...]:
    """Return the names of an array's axes: the dataset's, then those that every element has."""
    group, _, leaf = array.path.rpartition("/")
    count = len(array.stated)
    of_dataset = array.found.path.rpartition("/")[2]
    names = agreed.axes(group, of_dataset, stated, array.shape[:count])
    return (*names, *(f"{leaf}_axis_{at}" for at in range(count, len(array.shape))))
