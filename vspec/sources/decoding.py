"""Codecs undone, within bounds: a piece at a time where a decoder can, else as a whole.

It shares no code with what the readers of maps decode with.
"""

from __future__ import annotations

import bz2
import lzma
import zlib
from collections.abc import Callable, Mapping
from importlib import import_module
from typing import Protocol

import numpy as np

from vspec.layout import Codecs, Json

MOST_WHOLE = 1 << 30
"""Bytes that a region may decode to where its codecs only give all of it at once."""
_MOST_ENCODED = 64 << 20
"""Bytes of a region whose decoder cannot be stopped on the way."""
_READ = 1 << 18
_STEP = 1 << 20
_MEMORY = 1 << 28
_MOST_SHRUNK = 255
"""The bytes that one byte of an LZ4 block can stand for."""
_ZSTD_BLOCK = 128 << 10

FAULTS = (ValueError, RuntimeError, OSError, EOFError, TypeError, MemoryError, zlib.error, lzma.LZMAError)
"""What decoders raise for bytes that they do not know."""


class TooLargeError(Exception):
    """Decoded, it has more than so many bytes."""

    def __init__(self, limit: int) -> None:
        super().__init__(limit)
        self.limit = limit


class CodecError(Exception):
    """A configuration is none of its codec's; ``is_missing`` where the package of the codec is not there."""

    def __init__(self, why: str, *, is_missing: bool = False) -> None:
        super().__init__(why)
        self.is_missing = is_missing


class _Decoder(Protocol):
    """A decoder of the standard library."""

    @property
    def eof(self) -> bool: ...

    @property
    def unused_data(self) -> bytes: ...

    def decompress(self, data: bytes, max_length: int, /) -> bytes: ...


class _Codec(Protocol):
    """A numcodecs codec."""

    def decode(self, buf: object) -> object: ...


Config = Mapping[str, Json]


def _lzma(config: Config) -> _Decoder:
    form = config.get("format", lzma.FORMAT_XZ)
    if form == lzma.FORMAT_RAW:
        raise ValueError("raw LZMA does not say what it is")
    return lzma.LZMADecompressor(int(str(form)), memlimit=_MEMORY)


_STREAMS: Mapping[str, Callable[[Config], _Decoder]] = {
    "zlib": lambda _: zlib.decompressobj(),
    "gzip": lambda _: zlib.decompressobj(wbits=31),
    "bz2": lambda _: bz2.BZ2Decompressor(),
    "lzma": _lzma,
}
_MAGIC: Mapping[bytes, str] = {
    b"\x1f\x8b": "gzip",
    b"BZh": "bz2",
    b"\xfd7zXZ\0": "lzma",
    b"\x28\xb5\x2f\xfd": "zstd",
    b"\x78\x01": "zlib",
    b"\x78\x9c": "zlib",
    b"\x78\xda": "zlib",
}


def looks_like(head: bytes) -> str | None:
    """Return the codec that bytes seem to be of, by their beginning."""
    return next((name for magic, name in _MAGIC.items() if head.startswith(magic)), None)


def is_stream(chain: Codecs) -> bool:
    """Tell whether a chain can be undone a piece at a time."""
    return len(chain) == 1 and chain[0]["id"] in _STREAMS


