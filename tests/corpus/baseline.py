"""The numbers reached so far, so that a change that loses some is noticed."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path

from tests.corpus.report import Counts
from tests.corpus.running import Outcome

KEPT = ("equal", "scaled")
FACTS = "facts"
BROKEN = ("crashed", "ambiguous")


def refusals(outcomes: Sequence[Outcome], *, whole: bool) -> list[str]:
    """Return why these outcomes are no numbers to keep: what crashed or became ambiguous hides what is lost."""
    found = [
        f"{o.id} {'crashed' if o.result == 'crashed' else 'is ambiguous'}"
        for o in outcomes
        if o.result in BROKEN
    ]
    return found if whole else ["only a part of the corpus was run", *found]


def save(path: Path, formats: Mapping[str, Counts], facts: Mapping[str, Counts]) -> None:
    """Write the numbers of the formats that have any; of the facts, those that agree."""
    kept = {
        name: {key: counts[key] for key in KEPT} | {FACTS: facts.get(name, {}).get("agree", 0)}
        for name, counts in sorted(formats.items())
    }
    reached = {name: counts for name, counts in kept.items() if any(counts.values())}
    path.write_text(json.dumps(reached, indent=2) + "\n", encoding="utf-8")


def lost(path: Path, formats: Mapping[str, Counts], facts: Mapping[str, Counts]) -> list[str]:
    """Return what is less than it was: equal entries, equal and scaled ones together, agreeing facts."""
    before: dict[str, Counts] = json.loads(path.read_text(encoding="utf-8"))
    found = []
    for name, then in sorted(before.items()):
        now = formats.get(name, dict.fromkeys(KEPT, 0))
        if now["equal"] < then["equal"]:
            found.append(f"{name}: {now['equal']} equal, {then['equal']} before")
        elif sum(now[key] for key in KEPT) < sum(then[key] for key in KEPT):
            found.append(f"{name}: {now['scaled']} scaled, {then['scaled']} before")
        agree = facts.get(name, {}).get("agree", 0)
        if agree < then.get(FACTS, 0):
            found.append(f"{name}: {agree} facts agree, {then[FACTS]} before")
    return found
