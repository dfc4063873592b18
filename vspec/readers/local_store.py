"""A map of local files as a store of zarr 3."""

from __future__ import annotations

import asyncio
import base64
from collections.abc import AsyncIterator, Iterable
from typing import TYPE_CHECKING

import numpy as np
from zarr.abc.store import OffsetByteRequest, RangeByteRequest, Store, SuffixByteRequest

from vspec.readers.local_chunks import ChunkReading
from vspec.readers.local_places import Places
from vspec.readers.map_file import MapDocument

if TYPE_CHECKING:
    from zarr.abc.store import ByteRequest
    from zarr.core.buffer import Buffer, BufferPrototype

_INLINE = "base64:"


class LocalStore(Store):
    """The keys of a map whose root is a folder of this machine; read-only.

    Raises `VspecError` as `Places` does.
    """

    supports_writes = False
    supports_deletes = False
    supports_listing = True

    def __init__(self, document: MapDocument) -> None:
        super().__init__(read_only=True)
        self._document = document
        self.places = Places(document)
        self.readings = {array.path: ChunkReading.of(array) for array in document.arrays}

    def __reduce__(self) -> tuple[type[LocalStore], tuple[MapDocument]]:
        return LocalStore, (self._document,)

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, LocalStore):
            return False
        mine, theirs = self._document, other._document
        return mine is theirs or (mine.path == theirs.path and mine.refs == theirs.refs)

    def __hash__(self) -> int:
        return hash(self._document.path)

    def __repr__(self) -> str:
        return f"<LocalStore {self._document.path}>"

    async def get(
        self, key: str, prototype: BufferPrototype, byte_range: ByteRequest | None = None
    ) -> Buffer | None:
        """Return the bytes of a key, or those of a range within them; None where the map has no such key."""
        place = self.places.find(key)
        if place is not None:
            start, stop = _within(place.nbytes, byte_range)
            data = np.empty(stop - start, np.uint8)
            await asyncio.to_thread(self.places.fill, place, start, data)
            return prototype.buffer.from_array_like(data)
        held = self._held(key)
        if held is None:
            return None
        start, stop = _within(len(held), byte_range)
        return prototype.buffer.from_bytes(held[start:stop])

    async def get_partial_values(
        self, prototype: BufferPrototype, key_ranges: Iterable[tuple[str, ByteRequest | None]]
    ) -> list[Buffer | None]:
        """Return the bytes of several ranges."""
        return [await self.get(key, prototype, asked) for key, asked in key_ranges]

    async def exists(self, key: str) -> bool:
        """Tell whether the map has a key."""
        return key in self.places

    async def getsize(self, key: str) -> int:
        """Return the bytes of a key; raises `FileNotFoundError` where the map has no such key."""
        place, held = self.places.find(key), self._held(key)
        if place is None and held is None:
            raise FileNotFoundError(key)
        return place.nbytes if place is not None else len(held or b"")

    async def list(self) -> AsyncIterator[str]:
        """Yield all keys."""
        for key in self.places.all_keys():
            yield key

    async def list_prefix(self, prefix: str) -> AsyncIterator[str]:
        """Yield the keys that begin with a prefix."""
        for key in self.places.all_keys():
            if key.startswith(prefix):
                yield key

    async def list_dir(self, prefix: str) -> AsyncIterator[str]:
        """Yield what lies right below a prefix, each once."""
        folder = f"{prefix.rstrip('/')}/" if prefix.rstrip("/") else ""
        found = (
            key[len(folder) :].partition("/")[0] for key in self.places.all_keys() if key.startswith(folder)
        )
        for name in dict.fromkeys(found):
            yield name

    async def set(self, _key: str, _value: Buffer) -> None:
        """Raise `ValueError`: maps are read-only."""
        self._check_writable()

    async def delete(self, _key: str) -> None:
        """Raise `ValueError`: maps are read-only."""
        self._check_writable()

    def close(self) -> None:
        """Close the files."""
        self.places.close()
        super().close()

    def _held(self, key: str) -> bytes | None:
        text = self.places.text(key)
        if text is None or not text.startswith(_INLINE):
            return None if text is None else text.encode()
        return base64.b64decode(text[len(_INLINE) :])


def _within(nbytes: int, asked: ByteRequest | None) -> tuple[int, int]:
    """Return the first byte of a range and its end, neither beyond the bytes that there are."""
    match asked:
        case RangeByteRequest(start, stop):
            return min(start, nbytes), max(min(start, nbytes), min(stop, nbytes))
        case OffsetByteRequest(start):
            return min(start, nbytes), nbytes
        case SuffixByteRequest(count):
            return nbytes - min(count, nbytes), nbytes
        case _:
            return 0, nbytes
