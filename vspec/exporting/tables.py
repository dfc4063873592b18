"""Text tables: the small arrays of a group along one axis, a column each, for whoever has nothing else."""

from __future__ import annotations

import csv
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from math import prod
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from vspec.exporting.model import ExportedArray, Fault, Job, Written
from vspec.exporting.placing import in_one_step
from vspec.opening.arrays import OpenedArrays
from vspec.opening.order import Order
from vspec.profile.arrays import MapArray

if TYPE_CHECKING:
    import xarray as xr

MOST_CELLS = 10_000_000
_BLOCK = 1 << 14
_ONLY = "--only names the arrays of a table"
_NOTE = "a table has no attributes: units stand in its header, other attributes only in the map"


@dataclass(frozen=True, slots=True)
class Table:
    """A file of text, a row for each element of an axis."""

    suffix: str
    delimiter: str
    about: str
    packages: tuple[tuple[str, str], ...] = (("xarray", "xarray"),)

    def faults(self, job: Job) -> Iterator[Fault]:
        """Yield arrays that are no columns of one table, or too many of them."""
        cells = 0
        first = next((_rows(array) for array in job.arrays), None)
        for array in job.arrays:
            cells += prod(array.shape)
            order = Order.of(array)
            if not 1 <= len(order.dims) <= 2:
                yield Fault(array.path, f"it has {len(order.dims)} axes; a table has one or two", _ONLY)
            elif _rows(array) != first:
                yield Fault(array.path, f"its rows are not those of '{job.arrays[0].path}'", _ONLY)
            elif order.is_complex:
                yield Fault(array.path, "complex numbers are no cells of a table", _ONLY)
        if cells > MOST_CELLS:
            why = f"the table would have {cells} cells; {MOST_CELLS} are allowed"
            yield Fault(job.arrays[0].path, why, "export to zarr, or leave arrays out with --only")

    def write(self, job: Job) -> Written:
        """Write the table."""
        from vspec.opening.datasets import Tree

        group = job.arrays[0].path.rpartition("/")[0]
        own = {array.path.rpartition("/")[2]: array for array in job.arrays}
        others = {
            a.path.rpartition("/")[2] for a in job.document.arrays if a.path.rpartition("/")[0] == group
        }
        found = Tree(OpenedArrays(job.document)).dataset(group, frozenset(others - own.keys()))
        dim = str(found[next(iter(own))].dims[0])
        names = [str(name) for name, held in found.coords.items() if held.dims == (dim,) and name not in own]
        names += list(own)
        count = found.sizes[dim]
        with in_one_step(job.out) as path, path.open("w", encoding="utf-8", newline="") as file:
            rows = csv.writer(file, delimiter=self.delimiter, lineterminator="\n")
            rows.writerow([title for name in names for title in _titles(found, name)])
            for start in range(0, count, _BLOCK):
                job.on_step(job.out.name, start, count)
                part = slice(start, min(count, start + _BLOCK))
                columns = [_texts(found.variables[name][part].values) for name in names]
                rows.writerows(np.concatenate(columns, axis=1).tolist())
        job.on_step(job.out.name, count, count)
        written = [ExportedArray(a.path, _how(a), prod(a.shape) * a.dtype.itemsize) for a in job.arrays]
        return Written(tuple(written), (_NOTE,))


def _rows(array: MapArray) -> tuple[str, str, int]:
    """Return the group of an array, and the axis along which its rows lie, in the card's order."""
    order = Order.of(array)
    size = order.shape(array)[0] if order.dims else 0
    return array.path.rpartition("/")[0], order.dims[0] if order.dims else "", size


def _how(array: MapArray) -> str:
    columns = prod(Order.of(array).shape(array)[1:])
    return f"{columns} column{'s' * (columns != 1)}"


def _titles(found: xr.Dataset, name: str) -> Iterator[str]:
    """Yield the headers of the columns of a variable, with the units."""
    held = found[name]
    unit = held.attrs.get("units")
    if held.ndim == 1:
        yield _with_unit(name, unit)
        return
    dim = str(held.dims[1])
    labels: Sequence[object] = found[dim].values.tolist() if dim in found.coords else range(held.shape[1])
    units = f"{dim}_units"
    several = (
        found[units].values.tolist() if unit is None and units in found.coords else [unit] * held.shape[1]
    )
    for label, own in zip(labels, several, strict=True):
        yield _with_unit(f"{name} {label}", own)


def _with_unit(name: str, unit: object) -> str:
    return f"{name} [{unit}]" if isinstance(unit, str) and unit else name


def _texts(values: NDArray[np.generic]) -> NDArray[np.str_]:
    """Return values as the shortest texts that give them again, a row each."""
    plain = values.astype(np.uint8) if values.dtype.kind == "b" else values
    return plain.astype(str).reshape(len(plain), -1)
