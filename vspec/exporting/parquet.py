"""Kerchunk parquet: references in columns, which readers load a part of at a time.

A folder of ``.zmetadata`` and, for each array, ``refs.N.parq`` with the columns path, offset, size and raw
(https://fsspec.github.io/kerchunk/advanced.html, Parquet storage).
"""

from __future__ import annotations

import base64
import json
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice
from math import prod
from pathlib import Path

import numpy as np

from vspec.exporting.model import ExportedArray, Fault, Job, Written
from vspec.exporting.placing import folder_in_one_step
from vspec.layout import Json
from vspec.profile.arrays import DOCUMENTS, MapArray
from vspec.readers.map_file import Reference

RECORD_SIZE = 100_000
"""References in a file: all of one are read for the first that is asked for."""
_ONLY = "leave the array out with --only, or read the map itself"


@dataclass(frozen=True, slots=True)
class Parquet:
    """A folder of references, for maps of very many of them."""

    suffix: str = ".parq"
    about: str = "Kerchunk references in Parquet files, of which readers load what they need"
    packages: tuple[tuple[str, str], ...] = (("pyarrow", "arrow"),)

    def faults(self, job: Job) -> Iterator[Fault]:
        """Yield arrays in groups of groups, which fsspec does not list, and those that lack chunks."""
        for array in job.arrays:
            if array.path.count("/") > 1:
                yield Fault(array.path, "fsspec finds no arrays in groups of groups", _ONLY)
            if any(key not in job.document.refs for key in _keys(array)):
                yield Fault(
                    array.path, "some of its chunks are in no file: a fill value stands for them", _ONLY
                )

    def write(self, job: Job) -> Written:
        """Write the folder."""
        done = []
        with folder_in_one_step(job.out) as folder:
            metadata: dict[str, Json] = {
                "zarr_consolidated_format": 1,
                "metadata": _documents(job),
                "record_size": RECORD_SIZE,
            }
            (folder / ".zmetadata").write_text(json.dumps(metadata, allow_nan=False), encoding="utf-8")
            for number, array in enumerate(job.arrays):
                job.on_step(job.out.name, number, len(job.arrays))
                done.append(_write(folder / array.path, array, job))
        job.on_step(job.out.name, len(job.arrays), len(job.arrays))
        return Written(tuple(done))


def _keys(array: MapArray) -> Iterator[str]:
    """Yield the references of an array in C order of its chunks."""
    for index in np.ndindex(*(array.grid or (1,))):
        yield f"{array.path}/{'.'.join(map(str, index))}"


def _documents(job: Job) -> dict[str, Json]:
    """Return the metadata of the arrays, of the root and of the groups that they are in."""
    chosen = {array.path for array in job.arrays}
    chosen |= {array.path.rpartition("/")[0] for array in job.arrays} | {""}
    return {
        key: json.loads(str(text))
        for key, text in job.document.refs.items()
        if key.rpartition("/")[2] in DOCUMENTS and key != ".zmetadata" and key.rpartition("/")[0] in chosen
    }


def _write(folder: Path, array: MapArray, job: Job) -> ExportedArray:
    import pyarrow as pa
    import pyarrow.parquet as pq

    folder.mkdir(parents=True)
    keys, copied, number = _keys(array), 0, 0
    while rows := [job.document.refs[key] for key in islice(keys, RECORD_SIZE)]:
        raw = [_raw(row) for row in rows]
        copied += sum(len(held) for held in raw if held is not None)
        urls: dict[str, int] = {}
        codes = [None if isinstance(row, str) else urls.setdefault(str(row[0]), len(urls)) for row in rows]
        places = np.array([(0, 0) if isinstance(row, str) else (row[1], row[2]) for row in rows], np.int64)
        paths = pa.DictionaryArray.from_arrays(pa.array(codes, pa.int32()), pa.array(list(urls), pa.string()))
        columns = [paths, pa.array(places[:, 0]), pa.array(places[:, 1]), pa.array(raw, pa.binary())]
        table = pa.table(columns, names=["path", "offset", "size", "raw"])
        pq.write_table(table, folder / f"refs.{number}.parq", compression="zstd", write_statistics=False)
        number += 1
    count = prod(array.grid)
    return ExportedArray(array.path, f"{count} reference{'s' * (count != 1)}", copied)


def _raw(row: Reference) -> bytes | None:
    return base64.b64decode(row.removeprefix("base64:")) if isinstance(row, str) else None
