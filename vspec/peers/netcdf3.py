"""NetCDF classic files as the NetCDF library reads them."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from vspec.errors import fail


def read_netcdf3(path: Path, array: str, selection: tuple[slice, ...]) -> NDArray[np.generic]:
    """Return a box of a variable, unscaled and unmasked. Raises V0363, and V0361 where the library fails."""
    try:
        import netCDF4
    except ImportError:
        raise fail("V0363", "netCDF4 is not installed", help="pip install netCDF4") from None
    try:
        with netCDF4.Dataset(str(path)) as data:
            data.set_auto_mask(False)
            data.set_auto_scale(False)
            found = data.variables[array][selection]
    except (OSError, RuntimeError, KeyError, IndexError, ValueError) as error:
        raise fail("V0361", f"the NetCDF library cannot read '{array}'", found=str(error)) from None
    return np.asarray(found)
