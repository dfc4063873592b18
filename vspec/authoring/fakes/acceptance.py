"""Whether a card takes the files: constants, checks and arrays, as `apply` would look at them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from vspec import compiler
from vspec.card.model import Card
from vspec.errors import Problem, VspecError
from vspec.expressions import Value
from vspec.sources import DataSet, Files, find


def refusals(
    card: Card, out: Path, files: Sequence[Path], params: Mapping[str, Value]
) -> tuple[Problem, ...]:
    """Return why the card does not take the data set of ``files`` below ``out``; nothing if it does."""
    try:
        found = find(card.roles, [out])
    except VspecError as error:
        return error.problems
    wanted = {file.resolve() for file in files}
    mine = [one for one in found.datasets if _paths(one) & wanted]
    if not mine:
        return tuple(found.problems) or (Problem("V0859", "no file matches the patterns of the card"),)
    problems = [problem for one in mine for problem in one.problems]
    if problems:
        return tuple(problems)
    with Files(found.root) as table:
        for one in mine:
            problems += _inside(card, one, table, params)
    return tuple(problem for problem in problems if problem.level == "error")


def _paths(dataset: DataSet) -> set[Path]:
    return {member.file.absolute.resolve() for held in dataset.members.values() for member in held}


def _inside(card: Card, dataset: DataSet, table: Files, params: Mapping[str, Value]) -> list[Problem]:
    try:
        read_ = compiler.read(card, dataset, table, params)
        compiler.chunk(read_, compiler.Options())
    except VspecError as error:
        return list(error.problems)
    return []


def require_accepted(card: Card, out: Path, files: Sequence[Path], params: Mapping[str, Value]) -> None:
    """Raise V0859 in front of the problems that the card has with files just made for it."""
    problems = refusals(card, out, files, params)
    if not problems:
        return
    first = Problem(
        "V0859",
        "the card refuses the files that were made for it",
        problems[0].place or card.roles[0].place,
        found=f"{problems[0].code}: {problems[0].message}",
        help="give the values that this needs under 'make:' of an example in the card",
    )
    raise VspecError([first, *(replace(p, level="error") for p in problems)])
