"""The codecs as numcodecs has them, for Zarr v2 metadata (zarr 2.18 and 3). The only module that imports it.

A packed map has `GatherCodec` as the compressor and the others as filters: readers decode the compressor
first, then the filters from the last to the first.
"""

from __future__ import annotations

from typing import ClassVar

import numpy as np
from numcodecs.abc import Codec
from numcodecs.compat import ndarray_copy
from numpy.typing import NDArray

from vspec.codecs.bits import Bits
from vspec.codecs.findings import Buffer, Json, read_only
from vspec.codecs.gather import Gather
from vspec.codecs.ibm import Ibm


class _Reading(Codec):  # type: ignore[misc]  # numcodecs has no types
    kind: ClassVar[type[Gather | Bits | Ibm]]

    def __init__(self, **config: Json) -> None:
        self.codec = self.kind.from_config({"id": self.kind.id, **config})

    def get_config(self) -> dict[str, Json]:
        return self.codec.config()

    def decode(self, buf: Buffer, out: Buffer | None = None) -> NDArray[np.generic]:
        decoded: NDArray[np.generic] = ndarray_copy(self.codec.decode(buf), out)
        return decoded

    def encode(self, _buf: Buffer) -> Buffer:
        raise read_only(self.kind.id)

    def __repr__(self) -> str:
        return repr(self.codec)


class GatherCodec(_Reading):
    """`Gather` for numcodecs."""

    codec_id = Gather.id
    kind = Gather


class BitsCodec(_Reading):
    """`Bits` for numcodecs."""

    codec_id = Bits.id
    kind = Bits


class IbmCodec(_Reading):
    """`Ibm` for numcodecs."""

    codec_id = Ibm.id
    kind = Ibm


CODECS = (GatherCodec, BitsCodec, IbmCodec)
