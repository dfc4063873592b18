"""``vspec verify``: every byte of a map against the original files."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from math import prod
from pathlib import Path
from typing import cast

from vspec import compiler
from vspec.card.model import Card
from vspec.chunks import ChunkOptions, Profile
from vspec.commands.maps import maps_of
from vspec.commands.options import Step, ignore
from vspec.commands.reports import VerifiedMap, VerifyReport
from vspec.commands.status import map_status
from vspec.errors import Problem, VspecError
from vspec.header.constants import check_constants, check_unread
from vspec.layout import ArrayLayout, Json
from vspec.oracle import Array, OpenFile, Peer
from vspec.peers.registry import WORDS
from vspec.peers.windows import window
from vspec.readers import map_file, zarr_store
from vspec.readers.map_file import MapDocument
from vspec.reopening import reopen
from vspec.sidecar import digest_of
from vspec.sources import Files
from vspec.verification import Truth, ZarrArray, compare_array


def verify(maps: str | Path | Sequence[str | Path], on_step: Callable[[Step], None] = ignore) -> VerifyReport:
    """Compare every array of each map, read through zarr, with plain arithmetic over the sources.

    The layouts are made anew from the card inside the map. Sources and sidecar are held against
    their digests first. Problems are in the report, with file and byte offset. A folder stands for
    the maps in it.
    """
    return VerifyReport(tuple(_verify(path, on_step) for path in maps_of(maps)))


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
    try:
        found = digest_of(path) if path.is_file() else None
    except OSError as error:
        yield Problem("V0744", f"the sidecar {path.name} cannot be read", found=error.strerror)
        return
    if found != document.sidecar.digest:
        state = "is missing" if found is None else "is damaged"
        yield Problem(
            "V0744",
            f"the sidecar {path.name} {state}",
            data_file=str(path),
            expected=f"{document.sidecar.size} bytes with digest {document.sidecar.digest}",
            found="no file" if found is None else f"digest {found}",
            help="make the map again",
        )


def _compare(document: MapDocument, seals: Sequence[Problem], on_step: Callable[[Step], None]) -> VerifiedMap:
    origin = reopen(document)
    options = _options(document)
    with Files(origin.root) as files:
        read = compiler.read(origin.card, origin.dataset, files, origin.params)
        problems = [*seals, *check_constants(read.header, every_row=True)]
        layouts = {p.layout.path: p.layout for p in compiler.chunk(read, options)}
        problems += check_unread(read.header)
        problems += _same_arrays(document, layouts)
        problems += _same_card(document, origin.card)
        problems += _same_metadata(document, compiler.describe(read, options))
        held, refused = _opened(document)
        problems += refused
        truth = Truth(files.inside, files.paths, _peers(files))
        compared = 0
        for k, (path, layout) in enumerate(layouts.items()):
            on_step(Step(document.path.name, k, len(layouts)))
            array = held.get(path)
            if array is not None:
                problems += compare_array(layout, array, truth)
                compared += prod(array.shape) * array.dtype.itemsize
        on_step(Step(document.path.name, len(layouts), len(layouts)))
    return VerifiedMap(str(document.path), len(layouts), compared, tuple(problems))


def _peers(files: Files) -> dict[str, Peer]:
    """Return the independent readers of containers, which open the files by themselves."""

    def read(layout: ArrayLayout, _open_file: OpenFile, selection: tuple[slice, ...]) -> Array:
        return window(layout, lambda file: files.reader(file).absolute, selection)

    return dict.fromkeys(WORDS, read)


def _options(document: MapDocument) -> compiler.Options:
    """Return the choice of chunks that the map was made with: another one may be impossible."""
    match document.origin.get("options"):
        case {"chunk_bytes": int(nbytes), "inline": bool(inline), **others} if nbytes > 0:
            given = others.get("profile")
            profile: Profile | None = given if given in ("portable", "packed") else None
            copied = others.get("materialize") is True
            return compiler.Options(
                ChunkOptions(chunk_bytes=nbytes, inline=inline, profile=profile, materialize=copied)
            )
        case _:
            return compiler.Options()


def _opened(document: MapDocument) -> tuple[dict[str, ZarrArray], list[Problem]]:
    """Return the arrays of a map as zarr opens them for anybody, and a problem where it refuses.

    Not the way by which vspec itself reads local files: others will read the map without it.
    """
    held: dict[str, ZarrArray] = {}
    problems: list[Problem] = []
    try:
        group = zarr_store.plain_group(document)
        for array in document.arrays:
            held[array.path] = cast("ZarrArray", group[array.path])
    except (OSError, ValueError, TypeError, LookupError) as error:
        message = f"zarr cannot open the arrays of {document.path.name}: {error}"
        problems.append(Problem("V0722", message, data_file=str(document.path), help="make the map again"))
    return held, problems


def _same_arrays(document: MapDocument, layouts: dict[str, ArrayLayout]) -> Iterator[Problem]:
    have = {array.path for array in document.arrays}
    for path in sorted(layouts.keys() - have):
        yield Problem(
            "V0745", f"{document.path.name} has no array '{path}', which its card makes", help="make it again"
        )
    for path in sorted(have - layouts.keys()):
        yield Problem("V0745", f"{document.path.name} has an array '{path}' that its card does not make")


def _same_card(document: MapDocument, card: Card) -> Iterator[Problem]:
    recorded = document.origin.get("card")
    sealed = recorded.get("digest") if isinstance(recorded, dict) else None
    if sealed != compiler.digest(card):
        yield Problem(
            "V0745",
            f"the card in {document.path.name} was edited",
            expected=f"the card with digest {sealed}",
            found=f"digest {compiler.digest(card)}",
            help="edit the card's file and make the map again",
        )


def _same_metadata(document: MapDocument, expected: Mapping[str, Json]) -> Iterator[Problem]:
    """Yield a problem for each attribute, and each dtype, that is not what the card gives."""
    for key, wanted in expected.items():
        node, _, name = key.rpartition("/")
        text = document.refs.get(key)
        found = json.loads(text) if isinstance(text, str) else {}
        if f"{node}/.zarray" in expected.keys() - document.refs.keys():
            continue  # a missing array is told of already
        for k, given, has in _differing(wanted if isinstance(wanted, dict) else {}, found, name):
            if node or k != "vspec":
                yield Problem(
                    "V0721",
                    f"'{k}' of {node or 'the root group'} is not what the card gives",
                    data_file=str(document.path),
                    expected=given,
                    found=has,
                    help="the map was edited, or another vspec made it: make it again",
                )


def _differing(
    wanted: dict[str, Json], found: dict[str, Json], document: str
) -> Iterator[tuple[str, str, str]]:
    """Yield the keys of a metadata document that differ, with both values as text."""
    keys = ("dtype",) if document == ".zarray" else sorted(wanted.keys() | found.keys())
    for key in keys:
        pair = _text(wanted.get(key)), _text(found.get(key))
        if pair[0] != pair[1]:
            yield key, *pair


def _text(value: Json) -> str:
    return "nothing" if value is None else json.dumps(value, ensure_ascii=False, sort_keys=True)
