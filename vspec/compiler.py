"""The passes from a card and the files of one data set to a map, in order."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from vspec import seal as sealing
from vspec.card.model import Card
from vspec.chunks import ArrayPlan, ChunkOptions, coordinate_plans, plan_all
from vspec.errors import Problem, VspecError
from vspec.expressions import Value
from vspec.header.checks import run_checks
from vspec.header.constants import check_constants
from vspec.header.dataset import Header, open_dataset
from vspec.layout import Json
from vspec.manifest import Manifest, SidecarEntry, SourceEntry, array_entry
from vspec.planning.plan import Plan, plan
from vspec.sidecar import Part, materialise
from vspec.sources import DataSet, Files, file_url
from vspec.version import __version__
from vspec.writers.kerchunk_json import sidecar_path

PROFILE = "portable"


@dataclass(frozen=True, slots=True)
class Options:
    """What decides a map beside the card and the files (all of it stands in the map)."""

    chunks: ChunkOptions = ChunkOptions()
    seal: Literal["sampled", "full"] = "sampled"
    base_url: str | None = None


@dataclass(frozen=True, slots=True)
class Read:
    """A data set whose header was read, checked and planned; ``warnings`` are no errors."""

    header: Header
    plan: Plan
    warnings: tuple[Problem, ...]


@dataclass(frozen=True, slots=True, eq=False)
class Compiled:
    """A manifest, ready to be written, with its plans; ``part`` is the sidecar still to be placed."""

    manifest: Manifest
    plans: tuple[ArrayPlan, ...]
    part: Part | None


def read(card: Card, dataset: DataSet, files: Files, params: Mapping[str, Value]) -> Read:
    """Read the header of a data set and plan its arrays; raises all problems at once.

    The passes: files that belong together, constants, checks, arrays.
    """
    if dataset.problems:
        raise VspecError(dataset.problems)
    header = open_dataset(card, dataset, files, params)
    constants = check_constants(header)
    if constants:
        raise VspecError(constants)
    found = run_checks(header)
    errors = [p for p in found if p.level == "error"]
    if errors:
        raise VspecError(errors)
    planned = plan(card, header)
    return Read(header, planned, (*found, *header.warnings))


def chunk(read_: Read, options: Options) -> tuple[ArrayPlan, ...]:
    """Choose chunks for every array, and find out what must be copied. No byte is read."""
    sizes = [read_.header.files.reader(i).size for i in range(len(read_.header.files))]
    return tuple(plan_all(read_.plan.arrays, sizes, options.chunks))


@contextmanager
def assemble(read_: Read, target: Path, params: Mapping[str, Value], options: Options) -> Iterator[Compiled]:
    """Yield the manifest of a data set for a map at ``target``; copies are made on the way.

    The sidecar's temporary file goes away at the end unless a writer has put it in its place.
    """
    files = read_.header.files
    plans = chunk(read_, options)
    coordinates = coordinate_plans(plans, options.chunks)
    everything = (*plans, *coordinates.plans)
    with materialise(everything, files.reader, target) as copies:
        arrays = tuple(
            array_entry(p, placed, coordinates.names.get(p.layout.path, ()))
            for p, placed in zip(everything, copies.placements, strict=True)
        )
        groups = {path: attrs for path, attrs in read_.plan.groups.items() if path}
        manifest = Manifest(
            arrays,
            root=options.base_url or file_url(files.root),
            sources=tuple(_source(files, i, options) for i in range(len(files))),
            provenance=_provenance(read_.header, params, options),
            root_attrs=read_.plan.groups.get("", {}),
            groups=groups,
            sidecar=None if copies.part is None else _sidecar(copies.part, sidecar_path(target), options),
        )
        yield Compiled(manifest, everything, copies.part)


def _source(files: Files, index: int, options: Options) -> SourceEntry:
    reader = files.reader(index)
    return SourceEntry(reader.path, reader.size, sealing.to_json(sealing.seal(reader, options.seal)))


def _sidecar(part: Part, path: Path, options: Options) -> SidecarEntry:
    url = file_url(path) if options.base_url is None else options.base_url.rstrip("/") + "/" + path.name
    return SidecarEntry(path.name, url, part.size, part.digest)


def _provenance(header: Header, params: Mapping[str, Value], options: Options) -> dict[str, Json]:
    card = header.card
    data = json.loads(canonical(card))
    return {
        "vspec": __version__,
        "profile": PROFILE,
        "dataset": _dataset_json(header.dataset),
        "card": {"id": card.id, "version": card.version, "digest": digest(card), "data": data},
        "params": {name: value for name, value in params.items() if isinstance(value, (bool, int, float, str))},
        "options": {
            "chunk_bytes": options.chunks.chunk_bytes,
            "inline": options.chunks.inline,
            "seal": options.seal,
            "base_url": options.base_url,
        },
    }


def _dataset_json(dataset: DataSet) -> dict[str, Json]:
    """Return which files play which role, so that the data set can be opened again without a search."""
    members: dict[str, Json] = {
        role: [{"path": m.file.path, "captures": {k: v for k, v in m.captures.items()}} for m in found]
        for role, found in dataset.members.items()
    }
    return {"name": dataset.name, "captures": {k: v for k, v in dataset.captures.items()}, "members": members}


def canonical(card: Card) -> str:
    """Return the card as canonical JSON: the form that a map holds and that its digest is of."""
    return json.dumps(card.data, ensure_ascii=False, separators=(",", ":"), sort_keys=False)


def digest(card: Card) -> str:
    """Return the digest of a card's canonical form."""
    return hashlib.blake2b(canonical(card).encode(), digest_size=16).hexdigest()
