"""How the chunks of an array are handed on: as they are, with a codec that every reader has, or decoded."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from vspec.layout import Json
from vspec.profile.arrays import MapArray

Format = Literal[2, 3]
FORMATS: tuple[Format, ...] = (2, 3)

_CNAMES = ("blosclz", "lz4", "lz4hc", "snappy", "zlib", "zstd")
_SHUFFLES = ("noshuffle", "shuffle", "bitshuffle")
_ZSTD = range(-131072, 23)


@dataclass(frozen=True, slots=True)
class Handing:
    """``codec`` as the metadata state it, None for plain elements; ``decode``: whether the server decodes.

    Chunks are never encoded anew.
    """

    codec: Mapping[str, Json] | None
    decode: bool


AS_THEY_ARE = Handing(None, decode=False)
DECODED = Handing(None, decode=True)


def handing(array: MapArray, format: Format) -> Handing:
    """Return how the chunks of an array are handed on in a format of Zarr.

    Compressed chunks pass where the readers of that format have the codec: zlib, gzip, blosc and zstd in
    format 2, the same without zlib in format 3. All others (filters, codecs of vspec's own) are decoded.
    """
    if not array.encoded:
        return AS_THEY_ARE
    compressor = array.metadata["compressor"]
    if array.metadata["filters"] or not isinstance(compressor, dict):
        return DECODED
    found = _format_2(compressor) if format == 2 else _format_3(compressor, array.dtype.itemsize)
    return DECODED if found is None else Handing(found, decode=False)


def _format_2(config: Mapping[str, Json]) -> dict[str, Json] | None:
    match config:
        case {"id": "zlib" | "gzip" | "zstd" as name}:
            # Without what only matters for writing, and numcodecs' `checksum`, which others refuse.
            return {"id": name, "level": _level(config, _ZSTD if name == "zstd" else range(10))}
        case {"id": "blosc"} if (said := _blosc(config)) is not None:
            cname, clevel, shuffle, blocksize = said
            return {
                "id": "blosc",
                "cname": cname,
                "clevel": clevel,
                "shuffle": shuffle,
                "blocksize": blocksize,
            }
    return None


def _format_3(config: Mapping[str, Json], itemsize: int) -> dict[str, Json] | None:
    match config:
        case {"id": "gzip"}:
            return {"name": "gzip", "configuration": {"level": _level(config, range(10))}}
        case {"id": "zstd"}:
            return {"name": "zstd", "configuration": {"level": _level(config, _ZSTD), "checksum": False}}
        case {"id": "blosc"} if (said := _blosc(config)) is not None:
            cname, clevel, shuffle, blocksize = said
            settings: dict[str, Json] = {
                "cname": cname,
                "clevel": clevel,
                "shuffle": _SHUFFLES[shuffle],
                "typesize": itemsize,
                "blocksize": blocksize,
            }
            return {"name": "blosc", "configuration": settings}
    return None


def _level(config: Mapping[str, Json], allowed: range) -> int:
    """Return the level, which no reader needs; 1 where a reader might stumble over it."""
    level = config.get("level", 1)
    return level if type(level) is int and level in allowed else 1


def _blosc(config: Mapping[str, Json]) -> tuple[str, int, int, int] | None:
    """Return name, level, shuffle and block size; None for what is not Blosc as others know it."""
    cname, shuffle = config.get("cname", "lz4"), config.get("shuffle", 1)
    clevel, blocksize = config.get("clevel", 5), config.get("blocksize", 0)
    if cname not in _CNAMES or not (type(shuffle) is int and -1 <= shuffle <= 2):
        return None
    level = clevel if type(clevel) is int and clevel in range(10) else 5
    # Each chunk says itself how it is shuffled; -1 leaves it to the writer.
    return str(cname), level, max(shuffle, 0), blocksize if type(blocksize) is int and blocksize >= 0 else 0
