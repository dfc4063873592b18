"""Bytes of a file without copying them: mapped for a moment, while the system keeps the file as it is.

A file that becomes shorter while it is mapped, or a disk that fails, would end the process at the next
look at the mapping. So a part of a file is mapped only under a read lease, which the system grants where
nobody has the file open for writing, and with all of its pages read beforehand, so that a disk that
fails is an error. Whoever wants to write or to shorten the file waits until the mapping is gone. Where
there is no lease (the file is another user's or on a network drive, the system is not Linux) there is
no mapping, and the bytes are copied.

What remains: the system takes a lease back after a time that it sets (45 s, /proc/sys/fs/lease-break-time)
from a process that was stopped in the middle, and a page that was dropped for want of memory is read again.

Sources: Linux manual pages fcntl(2), "Leases", and madvise(2), MADV_POPULATE_READ (Linux 5.14).
"""

from __future__ import annotations

import mmap
import os
import signal
import sys

import numpy as np
from numpy.typing import NDArray

_POPULATE_READ = 22

if sys.platform == "linux":
    import fcntl

    def _leased(handle: int) -> int:
        """Return an open file under a lease of its own; raises `OSError` where there is none."""
        own = os.open(f"/proc/self/fd/{handle}", os.O_RDONLY | os.O_CLOEXEC)
        try:
            # What is sent when someone wants to write is ignored unless the process asks for it.
            fcntl.fcntl(own, fcntl.F_SETSIG, signal.SIGURG)
            fcntl.fcntl(own, fcntl.F_SETLEASE, fcntl.F_RDLCK)
        except OSError:
            os.close(own)
            raise
        return own


def mapped(handle: int, offset: int, n: int) -> NDArray[np.uint8] | None:
    """Return ``n`` bytes of an open file that no one can take away, or None where that cannot be had.

    The lease ends with the last array of the bytes: it belongs to the file as it is opened here, which
    the mapping alone keeps open.
    """
    if sys.platform != "linux":
        return None
    begin = offset - offset % mmap.ALLOCATIONGRANULARITY
    try:
        own = _leased(handle)
    except OSError:
        return None
    try:
        held = mmap.mmap(own, offset - begin + n, mmap.MAP_SHARED, mmap.PROT_READ, offset=begin)
        held.madvise(_POPULATE_READ)
    except (OSError, ValueError):
        return None
    finally:
        os.close(own)
    return np.frombuffer(held, np.uint8, n, offset - begin)
