"""``vspec check``: whether a card is right, and whether it fits some data."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from vspec import compiler
from vspec.card.lint import lint
from vspec.card.model import Card
from vspec.commands.cards import open_card
from vspec.commands.params import Given, resolve
from vspec.commands.reports import CheckReport
from vspec.errors import Problem, VspecError, distinct
from vspec.sources import Files, find


def check(
    card: str | Path | Card, data: str | Path | Sequence[str | Path] = (), params: Given | None = None
) -> CheckReport:
    """Return the problems of a card, and with ``data`` those of each data set that it finds.

    Warnings are in the report too. Nothing is written; no array is read.
    """
    name = card.name if isinstance(card, Card) else str(card)
    try:
        loaded = open_card(card)
        warnings = lint(loaded)
        paths = [data] if isinstance(data, (str, Path)) else list(data)
        if not paths:
            return CheckReport(name, (), tuple(warnings))
        values = resolve(loaded, params or {})
        found = find(loaded.roles, paths)
    except VspecError as error:
        return CheckReport(name, (), error.problems)
    problems: list[Problem] = [*warnings, *found.problems]
    for dataset in found.datasets:
        with Files(found.root) as files:
            try:
                read = compiler.read(loaded, dataset, files, values)
                plans = compiler.chunk(read, compiler.Options())
                problems += distinct([*read.warnings, *(w for plan in plans for w in plan.warnings)])
            except VspecError as error:
                problems += error.problems
    return CheckReport(name, tuple(d.name for d in found.datasets), tuple(problems))
