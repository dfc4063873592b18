"""How large a map may be."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class MapLimits:
    """What a map may ask for: bytes of the file, of a metadata document, of a chunk; references."""

    file_bytes: int = 8 << 30
    document_bytes: int = 256 << 20
    chunk_bytes: int = (2 << 30) - 1
    references: int = 10**8
