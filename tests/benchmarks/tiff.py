"""``python -m tests.benchmarks.tiff``: a hundred thousand pages of one form, against tifffile in the same run.

tifffile opens the file, makes a Zarr store of the first series, and writes references by ``write_fsspec``;
vspec opens the file, lays the array out, plans its chunks, and writes a map with its own writer. Times
are those of the processor, so that what else the machine does counts little. The
references must be the same: the same bytes for each chunk. Pages lie at one distance with their IFDs between
them, as recorders write them; of both byte orders, classic and BigTIFF. Ends with exit code 1 where vspec
needs more than a twentieth of tifffile's time.
"""

from __future__ import annotations

import argparse
import json
import logging
import struct
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import tifffile

from vspec.chunks import ChunkOptions, plan_all
from vspec.containers.model import ContainerFile
from vspec.containers.tiff import open_tiff
from vspec.manifest import Manifest, Placement, SourceEntry, array_entry
from vspec.sources import Files, data_file
from vspec.writers import kerchunk_json

PAGES, SIDE = 100_000, 16
LEAST = 20.0
OPTIONS = ChunkOptions(profile="portable", chunk_bytes=2 * SIDE * SIDE, inline=False)


@dataclass(frozen=True)
class Form:
    """How a file writes numbers, and the bytes that are left out behind each page."""

    name: str
    order: str
    big: bool
    gap: int = 0


def written(path: Path, form: Form, pages: int) -> None:
    """Write pages of 16 x 16 numbers of 16 bits: an IFD, its picture, and again."""
    nbytes = 2 * SIDE * SIDE
    tags = [
        (256, 4, SIDE), (257, 4, SIDE), (258, 3, 16), (259, 3, 1), (262, 3, 1), (273, 16 if form.big else 4, None),
        (277, 3, 1), (278, 4, SIDE), (279, 4, nbytes), (339, 3, 1),
    ]  # fmt: skip
    entry = np.dtype([("id", form.order + "u2"), ("kind", form.order + "u2"),
                      ("n", form.order + ("u8" if form.big else "u4")), ("value", form.order + ("u8" if form.big else "u4"))])  # fmt: skip
    table = np.dtype([
        ("count", form.order + ("u8" if form.big else "u2")), ("tags", entry, (len(tags),)),
        ("next", form.order + ("u8" if form.big else "u4")), ("data", "u1", (nbytes,)), ("gap", "u1", (form.gap,)),
    ])  # fmt: skip
    first = 16 if form.big else 8
    rows = np.zeros(pages, table)
    at = first + np.arange(pages, dtype=np.int64) * table.itemsize
    rows["count"] = len(tags)
    for number, (id, kind, value) in enumerate(tags):
        column = rows["tags"][:, number]
        column["id"], column["kind"], column["n"] = id, kind, 1
        if value is None:
            column["value"] = at + table.fields["data"][1]
        elif kind == 3 and form.order == ">":
            column["value"] = value << (48 if form.big else 16)
        elif kind == 4 and form.order == ">" and form.big:
            column["value"] = value << 32
        else:
            column["value"] = value
    rows["next"] = at + table.itemsize
    rows["next"][-1] = 0
    rows["data"] = np.arange(pages, dtype=np.int64)[:, None] % 251
    mark = b"II" if form.order == "<" else b"MM"
    head = struct.pack(
        form.order + ("HHHQ" if form.big else "HI"), *((43, 8, 0, first) if form.big else (42, first))
    )
    path.write_bytes(mark + head + rows.tobytes())


def by_tifffile(path: Path, out: Path) -> float:
    """Return the seconds that tifffile takes from the closed file to references on the disk."""
    start = time.process_time()
    with tifffile.TiffFile(path) as file, file.series[0].aszarr() as store:
        store.write_fsspec(out, url="")
    return time.process_time() - start


def by_vspec(path: Path, out: Path) -> float:
    """Return the seconds that vspec takes for the same."""
    out.unlink(missing_ok=True)
    start = time.process_time()
    with Files(path.parent) as files:
        index = files.add(data_file(path.name, path))
        container = open_tiff(ContainerFile(files, index))
        layout = container.entries["series_0"].layout()
        plans = plan_all([layout], [path.stat().st_size], OPTIONS)
    none = np.zeros(0, np.int64)
    entries = tuple(array_entry(plan, Placement(plan.copies, none, none, ()), ()) for plan in plans)
    source = SourceEntry(path.name, path.stat().st_size, {})
    kerchunk_json.write(Manifest(entries, f"file://{path.parent}", (source,)), out, None)
    return time.process_time() - start


def references(path: Path) -> dict[tuple[int, ...], tuple[int, int]]:
    """Return offset and length of each chunk, by its position along the axis of pages."""
    given = json.loads(path.read_text())
    given = given.get("refs", given)
    keys = ((key.rpartition("/")[2], value) for key, value in given.items() if isinstance(value, list))
    return {tuple(int(n) for n in key.split(".")): (value[1], value[2]) for key, value in keys}


def compared(folder: Path, form: Form, pages: int) -> float:
    """Print and return how many times faster vspec is; raises where the references differ."""
    path = folder / f"{form.name}.tif"
    written(path, form, pages)
    theirs = min(by_tifffile(path, folder / "theirs.json") for _ in range(2))
    ours = min(by_vspec(path, folder / "ours.json") for _ in range(5))
    if references(folder / "ours.json") != references(folder / "theirs.json"):
        raise AssertionError(f"{form.name}: the references differ")
    path.unlink()
    each = f"{ours / pages * 1e6:6.2f} us a page by vspec, {theirs / pages * 1e6:6.2f} by tifffile"
    print(f"{form.name:24} {each}: {theirs / ours:5.1f} times as fast")
    return theirs / ours


FORMS = (
    Form("classic-little", "<", big=False),
    Form("classic-big", ">", big=False),
    Form("bigtiff-little", "<", big=True),
    Form("bigtiff-big", ">", big=True),
    Form("bigtiff-far-apart", "<", big=True, gap=8192),
)


def main() -> int:
    """Compare all forms."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--pages", type=int, default=PAGES)
    pages = parser.parse_args().pages
    logging.getLogger("tifffile").setLevel(logging.CRITICAL)
    with tempfile.TemporaryDirectory() as folder:
        ratios = [compared(Path(folder), form, pages) for form in FORMS]
    if min(ratios) < LEAST:
        print(f"less than {LEAST:.0f} times as fast")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
