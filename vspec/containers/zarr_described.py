"""What the metadata of one chunked array say, whichever version of the format they are written in."""

from __future__ import annotations

import math
import struct
from collections.abc import Mapping
from dataclasses import dataclass, field
from math import prod

import numpy as np

from vspec.containers.attributes import TIME_UNITS
from vspec.layout import Codecs, Json

_MOST_AXES = 32
_LARGEST = 2**62
Dtype = np.dtype[np.generic]


class Unsupported(Exception):  # noqa: N818 -- the array is sound, vspec is not able
    """Raised for an array that no map can carry; its text says why."""


class Wrong(Exception):  # noqa: N818 -- the caller knows the file, and makes the problem
    """Raised for metadata that contradict the format; its text says what they should be."""


@dataclass(frozen=True, slots=True)
class Keys:
    """How the coordinates of a chunk become its key: ``prefix``, then numbers with ``separator`` between.

    ``scalar`` is the key of the only chunk of an array without axes.
    """

    prefix: str
    separator: str
    scalar: str


@dataclass(frozen=True, slots=True)
class Shards:
    """Chunks are shards: inner chunks behind each other, and an index of them at one end.

    ``chunk`` is the shape of inner chunks, along the axes as a shard stores them.
    """

    chunk: tuple[int, ...]
    at_start: bool
    checksum: bool


@dataclass(frozen=True, slots=True)
class Fill:
    """What absent chunks hold; ``value`` None: nobody says. ``reason``: why a map cannot say it."""

    value: Json = None
    reason: str = ""


@dataclass(frozen=True, slots=True, eq=False)
class Described:
    """An array, by its metadata. ``shape`` and ``chunk`` are along the axes as readers see them.

    Stored axis ``k`` of a chunk is axis ``order[k]``; of an inner chunk, axis ``inner_order[k]`` of its
    shard. ``members`` are the numeric fields of a record, which have no chunks of their own. ``reason``
    says why the bytes of chunks are of no use to readers of a map, if they are not.
    """

    shape: tuple[int, ...]
    chunk: tuple[int, ...]
    item: Dtype
    keys: Keys
    order: tuple[int, ...]
    chain: Codecs = ()
    fill: Fill = field(default_factory=Fill)
    names: tuple[str | None, ...] = ()
    attrs: Mapping[str, Json] = field(default_factory=dict)
    units: str | None = None
    shards: Shards | None = None
    inner_order: tuple[int, ...] = ()
    members: Mapping[str, Dtype] = field(default_factory=dict)
    reason: str = ""


def sizes(value: Json, what: str, least: int) -> tuple[int, ...]:
    """Return a list of whole numbers of at least ``least``, or raise `Wrong`."""
    if not isinstance(value, list) or not all(type(n) is int and least <= n for n in value):
        raise Wrong(f"{what} is a list of whole numbers of at least {least}, not {shown(value)}")
    found = tuple(n for n in value if type(n) is int)
    if len(found) > _MOST_AXES:
        raise Wrong(f"{what} has at most {_MOST_AXES} numbers, not {len(found)}")
    if prod(max(1, n) for n in found) > _LARGEST:
        raise Wrong(f"{what} counts at most 2^62 elements, not {shown(value)}")
    return found


def permutation(value: Json, count: int) -> tuple[int, ...]:
    """Return an order of ``count`` axes, or raise `Wrong`."""
    if not isinstance(value, list) or sorted(n for n in value if type(n) is int) != list(range(count)):
        raise Wrong(f"the order of a transposition names each of {count} axes once, not {shown(value)}")
    return tuple(n for n in value if type(n) is int)


def shown(value: object) -> str:
    """Return a value of metadata, cut short."""
    text = repr(value)
    return text if len(text) <= 60 else f"{text[:57]}..."


