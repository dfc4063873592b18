"""``vspec export``: a map in the form of others."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from vspec.commands.options import Step, ignore
from vspec.exporting.model import ExportOptions, ExportReport
from vspec.exporting.run import run

__all__ = ["ExportOptions", "export"]


def export(
    map_path: str | Path,
    to: str,
    out: str | Path | None = None,
    options: ExportOptions | None = None,
    on_step: Callable[[Step], None] = ignore,
) -> ExportReport:
    """Write a map as another form, and return what was written and how.

    ``to`` is one of the forms that ``vspec export --help`` lists. ``out`` is a file or a folder; without it
    the output is named like the map, in the working folder. It appears as a whole, or not at all.

    Raises `VspecError` as `vspec.open` does for the map and its sources, V0876 with every array that the
    form cannot express, V0870 and V0871 for names that there are not, V0821, V0872 and V0873 for the place
    of the output, V0874 for a package that is missing, V0875 where what was written is not what the map
    gives, V0828 where the system refuses.
    """
    target = None if out is None else Path(out)
    return run(
        Path(map_path),
        to,
        target,
        options or ExportOptions(),
        lambda what, done, total: on_step(Step(what, done, total)),
    )
