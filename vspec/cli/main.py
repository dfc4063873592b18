"""``vspec VERB``: every verb is one function of the same name in `vspec.commands`."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Literal, NoReturn

import click

import vspec
from vspec import commands
from vspec.cli.exporting import export
from vspec.cli.output import Report, refused_by_system, say, say_json, say_problems
from vspec.cli.progress import progress
from vspec.cli.serving import serve
from vspec.cli.views import (
    apply_view,
    check_view,
    explain_view,
    fake_view,
    identify_view,
    info_view,
    status_view,
    verify_view,
)
from vspec.commands.apply import CHUNK_BYTES
from vspec.commands.options import ApplyOptions
from vspec.commands.reports import FailedReport, exit_code
from vspec.errors import Problem, VspecError, fail

PATHS = click.Path(path_type=Path)
AS_JSON = click.option("--json", "as_json", is_flag=True, help="Print the result as JSON.")


class Group(click.Group):
    """Lists the verbs in the order of a day's work."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002  # what click asks with
        return list(self.commands)

    def invoke(self, ctx: click.Context) -> object:
        """Run a verb; data that end too early are a problem of theirs, which click would take for Ctrl-D."""
        try:
            return super().invoke(ctx)
        except EOFError as error:
            message = "encoded data end before what they hold does"
            help_ = "a source was cut short or is damaged: fetch it again"
            raise fail("V0361", message, found=str(error) or "the end of the data", help=help_) from error


