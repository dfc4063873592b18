"""``vspec verify``: every byte of a map against the original files."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

from vspec import compiler
from vspec.chunks import coordinate_plans, plan_all
from vspec.commands.options import Step, ignore
from vspec.commands.reports import VerifiedMap, VerifyReport
from vspec.commands.status import map_status
from vspec.errors import Problem, VspecError
from vspec.header.constants import check_constants
from vspec.layout import ArrayLayout
from vspec.readers import map_file, zarr_store
from vspec.readers.map_file import MapDocument
from vspec.reopening import reopen
from vspec.sources import Files
from vspec.verification import Truth, compare_array

BLOCK = 8 << 20


def verify(maps: str | Path | Sequence[str | Path], on_step: Callable[[Step], None] = ignore) -> VerifyReport:
    """Compare every array of each map, read through zarr, with plain arithmetic over the sources.

    The layouts are made anew from the card inside the map. Sources and sidecar are held against
    their digests first. Problems are in the report, with file and byte offset.
    """
    paths = [maps] if isinstance(maps, (str, Path)) else list(maps)
    return VerifyReport(tuple(_verify(Path(p), on_step) for p in paths))


def _verify(path: Path, on_step: Callable[[Step], None]) -> VerifiedMap:
    try:
        document = map_file.load(path)
        seals = [*map_status(document).problems, *_sidecar(document)]
        if any(p.level == "error" for p in seals):
            return VerifiedMap(str(path), 0, 0, tuple(seals))
        return _compare(document, seals, on_step)
    except VspecError as error:
        return VerifiedMap(str(path), 0, 0, error.problems)


def _sidecar(document: MapDocument) -> Iterator[Problem]:
    if document.sidecar is None:
        return
    path = document.path.with_name(document.sidecar.path)
    found = hashlib.blake2b(digest_size=16)
    if path.is_file():
        with path.open("rb") as file:
            while block := file.read(BLOCK):
                found.update(block)
    if not path.is_file() or found.hexdigest() != document.sidecar.digest:
        state = "is damaged" if path.is_file() else "is missing"
        yield Problem(
            "V0744",
            f"the sidecar {path.name} {state}",
            data_file=str(path),
            expected=f"{document.sidecar.size} bytes with digest {document.sidecar.digest}",
            found=f"digest {found.hexdigest()}" if path.is_file() else "no file",
            help="make the map again",
        )


def _compare(document: MapDocument, seals: Sequence[Problem], on_step: Callable[[Step], None]) -> VerifiedMap:
    origin = reopen(document)
    with Files(origin.root) as files:
        read = compiler.read(origin.card, origin.dataset, files, origin.params)
        problems = [*seals, *check_constants(read.header, every_row=True)]
        layouts = {layout.path: layout for layout in _layouts(read, files)}
        problems += _same_arrays(document, layouts)
        group = zarr_store.group(document)
        truth = Truth(files.reader, files.paths)
        compared = 0
        for k, (path, layout) in enumerate(layouts.items()):
            on_step(Step(document.path.name, k, len(layouts)))
            if any(array.path == path for array in document.arrays):
                array = group[path]
                problems += compare_array(layout, array, truth)
                compared += int(array.size) * array.dtype.itemsize
        on_step(Step(document.path.name, len(layouts), len(layouts)))
    return VerifiedMap(str(document.path), len(layouts), compared, tuple(problems))


def _layouts(read: compiler.Read, files: Files) -> Iterator[ArrayLayout]:
    yield from read.plan.arrays
    sizes = [files.reader(i).size for i in range(len(files))]
    for plan in coordinate_plans(plan_all(read.plan.arrays, sizes)).plans:
        yield plan.layout


def _same_arrays(document: MapDocument, layouts: dict[str, ArrayLayout]) -> Iterator[Problem]:
    have = {array.path for array in document.arrays}
    for path in sorted(layouts.keys() - have):
        yield Problem("V0745", f"{document.path.name} has no array '{path}', which its card makes", help="make it again")
    for path in sorted(have - layouts.keys()):
        yield Problem("V0745", f"{document.path.name} has an array '{path}' that its card does not make")


