"""FITS files as astropy reads them, unscaled."""

from __future__ import annotations

import re
import struct
import warnings
import zlib
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from vspec.errors import VspecError, fail

if TYPE_CHECKING:
    from astropy.io import fits

# What the library and the codecs of its tiles raise on damaged files.
_FAILURES: tuple[type[Exception], ...] = (
    ArithmeticError,
    AssertionError,
    AttributeError,
    EOFError,
    LookupError,
    MemoryError,
    OSError,
    RuntimeError,
    SystemError,
    TypeError,
    ValueError,
    struct.error,
    zlib.error,
)
_TILE_CODECS = (
    "astropy.io.fits.hdu.compressed._compression",
    "astropy.io.fits._tiled_compression._compression",
)
"""Where versions of the library keep their compiled codecs, whose own error has no public name."""


def read_fits(path: Path, array: str, selection: tuple[slice, ...]) -> NDArray[np.generic]:
    """Return a box of an image (``hdu0``) or a column (``hdu1/x``). Raises V0363, V0361 if astropy fails."""
    try:
        from astropy.io import fits
    except ImportError:
        raise fail("V0363", "astropy is not installed", help="pip install astropy") from None
    unit, *rest = array.split("/")
    try:
        with warnings.catch_warnings(action="ignore"), fits.open(path, do_not_scale_image_data=True) as units:
            hdu = units[int(unit.removeprefix("hdu"))]
            whole = _column(hdu, rest) if rest else np.asarray(hdu.data)
            return np.array(whole[selection])
    except VspecError:
        raise
    except (*_FAILURES, fits.VerifyError, *_tile_errors()) as error:
        raise fail(
            "V0361",
            f"astropy cannot read '{array}' of {path.name}",
            found=f"{type(error).__name__}: {error}",
            help="the file was cut short or is damaged: fetch it again",
        ) from None


def _tile_errors() -> tuple[type[Exception], ...]:
    """Return the errors of the codecs of compressed images."""
    found: list[type[Exception]] = []
    for place in _TILE_CODECS:
        try:
            found.append(import_module(place).CfitsioException)
        except (ImportError, AttributeError):
            continue
    return tuple(found)


def _column(hdu: fits.BinTableHDU | fits.GroupsHDU, rest: list[str]) -> NDArray[np.generic]:
    """Return a column as it lies in the table, or its cells in the heap one after the other."""
    for key in [key for key in hdu.header if re.fullmatch(r"(?:TSCAL|TZERO|TNULL|PSCAL|PZERO)\d+", key)]:
        del hdu.header[key]
    data = hdu.data
    raw = data.view(np.ndarray)
    if "XTENSION" not in hdu.header:
        return np.asarray(raw[_name(list(raw.dtype.names), rest[0], "parameter")])
    names = list(hdu.columns.names)
    name = _name(names, rest[0], "col")
    if hdu.header["XTENSION"].strip() == "TABLE":
        found = np.asarray(data.field(name))
        return found.astype("<i8" if found.dtype.kind in "iu" else "<f8")
    cells = np.asarray(raw[raw.dtype.names[names.index(name)]])
    if len(rest) == 1:
        return cells
    if rest[1] == "values":
        return np.concatenate([np.ravel(np.asarray(cell)) for cell in data.field(name)])
    return cells[:, ("row_sizes", "row_offsets").index(rest[1])]


def _name(names: list[str], wanted: str, prefix: str) -> str:
    """Return the name of a column, which may be given by its number from 1 after a prefix."""
    return wanted if wanted in names else names[int(wanted.removeprefix(prefix)) - 1]