def numeric(dtype: Dtype) -> tuple[Dtype, str | None]:
    """Return the dtype that a map gives values of ``dtype``, and the units that times then have."""
    if dtype.kind in "Mm":
        unit, count = np.datetime_data(dtype.str)
        word = TIME_UNITS.get(unit)
        if word is None or count != 1:
            raise Unsupported(f"its values are times in steps of {count} {unit}")
        since = " since 1970-01-01" if dtype.kind == "M" else ""
        return np.dtype(f"{dtype.byteorder}i8"), word + since
    if dtype.kind not in "biufc" or dtype.itemsize > (16 if dtype.kind == "c" else 8):
        raise Unsupported(f"its values are {_KINDS.get(dtype.kind, str(dtype))}, not numbers")
    return dtype, None


_KINDS = {"S": "texts", "U": "texts", "O": "objects", "V": "records or raw bytes"}


def filled(value: Json, item: Dtype) -> Fill:
    """Return a fill value as metadata write it; raises `Wrong` for one that is no value of the dtype."""
    if value is None:
        return Fill()
    if item.kind == "c":
        if not isinstance(value, list) or len(value) != 2:
            raise Wrong(f"the fill value of complex numbers is a pair, not {shown(value)}")
        real, imaginary = (filled(part, _half(item)) for part in value)
        if real.reason or imaginary.reason or not _alike(real.value, imaginary.value):
            return Fill(reason="its fill value has two different parts, and a map has one")
        return real
    if item.kind == "f":
        return _float(value, item)
    if item.kind == "b" and value in (0, 1):
        return Fill(bool(value))
    if item.kind in "iu" and isinstance(value, (int, float)) and value % 1 == 0:
        kind = np.iinfo(item.str[1:])
        least, most = kind.min, kind.max
        if least <= int(value) <= most:
            return Fill(int(value))
    raise Wrong(f"the fill value is a value of {item}, not {shown(value)}")


def _half(item: Dtype) -> Dtype:
    return np.dtype(f"f{item.itemsize // 2}")


def _alike(one: Json, other: Json) -> bool:
    return struct.pack("<d", one) == struct.pack("<d", other)


def _float(value: Json, item: Dtype) -> Fill:
    words = {"NaN": math.nan, "Infinity": math.inf, "-Infinity": -math.inf}
    if isinstance(value, str) and value in words:
        return Fill(words[value])
    if isinstance(value, str) and value.startswith("0x"):
        try:
            raw = int(value, 16).to_bytes(item.itemsize, "little")
        except (ValueError, OverflowError):
            raise Wrong(f"the fill value is a value of {item}, not {shown(value)}") from None
        found = np.frombuffer(raw, item.newbyteorder("<"))[0]
        if np.isnan(found) and raw != np.array(math.nan, item.newbyteorder("<")).tobytes():
            return Fill(reason="its fill value is a NaN with a payload")
        return Fill(float(found))
    if isinstance(value, (int, float)) and not isinstance(value, bool):
        return Fill(_finite(value, item))
    raise Wrong(f"the fill value is a value of {item}, not {shown(value)}")


def _finite(value: float, item: Dtype) -> float:
    try:
        return float(value)
    except OverflowError:
        raise Wrong(f"the fill value is a value of {item}, not {shown(value)}") from None


def codec_configuration(value: Json, prefix: str = "") -> Mapping[str, Json]:
    """Return a codec's configuration if a codec of this name is installed; else raise `Unsupported`."""
    if not isinstance(value, dict) or not isinstance(value.get("id"), str):
        raise Wrong(f"a codec is an object with an id, not {shown(value)}")
    name = str(value["id"])
    if name in _NO_NUMBERS:
        raise Unsupported(f"the codec '{prefix}{name}' makes objects, not numbers")
    if name not in _known():
        raise Unsupported(f"no codec '{prefix}{name}' is installed")
    return value


_NO_NUMBERS = frozenset(
    {"categorize", "json2", "msgpack2", "pickle", "vlen-array", "vlen-bytes", "vlen-utf8", "fill_hdf_strings"}
)


def _known() -> frozenset[str]:
    from numcodecs import registry

    return frozenset({*registry.codec_registry, *registry.entries})
