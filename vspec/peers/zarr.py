"""Zarr stores as the Zarr library reads them."""

from __future__ import annotations

import lzma
import warnings
import zipfile
import zlib
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import ModuleType
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from vspec.errors import fail


class _Metadata(Protocol):
    def to_dict(self) -> Mapping[str, object]: ...


class _Array(Protocol):
    """What is asked of the library's array."""

    @property
    def shape(self) -> tuple[int, ...]: ...

    @property
    def metadata(self) -> _Metadata: ...

    def __getitem__(self, selection: tuple[slice, ...]) -> object: ...


# The library and its codecs raise whatever their parts do, on files that are damaged.
_FAILURES = (
    ArithmeticError,
    AssertionError,
    AttributeError,
    LookupError,
    MemoryError,
    NotImplementedError,
    OSError,
    EOFError,
    RuntimeError,
    SystemError,
    TypeError,
    ValueError,
    lzma.LZMAError,
    zipfile.BadZipFile,
    zlib.error,
)


def read_zarr(path: Path, array: str, selection: tuple[slice, ...]) -> NDArray[np.generic]:
    """Return a box of an array of the store whose root's metadata, or zip file, is ``path``.

    Axes are in the order in which chunks store them, times are counts, and of records there is one
    member. Raises V0363 without the library, V0361 where it fails.
    """
    try:
        import zarr
    except ImportError:
        raise fail("V0363", "zarr is not installed", help="pip install zarr") from None
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return _box(zarr, path, array, selection)
    except _FAILURES as error:
        why = str(error) or type(error).__name__
        raise fail("V0361", f"the Zarr library cannot read '{array}'", found=why) from None


def _box(zarr: ModuleType, path: Path, array: str, selection: tuple[slice, ...]) -> NDArray[np.generic]:
    found, member = _opened(zarr, path, array)
    order = _stored_order(found)
    window = [slice(None)] * len(order)
    for part, at in zip(selection, order, strict=True):
        window[at] = part
    values = np.asarray(found[tuple(window)])
    if member is not None:
        values = values[member]
    if values.dtype.kind in "Mm":
        values = values.view(values.dtype.str.replace("M8", "i8").replace("m8", "i8").partition("[")[0])
    return values.transpose(order)


def _opened(zarr: ModuleType, path: Path, array: str) -> tuple[_Array, str | None]:
    """Return the array of a path, and the member of its records that the path goes on to."""
    packed = path.name not in (".zgroup", ".zarray", ".zmetadata", ".zattrs", "zarr.json")
    store = zarr.storage.ZipStore(path, mode="r") if packed else zarr.storage.LocalStore(path.parent)
    version = None if packed else (3 if path.name == "zarr.json" else 2)
    root = zarr.open(store, mode="r", zarr_format=version)
    if isinstance(root, zarr.Array):
        _, _, member = array.partition("/")
        return root, member or None
    parent, _, last = array.rpartition("/")
    try:
        found = root[array]
    except KeyError:
        found = root[parent]
        return found, last
    return found, None


def _stored_order(array: _Array) -> tuple[int, ...]:
    """Return which axis each stored one is."""
    count = len(array.shape)
    metadata = array.metadata.to_dict()
    if metadata["zarr_format"] == 2:
        return tuple(range(count))[:: -1 if metadata["order"] == "F" else 1]
    codecs = metadata["codecs"]
    return _followed(codecs, tuple(range(count))) if isinstance(codecs, Sequence) else tuple(range(count))


def _followed(codecs: Sequence[object], order: tuple[int, ...]) -> tuple[int, ...]:
    for codec in codecs:
        if not isinstance(codec, Mapping):
            continue
        configuration = codec.get("configuration")
        if codec.get("name") == "transpose" and isinstance(configuration, Mapping):
            order = tuple(order[at] for at in configuration["order"])
        elif codec.get("name") == "sharding_indexed" and isinstance(configuration, Mapping):
            order = _followed(configuration["codecs"], order)
    return order
