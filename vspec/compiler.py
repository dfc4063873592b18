"""The passes from a card and the files of one data set to a map, in order."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Literal

import numpy as np

from vspec import seal as sealing
from vspec.card.model import Card
from vspec.chunks import ArrayPlan, ChunkOptions, Coordinates, Profile, coordinate_plans, plan_all
from vspec.errors import Problem, VspecError, distinct
from vspec.expressions import Value
from vspec.header.checks import run_checks
from vspec.header.constants import check_constants
from vspec.header.dataset import Header, open_dataset
from vspec.layout import Json
from vspec.manifest import (
    ArrayEntry,
    Manifest,
    Placement,
    SidecarEntry,
    SourceEntry,
    array_entry,
    documents,
    source_url,
)
from vspec.planning.laid_out import explained
from vspec.planning.plan import Plan, plan
from vspec.profile.addresses import sidecar_name
from vspec.profile.documents import faults
from vspec.sidecar import Part, materialise
from vspec.sources import DataSet, Files, file_url
from vspec.version import __version__


def profile_of(plans: Iterable[ArrayPlan]) -> Profile:
    """Return the profile of a map: packed where one of its arrays is."""
    return "packed" if any(plan_.profile == "packed" for plan_ in plans) else "portable"


@dataclass(frozen=True, slots=True)
class Options:
    """What decides a map beside the card and the files (all of it stands in the map)."""

    chunks: ChunkOptions = field(default_factory=ChunkOptions)
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
    try:
        found = _read(open_dataset(card, dataset, files, params))
    except VspecError as error:
        raise VspecError(_in_files(error.problems, dataset)) from None
    return replace(found, warnings=_in_files(found.warnings, dataset))


def _in_files(problems: Iterable[Problem], dataset: DataSet) -> tuple[Problem, ...]:
    """Return each problem once, with the data set's first file where it names none."""
    held = next((held for held in dataset.members.values() if held), None)
    first = None if held is None else held[0].file.path
    return distinct(replace(problem, data_file=problem.data_file or first) for problem in problems)


def _read(header: Header) -> Read:
    constants = check_constants(header)
    if constants:
        raise VspecError(constants)
    found = run_checks(header)
    errors = [p for p in found if p.level == "error"]
    if errors:
        raise VspecError(errors)
    planned = plan(header.card, header)
    return Read(header, planned, (*found, *header.warnings))


def chunk(read_: Read, options: Options) -> tuple[ArrayPlan, ...]:
    """Choose chunks for every array and coordinate, and find out what must be copied. No byte is read."""
    return _chunk(read_, options)[0]


def _chunk(read_: Read, options: Options) -> tuple[tuple[ArrayPlan, ...], Coordinates]:
    files = read_.header.files
    sizes = [files.reader(i).size for i in range(len(files))]
    try:
        plans = plan_all(read_.plan.arrays, sizes, options.chunks, files.paths)
    except VspecError as error:
        header = read_.header
        raise VspecError(explained(p, header.card.arrays, header) for p in error.problems) from None
    coordinates = coordinate_plans(plans, options.chunks)
    return (*plans, *coordinates.plans), coordinates


@contextmanager
def assemble(read_: Read, target: Path, params: Mapping[str, Value], options: Options) -> Iterator[Compiled]:
    """Yield the manifest of a data set for a map at ``target``; copies are made on the way.

    The sidecar's temporary file goes away at the end unless a writer has put it in its place. Raises
    V0344, before anything is written, for what no reader would take.
    """
    files = read_.header.files
    everything, coordinates = _chunk(read_, options)
    entries = _entries(everything, coordinates)
    _require_readable(read_, entries, options)
    with materialise(everything, files.reader, target) as copies:
        beside = None if copies.part is None else _sidecar(copies.part, target, options)
        manifest = Manifest(
            tuple(replace(entry, placement=at) for entry, at in zip(entries, copies.placements, strict=True)),
            root=_root(files, options),
            sources=tuple(_source(files, i, options) for i in range(len(files))),
            provenance=_provenance(read_.header, params, options, profile_of(everything)),
            root_attrs=read_.plan.groups.get("", {}),
            groups=_groups(read_),
            sidecar=beside,
        )
        yield Compiled(manifest, everything, copies.part)


