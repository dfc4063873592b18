"""GRIB files as ecCodes reads them."""

from __future__ import annotations

import os
from math import lcm
from pathlib import Path
from types import ModuleType

import numpy as np
from numpy.typing import NDArray

from vspec.errors import fail

_MOST_BITS, _LARGEST_WORD = 32, 8
_MOST_STEPS = 2.0**50


def read_grib(path: Path, array: str, selection: tuple[slice, ...]) -> NDArray[np.generic]:
    """Return a box of ``message_<number>/values``: values, or the numbers in which they are packed.

    Numbers are what the library's values come from, checked to give exactly these again. Raises V0363
    without the library, V0361 where it fails.
    """
    # Else the library ends the process where a message is damaged in some ways.
    os.environ.setdefault("ECCODES_NO_ABORT", "1")
    try:
        import eccodes
    except (ImportError, RuntimeError):
        raise fail("V0363", "eccodes is not installed", help="pip install eccodes") from None
    number = int(array.removeprefix("message_").removesuffix("/values"))
    try:
        with path.open("rb") as file:
            for _ in range(number):
                eccodes.codes_release(eccodes.codes_grib_new_from_file(file))
            handle = eccodes.codes_grib_new_from_file(file)
            if handle is None:
                raise fail("V0361", f"there is no '{array}'")
            whole = _values(eccodes, handle)
            eccodes.codes_release(handle)
    except (eccodes.CodesInternalError, OSError, ValueError, TypeError) as error:
        why = str(error) or type(error).__name__
        raise fail("V0361", f"ecCodes cannot read '{array}'", found=why) from None
    return whole[selection]


def _values(library: ModuleType, handle: int) -> NDArray[np.generic]:
    values = np.asarray(library.codes_get_values(handle), np.float64)
    bits = library.codes_get(handle, "bitsPerValue", int)
    ni, nj = (_size(library, handle, name) for name in ("Ni", "Nj"))
    shape: tuple[int, ...] = (len(values),)
    if ni > 0 and nj > 0 and ni * nj == len(values):
        consecutive = library.codes_get(handle, "jPointsAreConsecutive", int)
        shape = (ni, nj) if consecutive else (nj, ni)
    simple = library.codes_get(handle, "packingType") == "grid_simple"
    plain = simple and not library.codes_get(handle, "bitmapPresent", int) and 0 < bits <= _MOST_BITS
    word = lcm(bits, 8) // 8 if plain else 0
    aligned = bits in (8, 16, 32) or (0 < word <= _LARGEST_WORD and shape[-1] % (8 * word // bits) == 0)
    if plain and aligned:
        return _packed(library, handle, values, bits).reshape(shape)
    return values.reshape(shape)


def _size(library: ModuleType, handle: int, name: str) -> int:
    try:
        return 0 if library.codes_is_missing(handle, name) else int(library.codes_get(handle, name, int))
    except library.CodesInternalError:
        return 0


def _packed(library: ModuleType, handle: int, values: NDArray[np.float64], bits: int) -> NDArray[np.generic]:
    """Undo the scaling, and do it again to see that nothing was lost."""
    reference = library.codes_get(handle, "referenceValue", float)
    scale = 2.0 ** library.codes_get(handle, "binaryScaleFactor", int)
    decimal = 10.0 ** -library.codes_get(handle, "decimalScaleFactor", int)
    if abs(reference) / scale >= _MOST_STEPS:
        raise ValueError("the values are too large to tell the packed numbers apart")
    numbers = np.rint((values / decimal - reference) / scale)
    if not np.allclose(
        (numbers * scale + reference) * decimal, values, rtol=1e-12, atol=abs(scale * decimal) / 64
    ):
        raise ValueError("the values are not what simple packing gives")
    if numbers.size and not 0 <= numbers.min() <= numbers.max() < 2**bits:
        raise ValueError(f"packed numbers do not fit into {bits} bits")
    kind = "u1" if bits <= 8 else "u2" if bits <= 16 else "u4"
    found: NDArray[np.generic] = numbers.astype(
        np.dtype(kind).newbyteorder(">") if bits in (16, 32) else kind
    )
    return found
