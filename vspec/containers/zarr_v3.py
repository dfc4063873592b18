"""Metadata of Zarr version 3: ``zarr.json``.

Sources: Zarr core specification, version 3; ZEP 2 (sharding); the specifications of its codecs.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np

from vspec.containers.zarr_described import (
    Described,
    Dtype,
    Fill,
    Keys,
    Shards,
    Unsupported,
    Wrong,
    codec_configuration,
    filled,
    numeric,
    permutation,
    shown,
    sizes,
)
from vspec.layout import Codecs, Json

_TYPE = re.compile(r"(bool|u?int(?:8|16|32|64)|float(?:16|32|64)|complex(?:64|128))")
_KNOWN = frozenset(
    {
        "zarr_format",
        "node_type",
        "shape",
        "data_type",
        "chunk_grid",
        "chunk_key_encoding",
        "fill_value",
        "codecs",
        "attributes",
        "storage_transformers",
        "dimension_names",
        "consolidated_metadata",
    }
)
_SHUFFLES: Mapping[Json, int] = {"noshuffle": 0, "shuffle": 1, "bitshuffle": 2}
_ARRAYS_TO_BYTES = frozenset({"numcodecs.pcodec", "numcodecs.zfpy"})
_TEXTUAL = frozenset({"vlen-utf8", "vlen-bytes"})


@dataclass(frozen=True, slots=True)
class _Chain:
    """What a list of codecs comes to: the stored order of axes, the byte order, codecs in encoding order.

    ``sharding`` is the configuration of the codec that makes shards, and the codecs behind it are
    ``chain`` then.
    """

    order: tuple[int, ...]
    chain: Codecs = ()
    big: bool = False
    sharding: Mapping[str, Json] | None = None
    reason: str = ""


def describe(node: Mapping[str, Json]) -> Described:
    """Return what an array's ``zarr.json`` says; raises `Unsupported` and `Wrong`."""
    _require_known(node)
    shape = sizes(node.get("shape"), "shape", 0)
    chunk = _grid(node.get("chunk_grid"), len(shape))
    kind, units, stated = _data_type(node.get("data_type"))
    attrs = node.get("attributes") or {}
    if not isinstance(attrs, dict):
        raise Wrong(f"attributes is an object, not {shown(attrs)}")
    codecs = _codecs(node.get("codecs"), len(shape), kind)
    found = Described(
        shape,
        chunk,
        kind.newbyteorder(">" if codecs.big else "<"),
        _keys(node.get("chunk_key_encoding")),
        codecs.order,
        codecs.chain,
        _fill(node.get("fill_value"), stated, kind),
        _names(node.get("dimension_names"), len(shape)),
        attrs,
        units,
        reason=codecs.reason,
    )
    return found if codecs.sharding is None else _sharded(found, codecs, kind)


def _require_known(node: Mapping[str, Json]) -> None:
    """Refuse extensions that must be understood."""
    if node.get("storage_transformers"):
        raise Unsupported("it has storage transformers")
    for name in sorted(node.keys() - _KNOWN):
        extension = node[name]
        if not (isinstance(extension, dict) and extension.get("must_understand") is False):
            raise Unsupported(f"its metadata have the extension '{name}', which must be understood")


def _named(value: Json, what: str) -> tuple[str, Mapping[str, Json]]:
    """Return an extension's name and configuration."""
    if isinstance(value, str):
        return value, {}
    configuration = (value.get("configuration") or {}) if isinstance(value, dict) else None
    if not isinstance(value, dict) or not isinstance(configuration, dict):
        raise Wrong(f"{what} is an object with a name and a configuration, not {shown(value)}")
    name = value.get("name")
    if not isinstance(name, str):
        raise Wrong(f"{what} has a name, not {shown(name)}")
    return name, configuration


def _grid(value: Json, count: int) -> tuple[int, ...]:
    name, configuration = _named(value, "chunk_grid")
    if name != "regular":
        raise Unsupported(f"its chunks lie on a '{name}' grid")
    chunk = sizes(configuration.get("chunk_shape"), "chunk_shape", 1)
    if len(chunk) != count:
        raise Wrong(f"chunk_shape has {count} numbers as shape has, not {len(chunk)}")
    return chunk


def _keys(value: Json) -> Keys:
    name, configuration = _named(value, "chunk_key_encoding")
    if name not in ("default", "v2"):
        raise Unsupported(f"its chunks have keys as '{name}' makes them")
    separator = configuration.get("separator", "/" if name == "default" else ".")
    if separator not in ("/", "."):
        raise Wrong(f"separator is '/' or '.', not {shown(separator)}")
    text = str(separator)
    return Keys(f"c{text}", text, "c") if name == "default" else Keys("", text, "0")


def _data_type(value: Json) -> tuple[Dtype, str | None, str]:
    """Return the dtype of the map, the units of times, and the kind that is stated."""
    name, configuration = _named(value, "data_type")
    if _TYPE.fullmatch(name):
        return np.dtype(name), None, "number"
    if name in ("numpy.datetime64", "numpy.timedelta64"):
        unit, factor = configuration.get("unit"), configuration.get("scale_factor", 1)
        try:
            times = np.dtype(f"<{'M' if name == 'numpy.datetime64' else 'm'}8[{factor}{unit}]")
        except (TypeError, ValueError):
            raise Wrong(f"unit is a unit of time, not {shown(unit)}") from None
        item, units = numeric(times)
        return item, units, "time"
    raise Unsupported(f"its values are of type '{name}'")


