"""MATLAB files of versions 4 and 5 to 7.2 as scipy reads them."""

from __future__ import annotations

import re
import struct
import warnings
import zlib
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from vspec.errors import VspecError, fail


def read_mat(path: Path, array: str, selection: tuple[slice, ...]) -> NDArray[np.generic]:
    """Return a box of an array, its last index slowest, by variable, fields, and indices of cells.

    Raises V0363, and V0361 where scipy fails or gives no array of this name.
    """
    try:
        from scipy.io import loadmat
        from scipy.io.matlab import MatReadError
    except ImportError:
        raise fail("V0363", "scipy is not installed", help="pip install scipy") from None
    first, *rest = array.split("/")
    try:
        with warnings.catch_warnings(action="ignore"):
            found = loadmat(str(path), variable_names=[first], chars_as_strings=False)[first]
        for part in rest:
            found = _member(np.asarray(found), part)
        return np.array(np.asarray(found).T[selection])
    except VspecError:
        raise
    except (
        OSError,
        ValueError,
        KeyError,
        TypeError,
        IndexError,
        NotImplementedError,
        MemoryError,
        MatReadError,
        struct.error,
        zlib.error,
        AttributeError,
        OverflowError,
    ) as error:
        why = f"{type(error).__name__}: {error}"
        raise fail("V0361", f"scipy cannot read '{array}'", found=why) from None


def _member(value: NDArray[np.generic], part: str) -> object:
    """Return a field of the only struct, a cell or struct by its index, or the half of complex numbers."""
    if value.dtype.kind == "c" and part in ("real", "imag"):
        return value.real if part == "real" else value.imag
    if value.dtype.kind == "V" and value.dtype.names is None:
        raise KeyError(part)
    names = value.dtype.names
    if names is None:
        return value.ravel(order="F")[int(part)]
    if value.ndim and value.size != 1:
        return np.array(value.ravel(order="F")[int(part)])
    record = value.reshape(-1)[0]
    plain = re.fullmatch(r"field(\d+)", part)
    return record[part if part in names or plain is None else names[int(plain[1])]]
