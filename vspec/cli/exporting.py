"""``vspec export``."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from vspec import commands
from vspec.cli.output import say, say_json, size, table
from vspec.cli.progress import progress
from vspec.commands.export import ExportOptions
from vspec.exporting.kinds import KINDS
from vspec.exporting.model import ExportReport

PATHS = click.Path(path_type=Path)


_FORMS = "\n".join(f"{name:<8} {make().about}" for name, make in KINDS.items())
HELP = f"""\
Write MAP in the form of others.

\b
{_FORMS}

What a form cannot express is refused, never left out: --only names the arrays to write.

\b
vspec export maps/a.vspec.json --to {next(iter(KINDS))} -o a{next(iter(KINDS.values()))().suffix}
"""


@click.command(help=HELP)
@click.argument("map_path", metavar="MAP", type=PATHS)
@click.option("--to", "kind", required=True, type=click.Choice(list(KINDS)), help="The form to write.")
@click.option("-o", "--out", type=PATHS, help="File or folder to write; named like MAP otherwise.")
@click.option("--only", multiple=True, metavar="ARRAY", help="Write this array (may be given again).")
@click.option("--copy", is_flag=True, help="Copy arrays that a form cannot point to.")
@click.option(
    "--format",
    "zarr_format",
    type=click.Choice(["2", "3"]),
    default="3",
    show_default=True,
    help="Of a Zarr store.",
)
@click.option("--root", type=PATHS, help="The folder that the sources lie below, if they were moved.")
@click.option("--force", is_flag=True, help="Replace what is there.")
@click.option("--json", "as_json", is_flag=True, help="Print the result as JSON.")
def export(map_path: Path, kind: str, out: Path | None, *, as_json: bool, **choices: object) -> None:
    """Write a map in the form of others."""
    only, root = choices["only"], choices["root"]
    options = ExportOptions(
        only=only if isinstance(only, tuple) else (),
        root=root if isinstance(root, Path) else None,
        force=bool(choices["force"]),
        copy=bool(choices["copy"]),
        format=2 if choices["zarr_format"] == "2" else 3,
    )
    with progress(quiet=as_json) as show:
        report = commands.export(map_path, kind, out, options, show)
    if as_json:
        say_json(report)
    else:
        _view(report)
    sys.exit(0)


def _view(report: ExportReport) -> None:
    say(f"wrote {report.out}  ({report.kind}, from {report.map})")
    rows = [
        (f"  {array.path}", array.how, f"{size(array.copied_bytes)} copied" if array.copied_bytes else "")
        for array in report.arrays
    ]
    say(table(rows))
    for note in report.notes:
        say(f"  note: {note}")
    why = {fault.path: fault.why for fault in report.not_expressed}
    for path in report.left_out:
        say(f"  left out: {path}" + (f" ({why[path]})" if path in why else ""))
