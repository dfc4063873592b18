"""Bits of a pixel's cell that no pixel uses, and that may hold anything.

Source: DICOM PS3.5, section 8.1.1: pixels have Bits Stored of Bits Allocated, the lowest ones; what the
others hold is not said, overlays in older files. A reader clears them, or extends the sign into them.
"""

from __future__ import annotations

import numpy as np

from vspec.containers.dicom_frames import Pixels
from vspec.containers.model import ContainerFile

_BLOCK = 1 << 22
REASON = "bits of its cells that no pixel uses are not what a reader makes of them"


def are_plain(file: ContainerFile, at: int, count: int, cell: np.dtype[np.generic], pixels: Pixels) -> bool:
    """Tell whether ``count`` cells from a byte on, read as they are, are the pixels; all are looked at."""
    spare = pixels.allocated - pixels.stored
    if spare <= 0 or cell.kind not in "iu":
        return True
    reader = file.reader
    for start in range(0, count, _BLOCK):
        n = min(_BLOCK, count - start)
        values = reader.view(at + start * cell.itemsize, n * cell.itemsize).view(cell)
        native = values.astype(cell.newbyteorder("="))
        if ((native << spare) >> spare != native).any():
            return False
    return True
