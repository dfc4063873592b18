"""Decodes whole chunks, for readers that lack the codecs."""

from __future__ import annotations

import bz2
import lzma
import zlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from vspec.codecs import from_config
from vspec.codecs.registration import lend, register
from vspec.errors import Problem, VspecError
from vspec.layout import Json
from vspec.profile.arrays import OWN_CODECS, MapArray
from vspec.profile.readers import BORROWED

Bytes = NDArray[np.uint8]

_FAULTS = (
    ArithmeticError,
    AssertionError,
    BufferError,
    EOFError,
    LookupError,
    OSError,
    RuntimeError,
    TypeError,
    ValueError,
    lzma.LZMAError,
    zlib.error,
)
"""What codecs raise for bytes that are none of theirs."""


_SHRUNK = 8
"""How many times as long as its elements a chunk may be before its filters have made them of it."""

_MEMORY = 1 << 28


class _Decoding(Protocol):
    def decode(self, buffer: Bytes, /) -> object: ...


class _Decompressor(Protocol):
    """A decompressor of the standard library."""

    @property
    def eof(self) -> bool: ...

    @property
    def unused_data(self) -> bytes: ...

    def decompress(self, data: bytes, max_length: int, /) -> bytes: ...


_STREAMS: Mapping[str, Callable[[], _Decompressor]] = {
    "zlib": zlib.decompressobj,
    "gzip": lambda: zlib.decompressobj(wbits=31),
    "bz2": bz2.BZ2Decompressor,
    "lzma": lambda: lzma.LZMADecompressor(lzma.FORMAT_AUTO, memlimit=_MEMORY),
}


@dataclass(frozen=True, slots=True)
class _Stream:
    """Decompresses without ever making more than ``most`` bytes: a small chunk may stand for any number."""

    begin: Callable[[], _Decompressor]
    most: int

    def decode(self, buffer: Bytes, /) -> bytes:
        found, data = bytearray(), buffer.tobytes()
        while data:
            decompressor = self.begin()
            found += decompressor.decompress(data, self.most + 1 - len(found))
            if len(found) > self.most:
                raise ValueError(f"it holds more than {self.most} bytes")
            if not decompressor.eof:
                raise EOFError("it ends too early")
            data = decompressor.unused_data
        return bytes(found)


def decoder(array: MapArray) -> Callable[[Bytes], Bytes]:
    """Return what makes the elements of a chunk, in C order, of its encoded bytes.

    Raises `VspecError` V0711. What is returned raises V0710 for a codec that is not installed, and V0712
    where the bytes do not decode to just one whole chunk.
    """
    filters, compressor = array.metadata["filters"], array.metadata["compressor"]
    configs = [*(filters if isinstance(filters, list) else []), *([compressor] if compressor else [])]
    most = _SHRUNK * array.chunk_bytes + _SHRUNK
    chain = [_codec(config, most) for config in reversed(configs) if isinstance(config, dict)]

    def decode(data: Bytes) -> Bytes:
        found: object = data
        for codec in chain:
            found = _run(array, codec, _bytes(found))
        decoded = _bytes(found)
        if len(decoded) != array.chunk_bytes:
            raise VspecError([_unfit(array, f"{len(decoded)} bytes")])
        return decoded

    return decode


def _codec(config: Mapping[str, Json], most: int) -> _Decoding:
    name = str(config["id"])
    if name in OWN_CODECS:
        return from_config(config)
    from numcodecs.registry import get_codec

    register()
    if name.startswith(BORROWED):
        lend({name})
    try:
        found: _Decoding = get_codec(dict(config))
    except (TypeError, ValueError) as error:
        problem = Problem(
            "V0711", f"the codec '{name}' cannot be configured as the map says", found=str(error)
        )
        raise VspecError([problem]) from None
    raw = name == "lzma" and config.get("format", lzma.FORMAT_XZ) == lzma.FORMAT_RAW
    return _Stream(_STREAMS[name], most) if name in _STREAMS and not raw else found


def _run(array: MapArray, codec: _Decoding, data: Bytes) -> object:
    """Decode with a codec of any package, whatever that raises for bytes that are none of its."""
    try:
        return codec.decode(data)
    except _FAULTS as error:
        raise VspecError([_unfit(array, f"{type(error).__name__}: {error}")]) from error


def _bytes(found: object) -> Bytes:
    """Return the bytes of what a codec returned: a buffer, or an array of numbers."""
    data = found if isinstance(found, np.ndarray) else np.frombuffer(found, np.uint8)  # type: ignore[call-overload]  # a buffer, as codecs return
    return np.ascontiguousarray(data).reshape(-1).view(np.uint8)


def _unfit(array: MapArray, found: str) -> Problem:
    return Problem(
        "V0712",
        f"a chunk of array '{array.path}' cannot be decoded",
        expected=f"{array.chunk_bytes} bytes once it is decoded",
        found=found[:200],
        help="was the file cut off or replaced after the map was made? `vspec status` tells",
    )
