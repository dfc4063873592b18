"""``vspec explain``: what an error code means."""

from __future__ import annotations

from vspec.commands.reports import ExplainReport
from vspec.errors import CODES, did_you_mean, fail


def explain(code: str) -> ExplainReport:
    """Return what ``code`` means; raises V0804 for one that there is not."""
    known = CODES.get(code.upper())
    if known is None:
        raise fail("V0804", f"there is no code '{code}'", help=did_you_mean(code, CODES, "codes"))
    return ExplainReport(known.id, known.kind, known.title, known.explanation, known.wrong, known.right)
