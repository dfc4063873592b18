"""An export from the beginning to the end: what is asked for, whether it can be, and then all of it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from difflib import get_close_matches
from importlib.util import find_spec
from pathlib import Path

from vspec.errors import Problem, VspecError, fail
from vspec.exporting.kinds import KINDS
from vspec.exporting.model import ExportOptions, ExportReport, Fault, Job, Kind, OnStep
from vspec.exporting.placing import as_problem, check_place, output_path
from vspec.opening.locating import located
from vspec.profile.arrays import MapArray


def run(path: Path, to: str, out: Path | None, options: ExportOptions, on_step: OnStep) -> ExportReport:
    """Write a map in another form.

    Raises `VspecError` with all that cannot be expressed, before anything is written.
    """
    kind = _kind(to)
    document = located(path, root=options.root)
    target = output_path(document, out, kind.suffix)
    check_place(document, target, force=options.force)
    arrays = _chosen(document.arrays, options.only)
    job = Job(document, arrays, target, options, on_step)
    faults = list(kind.faults(job))
    if faults:
        raise VspecError([_problem(fault, to) for fault in faults])
    left = tuple(array for array in document.arrays if array not in arrays)
    try:
        written = kind.write(job)
    except OSError as error:
        raise as_problem(target, error) from None
    return ExportReport(
        map=str(path),
        kind=to,
        out=str(target),
        arrays=written.arrays,
        left_out=tuple(array.path for array in left),
        not_expressed=_not_expressed(kind, job, left),
        notes=written.notes,
    )


def _kind(to: str) -> Kind:
    """Return a kind. Raises V0870 for a name that there is not, V0874 where a package is missing."""
    make = KINDS.get(to)
    if make is None:
        raise fail("V0870", f"'{to}' is no kind of export", expected=", ".join(KINDS))
    kind = make()
    for package, extra in kind.packages:
        if find_spec(package) is None:
            raise fail(
                "V0874",
                f"an export to {to} needs the package {package}",
                help=f"pip install 'vspec-maps[{extra}]'",
            )
    return kind


def _chosen(arrays: Sequence[MapArray], only: Sequence[str]) -> tuple[MapArray, ...]:
    """Return the arrays to write. Raises V0871 for each name that there is not."""
    known = {array.path: array for array in arrays}
    problems = []
    for name in only:
        if name not in known:
            near = get_close_matches(name, known, 1)
            help = f"did you mean '{near[0]}'?" if near else f"there are: {', '.join(sorted(known)[:20])}"
            problems.append(Problem("V0871", f"the map has no array '{name}'", help=help))
    if problems:
        raise VspecError(problems)
    return tuple(array for array in arrays if not only or array.path in only)


def _problem(fault: Fault, to: str) -> Problem:
    return Problem("V0876", f"array '{fault.path}' cannot be exported to {to}: {fault.why}", help=fault.help)


def _not_expressed(kind: Kind, job: Job, left: tuple[MapArray, ...]) -> tuple[Fault, ...]:
    """Return why arrays that were left out could not have been written beside the others."""
    if not left:
        return ()
    paths = {array.path for array in left}
    try:
        faults = list(kind.faults(replace(job, arrays=(*job.arrays, *left))))
    except VspecError as error:
        return tuple(Fault("", problem.message, problem.help or "") for problem in error.problems)
    return tuple(fault for fault in faults if fault.path in paths)
