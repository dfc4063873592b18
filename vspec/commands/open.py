"""``vspec.open``: a map as somebody works with it."""

from __future__ import annotations

from collections.abc import Mapping
from inspect import signature
from pathlib import Path
from typing import TYPE_CHECKING, Any

from vspec.errors import Problem, VspecError
from vspec.opening.arrays import OpenedArrays
from vspec.opening.locating import located
from vspec.opening.model import LazyArray

if TYPE_CHECKING:
    from typing import Unpack

    import xarray

    from vspec.opening.backend import Options

    class TreeOptions(Options, total=False):
        """``chunks`` are those of dask, as in `xarray.open_datatree`: ``{}`` takes the chunks of the map."""

        chunks: int | dict[str, int] | str | None


def open(path: str | Path, **options: Unpack[TreeOptions]) -> xarray.DataTree:  # noqa: A001 -- the name that everybody tries
    """Open a map as a tree of xarray: groups, the card's order of axes, labels, exact lazy coordinates.

    ``root``: the folder that the sources lie below; needed only where they are neither where the map says
    nor near the map as they were before. ``allow_drift=True``: let sources through that have changed since.
    ``scaled=True``: physical values, gain * raw + offset, in place of raw ones. ``chunks={}``: dask's arrays.
    ``memory_map=False``: read local files chunk by chunk in place of mapping them into memory.

    Raises `VspecError`: V0701 to V0709 for a map that is none, V0740 to V0743 and V0746 for its sources,
    V0714 where xarray is not installed.
    """
    try:
        import xarray

        from vspec.opening.backend import VspecBackend
    except ImportError:
        problem = Problem(
            "V0714",
            "xarray is not installed, or older than 2025.6",
            help="pip install 'vspec-maps[xarray]'; vspec.open_arrays needs no more than numpy",
        )
        raise VspecError([problem]) from None
    # Long coordinates stay out of indexes here, so xarray need not look for what it may index.
    known = signature(xarray.open_datatree).parameters
    indexing: dict[str, Any] = {"create_default_indexes": False} if "create_default_indexes" in known else {}
    return xarray.open_datatree(path, engine=VspecBackend, **options, **indexing)


def open_arrays(
    path: str | Path, *, root: str | Path | None = None, allow_drift: bool = False, memory_map: bool = True
) -> Mapping[str, LazyArray]:
    """Open a map as arrays by their paths, in the card's order; each index reads what it picks, no more.

    An array that lies in local files as it is costs no more than `numpy.memmap`. Options and errors are those
    of `open`.
    """
    folder = None if root is None else Path(root)
    document = located(Path(path), root=folder, allow_drift=allow_drift)
    return OpenedArrays(document, memory_map=memory_map)
