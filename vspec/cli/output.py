"""The only place that prints. Results go to stdout; problems and progress go to stderr."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterable
from typing import Protocol, TextIO

from vspec.errors import Problem
from vspec.errors.rendering import render
from vspec.layout import Json
from vspec.sources import printable


class Report(Protocol):
    """What a command returns."""

    def to_json(self) -> dict[str, Json]: ...


def say(text: str, stream: TextIO | None = None) -> None:
    """Print a line, whatever the console's encoding."""
    out = stream or sys.stdout
    out.write(printable(text, out.encoding or "utf-8") + "\n")


def say_json(report: Report) -> None:
    """Print a report as one JSON document."""
    say(json.dumps(report.to_json(), indent=1, ensure_ascii=True))


def say_problems(problems: Iterable[Problem]) -> None:
    """Print problems to stderr, a blank line between two."""
    for i, problem in enumerate(problems):
        if i:
            say("", sys.stderr)
        say(render(problem), sys.stderr)


def refused_by_system(error: OSError) -> Problem:
    """Return V0828 for what the system did not let a command do."""
    why = error.strerror or str(error) or type(error).__name__
    file = None if error.filename is None else str(error.filename)
    message = why if file is None else f"{file}: {why}"
    return Problem(
        "V0828", message, data_file=file, help="check the permissions, and whether the disk is full"
    )


def count(n: int, noun: str) -> str:
    """Return a number of things.

    >>> count(1, "problem"), count(2, "problem")
    ('1 problem', '2 problems')
    """
    return f"{n} {noun}" if n == 1 else f"{n} {noun}s"


def size(nbytes: int) -> str:
    """Return a size as people write it.

    >>> size(4194304)
    '4.0 MiB'
    """
    amount = float(nbytes)
    for unit in ("B", "KiB", "MiB", "GiB"):
        if amount < 1024:
            return f"{nbytes} B" if unit == "B" else f"{amount:.1f} {unit}"
        amount /= 1024
    return f"{amount:.1f} TiB"


def table(rows: Iterable[tuple[str, ...]]) -> str:
    """Return rows as aligned columns; a column without any text is left out."""
    cells = [tuple(row) for row in rows]
    if not cells:
        return ""
    kept = [k for k in range(len(cells[0])) if any(row[k] for row in cells)]
    cells = [tuple(row[k] for k in kept) for row in cells]
    widths = [max(len(row[k]) for row in cells) for k in range(len(kept))]
    return "\n".join(
        "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip()
        for row in cells
    )
