"""What each Blosc chunk says of its own length: its decoder believes that, and reads on behind shorter ones.

Source: the Blosc chunk format, version 2: 16 bytes before the data, of which bytes 4 to 15 are the sizes of
the values, of a block, and of the chunk itself, in little-endian order.
"""

from __future__ import annotations

import numpy as np

from vspec.containers.model import ContainerFile
from vspec.layout import Codecs, Int64

_HEAD = 16
_AT_ONCE = 1 << 16
_STORED = 0x02


def require_whole_blosc(
    file: ContainerFile, path: str, chain: Codecs, columns: tuple[Int64, Int64, Int64], nbytes: int | None
) -> None:
    """Raise V0361 unless every chunk whose last codec is Blosc is as long as it says.

    ``columns`` are files, offsets and lengths, file -1 for a chunk that is not there; ``nbytes`` are those of
    a whole chunk of values, None where another codec changes them.
    """
    if not chain or chain[-1].get("id") != "blosc":
        return
    for index in np.unique(columns[0][columns[0] >= 0]).tolist():
        owner = ContainerFile(file.files, index)
        own = np.flatnonzero(columns[0] == index)
        for start in range(0, len(own), _AT_ONCE):
            _require(owner, path, [column[own[start : start + _AT_ONCE]] for column in columns[1:]], nbytes)


def _require(owner: ContainerFile, path: str, places: list[Int64], nbytes: int | None) -> None:
    offset, length = places
    short = (length < _HEAD) | (offset < 0) | (offset + length > owner.reader.size)
    if not short.any():
        heads = owner.reader.pieces(offset.tolist(), _HEAD)
        values, block, stated = np.ascontiguousarray(heads[:, 4:]).view("<u4").astype(np.int64).T
        wrong = (stated != length) | ((block < 1) & (values > 0))
        wrong |= ((heads[:, 2] & _STORED) != 0) & (stated != values + _HEAD)
        if nbytes is not None:
            wrong |= values != nbytes
    else:
        values = stated = np.zeros(len(offset), np.int64)
        wrong = short
    if wrong.any():
        at = int(np.argmax(wrong))
        whole = "" if nbytes is None else f", of {nbytes} bytes of values"
        raise owner.problem(
            "V0361",
            f"a chunk of array '{path}' is not as long as it says",
            int(offset[at]),
            expected=f"a Blosc chunk of {length[at]} bytes{whole}",
            found=f"one that says it has {stated[at]} bytes, of {values[at]} bytes of values",
            help="the chunk is cut short or damaged: fetch it again",
        )
