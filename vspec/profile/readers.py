"""Which readers have the codecs of an array, as far as that was tried: see the reference page ``readers``."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from vspec.codecs import KINDS
from vspec.layout import Json

Readers = Literal["portable", "python", "vspec"]
"""Read in Python and in JavaScript; in Python alone; with vspec's codecs installed."""

BORROWED = "imagecodecs_"
"""How the ids of the codecs of imagecodecs begin."""

OTHERS = ("VirtualiZarr", "zarrita", "GDAL", "tensorstore")
"""Readers beside zarr-python and xarray, which read whatever numcodecs knows."""

_PYTHON = ("zarrita", "GDAL", "tensorstore")

COMPRESSORS: Mapping[str, tuple[str, ...]] = {
    "zlib": (),
    "gzip": (),
    "blosc": (),
    "zstd": ("tensorstore",),
    "lz4": ("GDAL", "tensorstore"),
    "bz2": ("zarrita", "GDAL"),
    "lzma": ("zarrita", "tensorstore"),
    "shuffle": ("GDAL", "tensorstore"),
}
"""Of a codec as Zarr's compressor: the readers that cannot read it."""

FILTERS: Mapping[str, tuple[str, ...]] = {
    "shuffle": ("tensorstore",),
    "delta": ("tensorstore",),
    "fixedscaleoffset": ("GDAL", "tensorstore"),
    "bitround": ("GDAL", "tensorstore"),
    "zlib": ("GDAL", "tensorstore"),
    "zstd": ("GDAL", "tensorstore"),
    "quantize": ("zarrita", "tensorstore"),
    "astype": _PYTHON,
    "packbits": _PYTHON,
    "crc32": _PYTHON,
    "adler32": _PYTHON,
    "fletcher32": _PYTHON,
}
"""The same as one of Zarr's filters."""


@dataclass(frozen=True, slots=True)
class Needs:
    """The codecs of an array, who reads them, and what a reader in Python must have beside numcodecs.

    ``codecs`` are ids in the order in which they encode. ``not_read_by`` are those of `OTHERS` that
    cannot read the array, or with which it was not tried.
    """

    codecs: tuple[str, ...] = ()
    readers: Readers = "portable"
    not_read_by: tuple[str, ...] = ()
    packages: tuple[str, ...] = ()


def needs(filters: Json | Sequence[Mapping[str, Json]], compressor: Json | Mapping[str, Json]) -> Needs:
    """Return what Zarr's filters and compressor ask of readers."""
    listed = filters if isinstance(filters, Sequence) and not isinstance(filters, str) else ()
    chain = [(_id(codec), FILTERS) for codec in listed]
    chain += [(_id(compressor), COMPRESSORS)] if compressor else []
    unread = {name for codec, known in chain for name in _unread(codec, known)}
    codecs = tuple(codec for codec, _ in chain)
    packages = [name for name in ("vspec-maps", "imagecodecs") if any(_package(c) == name for c in codecs)]
    return Needs(
        codecs,
        "vspec" if "vspec-maps" in packages else "python" if unread & set(OTHERS[:2]) else "portable",
        tuple(name for name in OTHERS if name in unread),
        tuple(packages),
    )


def _id(codec: object) -> str:
    return str(codec.get("id")) if isinstance(codec, Mapping) else ""


def _unread(codec: str, known: Mapping[str, tuple[str, ...]]) -> tuple[str, ...]:
    return OTHERS if _package(codec) else known.get(codec, _PYTHON)


def _package(codec: str) -> str:
    """Return the package that a codec comes with; an empty text for one of numcodecs."""
    if codec in KINDS:
        return "vspec-maps"
    return "imagecodecs" if codec.startswith(BORROWED) else ""
