"""Regions of encoded bytes: decoded when their inside is asked for, and never when it is only located."""

from __future__ import annotations

import bz2
import lzma
import zlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from importlib import import_module
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from vspec.errors import Problem, VspecError
from vspec.layout import Codecs, Int64, Json
from vspec.sources.files import FIND_LIMIT, PastEnd, Reader

FIRST_REGION = 1 << 40
"""Indices from here on are regions, below it are files."""
MOST_DECODED = 1 << 30
"""Bytes that one region may decode to where vspec itself has to look inside."""
_MOST_ENCODED = 64 << 20
"""Bytes of a region whose decoder cannot be stopped on the way."""
_STEP = 1 << 20


class _Stream(Protocol):
    """A decoder of the standard library."""

    @property
    def eof(self) -> bool: ...

    @property
    def unused_data(self) -> bytes: ...

    def decompress(self, data: bytes, max_length: int, /) -> bytes: ...


class _Codec(Protocol):
    """A numcodecs codec."""

    def decode(self, buf: object) -> object: ...


_Decoder = Callable[[], _Stream]
_STREAMS: Mapping[str, _Decoder] = {
    "zlib": zlib.decompressobj,
    "gzip": lambda: zlib.decompressobj(wbits=31),
    "bz2": bz2.BZ2Decompressor,
    "lzma": lzma.LZMADecompressor,
}
"""Decoders that give a bounded piece at a time; they share no code with those of the readers of maps."""


@dataclass(frozen=True, slots=True)
class Region:
    """``nbytes`` from ``offset`` of file ``file``, which ``chain`` has encoded (in encoding order)."""

    file: int
    offset: int
    nbytes: int
    chain: Codecs


@dataclass(slots=True)
class RegionTable:
    """The regions of a data set as columns; row k has the index ``FIRST_REGION + k``."""

    file: list[Int64]
    offset: list[Int64]
    nbytes: list[Int64]
    chain: list[Int64]
    chains: list[Codecs]
    count: int = 0

    @classmethod
    def empty(cls) -> RegionTable:
        """Return a table without rows."""
        return cls([], [], [], [], [])

    def add(self, file: Int64, offset: Int64, nbytes: Int64, chain: Codecs) -> Int64:
        """Add regions that one chain has encoded; return their indices."""
        if chain not in self.chains:
            self.chains.append(chain)
        first = self.count
        self.count += len(offset)
        self.file.append(np.asarray(file, np.int64))
        self.offset.append(np.asarray(offset, np.int64))
        self.nbytes.append(np.asarray(nbytes, np.int64))
        self.chain.append(np.full(len(offset), self.chains.index(chain), np.int64))
        return np.arange(first, self.count, dtype=np.int64) + FIRST_REGION

    def columns(self) -> tuple[Int64, Int64, Int64, Int64]:
        """Return file, offset, nbytes and chain of all regions, each as one column."""
        columns = (self.file, self.offset, self.nbytes, self.chain)
        for parts in columns:
            parts[:] = [np.concatenate(parts)] if len(parts) > 1 else parts
        file, offset, nbytes, chain = (parts[0] if parts else np.zeros(0, np.int64) for parts in columns)
        return file, offset, nbytes, chain

    def between(self, first: int, stop: int) -> tuple[Int64, Int64, Int64, Int64]:
        """Return the columns of the regions with the indices ``first`` to ``stop`` - 1."""
        rows = slice(first - FIRST_REGION, stop - FIRST_REGION)
        file, offset, nbytes, chain = self.columns()
        return file[rows], offset[rows], nbytes[rows], chain[rows]

    def region(self, index: int) -> Region:
        """Return one region."""
        k = index - FIRST_REGION
        file, offset, nbytes, chain = self.columns()
        return Region(int(file[k]), int(offset[k]), int(nbytes[k]), self.chains[int(chain[k])])


