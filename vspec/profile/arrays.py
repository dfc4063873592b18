"""The metadata of an array in a map."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from math import prod

import numpy as np

from vspec.codecs import KINDS, from_config
from vspec.errors import Problem, VspecError
from vspec.layout import Json

_KEYS = {"chunks", "compressor", "dtype", "fill_value", "filters", "order", "shape", "zarr_format"}
_DTYPE = re.compile(r"\|b1|[|][iu]1|[<>](?:[iu][248]|f[248])")
_MOST_AXES = 32

DOCUMENTS = (".zgroup", ".zattrs", ".zarray", ".zmetadata")
"""The last part of the keys that hold metadata; every other key is a reference."""
_FARTHEST = 1 << 62

CODECS = frozenset(
    {"zlib", "gzip", "bz2", "lzma", "blosc", "lz4", "zstd", "shuffle", "delta", "fixedscaleoffset", "astype"}
    | {"quantize", "bitround", "packbits", "crc32", "crc32c", "adler32", "fletcher32", "jenkins_lookup3"}
)
"""Codecs that turn bytes into bytes or numbers; those of imagecodecs are let through by prefix."""

OWN_CODECS = frozenset(KINDS)
"""vspec's own, whose configurations are checked as a whole."""


@dataclass(frozen=True, slots=True, eq=False)
class MapArray:
    """An array of a map: stored shape, chunks, dtype, metadata and attributes."""

    path: str
    shape: tuple[int, ...]
    chunks: tuple[int, ...]
    dtype: np.dtype[np.generic]
    metadata: Mapping[str, Json]
    attrs: Mapping[str, Json]

    @property
    def encoded(self) -> bool:
        """Whether the bytes of a chunk are encoded."""
        return bool(self.metadata["compressor"] or self.metadata["filters"])

    @property
    def chunk_bytes(self) -> int:
        """Bytes of a decoded chunk."""
        return prod(self.chunks) * self.dtype.itemsize

    @property
    def grid(self) -> tuple[int, ...]:
        """Chunks along each axis."""
        return tuple(-(-size // chunk) for size, chunk in zip(self.shape, self.chunks, strict=True))


def node_fault(path: str) -> str | None:
    """Return why no array or group can have this path, or None."""
    if not path or any(part in ("", ".", "..", *DOCUMENTS) for part in path.split("/")):
        return "is not the path of an array or a group"
    if any(c == "\\" or unicodedata.category(c) in ("Cc", "Cs") for c in path):
        return "has a path with a backslash, a control character or half a character"
    return None


def array_of(
    path: str, document: Mapping[str, Json], attrs: Mapping[str, Json], chunk_bytes: int
) -> MapArray:
    """Return an array from its documents.

    Raises `ValueError` with what is wrong, and `VspecError` V0708 for a codec that is not let through.
    """
    if (fault := node_fault(path)) is not None:
        raise ValueError(fault)
    if set(document) != _KEYS or document["zarr_format"] != 2 or document["order"] != "C":
        raise ValueError("must have the keys of Zarr format 2, order 'C' and nothing else")
    shape, chunks = _sizes(document["shape"], 0), _sizes(document["chunks"], 1)
    if len(shape) != len(chunks):
        raise ValueError("has a shape and chunks of different lengths")
    name = document["dtype"]
    if not isinstance(name, str) or _DTYPE.fullmatch(name) is None:
        raise ValueError(f"has the dtype {name!r}, which is not portable")
    dtype: np.dtype[np.generic] = np.dtype(name)
    if prod(chunks) * dtype.itemsize > chunk_bytes or prod(shape) >= _FARTHEST:
        raise ValueError(f"has chunks of {prod(chunks) * dtype.itemsize} bytes; {chunk_bytes} are allowed")
    _check_codecs(path, document)
    _check_dims(attrs, len(shape))
    return MapArray(path, shape, chunks, dtype, document, attrs)


def _sizes(value: Json, least: int) -> tuple[int, ...]:
    if not isinstance(value, list) or len(value) > _MOST_AXES:
        raise ValueError(f"has sizes that are no list of at most {_MOST_AXES} numbers")
    sizes = tuple(size for size in value if type(size) is int and least <= size < _FARTHEST)
    if len(sizes) != len(value):
        raise ValueError("has sizes that are no whole numbers, or out of range")
    return sizes


def _check_codecs(path: str, document: Mapping[str, Json]) -> None:
    filters, compressor = document["filters"], document["compressor"]
    chain = [*(filters if isinstance(filters, list) else []), *([compressor] if compressor else [])]
    if not (filters is None or isinstance(filters, list)):
        raise ValueError("has filters that are no list")
    for codec in chain:
        name = codec.get("id") if isinstance(codec, dict) else None
        if not isinstance(name, str):
            raise ValueError("has a codec without an id")
        if name in OWN_CODECS and isinstance(codec, dict):
            from_config(codec)
        elif name not in CODECS and not name.startswith("imagecodecs_"):
            message = f"array '{path}' of the map asks for the codec '{name[:100]}'"
            raise VspecError([Problem("V0708", message, expected=", ".join(sorted({*CODECS, *OWN_CODECS})))])


def _check_dims(attrs: Mapping[str, Json], count: int) -> None:
    names, own = attrs.get("_ARRAY_DIMENSIONS"), attrs.get("vspec")
    if not isinstance(names, list) or len(names) != count or not all(isinstance(n, str) for n in names):
        raise ValueError("has no name for each axis in '_ARRAY_DIMENSIONS'")
    asked = own.get("dims") if isinstance(own, dict) else None
    plain = [str(name).removeprefix("-") for name in asked] if isinstance(asked, list) else []
    if sorted(plain) != sorted(map(str, names)) or len(set(plain)) != count:
        raise ValueError("has 'dims' that do not name each of its axes once")
