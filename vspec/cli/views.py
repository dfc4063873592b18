"""How each report looks on a terminal."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from textwrap import fill, indent

from vspec.cli.many import first, named, others
from vspec.cli.output import count, say, say_problems, size, table
from vspec.commands.apply_report import ApplyReport, ArrayReport
from vspec.commands.reports import (
    AxisReport,
    CheckReport,
    ExplainReport,
    FakeReport,
    IdentifyReport,
    InfoReport,
    StatusReport,
    VerifyReport,
)
from vspec.profile.readers import BORROWED


def apply_view(report: ApplyReport, *, dry_run: bool) -> None:
    """Print each map with its arrays: axes, type, chunks, references, and what was done at the tail.

    Of many arrays the first are printed.
    """
    for made in report.maps:
        verb, files = "would write" if dry_run else "wrote", count(len(made.sources), "source file")
        say(f"{verb} {made.map}  ({made.card}, {files})")
        rows = [
            (
                f"  {array.path}",
                _axes(array),
                array.dtype,
                count(array.refs, "reference"),
                "packed" if array.profile == "packed" else "",
                f"tail: {array.tail}" if array.tail != "none" else "",
                f"{size(array.copied_bytes)} {'materialized' if array.materialized else 'copied'}"
                if array.copied_bytes
                else "",
            )
            for array in first(made.arrays)
        ]
        say(table(rows))
        everything = "--json lists all" if dry_run else f"vspec info --json {named(made.map)} lists all"
        for line in (*others(made.arrays, everything), *_needed(made.arrays)):
            say(line)
        if dry_run and (lines := [row for array in first(made.arrays) for row in _choices(array)]):
            say("what each profile costs:")
            say(table(lines))
        elif made.profile == "packed":
            say("  packed arrays need a reader with vspec's codecs; --dry-run shows what else could be")
        say_problems(made.warnings)


def _axes(array: ArrayReport) -> str:
    """Return the axes in the card's order with their sizes; where Zarr has another order, that, too."""
    asked = " ".join(f"{n}={k}" for n, k in zip(array.dims, array.shape, strict=True))
    if [name.removeprefix("-") for name in array.dims] != list(array.stored):
        asked += f" (stored: {' '.join(array.stored)})"
    return asked or "one value"


def _needed(arrays: Sequence[ArrayReport]) -> Iterator[str]:
    """Yield what readers must have for arrays that not every one reads, each kind of array once."""
    behind: dict[tuple[str, ...], list[str]] = {}
    for array in arrays:
        if array.needs.readers == "python":
            behind.setdefault(array.needs.codecs, []).append(array.path)
    for codecs, paths in behind.items():
        extra = "; pip install imagecodecs" if any(name.startswith(BORROWED) for name in codecs) else ""
        whose = paths[0] if len(paths) == 1 else count(len(paths), "array")
        yield f"  {whose}: read in Python only ({', '.join(codecs)}){extra}"


def _choices(array: ArrayReport) -> Iterator[tuple[str, ...]]:
    """Yield a line for each profile that an array could have, with what it costs."""
    for choice in array.choices if len(array.choices) > 1 else ():
        taken = "->" if choice.profile == array.profile else "  "
        if choice.why_not:
            yield f"  {taken} {array.path}", choice.profile, f"cannot be: {choice.why_not}", "", ""
        else:
            copied = f"{size(choice.copied_bytes)} copied" if choice.copied_bytes else ""
            fetched = f"{size(choice.fetched_bytes)} for a full read"
            references = f"{choice.references:,} references" if choice.references != 1 else "1 reference"
            yield f"  {taken} {array.path}", choice.profile, references, fetched, copied


def check_view(report: CheckReport) -> None:
    """Print whether the card is right, and which data sets it finds."""
    bad = sum(p.level == "error" for p in report.problems)
    if report.datasets:
        say(f"{report.card}: {count(len(report.datasets), 'data set')}: {', '.join(report.datasets)}")
    say(f"{report.card}: {count(bad, 'problem')}" if bad else f"{report.card}: good")


