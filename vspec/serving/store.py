"""One map as a store: a key is answered with its bytes, or with why they cannot be had."""

from __future__ import annotations

import base64
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from hashlib import blake2b
from threading import BoundedSemaphore

import numpy as np
from numpy.typing import NDArray

from vspec.errors import Problem, VspecError
from vspec.profile.arrays import MapArray
from vspec.profile.limits import MapLimits
from vspec.readers.local_places import Place, Places
from vspec.readers.map_file import MapDocument
from vspec.serving.decoding import decoder
from vspec.serving.documents import documents
from vspec.serving.handing import FORMATS, Format, handing
from vspec.serving.originals import Originals

Bytes = NDArray[np.uint8]
Piece = bytes | memoryview

_BLOCK = 4 << 20
"""Bytes that are read at once of a chunk that is handed on as it is."""

_DECODING = BoundedSemaphore(4)
"""Chunks are decoded as a whole, in memory: a few at a time, whoever asks."""

_INLINE = "base64:"


@dataclass(frozen=True, slots=True)
class Value:
    """What stands under a key: ``size`` bytes, always all of them.

    ``check`` raises `VspecError` where they cannot be had now; it reads nothing. ``pieces`` yields the bytes
    of a range, and raises `VspecError` before it gives away any that are in doubt. ``tag`` differs where the
    bytes would.
    """

    size: int
    tag: str
    check: Callable[[], None]
    pieces: Callable[[int, int], Iterator[Piece]]


class Store:
    """The keys of a map in one format of Zarr; read-only, for any number of threads.

    Keys are those of Zarr (``.zarray``, ``group/name/0.0``; ``zarr.json``, ``group/name/c/0/0``). Raises
    `VspecError` V0705, V0740, and V0711 for codecs that cannot be.
    """

    def __init__(self, document: MapDocument, format: Format, originals: Originals | None = None) -> None:
        self.format = format
        self.documents = documents(document, format)
        self._arrays = {array.path: array for array in document.arrays}
        self._decoders = {a.path: decoder(a) for a in document.arrays if handing(a, format).decode}
        self._places = Places(document)
        self._originals = originals or Originals(document)
        self._identity = blake2b(repr(sorted(document.refs.items())).encode(), digest_size=12).digest()

    def get(self, key: str) -> Value | None:
        """Return what stands under a key; None where the store has none.

        A chunk that the map has no reference for is none: readers take the fill value, which such an array
        has. A chunk whose source is missing has a value, which raises.
        """
        found = self.documents.get(key)
        if found is not None:
            return self._held(key, found)
        array, reference = self._chunk(key)
        if array is None:
            return None
        place, text = self._places.find(reference), self._places.text(reference)
        if place is None and text is None:
            return None
        if array.path in self._decoders:
            return self._decoded(key, array, place, text or "")
        return self._stretch(key, place) if place is not None else self._held(key, _inlined(text or ""))

    def close(self) -> None:
        """Close the files."""
        self._places.close()

    def _chunk(self, key: str) -> tuple[MapArray | None, str]:
        """Return the array of a chunk's key, and the key that the map has for it."""
        if self.format == FORMATS[0]:
            path, _, name = key.rpartition("/")
            return self._arrays.get(path), f"{path}/{name}"
        path, sign, index = f"{key}/".rpartition("/c/")
        array = self._arrays.get(path) if sign else None
        if array is None or len(index.split("/")) != len(array.shape) + 1 or "." in index:
            return None, ""
        return array, f"{path}/{index.rstrip('/').replace('/', '.') or '0'}"

    def _held(self, key: str, data: Piece) -> Value:
        return Value(len(data), self._tag(key), _nothing, lambda start, stop: iter((data[start:stop],)))

    def _stretch(self, key: str, place: Place) -> Value:
        check = partial(self._originals.require, place.name)
        return Value(place.nbytes, self._tag(key), check, partial(self._read, place))

    def _decoded(self, key: str, array: MapArray, place: Place | None, text: str) -> Value:
        def pieces(start: int, stop: int) -> Iterator[Piece]:
            try:
                with _DECODING:
                    data = self._encoded(array, place) if place is not None else _inlined(text)
                    decoded = self._decoders[array.path](np.frombuffer(data, np.uint8))
            except MemoryError:
                raise VspecError([_too_large(array, "what fits into memory")]) from None
            yield decoded[start:stop].data

        check = _nothing if place is None else partial(self._originals.require, place.name)
        return Value(array.chunk_bytes, self._tag(key), check, pieces)

    def _encoded(self, array: MapArray, place: Place) -> Bytes:
        limit = MapLimits().chunk_bytes
        if place.nbytes > limit:
            raise VspecError([_too_large(array, f"at most {limit} bytes")])
        data = np.empty(place.nbytes, np.uint8)
        self._fill(place, 0, data)
        return data

    def _read(self, place: Place, start: int, stop: int) -> Iterator[Piece]:
        for begin in range(start, stop, _BLOCK):
            data = np.empty(min(_BLOCK, stop - begin), np.uint8)
            self._fill(place, begin, data)
            yield data.data

    def _fill(self, place: Place, start: int, into: Bytes) -> None:
        """Read bytes of a source that is as it was before, and still is after that."""
        self._originals.require(place.name)
        self._places.fill(place, start, into)
        self._originals.require(place.name)

    def _tag(self, key: str) -> str:
        told = self._identity + f"{self.format}/{key}".encode()
        return blake2b(told, digest_size=12).hexdigest()


def _nothing() -> None:
    pass


def _inlined(text: str) -> bytes:
    return base64.b64decode(text.removeprefix(_INLINE))


def _too_large(array: MapArray, allowed: str) -> Problem:
    return Problem(
        "V0702",
        f"a chunk of array '{array.path}' is too large to be decoded",
        expected=allowed,
        help="map with smaller chunks (--chunk-bytes)",
    )
