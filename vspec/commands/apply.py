"""``vspec apply``: a map of each data set that a card finds."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from vspec import compiler
from vspec.card.model import Card
from vspec.chunks import ArrayPlan, ChunkOptions, is_materialized
from vspec.commands.apply_report import ApplyReport, ArrayReport, MapReport
from vspec.commands.cards import open_card
from vspec.commands.maps import SUFFIX
from vspec.commands.options import ApplyOptions, Step
from vspec.commands.params import Given, resolve
from vspec.commands.writing import unwritable
from vspec.errors import Problem, VspecError, distinct, fail
from vspec.expressions import Value
from vspec.profile.addresses import REMOTE, root_fault
from vspec.profile.readers import needs
from vspec.sources import DataSet, Files, find
from vspec.writers import kerchunk_json

CHUNK_BYTES = (1 << 10, 1 << 29)
"""Bounds of the target size: twice the largest is still a chunk that readers take."""


@dataclass(frozen=True, slots=True)
class _Job:
    """What is the same for every data set of a run."""

    card: Card
    root: Path
    params: Mapping[str, Value]
    options: ApplyOptions
    members: Mapping[Path, str]


def apply(
    card: str | Path | Card,
    data: str | Path | Sequence[str | Path],
    out: str | Path = ".",
    params: Given | None = None,
    options: ApplyOptions | None = None,
) -> ApplyReport:
    """Make a map of each data set that ``card`` finds in ``data``.

    ``card`` is a path, the id of a card in the registry, or a loaded card. ``data`` is a folder
    or files. ``out`` is the folder for the maps, or a file for one data set. Problems of one data
    set do not keep the others from being mapped: they are in the report. Raises `VspecError` when
    nothing can be done at all (the card is wrong, no data, a bad ``out``).
    """
    options = options or ApplyOptions()
    _require_sound(options)
    loaded = open_card(card, options.overlay)
    values = resolve(loaded, params or {})
    paths = [data] if isinstance(data, (str, Path)) else list(data)
    found = find(loaded.roles, paths)
    targets = _targets(found.datasets, Path(out))
    problems: list[Problem] = list(found.problems)
    maps: list[MapReport] = []
    job = _Job(loaded, found.root, values, options, _members(found.datasets))
    for k, dataset in enumerate(found.datasets):
        options.on_step(Step("data sets", k, len(found.datasets)))
        try:
            maps.append(_map(job, dataset, targets[dataset.name]))
        except VspecError as error:
            problems += error.problems
    options.on_step(Step("data sets", len(found.datasets), len(found.datasets)))
    return ApplyReport(tuple(maps), tuple(problems))


def _members(datasets: Sequence[DataSet]) -> dict[Path, str]:
    """Return the files of all data sets, which no map may take the place of."""
    files = (member.file for dataset in datasets for found in dataset.members.values() for member in found)
    return {file.absolute.resolve(): file.path for file in files}


def _require_sound(options: ApplyOptions) -> None:
    """Raise V0823 and V0824 for choices that no map could be read with."""
    problems: list[Problem] = []
    url = options.base_url
    fault = None if url is None else _address_fault(url)
    if fault is not None:
        problems.append(
            Problem(
                "V0823",
                f"'{url}' is no address below which readers find the data: it {fault}",
                expected=f"an address that begins with {', '.join(REMOTE)} or file:///",
                found=url,
            )
        )
    if not CHUNK_BYTES[0] <= options.chunk_bytes <= CHUNK_BYTES[1]:
        problems.append(
            Problem(
                "V0824",
                "the target size of a chunk is out of range",
                expected=f"{CHUNK_BYTES[0]} to {CHUNK_BYTES[1]} bytes",
                found=str(options.chunk_bytes),
            )
        )
    if problems:
        raise VspecError(problems)


def _address_fault(url: str) -> str | None:
    if not url.startswith((*REMOTE, "file:///")):
        return "does not begin as one"
    return "ends with a blank" if url != url.strip() else root_fault(url)


def _targets(datasets: Sequence[DataSet], out: Path) -> dict[str, Path]:
    """Return the file of each data set's map; raises V0820 and V0821."""
    try:
        is_folder = out.is_dir() or not (out.suffix.lower() == ".json" or out.exists())
    except OSError as error:
        raise fail("V0821", f"cannot look at {out}: {error.strerror}") from None
    if is_folder:
        return {dataset.name: out / f"{dataset.name}{SUFFIX}" for dataset in datasets}
    if len(datasets) > 1:
        raise fail(
            "V0820",
            f"{out} is one file, but there are {len(datasets)} data sets",
            help="give a folder with -o, or the files of one data set",
        )
    if not out.name.endswith(SUFFIX):
        raise fail(
            "V0820",
            f"{out} is not the name of a map",
            expected=f"a folder, or a name that ends in {SUFFIX}",
            help=f"e.g. -o {out.with_name(_stem(out) + SUFFIX)}",
        )
    return {dataset.name: out for dataset in datasets}


