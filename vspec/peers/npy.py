"""NumPy's file of one array as numpy reads it."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from vspec.errors import fail

LONGEST = 1 << 16


def read_npy(path: Path, array: str, selection: tuple[slice, ...]) -> NDArray[np.generic]:
    """Return a box of the array ``data``, or of a member of its records. Raises V0361 where numpy fails."""
    try:
        found = np.load(path, mmap_mode="r", max_header_size=LONGEST)
        return np.array(stored(found, array.split("/")[1:])[selection])
    except (OSError, ValueError, EOFError, KeyError, IndexError, TypeError) as error:
        raise fail("V0361", f"numpy cannot read {path.name}", found=str(error)) from None


def stored(array: NDArray[np.generic], names: list[str]) -> NDArray[np.generic]:
    """Return a member of an array with its axes as they are stored; times are counts."""
    ndim = array.ndim
    turned = ndim > 1 and array.flags.f_contiguous and not array.flags.c_contiguous
    for name in names:
        fields = dict(array.dtype.fields or {})
        plain = re.fullmatch(r"field(\d+)", name)
        found = name if name in fields or plain is None else (array.dtype.names or ())[int(plain[1])]
        array = array.getfield(*fields[found][:2])
    if array.dtype.kind in "mM":
        array = array.view(f"{array.dtype.str[0]}i8")
    if turned:
        array = array.transpose(*range(ndim - 1, -1, -1), *range(ndim, array.ndim))
    return array
