"""The checks of a card: what must hold before a map is made, and what deserves a warning."""

from __future__ import annotations

from vspec.card.model import Check
from vspec.errors import Problem, VspecError
from vspec.header.dataset import Header
from vspec.header.provenance import looked_at, trace


def run_checks(header: Header) -> list[Problem]:
    """Return a problem for each check that does not hold (level ``warn`` for warnings).

    A check that cannot be computed is a problem too, whatever its level, unless one before it is an error:
    that may be the cause of both.
    """
    problems: list[Problem] = []
    failed = False
    for check in header.card.checks:
        try:
            if not check.that.truth(header):
                problems.append(_failed(check, header))
                failed = failed or check.level == "error"
        except VspecError as error:
            problems += () if failed else error.problems
    return problems


def _failed(check: Check, header: Header) -> Problem:
    spot = looked_at(check.that, header)
    return Problem(
        "V0604",
        check.otherwise.string(header),
        check.that.text.place,
        data_file=spot.file if spot is not None else None,
        offset=spot.offset if spot is not None else None,
        expected=check.that.text.value,
        chain=trace(check.that, header),
        level=check.level,
    )