def _stem(out: Path) -> str:
    """Return a file's name without ``.json`` and ``.vspec.json``, whatever their case."""
    return out.stem[: -len(".vspec")] if out.stem.lower().endswith(".vspec") else out.stem


def _map(job: _Job, dataset: DataSet, target: Path) -> MapReport:
    choices = compiler.Options(
        ChunkOptions(
            chunk_bytes=job.options.chunk_bytes,
            inline=job.options.inline,
            profile=job.options.profile,
            materialize=job.options.materialize,
            alternatives=job.options.dry_run,
        ),
        job.options.seal,
        job.options.base_url,
    )
    with Files(job.root) as files:
        read = compiler.read(job.card, dataset, files, job.params)
        _require_apart(files, target, job.members)
        _require_own(target)
        if job.options.dry_run:
            plans = compiler.rehearse(read, choices)
        else:
            plans = _write(read, target, job, choices)
        warnings = [*read.warnings, *(w for plan in plans for w in plan.warnings)]
        return MapReport(
            map=str(target),
            dataset=dataset.name,
            card=job.card.id or job.card.name,
            profile=compiler.profile_of(plans),
            sources=files.paths,
            arrays=tuple(array_report(plan) for plan in plans),
            warnings=distinct(warnings),
        )


def _require_apart(files: Files, path: Path, members: Mapping[Path, str]) -> None:
    """Raise V0825 where a map or sidecar at ``path`` would take the place of a file of the data.

    ``members`` are the files of all data sets of the run.
    """
    sources = {(files.root / source).resolve(): source for source in files.paths}
    for source in (members.get(path.resolve()), sources.get(path.resolve())):
        if source is not None:
            problem = Problem(
                "V0825",
                f"{path} would be written over a file of the data",
                data_file=source,
                help="give another folder, or another name, with -o",
            )
            raise VspecError([problem])


def _require_own(target: Path) -> None:
    """Raise V0825 where a file stands at ``target`` that is no map."""
    if target.is_file() and not kerchunk_json.is_map(target):
        problem = Problem(
            "V0825",
            f"{target} exists and was not written by vspec",
            data_file=str(target),
            help="give another folder, or another name, with -o; or move the file away",
        )
        raise VspecError([problem])


def _write(read: compiler.Read, target: Path, job: _Job, options: compiler.Options) -> tuple[ArrayPlan, ...]:
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise fail("V0821", f"cannot make the folder {target.parent}: {error.strerror}") from None
    try:
        with compiler.assemble(read, target, job.params, options) as compiled:
            if compiled.manifest.sidecar is not None:
                beside = target.with_name(compiled.manifest.sidecar.name)
                _require_apart(read.header.files, beside, job.members)
            kerchunk_json.write(compiled.manifest, target, compiled.part)
            return compiled.plans
    except OSError as error:
        raise unwritable(target, error) from None


def array_report(plan: ArrayPlan) -> ArrayReport:
    """Return what is told of one array: axes in the card's order, ``-name`` where it is reversed."""
    stored = {axis.name: axis for axis in plan.axes}
    names = [axis.name for axis in plan.layout.axes]
    names += [axis.name for axis in plan.axes if axis.name not in names]
    return ArrayReport(
        path=plan.layout.path,
        dims=tuple(("-" if stored[n].reversed else "") + n for n in names),
        shape=tuple(stored[n].size for n in names),
        dtype=plan.dtype.str,
        chunks=tuple(stored[n].chunk for n in names),
        refs=len(plan.references) - len(plan.copies),
        copied_bytes=plan.copied_bytes,
        tail=plan.tail,
        stored=tuple(stored),
        profile=plan.profile,
        choices=plan.choices,
        materialized=is_materialized(plan),
        needs=needs(plan.filters, plan.compressor),
    )
