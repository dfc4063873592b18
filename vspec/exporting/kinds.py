"""The kinds of exports by the names that ``--to`` takes."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType

from vspec.exporting.hdf5 import Hdf5
from vspec.exporting.model import Kind
from vspec.exporting.parquet import Parquet
from vspec.exporting.tables import Table
from vspec.exporting.zarr_copy import ZarrCopy

_ABOUT = "a text table: small arrays of one group along one axis, "


def _csv() -> Kind:
    return Table(".csv", ",", _ABOUT + "with commas")


def _tsv() -> Kind:
    return Table(".tsv", "\t", _ABOUT + "with tabs")


KINDS: Mapping[str, Callable[[], Kind]] = MappingProxyType(
    {"hdf5": Hdf5, "zarr": ZarrCopy, "parquet": Parquet, "csv": _csv, "tsv": _tsv}
)
