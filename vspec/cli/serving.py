"""``vspec serve``, the one verb that goes on until it is stopped."""

from __future__ import annotations

import signal
import sys
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

import click

from vspec import commands
from vspec.cli.output import count, say, say_json, say_problems, table
from vspec.commands.serve import HOST, PORT, ServeReport, report
from vspec.errors import Problem


@click.command()
@click.argument("maps", nargs=-1, required=True, type=click.Path(path_type=Path))
@click.option(
    "--host",
    default=HOST,
    show_default=True,
    help="Address to listen at; this one is for this machine alone.",
)
@click.option(
    "--port",
    type=click.IntRange(0, 65535),
    default=PORT,
    show_default=True,
    help="Port to listen at; 0 takes any that is free.",
)
@click.option("--json", "as_json", is_flag=True, help="Print where the maps are as JSON.")
def serve(maps: tuple[Path, ...], host: str, port: int, *, as_json: bool) -> None:
    """Show MAPS as ordinary Zarr stores over HTTP, until Ctrl-C.

    For readers that know nothing of references: tensorstore, GDAL, zarrita, browsers. A folder stands for
    the maps in it. The page at the address that is printed lists the stores, and lines to read them with.

    \b
    vspec serve maps/
    vspec serve maps/a.vspec.json --port 0
    """
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    with suppress(KeyboardInterrupt), commands.serve(maps, host, port, _say) as server:
        found = report(server, host)
        found = replace(found, problems=tuple(replace(problem, level="warn") for problem in found.problems))
        if as_json:
            say_json(found)
        else:
            say_problems(found.problems)
            _view(found)
        sys.stdout.flush()
        server.wait()


def _view(found: ServeReport) -> None:
    rows = [
        (f"  {shown.name}", count(len(shown.arrays), "array"), shown.v2, shown.v3) for shown in found.maps
    ]
    say(f"{found.url}/  (Ctrl-C stops)")
    say(table(rows))


def _say(problem: Problem) -> None:
    say_problems([problem])
