"""TIFF files as tifffile reads them."""

from __future__ import annotations

import logging
from math import prod
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from vspec.errors import fail

_OTHERS = ("mmstack", "ndtiff", "fluoview", "stk", "sis", "svs", "scn", "qpi", "ndpi", "bif", "avs", "eer")
_MORE = ("philips", "indica", "nih", "mdgel", "uniform")
"""Structures that are left aside: pages are then arrays by their forms alone."""

_WHOLE = 64 << 20
_OF_ZARR = (ValueError, KeyError, IndexError, RuntimeError, TypeError, OSError, NotImplementedError)


def read_tiff(path: Path, array: str, selection: tuple[slice, ...]) -> NDArray[np.generic]:
    """Return a box of a series of pages, or of a smaller version of one, or a table of colours.

    Raises V0363 without tifffile, V0361 where it cannot read the array.
    """
    try:
        import tifffile
    except ImportError:
        raise fail("V0363", "tifffile is not installed", help="pip install 'vspec-maps[tiff]'") from None
    plain: Any = type("Plain", (tifffile.TiffFile,), {f"is_{name}": False for name in (*_OTHERS, *_MORE)})
    logging.getLogger("tifffile").setLevel(logging.CRITICAL)
    try:
        with plain(path) as file:
            return _box(file, array, selection)
    except (*_OF_ZARR, tifffile.TiffFileError, ArithmeticError, AssertionError, AttributeError) as error:
        found = f"{type(error).__name__}: {error}"
        raise fail("V0361", f"tifffile cannot read '{array}'", found=found) from None


def _box(file: Any, array: str, selection: tuple[slice, ...]) -> NDArray[np.generic]:  # noqa: ANN401 -- without types
    group, _, leaf = array.rpartition("/")
    number = int(leaf.rpartition("_")[2]) if not group else int(group.partition("_")[2] or 0)
    every = _series(file)
    if leaf.startswith("palette"):
        return np.asarray(every[number].keyframe.colormap)[selection]
    series = every[number].levels[int(leaf.rpartition("_")[2]) if group else 0]
    if prod(series.shape) * series.dtype.itemsize <= _WHOLE:
        return np.asarray(series.asarray()).reshape(series.shape)[selection]
    import zarr

    with series.aszarr() as store:
        opened: Any = zarr.open(store, mode="r")
        return np.asarray(opened[selection])


def _series(file: Any) -> Any:  # noqa: ANN401 -- a library without types
    """Return the series; by the forms of pages where ScanImage's numbers do not fit them."""
    found = file.series
    if (
        found
        and found[0].kind == "scanimage"
        and prod(found[0].shape) != prod(file.pages[0].shape) * len(file.pages)
    ):
        found = file._series_generic()  # noqa: SLF001 -- there is no public way
    return found
