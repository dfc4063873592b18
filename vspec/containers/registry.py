"""Which delegate opens which container, by the word of a card. Imported when first needed."""

from __future__ import annotations

from collections.abc import Mapping
from importlib import import_module

from vspec.containers.model import Container, ContainerFile, Delegate

_DELEGATES: Mapping[str, tuple[str, str]] = {
    word: (f"vspec.containers.{word}", f"open_{word}")
    for word in (
        "arrow",
        "dicom",
        "fits",
        "grib",
        "hdf5",
        "mat",
        "netcdf3",
        "npy",
        "npz",
        "tiff",
        "zarr",
    )
}


def open_container(word: str, file: ContainerFile) -> Container:
    """Return what a file holds. Raises `VspecError` (V0360 to V0363) as its delegate does."""
    module, name = _DELEGATES[word]
    delegate: Delegate = getattr(import_module(module), name)
    return delegate(file)
