"""Opens a map as a Zarr group, with zarr of either generation.

There are two ways. Any reader takes fsspec's reference file system: that is `plain_group`, and what
verification must go through, since it vouches for what others will read. For maps of local files under
zarr 3, `group` has a way of vspec's own that copies each byte once, `local_zarr`: the same values, and
errors with codes where a source is missing or was cut off.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from vspec.codecs.registration import lend, register
from vspec.profile.limits import MapLimits
from vspec.profile.readers import BORROWED, needs
from vspec.readers.map_file import MapDocument, load

if TYPE_CHECKING:
    import zarr


def open_group(path: Path, limits: MapLimits | None = None) -> zarr.Group:
    """Check a map and open it, read-only, as a Zarr group in stored order.

    Raises `VspecError` as `map_file.load` does.
    """
    return group(load(path, limits))


def group(document: MapDocument) -> zarr.Group:
    """Open a map that was loaded already, the fastest way there is for it.

    Reading raises `VspecError` where a codec is not installed (V0710), or the local file of a chunk is
    missing (V0741), cannot be read (V0431) or ends too early (V0742); through fsspec it raises what zarr and
    fsspec raise.
    """
    import zarr

    if int(zarr.__version__.partition(".")[0]) < 3 or not document.root.startswith("file://"):
        return plain_group(document)
    from vspec.readers.local_store import LocalStore
    from vspec.readers.local_zarr import LocalGroup

    _register(document)
    return LocalGroup.open(LocalStore(document), zarr_format=2)


def plain_group(document: MapDocument) -> zarr.Group:
    """Open a map that was loaded already as any reader does, through fsspec's reference file system."""
    import fsspec
    import zarr

    _register(document)
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


def _register(document: MapDocument) -> None:
    """Make the codecs known that the arrays of a map ask for."""
    register()
    wanted = (needs(a.metadata["filters"], a.metadata["compressor"]).codecs for a in document.arrays)
    lend({name for codecs in wanted for name in codecs if name.startswith(BORROWED)})
