"""The codecs as zarr 3 has them, for Zarr v3 metadata. The only module of this room that imports zarr.

In ``codecs`` of an array they follow ``bytes``: ``[bytes, vspec.bits, vspec.gather]`` gathers first.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar, Self

from zarr.abc.codec import BytesBytesCodec
from zarr.registry import register_codec

from vspec.codecs.bits import Bits
from vspec.codecs.findings import read_only
from vspec.codecs.gather import Gather
from vspec.codecs.ibm import Ibm

if TYPE_CHECKING:
    from zarr.core.array_spec import ArraySpec
    from zarr.core.buffer import Buffer
    from zarr.core.common import JSON


@dataclass(frozen=True)
class _Reading(BytesBytesCodec):
    is_fixed_size = False
    kind: ClassVar[type[Gather | Bits | Ibm]]

    codec: Gather | Bits | Ibm

    @classmethod
    def from_dict(cls, data: dict[str, JSON]) -> Self:
        configuration = data.get("configuration")
        given = configuration if isinstance(configuration, dict) else {}
        return cls(cls.kind.from_config({**given, "id": cls.kind.id}))

    def to_dict(self) -> dict[str, JSON]:
        configuration: dict[str, JSON] = {**self.codec.config()}
        return {"name": configuration.pop("id"), "configuration": configuration}

    def compute_encoded_size(self, input_byte_length: int, _chunk_spec: ArraySpec) -> int:
        raise NotImplementedError

    def _decode_sync(self, chunk_bytes: Buffer, chunk_spec: ArraySpec) -> Buffer:
        decoded = self.codec.decode(chunk_bytes.as_numpy_array())
        return chunk_spec.prototype.buffer.from_array_like(decoded)

    async def _decode_single(self, chunk_bytes: Buffer, chunk_spec: ArraySpec) -> Buffer:
        return await asyncio.to_thread(self._decode_sync, chunk_bytes, chunk_spec)

    def _encode_sync(self, _chunk_bytes: Buffer, _chunk_spec: ArraySpec) -> Buffer | None:
        raise read_only(self.kind.id)

    async def _encode_single(self, chunk_bytes: Buffer, chunk_spec: ArraySpec) -> Buffer | None:
        return self._encode_sync(chunk_bytes, chunk_spec)


class GatherCodec(_Reading):
    """`Gather` for zarr 3."""

    kind = Gather


class BitsCodec(_Reading):
    """`Bits` for zarr 3."""

    kind = Bits


class IbmCodec(_Reading):
    """`Ibm` for zarr 3."""

    kind = Ibm


CODECS = (GatherCodec, BitsCodec, IbmCodec)


def register() -> None:
    """Register every codec with zarr."""
    for codec in CODECS:
        register_codec(codec.kind.id, codec)
