"""NumPy's archives of arrays as numpy reads them."""

from __future__ import annotations

import zipfile
import zlib
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from vspec.errors import fail
from vspec.peers.npy import LONGEST, stored


def read_npz(path: Path, array: str, selection: tuple[slice, ...]) -> NDArray[np.generic]:
    """Return a box of an array of the archive, or of a member of its records. Raises V0361 if numpy fails."""
    try:
        with np.load(path, max_header_size=LONGEST) as archive:
            names = array.split("/")
            count = next(n for n in range(len(names), 0, -1) if "/".join(names[:n]) in archive.files)
            found = archive["/".join(names[:count])]
            return np.array(stored(found, names[count:])[selection])
    except StopIteration:
        raise fail("V0361", f"{path.name} has no array '{array}'") from None
    except (
        OSError,
        ValueError,
        EOFError,
        KeyError,
        IndexError,
        TypeError,
        zipfile.BadZipFile,
        zlib.error,
    ) as error:
        raise fail("V0361", f"numpy cannot read '{array}' of {path.name}", found=str(error)) from None