def rehearse(read_: Read, options: Options) -> tuple[ArrayPlan, ...]:
    """Return the plans for a map that is not written; raises what `assemble` would find wrong with it."""
    everything, coordinates = _chunk(read_, options)
    _require_readable(read_, _entries(everything, coordinates), options)
    return everything


def _require_readable(read_: Read, entries: tuple[ArrayEntry, ...], options: Options) -> None:
    found = _described(read_, entries)
    references = sum(len(entry.references) for entry in entries)
    problems = list(faults(found, _root(read_.header.files, options), references))
    if problems:
        raise VspecError(problems)


def _root(files: Files, options: Options) -> str:
    return options.base_url or file_url(files.root)


def describe(read_: Read, options: Options) -> dict[str, Json]:
    """Return the metadata of every node of a data set's map, by key, without where it comes from.

    No byte is copied.
    """
    return _described(read_, _entries(*_chunk(read_, options)))


def _described(read_: Read, entries: tuple[ArrayEntry, ...]) -> dict[str, Json]:
    root = read_.plan.groups.get("", {})
    return documents(Manifest(entries, "", (), root_attrs=root, groups=_groups(read_)))


def _entries(plans: Sequence[ArrayPlan], coordinates: Coordinates) -> tuple[ArrayEntry, ...]:
    """Return the plans as entries whose copies have no place yet."""
    none = np.zeros(0, np.int64)
    nowhere = Placement(none, none, none)
    return tuple(array_entry(p, nowhere, coordinates.names.get(p.layout.path, ())) for p in plans)


def _groups(read_: Read) -> dict[str, Mapping[str, Json]]:
    return {path: attrs for path, attrs in read_.plan.groups.items() if path}


def _source(files: Files, index: int, options: Options) -> SourceEntry:
    reader = files.reader(index)
    return SourceEntry(reader.path, reader.size, sealing.to_json(sealing.seal(reader, options.seal)))


def _sidecar(part: Part, target: Path, options: Options) -> SidecarEntry:
    name = sidecar_name(target.name, part.digest)
    if options.base_url is None:
        url = file_url(target.parent.resolve() / name)
    else:
        url = source_url(options.base_url, name)
    return SidecarEntry(name, url, part.size, part.digest)


def _provenance(
    header: Header, params: Mapping[str, Value], options: Options, profile: Profile
) -> dict[str, Json]:
    card = header.card
    data = json.loads(canonical(card))
    return {
        "vspec": __version__,
        "profile": profile,
        "dataset": _dataset_json(header.dataset),
        "card": {"id": card.id, "version": card.version, "digest": digest(card), "data": data},
        "params": {k: v for k, v in params.items() if isinstance(v, (bool, int, float, str))},
        "options": {
            "chunk_bytes": options.chunks.chunk_bytes,
            "inline": options.chunks.inline,
            **({} if options.chunks.profile is None else {"profile": options.chunks.profile}),
            **({"materialize": True} if options.chunks.materialize else {}),
            "seal": options.seal,
            "base_url": options.base_url,
        },
    }


def _dataset_json(dataset: DataSet) -> dict[str, Json]:
    """Return which files play which role, so that the data set can be opened again without a search."""
    members: dict[str, Json] = {
        role: [{"path": m.file.path, "captures": {**m.captures}} for m in found]
        for role, found in dataset.members.items()
    }
    return {"name": dataset.name, "captures": {**dataset.captures}, "members": members}


def canonical(card: Card) -> str:
    """Return the card as canonical JSON: the form that a map holds and that its digest is of."""
    return json.dumps(card.data, ensure_ascii=False, separators=(",", ":"), sort_keys=False)


def digest(card: Card) -> str:
    """Return the digest of a card's canonical form."""
    return hashlib.blake2b(canonical(card).encode(), digest_size=16).hexdigest()