class DecodedReader:
    """The inside of a region, with the methods of `vspec.sources.files.Reader`.

    Decoded as a whole when first read. Raises `VspecError` V0346 where it cannot be, V0923 where it is
    larger than allowed.
    """

    def __init__(self, region: Region, reader: Reader | DecodedReader) -> None:
        self._region = region
        self._reader = reader
        self._bytes: NDArray[np.uint8] | None = None

    @property
    def path(self) -> str:
        """Path of the file, relative to the data root."""
        return self._reader.path

    @property
    def size(self) -> int:
        """Decoded bytes."""
        return len(self._decoded())

    def read(self, offset: int, n: int) -> bytes:
        """Return ``n`` decoded bytes from ``offset`` on; raises `PastEnd`."""
        return self.view(offset, n).tobytes()

    def view(self, offset: int, n: int) -> NDArray[np.uint8]:
        """Return ``n`` decoded bytes from ``offset`` on; raises `PastEnd`."""
        whole = self._decoded()
        if offset < 0 or n < 0 or offset + n > len(whole):
            raise PastEnd(offset, n, len(whole))
        return whole[offset : offset + n]

    def lend(self, offset: int, n: int) -> NDArray[np.uint8] | None:
        """Return the same; nothing is copied."""
        return self.view(offset, n)

    def pieces(self, offsets: Sequence[int], n: int) -> NDArray[np.uint8]:
        """Return ``n`` bytes from each offset on, one row each; raises `PastEnd`."""
        rows = [self.view(int(offset), n) for offset in offsets]
        return np.stack(rows) if rows else np.zeros((0, n), np.uint8)

    def find(self, needle: bytes, start: int, limit: int = FIND_LIMIT) -> int | None:
        """Return the offset of the first ``needle`` that begins within ``limit`` bytes of ``start``."""
        stop = min(self.size, start + limit + len(needle) - 1)
        found = self.view(start, max(0, stop - start)).tobytes().find(needle)
        return None if found < 0 else start + found

    def close(self) -> None:
        """Let go of the decoded bytes."""
        self._bytes = None

    def _decoded(self) -> NDArray[np.uint8]:
        if self._bytes is None:
            region = self._region
            encoded = self._reader.view(region.offset, region.nbytes)
            found: object = encoded
            for config in reversed(region.chain):
                found = self._undone(config, found)
            decoded = np.frombuffer(_raw(found), np.uint8)
            decoded.flags.writeable = False
            self._bytes = decoded
        return self._bytes

    def _undone(self, config: Mapping[str, Json], data: object) -> object:
        name = str(config["id"])
        try:
            if name in _STREAMS:
                return self._streamed(_STREAMS[name], _raw(data))
            if len(_raw(data)) > _MOST_ENCODED:
                raise self._too_large(_MOST_ENCODED)
            return _codec(config).decode(data)
        except (ValueError, RuntimeError, OSError, EOFError, zlib.error, lzma.LZMAError, TypeError) as error:
            message = f"{self.path}: a region of {self._region.nbytes} bytes is no {name} data: {error}"
            raise self._failed("V0346", message) from None

    def _streamed(self, make: _Decoder, data: bytes) -> bytes:
        """Decode one stream after the other (gzip has members), a bounded piece at a time."""
        out = bytearray()
        rest: bytes = data
        while rest:
            decoder = make()
            while not decoder.eof:
                piece = decoder.decompress(rest, _STEP)
                out += piece
                if len(out) > MOST_DECODED:
                    raise self._too_large(MOST_DECODED)
                rest = getattr(decoder, "unconsumed_tail", b"")
                if not piece and not rest and not decoder.eof:
                    raise EOFError("it ends too early")
            rest = decoder.unused_data.lstrip(b"\0") if make is not _STREAMS["zlib"] else b""
        return bytes(out)

    def _too_large(self, limit: int) -> VspecError:
        message = f"{self.path}: a region decodes to more than {limit} bytes"
        return self._failed("V0923", message)

    def _failed(self, code: str, message: str) -> VspecError:
        problem = Problem(code, message, data_file=self.path, offset=self._region.offset)
        return VspecError([problem])


def _codec(config: Mapping[str, Json]) -> _Codec:
    registry = import_module("numcodecs")
    if str(config["id"]).startswith("imagecodecs_"):
        import_module("imagecodecs.numcodecs").register_codecs(verbose=False)
    codec: _Codec = registry.get_codec(dict(config))
    return codec


def _raw(data: object) -> bytes:
    if isinstance(data, np.ndarray):
        return data.tobytes()
    return bytes(data)  # type: ignore[call-overload,no-any-return]  # codecs return buffers
