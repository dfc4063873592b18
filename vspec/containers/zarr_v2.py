"""Metadata of Zarr version 2: ``.zarray`` and ``.zattrs``.

Source: Zarr storage specification, version 2.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from vspec.containers.zarr_described import (
    Described,
    Dtype,
    Fill,
    Keys,
    Unsupported,
    Wrong,
    codec_configuration,
    filled,
    numeric,
    shown,
    sizes,
)
from vspec.layout import Codecs, Json


def describe(array: Mapping[str, Json], attrs: Mapping[str, Json]) -> Described:
    """Return what ``.zarray`` and ``.zattrs`` say; raises `Unsupported` and `Wrong`."""
    if array.get("zarr_format") != 2:
        raise Wrong(f"zarr_format is 2, not {shown(array.get('zarr_format'))}")
    shape, chunk = sizes(array.get("shape"), "shape", 0), sizes(array.get("chunks"), "chunks", 1)
    if len(shape) != len(chunk):
        raise Wrong(f"chunks has {len(shape)} numbers as shape has, not {len(chunk)}")
    stated = _dtype(array.get("dtype"))
    item, units = numeric(stated) if stated.fields is None else (stated, None)
    members = _members(stated) if stated.fields is not None else {}
    separator = array.get("dimension_separator", ".")
    if separator not in (".", "/"):
        raise Wrong(f"dimension_separator is '.' or '/', not {shown(separator)}")
    return Described(
        shape,
        chunk,
        item,
        Keys("", str(separator), "0"),
        _order(array.get("order"), len(shape)),
        () if members else _chain(array),
        Fill() if members else _fill(array.get("fill_value"), stated, item),
        _names(attrs, len(shape)),
        attrs,
        units,
        members=members,
        reason="its values are fields of records" if members else "",
    )


def _dtype(value: Json) -> Dtype:
    """Return the dtype that a string, or a list of fields, names."""
    try:
        return np.dtype(value if isinstance(value, str) else _fields(value))
    except (TypeError, ValueError, OverflowError, SyntaxError, MemoryError, RecursionError):
        raise Wrong(f"dtype is a type as numpy writes it, not {shown(value)}") from None


def _fields(value: Json) -> Dtype:
    if not isinstance(value, list) or not value:
        raise TypeError
    found: list[tuple[object, ...]] = []
    for row in value:
        if not isinstance(row, list) or len(row) not in (2, 3) or not isinstance(row[0], str):
            raise TypeError
        kind = row[1] if isinstance(row[1], str) else _fields(row[1])
        more = (sizes(row[2], "the shape of a field", 1),) if len(row) == 3 else ()
        found.append((row[0], kind, *more))
    return np.dtype(found)


def _members(record: Dtype) -> dict[str, Dtype]:
    """Return the fields of a record that are single numbers."""
    found = {}
    for name, (kind, *_) in (record.fields or {}).items():
        if kind.shape == () and kind.names is None and kind.kind in "biufc":
            found[name] = kind
    if not found:
        raise Unsupported("its values are records without numbers")
    return found


def _order(value: Json, count: int) -> tuple[int, ...]:
    if value not in ("C", "F"):
        raise Wrong(f"order is 'C' or 'F', not {shown(value)}")
    return tuple(range(count))[:: -1 if value == "F" else 1]


def _chain(array: Mapping[str, Json]) -> Codecs:
    filters, compressor = array.get("filters"), array.get("compressor")
    if filters is not None and not isinstance(filters, list):
        raise Wrong(f"filters is a list of codecs or null, not {shown(filters)}")
    both = [*(filters or []), *([compressor] if compressor is not None else [])]
    return tuple(codec_configuration(codec) for codec in both)


def _fill(value: Json, stated: Dtype, item: Dtype) -> Fill:
    if stated.kind in "Mm" and value == "NaT":
        return Fill(int(np.iinfo(np.int64).min))
    return filled(value, item)


def _names(attrs: Mapping[str, Json], count: int) -> tuple[str | None, ...]:
    """Return names as xarray writes them, where there is one for each axis."""
    names = attrs.get("_ARRAY_DIMENSIONS")
    if isinstance(names, list) and len(names) == count:
        return tuple(name if isinstance(name, str) and name else None for name in names)
    return (None,) * count