def _fill(value: Json, stated: str, kind: Dtype) -> Fill:
    if value is None:
        raise Wrong("fill_value is a value, not missing")
    if stated == "time" and value == "NaT":
        return Fill(int(np.iinfo(np.int64).min))
    return filled(value, kind)


def _names(value: Json, count: int) -> tuple[str | None, ...]:
    if value is None:
        return (None,) * count
    if not isinstance(value, list) or len(value) != count:
        raise Wrong(f"dimension_names is a list of {count} names, not {shown(value)}")
    return tuple(name if isinstance(name, str) and name else None for name in value)


def _codecs(value: Json, count: int, kind: Dtype) -> _Chain:
    """Follow codecs in encoding order: of arrays, then from arrays to bytes, then of bytes."""
    if not isinstance(value, list) or not value:
        raise Wrong(f"codecs is a list of codecs, not {shown(value)}")
    order = tuple(range(count))
    before: list[Mapping[str, Json]] = []
    for number, entry in enumerate(value):
        name, configuration = _named(entry, "a codec")
        if name == "transpose":
            if before:
                return _Chain(order, reason="axes are transposed behind another codec")
            moved = permutation(configuration.get("order"), count)
            order = tuple(order[at] for at in moved)
        elif name == "sharding_indexed":
            return _Chain(order, (*before, *_of_bytes(value[number + 1 :])), sharding=configuration)
        elif name == "bytes":
            big = _is_big(configuration, kind)
            behind = _of_bytes(value[number + 1 :])
            reason = "numbers are recoded before their bytes are turned" if before and big else ""
            return _Chain(order, (*before, *behind), big, reason=reason)
        elif name.startswith("numcodecs."):
            before.append(codec_configuration(_plain(name, configuration), "numcodecs."))
            if name in _ARRAYS_TO_BYTES:
                return _Chain(order, (*before, *_of_bytes(value[number + 1 :])))
        else:
            word = "makes texts, not numbers" if name in _TEXTUAL else "is none that a map can name"
            raise Unsupported(f"the codec '{name}' {word}")
    raise Wrong("codecs lead from an array to bytes, and here none does")


def _is_big(configuration: Mapping[str, Json], kind: Dtype) -> bool:
    endian = configuration.get("endian", "little" if kind.itemsize == 1 else None)
    if endian not in ("little", "big"):
        raise Wrong(f"endian is 'little' or 'big', not {shown(endian)}")
    return endian == "big"


def _of_bytes(value: list[Json]) -> Codecs:
    found = []
    for entry in value:
        name, configuration = _named(entry, "a codec")
        found.append(_of_bytes_one(name, configuration))
    return tuple(found)


def _of_bytes_one(name: str, configuration: Mapping[str, Json]) -> Mapping[str, Json]:
    """Return the configuration by which numcodecs decodes the same bytes."""
    match name:
        case "gzip":
            return {"id": "gzip", "level": configuration.get("level", 5)}
        case "zstd":
            level, checksum = configuration.get("level", 0), configuration.get("checksum", False)
            return {"id": "zstd", "level": level, "checksum": checksum}
        case "crc32c":
            return {"id": "crc32c"}
        case "blosc":
            kept = {
                key: configuration[key] for key in ("cname", "clevel", "blocksize") if key in configuration
            }
            shuffle = configuration.get("shuffle", "noshuffle")
            if shuffle not in _SHUFFLES:
                raise Wrong(f"shuffle is one of {', '.join(map(str, _SHUFFLES))}, not {shown(shuffle)}")
            return {"id": "blosc", **kept, "shuffle": _SHUFFLES[shuffle]}
    if name.startswith("numcodecs."):
        return codec_configuration(_plain(name, configuration), "numcodecs.")
    raise Unsupported(f"the codec '{name}' is none that a map can name")


def _plain(name: str, configuration: Mapping[str, Json]) -> dict[str, Json]:
    return {**configuration, "id": name.removeprefix("numcodecs.")}


def _sharded(whole: Described, outer: _Chain, kind: Dtype) -> Described:
    """Return an array whose chunks are shards, by the configuration of the codec that makes them."""
    given = outer.sharding or {}
    count = len(whole.shape)
    chunk = sizes(given.get("chunk_shape"), "chunk_shape of a shard", 1)
    shard = tuple(whole.chunk[at] for at in whole.order)
    if len(chunk) != count or any(all_ % part for all_, part in zip(shard, chunk, strict=True)):
        raise Wrong(f"chunk_shape {chunk} of a shard divides its shape {shard}")
    inner = _codecs(given.get("codecs"), count, kind)
    location = given.get("index_location", "end")
    if location not in ("start", "end"):
        raise Wrong(f"index_location is 'start' or 'end', not {shown(location)}")
    index = _codecs(given.get("index_codecs"), count + 1, np.dtype("u8"))
    reason = inner.reason or whole.reason
    if outer.chain:
        reason = "its shards are encoded as wholes"
    elif inner.sharding is not None:
        reason = "its shards hold shards"
    elif index.big or index.order != tuple(range(count + 1)) or index.chain not in ((), ({"id": "crc32c"},)):
        reason = "the index of its shards is encoded in an unusual way"
    return replace(
        whole,
        item=kind.newbyteorder(">" if inner.big else "<"),
        chain=inner.chain,
        shards=Shards(chunk, location == "start", bool(index.chain)),
        inner_order=inner.order,
        reason=reason,
    )