class Flow:
    """Decoded bytes from the first on, a bounded piece at a time. ``read`` gives encoded ones, to ``nbytes``.

    gzip, bz2 and xz may have several members, one behind the other, which are one.
    """

    def __init__(self, config: Config, read: Callable[[int, int], bytes], nbytes: int) -> None:
        self._config = config
        self._has_members = config["id"] != "zlib"
        self._read = read
        self._left = nbytes
        self._at = 0
        self._waiting = b""
        self._decoder: _Decoder | None = self._make()
        self.position = 0

    def piece(self) -> bytes:
        """Return the next bytes, none at the end. Raises one of `FAULTS`."""
        while self._decoder is not None:
            if self._decoder.eof:
                self._begin_member()
                continue
            if not self._waiting and getattr(self._decoder, "needs_input", True):
                self._fill()
            data = self._waiting
            found = self._decoder.decompress(data, _STEP)
            self._waiting = getattr(self._decoder, "unconsumed_tail", b"")
            if found:
                self.position += len(found)
                return found
            if not data and not self._decoder.eof:
                raise EOFError("it ends too early")
        return b""

    def _make(self) -> _Decoder:
        return _STREAMS[str(self._config["id"])](self._config)

    def _begin_member(self) -> None:
        assert self._decoder is not None, "a member ends"
        self._waiting = self._decoder.unused_data if self._has_members else b""
        while self._has_members and not self._waiting.lstrip(b"\0") and self._left:
            self._waiting = b""
            self._fill()
        self._waiting = self._waiting.lstrip(b"\0")
        self._decoder = self._make() if self._waiting else None

    def _fill(self) -> None:
        count = min(_READ, self._left)
        self._waiting = self._read(self._at, count) if count else b""
        self._at += count
        self._left -= count


def undone(chain: Codecs, data: bytes) -> bytes:
    """Return what bytes decode to. Raises `TooLargeError`, or one of `FAULTS`."""
    for config in reversed(chain):
        data = _streamed(config, data) if config["id"] in _STREAMS else _whole(config, data)
    return data


def _streamed(config: Config, data: bytes) -> bytes:
    flow = Flow(config, lambda at, n: data[at : at + n], len(data))
    out = bytearray()
    while piece := flow.piece():
        out += piece
        if len(out) > MOST_WHOLE:
            raise TooLargeError(MOST_WHOLE)
    return bytes(out)


def _whole(config: Config, data: bytes) -> bytes:
    if len(data) > _MOST_ENCODED or _most(str(config["id"]), data) > MOST_WHOLE:
        raise TooLargeError(MOST_WHOLE)
    try:
        found = _codec(config).decode(data)
    except MemoryError:
        raise TooLargeError(MOST_WHOLE) from None
    if isinstance(found, np.ndarray):
        return found.tobytes()
    return bytes(found)  # type: ignore[call-overload,no-any-return]  # codecs return buffers


def _most(name: str, data: bytes) -> int:
    """Return how many bytes these may decode to at most, as far as they say so themselves."""
    if name == "blosc" and len(data) >= 16:
        return int.from_bytes(data[4:8], "little")
    if name == "lz4" and len(data) >= 4:
        claimed = int.from_bytes(data[:4], "little")
        if claimed > _MOST_SHRUNK * len(data):
            raise ValueError(f"{len(data)} bytes are said to hold {claimed}")
        return claimed
    return _most_of_zstd(data) if name == "zstd" else 0


def _most_of_zstd(data: bytes) -> int:
    """Return the most that a frame may decode to, by its blocks (RFC 8878, 3.1.1)."""
    if len(data) < 6 or data[:4] != b"\x28\xb5\x2f\xfd":
        raise ValueError("it does not begin with a frame")
    flags = data[4]
    single = flags >> 5 & 1
    content = (single, 2, 4, 8)[flags >> 6]
    at, most = 5 + (1 - single) + (0, 1, 2, 4)[flags & 3] + content, 0
    while at + 3 <= len(data) and most <= MOST_WHOLE:
        block = int.from_bytes(data[at : at + 3], "little")
        most += _ZSTD_BLOCK
        at += 3 + (1 if block >> 1 & 3 == 1 else block >> 3)
        if block & 1:
            break
    return most


def require_codec(config: Config) -> None:
    """Raise `CodecError` unless a configuration is one of a codec that is there."""
    try:
        _codec(config)
    except ImportError as error:
        raise CodecError(str(error), is_missing=True) from None
    except FAULTS as error:
        raise CodecError(str(error)) from None


def _codec(config: Config) -> _Codec:
    registry = import_module("numcodecs")
    if str(config["id"]).startswith("imagecodecs_"):
        import_module("imagecodecs.numcodecs").register_codecs([config["id"]], verbose=False)
    codec: _Codec = registry.get_codec(dict(config))
    return codec
