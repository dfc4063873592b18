"""Whole files as memory, for readers that hold them open."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from numpy.typing import NDArray


def whole(path: Path) -> NDArray[np.uint8]:
    """Return a file mapped into memory, read-only, as its bytes; raises `OSError`.

    Unlike `vspec.sources.mapped`, nothing holds the file as it is. Whoever shortens it while it is mapped
    ends the process that looks at what is gone, as with any `numpy.memmap`.
    """
    if not path.stat().st_size:
        return np.zeros(0, np.uint8)
    return np.asarray(np.memmap(path, np.uint8, "r"))
