"""``vspec identify``: which cards of the registry fit some data, and why."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path

from vspec import compiler, registry
from vspec.card.load import load
from vspec.card.model import Card, Record
from vspec.commands.params import resolve
from vspec.commands.reports import IdentifyReport, Match, NearMiss, Whole
from vspec.errors import Problem, VspecError
from vspec.sources import DataSet, Files, find, require_folder


@dataclass(frozen=True, slots=True)
class _Wanted:
    """The folder to look in, and the files that a data set must hold (none: any)."""

    root: Path
    files: frozenset[Path]


@dataclass(frozen=True, slots=True)
class _Fit:
    """A match and its files on the disk."""

    match: Match
    files: frozenset[Path]


def identify(paths: str | Path | Sequence[str | Path]) -> IdentifyReport:
    """Return the cards whose patterns, constants and checks all hold for the data at ``paths``.

    A card that needs params cannot tell by itself and is never a match; one that extends another fits
    whatever that one fits, and is no match beside it. For a file, the data sets count that hold this
    file. A match says in which larger data sets of other cards it lies wholly (``part_of``). Cards of
    which only the names fit are near misses, with their problems.
    Raises V0401 for a path that is not there, V0403 where the folder to look in is the root of a disk.
    """
    given = [Path(p) for p in ([paths] if isinstance(paths, (str, Path)) else paths)]
    absent = [path for path in given if not path.exists()]
    if absent:
        raise VspecError(Problem("V0401", f"there is no file or folder {path}") for path in absent)
    matches: list[_Fit] = []
    misses: list[NearMiss] = []
    problems: list[Problem] = []
    looked_for = tuple(_wanted(given))
    for wanted in looked_for:
        require_folder(wanted.root)
    for wanted in looked_for:
        for entry in registry.entries():
            try:
                card = _card(entry.path)
            except VspecError as error:
                problems += [replace(problem, level="warn") for problem in error.problems]
                continue
            if card.extends is not None or any(param.default is None for param in card.params):
                continue
            for outcome in _try(card, entry, wanted):
                if isinstance(outcome, _Fit):
                    matches.append(outcome)
                else:
                    misses.append(outcome)
    if not matches:
        names = ", ".join(str(p) for p in given)
        help_ = (
            "'vspec new' starts a card of your own" if not misses else "see why the nearest cards do not fit"
        )
        problems.append(Problem("V0803", f"no card fits {names}", help=help_))
    return IdentifyReport(_with_wholes(matches), tuple(misses), tuple(problems))


def _with_wholes(found: Sequence[_Fit]) -> tuple[Match, ...]:
    """Return the matches, and of each the larger data sets of other cards in which it lies wholly."""
    told = []
    for fit in found:
        wholes = (
            Whole(other.match.card_id, other.match.dataset)
            for other in found
            if other.match.card_id != fit.match.card_id and fit.files < other.files
        )
        told.append(replace(fit.match, part_of=tuple(dict.fromkeys(wholes))))
    return tuple(told)


@cache
def _card(path: Path) -> Card:
    """Return a card of the registry; it is loaded once in a process."""
    return load(path, registry=registry.find_id)


def _wanted(given: Sequence[Path]) -> Iterator[_Wanted]:
    for path in given:
        if path.is_dir():
            yield _Wanted(path, frozenset())
        else:
            yield _Wanted(path.parent, frozenset({path.resolve()}))


def _try(card: Card, entry: registry.Entry, wanted: _Wanted) -> Iterator[_Fit | NearMiss]:
    try:
        found = find(card.roles, [wanted.root])
    except VspecError:
        return
    for dataset in found.datasets:
        with Files(found.root) as files:
            try:
                read = compiler.read(card, dataset, files, resolve(card, {}))
            except VspecError as error:
                if _holds(dataset, files, wanted):
                    yield NearMiss(entry.id, dataset.name, error.problems)
                continue
            if _holds(dataset, files, wanted):
                names = tuple(dict.fromkeys([*_members(dataset), *files.paths]))
                match = Match(entry.id, str(entry.path), dataset.name, names, tuple(_why(card, read)))
                yield _Fit(match, frozenset((files.root / name).resolve() for name in names))


def _members(dataset: DataSet) -> list[str]:
    return [member.file.path for members in dataset.members.values() for member in members]


def _holds(dataset: DataSet, files: Files, wanted: _Wanted) -> bool:
    if not wanted.files:
        return True
    paths = {*_members(dataset), *files.paths}
    return any((files.root / path).resolve() in wanted.files for path in paths)


def _why(card: Card, read: compiler.Read) -> Iterator[str]:
    anchor = card.roles[0]
    yield "name fits " + " or ".join(p.text.value for p in anchor.match)
    constants = [name for role in card.roles if role.layout is not None for name in _constants(role.layout)]
    if constants:
        yield f"constants hold: {', '.join(constants)}"
    held = sum(check.level == "error" for check in card.checks)
    if held:
        yield f"{held} checks hold"
    for warning in read.warnings:
        yield f"warning: {warning.message}"


def _constants(record: Record) -> Iterator[str]:
    for field in record.fields:
        if isinstance(field, Record):
            yield from _constants(field)
        elif field.constant is not None:
            yield field.name
