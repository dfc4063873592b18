"""The kinds of exports by the names that ``--to`` takes."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType

from vspec.exporting.hdf5 import Hdf5
from vspec.exporting.model import Kind
from vspec.exporting.parquet import Parquet
from vspec.exporting.zarr_copy import ZarrCopy

KINDS: Mapping[str, Callable[[], Kind]] = MappingProxyType(
    {"hdf5": Hdf5, "zarr": ZarrCopy, "parquet": Parquet}
)
