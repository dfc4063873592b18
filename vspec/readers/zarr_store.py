"""Opens a map as any reader does: fsspec's reference file system, and zarr of either generation."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from vspec.codecs.registration import register
from vspec.profile.limits import MapLimits
from vspec.readers.map_file import MapDocument, load

if TYPE_CHECKING:
    import zarr


def open_group(path: Path, limits: MapLimits | None = None) -> zarr.Group:
    """Check a map and open it, read-only, as a Zarr group in stored order.

    Raises `VspecError` as `map_file.load` does.
    """
    return group(load(path, limits))


def group(document: MapDocument) -> zarr.Group:
    """Open a map that was loaded already."""
    import fsspec
    import zarr

    register()
    protocol = document.root.partition("://")[0]
    references: Mapping[str, object] = {"version": 1, "refs": document.refs}
    if int(zarr.__version__.partition(".")[0]) < 3:
        files = fsspec.filesystem(
            "reference", fo=references, remote_protocol=protocol, skip_instance_cache=True
        )
        return zarr.open_group(files.get_mapper(""), mode="r")
    files = fsspec.filesystem(
        "reference",
        fo=references,
        remote_protocol=protocol,
        remote_options={"asynchronous": True},
        asynchronous=True,
        skip_instance_cache=True,
    )
    store = zarr.storage.FsspecStore(files, read_only=True, path="")
    return zarr.open_group(store, mode="r", zarr_format=2)