@click.group(cls=Group, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.version_option(vspec.__version__, prog_name="vspec")
def cli() -> None:
    """Describe a file format once, in YAML; read the data everywhere, in place.

    \b
    vspec new rig3.yaml                     start a card
    vspec check rig3.yaml data/             is it right, and does it fit the data?
    vspec apply rig3.yaml data/ -o maps/    make a map of each recording
    vspec verify maps/*.vspec.json          compare every byte with the originals
    """


def _finish(report: Report, problems: Iterable[Problem], show: Callable[[], None], *, as_json: bool) -> None:
    """Print a report and leave with the exit code of its problems."""
    found = tuple(problems)
    if as_json:
        say_json(report)
    else:
        say_problems(found)
        show()
    sys.exit(exit_code(found))


def _settings(pairs: tuple[str, ...]) -> dict[str, int | float | str | bool]:
    values: dict[str, int | float | str | bool] = {}
    for pair in pairs:
        name, sign, value = pair.partition("=")
        if not sign or not name:
            raise click.BadParameter(f"{pair!r} is not of the form NAME=VALUE", param_hint="--set")
        values[name] = value
    return values


def _profile(*, portable: bool, packed: bool) -> Literal["portable", "packed"] | None:
    if portable and packed:
        raise click.UsageError("--portable and --packed exclude each other")
    return "portable" if portable else "packed" if packed else None


@cli.command()
@click.argument("card")
@click.argument("data", nargs=-1, required=True, type=PATHS)
@click.option(
    "-o", "--out", type=PATHS, default=Path(), help="Folder for the maps, or a file for one data set."
)
@click.option(
    "--set", "settings", multiple=True, metavar="NAME=VALUE", help="A value for a param of the card."
)
@click.option(
    "--with", "overlay", type=PATHS, help="A YAML file that corrects attributes, coordinates and params."
)
@click.option(
    "--chunk-bytes",
    type=click.IntRange(*CHUNK_BYTES),
    default=4 << 20,
    show_default=True,
    help="Target size of a chunk.",
)
@click.option("--base-url", help="Where readers find the data root, e.g. https://data.lab.org/rig3/.")
@click.option(
    "--no-inline", is_flag=True, help="Put small arrays and tails into the sidecar (for older readers)."
)
@click.option(
    "--seal",
    type=click.Choice(["sampled", "full"]),
    default="sampled",
    show_default=True,
    help="Digests of the sources.",
)
@click.option(
    "--portable",
    is_flag=True,
    help="Plain references only, which every reader resolves, whatever their number.",
)
@click.option(
    "--packed",
    is_flag=True,
    help="Many records in a chunk, for readers that have vspec's codecs.",
)
@click.option(
    "--materialize",
    is_flag=True,
    help="Copy the arrays that no reference can serve, and only those, into a file beside the map.",
)
@click.option("--dry-run", is_flag=True, help="Write nothing; say what would be made.")
@AS_JSON
def apply(card: str, data: tuple[Path, ...], out: Path, as_json: bool, **choices: object) -> None:
    """Make a map of each data set that CARD finds in DATA.

    CARD is the path of a card, or the id of one that comes with vspec (generic/raw).
    DATA is a folder, or files.

    \b
    vspec apply rig3.yaml data/ -o maps/
    vspec apply generic/raw data/ --set dtype=int16 --set channels=64
    """
    seal: Literal["sampled", "full"] = "full" if choices["seal"] == "full" else "sampled"
    overlay = choices["overlay"]
    with progress(quiet=as_json) as show:
        options = ApplyOptions(
            chunk_bytes=int(str(choices["chunk_bytes"])),
            base_url=None if choices["base_url"] is None else str(choices["base_url"]),
            inline=not choices["no_inline"],
            seal=seal,
            overlay=overlay if isinstance(overlay, Path) else None,
            dry_run=bool(choices["dry_run"]),
            profile=_profile(portable=bool(choices["portable"]), packed=bool(choices["packed"])),
            materialize=bool(choices["materialize"]),
            on_step=show,
        )
        settings = choices["settings"]
        report = commands.apply(
            card, data, out, _settings(settings if isinstance(settings, tuple) else ()), options
        )
    _finish(report, report.problems, lambda: apply_view(report, dry_run=options.dry_run), as_json=as_json)


@cli.command()
@click.argument("card")
@click.argument("data", nargs=-1, type=PATHS)
@click.option(
    "--set", "settings", multiple=True, metavar="NAME=VALUE", help="A value for a param of the card."
)
@AS_JSON
def check(card: str, data: tuple[Path, ...], settings: tuple[str, ...], as_json: bool) -> None:
    """Check CARD, and with DATA whether it fits: nothing is written.

    \b
    vspec check rig3.yaml
    vspec check rig3.yaml data/
    """
    report = commands.check(card, data, _settings(settings))
    _finish(report, report.problems, lambda: check_view(report), as_json=as_json)


@cli.command()
@click.argument("maps", nargs=-1, required=True, type=PATHS)
@AS_JSON
def verify(maps: tuple[Path, ...], as_json: bool) -> None:
    """Compare every byte that MAPS give with the original files.

    A folder stands for the maps in it.

    \b
    vspec verify maps/
    vspec verify maps/*.vspec.json
    """
    with progress(quiet=as_json) as show:
        report = commands.verify(maps, show)
    _finish(report, report.problems, lambda: verify_view(report), as_json=as_json)


@cli.command()
@click.argument("maps", nargs=-1, required=True, type=PATHS)
@AS_JSON
def status(maps: tuple[Path, ...], as_json: bool) -> None:
    """Tell for each source of MAPS: same, grew, changed or missing.

    A folder stands for the maps in it.

    \b
    vspec status maps/
    """
    report = commands.status(maps)
    _finish(report, report.problems, lambda: status_view(report), as_json=as_json)


@cli.command()
@click.argument("map_path", metavar="MAP", type=PATHS)
@click.argument("root", type=PATHS)
@AS_JSON
def relocate(map_path: Path, root: Path, as_json: bool) -> None:
    """Point MAP at its data below ROOT, after they were moved.

    \b
    vspec relocate maps/a.vspec.json /mnt/archive/rig3
    """
    report = commands.relocate(map_path, root)
    _finish(report, report.problems, lambda: status_view(report), as_json=as_json)


@cli.command()
@click.argument("map_path", metavar="MAP", type=PATHS)
@AS_JSON
def info(map_path: Path, as_json: bool) -> None:
    """Show what MAP holds: arrays, axes, sources, the card it was made with.

    \b
    vspec info maps/a.vspec.json
    """
    report = commands.info(map_path)
    _finish(report, (), lambda: info_view(report), as_json=as_json)


cli.add_command(export)
cli.add_command(serve)


@cli.command()
@click.argument("paths", nargs=-1, required=True, type=PATHS)
@AS_JSON
def identify(paths: tuple[Path, ...], as_json: bool) -> None:
    """Tell which cards fit PATHS, and why.

    \b
    vspec identify data/
    vspec identify scan.nii
    """
    report = commands.identify(paths)
    _finish(report, report.problems, lambda: identify_view(report), as_json=as_json)


@cli.command()
@click.argument("card")
@click.option("-o", "--out", required=True, type=PATHS, help="Folder for the files.")
@click.option(
    "--seed", type=int, default=0, show_default=True, help="Another seed gives other data and sizes."
)
@click.option("--size", "sizes", multiple=True, metavar="AXIS=N", help="Size of an axis.")
@click.option(
    "--window",
    "windows",
    multiple=True,
    metavar="FIRST:STOP",
    help="Rows that hold data; all others are zero, in a sparse file of any size.",
)
@click.option("--example", help="The example of the card to follow (the first one otherwise).")
@click.option("--damage", help="Damage the files in a way that the card must refuse.")
@AS_JSON
def fake(card: str, out: Path, seed: int, as_json: bool, **choices: object) -> None:
    """Write valid files of CARD's format, with known contents.

    \b
    vspec fake generic/raw -o sample/
    vspec fake rig3.yaml -o sample/ --size time=9973 --damage truncated
    vspec fake rig3.yaml -o sample/ --size time=1000000000 --window 0:1000
    """
    sizes = choices["sizes"]
    numbers: dict[str, int] = {}
    for name, value in _settings(sizes if isinstance(sizes, tuple) else ()).items():
        try:
            numbers[name] = int(str(value))
        except ValueError:
            raise click.BadParameter(f"{value!r} is not a whole number", param_hint="--size") from None
    damage, example, windows = choices["damage"], choices["example"], choices["windows"]
    options = commands.FakeOptions(
        seed=seed,
        sizes=numbers,
        damage=None if damage is None else str(damage),
        example=None if example is None else str(example),
        windows=[_window(text) for text in windows] if isinstance(windows, tuple) and windows else None,
    )
    report = commands.fake(card, out, options)
    _finish(report, (), lambda: fake_view(report), as_json=as_json)


def _window(text: str) -> tuple[int, int]:
    first, _, stop = text.partition(":")
    try:
        return int(first), int(stop)
    except ValueError:
        raise click.BadParameter(f"{text!r} is not FIRST:STOP", param_hint="--window") from None


@cli.command()
@click.argument("name", type=PATHS)
@click.option(
    "--kind",
    type=click.Choice(["raw", "record", "sibling"]),
    default="raw",
    show_default=True,
    help="What to start from.",
)
def new(name: Path, kind: str) -> None:
    """Start a card: write a commented one to NAME.

    \b
    vspec new rig3.yaml
    vspec new rig3.yaml --kind record
    """
    path = commands.new(name, kind)
    say(f"{path}: a card to fill in. Next: vspec check {path} DATA")


@cli.command()
def schema() -> None:
    """Print the JSON Schema of cards, for editors.

    \b
    vspec schema > card.schema.json
    """
    import json

    say(json.dumps(commands.schema(), indent=1))


@cli.command()
@click.argument("code")
@AS_JSON
def explain(code: str, as_json: bool) -> None:
    """Explain an error CODE.

    \b
    vspec explain V0312
    """
    report = commands.explain(code)
    _finish(report, (), lambda: explain_view(report), as_json=as_json)


def main() -> None:
    """Run the command line; problems that stop a command are printed, with their exit code."""
    try:
        cli.main(standalone_mode=True)
    except VspecError as error:
        _stop(error.problems)
    except BrokenPipeError:
        sys.exit(0)
    except OSError as error:
        _stop((refused_by_system(error),))


def _stop(problems: tuple[Problem, ...]) -> NoReturn:
    if "--json" in sys.argv:
        say_json(FailedReport(problems))
    else:
        say_problems(problems)
    sys.exit(exit_code(problems))