def verify_view(report: VerifyReport) -> None:
    """Print how much of each map was compared, and whether it was equal."""
    for one in report.maps:
        bad = sum(p.level == "error" for p in one.problems)
        verdict = count(bad, "problem") if bad else "equal"
        say(f"{one.map}: {verdict}, {count(one.arrays, 'array')}, {size(one.bytes_compared)} compared")


def status_view(report: StatusReport) -> None:
    """Print the state of each source of each map."""
    for one in report.maps:
        say(f"{one.map}: {one.state}")
        rows = [
            (
                f"  {s.state}",
                s.path,
                size(s.size)
                if s.found is None or s.found == s.size
                else f"{size(s.size)}, now {size(s.found)}",
                "" if s.offset is None else f"differs from byte {s.offset} on",
            )
            for s in one.sources
        ]
        say(table(rows))


def info_view(report: InfoReport) -> None:
    """Print what a map holds; of many arrays the first."""
    say(f"{report.map}: {report.title or report.card or 'a card without a title'}")
    card = f"{report.card} {report.card_version}".strip() or "(no id)"
    say(f"  card {card}, made with vspec {report.vspec_version}")
    nbytes = sum(source.size for source in report.sources)
    say(f"  root {report.root}, {count(len(report.sources), 'source')}, {size(nbytes)}")
    arrays = [held.array for held in report.arrays]
    rows = [
        (
            f"  {a.path}",
            _axes(a),
            a.dtype,
            count(a.refs, "reference"),
            "packed" if a.profile == "packed" else "",
            "materialized" if a.materialized else "",
        )
        for a in first(arrays)
    ]
    told = table(rows).split("\n")
    for line, held in zip(told, report.arrays, strict=False):
        say(line)
        for axis in held.axes:
            if axis.step is not None or axis.labels:
                say(f"    {axis.name}: {_axis(axis)}")
    for line in (*others(arrays, "--json lists all"), *_needed(arrays)):
        say(line)


def _axis(axis: AxisReport) -> str:
    """Return what is known of an axis: where it starts, its step, and how many labels it has."""
    said = []
    if axis.step is not None:
        units = f" {axis.units}" if axis.units else ""
        start = f" from {axis.start!r}{units}" if axis.start else ""
        said.append(f"step {axis.step!r}{units}{start}" + (f" since {axis.epoch}" if axis.epoch else ""))
    if axis.labels:
        said.append(count(axis.labels, "label"))
    return ", ".join(said)


def identify_view(report: IdentifyReport) -> None:
    """Print the cards that fit each data set, and why, parts of others last; then those that nearly do."""
    for match in sorted(report.matches, key=lambda match: bool(match.part_of)):
        wholes = [f"part of {whole.dataset}: {whole.card_id}" for whole in match.part_of]
        say(f"{match.dataset}: {match.card_id}  ({'; '.join([*wholes, *match.why])})")
    for miss in report.near_misses:
        if not report.matches:
            say(f"{miss.dataset}: not {miss.card_id}, although its name fits:")
            say_problems(miss.problems)


def fake_view(report: FakeReport) -> None:
    """Print the files that were written and what is in them."""
    for file in report.files:
        say(file)
    rows = [(f"  {a.path}", "x".join(map(str, a.shape)), a.dtype) for a in report.arrays]
    say(table(rows))
    if report.damage:
        say(f"damaged: {report.damage}")


def explain_view(report: ExplainReport) -> None:
    """Print what a code means, with a wrong and a right piece of card."""
    say(f"{report.code}: {report.title}\n\n{fill(report.explanation, 96)}")
    for word, piece in (("wrong", report.wrong), ("right", report.right)):
        if piece:
            say(f"\n{word}:\n{indent(piece, '    ')}")
