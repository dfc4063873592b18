"""A dataset, or a member of its records, as those who look for its bytes see it."""

from __future__ import annotations

from dataclasses import dataclass
from math import isnan, prod
from typing import TYPE_CHECKING

import numpy as np

from vspec.containers.hdf5_library import FAULTS
from vspec.containers.hdf5_types import Member
from vspec.containers.model import ContainerFile
from vspec.layout import Chunked, Derived, Int64, Json, Origin

if TYPE_CHECKING:
    import h5py

PEER = "hdf5"
MOST_CELLS = 1 << 22
"""Cells of a grid that may be looked at even where few of them are in the file."""
_LARGEST_ABSENT = 4 << 20


class NoFill(Exception):  # noqa: N818 -- it says why an array cannot be read in place
    """Raised for a fill value that a map cannot state; its text follows "because"."""


@dataclass(frozen=True, slots=True, eq=False)
class Stored:
    """What is looked for: ``path`` names it in messages, ``inner`` in its file; axes have names and sizes."""

    path: str
    file: ContainerFile
    inner: str
    dataset: h5py.Dataset
    member: Member
    axes: tuple[tuple[str, int], ...]

    @property
    def shape(self) -> tuple[int, ...]:
        """Sizes of the dataset's axes and of those that every element has."""
        return tuple(size for _, size in self.axes)

    @property
    def dtype(self) -> np.dtype[np.generic]:
        """The numbers, in the byte order of the file."""
        assert self.member.number is not None, "only numbers are looked for"
        return self.member.number.dtype

    @property
    def creation(self) -> h5py.h5p.PropDCID:
        """The properties that the dataset was made with."""
        return self.dataset.id.get_create_plist()

    @property
    def record(self) -> int:
        """Bytes from one element of the dataset to the next."""
        return self.member.record

    @property
    def strides(self) -> tuple[int, ...]:
        """Bytes from one number to the next along each axis, where records follow each other."""
        sizes = tuple(map(int, self.dataset.shape))
        own = (self.record * prod(sizes[at + 1 :]) for at in range(len(sizes)))
        return (*own, *(step for _, step in self.member.axes))

    def derived(self, reason: str) -> Derived:
        """Return the array as one that only the library can read."""
        return Derived(self.axes, PEER, (self.origin,), reason)

    @property
    def origin(self) -> Origin:
        """Where an independent reader finds it."""
        path = "/".join([self.inner.strip("/"), *self.member.names])
        return Origin(self.file.index, path, (0,) * len(self.axes), self.shape)

    def chunked(self, chunk: tuple[int, ...], columns: tuple[Int64, Int64, Int64], **more: object) -> Chunked:
        """Return the array as cells of ``chunk``, of which files, offsets and lengths are given."""
        return Chunked(self.axes, chunk, self.dtype, *columns, peer=PEER, origins=(self.origin,), **more)  # type: ignore[arg-type]  # fields by name

    def fill(self) -> Json:
        """Return what unwritten parts hold; None where the file leaves that open. Raises `NoFill`."""
        from h5py import h5d

        creation = self.creation
        undefined = creation.fill_value_defined() == h5d.FILL_VALUE_UNDEFINED
        if undefined or creation.get_fill_time() == h5d.FILL_TIME_NEVER:
            return None
        try:
            value = np.zeros((), self.dataset.dtype)
            creation.get_fill_value(value)
            for name in self.member.names:
                value = value[name]
        except FAULTS:
            raise NoFill("the library cannot tell what its unwritten parts hold") from None
        return _one(np.asarray(value, self.dtype))

    def absent(self) -> Chunked | Derived:
        """Return an array of which nothing was ever written."""
        chunk, room = [1] * len(self.shape), _LARGEST_ABSENT // self.dtype.itemsize
        for at in range(len(chunk) - 1, -1, -1):
            chunk[at] = max(1, min(self.shape[at], room))
            room //= chunk[at]
        count = prod(-(-size // extent) for size, extent in zip(self.shape, chunk, strict=True))
        if count > MOST_CELLS:
            return self.derived("nothing of it was written, and it is too large to say so cell by cell")
        nothing = np.zeros(count, np.int64)
        try:
            return self.chunked(tuple(chunk), (nothing - 1, nothing, nothing), fill=self.fill())
        except NoFill as error:
            return self.derived(str(error))


def _one(values: np.ndarray[tuple[int, ...], np.dtype[np.generic]]) -> Json:
    """Return the number that all values are; raises `NoFill` where they differ."""
    parts = values.ravel()
    if parts.dtype.kind == "c":
        parts = np.stack([parts.real, parts.imag]).ravel()
    first: bool | int | float = parts[0].item()
    if not all(same(first, value) for value in parts.tolist()):
        raise NoFill("its unwritten parts hold no single number")
    return first


def same(left: Json, right: Json) -> bool:
    """Tell whether two fill values are one: of one type, and NaN is NaN."""
    if isinstance(left, float) and isinstance(right, float) and isnan(left):
        return isnan(right)
    return type(left) is type(right) and left == right
