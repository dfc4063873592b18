"""HDF5 filters as codecs that readers of a map know.

Source: HDF5 file format specification, "Filter Pipeline Message"; the registry of filter numbers of The
HDF Group for those from 256 on.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING

from vspec.layout import Codecs, Json

if TYPE_CHECKING:
    import h5py

_SHUFFLE = 2
_NAMES = {
    5: "N-bit packing",
    6: "scale-offset packing",
    32000: "LZF, whose chunks do not say how long they were",
    32008: "Bitshuffle",
    32013: "ZFP",
    32026: "Blosc2",
}
_BLOSC_NAMES = ("blosclz", "lz4", "lz4hc", "", "zlib", "zstd")


@dataclass(frozen=True, slots=True)
class Filter:
    """One filter of a pipeline: its number in the registry, its parameters and its name."""

    number: int
    values: tuple[int, ...]
    name: str


class NoCodec(Exception):  # noqa: N818 -- it says why an array cannot be decoded in place
    """Raised for a filter that no codec undoes exactly; its text follows "because"."""


def pipeline(creation: h5py.h5p.PropDCID) -> tuple[Filter, ...]:
    """Return the filters of a dataset in the order in which they were applied."""
    found = [creation.get_filter(at) for at in range(creation.get_nfilters())]
    return tuple(
        Filter(int(number), tuple(map(int, values)), name.decode("latin-1", "replace"))
        for number, _, values, name in found
    )


def unknown_filter(creation: h5py.h5p.PropDCID) -> str | None:
    """Return the filter of a dataset that neither a codec nor the library here undoes, in words; or None."""
    for one in pipeline(creation):
        try:
            _codec(one, None)
        except NoCodec:
            if not _is_here(one.number):
                return _NAMES.get(one.number) or f"filter {one.number} ('{one.name[:60]}')"
    return None


def _is_here(number: int) -> bool:
    import h5py

    with suppress(ImportError):
        import hdf5plugin  # noqa: F401 -- importing it registers its filters
    return bool(h5py.h5z.filter_avail(number))


def chain(filters: Sequence[Filter], mask: int, chunk_bytes: int) -> Codecs:
    """Return the codecs of chunks that skipped the filters of ``mask``. Raises `NoCodec`."""
    used = [one for at, one in enumerate(filters) if not mask >> at & 1]
    found: list[Mapping[str, Json]] = []
    for at, one in enumerate(used):
        whole = all(before.number == _SHUFFLE for before in used[:at])
        codec = _codec(one, chunk_bytes if whole else None)
        if codec is not None:
            found.append(codec)
    return tuple(found)


def _codec(one: Filter, length: int | None) -> Mapping[str, Json] | None:
    """Return the codec of a filter, None if it changes nothing; it is given ``length`` bytes, or unknown."""
    values = one.values
    match one.number:
        case 1:
            return {"id": "zlib", "level": min(values[0], 9) if values else 6}
        case 2:
            return _shuffle(values, length)
        case 3:
            return {"id": "fletcher32"}
        case 4 if len(values) == 4:
            names = ("options_mask", "pixels_per_block", "bits_per_pixel", "pixels_per_scanline")
            return {"id": "imagecodecs_szip", **dict(zip(names, values, strict=True)), "header": True}
        case 307:
            return {"id": "bz2", "level": min(max(values[0], 1), 9) if values else 9}
        case 32001:
            return _blosc(values)
        case 32004:
            return {"id": "imagecodecs_lz4h5"}
        case 32015:
            return {"id": "zstd", "level": values[0] if values and values[0] <= 22 else 3}
    told = _NAMES.get(one.number) or f"filter {one.number} ('{one.name[:60]}')"
    raise NoCodec(f"its chunks went through {told}, which no codec of the readers of maps undoes")


def _shuffle(values: Sequence[int], length: int | None) -> Mapping[str, Json] | None:
    size = values[0] if values else 1
    if size <= 1 or (length is not None and length <= size):
        return None
    if length is None or length % size:
        raise NoCodec("its bytes were shuffled in groups that do not divide its chunks")
    return {"id": "shuffle", "elementsize": size}


def _blosc(values: Sequence[int]) -> Mapping[str, Json]:
    name = _BLOSC_NAMES[values[6]] if len(values) > 6 and values[6] < len(_BLOSC_NAMES) else "blosclz"
    if not name:
        raise NoCodec("its chunks are Blosc with Snappy, which the readers of maps have not built in")
    level = min(values[4], 9) if len(values) > 4 else 5
    shuffle = values[5] if len(values) > 5 and values[5] <= 2 else 1
    return {"id": "blosc", "cname": name, "clevel": level, "shuffle": shuffle, "blocksize": 0}
