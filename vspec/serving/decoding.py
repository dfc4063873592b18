"""Decodes whole chunks, for readers that lack the codecs."""

from __future__ import annotations

import lzma
import zlib
from collections.abc import Callable, Mapping
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


class _Decoding(Protocol):
    def decode(self, buffer: Bytes, /) -> object: ...


def decoder(array: MapArray) -> Callable[[Bytes], Bytes]:
    """Return what makes the elements of a chunk, in C order, of its encoded bytes.

    Raises `VspecError` V0711. What is returned raises V0710 for a codec that is not installed, and V0712
    where the bytes do not decode to just one whole chunk.
    """
    filters, compressor = array.metadata["filters"], array.metadata["compressor"]
    configs = [*(filters if isinstance(filters, list) else []), *([compressor] if compressor else [])]
    chain = [_codec(config) for config in reversed(configs) if isinstance(config, dict)]

    def decode(data: Bytes) -> Bytes:
        found: object = data
        for codec in chain:
            found = _run(array, codec, _bytes(found))
        decoded = _bytes(found)
        if len(decoded) != array.chunk_bytes:
            raise VspecError([_unfit(array, f"{len(decoded)} bytes")])
        return decoded

    return decode


def _codec(config: Mapping[str, Json]) -> _Decoding:
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
    return found


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
