"""HDF5 files as h5py reads them, with the further filters of hdf5plugin where that is installed."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from vspec.errors import fail
from vspec.peers.hdf5_heaps import guarded

if TYPE_CHECKING:
    import h5py

_FAULTS = (
    OSError,
    RuntimeError,
    LookupError,
    ValueError,
    TypeError,
    AttributeError,
    ArithmeticError,
    MemoryError,
    SystemError,
)


def read_hdf5(path: Path, array: str, selection: tuple[slice, ...]) -> NDArray[np.generic]:
    """Return a box of a dataset, or of a field of its records (``dataset/field``).

    Raw files of external storage are looked for beside the file. Raises V0363, and V0361 where the library
    fails.
    """
    try:
        import h5py
    except ImportError:
        help = "pip install 'vspec-maps[hdf5]'"
        raise fail(
            "V0363", "HDF5 files are read with the package h5py, which is not here", help=help
        ) from None
    with suppress(ImportError):
        import hdf5plugin  # noqa: F401 -- importing it registers its filters
    try:
        with h5py.File(str(path), "r") as file:
            dataset, fields = _find(file, array)
            rank = len(dataset.shape)
            with guarded(dataset, path) as sound:
                found = sound[selection[:rank]]
            for field in fields:
                found = found[field]
            if np.dtype(found.dtype).names is not None:
                found = _complex(np.asarray(found))
            return np.asarray(np.asarray(found)[(slice(None),) * rank + selection[rank:]])
    except _FAULTS as error:
        found = str(error) or type(error).__name__
        raise fail("V0361", f"the HDF5 library cannot read '{array}'", found=found) from None


def _complex(found: NDArray[np.void]) -> NDArray[np.generic]:
    """Return records of two floats of one kind as complex numbers."""
    first, second = (np.asarray(found[name]) for name in found.dtype.names or ())
    made = np.empty(found.shape, f"{first.dtype.str[0]}c{2 * first.itemsize}")
    made.real, made.imag = first, second
    return made


def _find(file: h5py.File, path: str) -> tuple[h5py.Dataset, list[str]]:
    """Return a dataset, and the names of the fields below it that a path goes on with."""
    import h5py

    access = h5py.h5p.create(h5py.h5p.DATASET_ACCESS)
    access.set_efile_prefix(b"${ORIGIN}")
    parts, fields = path.strip("/").split("/"), list[str]()
    while parts:
        name = "/".join(parts)
        if name in file and isinstance(file[name], h5py.Dataset):
            own = name.encode("utf-8", "surrogateescape")
            return h5py.Dataset(h5py.h5d.open(file.id, own, access)), fields
        fields.insert(0, parts.pop())
    raise KeyError(f"there is no array '{path}'")
